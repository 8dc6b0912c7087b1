"""`python -m grader collect`: what a learning platform or a mailbox gives, sorted into submitted/<student>/<lab>/.

A zip file of Moodle or Canvas, a folder, loose notebooks. The lab is told from a notebook's content. Who handed it in
is told by the folder or file name, with roster.csv where there is one. Members of a team hand in for the team.
"""

import datetime
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import reading, rebuild, roster, source, store
from grader.reading import LARGEST, LITTER, NOTEBOOK, Unreadable, shown

MOST_FILES = 100_000
MOODLE = re.compile(r"(?P<name>.+?)_(?P<lms>\d+)_assignsubmission_file(_.*)?")
CANVAS = re.compile(r"(?P<name>[a-z]+)(_LATE)?_(?P<lms>\d+)_\d+_(?P<file>.+)", re.IGNORECASE)


@dataclass
class Delivered:
    """A file that came. path: its name, of which nothing is believed. why: why it cannot be read, if so."""

    path: PurePosixPath
    raw: bytes
    time: datetime.datetime | None
    why: str = ""


@dataclass
class Collected:
    """What became of it: where it went, or why it went nowhere."""

    came_as: str
    student: str = ""
    lab: str = ""
    problem: str = ""


def collect(course: Path, places: list[Path]) -> list[Collected]:
    """Sort what lies in `places` into submitted/."""
    labs = [rebuild.load(lab, course) for lab in source.labs(course) if rebuild.lab_file(lab, course).exists()]
    people = roster.people(course)
    found, newest = [], {}
    for file in (one for place in places for one in _delivered(place)):
        name = shown(str(file.path), 200)
        if file.why:
            found.append(Collected(name, problem=file.why))
            continue
        if not NOTEBOOK.search(file.path.name):
            continue
        student = _student(file.path, people)
        try:
            cells = reading.cells(file.raw, shown(file.path.name))
        except Unreadable as problem:
            found.append(Collected(name, student, problem=str(problem)))
            continue
        lab = rebuild.lab_of(cells, labs)
        one = Collected(name, student, lab.name if lab else "")
        if not student:
            one.problem = (
                "Whose is it? Put it into a folder called like the student, or name the student in roster.csv."
            )
        elif lab is None:
            one.problem = "It is no lab of this course."
        found.append(one)
        earlier = newest.get((one.student, one.lab))
        if one.problem or (earlier and _moment(earlier[1]) > _moment(file)):
            one.problem = one.problem or "An earlier attempt; a later one was taken."
            continue
        if earlier:
            earlier[0].problem = "An earlier attempt; a later one was taken."
        newest[one.student, one.lab] = (one, file)
    for (student, lab), (_, file) in newest.items():
        folder = course / "submitted" / student / lab
        store.write(folder / f"{lab}.ipynb", file.raw)
        store.write(folder / "timestamp.txt", file.time.isoformat(" ") if file.time else "")
        store.write(course / "graded" / student / f"{lab}.origin", str(file.path))
    return found


def _moment(file: Delivered) -> datetime.datetime:
    return file.time or datetime.datetime.min


def _delivered(place: Path) -> Iterator[Delivered]:
    """The files of a zip file, of a folder and of zip files in it, or a file alone."""
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            inner = PurePosixPath(path.relative_to(place))
            if path.is_file() and not any(LITTER.fullmatch(part) for part in inner.parts):
                yield from _file(inner, path)
    else:
        yield from _file(PurePosixPath(place.name), place)


def _file(inner: PurePosixPath, path: Path) -> Iterator[Delivered]:
    try:
        raw = reading.content(path, 4_000_000_000 if path.suffix.lower() == ".zip" else LARGEST)
        time = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).replace(tzinfo=None, microsecond=0)
    except (Unreadable, OSError) as problem:
        yield Delivered(inner, b"", None, str(problem))
        return
    if raw[:2] != b"PK":
        yield Delivered(inner, raw, time)
        return
    outside = inner.parent if len(inner.parts) > 1 else PurePosixPath()
    yield from _unpacked(outside, raw, str(inner))


def _unpacked(outside: PurePosixPath, raw: bytes, name: str, nested: bool = False) -> Iterator[Delivered]:
    """The files of a zip file, read one by one with a limit; their names are only names."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()[:MOST_FILES]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield Delivered(PurePosixPath(name), b"", None, f"The zip file is broken ({error}).")
        return
    for entry in entries:
        inner = outside / PurePosixPath(
            *(part for part in re.split(r"[/\\]", entry.filename) if part not in ("", ".", ".."))
        )
        if entry.is_dir() or any(LITTER.fullmatch(part) for part in inner.parts):
            continue
        try:
            with archive.open(entry) as file:
                content = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError, OSError) as error:
            yield Delivered(inner, b"", None, f"It cannot be unpacked ({error}).")
            continue
        if len(content) > LARGEST:
            yield Delivered(inner, b"", None, f"It has more than {LARGEST / 1e6:.0f} MB: clear the outputs.")
        elif content[:2] == b"PK" and inner.suffix.lower() == ".zip" and not nested:
            yield from _unpacked(inner.parent, content, str(inner), nested=True)
        else:
            try:
                here = datetime.datetime(*entry.date_time)  # a zip file knows no time zone
                time = here.astimezone(datetime.UTC).replace(tzinfo=None)
            except (ValueError, OverflowError):
                time = None
            yield Delivered(inner, content, time)


def _student(path: PurePosixPath, people: list[dict[str, str]]) -> str:
    """Whose a file is: the roster's team or id where it can be told, else the folder's name; empty if nobody knows."""
    names = [*path.parts[:-1], path.name]
    claims = []
    for part in names:
        if match := MOODLE.fullmatch(part) or CANVAS.fullmatch(part):
            claims += [("lms", match["lms"]), ("name", match["name"])]
        claims += [("id", part), ("name", part), ("email", part)]
    for row in people:
        own = {field: _plain(row.get(field, "")) for field in ("id", "name", "email", "lms")}
        own["turned"] = _plain("".join(reversed(row.get("name", "").split())))
        for field, claim in claims:
            claim = _plain(claim)
            if claim and (claim == own[field] or field == "name" and claim == own["turned"]):
                return row.get("team") or row["id"]
    for row in people:  # an id or a full name somewhere in a loose file's name
        words = re.split(r"[^a-z0-9]+", _plain(path.name, " "))
        if (
            row.get("id")
            and _plain(row["id"]) in words
            or len(own := _plain(row.get("name", ""))) > 5
            and own in _plain(path.name)
        ):
            return row.get("team") or row["id"]
    if match := next((m for part in names if (m := MOODLE.fullmatch(part) or CANVAS.fullmatch(part))), None):
        return f"{shown(match['name'], 100)} {match['lms']}"
    return shown(path.parts[0], 120).strip(". ") if len(path.parts) > 1 else ""


def _plain(text: str, between: str = "") -> str:
    """A name without accents, capitals and marks, so that both forms of an umlaut and Canvas' spelling are one."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9@.]+", between, bare)
