"""The checks of the ResNet lab: small networks, and a classifier that only records what it gets. Nothing is trained."""

import numpy as np

from checks.compare import judge_array, judge_number
from checks.core import Advice, judges
from checks.networks import DROPOUTS
from checks.probes import pretrained_resnet as probes
from checks.probes.networks import ends_in_softmax
from checks.probes.pretrained_resnet import (
    ACTIVATION,
    CONV,
    DENSE,
    DROPOUT,
    FLATTEN,
    NAMES,
    POOL,
    preprocess,
    ramp,
    random_weights,
    strided,
)
from checks.probes.running import first_line

# ---- describe_network ---------------------------------------------------------------------------------------


def networks(rng: np.random.Generator):
    for kind, fits in (("sequential", False), ("functional", False), ("sequential", True)):
        case = {
            "kind": kind,
            "size": rng.permutation(np.arange(12, 20))[:2].tolist(),
            "filters": int(rng.integers(4, 9)),
            "classes": int(rng.integers(5, 12)),
        }
        trainable = counts(case)["trainable"]
        side = 3 * trainable if fits else int(trainable * rng.uniform(0.2, 0.5))
        yield case | {"memory_bytes": (4 if fits else 4.0) * side**2}  # a float as well, like the lab's 16e9


def counts(case: dict) -> dict:
    """The right answers, but for the Hessian, worked out by hand; with some that mistakes give."""
    f, g, dense = case["filters"], case["filters"] + 2, (case["filters"] + 3) * case["classes"]
    if case["kind"] == "sequential":
        separable = (9 * f + f * g + g) + (9 * g + g * g + g)
        parameters, statistics, frozen = 28 * f + 4 * f + separable + 10 * g + g * g + dense, 2 * f, 0
        convolutions, first, first_conv = 2, 28 * f, 28 * f
    else:
        parameters, statistics, frozen = 12 + 28 * f + (f * f + f) + (9 * f * g + g) + dense, 6, 28 * f
        convolutions, first, first_conv = 4, 12, 28 * f
    return {
        "convolutions": convolutions,
        "parameters": parameters,
        "trainable": parameters - statistics - frozen,
        "input_size": case["size"],
        "first_layer": first,
        "last_layer": dense,
        "frozen": frozen,
        "first_conv": first_conv,
        "dense_kernel": dense - case["classes"],
    }


@judges(probes.describe_network, networks, "For a {kind} network and memory_bytes={memory_bytes}: ")
def describe_network(answer, case):
    found, right = answer["found"], counts(case)
    keys = ("convolutions", "parameters", "trainable", "input_size", "first_layer", "last_layer", "hessian_share")
    if isinstance(found, str):
        found = "None: does it end with `return`?" if found == "NoneType" else f"{found}."
        return f"A dictionary is wanted, as in the docstring; your function returned {found}"
    if missing := [key for key in keys if key not in found]:
        return f"Your dictionary lacks {', '.join(missing)}."
    literal = "This is ResNet50's figure. Your function got another network: find the figure by code."
    mistakes = {
        "convolutions": {
            "Separable and depthwise convolutions are counted, too. Count the layers of type Conv2D.": (
                5 if case["kind"] == "sequential" else 4
            ),
            "A convolution's name need not hold `conv`, and other layers' names may. Ask for the type of a layer.": (
                8 if case["kind"] == "sequential" else 4
            ),
            literal: 53,
        },
        "parameters": {
            "These are the trainable ones only. All are wanted here.": right["trainable"],
            literal: 25636712,
        },
        "trainable": {
            "These are all parameters. Batch normalisation, for one, has some that training does not touch.": (
                right["parameters"]
            ),
            "A frozen layer is counted: ask the network for its trainable weights.": (
                right["trainable"] + right["frozen"]
            ),
            literal: 25583592,
        },
        "first_layer": {
            "The first layer of this network has no parameters. The first one *with weights* is wanted.": 0,
            "This is the first convolution. But here another layer with weights stands before it.": right["first_conv"],
            "Only what is trainable was counted.": right["first_layer"] // 2,
            literal: 9472,
        },
        "last_layer": {
            "The last layer of this network has no parameters. The last one *with weights* is wanted.": 0,
            "The biases are missing.": right["dense_kernel"],
            literal: 2049000,
        },
    }
    for key, sentences in mistakes.items():
        if finding := judge_number(found[key], right[key], sentences, "your answer", where=f"{key}: "):
            return finding
    return judge_size(found["input_size"], case["size"]) or judge_share(found["hessian_share"], right, case)


def judge_size(size, expected: list[int]) -> str | None:
    size = size.tolist() if isinstance(size, np.ndarray) else size
    if size == expected:
        return None
    if size == expected[::-1]:
        return "input_size: height comes first, then width."
    if isinstance(size, list) and len(size) > 2:
        return f"input_size: only height and width are wanted; yours is {tuple(size)}."
    if size in ([224, 224], 224):
        return "input_size: this is ResNet50's. Your function got another network: ask the network."
    return f"input_size should be {tuple(expected)} for this network, a pair of whole numbers; yours is {size}."


