"""`collect`, the roster, class.toml: what platforms and mailboxes give is sorted, and nothing is lost or unsaid."""

import datetime
import io
import os
import zipfile
from pathlib import Path

import pytest

from checks.core import NOT_ATTEMPTED, RIGHT
from grader import book, collect, export, feedback, judging, late, reading, rebuild, report, roster, store, tables
from grader import grade as grading
from grader.source import ROOT, PipelineError
from tests import redteam
from tests.redteam import LAB

BYTES = rebuild.lab_file(LAB).read_bytes()
OTHER = BYTES.replace(b"YOUR ANSWER HERE", b"Since it fits.")
ANN, BOB = "Ann Smith_11_assignsubmission_file_", "Bob Lee_22_assignsubmission_file_"


@pytest.fixture
def course(tmp_path):
    """A course of one lab, without a gradebook."""
    for room in ("solutions", "notebooks"):
        (tmp_path / room).mkdir()
        (tmp_path / room / LAB).symlink_to(ROOT / room / LAB)
    return tmp_path


def packed(files: dict[str, bytes], day: int = 1, inside: bool = False) -> bytes:
    """A zip file whose entries are of that day of May 2026, at noon."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, day, 12, 0, 0)), content)
    return raw.getvalue()


def came(course: Path, files: dict[str, bytes], day: int = 1) -> dict[str, collect.Collected]:
    """Collect a download; what it came as -> what became of it."""
    (course / "download.zip").write_bytes(packed(files, day))
    return {one.came_as: one for one in collect.collect(course, [course / "download.zip"])}


def taken(course: Path, student: str, name: str = f"{LAB}.ipynb") -> bytes:
    return (course / "submitted" / student / LAB / name).read_bytes()


def test_an_older_download_replaces_nothing(course):
    assert not came(course, {"ann/1.ipynb": OTHER}, 20)["ann/1.ipynb"].problem
    says = came(course, {"ann/1.ipynb": BYTES}, 10)["ann/1.ipynb"].problem
    assert says == f"An earlier attempt: submitted/ann/{LAB} holds a later one, which stays."
    assert taken(course, "ann") == OTHER
    assert not came(course, {"ann/1.ipynb": BYTES}, 21)["ann/1.ipynb"].problem
    assert taken(course, "ann") == BYTES


def test_what_a_person_put_there_is_as_old_as_its_file(course):
    redteam.submit(course, "ann", OTHER, "lab (1).ipynb")
    assert "Which is later is not known" in came(course, {"ann/1.ipynb": BYTES})["ann/1.ipynb"].problem
    os.utime(course / "submitted" / "ann" / LAB / "lab (1).ipynb", (0, 0))
    assert not came(course, {"ann/1.ipynb": BYTES})["ann/1.ipynb"].problem


def test_a_file_of_no_known_time_replaces_nothing_but_itself(course):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr(zipfile.ZipInfo("ann/1.ipynb"), BYTES)
    (course / "undated.zip").write_bytes(raw.getvalue())
    for _ in range(2):
        (one,) = collect.collect(course, [course / "undated.zip"])
        assert "not known, so it counts as in time" in one.remark and one.remark in one.says and not one.problem
    assert "delete that to take this one" in came(course, {"ann/1.ipynb": OTHER})["ann/1.ipynb"].problem
    (course / "submitted" / "ann" / LAB / "timestamp.txt").write_text("2026-04-30")
    came(course, {"ann/1.ipynb": OTHER})
    (one,) = collect.collect(course, [course / "undated.zip"])
    assert "Which is later is not known" in one.problem and taken(course, "ann") == OTHER


def test_a_students_own_modules_come_along_and_go_with_the_attempt(course):
    came(course, {f"{ANN}/1.ipynb": BYTES, f"{ANN}/mine.py": b"x = 1", f"{ANN}/old.py": b"", f"{BOB}/b.py": b""}, 1)
    folder = course / "submitted" / "Ann Smith 11" / LAB
    assert taken(course, "Ann Smith 11", "mine.py") == b"x = 1"
    (folder / "by_hand.py").write_text("")
    came(course, {f"{ANN}/1.ipynb": BYTES, f"{ANN}/mine.py": b"x = 1", f"{ANN}/old.py": b""}, 1)
    assert {path.name for path in folder.glob("*.py")} == {"mine.py", "old.py", "by_hand.py"}
    came(course, {f"{ANN}/1.ipynb": OTHER, f"{ANN}/mine.py": b"x = 2"}, 2)
    assert {path.name: path.read_text() for path in folder.glob("*.py")} == {"mine.py": "x = 2"}
    came(course, {f"{ANN}/1.ipynb": OTHER, f"{ANN}/other.py": b""}, 3)
    assert set(reading.files(folder, LAB)) == {f"{LAB}.ipynb", "other.py"}


def test_modules_of_canvas_are_those_of_their_sender_under_their_own_names(course):
    files = {"smithann_77_4242_lab.ipynb": BYTES, "leebob_88_4244_lab.ipynb": OTHER, "leebob_88_4246_is-none.py": b""}
    came(course, files | {"smithann_77_4243_mine-1.py": b"ann", "leebob_88_4245_mine.py": b"bob"})
    assert (taken(course, "smithann 77", "mine.py"), taken(course, "leebob 88", "mine.py")) == (b"ann", b"bob")
    assert not list(course.glob("submitted/*/*/is-none.py"))


def test_a_zip_file_handed_in_came_when_it_was_handed_in(course):
    inner = packed({"work/1.ipynb": BYTES, "work/mine.py": b""}, 1)
    came(course, {f"{ANN}/work.zip": inner, "leebob_88_4244_work.zip": inner}, 9)
    for student in ("Ann Smith 11", "leebob 88"):
        folder = course / "submitted" / student / LAB
        assert late.handed_in(folder).day == 9 and (folder / "mine.py").exists()


def test_nobody_hands_in_for_another_by_the_name_of_a_file(course):
    (course / "roster.csv").write_text("id,name,email,lms\ns1,Ann Smith,ann@uni.edu,11\ns2,Bob Lee,bob@uni.edu,22\n")
    came(course, {f"{ANN}/{LAB}.ipynb": BYTES})
    for day, name in enumerate(("Ann Smith", "s1", "ann@uni.edu", "smithann_11_1234_mine"), 2):
        came(course, {f"{BOB}/{name}.ipynb": OTHER, "Eve Ho_33_assignsubmission_file_/Ann Smith.ipynb": OTHER}, day)
    came(course, {f"{BOB}/mine.zip": packed({f"{ANN}/{LAB}.ipynb": OTHER})}, 9)
    assert taken(course, "s1") == BYTES
    assert taken(course, "s2") == taken(course, "Eve Ho 33") == OTHER


def test_who_handed_in_no_notebook_has_a_line_and_a_row(course):
    (course / "roster.csv").write_text("id,name\nann,Ann Smith\nbob,Bob Lee\ncid,Cid Day\ndan,Dan Old\neve,Eve New\n")
    files = {
        f"{ANN}/essay.pdf": b"%PDF",
        f"{BOB}/mine.py": b"",
        "Cid Day_33_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        "Dan Old_44_assignsubmission_file_/1.ipynb": b"",
        "Eve New_55_assignsubmission_file_/1.ipynb": BYTES,
        "Eve New_55_assignsubmission_file_/notes.pdf": b"%PDF",
    }
    found = came(course, files)
    assert found[f"{ANN}/essay.pdf"].says == "No notebook came, only essay.pdf."
    assert "only mine.py" in found[f"{BOB}/mine.py"].problem and len(found) == 5
    rows = {}
    for student in ("ann", "bob", "cid", "dan"):
        folder = course / "submitted" / student / LAB
        with pytest.raises(reading.Unreadable) as why:
            reading.submission(reading.files(folder, LAB), LAB)
        rows[student] = str(why.value)
    assert rows["ann"] == "There is no notebook, only essay.pdf (left out)." and "is empty" in rows["dan"]
    came(course, {f"{ANN}/1.ipynb": BYTES}, 1)  # a notebook replaces what is none, whatever its date
    folder = course / "submitted" / "ann" / LAB
    assert {path.name for path in folder.iterdir()} == {f"{LAB}.ipynb", "timestamp.txt"}
    found = came(course, {f"{ANN}/{LAB}.ipynb": b"{"}, 9)  # and what is none replaces no notebook
    assert "broken" in found[f"{ANN}/{LAB}.ipynb"].problem and taken(course, "ann") == BYTES


def test_times_of_loose_files_are_said_to_be_such_and_a_correction_stays(course):
    (course / "came" / "ann").mkdir(parents=True)
    (course / "came" / "ann" / "1.ipynb").write_bytes(BYTES)
    found = collect.collect(course, [course / "came"])
    assert "copying may alter" in collect.notes(course, found)[0]
    (course / "submitted" / "ann" / LAB / "timestamp.txt").write_text("2026-05-01 12:00:00")
    collect.collect(course, [course / "came"])
    assert late.handed_in(course / "submitted" / "ann" / LAB) == datetime.datetime(2026, 5, 1, 12)
    assert collect.notes(course, list(came(course, {"bob/1.ipynb": BYTES}).values())) == []


def test_strangers_and_who_is_missing_are_named(course):
    (course / "roster.csv").write_text("id,name,team\nann,,\nbob,,reds\ncid,,reds\ndan,,\n")
    found = came(course, {"ann/1.ipynb": BYTES, "zoe/1.ipynb": BYTES, "reds/1.ipynb": BYTES})
    assert [one.remark for one in found.values()] == ["", "zoe is not in roster.csv.", ""]
    assert collect.notes(course, list(found.values())) == ["In roster.csv, but nothing is in submitted/: dan."]


@pytest.mark.parametrize(
    ("name", "students"),
    {
        "Anna Müller/lab_1_2_final.ipynb": ("Anna Müller", "Anna Müller"),
        "lab_1_2_final.ipynb": ("", ""),
        "Weiß, Ben.ipynb": ("", "ben"),
        "Weiß_Ben_lab1.ipynb": ("", "ben"),
        "ben@uni.example.ipynb": ("", "ben"),
        "Ben Weiß.ipynb.txt": ("", "ben"),
    }.items(),
)
def test_names_of_loose_files_are_understood(course, name, students):
    for student in students:
        (one,) = came(course, {name: BYTES}).values()
        assert one.student == student
        assert student or "Name the student in roster.csv, or put it into a folder" in one.problem
        (course / "roster.csv").write_text("id,name,email\nben,Ben Weiß,ben@uni.example\n", encoding="utf-8")


def test_a_roster_may_be_written_carelessly(tmp_path):
    (tmp_path / "roster.csv").write_text("ID;Name;Team\n ann ; Ann ;reds\n;;\nbob;;\n")
    first = {"id": "ann", "name": "Ann", "team": "reds"}
    assert roster.people(tmp_path) == [first, {"id": "bob", "name": "", "team": ""}]


@pytest.mark.parametrize(
    ("table", "says"),
    {
        "name,email\nAnn,a@x\n": "no column 'id'",
        "id,name\nann,A\nann,B\n": "'ann' stands twice",
        "id,name\n,Ann\n": "a row has no id: Ann",
        "id,name\na/b,Ann\n": "'a/b' cannot be a folder's name",
        "id,team\nann,../x\n": "'../x' cannot be a folder's name",
    }.items(),
)
def test_a_roster_that_says_not_who_is_who_is_refused(tmp_path, table, says):
    (tmp_path / "roster.csv").write_text(table)
    with pytest.raises(PipelineError, match=says):
        roster.people(tmp_path)


@pytest.mark.parametrize(
    ("line", "says"),
    {
        "late_per_day = 10%": "class.toml cannot be read",
        "late_per_days = 0.1": "sets 'late_per_days', which nothing reads",
        "late_per_day = '0.1'": "a number from 0 to 1, such as 0.1, and not '0.1'",
        "late_per_day = -0.1": "and not -0.1",
        "late_per_day = 10": "and not 10",
        "late_per_day = nan": "and not nan",
        "late_per_day = true": "and not True",
    }.items(),
)
def test_a_class_toml_that_cannot_be_used_is_refused_by_name(tmp_path, line, says):
    (tmp_path / "class.toml").write_text(line)
    with pytest.raises(PipelineError, match=says) as refused:
        late.per_day(tmp_path)
    assert "class.toml" in str(refused.value) and "\n" not in str(refused.value)
    (tmp_path / "class.toml").write_text("\ufefflate_per_day = 0.1\n", encoding="utf-8")
    assert late.per_day(tmp_path) == 0.1


def test_what_names_students_is_not_for_git():
    ignored = (ROOT / ".gitignore").read_text().split()
    files = ("roster.csv", "grades.csv", "report.html", "class.toml", "class_secret", "gradebook.db*")
    assert set(files) | {"submitted/", "graded/", "feedback/", "returned/", "autograded/"} <= set(ignored)


# ---- tables and pages, of a class that was graded without running anything ------------------------------------


def enter(course: Path, student: str, came_at: str, person: float | None = None) -> None:
    """Grade a submission that has max_pool right and a written answer; a person gives points for that."""
    lab = rebuild.load(LAB, course)
    folder = redteam.submit(course, student, redteam.release(course))
    (folder / "timestamp.txt").write_text(came_at)
    said = {name: {"status": NOT_ATTEMPTED, "reason": "", "points": 0.0, "mistake": ""} for name in lab.exercises}
    said["max_pool"] = {"status": RIGHT, "reason": "All cases.", "points": 2.0, "mistake": ""}
    result = {
        **{"state": "graded", "why": "", "records": {}, "cases": "", "outcomes": said, "seconds": 0.1, "ran": "x"},
        **{"answers": dict.fromkeys(lab.exercises, "x = 1"), "written": {"written_valid": "Since\nit fits."}},
        **{"foreign": {}, "remarks": []},
    }
    with book.opened(course) as gradebook:
        writer = grading.Writer(course, gradebook, judging.secret(course), {LAB: lab})
        writer.write(grading.Handed(student, LAB, folder), result)
        grade = gradebook.find_grade("written_valid", LAB, LAB, student)
        grade.manual_score, grade.needs_manual_grade = person, person is None
        gradebook.find_grade("test_max_pool", LAB, LAB, student).manual_score = 1.0
        gradebook.find_comment("written_valid", LAB, LAB, student).manual_comment = "Good.\nLook again."
        gradebook.db.commit()


@pytest.fixture
def graded(tmp_path):
    """Team reds is two days late, cid in time, zoe a stranger, dan's file broken, eve missing."""
    course = redteam.write_course(tmp_path / "class")
    people = "ann,Ann Smith,reds\nbob,Bob Lee,reds\ncid,Cid Day,\ndan,Dan Old,\neve,Eve New,\n"
    (course / "roster.csv").write_text("id,name,team\n" + people)
    (course / "class.toml").write_text("late_per_day = 0.25\n")
    with book.opened(course) as gradebook:
        gradebook.find_assignment(LAB).duedate = datetime.datetime(2026, 5, 1, 12)
        gradebook.db.commit()
    enter(course, "reds", "2026-05-03 11:00", 1.0)
    enter(course, "cid", "2026-05-01 11:00", 0.5)
    enter(course, "zoe", "no date")
    broken = {"student": "dan", "lab": LAB, "state": "not gradable", "problem": "not graded: 1.ipynb is empty."}
    stray = broken | {"student": "fay", "lab": "lab1", "problem": "not graded: lab1 is no lab's folder."}
    tables.write(course / "grades.csv", [broken, stray], grading.COLUMNS)
    return course


