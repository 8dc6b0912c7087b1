"""nbgrader's gradebook and autograded notebooks, written as nbgrader would, so that Formgrader goes on from here.

One writer. A submission's marks are one transaction; what a person wrote into the gradebook stays as it is.
"""

import contextlib
import datetime
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.exc import DBAPIError

from checks.core import RIGHT
from grader import source, store
from grader.rebuild import Lab
from grader.source import PipelineError

COURSE = "cnn-course"


@dataclass
class Mark:
    """One row of the gradebook: a graded cell of a submission. auto is None where a person decides."""

    student: str
    lab: str
    cell: str
    is_code: bool
    most: float
    auto: float | None
    manual: float | None
    extra: float
    waits: bool
    penalty: float

    @property
    def score(self) -> float:
        """What counts: a person's mark before the machine's."""
        return (self.auto or 0.0 if self.manual is None else self.manual) + self.extra


def totals(marks: Iterable[Mark]) -> dict[tuple[str, str], dict]:
    """(student, lab) -> score, max_score, code_score, max_code_score, late (points taken off), by_hand."""
    sums: dict[tuple[str, str], dict] = {}
    for mark in marks:
        row = sums.setdefault(
            (mark.student, mark.lab),
            {"score": -mark.penalty, "max_score": 0.0, "code_score": 0.0, "max_code_score": 0.0}
            | {"late": mark.penalty, "by_hand": False},
        )
        row["score"] += mark.score
        row["max_score"] += mark.most
        row["by_hand"] |= mark.waits
        if mark.is_code:
            row["code_score"] += mark.score
            row["max_code_score"] += mark.most
    return {key: row | {"score": max(0.0, row["score"])} for key, row in sums.items()}


def address(course: Path) -> str:
    """The gradebook's database, as SQLAlchemy names it."""
    return f"sqlite:///{quote(str((course / 'gradebook.db').resolve()))}"  # it reads %2F as a slash


@contextlib.contextmanager
def opened(course: Path) -> Iterator[Gradebook]:
    """The gradebook; made if there is none, in a dry run in memory. Raises PipelineError where it cannot be used."""
    file = course / "gradebook.db"
    place = address(course) if store.writing or file.exists() else "sqlite://"
    try:
        with Gradebook(place, COURSE) as gradebook:
            yield gradebook
    except DBAPIError as problem:
        advice = "put a copy of it back"
        if "locked" in str(problem.orig):
            advice = "let what else writes into it come to its end, then give the command again"
        raise PipelineError(f"{file} cannot be used ({problem.orig}): {advice}.") from None


def knows(gradebook: Gradebook, lab: Lab) -> bool:
    """Whether the gradebook has this lab, with the same graded cells and points."""
    try:
        cells = gradebook.find_notebook(lab.name, lab.name).grade_cells
    except MissingEntry:
        return False
    points = {f"test_{name}": one.points for name, one in lab.exercises.items()} | lab.by_hand
    return {cell.name: cell.max_score for cell in cells} == points


def enter(
    gradebook: Gradebook,
    lab: Lab,
    student: str,
    marks: dict[str, float | None],
    unanswered: set[str],
    changed: set[str],
    handed_in: datetime.datetime | None = None,
) -> None:
    """Enter a submission's marks, all or none. `marks`: cell -> points, None where a person decides.

    unanswered: written questions and exercises as they were given. changed: cells whose content is not what was graded
    before; where a person gave points for another content, the cell waits for a hand again, until a person has looked.
    """
    session = gradebook.db

    def added(row):
        session.add(row)
        return row

    try:
        if session.get(Student, student) is None:
            added(Student(id=student))
        try:
            submission = gradebook.find_submission(lab.name, student)
        except MissingEntry:
            submission = added(SubmittedAssignment(assignment=gradebook.find_assignment(lab.name), student_id=student))
            session.flush()
        submission.timestamp = handed_in
        if not submission.notebooks:
            notebook = gradebook.find_notebook(lab.name, lab.name)
            added(SubmittedNotebook(notebook=notebook, assignment=submission))
            session.flush()
        (notebook,) = submission.notebooks

        def rows(kind, of):  # plain queries: the same by way of nbgrader's attributes takes a query for each cell
            have = {row.cell_id: row for row in session.query(kind).filter(kind.notebook_id == notebook.id)}
            for cell, name in session.query(of.id, of.name).filter(of.notebook_id == notebook.notebook_id).all():
                yield have.get(cell) or added(kind(cell_id=cell, notebook_id=notebook.id)), name

        for grade, name in rows(Grade, GradeCell):
            grade.auto_score = marks[name]
            if grade.manual_score is None and not grade.extra_credit:
                grade.needs_manual_grade = marks[name] is None
            elif name in changed:  # else it is as it was: whether a person has looked since only Formgrader knows
                grade.needs_manual_grade = True
        for comment, name in rows(Comment, SolutionCell):
            comment.auto_comment = "No response." if name in unanswered else None
        session.commit()
    except BaseException:
        session.rollback()
        raise