def judge_share(share, right: dict, case: dict) -> str | None:
    where, side, n = "hessian_share: ", (case["memory_bytes"] / 4) ** 0.5, right["trainable"]
    expected = min(1.0, side / n)
    if isinstance(share, int | float) and abs(share - expected) <= 1.01 / n:  # rounded down, or not
        return None
    if isinstance(share, int | float) and expected == 1 < share:
        return f"{where}this is more than 1. A network has no more parameters than all of them."
    mistakes = {
        "one number takes 4 bytes.": 2 * side / n,
        "4 bytes are for each entry of the matrix, not for each of its rows.": side / 2 / n,
        "a float32 number takes 4 bytes, not 8.": side / 2**0.5 / n,
        "this is the share of the matrix's entries that fit. For n parameters the matrix has n × n: which n fits?": (
            (side / n) ** 2
        ),
        "for n parameters the Hessian has n × n entries, not n.": side**2 / n,
        "1 would mean that the Hessian of all parameters fits into memory_bytes. It has n × n entries of 4 bytes.": 1,
        "the share of the *trainable* parameters is wanted.": side / right["parameters"],
        "this is the number of parameters. Their share is wanted.": side,
        "this is a percentage; a fraction between 0 and 1 is wanted.": 100 * expected,
    }
    near = [number for number in mistakes.values() if isinstance(share, int | float) and abs(share / number - 1) < 0.01]
    return judge_number(near[0] if near else share, expected, mistakes, "your answer", where)


# ---- classify -----------------------------------------------------------------------------------------------


RAMP = 20  # by so much the photographs are brighter at the bottom than at the top, and left than right


def pictures(rng: np.random.Generator):
    """Photographs of one colour, brighter at the bottom and at the left: any way of resizing keeps that."""
    kinds = (("RGB", 3, (300, 260)), ("RGB", 1, (30, 90)), ("grey", 5, (50, 70)), ("one channel", 2, (44, 30)))
    for number, (kind, top, shape) in enumerate((*kinds, ("RGBA", 4, (53, 64)))):
        rows, columns = (np.linspace(-RAMP / 2, RAMP / 2, n) for n in shape)
        ramp = rows[:, np.newaxis] - columns
        colour = rng.permutation([45.0, 120.0, 205.0])
        image = ramp[..., np.newaxis] + colour
        if kind in ("grey", "one channel"):
            image = ramp + 150 if kind == "grey" else ramp[..., np.newaxis] + 150
            colour = np.full(3, 150.0)
        elif kind == "RGBA":
            image = np.concatenate([image, np.full((*shape, 1), 153)], axis=-1)
        probabilities = (0.6 ** np.arange(len(NAMES))).astype("float32")
        probabilities = rng.permutation(probabilities / probabilities.sum())
        while probabilities[0] == probabilities.max():  # the order of the classes must not be right by chance
            probabilities = rng.permutation(probabilities)
        yield {
            "kind": kind,
            "image": image.round().astype("uint8"),
            "colour": colour,
            "top": top,
            "size": [24, 36] if number % 2 else [32, 20],
            "probabilities": probabilities,
        }


@judges(probes.classify, pictures)
def classify(answer, case):
    shape = case["image"].shape
    if answer["inputs"] and (finding := judge_batch(answer["inputs"][0].shape, case)):
        return finding
    if answer["raised"]:
        return f"For a photograph of shape {shape} ({case['kind']}) your function fails: {answer['raised']}"
    if not answer["inputs"]:
        return "`model.network` was never asked."
    if answer["in_training"]:
        return "You call the network with `training=True`: dropout and batch normalisation would behave as in training."
    if finding := judge_colours(answer["inputs"][0][0], case) or judge_pairs(answer["result"], case):
        return finding
    if answer["grain"] is not None and answer["grain"] > 0.8:
        return Advice(
            "Right. You shrink by picking single pixels and skipping those between them (nearest neighbour): fine "
            "lines are torn. A mean of neighbours, as with `antialias=True`, keeps more of the photograph."
        )
    return None


def judge_batch(shape: tuple[int, ...], case: dict) -> str | None:
    """What is wrong with the shape of what the network got."""
    height, width = case["size"]
    if shape == (1, height, width, 3):
        return None
    got = f"For a photograph of shape {case['image'].shape} the network got an array of shape {shape}."
    if len(shape) == 3:
        return f"{got} The batch axis is missing: a network takes (N, height, width, 3), and here N is 1."
    if len(shape) == 4 and shape[1] == 3:
        return f"{got} The channels should come last."
    if shape[-1] == 4:
        return f"{got} The fourth channel says how opaque a pixel is (alpha). The network takes three channels."
    if shape == (1, height, width, 1):
        return f"{got} It wants red, green and blue also for a grey photograph."
    if len(shape) != 4 or shape[-1] != 3:
        return f"{got} It takes (1, height, width, 3)."
    if shape[0] != 1:
        return f"{got} It takes one image: (1, height, width, 3)."
    if shape[1:3] == (width, height):
        return f"{got} Height and width are exchanged: `model.input_size` is (height, width) = ({height}, {width})."
    if shape[1:3] == case["image"].shape[:2]:
        return f"{got} It was not resized to `model.input_size`, here ({height}, {width})."
    return f"{got} This is not the size it takes, `model.input_size`, here ({height}, {width})."


