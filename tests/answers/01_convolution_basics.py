"""Answers that students really give in lab 01."""

import math

import numpy as np
import scipy.ndimage
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d

from tests.answer_bank import right, wrong

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = SOBEL_X.T


def loop(image, kernel, rows, columns, dtype=float):
    height, width = kernel.shape
    response = np.zeros((rows, columns), dtype)
    for i in range(rows):
        for j in range(columns):
            response[i, j] = (image[i : i + height, j : j + width] * kernel).sum()
    return response


def places(image, kernel):
    return image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1


# ---- correlate_valid


@right("correlate_valid")
def with_scipy(image, kernel):
    return correlate2d(image.astype("float32"), kernel.astype("float32"), mode="valid")


@right("correlate_valid")
def with_windows(image, kernel):
    return np.einsum("ijuv,uv->ij", sliding_window_view(image, kernel.shape), kernel)


@right("correlate_valid")
def four_loops_and_lists(image, kernel):
    rows, columns = places(image, kernel)
    height, width = kernel.shape
    return [
        [
            sum(float(image[i + u, j + v]) * kernel[u, v] for u in range(height) for v in range(width))
            for j in range(columns)
        ]
        for i in range(rows)
    ]


@wrong("correlate_valid", says="flipped the kernel")
def kernel_flipped(image, kernel):
    return convolve2d(image, kernel, mode="valid")


@wrong("correlate_valid", says="row and one column are missing")
def off_by_one(image, kernel):
    rows, columns = places(image, kernel)
    return loop(image.astype(float), kernel, rows - 1, columns - 1)


