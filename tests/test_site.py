"""The site's pages before they are rendered: what students may see, and what instructors need."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_output

from grader import in_class, site, source, times
from grader.release import generate, serialised, sync
from grader.source import ROOT
from tests import mini_course
from tests.mini_course import LAB, TEXT
from tests.test_pipeline import answers


@pytest.fixture
def course(tmp_path):
    """The tiny course, released; each code cell of the twin shows its own source in capitals."""
    mini_course.write(tmp_path, TEXT.replace("print(use(), six)", "print(use(), six)\n\n# %%\ncontrols"))
    sync(LAB, tmp_path)
    twin = source.path(LAB, ".ipynb", tmp_path)
    nb = nbformat.read(twin, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("stream", name="stdout", text=cell.source.upper())]
    nb.cells[-3].outputs = [new_output("display_data", {"text/plain": "Explorer(children=(IntSlider(value=1),))"})]
    twin.write_text(serialised(nb), encoding="utf-8")
    generate(tmp_path, [LAB], tmp_path / "notebooks")
    return tmp_path


def everything(nb: nbformat.NotebookNode) -> str:
    """Whatever a page is made of, inputs and outputs, as it would be read."""
    return "\n".join(cell.source + json.dumps(cell.get("outputs", []), ensure_ascii=False) for cell in nb.cells)


def test_a_student_reads_the_release_with_the_outputs_of_the_stored_run(course):
    nb = site.page(LAB, "student", course)
    text = everything(nb)
    assert [answer for answer in answers(LAB, course) if answer in text or answer.upper() in text] == []
    assert "ONLY AUTHORS READ THIS" not in text.upper()
    shown = {cell.source.split("\n")[-1]: cell.outputs[0] for cell in nb.cells if cell.get("outputs")}
    assert shown["six = triple(2)"].text == "START = 1\nSIX = TRIPLE(2)"
    assert not any(cell.outputs for cell in nb.cells if source.MARKER.match(cell.source) or "assert" in cell.source)
    assert [source.tags(cell) for cell in nb.cells if source.tags(cell)] == [["hide-input"], ["exercise"]]
    assert "controls here" in shown["controls"].data["text/markdown"]  # a widget's name says nothing
    assert "[Open in Colab](https://colab" in text and "badge" not in text  # that is a picture from another host


def test_an_instructor_reads_the_solutions_and_model_answers(course):
    text = everything(site.page(LAB, "instructor", course))
    assert "return FACTOR * math.floor(x)" in text and "Since floors are flat." in text
    assert f"({LAB}_in_class.md)" in text
    assert "4711" not in text  # a hidden test is of use to nobody


@pytest.mark.parametrize("lab", source.labs())
def test_no_page_for_students_holds_an_answer(lab):
    text = everything(site.page(lab, "student"))
    assert [answer for answer in answers(lab) if answer in text] == []
    assert "data:image/" in text  # the figures of the run are there


@pytest.mark.parametrize("lab", source.labs())
def test_page_for_class_has_pace_mistakes_hints_and_rubrics(lab):
    nb, text = source.notebook(lab), in_class.page(lab)
    minutes = re.findall(r"^\| (\d):(\d\d) \| (\d+) \|", text, re.MULTILINE)
    ends = [60 * int(hour) + int(minute) + int(long) for hour, minute, long in minutes]
    assert f"**Time:** about {ends[-1]} minutes" in nb.cells[0].source and ends[-1] <= in_class.SESSION
    assert len(minutes) == len(times.minutes(nb, lab))
    for name, points in in_class.points(nb).items():
        assert f"### {name}" in text and f"{name} ({points:g})" in text
    for exercise in source.exercises(nb):
        part = re.search(rf"^### {exercise.name}\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)[1]
        assert "Usual mistakes" in part or "Wrong answers of the bank" in part
        assert "Hints that students get" in part
    assert (
        text.count("| criterion |") == text.count("**Model answer.**") == sum("WRITTEN" in c.source for c in nb.cells)
    )


@pytest.mark.parametrize("lab", source.labs())
def test_no_wrong_answer_of_the_bank_is_passed_over(lab):
    written = (ROOT / "tests" / "answers" / f"{lab}.py").read_text(encoding="utf-8")
    assert sum(map(len, in_class.bank(lab).values())) == len(re.findall(r"\bwrong\(\s*\"", written))


def test_front_page_has_a_picture_time_points_and_result_of_every_lab():
    text = site.front("student")
    cards = re.findall(r"^::::\{grid-item-card\} .*?^::::$", text, re.DOTALL | re.MULTILINE)
    assert [re.search(":link: (.*)", card)[1] for card in cards] == source.labs()
    for lab, card in zip(source.labs(), cards, strict=True):
        assert f":img-top: {lab}." in card and len(re.search(":img-alt: (.*)", card)[1]) > 20
        assert re.search(r"^\d+ minutes · \d+ points", card, re.MULTILINE)
        assert ("after\N{NO-BREAK SPACE}lab" in card) == (lab != source.labs()[0])
        assert re.search(r"^\*.+\*$", card, re.MULTILINE)
    rows = json.loads((ROOT / "data" / "reference_runs" / "results.json").read_text())
    deep = next(row["mean"] for row in rows if (row["run"], row["metric"]) == ("deep", "test_accuracy"))
    assert f"Test accuracy of the deep network: {deep:.4f}." in text
    assert "<!--" not in text and "in_class" not in text
    assert "01_convolution_basics_in_class" in site.front("instructor")


def test_a_lab_of_which_the_front_page_knows_nothing_is_named():
    with pytest.raises(source.PipelineError, match="site.toml says nothing of juggling"):
        site.about("11_juggling")


def test_a_sentence_of_a_check_keeps_its_signs():
    assert in_class.plain("a_b * 2,\n`c_d * 2` <x>") == r"a\_b \* 2, `c_d * 2` \<x>"