def judge_colours(image: np.ndarray, case: dict) -> str | None:
    """What was done to the colours, from their means in the middle: any way to resize keeps them, more or less."""
    colour = case["colour"]
    accepted = [preprocess(colour)]
    if case["kind"] == "RGBA":  # laid over white, or over black
        accepted += [preprocess(0.6 * colour + 0.4 * 255), preprocess(0.6 * colour)]
    small = (
        "You brought the colours to small numbers, such as 0–1, before `model.preprocess_input`, which wants 0 to 255. "
        "(Some functions that resize do it unasked.)"
    )
    if case["kind"] == "RGBA":  # all photographs before were right, so it has to do with alpha
        small = (
            "For a photograph with alpha `model.preprocess_input` got small numbers, and it wants 0 to 255. Were the "
            "colours scaled to 0–1, or multiplied by alpha in uint8, where 255 + 1 is 0?"
        )
    mistakes = {
        "The preprocessing is missing: the network got the colours as they are. See `model.preprocess_input`.": colour,
        "The preprocessing was done twice.": preprocess(preprocess(colour)),
        small: preprocess(colour / 255),
        "The image was scaled to 0–1 in place of `model.preprocess_input`. (Some functions that resize do it "
        "unasked.)": colour / 255,
        "After `model.preprocess_input` the image was scaled once more.": preprocess(colour) / 255,
        "Red and blue are exchanged: `model.preprocess_input` wants RGB, and the photograph is RGB.": (
            preprocess(colour[::-1])
        ),
        "Red and blue are exchanged after `model.preprocess_input`.": preprocess(colour)[::-1],
        "This is the preprocessing of ResNet50. Each network has its own: use `model.preprocess_input`.": (
            colour[::-1] - (103.939, 116.779, 123.68)
        ),
        "This is the preprocessing of ResNet-20. Each network has its own: use `model.preprocess_input`.": (
            colour / 127.5 - 1
        ),
    }
    rows, columns = (slice(n * 3 // 8, n * 5 // 8) for n in image.shape[:2])
    middle = image[rows, columns]
    means = middle.mean(axis=(0, 1))
    if min(np.abs(means - one).max() for one in accepted) < 9:
        slopes = (middle[-1] - middle[0]).mean() / len(middle), (middle[:, 0] - middle[:, -1]).mean() / len(middle[0])
        seen = [2 * slope * length / RAMP for slope, length in zip(slopes, image.shape, strict=False)]  # of each side
        if min(slopes) > 0 and max(seen) > 0.4:
            return None
        if min(slopes) > -0.05 and max(seen) <= 0.4:
            return (
                "The network sees a small piece of the photograph only: it was cut out, and not made smaller. Resize "
                "first, "
                "or crop as large a piece as fits."
            )
        return "The picture that the network got is not upright any more: it was flipped, turned or torn."
    # Small numbers apart: all scalings to 0–1 are near each other.
    for sentence, one in mistakes.items():
        if np.abs(means - one).max() < (9 if np.abs(one).max() > 9 else 0.12):
            return sentence
    return (
        f"The mean colour of the photograph is {tuple(map(float, colour))}, and after `model.preprocess_input` it "
        f"should be about {tuple(accepted[0].round(1).tolist())}. The network got {tuple(means.round(1).tolist())}."
    )


def judge_pairs(pairs, case: dict) -> str | None:
    """Whether the answer is the list of the most probable classes."""
    top, probabilities = case["top"], case["probabilities"]
    wanted = "A list of pairs (name, probability) is wanted"
    if pairs is None:
        return "The result is None. Does your function end with `return`?"
    if not isinstance(pairs, list):
        return f"{wanted}, not {({dict: 'a dictionary', str: 'a text'}).get(type(pairs), 'a number')}."
    if all(isinstance(one, str) for one in pairs):
        return f"{wanted}; yours holds only texts."
    if len(pairs) == 2 and isinstance(pairs[0], str) and isinstance(pairs[1], int | float | np.ndarray):
        return f"{wanted}, also where there is one pair only: [(name, probability)]. Yours is a name and a number."
    if len(pairs) == 2 and all(isinstance(one, list | np.ndarray) and len(one) == top for one in pairs):
        first = np.asarray(pairs[0], dtype=object)
        if top != 2 or all(isinstance(one, str) for one in first):
            return f"{wanted}; yours is a pair of lists."
    if len(pairs) == len(NAMES) != top:
        return f"`top` is {top}, but all {len(NAMES)} classes came back."
    if len(pairs) != top:
        return f"`top` is {top}, but {len(pairs)} came back."
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return f"{wanted}; yours begins with {pairs[0]}."
    plain = [[one.item() if isinstance(one, np.ndarray) and one.size == 1 else one for one in pair] for pair in pairs]
    if all(isinstance(pair[1], str) for pair in plain):
        if isinstance(plain[0][0], str):
            return "Your probabilities are texts, and numbers are wanted. (An array of names and numbers holds texts.)"
        return "In each pair the name comes first, then the probability."
    if any(not isinstance(pair[0], str) for pair in plain):
        return "Your pairs hold numbers of classes. The names stand in `model.class_names`."
    if any(isinstance(pair[1], bool) or not isinstance(pair[1], int | float) for pair in plain):
        return f"{wanted}; yours begins with {tuple(plain[0])}."
    names, values = [pair[0] for pair in plain], np.array([pair[1] for pair in plain])
    if strange := [name for name in names if name not in NAMES]:
        return f"'{strange[0]}' is none of the classes of this classifier. Use `model.class_names`."
    order = np.argsort(-probabilities)
    right = [NAMES[k] for k in order[:top]]
    best = probabilities[order[:top]]
    if names == right:
        if np.allclose(values, best, atol=0.006):
            return None
        again = np.exp(probabilities) / np.exp(probabilities).sum()
        if np.allclose(values, again[order[:top]], atol=0.006):
            return "Softmax was taken a second time: the network's outputs are probabilities already."
        if np.allclose(values, best * 100, atol=0.6):
            return "Your probabilities are percentages; numbers between 0 and 1 are wanted."
        return f"The names are right, but not the probabilities: {values.round(3).tolist()}. Give the network's own."
    if top > 1 and names == right[::-1]:
        return "The most probable classes are there, but the most probable should come first."
    if names == [NAMES[k] for k in order[::-1][:top]]:
        return "These are the least probable classes."
    if names == list(NAMES[:top]):
        if np.allclose(values, best, atol=0.006):
            return "The probabilities are sorted, but the names are not: they no longer belong together."
        return "These are the first classes, not the most probable ones."
    if sorted(names) == sorted(right):
        return "The right classes, but not in the right order: the most probable should come first."
    return f"These are not the {top} most probable classes; the first should be the class of highest probability."


# ---- residual_block -----------------------------------------------------------------------------------------


def blocks(rng: np.random.Generator):
    for channels, filters, stride in ((4, 4, 1), (4, 6, 1), (4, 8, 2), (4, 4, 2)):
        x = rng.normal(0, 2, (2, 8, 12, channels)).astype("float32")
        yield {"x": x, "filters": filters, "stride": stride}


def own_layer(kind: str) -> str:
    """What to say of a layer of the student's own class, whose parts nobody sees from outside."""
    return (
        f"{kind} is a layer of a class of your own, and nobody sees from outside what is in it. Call layers of Keras "
        "one after the other on the tensor."
    )


BLOCK = "For an input of {x.shape[3]} channels, filters={filters} and stride={stride}: "


@judges(probes.residual_block, blocks, BLOCK)
def residual_block(answer, case):
    x, filters, stride = case["x"], case["filters"], case["stride"]
    where = BLOCK.format(**case)
    expected = [x.shape[1] // stride, x.shape[2] // stride, filters]
    layers, same = answer["layers"], x.shape[-1] == filters and stride == 1
    convolutions = [layer for layer in layers if layer["kind"] == "Conv2D"]
    large = [layer for layer in convolutions if layer["kernel_size"] != [1, 1]]
    norms = [layer for layer in layers if layer["kind"] == "BatchNormalization"]
    kinds = [layer["kind"] for layer in layers if "Pad" not in layer["kind"]]
    if "Concatenate" in kinds and answer["shape"] != expected:
        return f"{where}the two branches are put side by side. They should be added."
    if answer["shape"] != expected:
        return f"{where}the output has shape {answer['shape']}, but {expected} is wanted: " + (
            "the stride is not used, or not in both branches."
            if answer["shape"][:2] != expected[:2]
            else "its last axis should be `filters`."
        )
    if answer["own"] and len(large) < 2:
        return own_layer(answer["own"][0])
    if [layer["kernel_size"] for layer in large] != [[3, 3]] * 2:
        sizes = ", ".join("×".join(map(str, layer["kernel_size"])) for layer in convolutions) or "none"
        return (
            f"{where}two 3×3 convolutions are wanted on the way from x to the output (and 1×1 in the shortcut, where "
            f"it needs one); yours: {sizes}."
        )
    if {*kinds} & {*DROPOUTS}:
        return "There is a dropout in the block. A residual block has none: F(x) is convolution and normalisation."
    if same and len(convolutions) > 2:
        return f"{where}the shape does not change, so the shortcut should be x itself, without a convolution."
    if len(norms) < 2:
        return f"{where}batch normalisation should follow each of the two convolutions; yours has {len(norms)}."
    if same and len(norms) > 2:
        return f"{where}two batch normalisations are wanted, one per convolution; yours has {len(norms)}."
    if same and kinds[0] != "Conv2D":
        return (
            "Your block begins with a normalisation or an activation: this is a later variant, called pre-activation. "
            "Here the convolution comes first."
        )
    if [layer["strides"] for layer in large] != [[stride, stride], [1, 1]]:
        return f"{where}the first convolution of the branch should have the stride, the second should have none."
    if finding := judge_sums(answer, x) if same else judge_shortcut(answer, x, where):
        joined = {*kinds} & {"Average", "Maximum", "Minimum", "Multiply", "Subtract"} if "Add" not in kinds else None
        return f"The two branches should be added; yours are joined by {min(joined)}." if joined else finding
    if same and any(layer["activation"] not in (None, "linear") for layer in convolutions):
        return "An activation stands directly behind a convolution. The batch normalisation should stand between them."
    return None


def judge_sums(answer: dict, x: np.ndarray) -> str | None:
    """Where the shape stays: what comes out when the branch F gives 0, -1, or the negative part of x."""

    def relu(values):
        return np.maximum(values, 0)

    def is_like(name, expected):
        return np.allclose(answer[name], expected, atol=0.02)

    if is_like("zero", 0):
        return "There is no shortcut: when both convolutions give 0, the output is 0. It should be ReLU(x)."
    if is_like("zero", x) and is_like("minus", x - 1):
        return "There is no ReLU at the end: after the addition, negative values come out."
    if is_like("zero", x):
        return "x is added after the last ReLU, so negative values come out. Add first, and then take the ReLU."
    if is_like("minus", relu(x)) and is_like("zero", relu(x)):
        return (
            "A ReLU stands at the end of the branch, before the addition: F(x) could add to x, but never take anything "
            "away."
        )
    if is_like("minus", 0) and is_like("zero", relu(x)):
        return (
            "The last batch normalisation stands behind the addition, and changes x as well. It belongs to the branch."
        )
    if is_like("between", 0):
        return "There is no ReLU between the two convolutions: together they are no more than one."
    right = {"zero": relu(x), "minus": relu(x - 1), "between": relu(x)}
    if not all(is_like(name, expected) for name, expected in right.items()):
        return (
            "Your block computes something else than ReLU(x + F(x)), with F: convolution, batch normalisation, ReLU, "
            "convolution, batch normalisation."
        )
    return None


def judge_shortcut(answer: dict, x: np.ndarray, where: str) -> str | None:
    """Where the shape changes: what comes out when the branch F gives 0, or 1 for an input that is far below 0."""
    if np.abs(answer["zero"]).max() < 0.02:
        return f"{where}nothing of x comes through a shortcut. x must be brought to the new shape."
    if answer["zero"].min() < -0.02:
        return f"{where}negative values come out. The last step is a ReLU after the addition, here as elsewhere."
    if answer["ramp"][:, -1, -1].max() < 0.7 * ramp(x).max():
        return (
            f"{where}the shortcut keeps only a corner of x. It should halve height and width as the branch does: take "
            "every second row and column."
        )
    if answer["negative"].min() > 0.5:
        return (
            f"{where}there is a ReLU in the shortcut, before the addition: what is negative in x never comes through. "
            "The only ReLU of the shortcut's way comes after the addition."
        )
    return None


# ---- build_resnet20 -----------------------------------------------------------------------------------------

CORE, SHORTCUTS = 269_722, (0, 2560, 2752)  # trainable parameters; shortcuts: none, 1×1 without and with norm


@judges(probes.build_resnet20, lambda rng: [{"x": rng.normal(0, 0.5, (2, 32, 32, 3)).astype("float32")}])
def build_resnet20(answer, case):
    layers = answer["layers"]
    kinds = [layer["kind"] for layer in layers]
    if answer["input_shape"] is None:
        return "Your network does not tell the shapes in it. Make it with keras.Model(inputs, outputs)."
    if answer["input_shape"] != [32, 32, 3]:
        return f"The input should have shape (32, 32, 3); yours has {tuple(answer['input_shape'])}."
    if answer["output_shape"] != [10]:
        return f"Ten numbers per image are wanted, (N, 10); yours gives {('N', *(answer['output_shape'] or ()))}."
    outputs = answer["outputs"]
    if "raised" in outputs:
        return f"Your network cannot be called on images: {first_line(outputs)}"
    last = layers[-1]["activation"]
    if not ends_in_softmax(outputs) and last not in (None, "linear"):
        return f"The last layer should give probabilities (softmax) or logits; yours ends in {last}."
    large = [layer for layer in layers if layer["kind"] == "Conv2D" and layer["kernel_size"] != [1, 1]]
    if any(layer["kernel_size"] != [3, 3] for layer in large):
        sizes = sorted({"×".join(map(str, layer["kernel_size"])) for layer in large})
        return f"All convolutions of a ResNet-20 are 3×3 (but for shortcuts); yours: {', '.join(sizes)}."
    if answer["own"] and len(large) < 19:
        return own_layer(answer["own"][0])
    if {*kinds} & {*DROPOUTS}:
        return "There is a dropout, which the table does not have: this would be another network."
    if "Rescaling" in kinds:
        return (
            "There is a Rescaling, which the table does not have: images are prepared before they come to the network."
        )
    if by_chance := [kind for kind in kinds if kind.startswith("Random")]:
        return f"There is a {by_chance[0]}, which the table does not have: images are augmented outside the network."
    if len(large) != 19:
        return (
            f"19 convolutions of 3×3 are wanted: one at the beginning, then three stages of three blocks with two "
            f"each. Yours has {len(large)}."
        )
    shapes = [layer["output_shape"] for layer in large]
    wanted = [[32, 32, 16]] * 7 + [[16, 16, 32]] * 6 + [[8, 8, 64]] * 6
    if [shape[2] for shape in shapes] != [shape[2] for shape in wanted]:
        return (
            "Seven convolutions with 16 filters are wanted, then six with 32, and six with 64. Yours have "
            + ", ".join(str(shape[2]) for shape in shapes)
            + "."
        )
    if shapes != wanted and "MaxPooling2D" in kinds:
        return "There is a max pooling. For images of 32×32 ResNet has none: strides make the maps smaller."
    if shapes != wanted:
        sides = list(dict.fromkeys(shape[0] for shape in shapes))
        return (
            "The maps should be 32×32 in the first stage, 16×16 in the second, 8×8 in the third: only the first block "
            f"of the second and third stage has stride 2. Yours are {', '.join(f'{side}×{side}' for side in sides)}, "
            f"and {sum(shape[0] != right[0] for shape, right in zip(shapes, wanted, strict=True))} convolutions differ."
        )
    if kinds.count("Add") != 9:
        return f"Nine blocks have nine additions; yours has {kinds.count('Add')}. Where are the shortcuts?"
    if others := sorted({*kinds} & {"LayerNormalization", "GroupNormalization", "RMSNormalization"}):
        return f"All normalisations of a ResNet-20 are batch normalisations; yours has a {others[0]}."
    trainable = answer["trainable_parameters"]
    biases = sum(layer["filters"] for layer in layers if layer["kind"] == "Conv2D" and layer["use_bias"])
    if kinds.count("BatchNormalization") - 2 * (trainable - biases > CORE + SHORTCUTS[1]) < 19:  # two of the shortcuts
        return (
            "Each of the 19 convolutions of 3×3 is followed by batch normalisation, the very first as well. Yours has "
            "fewer."
        )
    if (relus := sum(layer["activation"] == "relu" for layer in layers)) < 19:
        return f"19 ReLUs are wanted: one at the beginning, and two in each block. Yours has {relus}."
    pooled = any(layer["output_shape"] == [64] for layer in layers)
    if "GlobalAveragePooling2D" not in kinds and (not pooled or "GlobalMaxPooling2D" in kinds):
        return "After the last block comes global average pooling: of each of the 64 maps only the mean is left."
    if kinds.count("Dense") != 1:
        return f"One dense layer is wanted, the last one; yours has {kinds.count('Dense')}."
    if sum(layer["activation"] == "softmax" for layer in layers) > 1:
        return "Softmax is taken twice."
    dense = layers[kinds.index("Dense")]
    # Without an activation it is the same network: the mean of sums is the sum of means.
    if dense["activation"] != "linear" and np.prod((dense["input_shape"] or [64])[:-1]) > 1:
        return (
            f"Your dense layer with its {dense['activation']} looks at each place of the maps by itself. Global "
            "average pooling comes before the dense layer."
        )
    if trainable - biases not in [CORE + shortcut for shortcut in SHORTCUTS]:
        return (
            f"Your network has {trainable:,} trainable parameters. 272,474 are wanted, or 269,722 with shortcuts "
            "without weights. Compare `model.summary()` with the table."
        )
    if any(layer["use_bias"] for layer in large):
        return Advice(
            f"Right. Your {trainable:,} trainable parameters hold biases that do nothing: batch normalisation "
            "subtracts the mean, and the bias with it. `use_bias=False` leaves them out."
        )
    return None


# ---- freeze_backbone ----------------------------------------------------------------------------------------


@judges(
    probes.freeze_backbone,
    lambda rng: ({"weights_seed": int(rng.integers(1, 10_000)), "nested": nested} for nested in (False, True)),
    lambda case: f"For a backbone with{'' if case['nested'] else 'out'} a network inside: ",
)
def freeze_backbone(answer, case):
    if not answer["same_layers"]:
        return "The network you return has other layers than the one you got. Only whether it learns should change."
    if not all(np.array_equal(one, two) for one, two in zip(answer["before"], answer["after"], strict=True)):
        return "The weights are not those of the network you got: what it had learned is lost."
    trainable, norms, convolutions = answer["trainable"], "BatchNormalization", "Conv2D"
    every = 6 if case["nested"] else 4
    if len(trainable) == every:
        return "The backbone is still trainable, all of it."
    if trainable and set(trainable) == {norms}:
        return (
            "Batch normalisation is still trainable: its scale and shift would learn, and its mean and variance would "
            "follow the new images."
        )
    if trainable == [convolutions] * (every // 2):
        return "The convolutions are still trainable, and only the batch normalisation is frozen."
    if trainable:
        return f"Only a part is frozen; still trainable: {', '.join(trainable)}."
    return None


# ---- add_head -----------------------------------------------------------------------------------------------


def heads(rng: np.random.Generator):
    for frozen, classes in ((True, 3), (False, 2)):
        x = rng.uniform(-1, 1, (5, 12, 12, 3)).astype("float32")
        yield {"x": x, "frozen": frozen, "classes": classes, "weights_seed": int(rng.integers(1, 10_000))}


@judges(probes.add_head, heads, "For n_classes={classes}: ")
def add_head(answer, case):
    classes, shape = case["classes"], answer["output_shape"]
    if answer["input_shape"] not in ([12, 12, 3], [None, None, 3]):
        return f"Your model takes images of shape {answer['input_shape']}. It should take what the backbone takes."
    if shape is not None and len(shape) == 3:
        return (
            f"Your model gives a map of shape {tuple(shape)} for each image. A pooling should stand between backbone "
            "and dense layer."
        )
    if shape != [classes]:
        return f"n_classes is {classes}, but your model gives {shape and shape[-1]} numbers per image."
    outputs = answer["outputs"]
    if "raised" in outputs:
        return f"Your model cannot be called on images: {first_line(outputs)}"
    if not answer["dense"]:
        return "The head should end in a dense layer."
    softmax = ends_in_softmax(outputs)
    if not softmax and (answer["last"] or "").startswith("softmax"):
        return "Your head ends in softmax, but its numbers do not add up to 1 for each image. Along which axis is it?"
    if not softmax and answer["last"] not in (None, "linear"):
        return f"Your head ends in {answer['last']}. For one class out of several it should be softmax, or logits."
    if not any(answer["dense_trainable"]):
        return "The head is frozen as well: nothing of this model would learn."
    if case["frozen"] and answer["body_learns"]:
        return "The backbone came frozen, and in your model it is trainable. Leave it as it is."
    if not case["frozen"] and not answer["body_learns"]:
        return (
            "The backbone came trainable, and in your model all of it is frozen. Only its batch normalisation should "
            "be: for fine-tuning the same function must serve."
        )
    head = judge_head(answer, softmax)
    if isinstance(head, str):
        return head
    if not all(np.array_equal(one, two) for one, two in zip(answer["before"], answer["after"], strict=True)):
        return (
            "In training your model changes the means and variances that batch normalisation has learned, and uses "
            "those of the batch. When the backbone comes trainable, freeze all these layers. (The argument "
            "training=False of a call is not enough, as `fit` overrides it; nor is a momentum of 1, which still uses "
            "the batch's.)"
        )
    return head


POOLED = "The mean of each map, global average pooling, is usual: it does not care where something was found."


def judge_head(answer: dict, softmax: bool) -> str | Advice | None:
    """Whether the outputs come from the backbone's features, as far as the head's layers can be read."""
    features, outputs = answer["features"].astype(float), answer["outputs"]["value"]
    if len(answer["dense"]) > 1:  # a head with hidden layers
        return None
    kernel, *bias = answer["dense"][0]
    ways = [features.mean(axis=(1, 2)), features.max(axis=(1, 2)), features.reshape(len(features), -1)]
    expected = [way @ kernel + sum(bias) for way in ways if way.shape[1] == kernel.shape[0]]
    if softmax:
        expected = [np.exp(one - one.max(1, keepdims=True)) for one in expected]
        expected = [one / one.sum(1, keepdims=True) for one in expected]
    if not expected and kernel.shape[0] % features.shape[-1]:
        return (
            f"The dense layer gets {kernel.shape[0]} numbers per image, but the backbone's feature map has "
            f"{features.shape[-1]} channels: what does it get, and over which axes is the mean taken?"
        )
    if any(np.allclose(outputs, one, atol=1e-3) for one in expected) or not expected:
        if kernel.shape[0] != features.shape[-1]:
            return Advice(
                f"Right, but your dense layer sees every position by itself: {kernel.shape[0]} numbers. {POOLED}"
            )
        if not np.allclose(outputs, expected[0], atol=1e-3):
            return Advice(f"Right, with the largest value of each map. {POOLED}")
        return None
    if softmax:
        again = [np.exp(one) / np.exp(one).sum(1, keepdims=True) for one in expected]
        if any(np.allclose(outputs, one, atol=1e-3) for one in again):
            return "Softmax is taken twice."
    return (
        "The outputs are not what the dense layer makes of this backbone's pooled feature map. Are the backbone's "
        "weights others in your model, is its last layer left out, or are the layers in another order?"
    )


# ---- to_fully_convolutional ---------------------------------------------------------------------------------


def classifiers(rng: np.random.Generator):
    """Small networks as lists of (kind, filters or units, kernel size, padding, activation, stride).

    The second one has settings of its own everywhere: what makes its layers anew must hand them on.
    """
    first = [
        (CONV, 4, 3, "same", "relu", 1),
        (POOL, 2, 2),
        (CONV, 5, 3, "valid", "relu", 1),
        (FLATTEN,),
        (DENSE, 7, "relu"),
        (DROPOUT,),
        (DENSE, 3, "linear"),
    ]
    second = [
        (CONV, 3, 5, "valid", "tanh", 2),
        (POOL, 3, 2),
        (FLATTEN,),
        (DROPOUT,),
        (DENSE, 4, "linear"),
        (ACTIVATION, "softmax"),
    ]
    third = [
        (CONV, 4, 3, "same", "linear", 1),
        (ACTIVATION, "relu"),
        (POOL, 2, 2),
        (POOL, 2, 2),
        (FLATTEN,),
        (DENSE, 6, "tanh"),
        (DENSE, 5, "relu"),
        (DENSE, 4, "softmax"),
    ]
    for layers, height, width, channels in ((first, 12, 16, 2), (second, 17, 13, 3), (third, 16, 8, 3)):
        yield {
            "layers": layers,
            "x": rng.normal(0, 1, (3, height, width, channels)).astype("float32"),
            "larger": rng.normal(0, 1, (2, height + 8, width + 12, channels)).astype("float32"),
            "weights_seed": int(rng.integers(1, 10_000)),
        }


def activate(values: np.ndarray, name: str) -> np.ndarray:
    if name == "softmax":
        powers = np.exp(values - values.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)
    return {"relu": lambda v: np.maximum(v, 0), "tanh": np.tanh, "linear": lambda v: v}[name](values)


def class_maps(case: dict, x: np.ndarray, order=(0, 1, 2), biases=True, activations=True) -> np.ndarray:
    """What the dense part says at each position of the feature map, (N, rows, columns, classes), worked out with NumPy.

    order: how a window's axes height, width, channels are put in a row; biases, activations: False forgets those of
    the dense layers.
    """
    windows_of = np.lib.stride_tricks.sliding_window_view
    weights, values, (height, width) = iter(random_weights(case)), x.astype(float), case["x"].shape[1:3]
    for kind, *settings in case["layers"]:
        if kind == CONV:
            (kernel, bias), (_, size, padding, activation, stride) = next(weights), settings
            if padding == "same":
                values = np.pad(values, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
            else:
                height, width = strided(height, size, stride), strided(width, size, stride)
            windows = windows_of(values, (size, size), axis=(1, 2))[:, ::stride, ::stride]
            values = activate(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, activation)
        elif kind == POOL:
            size, stride = settings
            values = windows_of(values, (size, size), axis=(1, 2))[:, ::stride, ::stride].max(axis=(4, 5))
            height, width = strided(height, size, stride), strided(width, size, stride)
        elif kind == FLATTEN:
            windows = np.moveaxis(windows_of(values, (height, width), axis=(1, 2)), 3, -1)  # (N, H, W, h, w, C)
            windows = windows.transpose(0, 1, 2, *(3 + axis for axis in order))
            values = windows.reshape(*windows.shape[:3], -1)
        elif kind == DENSE:
            kernel, bias = next(weights)
            values = values @ kernel + (bias if biases else 0)
            values = activate(values, settings[1]) if activations else values
        elif kind == ACTIVATION:
            values = activate(values, settings[0])
    return values


@judges(probes.to_fully_convolutional, classifiers, "For a network for images of {x.shape[1]}×{x.shape[2]} pixels: ")
def to_fully_convolutional(answer, case):
    n, height, width, channels = case["x"].shape
    if answer["input_shape"] is not None and answer["input_shape"][:2] != [None, None]:
        return (
            f"Your network takes images of shape {tuple(answer['input_shape'])} only. It should take any height and "
            f"width: (None, None, {channels})."
        )
    after = answer["after"].get("value")
    if not answer["same_layers"] or after is None or not np.allclose(after, answer["before"], atol=1e-4):
        return "The network that your function got is not the same afterwards. Make a new one, and leave it as it is."
    for name, x in (("small", case["x"]), ("large", case["larger"])):
        if "raised" in answer[name]:
            return (
                f"Your network fails on images of {x.shape[1]}×{x.shape[2]}. Has each layer kept its settings? "
                f"{first_line(answer[name])}"
            )
    small, expected = answer["small"]["value"], class_maps(case, case["x"])
    if small.ndim == 2:
        return f"For {n} images your network gives {small.shape}. A map is wanted, (N, rows, columns, classes)."
    if small.shape[1:3] != (1, 1):
        return (
            f"On images of {height}×{width}, for which the network was made, the map should be 1×1; yours is "
            f"{small.shape[1]}×{small.shape[2]}. How large is the kernel that sees what the first dense layer saw, "
            "does it pad, and have the layers before it kept their strides?"
        )
    for x, values in ((case["x"], small), (case["larger"], answer["large"]["value"])):
        finding = judge_array(
            values,
            expected if x is case["x"] else class_maps(case, x),
            {
                "The kernel's rows and columns are exchanged: reshape the dense weights in the order in which Flatten "
                "has put height, width and channels in a row.": class_maps(case, x, order=(1, 0, 2)),
                "Channels are mixed up with positions in the kernel. Flatten puts height, width and channels in a row "
                "in just this order; a kernel has the axes height, width, channels, filters.": [
                    class_maps(case, x, order=order) for order in ((2, 0, 1), (2, 1, 0), (0, 2, 1), (1, 2, 0))
                ],
                "The biases of the dense layers are missing.": class_maps(case, x, biases=False),
                "The activations of the dense layers are missing.": class_maps(case, x, activations=False),
            },
            "the class map",
            where=f"On images of {x.shape[1]}×{x.shape[2]}: ",
            tol=1e-3,
        )
        if finding and not finding.mistake and x is case["x"] and values.shape == expected.shape:
            return (
                "The outputs are others than those of the network you got. Were all weights copied, is no activation "
                f"lost, and has each layer kept its settings? {finding.text}"
            )
        if finding:
            return finding
    if "Dense" in answer["kinds"]:
        return Advice(
            "Right: a dense layer on a map works along its last axis, like a 1×1 convolution. A Conv2D says so openly."
        )
    return None
