"""The answer bank: real students' answers, right and wrong, for every exercise, and what its check says of them.

@wrong("max_pool", says="starts from 0")
def loses_negative_values(x, size): ...

@right("max_pool")
def with_reshape(x, size): ...
"""

import functools
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from checks.core import RIGHT, Check, Outcome
from grader import source
from helpers import profile, session

FOLDER = Path(__file__).parent / "answers"
SEEDS = (0, 1, 4711)


@dataclass(frozen=True)
class Answer:
    """A student's answer to an exercise. `says`: what the check must say of a wrong one, None for a right one."""

    exercise: str
    function: Callable
    says: str | None


def wrong(exercise: str, says: str) -> Callable:
    """Mark a function as a wrong answer, whose check's message must contain `says`."""
    return _mark(exercise, says)


def right(exercise: str) -> Callable:
    """Mark a function as a right answer, different from the solution's."""
    return _mark(exercise, None)


def _mark(exercise: str, says: str | None) -> Callable:
    def mark(function: Callable) -> Answer:
        return Answer(exercise, function, says)

    return mark


@functools.cache
def answers(lab: str) -> list[Answer]:
    """All answers in `tests/answers/<lab>.py`, in the order of the file."""
    session.load_tensorflow()
    spec = importlib.util.spec_from_file_location(f"answers_{lab}", FOLDER / f"{lab}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # TensorFlow looks a function's module up
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if isinstance(value, Answer)]


@functools.cache
def checks(lab: str) -> dict[str, Check]:
    """The lab's checks, by the names of their exercises."""
    module = importlib.import_module(f"checks.{lab.partition('_')[2]}")
    return {value.exercise: value for value in vars(module).values() if isinstance(value, Check)}


@functools.cache
def solutions(lab: str) -> dict:
    """The lab's own definitions, among them the solutions of its exercises."""
    session.load_tensorflow()
    return source.definitions(lab)


def mistakes(check: Check) -> list[tuple[str, Callable]]:
    """The wrong functions that a check knows, each with its sentence."""
    return [
        (sentence, one)
        for sentence, wrong in check.mistakes.items()
        for one in (wrong if isinstance(wrong, list) else [wrong])
    ]


@functools.cache
def outcomes(lab: str, exercise: str) -> dict[Answer, list[Outcome]]:
    """What the check says of each answer in the bank: of a right one with every seed, of a wrong one with one."""
    check = checks(lab)[exercise]
    return {
        answer: (
            [judged(check, answer.function, seed) for seed in SEEDS]
            if answer.says is None
            else [judged_wrong(check, answer.function)]
        )
        for answer in answers(lab)
        if answer.exercise == exercise
    }


@functools.cache
def outcomes_of_mistakes(lab: str, exercise: str) -> list[tuple[str, Outcome]]:
    """What the check says of each wrong function that it knows, with every seed, beside the sentence it should say."""
    check = checks(lab)[exercise]
    return [(sentence, judged(check, one, seed)) for sentence, one in mistakes(check) for seed in SEEDS]


def judged(check: Check, student: Callable, seed: int = 0) -> Outcome:
    """What a check says of a student's answer, in the state in which a lab's first cell leaves the notebook."""
    session.load_tensorflow()
    profile.seed_everything(seed)
    return check.verdict(check.collect(student, seed), seed)


def judged_wrong(check: Check, student: Callable) -> Outcome:
    """The same, sooner: the first case that is not right decides, so the others need not run."""
    first = replace(check, cases=lambda rng: itertools.islice(check.cases(rng), 1))
    outcome = judged(first, student)
    return judged(check, student) if outcome.status == RIGHT else outcome
