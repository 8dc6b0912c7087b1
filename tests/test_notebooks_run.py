"""Every notebook runs, and is worth what it should: a solution all its points, an unsolved release none.

The release runs to its end, and fails exactly where an exercise is missing, with 'not attempted'.
"""

import copy

import nbformat
import pytest
from nbgrader.utils import determine_grade, is_grade, is_solution

from grader import source
from grader.release import generate, sync
from grader.source import ROOT
from tests import mini_course
from tests.notebook_run import Run, nbval


def surprises(nb: nbformat.NotebookNode, failures: dict[int, str]) -> list[str]:
    """Say for each cell of an unsolved notebook that behaved otherwise than announced what it did."""
    expected = set(source.dependents(nb))
    tagged = {index for index, cell in enumerate(nb.cells) if "raises-exception" in source.tags(cell)}
    found = [f"cell {index} is tagged raises-exception without need" for index in tagged - expected]
    found += [f"cell {index} lacks the tag raises-exception" for index in expected - tagged]
    found += [f"cell {index} raises nothing, though tagged" for index in tagged - set(failures)]
    found += [f"cell {index} fails: {failures[index]}" for index in set(failures) - tagged]
    return found + [
        f"cell {index} does not say 'not attempted': {failures[index]}"
        for index in set(failures) & tagged
        if "not attempted" not in failures[index]
    ]


def points(nb: nbformat.NotebookNode) -> dict[str, float]:
    """What nbgrader gives for each graded cell of an executed notebook: 0 for an error, or a word on stderr."""
    graded = [cell for cell in nb.cells if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)]
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in graded}


@pytest.mark.long
@pytest.mark.parametrize("lab", source.labs())
def test_solution_runs_and_earns_every_point(lab, tmp_path):
    nb = nbformat.read(source.path(lab, ".ipynb"), as_version=4)
    run = nbval(nb, tmp_path)
    tagged = {index for index, cell in enumerate(nb.cells) if "raises-exception" in source.tags(cell)}
    assert set(run.failures) == tagged, run.failures
    assert points(run.notebook) == {f"test_{one.name}": one.points for one in source.exercises(nb)}


@pytest.mark.long
@pytest.mark.parametrize("lab", source.labs())
def test_release_fails_only_where_an_exercise_is_missing_and_earns_nothing(lab, tmp_path):
    nb = nbformat.read(ROOT / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    run = nbval(nb, tmp_path)
    assert surprises(nb, run.failures) == []
    assert points(run.notebook) == {f"test_{one.name}": 0 for one in source.exercises(nb)}


@pytest.mark.parametrize("lab", source.labs())
def test_cell_tagged_raises_exception_in_a_solution_did_raise(lab):
    nb = nbformat.read(source.path(lab, ".ipynb"), as_version=4)
    for cell in nb.cells:
        if "raises-exception" in source.tags(cell):
            assert any(output.output_type == "error" for output in cell.outputs), cell.source


# The tiny lab: would a fault be noticed?


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> nbformat.NotebookNode:
    """The release of the tiny lab, unsolved."""
    folder = tmp_path_factory.mktemp("tiny")
    mini_course.write(folder)
    sync(mini_course.LAB, folder)
    generate(folder, [mini_course.LAB], folder / "notebooks")
    return nbformat.read(folder / "notebooks" / mini_course.LAB / f"{mini_course.LAB}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory) -> Run:
    return nbval(tiny, tmp_path_factory.mktemp("run"))


def place(nb: nbformat.NotebookNode, start: str) -> int:
    return next(index for index, cell in enumerate(nb.cells) if cell.source.startswith(start))


def test_tiny_release_fails_only_where_an_exercise_is_missing(tiny, run):
    assert surprises(tiny, run.failures) == []
    assert points(run.notebook) == {"test_triple": 0}


def test_planted_error_turns_nbval_red(tiny, tmp_path):
    nb = copy.deepcopy(tiny)
    planted = place(nb, "import math")
    nb.cells[planted].source += "\n1 / 0"
    found = surprises(nb, nbval(nb, tmp_path).failures)
    assert len(found) == 1
    assert found[0].startswith(f"cell {planted} fails") and "ZeroDivisionError" in found[0]


@pytest.mark.parametrize(("noise", "worth"), [("", 2), ("import sys; print('hm', file=sys.stderr)\n", 0)])
def test_word_on_stderr_costs_the_points(tiny, tmp_path, noise, worth):
    nb = copy.deepcopy(tiny)
    nb.cells[place(nb, "# EXERCISE")].source = "def triple(x):\n    return 3 * x"
    nb.cells[place(nb, "assert triple")].source = f"{noise}assert triple(2) == 6"
    run = nbval(nb, tmp_path)
    assert run.failures == {}  # to nbval it is nothing
    assert points(run.notebook) == {"test_triple": worth}


def test_tag_on_a_healthy_cell_is_noticed(tiny, run):
    """nbval itself lets a cell pass that is tagged raises-exception and raises nothing."""
    nb = copy.deepcopy(tiny)
    healthy = place(nb, "import math")
    nb.cells[healthy].metadata["tags"] = ["raises-exception"]
    assert f"cell {healthy} raises nothing, though tagged" in surprises(nb, run.failures)


def test_failure_for_another_reason_is_noticed(tiny, run):
    check = place(tiny, "assert triple")
    other = {**run.failures, check: "AssertionError"}
    assert surprises(tiny, other) == [f"cell {check} does not say 'not attempted': AssertionError"]
