"""`python -m helpers update`: a new release of the course, with what you have written in the old one.

Cells are recognised without the old release: an exercise by its name, any other cell by its id, which the release has
made of the cell's content. So a cell tells, too, whether it was changed since.
"""

import hashlib
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from helpers.hand_in import NOTEBOOKS, exercise_of, read
from helpers.messages import CourseError

COURSE = NOTEBOOKS.parent
BEGIN = re.compile(r"^session\.begin\(.*\)", re.MULTILINE)  # in a lab's first cell, with the run profile that is wanted


def update(old: str = "") -> int:
    """Bring the notebooks of an older course folder into this one, and say what needs a look; returns 0.

    Without `old` this folder itself is the older one, and git fetches the new release. The notebooks as they were
    stay in `notebooks_before_<time>/`. Raises CourseError where there is nothing to bring, or git does not get it.
    """
    import nbformat

    before = Path(old).resolve() / "notebooks" if old else NOTEBOOKS
    if not any(before.glob("*/*.ipynb")):
        raise CourseError(f"There are no notebooks in {before}.")
    kept = COURSE / time.strftime("notebooks_before_%Y-%m-%d_%H%M%S")
    shutil.copytree(NOTEBOOKS, kept)
    worked = {path.relative_to(before): _read(path) for path in before.glob("*/*.ipynb")}
    if not old:
        fetch(kept)
    for path, theirs in sorted(worked.items()):
        target = NOTEBOOKS / path
        if theirs is None:
            print(f"{path.parent}: your notebook is broken: nothing was taken from it.")
            continue
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            nbformat.write(theirs, target)
            continue
        new = nbformat.read(target, as_version=4)
        remarks = merge(theirs, new)
        nbformat.write(new, target)
        print("\n".join([f"{path.parent}: up to date", *(f"  {remark}" for remark in remarks)]))
    print(f"The notebooks as they were before lie in {kept.name}/.")
    return 0


def _read(path: Path):
    """A notebook; None for a file that is none."""
    try:
        return read(path)
    except CourseError:
        return None


def fetch(kept: Path) -> None:
    """Get the new release with git. Raises CourseError, with everything as it was, if that fails."""
    for command in (["checkout", "--quiet", "--", "notebooks"], ["pull", "--quiet", "--ff-only"]):
        try:
            run = subprocess.run(["git", *command], cwd=COURSE, capture_output=True, text=True)
        except FileNotFoundError:
            raise CourseError(f"git is not installed. {BY_HAND}") from None
        if run.returncode:
            shutil.copytree(kept, NOTEBOOKS, dirs_exist_ok=True)
            raise CourseError(f"git did not get a new release: {run.stderr.strip().splitlines()[-1]} {BY_HAND}")


BY_HAND = "Unpack the new course beside the old one, and say in the new folder: python -m helpers update OLD_FOLDER"


def merge(theirs, new) -> list[str]:
    """Bring a student's notebook into a new release's, in place. Returns sentences on what needs a look.

    Answers, outputs, changed cells and cells of the student's own stay; cells that the student left as they were are
    those of the new release. Where both have changed a cell, both stand there.
    """
    from nbformat import from_dict, v4

    ours = {key(cell): place for place, cell in enumerate(new.cells)}
    cells, behind, remarks, place = {}, {}, [], -1
    for cell in theirs.cells:
        if (here := ours.get(key(cell))) is None:
            if changed(cell) and cell.source.strip():
                behind.setdefault(place, []).append(cell)
                cell["id"] = uuid.uuid4().hex[:8]
                if "nbgrader" in cell.metadata:
                    remarks.append(f"The new release has no {key(cell)} any more; your cell stands where it was.")
                    del cell.metadata["nbgrader"]
        elif here in cells:  # a copy of a cell
            behind.setdefault(here, []).append(cell)
            cell.metadata.pop("nbgrader", None)
            cell["id"] = uuid.uuid4().hex[:8]
        else:
            cells[here], place = cell, here
    merged = []
    for place, cell in enumerate(new.cells):
        mine = cells.get(place)
        if mine is not None and not cell.metadata.get("nbgrader", {}).get("locked") and changed(mine):
            if task(mine) not in (None, task(cell)):
                text = f"**The new release asks otherwise here.** Your answer stands below.\n\n```\n{cell.source}\n```"
                merged.append(v4.new_markdown_cell(text))
                remarks.append(f"{key(cell)}: the new release asks otherwise; your answer stays, please look.")
            if begun := BEGIN.search(mine.source):  # all else in the first cell is the release's
                mine.source = BEGIN.sub(lambda _, begun=begun: begun[0], cell.source)
            cell = from_dict({**mine, "metadata": cell.metadata, "id": cell.id})
        elif mine is not None and mine.source == cell.source and "outputs" in cell:
            cell.outputs, cell.execution_count = mine.outputs, mine.execution_count
        merged += [cell, *behind.get(place, [])]
    new.cells = behind.get(-1, []) + merged
    return remarks


def key(cell) -> str:
    """By what a cell is recognised: an exercise's or a written answer's name, the call that begins the lab, else its id
    (Colab drops ids).
    """
    begins = "session.begin()" if BEGIN.search(cell.source) else None
    return exercise_of(cell) or begins or cell.get("id") or fingerprint(cell)


def fingerprint(cell) -> str:
    """The id of a cell of the release that is not graded: a function of what it holds."""
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]


def changed(cell) -> bool:
    """Whether a student has changed this cell, or made it."""
    from nbgrader.utils import compute_checksum

    if task(cell):
        return compute_checksum(cell) != task(cell)
    return fingerprint(cell) != cell.get("id", "").partition("-")[0]


def task(cell) -> str | None:
    """nbgrader's checksum of a graded cell as it was released; None for any other cell."""
    return cell.metadata.get("nbgrader", {}).get("checksum")
