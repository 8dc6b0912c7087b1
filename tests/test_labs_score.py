"""Plain nbgrader and this grader give the same points: all to a solution, none to the untouched release.

A part of lab 01 goes through all that nbgrader does: it restores cells, inserts the hidden tests, runs the notebook
once more and keeps the points. Whole labs follow in `make test-grading`; in every run test_notebooks_run asks nbgrader
what they are worth, of the run that nbval makes.
"""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.converters import Autograde

from grader import book, source
from grader.grade import Settings, grade
from grader.release import convert, generate
from grader.source import ROOT
from tests import mini_course, redteam


def points(course: Path) -> dict[tuple[str, str], float | None]:
    """(student, cell) -> what the machine gave."""
    with book.opened(course) as gradebook:
        return {(mark.student, mark.cell): mark.auto for mark in book.marks(gradebook)}


def by_nbgrader(course: Path, lab: str) -> dict[tuple[str, str], float | None]:
    """The points that nbgrader gives; its gradebook is left out of the way."""
    mini_course.link_helpers(course)
    generate(course, [lab], course / "release", book.address(course))
    convert(Autograde, course, lab, book.address(course))
    found = points(course)
    (course / "gradebook.db").unlink()
    return found


def by_us(course: Path, lab: str) -> dict[tuple[str, str], float | None]:
    """The points that this grader gives."""
    rows = grade([lab], Settings(course, workers=1, say=lambda line: None))
    assert [row["problem"] for row in rows] == [""] * len(rows)
    return points(course)


def without_metadata(course: Path) -> dict:
    """A solved notebook whose code cells have lost what nbgrader knows them by."""
    notebook = redteam.solved(course)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["metadata"] = {}
    return notebook


def weakened(course: Path) -> dict:
    """A notebook in which nothing is right and no test says so."""
    notebook = redteam.wrong(course)
    redteam.fill(notebook, {f"test_{name}": "pass" for name in redteam.WRONG})
    return notebook


def test_part_of_a_lab_gets_the_same_points_from_both(tmp_path):
    redteam.write_course(tmp_path)
    made = {"solved": redteam.solved, "untouched": redteam.release, "stripped": without_metadata, "tampered": weakened}
    for student, make in made.items():
        mini_course.submit(tmp_path, student, redteam.LAB, json.dumps(make(tmp_path)))
    found = by_us(tmp_path, redteam.LAB)
    (tmp_path / "gradebook.db").unlink()
    assert by_nbgrader(tmp_path, redteam.LAB) == found
    for exercise in source.exercises(source.notebook(redteam.LAB, tmp_path)):
        given = [found[student, f"test_{exercise.name}"] for student in made]
        assert given == [exercise.points, 0, exercise.points, 0]


def course_of(lab: str, folder: Path) -> Path:
    """A course of one lab, for which one student hands in the solution and one the untouched release."""
    for room in ("solutions", "notebooks"):
        shutil.copytree(ROOT / room / lab, folder / room / lab, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    mini_course.submit(folder, "solved", lab, source.path(lab, ".ipynb").read_text(encoding="utf-8"))
    mini_course.submit(folder, "untouched", lab, (folder / "notebooks" / lab / f"{lab}.ipynb").read_text("utf-8"))
    return folder


def assert_all_or_nothing(found: dict, lab: str) -> None:
    """The solution gets every point of every exercise, the untouched release none."""
    for exercise in source.exercises(source.notebook(lab)):
        assert found["solved", f"test_{exercise.name}"] == exercise.points
        assert found["untouched", f"test_{exercise.name}"] == 0


@pytest.mark.parametrize("lab", ["00_getting_started", "01_convolution_basics"])  # networks, and none
def test_solution_scores_everything_and_untouched_release_nothing(lab, tmp_path):
    assert_all_or_nothing(by_us(course_of(lab, tmp_path), lab), lab)


@pytest.mark.grading
@pytest.mark.parametrize("lab", source.labs())
def test_whole_lab_gets_the_same_points_from_both(lab, tmp_path):
    found = by_nbgrader(course_of(lab, tmp_path), lab)
    assert_all_or_nothing(found, lab)
    nb = nbformat.read(tmp_path / "autograded" / "solved" / lab / f"{lab}.ipynb", as_version=4)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output.text
    assert by_us(tmp_path, lab) == found
