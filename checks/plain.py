"""Plain data, all that passes between the two halves of a check: numbers, strings, arrays, lists and dicts of them.

It travels as JSON. Reading it executes nothing, and whatever the bytes are, the answer is data or one clear sentence.
"""

import base64
import json
import math
import re

import numpy as np

from helpers.messages import CourseError

MAX_BYTES = 8_000_000  # of one encoded answer: fifty times what any check needs
ARRAY_KEYS = {"dtype", "shape", "base64"}  # how an array is written in JSON
KIND = re.compile(r"[<>|=][biuf]\d\d?")  # NumPy reads much more as a dtype, some of it as Python


class Unusable(CourseError):
    """Something that cannot be turned into plain data, or read from it; the message says why."""


def to_plain(value):
    """Numbers, strings, arrays, lists and dicts of them. Tensors become arrays. Raises Unusable for the rest."""
    if isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, int) and abs(value) >= 2**63:
        raise Unusable(f"Your answer holds a whole number of {len(hex(value)) * 1.2:.0f} digits: is it meant?")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        if set(value) == ARRAY_KEYS:
            raise Unusable("Your answer is a dictionary that nothing was asked for.")
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind in "biuf" and array.nbytes <= MAX_BYTES:
            return array.astype(float) if array.dtype.itemsize > 8 else array
        if array.dtype.kind in "biuf":
            raise Unusable(
                f"Your answer holds {array.nbytes / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        if isinstance(value, np.ndarray):  # a table, say, is named by its own type, below
            raise Unusable(f"Your answer holds an array of dtype {array.dtype}; plain numbers are wanted.")
    more = " Use a list or a tuple." if isinstance(value, set | frozenset) else " The docstring says what to return."
    raise Unusable(f"Your answer is of type {type(value).__name__}.{more}")


def encode(data) -> str:
    """Plain data as JSON. Raises Unusable where it is too large."""

    def default(array: np.ndarray) -> dict:
        raw = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {"dtype": array.dtype.str, "shape": array.shape, "base64": raw}

    text = json.dumps(data, default=default)
    if len(text) > MAX_BYTES:
        raise Unusable(f"Your answer takes {len(text) / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read.")
    return text


def decode(text: str):
    """The inverse of `encode`; arrays can be written to. Raises Unusable for what `encode` cannot have made."""
    if len(text) > MAX_BYTES:
        raise Unusable(f"it has {len(text) / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read.")
    try:
        return json.loads(text, object_hook=_array_or_dict)
    except (ValueError, RecursionError) as error:  # also JSON's and base64's own errors
        raise Unusable(f"it is not JSON as a check writes it ({type(error).__name__}).") from None


def _array_or_dict(item: dict):
    if set(item) != ARRAY_KEYS:
        return item
    dtype, shape, raw = item["dtype"], item["shape"], item["base64"]
    well_formed = isinstance(dtype, str) and KIND.fullmatch(dtype) and isinstance(shape, list) and isinstance(raw, str)
    if not well_formed or not all(type(length) is int and length >= 0 for length in shape) or len(shape) > 32:
        raise Unusable("it holds an array of no known form.")
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise Unusable("it holds an array of no known type.") from None
    content = base64.b64decode(raw, validate=True)
    if math.prod(shape) * kind.itemsize != len(content):
        raise Unusable("it holds an array whose type, shape and content do not fit together.")
    return np.frombuffer(content, kind).reshape(shape).copy()
