"""What the site's pages are made of: a student's hold no answer, an instructor's all. tests/browser looks at them."""

import pytest

from checks import core
from grader import site, source
from tests.test_pipeline import answers

every_lab = pytest.mark.parametrize("lab", source.labs())


def text(lab: str, edition: str) -> str:
    return "\n".join(cell.source for cell in site.page(lab, edition).cells)


@every_lab
def test_a_students_page_holds_no_answer_and_an_instructors_holds_all(lab):
    known = [one for one in answers(lab) if "HIDDEN TESTS" not in one and "seed=" not in one]
    assert len(known) > 10 and not [one for one in known if one in text(lab, "student")]
    solved = site.page(lab, "instructor").cells
    assert sum("BEGIN SOLUTION" in cell.source for cell in solved) == len(source.exercises(source.notebook(lab)))


@every_lab
def test_outputs_are_those_of_cells_that_students_have(lab):
    cells = site.page(lab, "student").cells
    shown = [cell.source for cell in cells if cell.get("outputs")]
    assert len(shown) > 5
    assert not [code for code in shown if source.MARKER.match(code) or code.startswith("assert ")]


@every_lab
def test_each_lab_has_a_picture_a_title_and_its_time(lab):
    assert len(site.cover(lab)["alt"]) > 15
    assert site.head(lab)["title"].startswith(lab[:2])
    assert "minutes" in site.head(lab)["Time"]


def test_a_picture_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(site.COVERS, "00_getting_started", "No such picture")
    with pytest.raises(source.PipelineError, match="00_getting_started: no stored output .* 'No such picture'"):
        site.cover("00_getting_started")


def test_in_class_are_pacing_mistakes_and_hints():
    page = site.in_class("01_convolution_basics")
    assert "| 15 | 2 Convolution flips" in page and "120 minutes for who solves everything" in page
    assert "### max_pool (" in page
    assert "- This is average pooling. Take the largest value of each block." in page  # a wrong function of the check
    assert "- uint8 overflow: “not for a photograph of dtype uint8”" in page  # an answer of the bank
    assert core.hints("convolution_basics")["max_pool"]["hints"][0].strip() in page


def test_the_front_page_leads_to_every_page():
    for edition in site.EDITIONS:
        front = site.front(edition)
        assert all(f":link: {lab}" in front for lab in source.labs())
        assert ("01_convolution_basics_in_class" in front) == (edition == "instructor")
    assert "| lab | run | figure | measured | published |" in site.results()
