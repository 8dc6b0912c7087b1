"""Plain `nbgrader autograde` on a tiny lab, for whoever wants it: what a submission is worth with our settings."""

import copy
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from grader import source
from grader.release import convert, generate, sync
from tests import mini_course
from tests.mini_course import LAB

pytestmark = pytest.mark.grading


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The tiny course with its release; no gradebook yet."""
    root = tmp_path_factory.mktemp("course")
    mini_course.write(root)
    sync(LAB, root)
    generate(root, [LAB], root / "notebooks")
    return root


@pytest.fixture(scope="module")
def grades(course):
    """Everything submitted and graded once: one kernel for each submission."""

    def submit(student: str, change) -> None:
        nb = nbformat.read(course / "notebooks" / LAB / f"{LAB}.ipynb", as_version=4)
        change(nb, {cell.id: cell for cell in nb.cells})
        mini_course.submit(course, student, LAB, nbformat.writes(nb))

    def nothing(nb, cells):
        pass

    def weaken_the_test(nb, cells):
        cells["test_triple"].source = "pass"
        cells["test_triple"].metadata["nbgrader"]["points"] = 100

    def only_the_visible_case(nb, cells):
        cells["triple"].source = "# EXERCISE triple (2)\ndef triple(x):\n    return 6"

    def without_the_test(nb, cells):
        cells["triple"].source = "# EXERCISE triple (2)\ndef triple(x):\n    return 3 * x"
        nb.cells.remove(cells["test_triple"])

    def warn(nb, cells):
        noise = "    print('hm', file=sys.stderr)\n"
        cells["triple"].source = f"# EXERCISE triple (2)\nimport sys\ndef triple(x):\n{noise}    return 3 * x"

    def with_an_answer(nb, cells):
        cells["written_why"].source = "Because."
        nb.cells.append(new_code_cell("print('my own cell')"))

    def solve(cells):
        cells["triple"].source = "# EXERCISE triple (2)\ndef triple(x):\n    return 3 * x"

    def copied_exercise(nb, cells):
        solve(cells)
        nb.cells.append(copy.deepcopy(cells["triple"]))
        nb.cells[-1].id = "copy"

    def exercise_and_test_deleted(nb, cells):
        nb.cells.remove(cells["triple"])
        nb.cells.remove(cells["test_triple"])

    def metadata_lost(nb, cells):
        solve(cells)
        for cell in nb.cells:
            cell.metadata.pop("nbgrader", None)

    submit("copying", copied_exercise)
    submit("vanishing", exercise_and_test_deleted)
    submit("stripped", metadata_lost)
    submit("untouched", nothing)
    submit("tampering", weaken_the_test)
    submit("memorising", only_the_visible_case)
    submit("deleting", without_the_test)
    submit("noisy", warn)
    submit("writing", with_an_answer)
    mini_course.submit(course, "solved", LAB, source.path(LAB, ".ipynb", course).read_text(encoding="utf-8"))
    database = f"sqlite:///{course / 'gradebook.db'}"
    generate(course, [LAB], course / "release", database)
    convert(Autograde, course, LAB, database)
    with Gradebook(database, "cnn-course") as gradebook:
        return {one.student.id: SimpleNamespace(**one.to_dict()) for one in gradebook.assignment_submissions(LAB)}


def test_solution_scores_everything(grades):
    row = grades["solved"]
    assert (row.code_score, row.max_code_score) == (2, 2)


def test_untouched_release_scores_nothing(grades):
    row = grades["untouched"]
    assert (row.score, row.max_score) == (0, 3)


def test_weakened_test_cell_is_replaced_by_the_real_one(grades):
    row = grades["tampering"]
    assert (row.code_score, row.max_code_score) == (0, 2)


def test_hidden_tests_run(grades):
    assert grades["memorising"].code_score == 0


def test_deleted_test_cell_comes_back(grades):
    assert grades["deleting"].code_score == 2


def test_stderr_in_a_graded_cell_costs_its_points(grades):
    """The trap that helpers must keep students out of: TensorFlow's log, warnings."""
    assert grades["noisy"].code_score == 0


def test_written_answer_waits_for_a_grader(grades):
    assert grades["writing"].needs_manual_grade
    assert not grades["untouched"].needs_manual_grade


@pytest.mark.parametrize(("student", "points"), [("copying", 2), ("vanishing", 0), ("stripped", 2)])
def test_cells_that_lost_their_metadata_are_found_again(grades, student, points):
    row = grades[student]
    assert row.code_score == points
