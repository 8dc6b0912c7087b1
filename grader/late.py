"""Late work: when something was handed in, and what that costs. Due dates are those of the gradebook."""

import datetime
import tomllib
from pathlib import Path

from dateutil import parser as dates
from nbgrader.api import Gradebook

from grader.reading import Unreadable, content, text


def handed_in(folder: Path) -> datetime.datetime | None:
    """What timestamp.txt says, in UTC; None where there is no date in it."""
    try:
        said = text(content(folder / "timestamp.txt", 1000)).strip()
        found = dates.parse(said)
    except (Unreadable, ValueError, OverflowError):
        return None
    return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found


def penalty(course: Path, gradebook: Gradebook, lab: str, at: datetime.datetime | None, points: float) -> float:
    """The points that lateness costs: `late_per_day` in class.toml, a fraction of the points for each day begun."""
    due = gradebook.find_assignment(lab).duedate
    file = course / "class.toml"
    per_day = tomllib.loads(file.read_text()).get("late_per_day", 0.0) if file.exists() else 0.0
    if due is None or at is None or at <= due or not per_day:
        return 0.0
    days = -((due - at) // datetime.timedelta(days=1))
    return round(points * min(1.0, per_day * days), 2)
