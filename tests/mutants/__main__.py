"""`make mutants`: lab by lab, which one-token changes of a solution its check does not notice.

    make mutants LAB=01_convolution_basics
    .venv/bin/python -m tests.mutants 01_convolution_basics max_pool        # one exercise, nothing is written

Prints the survivors that have no mark, and the marks that match no survivor any more; writes the score into
`scores.json` and README. The exit code is 1 if a survivor has no mark.
"""

import argparse
import json
import linecache
import math
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass, field

from checks.core import RIGHT, Check
from grader import source
from helpers import session
from tests import answer_bank
from tests.mutants import changes, marks, trial
from tests.mutants.marks import Name

SEEDS = answer_bank.SEEDS[:2]
SOLUTION_MAY_TAKE = 120  # seconds
SCORES = marks.FOLDER / "scores.json"
README = source.ROOT / "README.md"
BEGIN, END = r"<!-- mutants: written by make mutants -->\n\n`make mutants` tries ", r"\n\n<!-- end of mutants -->"
LINE = re.compile(f"(?<={BEGIN}).*(?={END})")


@dataclass
class Survey:
    """What became of the mutants of some exercises. stopped: those that took too long or ended, and so are killed."""

    mutants: int = 0
    stopped: int = 0
    survivors: list[Name] = field(default_factory=list)


@dataclass
class Score:
    """A lab's line in `scores.json`. killed + equivalent + free + unmarked = mutants."""

    mutants: int
    killed: int
    equivalent: int
    free: int
    unmarked: int


def survey(exercise: str, code: str, check: Check, namespace: dict, workers: int) -> Survey:
    """Put every mutant of an exercise's cell before its check. Raises ValueError if the solution is not right."""
    begun = time.monotonic()
    [(_, solution)] = trial.results([judged(code, exercise, check, namespace)], SOLUTION_MAY_TAKE, 1)
    if solution.status != RIGHT:
        raise ValueError(f"The solution of {exercise} is not right: {solution.status}")
    seconds = 10 + round(5 * solution.seconds)
    mutants = changes.mutants(code)
    trials = [judged(mutant.code, exercise, check, namespace) for mutant in mutants]
    status = {number: result.status for number, result in trial.results(trials, seconds, workers)}
    alive = [Name(exercise, one.line, one.change) for number, one in enumerate(mutants) if status[number] == RIGHT]
    stopped = sum(one in (trial.TOO_LONG, trial.ENDED) for one in status.values())
    took = time.monotonic() - begun
    print(f"  {exercise:24}{len(mutants):5} mutants{len(alive):5} survive{stopped:5} stopped{took:7.0f} s", flush=True)
    return Survey(len(mutants), stopped, alive)


def judged(code: str, exercise: str, check: Check, namespace: dict) -> Callable[[], str]:
    """A function that runs the code of an exercise's cell among the lab's definitions; returns the check's verdict."""

    def run() -> str:
        name = f"<{exercise}>"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # TensorFlow reads the source
        names = dict(namespace)
        exec(compile(code, name, "exec"), names)
        for seed in SEEDS:
            outcome = check.verdict(check.collect(names[exercise], seed), seed)
            if outcome.status != RIGHT:
                return outcome.status
        return RIGHT

    return run


def of_lab(lab: str, only: list[str], workers: int) -> Survey:
    """The survey of all exercises of a lab, or of those that are named."""
    namespace, checks = source.definitions(lab), answer_bank.checks(lab)
    whole = Survey()
    for one in source.exercises(source.notebook(lab)):
        if not only or one.name in only:
            code = source.plain_python(one.cell.source)
            part = survey(one.name, code, checks[one.name], namespace, workers)
            whole.mutants += part.mutants
            whole.stopped += part.stopped
            whole.survivors += part.survivors
    return whole


def score(found: Survey, marked: dict[Name, str]) -> Score:
    """Count the survivors by their marks."""
    verdicts = [marked.get(name) for name in found.survivors]
    return Score(
        found.mutants,
        found.mutants - len(verdicts),
        verdicts.count(marks.EQUIVALENT),
        verdicts.count(marks.FREE),
        verdicts.count(None),
    )


def total(scores: Iterable[Score]) -> Score:
    """The scores of several labs in one."""
    return Score(*(sum(column) for column in zip(*map(astuple, scores), strict=True)))


def in_words(one: Score) -> str:
    """For README and the screen."""
    caught = one.killed + one.unmarked
    percent = math.floor(1000 * one.killed / max(caught, 1)) / 10  # 99.96 is not 100
    return (
        f"{one.mutants:,} changes of one token in the solutions: {one.equivalent} mean the same, {one.free} are "
        f"allowed by the text, and of the other {caught:,} the checks catch {percent:g} %."
    )


def stored() -> dict[str, Score]:
    """The scores in `scores.json`, in the order of the labs."""
    scores = json.loads(SCORES.read_bytes()) if SCORES.exists() else {}
    return {lab: Score(**scores[lab]) for lab in source.labs() if lab in scores}


def write(lab: str, one: Score) -> None:
    """Put a lab's score into `scores.json`, beside those of the other labs, and all of them into README."""
    scores = stored() | {lab: one}
    SCORES.write_text(json.dumps({lab: asdict(scores[lab]) for lab in source.labs() if lab in scores}, indent=1) + "\n")
    text = README.read_text(encoding="utf-8")
    README.write_text(LINE.sub(in_words(total(stored().values())), text), encoding="utf-8")


def report(found: Survey, marked: dict[Name, str], only: list[str]) -> Score:
    """Print what survives without a mark, the marks that nothing matches, and the score."""
    unmarked = [name for name in found.survivors if name not in marked]
    stale = [name for name in marked if name not in found.survivors and (not only or name.exercise in only)]
    if unmarked:
        print(f"Survivors without a mark:\n\n{marks.written(unmarked)}")
    if stale:
        print(f"Marks that match no survivor:\n\n{marks.written(stale)}")
    result = score(found, marked)
    print(in_words(result))
    print(f"{result.unmarked} go unnoticed; {found.stopped} took too long or ended their process.\n")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Change solutions, run the checks.")
    parser.add_argument("lab", nargs="?", help="01_..., all if none is named")
    parser.add_argument("exercise", nargs="*", help="some exercises of the lab; then nothing is written")
    parser.add_argument("--workers", type=int, default=2, help="mutants at the same time (default 2)")
    options = parser.parse_args()
    if options.lab and options.lab not in source.labs():
        sys.exit(f"There is no lab '{options.lab}', only: {', '.join(source.labs())}.")
    session.load_tensorflow()
    scores = {}
    for lab in [options.lab] if options.lab else source.labs():
        print(lab)
        marked = marks.read(lab)
        found = of_lab(lab, options.exercise, options.workers)
        scores[lab] = report(found, marked, options.exercise)
        if not options.exercise:
            write(lab, scores[lab])
    sys.exit(any(one.unmarked for one in scores.values()))


if __name__ == "__main__":
    main()
