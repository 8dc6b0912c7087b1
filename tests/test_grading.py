"""A small class through the grader: what honest people do to notebooks, resubmissions, hands, crashes, one rule."""

import ast
import collections
import contextlib
import copy
import datetime
import itertools
import json
import math
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import nbformat
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from checks import mnist_callback
from grader import __main__ as commands
from grader import (
    book,
    collect,
    export,
    feedback,
    jobs,
    judging,
    late,
    probing,
    reading,
    rebuild,
    regrade,
    report,
    sandbox,
    source,
    store,
    tables,
    work,
)
from grader import grade as grading
from grader.release import generate, serialised
from grader.source import ROOT, PipelineError
from tests import redteam
from tests.redteam import LAB, SECRET, cell, fill, release, solved, submit, write_course

GRADE = "import sys, pathlib, tests.redteam as r; r.graded(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("class") / redteam.PLACE)


def others_metadata(notebook, root):
    """A cell pasted from another lab, with its metadata."""
    about = {"grade_id": "test_count_borrows", "grade": True, "points": 3, "locked": True, "solution": False}
    notebook["cells"].insert(3, {"cell_type": "code", "metadata": {"nbgrader": about}, "source": "1", "outputs": []})


def all_metadata_lost(notebook, root):
    for one in notebook["cells"]:
        one["metadata"] = {}
        one.pop("id", None)


def blank_line_before_the_marker(notebook, root):
    all_metadata_lost(notebook, root)
    for one in notebook["cells"]:
        if "".join(one["source"]).startswith("# EXERCISE"):
            one["source"] = "\n\n" + "".join(one["source"])


def marker_lost_too(notebook, root):
    all_metadata_lost(notebook, root)
    for one in notebook["cells"]:
        source = "".join(one["source"])
        one["source"] = source.partition("\n")[2] if source.startswith("# EXERCISE") else source


def written_below_the_stub(notebook, root):
    """The stub is left as it was; the answer stands in a cell below it."""
    stub = cell(release(root), "max_pool")["source"]
    place = notebook["cells"].index(cell(notebook, "max_pool"))
    own = copy.deepcopy(notebook["cells"][place])
    own["metadata"], own["id"] = {}, "mine"
    own["source"] = "".join(own["source"]).partition("\n")[2]
    notebook["cells"][place]["source"] = stub
    notebook["cells"].insert(place + 1, own)


def copied_cell(notebook, root):
    notebook["cells"].append(copy.deepcopy(cell(notebook, "max_pool")))


def test_cells_deleted(notebook, root):
    notebook["cells"] = [c for c in notebook["cells"] if not c.get("id", "").startswith("test_")]


test_cells_deleted.__test__ = False


def own_helper_cell(notebook, root):
    helper = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "source": "from math import prod\ndef many(*a):\n    return prod(a)",
    }
    notebook["cells"].insert(2, helper)
    answer = "def conv_parameters(kernel_height, kernel_width, channels, filters):\n"
    answer += "    return many(kernel_height, kernel_width, channels, filters) + filters"
    fill(notebook, {"conv_parameters": answer})


def helper_in_a_given_cell(notebook, root):
    """A definition in a cell that was not theirs to change, as many do."""
    given = next(c for c in notebook["cells"] if "import numpy" in "".join(c["source"]))
    given["source"] = "".join(given["source"]) + "\ndef plus(a, b):\n    return a + b"
    answer = "def conv_parameters(kernel_height, kernel_width, channels, filters):\n"
    answer += "    return plus(kernel_height * kernel_width * channels * filters, filters)"
    fill(notebook, {"conv_parameters": answer})


def exit_in_a_cell(notebook, root):
    notebook["cells"].insert(3, {"cell_type": "code", "metadata": {}, "outputs": [], "source": "exit()\nx = 1"})
    fill(notebook, {"max_pool": "".join(cell(notebook, "max_pool")["source"]) + "\nquit()"})


def written_on_stderr(notebook, root):
    noise = "import os, sys, logging\nlogging.basicConfig()\nlogging.warning('x')\nos.write(2, b'x')\n"
    fill(notebook, {"max_pool": noise + "".join(cell(notebook, "max_pool")["source"])})


def magics(notebook, root):
    lines = "%matplotlib inline\n!pip install tensorflow==2.15\n%time x = 1\nmax_pool?\n"
    fill(notebook, {"max_pool": lines + "".join(cell(notebook, "max_pool")["source"])})


def broken_cell_elsewhere(notebook, root):
    notebook["cells"].insert(3, {"cell_type": "code", "metadata": {}, "outputs": [], "source": "this is no Python ("})


def as_before_2015(notebook, root):
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["input"] = one.pop("source")
    notebook["worksheets"] = [{"cells": notebook.pop("cells")}]
    notebook["nbformat"] = 3


HONEST = [
    *(others_metadata, all_metadata_lost, blank_line_before_the_marker, marker_lost_too, written_below_the_stub),
    *(copied_cell, test_cells_deleted, own_helper_cell, helper_in_a_given_cell, exit_in_a_cell, written_on_stderr),
    *(magics, broken_cell_elsewhere, as_before_2015),
]
NAMES = ["[brackets]", "Ünïcode", "Ünïcode2", "a b %2F", "x" * 200, "00123", "NA", "-1+1"]