def marks(gradebook: Gradebook, lab: str | None = None) -> list[Mark]:
    """All that the gradebook knows, in one query."""
    query = (
        gradebook.db.query(
            *(
                SubmittedAssignment.student_id,
                Assignment.name,
                GradeCell.name,
                GradeCell.cell_type,
                GradeCell.max_score,
            ),
            *(Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade),
            SubmittedNotebook.late_submission_penalty,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(GradeCell, Grade.cell_id == GradeCell.id)
    )
    if lab:
        query = query.filter(Assignment.name == lab)
    return [
        Mark(student, name, cell, kind == "code", most, auto, manual, extra or 0.0, bool(waits), penalty or 0.0)
        for student, name, cell, kind, most, auto, manual, extra, waits, penalty in query
    ]


def comments(gradebook: Gradebook, lab: str) -> dict[tuple[str, str], str]:
    """(student, cell) -> what a person wrote beside it."""
    query = (
        gradebook.db.query(SubmittedAssignment.student_id, BaseCell.name, Comment.manual_comment)
        .select_from(Comment)
        .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, Comment.cell_id == BaseCell.id)
        .filter(Assignment.name == lab, Comment.manual_comment.isnot(None))
    )
    return {(student, cell): said for student, cell, said in query if said}


# ---- what Formgrader shows ----------------------------------------------------------------------------------


def notebook_file(course: Path, student: str, lab: str) -> Path:
    """The notebook that Formgrader shows."""
    return course / "autograded" / student / lab / f"{lab}.ipynb"


def show(course: Path, lab: Lab, student: str, result: dict) -> None:
    """Write the autograded notebook: the instructor's copy, the student's cells, what the checks say."""
    cells = []
    for place, original in enumerate(lab.cells):
        cell = dict(original)
        grade_id = original.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id in result["answers"]:
            cell["source"] = result["answers"][grade_id] or f"# The cell of {grade_id} is missing from the submission."
        elif grade_id.removeprefix("test_") in result["outcomes"]:
            cell["outputs"] = [_output(grade_id.removeprefix("test_"), result["outcomes"])]
        elif result["written"].get(grade_id):
            cell["source"] = as_text(result["written"][grade_id])
        cells.append(cell)
        for k, (kind, code) in enumerate(result["foreign"].get(str(place), ())):
            name = f"own-{place}-{k}"
            cells.append(new_code_cell(code, id=name) if kind == "code" else new_markdown_cell(as_text(code), id=name))
    notebook = {"cells": cells, "metadata": source.METADATA, "nbformat": 4, "nbformat_minor": 5}
    store.write_json(notebook_file(course, student, lab.name), notebook)


def _output(exercise: str, outcomes: dict) -> nbformat.NotebookNode:
    said = outcomes[exercise]
    if said["status"] == RIGHT:
        return new_output("stream", name="stdout", text=f"{exercise}: right. {said['reason']}\n")
    title = f"{exercise}: {said['status']}"
    return new_output("error", ename=title, evalue=said["reason"], traceback=[title, *said["reason"].splitlines()])


def as_text(text: str) -> str:
    """A student's text as Markdown that shows it letter by letter: no HTML, no link, no picture of it comes to life."""
    return f"<pre style='white-space: pre-wrap'>{html.escape(text)}</pre>"
