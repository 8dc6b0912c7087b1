"""The shared pictures show what they are given: values, counts, frames and maps where they belong."""

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from helpers import plots


@pytest.fixture
def drawn(monkeypatch):
    """The figures that a call shows."""
    figures = []
    monkeypatch.setattr(plots, "show", lambda figure, alt: figures.append(figure))
    yield figures
    plt.close("all")


def test_images_are_framed_in_their_own_pixels(drawn):
    plots.image_grid([np.eye(9), np.eye(9)], ["one", "two"], "x", frames=[[(0, 2, 3, 3)], [(4, 5, 3, 3)]])
    (first,), (second,) = (axis.patches for axis in drawn[0].axes)
    assert (first.get_xy(), second.get_xy()) == ((1.55, -0.45), (4.55, 3.55)) and first.get_width() == 2.9


def test_lines_have_bars_of_error_and_a_level_where_one_is_given(drawn):
    panels = {"easy": {"a": ([1, 2], [0.5, 0.6], [0.1, 0.1])}, "hard": {"a": ([1, 2], [0.2, 0.3])}}
    plots.line_panels(panels, "x", "images", "accuracy", {"hard": ("always one answer", 0.25)}, ylim=(0, 1))
    easy, hard = drawn[0].axes
    assert len(easy.collections) == 1 and not hard.collections
    assert [line.get_label() for line in hard.lines][-1] == "always one answer"
    assert easy.get_ylabel() == "accuracy" and hard.get_xlabel() == "images" and hard.get_ylim() == (0, 1)


def test_histograms_count_percent_of_each_group(drawn):
    plots.histograms({"many": [0.1] * 30 + [0.9] * 10, "few": [0.1, 0.9]}, "x", "similarity", [0, 0.5, 1], "kernels")
    heights = [patch.get_path().vertices[:, 1].max() for patch in drawn[0].axes[0].patches]
    assert heights == [75, 50] and drawn[0].axes[0].get_ylabel() == "kernels (%)"


def test_confusion_matrices_show_counts_and_fractions_of_the_row(drawn):
    matrix = np.array([[9, 1], [0, 5]])
    plots.confusion_matrices({"before": matrix, "after": matrix}, ["a", "b"], "x", limit=0.5)
    before, after, _ = drawn[0].axes
    assert [text.get_text() for text in before.texts] == ["9", "1", "0", "5"] and after.get_title() == "after"
    assert before.images[0].get_array().tolist() == [[0.9, 0.1], [0, 1]] and before.images[0].get_clim() == (0, 0.5)


def test_a_confusion_matrix_may_lack_a_class(drawn):
    plots.confusion_matrices({"": np.array([[3, 0], [0, 0]])}, ["a", "b"], "x")
    assert np.isfinite(drawn[0].axes[0].images[0].get_array()).all()


def test_heat_maps_cover_their_images_and_occlusion_maps_lie_round_the_middle_of_their_squares(drawn):
    images, cams, drops = [np.ones((16, 20, 3))] * 2, [np.eye(4)] * 2, [np.full((7, 9), -0.5), np.full((7, 9), 0.25)]
    plots.heat_maps(images, ["one", "two"], {"Grad-CAM": cams, "drop": drops}, "x", squares=(4, 2))
    of_map, of_drop = (drawn[0].axes[k].images[1] for k in (2, 4))
    assert of_map.get_extent() == [-0.5, 19.5, 15.5, -0.5] and of_map.get_clim() == (0, 1)
    assert of_drop.get_extent() == [0.5, 18.5, 14.5, 0.5] and of_drop.get_clim() == (-0.5, 0.5)
    assert drawn[0].axes[5].images[1].get_clim() == (-0.5, 0.5)  # one scale for all


def test_a_map_of_as_many_pixels_as_the_image_is_drawn_alone(drawn):
    plots.heat_maps([np.ones((8, 8))], ["one"], {"saliency": [np.eye(8)]}, "x")
    assert len(drawn[0].axes[1].images) == 1 and drawn[0].axes[1].get_title() == "saliency"


def test_a_window_and_its_cell_have_the_same_frame(drawn):
    probabilities = np.zeros((5, 9, 2))
    probabilities[..., 1] = 1
    plots.sliding_windows(np.ones((64, 96, 3)), 32, 8, probabilities, ["dog", "cat"], 1, "x")
    image, grid, _ = drawn[0].axes
    frames, cells = ([patch for patch in axis.patches if isinstance(patch, Rectangle)] for axis in (image, grid))
    assert [frame.get_xy() for frame in frames] == [
        (8 * (x + 0.5) - 0.5, 8 * (y + 0.5) - 0.5) for x, y in map(Rectangle.get_xy, cells)
    ]
    assert [one.get_edgecolor() for one in frames] == [one.get_edgecolor() for one in cells]
    assert {text.get_text() for text in grid.texts} == {"cat"} and len(grid.texts) == 45


def test_class_map_names_the_classes_that_there_are(drawn):
    points = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 3.0]])
    plots.class_map(points, np.array([0, 2, 2]), ["a", "b", "c"], "x")
    texts = {text.get_text(): text.get_position() for text in drawn[0].axes[0].texts}
    assert texts == {"a": (0.0, 0.0), "c": (1.0, 2.0)}


def test_ten_classes_are_told_apart_by_colour_and_mark(drawn):
    plots.class_map(np.zeros((10, 2)), np.arange(10), [str(k) for k in range(10)], "x")
    looks = {(colors.to_hex(line.get_color()), line.get_marker()) for line in drawn[0].axes[0].lines}
    assert len(looks) == 10


def test_a_shortcut_leads_from_box_to_box(drawn):
    plots.block_diagram({"block": [("x", ""), ("CONV", "F"), ("+", "")]}, "x", (0, 2, "shortcut"))
    texts = [text.get_text() for text in drawn[0].axes[0].texts]
    assert {"x", "CONV", "+", "F", "shortcut"} <= set(texts)


def test_top_classes_are_bars_with_the_first_on_top():
    figure = plots.top_classes([np.ones((4, 4))], [[("cat", 0.75), ("dog", 0.25)]])
    _, bars = figure.axes
    assert [label.get_text() for label in bars.get_yticklabels()] == ["cat", "dog"] and bars.yaxis_inverted()
    assert [bar.get_width() for bar in bars.patches] == [0.75, 0.25]
    plt.close(figure)
