"""A judge from a right function, and from wrong functions with their sentences.

    @compare(volumes, "the result", "For an array of shape {x.shape} and size {size}: ")
    def max_pool(x, size):
        return blocks(x, size).max((1, 3))

    max_pool.mistakes = {
        "This is average pooling. Take the largest value of each block.": lambda x, size: blocks(x, size).mean((1, 3)),
    }

A case is a dict of the student's arguments, in their order: the right function, the wrong ones and the student's get
the same. The wrong ones run on the judge's side alone, and only if the answer is not right. Where a mistake makes no
difference, its function returns what is right. What the answer is, is said by a form: `array`, `number`, or `pair` and
`table` of these.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from checks.core import Check, Finding, Reason
from checks.probes import functions

FEW = 12  # values that are printed; of larger arrays the shape, and one value


# ---- forms: what an answer is -------------------------------------------------------------------------------


@dataclass(frozen=True)
class array:  # noqa: N801
    """An array of numbers. tol: relative to the largest expected value, so that float32 answers pass.

    dtype: what the text asks for, such as "float32". lists: whether a list will do. numpy: whether a tensor will not.
    """

    tol: float = 1e-4
    dtype: str = ""
    lists: bool = True
    numpy: bool = False

    def same(self, yours, expected) -> bool:
        yours, expected = as_array(yours), as_array(expected)
        return yours is not None and expected is not None and close(yours, expected, self.tol)

    def flaw(self, yours, name: str, kind: str) -> str | None:
        """What is wrong with an array of the right values."""
        if self.numpy and kind != "ndarray" or not self.lists and kind in ("list", "tuple"):
            return f"The values are right, but their type is {kind}. An array is wanted: `np.array` makes one of it."
        if self.dtype and as_array(yours).dtype != self.dtype:
            return f"The values are right, but {name} is {as_array(yours).dtype} and not {self.dtype}."
        return None

    def unlike(self, yours, expected, name: str, where: str = "") -> Reason:
        name = name if where else name[:1].upper() + name[1:]
        if yours is None:
            return Reason(f"{where}{name} is None. Does your function end with `return`?")
        if isinstance(yours, dict | str | bool):
            return Reason(f"{where}{name} should be an array of numbers, not {kind(yours)}.")
        if as_array(yours) is None:
            fault = "is a list or tuple that is no array of numbers: are its rows equally long?"
            if not ragged(yours):
                fault = "should be an array of numbers; yours holds something else."
            return Reason(f"{where}{name} {fault}")
        yours, expected = as_array(yours), as_array(expected)
        if yours.shape != expected.shape:
            return Reason(
                f"{where}{name} has shape {yours.shape}, but {expected.shape} is wanted.{shown(yours, expected)}"
            )
        if not np.isfinite(yours).all() and np.isfinite(expected).all():
            what, cause = ("NaN (not a number)", "0/0 or the root of a negative number")
            if not np.isnan(yours).any():
                what, cause = "infinity", "a division by 0"
            return Reason(f"{where}{name} holds {what}, for example from {cause}.")
        wrong = ~np.isclose(yours, expected, rtol=0, atol=absolute(expected, self.tol))
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        share = f"{wrong.mean():.0%} of its"
        if share.startswith(("0%", "100%")) and not wrong.all():
            share = f"{wrong.sum():,} of its {wrong.size:,}"
        text = f"{where}{name} has the right shape, but {share} values are off"
        if yours.size <= FEW:
            return with_picture(f"{text}.{shown(yours, expected)}", expected, yours)
        text += f", first at index {first}: expected {printed(expected[first])}, yours {printed(yours[first])}."
        return with_picture(text, expected, yours)


@dataclass(frozen=True)
class number:  # noqa: N801
    """One number; whole ones must be equal. tol: relative."""

    tol: float = 1e-5

    def same(self, yours, expected) -> bool:
        yours, expected = as_number(yours), as_number(expected)
        if yours is None or expected is None:
            return False
        whole = float(yours).is_integer() and float(expected).is_integer()
        return bool(yours == expected if whole else np.isclose(yours, expected, rtol=self.tol))

    def flaw(self, yours, name: str, kind: str) -> None:
        """Nothing: a number of the right value is right."""

    def unlike(self, yours, expected, name: str, where: str = "") -> Reason:
        name = name if where else name[:1].upper() + name[1:]
        if yours is None:
            return Reason(f"{where}{name} is None. Does your function end with `return`?")
        if as_number(yours) is None:
            return Reason(f"{where}{name} should be a number, not {kind(yours)}.")
        # Without a named case there is one right number, which is for the student to find.
        wanted = f"but {printed(as_number(expected))} is wanted" if where else "and that is not right"
        return Reason(f"{where}{name} is {printed(as_number(yours))}, {wanted}.")


class Part(NamedTuple):
    """A part of an answer that is compared by itself. `of` takes the same part out of a right or wrong result."""

    name: str
    form: array | number
    yours: object
    of: Callable


@dataclass(frozen=True)
class pair:  # noqa: N801
    """Several values that are returned together, each with its name and form: pair({"the images": array(), ...}).

    whole: whether a mistake must explain all of them: by chance it may give one of the numbers.
    """

    parts: dict
    whole: bool = False

    def split(self, answer, expected) -> str | list[Part]:
        """The parts, or what is wrong with the answer as a whole."""
        value, n = answer["value"], len(self.parts)
        names = list(self.parts)
        wanted = f"{COUNTS.get(n, n)} values are wanted, {' and '.join(names)}"
        if value is None:
            return f"{wanted}; your function returned None. Does it end with `return`?"
        if not isinstance(value, list) and not (isinstance(value, np.ndarray) and value.ndim and len(value) == n):
            return f"{wanted}; your function returned {kind(value)}."
        if len(value) != n:
            return f"{wanted}; your function returned {len(value)}."
        value = value.tolist() if isinstance(value, np.ndarray) and value.ndim == 1 else value
        return [
            Part(name, form, value[k], lambda result, k=k: result[k])
            for k, (name, form) in enumerate(self.parts.items())
        ]


@dataclass(frozen=True)
class table:  # noqa: N801
    """A pandas DataFrame with these columns of numbers; other columns are free. Its probe is `functions.table`.

    The right function, and the wrong ones, return a DataFrame. not_finite: what to say after "The recall of row 2 is
    NaN, None or infinity. "
    """

    columns: tuple
    rows: str = "One row per model is wanted"
    not_finite: str = ""
    tol: float = 1e-3

    def split(self, answer, expected) -> str | list[Part]:
        if answer["kind"] == "Styler":
            return "Your function returned a styled table, which is for looking at. Return the DataFrame itself."
        if answer["kind"] != "DataFrame":
            more = " Does it end with `return`?" if answer["kind"] == "NoneType" else ""
            returned = "None" if answer["kind"] == "NoneType" else answer["kind"]
            return f"A pandas DataFrame is wanted, but your function returned {returned}.{more}"
        found = answer["columns"]
        missing = [column for column in self.columns if column not in found]
        if missing and set(missing) <= set(answer["rows"]):
            return "Rows and columns are exchanged in your table."
        if missing:
            names = ", ".join(found) or "none"
            return f"Missing: the column {' and the column '.join(missing)}; the columns of your table: {names}."
        for column in self.columns:
            if len(found[column]) != len(expected):
                return f"{self.rows}: {len(expected)}. Your table has {len(found[column])}."
            if any(not isinstance(value, int | float | None) for value in found[column]):
                return (
                    "Your table should hold one number in each place, not texts or lists. Whoever prints it may round."
                )
            for row, value in enumerate(found[column]):
                if value is None or not np.isfinite(value):
                    return f"The {column} of row {row} is NaN, None or infinity. {self.not_finite}".strip()
        return [
            Part(f"the column {column}", array(self.tol), found[column], lambda result, column=column: result[column])
            for column in self.columns
        ]


COUNTS = {2: "Two", 3: "Three", 4: "Four"}

# ---- the judge ----------------------------------------------------------------------------------------------


@dataclass
class Comparison(Check):
    """A check whose judge compares with a right function; see the module's first lines.

    mistakes: sentence -> wrong function, or list of such. The sentence may name values of the case, "{size}"; it goes
    on from `where` if it begins with a small letter.
    otherwise: what to say to an answer that is none of the mistakes, in place of how far it is off. It gets the case's
    values, and returns a text, or None where there is nothing special to say.
    arguments: what the right and the wrong functions get on the judge's side, made from a case; its values unless said.
    form: or a function of the case that gives it.
    """

    right: Callable = None
    name: str = "the result"
    form: object = field(default_factory=array)
    otherwise: Callable | None = None
    arguments: Callable = lambda case: list(case.values())

    def compared(self, answer: dict, case: dict) -> Finding:
        """The judge: None where every part is right."""
        arguments = self.arguments(case)
        expected = self.right(*arguments)
        where = self.named(case)
        form = self.form(case) if callable(self.form) else self.form
        parts = (
            form.split(answer, expected)
            if hasattr(form, "split")
            else [Part(self.name, form, answer["value"], lambda result: result)]
        )
        if isinstance(parts, str):
            return parts
        for n in range(len(parts), 1, -1):  # a mistake that explains several parts goes before one that explains one
            if reason := self.together(parts[:n], expected, case, arguments, where):
                return reason
        for part in parts:
            right = part.of(expected)
            if part.form.same(part.yours, right):
                continue
            if getattr(form, "whole", False):
                return part.form.unlike(part.yours, right, part.name, where)
            return self.why(part, right, case, arguments, where)
        for part in parts:
            if flaw := part.form.flaw(part.yours, part.name, answer["kind"]):
                return where + flaw if where else flaw
        return None

    def together(self, parts: list, expected, case: dict, arguments: list, where: str) -> Reason | None:
        """The known mistake that gives all these parts, where they are not right."""

        def agrees(result) -> bool:
            return all(part.form.same(part.yours, part.of(result)) for part in parts)

        if agrees(expected):
            return None
        for sentence, wrong in results(self.mistakes, arguments):
            if agrees(wrong):
                return known(sentence, sentence.format(**case), where, None, None)
        return None

    def why(self, part: Part, right, case: dict, arguments: list, where: str) -> Reason:
        """The known mistake that gives this part, or how it differs from what is right."""
        for sentence, wrong in results(self.mistakes, arguments):
            wrong = part.of(wrong)
            if part.form.same(part.yours, wrong) and not part.form.same(wrong, right):
                return known(sentence, sentence.format(**case), where, right, part.yours)
        if self.otherwise and (said := self.otherwise(*arguments)):
            return Reason(said)
        return part.form.unlike(part.yours, right, part.name, where)


def compare(
    cases: Callable[[np.random.Generator], Iterable[dict]],
    name: str = "the result",
    where: str | Callable[[dict], str] = "",
    form=None,
    probe: Callable = functions.call,
) -> Callable:
    """Decorator that turns a right function into the check of the same name; see the module's first lines.

    name: what the answer is called in sentences. where: names the case, "For n = {n}: ".
    """

    def made(right: Callable) -> Comparison:
        check = Comparison(right.__name__, probe, cases, None, where, right=right, name=name, form=form or array())
        check.judge = check.compared
        return check

    return made


def results(mistakes: dict, arguments: list):
    """Each known mistake with what it gives for these arguments: pairs (sentence, result)."""
    for sentence, wrong in mistakes.items():
        for one in wrong if isinstance(wrong, list) else [wrong]:
            with np.errstate(all="ignore"):
                result = one(*arguments) if callable(one) else one
            yield sentence, result


def each(mistakes: dict, of: Callable) -> dict:
    """The mistakes, with what `of` makes of each wrong function."""
    return {
        sentence: [of(one) for one in (wrong if isinstance(wrong, list) else [wrong])]
        for sentence, wrong in mistakes.items()
    }


def through(check: Check, case: dict, of: Callable) -> dict:
    """A check's mistakes as `judge_array` takes them: what `of` reads from the probe's record of each wrong answer."""

    def read(wrong: Callable) -> Callable:
        return lambda: of(check.probe(wrong, case))

    return each(check.mistakes, read)


def judge_array(
    yours, expected, mistakes=None, name="the result", where="", otherwise="", tol=1e-4, arguments=()
) -> Reason | None:
    """Compare an array with what is expected, for judges that must look at more than one value.

    mistakes: sentence -> the array that this mistake gives, or a function that gives it for the arguments, or a list of
    such. where, otherwise: as in `Comparison`, but texts.
    """
    return _judged(array(tol), yours, np.asarray(expected), mistakes or {}, arguments, name, where, otherwise)


def judge_number(yours, expected: float, mistakes=None, name="the result", where="", arguments=()) -> Reason | None:
    """The same for a number."""
    return _judged(number(), yours, expected, mistakes or {}, arguments, name, where, "")


def _judged(form, yours, expected, mistakes: dict, arguments, name: str, where: str, otherwise: str) -> Reason | None:
    if form.same(yours, expected):
        return None
    for sentence, wrong in results(mistakes, arguments):
        if form.same(yours, wrong) and not form.same(wrong, expected):
            return known(sentence, sentence, where, expected, yours)
    return Reason(otherwise) if otherwise else form.unlike(yours, expected, name, where)


def known(mistake: str, said: str, where: str, expected, yours) -> Reason:
    """The reason for a known mistake. What begins with a small letter goes on from where the case is named."""
    said = where + said if said[0].islower() else said
    reason = with_picture(said, as_array(expected), as_array(yours))
    reason.mistake = mistake
    return reason


# ---- numbers and arrays -------------------------------------------------------------------------------------


def as_array(value) -> np.ndarray | None:
    """The value as an array of numbers, None if it is none."""
    if isinstance(value, str | dict) or value is None:
        return None
    try:
        found = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return found if found.dtype.kind in "biuf" else None


def ragged(value) -> bool:
    """Whether the value is a list whose rows differ in length."""
    try:
        np.asarray(value)
    except ValueError:
        return True
    return False


def as_number(value) -> float | int | None:
    """The value as a number, None if it is none; an array of one number counts as one."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def close(yours: np.ndarray, expected: np.ndarray, tol: float = 1e-4) -> bool:
    """Same shape, and equal within `tol` times the largest expected value."""
    return yours.shape == expected.shape and np.allclose(yours, expected, rtol=0, atol=absolute(expected, tol))