@pytest.fixture(scope="module")
def rows(course):
    for change in HONEST:
        notebook = solved(course)
        change(notebook, course)
        submit(course, change.__name__, notebook)
    for name in NAMES:
        submit(course, name, solved(course))
    names = (f"{LAB} (1).ipynb", f"Kopie von {LAB}.ipynb", f"{LAB}.ipynb.txt", f"{LAB}.ipynb.json", f"{LAB}.IPYNB")
    for k, name in enumerate(names):
        submit(course, f"named{k}", solved(course), name)
    bom = b"\xef\xbb\xbf" + json.dumps(solved(course)).encode()
    submit(course, "bom", bom)
    submit(course, "utf16", json.dumps(solved(course)).encode("utf-16"))
    folder = submit(course, "module", solved(course))
    (folder / "mine.py").write_text("def triple(a, b, c):\n    return a * b * c\n")
    notebook = solved(course)
    answer = "from mine import triple\ndef conv_parameters(kernel_height, kernel_width, channels, filters):\n"
    fill(
        notebook,
        {"conv_parameters": answer + "    return (triple(kernel_height, kernel_width, channels) + 1) * filters"},
    )
    (folder / f"{LAB}.ipynb").write_text(json.dumps(notebook))
    for litter in ("__MACOSX", "._x.ipynb", ".ipynb_checkpoints", ".DS_Store"):
        (course / "submitted" / "module" / LAB / litter).mkdir()
        (course / "submitted" / litter).mkdir()
    notebook = solved(course)
    place = notebook["cells"].index(cell(notebook, "written_valid"))
    cell(notebook, "written_valid")["source"] = cell(release(course), "written_valid")["source"]
    notebook["cells"].insert(
        place + 1, {"cell_type": "markdown", "metadata": {}, "source": "Since it *fits*. <b>x</b>"}
    )
    submit(course, "written-below", notebook)
    submit(course, "untouched", release(course))
    (course / "submitted" / "loose.ipynb").write_text("{}")
    (course / "submitted" / "wrong-folder" / "lab1").mkdir(parents=True)
    submit(course, "broken", "{not a notebook")
    found = redteam.graded(course)
    return found


@pytest.mark.parametrize("student", [change.__name__ for change in HONEST])
def test_honest_accident_costs_nothing(rows, student):
    assert rows[student]["code_score"] == 6, rows[student]["problem"]


@pytest.mark.parametrize(
    "student", [*NAMES, "named0", "named1", "named2", "named3", "named4", "bom", "utf16", "module"]
)
def test_any_name_and_encoding_is_graded(rows, student):
    assert rows[reading.shown(student, 128)]["code_score"] == 6


def test_what_is_unusual_is_said(rows):
    assert "was called" in rows["named0"]["problem"] and rows["[brackets]"]["problem"] == ""
    assert "recognised by its place" in rows["marker_lost_too"]["problem"] or rows["marker_lost_too"]["problem"] == ""


def test_untouched_release_scores_nothing_and_waits_for_nobody(rows):
    row = rows["untouched"]
    assert (row["state"], row["score"], row["by_hand"]) == ("graded", 0, False)


def test_written_answer_below_its_place_waits_for_a_hand(rows, course):
    assert rows["written-below"]["state"] == "waiting for a hand"
    shown = book.notebook_file(course, "written-below", LAB).read_text()
    assert "Since it *fits*. &lt;b&gt;x" in shown


def test_what_cannot_be_graded_has_one_row_that_says_why(rows):
    assert "is no notebook (broken file)" in rows["broken"]["problem"]
    assert "lies in no student's folder" in rows["loose.ipynb"]["problem"]
    assert "is no lab's folder" in rows["wrong-folder"]["problem"]
    assert "score" not in rows["broken"]
    assert not any("MACOSX" in student or "DS_Store" in student for student in rows)


def test_whatever_is_said_of_a_submission_is_a_sentence(rows):
    said = [row["problem"] for row in rows.values() if row["problem"]]
    assert len(said) > 5
    assert [text for text in said if text[-1] != "." or text[0].islower() and text.split()[0] not in redteam.KEPT] == []


def test_formgrader_finds_what_nbgrader_writes(rows, course):
    nb = nbformat.read(book.notebook_file(course, "untouched", LAB), as_version=4)
    nbformat.validate(nb)
    with book.opened(course) as gradebook:
        submission = gradebook.find_submission(LAB, "untouched")
        assert submission.max_score == 7 and submission.score == 0
        comment = gradebook.find_comment("max_pool", LAB, LAB, "untouched")
        assert comment.auto_comment == "No response."


def test_table_keeps_text_and_other_labs(rows, course):
    file = course / "grades.csv"
    table = file.read_text()
    assert "\n00123," in table and "\nNA," in table and "\n'-1+1," in table
    in_a_spreadsheet = "﻿" + table.replace(",", ";").replace("\n", "\r\n") + "00123;99_other;graded;7,5;;;;;\r\n"
    file.write_text(in_a_spreadsheet, encoding="utf-8")
    grading.save(course, list(rows.values()), [LAB])
    again = tables.read(file)
    assert [row["student"] for row in again].count("00123") == 2
    other = next(row for row in again if row["lab"] == "99_other")
    assert (other["student"], other["score"]) == ("00123", "7,5")


def test_second_call_runs_nothing(rows, course, monkeypatch):
    monkeypatch.setattr(work, "do", lambda job: pytest.fail("student's code runs again"))
    os.utime(course / "submitted" / "bom" / LAB / f"{LAB}.ipynb", (0, 0))
    assert redteam.graded(course) == rows


