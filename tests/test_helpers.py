"""The thin package: it imports fast, stays quiet, and its pictures and explorers say what they show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from helpers import messages, plots, profile, widgets

ROOT = Path(__file__).resolve().parents[1]


def python(code: str, **variables: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_import_is_fast_and_without_tensorflow():
    code = (
        "import time; start = time.process_time(); import helpers, sys; "  # a busy machine does not count
        "print(time.process_time() - start, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    seconds, *loaded = python(code).stdout.split()
    assert float(seconds) < 0.5
    assert loaded == ["False", "False"]


def test_starting_a_lab_is_quiet_and_what_keras_is_told_for_other_work_does_not_count(tmp_path):
    files = [path.relative_to(ROOT) for path in (ROOT / "helpers").rglob("[a-z]*.py")]
    modules = [".".join(file.with_suffix("").parts) for file in files]
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_first", "floatx": "float64"}')
    code = (
        "import os; from helpers import session; session.begin(); import keras; keras.ops.ones(3); "
        "print(keras.backend.backend(), keras.config.image_data_format(), keras.config.floatx()); "
        "session.begin(run_profile='quick'); os.environ['COURSE_PROFILE'] = 'ci'; session.begin(run_profile='quick'); "
        f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    )
    run = python(code, KERAS_HOME=str(tmp_path), KERAS_BACKEND="jax", COURSE_PROFILE="")
    assert (run.returncode, run.stderr) == (0, "")
    full, *shorter, loaded = run.stdout.splitlines()
    assert {"helpers", "keras"} <= {*loaded.split()} and not {"checks", "grader"} & {*loaded.split()}
    assert full == "tensorflow channels_last float32"  # and no word on the profile
    assert [line for line in shorter if line.startswith("Run")] == ["Run profile: quick", "Run profile: ci"]


def test_unknown_profile_is_one_sentence(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    with pytest.raises(messages.CourseError, match="'fast', but it must be one of: full, quick, ci"):
        profile.epochs(10)


@pytest.mark.parametrize(
    ("name", "epochs", "samples"), [("full", 10, 50_000), ("quick", 3, 10_000), ("ci", 2, 64), ("", 10, 50_000)]
)
def test_profiles(monkeypatch, name, epochs, samples):
    if name:
        monkeypatch.setenv("COURSE_PROFILE", name)
    assert (profile.epochs(10), profile.samples(50_000)) == (epochs, samples)
    assert (profile.epochs(1), profile.samples(60)) == (1, 60)
    assert profile.some(("cat", "cup", "car")) == (("cat",) if name == "ci" else ("cat", "cup", "car"))


def test_a_lab_chooses_its_profile_where_the_environment_has_none(monkeypatch):
    monkeypatch.setattr(profile, "chosen", "quick")
    assert profile.epochs(10) == 3
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    assert profile.epochs(10) == 2


def test_offline(monkeypatch):
    assert not profile.offline()
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert profile.offline()
    monkeypatch.setenv("COURSE_OFFLINE", "0")
    assert not profile.offline()
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    assert profile.offline()


def test_course_errors_show_one_sentence():
    assert messages.CourseError("No such file.")._render_traceback_() == ["No such file."]


def test_a_cell_that_needs_an_unsolved_exercise_says_so_in_one_line():
    cells = [
        "from helpers import session\nsession.begin()",
        "def square(x):\n    raise NotImplementedError",
        "square(2)",
        "print('still here')",
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(nb, allow_errors=True, resources={"metadata": {"path": str(ROOT)}}).execute()
    told, error = nb.cells[2].outputs
    assert "`square`" in told.data["text/plain"] and "<code>square</code>" in told.data["text/html"]
    assert ":has(.says-it-all) + .jp-OutputArea-child" in told.data["text/html"]  # the error need not be seen
    assert error.ename == "NotImplementedError"
    (line,) = error.traceback
    assert "not attempted" in line and "`square`" in line
    assert nb.cells[3].outputs[0].text == "still here\n"


def test_a_cell_that_was_not_run_and_a_cell_that_is_no_python_get_a_kind_sentence():
    cells = [
        "from helpers import session\nsession.begin()\nsession.begin()",
        "no_such_name",
        "# EXERCISE double (2)\ndef double(x):\n    return 2 * (x",
        "print(session.faulty)",
        "# EXERCISE double (2)\ndef double(x):\n    return 2 * x",
        "print(session.faulty)",
    ]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(nb, allow_errors=True, resources={"metadata": {"path": str(ROOT)}}).execute()
    (error,) = nb.cells[1].outputs
    assert error.ename == "NameError" and "Run All Above Selected Cell" in error.traceback[-1]
    assert (
        "'double': 'SyntaxError in line 3: a bracket or a quotation mark is not closed'" in nb.cells[3].outputs[0].text
    )
    assert nb.cells[5].outputs[0].text == "{}\n"


@pytest.fixture
def displayed(monkeypatch):
    """What a notebook would show."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *things, **options: shown.extend(things))
    return shown


