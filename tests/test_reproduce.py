"""Measured figures: written by code, complete, and the same in README as in the record."""

import json
import math
import statistics

import pytest

from grader import reproduce, source
from helpers import training
from helpers.messages import CourseError

FIGURE = {"run": "conv", "metric": "test_accuracy", "epochs": 5, "data": "slashes"}
LAB = "02_slash_cnn_vs_classic_ml"
ROWS = json.loads(reproduce.RESULTS.read_text())


def test_row_is_the_mean_over_seeds_with_its_spread():
    figures = [FIGURE | {"value": value, "seconds": seconds} for value, seconds in ((0.5, 1.0), (0.7, 2.0), (0.9, 3.0))]
    row = reproduce.row(LAB, figures)
    assert row["published"] == training.published(LAB, "test_accuracy")["conv"] == 1
    assert (row["mean"], row["std"], row["seeds"], row["seconds"]) == (0.7, 0.2, 3, 2.0)
    assert row["versions"].keys() == {"python", "tensorflow", "keras", "numpy", "scikit-learn"}


def test_row_of_a_single_run_claims_no_spread():
    row = reproduce.row("07_resnet", [FIGURE | {"value": 0.5, "seconds": 1.0}])
    assert (row["mean"], row["std"], row["seeds"]) == (0.5, None, 1)
    assert row["published"] is None and "| 0.500 |  |" in reproduce.table([row])


def test_measure_runs_the_labs_own_code_with_every_seed(tmp_path, monkeypatch):
    def measure(seed):
        yield FIGURE | {"value": float(seed), "seconds": 1.0, "history": {"loss": [2.0, 1.0]}}

    monkeypatch.setattr(reproduce, "RUNS", tmp_path)
    (row,) = reproduce.measure("02_slash", measure)
    assert (row["mean"], row["seeds"]) == (1.0, 3)
    monkeypatch.setattr(training, "REFERENCE_RUNS", tmp_path)
    assert training.reference_run("02_slash", "conv") == {"loss": [2.0, 1.0]}


def test_what_was_not_measured_again_is_kept():
    """A machine without a GPU measures one run of the speed run's lab, and leaves the others as they are."""
    before = [{"lab": lab, "run": run, "mean": 1} for lab, run in (("10", "a"), ("10", "b"), ("stand_ins", "c"))]
    found = [{"lab": "10", "run": "b", "mean": 2}, {"lab": "10", "run": "d", "mean": 3}]
    assert reproduce.merged(before, found) == [before[0], *found, before[2]]


def test_missing_reference_run_names_those_that_exist(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "REFERENCE_RUNS", tmp_path)
    reproduce_folder = tmp_path / "02_slash"
    reproduce_folder.mkdir()
    (reproduce_folder / "conv.json").write_text("{}")
    with pytest.raises(CourseError, match="no reference run 'dense' of lab 02_slash; there are: conv"):
        training.reference_run("02_slash", "dense")
    with pytest.raises(CourseError, match="no arrays 'questions' of lab 02_slash; there are: none"):
        training.reference_arrays("02_slash", "questions")


def test_every_recorded_row_is_complete():
    fields = {
        "lab",
        "run",
        "metric",
        "mean",
        "std",
        "seeds",
        "epochs",
        "seconds",
        "published",
        "data",
        "device",
        "versions",
    }
    assert ROWS
    for row in ROWS:
        assert row.keys() == fields, row
        once = row["run"] in ("resnet20", "speed_run_cpu")  # hours of training, or half an hour
        assert row["seeds"] >= (1 if once else 3), row


def test_readme_shows_the_recorded_figures():
    assert reproduce.table(ROWS) in reproduce.README.read_text()


