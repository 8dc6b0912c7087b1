"""What can be wrong with a lab's source, each fault in one sentence that names the cell."""

import ast
import math
import re
from collections import Counter

from nbformat import NotebookNode

from grader import figures
from grader.source import LAB, MARKER, ROOT, WRITTEN, exercises, labs, plain_python, tags

BY_NUMBER = re.compile(r"\b[Ll]abs? \d\d\b")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HANDED, END_HANDED = "### BEGIN HANDED OVER", "### END HANDED OVER"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
TAGS = ("setup", "author-only", "nbval-check-output")
COMMENT = re.compile(r"<\s*!.*|.*--\s*>")  # also one that is not written right
RUBRIC = re.compile(r"^\|\s*criterion\s*\|\s*points\s*\|\s*\n(?P<rows>(?:\|.*\n?)*)", re.MULTILINE | re.IGNORECASE)
ROW = re.compile(r"^\|(?!\s*[:-]+\s*\|).*\|\s*(?P<points>[^|]*?)\s*\|\s*$", re.MULTILINE)
HEAD = re.compile(r"^(?:[# ]*%%|# *%).*", re.MULTILINE)  # what was meant to begin a cell


def problems(nb: NotebookNode) -> list[str]:
    """The faults of a lab's source notebook; an empty list says that it can be released."""
    settings = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
    found = unreadable(nb)
    if found:
        return found

    for grade_id, times in Counter(one["grade_id"] for one in settings if one).items():
        if times > 1:
            found.append(f"grade_id '{grade_id}' stands on {times} cells; nbgrader needs a name of its own for each.")

    tests = {one["grade_id"]: one for one in settings if one.get("grade") and one.get("locked")}
    for exercise in exercises(nb):
        where = f"exercise '{exercise.name}'"
        test = tests.get(f"test_{exercise.name}")
        if test and test["points"] != exercise.points:
            found.append(f"{where} promises {exercise.points} points, but its test cell gives {test['points']}.")
        if BEGIN not in exercise.cell.source:
            found.append(f"{where} has no solution region ('{BEGIN}' ... '{END}'), so nothing of it would be given.")
        elif _at_top_level(exercise.cell.source):
            found.append(f"{where} has a solution region outside a function: its unsolved cell would fail by itself.")

    found += unmatched(nb) + published(nb) + rubrics(nb)
    for where, cell in named(nb):
        if by_number := BY_NUMBER.search(cell.source):
            found.append(f"{where} speaks of {by_number[0]}: call a lab by its name, as in {{{{lab augmentation}}}}.")
        for name in {mention["name"] for mention in LAB.finditer(cell.source)} - {lab[3:] for lab in labs()}:
            found.append(f"{where} speaks of a lab '{name}' that there is not.")

    for (where, cell), setting in zip(named(nb), settings, strict=True):
        if cell.cell_type != "code":
            continue
        if (BEGIN in cell.source or setting.get("solution")) and not MARKER.match(cell.source):
            found.append(f"{where} holds a solution, but does not begin with '# EXERCISE name (points)'.")
        if BEGIN_HIDDEN in cell.source and not setting.get("grade"):
            found.append(f"{where} holds hidden tests, but is no test cell.")
        for begin, end in ((BEGIN, END), (BEGIN_HANDED, END_HANDED), (BEGIN_HIDDEN, END_HIDDEN)):
            if not _balanced(cell.source, begin, end):
                found.append(f"{where} has a '{begin}' without its '{end}', or the other way round.")
        for name in _imported_checks(cell.source):
            if not (ROOT / "checks" / f"{name}.py").exists():
                found.append(f"{where} imports checks/{name}.py, which there is not: write it, or mend the name.")
        if cell.source.lstrip().startswith("%%"):
            found.append(f"{where} is a cell magic: an unknown one swallows its cell, and no test would notice.")
    return found


