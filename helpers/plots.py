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
from matplotlib.patches import FancyArrowPatch, Rectangle
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
    with plt.rc_context({"figure.constrained_layout.use": False}):  # or else a drawing switches it on for the next one
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


def kernel_grid(kernels: np.ndarray, alt: str, columns: int = 8) -> None:
    """Show the kernels of a layer, (h, w, C, K), side by side, numbered from 1.

    Those of a single channel share one signed scale: purple is negative, white zero, orange positive. Those of three
    channels are drawn in colour, each on its own scale, with zero as middle grey.
    """
    images = np.moveaxis(np.asarray(kernels, dtype=float), 3, 0)
    titles = [f"filter {k}" for k in range(1, len(images) + 1)]
    if images.shape[-1] == 3:
        scaled = [image / (2 * np.abs(image).max() or 1) + 0.5 for image in images]
        image_grid(scaled, titles, alt, columns, size=1.3)
    else:
        image_grid(images[..., 0], titles, alt, columns, signed=True, limit=float(np.abs(images).max()), size=1.3)


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
    x: Sequence[float] | Sequence[str] | None = None,
    bold: Sequence[str] = (),
    level: float | None = None,
    here: float | None = None,
    scale: str = "linear",
) -> None:
    """Draw curves, label -> values, over a common x, by default 1, 2, 3, ...; they differ in colour, line and marker.

    x: numbers, or names that stand at equal distances. NaN leaves a gap. bold: labels of curves to be drawn
    broad, under the others. level: height of a dotted line, such as what guessing reaches. here: where on the x-axis a
    grey band stands, such as the value used in training. scale: of the y-axis.
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
            markevery=max(1, len(values) // 20),
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


def bars(groups: Mapping[str, Sequence[float]], names: Sequence[str], alt: str, level: float | None = None) -> None:
    """Draw accuracies as horizontal bars: a row for each name, in it one bar for each group, with its value.

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
    axis.set(xlabel="accuracy", yticks=rows + 0.4 - height / 2, yticklabels=names)
    axis.invert_yaxis()
    if len(groups) > 1:
        axis.legend(fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    show(figure, alt)


def trade_off(
    measured: Mapping[str, tuple[float, float]],
    alt: str,
    guesses: Mapping[str, float | None] | None = None,
    level: float | None = None,
    xlabel: str = "multiply-adds per image in millions",
    ylabel: str = "validation accuracy",
) -> None:
    """Draw accuracy over cost, name -> (cost, accuracy), the cost on a logarithmic axis.

    guesses: name -> accuracy, None for no guess; an arrow leads from the guess, a cross, to what was measured. level:
    height of a dotted line, such as what guessing reaches.
    """
    figure, axis = plt.subplots(figsize=(8, 4))
    if level is not None:
        axis.axhline(level, color="black", linestyle=":", linewidth=1, zorder=0)
    for k, (name, (cost, accuracy)) in enumerate(measured.items()):
        colour = COLOURS[k % len(COLOURS)]
        axis.plot(cost, accuracy, MARKERS[k % len(MARKERS)], markersize=9, color=colour, label=name)
        guess = (guesses or {}).get(name)
        if guess is not None:
            axis.plot(cost, guess, "x", color=colour)
            style = {"arrowstyle": "->", "mutation_scale": 14, "shrinkA": 0, "shrinkB": 5, "color": colour}
            axis.add_patch(FancyArrowPatch((cost, guess), (cost, accuracy), **style))
    axis.set(xscale="log", xlabel=xlabel, ylabel=ylabel, ylim=(0, 1))
    axis.margins(x=0.1)
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


def block_diagram(
    rows: dict[str, Sequence[tuple[str, str]]], alt: str, shortcut: tuple[int, int, str] | None = None
) -> None:
    """Draw rows of boxes that arrows join, such as one row per network: title -> [(label, what stands under it), ...].

    Boxes whose labels begin with the same word have the same colour. shortcut: from which box to which a bow leads
    above the first row, and what stands at it.
    """
    longest = max(map(len, rows.values()))
    kinds = list(dict.fromkeys(label.split()[0].split("-")[0] for boxes in rows.values() for label, _ in boxes))
    height = 1.15 * len(rows) + (0.9 if shortcut else 0)
    figure, axis = plt.subplots(figsize=(max(6, 1.05 * longest + 0.9), height))
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
    if shortcut:
        start, end, text = shortcut
        bow = {"arrowstyle": "-|>", "color": COLOURS[1], "linewidth": 1.8, "connectionstyle": "arc3,rad=-0.15"}
        axis.annotate("", (end, 0.25), (start, 0.25), arrowprops=bow)
        axis.text((start + end) / 2, 1.05, text, ha="center", fontsize=9, color=COLOURS[1])
    axis.set(xlim=(-1, longest - 0.4), ylim=(-len(rows) + 0.35, 1.25 if shortcut else 0.5))
    axis.axis("off")
    show(figure, alt)


def line_panels(
    panels: dict[str, dict[str, tuple]],
    alt: str,
    xlabel: str,
    ylabel: str,
    levels: dict[str, tuple[str, float]] | None = None,
    style: str = "-",
    legend: str = "best",
    **axes_settings,
) -> None:
    """Draw lines in panels side by side: title -> label -> (x, y), or (x, y, error) for bars of ± error.

    levels: dotted horizontal lines, title of the panel -> (label, height). style: Matplotlib's, such as "o" for points.
    legend: where it stands, in Matplotlib's words. `axes_settings` go to every panel, such as xscale="log".
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(max(6, 4.2 * len(panels)), 3.6), sharey=True, squeeze=False)
    for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for (label, (x, y, *error)), marker in zip(curves.items(), "os^Dv*P", strict=False):
            look = {"fmt": marker} if style == "o" else {"fmt": style, "marker": marker if len(x) < 30 else None}
            axis.errorbar(x, y, *error, label=label, capsize=3, markersize=5, **look)
        if levels and title in levels:
            label, height = levels[title]
            axis.axhline(height, color="black", linestyle=":", label=label)
        axis.set(title=title, xlabel=xlabel, **axes_settings)
    axes[0, 0].set_ylabel(ylabel)
    axes[0, -1].legend(fontsize=9, loc=legend)
    show(figure, alt)


def histograms(groups: dict[str, Sequence[float]], alt: str, xlabel: str, bins: Sequence[float], what: str) -> None:
    """Draw how values spread, in percent of each group; the first group is filled, in grey. what: what is counted."""
    figure, axis = plt.subplots(figsize=(8, 3.4))
    for (label, values), colour in zip(groups.items(), ("0.7", *COLOURS), strict=False):
        look = {"histtype": "stepfilled" if colour == "0.7" else "step", "linewidth": 2, "color": colour}
        axis.hist(values, bins, weights=np.full(len(values), 100 / len(values)), label=label, **look)
    axis.set(xlabel=xlabel, ylabel=f"{what} (%)")
    axis.legend(fontsize=9)
    show(figure, alt)


def confusion_matrices(matrices: dict[str, np.ndarray], names: Sequence[str], alt: str, limit: float = 1.0) -> None:
    """Draw confusion matrices, rows: true classes, with their counts; title -> matrix.

    The colour is a count's fraction of its row, and ends at `limit`.
    """
    side = 0.44 * len(names) + 1.4
    figure, axes = plt.subplots(1, len(matrices), figsize=(side * len(matrices) + 0.6, side), squeeze=False)
    for axis, (title, matrix) in zip(axes[0], matrices.items(), strict=True):
        fractions = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        picture = axis.imshow(fractions, cmap="Blues", vmin=0, vmax=limit)
        for (row, column), count in np.ndenumerate(matrix):
            colour = "white" if fractions[row, column] > 0.6 * limit else "black"
            axis.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=8)
        ticks = {"ticks": range(len(names)), "labels": names}
        axis.set_xticks(**ticks, rotation=90 if max(map(len, names)) > 2 else 0)
        axis.set_yticks(**ticks)
        axis.set(title=title, xlabel="predicted class", ylabel="true class")
    figure.colorbar(picture, ax=axes, label="fraction of the row" + (f" ({limit:g} and more)" if limit < 1 else ""))
    show(figure, alt)


def top_classes(images: Sequence[np.ndarray], answers: Sequence[list[tuple[str, float]]]) -> Figure:
    """Draw each image and, beside it, bars for its classes, a list of (name, probability)."""
    figure, axes = plt.subplots(len(images), 2, figsize=(9, 2 * len(images)), squeeze=False)
    for (left, right), image, answer in zip(axes, images, answers, strict=True):
        draw_image(left, image)
        names, probabilities = zip(*answer, strict=True)
        drawn = right.barh(range(len(names)), probabilities, tick_label=names)  # two classes may share a name
        right.bar_label(drawn, fmt="%.2f", padding=3, fontsize=8)
        right.set(xlim=(0, 1.15), xlabel="probability")
        right.invert_yaxis()
    return figure


def heat_maps(
    images: Sequence[np.ndarray],
    titles: Sequence[str],
    rows: dict[str, Sequence[np.ndarray]],
    alt: str,
    squares: tuple[int, int] | None = None,
) -> None:
    """Draw images side by side, and under each its heat maps on a grey copy: name of the row -> a map (h, w) per image.

    A map covers its image, and has a scale of its own, from 0; one that has as many pixels is drawn alone. With
    `squares`, the size and the stride of the squares of occlusion maps in pixels, the last row holds such maps: each
    cell lies round the middle of its square, and all share one scale, around zero.
    """
    figure, axes = plt.subplots(
        1 + len(rows), len(images), figsize=(2.1 * len(images), 2.3 * (1 + len(rows))), squeeze=False
    )
    for axis, image, title in zip(axes[0], images, titles, strict=True):
        draw_image(axis, image, title)
        axis.title.set_fontsize(9)
    for row, (name, maps) in zip(axes[1:], rows.items(), strict=True):
        signed = squares is not None and name == list(rows)[-1]
        limit = max(float(np.abs(heat).max()) for heat in maps) or 1.0
        for axis, image, heat in zip(row, images, maps, strict=True):
            height, width = image.shape[:2]
            if heat.shape == (height, width):
                draw_image(axis, heat, name)
                continue
            axis.imshow(image.mean(axis=-1) if image.ndim == 3 else image)
            low, high, colours = (-limit, limit, SIGNED) if signed else (0, None, "viridis")
            start, step = ((squares[0] - 1 - squares[1]) / 2, squares[1]) if signed else (-0.5, None)
            bottom, right = (start + step * n for n in heat.shape) if signed else (height - 0.5, width - 0.5)
            extent = (start, right, bottom, start)
            picture = axis.imshow(heat, extent=extent, vmin=low, vmax=high, cmap=colours, alpha=0.6)
            axis.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
            axis.set_title(name, fontsize=9)
            axis.axis("off")
        if signed:
            figure.colorbar(picture, ax=row)
    show(figure, alt)


def sliding_windows(
    image: np.ndarray, side: int, step: int, probabilities: np.ndarray, names: Sequence[str], wanted: int, alt: str
) -> None:
    """Draw what a network says of each window of an image: some windows, and the map of all of them.

    side, step: of the windows, in pixels. probabilities: (rows, columns, classes). Each cell of the map names its most
    probable class; its colour is the probability of the class `wanted`.
    """
    rows, columns = probabilities.shape[:2]
    figure, axes = plt.subplots(1, 2, figsize=(13, 4.4), width_ratios=(1, 1.25))
    draw_image(axes[0], image, f"the image, and three of its {rows * columns} windows of {side}×{side}")
    picture = axes[1].imshow(probabilities[..., wanted], cmap="magma", vmin=0, vmax=1)
    for row, column in np.ndindex(rows, columns):
        one = probabilities[row, column]
        colour = "black" if one[wanted] > 0.6 else "white"
        axes[1].text(column, row, names[one.argmax()][:5], ha="center", va="center", fontsize=7, color=colour)
    for (row, column), colour in zip(
        ((0, 0), (rows // 2, columns // 2), (rows - 1, columns - 1)), COLOURS[1:], strict=False
    ):
        look = {"fill": False, "linewidth": 2.5, "edgecolor": colour}
        axes[0].add_patch(Rectangle((step * column - 0.5, step * row - 0.5), side, side, **look))
        axes[1].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **look))
    axes[1].set(title=f"the map, {rows}×{columns}: one answer per window", xlabel="window", ylabel="window")
    figure.colorbar(picture, ax=axes[1], label=f"probability of {names[wanted]}")
    show(figure, alt)


def class_map(points: np.ndarray, labels: np.ndarray, names: Sequence[str], alt: str) -> None:
    """Draw points (N, 2) with a colour and a mark per class, and each class's name at its middle."""
    figure, axis = plt.subplots(figsize=(8, 5.5))
    for label, name in enumerate(names):
        x, y = points[labels == label].T
        axis.plot(x, y, "osD"[label // len(COLOURS)], color=COLOURS[label % len(COLOURS)], markersize=4, alpha=0.6)
        if len(x):
            frame = {"boxstyle": "round", "facecolor": "white", "edgecolor": COLOURS[label % len(COLOURS)]}
            axis.text(np.median(x), np.median(y), name, ha="center", fontsize=9, bbox=frame)
    axis.set(xticks=(), yticks=())
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


def intervals(table, alt: str) -> None:
    """Draw fractions with their intervals, on a logarithmic axis.

    table: a DataFrame with the columns "fraction", "from" and "to". Its index has two levels: the first one says where
    on the x-axis, the second one which marker and colour.
    """
    names, series = (list(table.index.unique(level)) for level in (0, 1))
    figure, axis = plt.subplots(figsize=(8, 3.8))
    for k, one in enumerate(series):
        rows = table.xs(one, level=1)
        x = [names.index(name) + 0.2 * (k - (len(series) - 1) / 2) for name in rows.index]
        sides = [rows["fraction"] - rows["from"], rows["to"] - rows["fraction"]]
        axis.errorbar(x, rows["fraction"], sides, fmt=MARKERS[k], capsize=4, label=f"{table.index.names[1]}: {one}")
    axis.set(xlabel=table.index.names[0], xticks=range(len(names)), xticklabels=names, ylabel="fraction")
    axis.set_yscale("log", nonpositive="clip")
    axis.legend(fontsize=9)
    show(figure, alt)


def timeline(rows: Mapping[str, Sequence[tuple[float, float, str]]], alt: str) -> None:
    """Draw bars on a time axis: row -> [(start, length, label), ...], of two different lengths, each in its colour."""
    lengths = sorted({length for bars in rows.values() for _, length, _ in bars})
    figure, axis = plt.subplots(figsize=(8, 1.1 * len(rows)))
    for row, bars in enumerate(rows.values()):
        for start, length, label in bars:
            kind = lengths.index(length)
            height, colour = -row - 0.4 * kind, COLOURS[(kind + 1) % 2]
            axis.barh(height, length, 0.36, start, color=colour, edgecolor="white")
            axis.text(start + length / 2, height, label, ha="center", va="center", color="white", fontsize=8)
    axis.set(xlabel="time", xticks=(), yticks=[-row - 0.2 for row in range(len(rows))], yticklabels=list(rows))
    show(figure, alt)
