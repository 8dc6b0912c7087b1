"""What helpers.networks counts and measures, against counting by hand."""

import numpy as np
import pytest

from helpers import networks, session

session.load_tensorflow()
import keras  # noqa: E402 - after its start-up log is muted
from keras import layers  # noqa: E402


@pytest.fixture
def model():
    """A network inside a network, with batch normalisation and dropout."""
    maps = keras.Sequential(
        [layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D()]
    )
    return keras.Sequential([keras.Input((8, 8, 2)), maps, layers.Flatten(), layers.Dropout(0.5), layers.Dense(3)])


def test_layers_of_networks_inside_count(model):
    kinds = [type(layer).__name__ for layer in networks.all_layers(model)]
    assert kinds == ["Conv2D", "BatchNormalization", "MaxPooling2D", "Flatten", "Dropout", "Dense"]


def test_multiply_adds_and_their_fractions(model):
    convolution, dense = 6 * 6 * (3 * 3 * 2) * 4, 3 * 3 * 4 * 3
    assert networks.multiply_adds(model) == convolution + dense
    table = networks.costs(model)
    assert list(table["layer"]) == ["Conv2D", "Dense"] and list(table["out"]) == ["(6, 6, 4)", "(3,)"]
    assert list(table["parameters"]) == [3 * 3 * 2 * 4 + 4, 3 * 3 * 4 * 3 + 3]
    assert table["fraction of multiply-adds"].sum() == pytest.approx(1)
    assert table["fraction of parameters"][1] == pytest.approx(111 / model.count_params(), abs=5e-4)


def test_accuracy_is_in_test_mode_for_both_kinds_of_labels(model):
    x = np.random.default_rng(0).normal(size=(30, 8, 8, 2)).astype("float32")
    named = model.predict(x, verbose=0).argmax(axis=1)
    y = named.copy()
    y[:6] = (y[:6] + 1) % 3
    one_hot = np.eye(3)[y]
    assert networks.scores(model, x, batch_size=7).shape == (30, 3)
    assert networks.accuracy(model, x, y) == networks.accuracy(model, x, one_hot) == pytest.approx(0.8)
    row = networks.comparison(model, (x[6:], y[6:]), (x[:12], one_hot[:12]), [9.0, 2.0, 1.0])
    assert (row["training accuracy"], row["validation accuracy"], row["gap"]) == (1, 0.5, 0.5)
    assert row["seconds per epoch"] == 2 and row["parameters"] == model.count_params()


def test_pairs_that_are_mixed_up_count_in_both_directions():
    x = np.eye(3, dtype="float32")[[0, 0, 1, 1, 2, 2]]
    model = keras.Sequential([keras.Input((3,)), layers.Activation("linear")])
    pairs = networks.mixed_up(model, x, np.array([0, 1, 0, 1, 2, 0]), ["ship", "cat", "dog"])
    assert dict(pairs) == {"cat and ship": 2, "dog and ship": 1} and pairs.index[0] == "cat and ship"
    assert len(networks.mixed_up(model, x, np.eye(3)[[0, 0, 1, 1, 2, 2]], ["ship", "cat", "dog"])) == 0


def test_boxes_name_layers_and_the_shape_of_their_output(model):
    assert networks.boxes(model) == [
        ("INPUT", "8×8×2"),
        ("CONV-4\nRELU", "6×6×4"),
        ("NORM", "6×6×4"),
        ("POOL", "3×3×4"),
        ("DROP", "36"),
        ("FCS", "3"),
    ]
