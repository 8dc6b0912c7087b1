"""A lab's source: `solutions/NN_name/NN_name.py`, jupytext percent, and what can be read off it without running it.

An exercise is written once: a code cell that begins with `# EXERCISE name (points)`. nbgrader's metadata, the locked
test cell under it with its hidden call, what the setup cell says, the questions behind it, and the cell that hands in,
follow from the text (`expanded`), and leave it again on the way back (`condensed`). So do the metadata of a written
question, whose cell holds the exemplar answer and begins with `<!-- WRITTEN name (points) -->`.
"""

import ast
import functools
import hashlib
import linecache
import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from helpers import hand_in
from helpers.backstage import update

ROOT = Path(__file__).resolve().parent.parent
SUMMARY = "core.summary(checks)"
MARKER = re.compile(r"# EXERCISE (?P<name>\w+) \((?P<points>\d+)\)\n")
WRITTEN = re.compile(r"<!-- WRITTEN (?P<name>\w+) \((?P<points>\d+(?:\.\d+)?)\) -->\n")
SECTION = re.compile(r"^## (.*?)(?: \(\d+ minutes\))?$", re.MULTILINE)
LAB = re.compile(r"\{\{(?P<word>[Ll]ab) (?P<name>\w+)\}\}")
STUB = "raise NotImplementedError"  # what nbgrader puts in the place of a solution
SETUP_MARK = "# {{setup}}"
SETUP = """\
# Run this cell first: it finds the course's helpers, or fetches them where the notebook stands alone, as on Colab.
import os
import subprocess
import sys
from pathlib import Path


class NoCourse(Exception):
    def _render_traceback_(self):  # what a notebook shows
        return [str(self)]


def course_folder(address="{{repository}}"):
    here = Path.cwd()
    for folder in (here, *here.parents, here / "cnn-course"):
        if (folder / "helpers" / "session.py").exists():
            return folder
    command = ["git", "clone", "--quiet", "--depth", "1", address, "cnn-course"]
    try:
        git = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"GIT_TERMINAL_PROMPT": "0"})
    except FileNotFoundError:
        raise NoCourse(f"git, which would fetch the course from {address}, is not installed.") from None
    if git.returncode:
        reason = git.stderr.strip().splitlines()[-1]
        raise NoCourse(f"The course could not be fetched from {address}. Is there a network? Git says: {reason}")
    return here / "cnn-course"


sys.path.insert(0, str(course_folder()))

from helpers import session

# With run_profile="quick" behind the name, a first walk: fewer images, shorter trainings.
session.begin("{{name}}")"""
RECALL = """\
# Three questions from the labs before: click an answer, or go on. What you got wrong comes again.
from checks import recall

recall.ask()"""
HAND_IN = f"""\
# The last cell: save the notebook (Ctrl+S), then run this. It checks what you hand in, and writes it beside the lab.
from helpers import hand_in

{hand_in.CALL}"""
TEST = f"""\
{hand_in.TEST}
### BEGIN HIDDEN TESTS
checks.{{name}}({{name}}, seed={{seed}})
### END HIDDEN TESTS"""
DERIVED_TEST = re.compile(
    r"(assert .*\n)?checks\.(\w+)\(\2\)\n### BEGIN HIDDEN TESTS\nchecks\.\2\(\2, seed=\d+\)\n### END HIDDEN TESTS"
)
AUTHORED = ("nbgrader", "tags")  # the metadata of a cell that an author writes
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class PipelineError(Exception):
    """A step of the pipeline failed; the message says where and why."""


@dataclass
class Exercise:
    """A student cell: its name and points as the marker gives them, and the cell itself."""

    name: str
    points: int
    cell: NotebookNode


def labs(root: Path = ROOT) -> list[str]:
    """The labs' folder names, in the order of the course."""
    return sorted(path.parent.name for path in root.glob("solutions/*/*.py") if path.stem == path.parent.name)


def numbered(mention: re.Match) -> str:
    """How students read a mention of a lab, such as {{lab augmentation}}: with its number. Raises StopIteration."""
    return f"{mention['word']} {next(lab for lab in labs() if lab[3:] == mention['name'])[:2]}"


