"""Figures in prose are those of the runs: `0.81<!-- our d val_accuracy -->` names the one that it quotes.

    our d val_accuracy         the last value of the curve in data/reference_runs/<lab>/d.json, the run that a lab loads
    our d val_accuracy 5       its value after the fifth epoch
    mean d test_accuracy       the mean over the seeds, from results.json
    std d test_accuracy        their standard deviation
    published d val_accuracy   what others published, from data/published.json

A run of another lab is written lab:run. `make release` writes each number anew, to as many digits as stand there;
students get the number without its mark.
"""

import json
import re
from pathlib import Path

from grader.source import ROOT

RUNS = ROOT / "data" / "reference_runs"
MARK = re.compile(
    r"(?P<number>\d+(?:\.(?P<digits>\d+))?)"
    r"(?P<mark><!-- (?P<kind>our|mean|std|published) (?:(?P<lab>\w+):)?(?P<run>\w+) (?P<metric>[\w.]+)"
    r"(?: (?P<epoch>\d+))? -->)"
)


class NoSuchFigure(Exception):
    """A mark names a run, a metric or an epoch that there is not."""


def fresh(text: str, lab: str, runs: Path = RUNS) -> str:
    """The text with every marked number as the runs have it. Raises NoSuchFigure."""

    def written(found: re.Match) -> str:
        try:
            value = figure(found, found["lab"] or lab, runs)
        except (KeyError, IndexError, StopIteration, OSError):
            raise NoSuchFigure(f"{lab} quotes a figure that there is not: {found['mark']}") from None
        return f"{value:.{len(found['digits'] or '')}f}{found['mark']}"

    return MARK.sub(written, text)


def figure(mark: re.Match, lab: str, runs: Path) -> float:
    """The value that a mark names."""
    if mark["kind"] == "our":
        curve = json.loads((runs / lab / f"{mark['run']}.json").read_bytes())[mark["metric"]]
        return curve[int(mark["epoch"] or 0) - 1] if isinstance(curve, list) else curve
    name, column = ("../published.json", "value") if mark["kind"] == "published" else ("results.json", mark["kind"])
    rows = json.loads((runs / name).read_bytes())
    place = (lab, mark["run"], mark["metric"])
    return next(row[column] for row in rows if (row["lab"], row["run"], row["metric"]) == place)


def without_marks(text: str) -> str:
    """The text as students get it."""
    return MARK.sub(lambda found: found["number"], text)
