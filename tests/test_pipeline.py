"""From source to twin to release: twins in step, release fresh and without answers, faults named."""

import os
import re
import subprocess
import sys

import nbclient
import nbformat
import pytest

from grader import address, outputs, source
from grader.lint import problems
from grader.preprocessors import repository
from grader.release import PipelineError, generate, serialised, sync
from grader.source import ROOT
from tests import mini_course
from tests.mini_course import LAB, TEXT

REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.DOTALL)


def answers(lab: str, root=ROOT) -> list[str]:
    """What a release must not contain: solutions, hidden tests with their seeds, exemplar answers."""
    cells = source.notebook(lab, root).cells
    given = " ".join(REGION.sub("", cell.source) for cell in cells)
    found = ["BEGIN SOLUTION", "BEGIN HIDDEN TESTS"]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
            found += [line for line in cell.source.splitlines() if len(line) > 10]
        lines = [line.strip() for _, region in REGION.findall(cell.source) for line in region.splitlines()]
        found += [line for line in lines if len(line) > 10 and line not in given]
        found += [seed for line in lines for seed in re.findall(r"seed=\d+", line)]
    return found


def released(root) -> nbformat.NotebookNode:
    return nbformat.read(root / "notebooks" / LAB / f"{LAB}.ipynb", as_version=4)


