"""A new release is merged into worked notebooks: no answer is lost, and what needs a look is said."""

import subprocess

import nbformat
import pytest
from nbformat import v4

from grader.release import generate, sync
from helpers.backstage import update
from helpers.messages import CourseError
from tests import mini_course
from tests.mini_course import LAB, TEXT

ANSWER = '# EXERCISE triple (2)\ndef triple(x):\n    """Return x three times."""\n    return 3 * x\n'
LATER = (
    TEXT.replace("# # Tiny", "# # Tiny, second edition")
    .replace("Return x three times.", "Return x three times, rounded down.")
    .replace("start = 1", "start = 2")
    .replace("FACTOR = 3", "FACTOR = 3  # why?")
    .replace("# %% [markdown]\n# Why?", "# %%\n# EXERCISE twice (1)\ndef twice(x):\n    ### BEGIN SOLUTION\n"
             "    return 2 * x\n    ### END SOLUTION\n\n# %% [markdown]\n# Why?")
)  # fmt: skip


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """The student's notebook in two releases, as text."""
    found = []
    for text in (TEXT, LATER):
        root = tmp_path_factory.mktemp("edition")
        mini_course.write(root, text)
        sync(LAB, root)
        generate(root, [LAB], root / "notebooks")
        found.append((root / "notebooks" / LAB / f"{LAB}.ipynb").read_text(encoding="utf-8"))
    return found


def read(content: str):
    return nbformat.reads(content, as_version=4)


def cell(nb, text: str):
    return next(cell for cell in nb.cells if text in cell.source)


def sources(nb) -> str:
    return "\n\n".join(cell.source for cell in nb.cells)


def test_a_notebook_nobody_touched_becomes_the_new_release(editions):
    old, new = map(read, editions)
    assert update.merge(old, new) == []
    assert nbformat.writes(new) == nbformat.writes(read(editions[1]))


def test_the_profile_that_a_student_chose_goes_into_the_new_first_cell():
    old, new = (v4.new_notebook(cells=[v4.new_code_cell(f'{code}\n\nsession.begin("tiny")')]) for code in ("1", "2"))
    for nb in (old, new):
        nb.cells[0].id = update.fingerprint(nb.cells[0])
    assert update.merge(nbformat.from_dict(old), same := nbformat.from_dict(new)) == []
    assert sources(same) == '2\n\nsession.begin("tiny")'
    old.cells[0].source = old.cells[0].source.replace('"tiny"', '"tiny", run_profile="quick"')
    assert update.merge(old, new) == []
    assert sources(new) == '2\n\nsession.begin("tiny", run_profile="quick")'


def test_answers_changed_cells_and_own_cells_stay_and_conflicts_are_said(editions):
    old, new = map(read, editions)
    cell(old, "# EXERCISE triple").source = ANSWER
    cell(old, "YOUR ANSWER HERE").source = "Since I say so."
    cell(old, "return triple(1)").source = "def use():\n    return triple(5)"  # the release leaves this one alone
    cell(old, "start = 1").source = "start = 7\nsix = triple(2)"  # and changes this one
    old.cells.insert(5, v4.new_code_cell("my_own = 1"))
    cell(old, "print(use(), six)").outputs = [v4.new_output("stream", text="15 6\n")]
    [said] = update.merge(old, new)
    assert said == "triple: the new release asks otherwise; your answer stays, please look."
    text = sources(new)
    assert ANSWER in text and "Since I say so." in text and "triple(5)" in text and "my_own = 1" in text
    assert "start = 7" in text and "start = 2" in text and "start = 1" not in text
    assert "Tiny, second edition" in text and "# EXERCISE twice (1)" in text and "FACTOR = 3  # why?" in text
    assert text.index("rounded down") < text.index(ANSWER) < text.index("assert triple(2) == 6")
    assert cell(new, "print(use(), six)").outputs and len({cell.id for cell in new.cells}) == len(new.cells)
    assert cell(new, ANSWER).metadata["nbgrader"]["grade_id"] == "triple"
    nbformat.validate(new)


def test_exercise_that_is_gone_keeps_its_answer(editions):
    new, old = map(read, editions)
    cell(old, "# EXERCISE twice").source = "# EXERCISE twice (1)\ntwice = lambda x: x + x"
    assert update.merge(old, new) == ["The new release has no twice any more; your cell stands where it was."]
    assert "twice = lambda x: x + x" in sources(new) and "nbgrader" not in cell(new, "# EXERCISE twice").metadata


def test_answer_of_an_editor_that_drops_ids_and_metadata(editions):
    old, new = map(read, editions)
    cell(old, "# EXERCISE triple").source = ANSWER
    for one in old.cells:
        one.metadata.pop("nbgrader", None)
        del one["id"]
    update.merge(old, new)
    assert ANSWER in sources(new) and sources(new).count("import math") == 2  # is the old one one's own?


@pytest.fixture
def course(tmp_path, monkeypatch, editions):
    """A clone of a course whose second release is out, with an answer in it."""

    def git(folder, *command):
        name = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *name, *command], cwd=folder, check=True, capture_output=True)

    def publish(content):
        target = tmp_path / "published" / "notebooks" / LAB / f"{LAB}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        git(tmp_path / "published", "add", ".")
        git(tmp_path / "published", "commit", "--quiet", "-m", "a release")

    (tmp_path / "published").mkdir()
    git(tmp_path / "published", "init", "--quiet")
    publish(editions[0])
    git(tmp_path, "clone", "--quiet", "published", "mine")
    publish(editions[1])
    monkeypatch.setattr(update, "COURSE", tmp_path / "mine")
    monkeypatch.setattr(update, "NOTEBOOKS", tmp_path / "mine" / "notebooks")
    notebook = tmp_path / "mine" / "notebooks" / LAB / f"{LAB}.ipynb"
    worked = read(editions[0])
    cell(worked, "# EXERCISE triple").source = ANSWER
    nbformat.write(worked, notebook)
    return notebook


def test_git_brings_the_release_and_the_old_notebooks_are_kept(course, capsys):
    update.update()
    assert ANSWER in sources(nbformat.read(course, as_version=4)) and "second edition" in course.read_text()
    [kept] = update.COURSE.glob("notebooks_before_*")
    assert "second edition" not in (kept / LAB / f"{LAB}.ipynb").read_text()
    assert f"{LAB}: up to date\n  triple: the new release" in capsys.readouterr().out


def test_a_broken_notebook_stops_nobody(course, capsys):
    course.write_text("half a note")
    update.update()
    assert "second edition" in course.read_text()
    assert f"{LAB}: your notebook is broken: nothing was taken from it." in capsys.readouterr().out


def test_git_that_fails_leaves_everything_as_it_was(course, tmp_path):
    before = course.read_text()
    (tmp_path / "published").rename(tmp_path / "elsewhere")
    with pytest.raises(CourseError, match="git did not get a new release: .* Unpack the new course"):
        update.update()
    assert course.read_text() == before


def test_an_older_folder_is_taken_over(course, tmp_path, monkeypatch, editions):
    new = tmp_path / "new" / "notebooks" / LAB / f"{LAB}.ipynb"
    new.parent.mkdir(parents=True)
    new.write_text(editions[1])
    monkeypatch.setattr(update, "COURSE", tmp_path / "new")
    monkeypatch.setattr(update, "NOTEBOOKS", tmp_path / "new" / "notebooks")
    update.update(str(tmp_path / "mine"))
    assert ANSWER in sources(nbformat.read(new, as_version=4))
    with pytest.raises(CourseError, match="There are no notebooks in"):
        update.update(str(tmp_path / "nowhere"))
