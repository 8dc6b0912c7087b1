"""The last cell of a lab: is every exercise there, was it attempted, does the notebook run from top to bottom?

In a terminal: `python -m helpers hand-in 01_convolution_basics`.
"""

import copy
import os
import re
import sys
import time
from pathlib import Path

from helpers import profile, progress
from helpers.messages import CourseError, Message, in_notebook

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
MARKER = re.compile(r"\s*# EXERCISE (?P<name>\w+)")
# The cell under an exercise, as students get it; `grader.source` adds the hidden call.
TEST = """\
assert "checks" in globals(), "The kernel is new: run the cells above first."
checks.{name}({name})"""
CALL = "hand_in.notebook()"
EMPTY = "YOUR ANSWER HERE"
BACK = "In a terminal of the course `python -m helpers update` brings it back."
UNFINISHED = ("NotImplementedError", "CheckFailed")  # what an exercise that is not right yet ends in
SECONDS = 600  # for one cell


def notebook(name: str = "") -> None:
    """Check the notebook as it was saved, write `..._submission.ipynb` beside it, and say what is missing.

    name: a lab's folder name or a notebook's path; the notebook of this kernel unless said. Test cells that were
    damaged are put right in what is written; answers are never touched. The notebook runs in a fresh kernel in the
    profile `ci`, as the grader does it. Raises CourseError if there is no such notebook, or only a part of one. In a
    kernel with the profile `ci`, and in a notebook without a lab's name, nothing is done.
    """
    import nbformat

    if in_notebook() and (profile.current() == "ci" or not progress.lab):
        Message("info", "", "In a student's lab this cell checks the notebook, and writes what is handed in.").show()
        return
    file = found(name)
    nb = read(file)
    known, asked = (
        next((about for lab, about in of_labs.items() if lab[3:] == lab_of(nb)), {})
        for of_labs in (progress.exercises(), progress.written_questions())
    )
    missing, restored = mend(nb, known)
    target = file.with_name(f"{file.stem.removesuffix('_submission')}_submission.ipynb")
    nbformat.write(nb, target)
    Message("info", "", "Running your notebook from top to bottom in a fresh kernel, shortened ...").show()
    outcomes, problems = run(nb, file.parent)
    problems = [f"There is no cell that begins with `# EXERCISE {name}`." for name in missing] + problems
    answers = {exercise_of(cell): cell.source for cell in nb.cells}
    problems += [f"{name}: this answer is still empty." for name in asked if EMPTY in answers.get(name, "")]
    named = any("nbgrader" in cell.metadata for cell in nb.cells)  # or else an editor has taken all names away
    problems += [f"{name}: the cell of this answer is gone. {BACK}" for name in asked if named and name not in answers]
    rows = [("exercise", "in a fresh kernel")]
    rows += [(name, outcomes.get(name, "missing" if name in missing else "not reached")) for name in known]
    complete = not problems and all(said == progress.RIGHT for _, said in rows[1:])
    lines = problems + [f"Damaged test cells, restored: {', '.join(restored)}."] * bool(restored)
    saved = time.strftime("%H:%M:%S", time.localtime(file.stat().st_mtime))
    lines.append(f"This is your notebook as it was saved at {saved}. Changed since? Save it, and run this cell again.")
    lines.append(f"Hand in the file `{target.name}`, the way your instructor asks for it.")
    title = "Everything is there, and right" if complete else "You can hand in; this is not finished"
    Message("good" if complete else "warning", title, "\n".join(lines), rows=rows).show()


def read(file: Path):
    """A notebook. Raises CourseError for a file that is none."""
    import nbformat

    try:
        return nbformat.read(file, as_version=4)
    except (ValueError, LookupError, AttributeError):
        raise CourseError(f"{file.name} is no notebook, or only a part of one. {BACK}") from None


