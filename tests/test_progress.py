"""What a student predicted: kept across restarts, compared with the measurement, never in anybody's way."""

import json
import math
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from grader import lint, release, source
from helpers import __main__ as command_line
from helpers import progress
from helpers.backstage import lab as start
from helpers.progress import CLOSE, RIGHT, WRONG, measured, note_outcome, predict


@pytest.fixture(autouse=True)
def lab(monkeypatch):
    monkeypatch.setattr(progress, "lab", "augmentation")
    progress._remembered.clear()
    yield
    progress._remembered.clear()


def predictions():
    return progress.predictions("augmentation")


@pytest.fixture
def says(capsys):
    """What a call prints."""

    def call(function, *args, **options):
        capsys.readouterr()
        assert function(*args, **options) is None
        return capsys.readouterr().out.strip()

    return call


def file(folder):
    return folder / "progress" / "augmentation.jsonl"


def test_prediction_beside_the_measurement(says):
    assert says(predict, "rotated_accuracy", 0.4) == "Your prediction: 0.4."
    assert says(measured, "rotated_accuracy", np.float32(0.57)) == (
        "rotated accuracy: too low by 0.17\nYou said 0.4; measured: 0.57."
    )


def test_a_picture_gets_the_number_that_counts():
    assert progress.predicted("accuracy") is None
    predict("accuracy", 0.4)
    predict("kind", "a", ["a", "b"])
    assert progress.predicted("accuracy") == 0.4 and progress.predicted("kind") is None
    measured("accuracy", 0.6)
    predict("accuracy", 0.6)
    assert progress.predicted("accuracy") == 0.4
    measured("other", 1)
    predict("other", 1)
    assert progress.predicted("other") is None  # too late


def test_how_sure(says):
    predict("layers", 15, sure=70)
    assert "You said 15, 70 % sure; measured: 15." in says(measured, "layers", 15)


def test_without_a_prediction_only_the_value_is_shown(says):
    assert says(measured, "rotated_accuracy", 0.571) == "rotated accuracy: 0.571"


def test_empty_prediction_asks_quietly_and_keeps_nothing(says, tmp_path):
    assert says(predict, "layers", ...) == "Replace the three dots by your answer."
    assert says(predict, "both", (..., ...)) == "Replace the three dots by your answer."
    assert says(predict, "best", ..., ["SVM", "forest", "ConvNet"]) == (
        "Replace the three dots by your answer: SVM, forest or ConvNet."
    )
    assert not file(tmp_path).exists() and predictions() is None


def test_kept_prediction_outlives_an_emptied_cell(says):
    predict("layers", 15)
    assert says(predict, "layers", ...) == "Your prediction, kept from before: 15."


@pytest.mark.parametrize(
    ("answer", "choices", "sentence"),
    [
        ("0.4", None, "without quotation marks"),
        (None, None, "not None"),
        (math.nan, None, "not nan"),
        (10**3 * 1.0j, None, "complex"),
        (len, None, "builtin_function_or_method"),
        ({"a": 1}, None, "dict"),
        ("tree", ["SVM", "forest"], "tree is none of the choices: SVM or forest."),
        (3, ["SVM"], "3 is none of the choices: SVM."),
    ],
)
def test_answers_that_cannot_be_meant_get_a_sentence(says, tmp_path, answer, choices, sentence):
    assert sentence in says(predict, "name", answer, choices)
    assert not file(tmp_path).exists()


@pytest.mark.parametrize("sure", [-1, 101, "very", True])
def test_sure_is_a_percentage(says, sure):
    assert "from 0 to 100" in says(predict, "name", 1, sure=sure)


def test_capitals_of_a_choice_do_not_matter(says):
    predict("best", " convnet", ["SVM", "ConvNet"])
    assert "right" in says(measured, "best", "ConvNet")


@pytest.mark.parametrize(
    ("said", "value", "verdict"),
    [
        (0.4, 0.57, WRONG),
        (0.56, 0.571, RIGHT),  # 0.02 of 1
        (0.5, 0.571, CLOSE),
        (0.57, 0.47, CLOSE),
        (95.0, 100.0, CLOSE),
        (99.0, 100.0, RIGHT),
        (14, 15, CLOSE),
        (15, 15, RIGHT),
        (15.0, 15, RIGHT),
        (1, 0, WRONG),
        (0, 0, RIGHT),
        (99, 100, CLOSE),  # counts are exact
        (9_437_184, 9_438_000, RIGHT),
        (10**6, 9_438_000, WRONG),
        (0.5, -0.5, WRONG),
        ("SVM", "SVM", RIGHT),
        ("SVM", "forest", WRONG),
        (True, False, WRONG),
        ((None, 32, 32, 3), (None, 32, 32, 3), RIGHT),
        ((32, 32), (32, 31), CLOSE),
        ((32, 32), (32, 32, 3), WRONG),
        ((0.9, 0.5), (0.91, 0.8), WRONG),
        (3, "SVM", WRONG),
    ],
)
def test_verdicts(said, value, verdict):
    assert progress.compared(said, value)[0] == verdict


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5714, "0.571"), (12, "12"), (1234567, "1,234,567"), (98765.4, "98,765"), ((3,), "(3,)"), (True, "True")],
)
def test_how_values_are_shown(says, value, shown):
    assert says(measured, "name", value) == f"name: {shown}"


