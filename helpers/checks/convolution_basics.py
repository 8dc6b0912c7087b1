"""The checks of lab 01. Expected values come from SciPy and NumPy; mistakes are computed, not listed."""

import numpy as np
from scipy.signal import convolve2d, correlate2d

from helpers.checks.core import Reason, call, check, judge_array, judge_number

OVERFLOW = (
    "Right for floats, but wrong for a photograph of dtype uint8: whole numbers from 0 to 255 overflow or lose their "
    "fractions and signs. Compute in floats: `image.astype(float)`, and `np.zeros(...)` for the result."
)
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def photo(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def images_and_kernels(rng: np.random.Generator):
    """Float images first, not square; then one of dtype uint8, whose arithmetic overflows."""
    for image, kernel in (((7, 10), (3, 3)), ((6, 5), (2, 4)), ((6, 6), (4, 6))):
        yield {"image": rng.normal(size=image), "kernel": rng.normal(size=kernel)}
    yield {"image": photo(rng, 8, 6), "kernel": rng.normal(size=(3, 3))}


def is_photo(case: dict) -> bool:
    return case["image"].dtype == np.uint8


@check(images_and_kernels)
def correlate_valid(student, case):
    return {"response": student(case["image"], case["kernel"])}


@correlate_valid.judge
def _(answer, case):
    image, kernel = case["image"].astype(float), case["kernel"]
    expected = correlate2d(image, kernel, mode="valid")
    (height, width), (top, left) = image.shape, ((n - 1) // 2 for n in kernel.shape)
    margin = np.zeros((height, width))
    margin[top : top + expected.shape[0], left : left + expected.shape[1]] = expected
    finding = judge_array(
        answer["response"],
        expected,
        {
            "You flipped the kernel: that is convolution. Correlation lays the kernel on the image as it is.": (
                convolve2d(image, kernel, mode="valid")
            ),
            "One row and one column are missing at the end. A kernel of 3 fits on 5 pixels in three places, not two: "
            "count the positions once more.": expected[:-1, :-1],
            "Your response is as large as the image, with a margin of zeros. `valid` keeps only the places where the "
            "whole kernel lies on the image, so the response is smaller.": margin,
            "The response is transposed: the first index is the row (height), the second the column (width).": (
                expected.T
            ),
            "Your response includes places where the kernel hangs over the border. For `valid` the whole kernel must "
            "lie on the image.": correlate2d(image, kernel, mode="same"),
        },
        "the response",
    )
    return Reason(OVERFLOW) if finding and is_photo(case) else finding


@check(images_and_kernels)
def convolve_valid(student, case):
    return {"response": student(case["image"], case["kernel"])}


@convolve_valid.judge
def _(answer, case):
    image, kernel = case["image"].astype(float), case["kernel"]
    expected = convolve2d(image, kernel, mode="valid")
    finding = judge_array(
        answer["response"],
        expected,
        {
            "This is correlation: the kernel was not flipped.": correlate2d(image, kernel, mode="valid"),
            "You turned the kernel upside down only. Convolution flips both axes: up-down and left-right.": correlate2d(
                image, kernel[::-1], mode="valid"
            ),
            "You mirrored the kernel left-right only. Convolution flips both axes.": correlate2d(
                image, kernel[:, ::-1], mode="valid"
            ),
            "You transposed the kernel. Flipping reverses the order along each axis and keeps the axes in place.": (
                correlate2d(image, kernel.T, mode="valid")
            ),
            "Your response includes places where the kernel hangs over the border: use `valid`.": convolve2d(
                image, kernel, mode="same"
            ),
            "You flipped the response, not the kernel.": correlate2d(image, kernel, mode="valid")[::-1, ::-1],
        },
        "the response",
    )
    return Reason(OVERFLOW) if finding and is_photo(case) else finding


def sizes_and_sigmas(rng: np.random.Generator):
    for size in (5, 3, 15):
        yield {"size": size, "sigma": float(rng.uniform(1.2, 2.5))}


@check(sizes_and_sigmas)
def gaussian_kernel(student, case):
    return {"kernel": student(case["size"], case["sigma"])}


@gaussian_kernel.judge
def _(answer, case):
    size, sigma = case["size"], case["sigma"]

    def bell(spread: float, centre: float) -> np.ndarray:
        axis = np.exp(-((np.arange(size) - centre) ** 2) / spread)
        return np.outer(axis, axis)

    middle = (size - 1) / 2
    peak = bell(2 * sigma**2, middle)
    confused, no_two, shifted = bell(2 * sigma, middle), bell(sigma**2, middle), bell(2 * sigma**2, size / 2)
    return judge_array(
        answer["kernel"],
        peak / peak.sum(),
        {
            "The weights do not sum to 1: the blurred picture would change its brightness. Divide by their sum.": peak,
            "The factor 1/(2πσ²) makes the integral 1, not the sum over a cut-off grid. Divide by the sum itself.": (
                peak / (2 * np.pi * sigma**2)
            ),
            "You divided by σ where the formula has σ²: sigma is the standard deviation, its square the variance.": (
                confused / confused.sum()
            ),
            "The bell is too narrow: the exponent is divided by 2σ², not by σ².": no_two / no_two.sum(),
            "The peak is not on the middle pixel. A kernel of size 5 has the coordinates −2, −1, 0, 1, 2.": (
                shifted / shifted.sum()
            ),
            "This is the bell along one axis only. The kernel is two-dimensional, with shape (size, size).": (
                peak.sum(0) / peak.sum()
            ),
        },
        "the kernel",
    )


def float_image_then_photo(rng: np.random.Generator):
    yield {"image": rng.normal(size=(6, 9))}
    yield {"image": photo(rng, 7, 5)}


@check(float_image_then_photo)
def gradient_magnitude(student, case):
    return {"magnitude": student(case["image"])}


@gradient_magnitude.judge
def _(answer, case):
    image = case["image"].astype(float)
    x, y = (correlate2d(image, kernel, mode="valid") for kernel in (SOBEL_X, SOBEL_X.T))
    border = np.hypot(*(correlate2d(image, kernel, mode="same") for kernel in (SOBEL_X, SOBEL_X.T)))
    finding = judge_array(
        answer["magnitude"],
        np.hypot(x, y),
        {
            "The square root is missing: the length of a vector (x, y) is √(x² + y²).": x**2 + y**2,
            "You added the absolute values. That is a quick approximation; the length of (x, y) is √(x² + y²).": (
                abs(x) + abs(y)
            ),
            "You added the two responses: where they have opposite signs, an edge cancels itself.": x + y,
            "Only Sobel x is in your result: horizontal edges are lost.": abs(x),
            "Only Sobel y is in your result: vertical edges are lost.": abs(y),
            "Your result is as large as the image: with zeros around it the frame of the picture becomes an edge. "
            "Use `valid`.": border,
        },
        "the magnitude",
    )
    return Reason(OVERFLOW) if finding and is_photo(case) else finding


def numbers(value) -> tuple:
    """The numbers in nested lists and arrays, in order."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    return tuple(n for item in value for n in numbers(item)) if isinstance(value, list) else (value,)


@check()
def border_sizes(student, case):
    return student()


@border_sizes.judge
def _(answer, case):
    expected = {
        "image": (512, 512),
        "channels": (1,),
        "gaussian": (15, 15),
        "sobel": (3, 3),
        "full": (526, 514, 514),
        "same": (512, 512, 512),
        "valid": (498, 510, 510),
    }
    hints = {
        "image": "`image`: ask the array for its shape, `camera.shape`.",
        "channels": "`channels`: a grey picture has one number per pixel; red, green and blue would be three.",
        "gaussian": "`gaussian`: ask the kernel for its shape.",
        "sobel": "`sobel`: ask the kernel for its shape.",
        "full": "`full` keeps every place where the kernel touches the image with at least one pixel. Try it on paper: "
        "5 pixels and a kernel of 3 give 7 places.",
        "same": "`same` pads the image so that the response is as large as the image.",
        "valid": "`valid` keeps the places where the whole kernel lies on the image. Try it on paper: 5 pixels and a "
        "kernel of 3 give 3 places.",
    }
    if not isinstance(answer, dict):
        return "Return a dictionary, as in the docstring."
    missing = [f"`{name}`" for name in expected if name not in answer]
    if missing:
        return f"Your dictionary lacks {', '.join(missing)}."
    given = {name: numbers(answer[name]) for name in expected}
    if given["full"] == expected["valid"] and given["valid"] == expected["full"]:
        return "You swapped `full` and `valid`: full is the largest response, valid the smallest."
    # A side length may be given as a number or as (height, width).
    both = {name: tuple(np.repeat(value, 2)) for name, value in expected.items()}
    return next((hint for name, hint in hints.items() if given[name] not in (expected[name], both[name])), None)


def sizes(rng: np.random.Generator):
    """First a case in which no two usual mistakes agree; the worked example; fits and misfits; random sizes."""
    fixed = [(30, 5, 4, 2), (5, 3, 1, 2), (8, 3, 0, 2), (28, 5, 2, 1), (3, 3, 0, 1), (2, 3, 0, 1), (4, 7, 1, 2)]
    drawn = [tuple(int(v) for v in rng.integers((8, 1, 0, 1), (40, 8, 4, 5))) for _ in range(6)]
    for n, kernel, padding, stride in fixed + drawn:
        yield {"n": n, "kernel": kernel, "padding": padding, "stride": stride}


@check(sizes)
def output_size(student, case):
    return call(student, case["n"], case["kernel"], case["padding"], case["stride"])


@output_size.judge
def _(answer, case):
    n, kernel, padding, stride = (case[name] for name in ("n", "kernel", "padding", "stride"))
    room = n + 2 * padding - kernel
    where = f"For n={n}, kernel={kernel}, padding={padding}, stride={stride}: "
    raised = answer.get("raised")
    if room < 0:
        if raised == "ValueError":
            return None
        if raised:
            return f"{where}the kernel does not fit, so raise a ValueError, not a {raised}."
        return f"{where}the kernel is larger than the padded image and does not fit. Raise a ValueError."
    if raised not in (None, "ValueError"):
        return f"{where}your code raised {raised}: {answer['text']}"
    if raised and room == 0:
        return f"{where}the kernel fits in exactly one place, but you raised a ValueError: {answer['text']}"
    if raised and room % stride:
        return f"{where}the last step does not come out even. That is no error: the pixels left over are dropped."
    if raised:
        return f"{where}the kernel fits, but you raised a ValueError: {answer['text']}"
    exact = room / stride + 1
    mistakes = {
        "the places are one more than the steps: a kernel that fits exactly has 1 place, not 0.": room // stride,
        "you ignored the stride.": room + 1,
        "padding goes on both sides, so it counts twice.": (n + padding - kernel) // stride + 1,
        "you rounded up. A kernel that would hang over the border has no place there: round down.": np.ceil(exact),
        "the size is a whole number: round down, for example with `//`.": exact,
        "you ignored the padding.": (n - kernel) // stride + 1,
    }
    return judge_number(answer["value"], room // stride + 1, {where + text: value for text, value in mistakes.items()})


def layers(rng: np.random.Generator):
    for x, w, stride, padding in (
        ((5, 5, 3), (3, 3, 3, 2), 2, 1),
        ((6, 8, 2), (2, 3, 2, 4), 1, 0),
        ((9, 7, 3), (3, 2, 3, 5), 3, 2),
    ):
        yield {
            "x": rng.normal(size=x),
            "w": rng.normal(size=w),
            "b": rng.normal(size=w[-1]) + 1,
            "stride": stride,
            "padding": padding,
        }


def layer_response(x, w, b, stride, padding, mode: str = "constant") -> np.ndarray:
    """A convolutional layer, (H, W, C) and (kh, kw, C, K) to (H', W', K), from SciPy's correlation."""
    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)), mode=mode)
    planes = [sum(correlate2d(x[..., c], k[..., c], "valid") for c in range(x.shape[2])) for k in np.moveaxis(w, 3, 0)]
    return np.stack(planes, axis=2)[::stride, ::stride] + b


