"""A check has two halves: a probe runs beside the student's code, a judge looks at plain data alone.

    @judges(functions.call, random_images)                # the probe, and the cases that it gets
    def correlate_valid(answer, case):                    # the judge
        return judge_array(answer["value"], correlate2d(case["image"], case["kernel"], "valid"), ...)

makes a `Check` called correlate_valid. `correlate_valid(students_function)` in a notebook runs both halves. The cases
are drawn from a seed, so the same check with another seed is the hidden test. Cases travel to the probe, and its
records back, as plain data (`plain`): what is right never enters the process that runs a student's code.

A judge returns None (right), a string (not yet, because ...), `Reason` (the same with a picture) or `Advice`
(right, with a remark). Where a right function says all there is to say, `compare` writes the judge.
"""

import functools
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from checks import plain, raised
from checks.plain import Unusable
from checks.probes import running
from checks.probes.running import NOT_ATTEMPTED, NOT_YET, RAISED
from helpers import progress, session
from helpers.messages import CourseError, Message

RIGHT = "right"
KINDS = {NOT_ATTEMPTED: "info", RAISED: "bad", NOT_YET: "warning", RIGHT: "good"}


class CheckFailed(CourseError):
    """The verdict was not 'right'. nbgrader sees an error; its Validate shows the first sentence of the reason."""

    def __init__(self, outcome: "Outcome"):
        super().__init__(f"{outcome.exercise}: {outcome.status}. {outcome.reason}")
        self.outcome = outcome

    def _render_traceback_(self) -> list[str]:
        points = progress.points(self.outcome.exercise)
        worth = f" ({points} point{'s' * (points != 1)})" if points else ""
        sentence = re.split(r"(?<=[.!?])\s|\n", self.outcome.reason)[0]
        return [f"{self.outcome.exercise}{worth}: {self.outcome.status}. {sentence}"]


@dataclass
class Reason:
    """Why an answer is not right yet. `expected` and `yours`, (H, W) arrays, become a picture.

    mistake: the sentence of the known mistake that this is, as it stands in the check, before a case's numbers are
    filled in; None if it is none of them.
    """

    text: str
    expected: np.ndarray | None = None
    yours: np.ndarray | None = None
    mistake: str | None = None


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

    @property
    def mistake(self) -> str | None:
        """The sentence of the known mistake that the judge found, as it stands in the check."""
        return self.comparison.mistake if self.comparison else None

    def message(self) -> Message:
        """The outcome as a box, with expected / yours / difference where a picture says it better."""
        picture = ""
        if self.comparison is not None and self.comparison.yours is not None:
            from helpers import plots

            picture = plots.comparison_html(self.comparison.expected, self.comparison.yours)
        title, text = f"{self.exercise}: {self.status}", self.reason
        if self.status == NOT_ATTEMPTED:  # nothing was done wrong: a quiet line
            title, text = "", f"{title}. {text}"
        return Message(KINDS[self.status], title, text, picture, says_it_all=self.status != RIGHT)


Finding = None | str | Reason | Advice


