"""What the checks of labs 00 and 06 share: scaled images, and networks that tell ten digits apart by whole numbers."""

import re

import numpy as np

from checks.old import Unusable, first_line, judge_array
from checks.probes.networks import DROPOUTS, NORMS, ends_in_softmax, is_cross_entropy, observe

CLASSES = 10
KIND_OF_MODEL = "Your network should be Sequential or functional and have one input, `keras.Input(...)`."
MERGES = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
PASSIVE = {*NORMS, *DROPOUTS, "GaussianNoise", "Flatten", "Reshape", "Permute", "ZeroPadding2D", "Cropping2D"}
PASSIVE |= {"Identity", "Add", "Average", "Concatenate", "Subtract"}  # kinds that do not stand in for an activation


def judge_scaled(scaled, kind: str, x: np.ndarray, mistakes: dict | None = None):
    """What is wrong with images that should be x, 0 to 255, brought to 0 to 1; `mistakes`: more sentences and results.

    kind: the type of what the student's function returned. Returns None, a text or a reason with a picture.
    """
    if isinstance(scaled, list):
        return f"Your function returned a {kind} of {len(scaled)} things. One array is wanted, with all images in it."
    x = x.astype(float)
    each = {"axis": tuple(range(1, x.ndim)), "keepdims": True}
    low, high = x.min(**each), x.max(**each)
    standardised = (x - x.mean()) / x.std()
    usual = {
        "Your images still hold values up to 255. The range should be 0 to 1.": x,
        "Your images are 0 nearly everywhere: a whole number was divided without a remainder, or the result was made "
        "a whole number.": x // 255,
        "You divided by the brightest value of this batch, or of each image, so what is dark becomes too bright. "
        "Which is the largest value that a pixel can have at all?": [
            x / x.max(),
            (x - x.min()) / (x.max() - x.min()),
            x / high,
            (x - low) / (high - low),
        ],
        "You divided by 256. There are 256 grey values, but the largest of them is smaller.": x / 256,
        "You divided by 16. So far go the pixels of scikit-learn's digits; ours are stored images.": x / 16,
        "Your values go from -1 to 1. Black should stay 0.": [x / 127.5 - 1, x / 128 - 1],
        "You divided twice: these values are tiny.": x / 255 / 255,
        "Black and white are exchanged: 0 should stay 0.": 1 - x / 255,
        "Your images are standardised: they have mean 0. Only bring them to the range 0 to 1.": standardised,
        "Grey values were lost: your images are rounded, or hold only 0 and 1.": [
            *(np.round(x / 255, k) for k in (0, 1, 2)),
            x > 127,
            x > 0,
        ],
    }
    if finding := judge_array(scaled, x / 255, usual | (mistakes or {}), "the array of images", tol=1e-3):
        return finding
    if scaled.dtype != np.float32:
        return f"The values are right, but they are {scaled.dtype} and not float32, which networks compute in."
    if kind != "ndarray":
        return f"The values are right, but they stand in a tensor ({kind}). A NumPy array is wanted."
    return None


def batch(rng: np.random.Generator, shape: tuple) -> dict:
    """Four images of noise; sixty labels, with logits that favour the right class in the first half only."""
    y = rng.permutation(np.arange(60) % CLASSES).astype(np.uint8)
    logits = rng.normal(size=(60, CLASSES), scale=1.5)
    logits[np.arange(60), y] += np.repeat([3, -3], 30)
    return {"shape": shape, "x": rng.random((4, *shape)).astype("float32"), "y": y, "logits": logits.astype("float32")}


def look_at(model, case: dict) -> dict:
    """A network as plain data; see `observe`."""
    import keras

    if isinstance(model, keras.Model) and not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise Unusable(KIND_OF_MODEL)
    return observe(model, case["x"], case["y"], case["logits"])


def judge_classifier(model: dict) -> str | None:
    """What is wrong with activations, the dense part, or the ten outputs."""
    layers = model["layers"]
    weighted = [place for place, layer in enumerate(layers) if layer["kind"] in ("Conv2D", "Dense")]
    dense = [layer for layer in layers if layer["kind"] == "Dense"]
    if not dense:
        return "A dense layer for the scores of the ten classes is missing at the end."
    if any(len(layer["output_shape"] or [0]) > 1 for layer in dense):
        return "A dense layer gets feature maps and works on each of their pixels by itself. Flatten them first."
    if model["output_shape"] != [CLASSES]:
        outputs = (model["output_shape"] or ["none"])[-1]
        return f"Ten outputs are wanted, one per digit from 0 to 9; yours has {outputs}."
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
        return f"The last layer ends in {last['activation']}. Exactly one of ten digits is right: softmax or logits."
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


def said(failure: dict) -> str:
    """What a loss or metric raised, in one line, without TensorFlow's names for its own parts."""
    return re.sub(r"\{\{.*?\}\} ?| ?\[Op:.*", "", first_line(failure))


def judge_compiled(model: dict, case: dict) -> str | None:
    """What is wrong with how a network is compiled, for whole numbers as labels."""
    if model["optimizer"] is None:
        return "Your network is not compiled yet: it lacks an optimizer, a loss and a metric."
    if not model["trainable_parameters"]:
        return "The weights of your network are frozen: `fit` would not change them."
    if "raised" in model["outputs"]:
        return f"Your network fails on a batch of images: {first_line(model['outputs'])}"
    losses = model["half_losses"].get("value")
    if losses is None or not is_cross_entropy(losses, case | {"y": np.eye(CLASSES)[case["y"]]}):
        return why_loss(model)
    if "value" not in model["batch_metrics"]:
        return f"A metric fails on whole numbers as labels, ten outputs per image: {said(model['batch_metrics'])}"
    return judge_metrics(model["batch_metrics"]["value"], case)


def why_loss(model: dict) -> str:
    """Why a loss is not the cross-entropy of these outputs with whole numbers as labels."""
    softmax, loss = ends_in_softmax(model["outputs"]), model["loss"] or ""
    if loss.startswith("categorical"):
        return "Your loss wants one-hot labels. Ours are whole numbers from 0 to 9."
    if "binary" in loss:
        return "Binary cross-entropy asks ten separate yes-or-no questions. Here exactly one of ten digits is right."
    if loss in ("mean_squared_error", "mean_absolute_error", "huber"):
        return f"{loss} is a loss for numbers to be met. For classes use a cross-entropy."
    if softmax and model["from_logits"]:
        return "Your network ends in softmax, but the loss is told to expect logits: softmax would be applied twice."
    if "sparse" in loss and not softmax and not model["from_logits"]:
        return (
            "Your network ends in logits, any numbers, but the loss takes them for probabilities. Last layer and loss "
            "must agree."
        )
    if "value" not in model["half_losses"]:
        return f"On a batch with whole numbers as labels your loss fails: {said(model['half_losses'])}"
    return f"The loss should be the cross-entropy of your ten outputs; yours ({loss or 'your own'}) gives another."


def judge_metrics(metrics: dict, case: dict) -> str | None:
    """Whether the logs would hold the accuracy under the name that later cells look for."""
    hits = float(np.mean(case["logits"].argmax(1) == case["y"]))
    right = [name for name, value in metrics.items() if np.isclose(value, hits, atol=1e-3)]
    if "accuracy" in right:
        return None
    if not metrics:
        return "Your network does not measure its accuracy: `compile` can be given `metrics=`."
    if right:
        return f"The logs would call your accuracy '{right[0]}'. Later cells look for 'accuracy' and would not find it."
    return f"None of your metrics ({', '.join(metrics)}) is the fraction of images that get the right digit."
