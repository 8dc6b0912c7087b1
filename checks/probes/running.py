"""Runs a probe, and with it a student's code, case by case. Whatever goes wrong in the student's code becomes data.

The records, one per case: {"answer": plain data, "changed": names of inputs that were changed in place, "warnings":
texts}. The last one may be {"status": ..., "reason": ...} instead, and then no more cases were run.
"""

import contextlib
import io
import linecache
import re
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

import helpers
from checks import plain
from checks.plain import Unusable
from helpers.session import not_attempted

NOT_ATTEMPTED, RAISED, NOT_YET = "not attempted", "your code raised", "not yet"

# Libraries warn their own authors of these, not students.
QUIET = DeprecationWarning | PendingDeprecationWarning | ResourceWarning
OUR_OWN = "The structure of `inputs`"  # begins a warning of Keras when a probe calls a network; `fit` does not cause it


def collect(probe: Callable, student, request: str, exercise: str) -> str:
    """The records of `probe(student, case)` for the cases in `request`, JSON to JSON."""
    if not callable(student):
        hint = f"Pass the function itself, without calling it: `checks.{exercise}({exercise})`."
        return plain.encode([{"status": NOT_YET, "reason": hint}])
    records = []
    with full_precision():
        for case, untouched in zip(plain.decode(request), plain.decode(request), strict=True):
            records.append(_observe(probe, student, case, untouched))
            if "status" in records[-1]:
                break
    try:
        return plain.encode(records)
    except Unusable as problem:
        return plain.encode([{"status": NOT_YET, "reason": str(problem)}])


@contextlib.contextmanager
def full_precision():
    """Let layers made here compute in 32 bits, so that an answer is judged alike on every machine."""
    keras = sys.modules.get("keras")
    if keras is None:  # then nobody has chosen a precision
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def call(function: Callable, *args, **kwargs) -> dict:
    """For probes that expect an error: {'value': ...} or {'raised': ['MyError', 'ValueError', ...], 'text': ...}."""
    try:
        return {"value": function(*args, **kwargs)}
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001 - which exception a student's code raises is the answer
        # Without Keras' colours for terminals, and TensorFlow's names for its own parts.
        said = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\} ?| ?\[Op:.*", "", str(error))
        return {"raised": [kind.__name__ for kind in type(error).__mro__], "text": said[:400]}


def first_line(failure: dict) -> str:
    """What `call` caught, in one line: of Keras' errors not the first one, which only names the layer."""
    lines = [line for line in failure["text"].strip().splitlines() if line.strip()]
    said = lines[1:2] if lines and lines[0].startswith("Exception encountered when calling") else lines[:1]
    return f"{failure['raised'][0]}: {' '.join(said)}".strip().removesuffix(":")


def _observe(probe: Callable, student, case: dict, untouched: dict) -> dict:
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("always")
        try:
            answer = plain.to_plain(probe(student, case))
        except Unusable as problem:
            return {"status": NOT_YET, "reason": str(problem)}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - any exception of a student's code is an outcome
            if isinstance(error, NotImplementedError) and _is_own(traceback.extract_tb(error.__traceback__)[-1]):
                return {"status": NOT_ATTEMPTED, "reason": not_attempted(error)}
            return {"status": RAISED, "reason": _what_and_where(error, student)}
    changed = [name for name, value in untouched.items() if not _same(value, case[name])]
    heard = [one for one in caught if not (issubclass(one.category, QUIET) or str(one.message).startswith(OUR_OWN))]
    return {
        "answer": answer,
        "changed": changed,
        "warnings": [f"{warning.category.__name__}: {warning.message}" for warning in heard],
    }


def _same(one, other) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _what_and_where(error: BaseException, student) -> str:
    """What was raised, and the line in the exercise's own function on the way there."""
    said = str(traceback.TracebackException.from_exception(error))  # safe even where str(error) raises
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)  # Keras colours its messages for terminals
    said = "\n".join(said.strip().splitlines()[:3])[:400]
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, SystemExit):
        text = "SystemExit: your function ends the program. Use `return`."
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = list(zip(traceback.extract_tb(error.__traceback__), codes, strict=True))
    own = [line for line in lines if _is_own(line[0])]
    if not own:
        return text
    name = getattr(student, "__qualname__", "")
    exercise = [line for line in own if line[1].co_qualname == name or line[1].co_qualname.startswith(f"{name}.")]
    frame = (exercise or own)[-1][0]
    text += f"\nIt happened in line {frame.lineno} of your cell, in `{frame.name}`: {_source(frame)}"
    deepest = own[-1][0]
    if deepest is not frame:
        text += f"\nThis line leads to `{deepest.name}`, which failed in its line: {_source(deepest)}"
    return text


def _source(frame: traceback.FrameSummary) -> str:
    return linecache.getline(frame.filename, frame.lineno).strip()


def _is_own(frame: traceback.FrameSummary) -> bool:
    """True for a line of the student's: neither of the course, nor of Python, nor of an installed package."""
    installed = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
    others = Path(plain.__file__).parent, Path(helpers.__file__).parent, *installed
    file = Path(frame.filename)
    return not frame.filename.startswith("<frozen") and not any(folder in file.parents for folder in others)
