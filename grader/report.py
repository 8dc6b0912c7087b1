"""`python -m grader report`: what a class believes. One page of tables and pictures, report.html.

Points per lab and exercise; the usual mistakes in the checks' own sentences; wrong answers that no sentence explains,
grouped by equal results, so that one new sentence helps the whole group; who has not attempted what; the same code
from several students; time; what needs a human eye.
"""

import ast
import collections
import datetime
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from nbgrader.api import Assignment

from checks import plain
from checks.core import NOT_ATTEMPTED, NOT_YET, RAISED, RIGHT
from grader import book, judging, late, roster, source, store, tables
from grader.feedback import PAGE, STYLE
from grader.grade import released
from grader.rebuild import Lab
from grader.work import NOT_GRADABLE, GradingError
from helpers import plots

TABLES = "td, th { padding: 0.2em 0.8em; text-align: left; vertical-align: top }"
TYPICAL = 40  # syntax nodes from which on equal code is no chance
SHOWN = 12  # rows of a table


@dataclass
class Class:
    """What is known of a lab's submissions: student -> summary, student -> records file's content, points."""

    lab: Lab
    summaries: dict[str, dict]
    kept: dict[str, dict]
    points: dict[str, float] = field(default_factory=dict)
    most: float = 0.0
    waiting: list[str] = field(default_factory=list)
    aside: list[list] = field(default_factory=list)  # student, why: late, not graded, missing, not on the roster


def report(course: Path, labs: list[str]) -> Path:
    """Write report.html. Raises GradingError if nothing is graded."""
    refused = [
        (row["lab"], [row["student"].removeprefix("'"), row["problem"]])
        for row in tables.read(course / "grades.csv")
        if row.get("state") == NOT_GRADABLE
    ]
    concerned = {lab for lab, _ in refused}
    classes = [one for lab in labs if (one := _class(course, lab, lab in concerned)).lab]
    if not classes:
        raise GradingError("Nothing is graded yet: run `grade` first.")
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        marks = book.marks(gradebook)
        due = dict(gradebook.db.query(Assignment.name, Assignment.duedate))
    sums, penalties = book.totals(marks), {(mark.student, mark.lab): mark.penalty for mark in marks}
    people = roster.people(course)
    body = []
    known = set(source.labs(course))
    if strays := [row for lab, row in refused if lab not in known]:
        body.append(f"<h2>Handed in, but in no lab's folder</h2>{_table(['student', 'why'], strays)}")
    for one in classes:
        mine = {student: row for (student, lab), row in sums.items() if lab == one.lab.name}
        one.points = {student: row["score"] for student, row in mine.items()}
        one.most = max((row["max_score"] for row in mine.values()), default=0.0)
        one.waiting = sorted(student for student, row in mine.items() if row["by_hand"])
        name = one.lab.name
        one.aside = [row for lab, row in refused if lab == name]
        for student, summary in one.summaries.items():
            at = None if summary["at"] == "None" else datetime.datetime.fromisoformat(summary["at"])
            one.aside.append([student, late.told(at, due.get(name), penalties.get((student, name), 0.0))])
        one.aside += _not_of_the_roster(people, set(one.summaries) | {student for student, _ in one.aside})
        body.append(f"<h2>{escape(one.lab.name)}: {len(one.summaries)} submissions</h2>{_histogram(one)}")
        for title, (head, rows) in sections(one).items():
            body.append(f"<h3>{title}</h3>" + (_table(head, rows) if rows else "<p>Nothing.</p>"))
    file = course / "report.html"
    store.write(file, PAGE.format(title="The class", style=STYLE + TABLES, body="\n".join(body)))
    return file


def sections(one: Class) -> dict[str, tuple[list[str], list[list]]]:
    """The tables of a lab: title -> heads and rows."""
    return {
        "Exercises": (["exercise", "points", "right", "not yet", "raised", "not attempted"], _exercises(one)),
        "Usual mistakes": (["exercise", "students", "sentence", "who"], census(one)),
        "Wrong answers that are no usual mistake, equal ones together": (
            ["exercise", "students", "the check says", "who"],
            unexplained(one),
        ),
        "Not attempted": (["exercise", "who"], _not_attempted(one)),
        "The same code, names aside": (["exercise", "who"], same_code(one)),
        "Seconds of students' code": (["slowest", "seconds"], _times(one)),
        "For a human eye": (["student", "why"], _for_an_eye(one)),
    }


def _class(course: Path, lab: str, concerned: bool = False) -> Class:
    found = {path.parent.name: store.read(path) for path in sorted(course.glob(f"graded/*/{lab}.json"))}
    summaries = {student: summary for student, summary in found.items() if summary}
    kept = {student: store.read(store.records_file(course, student, lab)) or {} for student in summaries}
    return Class(released(course, lab) if summaries or concerned else None, summaries, kept)


def _outcomes(one: Class) -> list[tuple[str, str, dict]]:
    return [(student, name, said) for student, row in one.summaries.items() for name, said in row["outcomes"].items()]