def named(nb: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """The cells, each with the words that a finding begins with."""
    return [(f"cell {number} ('{cell.source.partition(chr(10))[0]}')", cell) for number, cell in enumerate(nb.cells)]


def unreadable(nb: NotebookNode) -> list[str]:
    """Cells that are no Python, or whose nbgrader metadata lack an entry: nothing else can be said before."""
    found = []
    for where, cell in named(nb):
        if cell.cell_type == "code":
            try:
                ast.parse(plain_python(cell.source))
            except SyntaxError as error:
                found.append(f"{where} is no valid Python: {error.msg} in its line {error.lineno}.")
        setting = cell.metadata.get("nbgrader", {})
        needed = ["grade_id", "grade", "locked", "solution", "schema_version"] if setting else []
        lacking = [name for name in needed + ["points"] * bool(setting.get("grade")) if name not in setting]
        if lacking:
            found.append(f"{where} lacks {', '.join(lacking)} in its nbgrader metadata.")
    return found


def published(nb: NotebookNode) -> list[str]:
    """Marks that are nearly right: what they should keep from students would be given to them."""
    found = []
    for where, cell in named(nb):
        rest = figures.MARK.sub("", WRITTEN.sub("", cell.source, 1) if WRITTEN.match(cell.source) else cell.source)
        for comment in COMMENT.findall(rest):
            found.append(
                f"{where} holds '{comment}', which is no mark: a model answer begins with a line "
                "'<!-- WRITTEN name (points) -->', a figure has a mark of grader/figures.py behind it."
            )
        for head in HEAD.findall(cell.source):
            found.append(f"{where} holds the line '{head}', which begins no cell: that is done by '# %%' and a space.")
        for tag in tags(cell):
            if tag not in TAGS:
                found.append(f"{where} has the tag '{tag}', which means nothing; the tags are: {', '.join(TAGS)}.")
    return found


def rubrics(nb: NotebookNode) -> list[str]:
    """Rubrics without a model answer in the cell below, and those whose points are not those of its marker."""
    found = []
    for (where, cell), below in zip(named(nb), [*nb.cells[1:], None], strict=True):
        for rubric in RUBRIC.finditer(cell.source):
            marker = below and WRITTEN.match(below.source)
            if not marker:
                found.append(
                    f"{where} has a rubric, but the cell below does not begin with '<!-- WRITTEN name (points) -->': "
                    "students would get what stands there."
                )
                continue
            points = [row["points"] for row in ROW.finditer(rubric["rows"])]
            if unread := [one for one in points if not re.fullmatch(r"\d+(\.\d+)?", one)]:
                found.append(f"{where} has a rubric with '{unread[0]}' in the place of points.")
            elif not math.isclose(worth := sum(map(float, points)), float(marker["points"])):
                found.append(
                    f"{where} has a rubric of {worth:g} points, but '{marker['name']}' is worth {marker['points']}."
                )
    return found


def unmatched(nb: NotebookNode) -> list[str]:
    """Predictions whose name is taken, or which no later cell measures, and measurements that nobody predicted."""
    found, predicted, measured = [], set(), set()
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        for call, name in _named_calls(cell.source):
            if call == "measured":
                measured.add(name)
            if call == "predict" and name in predicted:
                found.append(f"Two cells predict '{name}': each prediction needs a name of its own.")
            elif call == "predict" and name in measured:
                found.append(f"'{name}' is predicted after it is measured.")
            predicted |= {name} if call == "predict" else set()
    found += [
        f"'{name}' is predicted, but no cell calls measured('{name}', ...)." for name in sorted(predicted - measured)
    ]
    found += [
        f"'{name}' is measured, but no cell calls predict('{name}', ...)." for name in sorted(measured - predicted)
    ]
    return found


def _named_calls(source: str) -> list[tuple[str, str]]:
    """The calls `predict("name", ...)` and `measured("name", ...)` of a cell: function and name, in order."""
    calls = [node for node in ast.walk(ast.parse(plain_python(source))) if isinstance(node, ast.Call) and node.args]
    return [
        (call.func.id, call.args[0].value)
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))
        if isinstance(call.func, ast.Name) and call.func.id in ("predict", "measured")
        if isinstance(call.args[0], ast.Constant)
    ]


def _imported_checks(source: str) -> list[str]:
    """The modules in `from checks import ...`."""
    nodes = ast.walk(ast.parse(plain_python(source)))
    return [
        one.name for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "checks" for one in node.names
    ]


def _balanced(source: str, begin: str, end: str) -> bool:
    marks = [line.strip() for line in source.splitlines() if line.strip() in (begin, end)]
    return marks == [begin, end] * (len(marks) // 2)


def _at_top_level(source: str) -> bool:
    """True if a solution region does not lie inside a function."""
    functions = [
        range(node.lineno, node.end_lineno + 1)
        for node in ast.walk(ast.parse(plain_python(source)))
        if isinstance(node, ast.FunctionDef)
    ]
    begins = (number for number, line in enumerate(source.splitlines(), 1) if line.strip() == BEGIN)
    return any(not any(number in span for span in functions) for number in begins)
