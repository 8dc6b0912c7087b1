"""roster.csv beside submitted/: who is in the class. Columns id, name, email, lms (the platform's number), team.

A team is graded like a student: who of it hands in, hands in for all, and all of them get its points and its page.
"""

import unicodedata
from pathlib import Path

from grader import tables
from grader.reading import shown
from grader.source import PipelineError

COLUMNS = ("id", "name", "email", "lms", "team")


def people(course: Path) -> list[dict[str, str]]:
    """The rows, without blanks around the values. Raises PipelineError for a roster that does not say who is who."""
    rows = [
        {head.casefold(): unicodedata.normalize("NFC", value.strip()) for head, value in row.items()}
        for row in tables.read(course / "roster.csv")
    ]
    rows = [row for row in rows if any(row.values())]
    ids: set[str] = set()
    for row in rows:
        if "id" not in row:
            raise PipelineError(f"roster.csv has no column 'id': its first line is to name {', '.join(COLUMNS)}.")
        if not row["id"]:
            raise PipelineError(f"In roster.csv a row has no id: {', '.join(filter(None, row.values()))}.")
        if row["id"] in ids:
            raise PipelineError(f"In roster.csv the id '{row['id']}' stands twice: give each student one row.")
        ids.add(row["id"])
    for row in rows:
        for name in (row["id"], row.get("team", "")):
            if name.startswith(".") or set("/\\") & set(name) or shown(name, 120) != name:
                raise PipelineError(
                    f"In roster.csv '{shown(name)}' cannot be a folder's name: leave out slashes, quotation marks, "
                    "<, > and a dot at the beginning."
                )
        if row.get("team") in ids:
            raise PipelineError(f"In roster.csv '{row['team']}' is a team and a student: call the team otherwise.")
    return rows


def teams(course: Path) -> dict[str, list[str]]:
    """team -> the ids of its members."""
    found: dict[str, list[str]] = {}
    for row in people(course):
        if row.get("team"):
            found.setdefault(row["team"], []).append(row["id"])
    return found