@pytest.fixture
def course(tmp_path):
    """The tiny course, its twin made."""
    mini_course.write(tmp_path)
    sync(LAB, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """All real labs, released anew."""
    folder = tmp_path_factory.mktemp("fresh")
    generate(ROOT, source.labs(), folder)
    return folder


# The real labs


@pytest.mark.parametrize("lab", source.labs())
def test_twins_are_in_step(lab):
    twin = nbformat.read(source.path(lab, ".ipynb"), as_version=4)
    written = source.notebook(lab)
    assert source.inputs(twin) == source.inputs(written), f"'make release' brings solutions/{lab} in step"
    assert [cell.id for cell in twin.cells] == [cell.id for cell in written.cells]
    assert source.inputs(source.read(source.text(twin))) == source.inputs(twin)  # nothing is lost on the way back


@pytest.mark.parametrize("lab", source.labs())
def test_release_is_fresh(lab, fresh):
    made = sorted(path.relative_to(fresh) for path in (fresh / lab).rglob("*") if path.is_file())
    for path in made:
        assert (ROOT / "notebooks" / path).read_bytes() == (fresh / path).read_bytes(), "run 'make release'"
    assert made == [path.relative_to(fresh) for path in (fresh / lab / f"{lab}.ipynb",)]


@pytest.mark.parametrize("lab", source.labs())
def test_what_follows_from_a_marker_is_written_nowhere(lab):
    written = source.path(lab, ".py").read_text(encoding="utf-8")
    assert source.text(source.read(written)) == written, "'make release' writes it"
    assert "nbgrader=" not in written and "HIDDEN TESTS" not in written


def test_every_release_has_a_source():
    assert sorted(path.parent.name for path in ROOT.glob("notebooks/*/*.ipynb")) == source.labs()


@pytest.mark.parametrize("lab", source.labs())
def test_release_holds_no_answers(lab):
    text = (ROOT / "notebooks" / lab / f"{lab}.ipynb").read_text(encoding="utf-8")
    sources = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    assert [answer for answer in answers(lab) if answer in sources or answer in text] == []
    assert '"outputs": []' in text
    assert not re.search(r'"outputs": \[\n', text)


@pytest.mark.parametrize("lab", source.labs())
def test_real_lab_has_no_problems(lab):
    assert problems(source.notebook(lab)) == []
    assert source.exercises(source.notebook(lab))


@pytest.mark.parametrize("lab", source.labs())
def test_points_in_prose_are_those_of_the_markers(lab):
    nb = source.notebook(lab)
    code, written = sum(one.points for one in source.exercises(nb)), 0
    for before, cell in zip(nb.cells, nb.cells[1:], strict=False):
        if marker := source.WRITTEN.match(cell.source):
            written += float(marker["points"])
            asked = {float(one) for one in re.findall(r"\(([\d.]+) points?\)", before.source)}
            assert asked <= {float(marker["points"])}, f"the question of '{marker['name']}'"
    says = rf"{code} points for code and {written:g} for (a )?written answers?: {code + written:g} in all\."
    first = " ".join(nb.cells[0].source.split())
    assert re.search(says if written else f"{code} points, all of them for code", first), says
    (row,) = re.findall(rf"^\| {lab[:2]} \| \[.*\| (\S+) \|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert float(row) == code + written, "the table of labs in README.md"


@pytest.mark.parametrize("lab", source.labs())
def test_real_lab_is_called_like_its_folder(lab):
    nb = source.notebook(lab)
    assert nb.cells[0].source.startswith(f"# {lab[:2]} · ")
    assert {*re.findall(r'^LAB = "(.*)"', "\n".join(cell.source for cell in nb.cells), re.M)} <= {lab}


def test_labs_follow_each_other():
    assert [lab[:2] for lab in source.labs()] == [f"{number:02d}" for number in range(len(source.labs()))]


def test_a_lab_is_spoken_of_by_name_and_read_by_number(tmp_path):
    mini_course.write(
        tmp_path, TEXT.replace("# # Tiny", "# # Tiny, after {{lab convolution_basics}}. {{Lab cifar_progression}}")
    )
    sync(LAB, tmp_path)
    generate(tmp_path, [LAB], tmp_path / "notebooks")
    assert released(tmp_path).cells[0].source.startswith("# Tiny, after lab 01. Lab 03")


# The tiny lab: each step by itself


def test_release_of_the_tiny_lab(course):
    generate(course, [LAB], course / "notebooks")
    nb = released(course)
    text = "\n".join(cell.source for cell in nb.cells)
    assert [answer for answer in answers(LAB, course) if answer in text] == []
    assert "only authors read this" not in text
    assert f'course = "{repository()}"' in text
    project = repository().partition("github.com/")[2]
    assert f"github/{project}/blob/main/notebooks/{LAB}/{LAB}.ipynb" in nb.cells[0].source
    assert "# EXERCISE triple (2)\n" in text
    assert "# YOUR CODE HERE\n    raise NotImplementedError" in text
    assert nb.metadata == source.METADATA
    assert {tag for cell in nb.cells for tag in source.tags(cell)} == {"setup", "raises-exception"}
    assert [path.name for path in (course / "notebooks" / LAB).iterdir()] == [f"{LAB}.ipynb"]  # no .py beside it
    assert not list(course.glob("*.db"))


def test_releasing_again_gives_the_same_bytes(course):
    for folder in ("one", "two"):
        source.path(LAB, ".ipynb", course).unlink()  # ids come from the text alone
        sync(LAB, course)
        generate(course, [LAB], course / folder)
    one, two = (course / folder / LAB / f"{LAB}.ipynb" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_sync_takes_over_a_changed_text_and_keeps_outputs_and_ids(course):
    outputs.execute(LAB, course)
    twin = source.path(LAB, ".ipynb", course)
    before = nbformat.read(twin, as_version=4)
    text = mini_course.write(course, TEXT.replace("# # Tiny", "# # Tiny and changed"))
    os.utime(text, (twin.stat().st_mtime + 10,) * 2)
    assert sync(LAB, course)
    after = nbformat.read(twin, as_version=4)
    assert after.cells[0].source.startswith("# Tiny and changed")
    assert after.cells[1:] == before.cells[1:]
    assert [cell.outputs[0].text for cell in after.cells if "nbval-check-output" in source.tags(cell)] == ["4\n"]
    assert not sync(LAB, course)


def test_sync_takes_over_a_notebook_edited_without_jupytext(course):
    twin, text = source.path(LAB, ".ipynb", course), source.path(LAB, ".py", course)
    nb = nbformat.read(twin, as_version=4)
    nb.cells[0].source = "# Edited in a notebook"
    twin.write_text(serialised(nb), encoding="utf-8")
    os.utime(twin, (text.stat().st_mtime + 10,) * 2)
    assert sync(LAB, course)
    assert source.notebook(LAB, course).cells[0].source == "# Edited in a notebook"
    assert source.inputs(source.notebook(LAB, course))[1:] == source.inputs(nb)[1:]
    assert not sync(LAB, course)


def test_sync_keeps_what_it_does_not_take(course):
    twin, text = source.path(LAB, ".ipynb", course), source.path(LAB, ".py", course)
    kept = text.parent / ".ipynb_checkpoints" / f"{LAB}-before.py"
    nb = nbformat.read(twin, as_version=4)
    nb.cells[0].source = "# Edited in a notebook"
    for taken, other, moved in ((twin, text, 10), (text, twin, -10)):  # whichever of two edits is the younger
        mini_course.write(course, TEXT.replace("# # Tiny", "# # Edited in the text"))
        twin.write_text(serialised(nb), encoding="utf-8")
        os.utime(twin, (text.stat().st_mtime + moved,) * 2)
        said = f"{taken.name} was taken; what {other.name} said is kept in {kept.relative_to(course)}"
        assert sync(LAB, course) == said
        assert f"Edited in {'the text' if taken == twin else 'a notebook'}" in kept.read_text()


MARKED = """\
# %% tags=["setup"]
# {{setup}}

# %%
# EXERCISE triple (2)
def triple(x):
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION


# %% [markdown]
# <!-- WRITTEN why (1.5) -->
#
# Since floors are flat.

# %%
core.summary(checks)
"""


def test_a_marker_says_all_that_nbgrader_wants_to_know():
    setup, recall, exercise, check, question, summary, hand_in = source.read(MARKED).cells
    assert [setup.source, recall.source, hand_in.source] == [source.SETUP, source.RECALL, source.HAND_IN]
    assert summary.source == source.SUMMARY
    assert exercise.metadata.nbgrader == source.graded("triple", solution=True)
    assert check.metadata.nbgrader == source.graded("test_triple", 2) and check.metadata.nbgrader.locked
    assert re.search(
        r"checks.triple\(triple\)\n### BEGIN HIDDEN TESTS\nchecks.triple\(triple, seed=\d{4}\)", check.source
    )
    assert question.metadata.nbgrader == source.graded("written_why", 1.5, solution=True)
    assert source.text(source.read(MARKED)).endswith(MARKED)


def test_seed_of_a_hidden_test_depends_on_the_exercise_alone():
    assert source.test_cell("triple", 1).source == source.test_cell("triple", 2).source
    assert source.test_cell("triple", 1).source != source.test_cell("double", 1).source.replace("double", "triple")


def test_edits_in_the_notebook_come_back_to_the_text_and_a_test_cell_of_ones_own_stays():
    nb = source.read(MARKED)
    nb.cells[2].source = nb.cells[2].source.replace("(2)", "(3)").replace("3 * x", "x + x + x")
    again = source.read(source.text(nb))
    assert "x + x + x" in again.cells[2].source and again.cells[3].metadata.nbgrader.points == 3
    nb = source.read(MARKED)
    nb.cells[3].source = "assert triple(2) == 6"
    written = source.text(nb)
    assert "assert triple(2) == 6" in written and '"test_triple"' in written
    assert [cell.source for cell in source.read(written).cells] == [cell.source for cell in nb.cells]


def test_twin_of_an_earlier_release_comes_back_to_the_same_text():
    """Or else a younger twin would bring its old setup and test cells into the text."""
    nb = source.read(MARKED)
    nb.cells[0].source = nb.cells[0].source.replace("{{name}}", "").replace("fetch", "get")
    nb.cells[3].source = nb.cells[3].source.partition("\n")[2].replace("seed=", "seed=1")
    assert source.text(nb).endswith(MARKED)


def test_outputs_hold_nothing_of_this_machine(course):
    mini_course.write(
        course,
        TEXT.replace("print(start + FACTOR)", "from pathlib import Path\nprint(Path.cwd(), object(), start + FACTOR)"),
    )
    outputs.execute(LAB, course)
    content = source.path(LAB, ".ipynb", course).read_text(encoding="utf-8")
    assert str(course) not in content
    assert "./solutions/01_tiny <object object at 0x...> 4" in content
    outputs.execute(LAB, course)
    assert source.path(LAB, ".ipynb", course).read_text(encoding="utf-8") == content


def test_outputs_name_the_cell_that_fails(course):
    mini_course.write(course, TEXT.replace("start = 1", "start = 1 / 0"))
    with pytest.raises(PipelineError, match=r"01_tiny: cell \d+ \('start = 1 / 0'\) failed: ZeroDivisionError"):
        outputs.execute(LAB, course)


def test_definitions_run_nothing_else(course):
    mini_course.write(course, TEXT.replace("start = 1", "LOW, HIGH = 1, 2\nstart, END = 1 / 0, 3"))
    namespace = source.definitions(LAB, course)
    assert namespace["triple"](2.5) == 6
    assert (namespace["FACTOR"], namespace["LOW"], namespace["HIGH"]) == (3, 1, 2)
    assert not {"start", "END", "six", "course", "say"} & set(namespace)


# Faults


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("# %%\nstart = 1", "# %%\n# EXERCISE triple (2)\nstart = 1", "grade_id 'triple' stands on 2 cells"),
        ("EXERCISE triple (2)", "EXERCISE triple (3)", "promises 3 points, but its test cell gives 2"),
        ("    ### BEGIN SOLUTION\n", "", "exercise 'triple' has no solution region"),
        ("    ### END SOLUTION\n", "", "without its '### END SOLUTION'"),
        (
            "    ### END SOLUTION\n",
            "    ### END SOLUTION\n### BEGIN HANDED OVER\n",
            "without its '### END HANDED OVER'",
        ),
        ("# EXERCISE triple (2)\n", "", "does not begin with '# EXERCISE name (points)'"),
        ("start = 1", "### BEGIN SOLUTION\nstart = 1\n### END SOLUTION", "does not begin with '# EXERCISE"),
        ("start = 1", "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS", "holds hidden tests, but is no test cell"),
        ("start = 1", "%%tyme\nstart = 1", "is a cell magic"),
        ("start = 1", "start = = 1", "is no valid Python"),
        ("start = 1", "start = 1  # lab 03", "speaks of lab 03: call a lab by its name"),
        ("# # Tiny", "# # Tiny {{lab juggling}}", "speaks of a lab 'juggling' that there is not"),
        ("import math", "from checks import juggling", "imports checks/juggling.py, which there is not"),
        ('"grade_id": "test_triple", ', "", "lacks grade_id in its nbgrader metadata"),
        ('"points": 2, "schema_version": 3, ', "", "lacks schema_version, points in its nbgrader metadata"),
        (
            "    ### END SOLUTION\n",
            "    ### END SOLUTION\n### BEGIN SOLUTION\nhelp = 1\n### END SOLUTION\n",
            "has a solution region outside a function",
        ),
    ],
)
def test_each_fault_has_its_sentence(tmp_path, old, new, sentence):
    assert old in TEXT
    mini_course.write(tmp_path, TEXT.replace(old, new, 1))
    assert sentence in "\n".join(problems(source.notebook(LAB, tmp_path)))
    sync(LAB, tmp_path)
    with pytest.raises(PipelineError, match=f"^{LAB}: "):
        generate(tmp_path, [LAB], tmp_path / "notebooks")
    assert not (tmp_path / "notebooks").exists()


QUESTION = """\
# %% [markdown]
# | criterion | points |
# | --- | --- |
# | a reason | 1 |
# | an example | 0.5 |

# %% [markdown]
# <!-- WRITTEN why (1.5) -->
#
# Since floors are flat: 0.81<!-- our d val_accuracy -->.
"""


@pytest.mark.parametrize(
    "mistyped",
    [
        *("<!-- WRITTEN why 1.5 -->", "<!-- WRITTEN why (1.5)-->", "<!--WRITTEN why (1.5) -->"),
        *("<!-- WRITEN why (1.5) -->", "<!-- WRITTEN: why (1.5) -->"),  # codespell:ignore
        "<!-- Written why (1.5) -->",
        *("<! -- WRITTEN why (1.5) -->", "<!-- WRITTEN why (1.5) --", "<!-- WRITTEN why (1.5.0) -->"),
        *("Well: <!-- WRITTEN why (1.5) -->", "<!-- WRITTEN why (1.5) --> Since", "WRITTEN why (1.5)"),
    ],
)
def test_model_answer_behind_a_mistyped_marker_is_not_released(mistyped):
    assert problems(source.read(QUESTION)) == []
    text = QUESTION.replace("<!-- WRITTEN why (1.5) -->", mistyped)
    found = "\n".join(problems(source.read(text)))
    assert "has a rubric, but the cell below does not begin with '<!-- WRITTEN name (points) -->'" in found
    assert ("<!" not in mistyped) or "which is no mark: a model answer begins with" in found
    alone = text[text.index("# %%", 1) :]  # without its rubric
    assert mistyped.startswith("WRITTEN") or "which is no mark" in "\n".join(problems(source.read(alone)))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("0.81<!-- our d val_accuracy -->", "0.81<!-- ours d val_accuracy -->", "which is no mark"),
        ("0.81<!-- our d val_accuracy -->", "0.81 <!-- our d val_accuracy -->", "which is no mark"),
        ("# %% [markdown]\n# <!-- WRI", "# %%\n# <!-- WRI", "which is no mark"),
        ("# %% [markdown]\n# <!-- WRI", "# %%[markdown]\n# <!-- WRI", "which begins no cell"),
        ("| 0.5 |", "| 0,5 |", "has a rubric with '0,5' in the place of points"),
        ("| 0.5 |", "| 1 |", "has a rubric of 2 points, but 'why' is worth 1.5"),
        ("# %% [markdown]\n# <!-- WRI", "# %% [markdown]\n# More.\n\n# %% [markdown]\n# <!-- WRI", "has a rubric, but"),
    ],
)
def test_figures_cells_and_rubrics_are_written_right(old, new, sentence):
    assert old in QUESTION
    assert sentence in "\n".join(problems(source.read(QUESTION.replace(old, new, 1))))


