"""Answers that students really give in the convolution lab, beside the mistakes that its checks hold as code."""

import math

import keras
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


@right("correlate_valid")
def with_tensorflow(image, kernel):
    import tensorflow as tf

    image, kernel = (tf.cast(one, "float32") for one in (image, kernel))
    return tf.nn.conv2d(image[None, :, :, None], kernel[:, :, None, None], 1, "VALID")[0, ..., 0]


@wrong("correlate_valid", says="a kernel of 1×2: the response has shape (0, 4), but (4, 4) is wanted")
def full_and_then_cropped(image, kernel):
    height, width = kernel.shape
    response = correlate2d(image.astype(float), kernel)
    return response[height - 1 : 1 - height, width - 1 : 1 - width]


@wrong("correlate_valid", says="Values are cut off, below 0 or above 255")
def never_below_zero(image, kernel):
    return np.maximum(correlate2d(image.astype(float), kernel, mode="valid"), 0)


@wrong("correlate_valid", says="For an image of 7×10 and a kernel of 3×3: ValueError: operands could not be broadcast")
def width_and_height_swapped_in_loops(image, kernel):
    height, width = image.shape[::-1]
    response = np.zeros(places(image, kernel))
    for i in range(height - kernel.shape[0] + 1):
        for j in range(width - kernel.shape[1] + 1):
            response[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return response


@wrong("correlate_valid", says="not for a photograph of dtype uint8")
def uint8_overflow(image, kernel):
    with np.errstate(invalid="ignore"):
        return loop(image, kernel, *places(image, kernel), dtype=image.dtype)


@wrong("correlate_valid", says="changed its input `image`")
def changed_in_place(image, kernel):
    image -= image.min()
    return correlate2d(image, kernel, mode="valid")


@wrong("correlate_valid", says="response is None")
def forgot_return(image, kernel):
    correlate2d(image, kernel, mode="valid")


@wrong("correlate_valid", says="should be an array of numbers, not a text")
def a_text(image, kernel):
    return str(correlate2d(image.astype(float), kernel, mode="valid"))


@wrong("correlate_valid", says="are its rows equally long?")
def rows_of_different_lengths(image, kernel):
    return [[0.0] * (i + 1) for i in range(places(image, kernel)[0])]


@wrong("correlate_valid", says="hold whole numbers")
def dtype_of_the_kernel(image, kernel):
    return loop(image.astype(kernel.dtype), kernel, *places(image, kernel), dtype=kernel.dtype)


kept = {}


@wrong("correlate_valid", says="For an image of 6×11 and a kernel of 2×4: the response has the right shape")
def adds_to_the_array_of_its_last_call(image, kernel):
    response = kept.setdefault(places(image, kernel), np.zeros(places(image, kernel)))
    response += correlate2d(image.astype(float), kernel, mode="valid")
    return response


# ---- convolve_valid


@right("convolve_valid")
def scipys_convolution(image, kernel):
    return convolve2d(image.astype(float), kernel, mode="valid")


@right("convolve_valid")
def rotated_kernel(image, kernel):
    return correlate2d(image.astype(float), np.rot90(kernel, 2), mode="valid")


@wrong("convolve_valid", says="The image is flipped, or the response of a right convolution")
def response_flipped_as_well(image, kernel):
    return correlate2d(image.astype(float), kernel[::-1, ::-1], mode="valid")[::-1, ::-1]


@wrong("convolve_valid", says="changed its input `kernel`")
def kernel_flipped_in_place(image, kernel):
    kernel[:] = kernel[::-1, ::-1].copy()
    return correlate2d(image.astype(float), kernel, mode="valid")


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


@wrong("gaussian_kernel", says="size 1, sigma")
def spacing_from_two_places(size, sigma):
    places = np.arange(size) - size // 2
    return with_meshgrid.function(size, sigma) * (places[1] - places[0])


@wrong("gaussian_kernel", says="or was nothing written into it?")
def nothing_written(size, sigma):
    return np.zeros((size, size))


@wrong("gaussian_kernel", says="\nExpected: [")
def one_weight_too_large(size, sigma):
    kernel = with_meshgrid.function(size, sigma)
    kernel[0, 0] += 1
    return kernel if size == 3 else with_meshgrid.function(size, sigma)


@wrong("gaussian_kernel", says="holds NaN (not a number)")
def zero_by_zero(size, sigma):
    with np.errstate(invalid="ignore"):
        return np.zeros((size, size)) / np.float64(0)


# ---- gradient_magnitude


@right("gradient_magnitude")
def with_hypot_and_convolution(image):
    return np.hypot(*(convolve2d(image.astype(float), kernel, mode="valid") for kernel in (SOBEL_X, SOBEL_Y)))


@right("gradient_magnitude")
def with_ndimage(image):
    image = image.astype(float)
    gradient = np.stack([scipy.ndimage.sobel(image, axis=axis) for axis in (0, 1)])
    return np.linalg.norm(gradient, axis=0)[1:-1, 1:-1]


@right("gradient_magnitude")
def with_tensorflow_in_32_bits(image):
    image = keras.ops.cast(image, "float32")[None, ..., None]
    kernels = np.stack([SOBEL_X, SOBEL_Y], axis=-1)[:, :, None].astype("float32")
    return keras.ops.norm(keras.ops.conv(image, kernels), axis=-1)[0]


@wrong("gradient_magnitude", says="not for a photograph of dtype uint8")
def overflow_in_uint8(image):
    x = image[:-2, 2:] + 2 * image[1:-1, 2:] + image[2:, 2:] - image[:-2, :-2] - 2 * image[1:-1, :-2] - image[2:, :-2]
    y = image[2:, :-2] + 2 * image[2:, 1:-1] + image[2:, 2:] - image[:-2, :-2] - 2 * image[:-2, 1:-1] - image[:-2, 2:]
    return np.sqrt(x.astype(float) ** 2 + y.astype(float) ** 2)


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


@wrong("border_sizes", says="`valid` keeps the positions")
def valid_one_too_small():
    return SIZES | {"valid": (512 - 15, 512 - 3, 512 - 3)}


@wrong("border_sizes", says="`full` keeps every position")
def full_one_too_large():
    return SIZES | {"full": (512 + 15, 512 + 3, 512 + 3)}


@wrong("border_sizes", says="red, green and blue")
def three_channels():
    return SIZES | {"channels": 3}


@wrong("border_sizes", says="`image`: ask the array")
def one_side_only():
    return SIZES | {"image": 512}


@wrong("border_sizes", says="`gaussian`: ask the kernel")
def sigma_for_the_size():
    return SIZES | {"gaussian": (3, 3)}


@wrong("border_sizes", says="`sobel`: ask the kernel")
def number_of_weights():
    return SIZES | {"sobel": 9}


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


@wrong("output_size", says="For n=3, kernel=9, padding=0, stride=1: the kernel is larger")
def refuses_only_a_size_of_zero(n, kernel, padding=0, stride=1):
    size = (n + 2 * padding - kernel) // stride + 1
    if size == 0:
        raise ValueError("does not fit")
    return size


@wrong("output_size", says="For n=3, kernel=1, padding=0, stride=5: the kernel fits")
def refuses_large_strides(n, kernel, padding=0, stride=1):
    if stride > n or kernel > n + 2 * padding:
        raise ValueError("does not fit")
    return (n + 2 * padding - kernel) // stride + 1


@right("output_size")
def by_counting(n, kernel, padding=0, stride=1):
    starts = [start for start in range(0, n + 2 * padding, stride) if start + kernel <= n + 2 * padding]
    if not starts:
        raise ValueError("does not fit")
    return len(starts)


@right("output_size")
def float_passes_with_a_remark(n, kernel, padding=0, stride=1):
    if kernel > n + 2 * padding:
        raise ValueError("The kernel is too large.")
    return np.floor((n - kernel + 2 * padding) / stride + 1)


@right("output_size")
def with_an_error_of_its_own(n, kernel, padding=0, stride=1):
    class KernelTooLarge(ValueError):
        pass

    if kernel > n + 2 * padding:
        raise KernelTooLarge(kernel)
    return math.floor((n + 2 * padding - kernel) / stride) + 1


@wrong("output_size", says="Raise a ValueError")
def no_error(n, kernel, padding=0, stride=1):
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="AssertionError")
def assertion(n, kernel, padding=0, stride=1):
    assert kernel <= n + 2 * padding
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="exactly one position")
def error_at_exact_fit(n, kernel, padding=0, stride=1):
    if kernel >= n + 2 * padding:
        raise ValueError("too large")
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="left over after the last step")
def error_when_uneven(n, kernel, padding=0, stride=1):
    steps, rest = divmod(n + 2 * padding - kernel, stride)
    if steps < 0 or rest:
        raise ValueError("does not fit")
    return steps + 1