def test_writing_the_table_keeps_the_rest_of_the_readme(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{reproduce.BEGIN}\nold\n{reproduce.END}\nafter\n")
    monkeypatch.setattr(reproduce, "README", readme)
    reproduce.write_readme(ROWS[:1])
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert reproduce.table(ROWS[:1]) in text


@pytest.mark.parametrize(
    ("lab", "run", "at_least"),
    [
        ("03_cifar_progression", "a", 0.48),
        ("03_cifar_progression", "b", 0.63),
        ("03_cifar_progression", "c", 0.72),
        ("03_cifar_progression", "d", 0.79),
        ("05_augmentation", "d_augmented", 0.84),
    ],
)
def test_recorded_figures_of_the_networks_reach_what_the_course_promises(lab, run, at_least):
    (row,) = [row for row in ROWS if (row["lab"], row["run"], row["metric"]) == (lab, run, "val_accuracy")]
    assert row["mean"] >= at_least and row["seeds"] == 3 and row["published"] < row["mean"]
    assert "CIFAR-10" in row["data"] and row["epochs"] <= (10 if run != "d_augmented" else 30)


@pytest.mark.parametrize(("run", "at_least", "epochs"), [("lstm_30", 0.95, 30), ("best", 0.985, 39)])
def test_recorded_figures_of_the_subtracting_network_reach_what_the_course_promises(run, at_least, epochs):
    rows = {row["metric"]: row for row in ROWS if (row["lab"], row["run"]) == ("06_rnn_subtraction", run)}
    row = rows.pop("exact_match")
    assert row["mean"] >= max(at_least, row["published"])
    assert row["seeds"] == 3 and row["epochs"] <= epochs
    if run == "lstm_30":  # the first difference is sure, the second is not
        more, less = rows["more_wrong_below_10"], rows["less_wrong_below_100"]
        assert more["mean"] > 3 * more["std"] and 0 < less["mean"] < 2 * less["std"]


def test_flips_upside_down_are_worse_than_no_augmentation():
    """As lab 05 says: by more than the seeds differ."""
    few = {row["run"]: row for row in ROWS if row["run"].startswith("few_")}
    plain, flipped = few["few_plain"], few["few_upside_down"]
    assert plain["seeds"] == flipped["seeds"] == 3
    assert plain["mean"] - flipped["mean"] > 2 * (plain["std"] + flipped["std"])
    assert few["few_augmented"]["mean"] > plain["mean"] + 2 * plain["std"]


def test_recorded_figures_of_the_digits_reach_what_the_course_promises():
    rows = {row["run"]: row for row in ROWS if row["lab"] == "07_mnist_callback"}
    for run, recorded in (("single_conv", "decay"), ("single_conv_constant", "constant")):
        path = reproduce.RUNS / "07_mnist_callback" / f"single_conv_{recorded}.json"
        stops = json.loads(path.read_text())["epochs_to_stop"]
        assert len(stops) == rows[run]["seeds"] and rows[run]["mean"] == pytest.approx(statistics.mean(stops), abs=1e-4)
    assert rows["single_conv"]["seeds"] == 10 and rows["single_conv"]["mean"] <= 7
    deep = rows["deep"]
    assert deep["metric"] == "test_accuracy" and deep["mean"] >= 0.9963 and deep["seconds"] <= 15 * 60
    assert deep["seeds"] == 3 and "MNIST" in deep["data"]


def test_the_pretrained_network_is_the_best_before_the_speed_run_and_small():
    rows = [row for row in ROWS if row["metric"] == "test_accuracy" and row["lab"] < "10"]
    rows = [row for row in rows if row["data"].startswith("the real CIFAR-10")]
    accuracy = {row["run"]: row["mean"] for row in rows}
    assert max(accuracy, key=accuracy.get) == "resnet20" and accuracy["resnet20"] >= 0.90
    assert (reproduce.RUNS / "08_pretrained_resnet" / "resnet20.keras").stat().st_size <= 1_000_000


def test_published_figures_are_those_with_a_source():
    rows = json.loads((training.DATA / "published.json").read_text())
    assert all(row["source"] and isinstance(row["value"], int | float) for row in rows)
    places = [(row["lab"], row["run"], row["metric"]) for row in rows]
    assert len(places) == len(set(places)) and {lab for lab, *_ in places} <= set(source.labs())
    known = {place: row["value"] for place, row in zip(places, rows, strict=True)}
    for row in ROWS:
        assert row["published"] == known.get((row["lab"], row["run"], row["metric"]))


def test_readme_says_how_many_seeds_a_figure_has():
    others = {(row["lab"][:2], row["run"]): row["seeds"] for row in ROWS if row["seeds"] != 3}
    assert others.pop(("07", "single_conv")) == 10 and others.pop(("07", "single_conv_constant")) == 6
    assert others.pop(("08", "resnet20")) == others.pop(("10", "speed_run_cpu")) == 1
    assert {(lab, seeds) for (lab, _), seeds in others.items()} == {("10", 5)}
    said = " ".join(reproduce.README.read_text(encoding="utf-8").split())
    for words in (
        "over three seeds (in lab 07 ten for `epochs to stop`, six with a constant rate;",
        "one for `resnet20` in lab 08; in lab 10 five, three for `longer` and `ladder`, one for `speed run cpu`)",
    ):
        assert words in said


def test_a_lab_finds_its_own_figures():
    found = training.reference_figures(LAB)
    assert found == [row for row in ROWS if row["lab"] == LAB] and len(found) > 5


@pytest.mark.parametrize("run", "abcd")
def test_runs_that_lab_03_ships_agree_with_the_means_within_chance(run):
    """README says so. Chance: the spread over the seeds, and the error of an accuracy on so many images."""
    lab, shipped = "03_cifar_progression", training.reference_run("03_cifar_progression", run)
    rows = {row["metric"]: row for row in ROWS if (row["lab"], row["run"]) == (lab, run)}
    for metric, value, images in (
        ("val_accuracy", shipped["val_accuracy"][-1], 5000),
        ("test_accuracy", shipped["test_accuracy"], 10_000),
    ):
        chance = math.hypot(rows[metric]["std"], math.sqrt(value * (1 - value) / images))
        assert abs(rows[metric]["mean"] - value) < 2 * chance
