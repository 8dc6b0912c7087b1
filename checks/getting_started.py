"""The getting-started lab's checks, in simple words: most students have not seen a check before. Nothing is trained."""

import numpy as np

from checks import images
from checks.compare import array, compare
from checks.core import Check, judges
from checks.networks import PASSIVE, judge_classifier, judge_compiled, judge_dtype, judge_input
from checks.probes import getting_started as probes
from checks.probes.running import first_line

# ---- the example of section 2 -------------------------------------------------------------------------------


def example() -> Check:
    """The check of `upside_down`, with which the lab shows how a check talks.

    Made by a function, because it is no exercise: the table at the end of the lab leaves it out.
    """

    @compare(letters, "the picture")
    def upside_down(image):
        return image[::-1]

    upside_down.mistakes = {
        "Your picture is mirrored: left and right are exchanged. Exchange top and bottom.": (
            lambda image: image[:, ::-1]
        ),
        "Your picture is as it was.": lambda image: image,
    }
    return upside_down


def letters(rng: np.random.Generator):
    """A picture (12, 12) of the letter F, on noise."""
    image = rng.uniform(0, 0.2, (12, 12)).round(2)
    image[1:11, 2:4] = image[1:3, 2:10] = image[5:7, 2:8] = 1
    yield {"image": image}


# ---- scale_pixels -------------------------------------------------------------------------------------------


def pictures(rng: np.random.Generator):
    """Some are dark, so that their own brightest value is not that of all images; one is a row of numbers."""
    for shape, brightest in (((5, 8, 8), 180), ((3, 6, 9, 3), 256), ((9,), 200), ((2, 5, 5), 2)):
        yield {"images": rng.integers(0, brightest, shape, dtype=np.uint8)}


@compare(pictures, "the array of images", "For images of shape {images.shape}: ", array(1e-3, "float32", numpy=True))
def scale_pixels(images):
    return images / np.float32(255)


scale_pixels.mistakes = images.MISTAKES

# ---- build_classifier ---------------------------------------------------------------------------------------


def batch(rng: np.random.Generator, shape: tuple = (64,)) -> dict:
    """Four inputs of noise; sixty labels, with logits that favour the right class in the first half only."""
    y = rng.permutation(np.arange(60) % 10).astype(np.uint8)
    logits = rng.normal(size=(60, 10), scale=1.5)
    logits[np.arange(60), y] += np.repeat([3, -3], 30)
    return {"x": rng.random((4, *shape)).astype("float32"), "y": y, "logits": logits.astype("float32")}


@judges(probes.build_classifier, lambda rng: [batch(rng)])
def build_classifier(model, case):
    if finding := judge_input(model, [64], "between 0 and 1") or judge_classifier(model):
        return finding
    kinds = [layer["kind"] for layer in model["layers"]]
    within = kinds.count("Dense") - 1
    if within != 1:
        return f"Exactly one hidden Dense layer is wanted, between the input and the ten outputs; yours has {within}."
    if model["trained"]:
        return "Your network has been trained already. Return a new one, not trained: the lab calls `fit` further down."
    return judge_compiled(model, case, logged_as="accuracy")


# ---- build_pair_model ---------------------------------------------------------------------------------------

INPUTS, OUTPUTS = ["left", "right"], ["same", "sum"]


def pairs(rng: np.random.Generator):
    yield {name: rng.normal(size=(6, 64)).astype("float32") for name in ("left", "right", "other", "shift")}


@judges(probes.build_pair_model, pairs)
def build_pair_model(model, case):
    if model["kind"] == "Sequential":
        return "A Sequential model is a chain: one input, one output. Here you need keras.Model(inputs, outputs)."
    if model["kind"] != "functional":
        return "Build your network from tensors: keras.Model(inputs, outputs)."
    if finding := judge_ends(model) or judge_shared(model):
        return finding
    if "raised" in model["seen"]:
        return f"Your network fails on six pairs of digits: {first_line(model['seen'])}"
    seen = model["seen"]["value"]
    return judge_shapes(seen["as it is"]) or judge_heads(model) or judge_flow(seen) or judge_middle(model)


def judge_ends(model: dict) -> str | None:
    """What is wrong with number, names and shapes of inputs and outputs."""
    inputs, outputs = ([one[0] for one in model[key]] for key in ("inputs", "outputs"))
    if len(inputs) != 2:
        return f"Two inputs are wanted, one for each digit; your network has {len(inputs)}."
    if inputs == INPUTS[::-1]:
        return 'Your first input is "right". The docstring has them in the order left, right.'
    if inputs != INPUTS:
        return f'The inputs should be named "left" and "right"; yours: {quoted(inputs)}.'
    for name, shape in model["inputs"]:
        if shape != [64]:
            return f'The input "{name}" should have the shape (64,); yours is {tuple(shape)}.'
    if len(outputs) != 2:
        more = " Are both in one layer? Each has its own." if len(outputs) == 1 else ""
        return f'Two outputs are wanted, "same" and "sum"; your network has {len(outputs)}.{more}'
    if model["in_dictionary"]:
        return "Your outputs stand in a dictionary. A list is wanted: later cells take the outputs by their order."
    if outputs == OUTPUTS[::-1]:
        return 'Your first output is "sum". The docstring has them in the order same, sum.'
    if outputs != OUTPUTS:
        return (
            f'The last layers should be named "same" and "sum"; yours: {quoted(outputs)}. Every layer can be given a '
            "name=."
        )
    return None


