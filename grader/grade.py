"""`make grade`: grade submitted/<student>/<lab>/ into nbgrader's gradebook, autograded/ and grades.csv.

A grade is a pure function of what was handed in and of the course. Work is skipped by content, never by dates: what
was handed in, what runs beside it, what judges it. Students' code runs in a sandbox; points are given outside of it.
"""

import contextlib
import fcntl
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from grader import book, jobs, judging, late, reading, rebuild, sandbox, source, store, tables, work
from grader.probing import Limits
from grader.reading import Unreadable, shown
from grader.rebuild import Lab
from grader.release import generate
from grader.source import ROOT, PipelineError
from grader.work import NOT_GRADABLE, WAITING, GradingError

COLUMNS = ["student", "lab", "state", "score", "max_score", "code_score", "max_code_score"]
COLUMNS += ["late", "by_hand", "problem"]


def cores() -> int:
    """How many cores this process may use; outside of Linux, where nothing is graded, all of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Settings:
    """How a class is graded. scheduler: the address of a Dask scheduler; then its workers grade."""

    course: Path = ROOT
    workers: int = field(default_factory=cores)
    limits: Limits = field(default_factory=Limits)
    unsafe: bool = False
    scheduler: str = ""
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)


@dataclass(eq=False)
class Handed:
    """Something in submitted/. problem: why it cannot be graded, empty if it may be."""

    student: str
    lab: str
    folder: Path
    problem: str = ""


def found(course: Path, labs: list[str]) -> list[Handed]:
    """What lies in submitted/, in order; nothing is read yet."""
    everything, known = [], source.labs(course)
    for student in _listed(course / "submitted"):
        if not student.is_dir():
            problem = f"{shown(student.name)} lies in no student's folder: submitted/<student>/<lab>/ is its place."
            everything.append(Handed(shown(student.name), "", student, problem))
            continue
        name = shown(student.name, 128)
        for folder in _listed(student):
            if folder.name in known and (folder.is_dir() or folder.is_symlink()):
                everything.append(Handed(name, folder.name, folder))
            else:
                problem = f"{shown(folder.name)} is no lab's folder: submitted/<student>/<lab>/ is wanted, such as "
                everything.append(Handed(name, "", folder, f"{problem}{known[0]}. `collect` makes it."))
    seen: dict[tuple[str, str], Handed] = {}
    for one in everything:
        twin = seen.setdefault((one.student, one.lab), one)
        if one.lab and twin is not one:
            one.problem = f"There are two folders for {one.student}; only the first was graded."
    return [one for one in everything if not one.lab or one.lab in labs]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not reading.LITTER.fullmatch(path.name))
    except OSError:
        return []


def grade(labs: list[str], settings: Settings) -> list[dict]:
    """Grade what is new in `labs`; returns the rows of grades.csv. Raises GradingError."""
    course = settings.course
    late.per_day(course)  # a mistake in class.toml is said now, not after all are graded
    with one_writer(course):
        secret = judging.secret(course)
        handed = found(course, labs)
        with book.opened(course) as gradebook:
            writer, new = _sifted(course, gradebook, secret, handed)
            if new and not settings.scheduler and not settings.unsafe:
                _can_isolate()
            ran: dict[Handed, str] = {}

            def job(one: Handed) -> dict:
                try:
                    files = reading.files(one.folder, one.lab)
                except Unreadable:  # it has vanished since
                    files = {}
                ran[one] = writer.ran(one.lab, files)
                about = {"secret": secret, "limits": asdict(settings.limits), "unsafe": settings.unsafe}
                lab = writer.labs[one.lab]
                same = judging.code_that_grades(secret, lab)
                return about | {"lab": one.lab, "release": lab.text, "course": same, "files": files}

            for one, result in jobs.results(
                new, job, settings.workers, settings.unsafe, settings.scheduler, settings.say
            ):
                if result["state"] == NOT_GRADABLE:
                    one.problem = result["why"]
                    refusal = {"ran": ran[one], "why": result["why"]}
                    if not result.get("ours"):
                        store.write_json(store.refusal_file(course, one.student, one.lab), refusal)
                else:
                    writer.write(one, result | {"ran": ran[one]})
            late.settle(course, gradebook)
            rows = _rows(gradebook, course, handed)
    return rows


def would_grade(course: Path, labs: list[str]) -> list[Handed]:
    """What `grade` would do something about: what is new to it, or cannot be graded."""
    handed = found(course, labs)
    with book.opened(course) as gradebook:
        new = set(_sifted(course, gradebook, judging.secret(course), handed)[1])
    return [one for one in handed if one.problem or one in new]


def _sifted(course: Path, gradebook: Gradebook, secret: str, handed: list[Handed]) -> tuple["Writer", list[Handed]]:
    """Note of each submission that cannot be graded why. Returns who writes the grades, and what must run."""
    loaded, left = gradable(course, gradebook, sorted({one.lab for one in handed if one.lab}))
    writer, new = Writer(course, gradebook, secret, loaded), []
    for one in handed:
        one.problem = one.problem or left.get(one.lab, "")
        if one.problem:
            continue
        try:
            files = reading.files(one.folder, one.lab)
        except Unreadable as problem:
            one.problem = str(problem)
            continue
        one.problem = writer.refused(one, files)
        if not one.problem and writer.is_new(one, files):
            new.append(one)
    return writer, new


def gradable(course: Path, gradebook: Gradebook, labs: list[str]) -> tuple[dict[str, Lab], dict[str, str]]:
    """The labs that can be graded, noted in the gradebook; and of the others why not."""
    loaded, left = {}, {}
    for name in labs:
        try:
            lab = released(course, name)
            if store.writing:
                _register(course, gradebook, lab)
            loaded[name] = lab
        except (GradingError, PipelineError) as why:
            left[name] = " ".join(str(why).split())
    return loaded, left


def released(course: Path, lab: str) -> Lab:
    """The lab as students got it. Raises GradingError if it is not released."""
    try:
        return rebuild.load(lab, course)
    except FileNotFoundError:
        raise GradingError(f"{lab} is not released: run `make release` first.") from None


def _register(course: Path, gradebook: Gradebook, lab: Lab) -> None:
    """Note a lab's cells in the gradebook, as `nbgrader generate_assignment` does.

    Raises GradingError where the gradebook does not take them, PipelineError where the lab has faults.
    """
    mark = course / "graded" / f"{lab.name}.source"
    now = judging.digest(source.path(lab.name, ".py", course).read_bytes())
    if book.knows(gradebook, lab) and mark.exists() and mark.read_text() == now:
        return
    gradebook.db.commit()
    with tempfile.TemporaryDirectory() as release:
        try:
            generate(course, [lab.name], Path(release), book.address(course))
        except PipelineError as problem:
            if "there are submissions" not in str(problem):
                raise
            raise GradingError(
                f"{lab.name} has other exercises or questions than when its first submissions were graded, which the "
                "gradebook cannot take: undo that and put them into a new lab; or, where its points by hand and due "
                f"date may be lost, empty it with `nbgrader db assignment remove {lab.name} --force` and grade again."
            ) from None
    gradebook.db.expire_all()
    if not book.knows(gradebook, lab):
        raise GradingError(f"notebooks/{lab.name} is not what solutions/ make of it: run `make release`.")
    store.write(mark, now)


class Writer:
    """The one writer of a class's grades."""

    def __init__(self, course: Path, gradebook: Gradebook, secret: str, labs: dict[str, Lab]):
        self.course, self.gradebook, self.secret, self.labs = course, gradebook, secret, labs
        self.entered = {(mark.student, mark.lab) for mark in book.marks(gradebook)}

    def ran(self, lab: str, files: dict[str, bytes]) -> str:
        """The fingerprint of a submission and of all that its records depend on."""
        content = [part for name, raw in files.items() for part in (name, raw)]
        return judging.digest(judging.code_that_runs(self.secret, self.labs[lab]), *content)

    def refused(self, one: Handed, files: dict[str, bytes]) -> str:
        """Why the very same submission was refused before; empty if it was not."""
        refusal = store.read(store.refusal_file(self.course, one.student, one.lab)) or {}
        return refusal["why"] if refusal.get("ran") == self.ran(one.lab, files) else ""

    def is_new(self, one: Handed, files: dict[str, bytes]) -> bool:
        """Whether the submission must run. One that only must be judged or entered again is, here and now."""
        summary = store.read(store.summary_file(self.course, one.student, one.lab))
        if summary is None or summary["ran"] != self.ran(one.lab, files):
            return True
        judged = judging.code_that_judges(self.secret, self.labs[one.lab])
        done = (one.student, one.lab) in self.entered and summary["at"] == str(late.handed_in(one.folder))
        if summary["judged"] == judged and done:
            return False
        kept = store.read(store.records_file(self.course, one.student, one.lab))
        if kept is None or kept["ran"] != summary["ran"]:
            return True
        outcomes = judging.judged(self.secret, self.labs[one.lab], kept["records"])
        if done and outcomes == summary["outcomes"]:
            store.write_json(store.summary_file(self.course, one.student, one.lab), summary | {"judged": judged})
            return False
        if store.writing:
            self.write(one, kept | {"outcomes": outcomes})
        return not store.writing  # a dry run names it

    def write(self, one: Handed, result: dict, judged: str | None = None) -> None:
        """Keep the records, enter the marks, write what Formgrader shows; last, note that all this is done.

        result: as `work.do` returns it, with the fingerprint of what "ran". judged: that of what judged it, if that is
        not all that judges now.
        """
        lab, file = self.labs[one.lab], store.records_file(self.course, one.student, one.lab)
        if (store.read(file) or {}).get("ran") != result["ran"]:
            store.write_json(file, {name: value for name, value in result.items() if name != "outcomes"})
        marks = {f"test_{name}": said["points"] for name, said in result["outcomes"].items()}
        marks |= {name: None if result["written"][name] or not _is_text(lab, name) else 0.0 for name in lab.by_hand}
        unanswered = {name for name, own in lab.exercises.items() if result["answers"][name] in (None, own.stub)}
        unanswered |= {name for name in lab.by_hand if not result["written"][name]}
        before = (store.read(store.summary_file(self.course, one.student, one.lab)) or {}).get("answers", {})
        answers = {name: judging.digest(text or "") for name, text in (result["answers"] | result["written"]).items()}
        own = {cell: cell.removeprefix("test_") for cell in marks}
        changed = {cell for cell, name in own.items() if before.get(name) != answers.get(name)}
        at = late.handed_in(one.folder)
        book.enter(self.gradebook, lab, one.student, marks, unanswered, changed, at)
        book.show(self.course, lab, one.student, result)
        summary = {name: result[name] for name in ("state", "why", "outcomes", "remarks", "seconds", "ran")}
        judged = judging.code_that_judges(self.secret, lab) if judged is None else judged
        done = {"judged": judged, "at": str(at), "answers": answers}
        store.write_json(store.summary_file(self.course, one.student, one.lab), summary | done)


