"""Points for records. Judged in a process that no student's code runs in, on plain data, with the class's own seeds.

The seeds follow from a secret, a file beside the gradebook that is made once and never published.
"""

import functools
import hashlib
import importlib
import secrets
import warnings
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from checks.core import NOT_ATTEMPTED, RIGHT, Check, Outcome, checks_of
from grader import store
from grader.rebuild import Lab
from grader.sandbox import PROBE_HALF, ROOT

LONGEST = 4000  # characters of a reason, in which a student's own words may stand
SECRET = "class_secret"  # the file's name, beside gradebook.db
LIBRARIES = ("tensorflow", "keras", "numpy", "scipy", "pandas", "scikit-learn", "scikit-image", "ipython")
RUNS = ("inside", "probing", "reading", "rebuild", "sandbox", "source", "work")  # of grader/: what records depend on


def secret(course: Path) -> str:
    """The class's secret; made if there is none yet, in a dry run for that run alone."""
    file = course / SECRET
    if file.exists() and (known := file.read_text().strip()):
        return known
    made = secrets.token_hex(16)
    if store.writing:
        unfinished = file.with_name(f".{SECRET}.tmp")  # whole or not at all: from an empty one anybody could draw
        unfinished.touch(mode=0o600)
        unfinished.write_text(made)
        unfinished.replace(file)
    return made


def seed(secret: str, lab: str, exercise: str) -> int:
    """The seed of an exercise's hidden cases."""
    return int(hashlib.sha256(f"{secret} {lab} {exercise}".encode()).hexdigest(), 16) % 2**31 + 10_000


@functools.cache
def checks(lab: str) -> dict[str, Check]:
    """The lab's checks, by the names of their exercises."""
    return checks_of(importlib.import_module(f"checks.{lab.partition('_')[2]}"))


@functools.cache
def request(secret: str, lab: str, exercise: str) -> str:
    """The hidden cases of an exercise, for its probe."""
    return checks(lab)[exercise].request(seed(secret, lab, exercise))


def probes(secret: str, lab: Lab) -> dict[str, dict]:
    """What a job says of each exercise: its probe and the cases."""
    return {
        name: {
            "module": checks(lab.name)[name].probe.__module__,
            "function": checks(lab.name)[name].probe.__name__,
            "cases": request(secret, lab.name, name),
        }
        for name in lab.exercises
    }


def cases(secret: str, lab: str, exercises: Iterable[str]) -> dict[str, str]:
    """A fingerprint of each exercise's hidden cases: records can be judged only by those that they were made for."""
    return {name: digest(request(secret, lab, name)) for name in exercises if name in checks(lab)}


@functools.lru_cache(200)  # right answers are often the same; records may have 8 MB
def outcome(secret: str, lab: str, exercise: str, records: str) -> Outcome:
    """What the judge says of an exercise's records."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a forged record may overflow
        found = checks(lab)[exercise].verdict(records, seed(secret, lab, exercise))
    return replace(found, reason=readable(found.reason))


def readable(reason: str) -> str:
    """A reason that can be written into any file and shown on any page or terminal: of some length, no control
    characters, no half of a surrogate pair."""
    kept = "".join(letter if letter.isprintable() or letter.isspace() else "?" for letter in reason[:LONGEST])
    return kept if len(reason) <= LONGEST else f"{kept}…"


def judged(secret: str, lab: Lab, records: dict[str, str]) -> dict[str, dict]:
    """exercise -> {"points", "status", "reason", "mistake"}. Who answers nothing at all has not attempted it."""
    found = {}
    for name, exercise in lab.exercises.items():
        text = records.get(name)
        said = outcome(secret, lab.name, name, text) if text else Outcome(name, NOT_ATTEMPTED, "There is no cell.")
        points = exercise.points if said.status == RIGHT else 0.0
        found[name] = {"points": points, "status": said.status, "reason": said.reason, "mistake": said.mistake}
    return found


def digest(*parts: bytes | str) -> str:
    """One fingerprint of several contents."""
    whole = hashlib.sha256()
    for part in parts:
        part = part if isinstance(part, bytes) else part.encode()
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.hexdigest()


def files_that_run() -> list[Path]:
    """The course's code that makes records of a submission."""
    files = [path for name in PROBE_HALF for path in sorted((ROOT / "checks").glob(f"{name}/*.py"))]
    files += [ROOT / "checks" / name for name in PROBE_HALF if name.endswith(".py")]
    return files + [*sorted((ROOT / "helpers").rglob("*.py")), *(ROOT / "grader" / f"{name}.py" for name in RUNS)]


@functools.cache
def code_that_runs(secret: str, lab: Lab) -> str:
    """A fingerprint of all that records depend on besides the submission: what runs, on which cases, with what."""
    requests = [request(secret, lab.name, name) for name in sorted(lab.exercises)]
    versions = [f"{name} {version(name)}" for name in LIBRARIES]
    return digest(lab.text, *(file.read_bytes() for file in files_that_run()), *requests, *versions)


@functools.cache
def code_that_judges(secret: str, lab: Lab) -> str:
    """A fingerprint of all that points depend on besides records."""
    files = sorted((ROOT / "checks").glob("*.py"))
    return digest(secret, lab.text, *(file.read_bytes() for file in files))


def code_that_grades(secret: str, lab: Lab) -> str:
    """A fingerprint of both: what a worker must have, too."""
    return digest(code_that_runs(secret, lab), code_that_judges(secret, lab))
