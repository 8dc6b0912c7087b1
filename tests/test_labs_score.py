"""Two real labs through nbgrader's whole loop: the solution scores 100 %, the untouched release 0.

What the other labs are worth, test_notebooks_run asks nbgrader of the run that nbval makes. Here is shown that the loop
comes to the same: it restores cells, inserts the hidden tests, runs the notebook once more and keeps the points.
"""

import shutil
from pathlib import Path

import nbformat
import pytest

from grader import source
from grader.grade import grade
from grader.source import ROOT
from tests import mini_course


def graded(course: Path, student: str, lab: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "autograded" / student / lab / f"{lab}.ipynb", as_version=4)


@pytest.mark.long
@pytest.mark.parametrize("lab", ["00_getting_started", "01_convolution_basics"])  # short ones: networks, and none
def test_solution_scores_everything_and_untouched_release_nothing(lab, tmp_path):
    mini_course.link_helpers(tmp_path)
    ignored = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(ROOT / "solutions" / lab, tmp_path / "solutions" / lab, ignore=ignored)
    mini_course.submit(tmp_path, "solved", lab, source.path(lab, ".ipynb").read_text(encoding="utf-8"))
    release = ROOT / "notebooks" / lab / f"{lab}.ipynb"
    mini_course.submit(tmp_path, "untouched", lab, release.read_text(encoding="utf-8"))
    grades = grade(tmp_path, lab).set_index("student")

    solved, untouched = grades.loc["solved"], grades.loc["untouched"]
    points = sum(exercise.points for exercise in source.exercises(source.notebook(lab)))
    assert (solved.code_score, solved.max_code_score, solved.problem) == (points, points, "")
    for cell in graded(tmp_path, "solved", lab).cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output.text

    assert (untouched.score, untouched.problem) == (0, "")
    nb = graded(tmp_path, "untouched", lab)
    code = [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    assert all(cell.execution_count for _, cell in code)
    raised = [index for index, cell in code if any(output.output_type == "error" for output in cell.outputs)]
    assert raised == source.dependents(nb)