def test_tables_say_what_lateness_cost_and_agree(graded):
    sums = {}
    for form in ("wide", "long"):
        assert export.export(graded, graded / f"{form}.csv", form)[1] == [f"zoe, {LAB}"]  # waits for a person
    for row in tables.read(graded / "long.csv"):
        sums[row["student"]] = sums.get(row["student"], 0) + float(row["points"])
    assert sums == {"ann": 1, "bob": 1, "cid": 1.5, "zoe": 1}
    wide = {row["student"]: row for row in tables.read(graded / "wide.csv")}
    total = {one: wide[one][f"{LAB} (of 7)"] for one in sums}
    assert total.pop("zoe") == ""
    assert all(float(score) == sums[one] for one, score in total.items())
    assert [wide[one]["01 late"] for one in ("ann", "bob", "cid", "eve")] == ["-1", "-1", "", ""]


def test_report_names_everybody_who_needs_an_eye(graded):
    page = report.report(graded, [LAB]).read_text()
    rows = page.partition("For a human eye")[2]
    for said in (
        "<td>reds</td><td>It came on 2026-05-03 at 11:00 UTC and was due on 2026-05-01 at 12:00 UTC: 1 point was taken",
        "<td>dan</td><td>not graded: 1.ipynb is empty.",
        "<td>eve</td><td>Handed in nothing.",
        "<td>zoe</td><td>Is not in roster.csv.",
        "<td>zoe</td><td>When it came is not known",
    ):
        assert said in rows, said
    assert not any(f"<td>{one}</td><td>Handed in" in rows for one in ("ann", "bob", "cid", "dan"))
    assert "<td>fay</td><td>not graded: lab1 is no lab" in page.partition("In no lab")[0]


