"""A check has two halves: a probe runs beside the student's code, a judge looks at plain data alone.

    @check(cases=random_images)
    def correlate_valid(student, case):                                  # the probe
        return {"response": student(case["image"], case["kernel"])}

    @correlate_valid.judge
    def _(answer, case):                                                 # the judge
        return judge_array(answer["response"], correlate2d(case["image"], case["kernel"], "valid"), ...)

`correlate_valid(students_function)` in a notebook runs both. The cases are drawn from a seed, so the same check
with another seed is the hidden test. What passes from probe to judge is JSON (`encode`, `decode`): expected
values need never enter the process that runs a student's code.

A judge returns None (right), a string (not yet, because ...), `Reason` (the same with a picture) or `Advice`
(right, with a remark).
"""

import base64
import contextlib
import copy
import io
import json
import linecache
import re
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import helpers
from helpers.messages import CourseError, Message
from helpers.session import not_attempted

MAX_BYTES = 8_000_000  # of one encoded answer: fifty times what any check needs

ARRAY_KEYS = {"dtype", "shape", "base64"}  # how an array is written in JSON

NOT_ATTEMPTED, RAISED, NOT_YET, RIGHT = "not attempted", "your code raised", "not yet", "right"
KINDS = {NOT_ATTEMPTED: "info", RAISED: "bad", NOT_YET: "warning", RIGHT: "good"}


class CheckFailed(CourseError):
    """The verdict was not 'right'. nbgrader sees an error, the student its first sentence under the message box."""

    def _render_traceback_(self) -> list[str]:
        status, _, reason = str(self).partition(". ")
        sentence = re.split(r"(?<=[.!?])\s|\n", reason)[0]
        return [f"{status}. {sentence}"]


class Unusable(CourseError):
    """An answer that cannot be turned into plain data; the message says why."""


@dataclass
class Reason:
    """Why an answer is not right yet. `expected` and `yours`, (H, W) arrays, become a picture."""

    text: str
    expected: np.ndarray | None = None
    yours: np.ndarray | None = None


@dataclass
class Advice:
    """The answer is right, and the student should still read this."""

    text: str


@dataclass
class Outcome:
    """What a check says: one of the four statuses and a reason in plain sentences."""

    exercise: str
    status: str
    reason: str = ""
    comparison: Reason | None = None

    def message(self) -> Message:
        """The outcome as a box, with expected / yours / difference where a picture says it better."""
        picture = ""
        if self.comparison is not None and self.comparison.yours is not None:
            from helpers import plots

            picture = plots.comparison_html(self.comparison.expected, self.comparison.yours)
        return Message(KINDS[self.status], f"{self.exercise}: {self.status}", self.reason, picture)


@dataclass
class Check:
    """One exercise's check. Call it with the student's answer; see the module's first lines."""

    exercise: str
    probe: Callable
    cases: Callable[[np.random.Generator], Iterable[dict]]
    judges: list[Callable] = field(default_factory=list)
    latest: Outcome | None = None

    def judge(self, function: Callable) -> Callable:
        """Decorator: `function(answer, case)` is this check's judge."""
        self.judges = [function]
        return function

    def __call__(self, student, seed: int = 0) -> None:
        """Show the outcome. Raises CheckFailed (one line, no traceback) for every outcome but 'right'."""
        outcome = self.verdict(self.collect(student, seed), seed)
        self.latest = outcome
        if not seed or outcome.status != RIGHT:  # a hidden test that agrees has nothing to add
            outcome.message().show()
        if outcome.status != RIGHT:
            raise CheckFailed(f"{self.exercise}: {outcome.status}. {outcome.reason}")

    def collect(self, student, seed: int = 0) -> str:
        """Run the probe on every case; returns JSON. Knows nothing of what is right."""
        if not callable(student):
            hint = f"Pass the function itself, without calling it: `checks.{self.exercise}({self.exercise})`."
            return encode([{"status": NOT_YET, "reason": hint}])
        records = []
        for case in self.cases(np.random.default_rng(seed)):
            records.append(_observe(self.probe, student, case))
            if "answer" not in records[-1]:
                break
        try:
            return encode(records)
        except Unusable as problem:
            return encode([{"status": NOT_YET, "reason": str(problem)}])

    def verdict(self, collected: str, seed: int = 0) -> Outcome:
        """Judge what `collect` returned; the first case that is not right decides."""
        advice = ""
        cases = list(self.cases(np.random.default_rng(seed)))
        try:
            records = decode(collected)
        except (ValueError, TypeError, Unusable) as error:
            return Outcome(self.exercise, NOT_YET, f"Your answer cannot be read: {error}")
        for record, case in zip(records, cases, strict=False):
            if "answer" not in record:
                return Outcome(self.exercise, record["status"], record["reason"])
            if record["changed"]:
                names = " and ".join(f"`{name}`" for name in record["changed"])
                return Outcome(
                    self.exercise,
                    NOT_YET,
                    f"Your function changed its input {names} in place. Work on a copy, or write into a new array: "
                    "whoever calls your function still needs the original.",
                )
            try:
                finding = self.judges[0](record["answer"], case)
            except Unusable as problem:
                finding = str(problem)
            if isinstance(finding, str):
                finding = Reason(finding)
            if isinstance(finding, Reason):
                return Outcome(self.exercise, NOT_YET, finding.text, finding)
            if isinstance(finding, Advice):
                advice = finding.text
            if record["warnings"] and not advice:
                advice = f"Right, but your code caused a warning: {record['warnings'][0]}"
        return Outcome(self.exercise, RIGHT, advice or "All cases agree.")