def test_arrays_and_tensors_are_plain_numbers(says):
    class Tensor:
        def numpy(self):
            return np.float32(0.5)

    assert says(measured, "name", Tensor()) == "name: 0.5"
    assert says(measured, "name", np.array([1, 2])) == "name: (1, 2)"


def test_prediction_that_counts_is_the_last_before_the_measurement(says):
    predict("accuracy", 0.1)
    predict("accuracy", 0.4)
    measured("accuracy", 0.57)
    says(measured, "accuracy", 0.57)
    assert says(predict, "accuracy", 0.57).endswith("your prediction of before, 0.4, stays.")
    assert "You said 0.4;" in says(measured, "accuracy", 0.57)


def test_prediction_after_the_measurement_is_shown_but_not_counted(says):
    measured("accuracy", 0.57)
    assert "not counted" in says(predict, "accuracy", 0.57)
    assert "You said 0.57" in says(measured, "accuracy", 0.57)
    assert "0 of 0 predictions" in str(predictions()) and "not counted" in str(predictions())


def test_the_same_cells_once_more_add_nothing(tmp_path):
    for _ in range(3):
        predict("accuracy", 0.4)
        measured("accuracy", 0.57)
    assert len(file(tmp_path).read_text().splitlines()) == 2


def test_table_of_a_lab():
    predict("a", 15, sure=80)
    predict("b", 0.5, sure=60)
    predict("c", "SVM", ["SVM", "forest"])
    predict("d", 3)
    measured("a", 15)
    measured("b", 0.58)
    measured("c", "forest")
    assert str(predictions()).splitlines() == [
        "1 of 3 predictions were right, 1 close",
        "prediction  you said  measured  how close",
        "a           15        15        ✓ right",
        "b           0.5       0.58      · close, too low by 0.08",
        "c           SVM       forest    · another answer",
        "d           3         not yet",
        "On average you were 70 % sure; 1 of these 2 were right.",
        "Your numbers were off by 4 % (median of 2).",
    ]


def test_zero_measured_counts():
    predict("count", 0)
    measured("count", 0)
    assert "1 of 1 predictions were right" in str(predictions())


KNOWN = {"rotate": {"points": 2, "section": "1 Turn"}, "flip": {"points": 3, "section": "2 Flip"}}


def test_outcomes_points_and_sections_to_read_again():
    note_outcome("rotate", "not yet")
    note_outcome("rotate", "right")
    note_outcome("flip", "right")
    note_outcome("flip", "your code raised")
    assert str(progress.reached("augmentation", [*KNOWN, "more"], KNOWN)).splitlines() == [
        "1 of 3 exercises are right: 2 of 5 points",
        "exercise  outcome             points  section",
        "rotate    ✓ right             2 of 2",
        "flip      · your code raised  0 of 3  2 Flip",
        "more      · not checked yet",
    ]


def test_the_same_outcome_again_adds_nothing(tmp_path):
    for _ in range(3):
        note_outcome("rotate", "not yet")
    assert len(file(tmp_path).read_text().splitlines()) == 1


def test_progress_in_all_labs(says, monkeypatch):
    exercise, about = next(iter(progress.exercises()["05_augmentation"].items()))
    note_outcome(exercise, "right")
    predict("accuracy", 0.4)
    monkeypatch.setattr(sys, "argv", ["helpers", "progress"])
    told = "\n".join(says(lambda: command_line.main() or None).splitlines())
    points = sum(one["points"] for one in progress.exercises()["00_getting_started"].values())
    assert f"00 getting started: not begun, {points} points" in told
    assert f"05 augmentation: 1 of {len(progress.exercises()['05_augmentation'])} exercises are right" in told
    assert f"{about['points']} of {about['points']}" in told and "accuracy    0.4" in told


