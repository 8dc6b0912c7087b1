"""Two real labs through nbgrader's whole loop, and through ours: the solution scores 100 %, the untouched release 0.

What the other labs are worth, test_notebooks_run asks nbgrader of the run that nbval makes. Here is shown that the loop
comes to the same: it restores cells, inserts the hidden tests, runs the notebook once more and keeps the points.
"""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.converters import Autograde

from grader import book, source
from grader.grade import Settings, grade
from grader.release import convert, generate
from grader.source import ROOT
from tests import mini_course


def graded(course: Path, student: str, lab: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "autograded" / student / lab / f"{lab}.ipynb", as_version=4)


def points(course: Path) -> dict[tuple[str, str], float | None]:
    """(student, cell) -> what the machine gave."""
    with book.opened(course) as gradebook:
        return {(mark.student, mark.cell): mark.auto for mark in book.marks(gradebook)}


@pytest.mark.long
@pytest.mark.parametrize("lab", ["00_getting_started", "01_convolution_basics"])  # short ones: networks, and none
def test_solution_scores_everything_and_untouched_release_nothing(lab, tmp_path):
    mini_course.link_helpers(tmp_path)
    ignored = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(ROOT / "solutions" / lab, tmp_path / "solutions" / lab, ignore=ignored)
    shutil.copytree(ROOT / "notebooks" / lab, tmp_path / "notebooks" / lab, ignore=ignored)
    mini_course.submit(tmp_path, "solved", lab, source.path(lab, ".ipynb").read_text(encoding="utf-8"))
    release = ROOT / "notebooks" / lab / f"{lab}.ipynb"
    mini_course.submit(tmp_path, "untouched", lab, release.read_text(encoding="utf-8"))
    generate(tmp_path, [lab], tmp_path / "release", book.address(tmp_path))
    convert(Autograde, tmp_path, lab, book.address(tmp_path))

    by_nbgrader = points(tmp_path)
    exercises = source.exercises(source.notebook(lab))
    for exercise in exercises:
        assert by_nbgrader["solved", f"test_{exercise.name}"] == exercise.points
        assert by_nbgrader["untouched", f"test_{exercise.name}"] == 0
    for cell in graded(tmp_path, "solved", lab).cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output.text

    nb = graded(tmp_path, "untouched", lab)
    code = [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    assert all(cell.execution_count for _, cell in code)
    raised = [index for index, cell in code if any(output.output_type == "error" for output in cell.outputs)]
    assert raised == source.dependents(nb)

    (tmp_path / "gradebook.db").unlink()
    rows = grade([lab], Settings(tmp_path, workers=1, say=lambda line: None))
    assert [row["problem"] for row in rows] == ["", ""]
    assert points(tmp_path) == by_nbgrader
