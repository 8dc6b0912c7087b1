"""Notebooks changed at random: reading and rebuilding end with cells or a sentence; nobody smuggles in a probe."""

import copy
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader import collect, reading, rebuild, report
from grader.rebuild import load
from tests.redteam import HERE, LAB

ROOT = Path(rebuild.ROOT)
NOTEBOOK = json.loads(rebuild.lab_file(LAB).read_text(encoding="utf-8"))
BYTES = json.dumps(NOTEBOOK).encode()
HOSTILE = sorted((HERE / "code").glob("*.py"))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
keys = st.sampled_from(["source", "cell_type", "metadata", "id", "outputs", "nbgrader", "grade_id", "cells", "tags"])
changes = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "move", "set", "hostile"]), st.integers(0, 200), keys, anything),
    max_size=6,
)


def changed(notebook: dict, list_of_changes: list) -> dict:
    """The notebook after some changes, each as far as it is possible."""
    notebook = copy.deepcopy(notebook)
    for kind, place, key, value in list_of_changes:
        cells = notebook["cells"]
        if not isinstance(cells, list) or not cells:
            break
        k = place % len(cells)
        if kind == "drop":
            del cells[k]
        elif kind == "double":
            cells.insert(place * 7 % len(cells), copy.deepcopy(cells[k]))
        elif kind == "move":
            cells.append(cells.pop(k))
        elif kind == "hostile" and isinstance(cells[k], dict):
            cells[k]["source"] = HOSTILE[place % len(HOSTILE)].read_text(encoding="utf-8")
        elif key == "cells":
            notebook["cells"] = value
        elif isinstance(cells[k], dict):
            inner = cells[k].get("metadata", {}) if key in ("nbgrader", "tags") else cells[k]
            inner = inner.get("nbgrader", {}) if key == "grade_id" and isinstance(inner, dict) else inner
            if isinstance(inner, dict):
                inner[key] = value
    return notebook


def rebuilt(raw: bytes) -> rebuild.Rebuilt | None:
    """What comes of these bytes; None with a sentence."""
    try:
        return rebuild.rebuild(load(LAB), reading.submission({"x.ipynb": raw, "own.py": b"x = 1"}, LAB))
    except reading.Unreadable as problem:
        assert len(str(problem)) > 10 and "\n" not in str(problem)
        return None


def with_one_lab(course: Path) -> Path:
    """A course of one lab."""
    for room in ("solutions", "notebooks"):
        (course / room).mkdir()
        (course / room / LAB).symlink_to(ROOT / room / LAB)
    return course


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | anything.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_read_or_refused(raw):
    rebuilt(raw)


@given(st.integers(0, len(BYTES)), st.integers(0, 300), st.binary(max_size=20))
def test_cut_and_patched_notebooks_are_read_or_refused(start, length, patch):
    rebuilt(BYTES[:start] + patch + BYTES[start + length :])


@given(changes)
@example([("set", 0, "cells", [[], {}, None])])
def test_only_sources_of_the_students_cells_get_in(list_of_changes):
    notebook = changed(NOTEBOOK, list_of_changes)
    lab = load(LAB)
    found = rebuilt(json.dumps(notebook).encode())
    if found is None:
        return
    written = {cell.source for cell in reading.cells(json.dumps(notebook).encode())}
    for whole in (False, True):
        steps = rebuild.steps(lab, found, whole)
        assert [step["probe"] for step in steps if "probe" in step] == list(lab.exercises)
        for step in steps:
            assert set(step) <= {"run", "probe", "exercise"}
            assert "probe" in step or "exercise" not in step or step["run"] in written
    assert set(found.written) == set(lab.by_hand)


@given(st.text(max_size=300))
@example("x" + "[0]" * 3000)
@example("(" * 40_000)
def test_any_source_has_a_shape(source):
    rebuild._needs(source)
    report.shape_of(source)


# zipfile itself ends a name at NUL, and cannot write an empty one.
NAMES = st.text(min_size=1, max_size=40).filter(lambda name: name.replace("\ud800", "").partition("\0")[0])


@given(st.lists(st.tuples(NAMES, st.binary(max_size=50) | st.none()), max_size=4))
@example([("../../../etc/passwd.ipynb", None), ("/absolute/x.ipynb", None), ("C:\\x\\y.ipynb", None)])
def test_no_name_in_a_zip_file_leaves_the_folder(tmp_path_factory, entries):
    """None stands for a lab's notebook."""
    course = with_one_lab(tmp_path_factory.mktemp("course"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, raw in dict(entries).items():
            archive.writestr(name.replace("\ud800", ""), BYTES if raw is None else raw)
    (course / "download.zip").write_bytes(packed.getvalue())
    before = set(course.parent.iterdir())
    for one in collect.collect(course, [course / "download.zip"]):
        assert one.problem or (course / "submitted" / one.student / one.lab / f"{one.lab}.ipynb").exists()
    assert set(course.parent.iterdir()) == before
    assert {path.name for path in course.iterdir()} <= {"solutions", "notebooks", "download.zip", "submitted", "graded"}


LISTS = {
    "moodle": ("Ann Smith_12345_assignsubmission_file_/01.ipynb", "ann"),
    "moodle in a folder": ("Lab 1/Ann Smith_12345_assignsubmission_file_/Kopie von 01.ipynb", "ann"),
    "canvas": ("smithann_LATE_777_4242_my-lab-1.ipynb", "ann"),
    "canvas, by the name": ("annsmith_999_4242_my-lab.ipynb", "ann"),
    "loose": ("ann_lab1.ipynb", "ann"),
    "unknown moodle": ("Bob X_99_assignsubmission_file_/01.ipynb", "Bob X 99"),
    "a folder": ("carl/01.ipynb", "carl"),
    "nobody": ("lab1.ipynb", ""),
    "umlauts": ("Müller, Jörg_5_assignsubmission_file_/01.ipynb", "joerg"),
}


@pytest.mark.parametrize(("name", "student"), LISTS.values(), ids=LISTS)
def test_platforms_names_are_understood(tmp_path, name, student):
    with_one_lab(tmp_path)
    roster = "id;name;email;lms\nann;Ann Smith;ann@example.org;777\njoerg;Müller, Jörg;j@example.org;\n"
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8-sig")
    with zipfile.ZipFile(tmp_path / "download.zip", "w") as archive:
        archive.writestr(name, BYTES)
        archive.writestr("__MACOSX/._01.ipynb", b"x")
    (one,) = collect.collect(tmp_path, [tmp_path / "download.zip"])
    assert (one.student, one.lab) == (student, LAB)
    assert bool(one.problem) == (not student)
    assert (tmp_path / "submitted" / (student or "x") / LAB / f"{LAB}.ipynb").exists() == bool(student)


def test_report_groups_answers_that_are_too_deep_to_walk_through():
    """A forged record of 900 lists in each other can be read, and was not to end the report on the whole class."""
    assert report._results('[{"answer": ' + "[" * 900 + "]" * 900 + "}]")