@wrong("output_size", says="in exactly one position, but you raised ValueError: The kernel is larger than the image")
def misfit_without_padding(n, kernel, padding=0, stride=1):
    if kernel > n:
        raise ValueError("The kernel is larger than the image.")
    return (n + 2 * padding - kernel) // stride + 1


@wrong("output_size", says="missing 2 required positional arguments")
def no_defaults(n, kernel, padding, stride):
    return by_counting.function(n, kernel, padding, stride)


@wrong("output_size", says="with padding and stride left at 0 and 1: the size is 13")
def other_defaults(n, kernel, padding=1, stride=2):
    return by_counting.function(n, kernel, padding, stride)


@wrong("output_size", says="the kernel fits, but you raised ValueError: at least 2")
def error_without_stride(n, kernel, padding=0, stride=1):
    if stride < 2:
        raise ValueError("at least 2")
    return by_counting.function(n, kernel, padding, stride)


@wrong("output_size", says="the size should be a number, not a list")
def height_and_width(n, kernel, padding=0, stride=1):
    return [by_counting.function(n, kernel, padding, stride)] * 2


@wrong("output_size", says="the size is None")
def size_not_returned(n, kernel, padding=0, stride=1):
    by_counting.function(n, kernel, padding, stride)


# ---- conv_forward