def path(lab: str, suffix: str, root: Path = ROOT) -> Path:
    """Where the lab's source (`.py`) or its executed twin (`.ipynb`) lies."""
    return root / "solutions" / lab / f"{lab}{suffix}"


def notebook(lab: str, root: Path = ROOT) -> NotebookNode:
    """The lab's source as a notebook without outputs."""
    return read(path(lab, ".py", root).read_text(encoding="utf-8"))


def read(content: str) -> NotebookNode:
    """The notebook that a text in jupytext's percent format describes.

    Raises PipelineError for a cell's first line that says more than its kind and its tags: it would be lost.
    """
    import jupytext  # here, since who grades has no use for it, and it takes a fifth of a second

    try:
        nb = jupytext.reads(content, fmt="py:percent")
    except nbformat.ValidationError as problem:
        raise PipelineError(
            f"A line '# %%' cannot be read, tags are written tags=[\"author-only\"]: {problem.message}."
        ) from None
    for cell in nb.cells:
        kept = (*AUTHORED, *(key for key in cell.metadata if key.startswith("lines_to_")))  # jupytext's blank lines
        if strange := [f"{key}: {one}" for key, one in cell.metadata.items() if key not in kept]:
            raise PipelineError(
                f"The cell '{cell.source.partition(chr(10))[0]}' has more in its line '# %%' than is kept "
                f"({', '.join(strange)}): write '# %% [markdown]' for text and tags=[\"author-only\"] for tags."
            )
    return canonical(expanded(nb))


def text(nb: NotebookNode) -> str:
    """The notebook as jupytext percent text; outputs are left out."""
    import jupytext

    nb = nbformat.from_dict({**nb, "cells": condensed(nb), "metadata": {"kernelspec": METADATA["kernelspec"]}})
    nb.metadata["jupytext"] = {
        "notebook_metadata_filter": "kernelspec,-all",
        "cell_metadata_filter": "nbgrader,tags,-all",
    }
    return jupytext.writes(nb, fmt="py:percent")


def expanded(nb: NotebookNode) -> NotebookNode:
    """The notebook with what follows from its markers. A test cell that is written out stands as it is."""
    written_out = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
    cells = []
    for cell in nb.cells:
        cells.append(cell)
        if cell.source == SETUP_MARK:
            cell.source = SETUP
            if not nb.cells[0].source.startswith("# 00"):  # the first lab has none before it
                cells.append(nbformat.v4.new_code_cell(RECALL))
        if marker := WRITTEN.match(cell.source):
            cell.metadata["nbgrader"] = graded(f"written_{marker['name']}", _number(marker["points"]), solution=True)
        elif marker := MARKER.match(cell.source):
            cell.metadata["nbgrader"] = graded(marker["name"], solution=True)
            if f"test_{marker['name']}" not in written_out:
                cells.append(test_cell(marker["name"], int(marker["points"])))
        elif cell.source == SUMMARY:
            cells.append(nbformat.v4.new_code_cell(HAND_IN))
    nb.cells = cells
    return nb


def condensed(nb: NotebookNode) -> list[NotebookNode]:
    """The cells without what follows from their markers, of today or of an earlier release; a test cell that says
    something else stays.
    """
    exercises = {f"test_{marker['name']}" for cell in nb.cells if (marker := MARKER.match(cell.source))}
    cells = []
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in exercises and DERIVED_TEST.fullmatch(cell.source):
            continue  # whatever its points
        if cell.cell_type == "code" and cell.source.endswith(("\nrecall.ask()", hand_in.CALL)):
            continue
        derived = "setup" in tags(cell) and "\nsession.begin(" in cell.source
        cell = nbformat.from_dict({**cell, "source": SETUP_MARK if derived else cell.source})
        if MARKER.match(cell.source) or WRITTEN.match(cell.source):
            cell.metadata = nbformat.from_dict({key: one for key, one in cell.metadata.items() if key != "nbgrader"})
        cells.append(cell)
    return cells


def test_cell(name: str, points: int) -> NotebookNode:
    """The locked cell that calls an exercise's check, and once more, hidden, with other cases."""
    seed = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 9000 + 1000
    cell = nbformat.v4.new_code_cell(TEST.format(name=name, seed=seed))
    cell.metadata["nbgrader"] = graded(f"test_{name}", points)
    return cell