def _exercises(one: Class) -> list[list]:
    counted = collections.Counter((name, said["status"]) for _, name, said in _outcomes(one))
    statuses = (RIGHT, NOT_YET, RAISED, NOT_ATTEMPTED)
    return [
        [name, f"{ex.points:g}", *(counted[name, status] for status in statuses)]
        for name, ex in one.lab.exercises.items()
    ]


def census(one: Class) -> list[list]:
    """How many students make each known mistake, the most frequent first."""
    who = collections.defaultdict(list)
    for student, name, said in _outcomes(one):
        if said["mistake"]:
            who[name, said["mistake"]].append(student)
    return [
        [name, len(them), text, _some(them)] for (name, text), them in sorted(who.items(), key=lambda row: -len(row[1]))
    ]


def unexplained(one: Class) -> list[list]:
    """Wrong answers that are none of the known mistakes, grouped by what they return."""
    who = collections.defaultdict(list)
    said_of = {}
    for student, name, said in _outcomes(one):
        text = one.kept[student].get("records", {}).get(name)
        if said["status"] == NOT_YET and not said["mistake"] and text:
            group = name, _results(text)
            who[group].append(student)
            said_of.setdefault(group, said["reason"])
    return [[g[0], len(them), said_of[g], _some(them)] for g, them in sorted(who.items(), key=lambda row: -len(row[1]))]


def _results(text: str) -> str:
    """A fingerprint of what an answer returned, to four digits."""
    try:
        records = plain.decode(text)
        return judging.digest(repr([_rounded(record.get("answer", record)) for record in records]))
    except (plain.Unusable, AttributeError, TypeError, RecursionError):
        return judging.digest(text)


def _rounded(value):
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


def _not_attempted(one: Class) -> list[list]:
    who = collections.defaultdict(list)
    for student, name, said in _outcomes(one):
        if said["status"] == NOT_ATTEMPTED:
            who[name].append(student)
    return [[name, _some(them)] for name, them in who.items()]


def same_code(one: Class) -> list[list]:
    """Students whose code of an exercise is the same once variables are renamed; short code and stubs do not count."""
    who = collections.defaultdict(list)
    for student, kept in one.kept.items():
        for name, code in kept.get("answers", {}).items():
            if code and name in one.lab.exercises and (shape := shape_of(code)):
                who[name, shape].append(student)
    stubs = {(name, shape_of(exercise.stub)) for name, exercise in one.lab.exercises.items()}
    pairs = [(key[0], them) for key, them in who.items() if len(them) > 1 and key not in stubs]
    return [[name, ", ".join(them)] for name, them in sorted(pairs, key=lambda row: len(row[1]))]


def shape_of(code: str) -> str:
    """Code without names of its own, comments and docstrings; empty where it is too short to tell, or no Python."""
    try:
        tree = ast.parse(code)
        names: dict[str, str] = {}
        nodes = 0
        for node in ast.walk(tree):
            nodes += 1
            for name in ("id", "arg"):
                if isinstance(getattr(node, name, None), str):
                    setattr(node, name, names.setdefault(getattr(node, name), f"name{len(names)}"))
            body = getattr(node, "body", None)
            if (
                isinstance(body, list)
                and body
                and isinstance(body[0], ast.Expr)
                and isinstance(body[0].value, ast.Constant)
            ):
                del body[0]
        return ast.dump(tree) if nodes >= TYPICAL else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _times(one: Class) -> list[list]:
    return sorted(([student, row["seconds"]] for student, row in one.summaries.items()), key=lambda row: -row[1])[:5]


def _for_an_eye(one: Class) -> list[list]:
    waiting = [[student, "written answers wait for points"] for student in one.waiting]
    marked = [[student, " ".join([row["why"], *row["remarks"]])] for student, row in one.summaries.items()]
    return [row for row in waiting + marked + one.aside if row[1].strip()]


def _not_of_the_roster(people: list[dict[str, str]], handed: set[str]) -> list[list]:
    """Who is in the roster and has handed in nothing, and who has and is not; nothing without a roster."""
    if not people:
        return []
    names = {row["id"] for row in people} | {row.get("team", "") for row in people}
    missing = [row["id"] for row in people if not {row["id"], row.get("team")} & handed]
    strange = [[student, "Is not in roster.csv."] for student in sorted(handed - names)]
    return [[student, "Handed in nothing."] for student in missing] + strange


def _some(students: list[str]) -> str:
    more = f" and {len(students) - SHOWN} more" if len(students) > SHOWN else ""
    return ", ".join(students[:SHOWN]) + more


def _table(head: list[str], rows: list[list]) -> str:
    heads = "".join(f"<th>{escape(one)}</th>" for one in head)
    cells = ("".join(f"<td>{escape(str(value))}</td>" for value in row) for row in rows)
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _histogram(one: Class) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 2.2), layout="constrained")
    axis = figure.subplots()
    axis.hist(list(one.points.values()), bins=20, range=(0, one.most or 1), color="#0072B2")
    axis.set(xlabel="points", ylabel="students", xlim=(0, one.most or 1))
    mean = sum(one.points.values()) / max(1, len(one.points))
    alt = f"Histogram of the points of {len(one.points)} students, mean {mean:.1f} of {one.most:g}."
    return f"{plots.html_image(figure, alt)}<p>{alt}</p>"