@wrong("correlate_valid", says="margin of zeros")
def margin_left_as_zeros(image, kernel):
    response = np.zeros(image.shape)
    inner = correlate2d(image.astype(float), kernel, mode="valid")
    top, left = (kernel.shape[0] - 1) // 2, (kernel.shape[1] - 1) // 2
    response[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return response


@wrong("correlate_valid", says="transposed")
def axes_swapped(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="valid").T


@wrong("correlate_valid", says="could not be broadcast")
def width_and_height_swapped_in_loops(image, kernel):
    height, width = image.shape[::-1]
    response = np.zeros(places(image, kernel))
    for i in range(height - kernel.shape[0] + 1):
        for j in range(width - kernel.shape[1] + 1):
            response[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return response


@wrong("correlate_valid", says="hangs over the border")
def same_size(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="same")


@wrong("correlate_valid", says="not for a photograph of dtype uint8")
def uint8_overflow(image, kernel):
    with np.errstate(invalid="ignore"):
        return loop(image, kernel, *places(image, kernel), dtype=image.dtype)


@wrong("correlate_valid", says="changed its input `image`")
def changed_in_place(image, kernel):
    image -= image.min()
    return correlate2d(image, kernel, mode="valid")


@wrong("correlate_valid", says="None")
def forgot_return(image, kernel):
    correlate2d(image, kernel, mode="valid")


@wrong("correlate_valid", says="matrix product")
def matrix_product(image, kernel):
    rows, columns = places(image, kernel)
    height, width = kernel.shape
    return [[(image[i : i + height, j : j + width] @ kernel).sum() for j in range(columns)] for i in range(rows)]


@wrong("correlate_valid", says="hold whole numbers")
def dtype_of_the_kernel(image, kernel):
    return loop(image.astype(kernel.dtype), kernel, *places(image, kernel), dtype=kernel.dtype)


@wrong("correlate_valid", says="still hold 0")
def loops_one_step_short(image, kernel):
    response = correlate2d(image.astype(float), kernel, mode="valid")
    response[-1], response[:, -1] = 0, 0
    return response


@wrong("correlate_valid", says="cut off at 0 and 255")
def clipped(image, kernel):
    return np.clip(correlate2d(image.astype(float), kernel, mode="valid"), 0, 255)


@wrong("correlate_valid", says="lost its fractions")
def as_whole_numbers(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="valid").astype(int)


@wrong("correlate_valid", says="mean of the products")
def mean_of_products(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="valid") / kernel.size


# ---- convolve_valid


@right("convolve_valid")
def scipys_convolution(image, kernel):
    return convolve2d(image.astype(float), kernel, mode="valid")


@right("convolve_valid")
def rotated_kernel(image, kernel):
    return correlate2d(image.astype(float), np.rot90(kernel, 2), mode="valid")


@wrong("convolve_valid", says="not flipped")
def no_flip(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="valid")


@wrong("convolve_valid", says="upside down only")
def flipped_up_down(image, kernel):
    return correlate2d(image.astype(float), np.flipud(kernel), mode="valid")


@wrong("convolve_valid", says="left-right only")
def flipped_left_right(image, kernel):
    return correlate2d(image.astype(float), np.fliplr(kernel), mode="valid")


@wrong("convolve_valid", says="transposed the kernel")
def kernel_transposed(image, kernel):
    return correlate2d(image.astype(float), kernel.T, mode="valid")


@wrong("convolve_valid", says="flipped the response")
def response_flipped(image, kernel):
    return correlate2d(image.astype(float), kernel, mode="valid")[::-1, ::-1]


@wrong("convolve_valid", says="hangs over the border")
def convolved_same(image, kernel):
    return convolve2d(image.astype(float), kernel, mode="same")


@wrong("convolve_valid", says="turned the kernel by 90°")
def quarter_turn(image, kernel):
    return correlate2d(image.astype(float), np.rot90(kernel), mode="valid")


@wrong("convolve_valid", says="flipped the image")
def image_flipped(image, kernel):
    return correlate2d(image.astype(float)[::-1, ::-1], kernel, mode="valid")


# ---- gaussian_kernel


@right("gaussian_kernel")
def with_meshgrid(size, sigma):
    axis = np.linspace(-(size - 1) / 2, (size - 1) / 2, size)
    x, y = np.meshgrid(axis, axis)
    kernel = np.exp(-0.5 * (x**2 + y**2) / sigma**2) / (2 * np.pi * sigma**2)
    return kernel / kernel.sum()


@right("gaussian_kernel")
def with_impulse(size, sigma):
    impulse = np.zeros((size, size))
    impulse[size // 2, size // 2] = 1
    kernel = scipy.ndimage.gaussian_filter(impulse, sigma, truncate=20, mode="constant")
    return kernel / kernel.sum()


def bell(size, spread, centre):
    axis = np.exp(-((np.arange(size) - centre) ** 2) / spread)
    return np.outer(axis, axis)


@wrong("gaussian_kernel", says="do not sum to 1")
def not_normalised(size, sigma):
    return bell(size, 2 * sigma**2, size // 2)


@wrong("gaussian_kernel", says="integral")
def normalised_by_the_integral(size, sigma):
    return bell(size, 2 * sigma**2, size // 2) / (2 * np.pi * sigma**2)


@wrong("gaussian_kernel", says="variance")
def sigma_is_variance(size, sigma):
    kernel = bell(size, 2 * sigma, size // 2)
    return kernel / kernel.sum()


@wrong("gaussian_kernel", says="too narrow")
def factor_two_missing(size, sigma):
    kernel = bell(size, sigma**2, size // 2)
    return kernel / kernel.sum()


@wrong("gaussian_kernel", says="middle pixel")
def off_centre(size, sigma):
    kernel = bell(size, 2 * sigma**2, size / 2)
    return kernel / kernel.sum()


@wrong("gaussian_kernel", says="one axis only")
def one_dimensional(size, sigma):
    axis = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * sigma**2))
    return axis / axis.sum()


@wrong("gaussian_kernel", says="Use brackets")
def brackets_missing(size, sigma):
    x, y = np.mgrid[:size, :size] - size // 2
    kernel = np.exp(-(x**2 + y**2) / 2 * sigma**2)
    return kernel / kernel.sum()


@wrong("gaussian_kernel", says="1 apart")
def from_minus_one_to_one(size, sigma):
    axis = np.exp(-(np.linspace(-1, 1, size) ** 2) / (2 * sigma**2))
    return np.outer(axis, axis) / axis.sum() ** 2


# ---- gradient_magnitude


def sobel(image, mode="valid"):
    return (correlate2d(image.astype(float), kernel, mode=mode) for kernel in (SOBEL_X, SOBEL_Y))


@right("gradient_magnitude")
def with_hypot_and_convolution(image):
    return np.hypot(*(convolve2d(image.astype(float), kernel, mode="valid") for kernel in (SOBEL_X, SOBEL_Y)))


@right("gradient_magnitude")
def with_ndimage(image):
    image = image.astype(float)
    gradient = np.stack([scipy.ndimage.sobel(image, axis=axis) for axis in (0, 1)])
    return np.linalg.norm(gradient, axis=0)[1:-1, 1:-1]


@wrong("gradient_magnitude", says="square root")
def no_root(image):
    x, y = sobel(image)
    return x**2 + y**2


@wrong("gradient_magnitude", says="absolute values")
def absolute_values(image):
    x, y = sobel(image)
    return abs(x) + abs(y)


@wrong("gradient_magnitude", says="cancels itself")
def plain_sum(image):
    return sum(sobel(image))


@wrong("gradient_magnitude", says="Only Sobel x")
def only_x(image):
    return abs(correlate2d(image.astype(float), SOBEL_X, mode="valid"))


@wrong("gradient_magnitude", says="frame of the picture")
def with_border(image):
    return np.hypot(*sobel(image, mode="same"))


@wrong("gradient_magnitude", says="not for a photograph of dtype uint8")
def overflow_in_uint8(image):
    x = image[:-2, 2:] + 2 * image[1:-1, 2:] + image[2:, 2:] - image[:-2, :-2] - 2 * image[1:-1, :-2] - image[2:, :-2]
    y = image[2:, :-2] + 2 * image[2:, 1:-1] + image[2:, 2:] - image[:-2, :-2] - 2 * image[:-2, 1:-1] - image[:-2, 2:]
    return np.sqrt(x.astype(float) ** 2 + y.astype(float) ** 2)


@wrong("gradient_magnitude", says="Sobel x twice")
def sobel_x_twice(image):
    x = correlate2d(image.astype(float), SOBEL_X, mode="valid")
    return np.sqrt(x**2 + x**2)


@wrong("gradient_magnitude", says="cut off at 0 and 255")
def magnitude_clipped(image):
    return np.clip(np.hypot(*sobel(image)), 0, 255)


@wrong("gradient_magnitude", says="larger of the two")
def larger_response(image):
    x, y = sobel(image)
    return np.maximum(abs(x), abs(y))


# ---- border_sizes

SIZES = {
    "image": (512, 512),
    "channels": 1,
    "gaussian": (15, 15),
    "sobel": (3, 3),
    "full": (526, 514, 514),
    "same": (512, 512, 512),
    "valid": (498, 510, 510),
}


@right("border_sizes")
def as_arrays():
    return {name: np.array(value) for name, value in SIZES.items()}


@right("border_sizes")
def as_pairs():
    pairs = {name: [(n, n) for n in SIZES[name]] for name in ("full", "same", "valid")}
    return SIZES | pairs


@wrong("border_sizes", says="swapped `full` and `valid`")
def full_and_valid_swapped():
    return SIZES | {"full": SIZES["valid"], "valid": SIZES["full"]}


@wrong("border_sizes", says="`valid` keeps the places")
def valid_one_too_small():
    return SIZES | {"valid": (512 - 15, 512 - 3, 512 - 3)}


@wrong("border_sizes", says="`full` keeps every place")
def full_one_too_large():
    return SIZES | {"full": (512 + 15, 512 + 3, 512 + 3)}


@wrong("border_sizes", says="red, green and blue")
def three_channels():
    return SIZES | {"channels": 3}


@wrong("border_sizes", says="as large as the image")
def same_is_valid():
    return SIZES | {"same": SIZES["valid"]}


@wrong("border_sizes", says="lacks `valid`")
def entry_missing():
    return {name: value for name, value in SIZES.items() if name != "valid"}


@wrong("border_sizes", says="Return a dictionary")
def a_list():
    return list(SIZES.values())


# ---- output_size


@right("output_size")
def by_counting(n, kernel, padding=0, stride=1):
    starts = [start for start in range(0, n + 2 * padding, stride) if start + kernel <= n + 2 * padding]
    if not starts:
        raise ValueError("does not fit")
    return len(starts)


@right("output_size")
def with_floor(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError("The kernel is too large.")
    return math.floor((n - kernel + 2 * padding) / stride + 1)


@wrong("output_size", says="one more than the steps")
def plus_one_forgotten(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError
    return (n + 2 * padding - kernel) // stride


@wrong("output_size", says="ignored the stride")
def stride_ignored(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError
    return n + 2 * padding - kernel + 1


@wrong("output_size", says="both sides")
def padding_once(n, kernel, padding=0, stride=1):
    if kernel > n + padding:
        raise ValueError
    return (n + padding - kernel) // stride + 1


@wrong("output_size", says="rounded up")
def ceil_for_floor(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError
    return math.ceil((n + 2 * padding - kernel) / stride) + 1


@wrong("output_size", says="whole number")
def fraction(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError
    return (n + 2 * padding - kernel) / stride + 1


@wrong("output_size", says="Raise a ValueError")
def no_error(n, kernel, padding=0, stride=1):
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="AssertionError")
def assertion(n, kernel, padding=0, stride=1):
    assert kernel <= n + 2 * padding
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="exactly one place")
def error_at_exact_fit(n, kernel, padding=0, stride=1):
    if kernel >= n + 2 * padding:
        raise ValueError("too large")
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="left over after the last step")
def error_when_uneven(n, kernel, padding=0, stride=1):
    places, rest = divmod(n + 2 * padding - kernel, stride)
    if places < 0 or rest:
        raise ValueError("does not fit")
    return places + 1


@wrong("output_size", says="but you raised a ValueError: The kernel is larger than the image")
def misfit_without_padding(n, kernel, padding=0, stride=1):
    if kernel > n:
        raise ValueError("The kernel is larger than the image.")
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="missing 2 required positional arguments")
def no_defaults(n, kernel, padding, stride):
    return by_counting.function(n, kernel, padding, stride)


@wrong("output_size", says="with padding and stride left at 0 and 1")
def other_defaults(n, kernel, padding=1, stride=2):
    return by_counting.function(n, kernel, padding, stride)


@right("output_size")
def float_passes_with_a_remark(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError
    return np.floor((n + 2 * padding - kernel) / stride) + 1


@right("output_size")
def with_an_error_of_its_own(n, kernel, padding=0, stride=1):
    class KernelTooLarge(ValueError):
        pass

    if kernel > n + 2 * padding:
        raise KernelTooLarge(kernel)
    return (n + 2 * padding - kernel) // stride + 1


# ---- conv_forward


def layer(x, w, b, stride, padding, **pad):
    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)), **pad)
    patches = sliding_window_view(x, w.shape[:2], axis=(0, 1))[::stride, ::stride]
    return np.einsum("ijcuv,uvck->ijk", patches, w) + b


@right("conv_forward")
def vectorised(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding)


@right("conv_forward")
def with_keras(x, w, b, stride, padding):
    import keras

    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
    return keras.ops.conv(x[np.newaxis].astype("float32"), w.astype("float32"), stride)[0] + b.astype("float32")


@wrong("conv_forward", says="bias is missing")
def bias_left_out(x, w, b, stride, padding):
    return layer(x, w, 0, stride, padding)


@wrong("conv_forward", says="once for each channel")
def bias_for_each_channel(x, w, b, stride, padding):
    return layer(x, w, b * x.shape[2], stride, padding)


@wrong("conv_forward", says="ignored the stride")
def conv_stride_ignored(x, w, b, stride, padding):
    return layer(x, w, b, 1, padding)


@wrong("conv_forward", says="ignored the padding")
def conv_padding_ignored(x, w, b, stride, padding):
    return layer(x, w, b, stride, 0)


@wrong("conv_forward", says="copies of the border")
def padded_with_copies(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding, mode="edge")


@wrong("conv_forward", says="first channel only")
def one_channel(x, w, b, stride, padding):
    return layer(x[..., :1], w[:, :, :1], b, stride, padding)


@wrong("conv_forward", says="mean over the channels")
def mean_over_channels(x, w, b, stride, padding):
    return layer(x, w, 0, stride, padding) / x.shape[2] + b


@wrong("conv_forward", says="plane of its own")
def filters_added(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding).sum(axis=2)


@wrong("conv_forward", says="flipped")
def conv_flipped(x, w, b, stride, padding):
    return layer(x, w[::-1, ::-1], b, stride, padding)


@wrong("conv_forward", says="ReLU")
def with_relu(x, w, b, stride, padding):
    return np.maximum(layer(x, w, b, stride, padding), 0)


@wrong("conv_forward", says="channels come last")
def channels_first(x, w, b, stride, padding):
    return np.moveaxis(layer(x, w, b, stride, padding), 2, 0)


@wrong("conv_forward", says="one side only")
def zeros_at_the_end(x, w, b, stride, padding):
    return layer(np.pad(x, ((0, padding), (0, padding), (0, 0))), w, b, stride, 0)


@wrong("conv_forward", says="last channel reaches")
def channels_overwritten(x, w, b, stride, padding):
    return layer(x[..., -1:], w[:, :, -1:], b, stride, padding)


@wrong("conv_forward", says="added the first one to all")
def first_bias_for_all(x, w, b, stride, padding):
    return layer(x, w, b[0], stride, padding)


@wrong("conv_forward", says="hold whole numbers")
def dtype_of_the_filters(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding).astype(w.dtype).astype(x.dtype)


# ---- max_pool


def blocks(x, size):
    rows, columns = x.shape[0] // size, x.shape[1] // size
    return x[: rows * size, : columns * size].reshape(rows, size, columns, size, -1)


@right("max_pool")
def with_loops(x, size):
    rows, columns = x.shape[0] // size, x.shape[1] // size
    result = np.empty((rows, columns, x.shape[2]))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = x[i * size : (i + 1) * size, j * size : (j + 1) * size].max(axis=(0, 1))
    return result


@right("max_pool")
def with_keras_layer(x, size):
    import keras

    return keras.layers.MaxPooling2D(size)(x[np.newaxis].astype("float32"))[0]


@wrong("max_pool", says="starts from 0")
def starts_from_zero(x, size):
    return np.maximum(blocks(x, size).max(axis=(1, 3)), 0)


@wrong("max_pool", says="average pooling")
def mean_of_blocks(x, size):
    return blocks(x, size).mean(axis=(1, 3))


@wrong("max_pool", says="overlap")
def overlapping(x, size):
    return sliding_window_view(x, (size, size), axis=(0, 1)).max(axis=(3, 4))


@wrong("max_pool", says="left over at the border")
def rest_kept(x, size):
    rows, columns = -(-x.shape[0] // size), -(-x.shape[1] // size)
    return np.array(
        [
            [x[i * size : (i + 1) * size, j * size : (j + 1) * size].max(axis=(0, 1)) for j in range(columns)]
            for i in range(rows)
        ]
    )


@wrong("max_pool", says="Depth must stay")
def over_channels(x, size):
    return blocks(x, size).max(axis=(1, 3, 4))


@wrong("max_pool", says="first pixel")
def subsampled(x, size):
    return x[::size, ::size][: x.shape[0] // size, : x.shape[1] // size]


@wrong("max_pool", says="reshape")
def reshape_without_cutting(x, size):
    return x.reshape(x.shape[0] // size, size, x.shape[1] // size, size, x.shape[2]).max(axis=(1, 3))


@wrong("max_pool", says="some blocks lie below")
def starts_from_minus_thousand(x, size):
    return np.maximum(blocks(x, size).max(axis=(1, 3)), -1000)


@wrong("max_pool", says="All channels hold the same value")
def one_maximum_for_all_channels(x, size):
    return np.repeat(blocks(x, size).max(axis=(1, 3, 4))[..., np.newaxis], x.shape[2], axis=2)


@wrong("max_pool", says="mixes pixels")
def axes_of_reshape_mixed(x, size):
    rows, columns = x.shape[0] // size, x.shape[1] // size
    return x[: rows * size, : columns * size].reshape(rows, columns, size, size, -1).max(axis=(2, 3))


@wrong("max_pool", says="without its sign")
def largest_absolute_value(x, size):
    return blocks(abs(x), size).max(axis=(1, 3))


# ---- conv_parameters


@right("conv_parameters")
def weights_plus_biases(kernel_height, kernel_width, channels, filters):
    return np.prod([kernel_height, kernel_width, channels, filters]) + filters


@right("conv_parameters")
def counted_by_keras(kernel_height, kernel_width, channels, filters):
    import keras

    counted = keras.layers.Conv2D(filters, (kernel_height, kernel_width))
    counted.build((None, 32, 32, channels))
    return counted.count_params()


@wrong("conv_parameters", says="biases are missing")
def conv_without_bias(kernel_height, kernel_width, channels, filters):
    return kernel_height * kernel_width * channels * filters


@wrong("conv_parameters", says="one for the whole layer")
def conv_single_bias(kernel_height, kernel_width, channels, filters):
    return kernel_height * kernel_width * channels * filters + 1


@wrong("conv_parameters", says="through all channels")
def channels_forgotten(kernel_height, kernel_width, channels, filters):
    return (kernel_height * kernel_width + 1) * filters


@wrong("conv_parameters", says="bias for every channel")
def bias_per_channel(kernel_height, kernel_width, channels, filters):
    return (kernel_height * kernel_width + 1) * channels * filters


@wrong("conv_parameters", says="one filter")
def single_filter(kernel_height, kernel_width, channels, filters):
    return kernel_height * kernel_width * channels + 1


@wrong("conv_parameters", says="those of one filter")
def weights_of_one_filter(kernel_height, kernel_width, channels, filters):
    return kernel_height * kernel_width * channels + filters


@wrong("conv_parameters", says="not to a channel")
def biases_of_channels(kernel_height, kernel_width, channels, filters):
    return kernel_height * kernel_width * channels * filters + channels


@wrong("conv_parameters", says="one of them twice")
def square_kernels_only(kernel_height, kernel_width, channels, filters):
    return (kernel_height**2 * channels + 1) * filters


@wrong("conv_parameters", says="multiplied, not added")
def sides_added(kernel_height, kernel_width, channels, filters):
    return (kernel_height + kernel_width + channels + 1) * filters


# ---- dense_parameters


@right("dense_parameters")
def matrix_and_vector(inputs, units):
    return np.zeros((inputs, units)).size + np.zeros(units).size


@wrong("dense_parameters", says="biases are missing")
def dense_without_bias(inputs, units):
    return inputs * units


@wrong("dense_parameters", says="bias for every input")
def bias_per_input(inputs, units):
    return inputs * (units + 1)


@wrong("dense_parameters", says="one for the whole layer")
def dense_single_bias(inputs, units):
    return inputs * units + 1


@wrong("dense_parameters", says="multiply, do not add")
def added(inputs, units):
    return inputs + units


@wrong("dense_parameters", says="connections are missing")
def units_alone(inputs, units):
    return units
