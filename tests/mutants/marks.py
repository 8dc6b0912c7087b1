"""Which mutants may survive, and why: `tests/mutants/<lab>.toml`, beside the answer bank.

    [[mark]]
    exercise = "build_classifier"
    line = 'layers.Dense(64, activation="relu"),'
    changes = ["64 → 65", "64 → 63"]
    verdict = "free"
    reason = "The text asks for any width."

`make mutants` prints what survives and has no mark in this form: verdict and reason are to be written.
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
EQUIVALENT = "equivalent"  # no answer to the exercise can show the difference
FREE = "free"  # the text allows it
VERDICTS = EQUIVALENT, FREE
WIDTH = 100  # characters of a list in one line
FIELDS = {"exercise", "line", "changes", "verdict", "reason"}


class Name(NamedTuple):
    """What names a mutant of a lab, whatever its line number is."""

    exercise: str
    line: str
    change: str


def read(lab: str, folder: Path = FOLDER) -> dict[Name, str]:
    """The lab's marks: which mutant -> verdict. Raises ValueError for a mark that is not complete, or there twice."""
    path = folder / f"{lab}.toml"
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mark"] if path.exists() else []
    marks: dict[Name, str] = {}
    for entry in entries:
        if set(entry) != FIELDS or entry["verdict"] not in VERDICTS or not entry["reason"]:
            raise ValueError(
                f"{path.name}: a mark has {', '.join(sorted(FIELDS))}, and a known verdict, unlike {entry}"
            )
        for change in entry["changes"]:
            name = Name(entry["exercise"], entry["line"], change)
            if name in marks:
                raise ValueError(f"{path.name}: marked twice: {name}")
            marks[name] = entry["verdict"]
    return marks


def written(names: Iterable[Name]) -> str:
    """Mutants in the form of marks, one for each line, without verdict and reason."""
    lines: dict[tuple[str, str], list[str]] = {}
    for name in names:
        lines.setdefault((name.exercise, name.line), []).append(name.change)
    return "\n".join(
        f"[[mark]]\nexercise = {quoted(exercise)}\nline = {quoted(line)}\nchanges = {listed(changes)}\n"
        for (exercise, line), changes in lines.items()
    )


def listed(texts: list[str]) -> str:
    """A list of TOML, in one line if it fits."""
    line = f"[{', '.join(map(quoted, texts))}]"
    return line if len(line) <= WIDTH else "\n".join(["[", *(f"    {quoted(text)}," for text in texts), "]"])


def quoted(text: str) -> str:
    """A string of TOML, as readable as can be."""
    return f"'{text}'" if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)
