"""The answer bank's vocabulary: real students' answers, right and wrong, for every exercise.

@wrong("max_pool", says="starts from 0")
def loses_negative_values(x, size): ...

@right("max_pool")
def with_reshape(x, size): ...
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "answers"


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


def answers(lab: str) -> list[Answer]:
    """All answers in `tests/answers/<lab>.py`, in the order of the file."""
    spec = importlib.util.spec_from_file_location(f"answers_{lab}", FOLDER / f"{lab}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # TensorFlow looks a function's module up
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if isinstance(value, Answer)]
