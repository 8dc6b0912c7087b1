"""Late work: when something was handed in, and what that costs. Due dates are those of the gradebook."""

import datetime
import tomllib
from collections import Counter
from pathlib import Path

from dateutil import parser as dates
from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook

from grader import book, store
from grader.reading import Unreadable, content, text


def handed_in(folder: Path) -> datetime.datetime | None:
    """What timestamp.txt says, in UTC; None where there is no date in it."""
    try:
        said = text(content(folder / "timestamp.txt", 1000)).strip()
        found = dates.parse(said)
    except (Unreadable, ValueError, OverflowError):
        return None
    return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found


def settle(course: Path, gradebook: Gradebook) -> None:
    """Take off what lateness costs of all points that there are now, those of a person included.

    `late_per_day` in class.toml is a fraction of the points, for each day begun after the due date.
    """
    file = course / "class.toml"
    per_day = tomllib.loads(file.read_text()).get("late_per_day", 0.0) if file.exists() else 0.0
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
        cost = round(points[student, lab] * min(1.0, per_day * days), 2) or None
        if notebook.late_submission_penalty != cost:
            notebook.late_submission_penalty = cost
    if store.writing:
        gradebook.db.commit()
