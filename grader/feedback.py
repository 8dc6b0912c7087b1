"""`python -m grader feedback`: one page per student and lab, and a zip file of them as the learning platform wants it.

A page holds the exercises' outcomes with the pictures of the checks, written answers, points, a person's comments. It
holds no hidden cell, no seed, and no HTML of the student's own.
"""

import datetime
import io
import zipfile
from html import escape
from pathlib import Path, PurePosixPath

from checks.core import KINDS, RIGHT
from grader import book, judging, late, roster, store
from grader.book import Mark
from grader.delivered import MOODLE
from grader.grade import released
from grader.reading import shown
from grader.rebuild import Lab
from grader.work import GradingError
from helpers.messages import Message

STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222 }
pre { background: #f5f5f5; padding: 0.8em; white-space: pre-wrap; font-size: 14px }
h2 { margin-top: 2em; border-bottom: 1px solid #ccc } .points { float: right; font-weight: normal }
blockquote { border-left: 4px solid #ccc; margin: 0.5em 0; padding-left: 1em; white-space: pre-wrap }
"""
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>{style}</style></head><body><h1>{title}</h1>{body}</body></html>
"""


def feedback(course: Path, labs: list[str]) -> list[Path]:
    """Write the pages and one zip file for each lab; returns the zip files."""
    written = []
    secret, teams = judging.secret(course), roster.teams(course)
    called = {row["id"]: f"{row['name']} ({row['id']})" for row in roster.people(course) if row.get("name")}
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        for name in labs:
            marks: dict[str, dict[str, Mark]] = {}
            for mark in book.marks(gradebook, name):
                marks.setdefault(mark.student, {})[mark.cell] = mark
            if not marks:
                continue
            lab, comments, archive = released(course, name), book.comments(gradebook, name), io.BytesIO()
            due = gradebook.find_assignment(name).duedate
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as returned:
                for student, cells in sorted(marks.items()):
                    kept = store.read(store.records_file(course, student, name))
                    summary = store.read(store.summary_file(course, student, name))
                    if kept is None or summary is None:
                        continue
                    said = {cell: text for (one, cell), text in comments.items() if one == student}
                    when = _when(summary, due, next(iter(cells.values())).penalty)
                    title = f"{name}: {called.get(student, shown(student, 200))}"
                    page = _page(secret, lab, title, when, kept, summary, cells, said)
                    for one in teams.get(student, [student]):
                        store.write(course / "feedback" / one / name / f"{name}.html", page)
                        returned.writestr(str(_place(course, one, name) / f"{name}.html"), page)
            file = course / "returned" / f"{name}.zip"
            store.write(file, archive.getvalue())
            written.append(file)
    if not written:
        raise GradingError("Nothing is graded yet: run `grade` first.")
    return written


def _place(course: Path, student: str, lab: str) -> PurePosixPath:
    """The folder that Moodle knows, if the work came in such a one, whatever folders are in that; else the student's
    id."""
    origin = course / "graded" / student / f"{lab}.origin"
    parts = PurePosixPath(origin.read_text(encoding="utf-8")).parts if origin.exists() else ()
    return PurePosixPath(next((part for part in parts[:-1] if MOODLE.fullmatch(part)), student))


def _when(summary: dict, due: datetime.datetime | None, penalty: float) -> str:
    """When the work came, in a sentence; empty if nobody knows and no due date is set."""
    at = None if summary["at"] == "None" else datetime.datetime.fromisoformat(summary["at"])
    return late.told(at, due, penalty) or (f"It came on {at:%Y-%m-%d at %H:%M} UTC." if at else "")


def _page(
    secret, lab: Lab, title: str, when: str, kept: dict, summary: dict, marks: dict[str, Mark], comments: dict
) -> str:
    (total,) = book.totals(marks.values()).values()
    waits = " Some points are still to be given by hand." if total["by_hand"] else ""
    parts = [f"<p><strong>{total['score']:g} of {total['max_score']:g} points.</strong>{waits}</p>"]
    parts += [f"<p>{when}</p>"] if when else []
    parts += [f"<p>{escape(summary['why'])}</p>"] if summary["why"] else []
    for place, original in enumerate(lab.cells):
        about = original.metadata.get("nbgrader", {})
        cell = about.get("grade_id", "")
        if not about.get("grade") or cell not in marks:
            continue
        name, mark = cell.removeprefix("test_"), marks[cell]
        points = "?" if mark.waits and mark.manual is None and mark.auto is None else f"{mark.score:g}"
        parts.append(f"<h2>{escape(name)} <span class='points'>{points} of {mark.most:g}</span></h2>")
        if name in summary["outcomes"]:
            parts.append(_outcome(secret, lab.name, name, kept, summary["outcomes"][name]))
            parts.append(f"<pre>{escape(kept['answers'].get(name) or '')}</pre>")
        else:
            if place and lab.cells[place - 1].cell_type == "markdown":  # the question, and what its points are for
                parts.append(f"<pre>{escape(lab.cells[place - 1].source)}</pre>")
            parts.append(f"<blockquote>{escape(kept['written'].get(cell) or 'No answer.')}</blockquote>")
        if mark.manual is not None and mark.auto is not None and mark.manual != mark.auto:
            given = f"{mark.manual:g} {'point' if mark.manual == 1 else 'points'}"
            parts.append(f"<p>A person gave {given}, the check {mark.auto:g}.</p>")
        for one in dict.fromkeys((cell, name)):
            said = f"<p><strong>Comment:</strong></p><blockquote>{escape(comments.get(one, ''))}</blockquote>"
            parts += [said] if one in comments else []
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(parts))


def _outcome(secret: str, lab: str, name: str, kept: dict, said: dict) -> str:
    """What the check says, with its picture where that says it better."""
    text = kept["records"].get(name)
    if said["status"] != RIGHT and text and kept["cases"] == judging.cases(secret, lab, kept["cases"]):
        again = judging.outcome(secret, lab, name, text)
        if again.reason == said["reason"]:
            return again.message()._repr_html_()
    return Message(KINDS[said["status"]], f"{name}: {said['status']}", said["reason"])._repr_html_()