@check(layers)
def conv_forward(student, case):
    return {"response": student(case["x"], case["w"], case["b"], case["stride"], case["padding"])}


@conv_forward.judge
def _(answer, case):
    x, w, b, stride, padding = (case[name] for name in ("x", "w", "b", "stride", "padding"))
    expected = layer_response(x, w, b, stride, padding)
    channels = x.shape[2]
    return judge_array(
        answer["response"],
        expected,
        {
            "The bias is missing: one number for each filter, added at every place.": expected - b,
            "The bias was added once for each channel. It is added once for each filter.": expected
            + (channels - 1) * b,
            "You ignored the stride.": layer_response(x, w, b, 1, padding),
            "You ignored the padding.": layer_response(x, w, b, stride, 0),
            "You flipped the kernel: a convolutional layer lays it on as it is.": (
                layer_response(x, w[::-1, ::-1], b, stride, padding)
            ),
            "Your kernel looks at the first channel only. Each filter sums over all channels.": (
                layer_response(x[..., :1], w[:, :, :1], b, stride, padding)
            ),
            "You took the mean over the channels. Each filter takes the sum.": (expected - b) / channels + b,
            "All filters are added into one plane. Each filter has a plane of its own.": expected.sum(2),
            "You cut off negative values. That is the activation (ReLU), which comes after the convolution.": (
                np.maximum(expected, 0)
            ),
            "The filters stand on the first axis. Here the channels come last: (H, W, K).": np.moveaxis(expected, 2, 0),
            "You padded with copies of the border. Pad with zeros.": (
                layer_response(x, w, b, stride, padding, "edge") if padding else expected
            ),
        },
        "the response",
    )


