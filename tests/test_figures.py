"""Figures in prose: a mark names the run, and the number follows it."""

import json

import pytest

from grader import figures, source
from grader.release import PipelineError, generate, sync
from tests import mini_course
from tests.mini_course import LAB, TEXT
from tests.test_pipeline import released


@pytest.fixture
def runs(tmp_path):
    tmp_path = tmp_path / "reference_runs"
    (tmp_path / LAB).mkdir(parents=True)
    (tmp_path / LAB / "d.json").write_text(json.dumps({"val_accuracy": [0.61, 0.706, 0.8149]}))
    row = {"lab": LAB, "run": "d", "metric": "test_accuracy"}
    (tmp_path / "results.json").write_text(json.dumps([row | {"mean": 0.8062, "std": 0.0041}]))
    (tmp_path.parent / "published.json").write_text(json.dumps([row | {"value": 0.706}]))
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ended at 0.99<!-- our d val_accuracy -->.", "ended at 0.81<!-- our d val_accuracy -->."),
        ("0.9<!-- our d val_accuracy 2 --> soon", "0.7<!-- our d val_accuracy 2 --> soon"),
        ("0.000<!-- mean d test_accuracy -->", "0.806<!-- mean d test_accuracy -->"),
        ("± 0.1<!-- std d test_accuracy -->", "± 0.0<!-- std d test_accuracy -->"),
        ("7<!-- published 01_tiny:d test_accuracy -->", "1<!-- published 01_tiny:d test_accuracy -->"),
        ("0.30 and <!-- WRITTEN why (1) -->", "0.30 and <!-- WRITTEN why (1) -->"),
    ],
)
def test_number_follows_its_run_to_as_many_digits(runs, old, new):
    assert figures.fresh(old, LAB, runs) == new


@pytest.mark.parametrize(
    "mark",
    ["our e val_accuracy", "our d loss", "our d val_accuracy 9", "mean d loss", "published 02_no:d test_accuracy"],
)
def test_mark_of_nothing_is_named(runs, mark):
    with pytest.raises(figures.NoSuchFigure, match=f"01_tiny quotes a figure that there is not: <!-- {mark} -->"):
        figures.fresh(f"0.5<!-- {mark} -->", LAB, runs)


@pytest.mark.parametrize("lab", source.labs())
def test_labs_quote_their_runs(lab):
    text = source.path(lab, ".py").read_text(encoding="utf-8")
    assert figures.fresh(text, lab) == text
    marks = sum(text.count(f"<!-- {kind} ") for kind in ("our", "mean", "std", "published"))
    assert len(figures.MARK.findall(text)) == marks, "a mark is misspelt"


def test_release_writes_the_number_and_drops_the_mark(tmp_path):
    quoted = "0.1<!-- mean 03_cifar_progression:d test_accuracy -->"
    mini_course.write(tmp_path, TEXT.replace("# # Tiny", f"# # Tiny, {quoted}"))
    sync(LAB, tmp_path)
    text = source.path(LAB, ".py", tmp_path).read_text(encoding="utf-8")
    assert quoted not in text and "<!-- mean 03_cifar_progression:d test_accuracy -->" in text
    generate(tmp_path, [LAB], tmp_path / "notebooks")
    title = released(tmp_path).cells[0].source
    assert title.startswith("# Tiny, 0.8") and "<!--" not in title


def test_release_refuses_a_mark_of_nothing(tmp_path):
    mini_course.write(tmp_path, TEXT.replace("# # Tiny", "# # Tiny, 0.1<!-- our nothing loss -->"))
    with pytest.raises(PipelineError, match="quotes a figure that there is not"):
        sync(LAB, tmp_path)
