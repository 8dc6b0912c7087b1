"""`python -m grader export`: the gradebook as a table, for people and for learning platforms."""

import collections
from pathlib import Path

from grader import book, late, roster, tables
from grader.grade import totals

FORMS = ("wide", "long", "canvas", "moodle")


def export(course: Path, file: Path, form: str) -> tuple[int, list[str]]:
    """Write the table; returns the number of its rows, and whose work waits for a person: it has no sum yet.

    Points are those of the gradebook, a person's before ours.
    """
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        marks = book.marks(gradebook)
    people, teams = {row["id"]: row for row in roster.people(course)}, roster.teams(course)
    points = totals(marks)
    unfinished = [f"{student}, {lab}" for (student, lab), row in sorted(points.items()) if row["by_hand"]]
    students = sorted({student for student, _ in points if student not in teams} | set(people))
    labs = sorted({lab for _, lab in points})
    most = {lab: max(row["max_score"] for (_, one), row in points.items() if one == lab) for lab in labs}
    given = collections.Counter()
    for mark in marks:
        given[mark.student, mark.lab] += mark.score
    # What lateness cost: the points of the exercises and this are the score.
    penalised = {(mark.student, mark.lab) for mark in marks if mark.penalty}
    cost = {key: round(points[key]["score"] - given[key], 2) for key in penalised}

    def of(student: str, field: str) -> str:
        return people.get(student, {}).get(field, "")

    def whose(student: str, lab: str) -> tuple[str, str]:  # of a team's work, where there is none of the student's own
        return (student, lab) if (student, lab) in points else (of(student, "team"), lab)

    def scored(student: str, heads: dict[str, str]) -> dict:
        rows = {head: points.get(whose(student, lab)) for lab, head in heads.items()}
        return {head: row["score"] for head, row in rows.items() if row and not row["by_hand"]}

    if form == "long":
        columns = ["student", "lab", "exercise", "points", "max_points", "by_hand"]
        cells = collections.defaultdict(list)
        for mark in sorted(marks, key=lambda mark: mark.cell):
            row = (mark.cell.removeprefix("test_"), mark.score, mark.most, mark.waits)
            cells[mark.student, mark.lab].append(row)
        for key, taken in cost.items():
            cells[key].append(("late", taken, 0.0, False))
        rows = [
            dict(zip(columns, (one, lab, *row), strict=True))
            for lab in labs
            for one in students
            for row in cells[whose(one, lab)]
        ]
    elif form == "canvas":
        heads = {lab: lab for lab in labs}
        first = {"Student": "    Points Possible"} | {heads[lab]: most[lab] for lab in labs}
        rows = [first] + [
            {
                "Student": of(one, "name") or one,
                "ID": of(one, "lms"),
                "SIS User ID": one,
                "SIS Login ID": one,
                "Section": "",
            }
            | scored(one, heads)
            for one in students
        ]
        columns = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *labs]
    elif form == "moodle":
        rows = [
            {"ID number": one, "Email address": of(one, "email")} | scored(one, {lab: lab for lab in labs})
            for one in students
        ]
        columns = ["ID number", "Email address", *labs]
    else:
        cells = list(dict.fromkeys((mark.lab, mark.cell) for mark in sorted(marks, key=lambda mark: mark.lab)))
        own = {(mark.student, mark.lab, mark.cell): mark.score for mark in marks if not mark.waits}
        heads = {lab: f"{lab} (of {most[lab]:g})" for lab in labs}
        rows = [
            {"student": one, "name": of(one, "name")}
            | scored(one, heads)
            | {
                f"{lab[:2]} {cell.removeprefix('test_')}": own[*whose(one, lab), cell]
                for lab, cell in cells
                if (*whose(one, lab), cell) in own
            }
            | {f"{lab[:2]} late": cost[whose(one, lab)] for lab in labs if whose(one, lab) in cost}
            for one in students
        ]
        columns = ["student", "name", *heads.values()]
    tables.write(file, rows, columns)
    return len(rows), unfinished
