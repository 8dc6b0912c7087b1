"""Pictures of images, filters, feature maps and training runs: labelled, colour-blind safe, with alt text."""

import base64
import html
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from scipy.signal import correlate2d

from helpers import profile

# Okabe & Ito (2008), https://jfly.uni-koeln.de/color/: told apart with every kind of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", ":", "-.")
MARKERS = "osv^DPX*"
SIGNED = "PuOr_r"  # for values around zero: purple is negative, white is zero, orange is positive


def use_course_style() -> None:
    """Set Matplotlib's defaults for all labs. In the profile `ci` figures are small and roughly laid out."""
    in_ci = profile.current() == "ci"
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.grid": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "image.cmap": "gray",
            "figure.dpi": 40 if in_ci else 90,
            "figure.constrained_layout.use": not in_ci,
            "font.size": 11,
        }
    )


def show(figure: Figure, alt: str) -> None:
    """Display a figure in the notebook with a text for those who cannot see it, and close it."""
    from IPython.display import display

    # As HTML, because JupyterLab shows a plain PNG without its alt text.
    display({"text/html": html_image(figure, alt), "text/plain": alt}, raw=True)


def html_image(figure: Figure, alt: str) -> str:
    """The figure as an HTML <img> with alt text; closes it.

    Cut to what is drawn, which takes another drawing, unless the figure was made with fixed places (`layout="none"`).
    """
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight" if figure.get_layout_engine() else None)
    plt.close(figure)
    # 256 colours look the same and take a third of the room in a stored notebook.
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, format="png")
    data = base64.b64encode(packed.getvalue()).decode()
    return f"<img alt='{html.escape(alt, quote=True)}' src='data:image/png;base64,{data}' style='max-width:100%'>"