def judge_shared(model: dict) -> str | None:
    """What is wrong with the layer that should be shared, seen by itself."""
    if finding := next(filter(None, map(judge_dtype, model["input_dtypes"])), None):
        return finding
    if not model["shared"]:
        return f'There is no layer named "shared". Your Dense layers: {quoted(model["dense"]) or "none"}.'
    if model["shared"] != ["Dense"]:
        return f'The layer "shared" should be Dense; yours is {model["shared"][0]}.'
    rows = model["kernel"][0][0]
    if rows == 128:
        return (
            'Your layer "shared" gets 128 numbers: both digits at once. It should get one digit, 64 numbers, and be '
            "applied twice. Concatenate what comes out."
        )
    if rows != 64:
        return f'Your layer "shared" gets {rows} numbers. It should get the 64 numbers of one digit.'
    return None


def judge_shapes(outputs: list[np.ndarray]) -> str | None:
    """Whether there is one number per pair."""
    for name, output in zip(OUTPUTS, outputs, strict=True):
        if output.shape != (6, 1):
            return (
                f'For 6 pairs your output "{name}" has the shape {output.shape}. One number per pair is wanted: (6, 1).'
            )
    return None


def judge_flow(seen: dict) -> str | None:
    """What is wrong with the way from inputs to outputs, from what outputs do when inputs change."""

    def equal(one: str, other: str) -> list[bool]:
        return [np.allclose(a, b, rtol=0, atol=1e-5) for a, b in zip(seen[one], seen[other], strict=True)]

    for side in INPUTS:
        ignoring = [name for name, same in zip(OUTPUTS, equal("as it is", f"other {side}"), strict=True) if same]
        if ignoring:
            return (
                f'Another digit at "{side}" does not change your output {quoted(ignoring)}: it does not see this input.'
            )
    if all(equal("as it is", "same sum")):
        return (
            'Your inputs are added (or averaged) before the layer "shared". Then nobody can tell the two digits apart. '
            "Apply the layer to each of them."
        )
    if all(equal("as it is", "same difference")):
        return 'Your inputs are subtracted before the layer "shared". Apply the layer to each of them.'
    past = [side for side in INPUTS if not all(equal("erased", f"erased, other {side}"))]
    if past:
        return (
            f'I erased the weights of "shared", and your network still sees {quoted(past)}. So this digit also goes '
            "through another layer, with weights of its own. Make one layer, and apply this same object twice."
        )
    if all(equal("as it is", "exchanged")):
        return (
            "Exchanging left and right changes nothing: what comes out of the shared layer is added, or joined "
            "otherwise. Concatenate it, so that each digit keeps its side."
        )
    mean = (seen["as it is"][1] + seen["others"][1]) / 2
    if np.allclose(mean, seen["halfway"][1], rtol=0, atol=1e-5):  # as if all layers were one weighted sum
        return "There is no activation before your outputs. The shared layer should have one, such as relu."
    if is_sum_of_two(seen):
        return (
            'Before its sigmoid your output "same" is one number from the left digit plus one from the right: so it '
            "cannot compare the two digits. Put a hidden Dense layer with relu behind the Concatenate."
        )
    return None


def is_sum_of_two(seen: dict) -> bool:
    """Whether "same", before its sigmoid, is one number from the left digit plus one from the right digit."""

    def logit(name: str) -> np.ndarray:
        probability = np.clip(seen[name][0].astype(float), 1e-7, 1 - 1e-7)
        return np.log(probability / (1 - probability))

    mixed = logit("as it is") - logit("other left") - logit("other right") + logit("both other")
    return bool(np.allclose(mixed, 0, atol=1e-4))


def judge_middle(model: dict) -> str | None:
    """What is wrong in the layers from inputs to outputs that all do see both digits."""
    first, after = model["dense"][0], set(model["after_shared"])
    if first != "shared":
        return f'A digit goes through {quoted([first])} before it comes to "shared". Apply "shared" to the inputs.'
    if "Subtract" in after and "Concatenate" not in after:
        return "The results of the shared layer are subtracted, and only their difference goes on. Concatenate them."
    if model["shared_activation"] == "linear" and after <= PASSIVE:
        return "The shared layer has no activation. The docstring wants one, such as relu."
    return None


def judge_heads(model: dict) -> str | None:
    """What is wrong with the layers that give the two outputs."""
    (_, same_kind, same, _), (_, sum_kind, total, _) = model["outputs"]
    for name, kind in zip(OUTPUTS, (same_kind, sum_kind), strict=True):
        if kind not in ("Dense", "Activation"):
            return f'The output "{name}" should come from a Dense layer; yours comes from {kind}.'
    if (same, total) == ("linear", "sigmoid"):
        return 'The two ends are exchanged: "same" is a probability, "sum" can be any number.'
    if same == "softmax":
        return 'Softmax of a single number is always 1. "same" is one probability: which activation gives 0 to 1?'
    if same != "sigmoid":
        return f'"same" should be a probability, between 0 and 1. Your activation there: {same}.'
    if total != "linear":
        return f'"sum" is a number from 0 to 18, and should have no activation. Yours: {total}.'
    for name, _, _, numbers in model["outputs"]:
        if numbers == 1:
            return (
                f'Your output "{name}" is computed from a single number. Does it stand behind the other output? In the '
                "picture both stand side by side."
            )
    return None


def quoted(names: list[str]) -> str:
    """Names in a sentence: "left" and "right"."""
    return " and ".join(f'"{name}"' for name in names)