def graded(grade_id: str, points: int | float | None = None, solution: bool = False) -> NotebookNode:
    """nbgrader's metadata: of a student's cell without points, a test cell, or a written answer, which is both."""
    found = {"grade": points is not None, "grade_id": grade_id, "locked": not solution}
    found |= {} if points is None else {"points": points}
    return nbformat.from_dict({**found, "schema_version": 3, "solution": solution, "task": False})


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def inputs(nb: NotebookNode) -> list[tuple]:
    """What an author writes, cell by cell: kind, source, nbgrader's metadata and tags."""
    return [(cell.cell_type, cell.source, _authored(cell)) for cell in nb.cells]


def canonical(nb: NotebookNode) -> NotebookNode:
    """The same notebook with the metadata an author writes, and with cell ids that are a function of the cells.

    A graded cell is called after its grade_id, any other cell after a hash of its source: the same text gives
    the same ids on every machine, so that regenerating a notebook gives no diff.
    """
    for cell in nb.cells:
        cell.metadata = _authored(cell)
    name_cells(nb)
    nb.metadata = nbformat.from_dict(METADATA)
    nb.nbformat, nb.nbformat_minor = 4, 5
    return nb


def name_cells(nb: NotebookNode) -> None:
    """Give each cell its id; by it `helpers.backstage.update` tells whether a student has changed a released cell."""
    seen: dict[str, int] = {}
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name):
            name = update.fingerprint(cell)
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags."""
    return cell.metadata.get("tags", [])


def exercises(nb: NotebookNode) -> list[Exercise]:
    """The notebook's exercises, found by the marker `# EXERCISE name (points)` in a cell's first line."""
    found = ((MARKER.match(cell.source), cell) for cell in nb.cells if cell.cell_type == "code")
    return [Exercise(marker["name"], int(marker["points"]), cell) for marker, cell in found if marker]


def written_questions(nb: NotebookNode) -> list[str]:
    """The cells of the notebook that hold written answers, by their grade_ids, in their order."""
    return [f"written_{marker['name']}" for cell in nb.cells if (marker := WRITTEN.match(cell.source))]


def overview(nb: NotebookNode) -> dict[str, dict]:
    """The exercises in their order -> {"points": 2, "section": "3 Borders"}: what a student's table shows."""
    section, found = "", {}
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            section = (SECTION.findall(cell.source) or [section])[-1]
        elif marker := MARKER.match(cell.source):
            found[marker["name"]] = {"points": int(marker["points"]), "section": section}
    return found


def definitions(lab: str, root: Path = ROOT) -> dict:
    """The lab's own imports, functions, classes and UPPERCASE constants, as a namespace; nothing else is run.

    The solutions of the exercises are among them: tests and `make reproduce` use the very code of the notebook.
    """
    module = sys.modules[lab] = types.ModuleType(lab)  # TensorFlow looks a function's module up
    namespace = vars(module)
    for number, cell in enumerate(notebook(lab, root).cells):
        if cell.cell_type != "code" or "setup" in tags(cell):
            continue
        code = plain_python(cell.source)
        tree = ast.parse(code)
        tree.body = [statement for statement in tree.body if _defines(statement)]
        name = f"<{lab}, cell {number}>"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # tracebacks show the line
        exec(compile(tree, name, "exec"), namespace)
    return namespace