def check(cases: Callable[[np.random.Generator], Iterable[dict]] = lambda rng: [{}]) -> Callable:
    """Decorator that turns a probe `probe(student, case) -> plain data` into a Check of the same name.

    `cases(rng)` yields the cases, dicts of arrays and numbers, drawn from the generator it is given.
    """
    return lambda probe: Check(probe.__name__, probe, cases)


def summary(lab_checks) -> Message:
    """The table of a lab's checks and their latest outcomes. `lab_checks` is the lab's check module."""
    found = [value for value in vars(lab_checks).values() if isinstance(value, Check)]
    status = {one.exercise: one.latest.status if one.latest else "not run in this session" for one in found}
    right = sum(value == RIGHT for value in status.values())
    lines = [f"{'✓' if value == RIGHT else '·'} {name}: {value}" for name, value in status.items()]
    return Message(
        "good" if right == len(found) else "info",
        f"{right} of {len(found)} checks are right",
        "\n".join(lines),
    )


# ---- running a student's code -------------------------------------------------------------------------------


def _observe(probe: Callable, student, case: dict) -> dict:
    """Run the probe on a copy of the case. Whatever goes wrong in the student's code becomes data."""
    mine = copy.deepcopy(case)
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("always")
        try:
            answer = to_plain(probe(student, mine))
        except Unusable as problem:
            return {"status": NOT_YET, "reason": str(problem)}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - any exception of a student's code is an outcome
            if isinstance(error, NotImplementedError) and _is_own(traceback.extract_tb(error.__traceback__)[-1]):
                return {"status": NOT_ATTEMPTED, "reason": not_attempted(error)}
            return {"status": RAISED, "reason": _where(error)}
    changed = [name for name, value in case.items() if not _same(value, mine[name])]
    # These speak to the authors of libraries, not to students.
    quiet = DeprecationWarning | PendingDeprecationWarning | ResourceWarning
    heard = [w for w in caught if not issubclass(w.category, quiet)]
    messages = [f"{w.category.__name__}: {w.message}" for w in heard]
    return {"answer": answer, "changed": changed, "warnings": messages}


def _same(one, other) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    return one == other


def _where(error: BaseException) -> str:
    """One sentence: what was raised, and the last line of the student's own code on the way there."""
    said = str(traceback.TracebackException.from_exception(error))  # safe even where str(error) raises
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)  # Keras colours its messages for terminals
    said = "\n".join(said.strip().splitlines()[:3])[:400]
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, SystemExit):
        text = "SystemExit: your function ends the program. Use `return`."
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame)]
    if not own:
        return text
    source = linecache.getline(own[-1].filename, own[-1].lineno).strip()
    return f"{text}\nIt happened in line {own[-1].lineno} of your cell, in `{own[-1].name}`: {source}"


def _is_own(frame: traceback.FrameSummary) -> bool:
    """True for a line of the student's: neither of the course, nor of Python, nor of an installed package."""
    others = (
        Path(__file__).parent,
        Path(helpers.__file__).parent,
        *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
    )
    file = Path(frame.filename)
    return not frame.filename.startswith("<frozen") and not any(folder in file.parents for folder in others)


def call(function: Callable, *args, **kwargs) -> dict:
    """For probes that expect an error: {'value': ...} or {'raised': ['MyError', 'ValueError', ...], 'text': ...}."""
    try:
        return {"value": function(*args, **kwargs)}
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001 - which exception a student's code raises is the answer
        return {"raised": [kind.__name__ for kind in type(error).__mro__], "text": str(error)[:400]}


def first_line(failure: dict) -> str:
    """What `call` caught, in one line."""
    return f"{failure['raised'][0]}: {failure['text']}".strip().splitlines()[0]