def volumes(rng: np.random.Generator):
    for shape, size in (((4, 6, 3), 2), ((7, 5, 2), 2), ((9, 11, 1), 3)):
        yield {"x": rng.normal(size=shape) - 1, "size": size}


def pooled(x: np.ndarray, size: int, reduce=np.max) -> np.ndarray:
    """Reduce each size × size block of a (H, W, C) array, with the rest at the border dropped."""
    height, width = x.shape[0] // size, x.shape[1] // size
    blocks = x[: height * size, : width * size].reshape(height, size, width, size, x.shape[2])
    return reduce(blocks, axis=(1, 3))


@check(volumes)
def max_pool(student, case):
    return {"pooled": student(case["x"], case["size"])}


@max_pool.judge
def _(answer, case):
    x, size = case["x"], case["size"]
    expected = pooled(x, size)
    rest = [(0, -n % size) for n in x.shape[:2]] + [(0, 0)]
    every = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1)).max(axis=(3, 4))
    return judge_array(
        answer["pooled"],
        expected,
        {
            "Negative values are lost: your maximum starts from 0. Start from the block's own values.": (
                np.maximum(expected, 0)
            ),
            "This is average pooling. Take the largest value of each block.": pooled(x, size, np.mean),
            "Your blocks overlap: the window has to move on by `size` pixels, not by 1.": every,
            "Rows or columns left over at the border are dropped, as in Keras; your result keeps them.": (
                pooled(np.pad(x, rest, constant_values=-np.inf), size)
            ),
            "Depth must stay: pool each channel by itself.": expected.max(axis=2),
            "You took the first pixel of each block. Take the largest one.": x[::size, ::size][
                : len(expected), : expected.shape[1]
            ],
            "You took the smallest value of each block. Take the largest one.": pooled(x, size, np.min),
        },
        "the result",
    )


