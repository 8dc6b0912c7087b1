"""The checks of the CIFAR lab. Networks are judged by their description and by one batch of noise."""

import numpy as np

from checks import images
from checks.compare import array, compare, each, pair
from checks.core import Advice, Check
from checks.images import CLASSES, noise
from checks.networks import (
    DROPOUTS,
    LAST,
    NORMS,
    conv,
    hidden,
    judge_compiled,
    judge_end,
    judge_flattened,
    judge_input,
    judge_order,
    judge_steps,
    judge_strays,
    kinds_of,
    pool,
    scores,
    tidy,
)
from checks.probes import networks as probes

IMAGE_SHAPE = [32, 32, 3]

# ---- preprocess ---------------------------------------------------------------------------------------------


def pictures(rng: np.random.Generator):
    """The first batch is dark and lacks the last classes, the second one class 3: nothing can be read off a batch."""
    for n, brightest, classes in ((12, 180, range(7)), (15, 256, [0, 1, 2, 4, 5, 6, 7, 8, 9])):
        x = rng.integers(0, brightest, (n, 32, 32, 3), dtype=np.uint8)
        yield {"x": x, "y": rng.permutation(np.resize(classes, n)).astype(np.uint8)}


def one_hot(y: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    return np.eye(classes, dtype="float32")[y]


def with_labels(wrong):
    """Wrong images with right labels."""
    return lambda x, y: (wrong(x), one_hot(y))


def with_images(wrong):
    """Right images with wrong labels."""
    return lambda x, y: (x / np.float32(255), wrong(y))


@compare(
    pictures,
    where="For images of shape {x.shape}: ",
    form=pair({"the array of images": array(1e-3, "float32"), "the array of labels": array()}),
)
def preprocess(x, y):
    return x / np.float32(255), one_hot(y)


preprocess.mistakes = {
    "The order is exchanged: first the images, then the labels.": lambda x, y: (one_hot(y), x / np.float32(255)),
    **each(images.MISTAKES, with_labels),
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
    "must be told so, because it cannot see it in every batch.": with_images(lambda y: one_hot(y, int(y.max()) + 1)),
    "The column of a class depends here on which other classes the batch holds. It must be the same in every batch.": (
        with_images(lambda y: one_hot(np.unique(y, return_inverse=True)[1]))
    ),
    "Your one-hot labels lie on their side: one row per image, one column per class.": (
        with_images(lambda y: one_hot(y).T)
    ),
    "0 and 1 are exchanged in your labels: 1 marks the class of the image.": with_images(lambda y: 1 - one_hot(y)),
    "Your labels are shifted by one column: class 0 belongs to the first column.": [
        with_images(lambda y: np.roll(one_hot(y), 1, axis=1)),
        with_images(lambda y: np.roll(one_hot(y), -1, axis=1)),
    ],
}

# ---- standardise --------------------------------------------------------------------------------------------


def three_parts(rng: np.random.Generator):
    """Training, validation and test images that differ in brightness and contrast, also from pixel to pixel.

    At the end training images alone: there need not be others.
    """
    names = ("x_train", "x_val", "x_test")
    for shape, parts in (((8, 6, 3), names), ((5, 7, 2), names[:2]), ((4, 5, 3), names[:1])):
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


@compare(
    three_parts,
    where=lambda case: f"For {' and '.join(f'`{name}` of shape {x.shape}' for name, x in case.items())}: ",
    form=lambda case: pair({f"`{name}`": array(2e-3, "float32") for name in case}),
)
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
        lambda *parts: scaled(parts, parts[min(1, len(parts) - 1)]),
    ],
    "The mean or the deviation, or each of them, is one number for all channels together. Each channel has its own.": [
        lambda *parts: scaled(parts, parts[0], axes=None),
        lambda *parts: [(x - parts[0].mean(CHANNELS)) / parts[0].std() for x in parts],
        lambda *parts: [(x - parts[0].mean()) / parts[0].std(CHANNELS) for x in parts],
    ],
    "Pixels at different places have other means and deviations here. Take them over the images *and* over all pixels; "
    "only the channels stay apart.": [
        lambda *parts: scaled(parts, parts[0], axes=0),
        lambda *parts: scaled(parts, parts[0], axes=(0, 1)),
        lambda *parts: scaled(parts, parts[0], axes=(0, 2)),
    ],
    "Each image has a mean and a deviation of its own here. Take them over all images of x_train.": [
        lambda *parts: [scaled([x], x, axes=(1, 2, 3))[0] for x in parts],
        lambda *parts: [scaled([x], x, axes=(1, 2))[0] for x in parts],
    ],
    "You divided by the variance. The standard deviation is its root.": (
        lambda *parts: [x / parts[0].std(CHANNELS) for x in scaled(parts, parts[0])]
    ),
    "You did not divide by the deviation.": lambda *parts: [x - parts[0].mean(CHANNELS) for x in parts],
    "You did not subtract the mean.": lambda *parts: [x / parts[0].std(CHANNELS) for x in parts],
    "Python divides before it subtracts. Use brackets.": (
        lambda *parts: [x - parts[0].mean(CHANNELS) / parts[0].std(CHANNELS) for x in parts]
    ),
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


def judge_network(model: dict, case: dict, plan: list):
    """Judge one of the four networks. Dropout after FC layers is free."""
    if finding := judge_input(model, IMAGE_SHAPE):
        return finding
    layers, odd = tidy(model["layers"])
    kinds = kinds_of(layers)
    if {*kinds} & {*NORMS}:
        return "Normalisation layers come with `build_cnn`, in the next lab. Here, leave them out."
    if any(kind.startswith("Global") for kind in kinds):
        return "Global pooling forgets where things were found. These networks keep all values: make one list of them."
    if any(kind.startswith("AveragePooling") for kind in kinds):
        return "POOL is max pooling in these networks: it keeps the strongest answer of four, not their mean."
    if finding := judge_flattened(layers) or judge_end(layers, plan) or judge_dropout(kinds) or judge_strays(layers):
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
