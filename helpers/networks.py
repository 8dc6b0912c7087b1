"""What several labs ask of a network: its scores and accuracy, what each layer costs, a row of the comparison."""

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd

NOTATION = {"Conv2D": "CONV", "Dense": "FC", "BatchNormalization": "NORM", "Dropout": "DROP"}


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """The network's layers in their order; of networks inside it their layers."""
    return [one for layer in model.layers for one in (all_layers(layer) if hasattr(layer, "layers") else [layer])]


def scores(model: keras.Model, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """What the network gives for each image, (N, classes), float32, in test mode."""
    batches = (model(x[start : start + batch_size], training=False) for start in range(0, len(x), batch_size))
    return np.concatenate([keras.ops.convert_to_numpy(keras.ops.cast(batch, "float32")) for batch in batches])


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """The fraction of images that get the right class, in test mode. y: classes (N,), or one-hot (N, classes)."""
    return float(np.mean(scores(model, x).argmax(axis=1) == _classes(y)))


def multiply_adds(layer: keras.Layer) -> int:
    """Products of weights and values for one image, in a layer or a whole network.

    Each weight of a kernel counts once for each position of the output; the output of a dense layer has one.
    """
    if hasattr(layer, "layers"):
        return sum(map(multiply_adds, all_layers(layer)))
    return int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1])) if hasattr(layer, "kernel") else 0


def costs(model: keras.Model) -> pd.DataFrame:
    """One row for each layer with a kernel: its shapes, its parameters and multiply-adds, and their fractions."""
    rows = [
        {
            "layer": type(layer).__name__,
            "in": str(tuple(layer.input.shape[1:])),
            "out": str(tuple(layer.output.shape[1:])),
            "parameters": layer.count_params(),
            "multiply-adds": multiply_adds(layer),
        }
        for layer in all_layers(model)
        if hasattr(layer, "kernel")
    ]
    table = pd.DataFrame(rows)
    table["fraction of parameters"] = (table["parameters"] / model.count_params()).round(3)
    table["fraction of multiply-adds"] = (table["multiply-adds"] / multiply_adds(model)).round(3)
    return table


def comparison(model: keras.Model, known: tuple, new: tuple, seconds: list[float]) -> dict[str, float]:
    """A network's row on a board. known, new: images and labels, of its training and others.

    The gap is the difference of the two accuracies, both in test mode.
    """
    on_known, on_new = accuracy(model, *known), accuracy(model, *new)
    return {
        "parameters": model.count_params(),
        "multiply-adds in millions": round(multiply_adds(model) / 1e6, 2),
        "seconds per epoch": round(float(np.median(seconds)), 1),
        "training accuracy": round(on_known, 3),
        "validation accuracy": round(on_new, 3),
        "gap": round(on_known - on_new, 3),
    }


def mixed_up(model: keras.Model, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> pd.Series:
    """How often two classes are taken for each other, "cat and dog" -> images, most frequent first.

    y: classes (N,), or one-hot (N, classes).
    """
    found = np.array(names)[np.stack([_classes(y), scores(model, x).argmax(axis=1)], axis=1)]
    return pd.Series([" and ".join(sorted(pair)) for pair in found if pair[0] != pair[1]], dtype=str).value_counts()


def boxes(model: keras.Model) -> list[tuple[str, str]]:
    """The network for `plots.block_diagram`: of each layer a short name, and the shape of its output for one image.

    CONV-32 has 32 filters, FC-100 has 100 units, and FCS, the last dense layer, gives the scores. `Flatten` and layers
    that only apply a function are left out.
    """
    named = [("INPUT", model.inputs[0])] + [(_short(layer), layer.output) for layer in all_layers(model)]
    found = [(name, "×".join(map(str, output.shape[1:]))) for name, output in named if name]
    return [*found[:-1], ("FCS", found[-1][1])] if found[-1][0].startswith("FC-") else found


def _classes(y: np.ndarray) -> np.ndarray:
    return y.argmax(axis=1) if y.ndim == 2 else y


def _short(layer: keras.Layer) -> str:
    kind, size = type(layer).__name__, getattr(layer, "filters", getattr(layer, "units", ""))
    name = "POOL" if "Pooling" in kind else NOTATION.get(kind, "")
    relu = getattr(layer, "activation", None) is keras.activations.relu
    return (f"{name}-{size}" if size else name) + "\nRELU" * relu