@pytest.mark.parametrize("head", ["author_only", 'tags=["author_only"]', 'tag=["author-only"]', 'tags="author-only"'])
def test_what_a_mistyped_tag_should_hide_is_not_released(tmp_path, head):
    path = mini_course.write(tmp_path, TEXT.replace('tags=["author-only"]', head))
    with pytest.raises(PipelineError, match="the tags are: setup, author-only|write '# %%|are written tags="):
        sync(LAB, tmp_path)
        generate(tmp_path, [LAB], tmp_path / "notebooks")
    assert not (tmp_path / "notebooks").exists() and head in path.read_text()  # it is not lost


def test_a_twin_that_is_no_notebook_is_one_sentence(tmp_path):
    mini_course.write(tmp_path)
    source.path(LAB, ".ipynb", tmp_path).write_text("<<<<<<< HEAD")
    with pytest.raises(PipelineError, match="is no notebook: delete it"):
        sync(LAB, tmp_path)


def test_tiny_lab_has_no_problems(course):
    assert problems(source.notebook(LAB, course)) == []


# Code that is handed over


def test_handed_over_code_stands_in_the_place_of_the_solution(tmp_path):
    given = "    ### BEGIN HANDED OVER\n    # if x:\n    #     return x + 3\n    ### END HANDED OVER\n"
    mini_course.write(tmp_path, TEXT.replace("    ### END SOLUTION\n", f"    ### END SOLUTION\n{given}", 1))
    sync(LAB, tmp_path)
    generate(tmp_path, [LAB], tmp_path / "notebooks")
    nb = nbformat.read(tmp_path / "notebooks" / LAB / f"{LAB}.ipynb", as_version=4)
    exercise = next(cell.source for cell in nb.cells if source.MARKER.match(cell.source))
    assert exercise.endswith('"""Return x three times."""\n    if x:\n        return x + 3')
    assert [nb.cells[k].metadata.nbgrader.grade_id for k in source.dependents(nb)] == ["test_triple"]


