"""What a student handed in, read without any trust: whatever the bytes are, cells come out or one sentence.

A submission lies in submitted/<student>/<lab>/. Its notebook is found by what is in it, not by its name: browsers and
Colab make `lab (1).ipynb`, `Kopie von lab.ipynb` and `lab.ipynb.txt` of it. Links are not followed.
"""

import contextlib
import json
import os
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 30_000_000  # bytes of a notebook, pictures included
MOST_CELLS, LONGEST = 2_000, 1_000_000  # cells, and characters in all of them
MODULES, MODULE_SIZE = 20, 200_000  # a student's own .py files, and bytes of each
LITTER = re.compile(
    r"(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX|\.ipynb_checkpoints|__pycache__|timestamp\.txt|.*~)"
)
MODULE = re.compile(r"[A-Za-z_]\w*\.py")
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$|\.json$", re.IGNORECASE)


class Unreadable(Exception):
    """What was handed in is no notebook; the message is one sentence that says why, and where possible what to do."""


@dataclass
class Cell:
    """A student's cell: what may be believed of it. grade_id and id are only claims."""

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""


@dataclass
class Submission:
    """What was handed in for one lab. remarks: what was unusual about it, in sentences."""

    cells: list[Cell]
    modules: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def content(path: Path, limit: int = LARGEST) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; links are not followed. Raises Unreadable."""
    name = shown(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            os.close(handle)
            raise Unreadable(f"{name} is not a file.")
        with os.fdopen(handle, "rb") as file:
            if about.st_size > limit:
                size, most = about.st_size / 1e6, limit / 1e6
                raise Unreadable(f"{name} has {size:.0f} MB; at most {most:.0f} MB are read. Clear the outputs.")
            return file.read(limit + 1)[:limit]
    except OSError as error:
        said = "is a link: hand in the file" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise Unreadable(f"{name} {said}.") from None


def text(raw: bytes) -> str:
    """Bytes as text, in the encodings that editors write."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    return raw.decode("utf-8", "replace")


def cells(raw: bytes, name: str = "The file") -> list[Cell]:
    """The cells of a notebook. Raises Unreadable for whatever is none."""
    if not raw.strip():
        raise Unreadable(f"{name} is empty.")
    if raw[:2] == b"PK":
        raise Unreadable(f"{name} is a zip file: hand in the notebook in it.")
    try:
        found = json.loads(text(raw), parse_int=lambda digits: int(digits[:20]))
    except (ValueError, RecursionError):
        raise Unreadable(f"{name} is no notebook (broken file).") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is no notebook: it holds {type(found).__name__}, not cells.")
    if isinstance(found.get("worksheets"), list):  # as notebooks were before 2015
        found["cells"] = [
            cell for sheet in found["worksheets"] if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))
        ]
    if not isinstance(found.get("cells"), list):
        raise Unreadable(f"{name} is no notebook: it has no cells.")
    if len(found["cells"]) > MOST_CELLS:
        raise Unreadable(f"{name} has {len(found['cells'])} cells; at most {MOST_CELLS} are read.")
    read = [_cell(cell) for cell in found["cells"] if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in read) > LONGEST:
        raise Unreadable(f"The cells of {name} hold more than {LONGEST:,} characters.")
    return read


def _cell(cell: dict) -> Cell:
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    source = "".join(line for line in lines if isinstance(line, str))
    source = source.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    kind = cell.get("cell_type")
    return Cell(
        kind if kind in ("code", "markdown", "raw") else "raw",
        source.replace("\r\n", "\n"),
        grade_id if isinstance(grade_id, str) else "",
        cell["id"] if isinstance(cell.get("id"), str) else "",
    )


def files(folder: Path, lab: str) -> dict[str, bytes]:
    """What counts of submitted/<student>/<lab>/: the notebook first, then modules of the student's own.

    Raises Unreadable if there is no notebook.
    """
    for part in (folder, folder.parent):
        if part.is_symlink():
            raise Unreadable(f"The folder {shown(part.name)} is a link: hand in the files.")
    try:
        names = [path.name for path in folder.iterdir() if not LITTER.fullmatch(path.name)]
    except OSError as error:
        raise Unreadable(f"The folder cannot be read: {error.strerror}.") from None
    names.sort(key=lambda name: (len(name), name))
    notebooks = [name for name in names if NOTEBOOK.search(name)]
    if not notebooks:
        others = ", ".join(shown(name) for name in names[:3])
        raise Unreadable(f"There is no notebook, only {others}." if others else "Nothing was handed in.")
    chosen = f"{lab}.ipynb" if f"{lab}.ipynb" in notebooks else notebooks[0]
    found = {chosen: content(folder / chosen)}
    for name in [name for name in names if MODULE.fullmatch(name)][:MODULES]:
        with contextlib.suppress(Unreadable):
            found[name] = content(folder / name, MODULE_SIZE)
    return found | {name: b"" for name in notebooks if name != chosen}


def submission(handed: dict[str, bytes], lab: str) -> Submission:
    """What was handed in for a lab, from the files that count. Raises Unreadable."""
    if not handed:
        raise Unreadable("It vanished while the others were graded.")
    chosen, *others = handed
    found = Submission(cells(handed[chosen], shown(chosen)))
    if chosen != f"{lab}.ipynb":
        found.remarks.append(f"The notebook was called {shown(chosen)}.")
    if more := [shown(name) for name in others if not name.endswith(".py")]:
        found.remarks.append(f"There are several notebooks; {shown(chosen)} was graded, not {', '.join(more)}.")
    found.modules = {name: text(handed[name]) for name in others if name.endswith(".py")}
    return found


def shown(name: str, longest: int = 60) -> str:
    """A file's or student's name, fit to be printed and for a page of nbgrader's: one form of umlauts, not too long, no
    control characters, no HTML."""
    name = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    name = "".join(character if character.isprintable() and character not in '<>"' else "?" for character in name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _list(value) -> list:
    return value if isinstance(value, list) else []