# ---- plain data ---------------------------------------------------------------------------------------------


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
        if array.dtype.kind not in "biuf":
            raise Unusable(f"Your answer holds an array of dtype {array.dtype}; plain numbers are wanted.")
        if array.nbytes > MAX_BYTES:
            raise Unusable(
                f"Your answer holds {array.nbytes / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        return array.astype(float) if array.dtype.itemsize > 8 else array
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
    """The inverse of `encode`. Reads numbers, strings and arrays, and executes nothing."""

    def hook(item: dict):
        if set(item) == ARRAY_KEYS:
            dtype = np.dtype(item["dtype"])
            if dtype.hasobject:
                raise Unusable("Arrays of objects are not read.")
            return np.frombuffer(base64.b64decode(item["base64"]), dtype).reshape(item["shape"])
        return item

    return json.loads(text, object_hook=hook)


# ---- judging arrays and numbers -----------------------------------------------------------------------------


def judge_array(
    yours,
    expected: np.ndarray,
    mistakes: dict[str, np.ndarray | list[np.ndarray]] | None = None,
    name: str = "the result",
    where: str = "",
    otherwise: str = "",
    tol: float = 1e-4,
) -> Reason | None:
    """Compare an answer with what is expected, and with the results of usual mistakes.

    `mistakes` maps a sentence to the array, or the arrays, that this mistake gives; one that agrees with `expected`
    is passed over. `where` names the case, for messages that need it ("For an image of 5×7: "); `otherwise` is said
    of a wrong answer that is none of the mistakes. `tol` is relative to the largest expected value, so that float32
    answers pass.
    """
    name = name.capitalize() if not where else name
    if yours is None:
        return Reason(f"{where}{name} is None. Does your function end with `return`?")
    if isinstance(yours, list):
        try:
            yours = np.array(yours)
        except ValueError:
            return Reason(f"{where}{name} is a list that is no array of numbers: are its rows equally long?")
    if isinstance(yours, dict | str | bool):
        return Reason(f"{where}{name} should be an array of numbers, not {_kind(yours)}.")
    yours, expected = np.asarray(yours), np.asarray(expected)
    if yours.dtype.kind not in "biuf":
        return Reason(f"{where}{name} should be an array of numbers; yours holds something else.")
    if close(yours, expected, tol):
        return None
    for sentence, results in (mistakes or {}).items():
        for result in results if isinstance(results, list) else [results]:
            if not close(np.asarray(result), expected, tol) and close(yours, np.asarray(result), tol):
                return _with_picture(sentence, expected, yours)
    if otherwise:
        return Reason(otherwise)
    if yours.shape != expected.shape:
        return Reason(f"{where}{name} has shape {yours.shape}, but {expected.shape} is wanted.")
    if not np.isfinite(yours).all():
        kind, cause = ("NaN (not a number)", "0/0 or the root of a negative number")
        if not np.isnan(yours).any():
            kind, cause = "infinity", "a division by 0"
        return Reason(f"{where}{name} holds {kind}, for example from {cause}.")
    wrong = ~np.isclose(yours, expected, rtol=0, atol=_absolute(expected, tol))
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f", first at index {first}" if first else ""
    text = f"{where}{name} has the right shape, but {wrong.mean():.0%} of its values are off{place}."
    return _with_picture(text, expected, yours)


def close(yours: np.ndarray, expected: np.ndarray, tol: float = 1e-4) -> bool:
    """Same shape, and equal within `tol` times the largest expected value."""
    return yours.shape == expected.shape and np.allclose(yours, expected, rtol=0, atol=_absolute(expected, tol))


def _absolute(expected: np.ndarray, tol: float) -> float:
    return tol * max(1e-6, float(np.nanmax(np.abs(expected), initial=0)))


def _with_picture(text: str, expected: np.ndarray, yours: np.ndarray) -> Reason:
    drawable = expected.ndim == 2 and yours.ndim == 2 and np.isfinite(yours).all()
    if drawable and min(*expected.shape, *yours.shape) > 2:
        return Reason(text, expected, yours)
    return Reason(text)


def judge_number(
    yours, expected: float, mistakes: dict[str, float], name: str = "the result", where: str = ""
) -> str | None:
    """Compare a number with what is expected, and with what usual mistakes give (sentence to number).

    `where` names the case: "For n = 5: ".
    """
    name = name.capitalize() if not where else name
    if isinstance(yours, np.ndarray) and yours.size == 1:
        yours = yours.item()
    if yours is None:
        return f"{where}{name} is None. Does your function end with `return`?"
    if isinstance(yours, bool) or not isinstance(yours, int | float):
        return f"{where}{name} should be a number, not {_kind(yours)}."
    if np.isclose(yours, expected):
        return None
    for sentence, number in mistakes.items():
        if np.isclose(yours, number) and not np.isclose(number, expected):
            return f"{where}{sentence}"
    return f"{where}{name} is {yours:,}, and that is not right."


def _kind(value) -> str:
    """What a plain value is, in a student's words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return {dict: "a dictionary", list: "a list", str: "a text", bool: "True or False"}[type(value)]
