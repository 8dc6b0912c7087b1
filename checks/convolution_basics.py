"""The checks of lab 01. Expected values come from SciPy and NumPy; mistakes are computed, not listed."""

import numpy as np
from scipy.signal import convolve2d, correlate2d

from checks.old import Advice, Reason, call, check, judge_array, judge_number

OVERFLOW = (
    "Right for floats, but not for a photograph of dtype uint8. Often whole numbers from 0 to 255 overflow, or lose "
    "fractions and signs: compute in floats, `image.astype(float)`, and `np.zeros(...)` for the result."
)
WHOLE_NUMBERS = (
    "Right for floats, but not where some of the arrays hold whole numbers, as Sobel's kernels do: your result loses "
    "its fractions. Compute in floats."
)
CUT_OFF = "Values are cut off at 0 and 255. A response may be negative or large: keep it as it is."
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def photo(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def images_and_kernels(rng: np.random.Generator):
    """Float images first, not square; then a kernel of whole numbers; then an image of dtype uint8, which overflows."""
    for image, kernel in (((7, 10), (3, 3)), ((6, 5), (2, 4)), ((6, 6), (4, 6))):
        yield {"image": rng.normal(size=image), "kernel": rng.normal(size=kernel), "otherwise": ""}
    whole = rng.permutation(np.arange(-4, 5)).reshape(3, 3)
    yield {"image": rng.normal(size=(6, 7)), "kernel": whole, "otherwise": WHOLE_NUMBERS}
    yield {"image": photo(rng, 8, 6), "kernel": rng.normal(size=(3, 3)), "otherwise": OVERFLOW}


def judge_response(yours, case: dict, expected: np.ndarray, mistakes: dict[str, np.ndarray]) -> Reason | None:
    """What the responses of both exercises have in common: usual mistakes in loops, types and shapes."""
    image, kernel = case["image"].astype(float), case["kernel"]
    (height, width), (top, left) = image.shape, ((n - 1) // 2 for n in kernel.shape)
    centred, cornered, unfinished = np.zeros((height, width)), np.zeros((height, width)), expected.copy()
    centred[top : top + expected.shape[0], left : left + expected.shape[1]] = expected
    cornered[: expected.shape[0], : expected.shape[1]] = expected
    unfinished[-1], unfinished[:, -1] = 0, 0
    margin = (
        "Your response is as large as the image, with a margin of zeros{}. `valid` keeps only the places where the "
    )
    margin += "whole kernel lies on the image, so the response is smaller."
    common = {
        "One row and one column are missing at the end. A kernel of 3 fits on 5 pixels in three places, not two: "
        "count the positions once more.": expected[:-1, :-1],
        "The last row and column still hold 0: count the steps of your loops once more.": unfinished,
        "Your response is as large as the image, with a margin of zeros. `valid` keeps only the places where the whole "
        "kernel lies on the image, so the response is smaller.": [centred, cornered],
        "The response is transposed: the first index is the row (height), the second the column (width).": expected.T,
        "Your result lost its fractions: which dtype do you compute in?": np.trunc(expected),
        CUT_OFF: np.clip(expected, 0, 255),
    }
    where = f"For an image of {height}×{width} and a kernel of {kernel.shape[0]}×{kernel.shape[1]}: "
    return judge_array(yours, expected, mistakes | common, "the response", where, case["otherwise"])


@check(images_and_kernels)
def correlate_valid(student, case):
    return {"response": student(case["image"], case["kernel"])}


@correlate_valid.judge
def _(answer, case):
    image, kernel = case["image"].astype(float), case["kernel"]
    exchanged = np.resize(kernel.T, kernel.shape) if kernel.shape[0] == kernel.shape[1] else kernel
    products = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    matrix = (products @ kernel).sum((2, 3)) if kernel.shape[0] == kernel.shape[1] else products[..., 0, 0]
    mistakes = {
        "You flipped the kernel: that is convolution. Correlation lays the kernel on the image as it is.": (
            convolve2d(image, kernel, mode="valid")
        ),
        "You took the mean of the products. The dot product is their sum.": (
            correlate2d(image, kernel, mode="valid") / kernel.size
        ),
        "Rows and columns of the kernel are exchanged.": correlate2d(image, exchanged, mode="valid"),
        "`@` and `np.dot` of two tables make the matrix product. Here values meet one by one: `*`, then a sum.": matrix,
        "Your response includes places where the kernel hangs over the border. For `valid` the whole kernel must lie "
        "on the image.": correlate2d(image, kernel, mode="same"),
    }
    return judge_response(answer["response"], case, correlate2d(image, kernel, mode="valid"), mistakes)


@check(images_and_kernels)
def convolve_valid(student, case):
    return {"response": student(case["image"], case["kernel"])}


@convolve_valid.judge
def _(answer, case):
    image, kernel = case["image"].astype(float), case["kernel"]

    def correlate(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return correlate2d(image, kernel, mode="valid")

    plain, flipped = correlate(image, kernel), kernel[::-1, ::-1]
    mistakes = {
        "This is correlation: the kernel was not flipped, or twice (does the function you call flip it, too?).": plain,
        "You turned the kernel upside down only. Convolution flips both axes: up-down and left-right.": (
            correlate(image, kernel[::-1])
        ),
        "You mirrored the kernel left-right only. Convolution flips both axes.": correlate(image, kernel[:, ::-1]),
        "You transposed the kernel. Flipping reverses the order along each axis and keeps the axes in place.": (
            correlate(image, kernel.T)
        ),
        "You turned the kernel by 90°. Flipping both axes turns it by 180°.": correlate(image, np.rot90(kernel)),
        "You flipped the response, or the image as well as the kernel. Flip the kernel alone.": plain[::-1, ::-1],
        "You flipped the image. Flip the kernel.": correlate(image[::-1, ::-1], kernel),
        "Your response includes places where the kernel hangs over the border: use `valid`.": (
            convolve2d(image, kernel, mode="same")
        ),
    }
    return judge_response(answer["response"], case, correlate(image, flipped), mistakes)


def sizes_and_sigmas(rng: np.random.Generator):
    for size in (5, 3, 15):
        yield {"size": size, "sigma": float(rng.uniform(1.2, 2.5))}


@check(sizes_and_sigmas)
def gaussian_kernel(student, case):
    return {"kernel": student(case["size"], case["sigma"])}


@gaussian_kernel.judge
def _(answer, case):
    size, sigma = case["size"], case["sigma"]
    middle = (size - 1) / 2

    def bell(spread: float, place: np.ndarray) -> np.ndarray:
        axis = np.exp(-(place**2) / spread)
        return np.outer(axis, axis)

    def normalised(kernel: np.ndarray) -> np.ndarray:
        return kernel / kernel.sum()

    pixels = np.arange(size)
    peak = bell(2 * sigma**2, pixels - middle)
    mistakes = {
        "The weights do not sum to 1: the blurred picture would change its brightness. Divide by their sum.": peak,
        "The factor 1/(2πσ²) makes the integral 1, not the sum over a cut-off grid. Divide by the sum itself.": (
            peak / (2 * np.pi * sigma**2)
        ),
        "You divided by σ where the formula has σ²: sigma is the standard deviation, its square the variance.": (
            normalised(bell(2 * sigma, pixels - middle))
        ),
        "The bell is too narrow: the exponent is divided by 2σ², not by σ².": normalised(
            bell(sigma**2, pixels - middle)
        ),
        "Python reads `/ 2 * sigma**2` from left to right: it divides by 2 and then multiplies by σ². Use brackets.": (
            normalised(bell(2 / sigma**2, pixels - middle))
        ),
        "The peak is not on the middle pixel. A kernel of size 5 has the coordinates −2, −1, 0, 1, 2.": [
            normalised(bell(2 * sigma**2, pixels - place)) for place in (0, size / 2)
        ],
        "Neighbouring pixels are 1 apart: a kernel of size 5 has the coordinates −2, −1, 0, 1, 2.": [
            normalised(bell(2 * sigma**2, np.linspace(-end, end, size))) for end in (1, 3 * sigma)
        ],
        "This is the bell along one axis only. The kernel is two-dimensional, with shape (size, size).": (
            peak.sum(0) / peak.sum()
        ),
    }
    where = f"For size {size}, sigma {sigma:.2f}: "
    return judge_array(answer["kernel"], normalised(peak), mistakes, "the kernel", where)


def float_image_then_photo(rng: np.random.Generator):
    yield {"image": rng.normal(size=(6, 9)), "otherwise": ""}
    yield {"image": photo(rng, 7, 5), "otherwise": OVERFLOW}


@check(float_image_then_photo)
def gradient_magnitude(student, case):
    return {"magnitude": student(case["image"])}


@gradient_magnitude.judge
def _(answer, case):
    image = case["image"].astype(float)
    x, y = (correlate2d(image, kernel, mode="valid") for kernel in (SOBEL_X, SOBEL_X.T))
    border = np.hypot(*(correlate2d(image, kernel, mode="same") for kernel in (SOBEL_X, SOBEL_X.T)))
    mistakes = {
        "The square root is missing: the length of a vector (x, y) is √(x² + y²).": x**2 + y**2,
        "You added the absolute values. That is a quick approximation; the length of (x, y) is √(x² + y²).": [
            abs(x) + abs(y),
            (abs(x) + abs(y)) / 2,
        ],
        "You added the two responses: where they have opposite signs, an edge cancels itself.": x + y,
        "Only Sobel x is in your result: horizontal edges are lost.": [abs(x), x],
        "Only Sobel y is in your result: vertical edges are lost.": [abs(y), y],
        "You used Sobel x twice: horizontal edges are lost.": np.sqrt(2) * abs(x),
        "You took the larger of the two responses. Both count: the length of (x, y) is √(x² + y²).": (
            np.maximum(abs(x), abs(y))
        ),
        CUT_OFF: np.minimum(np.hypot(x, y), 255),
        "Your result is as large as the image: with zeros around it the frame of the picture becomes an edge. "
        "Use `valid`.": border,
    }
    where = f"For an image of {image.shape[0]}×{image.shape[1]}: "
    return judge_array(answer["magnitude"], np.hypot(x, y), mistakes, "the magnitude", where, case["otherwise"])


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
    """First a case in which no two usual mistakes agree; defaults; the worked example; fits and misfits; others."""
    fixed = [
        (20, 5, 6, 2),
        (5, 3, 1, 2),
        (8, 3, 0, 2),
        (3, 3, 0, 1),
        (2, 3, 0, 1),
        (4, 7, 1, 2),
        (1, 3, 1, 1),
        (2, 5, 2, 1),
    ]
    drawn = [tuple(int(v) for v in rng.integers((8, 1, 0, 1), (40, 8, 4, 5))) for _ in range(6)]
    for n, kernel, padding, stride in (fixed[0], (28, 5, None, None), *fixed[1:], *drawn):
        yield {"n": n, "kernel": kernel, "padding": padding, "stride": stride}


@check(sizes)
def output_size(student, case):
    given = {name: case[name] for name in ("padding", "stride") if case[name] is not None}
    return call(student, case["n"], case["kernel"], **given)


@output_size.judge
def _(answer, case):
    n, kernel, padding, stride = case["n"], case["kernel"], case["padding"] or 0, case["stride"] or 1
    room = n + 2 * padding - kernel
    where = f"For n={n}, kernel={kernel}, padding={padding}, stride={stride}: "
    if case["padding"] is None:
        where = f"For n={n}, kernel={kernel}, with padding and stride left at 0 and 1: "
    raised = answer.get("raised")
    if raised and "ValueError" not in raised:
        wanted = " The kernel does not fit: raise a ValueError." if room < 0 else ""
        return f"{where}your code raised {raised[0]}: {answer['text']}{wanted}"
    if room < 0:
        misfit = f"{where}the kernel is larger than the padded image and does not fit. Raise a ValueError."
        return None if raised else misfit
    if raised and room == 0:
        return f"{where}the kernel fits in exactly one place, but you raised a ValueError: {answer['text']}"
    if raised and room % stride:
        return (
            f"{where}the kernel fits; pixels left over after the last step are dropped, that is no error. "
            f"You raised a ValueError: {answer['text']}"
        )
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
    finding = judge_number(answer["value"], room // stride + 1, mistakes, "the size", where)
    if finding is None and isinstance(answer["value"], float):
        return Advice("Right, but a float such as 3.0: `range` and `np.zeros` will want a whole number. Try `//`.")
    return finding


def layers(rng: np.random.Generator):
    """Three layers of floats; then an image, and filters, of whole numbers."""
    for x, w, stride, padding in (
        ((6, 8, 3), (3, 3, 3, 2), 2, 1),
        ((6, 8, 2), (2, 3, 2, 4), 1, 0),
        ((9, 7, 3), (3, 2, 3, 5), 3, 2),
    ):
        arrays = {"x": rng.normal(size=x), "w": rng.normal(size=w), "b": rng.normal(size=w[-1]) + 1}
        yield arrays | {"stride": stride, "padding": padding, "otherwise": ""}
    w, b = rng.normal(size=(3, 3, 2, 2)), rng.normal(size=2)
    common = {"stride": 1, "padding": 0, "otherwise": WHOLE_NUMBERS}
    yield {"x": photo(rng, 5, 6, 2), "w": w, "b": b} | common
    yield {"x": rng.normal(size=(5, 6, 2)), "w": rng.integers(-3, 4, w.shape), "b": b} | common


def layer_response(x, w, b, stride, padding, **pad) -> np.ndarray:
    """A convolutional layer, (H, W, C) and (kh, kw, C, K) to (H', W', K), from SciPy's correlation.

    `padding` is the number of pixels on each side, or a pair (before, after).
    """
    around = padding if isinstance(padding, tuple) else (padding, padding)
    x = np.pad(x.astype(float), (around, around, (0, 0)), **pad)
    planes = [sum(correlate2d(x[..., c], k[..., c], "valid") for c in range(x.shape[2])) for k in np.moveaxis(w, 3, 0)]
    return np.stack(planes, axis=2)[::stride, ::stride] + b


@check(layers)
def conv_forward(student, case):
    return {"response": student(case["x"], case["w"], case["b"], stride=case["stride"], padding=case["padding"])}


@conv_forward.judge
def _(answer, case):
    x, w, b, stride, padding = (case[name] for name in ("x", "w", "b", "stride", "padding"))
    expected = layer_response(x, w, b, stride, padding)
    rows, columns, _ = expected.shape
    channels = x.shape[2]
    ignored = layer_response(x, w, b, 1, padding)
    unfinished = expected.copy()
    unfinished[-1], unfinished[:, -1] = 0, 0
    copies = layer_response(x, w, b, stride, padding, mode="edge") if padding else expected
    mistakes = {
        "The bias is missing: one number for each filter, added at every place.": expected - b,
        "The bias was added once for each channel. It is added once for each filter.": expected + (channels - 1) * b,
        "Each filter has a bias of its own; you added the first one to all.": expected - b + b[0],
        "You ignored the stride.": ignored,
        "Your windows move on by 1 pixel: the stride is missing in the place of the patch.": ignored[:rows, :columns],
        "You ignored the padding.": layer_response(x, w, b, stride, 0),
        "Your zeros stand on one side only: padding goes on both sides.": [
            layer_response(x, w, b, stride, around) for around in ((padding, 0), (0, padding))
        ],
        "You padded with copies of the border. Pad with zeros.": copies,
        "You flipped the kernel: a convolutional layer lays it on as it is.": (
            layer_response(x, w[::-1, ::-1], b, stride, padding)
        ),
        "Your kernel looks at the first channel only. Each filter sums over all channels.": (
            layer_response(x[..., :1], w[:, :, :1], b, stride, padding)
        ),
        "Only the last channel reaches your result: add up the channels, do not overwrite.": (
            layer_response(x[..., -1:], w[:, :, -1:], b, stride, padding)
        ),
        "You took the mean over the channels. Each filter takes the sum.": (expected - b) / channels + b,
        "All filters are added into one plane. Each filter has a plane of its own.": expected.sum(2),
        "You cut off negative values. That is the activation (ReLU), which comes after the convolution.": (
            np.maximum(expected, 0)
        ),
        "The filters stand on the first axis. Here the channels come last: (H, W, K).": np.moveaxis(expected, 2, 0),
        "The last row and column still hold 0: count the steps of your loops once more.": unfinished,
    }
    where = f"For x {x.shape}, w {w.shape}, stride {stride}, padding {padding}: "
    return judge_array(answer["response"], expected, mistakes, "the response", where, case["otherwise"])


def volumes(rng: np.random.Generator):
    for shape, size in (((4, 6, 3), 2), ((7, 5, 2), 2), ((9, 11, 1), 3)):
        yield {"x": rng.normal(size=shape) - 1, "size": size, "otherwise": ""}
    start = "Your maximum starts from a number that some blocks lie below. Start from the block's own values."
    yield {"x": rng.normal(size=(4, 4, 2)) - 1e6, "size": 2, "otherwise": start}


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
    rows, columns, channels = expected.shape
    rest = [(0, -n % size) for n in x.shape[:2]] + [(0, 0)]
    every = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1)).max(axis=(3, 4))
    mixed = x[: rows * size, : columns * size].reshape(rows, columns, size, size, channels).max(axis=(2, 3))
    unfinished = expected.copy()
    unfinished[-1], unfinished[:, -1] = 0, 0
    mistakes = {
        "Negative values are lost: your maximum starts from 0. Start from the block's own values.": (
            np.maximum(expected, 0)
        ),
        "This is average pooling. Take the largest value of each block.": pooled(x, size, np.mean),
        "Your blocks overlap: the window has to move on by `size` pixels, not by 1.": [every, every[:rows, :columns]],
        "Rows or columns left over at the border are dropped, as in Keras; your result keeps them.": (
            pooled(np.pad(x, rest, constant_values=-np.inf), size)
        ),
        "Depth must stay: pool each channel by itself.": expected.max(axis=2),
        "You took the largest value without its sign: −5 is smaller than −2.": pooled(abs(x), size),
        "All channels hold the same value: pool each channel by itself.": (
            np.repeat(expected.max(axis=2, keepdims=True), channels, axis=2)
        ),
        "Your reshape mixes pixels of different blocks: (rows, size, columns, size, C) keeps them together.": mixed,
        "You took the first pixel of each block. Take the largest one.": x[::size, ::size][:rows, :columns],
        "You took the smallest value of each block. Take the largest one.": pooled(x, size, np.min),
        "The last row and column still hold 0: count the steps of your loops once more.": unfinished,
    }
    where = f"For an array of shape {x.shape} and size {size}: "
    return judge_array(answer["pooled"], expected, mistakes, "the result", where, case["otherwise"], tol=1e-7)


def convolutional_layers(rng: np.random.Generator):
    for kernel in ((5, 7), (7, 7), (3, 3)):
        channels, filters = (int(v) for v in rng.integers((2, 8), (8, 65)))
        yield {"kernel": kernel, "channels": channels, "filters": filters}


@check(convolutional_layers)
def conv_parameters(student, case):
    return {"count": student(*case["kernel"], case["channels"], case["filters"])}


@conv_parameters.judge
def _(answer, case):
    (height, width), channels, filters = case["kernel"], case["channels"], case["filters"]
    weights = height * width
    mistakes = {
        "the biases are missing: each filter has one.": weights * channels * filters,
        "each filter has a bias of its own; you counted one for the whole layer.": weights * channels * filters + 1,
        "a kernel reaches through all channels: height × width × channels weights.": (weights + 1) * filters,
        "you counted a bias for every channel. A filter sums over its channels and adds one bias.": (
            (weights + 1) * channels * filters
        ),
        "a bias belongs to a filter, not to a channel.": weights * channels * filters + channels,
        "you counted one filter. The layer has as many kernels as filters.": weights * channels + 1,
        "height, width and channels are multiplied, not added.": (height + width + channels + 1) * filters,
        "each filter has its own weights; you counted those of one filter.": weights * channels + filters,
        "height and width of the kernel may differ; you used one of them twice.": (height**2 * channels + 1) * filters,
    }
    where = f"For conv_parameters({height}, {width}, {channels}, {filters}): "
    return judge_number(answer["count"], (weights * channels + 1) * filters, mistakes, "the count", where)


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
    mistakes = {
        "the biases are missing: each unit has one.": inputs * units,
        "you counted a bias for every input. The bias belongs to the unit.": inputs * (units + 1),
        "each unit has a bias of its own; you counted one for the whole layer.": inputs * units + 1,
        "every input is connected with every unit: multiply, do not add.": inputs + units,
        "the connections are missing: you counted the units alone.": units,
    }
    where = f"For dense_parameters({inputs}, {units}): "
    return judge_number(answer["count"], (inputs + 1) * units, mistakes, "the count", where)