def test_report_has_a_lab_of_which_nothing_could_be_graded(graded):
    for file in graded.glob(f"graded/*/{LAB}*.json"):
        file.unlink()
    assert "<td>dan</td><td>not graded" in report.report(graded, [LAB]).read_text()


def test_feedback_shows_the_question_the_comment_and_when_the_work_came(graded):
    store.write(graded / "graded" / "ann" / f"{LAB}.origin", f"Lab 1/{ANN}/work/1.ipynb")
    store.write(graded / "graded" / "cid" / f"{LAB}.origin", "cid/work/1.ipynb")
    (archive,) = feedback.feedback(graded, [LAB])
    names = set(zipfile.ZipFile(archive).namelist())
    assert names == {f"{folder}/{LAB}.html" for folder in (ANN, "bob", "cid", "zoe")}
    cid = (graded / "feedback" / "cid" / LAB / f"{LAB}.html").read_text()
    assert f"<h1>{LAB}: Cid Day (cid)</h1>" in cid and "It came on 2026-05-01 at 11:00 UTC." in cid
    assert "Why does `valid` hurt deep networks?" in cid and "| criterion | points |" in cid
    assert "<blockquote>Good.\nLook again.</blockquote>" in cid and "A person gave 1 point, the check 2." in cid
    team = (graded / "feedback" / "bob" / LAB / f"{LAB}.html").read_text()
    assert "was due on 2026-05-01 at 12:00 UTC: 1 point was taken off because it came late." in team
