"""What a student hands in: everything is looked for, run afresh, put right where it was damaged, and written."""

import nbformat
import pytest
from nbformat import v4

from helpers import hand_in, progress
from helpers.messages import CourseError

SETUP = """# session.begin("doubling")
class CheckFailed(Exception): pass
class checks:
    def double(f): assert f(2) == 4
    def half(f): raise CheckFailed("half: not yet. You did not divide.")"""
CELLS = [SETUP, "# EXERCISE double (2)\ndouble = lambda x: 2 * x", "# EXERCISE half (1)\nhalf = lambda x: x"]
KNOWN = {"double": {"points": 2, "section": ""}, "half": {"points": 1, "section": ""}}


def notebook(*sources):
    return v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])


@pytest.fixture
def handed_in(tmp_path, monkeypatch, capsys):
    """Hand in a notebook of these cells: what is said, and what is written."""
    monkeypatch.setattr(progress, "exercises", lambda: {"11_doubling": KNOWN})
    monkeypatch.setattr(progress, "written_questions", lambda: {"11_doubling": []})

    def hand(*sources):
        file = tmp_path / "11_doubling.ipynb"
        nbformat.write(notebook(*sources), file)
        hand_in.notebook(str(file))
        assert [cell.source for cell in nbformat.read(file, as_version=4).cells] == list(sources)
        return capsys.readouterr().out, nbformat.read(tmp_path / "11_doubling_submission.ipynb", as_version=4)

    return hand


def test_lost_and_damaged_test_cells_come_back_and_answers_stay():
    nb = notebook(*CELLS)
    damaged = v4.new_code_cell("checks.double(abs)", metadata={"nbgrader": {"grade_id": "test_double"}})
    nb.cells.insert(2, damaged)
    assert hand_in.mend(nb, KNOWN | {"third": {"points": 1}}) == (["third"], ["double", "half"])
    assert [nb.cells[place].source for place in (0, 1, 3)] == CELLS
    assert nb.cells[2].source == hand_in.TEST.format(name="double") and nb.cells[2].metadata["nbgrader"]["points"] == 2
    assert nb.cells[4].source == hand_in.TEST.format(name="half")
    assert hand_in.mend(nb, KNOWN) == ([], [])


def test_what_is_wrong_in_a_fresh_kernel_is_said_and_the_rest_is_written(handed_in):
    said, written = handed_in(*CELLS, "from helpers import hand_in\nhand_in.notebook()", "gone + 1")
    assert "double    right" in said and "half      not yet" in said
    assert "Damaged test cells, restored: double, half." in said
    assert "The cell `gone + 1` stops: NameError: name 'gone' is not defined" in said
    assert "this is not finished" in said and "`11_doubling_submission.ipynb`" in said
    assert len(written.cells) == 7 and not any(cell.outputs for cell in written.cells)


def test_everything_right_is_said_and_what_is_missing_too(handed_in, monkeypatch):
    right = SETUP.replace('raise CheckFailed("half: not yet. You did not divide.")', "pass")
    assert "Everything is there, and right" in handed_in(right, *CELLS[1:])[0]
    monkeypatch.setattr(hand_in, "run", lambda nb, folder: ({"double": progress.RIGHT}, []))
    said, _ = handed_in(right, CELLS[1])
    assert "There is no cell that begins with `# EXERCISE half`." in said and "half      missing" in said


def test_written_answers_that_are_empty_or_gone_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "exercises", lambda: {"11_doubling": {}})
    monkeypatch.setattr(
        progress, "written_questions", lambda: {"11_doubling": ["written_why", "written_how", "written_when"]}
    )
    monkeypatch.setattr(hand_in, "run", lambda nb, folder: ({}, []))
    nb = notebook('session.begin("doubling", run_profile="quick")')
    for name, text in (("written_why", hand_in.EMPTY), ("written_how", "By doubling.")):
        nb.cells.append(v4.new_markdown_cell(text, metadata={"nbgrader": {"grade_id": name}}))
    nbformat.write(nb, tmp_path / "11_doubling.ipynb")
    hand_in.notebook(str(tmp_path / "11_doubling.ipynb"))
    said = capsys.readouterr().out
    assert "written_why: this answer is still empty." in said and "written_how" not in said
    assert "written_when: the cell of this answer is gone. In a terminal of the course `python -m helpers upd" in said


def test_notebook_that_there_is_not_or_only_half_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="There is no notebook 00_nothing; the labs are: 00_getting_started, "):
        hand_in.found("00_nothing")
    (tmp_path / "half.ipynb").write_text('{"cells": [')
    with pytest.raises(CourseError, match="half.ipynb is no notebook, or only a part of one. In a terminal"):
        hand_in.notebook(str(tmp_path / "half.ipynb"))
    with pytest.raises(CourseError, match="on Colab it never can"):
        hand_in.found()