# Which cells depend on an unsolved exercise

EXERCISE = "# EXERCISE f (1)\ndef f(x):\n    raise NotImplementedError"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["f(1)"], [1]),
        (["print(1)", "y = f(1)", "print(y)"], [2, 3]),
        (["y = 0", "y = f(1)", "print(y)"], [2]),  # the old value is still there
        (["a = 1\ny = f(a)", "print(a)"], [1]),  # bound before the failing statement
        (["y = f(1)", "y = 2", "print(y)"], [1]),
        (["def g():\n    return f(1)", "g()"], [2]),
        (["def g():\n    return h()", "def h():\n    return f(1)", "g()"], [3]),
        (["def g(f):\n    return f(1)", "g(abs)"], []),  # a parameter of the same name
        (["def g():\n    f = abs\n    return f(1)", "g()"], []),
        (["def g(y=f(1)):\n    return y"], [1]),
        (["[f(i) for i in range(3)]"], [1]),
        (["[f for f in range(3)]"], []),
        (["sorted([2], key=lambda i: f(i))"], [1]),
        (["class A:\n    def g(self):\n        return f(1)", "A()"], [2]),
        (["class A(f(1)):\n    pass", "A"], [1, 2]),
        (["from a import f", "f(1)"], []),
        (["if True:\n    import os\n    f(1)", "os"], [1, 2]),
        (["%matplotlib inline\nf(1)"], [1]),
        (["with open('a') as file:\n    f(file)", "file"], [1, 2]),
        (["for i in f(1):\n    pass"], [1]),
        (["y = f(1)", "for i in range(2):\n    y = i\n    print(y)"], [1]),
        (["y = f(1)", "for i in range(2):\n    print(y)\n    y = i"], [1, 2]),
        (["y = f(1)", "while y:\n    y = 0"], [1, 2]),
        (["y = f(1)", "y += 1"], [1, 2]),
        (["y = f(1)", "try:\n    y = 1\nexcept OSError:\n    pass\ny"], [1]),
        (["y = f(1)", 'if "y" not in globals():\n    y = 2', "print(y)"], [1]),
        (["y = 1", 'if "y" not in globals():\n    y = f(2)', "print(y)"], []),
        (["y = f(1)", 'if "y" not in globals():\n    y = f(2)', "print(y)"], [1, 2, 3]),
        (["x.f = 1", "a.f(1)"], []),  # an attribute is another name
    ],
)
def test_dependents(cells, expected):
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (EXERCISE, *cells)])
    assert source.dependents(nb) == expected


