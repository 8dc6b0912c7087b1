"""The answer bank: real students' answers, right and wrong, for every exercise, and what its check says of them.

@wrong("max_pool", says="starts from 0")
def loses_negative_values(x, size): ...

@right("max_pool")
def with_reshape(x, size): ...
"""

import functools
import hashlib
import importlib
import importlib.util
import itertools
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from checks.core import RIGHT, Check, Outcome, checks_of
from grader import source
from grader.source import ROOT
from helpers import profile, session

FOLDER = Path(__file__).parent / "answers"
SEEDS = (0, 1, 4711)
STORE: Path | None = None  # conftest.py makes one for each test run
RECORDS: Path | None = None  # with --remember: what answers did, from one run to the next


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
    load_tensorflow()
    spec = importlib.util.spec_from_file_location(f"answers_{lab}", FOLDER / f"{lab}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # TensorFlow looks a function's module up
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if isinstance(value, Answer)]


def answers_to(lab: str, exercise: str) -> list[Answer]:
    return [answer for answer in answers(lab) if answer.exercise == exercise]


@functools.cache
def checks(lab: str) -> dict[str, Check]:
    """The lab's checks, by the names of their exercises."""
    return checks_of(importlib.import_module(f"checks.{lab.partition('_')[2]}"))


@functools.cache
def solutions(lab: str) -> dict:
    """The lab's own definitions, among them the solutions of its exercises."""
    load_tensorflow()
    return source.definitions(lab)


@functools.cache
def load_tensorflow() -> None:
    """As a lab's first cell does it. Pipelines are not optimised: with a handful of images that takes longest."""
    session.load_tensorflow()
    import tensorflow

    tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def mistakes(check: Check) -> list[tuple[str, Callable]]:
    """The wrong functions that a check knows, each with its sentence."""
    return [
        (sentence, one)
        for sentence, wrong in check.mistakes.items()
        for one in (wrong if isinstance(wrong, list) else [wrong])
    ]


def kept(compute: Callable) -> Callable:
    """Compute something of an exercise once, for all workers of a test run: they share the folder `STORE`."""

    def seeded(lab: str, exercise: str):
        load_tensorflow()
        profile.seed_everything()
        return compute(lab, exercise)

    @functools.cache
    def once(lab: str, exercise: str):
        if STORE is None:
            return seeded(lab, exercise)
        file = STORE / f"{compute.__name__}-{lab}-{exercise}.pickle"
        with FileLock(f"{file}.lock"):  # two workers never compute the same
            if not file.exists():
                file.write_bytes(pickle.dumps(seeded(lab, exercise)))
        return pickle.loads(file.read_bytes())

    return once


@kept
def outcomes(lab: str, exercise: str) -> list[list[Outcome]]:
    """What the check says of each answer in the bank: of a right one with every seed, of a wrong one with one."""
    check = checks(lab)[exercise]
    return [
        [judged(check, answer.function, seed, (lab, str(place))) for seed in SEEDS]
        if answer.says is None
        else [judged_wrong(check, answer.function, name=(lab, str(place)))]
        for place, answer in enumerate(answers_to(lab, exercise))
    ]


@kept
def outcomes_of_solution(lab: str, exercise: str) -> list[Outcome]:
    """What the check says of the solution, with every seed."""
    return [judged(checks(lab)[exercise], solutions(lab)[exercise], seed, (lab, "solution")) for seed in SEEDS]


@kept
def outcomes_of_mistakes(lab: str, exercise: str) -> list[tuple[str, Outcome]]:
    """What the check says of each wrong function that it knows, with every seed, beside the sentence it should say."""
    check = checks(lab)[exercise]
    return [(sentence, judged_wrong(check, one, seed)) for sentence, one in mistakes(check) for seed in SEEDS]


def judged(check: Check, student: Callable, seed: int = 0, name: tuple[str, str] | None = None) -> Outcome:
    """What a check says of a student's answer, in the state in which a lab's first cell leaves the notebook.

    name: the lab of an answer and its place in the bank; with --remember such an answer runs only if its code is new.
    """
    if RECORDS is None or name is None:
        return check.verdict(collected(check, student, seed), seed)
    lab, place = name
    settings = [code_that_runs(lab), check.exercise, place, str(seed), check.request(seed)]
    file = RECORDS / hashlib.sha256("\n".join(settings).encode()).hexdigest()
    if not file.exists():
        RECORDS.mkdir(parents=True, exist_ok=True)
        file.write_text(collected(check, student, seed), encoding="utf-8")
    return check.verdict(file.read_text(encoding="utf-8"), seed)


def collected(check: Check, student: Callable, seed: int) -> str:
    """The records of a student's answer, as JSON.

    TensorFlow prepares each operation once, for variables once per name. So names begin anew with each answer; and its
    own seed is set once for an exercise, see `kept`, because that makes it forget them all.
    """
    load_tensorflow()
    from keras.src.utils import naming

    naming.reset_uids()
    profile.seed_python(seed)
    return check.collect(student, seed)


@functools.cache
def code_that_runs(lab: str) -> str:
    """All that records of a lab's answers depend on: the answers, the solutions, the probes; no judge."""
    files = [
        *(ROOT / "checks" / "probes").glob("*.py"),
        *(ROOT / "helpers").rglob("*.py"),
        ROOT / "checks" / "plain.py",
    ]
    files += [FOLDER / f"{lab}.py", source.path(lab, ".py"), ROOT / "requirements.lock"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def judged_wrong(check: Check, student: Callable, seed: int = 0, name: tuple[str, str] | None = None) -> Outcome:
    """The same, sooner: case by case, because the first one that is not right decides."""
    for k in range(len(check.drawn(seed))):
        one = replace(check, cases=lambda rng, k=k: itertools.islice(check.cases(rng), k, k + 1))
        outcome = judged(one, student, seed, name)
        if outcome.status != RIGHT:
            break
    return outcome
