"""Interactive explorers. Each has a static twin, the same drawing for chosen settings: for print and screen readers."""

import io
from collections.abc import Callable

import ipywidgets
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.signal import correlate2d

from helpers import datasets, plots


class Explorer(ipywidgets.VBox):
    """Controls above a picture that follows them.

    `draw(**settings)` returns a Figure and its alt text; `controls` maps each setting to an ipywidgets control.
    """

    def __init__(self, draw: Callable[..., tuple[Figure, str]], controls: dict[str, ipywidgets.ValueWidget]):
        self.draw, self.controls, self.picture = draw, controls, ipywidgets.HTML()
        for control in controls.values():
            control.continuous_update = False  # a drag is drawn once, where it ends
            control.observe(self._follow, names="value")
        self._follow()
        super().__init__([*controls.values(), self.picture])

    def _follow(self, change=None) -> None:
        settings = {name: control.value for name, control in self.controls.items()}
        self.picture.value = plots.html_image(*self.draw(**settings))

    def static(self, **settings) -> None:
        """Show the picture for these settings without controls; a setting left out keeps its control's value."""
        values = {name: control.value for name, control in self.controls.items()}
        plots.show(*self.draw(**(values | settings)))


FREE = "your own 3×3"


def convolution_explorer(images: dict[str, np.ndarray], kernels: dict[str, np.ndarray]) -> Explorer:
    """Image × kernel × border × stride, and nine numbers for a kernel of one's own. Images are (H, W)."""

    def draw(image: str, kernel: str, border: str, stride: int, **weights: float) -> tuple[Figure, str]:
        values = np.reshape(list(weights.values()), (3, 3)) if kernel == FREE else kernels[kernel]
        response = correlate2d(images[image].astype(float), values, mode=border)[::stride, ::stride]
        places = {"left": 0.01, "right": 0.99, "top": 0.92, "bottom": 0.01, "wspace": 0.05}
        figure, axes = plt.subplots(1, 3, figsize=(11, 3.9), width_ratios=(4, 2, 4), layout="none", gridspec_kw=places)
        plots.draw_image(axes[0], images[image], f"{image}, {size(images[image])}")
        plots.draw_image(axes[1], values, f"{kernel}, {size(values)}", signed=True)
        if values.size <= 25:
            plots.write_numbers(axes[1], values)
        title = f"response, {border}, stride {stride}: {size(response)}"
        if np.isclose(values.sum(), 1):  # keeps the brightness: shown as a screen shows the image, without overshoot
            plots.draw_image(axes[2], np.clip(response, images[image].min(), images[image].max()), title)
        else:
            plots.draw_image(axes[2], response, title, signed=True)
        numbers = f" ({'; '.join(' '.join(f'{value:g}' for value in row) for row in values)})" * (kernel == FREE)
        return figure, (
            f"{image} of size {size(images[image])}, correlated with the kernel {kernel}{numbers}, border {border}, "
            f"stride {stride}: the response has size {size(response)}, values from {response.min():.2f} to "
            f"{response.max():.2f}."
        )

    weights = {
        f"w{row}{column}": ipywidgets.BoundedFloatText(
            float(row == column == 1), min=-4, max=4, step=0.5, description=f"row {row + 1}, column {column + 1}"
        )
        for row in range(3)
        for column in range(3)
    }
    for weight in weights.values():
        weight.layout.width, weight.style.description_width = "210px", "110px"
    menus = {
        "image": ipywidgets.Dropdown(options=list(images), description="image"),
        "kernel": ipywidgets.Dropdown(options=[*kernels, FREE], description="kernel"),
        "border": ipywidgets.Dropdown(options=["valid", "same", "full"], description="border"),
        "stride": ipywidgets.IntSlider(1, min=1, max=8, description="stride"),
    }
    explorer = Explorer(draw, menus | weights)
    grid = ipywidgets.GridBox(
        list(weights.values()), layout=ipywidgets.Layout(grid_template_columns="repeat(3, 220px)", display="none")
    )

    def toggle(change=None) -> None:
        grid.layout.display = "grid" if menus["kernel"].value == FREE else "none"

    menus["kernel"].observe(toggle, names="value")
    explorer.children = (ipywidgets.HBox(list(menus.values())), grid, explorer.picture)
    return explorer


