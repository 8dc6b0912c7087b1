"""The checks of lab 03. Networks are judged by their description and by one batch of noise."""

import numpy as np

from checks import images
from checks.compare import array, compare, judge_number, pair
from checks.core import Advice, Check, Reason, judges
from checks.networks import (
    DROPOUTS,
    LAST,
    NORMS,
    conv,
    drop,
    hidden,
    judge_compiled,
    judge_flattened,
    judge_input,
    judge_order,
    judge_steps,
    judge_strays,
    kinds_of,
    norm,
    pool,
    scores,
    tidy,
)
from checks.probes import cifar_progression as probes
from checks.probes import functions

CLASSES = 10
IMAGE_SHAPE = [32, 32, 3]

# ---- preprocess ---------------------------------------------------------------------------------------------


def pictures(rng: np.random.Generator):
    """The first batch is dark and lacks the last classes, so that nothing can be read off the batch itself."""
    for n, brightest, classes in ((12, 180, 7), (15, 256, 10)):
        x = rng.integers(0, brightest, (n, 32, 32, 3), dtype=np.uint8)
        yield {"x": x, "y": rng.permutation(np.arange(n) % classes).astype(np.uint8)}


def one_hot(y: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    return np.eye(classes, dtype="float32")[y]


def with_labels(wrong):
    """Wrong images with right labels."""
    return lambda x, y: (wrong(x), one_hot(y))


def with_images(wrong):
    """Right images with wrong labels."""
    return lambda x, y: (x / np.float32(255), wrong(y))


@compare(pictures, form=pair({"the array of images": array(1e-3, "float32"), "the array of labels": array()}))
def preprocess(x, y):
    return x / np.float32(255), one_hot(y)


preprocess.mistakes = {
    "The order is exchanged: first the images, then the labels.": lambda x, y: (one_hot(y), x / np.float32(255)),
    **{
        sentence: [with_labels(one) for one in (wrong if isinstance(wrong, list) else [wrong])]
        for sentence, wrong in images.MISTAKES.items()
    },
    "Your labels are still one whole number per image. The loss compares ten outputs with ten wanted numbers.": (
        with_images(lambda y: y)
    ),
    "Your labels are a column of whole numbers. One-hot means: ten numbers per image.": (
        with_images(lambda y: y[:, np.newaxis])
    ),
    "Your labels have one axis too many: ten numbers per image, (N, 10).": (
        with_images(lambda y: one_hot(y)[:, np.newaxis])
    ),
    "For a batch without the last classes your labels have too few columns. There must always be ten: the function "
    "must "
    "be told so, because it cannot see it in every batch.": with_images(lambda y: one_hot(y, int(y.max()) + 1)),
    "Your one-hot labels stand upside down: one row per image, one column per class.": (
        with_images(lambda y: one_hot(y).T)
    ),
    "0 and 1 are exchanged in your labels: 1 marks the class of the image.": with_images(lambda y: 1 - one_hot(y)),
    "Your labels are shifted by one column: class 0 belongs to the first column.": (
        with_images(lambda y: np.roll(one_hot(y), 1, axis=1))
    ),
}

# ---- standardise --------------------------------------------------------------------------------------------


def three_parts(rng: np.random.Generator):
    """Training, validation and test images that differ in brightness and contrast, also from pixel to pixel."""
    for shape, parts in (((8, 6, 3), ("x_train", "x_val", "x_test")), ((5, 7, 2), ("x_train", "x_val"))):
        yield {
            name: (rng.uniform(0.1, 0.3, shape[-1]) * rng.normal(size=(20 + 3 * k, *shape)) + rng.random(shape)).astype(
                "float32"
            )
            for k, name in enumerate(parts)
        }


CHANNELS = (0, 1, 2)  # the axes over which each channel has its statistics


def scaled(parts, mean_of, deviation_of=None, axes=CHANNELS) -> list[np.ndarray]:
    """The parts with mean and deviation of these images."""
    mean, deviation = (
        one(axes, keepdims=True) for one in (mean_of.mean, (mean_of if deviation_of is None else deviation_of).std)
    )
    return [(x - mean) / deviation for x in parts]


def each_by(others_of):
    """Each part scaled by what `others_of(part, x_train)` says: images for the mean, images for the deviation."""
    return lambda *parts: [scaled([x], *others_of(x, parts[0]))[0] for x in parts]


@compare(three_parts, form=lambda case: pair({f"`{name}`": array(2e-3, "float32") for name in case}))
def standardise(x_train, *others):
    return scaled((x_train, *others), x_train)


standardise.mistakes = {
    "The mean and the deviation come from several sets together. Images for validation and testing must not take part: "
    "they stand for images that nobody has seen yet.": [
        lambda *parts: scaled(parts, np.concatenate(parts)),
        lambda *parts: scaled(parts, np.concatenate(parts[:2])),
    ],
    "A part is standardised with its own mean or deviation. All parts must be treated alike, with those of x_train.": [
        each_by(lambda x, train: (x, x)),
        each_by(lambda x, train: (x, train)),
        each_by(lambda x, train: (train, x)),
    ],
    "The mean and the deviation come from the validation or the test set. These must not take part.": [
        lambda *parts: scaled(parts, parts[-1]),
        lambda *parts: scaled(parts, parts[1]),
    ],
    "This is one mean and one deviation for all channels together. Each channel has its own.": (
        lambda *parts: scaled(parts, parts[0], axes=None)
    ),
    "Each pixel has a mean and a deviation of its own here. Take them over the images *and* over the pixels; only the "
    "channels stay apart.": lambda *parts: scaled(parts, parts[0], axes=0),
    "Each image has a mean and a deviation of its own here. Take them over all images of x_train.": [
        lambda *parts: [scaled([x], x, axes=(1, 2, 3))[0] for x in parts],
        lambda *parts: [scaled([x], x, axes=(1, 2))[0] for x in parts],
    ],
    "You divided by the variance. The standard deviation is its root.": (
        lambda *parts: [x / parts[0].std(CHANNELS) for x in scaled(parts, parts[0])]
    ),
    "You did not divide by the deviation.": lambda *parts: [x - parts[0].mean(CHANNELS) for x in parts],
    "You did not subtract the mean.": lambda *parts: [x / parts[0].std(CHANNELS) for x in parts],
    "You multiplied by the deviation instead of dividing.": (
        lambda *parts: [(x - parts[0].mean(CHANNELS)) * parts[0].std(CHANNELS) for x in parts]
    ),
    "`x_val` came back unchanged: either it was left out, or x_train was overwritten before its mean and deviation "
    "were "
    "taken.": lambda *parts: [*scaled(parts[:1], parts[0]), *parts[1:]],
    "`x_train` came back unchanged.": lambda *parts: list(parts),
    "You brought the range to 0 to 1. Standardising means: mean 0, standard deviation 1.": (
        lambda *parts: [(x - parts[0].min(CHANNELS)) / np.ptp(parts[0], CHANNELS) for x in parts]
    ),
}

# ---- networks a to d ----------------------------------------------------------------------------------------


def noise(rng: np.random.Generator, shape=tuple(IMAGE_SHAPE)) -> dict:
    """Four standardised images; sixty labels, with logits that favour the right class in the first half only."""
    y = np.eye(CLASSES, dtype="float32")[rng.permutation(np.arange(60) % CLASSES)]
    logits = rng.normal(size=y.shape, scale=1.5) + y * np.repeat([3, -3], 30)[:, None]
    return {"x": rng.normal(size=(4, *shape)).astype("float32"), "y": y, "logits": logits.astype("float32")}


def judge_network(model: dict, case: dict, plan: list):
    """Judge one of the four networks. Dropout after FC layers is free."""
    if finding := judge_input(model, IMAGE_SHAPE):
        return finding
    layers, odd = tidy(model["layers"])
    kinds = kinds_of(layers)
    if {*kinds} & {*NORMS}:
        return "Normalisation layers come with `build_cnn` in section 6. Here, leave them out."
    if any(kind.startswith("Global") for kind in kinds):
        return "Global pooling forgets where things were found. These networks keep all values: make one list of them."
    if any(kind.startswith("AveragePooling") for kind in kinds):
        return "POOL is max pooling in these networks: it keeps the strongest answer of four, not their mean."
    if finding := judge_flattened(layers) or judge_dropout(kinds) or judge_strays(layers):
        return finding
    layers = [layer for layer in layers if layer["kind"] not in DROPOUTS]
    if finding := judge_order(layers, plan) or judge_steps(layers, plan) or judge_compiled(model, case):
        return finding
    if odd:
        return Advice("Right. One relu stands after a pooling, a dropout or another relu: the numbers are the same.")
    return None


def judge_dropout(kinds: list[str]) -> str | None:
    """Whether dropout stands after FC layers only."""
    for place, kind in enumerate(kinds):
        if kind not in DROPOUTS:
            continue
        before = next((one for one in reversed(kinds[:place]) if one not in DROPOUTS), None)
        if before == LAST:
            return "Dropout stands after the last layer: it would erase scores of classes."
        if before != "Dense":
            stands = "at the input" if before is None else "on feature maps"
            return f"Dropout stands {stands}. In these networks it comes only after FC layers."
    return None


def network_check(name: str, blocks: list[tuple[int, int]], fully_connected: int) -> Check:
    """The check of one of the four networks: blocks of (filters, convolutions), each with a pooling, then FC layers."""
    plan = [step for filters, n in blocks for step in [conv(filters)] * n + [pool()]]
    plan += [hidden(at_least=16, name="FC layer")] * fully_connected + [scores(CLASSES)]
    return Check(name, probes.build, lambda rng: [noise(rng)], lambda model, case: judge_network(model, case, plan))


build_a = network_check("build_a", [], fully_connected=1)
build_b = network_check("build_b", [(32, 1)], fully_connected=0)
build_c = network_check("build_c", [(32, 2), (32, 2)], fully_connected=1)
build_d = network_check("build_d", [(32, 2), (64, 2), (128, 3)], fully_connected=1)

# ---- build_cnn ----------------------------------------------------------------------------------------------


def configurations(rng: np.random.Generator):
    for shape, n_conv_layers, n_dense_layers, use_dropout in (
        ((32, 32, 3), 2, 0, False),
        ((24, 20, 1), 3, 2, True),
        ((32, 32, 3), 4, 1, False),
    ):
        yield {
            "input_shape": shape,
            "n_conv_layers": n_conv_layers,
            "n_filters": int(rng.integers(4, 12)),
            "n_dense_layers": n_dense_layers,
            "n_nodes": int(rng.integers(20, 60)),
            "use_dropout": use_dropout,
            "learning_rate": float(np.round(rng.uniform(0.002, 0.01), 4)),
            **noise(rng, shape),
        }


def plan_of(case: dict) -> list:
    """The layers that `build_cnn` should make. Normalisation brings a shift of its own: before it no bias is needed."""
    convolutions = [[conv(case["n_filters"] * 2**k, bias=False), norm(), pool()] for k in range(case["n_conv_layers"])]
    dense = [hidden(case["n_nodes"], bias=False), norm()] + [drop(0.5)] * case["use_dropout"]
    return [*sum(convolutions, []), *dense * case["n_dense_layers"], scores(CLASSES)]


CALLED = "Called with n_conv_layers={n_conv_layers}, n_dense_layers={n_dense_layers}, use_dropout={use_dropout}: "


@judges(probes.build, configurations, CALLED)
def build_cnn(model, case):
    if finding := judge_input(model, list(case["input_shape"])):
        return finding
    asked, plan, (layers, _) = CALLED.format(**case), plan_of(case), tidy(model["layers"])
    kinds = kinds_of(layers)
    if finding := judge_flattened(layers) or judge_strays(layers):
        return finding
    if any(kind.startswith("AveragePooling") for kind in kinds):
        return "Max pooling is wanted; yours takes the mean."
    if "Conv2D" in kinds and {*DROPOUTS} & {*kinds[: len(kinds) - kinds[::-1].index("Conv2D")]}:
        return "Dropout stands among the convolutions. It belongs to the dense layers only."
    if not case["use_dropout"] and {*DROPOUTS} & {*kinds}:
        return f"{asked}dropout was not asked for, yours has it."
    if finding := judge_order(layers, plan):
        return asked + finding
    filters = [layer["filters"] for layer in layers if layer["kind"] == "Conv2D"]
    if filters != [step.fixed["filters"] for step in plan if step.kind == "Conv2D"]:
        return (
            f"{asked}{why_filters(filters, case['n_filters'])} Yours are {filters}, with n_filters={case['n_filters']}."
        )
    if finding := judge_steps(layers, plan) or judge_compiled(model, case):
        return finding
    if not np.isclose(model["learning_rate"], case["learning_rate"], rtol=1e-3):
        return (
            f"Called with learning_rate={case['learning_rate']}, but your optimizer uses {model['learning_rate']:.4g}: "
            "pass the argument on."
        )
    return None


def why_filters(filters: list[int], first: int) -> str:
    """The usual mistake that gives these numbers of filters."""
    if len(filters) > 1 and len(set(filters)) == 1:
        return "all your convolutions have equally many filters."
    if filters == [filters[0] * 2**k for k in range(len(filters))]:
        return "the filters double as they should, but they do not begin with n_filters."
    if filters[0] == first and set(filters[1:]) == {2 * first}:
        return "the filters double once and then stay. They should double with every layer."
    if filters == [first * (k + 1) for k in range(len(filters))]:
        return "the filters grow by the same number with every layer. They should double."
    if filters == sorted(filters, reverse=True):
        return "the filters become fewer with every layer. They should double."
    return "the first convolution has n_filters, and each further one twice as many as the one before."


# ---- read_summary -------------------------------------------------------------------------------------------

KERNEL = 3 * 3 * 32  # the coefficients of one filter of conv2d_1
DENSE = 8 * 8 * 128 * 64 + 64
TOTAL = 896 + (KERNEL + 1) * 128 + DENSE + 650
ANSWERS = {
    "input_of_conv2d_1": (
        (16, 16, 32),
        {
            "This is the shape of the image. Other layers stand between it and conv2d_1.": (32, 32, 3),
            "A pooling layer stands between conv2d and conv2d_1.": (32, 32, 32),
            "This is what comes out of conv2d_1.": (16, 16, 128),
            "Leave out the first axis, None.": (None, 16, 16, 32),
        },
    ),
    "output_of_conv2d_1": (
        (16, 16, 128),
        {
            "Filters do not multiply the channels. Each filter looks through all channels and makes one map.": (
                (16, 16, 4096)
            ),
            "Each filter makes one map: the channels of the input are used up in it.": (16, 16, 160),
            "With `same` padding height and width stay.": (14, 14, 128),
            "The pooling comes after conv2d_1.": (8, 8, 128),
            "Leave out the first axis; it is not part of one image.": (None, 16, 16, 128),
        },
    ),
    "parameters_of_conv2d_1": (
        (KERNEL + 1) * 128,
        {
            "This is filters × 3×3. But a filter has 3×3 coefficients for every channel of its input.": 128 * 9,
            "Each filter has its bias, but its coefficients for only one channel.": 128 * 10,
            "The biases are missing: one per filter.": KERNEL * 128,
            "There is one bias per filter, not one for the layer.": KERNEL * 128 + 1,
            "There is one bias per filter, not one per input channel.": KERNEL * 128 + 32,
            "This counts each weight once for every place. But all places share one filter.": (KERNEL + 1) * 128 * 256,
        },
    ),
    "pooling_factor": (
        4,
        {
            "This is the factor along one side. How many values does a block of 2×2 become?": 2,
            "This is what is left. The question is by what factor the number of values falls.": 0.25,
            "Channels stay: only height and width shrink.": 8,
        },
    ),
    "output_of_flatten": (
        8 * 8 * 128,
        {
            "The channels are missing: flatten keeps every value of every map.": 64,
            "These are the channels only: flatten keeps every value of every map.": 128,
            "This is before the second pooling.": 16 * 16 * 128,
        },
    ),
    "parameters_of_dense": (
        DENSE,
        {
            "The biases of dense are missing.": DENSE - 64,
            "dense sees the whole flattened list, not only one value per map.": 128 * 64 + 64,
            "There is one bias per unit of dense, not a single one.": DENSE - 63,
            "These are the connections to the input of the second pooling.": 16 * 16 * 128 * 64 + 64,
        },
    ),
    "share_of_dense": (
        DENSE / TOTAL,
        {
            "The two dense layers are counted together; the question is about the first.": (DENSE + 650) / TOTAL,
            "This is the share of all other layers.": 1 - DENSE / TOTAL,
        },
    ),
    "batch_of_50": (
        (50, 16, 16, 128),
        {
            "This is one image. None stands for something in the summary.": (16, 16, 128),
            "The images of a batch are counted along the first axis.": (16, 16, 128, 50),
            "None stands for the number of images; it takes that place, it is no further axis.": (
                (50, None, 16, 16, 128)
            ),
            "This is the input of conv2d_1; its output is asked for.": (50, 16, 16, 32),
            "None stands for the number of images, and here you know it.": (None, 16, 16, 128),
        },
    ),
}


@judges(functions.call)
def read_summary(answer, case):
    yours = answer["value"]
    if not isinstance(yours, dict):
        return f"A dictionary is wanted, as in the docstring; your function returned {answer['kind']}."
    missing = [name for name in ANSWERS if name not in yours]
    if missing:
        return f"There is no answer to {', '.join(missing)}."
    for name, judged in ANSWERS.items():
        if finding := judge_answer(name, yours[name], *judged):
            known = f"{name}: {finding.mistake}" if isinstance(finding, Reason) and finding.mistake else None
            return Reason(known, mistake=known) if known else finding
    return None


def with_one_wrong(name: str, wrong):
    """The right answers but for one."""
    return lambda: {other: right for other, (right, _) in ANSWERS.items()} | {name: wrong}


read_summary.mistakes = {
    f"{name}: {sentence}": with_one_wrong(name, wrong)
    for name, (_, mistakes) in ANSWERS.items()
    for sentence, wrong in mistakes.items()
}


def judge_answer(name: str, yours, expected, mistakes: dict) -> str | Reason | None:
    """One answer of `read_summary`: a number, or a shape."""
    if yours is None:
        return f"{name} is still None."
    if isinstance(expected, tuple):
        shape = yours.tolist() if isinstance(yours, np.ndarray) else yours
        if not isinstance(shape, list) or not all(isinstance(number, int | float | None) for number in shape):
            return f"{name} should be a shape, a tuple of whole numbers."
        if tuple(shape) == expected:
            return None
        sentence = next((text for text, wrong in mistakes.items() if tuple(shape) == wrong), None)
        return Reason(sentence or f"{name} is {tuple(shape)}, and that is not right.", mistake=sentence)
    if name == "share_of_dense" and isinstance(yours, int | float):
        if abs(yours - 100 * expected) < 1:
            return f"{name}: this is a percentage; a fraction between 0 and 1 is wanted."
        near = [number for number in (expected, *mistakes.values()) if abs(yours - number) < 0.0006]
        if not near and abs(yours - expected) < 0.006:  # rounded to two places
            return None
        yours = near[0] if near else yours
    return judge_number(yours, expected, mistakes, "your answer", where=f"{name}: ")


# ---- add_l2 -------------------------------------------------------------------------------------------------


def small_networks(rng: np.random.Generator):
    for functional in (False, True):
        yield {
            "functional": functional,
            "weights_seed": int(rng.integers(1, 10_000)),
            "strength": float(np.round(rng.uniform(0.001, 0.004), 5)),
        }


@judges(probes.add_l2, small_networks)
def add_l2(answer, case):
    before, after = (
        [{name: value for name, value in layer.items() if name != "regularizer"} for layer in layers]
        for layers in (answer["before"], answer["after"])
    )
    if before != after:
        return (
            "The network you return has other layers than the one you got, or other settings in them. Only the "
            "penalty should be new."
        )
    weights = probes.random_weights(case)
    if not all(np.allclose(one, two, atol=1e-5) for one, two in zip(answer["weights"], weights, strict=True)):
        return "The weights are not those of the network you got: what it had learned would be lost."
    strength, total = case["strength"], sum(answer["penalty"])
    squares = [float(np.sum(weight.astype(float) ** 2)) for weight in weights]
    convolutions, first_bias, dense = (0, 6), (1, 7), (8, 10)
    expected = strength * sum(squares[k] for k in convolutions)
    if not answer["penalty"] and len(answer["penalty_after_a_call"]) > 0:
        return "Your penalty depends on the feature maps, not on the kernels: it appears only when images come."
    if total == 0 and any(layer["regularizer"] for layer in answer["after"]):
        return (
            "The layers name a regularizer, but `model.losses` is empty: nothing is penalised. Keras reads this "
            "setting only at the moment when it makes a layer's weights."
        )
    if total == 0:
        return "There is no penalty: `model.losses` is empty."
    if sum(answer["penalty_after_a_call"]) > 1.001 * total:
        return "Besides the kernels, your penalty counts the feature maps."
    if sum(answer["penalty_after_a_call"]) < 0.999 * total:
        return (
            "Your penalty is a number that was worked out once: it is gone as soon as the network sees images. It "
            "should be a setting of the layers."
        )
    also_dense = strength * sum(squares[k] for k in convolutions + dense)
    mistakes = {
        "The dense layers are penalised too. Only the convolutions should be.": also_dense,
        "The dense layers are penalised, and the convolutions are not.": strength * sum(squares[k] for k in dense),
        "The biases are penalised too. Only the kernels should be.": (
            expected + strength * sum(squares[k] for k in first_bias)
        ),
        "Only the biases are penalised, and not the kernels.": strength * sum(squares[k] for k in first_bias),
        "This is L1, the sum of absolute values. L2 sums squares.": (
            strength * sum(float(np.abs(weights[k]).sum()) for k in convolutions)
        ),
        "The penalty is Keras' usual 0.01 times the squares: `strength` is not used.": expected / strength * 0.01,
        "The penalty is half of what it should be: L2 is strength times the sum of squares.": expected / 2,
        "`strength` counts twice.": strength * expected,
        "Only the first convolution is penalised.": strength * squares[0],
        "Only the last convolution is penalised.": strength * squares[6],
        "The penalty is there twice.": 2 * expected,
    }
    if np.isclose(total, expected, rtol=1e-3):
        return None
    for sentence, number in mistakes.items():
        if np.isclose(total, number, rtol=1e-3):
            return sentence
    return f"The penalty is {total:.4g}, and that is not strength times the squares of all convolutions' kernels."