def image_grid(
    images: Sequence[np.ndarray],
    titles: Sequence[str],
    alt: str,
    columns: int = 5,
    signed: bool = False,
    limit: float | None = None,
    size: float = 2.2,
    numbers: bool = False,
    frames: Sequence[Sequence[tuple[int, int, int, int]]] = (),
) -> None:
    """Show images, (H, W) or (H, W, 3), side by side with a title each; see `draw_image` for their scale.

    numbers: write each pixel's value into it. frames: for each image the windows to be framed, each by the row and
    column of its first pixel, its height and its width; the frames of an image differ in colour and line.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, (size + 0.25) * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        draw_image(axis, image, title, signed, limit)
        if numbers:
            write_numbers(axis, image)
    for axis, windows in zip(axes.flat, frames, strict=False):
        for k, (row, column, height, width) in enumerate(windows):
            style = {"edgecolor": COLOURS[k + 1], "linestyle": LINES[k % len(LINES)], "linewidth": 3, "clip_on": False}
            corner = column - 0.45, row - 0.45  # inside, so that frames of neighbours do not hide each other
            axis.add_patch(Rectangle(corner, width - 0.1, height - 0.1, fill=False, **style))
    show(figure, alt)


def kernel_responses(
    kernels: Mapping[str, np.ndarray],
    image: np.ndarray,
    alt: str,
    signed: bool = False,
    limit: float | None = None,
) -> None:
    """Each kernel with its numbers above its response to an image (H, W); see `draw_image` for the responses' scale.

    The responses are correlations at all positions where the whole kernel lies on the image.
    """
    n = len(kernels)
    figure, axes = plt.subplots(2, n, figsize=(2.3 * n, 4.8), height_ratios=(1.4, 2), squeeze=False)
    for (above, below), (name, kernel) in zip(axes.T, kernels.items(), strict=True):
        draw_image(above, kernel, name, signed=True)
        write_numbers(above, kernel)
        draw_image(below, correlate2d(image.astype(float), kernel, mode="valid"), "", signed, limit)
    show(figure, alt)


def kernel_grid(kernels: np.ndarray, alt: str, columns: int = 8, size: float = 1.3) -> None:
    """Show the kernels of a layer, (h, w, C, K), side by side, numbered from 1.

    Those of a single channel share one signed scale: purple is negative, white zero, orange positive. Those of three
    channels are drawn in colour, each on its own scale, with zero as middle grey.
    """
    images = np.moveaxis(np.asarray(kernels, dtype=float), 3, 0)
    titles = [f"filter {k}" for k in range(1, len(images) + 1)]
    if images.shape[-1] == 3:
        scaled = [image / (2 * np.abs(image).max() or 1) + 0.5 for image in images]
        image_grid(scaled, titles, alt, columns, size=size)
    else:
        image_grid(images[..., 0], titles, alt, columns, signed=True, limit=float(np.abs(images).max()), size=size)


def draw_image(axis, image: np.ndarray, title: str = "", signed: bool = False, limit: float | None = None) -> None:
    """Draw one (H, W) or (H, W, 3) image into a Matplotlib axis.

    Each image has its own grey scale; large ones from their 0.5th to their 99.5th percentile, so that a few outliers do
    not flatten the rest; with `limit` from 0, black, to `limit`, white. With `signed`, zero is white, negative values
    are purple, positive ones orange, NaN is grey, and the colours end at ±`limit`, by default the largest value. A thin
    frame shows where the image ends, on white paper, too.
    """
    if signed:
        limit = limit or float(np.nanmax(np.abs(image), initial=0)) or 1.0
        colours = plt.colormaps[SIGNED].with_extremes(bad="0.9")
        axis.imshow(image, interpolation="nearest", cmap=colours, vmin=-limit, vmax=limit)
    else:
        low, high = np.percentile(image, (0.5, 99.5)) if image.size > 10_000 else (image.min(), image.max())
        low, high = (0, limit) if limit else (low, high)
        axis.imshow(image, interpolation="nearest", vmin=low, vmax=high)
    axis.set_title(title, fontsize=10)
    axis.set(xticks=[], yticks=[])
    axis.axis("on")
    axis.spines[:].set(visible=True, color="0.6", linewidth=0.8)


def write_numbers(axis, values: np.ndarray) -> None:
    """Write each value of a small (H, W) array into its pixel of the image drawn last; NaN stays empty."""
    image = axis.images[-1]
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            colour = "black" if np.dot(image.to_rgba(value)[:3], (0.3, 0.6, 0.1)) > 0.5 else "white"
            axis.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour, fontsize=9)


def training_curves(history: dict[str, list[float]], reference: dict | None = None, metric: str = "accuracy") -> Figure:
    """Draw loss and metric over the epochs; solid: training, dashed: validation, grey: the reference run.

    `history` and `reference` map 'loss', 'val_loss', `metric`, 'val_' + `metric` to one value per epoch.
    """
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.4))
    for axis, name in zip(axes, ("loss", metric), strict=True):
        for prefix, style, label in (("", "-", "training"), ("val_", "--", "validation")):
            if reference and prefix + name in reference:
                values = reference[prefix + name]
                axis.plot(range(1, len(values) + 1), values, style, color="0.7", label=f"{label}, reference run")
            if prefix + name in history:
                values = history[prefix + name]
                marker = "o" if len(values) < 3 else None
                colour = COLOURS[0] if prefix == "" else COLOURS[1]
                axis.plot(range(1, len(values) + 1), values, style, color=colour, marker=marker, label=label)
        axis.set(xlabel="epoch", ylabel=name.replace("_", " "))
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_ylim(top=min(1.02, axes[1].get_ylim()[1]) if metric == "accuracy" else None)
    axes[1].legend(fontsize=9)
    return figure


def compare_runs(
    histories: dict[str, dict], alt: str, metrics: Sequence[str] = ("accuracy",), references: Sequence[dict] = ()
) -> None:
    """Curves of several runs side by side, one row per metric; solid: training, dashed: validation, grey: references.

    histories: title -> history, a dict of 'accuracy', 'val_accuracy', ... with one value per epoch. references: other
    histories, one behind each.
    """
    rows, columns = len(metrics), len(histories)
    figure, axes = plt.subplots(
        rows, columns, figsize=(3 * columns, 2.7 * rows + 0.3), sharex="col", sharey="row", squeeze=False
    )
    for column, (title, history) in enumerate(histories.items()):
        axes[0, column].set_title(title)
        axes[-1, column].set_xlabel("epoch")
        axes[-1, column].xaxis.get_major_locator().set_params(integer=True)
        for axis, metric in zip(axes[:, column], metrics, strict=True):
            for name, style, colour, label in (
                (metric, "-", COLOURS[0], "training"),
                (f"val_{metric}", "--", COLOURS[1], "validation"),
            ):
                for reference in references[column : column + 1]:
                    axis.plot(range(1, len(reference[name]) + 1), reference[name], style, color="0.7", linewidth=3)
                epochs, marker = range(1, len(history[name]) + 1), "o" if len(history[name]) < 3 else None
                axis.plot(epochs, history[name], style, color=colour, label=label, marker=marker)
    for axis, metric in zip(axes[:, 0], metrics, strict=True):
        axis.set_ylabel(metric.replace("_", " "))
    axes[0, 0].legend(fontsize=9)
    show(figure, alt)


def lines(
    curves: Mapping[str, Sequence[float]],
    alt: str,
    xlabel: str = "epoch",
    ylabel: str = "accuracy",
    x: Sequence[float] | None = None,
    bold: Sequence[str] = (),
    level: float | None = None,
    here: float | None = None,
    scale: str = "linear",
) -> None:
    """Draw curves, label -> values, over a common x, by default 1, 2, 3, ...; they differ in colour, line and marker.

    bold: labels of curves to be drawn broad, under the others. level: height of a dotted line, such as what guessing
    reaches. here: where on the x-axis a grey band stands, such as the value used in training. scale: of the y-axis.
    """
    figure, axis = plt.subplots(figsize=(9, 3.8))
    if here is not None:
        axis.axvline(here, color="0.6", linewidth=7, alpha=0.4, zorder=0)
    if level is not None:
        axis.axhline(level, color="black", linestyle=":", linewidth=1, zorder=0)
    for k, (label, values) in enumerate(curves.items()):
        broad = label in bold
        axis.plot(
            range(1, len(values) + 1) if x is None else x,
            values,
            "-" if broad else LINES[k % len(LINES)],
            label=label,
            color=COLOURS[k % len(COLOURS)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=5,
            linewidth=6 if broad else 1.4,
            alpha=0.5 if broad else 1,
            zorder=1 if broad else 2,
        )
    axis.set(xlabel=xlabel, ylabel=ylabel, yscale=scale)
    if x is None:
        axis.xaxis.get_major_locator().set_params(integer=True)
    if len(curves) > 1:
        axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, alt)


def bars(
    groups: Mapping[str, Sequence[float]],
    names: Sequence[str],
    alt: str,
    xlabel: str = "accuracy",
    level: float | None = None,
) -> None:
    """Draw a row of horizontal bars for each name, in it one bar for each group, with its value.

    level: where a dotted line stands, such as what guessing reaches.
    """
    rows, height = np.arange(len(names)), 0.8 / len(groups)
    figure, axis = plt.subplots(figsize=(8, 0.3 * len(names) * len(groups) + 0.9))
    for k, (label, values) in enumerate(groups.items()):
        drawn = axis.barh(
            rows + k * height, values, 0.9 * height, label=label, hatch=("", "//")[k % 2], edgecolor="white"
        )
        axis.bar_label(drawn, fmt="%.2f", padding=3, fontsize=9, bbox={"facecolor": "white", "linewidth": 0, "pad": 1})
    if level is not None:
        axis.axvline(level, color="black", linestyle=":")
    axis.set(xlabel=xlabel, yticks=rows + 0.4 - height / 2, yticklabels=names)
    axis.invert_yaxis()
    if len(groups) > 1:
        axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, alt)


def diagram(chains: Sequence[Sequence[str]], alt: str) -> None:
    """Draw boxes that arrows join: each chain gives labels from left to right, and boxes of the same label are one.

    A box stands to the right of all that point to it. Arrows that join the same boxes, or pass by others, bend.
    """
    arrows = [pair for chain in chains for pair in pairwise(chain)]
    place = dict.fromkeys((label for chain in chains for label in chain), 0)
    for _ in place:  # after so many rounds the longest way is known
        for start, end in arrows:
            place[end] = max(place[end], place[start] + 1)
    columns = defaultdict(list)
    for label, column in place.items():
        columns[column].append(label)
    middle = {
        label: (column, (len(labels) - 1) / 2 - k)
        for column, labels in columns.items()
        for k, label in enumerate(labels)
    }
    highest = max(map(len, columns.values()))
    figure, axis = plt.subplots(figsize=(1.75 * len(columns), 0.8 * highest + 0.4))
    above = 0.7 * any(place[end] - place[start] > 1 for start, end in arrows)  # room for arrows that pass others
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-highest / 2, highest / 2 + above))
    axis.axis("off")
    frame, boxes, drawn = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": COLOURS[0]}, {}, {}
    for label, position in middle.items():
        text = axis.text(*position, label, ha="center", va="center", fontsize=9, bbox=frame)
        boxes[label] = text.get_bbox_patch()
    for start, end in arrows:
        drawn[start, end] = drawn.get((start, end), 0) + 1
        bend = 0.0
        if arrows.count((start, end)) > 1:
            bend = 0.4 * (-1) ** drawn[start, end]
        elif place[end] - place[start] > 1:
            bend = -0.7 / (place[end] - place[start])
        curve = {"arrowstyle": "-|>", "color": "0.3", "connectionstyle": f"arc3,rad={bend}"}
        ends = {"patchA": boxes[start], "patchB": boxes[end]}
        axis.annotate("", middle[end], middle[start], arrowprops=curve | ends)
    show(figure, alt)


def block_diagram(rows: dict[str, Sequence[tuple[str, str]]], alt: str) -> None:
    """Draw rows of boxes that arrows join, such as one row per network: title -> [(label, what stands under it), ...].

    Boxes whose labels begin with the same word have the same colour.
    """
    longest = max(map(len, rows.values()))
    kinds = list(dict.fromkeys(label.split()[0].split("-")[0] for boxes in rows.values() for label, _ in boxes))
    figure, axis = plt.subplots(figsize=(max(6, 1.05 * longest + 0.9), 1.15 * len(rows)))
    for row, (title, boxes) in enumerate(rows.items()):
        axis.text(-0.75, -row, title, ha="center", va="center", fontweight="bold")
        for place, (label, below) in enumerate(boxes):
            colour = COLOURS[kinds.index(label.split()[0].split("-")[0]) % len(COLOURS)]
            frame = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour, "linewidth": 1.8}
            axis.text(place, -row, label, ha="center", va="center", fontsize=8, bbox=frame)
            axis.text(place, -row - 0.42, below, ha="center", va="center", fontsize=7)
            if place:
                axis.annotate(
                    "", (place - 0.36, -row), (place - 0.64, -row), arrowprops={"arrowstyle": "-|>", "color": "0.3"}
                )
    axis.set(xlim=(-1, longest - 0.4), ylim=(-len(rows) + 0.35, 0.5))
    axis.axis("off")
    show(figure, alt)


def comparison_html(expected: np.ndarray, yours: np.ndarray) -> str:
    """Expected, yours and, where the shapes agree, the difference of two (H, W) arrays as an HTML picture."""
    panels = [("expected", expected), ("yours", yours)]
    if expected.shape == yours.shape:
        panels.append(("yours − expected", yours - expected.astype(float)))
    figure, axes = plt.subplots(1, len(panels), figsize=(2.6 * len(panels), 2.6))
    for axis, (title, values) in zip(axes, panels, strict=True):
        draw_image(axis, values, f"{title} {values.shape[0]}×{values.shape[1]}", signed=True)
    return html_image(
        figure, "Pictures of the expected result, your result" + ", and their difference" * (len(panels) == 3)
    )