def _is_text(lab: Lab, grade_id: str) -> bool:
    cell = next(cell for cell in lab.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    return bool(cell.metadata["nbgrader"]["solution"])


def _can_isolate() -> None:
    try:
        sandbox.kind()
    except sandbox.NoSandbox as reason:
        raise GradingError(
            f"Students' code cannot be isolated here ({reason}). Install bubblewrap (`apt install bubblewrap`), or say "
            "--unsafe: then it runs with your rights."
        ) from None


@contextlib.contextmanager
def one_writer(course: Path) -> Iterator[None]:
    """Keep others from writing grades; in a dry run nobody writes. Raises GradingError if somebody is at it."""
    if not store.writing:
        yield
        return
    (course / "graded").mkdir(parents=True, exist_ok=True)
    with (course / "graded" / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GradingError("Another `grade` is running on this class: wait for it.") from None
        yield


# ---- grades.csv ---------------------------------------------------------------------------------------------


def _rows(gradebook: Gradebook, course: Path, handed: list[Handed]) -> list[dict]:
    problems = {(one.student, one.lab or one.folder.name): one.problem for one in handed if one.problem}
    labs = {one.lab for one in handed if one.lab}
    known = book.totals(mark for mark in book.marks(gradebook) if mark.lab in labs)
    keys = sorted(known.keys() | problems.keys(), key=lambda key: (key[1], key[0]))
    rows = []
    for student, lab in keys:
        row = {"student": student, "lab": lab, "state": NOT_GRADABLE, "problem": ""} | known.get((student, lab), {})
        summary = store.read(store.summary_file(course, student, lab)) or {}
        if (student, lab) in problems:
            earlier = " The earlier grade stands." if (student, lab) in known else ""
            row["problem"] = f"Not graded: {problems[student, lab]}{earlier}"
        else:
            state = summary.get("state", work.GRADED)
            waiting = WAITING if state == work.GRADED else f"{state}, {WAITING}"
            row["state"] = waiting if row.get("by_hand") else state
            row["problem"] = " ".join([summary.get("why", ""), *summary.get("remarks", [])]).strip()
        rows.append(row)
    return rows


def save(course: Path, rows: list[dict], labs: list[str]) -> None:
    """Write grades.csv; rows of labs that were not graded now stay as they stand there."""
    before = [row for row in tables.read(course / "grades.csv") if row.get("lab") and row["lab"] not in labs]
    known = source.labs(course)  # what lies in no lab's folder has a row in `rows`, as long as it lies there
    others = [row for row in before if row.get("score") or row["lab"] in known]
    tables.write(course / "grades.csv", [*others, *rows], COLUMNS)
