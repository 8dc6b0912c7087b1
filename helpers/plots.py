"""Pictures of images, filters, feature maps and training runs: labelled, colour-blind safe, with alt text."""

import base64
import html
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

# Okabe & Ito (2008), https://jfly.uni-koeln.de/color/: told apart with every kind of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SIGNED = "PuOr_r"  # for values around zero: purple is negative, white is zero, orange is positive


def use_course_style() -> None:
    """Set Matplotlib's defaults for all labs."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.grid": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "image.cmap": "gray",
            "figure.dpi": 90,
            "figure.constrained_layout.use": True,
            "font.size": 11,
        }
    )


def show(figure: Figure, alt: str) -> None:
    """Display a figure in the notebook with a text for those who cannot see it, and close it."""
    from IPython.display import display

    # As HTML, because JupyterLab shows a plain PNG without its alt text.
    display({"text/html": html_image(figure, alt), "text/plain": alt}, raw=True)


def html_image(figure: Figure, alt: str) -> str:
    """The figure as an HTML <img> with alt text; closes it."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")
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
) -> None:
    """Show images, (H, W) or (H, W, 3), side by side with a title each; see `draw_image` for their scale."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(size * columns, (size + 0.25) * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        draw_image(axis, image, title, signed, limit)
    show(figure, alt)


def kernel_responses(
    kernels: dict[str, np.ndarray],
    responses: Sequence[np.ndarray],
    alt: str,
    signed: bool = False,
    limit: float | None = None,
) -> None:
    """Each kernel with its numbers above its response, (H, W); see `draw_image` for the scale of the responses."""
    n = len(responses)
    figure, axes = plt.subplots(2, n, figsize=(2.3 * n, 4.8), height_ratios=(1.4, 2), squeeze=False)
    for (above, below), (name, kernel), response in zip(axes.T, kernels.items(), responses, strict=True):
        draw_image(above, kernel, name, signed=True)
        write_numbers(above, kernel)
        draw_image(below, response, "", signed, limit)
    show(figure, alt)


def draw_image(axis, image: np.ndarray, title: str = "", signed: bool = False, limit: float | None = None) -> None:
    """Draw one (H, W) or (H, W, 3) image into a Matplotlib axis.

    Each image has its own grey scale; large ones from their 0.5th to their 99.5th percentile, so that a few outliers do
    not flatten the rest; with `limit` from 0, black, to `limit`, white. With `signed`, zero is white, negative values
    are purple, positive ones orange, NaN is grey, and the colours end at ±`limit`, by default the largest value.
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
    axis.axis("off")


def write_numbers(axis, values: np.ndarray) -> None:
    """Write each value of a small (H, W) array into its pixel, dark on light and light on dark; NaN stays empty."""
    strongest = np.nanmax(np.abs(values), initial=1e-9)
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            colour = "white" if abs(value) > 0.6 * strongest else "black"
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