def test_pages_and_reports(rows, course):
    (zipped,) = feedback.feedback(course, [LAB])
    page = (course / "feedback" / "untouched" / LAB / f"{LAB}.html").read_text()
    assert zipped.exists() and "0 of 7 points" in page and "not attempted" in page
    assert str(judging.seed(SECRET, LAB, "max_pool")) not in page and "HIDDEN" not in page
    below = (course / "feedback" / "written-below" / LAB / f"{LAB}.html").read_text()
    assert "&lt;b&gt;x" in below and "<b>x" not in below and "<script" not in below
    text = report.report(course, [LAB]).read_text()
    assert "correlate_valid" in text and "untouched" in text
    for form in export.FORMS:
        assert export.export(course, course / f"{form}.csv", form)[0] >= len(HONEST)
    assert "untouched,01_convolution_basics,max_pool,0,2,False" in (course / "long.csv").read_text()


@pytest.fixture
def small(tmp_path):
    return write_course(tmp_path / "small")


def replace(course: Path, student: str, notebook: dict | str) -> None:
    raw = notebook if isinstance(notebook, str) else json.dumps(notebook)
    (course / "submitted" / student / LAB / f"{LAB}.ipynb").write_text(raw)


def test_resubmission_counts_whatever_its_date(small):
    submit(small, "ann", release(small))
    assert redteam.graded(small)["ann"]["score"] == 0
    replace(small, "ann", solved(small))
    os.utime(small / "submitted" / "ann" / LAB / f"{LAB}.ipynb", (0, 0))
    assert redteam.graded(small)["ann"]["score"] == 6


def test_a_fault_of_the_grader_is_said_once_and_stops_nobody_elses_grade(small, monkeypatch):
    submit(small, "ann", solved(small))
    submit(small, "bob", release(small))
    judged = judging.judged

    def fails(secret, lab, records):
        found = judged(secret, lab, records)
        if any(said["points"] for said in found.values()):
            raise KeyError("a fault")
        return found

    monkeypatch.setattr(judging, "judged", fails)
    rows = redteam.graded(small)
    assert rows["bob"]["state"] == "graded"
    assert rows["ann"]["problem"].startswith("Not graded: the grader itself has a fault here (KeyError: 'a fault', in ")
    monkeypatch.setattr(judging, "judged", judged)
    assert redteam.graded(small)["ann"]["score"] == 6  # tried again, though nothing new was handed in


def test_broken_resubmission_leaves_the_earlier_grade(small):
    submit(small, "ann", solved(small))
    redteam.graded(small)
    replace(small, "ann", "null")
    row = redteam.graded(small)["ann"]
    assert (row["score"], row["state"]) == (6, "not gradable")
    assert row["problem"].startswith("Not graded: ")
    assert row["problem"].endswith("it holds NoneType, not cells. The earlier grade stands.")


def test_a_persons_points_stay_and_wait_again_only_if_the_answer_changed(small):
    notebook = solved(small)
    cell(notebook, "written_valid")["source"] = "Because it fits."
    submit(small, "ann", notebook)
    assert redteam.graded(small)["ann"]["state"] == "waiting for a hand"
    with book.opened(small) as gradebook:
        grade = gradebook.find_grade("written_valid", LAB, LAB, "ann")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.find_grade("test_max_pool", LAB, LAB, "ann").manual_score = 0.5
        gradebook.db.commit()
    row = redteam.graded(small)["ann"]
    assert (row["score"], row["state"]) == (5.5, "graded")
    fill(notebook, {"output_size": "pass"})
    replace(small, "ann", notebook)
    row = redteam.graded(small)["ann"]
    assert (row["score"], row["state"]) == (4.5, "graded")
    cell(notebook, "written_valid")["source"] = "Because it is small."
    replace(small, "ann", notebook)
    assert redteam.graded(small)["ann"]["state"] == "waiting for a hand"
    fill(notebook, {"max_pool": "".join(cell(notebook, "max_pool")["source"]) + "\n# shorter now"})
    replace(
        small, "ann", notebook
    )  # nobody has read the new answer yet, but something a person gave points for changes
    assert redteam.graded(small)["ann"]["state"] == "waiting for a hand"
    (small / "submitted" / "ann" / LAB / "timestamp.txt").write_text("2026-05-01")
    assert redteam.graded(small)["ann"]["state"] == "waiting for a hand"
    by_hand(small, "ann", {"written_valid": (1, None), "test_max_pool": (None, 0.5)})
    assert redteam.graded(small)["ann"]["state"] == "graded"
    fill(notebook, {"max_pool": "def max_pool(:"})  # extra points are a person's, too
    replace(small, "ann", notebook)
    assert redteam.graded(small)["ann"]["state"] == "waiting for a hand"
    file = store.summary_file(small, "ann", LAB)
    store.write_json(file, store.read(file) | {"state": work.PARTLY, "why": "A cell was left out."})
    row = redteam.graded(small)["ann"]
    assert (row["state"], row["problem"]) == ("partly graded, waiting for a hand", "A cell was left out.")


