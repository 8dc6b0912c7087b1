"""The checks of lab 00, in simple words: for most students it is the first check that they see. Nothing is trained."""

import numpy as np

from checks.digit_classifier import PASSIVE, batch, judge_classifier, judge_compiled, judge_scaled, look_at
from checks.old import Check, call, check, first_line, judge_array, judge_number
from checks.probes.networks import describe_model

# ---- the example of section 2 -------------------------------------------------------------------------------


def example() -> Check:
    """The check of `upside_down`, with which the lab shows how a check talks.

    Made by a function, because it is no exercise: the table at the end of the lab leaves it out.
    """

    @check(letters)
    def upside_down(student, case):
        return {"turned": student(case["image"])}

    @upside_down.judge
    def _(answer, case):
        image = case["image"]
        return judge_array(
            answer["turned"],
            image[::-1],
            {
                "Your picture is mirrored: left and right are exchanged. Exchange top and bottom.": image[:, ::-1],
                "Your picture is as it was.": image,
            },
            "the picture",
        )

    return upside_down


def letters(rng: np.random.Generator):
    """A picture (12, 12) of the letter F, on noise."""
    image = rng.uniform(0, 0.2, (12, 12)).round(2)
    image[1:11, 2:4] = image[1:3, 2:10] = image[5:7, 2:8] = 1
    yield {"image": image}


# ---- scale_pixels -------------------------------------------------------------------------------------------


def pictures(rng: np.random.Generator):
    """The first batch is dark, so that its own brightest value is not that of all images."""
    for shape, brightest in (((5, 8, 8), 180), ((3, 6, 9, 3), 256)):
        yield {"images": rng.integers(0, brightest, shape, dtype=np.uint8)}


@check(pictures)
def scale_pixels(student, case):
    scaled = student(case["images"])
    return {"kind": type(scaled).__name__, "scaled": scaled}


@scale_pixels.judge
def _(answer, case):
    return judge_scaled(answer["scaled"], answer["kind"], case["images"])


# ---- build_classifier ---------------------------------------------------------------------------------------


@check(lambda rng: [batch(rng, (64,))])
def build_classifier(student, case):
    model = student()
    found = look_at(model, case)
    return found | {"trained": found["optimizer"] is not None and int(model.optimizer.iterations) > 0}


@build_classifier.judge
def _(model, case):
    shape = model["input_shape"]
    if shape is None:
        return "Your network should have exactly one input: keras.Input(...)."
    if shape != [64]:
        more = " The batch axis does not count." if len(shape) == 2 and shape[1] == 64 else ""
        return f"The input should have the shape (64,); yours is {tuple(shape)}. Our digits are rows of numbers.{more}"
    if finding := judge_classifier(model):
        return finding
    kinds = [layer["kind"] for layer in model["layers"]]
    hidden = kinds.count("Dense") - 1
    if hidden != 1:
        return f"Exactly one hidden Dense layer is wanted, between the input and the ten outputs; yours has {hidden}."
    if model["trained"]:
        return "Your network has been trained already. Return a new one, not trained: the lab calls `fit` further down."
    return judge_compiled(model, case)


# ---- build_pair_model ---------------------------------------------------------------------------------------

INPUTS, OUTPUTS = ["left", "right"], ["same", "sum"]


def pairs(rng: np.random.Generator):
    yield {name: rng.normal(size=(6, 64)).astype("float32") for name in ("left", "right", "other", "shift")}


@check(pairs)
def build_pair_model(student, case):
    import keras

    model = student()
    if not isinstance(model, keras.Model):
        describe_model(model)  # says what it is instead
    if isinstance(model, keras.Sequential) or not hasattr(model, "operations"):
        return {"kind": "Sequential" if isinstance(model, keras.Sequential) else "other"}
    left, right, other, shift = (case[name] for name in ("left", "right", "other", "shift"))
    shared = [layer for layer in model.layers if layer.name == "shared"]
    found = {
        "kind": "functional",
        "inputs": [[tensor.name, list(tensor.shape[1:])] for tensor in model.inputs],
        "outputs": [[name, *of_layer(model, name)] for name in model.output_names],
        "in_dictionary": isinstance(model.output, dict),
        "dense": [layer.name for layer in model.layers if isinstance(layer, keras.layers.Dense)],
        "shared": [type(layer).__name__ for layer in shared],
        "kernel": [list(weight.shape) for layer in shared for weight in layer.weights[:1]],
        "shared_activation": of_layer(model, "shared")[1],
        "after_shared": after_shared(model),
    }
    if [name for name, _ in found["inputs"]] != INPUTS:
        return found

    def answers(first, second) -> list[np.ndarray]:
        outputs = model({"left": first, "right": second}, training=False)
        return [np.asarray(output) for output in keras.tree.flatten(outputs)]

    def behaviour() -> dict:
        seen = {
            "as it is": answers(left, right),
            "other left": answers(other, right),
            "other right": answers(left, other),
            "exchanged": answers(right, left),
            "same sum": answers(left + shift, right - shift),
            "same difference": answers(left + shift, right + shift),
            "others": answers(other, shift),
            "halfway": answers((left + other) / 2, (right + shift) / 2),
        }
        kept = [layer.get_weights() for layer in shared]
        for layer in shared:
            layer.set_weights([np.zeros(weight.shape) for weight in layer.weights])
        erased = {
            "erased": answers(left, right),
            "erased, other left": answers(other, right),
            "erased, other right": answers(left, other),
        }
        for layer, weights in zip(shared, kept, strict=True):  # the student may have made it in another cell
            layer.set_weights(weights)
        return seen | erased

    return found | {"seen": call(behaviour)}