def test_image_grid_has_alt_text_and_leaves_no_figure_open(displayed):
    plots.image_grid([np.eye(3), np.eye(4)], ["one", "two"], alt="Two diagonals.", columns=1)
    assert "<img alt='Two diagonals.' src='data:image/png;base64," in displayed[0]["text/html"]
    assert displayed[0]["text/plain"] == "Two diagonals."
    assert plt.get_fignums() == []


def test_image_grid_draws_empty_and_colour_images(displayed):
    plots.image_grid([np.zeros((3, 3)), np.full((3, 3, 3), 255, np.uint8)], ["zeros", "white"], alt="x", signed=True)
    assert len(displayed) == 1


def test_training_curves_draw_the_run_over_its_reference():
    history = {"loss": [2.0, 1.0], "val_loss": [2.1, 1.2], "accuracy": [0.3, 0.5], "val_accuracy": [0.2, 0.4]}
    figure = plots.training_curves(history, reference={"loss": [2, 1, 0.5], "accuracy": [0.3, 0.5, 0.6]})
    loss, accuracy = figure.axes
    assert [len(line.get_xdata()) for line in loss.lines] == [3, 2, 2]
    assert loss.get_xlabel() == "epoch" and accuracy.get_ylabel() == "accuracy"
    assert list(loss.lines[1].get_xdata()) == [1, 2]
    plt.close(figure)


def test_runs_are_compared_side_by_side(monkeypatch):
    figures = []
    monkeypatch.setattr(plots, "show", lambda figure, alt: figures.append(figure))
    curves = {"accuracy": [0.2, 0.4, 0.5], "val_accuracy": [0.1, 0.2, 0.3], "loss": [3, 2, 1], "val_loss": [3, 3, 4]}
    longer = {name: [*values, 0.9] for name, values in curves.items()}
    plots.compare_runs({"one": curves, "two": curves}, "x", ("accuracy", "loss"), references=[longer, longer])
    above, beside, below, _ = figures[0].axes
    assert [axis.get_title() for axis in (above, beside)] == ["one", "two"]
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == ("accuracy", "loss", "epoch")
    assert [len(line.get_xdata()) for line in above.lines] == [4, 3, 4, 3]  # grey behind, then the run
    assert list(below.lines[-1].get_ydata()) == curves["val_loss"]


def test_alt_text_is_escaped():
    figure, _ = plt.subplots()
    assert "alt='a &#x27; b'" in plots.html_image(figure, "a ' b")