# The setup cell, where nothing but the notebook is there


@pytest.fixture
def alone(tmp_path):
    """An empty folder; `run(address)` runs the setup cell there twice, without the course on the path."""

    def run(address, **variables):
        code = source.SETUP.replace("{{repository}}", address).replace("{{name}}", "tiny")
        code = code.replace("session.begin", "print")  # TensorFlow takes seconds
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for _ in range(2)])
        client = nbclient.NotebookClient(nb, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}})
        client.execute(env=mini_course.environment(PYTHONPATH="", **variables))
        return [output for cell in nb.cells for output in cell.outputs]

    return run


def git(folder, *command):
    settings = ("-c", "user.name=x", "-c", "user.email=x", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *command], cwd=folder, check=True, capture_output=True)


def test_setup_fetches_the_course_once_and_can_run_again(alone, tmp_path_factory):
    origin = tmp_path_factory.mktemp("origin")
    (origin / "helpers").mkdir()
    for name in ("__init__.py", "session.py"):
        (origin / "helpers" / name).write_text("")
    git(origin, "init")
    git(origin, "add", "-A")
    git(origin, "commit", "-m", "course")
    assert [output.get("text") for output in alone(f"file://{origin}")] == ["tiny\n", "tiny\n"]


def test_setup_without_a_course_to_fetch_is_one_sentence(alone, tmp_path):
    for output in alone(f"file://{tmp_path}/nowhere"):
        (line,) = output.traceback
        assert line.startswith(f"The course could not be fetched from file://{tmp_path}/nowhere. Is there a network?")
        assert "\n" not in line


