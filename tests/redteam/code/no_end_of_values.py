"""Returns things without an end, or that refer to themselves."""
import itertools

loop = []
loop.append(loop)


def correlate_valid(image, kernel):
    return loop


def max_pool(x, size):
    return itertools.count()


def conv_parameters(kernel_height, kernel_width, channels, filters):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
