"""The getting-started lab beyond its checks: the four outcomes it shows, its pairs of digits."""

import numpy as np
import pytest

from checks import core, getting_started
from grader import source
from helpers import session, training

LAB = "00_getting_started"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def not_written(image):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (not_written, core.NOT_ATTEMPTED),
        (lambda image: image.flip(), core.RAISED),
        (lambda image: image[:, ::-1], core.NOT_YET),
        (lambda image: image[::-1], core.RIGHT),
    ],
)
def test_example_has_all_four_outcomes(function, status):
    check = getting_started.example()
    outcome = check.verdict(check.collect(function))
    assert outcome.status == status
    if status == core.NOT_YET:
        assert outcome.comparison.yours is not None, "the lab promises a picture"


def test_examples_of_the_lab_do_not_stop_it(lab, capsys):
    assert lab["upside_down"](np.eye(2)).tolist() == [[0, 1], [1, 0]]  # the last version stays
    lab["check_example"] = getting_started.example()
    lab["show_verdict"](not_written)
    assert "upside_down: not attempted" in capsys.readouterr().out


def test_every_second_pair_shows_the_same_digit(lab):
    y = np.arange(200) % 10
    x = np.arange(200, dtype="float32")[:, np.newaxis]  # each row tells which digit it was
    inputs, targets = lab["make_pairs"](x, y, 100, seed=3)
    left, right = (y[inputs[name][:, 0].astype(int)] for name in ("left", "right"))
    np.testing.assert_array_equal(targets["same"], left == right)
    np.testing.assert_array_equal(targets["sum"], left + right)
    assert targets["same"][::2].all() and targets["same"][1::2].mean() < 0.5
    assert not np.array_equal(inputs["left"][::2], inputs["right"][::2])


def test_the_text_multiplies_what_the_classifier_reaches():
    figures = {(row["run"], row["metric"]): row["mean"] for row in training.reference_figures(LAB)}
    reached = round(figures["classifier", "test_accuracy"], 2)
    text = source.path(LAB, ".py").read_text(encoding="utf-8")
    assert f"{reached**2:.2f} of the pairs, ${reached} \\cdot {reached}$" in text