KERNELS = {"identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), "box": np.ones((5, 5)) / 25}


def test_convolution_explorer_follows_every_control():
    explorer = widgets.convolution_explorer({"noise": np.random.default_rng(0).random((20, 30))}, KERNELS)
    seen = {explorer.picture.value}
    for name, value, size in [
        ("kernel", "box", "16×26"),
        ("border", "full", "24×34"),
        ("stride", 2, "12×17"),
        ("kernel", widgets.FREE, "11×16"),
        ("w00", 2.0, "11×16"),
    ]:
        explorer.controls[name].value = value
        assert explorer.picture.value not in seen
        seen.add(explorer.picture.value)
        assert f"size {size}" in explorer.picture.value


def test_free_kernel_sliders_appear_only_when_asked_for():
    explorer = widgets.convolution_explorer({"noise": np.eye(10)}, KERNELS)
    grid = explorer.children[1]
    assert grid.layout.display == "none" and len(grid.children) == 9
    explorer.controls["kernel"].value = widgets.FREE
    assert grid.layout.display == "grid"


def test_static_twin_shows_the_chosen_settings(displayed):
    explorer = widgets.convolution_explorer({"noise": np.eye(10)}, KERNELS)
    explorer.static(kernel="box", border="same", stride=3)
    assert "box" in displayed[0]["text/plain"] and "stride 3" in displayed[0]["text/plain"]
    assert explorer.controls["kernel"].value == "identity"


def test_convolution_walk_computes_the_layer():
    rng = np.random.default_rng(0)
    x, w, b = rng.integers(0, 3, (5, 5, 3)), rng.integers(-1, 2, (3, 3, 3, 2)), np.array([1, 0])
    walk = widgets.convolution_walk(x, w, b, stride=2, padding=1)
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    for position in (1, 6, 9):
        for filter in (1, 2):
            walk.controls["position"].value, walk.controls["filter"].value = position, filter
            row, column = (2 * index for index in divmod(position - 1, 3))
            value = (padded[row : row + 3, column : column + 3] * w[..., filter - 1]).sum() + b[filter - 1]
            assert f"Position {position} of 9" in walk.picture.value
            assert f"= {value}." in walk.picture.value


@pytest.fixture
def drawn(monkeypatch):
    """The figures that would be shown."""
    figures = []
    monkeypatch.setattr(plots, "show", lambda figure, alt: figures.append(figure))
    yield figures
    for figure in figures:
        plt.close(figure)


def test_frames_and_numbers_stand_on_their_pixels(drawn):
    plots.image_grid([np.eye(3)], ["x"], "x", numbers=True, frames=[[(1, 0, 2, 3)]])
    (axis,) = drawn[0].axes
    assert sorted(text.get_text() for text in axis.texts) == sorted(f"{value:g}" for value in np.eye(3).flat)
    (frame,) = axis.patches
    assert frame.get_bbox().bounds == pytest.approx((-0.45, 0.55, 2.9, 1.9))


def test_numbers_are_dark_on_light_and_light_on_dark(drawn):
    plots.image_grid([np.array([[0.0, 9.0]])], ["x"], "x", numbers=True)
    assert [text.get_color() for text in drawn[0].axes[0].texts] == ["white", "black"]


def test_kernels_stand_above_their_responses(drawn):
    image = np.arange(30, dtype=np.uint8).reshape(5, 6)
    plots.kernel_responses({"left": np.array([[1, 0, 0]]), "sum": np.ones((2, 2))}, image, "x")
    below = (
        [axis.images[0].get_array() for axis in drawn[0].axes[1::2]]
        if drawn[0].axes[1].get_title() == ""
        else [axis.images[0].get_array() for axis in drawn[0].axes[2:]]
    )
    np.testing.assert_array_equal(below[0], image[:, :4])
    assert below[1].shape == (4, 5) and below[1][0, 0] == 0 + 1 + 6 + 7


def test_kernels_of_a_layer_are_grey_where_they_are_zero(drawn):
    plots.kernel_grid(np.zeros((3, 3, 3, 2)), "x")
    plots.kernel_grid(np.stack([np.eye(2), -2 * np.eye(2)], axis=-1)[:, :, np.newaxis], "x")
    colour, signed = drawn
    assert [axis.get_title() for axis in colour.axes] == ["filter 1", "filter 2"]
    assert (colour.axes[0].images[0].get_array() == 0.5).all()
    assert {axis.images[0].get_clim() for axis in signed.axes} == {(-2, 2)}  # one scale for all


def test_lines_have_a_level_a_band_and_a_look_of_their_own(drawn):
    plots.lines({"a": [1, 2], "b": [1, 2], "c": [2, 1]}, "x", bold=["a"], level=0.5, here=1, x=[1, 10], scale="log")
    band, level, broad, *thin = drawn[0].axes[0].lines
    assert broad.get_linewidth() > thin[0].get_linewidth() and broad.get_zorder() < thin[0].get_zorder()
    assert len({(line.get_color(), line.get_marker()) for line in (broad, *thin)}) == 3
    assert list(broad.get_xdata()) == [1, 10] and drawn[0].axes[0].get_yscale() == "log"
    assert list(level.get_ydata()) == [0.5, 0.5] and list(band.get_xdata()) == [1, 1]


def test_lines_break_off_and_begin_later_over_names(drawn):
    plots.lines({"before": [1], "resumed": [np.nan, 2]}, "x", x=None)
    plots.lines({"one": [1, 2]}, "x", x=["25", "2,500"])
    assert [label.get_text() for label in drawn[1].axes[0].get_xticklabels()] == ["25", "2,500"]
    assert drawn[1].axes[0].get_legend() is None


def test_accuracy_stands_over_cost_and_arrows_lead_from_guesses(drawn):
    plots.trade_off({"a": (1, 0.5), "b": (50, 0.8), "c": (9, 0.6)}, "x", {"a": 0.25, "b": None, "c": 0.6}, level=0.1)
    (axis,) = drawn[0].axes
    level, *marks = axis.lines
    assert list(level.get_ydata()) == [0.1, 0.1] and axis.get_xscale() == "log"
    found = {(mark.get_marker() == "x", *mark.get_xdata(), *mark.get_ydata()) for mark in marks}
    assert found == {(False, 1, 0.5), (True, 1, 0.25), (False, 50, 0.8), (False, 9, 0.6), (True, 9, 0.6)}
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["a", "b", "c"] and len(axis.patches) == 2
    drawn[0].canvas.draw()


def test_a_guess_in_percent_does_not_spoil_the_picture(drawn):
    plots.trade_off({"a": (1, 0.5)}, "x", {"a": 55})
    assert drawn[0].axes[0].get_ylim() == (0, 1)
    box = drawn[0].get_tightbbox(drawn[0].canvas.get_renderer())
    assert box.height < 8 and box.width < 12  # inches


def test_bars_carry_their_values(drawn):
    plots.bars({"training": [1, 0.5], "test": [0.25, 0.125]}, ["one", "two"], "x", level=0.5)
    (axis,) = drawn[0].axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["one", "two"]
    assert [text.get_text() for text in axis.texts] == ["1.00", "0.50", "0.25", "0.12"]


def test_boxes_of_a_diagram_stand_right_of_what_points_to_them(drawn):
    plots.diagram([("in", "twice", "joined"), ("twice", "joined"), ("in", "joined"), ("bias", "joined")], "x")
    (axis,) = drawn[0].axes
    places = {text.get_text(): text.get_position() for text in axis.texts if text.get_text()}
    assert {name: x for name, (x, _) in places.items()} == {"in": 0, "bias": 0, "twice": 1, "joined": 2}
    assert places["in"][1] > places["bias"][1]
    bends = [text.arrow_patch.get_connectionstyle().rad for text in axis.texts if not text.get_text()]
    assert bends == [0, -0.4, 0.4, -0.35, -0.35]


def luminance(colour: str) -> float:
    """Relative luminance of '#rrggbb', as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("kind", messages.COLOURS)
def test_boxes_can_be_read_in_the_light_and_in_the_dark_theme(kind):
    bar = luminance(messages.COLOURS[kind])
    assert (1 + 0.05) / (bar + 0.05) > 3 and (bar + 0.05) / (luminance("#111111") + 0.05) > 3
    box = messages.Message(kind, "Title", "text", rows=[["a"], ["b"]])._repr_html_()
    assert "color:" not in re.sub(r"border-left:5px solid #\w{6}", "", box)  # the text has the theme's own colour
