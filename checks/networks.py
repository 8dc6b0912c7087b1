"""Judges of networks, for all labs: a plan, layer by layer; the loss and the metric; and whether the network can learn.

    plan = [conv(32), conv(32), pool(), hidden(64), scores(10)]
    judge_order(layers, plan) or judge_steps(layers, plan) or judge_compiled(model, case)

A plan says which layers follow each other and what is fixed about them; everything else is free. Each function returns
None or a sentence, and each sentence is true of the network that gets it: where a layer is missing or one too many, the
sentence names the place where `edits` puts or takes it.
"""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from checks.probes.networks import ACTIVATIONS, HALVES, KIND_OF_MODEL, ends_in_softmax
from checks.probes.running import first_line

SCALING = ("Rescaling", "Normalization", "TrueDivide", "Divide", "Multiply")
NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")
DROPOUTS = ("Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout")
STRAY = {name.replace("_", "") for name in ACTIVATIONS} | {"activation"}  # kinds of layers that only apply a function
FOR_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber")  # losses
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
EXPLODED = 20.0  # times as large as they began: weights after a step that no sensible optimizer takes

# ---- plans --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One layer of a plan: its kind in Keras, its name in sentences, and what is fixed about it."""

    kind: str
    name: str
    fixed: dict = field(default_factory=dict)


def conv(filters: int, bias: bool = True) -> Step:
    """A convolution of 3×3 with relu that keeps the size; without `bias` it may do without one."""
    return Step("Conv2D", "convolution", {"filters": filters, "bias": bias})


def pool() -> Step:
    """A max pooling that halves height and width."""
    return Step("MaxPooling2D", "pooling")


def norm() -> Step:
    """A batch normalisation."""
    return Step("BatchNormalization", "batch normalisation")


def drop(rate: float) -> Step:
    """A dropout of this rate."""
    return Step("Dropout", "dropout", {"rate": rate})


def hidden(units: int | None = None, at_least: int = 1, bias: bool = True, name: str = "dense layer") -> Step:
    """A dense layer with relu, of so many units or of at least so many."""
    return Step("Dense", name, {"units": units, "at_least": at_least, "bias": bias})


def scores(classes: int = 10) -> Step:
    """The last layer, a dense one: logits or softmax of so many classes."""
    return Step(LAST, "last layer", {"classes": classes})


LAST = "last Dense"  # the kind of the last dense layer of a network, which stands apart from the others


class Edit(NamedTuple):
    """What brings a network's layers nearer to the plan: insert or delete this kind at this place of the layers."""

    action: str
    place: int
    kind: str


def kinds_of(layers: list[dict]) -> list[str]:
    """The kinds of the layers, with the last dense one apart from the others."""
    kinds = [layer["kind"] for layer in layers]
    if "Dense" in kinds:
        kinds[len(kinds) - 1 - kinds[::-1].index("Dense")] = LAST
    return kinds


def edits(found: list[str], plan: list[str]) -> list[Edit]:
    """A way from the kinds of a network's layers to those of a plan, first one first."""
    way = []
    for action, a, b, c, d in SequenceMatcher(None, found, plan, autojunk=False).get_opcodes():
        if action in ("delete", "replace"):
            way += [Edit("delete", place, found[place]) for place in range(a, b)]
        if action in ("insert", "replace"):
            way += [Edit("insert", a, kind) for kind in plan[c:d]]
    return way


def where(found: list[str], place: int, names: dict[str, str]) -> str:
    """What stands before a place of the layers: "after the second convolution"."""
    if place == 0:
        return "at the very beginning"
    kind, several = found[place - 1], found.count(found[place - 1]) > 1
    ordinal = f"{ORDINALS[found[:place].count(kind) - 1]} " if several and found[:place].count(kind) <= 10 else ""
    return f"after the {ordinal}{names.get(kind, kind)}"


