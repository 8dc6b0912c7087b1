"""Raises what nobody catches, and exceptions whose text cannot be made."""


class Worse(BaseException):
    def __str__(self):
        raise KeyboardInterrupt

    __repr__ = __str__


def correlate_valid(image, kernel):
    raise Worse


def max_pool(x, size):
    raise KeyboardInterrupt


def conv_parameters(kernel_height, kernel_width, channels, filters):
    raise GeneratorExit


def output_size(n, kernel, padding=0, stride=1):
    raise SystemExit(0)
