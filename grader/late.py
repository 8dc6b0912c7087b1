"""Late work: when something was handed in, and what that costs. Due dates are those of the gradebook."""

import datetime
import tomllib
from collections import Counter
from pathlib import Path

from dateutil import parser as dates
from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook

from grader import book, store
from grader.reading import Unreadable, content, text
from grader.source import PipelineError


def handed_in(folder: Path) -> datetime.datetime | None:
    """What timestamp.txt says, in UTC; None where there is no date in it."""
    try:
        said = text(content(folder / "timestamp.txt", 1000)).strip()
        found = dates.parse(said)
    except (Unreadable, ValueError, OverflowError):
        return None
    return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found


def per_day(course: Path) -> float:
    """`late_per_day` of class.toml: the fraction of the points that each day begun after the due date costs.

    Raises PipelineError for a file that says anything else.
    """
    file = course / "class.toml"
    try:
        said = tomllib.loads(text(file.read_bytes())) if file.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise PipelineError(f"class.toml cannot be read ({error}): write a line such as late_per_day = 0.1.") from None
    if unknown := [key for key in said if key != "late_per_day"]:
        raise PipelineError(f"class.toml sets '{unknown[0]}', which nothing reads: only late_per_day can be set.")
    cost = said.get("late_per_day", 0.0)
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost <= 1:
        raise PipelineError(f"In class.toml late_per_day is to be a number from 0 to 1, such as 0.1, and not {cost!r}.")
    return float(cost)


def told(at: datetime.datetime | None, due: datetime.datetime | None, penalty: float) -> str:
    """A sentence on work that came after its due date or nobody knows when, both in UTC; empty for other work."""
    if due and at is None:
        return "When it came is not known, so it counts as in time."
    if not (due and at > due):
        return ""
    cost = f": {penalty:g} {'point was' if penalty == 1 else 'points were'} taken off because it came late"
    return f"It came on {at:%Y-%m-%d at %H:%M} UTC and was due on {due:%Y-%m-%d at %H:%M} UTC{cost if penalty else ''}."


def settle(course: Path, gradebook: Gradebook) -> None:
    """Take off what lateness costs of all points that there are now, those of a person included.

    Raises PipelineError for a class.toml that cannot be used.
    """
    fraction = per_day(course)
    points = Counter()
    for mark in book.marks(gradebook):
        points[mark.student, mark.lab] += mark.score
    late = (
        gradebook.db.query(SubmittedNotebook, SubmittedAssignment.student_id, Assignment.name)
        .add_columns(SubmittedAssignment.timestamp, Assignment.duedate)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    )
    for notebook, student, lab, at, due in late:
        days = -((due - at) // datetime.timedelta(days=1)) if at and due and at > due else 0
        cost = round(points[student, lab] * min(1.0, fraction * days), 2) or None
        if notebook.late_submission_penalty != cost:
            notebook.late_submission_penalty = cost
    if store.writing:
        gradebook.db.commit()