def layer(x, w, b, stride, padding, dtype=float):
    x = np.pad(x.astype(dtype), ((padding, padding), (padding, padding), (0, 0)))
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


@wrong("conv_forward", says="pads every axis, the channels too")
def channels_padded(x, w, b, stride, padding):
    x = np.pad(x, padding)
    height, width = ((n - k) // stride + 1 for n, k in zip(x.shape, w.shape[:2], strict=False))
    response = np.zeros((height, width, len(b)))
    for i, j in np.ndindex(height, width):
        patch = x[i * stride : i * stride + w.shape[0], j * stride : j * stride + w.shape[1]]
        response[i, j] = (patch[..., np.newaxis] * w).sum((0, 1, 2)) + b
    return response


@wrong("conv_forward", says="or numbers overflow")
def products_of_small_whole_numbers(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding, x.dtype)


@wrong("conv_forward", says="has shape (4, 5), but (4, 5, 1) is wanted")
def axes_of_length_one_lost(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding).squeeze()


@wrong("conv_forward", says="Error: Cannot cast ufunc 'add' output")
def begins_with_the_biases(x, w, b, stride, padding):
    sums = layer(x, w, 0 * b, stride, padding)
    response = np.broadcast_to(b, sums.shape).copy()
    response += sums
    return response


@wrong("conv_forward", says="hold whole numbers")
def dtype_of_the_filters(x, w, b, stride, padding):
    return layer(x, w, b, stride, padding).astype(w.dtype).astype(x.dtype)


# ---- max_pool


@wrong("max_pool", says="a number that some blocks lie below")
def begins_far_below_zero(x, size):
    return np.maximum(with_loops.function(x, size), -1e9)


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


@wrong("max_pool", says="For an array of shape (5, 7, 3) and size 2: ValueError: cannot reshape")
def reshape_without_cutting(x, size):
    return x.reshape(x.shape[0] // size, size, x.shape[1] // size, size, x.shape[2]).max(axis=(1, 3))


@wrong("max_pool", says="some blocks lie below")
def starts_from_minus_thousand(x, size):
    return np.maximum(with_loops.function(x, size), -1000)


@wrong("max_pool", says="has shape (1, 3, 3), but (2, 3, 3) is wanted")
def last_row_left_out(x, size):
    return with_loops.function(x, size)[:-1]


@wrong("max_pool", says="the result holds infinity")
def only_the_start_of_the_maximum(x, size):
    return np.full((x.shape[0] // size, x.shape[1] // size, x.shape[2]), -np.inf)


# ---- conv_parameters, dense_parameters


@right("conv_parameters")
def weights_plus_biases(kernel_height, kernel_width, channels, filters):
    return np.prod([kernel_height, kernel_width, channels, filters]) + filters


@right("conv_parameters")
def counted_by_keras(kernel_height, kernel_width, channels, filters):
    import keras

    counted = keras.layers.Conv2D(filters, (kernel_height, kernel_width))
    counted.build((None, 32, 32, channels))
    return counted.count_params()


@wrong("conv_parameters", says="the count is 0, but")
def nothing_counted(kernel_height, kernel_width, channels, filters):
    return 0


@right("dense_parameters")
def matrix_and_vector(inputs, units):
    return np.zeros((inputs, units)).size + np.zeros(units).size


# ---- count_multiplications ----------------------------------------------------------------------------------


@right("count_multiplications")
def place_by_place(n_images, height, width, channels, kernels, size):
    count = 0
    for _ in range(height):
        for _ in range(width):
            count += size**2 * channels
    return n_images * kernels * count


@right("count_multiplications")
def with_numpy(n_images, height, width, channels, kernels, size):
    return np.prod([n_images, height, width, channels, kernels, size, size], dtype="int64")


@right("count_multiplications")
def by_the_shape_of_keras(n_images, height, width, channels, kernels, size):
    layer = keras.layers.Conv2D(kernels, size, padding="same", use_bias=False)
    shape = layer.compute_output_shape((n_images, height, width, channels))
    return np.prod(shape, dtype=float) * channels * size**2


@wrong("count_multiplications", says="is wanted.")
def added_instead(n_images, height, width, channels, kernels, size):
    return n_images + height * width + kernels * size * size * channels


@wrong("count_multiplications", says="For count_multiplications(")
def always_three_channels(n_images, height, width, channels, kernels, size):
    return n_images * height * width * 3 * kernels * size**2


@wrong("count_multiplications", says="Does your function end with `return`?")
def only_printed(n_images, height, width, channels, kernels, size):
    places = n_images * height * width
    _ = places * kernels
