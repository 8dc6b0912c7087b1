"""The questions from the labs before: each wrong choice is explained, and what went wrong comes first."""

from collections import Counter

import pytest

from checks import core, recall
from helpers import progress

LABS = [lab[3:] for lab in progress.exercises()]


def test_each_lab_but_the_last_has_three_questions_on_its_exercises():
    about = [question["about"].split(".") for question in recall.questions()]
    assert Counter(lab for lab, _ in about) == dict.fromkeys(LABS[:-1], 3)
    known = {lab[3:]: set(exercises) for lab, exercises in progress.exercises().items()}
    assert all(exercise in known[lab] for lab, exercise in about) and len({*map(tuple, about)}) == len(about)


@pytest.mark.parametrize("question", recall.questions(), ids=lambda question: question["about"])
def test_three_wrong_choices_each_with_why(question):
    assert set(question) == {"about", "ask", "right", "wrong"} and question["right"] not in question["wrong"]
    assert len(question["wrong"]) == 3 == len(set(question["wrong"].values()))
    assert all(why.endswith(".") and len(why) > 20 for why in question["wrong"].values())


@pytest.fixture
def student(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path))
    monkeypatch.setattr(progress, "lab", "feature_journey")


def test_questions_come_from_the_labs_before_and_stay_the_same(student):
    for number, lab in enumerate(LABS):
        asked = recall.chosen(lab)
        assert len(asked) == (3 if number else 0) and asked == recall.chosen(lab)
        assert {question["about"].partition(".")[0] for question in asked} <= set(LABS[:number])
    assert recall.chosen("") == []


def test_what_was_wrong_comes_first_and_what_is_remembered_goes(student, monkeypatch):
    quiet = [question["about"] for question in recall.chosen("speed_run")]
    missed = next(q for q in recall.questions() if q["about"] not in quiet and q["about"].startswith("slash"))
    exercise = missed["about"].partition(".")[2]
    monkeypatch.setattr(progress, "lab", "slash_cnn_vs_classic_ml")
    progress.note_outcome(exercise, core.NOT_YET)
    assert recall.chosen("speed_run")[0] is missed
    other = next(q for q in recall.questions() if q["about"] not in quiet and q is not missed)
    choice, why = next(iter(other["wrong"].items()))
    assert recall.verdict(other, choice).text == why
    assert recall.chosen("speed_run")[:2] == [other, missed]
    assert recall.verdict(other, other["right"]).text == "Right."
    assert recall.chosen("speed_run")[0] is missed and other not in recall.chosen("speed_run")


def test_outside_a_notebook_they_are_printed(student, capsys):
    recall.ask()
    said = capsys.readouterr().out
    assert said.startswith("1. ") and said.count("   - ") == 12
