"""`python -m grader collect`: what a learning platform or a mailbox gives, sorted into submitted/<student>/<lab>/.

A zip file of Moodle or Canvas, a folder, loose notebooks. The lab is told from a notebook's content. Who handed it in
is told by the folder or file name, with roster.csv where there is one. Members of a team hand in for the team. Python
files of the student's own that lie beside a notebook go with it. What lies in submitted/ is replaced by a later
attempt, never by an earlier one.
"""

import datetime
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import late, reading, rebuild, roster, source, store
from grader.reading import LARGEST, LITTER, MODULE, MODULE_SIZE, MODULES, NOTEBOOK, Unreadable, shown

MOST_FILES = 100_000
MOODLE = re.compile(r"(?P<name>.+?)_(?P<lms>\d+)_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
# The last number is the file's on the platform, and is long: lab_1_2_final.ipynb is no name of Canvas'.
CANVAS = re.compile(r"(?P<name>[a-z]+)(_LATE)?_(?P<lms>\d+)_\d{3,}_(?P<file>.+)", re.IGNORECASE)
NO_DATE = (1980, 1, 1, 0, 0, 0)  # what a zip file says that knows no time
LEFT_OUT = " (left out)"  # ends the name of an empty file: something that is no notebook came in its place
EARLIER = "An earlier attempt; a later one was taken."
WHOSE = (
    "Whose is it? Name the student in roster.csv, or put it into a folder called like the student and collect the "
    "folder around that."
)


@dataclass
class Delivered:
    """A file that came. path: its name, of which nothing is believed. time: in UTC. why: why it cannot be read, if so.

    archive: the zip file it was in. loose: its time is that of a file on this disk, which copying changes.
    """

    path: PurePosixPath
    raw: bytes
    time: datetime.datetime | None
    why: str = ""
    archive: str = ""
    loose: bool = False


@dataclass
class Collected:
    """What became of it: where it went, or why it went nowhere. remark: what needs an eye though it was taken."""

    came_as: str
    student: str = ""
    lab: str = ""
    problem: str = ""
    remark: str = ""
    loose: bool = False

    @property
    def says(self) -> str:
        """One line for the instructor."""
        return self.problem or f"{self.student}, {self.lab}" + (f". {self.remark}" if self.remark else "")


def collect(course: Path, places: list[Path]) -> list[Collected]:
    """Sort what lies in `places` into submitted/. Raises ValueError for a roster that cannot be used."""
    labs = [rebuild.load(lab, course) for lab in source.labs(course) if rebuild.lab_file(lab, course).exists()]
    people = roster.people(course)
    team = {row["id"]: row.get("team") or row["id"] for row in people}
    found: list[Collected] = []
    newest: dict[tuple[str, str], tuple[Collected, Delivered, tuple]] = {}
    origins: dict[tuple[str, str], Delivered] = {}  # of each person, also of a team's members
    modules: dict[tuple, dict[str, bytes]] = {}
    others: dict[str, list[tuple[Delivered, Path]]] = {}  # student -> what came that is no notebook, and from where
    unreadable: list[tuple[Collected, Delivered, Path]] = []
    labs_of: dict[Path, set[str]] = {}
    for place, file in _everything(places):
        person = _person(file.path, people)
        student = team.get(person, person)
        one = Collected(shown(str(file.path), 200), student, problem=file.why, loose=file.loose)
        beside = (place, file.archive, *_beside(file.path))
        if not file.why and not NOTEBOOK.search(file.path.name):
            name, mine = _own_name(file.path.name), modules.setdefault(beside, {})
            if student and MODULE.fullmatch(name) and len(file.raw) <= MODULE_SIZE and len(mine) < MODULES:
                mine[name] = file.raw
            others.setdefault(student, []).append((Delivered(file.path, b"", file.time), place))
            if not student:
                one.problem = "It is no notebook, and whose it is cannot be told."
                found.append(one)
            continue
        found.append(one)
        if not one.problem:
            try:
                lab = rebuild.lab_of(reading.cells(file.raw, shown(file.path.name)), labs)
            except Unreadable as problem:
                one.problem = str(problem)
        if one.problem:
            unreadable.append((one, file, place))
            continue
        one.lab = lab.name if lab else ""
        if not student or lab is None:
            one.problem = "It is no lab of this course." if student else WHOSE
            continue
        labs_of.setdefault(place, set()).add(lab.name)
        strange = people and not {person, student} & {*team, *team.values()}
        said = [f"{shown(person)} is not in roster.csv."] if strange else []
        said += ["When it came is not known, so it counts as in time."] if file.time is None else []
        one.remark = " ".join(said)
        if (person, lab.name) not in origins or _moment(origins[person, lab.name]) <= _moment(file):
            origins[person, lab.name] = file
        earlier = newest.get((student, lab.name))
        if earlier and _moment(earlier[1]) > _moment(file):
            one.problem = EARLIER
            continue
        if earlier:
            earlier[0].problem = EARLIER
        newest[student, lab.name] = (one, file, beside)
    for (student, lab), (one, file, beside) in newest.items():
        one.problem = _take(course / "submitted" / student / lab, file, modules.get(beside, {}))
    for (person, lab), file in origins.items():
        origin = course / "graded" / person / f"{lab}.origin"
        if not newest[team.get(person, person), lab][0].problem or not origin.exists():
            store.write(origin, str(file.path))
    told = {one.student for one in found}
    for student, files in others.items():
        if student not in told:
            names = ", ".join(shown(file.path.name) for file, _ in files[:3])
            one = Collected(shown(str(files[0][0].path), 200), student, problem=f"No notebook came, only {names}.")
            found.append(one)
            unreadable += [(one, file, place) for file, place in files[:3]]
    for one, file, place in unreadable:  # a download is mostly of one lab
        named = {lab.name for lab in labs if lab.name in str(file.path)} or labs_of.get(place, set())
        if one.student and len(named) == 1:
            (one.lab,) = named
            _note(course / "submitted" / one.student / one.lab, file)
    return found


def notes(course: Path, found: list[Collected]) -> list[str]:
    """What is to be said of all that came, in lines: where the times are from, and who of the roster has nothing."""
    said = []
    if loose := sum(one.loose and not one.problem for one in found):
        said.append(
            f"The hand-in time of loose files ({loose}) is when the file on this disk was changed, which copying may "
            "alter: correct timestamp.txt beside them where lateness counts."
        )
    taken = {one.student for one in found if not one.problem}
    handed = {reading.shown(path.name, 128) for path in course.glob("submitted/*")} | taken
    if missing := [row["id"] for row in roster.people(course) if not {row["id"], row.get("team")} & handed]:
        said.append(f"In roster.csv, but nothing is in submitted/: {', '.join(missing)}.")
    return said


def _take(folder: Path, file: Delivered, modules: dict[str, bytes]) -> str:
    """Put an attempt into its folder; returns why not, where what lies there is to stay."""
    at, lies = _lies(folder)
    time, known = file.time, late.handed_in(folder)
    if lies == file.raw and (time is None or file.loose):  # perhaps a person has corrected it
        time = known or time
    elif lies is not None and (time is None or at > time) and (known or lies != file.raw):
        if time and known:
            return f"An earlier attempt: {_named(folder)} holds a later one, which stays."
        return f"Which is later is not known, so what lies in {_named(folder)} stays: delete that to take this one."
    if store.writing and (lies != file.raw or (known and time > known)):
        for path in [*folder.glob("*.py"), *folder.glob(f"*{LEFT_OUT}")]:  # of the attempt that is replaced
            path.unlink()
    for name, raw in modules.items():
        store.write(folder / name, raw)
    store.write(folder / f"{folder.name}.ipynb", file.raw)
    store.write(folder / "timestamp.txt", time.isoformat(" ") if time else "")  # last: who is stopped begins again
    return ""


def _lies(folder: Path) -> tuple[datetime.datetime | None, bytes | None]:
    """When what lies in a folder of submitted/ was handed in, and its notebook; None where none can be read."""
    try:
        name, raw = next(iter(reading.files(folder, folder.name).items()))
        reading.cells(raw)
        return late.handed_in(folder) or _changed(folder / name), raw
    except (Unreadable, OSError):
        return None, None


def _note(folder: Path, file: Delivered) -> None:
    """Where there is no notebook, leave what came instead, so that `grade` has a row for the student."""
    if _lies(folder)[1] is not None:
        return
    if NOTEBOOK.search(file.path.name) and not file.why:
        store.write(folder / f"{folder.name}.ipynb", file.raw)
    else:
        store.write(folder / (re.sub(r"[^\w. -]", "_", file.path.name)[-50:] + LEFT_OUT), "")
    store.write(folder / "timestamp.txt", file.time.isoformat(" ") if file.time else "")


def _named(folder: Path) -> str:
    return shown("/".join(folder.parts[-3:]), 200)


def _moment(file: Delivered) -> datetime.datetime:
    return file.time or datetime.datetime.min


def _changed(path: Path) -> datetime.datetime:
    """When a file was changed, in UTC, to the second."""
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).replace(tzinfo=None, microsecond=0)


