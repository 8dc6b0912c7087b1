"""Every real lab: its solution scores 100 %, its untouched release 0, both through nbgrader's whole loop."""

import shutil

import nbformat
import pytest

from grader import source
from grader.grade import grade
from grader.source import ROOT
from tests import mini_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course in which one student hands in every solution, and one every release as it is."""
    root = tmp_path_factory.mktemp("course")
    mini_course.link_helpers(root)
    shutil.copytree(ROOT / "solutions", root / "solutions", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for lab in source.labs():
        mini_course.submit(root, "solved", lab, source.path(lab, ".ipynb").read_text(encoding="utf-8"))
        release = ROOT / "notebooks" / lab / f"{lab}.ipynb"
        mini_course.submit(root, "untouched", lab, release.read_text(encoding="utf-8"))
    return root


@pytest.fixture(scope="module")
def grades(course):
    return grade(course).set_index(["student", "lab"])


def graded(course, student: str, lab: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "autograded" / student / lab / f"{lab}.ipynb", as_version=4)


@pytest.mark.parametrize("lab", source.labs())
def test_solution_scores_everything(course, grades, lab):
    row = grades.loc["solved", lab]
    points = sum(exercise.points for exercise in source.exercises(source.notebook(lab)))
    assert (row.code_score, row.max_code_score, row.problem) == (points, points, "")
    for cell in graded(course, "solved", lab).cells:
        for output in cell.get("outputs", []):  # nbgrader gives 0 points to a graded cell that writes to stderr
            assert output.get("name") != "stderr", output.text


@pytest.mark.parametrize("lab", source.labs())
def test_untouched_release_scores_nothing_and_runs_to_its_end(course, grades, lab):
    row = grades.loc["untouched", lab]
    assert (row.score, row.problem) == (0, "")
    nb = graded(course, "untouched", lab)
    code = [(index, cell) for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    assert all(cell.execution_count for _, cell in code)
    raised = [index for index, cell in code if any(output.output_type == "error" for output in cell.outputs)]
    assert raised == source.dependents(nb)