def absolute(expected: np.ndarray, tol: float) -> float:
    """The absolute tolerance: `tol` times the largest expected value."""
    finite = np.abs(expected[np.isfinite(expected)], dtype=float)
    return tol * max(1e-6, float(finite.max(initial=0)))


def with_picture(said: str, expected: np.ndarray | None, yours: np.ndarray | None) -> Reason:
    """A reason, with a picture where both are tables of numbers that are large enough to look at."""
    drawable = all(one is not None and one.ndim == 2 and np.isfinite(one).all() for one in (expected, yours))
    if drawable and min(*expected.shape, *yours.shape) > 2 and max(*expected.shape, *yours.shape) < 100:
        return Reason(said, expected, yours)
    return Reason(said)


def shown(yours: np.ndarray, expected: np.ndarray) -> str:
    """Expected and yours as lines of numbers, where both are small."""
    if max(yours.size, expected.size) > FEW:
        return ""
    return f"\nExpected: {printed(expected)}\nYours: {printed(yours)}"


def printed(value) -> str:
    """A number or a small array, to four digits; whole numbers in full."""
    value = np.asarray(value)
    if value.ndim:
        return np.array2string(value, precision=4, suppress_small=True, separator=", ").replace("\n", "")
    return f"{value.item():,}" if value.dtype.kind in "biu" else f"{value.item():,.6g}"


def kind(value) -> str:
    """What a plain value is, in a student's words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    names = {dict: "a dictionary", list: "a list or tuple", str: "a text", bool: "True or False", type(None): "None"}
    return names.get(type(value), "a number")
