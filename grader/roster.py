"""roster.csv beside submitted/: who is in the class. Columns id, name, email, lms (the platform's number), team.

A team is graded like a student: who of it hands in, hands in for all, and all of them get its points and its page.
"""

from pathlib import Path

from grader import tables


def people(course: Path) -> list[dict[str, str]]:
    """The rows that have an id. Raises ValueError for a team that is called like somebody."""
    rows = [row for row in tables.read(course / "roster.csv") if row.get("id")]
    ids = {row["id"] for row in rows}
    for row in rows:
        if row.get("team") in ids:
            raise ValueError(f"In roster.csv '{row['team']}' is a team and a student: call the team otherwise.")
    return rows


def teams(course: Path) -> dict[str, list[str]]:
    """team -> the ids of its members."""
    found: dict[str, list[str]] = {}
    for row in people(course):
        if row.get("team"):
            found.setdefault(row["team"], []).append(row["id"])
    return found