def found(name: str = "") -> Path:
    """The notebook's file. Raises CourseError if there is none."""
    here = sys.modules["IPython"].get_ipython().user_ns if in_notebook() and not name else {}
    named = name or os.environ.get("JPY_SESSION_NAME") or here.get("__vsc_ipynb_file__") or ""
    places = [Path(named)] if named else []
    places += [NOTEBOOKS / name / f"{name}.ipynb"] if name else sorted(Path.cwd().glob(f"*_{progress.lab}.ipynb"))
    for place in places:
        if place.suffix == ".ipynb" and place.is_file():
            return place
    if name:
        raise CourseError(f"There is no notebook {name}; the labs are: {', '.join(progress.exercises())}.")
    raise CourseError(
        "The kernel cannot see the notebook's file (on Colab it never can). Download the notebook: it is what you hand "
        "in. In a terminal of the course `python -m helpers hand-in FILE` checks it."
    )


def lab_of(nb) -> str:
    """The name of the notebook's lab, without its number, as its setup cell has it; empty without one."""
    begun = (re.search(r'session\.begin\("(\w+)"', cell.source) for cell in nb.cells)
    return next((match[1] for match in begun if match), "")


def exercise_of(cell) -> str | None:
    """The exercise whose cell this is, by nbgrader's metadata or by its marker."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    marker = MARKER.match(cell.source) if cell.cell_type == "code" else None
    return grade_id or (marker["name"] if marker else None)


def mend(nb, known: dict[str, dict]) -> tuple[list[str], list[str]]:
    """Put the test cells of these exercises right, in place; see `progress.exercises` for their form.

    Returns the exercises that have no cell, and those whose test cell was restored.
    """
    from nbformat import v4

    missing, restored = [], []
    for name, about in known.items():
        names = [exercise_of(cell) for cell in nb.cells]
        if name not in names:
            missing.append(name)
            continue
        fresh = v4.new_code_cell(TEST.format(name=name), id=f"test_{name}")
        fresh.metadata["nbgrader"] = {
            **{"grade": True, "grade_id": f"test_{name}", "locked": True, "points": about["points"]},
            **{"schema_version": 3, "solution": False, "task": False},
        }
        if fresh.id not in names:
            nb.cells.insert(names.index(name) + 1, fresh)
        elif nb.cells[place := names.index(fresh.id)].source.strip() != fresh.source:
            nb.cells[place] = fresh
        else:
            continue
        restored.append(name)
    return missing, restored


def run(nb, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Run a notebook in a fresh kernel, without this module's own cell. `nb` stays as it is.

    Returns the outcome of each exercise's check, and what stops a cell beside unfinished exercises, in sentences. What
    stops behind the first exercise that is not attempted may come from that, and is left out.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    trial = copy.deepcopy(nb)
    trial.cells = [cell for cell in trial.cells if CALL not in cell.source]
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(trial, timeout=SECONDS, allow_errors=True, kernel_name="python3", resources=place)
    outcomes, problems, waits = {}, [], False
    try:
        client.execute(env=os.environ | {"COURSE_PROFILE": "ci"})
    except (CellTimeoutError, DeadKernelError) as failure:
        problems.append(f"The run ended early: {str(failure).strip().splitlines()[0]}")
    for cell in trial.cells:
        name = (exercise_of(cell) or "").removeprefix("test_")
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        if cell.source.strip() == TEST.format(name=name) and cell.execution_count:
            said = errors[0].evalue.removeprefix(f"{name}: ").partition(".")[0] if errors else progress.RIGHT
            outcomes[name] = said if not errors or errors[0].ename == "CheckFailed" else "not reached"
        waits = waits or any(error.ename == "NotImplementedError" for error in errors)
        for error in errors:
            if error.ename not in UNFINISHED and not waits:
                first = cell.source.strip().partition("\n")[0]
                problems.append(f"The cell `{first}` stops: {error.ename}: {error.evalue}")
    return outcomes, problems