def _everything(places: list[Path]) -> Iterator[tuple[Path, Delivered]]:
    for place in places:
        for file in _delivered(place):
            yield place, file


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
        time = _changed(path)
    except (Unreadable, OSError) as problem:
        yield Delivered(inner, b"", None, str(problem))
        return
    if raw[:2] != b"PK":
        yield Delivered(inner, raw, time, loose=True)
    elif any(_sender(part) for part in inner.parts):  # a student's own zip file in an unpacked download
        for one in _unpacked(_outside(inner), raw, str(inner), nested=True, sent=time):
            one.loose = True
            yield one
    else:
        yield from _unpacked(_outside(inner), raw, str(inner))


def _unpacked(
    outside: PurePosixPath,
    raw: bytes,
    name: str,
    nested: bool = False,
    sent: datetime.datetime | None = None,
) -> Iterator[Delivered]:
    """The files of a zip file, read one by one with a limit; their names are only names.

    nested: it is a student's own; its files came when it was `sent`, whatever the student's clock said.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()[:MOST_FILES]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield Delivered(PurePosixPath(name), b"", sent, f"The zip file is broken ({error}).")
        return
    for entry in entries:
        inner = outside / PurePosixPath(
            *(part for part in re.split(r"[/\\]", entry.filename) if part not in ("", ".", ".."))
        )
        if entry.is_dir() or any(LITTER.fullmatch(part) for part in inner.parts):
            continue
        time = sent if nested else _packed(entry)
        try:
            with archive.open(entry) as file:
                content = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError, OSError) as error:
            yield Delivered(inner, b"", time, f"It cannot be unpacked ({error}).")
            continue
        if len(content) > LARGEST:
            yield Delivered(inner, b"", time, f"It has more than {LARGEST / 1e6:.0f} MB: clear the outputs.")
        elif content[:2] == b"PK" and inner.suffix.lower() == ".zip" and not nested:
            yield from _unpacked(_outside(inner), content, str(inner), nested=True, sent=time)
        else:
            yield Delivered(inner, content, time, archive=name)


def _packed(entry: zipfile.ZipInfo) -> datetime.datetime | None:
    """When a zip file's entry was made, in UTC; None where it does not say."""
    try:
        here = datetime.datetime(*entry.date_time)  # a zip file knows no time zone
        return None if entry.date_time == NO_DATE else here.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _sender(part: str) -> re.Match | None:
    """What Moodle or Canvas says of the sender in a folder's or file's name."""
    return MOODLE.fullmatch(part) or CANVAS.fullmatch(part)


