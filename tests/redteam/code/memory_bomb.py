"""Takes memory without end, in pieces and at once."""


def correlate_valid(image, kernel):
    pieces = []
    while True:
        pieces.append(bytearray(10**8))


def max_pool(x, size):
    import numpy as np

    return np.ones(10**12)
