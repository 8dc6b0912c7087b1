"""`python -m grader export`: the gradebook as a table, for people and for learning platforms."""

from pathlib import Path

from grader import book, late, roster, tables
from grader.grade import totals

FORMS = ("wide", "long", "canvas", "moodle")


def export(course: Path, file: Path, form: str) -> int:
    """Write the table; returns the number of its rows. Points are those of the gradebook, a person's before ours."""
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        marks = book.marks(gradebook)
    people, teams = {row["id"]: row for row in roster.people(course)}, roster.teams(course)
    points = totals(marks)
    students = sorted({student for student, _ in points if student not in teams} | set(people))
    labs = sorted({lab for _, lab in points})
    most = {lab: max(row["max_score"] for (_, one), row in points.items() if one == lab) for lab in labs}
    if form == "long":
        rows = [
            {
                **{"student": mark.student, "lab": mark.lab, "exercise": mark.cell.removeprefix("test_")},
                **{"points": mark.score, "max_points": mark.most, "by_hand": mark.waits},
            }
            for mark in sorted(marks, key=lambda mark: (mark.lab, mark.student, mark.cell))
        ]
        columns = ["student", "lab", "exercise", "points", "max_points", "by_hand"]
        tables.write(file, rows, columns)
        return len(rows)

    def of(student: str, field: str) -> str:
        return people.get(student, {}).get(field, "")

    def whose(student: str, lab: str) -> tuple[str, str]:  # of a team's work, where there is none of the student's own
        return (student, lab) if (student, lab) in points else (of(student, "team"), lab)

    def scored(student: str, heads: dict[str, str]) -> dict:
        return {
            head: points[whose(student, lab)]["score"] for lab, head in heads.items() if whose(student, lab) in points
        }

    if form == "canvas":
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
        own = {(mark.student, mark.lab, mark.cell): mark.score for mark in marks}
        heads = {lab: f"{lab} (of {most[lab]:g})" for lab in labs}
        rows = [
            {"student": one, "name": of(one, "name")}
            | scored(one, heads)
            | {
                f"{lab[:2]} {cell.removeprefix('test_')}": own[*whose(one, lab), cell]
                for lab, cell in cells
                if (*whose(one, lab), cell) in own
            }
            for one in students
        ]
        columns = ["student", "name", *heads.values()]
    tables.write(file, rows, columns)
    return len(rows)
