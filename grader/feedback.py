"""`python -m grader feedback`: one page per student and lab, and a zip file of them as the learning platform wants it.

A page holds the exercises' outcomes with the pictures of the checks, written answers, points, a person's comments. It
holds no hidden cell, no seed, and no HTML of the student's own.
"""

import html
import io
import zipfile
from pathlib import Path, PurePosixPath

from checks.core import KINDS, RIGHT
from grader import book, judging, late, roster, store
from grader.book import Mark
from grader.grade import _released, totals
from grader.reading import shown
from grader.work import GradingError
from helpers.messages import Message

STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222 }
pre { background: #f5f5f5; padding: 0.8em; overflow-x: auto; font-size: 14px }
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
    with book.opened(course) as gradebook:
        late.settle(course, gradebook)
        for name in labs:
            marks: dict[str, dict[str, Mark]] = {}
            for mark in book.marks(gradebook, name):
                marks.setdefault(mark.student, {})[mark.cell] = mark
            if not marks:
                continue
            lab, comments, archive = _released(course, name), book.comments(gradebook, name), io.BytesIO()
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as returned:
                for student, cells in sorted(marks.items()):
                    kept = store.read(store.records_file(course, student, name))
                    summary = store.read(store.summary_file(course, student, name))
                    if kept is None or summary is None:
                        continue
                    said = {cell: text for (one, cell), text in comments.items() if one == student}
                    page = _page(secret, lab, student, kept, summary, cells, said)
                    for one in teams.get(student, [student]):
                        store.write(course / "feedback" / one / name / f"{name}.html", page)
                    returned.writestr(str(_place(course, student, name) / f"{name}.html"), page)
            file = course / "returned" / f"{name}.zip"
            store.write(file, archive.getvalue())
            written.append(file)
    if not written:
        raise GradingError("Nothing is graded yet: run `grade` first.")
    return written


def _place(course: Path, student: str, lab: str) -> PurePosixPath:
    """The folder that the platform knows: the one that the work came in, else the student's id."""
    origin = course / "graded" / student / f"{lab}.origin"
    folder = PurePosixPath(origin.read_text(encoding="utf-8")).parent.name if origin.exists() else ""
    return PurePosixPath(folder or student)


def _page(secret, lab, student: str, kept: dict, summary: dict, marks: dict[str, Mark], comments: dict) -> str:
    total = totals(marks.values())[student, lab.name]
    waits = " Some points are still to be given by hand." if total["by_hand"] else ""
    parts = [f"<p><strong>{total['score']:g} of {total['max_score']:g} points.</strong>{waits}</p>"]
    penalty = next(iter(marks.values())).penalty
    parts += [f"<p>{penalty:g} points were taken off because it came late.</p>"] if penalty else []
    parts += [f"<p>{_text(summary['why'])}</p>"] if summary["why"] else []
    for original in lab.cells:
        about = original.metadata.get("nbgrader", {})
        cell = about.get("grade_id", "")
        if not about.get("grade") or cell not in marks:
            continue
        name, mark = cell.removeprefix("test_"), marks[cell]
        points = "?" if mark.waits and mark.manual is None and mark.auto is None else f"{mark.score:g}"
        parts.append(f"<h2>{_text(name)} <span class='points'>{points} of {mark.most:g}</span></h2>")
        if name in summary["outcomes"]:
            parts.append(_outcome(secret, lab.name, name, kept, summary["outcomes"][name]))
            parts.append(f"<pre>{_text(kept['answers'].get(name) or '')}</pre>")
        else:
            parts.append(f"<blockquote>{_text(kept['written'].get(cell) or 'No answer.')}</blockquote>")
        if mark.manual is not None and mark.auto is not None and mark.manual != mark.auto:
            parts.append(f"<p>A person gave {mark.manual:g} points, the check {mark.auto:g}.</p>")
        for one in dict.fromkeys((cell, name)):
            parts += [f"<p><strong>Comment:</strong> {_text(comments[one])}</p>"] if one in comments else []
    return PAGE.format(title=f"{_text(lab.name)}: {_text(shown(student, 200))}", style=STYLE, body="\n".join(parts))


def _outcome(secret: str, lab: str, name: str, kept: dict, said: dict) -> str:
    """What the check says, with its picture where that says it better."""
    text = kept["records"].get(name)
    if said["status"] != RIGHT and text and kept["cases"] == judging.cases(secret, lab, kept["cases"]):
        again = judging.outcome(secret, lab, name, text)
        if again.reason == said["reason"]:
            return again.message()._repr_html_()
    return Message(KINDS[said["status"]], f"{name}: {said['status']}", said["reason"])._repr_html_()


def _text(text: str) -> str:
    return html.escape(text)