def _outside(archive: PurePosixPath) -> PurePosixPath:
    """The folder that a zip file's content lies in: the zip file itself, where its name says whose it is."""
    return archive if _sender(archive.name) else archive.parent


def _beside(path: PurePosixPath) -> tuple[str, str]:
    """What the files of one attempt share: the folder, and the sender where all students' files lie in one folder."""
    match = _sender(path.name)
    return str(path.parent), match["lms"] if match else ""


def _own_name(name: str) -> str:
    """A file's name before the platform changed it; Canvas numbers what is handed in again: mine-1.py."""
    match = _sender(name)
    return re.sub(r"-\d+(?=\.py$)", "", match["file"] or "") if match else name


def _person(path: PurePosixPath, people: list[dict[str, str]]) -> str:
    """Whose a file is: the roster's id where it can be told, else the folder's name; empty if nobody knows."""
    names = [*path.parts[:-1], NOTEBOOK.sub("", path.name), PurePosixPath(path.name).stem]
    senders = [match for part in [*path.parts[:-1], path.name] if (match := _sender(part))]
    claims = [(field, match[field]) for match in senders for field in ("lms", "name")]
    claims += [(field, part) for part in names for field in ("id", "name", "email")]
    for row in people:
        own = {field: _plain(row.get(field, "")) for field in ("id", "name", "email", "lms")}
        for field, claim in claims:
            claim = _plain(claim)
            if claim and (claim == own[field] or field == "name" and claim == _turned(row)):
                return row["id"]
    words, whole = re.split(r"[^a-z0-9]+", _plain(path.name, " ")), _plain(path.name)
    for row in people:  # an id or a full name somewhere in a loose file's name
        full = {_plain(row.get("name", "")), _turned(row)}
        if _plain(row["id"]) in words or any(len(own) > 5 and own in whole for own in full):
            return row["id"]
    if senders:
        return f"{shown(senders[0]['name'], 100)} {senders[0]['lms']}"
    return shown(path.parts[0], 120).strip(". ") if len(path.parts) > 1 else ""


def _turned(row: dict[str, str]) -> str:
    """A name of the roster with the family name first, or last if it was first."""
    return _plain("".join(reversed(row.get("name", "").split())))


def _plain(text: str, between: str = "") -> str:
    """A name without accents, capitals and marks, so that both forms of an umlaut and Canvas' spelling are one."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9@.]+", between, bare)