def by_hand(course: Path, student: str, points: dict[str, tuple[float | None, float | None]]) -> None:
    """Enter a person's points and extra points, as Formgrader does."""
    with book.opened(course) as gradebook:
        for name, (score, extra) in points.items():
            grade = gradebook.find_grade(name, LAB, LAB, student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
        gradebook.db.commit()


def test_lab_whose_exercises_have_changed_is_left_out_and_the_others_go_on(small, capsys):
    other, run = "11_convolution_basics", ["--course", str(small)]
    path = source.path(other, ".py", small)
    path.parent.mkdir()

    def released(text: str) -> None:
        path.write_text(text)
        path.with_suffix(".ipynb").write_text(serialised(source.notebook(other, small)))
        generate(small, [other], small / "notebooks")

    released(source.path(LAB, ".py", small).read_text())
    submit(small, "ann", solved(small))
    (small / "submitted" / "ann" / other).mkdir()
    (small / "submitted" / "ann" / other / f"{other}.ipynb").write_text(json.dumps(solved(small)))
    assert commands.main([*run, "grade", "--workers", "1"]) == 0
    text = path.read_text()
    begin = text.index("# %%\n# EXERCISE output_size")
    released(text[:begin] + text[text.index("# %%", begin + 1) :])
    submit(small, "bob", solved(small))
    capsys.readouterr()
    assert commands.main([*run, "grade", "--workers", "1"]) == commands.PROBLEMS_LEFT
    ann, bob = (next(row for row in lines(capsys) if row.startswith(who)) for who in (f"ann, {other}", "bob"))
    assert bob == f"bob, {LAB}: graded, 6 of 7."
    assert "not gradable, 6 of 7. Not graded: 11_convolution_basics has other exercises or questions than when" in ann
    assert "put them into a new lab" in ann and ann.endswith("The earlier grade stands.")
    assert commands.main([*run, "regrade"]) == commands.PROBLEMS_LEFT
    assert lines(capsys)[-1].startswith("Not judged again: 11_convolution_basics has other exercises")
    with book.opened(small) as gradebook:
        gradebook.remove_assignment(other)  # as the sentence says
    assert commands.main([*run, "grade", "--workers", "1"]) == 0
    assert f"ann, {other}: graded, 5 of 6." in lines(capsys)


def lines(capsys) -> list[str]:
    """What was printed last."""
    lines.last = capsys.readouterr().out.splitlines() or lines.last
    return lines.last


def test_report_says_what_a_class_believes(small):
    """Known mistakes are counted, unknown ones grouped by what they return; the same code is found under new names."""
    mistaken = "def conv_parameters(kernel_height, kernel_width, channels, filters):\n"
    mistaken += "    return kernel_height * kernel_width * channels * filters"  # no bias: a known mistake
    strange = "def conv_parameters(kernel_height, kernel_width, channels, filters):\n    return {}"
    own = "".join(cell(solved(small), "max_pool")["source"])
    copied = own.replace("blocks", "parts").replace("rows", "lines")
    assert copied != own
    answers = {
        "ann": {"conv_parameters": mistaken, "max_pool": own},
        "bob": {"conv_parameters": mistaken, "max_pool": copied},
        "cid": {"conv_parameters": strange.format("4711")},
        "dan": {"conv_parameters": strange.format("4000 + 711")},
        "eve": {"conv_parameters": strange.format("1234")},
    }
    for student, given in answers.items():
        notebook = release(small)
        fill(notebook, given)
        submit(small, student, notebook)
    redteam.graded(small)
    found = report.sections(report._class(small, LAB))
    tables = {title: rows for title, (_, rows) in found.items()}
    (known,) = [row for row in tables["Usual mistakes"] if row[0] == "conv_parameters"]
    assert known[1] == 2 and known[3] == "ann, bob"
    unknown = [
        row for row in tables["Wrong answers that are no usual mistake, equal ones together"] if row[0] == known[0]
    ]
    assert [(row[1], row[3]) for row in unknown] == [(2, "cid, dan"), (1, "eve")]
    assert tables["The same code, names aside"] == [["max_pool", "ann, bob"]]  # untouched stubs do not count
    assert ["max_pool", "cid, dan, eve"] in tables["Not attempted"]
    row = next(row for row in tables["Exercises"] if row[0] == "max_pool")
    assert row[2:] == [2, 0, 0, 3]


def test_times_in_a_zip_file_are_those_of_this_machines_zone(small, monkeypatch):
    with zipfile.ZipFile(small / "download.zip", "w") as packed:
        packed.writestr(zipfile.ZipInfo("ann/1.ipynb", (2026, 5, 1, 8, 30, 0)), json.dumps(solved(small)))
    try:
        with monkeypatch.context() as here:
            here.setenv("TZ", "Asia/Tokyo")
            time.tzset()
            collect.collect(small, [small / "download.zip"])
    finally:
        time.tzset()
    assert late.handed_in(small / "submitted" / "ann" / LAB) == datetime.datetime(2026, 4, 30, 23, 30)


def test_members_of_a_team_hand_in_for_it_and_get_its_points(small):
    roster = "id,name,email,lms,team\nann,Ann A,,,reds\nbob,Bob B,,,reds\ncid,Cid C,,,\n"
    (small / "roster.csv").write_text(roster)
    with zipfile.ZipFile(small / "download.zip", "w") as packed:
        for day, (name, made) in enumerate({"Ann A": redteam.wrong, "Bob B": solved, "Cid C": redteam.wrong}.items()):
            about = zipfile.ZipInfo(f"{name}_{day}_assignsubmission_file_/1.ipynb", (2026, 5, 1 + day, 0, 0, 0))
            packed.writestr(about, json.dumps(made(small)))
    taken = [one.student for one in collect.collect(small, [small / "download.zip"]) if not one.problem]
    assert taken == ["reds", "cid"]
    assert {student: row["score"] for student, row in redteam.graded(small).items()} == {"reds": 6, "cid": 0}
    for form in ("wide", "canvas", "moodle"):
        export.export(small, small / f"{form}.csv", form)
        points = {"ann": "6", "bob": "6", "cid": "0"}
        found = [row for row in tables.read(small / f"{form}.csv") if set(row.values()) & set(points)]
        assert len(found) == 3
        for row in found:
            student = next(value for value in row.values() if value in points)
            assert row[next(head for head in row if head.startswith(LAB))] == points[student]
    feedback.feedback(small, [LAB])
    assert sorted(path.name for path in (small / "feedback").iterdir()) == ["ann", "bob", "cid"]
    (small / "roster.csv").write_text(roster.replace("reds", "cid"))
    with pytest.raises(PipelineError, match="'cid' is a team and a student"):
        export.export(small, small / "wide.csv", "wide")


def test_late_work_costs_a_part_of_its_points_for_each_day_begun(small, monkeypatch):
    with book.opened(small) as gradebook:
        gradebook.find_assignment(LAB).duedate = datetime.datetime(2026, 5, 1, 12)
        gradebook.db.commit()
    (small / "class.toml").write_text("late_per_day = 0.1\n")
    times = {
        "early": ("2026-05-01 11:59:00", 6),
        "a minute": ("2026-05-01 12:01", 5.4),
        "elsewhere": ("2026-05-02 14:00:00 +0200", 5.4),  # noon in UTC
        "two days": ("2026-05-02 12:00:01", 4.8),
        "for ever": ("2027-05-01", 0),
        "no date": ("yesterday", 6),
    }
    for student, (said, _) in times.items():
        (submit(small, student, solved(small)) / "timestamp.txt").write_text(said)
    rows = redteam.graded(small)
    assert {student: rows[student]["score"] for student in times} == {one: points for one, (_, points) in times.items()}
    monkeypatch.setattr(work, "do", lambda job: pytest.fail("student's code runs again"))
    (small / "submitted" / "for ever" / LAB / "timestamp.txt").write_text("2026-05-01")
    assert redteam.graded(small)["for ever"]["score"] == 6
    with book.opened(small) as gradebook:  # a person's points are late, too
        gradebook.find_grade("written_valid", LAB, LAB, "a minute").manual_score = 1
        gradebook.db.commit()
    assert redteam.graded(small)["a minute"]["score"] == pytest.approx(6.3)
    with book.opened(small) as gradebook:  # more time for everybody
        gradebook.find_assignment(LAB).duedate = datetime.datetime(2026, 5, 2)
        gradebook.db.commit()
    assert redteam.graded(small)["a minute"]["score"] == 7
    feedback.feedback(small, [LAB])
    assert "0.6 points were taken off" in (small / "feedback" / "two days" / LAB / f"{LAB}.html").read_text()


def test_mended_check_is_applied_to_the_records(small, monkeypatch):
    notebook = solved(small)
    fill(
        notebook,
        {"conv_parameters": "def conv_parameters(kernel_height, kernel_width, channels, filters):\n    return 0"},
    )
    submit(small, "ann", notebook)
    assert redteam.graded(small)["ann"]["score"] == 5
    check = judging.checks(LAB)["conv_parameters"]
    monkeypatch.setattr(check, "right", lambda *args: 0)
    judging.outcome.cache_clear()
    monkeypatch.setattr(work, "do", lambda job: pytest.fail("student's code runs again"))
    settings = grading.Settings(small, 1)
    (change,), stale = regrade.regrade([LAB], "conv_parameters", settings, dry=True)
    assert (change["student"], change["before"], change["after"], stale) == ("ann", 0, 1, [])
    assert len(regrade.regrade([LAB], None, settings)[0]) == 1
    assert regrade.regrade([LAB], None, settings) == ([], [])
    with book.opened(small) as gradebook:
        assert gradebook.find_submission(LAB, "ann").score == 6
    judging.outcome.cache_clear()


def test_secret_is_made_once_and_for_this_user_alone(tmp_path):
    first = judging.secret(tmp_path)
    assert len(first) == 32 and judging.secret(tmp_path) == first
    assert (tmp_path / judging.SECRET).stat().st_mode & 0o77 == 0
    assert len({judging.seed(secret, LAB, "max_pool") for secret in (first, SECRET)}) == 2
    (tmp_path / judging.SECRET).write_text("")  # as a stopped machine may leave it
    assert len(judging.secret(tmp_path)) == 32


def test_records_depend_on_all_code_that_runs_beside_a_student():
    seen = [path for one in sandbox.view() if one.startswith(str(ROOT)) for path in Path(one).rglob("*.py")]
    seen += [Path(one) for one in sandbox.view() if one.startswith(str(ROOT)) and one.endswith(".py")]
    assert {path for path in seen if path.is_relative_to(ROOT / "helpers") or path.is_relative_to(ROOT / "checks")} <= {
        *judging.files_that_run()
    }
    imported = {
        name.name
        for path in judging.files_that_run()
        if path.parent == ROOT / "grader"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "grader"
        for name in node.names
    }
    assert {"inside", "sandbox", "rebuild"} <= imported and imported - {"judging"} <= {*judging.RUNS}


def everything(course: Path) -> tuple:
    """All that a grade is: marks, records, the notebooks that Formgrader shows."""
    with book.opened(course) as gradebook:
        marks = sorted(map(str, book.marks(gradebook)))
    kept = {}
    for file in sorted(course.glob("graded/*/*.records.json")):
        found = store.read(file)
        found.pop("seconds")
        kept[file.parent.name] = found
    shown = {
        f.parts[-3]: [(c.source, c.get("outputs")) for c in nbformat.read(f, as_version=4).cells]
        for f in course.glob("autograded/*/*/*.ipynb")
    }
    return marks, kept, shown


def fill_class(course: Path, students: int) -> None:
    """A class of some who are right, some who are wrong, and some who have to be stopped."""
    for k in range(students):
        if k % 3 == 2:
            redteam.hand_in_code(course, f"student{k:02}", "sleeping")
        else:
            submit(course, f"student{k:02}", redteam.wrong(course) if k % 3 else solved(course))


def undisturbed(course: Path, students: int) -> tuple:
    """What such a class gets from one worker that nobody disturbs."""
    fill_class(write_course(course), students)
    redteam.graded(course)
    return everything(course)


@pytest.mark.grading
def test_two_workers_and_a_busy_machine_change_nothing(small, tmp_path):
    fill_class(small, 6)
    redteam.hand_in_code(small, "looping", "loop_in_each_function")
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        subprocess.run(["nice", "-n", "5", sys.executable, "-c", GRADE, str(small), "2"], cwd=ROOT, check=True)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    reference = write_course(tmp_path / "reference")
    fill_class(reference, 6)
    redteam.hand_in_code(reference, "looping", "loop_in_each_function")
    redteam.graded(reference)
    assert everything(small) == everything(reference)


class Stop(BaseException):
    """The power fails."""


def test_stopped_before_each_write_nothing_is_lost_or_half(tmp_path, monkeypatch):
    """A class is stopped before its first write, another one before its second, and so on; then it is graded again."""
    left, write = math.inf, store.write

    def one_less(*_):
        nonlocal left
        left -= 1
        if left < 0:
            raise Stop

    reference = undisturbed(tmp_path / "reference", 1)
    monkeypatch.setattr(store, "write", lambda file, content: one_less() or write(file, content))
    event.listen(Session, "before_commit", one_less)
    try:
        for stops in itertools.count():
            course = write_course(tmp_path / str(stops))
            fill_class(course, 1)
            left = stops
            try:
                redteam.graded(course)
                break
            except Stop:
                left = math.inf
            assert_whole(course)
            redteam.graded(course)
            assert everything(course) == reference
    finally:
        event.remove(Session, "before_commit", one_less)
    assert stops >= 4  # records, marks, notebook, note


def assert_whole(course: Path) -> set[str]:
    """Of each submission all marks are there or none, and all of whoever is noted as done; returns these students."""
    with book.opened(course) as gradebook:
        cells = collections.Counter(mark.student for mark in book.marks(gradebook))
    noted = {file.parent.name for file in course.glob(f"graded/*/{LAB}.json")}
    assert noted <= set(cells) and set(cells.values()) <= {5}
    return noted


@pytest.mark.grading
def test_killed_at_twenty_random_moments_nothing_is_lost_or_half(small, tmp_path):
    kills, chance = 20, random.Random(0)
    students = kills + 4
    fill_class(small, students)
    for counted in range(1, kills + 1):  # so many submissions are noted, and a moment later
        process = subprocess.Popen([sys.executable, "-c", GRADE, str(small), "1"], cwd=ROOT)
        while process.poll() is None and len(list(small.glob(f"graded/*/{LAB}.json"))) < counted:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(assert_whole(small)) < students, "it was killed too late"
    redteam.graded(small)
    assert everything(small) == undisturbed(tmp_path / "reference", students)


def test_usage_and_mistakes_of_the_user_are_sentences(small, capsys):
    run = ["--course", str(small)]
    assert commands.main([*run, "grade", "--dry-run"]) == 0
    assert commands.main([*run, "grade"]) == 0
    assert "Nothing to grade" in capsys.readouterr().out
    assert commands.main([*run, "grade", "lab1"]) == 1
    assert "There is no lab 'lab1'" in capsys.readouterr().err
    for command in (["report"], ["feedback"], ["collect", "nowhere.zip"], ["regrade", LAB, "nothing"]):
        assert commands.main([*run, *command]) == 1
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    submit(small, "ann", solved(small))
    assert commands.main([*run, "grade", "--workers", "1"]) == 0
    before = {path: path.read_bytes() for path in small.rglob("*") if path.is_file()}
    regrade_one = ["regrade", LAB, "max_pool"]
    others = (["release"], ["grade"], ["collect", str(small)], ["report"], ["feedback"], ["export", "x.csv"])
    for command in (*others, regrade_one):
        assert commands.main([*run, *command, "--dry-run"]) in (0, commands.PROBLEMS_LEFT)
    assert {path: path.read_bytes() for path in small.rglob("*") if path.is_file()} == before
    capsys.readouterr()
    assert commands.main([*run, "grade", "--dry-run"]) == 0
    assert capsys.readouterr().out == "Nothing is new in submitted/<student>/<lab>/.\n"
    with pytest.raises(SystemExit) as usage:
        commands.main(["grade", "--nonsense"])
    assert usage.value.code == 2


def test_dry_run_of_a_new_course_makes_nothing(small, capsys):
    for made in ("gradebook.db", judging.SECRET):
        (small / made).unlink()
    shutil.rmtree(small / "graded")
    submit(small, "ann", solved(small))
    before = sorted(small.rglob("*"))
    for command in (["export", str(small / "x.csv")], ["feedback"], ["report"], ["regrade"], ["grade"]):
        assert commands.main(["--course", str(small), *command, "--dry-run"]) in (0, 1)
    assert sorted(small.rglob("*")) == before
    assert capsys.readouterr().out.endswith(f"ann, {LAB}: would be graded.\n")


def test_broken_gradebook_check_or_course_is_one_sentence(small, capsys, monkeypatch):
    def fails(arguments: list[str], *says: str) -> None:
        assert commands.main(arguments) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert all(one in line for one in says), line

    run = ["--course", str(small)]
    for place in (small / "nowhere", small / judging.SECRET):
        fails(["--course", str(place), "grade"], f"There is no course in {place}: --course names a folder")
    assert not (small / "nowhere").exists()
    submit(small, "ann", solved(small))
    (small / "gradebook.db").write_bytes(b"no database" * 1000)
    for command in (["grade"], ["export", str(small / "x.csv")]):
        fails([*run, *command], "gradebook.db cannot be used (file is not a database): put a copy of it back.")
    error = SyntaxError("invalid syntax", ("checks/doubling.py", 3, 1, "def double(:"))
    monkeypatch.setattr(commands, "regrade", lambda options: (_ for _ in ()).throw(error))
    fails([*run, "regrade"], "checks/doubling.py is no Python: invalid syntax in line 3")
    (small / "folder").mkdir()
    monkeypatch.setattr(commands, "report", lambda options: store.write(small / "folder", ""))
    fails([*run, "report"], f"{small / 'folder'}: Is a directory.")


def test_regrade_lists_the_points_that_change_and_counts_the_sentences(small, capsys, monkeypatch):
    about = {"student": "ann", "lab": LAB, "says": "No."}
    rows = [about | {"exercise": f"e{k}", "before": 1, "after": int(k > 0)} for k in range(3)]
    monkeypatch.setattr(regrade, "regrade", lambda *_: (rows, []))
    assert commands.main(["--course", str(small), "regrade"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"ann, {LAB}, e0: 1 -> 0. No."
    assert last == "Points that have changed: 1; sentences alone that have changed: 2."


def test_release_of_another_course_is_that_courses(small, capsys):
    path = source.path(LAB, ".py", small)
    path.write_text(path.read_text().replace("# # 01", "# # In this course: 01", 1))
    assert commands.main(["--course", str(small), "release"]) == 0
    assert "In this course: 01" in (small / "notebooks" / LAB / f"{LAB}.ipynb").read_text()
    assert "Labs released: 1." in capsys.readouterr().out
    (small / "grader").mkdir()
    assert commands.main(["--course", str(small), "release"]) == 1
    assert "has a grader of its own: give this command there" in capsys.readouterr().err


def test_no_judge_and_no_right_answer_is_in_the_process_beside_the_student():
    code = "import sys\nraise RuntimeError(*[name for name in sys.modules if name.startswith(('checks', 'grader'))])"
    steps = [{"run": code, "exercise": "x"}, {"probe": "x"}]
    probe = {"module": "checks.probes.functions", "function": "call", "cases": ""}
    job = {"steps": steps, "modules": {}, "checks": "convolution_basics", "probes": {"x": probe}}
    text = work.probing_process(False).probe(job, probing.Limits()).records["x"]
    ours = set(re.findall(r"'([\w.]+)'", text))
    assert {"checks.core", "checks.probes.functions", "checks.convolution_basics"} <= ours  # the last is a stand-in
    assert ours <= {
        *("checks", "checks.core", "checks.plain", "checks.raised", "checks.probes", "checks.probes.functions"),
        *("checks.probes.networks", "checks.probes.running", "checks.convolution_basics", "grader", "grader.sandbox"),
    }


@pytest.fixture
def without_tensorflow(tmp_path, monkeypatch):
    """What runs beside a student is the same, but for the import, which takes longest."""
    program = tmp_path / "grader" / "inside.py"
    program.parent.mkdir()
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom grader import inside\nfrom helpers import profile\n"
        "inside.import_everything = profile.seed_everything = lambda *seed: None\ninside.main()\n"
    )
    monkeypatch.setattr(probing, "ROOT", tmp_path)


@pytest.mark.parametrize("ended", ["the copy", "both"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.usefixtures("without_tensorflow")
def test_the_end_of_the_process_that_imports_tensorflow_is_no_students_fault(times, ended, monkeypatch):
    """It is killed while a student's cell runs: the job is done again; if it happens twice, nobody gets a verdict."""
    process, ask, kills = probing.Probing(), probing.Child.ask, [None] * times

    def killing(child, message, seconds):
        if "run" in message and kills:
            kills.pop()
            first, copy, *_ = probing.descendants(process.own.process.pid)
            for pid in (copy, first)[: 1 + (ended == "both")]:
                handle = os.pidfd_open(pid)
                os.kill(pid, signal.SIGKILL)
                select.select([handle], [], [])
                os.close(handle)
        return ask(child, message, seconds)

    monkeypatch.setattr(probing.Child, "ask", killing)
    job = {"modules": {}, "checks": "convolution_basics", "probes": {}, "steps": [{"run": "1"}]}
    try:
        if times == 1:
            assert process.probe(job, probing.Limits()).cut == [] and not kills
        else:
            with pytest.raises(probing.NoSandbox, match="the process that imports TensorFlow ended"):
                process.probe(job, probing.Limits())
    finally:
        process.close()


def end_or_take_a_second(job):
    if job == "ends":
        os._exit(1)
    time.sleep(1)
    return {"state": work.GRADED}


@pytest.mark.grading
@pytest.mark.usefixtures("without_tensorflow")
def test_who_ends_a_worker_each_time_takes_nobody_with_it(monkeypatch):
    monkeypatch.setattr(work, "do", end_or_take_a_second)
    found = jobs.results(["a", "ends", "b", "c"], lambda key: key, 2, False, "", print)
    assert {key: result["state"] for key, result in found} == {
        "ends": work.NOT_GRADABLE,
        **dict.fromkeys("abc", work.GRADED),
    }


def grade_endlessly(orders, started):
    steps = [{"run": "import time"}, {"run": "while True: pass"}]
    process = probing.Probing(orders=orders)
    started.set()
    process.probe({"modules": {}, "checks": "convolution_basics", "probes": {}, "steps": steps}, probing.Limits())


@pytest.mark.usefixtures("without_tensorflow")
def test_what_a_killed_worker_has_begun_ends_with_it(tmp_path):
    """Workers share a process that has imported TensorFlow; a student's endless loop must not outlive its worker."""
    imported, spawn = probing.Imported(str(tmp_path), sandbox.kind()), get_context("spawn")
    try:
        started = spawn.Event()
        worker = spawn.Process(target=grade_endlessly, args=(imported.orders, started))
        worker.start()
        assert started.wait(60)
        until(lambda: probing.look(imported.process.pid).cpu > 1)  # the loop runs
        begun = probing.descendants(imported.process.pid)[1:]
        worker.kill()
        until(lambda: not any(map(runs, begun)))
    finally:
        imported.close()


def runs(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def until(true: Callable[[], bool]):
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("half a minute was not enough")


@pytest.mark.grading
@pytest.mark.parametrize("kind", ["unsafe", "bubblewrap"])
def test_other_ways_to_isolate_give_the_same_points(kind, small):
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: make test-grading does it")
    lab = rebuild.load(LAB, small)
    notebook = solved(small)
    spy = "import os\nraise RuntimeError(os.path.exists('/etc/passwd'), os.path.exists({!r}), len(os.listdir('/proc')))"
    fill(notebook, {"output_size": spy.format(str(ROOT / "solutions"))})
    raw = {f"{LAB}.ipynb": json.dumps(notebook).encode()}
    steps = rebuild.steps(lab, rebuild.rebuild(lab, reading.submission(raw, LAB)))
    job = {"steps": steps, "modules": {}, "checks": "convolution_basics", "probes": judging.probes(SECRET, lab)}
    process = probing.Probing(kind)
    found = judging.judged(SECRET, lab, process.probe(job, redteam.LIMITS).records)
    process.close()
    assert {name: said["points"] for name, said in found.items() if name != "output_size"} == {
        name: exercise.points for name, exercise in lab.exercises.items() if name != "output_size"
    }
    seen = found["output_size"]["reason"]
    assert "(True, True" in seen if kind == "unsafe" else "(False, False" in seen


def test_waiting_for_a_core_is_not_a_students_time():
    seen = probing.look(os.getpid())
    assert seen.processes >= 1 and seen.memory > 0 and seen.cpu > 0


@pytest.mark.parametrize("lab", source.labs())
def test_every_exercise_of_every_lab_is_graded_by_its_check(lab):
    found = rebuild.load(lab)
    assert {one.name: one.points for one in source.exercises(source.notebook(lab))} == {
        name: one.points for name, one in found.exercises.items()
    }
    assert set(found.exercises) == set(judging.checks(lab))
    assert all(name.startswith("written_") for name in found.by_hand)


def test_cases_of_the_callback_lab_do_not_tell_where_to_stop():
    """Code that walks up the stack finds the logs of all epochs, but no epoch that is named or always the right one."""
    check = judging.checks("07_mnist_callback")["StopAtAccuracy"]
    drawn = [check.drawn(seed) for seed in range(30)]
    assert {key for case in drawn[0] for key in case} == {"threshold", "stream", "below"}
    for k in range(len(drawn[0])):
        right = [mnist_callback.right_epoch(cases[k]) for cases in drawn]
        assert len(set(right)) >= 4
        assert len({r - len(cases[k]["below"]) for r, cases in zip(right, drawn, strict=True)}) >= 4
        assert len({len(cases[k]["stream"]) for cases in drawn}) >= 4


def test_lab_is_told_from_content():
    lab = rebuild.load(LAB)
    other = rebuild.load("06_rnn_subtraction")
    cells = reading.cells(rebuild.lab_file("06_rnn_subtraction").read_bytes())
    assert rebuild.lab_of(cells, [lab, other]) is other
    assert rebuild.lab_of([reading.Cell("code", "x = 1")], [lab, other]) is None