def test_exercises_are_those_of_the_labs():
    for name, content in release.about_labs().items():
        assert (release.DATA / name).read_text() == content, "'make release' writes it"
    assert list(progress.exercises()) == source.labs()
    about = progress.exercises()["01_convolution_basics"]["correlate_valid"]
    assert about == {"points": 2, "section": "1 A kernel is a template"}


def test_restart_and_other_labs(tmp_path, monkeypatch):
    predict("accuracy", 0.4)
    code = (
        "from helpers import progress; progress.lab = 'augmentation'\n"
        "progress.measured('accuracy', 0.57); progress.lab = 'speed'; progress.measured('accuracy', 0.57)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "accuracy: too low by 0.17",
        "You said 0.4; measured: 0.57.",
        "accuracy: 0.57",
    ]
    assert (tmp_path / "progress" / "speed.jsonl").exists()


def test_two_processes_write_at_once(tmp_path):
    code = (
        "from helpers import progress; progress.lab = 'augmentation'\n"
        "for i in range(200): progress.note('prediction', name=f'NAME{i}', answer='x' * 300, sure=None)"
    )
    commands = [[sys.executable, "-c", code.replace("NAME", name)] for name in ("one", "two")]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda command: subprocess.run(command, check=True), commands))
    kept = progress.events("augmentation")
    lines = [line for line in file(tmp_path).read_text().splitlines() if line]
    assert len(lines) == len(kept) == 400
    assert [event["name"] for event in kept if "one" in event["name"]] == [f"one{i}" for i in range(200)]


def test_lines_that_cannot_be_read_are_passed_over(tmp_path):
    predict("a", 1)
    with file(tmp_path).open("a") as stream:
        stream.write('no json\n[1]\n{"kind": "prediction"}\n{"kind": "other", "name": "a"}\n\n{"kind": "predi')
    predict("b", 2)  # after a line that was cut off
    assert [event["name"] for event in progress.events("augmentation")] == ["a", "b"]
    assert json.loads(file(tmp_path).read_text().splitlines()[-1])["name"] == "b"


def test_folder_that_cannot_be_written(says, tmp_path):
    (tmp_path / "progress").write_text("a file stands in the way")
    assert "not kept beyond this session" in says(predict, "a", 1)
    assert says(predict, "b", 2) == "Your prediction: 2."
    assert "You said 1;" in says(measured, "a", 2)


def test_ci_writes_nothing(monkeypatch, says, tmp_path):
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setenv("HOME", str(tmp_path))
    predict("a", 1)
    assert "You said 1;" in says(measured, "a", 2)
    assert not list(tmp_path.rglob("*.jsonl"))


def test_home_is_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setenv("HOME", str(tmp_path))
    predict("a", 1)
    assert (tmp_path / ".cnn-course" / "progress" / "augmentation.jsonl").exists()


def test_a_source_keeps_nothing(monkeypatch, tmp_path):
    """There the setup cell still says {{name}}."""
    monkeypatch.setattr(progress, "lab", "")
    predict("a", 1)
    assert not (tmp_path / "progress").exists()


LAB = """\
# %%
# {{setup}}

# %%
PREDICT

# %%
MEASURED
"""


@pytest.mark.parametrize(
    ("asked", "told", "fault"),
    [
        ('predict("a", ...)', 'measured("a", 1)', None),
        ('predict("a", ...)\npredict("a", ...)', 'measured("a", 1)', "Two cells predict 'a'"),
        ('predict("a", ...)', "pass", "no cell calls measured('a', ...)"),
        ("model.predict(x)", 'measured("a", 1)', "no cell calls predict('a', ...)"),
        ('measured("a", 1)', 'predict("a", ...)', "after it is measured"),
    ],
)
def test_linter_wants_a_measurement_for_each_prediction(asked, told, fault):
    found = lint.problems(source.read(LAB.replace("PREDICT", asked).replace("MEASURED", told)))
    assert (fault is None and not found) or any(fault in sentence for sentence in found)


def test_the_start_page_has_every_lab_a_broken_one_too(tmp_path, monkeypatch):
    shutil.copytree(start.NOTEBOOKS, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    monkeypatch.setattr(start, "NOTEBOOKS", tmp_path / "notebooks")
    (start.NOTEBOOKS / "00_getting_started" / "00_getting_started.ipynb").unlink()
    (start.NOTEBOOKS / "01_convolution_basics" / "01_convolution_basics.ipynb").write_text("[]")
    page = start.start_page()
    assert page.count("This notebook is missing or broken: `python -m helpers update` brings it back.") == 2
    assert len(re.findall(r"\| \d+ minutes \|", page)) == len(progress.exercises()) - 2
