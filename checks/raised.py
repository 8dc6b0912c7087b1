"""What an error of Keras or NumPy that a beginner cannot read means, in one sentence."""

import re

EXPLANATIONS = {
    r"operands could not be broadcast together with shapes \(.*,.*,.*\) \(.*,.*,.*\)": (
        "Two arrays of different shapes meet: print both. (`np.pad(x, 1)` pads every axis, the channels too.)"
    ),
    r"Cannot convert '\d+' to a shape|TypeError: 'int' object is not iterable": (
        "A shape is a tuple, and a tuple of one number needs a comma: `keras.Input((64,))`."
    ),
    r"Exception encountered when calling .*ndim|expected (min_)?ndim=\d+, found ndim=\d+": (
        "A layer got an array with another number of axes than it needs. Look at the output of the layer before it."
    ),
}


def explanation(reason: str) -> str | None:
    """The sentence for what was raised; None where the error speaks for itself."""
    return next((sentence for pattern, sentence in EXPLANATIONS.items() if re.search(pattern, reason)), None)