def test_setup_without_git_is_one_sentence(alone, tmp_path):
    assert [output.traceback for output in alone("https://example.org/course", PATH=str(tmp_path))] == [
        ["git, which would fetch the course from https://example.org/course, is not installed."]
    ] * 2


def test_the_courses_address_is_set_in_one_place():
    text = (
        'repository = "https://github.com/a/b"\n[badge](https://colab.research.google.com/github/a/b/blob/main/x)'
        " [other](https://github.com/a/c) mybinder.org/v2/gh/a/b/main ?repo=https%3A%2F%2Fgithub.com%2Fa%2Fb"
    )
    assert address.moved(text, "https://github.com/a/b", "https://github.com/you/course") == (
        'repository = "https://github.com/you/course"\n'
        "[badge](https://colab.research.google.com/github/you/course/blob/main/x) [other](https://github.com/a/c) "
        "mybinder.org/v2/gh/you/course/main ?repo=https%3A%2F%2Fgithub.com%2Fyou%2Fcourse"
    )


@pytest.mark.parametrize("url", ["", "github.com/a/b", "https://github.com/a", "https://example.org/a/b"])
def test_an_address_that_colab_cannot_open_is_refused(url, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["address", *([url] if url else [])])
    with pytest.raises(PipelineError, match="make address URL=https://github.com/you/your-course"):
        address.main()