def dependents(nb: NotebookNode) -> list[int]:
    """Indices of the code cells that fail as long as no exercise is solved.

    An exercise's cell itself runs: its stub sits inside a function. A statement fails if it uses a function
    that an exercise defines, a function whose body uses one, or a name that was never bound because an earlier
    statement failed. `if "name" not in globals():` is understood: so a lab loads a stand-in for what a student
    has not written. Where an exercise hands over code that works, only its check fails. All is read off the syntax
    tree; a test runs the release and compares.
    """
    unsolved: set[str] = set()
    handed_over: set[str] = set()  # the test cells of exercises whose code works, but does something else
    bound: set[str] = set()
    needs: dict[str, set[str]] = {}  # a function's name -> the names in its body

    def fails(name: str, seen: tuple = ()) -> bool:
        return name in unsolved or any(
            fails(other, (*seen, name)) for other in needs.get(name, ()) if other not in (*seen, name)
        )

    found = []
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        body = ast.parse(plain_python(cell.source)).body
        if marker := MARKER.match(cell.source):
            if STUB in cell.source:
                defined = (ast.FunctionDef, ast.ClassDef)
                unsolved |= {statement.name for statement in body if isinstance(statement, defined)}
            else:
                handed_over.add(f"test_{marker['name']}")
            bound |= set().union(*(Names(statement).binds for statement in body))
            continue
        failed = cell.metadata.get("nbgrader", {}).get("grade_id") in handed_over
        while body:
            statement = body.pop(0)
            if missing := _missing_name(statement):  # what stands in for an exercise runs only if it must
                body = (statement.body if missing not in bound else statement.orelse) + body
                continue
            names = Names(statement)
            failed = failed or any(fails(name) for name in names.uses)
            if failed:
                unsolved |= names.binds - bound  # what was bound before keeps its old value
                continue
            unsolved -= names.binds
            bound |= names.binds
            for name in names.binds:
                needs.pop(name, None)
            needs |= names.bodies
        if failed:
            found.append(index)
    return found


def plain_python(code: str) -> str:
    """A cell's source with IPython's magics rewritten as calls, so that it can be parsed."""
    return _ipython().transform_cell(code)


@functools.cache
def _ipython() -> TransformerManager:
    return TransformerManager()


def _authored(cell: NotebookNode) -> NotebookNode:
    return nbformat.from_dict({key: cell.metadata[key] for key in AUTHORED if key in cell.metadata})


def _defines(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        named = (one for target in statement.targets for one in getattr(target, "elts", [target]))  # A, B = 1, 2
        return all(isinstance(one, ast.Name) and one.id.isupper() for one in named)
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(statement, kinds)


def _missing_name(statement: ast.stmt) -> str | None:
    """The name in `if "name" not in globals():`, None for any other statement."""
    if isinstance(statement, ast.If) and isinstance(test := statement.test, ast.Compare):
        match test.left, test.ops, test.comparators:
            case ast.Constant(value=str(name)), [ast.NotIn()], [ast.Call(func=ast.Name(id="globals"))]:
                return name
    return None


class Names(ast.NodeVisitor):
    """The names one statement uses when it runs, the names it binds, and for each function those in its body."""

    def __init__(self, node: ast.AST):
        self.uses: set[str] = set()
        self.binds: set[str] = set()
        self.bodies: dict[str, set[str]] = {}
        self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        (self.uses if isinstance(node.ctx, ast.Load) else self.binds).add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.uses |= {node.target.id} if isinstance(node.target, ast.Name) else set()
        self.generic_visit(node)

    def visit_For(self, node: ast.AST) -> None:
        """A statement with a block: what its head or an earlier line binds, a later line may use."""
        for _, part in ast.iter_fields(node):
            for child in part if isinstance(part, list) else [part]:
                if isinstance(child, ast.stmt):
                    line = Names(child)
                    self.uses |= line.uses - self.binds
                    self.binds |= line.binds
                    self.bodies |= line.bodies
                elif isinstance(child, ast.AST):
                    self.visit(child)

    visit_While = visit_If = visit_With = visit_Try = visit_ExceptHandler = visit_For

    def visit_alias(self, node: ast.alias) -> None:
        self.binds.add(node.asname or node.name.partition(".")[0])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)
        self.binds.add(node.name)
        self.bodies[node.name] = _free(node.body, node.args)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        inside = [Names(statement) for statement in node.body]
        self.uses |= set().union(*(names.uses for names in inside)) - set().union(*(n.binds for n in inside))
        self.bodies[node.name] = set().union(*(body for names in inside for body in names.bodies.values()))
        self.binds.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:  # taken as called where it is written
        self.uses |= _free([node.body], node.args)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        inside = Names(ast.Module(list(ast.iter_child_nodes(node)), []))
        self.uses |= inside.uses - inside.binds

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp


def _free(body: list[ast.AST], arguments: ast.arguments) -> set[str]:
    """The names a function's body takes from outside, now or in a function defined inside it."""
    inside = [Names(node) for node in body]
    used = set().union(*(names.uses for names in inside), *(b for names in inside for b in names.bodies.values()))
    parameters = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
    return used - parameters - set().union(*(names.binds for names in inside))
