"""Checks of the feature-journey lab: the activation model, the images that excite a filter, occlusion maps, Grad-CAM.

The networks of the cases are small and have given weights, so that the judges compute what their layers answer with
NumPy alone.
"""

import re
from collections.abc import Callable

import numpy as np

from checks.compare import array, close, compare, judge_array
from checks.core import Advice, Reason, judges
from checks.probes import feature_journey as probes
from checks.probes.feature_journey import BRANCHED, STRAIGHT, WEIGHTS, probabilities, softmax
from checks.probes.running import first_line


def convolve(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A convolutional layer with ReLU, without padding: (N, H, W, C) -> (N, h, w, K)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.maximum(np.einsum("nhwcij,ijck->nhwk", windows, kernel) + bias, 0)


def unlikely(scores: np.ndarray) -> int:
    """A class that is neither the most probable one nor the next: whoever takes another than the label is found out."""
    most_probable_first = scores.argsort()[::-1]
    return int(next(k for k in most_probable_first[1:] if (k - 1) % len(scores) != most_probable_first[0]))


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Random numbers in the precision of Keras."""
    return rng.normal(scale=scale, size=shape).astype("float32")


# ---- layer_outputs ------------------------------------------------------------------------------------------


def networks(rng: np.random.Generator):
    """Names to ask for, a network's kind, weights and images; in the last case one name is unknown."""
    straight = [(3, 3, 1, 3), (3,), (2, 2, 3, 4), (4,), (16, 5), (5,)]
    branched = [(3, 3, 1, 3), (3,), (3, 3, 1, 3), (3,), (3, 5), (5,)]
    for kind, names in (
        ("Sequential", ["corners", "halved", "edges"]),
        ("Sequential", ["scores", "corners", "edges", "noise"]),
        ("functional", ["sum", "left", "average", "right"]),
        ("Sequential", ["edges"]),
        ("functional", ["left", "score", "sum"]),  # the beginning of a name is none
    ):
        weights = [normal(rng, *shape, scale=0.6) for shape in (straight if kind == "Sequential" else branched)]
        named = dict(zip(WEIGHTS, weights, strict=True))
        yield {"kind": kind, "names": names, "images": normal(rng, 2, 8, 8, 1), **named}


def answers_of_layers(case: dict) -> dict[str, np.ndarray]:
    """What each layer answers, in the order of the network, by NumPy."""
    x, weights = case["images"].astype(float), [case[name] for name in WEIGHTS]
    if case["kind"] == "functional":
        left, right = convolve(x, *weights[:2]), convolve(x, *weights[2:4])
        average = (left + right).mean(axis=(1, 2))
        return dict(zip(BRANCHED, (left, right, left + right, average, average @ weights[4] + weights[5]), strict=True))
    corners = convolve(x, *weights[:2])
    halved = corners.reshape(2, 3, 2, 3, 2, 3).max(axis=(2, 4))
    edges = convolve(halved, *weights[2:4])
    row = edges.reshape(2, -1)
    return dict(zip(STRAIGHT, (corners, halved, halved, edges, row, row @ weights[4] + weights[5]), strict=True))


@judges(probes.layer_outputs, networks, "For a {kind} network and the names {names}: ")
def layer_outputs(answer, case):
    layers, names = answers_of_layers(case), case["names"]
    unknown = [name for name in names if name not in layers]
    if unknown:
        return judge_unknown(answer, unknown[0])
    if answer["kind"] == "NoneType":
        return "Your function returned None. Does it end with `return`?"
    if answer["kind"] == "KerasTensors":
        return (
            "You return the outputs of the layers themselves: symbols that hold no numbers. Make a model that leads "
            "from the input to them."
        )
    if answer["kind"] == "changed":
        return (
            "Your function changed the network it was given: its layers, or which are trained. It should stay as it is."
        )
    if answer["kind"] != "Model":
        return f"A keras.Model is wanted; your function returned {answer['kind']}."
    outputs = answer["outputs"]
    if any(not close(one, two) for one, two in zip(outputs, answer["again"], strict=True)):
        return "Your model answers differently each time it is asked: dropout is active, as if it were trained."
    wanted = [layers[name] for name in names]
    if agree(outputs, wanted):
        if agree(answer["later"], wanted):
            return (
                "The outputs are right, but your model has a copy of the weights: when the network was changed "
                "afterwards, as by training, it did not notice. Use the layers of the network themselves."
            )
        return None
    asked = f"For the names {', '.join(names)}: "
    found = [where(output, layers) for output in outputs]
    if len(outputs) == len(layers) and None not in found:
        return f"{asked}your model gives the outputs of all {len(layers)} layers. Only those named are wanted."
    if agree(outputs[:-1], wanted):
        return f"{asked}one output too many. Only those named are wanted, not the last layer's, too."
    if len(outputs) != len(names):
        word = "output" if len(outputs) == 1 else "outputs"
        return f"{asked}your model has {len(outputs)} {word}, {len(names)} are wanted: one per name."
    if sorted(map(str, found)) == sorted(str(where(output, layers)) for output in wanted):
        return f"{asked}your outputs are the right ones, but not in the order of the names."
    if [one.shape for one in outputs] == [one.shape for one in wanted]:
        return (
            f"{asked}the shapes are right and the numbers are not. Either your model has other weights than the "
            "network it was given (new or cloned layers begin with random ones), or it does something more with the "
            "outputs. Use the network's own layers, and their outputs as they are."
        )
    if any(one.shape[:1] != (2,) for one in outputs):
        return f"{asked}two images went in; an output has shape {outputs[0].shape}. The batch axis should stay."
    found = [where(output, {"the input": case["images"], **layers}) for output in outputs]
    if None in found:
        return f"{asked}one of your outputs, of shape {outputs[found.index(None)].shape}, is not that of any layer."
    return f"{asked}your outputs are those of other layers: {', '.join(found)}."


def judge_unknown(answer: dict, name: str) -> str | None:
    """What is wrong with how an unknown name is met."""
    if "raised" not in answer:
        return f"There is no layer '{name}' in the network, and your function says nothing of it: ValueError is wanted."
    if "ValueError" not in answer["raised"]:
        return f"For the unknown name '{name}' a ValueError is wanted; yours is {first_line(answer)}"
    # A list of all layers holds longer names that begin alike: the name by itself is asked for.
    if not re.search(rf"(?<![a-zA-Z]){name}(?![a-zA-Z])", answer["text"]):
        return f"Your ValueError should say which name was not found, here '{name}'. Yours says: {answer['text']}"
    return None


def agree(ones: list, others: list) -> bool:
    """Whether two lists hold the same arrays in the same order."""
    return len(ones) == len(others) and all(close(one, other) for one, other in zip(ones, others, strict=True))


def where(output: np.ndarray, layers: dict[str, np.ndarray]) -> str | None:
    """The name of the first layer whose output this is."""
    return next((name for name, values in layers.items() if close(output, values)), None)


# ---- most_exciting ------------------------------------------------------------------------------------------


def activations(rng: np.random.Generator):
    """Answers of a layer without ties, some below 0 in the last case. One image holds the two largest of all.

    In the last case the filter answers one image with nothing above 0, and least of all in its upper left corner.
    """
    for (n, height, width, filters), filter, top in (((14, 4, 6, 3), 1, 6), ((7, 5, 3, 4), 3, 1), ((6, 2, 7, 4), 2, 6)):
        values = rng.permutation(n * height * width * filters).reshape(n, height, width, filters) / 100
        image = int(rng.integers(1, n))
        values[image, 0, 2, filter] = values.max() + 0.5
        values[image, 1, 1, filter] = values.max() + 0.5
        low = (image + 1) % n  # a low mean, and one strong position: mean and maximum disagree
        values[low, ..., filter] /= 50
        values[low, 1, 2, filter] = values.max() - 0.25
        if n == 6:
            values -= 0.601 * values.max()  # so that none is 0
            strongest = values[..., filter].max(axis=(1, 2), keepdims=True)
            values[..., filter] += np.maximum(-2 * strongest, 0)  # above 0 in each image, but for one
            below = (image + 2) % n
            values[below, ..., filter] -= values[below, ..., filter].max() + 0.3
            values[below, 0, 0, filter] -= 5
        yield {"activations": values.astype("float32"), "filter": filter, "top": top}


@judges(
    probes.most_exciting, activations, "For activations of shape {activations.shape}, filter={filter} and top={top}: "
)
def most_exciting(answer, case):
    if answer["kind"] == "None":
        return "Your function returned None. Does it end with `return`?"
    parts, top = answer.get("parts", []), case["top"]
    if answer["kind"] != "pair" or len(parts) != 2:
        what = f"{len(parts)} things" if answer["kind"] == "pair" else f"one {answer['kind']}"
        return f"Two arrays are wanted, the indices and the positions; your function returned {what}."
    try:
        indices, positions = (np.array(part) for part in parts)
    except ValueError:
        return "One of your results is no array of numbers: are its rows equally long?"
    if any(part.dtype.kind not in "iu" for part in (indices, positions)):
        return "Indices and positions should be whole numbers, so that they can be used to index. Yours are not."
    return judge_indices(indices, case) or judge_places(indices, positions, case, top)


def judge_indices(indices: np.ndarray, case: dict):
    """What is wrong with the indices of the images."""
    every, filter, top = case["activations"], case["filter"], case["top"]
    chosen = every[..., filter]
    flat = chosen.reshape(len(chosen), -1)
    order = np.argsort(-flat.max(axis=1))
    if indices.ndim == 2 and indices.shape[1] == 2:
        return "Your first result looks like positions, row and column. The indices of the images should come first."
    if indices.shape == (len(chosen),) and top < len(chosen):
        return f"You return all {len(chosen)} images; only the {top} that excite the filter most are wanted."
    if indices.ndim == 1 and len(np.unique(indices)) < len(indices):
        return (
            "An image occurs twice in your indices. Each counts once, with its strongest position: did you rank "
            "positions?"
        )

    def ranked(values: np.ndarray) -> np.ndarray:
        return np.argsort(-values)[:top]

    k = every.shape[-1]
    others = [ranked(every[..., other].max(axis=(1, 2))) for other in range(k) if other not in (filter, filter - 1)]
    ascending = order[:top][::-1]
    return judge_array(
        indices,
        order[:top],
        {
            "Your indices are sorted by their own size. The most exciting image should come first.": (
                np.sort(order[:top])
            ),
            "Right images, but the order is reversed: the most exciting one should come first.": ascending,
            "These are the images that excite the filter *least*.": order[::-1][:top],
            "You ranked the images by the mean over the positions. One patch that fits is enough: take the maximum.": (
                [ranked(flat.mean(axis=1)), ranked(flat.mean(axis=1))[::-1]]
            ),
            "Your ranking takes the maximum over all filters. Only the chosen one counts.": (
                ranked(every.max(axis=(1, 2, 3)))
            ),
            "This is the ranking of the filter before the chosen one. Filters are counted from 0.": (
                ranked(every[..., filter - 1].max(axis=(1, 2)))
            ),
            "This is the ranking of another filter. The filters are the last axis of the array.": others,
            "Your images are counted from 1; indices begin with 0.": order[:top] + 1,
            "You took the largest activations without their sign: -5 excites less than 2.": (
                ranked(np.abs(flat).max(axis=1))
            ),
        },
        "your array of indices",
        otherwise=(
            "Your indices go beyond the number of images. Did you take the maximum over all images at once?"
            if indices.size and indices.max() >= len(chosen)
            else ""
        ),
        tol=1e-9,
    )


def judge_places(indices: np.ndarray, positions: np.ndarray, case: dict, top: int):
    """What is wrong with the positions, where the indices are right."""
    chosen = case["activations"][..., case["filter"]]
    height, width = chosen.shape[1:]

    def place_of(values: np.ndarray) -> np.ndarray:
        return np.stack(np.divmod(values.reshape(len(values), -1).argmax(axis=1), width), axis=1)

    expected = place_of(chosen[indices])
    flat = chosen[indices].reshape(top, -1).argmax(axis=1)
    if positions.shape == (2, top) and top != 2 and np.array_equal(positions.T, expected):
        return "Your positions have rows and columns in two lists, (2, top). One pair per image is wanted, (top, 2)."
    return judge_array(
        positions,
        expected,
        {
            "Row and column are swapped in your positions.": expected[:, ::-1],
            "Your positions are single numbers, counted through the whole image. Row and column are wanted.": (
                [flat, flat[:, np.newaxis]]
            ),
            "Your positions are those of the first images, not of the most exciting ones.": place_of(chosen[:top]),
            "You divide by the height where the width is wanted: a row holds as many positions as the image is wide.": (
                np.stack(np.divmod(flat, height), axis=1)
            ),
            "Your positions are counted from 1. Rows and columns begin with 0.": expected + 1,
            "Your positions hold the index of the image, too. Only row and column are wanted.": (
                np.column_stack([indices, expected])
            ),
            "All your images have got the same position. Look in each image for its own.": [
                np.repeat(place_of(chosen.mean(axis=0, keepdims=True)), top, axis=0),
                np.repeat(expected[:1], top, axis=0),
            ],
            "These are the positions of the strongest answer of any filter. Only the chosen one counts.": (
                place_of(case["activations"].max(axis=-1)[indices])
            ),
            "These are the positions where the filter answers least.": place_of(-chosen[indices]),
            "Where all answers of the filter to an image are below 0, you miss the largest one. Do you begin with 0 "
            "when you look for it, or set to 0 what is below?": place_of(np.maximum(chosen[indices], 0)),
        },
        "your array of positions",
        tol=1e-9,
    )


# ---- occlusion_map ------------------------------------------------------------------------------------------


def occlusions(rng: np.random.Generator):
    """An image, a linear classifier for it, and the squares to hide. Squares overlap, touch, or leave gaps."""
    for shape, size, stride in (((10, 12, 1), 4, 2), ((11, 8, 3), 3, 3), ((8, 12, 3), 2, 4)):
        image = rng.uniform(0.1, 1, shape).astype("float32")
        image[: shape[0] // 2, ..., 0] *= 0.4  # so that local means and means of a channel differ
        weights = normal(rng, *shape, 4, scale=0.25)
        scores = np.tensordot(image, weights, 3)
        yield {"image": image, "weights": weights, "label": unlikely(scores), "size": size, "stride": stride}


WHERE = "For an image of {image.shape[0]}×{image.shape[1]} pixels, size {size}, stride {stride}: "


@compare(occlusions, "your map", WHERE, array(tol=1e-3), probes.occlusion_map)
def occlusion_map(predict, image, label, size, stride):
    return slide(predict, image, label, size, stride)


occlusion_map.arguments = lambda case: [
    lambda images: probabilities(images, case),
    *(case[name] for name in ("image", "label", "size", "stride")),
]


def slide(predict, image, label, size, stride, hidden=None, fill=None, channels=slice(None), accumulate=False,
          inverse=False, partial=False, exchanged=False):  # fmt: skip
    """The occlusion map of an image, or with one of the last arguments the result of a usual mistake."""
    image = image.astype(float)
    fill = fill or (lambda image, square: image.mean())
    rows, columns = (range(0, n if partial else n - size + 1, stride) for n in image.shape[:2])
    images, latest = [], image
    for i in rows:
        for j in columns:
            occluded = (latest if accumulate else image).copy()
            corner = (j, i) if exchanged else (i, j)
            square = *(slice(first, first + (hidden or size)) for first in corner), channels
            if inverse:
                occluded[:] = image.mean()
                occluded[square] = image[square]
            else:
                occluded[square] = fill(image, image[square])
            images.append(occluded)
            latest = occluded
    drop = predict(image[np.newaxis])[0, label] - predict(np.array(images))[:, label]
    return drop.reshape(len(rows), len(columns))


def instead(**changes):
    """The map with something done otherwise."""
    return lambda *arguments: slide(*arguments, **changes)


def of_the_map(change):
    """The right map, changed."""
    return lambda *arguments: change(slide(*arguments))


def before(predict, image, label) -> float:
    return predict(image[np.newaxis])[0, label]


def pixel_by_pixel(predict, image, label, size, stride):
    return slide(predict, image, label, size, 1)


def its_beginning(*arguments):
    rows, columns = slide(*arguments).shape
    return pixel_by_pixel(*arguments)[:rows, :columns]


def of_another_class(choose):
    """The map of the class that `choose` names from the probabilities and the label."""

    def made(predict, image, label, size, stride):
        return slide(predict, image, choose(predict(image[np.newaxis])[0], label), size, stride)

    return made


occlusion_map.mistakes = {
    "Your signs are reversed: where hiding lowers the probability, the map should be positive.": (
        of_the_map(np.negative)
    ),
    "Your map holds the probability itself. Its fall is wanted: before, minus with the hidden square.": (
        lambda predict, image, label, *rest: before(predict, image, label) - slide(predict, image, label, *rest)
    ),
    "Rows and columns are exchanged in your map.": [
        of_the_map(np.transpose),
        of_the_map(lambda found: found.T.reshape(found.shape)),
    ],
    "Your map is 0 everywhere. Do you ask for the image with the hidden square? Can your map hold fractions?": (
        of_the_map(np.zeros_like)
    ),
    "Your map is upside down or mirrored: its first value belongs to the square in the upper left corner.": [
        of_the_map(lambda found: found[::-1]),
        of_the_map(lambda found: found[:, ::-1]),
        of_the_map(lambda found: found[::-1, ::-1]),
    ],
    "The squares accumulate: each new one is hidden in addition to all before it. Begin each time with a fresh copy of "
    "the image.": instead(accumulate=True),
    "You fill the square with the same constant for every image. The mean of this image is wanted.": [
        instead(fill=lambda image, square, grey=grey: grey) for grey in (0, 0.5, 1, 127, 127.5, 128)
    ],
    "You fill the square with its own mean. The mean of the whole image is wanted.": (
        instead(fill=lambda image, square: square.mean())
    ),
    "You fill each channel with its own mean. One number is wanted, the mean over all pixels and channels.": (
        instead(fill=lambda image, square: image.mean(axis=(0, 1)))
    ),
    "You hide the first channel only. The square should be hidden in all of them.": instead(channels=slice(0, 1)),
    "You hide everything but the square.": instead(inverse=True),
    "Your map is about the most probable class of the image. The one that was asked for is wanted.": (
        of_another_class(lambda found, label: int(found.argmax()))
    ),
    "Your map is about the class before the one asked for: classes are counted from 0.": (
        of_another_class(lambda found, label: label - 1)
    ),
    "Your map is never negative. Hiding may also raise the probability: keep the sign.": [
        of_the_map(lambda found: np.maximum(found, 0)),
        of_the_map(np.abs),
    ],
    "You divide the fall by the probability, or scale the map. The difference itself is wanted.": [
        lambda predict, image, label, *rest: slide(predict, image, label, *rest) / before(predict, image, label),
        of_the_map(lambda found: found / found.max()),
        of_the_map(lambda found: (found - found.min()) / np.ptp(found)),
    ],
    "Size and stride are exchanged.": (
        lambda predict, image, label, size, stride: slide(predict, image, label, stride, size)
    ),
    "The last row or column of squares is missing: count how often a square fits on the image.": [
        of_the_map(lambda found: found[:-1, :-1]),
        of_the_map(lambda found: found[:-1]),
        of_the_map(lambda found: found[:, :-1]),
    ],
    "Your map also has squares that stick out of the image. Only whole squares are wanted.": instead(partial=True),
    "You move the square by one pixel at a time. Use the stride.": [pixel_by_pixel, its_beginning],
    "Your map has one value per square, in a single row. Rows and columns are wanted.": of_the_map(np.ravel),
    "You hide other squares: rows and columns are exchanged where you cut the square out of the image.": (
        instead(exchanged=True)
    ),
    "Your squares are too large, or too small, by one pixel.": [
        lambda predict, image, label, size, stride: slide(predict, image, label, size, stride, hidden=size + 1),
        lambda predict, image, label, size, stride: slide(predict, image, label, size, stride, hidden=size - 1),
    ],
}


# ---- grad_cam -----------------------------------------------------------------------------------------------


def classifiers(rng: np.random.Generator):
    """A small classifier with given weights, an image, a layer with feature maps, a class.

    The map has positions above 0 and, before the ReLU, below, also that of log p; no other class has a map of zeros.
    """
    for layer in ("second", "first", "second"):
        while True:
            case = {
                "layer": layer,
                "image": rng.uniform(-1, 1, (9, 8, 3)).astype("float32"),
                "kernel_1": normal(rng, 3, 3, 3, 4, scale=0.4),
                "bias_1": np.full(4, 0.3, "float32"),
                "kernel_2": normal(rng, 2, 2, 4, 3, scale=0.4),
                "bias_2": np.full(3, 0.3, "float32"),
                "kernel_3": normal(rng, 6 * 5 * 3, 4, scale=0.3),
                "bias_3": normal(rng, 4, scale=0.3),
            }
            found = inside(case)
            case["label"] = unlikely(found["logits"])
            if found["probabilities"][case["label"]] <= 0.1:
                continue
            weights = np.stack([mean_gradient(case, found, mixture) for mixture in np.eye(4)])
            of_log_p = weights[case["label"]] - found["probabilities"] @ weights
            every = found["maps"] @ np.stack([*weights, of_log_p]).T  # the maps of all classes, before the ReLU
            raw = every[..., case["label"]]
            if (
                every.max(axis=(0, 1)).min() > 0.02
                and every[..., -1].min() < -0.02
                and 0.1 < np.mean(raw > 0.05 * raw.max()) < 0.9
            ):
                break
        yield case


def inside(case: dict) -> dict:
    """What the layers of a case's network answer, by NumPy."""
    first = convolve(case["image"][np.newaxis].astype(float), case["kernel_1"], case["bias_1"])
    second = convolve(first, case["kernel_2"], case["bias_2"])
    logits = second.reshape(1, -1) @ case["kernel_3"] + case["bias_3"]
    return {
        "first": first[0],
        "second": second[0],
        "logits": logits[0],
        "probabilities": softmax(logits)[0],
        "maps": (first if case["layer"] == "first" else second)[0],
    }


def gradient(case: dict, found: dict, mixture: np.ndarray, layer: str | None = None) -> np.ndarray:
    """The gradient of a mixture of the logits with respect to a layer's feature maps, (h, w, K)."""
    second = (case["kernel_3"].astype(float) @ mixture).reshape(found["second"].shape)
    if (layer or case["layer"]) == "second":
        return second
    return backward(second * (found["second"] > 0), case["kernel_2"], found["first"].shape)


def backward(values: np.ndarray, kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Through a convolution, backward: from the gradient of its sums to the gradient of its input, of this shape."""
    total = np.zeros(shape)
    height, width = values.shape[:2]
    for i, j in np.ndindex(kernel.shape[:2]):
        total[i : i + height, j : j + width] += values @ kernel[i, j].T
    return total


def mean_gradient(case: dict, found: dict, mixture: np.ndarray) -> np.ndarray:
    """The weight of each feature map, (K,)."""
    return gradient(case, found, mixture).mean(axis=(0, 1))


@judges(probes.grad_cam, classifiers, "For the layer '{layer}' and label={label}: ")
def grad_cam(answer, case):
    found, yours = inside(case), answer["map"]
    both = [one for one in (yours, answer["again"]) if isinstance(one, np.ndarray)]
    if answer["changed"]:
        how = f"cannot be called any more ({answer['fails']})" if answer["fails"] else "answers differently now"
        return f"Your function changed the network: it {how}. Whoever calls it still needs its softmax."
    if len(both) == 2 and (
        both[0].shape != both[1].shape or not np.allclose(*both, rtol=1e-3, atol=1e-6, equal_nan=True)
    ):
        return "Your map is another one each time: dropout is active. Ask the network with training=False."

    def logit(k: int) -> np.ndarray:
        return np.eye(4)[k]

    def log_probability(k: int) -> np.ndarray:
        return logit(k) - found["probabilities"]

    def probability(k: int) -> np.ndarray:
        return found["probabilities"][k] * log_probability(k)

    expected, *accepted = (cam(case, found, score(case["label"])) for score in (logit, probability, log_probability))
    right = isinstance(yours, np.ndarray) and close(yours, expected, 1e-3)
    if isinstance(yours, np.ndarray) and not right and any(close(yours, one, 1e-3) for one in accepted):
        return Advice(
            "Right in principle, with a remark: you take the gradient of the probability. It also follows other "
            "classes, and nearly vanishes where the network is sure. Selvaraju et al. take the logit."
        )
    if shape_said := judge_shape(yours, expected, case):
        return shape_said
    mistakes: dict[str, list] = {}
    for score in (logit, probability, log_probability):  # whoever takes another score may make the same mistakes
        for sentence, results in usual_mistakes(case, found, score).items():
            mistakes.setdefault(sentence, []).extend(results)
    return judge_array(yours, expected, mistakes, "your map", tol=1e-3)


def cam(case: dict, found: dict, mixture: np.ndarray) -> np.ndarray:
    """The Grad-CAM map of a mixture of the logits."""
    return np.maximum(found["maps"] @ mean_gradient(case, found, mixture), 0)


def usual_mistakes(case: dict, found: dict, score: Callable[[int], np.ndarray]) -> dict[str, list[np.ndarray]]:
    """What is wrong, and the maps that it gives. `score(k)`: the mixture of the logits that speaks for class k."""
    label, maps = case["label"], found["maps"]
    local = gradient(case, found, score(label))
    weights = local.mean(axis=(0, 1))
    raw = maps @ weights
    expected = np.maximum(raw, 0)
    by_place = (maps * local.mean(axis=-1, keepdims=True)).sum(axis=-1)
    other_layer = dict(case, layer="second" if case["layer"] == "first" else "first")
    return {
        "Your map is 0 everywhere, but there are positions that speak for this class.": [np.zeros_like(expected)],
        "Your map is upside down or mirrored: its first value should belong to the image's upper left corner.": [
            expected[::-1],
            expected[:, ::-1],
            expected[::-1, ::-1],
        ],
        "Rows and columns are exchanged in your map.": [expected.T],
        "The ReLU at the end is missing: your map has negative values, positions that speak against the class.": [raw],
        "You take the absolute value at the end. What speaks against the class should become 0, not positive.": [
            np.abs(raw)
        ],
        "Your signs are reversed: your map shows what speaks *against* the class. Is it the gradient of a loss?": [
            np.maximum(-raw, 0)
        ],
        "This is the map of the network's own answer. The class that was asked for is wanted.": [
            cam(case, found, score(int(found["logits"].argmax())))
        ],
        "This is the map of the class before the one asked for: classes are counted from 0.": [
            cam(case, found, score((label - 1) % 4))
        ],
        "You take the gradient of all logits together. Only that of the class asked for is wanted.": [
            cam(case, found, np.ones(4)),
            cam(case, found, np.full(4, 0.25)),
        ],
        "You *sum* the gradient over the positions. The formula has its mean.": [expected * maps[..., 0].size],
        "You take the *mean* over the feature maps at the end. The formula has their sum.": [expected / maps.shape[-1]],
        "You multiply gradient and feature map position by position. In Grad-CAM each map has a single weight, the "
        "mean of its gradient.": [np.maximum((maps * local).sum(-1), 0), np.maximum((maps * local).mean(-1), 0)],
        "Your weights are means over the feature maps, one per position. A mean over the positions is wanted, one "
        "weight per feature map.": [np.maximum(by_place, 0), np.maximum(by_place / maps.shape[-1], 0)],
        "Your mean goes over rows or columns only. The gradient has the axes batch, row, column, feature map.": [
            np.maximum((maps * local.mean(axis=axis, keepdims=True)).sum(-1), 0) for axis in (0, 1)
        ],
        "Your map is the gradient alone. The feature maps are missing.": [
            *(np.maximum(one, 0) for one in (local.sum(-1), local.mean(-1))),
            local.max(-1),
            np.abs(local).max(-1),
        ],
        "Your map is the mean of the feature maps. The gradient is missing, and so is the class.": [
            maps.mean(-1),
            maps.sum(-1),
        ],
        "Negative weights are lost: the ReLU belongs at the end, after the sum over the feature maps.": [
            maps @ np.maximum(weights, 0)
        ],
        "You took the absolute value of the weights. A map may also speak against the class.": [maps @ np.abs(weights)],
        "Your map is scaled, so that its largest value is 1. The formula does not do this; whoever draws it may.": [
            expected / max(expected.max(), 1e-9),
            (raw - raw.min()) / max(np.ptp(raw), 1e-9),
        ],
        f"This is the map of another layer. The one that was asked for is '{case['layer']}'.": [
            cam(other_layer, inside(other_layer), score(label))
        ],
    }


def judge_shape(yours, expected: np.ndarray, case: dict) -> Reason | str | None:
    """What is wrong with the shape of a Grad-CAM map, where it tells the mistake."""
    shape = getattr(yours, "shape", None)
    height, width = expected.shape
    if shape == (1, height, width):
        return f"Your map has shape {shape}: the batch axis is still there. One image went in, so (h, w) is wanted."
    if shape in ((height, width, 1), (1, height, width, 1)):
        return f"Your map has shape {shape}. Two axes are wanted, (h, w)."
    depth = case["kernel_1" if case["layer"] == "first" else "kernel_2"].shape[-1]
    if shape in ((height, width, depth), (1, height, width, depth)):
        return f"Your map has shape {shape}: the feature maps are not added up yet."
    if shape in ((depth,), (1, depth)):
        return f"Your result has shape {shape}: these are the weights. The map is a sum of weighted feature maps."
    if shape == case["image"].shape:
        return (
            f"Your map has the shape of the image with its channels, {shape}. The gradient with respect to the feature "
            "maps is wanted, not with respect to the image."
        )
    if shape == case["image"].shape[:2]:
        return f"Your map has the size of the image, {shape}. Return it as small as the feature maps: {height, width}."
    return None