def of_layer(model, name: str) -> list:
    """The kind of a layer, the name of its activation, how many numbers it gets; None where there is none."""
    layer = next((layer for layer in model.layers if layer.name == name), None)
    kernel = [int(weight.shape[0]) for weight in getattr(layer, "weights", [])[:1]]
    activation = getattr(getattr(layer, "activation", None), "__name__", None)
    return [type(layer).__name__ if layer else None, activation, *(kernel or [None])]


def after_shared(model) -> list[str]:
    """The kinds of what stands between the layer "shared" and the next Dense layer."""
    names, kinds = zip(*((one.name, type(one).__name__) for one in model.operations), strict=True)
    following = kinds[names.index("shared") + 1 :] if "shared" in names else ()
    return list(following[: following.index("Dense")] if "Dense" in following else following)


@build_pair_model.judge
def _(model, case):
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
            "otherwise. Concatenate it, so that each digit keeps its place."
        )
    mean = (seen["as it is"][1] + seen["others"][1]) / 2
    if np.allclose(mean, seen["halfway"][1], rtol=0, atol=1e-5):  # as if all layers were one weighted sum
        return "There is no activation before your outputs. The shared layer should have one, such as relu."
    return None


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


# ---- count_multiplications ----------------------------------------------------------------------------------

SIZES = ("n_images", "height", "width", "channels", "kernels", "size")


def sizes(rng: np.random.Generator):
    """Numbers that tell the mistakes apart; then the convolution that the lab times."""
    choices = (11, 13), (29, 31), (37, 41), (2, 4), (16, 32), (5, 7)
    yield {name: int(rng.choice(choice)) for name, choice in zip(SIZES, choices, strict=True)}
    yield dict(zip(SIZES, (100, 100, 100, 3, 32, 7), strict=True))


@check(sizes)
def count_multiplications(student, case):
    return {"count": student(*(case[name] for name in SIZES))}


@count_multiplications.judge
def _(answer, case):
    n, height, width, channels, kernels, size = (case[name] for name in SIZES)
    places, per_place = n * height * width * kernels, size * size * channels
    right = places * per_place
    calling = f"count_multiplications({', '.join(str(case[name]) for name in SIZES)})"
    on_image = [length * size - (size // 2) * (size // 2 + 1) for length in (height, width)]  # without the padding
    return judge_number(
        answer["count"],
        right,
        {
            "You forgot the channels: a kernel is as deep as the image.": right / channels,
            "You forgot the area of the kernel: at each place all its weights are multiplied.": right / size**2,
            "You counted the kernel's side instead of its area.": right / size,
            "In Python `^` is not a power: 3^2 is 1. A power is written with two stars.": (
                right / size**2 * (size ^ 2)
            ),
            "You took the kernel's side times 2. Its area is something else.": right / size * 2,
            "You added the channels. How many weights does a kernel have that is as deep as the image?": (
                places * (size * size + channels)
            ),
            "You forgot channels and area: each output value takes more than one multiplication.": places,
            "You counted one image. There are more.": right / n,
            "You counted one kernel. Each kernel makes an output of its own.": right / kernels,
            "Your output is smaller than the image. With zero padding it has the same size.": (
                n * (height - size + 1) * (width - size + 1) * kernels * per_place
            ),
            "Your output lacks as many rows and columns as the kernel has. With zero padding none is lost.": (
                n * (height - size) * (width - size) * kernels * per_place
            ),
            "Your output is larger than the image. With zero padding here it has the same size.": (
                n * (height + size - 1) * (width + size - 1) * kernels * per_place
            ),
            "You counted the additions too. Only multiplications are wanted.": 2 * right,
            "You counted the additions. Only multiplications are wanted.": places * (per_place - 1),
            "You counted multiplications and additions. Only multiplications are wanted.": places * (2 * per_place - 1),
            "You counted the bias too. It is added, not multiplied.": places * (per_place + 1),
            "You left the zeros of the padding out. They are multiplied like any other value.": (
                n * on_image[0] * on_image[1] * kernels * channels
            ),
            "These are the weights of the layer. Each of them is used again at every place.": kernels * per_place,
            "You counted one place of each image. A kernel lies on many, one after the other.": right / height / width,
            "You used the height twice. Images may be wider than high.": right / width * height,
            "You used the width twice. Images may be higher than wide.": right / height * width,
            "Your number ran over: whole numbers of 32 bits end at about 2 billion. Python's own do not end.": (
                (right + 2**31) % 2**32 - 2**31
            ),
        },
        "the count",
        f"{calling}: ",
    )