def convolutional_layers(rng: np.random.Generator):
    for kernel in ((3, 3), (7, 7), (3, 5)):
        channels, filters = (int(v) for v in rng.integers((2, 8), (8, 65)))
        yield {"kernel": kernel, "channels": channels, "filters": filters}


@check(convolutional_layers)
def conv_parameters(student, case):
    return {"count": student(*case["kernel"], case["channels"], case["filters"])}


@conv_parameters.judge
def _(answer, case):
    weights, channels, filters = int(np.prod(case["kernel"])), case["channels"], case["filters"]
    return judge_number(
        answer["count"],
        (weights * channels + 1) * filters,
        {
            "The biases are missing: each filter has one.": weights * channels * filters,
            "Each filter has a bias of its own; you counted one for the whole layer.": weights * channels * filters + 1,
            "A kernel reaches through all channels: height × width × channels weights.": (weights + 1) * filters,
            "You counted a bias for every channel. A filter sums over its channels and adds one bias.": (
                (weights + 1) * channels * filters
            ),
            "You counted one filter. The layer has as many kernels as filters.": weights * channels + 1,
        },
        "the count",
    )


def dense_layers(rng: np.random.Generator):
    for _ in range(3):
        inputs, units = (int(v) for v in rng.integers((20, 200), (100, 400)))
        yield {"inputs": inputs, "units": units}


@check(dense_layers)
def dense_parameters(student, case):
    return {"count": student(case["inputs"], case["units"])}


@dense_parameters.judge
def _(answer, case):
    inputs, units = case["inputs"], case["units"]
    return judge_number(
        answer["count"],
        (inputs + 1) * units,
        {
            "The biases are missing: each unit has one.": inputs * units,
            "You counted a bias for every input. The bias belongs to the unit.": inputs * (units + 1),
            "Each unit has a bias of its own; you counted one for the whole layer.": inputs * units + 1,
            "Every input is connected with every unit: multiply, do not add.": inputs + units,
            "The connections are missing: you counted the units alone.": units,
        },
        "the count",
    )
