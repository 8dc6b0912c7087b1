"""The checks of the convolution lab. Expected values come from SciPy and NumPy; mistakes are computed, not listed."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

from checks.compare import array, compare, judge_number, number
from checks.core import Advice, judges
from checks.probes import functions
from checks.probes.running import first_line

OVERFLOW = (
    "Right for floats, but not for a photograph of dtype uint8. Often whole numbers from 0 to 255 overflow, or lose "
    "fractions and signs: compute in floats, `image.astype(float)`, and `np.zeros(...)` for the result."
)
WHOLE_NUMBERS = (
    "Right for floats, but not where some of the arrays hold whole numbers, as Sobel's kernels do: your result loses "
    "its fractions, or numbers overflow. Compute in floats, `x.astype(float)`."
)
CUT_OFF = "Values are cut off, below 0 or above 255. A response may be negative or large: keep it as it is."
NO_SIGN = "Your response is never negative. A response may be negative: keep its sign."
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def photo(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def of_whole_numbers(*arrays) -> str | None:
    """What to say of a wrong answer for arrays that hold whole numbers, where those for floats were right."""
    kinds = [one.dtype for one in arrays if isinstance(one, np.ndarray)]
    if kinds[0] == np.uint8:
        return OVERFLOW
    return WHOLE_NUMBERS if any(kind.kind in "iu" for kind in kinds) else None


def ended_too_early(right) -> dict:
    """What is left of a response whose loops end one step too early, or after the first value or row."""

    def only(rows: slice, columns: slice):
        def result(*arguments):
            response = right(*arguments)
            part = np.zeros_like(response)
            part[rows, columns] = response[rows, columns]
            return part

        return result

    return {
        "The last row and column still hold 0: count the steps of your loops once more.": only(slice(-1), slice(-1)),
        "Only the first value, or the first row, is filled: does `return` stand inside a loop?": [
            only(slice(1), slice(1)),
            only(slice(1), slice(None)),
        ],
    }


def in_margin(image: np.ndarray, response: np.ndarray, top: int, left: int) -> np.ndarray:
    """A response inside a margin of zeros, as large as the image."""
    result = np.zeros(image.shape)
    result[top : top + response.shape[0], left : left + response.shape[1]] = response
    return result


# ---- correlate_valid, convolve_valid ------------------------------------------------------------------------


def images_and_kernels(rng: np.random.Generator):
    """Float images first, not square; then a kernel of whole numbers; then an image of dtype uint8, which overflows.

    The first two responses have one shape, so that an answer is caught that adds to the array of its last call.
    """
    for image, kernel in (((7, 10), (3, 3)), ((6, 11), (2, 4)), ((6, 6), (4, 6)), ((4, 5), (1, 2)), ((5, 4), (3, 1))):
        yield {"image": rng.normal(size=image), "kernel": rng.normal(size=kernel)}
    yield {"image": rng.normal(size=(6, 7)), "kernel": rng.permutation(np.arange(-4, 5)).reshape(3, 3)}
    yield {"image": photo(rng, 8, 6), "kernel": rng.normal(size=(3, 3))}


def valid(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return correlate2d(image.astype(float), kernel, mode="valid")


def mistakes_of_loops(right) -> dict:
    """What goes wrong in loops, types and shapes, whether the kernel is flipped or not."""
    return {
        "One row and one column are missing at the end. A kernel of 3 fits on 5 pixels in three positions, not two: "
        "count the positions once more.": lambda image, kernel: right(image, kernel)[:-1, :-1],
        "Your response is as large as the image, with a margin of zeros. `valid` keeps only the positions where the "
        "whole kernel lies on the image, so the response is smaller.": [
            lambda image, kernel: in_margin(
                image, right(image, kernel), (kernel.shape[0] - 1) // 2, (kernel.shape[1] - 1) // 2
            ),
            lambda image, kernel: in_margin(image, right(image, kernel), 0, 0),
        ],
        "The response is transposed: the first index is the row (height), the second the column (width).": (
            lambda image, kernel: right(image, kernel).T
        ),
        "Your result lost its fractions: which dtype do you compute in?": (
            lambda image, kernel: np.trunc(right(image, kernel))
        ),
        CUT_OFF: lambda image, kernel: np.clip(right(image, kernel), 0, 255),
        NO_SIGN: lambda image, kernel: abs(right(image, kernel)),
    } | ended_too_early(right)


def last_weight(kernel: np.ndarray) -> np.ndarray:
    """The kernel with its last weight alone."""
    result = np.zeros(kernel.shape)
    result[-1, -1] = kernel[-1, -1]
    return result


def matrix_products(image, kernel):
    if kernel.shape[0] != kernel.shape[1]:
        return valid(image, kernel)
    return (sliding_window_view(image.astype(float), kernel.shape) @ kernel).sum((2, 3))


WHERE = "For an image of {image.shape[0]}×{image.shape[1]} and a kernel of {kernel.shape[0]}×{kernel.shape[1]}: "


@compare(images_and_kernels, "the response", WHERE)
def correlate_valid(image, kernel):
    return valid(image, kernel)


correlate_valid.otherwise = of_whole_numbers
correlate_valid.mistakes = {
    "You flipped the kernel: that is convolution. Correlation lays the kernel on the image as it is.": (
        lambda image, kernel: convolve2d(image.astype(float), kernel, mode="valid")
    ),
    "You took the mean of the products. The dot product is their sum.": (
        lambda image, kernel: valid(image, kernel) / kernel.size
    ),
    "Rows and columns of the kernel are exchanged.": (
        lambda image, kernel: valid(image, kernel.T if kernel.shape[0] == kernel.shape[1] else kernel)
    ),
    "Only the last of the products is left: add them up, do not overwrite.": (
        lambda image, kernel: valid(image, last_weight(kernel))
    ),
    "`@` and `np.dot` of two tables make the matrix product. Here values meet one by one: `*`, then a sum.": (
        matrix_products
    ),
    "Your response includes positions where the kernel hangs over the border. For `valid` the whole kernel must lie "
    "on the image.": lambda image, kernel: correlate2d(image.astype(float), kernel, mode="same"),
} | mistakes_of_loops(valid)


@compare(images_and_kernels, "the response", WHERE)
def convolve_valid(image, kernel):
    return valid(image, kernel[::-1, ::-1])


convolve_valid.otherwise = of_whole_numbers
convolve_valid.mistakes = {
    "This is correlation: the kernel was not flipped, or twice (does the function you call flip it, too?).": valid,
    "You turned the kernel upside down only. Convolution flips both axes: up-down and left-right.": (
        lambda image, kernel: valid(image, kernel[::-1])
    ),
    "You mirrored the kernel left-right only. Convolution flips both axes.": (
        lambda image, kernel: valid(image, kernel[:, ::-1])
    ),
    "You transposed the kernel. Flipping reverses the order along each axis and keeps the axes in place.": (
        lambda image, kernel: valid(image, kernel.T)
    ),
    "You turned the kernel by 90°. Flipping both axes turns it by 180°.": (
        lambda image, kernel: valid(image, np.rot90(kernel))
    ),
    "`kernel[-u, -v]` begins with the first value, since −0 is 0, and goes on backwards from the last one. The "
    "flipped kernel begins with the last one.": (
        lambda image, kernel: valid(image, np.roll(kernel[::-1, ::-1], 1, axis=(0, 1)))
    ),
    "You flipped the response, or the image as well as the kernel. Flip the kernel alone.": (
        lambda image, kernel: valid(image, kernel)[::-1, ::-1]
    ),
    "The image is flipped, or the response of a right convolution. Flip the kernel alone.": lambda image, kernel: valid(
        image[::-1, ::-1], kernel
    ),
    "Your response includes positions where the kernel hangs over the border: use `valid`.": (
        lambda image, kernel: convolve2d(image.astype(float), kernel, mode="same")
    ),
} | mistakes_of_loops(convolve_valid.right)


# ---- gaussian_kernel ----------------------------------------------------------------------------------------


def sizes_and_sigmas(rng: np.random.Generator):
    for size in (5, 3, 15, 1):
        yield {"size": size, "sigma": float(rng.uniform(1.2, 2.5))}


def bell(spread: float, place: np.ndarray) -> np.ndarray:
    axis = np.exp(-(place**2) / spread)
    return np.outer(axis, axis)


def normalised(kernel: np.ndarray) -> np.ndarray:
    return kernel / kernel.sum()


def middle(size: int) -> np.ndarray:
    """Coordinates with 0 on the middle pixel."""
    return np.arange(size) - (size - 1) / 2


@compare(sizes_and_sigmas, "the kernel", "For size {size}, sigma {sigma:.2f}: ")
def gaussian_kernel(size, sigma):
    return normalised(bell(2 * sigma**2, middle(size)))


gaussian_kernel.mistakes = {
    "The weights do not sum to 1: the blurred picture would change its brightness. Divide by their sum.": (
        lambda size, sigma: bell(2 * sigma**2, middle(size))
    ),
    "The factor 1/(2πσ²) makes the integral 1, not the sum over a cut-off grid. Divide by the sum itself.": (
        lambda size, sigma: bell(2 * sigma**2, middle(size)) / (2 * np.pi * sigma**2)
    ),
    "Each row, or each column, sums to 1 by itself. All weights together should.": [
        lambda size, sigma: bell(2 * sigma**2, middle(size)) / bell(2 * sigma**2, middle(size)).sum(1, keepdims=True),
        lambda size, sigma: bell(2 * sigma**2, middle(size)) / bell(2 * sigma**2, middle(size)).sum(1),
    ],
    "You divided by σ where the formula has σ²: sigma is the standard deviation, its square the variance.": (
        lambda size, sigma: normalised(bell(2 * sigma, middle(size)))
    ),
    "You multiplied σ by 2 where the formula squares it: `sigma**2`.": (
        lambda size, sigma: normalised(bell(4 * sigma, middle(size)))
    ),
    "You squared 2σ. In the formula only σ is squared, not the 2.": (
        lambda size, sigma: normalised(bell((2 * sigma) ** 2, middle(size)))
    ),
    "Your weights do not depend on σ. Outside the exponent it has no effect, since you divide by the sum.": (
        lambda size, sigma: normalised(bell(1, middle(size)))
    ),
    "The bell is too narrow: the exponent is divided by 2σ², not by σ².": (
        lambda size, sigma: normalised(bell(sigma**2, middle(size)))
    ),
    "Python reads `/ 2 * sigma**2` from left to right: it divides by 2 and then multiplies by σ². Use brackets.": (
        lambda size, sigma: normalised(bell(2 / sigma**2, middle(size)))
    ),
    "The minus sign of the exponent is missing: your weights grow with the distance from the middle.": (
        lambda size, sigma: normalised(bell(-2 * sigma**2, middle(size)))
    ),
    "The distance is not squared: the exponent has x² + y².": [
        lambda size, sigma: normalised(bell(2 * sigma**2, np.sqrt(abs(middle(size))))),
        lambda size, sigma: normalised(np.exp(-np.hypot(*np.meshgrid(middle(size), middle(size))) / (2 * sigma**2))),
    ],
    "All weights are 0. They are fractions, so the array must hold floats; or was nothing written into it?": (
        lambda size, sigma: np.zeros((size, size))
    ),
    "The peak is not on the middle pixel. A kernel of size 5 has the coordinates −2, −1, 0, 1, 2.": [
        lambda size, sigma: normalised(bell(2 * sigma**2, np.arange(size) - size / 2)),
        lambda size, sigma: normalised(bell(2 * sigma**2, np.arange(size))),
    ],
    "Neighbouring pixels are 1 apart: a kernel of size 5 has the coordinates −2, −1, 0, 1, 2.": [
        lambda size, sigma: normalised(bell(2 * sigma**2, np.linspace(-1, 1, size))),
        lambda size, sigma: normalised(bell(2 * sigma**2, np.linspace(-3 * sigma, 3 * sigma, size))),
    ],
    "This is the bell along one axis only. The kernel is two-dimensional, with shape (size, size).": (
        lambda size, sigma: normalised(bell(2 * sigma**2, middle(size)).sum(0))
    ),
}

# ---- gradient_magnitude -------------------------------------------------------------------------------------


def float_image_then_photo(rng: np.random.Generator):
    yield {"image": rng.normal(size=(6, 9))}
    yield {"image": np.full((5, 6), rng.integers(1, 8) / 8)}  # float32 computes exactly with eighths
    yield {"image": photo(rng, 7, 5)}


def sobel(image: np.ndarray, mode: str = "valid") -> list[np.ndarray]:
    return [correlate2d(image.astype(float), kernel, mode=mode) for kernel in (SOBEL_X, SOBEL_X.T)]


@compare(float_image_then_photo, "the magnitude", "For an image of {image.shape[0]}×{image.shape[1]}: ")
def gradient_magnitude(image):
    return np.hypot(*sobel(image))


gradient_magnitude.otherwise = of_whole_numbers
gradient_magnitude.mistakes = {
    "The square root is missing: the length of a vector (x, y) is √(x² + y²).": (
        lambda image: np.hypot(*sobel(image)) ** 2
    ),
    "You added the absolute values. That is a quick approximation; the length of (x, y) is √(x² + y²).": [
        lambda image: np.abs(sobel(image)).sum(axis=0),
        lambda image: np.abs(sobel(image)).mean(axis=0),
    ],
    "You added the two responses: where they have opposite signs, an edge cancels itself.": [
        lambda image: np.sum(sobel(image), axis=0),
        lambda image: abs(np.sum(sobel(image), axis=0)),
    ],
    "Only Sobel x is in your result: horizontal edges are lost.": [
        lambda image: abs(sobel(image)[0]),
        lambda image: sobel(image)[0],
    ],
    "Only Sobel y is in your result: vertical edges are lost.": [
        lambda image: abs(sobel(image)[1]),
        lambda image: sobel(image)[1],
    ],
    "You used Sobel x twice: horizontal edges are lost.": lambda image: np.sqrt(2) * abs(sobel(image)[0]),
    "You took the larger of the two responses. Both count: the length of (x, y) is √(x² + y²).": (
        lambda image: np.abs(sobel(image)).max(axis=0)
    ),
    "Your result is divided by its largest value, or by 8 as the kernels' weights. The magnitude itself is wanted.": [
        lambda image: np.hypot(*sobel(image)) / np.hypot(*sobel(image)).max(),
        lambda image: np.hypot(*sobel(image)) / 8,
    ],
    CUT_OFF: lambda image: np.minimum(np.hypot(*sobel(image)), 255),
    "Your result is as large as the image: with zeros around it the frame of the picture becomes an edge. "
    "Use `valid`.": lambda image: np.hypot(*sobel(image, mode="same")),
}

# ---- border_sizes -------------------------------------------------------------------------------------------


def numbers(value) -> tuple:
    """The numbers in nested lists and arrays, in order."""
    value = value.tolist() if isinstance(value, np.ndarray) else value
    return tuple(n for item in value for n in numbers(item)) if isinstance(value, list) else (value,)


SIZES = {
    "image": ((512, 512), "`image`: ask the array for its shape, `camera.shape`."),
    "channels": ((1,), "`channels`: a grey picture has one number per pixel; red, green and blue would be three."),
    "gaussian": ((15, 15), "`gaussian`: ask the kernel for its shape."),
    "sobel": ((3, 3), "`sobel`: ask the kernel for its shape."),
    "full": (
        (526, 514, 514),
        "`full` keeps every position where the kernel touches the image with at least one pixel. Try it on paper: "
        "5 pixels and a kernel of 3 give 7 positions.",
    ),
    "same": ((512, 512, 512), "`same` pads the image so that the response is as large as the image."),
    "valid": (
        (498, 510, 510),
        "`valid` keeps the positions where the whole kernel lies on the image. Try it on paper: 5 pixels and a "
        "kernel of 3 give 3 positions.",
    ),
}


@judges(functions.call)
def border_sizes(answer, case):
    found = answer["value"]
    if not isinstance(found, dict):
        return "Return a dictionary, as in the docstring."
    missing = [f"`{name}`" for name in SIZES if name not in found]
    if missing:
        return f"Your dictionary lacks {', '.join(missing)}."
    given = {name: numbers(found[name]) for name in SIZES}
    if given["full"] == SIZES["valid"][0] and given["valid"] == SIZES["full"][0]:
        return "You swapped `full` and `valid`: full is the largest response, valid the smallest."
    for name, (expected, hint) in SIZES.items():
        if given[name] not in (expected, tuple(np.repeat(expected, 2))):  # a side length, or height and width
            return hint
    return None


# ---- output_size --------------------------------------------------------------------------------------------


def sizes(rng: np.random.Generator):
    """First a case in which no two usual mistakes agree; defaults; the worked example; fits and misfits; others."""
    fixed = ((20, 5, 6, 2), (28, 5), (12, 5, 3), (5, 3, 1, 2), (8, 3, 0, 2), (3, 3, 0, 1), (2, 3, 0, 1), (4, 7, 1, 2))
    fixed += ((3, 9, 0, 1), (2, 9, 1, 2), (3, 1, 0, 5))
    drawn = [tuple(int(v) for v in rng.integers((8, 1, 0, 1), (40, 8, 4, 5))) for _ in range(6)]
    for one in (*fixed, (1, 3, 1, 1), (2, 5, 2, 1), *drawn):
        yield dict(zip(("n", "kernel", "padding", "stride"), one, strict=False))


def called(case: dict) -> str:
    given = ", ".join(f"{name}={value}" for name, value in case.items())
    left = {2: ", with padding and stride left at 0 and 1", 3: ", with stride left at 1"}
    return f"For {given}{left.get(len(case), '')}: "


@judges(functions.attempt, sizes, called)
def output_size(answer, case):
    where, (n, kernel, padding, stride) = called(case), (*case.values(), *(0, 1)[len(case) - 2 :])
    room, raised = n + 2 * padding - kernel, answer.get("raised")
    if raised and "ValueError" not in raised:
        wanted = "\nThe kernel does not fit: raise a ValueError." if room < 0 else ""
        return f"{where}your code raised {first_line(answer)}{wanted}"
    if room < 0:
        misfit = f"{where}the kernel is larger than the padded image and does not fit. Raise a ValueError."
        return None if raised else misfit
    if raised:
        more = ""
        if room == 0:
            more = " in exactly one position"
        elif room % stride:
            more = "; pixels left over after the last step are dropped, that is no error"
        return f"{where}the kernel fits{more}, but you raised {first_line(answer)}"
    arguments = (n, kernel, padding, stride)
    right = room // stride + 1
    finding = judge_number(answer["value"], right, output_size.mistakes, "the size", where, arguments)
    if finding is None and isinstance(answer["value"], float):
        return Advice("Right, but a float such as 3.0: `range` and `np.zeros` will want a whole number. Try `//`.")
    return finding


output_size.mistakes = {
    "the positions are one more than the steps: a kernel that fits exactly has 1 position, not 0.": (
        lambda n, kernel, padding, stride: (n + 2 * padding - kernel) // stride
    ),
    "you ignored the stride.": lambda n, kernel, padding, stride: n + 2 * padding - kernel + 1,
    "padding goes on both sides, so it counts twice.": (
        lambda n, kernel, padding, stride: (n + padding - kernel) // stride + 1
    ),
    "you rounded up. A kernel that would hang over the border has no position there: round down.": (
        lambda n, kernel, padding, stride: -(-(n + 2 * padding - kernel) // stride) + 1
    ),
    "the size is a whole number: round down, for example with `//`.": (
        lambda n, kernel, padding, stride: (n + 2 * padding - kernel) / stride + 1
    ),
    "you ignored the padding.": lambda n, kernel, padding, stride: (n - kernel) // stride + 1,
    "brackets are missing: Python works out `//` before `+` and `-`.": (
        lambda n, kernel, padding, stride: n + 2 * padding - kernel // stride + 1
    ),
}

# ---- conv_forward -------------------------------------------------------------------------------------------


def layers(rng: np.random.Generator):
    """Four layers of floats, the first two responses of one shape, the last of a single filter; then whole numbers."""
    for x, w, stride, padding in (
        ((6, 8, 3), (3, 3, 3, 2), 2, 1),
        ((4, 6, 2), (2, 3, 2, 2), 1, 0),
        ((9, 7, 3), (3, 2, 3, 5), 3, 2),
        ((5, 6, 2), (2, 2, 2, 1), 1, 0),
    ):
        arrays = {"x": rng.normal(size=x), "w": rng.normal(size=w), "b": rng.normal(size=w[-1]) + 1}
        yield arrays | {"stride": stride, "padding": padding}
    w, b = rng.normal(size=(3, 3, 2, 2)), rng.normal(size=2)
    common = {"b": b, "stride": 1, "padding": 0}
    yield {"x": photo(rng, 5, 6, 2), "w": w} | common
    yield {"x": rng.normal(size=(5, 6, 2)), "w": rng.integers(-3, 4, w.shape)} | common
    yield {"x": rng.normal(size=(5, 6, 2)), "w": w} | common | {"b": rng.integers(1, 9, 2)}
    yield {"x": photo(rng, 5, 6, 2), "w": photo(rng, *w.shape)} | common


def layer_response(x, w, b, stride, padding, **pad) -> np.ndarray:
    """A convolutional layer, (H, W, C) and (kh, kw, C, K) to (H', W', K), from SciPy's correlation.

    `padding` is the number of pixels on each side, or a pair (before, after).
    """
    around = padding if isinstance(padding, tuple) else (padding, padding)
    x = np.pad(x.astype(float), (around, around, (0, 0)), **pad)
    planes = [sum(correlate2d(x[..., c], k[..., c], "valid") for c in range(x.shape[2])) for k in np.moveaxis(w, 3, 0)]
    return np.stack(planes, axis=2)[::stride, ::stride] + b


def each_window_moves_by_one(x, w, b, stride, padding):
    rows, columns, _ = layer_response(x, w, b, stride, padding).shape
    return layer_response(x, w, b, 1, padding)[:rows, :columns]


@compare(layers, "the response", "For x {x.shape}, w {w.shape}, stride {stride}, padding {padding}: ")
def conv_forward(x, w, b, stride, padding):
    return layer_response(x, w, b, stride, padding)


conv_forward.otherwise = lambda x, w, b, *rest: WHOLE_NUMBERS if of_whole_numbers(x, w, b) else None
conv_forward.mistakes = {
    "The bias is missing: one number for each filter, added at every position.": (
        lambda x, w, b, *more: layer_response(x, w, 0 * b, *more)
    ),
    "The bias was added once for each channel. It is added once for each filter.": (
        lambda x, w, b, *more: layer_response(x, w, x.shape[2] * b, *more)
    ),
    "The bias was added to every product, before the sum. It is added once, to the sum.": (
        lambda x, w, b, *more: layer_response(x, w, w[..., 0].size * b, *more)
    ),
    "Each filter has a bias of its own; you added the first one to all.": (
        lambda x, w, b, *more: layer_response(x, w, b[0], *more)
    ),
    "You ignored the stride.": lambda x, w, b, stride, padding: layer_response(x, w, b, 1, padding),
    "Your windows move on by 1 pixel: the stride is missing in the position of the patch.": each_window_moves_by_one,
    "You ignored the padding.": lambda x, w, b, stride, padding: layer_response(x, w, b, stride, 0),
    "Your zeros stand on one side only: padding goes on both sides.": [
        lambda x, w, b, stride, padding: layer_response(x, w, b, stride, (padding, 0)),
        lambda x, w, b, stride, padding: layer_response(x, w, b, stride, (0, padding)),
    ],
    "You padded with copies of the border. Pad with zeros.": (
        lambda x, w, b, *more: layer_response(x, w, b, *more, mode="edge")
    ),
    "You flipped the kernel: a convolutional layer lays it on as it is.": (
        lambda x, w, b, *more: layer_response(x, w[::-1, ::-1], b, *more)
    ),
    "Your kernel looks at the first channel only. Each filter sums over all channels.": (
        lambda x, w, b, *more: layer_response(x[..., :1], w[:, :, :1], b, *more)
    ),
    "Only the last channel reaches your result: add up the channels, do not overwrite.": (
        lambda x, w, b, *more: layer_response(x[..., -1:], w[:, :, -1:], b, *more)
    ),
    "You took the mean over the channels. Each filter takes the sum.": (
        lambda x, w, b, *more: layer_response(x, w / x.shape[2], b, *more)
    ),
    "All filters are added into one plane. Each filter has a plane of its own.": (
        lambda x, w, b, *more: layer_response(x, w, b, *more).sum(2, keepdims=w.shape[3] == 1)
    ),
    "You cut off negative values. That is the activation (ReLU), which comes after the convolution.": (
        lambda x, w, b, *more: np.maximum(layer_response(x, w, b, *more), 0)
    ),
    "The filters stand on the first axis. Here the channels come last: (H, W, K).": (
        lambda x, w, b, *more: np.moveaxis(layer_response(x, w, b, *more), 2, 0)
    ),
} | ended_too_early(layer_response)

# ---- max_pool -----------------------------------------------------------------------------------------------

BLOCK_BELOW = "Your maximum starts from a number that some blocks lie below. Start from the block's own values."


def volumes(rng: np.random.Generator):
    """Blocks of 3×3 first: there a window that is one pixel too small sees more than the first pixel."""
    for shape, size in (((6, 9, 3), 3), ((5, 7, 3), 2), ((10, 11, 1), 3)):
        yield {"x": rng.normal(size=shape) - 1, "size": size}
    yield {"x": rng.normal(size=(4, 4, 2)) * 1e30 - 9e30, "size": 2}


def blocks(x: np.ndarray, size: int) -> np.ndarray:
    """(H, W, C) in blocks, (rows, size, columns, size, C), with the rest at the border dropped."""
    rows, columns = x.shape[0] // size, x.shape[1] // size
    return x[: rows * size, : columns * size].reshape(rows, size, columns, size, x.shape[2])


def every_window(x, size):
    return sliding_window_view(x, (size, size), axis=(0, 1)).max(axis=(3, 4))


def with_the_rest(x, size):
    rest = [(0, -n % size) for n in x.shape[:2]] + [(0, 0)]
    return blocks(np.pad(x, rest, constant_values=-np.inf), size).max((1, 3))


def pixels_mixed(x, size):
    rows, _, columns, _, channels = blocks(x, size).shape
    return x[: rows * size, : columns * size].reshape(rows, columns, size, size, channels).max((2, 3))


@compare(volumes, "the result", "For an array of shape {x.shape} and size {size}: ", array(tol=1e-7))
def max_pool(x, size):
    return blocks(x, size).max((1, 3))


max_pool.otherwise = lambda x, size: BLOCK_BELOW if x.max() < -1000 else None
max_pool.mistakes = {
    "Negative values are lost: your maximum starts from 0. Start from the block's own values.": (
        lambda x, size: np.maximum(blocks(x, size).max((1, 3)), 0)
    ),
    "This is average pooling. Take the largest value of each block.": lambda x, size: blocks(x, size).mean((1, 3)),
    "You added the values of each block. Take the largest one.": lambda x, size: blocks(x, size).sum((1, 3)),
    "Your blocks overlap: the window has to move on by `size` pixels, not by 1.": [
        every_window,
        lambda x, size: every_window(x, size)[: x.shape[0] // size, : x.shape[1] // size],
    ],
    "Rows or columns left over at the border are dropped, as in Keras; your result keeps them.": with_the_rest,
    "Depth must stay: pool each channel by itself.": (lambda x, size: blocks(x, size).max((1, 3, 4))),
    "You took the largest value without its sign: −5 is smaller than −2.": (
        lambda x, size: blocks(abs(x), size).max((1, 3))
    ),
    "All channels hold the same value: pool each channel by itself.": (
        lambda x, size: np.repeat(blocks(x, size).max((1, 3, 4))[..., np.newaxis], x.shape[2], axis=2)
    ),
    "Your reshape mixes pixels of different blocks: (rows, size, columns, size, C) keeps them together.": pixels_mixed,
    "You took the first pixel of each block. Take the largest one.": lambda x, size: blocks(x, size)[:, 0, :, 0],
    "You took the last pixel of each block. Take the largest one.": lambda x, size: blocks(x, size)[:, -1, :, -1],
    "You took the smallest value of each block. Take the largest one.": lambda x, size: blocks(x, size).min((1, 3)),
    "Your windows are one pixel too small: `i : i + size` already leaves out its end.": (
        lambda x, size: blocks(x, size)[:, :-1, :, :-1].max((1, 3))
    ),
} | ended_too_early(max_pool.right)

# ---- conv_parameters, dense_parameters ----------------------------------------------------------------------


def convolutional_layers(rng: np.random.Generator):
    for height, width in ((5, 7), (7, 7), (3, 3)):
        channels, filters = (int(v) for v in rng.integers((2, 8), (8, 65)))
        yield {"height": height, "width": width, "channels": channels, "filters": filters}


@compare(
    convolutional_layers, "the count", "For conv_parameters({height}, {width}, {channels}, {filters}): ", number(1e-9)
)
def conv_parameters(height, width, channels, filters):
    return (height * width * channels + 1) * filters


conv_parameters.mistakes = {
    "the biases are missing: each filter has one.": lambda h, w, channels, filters: h * w * channels * filters,
    "each filter has a bias of its own; you counted one for the whole layer.": (
        lambda h, w, channels, filters: h * w * channels * filters + 1
    ),
    "a kernel reaches through all channels: height × width × channels weights.": (
        lambda h, w, channels, filters: (h * w + 1) * filters
    ),
    "channels and biases are both missing: a kernel reaches through all channels, and each filter has a bias.": (
        lambda h, w, channels, filters: h * w * filters
    ),
    "you counted a bias for every channel. A filter sums over its channels and adds one bias.": (
        lambda h, w, channels, filters: (h * w + 1) * channels * filters
    ),
    "a bias belongs to a filter, not to a channel.": lambda h, w, channels, filters: (
        h * w * channels * filters + channels
    ),
    "you counted one filter. The layer has as many kernels as filters.": (
        lambda h, w, channels, filters: h * w * channels + 1
    ),
    "height, width and channels are multiplied, not added.": (
        lambda h, w, channels, filters: (h + w + channels + 1) * filters
    ),
    "each filter has its own weights; you counted those of one filter.": (
        lambda h, w, channels, filters: h * w * channels + filters
    ),
    "height and width of the kernel may differ; you used one of them twice.": [
        lambda h, w, channels, filters: (h * h * channels + 1) * filters,
        lambda h, w, channels, filters: (w * w * channels + 1) * filters,
    ],
}


def dense_layers(rng: np.random.Generator):
    for _ in range(3):
        inputs, units = (int(v) for v in rng.integers((20, 200), (100, 400)))
        yield {"inputs": inputs, "units": units}


@compare(dense_layers, "the count", "For dense_parameters({inputs}, {units}): ", number(1e-9))
def dense_parameters(inputs, units):
    return (inputs + 1) * units


dense_parameters.mistakes = {
    "the biases are missing: each unit has one.": lambda inputs, units: inputs * units,
    "you counted a bias for every input. The bias belongs to the unit.": lambda inputs, units: inputs * (units + 1),
    "each unit has a bias of its own; you counted one for the whole layer.": lambda inputs, units: inputs * units + 1,
    "every input is connected with every unit: multiply, do not add.": lambda inputs, units: inputs + units,
    "the connections are missing: you counted the units alone.": lambda inputs, units: units,
}

# ---- count_multiplications ----------------------------------------------------------------------------------

SIZES_OF_A_LAYER = ("n_images", "height", "width", "channels", "kernels", "size")


def convolutions(rng: np.random.Generator):
    """Numbers that tell the mistakes apart, none of them one of the convolution that the lab times; then this one."""
    choices = (11, 13), (29, 31), (37, 41), (4, 6), (16, 24), (5, 9)
    yield {name: int(rng.choice(choice)) for name, choice in zip(SIZES_OF_A_LAYER, choices, strict=True)}
    yield dict(zip(SIZES_OF_A_LAYER, (100, 100, 100, 3, 32, 7), strict=True))


CALL = "For count_multiplications({n_images}, {height}, {width}, {channels}, {kernels}, {size}): "


@compare(convolutions, "the count", CALL, number(1e-9))
def count_multiplications(n_images, height, width, channels, kernels, size):
    return n_images * height * width * kernels * size * size * channels


def without_padding(n, height, width, channels, kernels, size):
    """The multiplications with values of the image alone."""
    rows, columns = (length * size - (size // 2) * (size // 2 + 1) for length in (height, width))
    return n * rows * columns * kernels * channels


def other_size(change):
    """Kernels that lie on an image of another size: `change(length, size)` positions along a side."""
    return lambda n, h, w, c, k, s: n * change(h, s) * change(w, s) * k * s * s * c


def in_32_bits(*arguments):
    return (count_multiplications.right(*arguments) + 2**31) % 2**32 - 2**31


count_multiplications.mistakes = {
    "You forgot the channels: a kernel is as deep as the image.": lambda n, h, w, c, k, s: n * h * w * k * s * s,
    "You forgot the area of the kernel: at each position all its weights are multiplied.": (
        lambda n, h, w, c, k, s: n * h * w * k * c
    ),
    "You counted the kernel's side instead of its area.": lambda n, h, w, c, k, s: n * h * w * k * s * c,
    "In Python `^` is not a power: 3^2 is 1. A power is written with two stars.": (
        lambda n, h, w, c, k, s: n * h * w * k * (s ^ 2) * c
    ),
    "You took the kernel's side times 2. Its area is something else.": (
        lambda n, h, w, c, k, s: n * h * w * k * 2 * s * c
    ),
    "You added the channels. How many weights does a kernel have that is as deep as the image?": (
        lambda n, h, w, c, k, s: n * h * w * k * (s * s + c)
    ),
    "You forgot channels and area: each output value takes more than one multiplication.": (
        lambda n, h, w, c, k, s: n * h * w * k
    ),
    "The channels count twice: a kernel is as deep as the image, and sums over its depth.": (
        lambda n, h, w, c, k, s: n * h * w * k * s * s * c * c
    ),
    "You counted one image. There are more.": lambda n, h, w, c, k, s: h * w * k * s * s * c,
    "You counted one kernel. Each kernel makes an output of its own.": lambda n, h, w, c, k, s: n * h * w * s * s * c,
    "Your output is smaller than the image. With zero padding it has the same size.": (
        other_size(lambda length, size: length - size + 1)
    ),
    "Your output lacks as many rows and columns as the kernel has. With zero padding none is lost.": (
        other_size(lambda length, size: length - size)
    ),
    "Your output is larger than the image. With zero padding here it has the same size.": (
        other_size(lambda length, size: length + size - 1)
    ),
    "You counted the additions too. Only multiplications are wanted.": (
        lambda *sizes: 2 * count_multiplications.right(*sizes)
    ),
    "You counted the additions. Only multiplications are wanted.": (
        lambda n, h, w, c, k, s: n * h * w * k * (s * s * c - 1)
    ),
    "You counted multiplications and additions. Only multiplications are wanted.": (
        lambda n, h, w, c, k, s: n * h * w * k * (2 * s * s * c - 1)
    ),
    "You counted the bias too. It is added, not multiplied.": lambda n, h, w, c, k, s: n * h * w * k * (s * s * c + 1),
    "You left the zeros of the padding out. They are multiplied like any other value.": without_padding,
    "These are the weights of the layer. Each of them is used again at every position.": (
        lambda n, h, w, c, k, s: k * s * s * c
    ),
    "You counted one position of each image. A kernel lies on many, one after the other.": (
        lambda n, h, w, c, k, s: n * k * s * s * c
    ),
    "You used the height twice. Images may be wider than high.": lambda n, h, w, c, k, s: n * h * h * k * s * s * c,
    "You used the width twice. Images may be higher than wide.": lambda n, h, w, c, k, s: n * w * w * k * s * s * c,
    "Your number overflowed: whole numbers of 32 bits end at about 2 billion. Python's own do not end.": in_32_bits,
}