def judge_order(layers: list[dict], plan: list[Step]) -> str | None:
    """What is missing, surplus, or out of place among the layers, and where."""
    found, wanted = kinds_of(layers), [step.kind for step in plan]
    if found == wanted:
        return None
    names = {step.kind: step.name for step in plan}
    if finding := judge_end(layers, plan):
        return finding
    way = edits(found, wanted)
    for edit in way:
        name = names.get(edit.kind, {"Dense": "dense layer"}.get(edit.kind, edit.kind))
        yours, planned = found.count(edit.kind), wanted.count(edit.kind)
        place = f" {where(found, edit.place, names)}." if len({(one.action, one.kind) for one in way}) == 1 else ""
        if yours < planned:
            first = "One" if planned - yours == 1 else "The first one"
            said = f"{a(name)[0].upper()}{a(name)[1:]} is missing: {planned} wanted, yours has {yours}."
            return said + (place and f" {first} should come{place}")
        if yours > planned:
            said = f"There is {a(name)} too many: {planned or 'none'} wanted, yours has {yours}."
            return said + (place and f" It stands{place}")
    place = next(k for k, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
    return (
        f"All layers are there, but in another order: {where(found, place, names)} should come "
        f"{a(names[wanted[place]])}; yours has {a(names[found[place]])} there."
        + HINTS.get((wanted[place], found[place]), "")
    )


def judge_end(layers: list[dict], plan: list[Step]) -> str | None:
    """Whether the last layer of a plan, the one for the scores, is missing."""
    dense = [layer for layer in layers if layer["kind"] == "Dense"]
    short = len(dense) < sum(step.kind in ("Dense", LAST) for step in plan)
    if not dense or short and dense[-1]["activation"] == "relu" and dense[-1]["units"] != plan[-1].fixed["classes"]:
        return "The last layer is missing, the one for the scores: a dense layer with one output per class."
    return None


# What is wanted, and what stands in its place: why it matters.
HINTS = {
    ("BatchNormalization", "MaxPooling2D"): " Normalise directly after the convolution, before the pooling.",
    ("Conv2D", "BatchNormalization"): " Normalise after the convolution, not before it.",
    ("Dense", "BatchNormalization"): " Normalise after the dense layer, not before it.",
    ("BatchNormalization", "Dropout"): " Normalise first: it should not see values with holes.",
}


def a(name: str) -> str:
    """A name with its article: "an FC layer"."""
    return f"{'an' if name.startswith(('FC', 'A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u')) else 'a'} {name}"


def judge_steps(layers: list[dict], plan: list[Step]) -> str | None:
    """What is wrong with a layer of a network whose layers stand as planned."""
    names = {step.kind: step.name for step in plan}
    kinds = kinds_of(layers)
    judges = {"Conv2D": judge_convolution, "MaxPooling2D": judge_pooling, "Dropout": judge_rate}
    judges |= {"Dense": judge_dense, LAST: judge_scores, "BatchNormalization": judge_norm}
    for place, (layer, step) in enumerate(zip(layers, plan, strict=True)):
        words = where(kinds, place + 1, names).removeprefix("after the ")
        if finding := judges[step.kind](layer, words, step.fixed):
            return finding
    return None


# ---- what a network takes, and its layers -------------------------------------------------------------------


def judge_input(model: dict, shape: list[int], scaled: str = "standardised") -> str | None:
    """What is wrong with what a network takes: its shape, a second scaling, random changes."""
    yours = model["input_shape"]
    if yours is None:
        return KIND_OF_MODEL
    if len(shape) == 3 and yours == shape[:2]:
        return f"The input {tuple(yours)} lacks the channel axis. The images are {tuple(shape)}."
    if len(shape) == 3 and yours == [shape[2], *shape[:2]] != shape:
        return f"The input {tuple(yours)} has the channels first. In Keras they are the last axis."
    if yours != shape:
        more = " The batch axis does not count." if yours[1:] == shape else ""
        return f"The input should have the shape {tuple(shape)}; yours is {tuple(yours)}.{more}"
    if finding := judge_dtype(model, scaled):
        return finding
    kinds = [layer["kind"] for layer in model["layers"]]
    first = next((k for k, layer in enumerate(model["layers"]) if layer["kind"] in ("Conv2D", "Dense")), 0)
    if {*kinds[:first]} & {*SCALING, "Lambda"}:
        return f"The images arrive {scaled}, but your network scales them once more, or changes them otherwise."
    if any(kind.startswith("Random") for kind in kinds):
        return "Your network changes its images at random. That is augmentation; here, leave it out."
    return None


def judge_dtype(model: dict, scaled: str = "between 0 and 1") -> str | None:
    """Whether a network takes numbers with fractions."""
    if (model["input_dtype"] or "float").startswith(("float", "bfloat")):
        return None
    return (
        f"Your input has the dtype {model['input_dtype']}: the images arrive {scaled}, and would lose their fractions. "
        "Leave `dtype` as it is."
    )


def tidy(found: list[dict]) -> tuple[list[dict], bool]:
    """The layers without what changes nothing; and whether an activation stands in an odd place.

    Flatten, Identity and dropout of rate 0 are left out; each activation counts with the layer that it belongs to. relu
    after a max pooling, a dropout or another relu gives the same numbers as without that: this is odd, and right.
    """
    kept, odd = [], False
    for layer in found:
        if layer["kind"] in ("Flatten", "Reshape") and len(layer["output_shape"] or ()) == 1:
            continue
        if layer["kind"] == "Identity" or layer["kind"] in DROPOUTS and layer.get("rate") == 0:
            continue
        function = "softmax" if layer["activation"] == "softmax_v2" else layer["activation"]  # tf.nn.softmax
        if layer["kind"].lower() in STRAY | {"maximum"} and (function or layer["kind"] != "Maximum"):
            before = bearer(kept)
            if function == "linear":
                continue
            if before and (before["activation"] == "linear" or before["activation"] == function == "relu"):
                odd = odd or before is not kept[-1] or before["activation"] == function
                before["activation"] = function
                continue
        kept.append(layer | {"activation": function})
    return kept, odd


def bearer(layers: list[dict]) -> dict | None:
    """The layer that an activation after these layers belongs to."""
    return next((one for one in reversed(layers) if one["kind"] not in ("MaxPooling2D", "Dropout")), None)


def judge_strays(layers: list[dict]) -> str | None:
    """Whether an activation stands where it belongs to no layer."""
    for place, layer in enumerate(layers):
        if layer["kind"].lower() not in STRAY:
            continue
        before = bearer(layers[:place])
        if before is None:
            return "An activation stands at the very beginning: it would change the images before any layer sees them."
        if before["activation"] == layer["activation"] == "softmax":
            return "Softmax is applied twice at the end of your network."
        if before["activation"] not in (None, "linear"):
            return f"Two activations in a row: {before['activation']}, then {layer['activation']}. One is too many."
        if before["kind"] == "BatchNormalization" and layer["activation"] != "softmax":
            return "An activation stands after a batch normalisation. Here relu belongs to the layer before it."
    return None


def judge_flattened(layers: list[dict]) -> str | None:
    """Whether the dense layers see one list of all numbers."""
    dense = next((layer for layer in layers if layer["kind"] == "Dense"), None)
    if dense and len(dense["output_shape"] or [0]) > 1:
        return (
            "A dense layer gets feature maps and works on each of their pixels by itself. Make one list of numbers "
            "of them first: flatten them."
        )
    return None


def judge_convolution(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with one convolution of 3×3 that keeps the size."""
    if layer["kernel_size"] != [3, 3]:
        size = "×".join(map(str, layer["kernel_size"]))
        return f"The {place} has kernels of {size}; 3×3 is wanted."
    if layer["padding"] != "same":
        return (
            f"The {place} makes its maps smaller: with '{layer['padding']}' padding the border is lost. "
            "Its output should be as high and wide as its input."
        )
    if layer["strides"] != [1, 1]:
        return f"The {place} jumps over pixels: its stride should be 1. Only pooling makes maps smaller."
    if layer["dilation_rate"] != [1, 1]:
        return f"The kernels of the {place} are spread out: leave `dilation_rate` as it is."
    if layer["filters"] != fixed["filters"]:
        return f"The {place} should have {fixed['filters']} filters; yours has {layer['filters']}."
    if layer["input_shape"] and layer["parameters"] < 9 * layer["input_shape"][-1] * layer["filters"]:
        return f"The filters of the {place} look through a part of the channels only: leave `groups` as it is."
    return judge_hidden(layer, place, fixed["bias"])


def judge_pooling(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with a max pooling that halves height and width."""
    size, strides = layer["pool_size"], layer["strides"]
    if size != [2, 2]:
        return f"The {place} should look at 2×2 pixels; yours looks at {size[0]}×{size[1]}."
    if strides != [2, 2]:
        return f"The {place} should halve height and width; yours moves by {strides[0]}×{strides[1]} pixels."
    return None


def judge_rate(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with the rate of a dropout."""
    if not np.isclose(layer["rate"], fixed["rate"]):
        return f"The dropout rate should be {fixed['rate']}; yours is {layer['rate']}."
    return None


def judge_norm(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with the axis that a batch normalisation keeps apart."""
    if layer["axis"] not in (-1, len(layer["output_shape"])):
        return (
            f"The {place} works along axis {layer['axis']}, which is a side of the maps. Each channel has a mean "
            "of its own: leave `axis` as it is, the last one."
        )
    return None


def judge_dense(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with a dense layer before the last one."""
    if fixed["units"] and layer["units"] != fixed["units"]:
        return f"The {place} should have {fixed['units']} units; yours has {layer['units']}."
    if layer["units"] < fixed["at_least"]:
        return f"The {place} has only {layer['units']} units: a bottleneck. Take at least {fixed['at_least']}."
    return judge_hidden(layer, place, fixed["bias"])


def judge_hidden(layer: dict, place: str, bias: bool = True) -> str | None:
    """What is wrong with a layer that should have relu, and be trained."""
    if layer["activation"] in (None, "linear"):
        return f"The {place} has no activation. Without one, two layers in a row compute no more than a single one."
    if layer["activation"] != "relu":
        return f"The {place} should be followed by relu; yours has {layer['activation']}."
    return judge_weights(layer, place, bias)


def judge_weights(layer: dict, place: str, bias: bool = True) -> str | None:
    """What is wrong with a layer that should be trained, and have a bias if `bias` says so."""
    if bias and not layer["use_bias"]:
        return f"The {place} has no bias. Leave `use_bias` as it is."
    if not layer["trainable"]:
        return f"The {place} is frozen: it would never learn."
    return None


def judge_scores(layer: dict, place: str, fixed: dict) -> str | None:
    """What is wrong with a last layer that should give logits, or softmax."""
    if layer["units"] != fixed["classes"]:
        return f"The last layer should have one output per class, {fixed['classes']}; yours has {layer['units']}."
    if layer["activation"] == "sigmoid":
        return (
            "The last layer's sigmoid judges each class by itself. Here exactly one class is right: use logits or "
            "softmax."
        )
    if layer["activation"] not in ("softmax", "softmax_v2", "linear", None):
        return (
            f"The last layer ends in {layer['activation']}, which cuts off or squeezes the scores. It should give "
            "logits, as they are, or softmax."
        )
    return judge_weights(layer, place)


# ---- networks whose layers are free --------------------------------------------------------------------------

MERGES = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
PASSIVE = {*NORMS, *DROPOUTS, "GaussianNoise", "Flatten", "Reshape", "Permute", "ZeroPadding2D", "Cropping2D"}
PASSIVE |= {"Identity", "Add", "Average", "Concatenate", "Subtract"}  # kinds that do not stand in for an activation


def judge_classifier(model: dict, classes: int = 10) -> str | None:
    """What is wrong with activations, the dense part, or the ten outputs."""
    layers = model["layers"]
    weighted = [place for place, layer in enumerate(layers) if layer["kind"] in ("Conv2D", "Dense")]
    dense = [layer for layer in layers if layer["kind"] == "Dense"]
    if not dense:
        return "A dense layer for the scores of the ten classes is missing at the end."
    if any(len(layer["output_shape"] or [0]) > 1 for layer in dense):
        return "A dense layer gets feature maps and works on each of their pixels by itself. Flatten them first."
    if model["output_shape"] != [classes]:
        outputs = (model["output_shape"] or ["none"])[-1]
        return f"Ten outputs are wanted, one per class; yours has {outputs}."
    branched = MERGES & {layer["kind"] for layer in layers}  # then the next in the list may belong to another branch
    for place, following in zip(weighted, weighted[1:], strict=False):
        between = layers[place + 1 : weighted[-1] if branched else following]
        if layers[place]["activation"] == "softmax":
            return f"A hidden {layers[place]['kind']} layer ends in softmax. That is for the probabilities at the end."
        if layers[place]["activation"] in (None, "linear") and not any(is_active(layer) for layer in between):
            return (
                f"A {layers[place]['kind']} layer has no activation. Without one, two layers in a row compute no more "
                "than a single one."
            )
    last, kinds = layers[weighted[-1]], [layer["kind"] for layer in layers[weighted[-1] :]]
    if set(kinds) & set(DROPOUTS):
        return "Dropout stands after the last layer: it would erase scores of classes."
    if last["activation"] not in (None, "linear", "softmax", "softmax_v2"):
        return f"The last layer ends in {last['activation']}. Exactly one class is right: softmax or logits."
    if last["activation"] in ("softmax", "softmax_v2") and "softmax" in {
        layer["activation"] for layer in layers[weighted[-1] + 1 :]
    }:
        return "Softmax is applied twice at the end of your network."
    return None


def is_active(layer: dict) -> bool:
    """Whether a layer may stand in for an activation. In doubt yes: a function of Keras, a Lambda layer."""
    if layer["kind"] in ("Conv2D", "Dense"):
        return layer["activation"] not in (None, "linear")
    return layer["activation"] != "linear" and layer["kind"] not in PASSIVE and "Pooling" not in layer["kind"]


# ---- the loss, the metric, the first steps ------------------------------------------------------------------


NO_METRIC = "Your network does not measure its accuracy: `compile` can be given `metrics=`, by this name."


def judge_compiled(model: dict, case: dict, logged_as: str = "") -> str | None:
    """What is wrong with how a network for one class out of several is compiled, and whether it can learn.

    case: as `observe` got it; one-hot labels have two axes, whole numbers one. logged_as: the name under which later
    cells look for the accuracy.
    """
    one_hot = case["y"].ndim == 2
    form = "one-hot labels" if one_hot else "whole numbers as labels"
    if model["optimizer"] is None:
        return "Your network is not compiled yet: it lacks an optimizer, a loss and a metric."
    if not model["trainable_parameters"]:
        return "The weights of your network are frozen: `fit` would not change them."
    if "raised" in model["outputs"]:
        return f"Your network fails on a batch of images: {first_line(model['outputs'])}"
    if model["batch_metrics"].get("value") == {}:
        return NO_METRIC
    losses = model["half_losses"].get("value")
    if losses is None or not is_cross_entropy(losses, case):
        return why_loss(model, case, form, one_hot)
    if "value" not in model["batch_metrics"]:
        return f"One of your metrics fails on {form}: {first_line(model['batch_metrics'])}"
    return judge_metrics(model["batch_metrics"]["value"], case, logged_as) or judge_learning(model)


def is_cross_entropy(losses: list[float], case: dict) -> bool:
    """Whether the losses of both halves are their categorical cross-entropy, with the same label smoothing to 0.5."""
    plain, even = cross_entropies(case)
    smoothing = (losses - plain) / (even - plain)
    return bool(np.ptp(smoothing) < 0.01 and -0.01 < smoothing.mean() < 0.51)


def cross_entropies(case: dict) -> tuple[np.ndarray, np.ndarray]:
    """Of both halves of the batch: the cross-entropy with its labels, and with even probabilities."""
    y = case["y"] if case["y"].ndim == 2 else np.eye(case["logits"].shape[1])[case["y"]]
    logs = case["logits"] - np.log(np.exp(case["logits"].astype(float)).sum(1, keepdims=True))
    return np.array([-(logs * y)[half].sum(1).mean() for half in HALVES]), np.array(
        [-logs[half].mean() for half in HALVES]
    )


def why_loss(model: dict, case: dict, form: str, one_hot: bool) -> str:
    """Why a loss is not the cross-entropy of the outputs with labels of this form."""
    softmax, loss = ends_in_softmax(model["outputs"]), model["loss"] or ""
    if one_hot and "sparse" in loss:
        return "Your loss is the sparse one: it wants whole numbers as labels, but ours are one-hot."
    if not one_hot and loss.startswith("categorical"):
        return "Your loss wants one-hot labels. Ours are whole numbers, one for each image."
    if "binary" in loss:
        return "Binary cross-entropy asks a yes-or-no question for each output. Here exactly one class is right."
    if loss in FOR_NUMBERS:
        return f"{loss} is a loss for numbers to be met. For classes use a cross-entropy."
    if softmax and model["from_logits"]:
        return "Your network ends in softmax, but the loss is told to expect logits: softmax would be applied twice."
    if "categorical_crossentropy" in loss and not softmax and not model["from_logits"]:
        return (
            "Your network ends in logits, any numbers, but the loss takes them for probabilities. Last layer and loss "
            "must agree."
        )
    if "value" not in model["half_losses"]:
        return f"On a batch with {form} your loss fails: {first_line(model['half_losses'])}"
    more = model["half_losses"]["value"] - cross_entropies(case)[0]
    if more.min() > 0 and np.ptp(more) < 0.001:
        return (
            f"Your loss adds {more.mean():.3g} to the cross-entropy, in every batch. A penalty for large weights "
            "belongs to the layers: `kernel_regularizer`."
        )
    return (
        f"The loss should be the cross-entropy of your outputs and {form}; yours ({loss or 'your own'}) gives another "
        "number."
    )


def judge_metrics(metrics: dict, case: dict, logged_as: str) -> str | None:
    """Whether one of the metrics is the accuracy, and has the name that later cells look for."""
    right = case["y"].argmax(1) if case["y"].ndim == 2 else case["y"]
    hits = float(np.mean(case["logits"].argmax(1) == right))
    found = [name for name, value in metrics.items() if np.isclose(value, hits, atol=1e-3)]
    if not found and "binary_accuracy" in metrics:
        return (
            "Binary accuracy counts each of the outputs by itself, and most of the wanted numbers are 0: it looks "
            "high for a network that knows nothing."
        )
    if not found:
        return f"None of your metrics ({', '.join(metrics)}) is the fraction of images that get the right class."
    if logged_as and logged_as not in found:
        return (
            f"The logs would call your accuracy '{found[0]}'. Later cells look for '{logged_as}' and would not find it."
        )
    return None


def judge_learning(model: dict) -> str | None:
    """Whether the network can learn, from the step that `observe` has taken on a few images."""
    if "raised" in model["first_step"]:
        return f"Your network fails in its first step of training: {first_line(model['first_step'])}"
    step, rate = model["first_step"]["value"], model["learning_rate"]
    if step["zeros"]:
        return (
            f"The weights of your layer {step['zeros'][0]} begin as zeros: at first nothing of its input comes "
            "through. Leave its initializer as it is."
        )
    if rate < 0 or step["uphill"] and step["planned"] is not None:
        return (
            f"With a learning rate of {rate:g} your optimizer walks uphill: the loss grows. The rate must be above 0."
        )
    if step["planned"] is not None and step["planned"] <= 0:
        return "Your plan for the learning rate soon leads to 0: nothing would be learned."
    if step["still"]:
        return (
            f"The weights of your layer {step['still'][0]} get no gradient, so they never change. Does something "
            "behind it, such as a dropout of rate 1, let nothing through?"
        )
    if not step["moved"] and step["planned"] is None:
        return f"A step of your optimizer changes no weight: its learning rate is {rate:g}."
    if not step["growth"] < EXPLODED:
        return (
            f"After one step on a few images your weights are {step['growth']:,.0f} times as large as before: a "
            f"learning rate of {rate:g} is far too large."
        )
    return None