@dataclass
class Check:
    """One exercise's check. Call it with the student's answer; see the module's first lines.

    where: names a case in words, from its values ("For n = {n}: "), or a function of the case that does. It stands
    before an error that the student's code raised.
    mistakes: sentence -> wrong function, or list of such, with the signature of the exercise; see `compare`.
    quiet: whether the text asks for code that causes no warning.
    """

    exercise: str
    probe: Callable
    cases: Callable[[np.random.Generator], Iterable[dict]]
    judge: Callable[[object, dict], Finding]
    where: str | Callable[[dict], str] = ""
    mistakes: dict = field(default_factory=dict)
    quiet: bool = False

    def __call__(self, student, seed: int = 0) -> None:
        """Show the outcome. Raises CheckFailed (one line, no traceback) for every outcome but 'right'."""
        fault = session.faulty.get(self.exercise)
        if fault:
            outcome = Outcome(self.exercise, RAISED, f"The cell of your function did not run: {fault}. {OLD}")
        else:
            outcome = self.verdict(self.collect(student, seed), seed)
        if not seed:
            progress.note_outcome(self.exercise, outcome.status)
        if not seed or outcome.status != RIGHT:  # a hidden test that agrees has nothing to add
            self.message(outcome, stuck=not fault).show()
        if outcome.status != RIGHT:
            raise CheckFailed(outcome)

    def message(self, outcome: Outcome, stuck: bool) -> Message:
        """The box of an outcome, and where a student who is stuck finds help."""
        message = outcome.message()
        if stuck and outcome.status in (NOT_YET, RAISED) and self.exercise in hints(progress.lab):
            message.text += f"\nStuck? `checks.{self.exercise}.hint()`"
        return message

    def hint(self) -> None:
        """Show the next of two hints; after a right answer, how others do it."""
        known = hints(progress.lab).get(self.exercise)
        if known is None:
            Message("info", "", f"There are no hints for {self.exercise}.").show()
            return
        if progress.outcomes(progress.lab).get(self.exercise) == RIGHT:
            Message("good", f"{self.exercise}: how others do it", known["others"]).show()
            return
        steps = known["hints"]
        shown = min(progress.hints_taken(self.exercise) + 1, len(steps))
        progress.note("hint", exercise=self.exercise)
        title = f"{self.exercise}: hint {shown} of {len(steps)}"
        Message("info", title, "\n".join(steps[:shown])).show()

    def drawn(self, seed: int) -> list[dict]:
        """The cases of this seed, as the judge knows them."""
        return list(self.cases(np.random.default_rng(seed)))

    def request(self, seed: int = 0) -> str:
        """The cases of this seed for the probe, as JSON."""
        return plain.encode(plain.to_plain(self.drawn(seed)))

    def collect(self, student, seed: int = 0) -> str:
        """Run the probe on every case; returns its records as JSON. Knows nothing of what is right."""
        return running.collect(self.probe, student, self.request(seed), self.exercise)

    def verdict(self, collected: str, seed: int = 0) -> Outcome:
        """Judge what `collect` returned; the first case that is not right decides."""
        cases = self.drawn(seed)
        try:
            records = plain.decode(collected)
        except Unusable as error:
            return Outcome(self.exercise, NOT_YET, f"Your answer cannot be read: {error}")
        if fault := malformed(records, cases):
            return Outcome(self.exercise, NOT_YET, f"Your answer cannot be read: {fault}")
        advice = ""
        for record, case in zip(records, cases, strict=False):
            finding = self.finding(record, case)
            if isinstance(finding, Outcome):
                return finding
            if isinstance(finding, str):
                finding = Reason(finding)
            if isinstance(finding, Reason):
                return Outcome(self.exercise, NOT_YET, finding.text, finding)
            if isinstance(finding, Advice):
                advice = finding.text
            if record["warnings"] and self.quiet:
                said = f"The result is right, but your code caused a warning, and should not: {record['warnings'][0]}"
                return Outcome(self.exercise, NOT_YET, said)
            if record["warnings"] and not advice:
                advice = f"Right, but your code caused a warning: {record['warnings'][0]}"
        return Outcome(self.exercise, RIGHT, advice or "All cases agree.")

    def finding(self, record: dict, case: dict) -> Finding | Outcome:
        """What one record says: an outcome by itself, or what the judge finds in its answer."""
        if "status" in record:
            reason = record["reason"]
            if record["status"] == RAISED:
                reason = self.named(case) + raised.explained(reason)
            return Outcome(self.exercise, record["status"], reason)
        if record["changed"]:
            names = " and ".join(f"`{name}`" for name in record["changed"])
            return (
                f"Your function changed its input {names} in place. Work on a copy, or write into a new array: "
                "whoever calls your function still needs the original."
            )
        try:
            return self.judge(record["answer"], case)
        except Unusable as problem:
            return str(problem)
        except Exception as error:  # noqa: BLE001 - a forged record may have any form, and none of them is right
            return f"{UNREADABLE} ({type(error).__name__}: {error})"

    def named(self, case: dict) -> str:
        """The case in words, to stand before a sentence; empty where the check has no words for it."""
        return self.where(case) if callable(self.where) else self.where.format(**case)


OLD = "So the function is still the one of before. Mend the cell, run it, then check again."
UNREADABLE = "The check cannot make sense of your answer: it has another form than what was asked for."


def judges(probe: Callable, cases: Callable = lambda rng: [{}], where: str | Callable[[dict], str] = "") -> Callable:
    """Decorator that turns a judge `judge(answer, case) -> finding` into a Check of the same name.

    `cases(rng)` yields the cases, dicts of arrays, numbers and strings, drawn from the generator it is given;
    `probe(student, case)` returns plain data.
    """
    return lambda judge: Check(judge.__name__, probe, cases, judge, where)


def malformed(records, cases: list[dict]) -> str | None:
    """What is wrong with the form of the records: one per case, unless the last one says why it stops."""
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        return "there should be a list of records."
    for place, (record, case) in enumerate(zip(records, cases, strict=False)):
        last = place == len(records) - 1
        if set(record) == {"status", "reason"}:
            if record["status"] not in (NOT_ATTEMPTED, RAISED, NOT_YET) or not isinstance(record["reason"], str):
                return "a record has no known status."
            if not last:
                return "a record stops, and others follow."
        elif (
            set(record) != {"answer", "changed", "warnings"}
            or not _are_texts(record["changed"])
            or not _are_texts(record["warnings"])
        ):
            return "a record has no known form."
        elif not set(record["changed"]) <= set(case):
            return "a record speaks of an input that there is not."
    if len(records) > len(cases) or len(records) < len(cases) and "status" not in records[-1]:
        return f"there should be {len(cases)} records, one for each case; there are {len(records)}."
    return None


def _are_texts(value) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@functools.cache
def hints(lab: str) -> dict[str, dict]:
    """A lab's exercises -> {"hints": [first, second], "others": another right way}, from checks/hints/<lab>.toml."""
    file = Path(__file__).parent / "hints" / f"{lab}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def checks_of(module) -> dict[str, Check]:
    """A lab's checks, by the names of their exercises. module: the lab's module of judges."""
    return {one.exercise: one for one in vars(module).values() if isinstance(one, Check)}


def solved(*checks: Check) -> bool:
    """Whether each of these checks has said 'right' of this student's answer the last time."""
    known = progress.outcomes(progress.lab)
    return all(known.get(one.exercise) == RIGHT for one in checks)


def summary(lab_checks) -> None:
    """Show a lab's exercises with their latest outcomes, and its predictions. `lab_checks`: the lab's check module."""
    names = list(checks_of(lab_checks))
    known = {lab[3:]: found for lab, found in progress.exercises().items()}
    progress.reached(progress.lab, names, known.get(lab_checks.__name__.rpartition(".")[2], {})).show()
    if told := progress.predictions(progress.lab):
        told.show()
