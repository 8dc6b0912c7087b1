"""A submission rebuilt from the instructor's copy: of what a student handed in only the sources of cells are taken.

An exercise's cell is found by its grade_id, else by its marker, else by the function it defines, else by position and
likeness. Everything else that a student wrote keeps its place: behind the cell of the release that it stood behind.
"""

import ast
import difflib
import functools
import importlib.util
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from grader import source
from grader.reading import Cell, Submission, Unreadable
from grader.source import MARKER, ROOT, Names

PARSED = 50_000  # characters of a student's cell that are parsed
LIKENESS = 0.6  # how alike a cell must be to its stub
COMPARED, NEAR = 5_000, 40  # characters and cells that are compared
IPYTHON = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+[ \t]*)$", re.MULTILINE)  # no \s: it would run over lines
LOOSE_MARKER = re.compile(r"\s*#+\s*EXERCISE[\s:]+(?P<name>\w+)", re.IGNORECASE)


@dataclass
class Exercise:
    """An exercise of a lab: its points, its stub, where its cell and its test cell stand in the release."""

    name: str
    points: float
    stub: str
    cell: int
    test: int


@dataclass
class Statement:
    """A statement of a lab's own cells, and the names it needs and binds."""

    cell: int
    code: str
    needs: set[str]
    binds: set[str]


@dataclass(eq=False)
class Lab:
    """The instructor's copy of a lab, as students got it: the notebook's text, and what is in it.

    by_hand: grade ids that a person grades -> points.
    """

    name: str
    text: str
    cells: list[nbformat.NotebookNode]
    exercises: dict[str, Exercise]
    by_hand: dict[str, float]
    statements: list[Statement]


