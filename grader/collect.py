"""`python -m grader collect`: what a learning platform or a mailbox gives, sorted into submitted/<student>/<lab>/.

A zip file of Moodle or Canvas, a folder, loose notebooks. The lab is told from a notebook's content. Who handed it in
is told by the folder or file name, with roster.csv where there is one. Members of a team hand in for the team. Python
files of the student's own that lie beside a notebook go with it. What lies in submitted/ is replaced by a later
attempt, never by an earlier one.
"""

import datetime
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import late, reading, rebuild, roster, source, store
from grader.delivered import Delivered, beside, changed, everything, own_name, sender
from grader.reading import MODULE, MODULE_SIZE, MODULES, NOTEBOOK, Unreadable, shown

LEFT_OUT = " (left out)"  # ends the name of an empty file: something that is no notebook came in its place
EARLIER = "An earlier attempt; a later one was taken."
WHOSE = (
    "Whose is it? Name the student in roster.csv, or put it into a folder called like the student and collect the "
    "folder around that."
)


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
    """Sort what lies in `places` into submitted/. Raises PipelineError for a roster that cannot be used."""
    sorting = Sorting(course)
    for place, file in everything(places):
        sorting.add(place, file)
    sorting.put_away()
    return sorting.found


class Sorting:
    """What has come so far, and what becomes of it. found: a line for each notebook, and for who sent none."""

    def __init__(self, course: Path):
        self.course, self.people = course, roster.people(course)
        self.labs = [rebuild.load(lab, course) for lab in source.labs(course) if rebuild.lab_file(lab, course).exists()]
        self.team = {row["id"]: row.get("team") or row["id"] for row in self.people}
        self.found: list[Collected] = []
        # (student, lab) -> the newest notebook, and what its modules are listed under
        self.newest: dict[tuple[str, str], tuple[Collected, Delivered, tuple]] = {}
        self.origins: dict[tuple[str, str], Delivered] = {}  # of each person, also of a team's members
        self.modules: dict[tuple, dict[str, bytes]] = {}
        self.others: dict[str, list[tuple[Delivered, Path]]] = {}  # student -> what came that is no notebook
        self.unreadable: list[tuple[Collected, Delivered, Path]] = []
        self.labs_of: dict[Path, set[str]] = {}  # of each download

    def add(self, place: Path, file: Delivered) -> None:
        """Note one file of the download at `place`."""
        person = _person(file.path, self.people)
        student = self.team.get(person, person)
        one = Collected(shown(str(file.path), 200), student, problem=file.why, loose=file.loose)
        attempt = (place, file.archive, *beside(file.path))
        if not file.why and not NOTEBOOK.search(file.path.name):
            self._no_notebook(one, place, file, self.modules.setdefault(attempt, {}))
            return
        self.found.append(one)
        lab = None
        if not one.problem:
            try:
                lab = rebuild.lab_of(reading.cells(file.raw, shown(file.path.name)), self.labs)
            except Unreadable as problem:
                one.problem = str(problem)
        one.lab = lab.name if lab else ""
        if one.problem:
            self.unreadable.append((one, file, place))
        elif not student or lab is None:
            one.problem = "It is no lab of this course." if student else WHOSE
        else:
            self.labs_of.setdefault(place, set()).add(lab.name)
            self._notebook(one, file, attempt, person)

    def _no_notebook(self, one: Collected, place: Path, file: Delivered, modules: dict[str, bytes]) -> None:
        name = own_name(file.path.name)
        if one.student and MODULE.fullmatch(name) and len(file.raw) <= MODULE_SIZE and len(modules) < MODULES:
            modules[name] = file.raw
        if one.student:
            self.others.setdefault(one.student, []).append((Delivered(file.path, b"", file.time), place))
        else:
            one.problem = "It is no notebook, and whose it is cannot be told."
            self.found.append(one)

    def _notebook(self, one: Collected, file: Delivered, attempt: tuple, person: str) -> None:
        strange = self.people and not {person, one.student} & {*self.team, *self.team.values()}
        said = [f"{shown(person)} is not in roster.csv."] if strange else []
        said += ["When it came is not known, so it counts as in time."] if file.time is None else []
        one.remark = " ".join(said)
        origin = self.origins.get((person, one.lab))
        if origin is None or _moment(origin) <= _moment(file):
            self.origins[person, one.lab] = file
        earlier = self.newest.get((one.student, one.lab))
        if earlier and _moment(earlier[1]) > _moment(file):
            one.problem = EARLIER
            return
        if earlier:
            earlier[0].problem = EARLIER
        self.newest[one.student, one.lab] = (one, file, attempt)

    def put_away(self) -> None:
        """Write the newest of each into submitted/, and leave a trace of who sent none that can be read."""
        for (student, lab), (one, file, attempt) in self.newest.items():
            one.problem = _take(self.course / "submitted" / student / lab, file, self.modules.get(attempt, {}))
        for (person, lab), file in self.origins.items():
            origin = self.course / "graded" / person / f"{lab}.origin"
            if not self.newest[self.team.get(person, person), lab][0].problem or not origin.exists():
                store.write(origin, str(file.path))
        told = {one.student for one in self.found}
        for student, files in self.others.items():
            if student not in told:
                names = ", ".join(shown(file.path.name) for file, _ in files[:3])
                problem = f"No notebook came, only {names}."
                one = Collected(shown(str(files[0][0].path), 200), student, problem=problem)
                self.found.append(one)
                self.unreadable += [(one, file, place) for file, place in files[:3]]
        for one, file, place in self.unreadable:  # a download is mostly of one lab
            named = {lab.name for lab in self.labs if lab.name in str(file.path)} or self.labs_of.get(place, set())
            if one.student and len(named) == 1:
                (one.lab,) = named
                _note(self.course / "submitted" / one.student / one.lab, file)


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
        return late.handed_in(folder) or changed(folder / name), raw
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


def _person(path: PurePosixPath, people: list[dict[str, str]]) -> str:
    """Whose a file is: the roster's id where it can be told, else the folder's name; empty if nobody knows.

    The outermost name decides. Where the platform says who sent it, whatever is in there is called as a student likes.
    """
    claims, sent = [], None
    for depth, part in enumerate(path.parts, 1):
        if sent := sender(part):
            claims += [("lms", sent["lms"]), *((field, sent["name"]) for field in ("name", "id", "email"))]
            break
        names = (part,) if depth < len(path.parts) else (NOTEBOOK.sub("", part), PurePosixPath(part).stem)
        claims += [(field, name) for name in names for field in ("id", "name", "email")]
    for field, claim in ((field, _plain(claim)) for field, claim in claims):
        for row in people:
            if claim and (claim == _plain(row.get(field, "")) or field == "name" and claim == _turned(row)):
                return row["id"]
    if sent:
        return f"{shown(sent['name'], 100)} {sent['lms']}"
    words, whole = re.split(r"[^a-z0-9]+", _plain(path.name, " ")), _plain(path.name)
    for row in people:  # an id or a full name somewhere in a loose file's name
        full = {_plain(row.get("name", "")), _turned(row)}
        if _plain(row["id"]) in words or any(len(own) > 5 and own in whole for own in full):
            return row["id"]
    return shown(path.parts[0], 120).strip(". ") if len(path.parts) > 1 else ""


def _turned(row: dict[str, str]) -> str:
    """A name of the roster with the family name first, or last if it was first."""
    return _plain("".join(reversed(row.get("name", "").split())))


def _plain(text: str, between: str = "") -> str:
    """A name without accents, capitals and marks, so that both forms of an umlaut and Canvas' spelling are one."""
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9@.]+", between, bare)