def convolution_walk(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> Explorer:
    """A convolutional layer, position by position: patch × kernel for each channel, the sum, the bias, the output cell.

    Shapes as in a layer: `x` (H, W, C), `w` (kh, kw, C, K), `b` (K,), with C at least 2; small whole numbers read best.
    """
    x = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
    kernel_height, kernel_width, channels, filters = w.shape
    rows, columns = (x.shape[0] - kernel_height) // stride + 1, (x.shape[1] - kernel_width) // stride + 1

    def patch(position: int) -> tuple[slice, slice]:
        row, column = (stride * index for index in divmod(position, columns))
        return slice(row, row + kernel_height), slice(column, column + kernel_width)

    # One figure for all positions: to make its axes takes as long as to draw what is in them.
    room = {"left": 0.01, "right": 0.99, "top": 1 - 0.1 / channels, "bottom": 0.01, "wspace": 0.1, "hspace": 0.15}
    settings = {"figsize": (11, 2.5 * channels), "width_ratios": (3, 2, 2, 2), "layout": "none", "gridspec_kw": room}
    figure, axes = plt.subplots(channels, 4, **settings)

    def draw(position: int, filter: int) -> tuple[Figure, str]:
        for axis in axes.flat:
            for artist in (*axis.images, *axis.texts, *axis.patches):
                artist.remove()
        position -= 1  # people count from 1
        here, kernel = patch(position), w[..., filter - 1]
        for channel in range(channels):
            plane = x[..., channel]
            product = plane[here] * kernel[..., channel]
            titles = (
                f"input, channel {channel}",
                f"filter {filter}, channel {channel}",
                f"product, sum {product.sum():g}",
            )
            for axis, values, title in zip(axes[channel], (plane, kernel[..., channel], product), titles, strict=False):
                plots.draw_image(axis, values, title, signed=True)
                plots.write_numbers(axis, values)
            corner = here[1].start - 0.5, here[0].start - 0.5
            frame = Rectangle(corner, kernel_width, kernel_height, fill=False, edgecolor=plots.COLOURS[2], linewidth=3)
            axes[channel, 0].add_patch(frame)
            axes[channel, 3].axis("off")
        sums = [float((x[patch(k)] * kernel).sum() + b[filter - 1]) for k in range(position + 1)]
        output = np.full(rows * columns, np.nan)
        output[: position + 1] = sums
        plots.draw_image(axes[0, 3], output.reshape(rows, columns), f"output, filter {filter}", signed=True)
        plots.write_numbers(axes[0, 3], output.reshape(rows, columns))
        terms = [f"{float((x[here] * kernel)[..., channel].sum()):g}" for channel in range(channels)]
        sum_text = " + ".join([*terms, f"{b[filter - 1]:g} (bias)"]) + f" = {sums[-1]:g}"
        axes[1, 3].text(0.5, 0.6, "sum over the channels", ha="center", fontsize=10)
        axes[1, 3].text(0.5, 0.4, sum_text, ha="center", fontsize=11, weight="bold")
        return figure, f"Position {position + 1} of {rows * columns}: {sum_text}."

    return Explorer(
        draw,
        {
            "position": ipywidgets.IntSlider(1, min=1, max=rows * columns, description="position"),
            "filter": ipywidgets.IntSlider(1, min=1, max=filters, description="filter"),
        },
    )


def picture_upload(classify: Callable[[np.ndarray], list[tuple[str, float]]], image: np.ndarray) -> ipywidgets.VBox:
    """A button to choose a picture file; below it the picture and its classes. Until then it shows `image`.

    classify: a function from an image, uint8 (H, W, 3), to a list of (name, probability), the most probable first.
    """
    button = ipywidgets.FileUpload(accept="image/*", description="Choose a picture", layout={"width": "auto"})

    def answer(image: np.ndarray) -> str:
        (name, probability), *_ = answers = classify(image)
        alt = f"A picture, most probably: {name} ({probability:.2f})"
        return plots.html_image(plots.top_classes([image], [answers]), alt)

    def follow(change) -> None:
        try:
            for file in change["new"]:
                shown.value = answer(datasets.picture(io.BytesIO(file["content"])))
        except OSError:
            shown.value = "This file is no picture that can be read: choose a .jpg or .png file."

    shown = ipywidgets.HTML(answer(image))
    button.observe(follow, names="value")
    return ipywidgets.VBox([button, shown])


def size(image: np.ndarray) -> str:
    """An image's height × width, for titles."""
    return f"{image.shape[0]}×{image.shape[1]}"


def layer_explorer(model, images: np.ndarray) -> Explorer:
    """What every layer of a Keras network answers to an image: two sliders, the image and the layer.

    `images` (N, H, W, C) as the network takes them. Layer 0 is the image itself. Feature maps are shown as pictures,
    at most 64 of them, one value per unit as bars.
    """
    import keras

    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    outputs, names = [layer.output for layer in layers], ["image", *(type(layer).__name__ for layer in layers)]
    all_layers = keras.Model(model.inputs[0], outputs)
    cache: dict[int, list[np.ndarray]] = {}

    def draw(image: int, layer: int) -> tuple[Figure, str]:
        if image not in cache:
            batch = images[image : image + 1]
            answers = keras.tree.flatten(all_layers(batch, training=False))
            cache.clear()
            cache[image] = [batch[0], *(np.asarray(answer)[0] for answer in answers)]
        values = np.squeeze(cache[image][layer]) if layer == 0 else cache[image][layer]
        title = f"image {image}, layer {layer}: {names[layer]}, " + "×".join(map(str, cache[image][layer].shape))
        if values.ndim == 3 and layer > 0:
            figure = draw_maps(values)
        elif values.ndim == 1:
            figure, axis = plt.subplots(figsize=(8, 2.6))
            axis.bar(range(1, len(values) + 1), values)
            axis.axhline(0, color="black", linewidth=0.8)
            axis.set(xlabel="unit", ylabel="value")
            axis.xaxis.get_major_locator().set_params(integer=True)
        else:  # an image, or a sequence of vectors
            figure, axis = plt.subplots(figsize=(3, 3))
            plots.draw_image(axis, values)
        figure.suptitle(title, fontsize=11)
        return figure, f"{title}; values from {values.min():.2f} to {values.max():.2f}."

    return Explorer(
        draw,
        {
            "image": ipywidgets.IntSlider(0, min=0, max=len(images) - 1, description="image"),
            "layer": ipywidgets.IntSlider(1, min=0, max=len(outputs), description="layer"),
        },
    )


def draw_maps(maps: np.ndarray) -> Figure:
    """Draw feature maps (H, W, C) side by side on one common scale, at most 64 of them, each with its number.

    They are tiles of one picture: an axis for each would take seconds.
    """
    height, width, n = maps[..., :64].shape
    columns = min(5 if n <= 10 else 8, n)
    rows = -(-n // columns)
    gap = 1 + max(height, width) // 8  # room for the numbers
    tiles = np.full((rows, height + gap, columns, width + gap), np.nan)
    places = [divmod(k, columns) for k in range(n)]
    for k, (row, column) in enumerate(places):
        tiles[row, gap:, column, :width] = maps[..., k]
    figure, axis = plt.subplots(figsize=(1.5 * columns + 1, 1.5 * rows * (height + gap) / (width + gap) + 0.4))
    picture = axis.imshow(tiles.reshape(rows * (height + gap), -1), interpolation="nearest")
    for k, (row, column) in enumerate(places):
        place = column * (width + gap) + (width - 1) / 2, row * (height + gap) + gap - 0.8
        axis.annotate(str(k + 1), place, ha="center", va="bottom", fontsize=8)
    axis.axis("off")
    figure.colorbar(picture, ax=axis, shrink=0.8, label="value of each numbered map")
    return figure