@dataclass
class Rebuilt:
    """sources: exercise -> the student's cell, None where there is none. foreign: cells of the student's own, by the
    index of the release's cell before them. edited: other cells of the release that the student changed."""

    sources: dict[str, str | None] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    foreign: dict[int, list[Cell]] = field(default_factory=dict)
    edited: dict[int, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def lab_file(lab: str, course: Path = ROOT) -> Path:
    """The notebook that students got."""
    return course / "notebooks" / lab / f"{lab}.ipynb"


def load(lab: str, course: Path = ROOT) -> Lab:
    """The instructor's copy. Raises FileNotFoundError if the lab is not released."""
    return parsed(lab, lab_file(lab, course).read_text(encoding="utf-8"))


@functools.lru_cache(100)
def parsed(lab: str, text: str) -> Lab:
    """The instructor's copy, from the text of the notebook that students got."""
    cells = nbformat.reads(text, as_version=4).cells
    places = {cell.metadata["nbgrader"]["grade_id"]: k for k, cell in enumerate(cells) if "nbgrader" in cell.metadata}
    exercises, by_hand = {}, {}
    for grade_id, place in places.items():
        about = cells[place].metadata["nbgrader"]
        if not about["grade"]:
            continue
        name = grade_id.removeprefix("test_")
        derived = source.test_cell(name, 0).source.partition("\n### BEGIN HIDDEN TESTS")[0]
        if cells[place].source.strip() == derived and name in places:
            stub = cells[places[name]].source
            exercises[name] = Exercise(name, float(about["points"]), stub, places[name], place)
        else:
            by_hand[grade_id] = float(about["points"])
    taken = {place for one in exercises.values() for place in (one.cell, one.test)}
    statements = [
        one
        for place, cell in enumerate(cells)
        if cell.cell_type == "code" and place not in taken and "setup" not in source.tags(cell)
        for one in _statements(place, source.plain_python(cell.source))
    ]
    return Lab(lab, text, cells, exercises, by_hand, statements)


def lab_of(cells: list[Cell], labs: list[Lab]) -> Lab | None:
    """The lab that a notebook is one of, by its grade ids, markers and titles; None if it is none."""

    def shared(lab: Lab) -> int:
        ids = set(lab.exercises) | set(lab.by_hand)
        named = {cell.grade_id.removeprefix("test_") for cell in cells} | {cell.grade_id for cell in cells}
        named |= {marker["name"] for cell in cells if (marker := LOOSE_MARKER.match(cell.source))}
        title = lab.cells[0].source.strip().split("\n")[0]
        return 2 * len(ids & named) + any(title == cell.source.strip().split("\n")[0] for cell in cells[:3])

    best = max(labs, key=shared, default=None)
    return best if best and shared(best) else None


def rebuild(lab: Lab, submission: Submission) -> Rebuilt:
    """Put a submission into the instructor's copy. Raises Unreadable if it has nothing of the lab in it."""
    found = Rebuilt(remarks=list(submission.remarks))
    cells = submission.cells
    place_of = _matched(lab, cells, found)
    if not any("nbgrader" in lab.cells[place].metadata for place in place_of.values()):
        raise Unreadable(f"The notebook has no exercise of {lab.name} in it.")
    for name, exercise in lab.exercises.items():
        mine = [k for k, place in place_of.items() if place == exercise.cell]
        found.sources[name] = cells[mine[0]].source if mine else None
    anchor = 0
    for k, cell in enumerate(cells):
        if k not in place_of:
            if cell.source.strip():
                found.foreign.setdefault(anchor, []).append(cell)
            continue
        anchor = place_of[k]
        original = lab.cells[anchor]
        is_plain = original.cell_type == "code" and "nbgrader" not in original.metadata
        if is_plain and cell.source != original.source and "setup" not in source.tags(original):
            found.edited[anchor] = cell.source
    for grade_id in lab.by_hand:
        found.written[grade_id] = _written(lab, grade_id, cells, place_of, found)
    for name, code in submission.modules.items():
        if is_taken(name.removesuffix(".py")):
            found.remarks.append(f"{name} is called like a module of the course or of Python, and was left out.")
        else:
            found.modules[name] = code
    return found


def _matched(lab: Lab, cells: list[Cell], found: Rebuilt) -> dict[int, int]:
    """Index of a student's cell -> index of the release's cell that it is."""
    place_of: dict[int, int] = {}
    free = dict(enumerate(cells))

    def take(k: int, place: int) -> None:
        place_of[k] = place
        del free[k]

    for place, original in enumerate(lab.cells):
        grade_id = original.metadata.get("nbgrader", {}).get("grade_id")
        is_code = original.cell_type == "code"
        same = [k for k, cell in free.items() if (cell.kind == "code") == is_code]
        if grade_id in lab.exercises:
            k = _exercise(lab.exercises[grade_id], free, same, found)
        elif grade_id:
            k = next((k for k in free if free[k].grade_id == grade_id), None)
        else:
            k = next((k for k in same if free[k].source == original.source and not free[k].grade_id), None)
            if k is None:
                k = next((k for k in same if free[k].id and free[k].id == original.get("id")), None)
        if k is not None:
            take(k, place)
    for name, exercise in lab.exercises.items():
        if exercise.cell not in place_of.values() and (k := _alike(exercise, free, place_of)) is not None:
            take(k, exercise.cell)
            found.remarks.append(f"The cell of {name} was recognised by its place and text alone: please look.")
    for k, cell in list(free.items()):  # what remains of locked cells is no one's own
        if cell.grade_id in {f"test_{name}" for name in lab.exercises}:
            del free[k]
            place_of[k] = lab.exercises[cell.grade_id.removeprefix("test_")].test
    return place_of


def _exercise(exercise: Exercise, free: dict[int, Cell], same: list[int], found: Rebuilt) -> int | None:
    """The student's cell of an exercise. Of several the first that is not the untouched stub."""
    by_id = [k for k in same if free[k].grade_id == exercise.name]
    by_marker = [k for k in same if (m := LOOSE_MARKER.match(free[k].source)) and m["name"] == exercise.name]
    defines = re.compile(rf"^(async )?(def|class)\s+{exercise.name}\b", re.MULTILINE)
    by_name = [k for k in same if not free[k].grade_id and defines.search(free[k].source)]
    candidates = by_id or by_marker or by_name
    if not candidates:
        return None
    answers = [k for k in dict.fromkeys([*by_id, *by_marker]) if free[k].source.strip() != exercise.stub.strip()]
    if len({free[k].source for k in answers}) > 1:
        found.remarks.append(f"There are several cells of {exercise.name}; the first was taken.")
    return min(answers or candidates)


def _alike(exercise: Exercise, free: dict[int, Cell], place_of: dict[int, int]) -> int | None:
    """The cell that stands where the exercise should, and is most like its stub."""
    after = max((k for k, place in place_of.items() if place < exercise.cell), default=-1)
    before = min((k for k, place in place_of.items() if place > exercise.cell), default=10**9)
    near = [k for k, cell in free.items() if after < k < before and cell.kind == "code" and not cell.grade_id]
    likeness = {
        k: difflib.SequenceMatcher(None, exercise.stub[:COMPARED], free[k].source[:COMPARED]).ratio()
        for k in near[:NEAR]
    }
    best = max(likeness, key=likeness.get, default=None)
    return best if best is not None and likeness[best] >= LIKENESS else None


def _written(lab: Lab, grade_id: str, cells: list[Cell], place_of: dict[int, int], found: Rebuilt) -> str:
    """A written answer: its cell, and cells of text that the student put directly below; empty if there is none."""
    place = next(k for k, c in enumerate(lab.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    own = [cells[k].source for k, where in place_of.items() if where == place]
    below = [
        cell.source for cell in found.foreign.get(place, []) if cell.kind != "code" or not MARKER.match(cell.source)
    ]
    answer = [one for one in (*own, *below) if one.strip() and one.strip() != lab.cells[place].source.strip()]
    return "\n\n".join(answer)


def is_taken(module: str) -> bool:
    """Whether a module of this name exists in Python, in the course or among what is installed."""
    return module in sys.stdlib_module_names or module in ("helpers", "checks", "grader") or _installed(module)


@functools.cache
def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


# ---- what runs ----------------------------------------------------------------------------------------------


def steps(lab: Lab, found: Rebuilt, whole: bool = False) -> list[dict]:
    """What runs in the sandbox, in order: {"run": source} and {"probe": exercise}.

    Only exercises, the student's own cells and what these need of the lab's; with `whole` every cell, those of the
    release that the student changed in the student's version.
    """
    own = {id(cell): _needs(cell.source) for cells in found.foreign.values() for cell in cells if cell.kind == "code"}
    wanted = set(lab.exercises)
    for answer in found.sources.values():
        needs = _needs(answer or "")
        wanted |= needs[0] if needs else set()
    kept: set[int] = set()
    grown = True
    while grown:  # what is needed needs other things
        grown = False
        for key, needs in own.items():
            if key not in kept and (needs is None or needs[1] & wanted or "*" in needs[1]):
                kept.add(key)
                wanted |= needs[0] if needs else set()
                grown = True
        for one in lab.statements:
            if id(one) not in kept and one.binds & wanted:
                kept.add(id(one))
                wanted |= one.needs
                grown = True
    at_cell = {exercise.cell: name for name, exercise in lab.exercises.items()}
    at_test = {exercise.test: name for name, exercise in lab.exercises.items()}
    plan = []
    for place, cell in enumerate(lab.cells):
        if place in at_cell:
            if found.sources[at_cell[place]] is not None:
                plan.append({"run": found.sources[at_cell[place]], "exercise": at_cell[place]})
        elif place in at_test:
            plan.append({"probe": at_test[place]})
        elif cell.cell_type == "code" and ("setup" in source.tags(cell) or whole):
            plan.append({"run": found.edited.get(place, cell.source)})
        elif needed := [one.code for one in lab.statements if one.cell == place and id(one) in kept]:
            plan.append({"run": "\n".join(needed)})
        plan += [
            {"run": one.source}
            for one in found.foreign.get(place, ())
            if one.kind == "code" and (whole or id(one) in kept)
        ]
    last = max((k for k, step in enumerate(plan) if "probe" in step), default=-1)
    return plan[: last + 1]


def _statements(place: int, code: str) -> list[Statement]:
    return [Statement(place, ast.unparse(node), *_names(node)) for node in ast.parse(code).body]


def _names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """The names that a statement needs, now or in a function it defines, and those it binds or changes."""
    names = Names(node)
    changed = {
        part.value.id
        for part in ast.walk(node)
        if isinstance(part, ast.Subscript | ast.Attribute)
        and isinstance(part.ctx, ast.Store)
        and isinstance(part.value, ast.Name)
    }
    return names.uses.union(*names.bodies.values()), names.binds | changed


def _needs(code: str) -> tuple[set[str], set[str]] | None:
    """The same for a student's cell; None where it cannot be parsed, so that nobody knows."""
    try:
        if len(code) > PARSED:
            return None
        try:
            tree = ast.parse(code)
        except SyntaxError:  # perhaps only because of IPython's lines
            tree = ast.parse(IPYTHON.sub(r"\1pass", code))
        found = [_names(node) for node in tree.body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return set().union(*(needs for needs, _ in found)), set().union(*(binds for _, binds in found))
