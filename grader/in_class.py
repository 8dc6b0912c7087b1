"""The instructor's page of a lab on the site: pace for two hours, usual mistakes, hints, rubrics and model answers."""

import ast
import importlib
import re

import nbformat

from checks.core import checks_of, hints
from grader import figures, source, times
from grader.source import ROOT

SESSION = 120  # minutes
HEADING = re.compile(r"^#+ .*\n", re.MULTILINE)
SIGNS = re.compile(r"[*_<$#\[\\]")  # that mean something in Markdown
WORDS = 3  # a shorter piece of what a check says tells nothing by itself


def contents(labs: list[str]) -> str:
    """The part of the table of contents that only instructors have."""
    pages = "\n".join(f"{lab}_in_class" for lab in labs)
    return f"```{{toctree}}\n:caption: In class\n:hidden:\n\n{pages}\n```\n"


def page(lab: str) -> str:
    """A lab's page, in Markdown."""
    nb = source.notebook(lab)
    title = nb.cells[0].source.partition("\n")[0].lstrip("# ")
    text = "\n\n".join(
        [
            f"# {lab[:2]} in class",
            f"The lab: [{title}]({lab}.ipynb).",
            *pace(nb, lab),
            *exercises(nb, lab),
            *questions(nb),
        ]
    )
    return figures.without_marks(source.LAB.sub(source.numbered, text)) + "\n"


def points(nb: nbformat.NotebookNode) -> dict[str, float]:
    """Exercises and written questions, by name -> points."""
    found = (source.MARKER.match(cell.source) or source.WRITTEN.match(cell.source) for cell in nb.cells)
    return {one["name"]: float(one["points"]) for one in found if one}


def pace(nb: nbformat.NotebookNode, lab: str) -> list[str]:
    """When each section begins and what is solved in it; what is left of a session, or can go home."""
    rows, begun = ["| from | minutes | section | to solve (points) |", "| --- | --- | --- | --- |"], 0
    pieces = times.sections(nb)
    for title, minutes in times.minutes(nb, lab).items():
        cells = nbformat.from_dict({"cells": [cell for cell, _ in pieces[title]]})
        tasks = ", ".join(f"{name} ({worth:g})" for name, worth in points(cells).items())
        rows.append(f"| {begun // 60}:{begun % 60:02d} | {minutes} | {title.removeprefix('## ')} | {tasks} |")
        begun += minutes
    written = sum(float(one["points"]) for cell in nb.cells if (one := source.WRITTEN.match(cell.source)))
    spare = SESSION - begun
    says = f"{begun} minutes for those who solve everything and read every word"
    says += f": {spare} minutes of the two hours are left for questions." if spare > 0 else ": two full hours."
    if written:
        home = round(written * times.MINUTES_PER_WRITTEN_POINT)
        says += f" When time is short, let the written questions be answered at home: that saves {home} minutes."
    return ["## Two hours", "\n".join(rows), says]


def exercises(nb: nbformat.NotebookNode, lab: str) -> list[str]:
    """For each exercise what goes wrong in it, what the check says of that, and what helps."""
    checks, helps, tried = checks_of(importlib.import_module(f"checks.{lab[3:]}")), hints(lab[3:]), bank(lab)
    lines = ["## Exercises"]
    for name, one in source.overview(nb).items():
        lines += [f"### {name}", f"{one['points']} point{'s' * (one['points'] > 1)}, section {plain(one['section'])}"]
        if checks[name].mistakes:
            lines += [
                "Usual mistakes, in the words of the check:",
                bullets(plain(said) for said in checks[name].mistakes),
            ]
        if name in tried:
            lines += ["Wrong answers of the bank, and a piece of what the check says of each:", bullets(tried[name])]
        if name in helps:
            lines += ["Hints that students get, one after the other:"]
            lines += ["\n".join(f"{k}. {plain(text.strip())}" for k, text in enumerate(helps[name]["hints"], 1))]
            lines += [f"Another right way: {plain(helps[name]['others'].strip())}"]
    return lines


def questions(nb: nbformat.NotebookNode) -> list[str]:
    """The written questions with their rubrics, which stand in the cell before, and the model answers."""
    lines = []
    for before, cell in zip(nb.cells, nb.cells[1:], strict=False):
        if marker := source.WRITTEN.match(cell.source):
            asked = HEADING.split(before.source)[-1].strip()
            answer = HEADING.sub("", source.WRITTEN.sub("", cell.source)).strip()
            lines += [f"### {marker['name']} ({marker['points']})", asked, f"**Model answer.** {answer}"]
    return ["## Written questions, rubrics, model answers", *lines] if lines else []


def bank(lab: str) -> dict[str, list[str]]:
    """Exercise -> its wrong answers in the bank: each one's name in words, and what the check says of it."""
    tree = ast.parse((ROOT / "tests" / "answers" / f"{lab}.py").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for one in tree.body:
        marks, name = getattr(one, "decorator_list", []), getattr(one, "name", "")
        if isinstance(one, ast.Assign) and isinstance(
            one.value, ast.Call
        ):  # name = wrong("exercise", says="...")(function)
            marks, name = [one.value.func], one.targets[0].id
        for mark in marks:
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "wrong":
                says = ast.literal_eval(next(given.value for given in mark.keywords if given.arg == "says"))
                quoted = f": “{plain(says)}”" if len(says.split()) >= WORDS else ""
                found.setdefault(ast.literal_eval(mark.args[0]), []).append(name.replace("_", " ") + quoted)
    return found


def bullets(lines) -> str:
    return "\n".join(f"- {line}" for line in lines)


def plain(text: str) -> str:
    """A sentence of a check as Markdown: what stands between backticks is code, the rest is meant as it is."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else SIGNS.sub(r"\\\g<0>", part) for part in parts)
