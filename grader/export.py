"""`python -m grader export`: the gradebook as a table, for people and for learning platforms."""

import collections
from pathlib import Path

from grader import book, late, roster, tables
from grader.book import Mark


def export(course: Path, file: Path, form: str) -> tuple[int, list[str]]:
    """Write the table; returns the number of its rows, and whose work waits for a person: it has no sum yet.

    Points are those of the gradebook, a person's before ours. form: one of `FORMS`.
    """
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        points = Points(book.marks(gradebook), course)
    rows, columns = FORMS[form](points)
    tables.write(file, rows, columns)
    unfinished = [f"{student}, {lab}" for (student, lab), row in sorted(points.sums.items()) if row["by_hand"]]
    return len(rows), unfinished


class Points:
    """A class's points as the tables need them. A member of a team has the team's where it has none of its own.

    marks; sums, as `book.totals` gives them; students and labs, sorted; most: lab -> its points; late: (student, lab)
    -> what lateness cost, so that this and the points of the exercises are the score.
    """

    def __init__(self, marks: list[Mark], course: Path):
        teams = roster.teams(course)
        self.people = {row["id"]: row for row in roster.people(course)}
        self.marks, self.sums = sorted(marks, key=lambda mark: mark.lab), book.totals(marks)
        self.students = sorted({student for student, _ in self.sums if student not in teams} | set(self.people))
        self.labs = sorted({lab for _, lab in self.sums})
        self.most = dict.fromkeys(self.labs, 0.0)
        for (_, lab), row in self.sums.items():
            self.most[lab] = max(self.most[lab], row["max_score"])
        given = collections.Counter()
        for mark in marks:
            given[mark.student, mark.lab] += mark.score
        penalised = {(mark.student, mark.lab) for mark in marks if mark.penalty}
        self.late = {key: round(self.sums[key]["score"] - given[key], 2) for key in penalised}

    def of(self, student: str, column: str) -> str:
        """What the roster says of a student; empty where it says nothing."""
        return self.people.get(student, {}).get(column, "")

    def key(self, student: str, lab: str) -> tuple[str, str]:
        """Under which student's or team's name the work lies."""
        return (student, lab) if (student, lab) in self.sums else (self.of(student, "team"), lab)

    def scores(self, student: str, heads: dict[str, str] | None = None) -> dict[str, float]:
        """The sum of each lab, under these heads: lab -> head; one that still waits for a person is left out."""
        rows = {(heads or {}).get(lab, lab): self.sums.get(self.key(student, lab)) for lab in self.labs}
        return {head: row["score"] for head, row in rows.items() if row and not row["by_hand"]}


def wide(points: Points) -> tuple[list[dict], list[str]]:
    """One row per student, one column per lab and exercise."""
    heads = {lab: f"{lab} (of {most:g})" for lab, most in points.most.items()}
    cells = dict.fromkeys((mark.lab, mark.cell) for mark in points.marks)
    own = {(mark.student, mark.lab, mark.cell): mark.score for mark in points.marks if not mark.waits}
    rows = []
    for one in points.students:
        row = {"student": one, "name": points.of(one, "name")} | points.scores(one, heads)
        for lab, cell in cells:
            if (*points.key(one, lab), cell) in own:
                row[f"{lab[:2]} {cell.removeprefix('test_')}"] = own[*points.key(one, lab), cell]
        for lab in points.labs:
            if points.key(one, lab) in points.late:
                row[f"{lab[:2]} late"] = points.late[points.key(one, lab)]
        rows.append(row)
    return rows, ["student", "name", *heads.values()]


def long(points: Points) -> tuple[list[dict], list[str]]:
    """One row per student, lab and exercise; what lateness cost is a row, too."""
    columns = ["student", "lab", "exercise", "points", "max_points", "by_hand"]
    cells = collections.defaultdict(list)
    for mark in sorted(points.marks, key=lambda mark: mark.cell):
        cells[mark.student, mark.lab].append((mark.cell.removeprefix("test_"), mark.score, mark.most, mark.waits))
    for key, taken in points.late.items():
        cells[key].append(("late", taken, 0.0, False))
    rows = [(one, lab, *row) for lab in points.labs for one in points.students for row in cells[points.key(one, lab)]]
    return [dict(zip(columns, row, strict=True)) for row in rows], columns


def canvas(points: Points) -> tuple[list[dict], list[str]]:
    """As Canvas imports it: its five columns, then one per lab; the first row holds the points to be had."""
    rows = [{"Student": "    Points Possible"} | points.most]
    for one in points.students:
        about = {"Student": points.of(one, "name") or one, "ID": points.of(one, "lms")}
        rows.append(about | {"SIS User ID": one, "SIS Login ID": one, "Section": ""} | points.scores(one))
    return rows, ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *points.labs]


def moodle(points: Points) -> tuple[list[dict], list[str]]:
    """As Moodle imports it: students by their number or address, one column per lab."""
    rows = [
        {"ID number": one, "Email address": points.of(one, "email")} | points.scores(one) for one in points.students
    ]
    return rows, ["ID number", "Email address", *points.labs]


FORMS = {"wide": wide, "long": long, "canvas": canvas, "moodle": moodle}
