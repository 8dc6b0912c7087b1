"""The slash lab beyond its checks: the layer explorer at every position, the classic models' convergence, the data."""

import re
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from grader import source
from helpers import session, widgets

LAB = "02_slash_cnn_vs_classic_ml"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def alt(explorer) -> str:
    return re.search(r"alt='([^']*)'", explorer.picture.value)[1]


def test_explorer_works_at_every_layer_and_image(lab):
    images = np.random.default_rng(0).random((3, 30, 30, 1)).astype("float32")
    model = lab["build_conv_network"]()
    explorer = widgets.layer_explorer(model, images)
    shapes = ["30×30×1", "30×30×10", "15×15×10", "15×15×10", "15×15×10", "10", "1"]
    assert explorer.controls["layer"].max == len(shapes) - 1
    for layer, shape in enumerate(shapes):
        explorer.controls["layer"].value = layer
        assert f"layer {layer}: " in alt(explorer) and f", {shape};" in alt(explorer)
    for image in (2, 0, 1):
        explorer.controls["image"].value = image
        probability = float(model(images[image : image + 1], training=False)[0, 0])
        assert alt(explorer).startswith(f"image {image}, layer 6")
        assert f"{probability:.2f}" in alt(explorer)


def test_explorer_shows_colour_images_and_functional_networks():
    inputs = keras.Input((8, 8, 3))
    maps = layers.Conv2D(70, 3)(inputs)
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.Flatten()(maps)))
    explorer = widgets.layer_explorer(model, np.zeros((2, 8, 8, 3), "float32"))
    for layer in range(4):
        explorer.controls["layer"].value = layer
        assert f"layer {layer}: " in alt(explorer)


def test_explorer_has_a_static_twin(lab, capsys):
    explorer = widgets.layer_explorer(lab["build_conv_network"](), np.zeros((1, 30, 30, 1), "float32"))
    explorer.static(layer=5)
    assert "layer 5: " in capsys.readouterr().out


def test_classic_models_converge_without_a_warning(lab):
    x_train, x_test, y_train, y_test = lab["make_dataset"](per_class=100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = lab["score_models"](
            lab["classic_models"](), lab["to_flat"](x_train), y_train, lab["to_flat"](x_test), y_test
        )
    assert len(scores) == 6 and scores["test_score"].between(0, 1).all()


def test_no_pixel_tells_the_classes_apart(lab):
    drawings, labels = lab["draw_slashes"](np.random.default_rng(0), 4000)
    assert (drawings == 0).sum((1, 2)).tolist() == [4] * 8000
    difference = drawings[labels == 0].mean(0) - drawings[labels == 1].mean(0)
    assert np.abs(difference).max() < 0.01


def test_noisy_labels_take_a_list_of_images(lab):
    """The check of accuracy_by_rotation lets a student hand one over."""
    drawings, _ = lab["draw_slashes"](np.random.default_rng(0), 3)
    assert lab["noisy_labels"](lab["build_conv_network"](), list(drawings)).shape == (6,)


def test_networks_and_classic_models_are_asked_alike(lab):
    images = np.random.default_rng(0).random((6, 30, 30)).astype("float32")
    forest = lab["classic_models"]()["random forest"].fit(images.reshape(6, -1), [0, 1] * 3)
    for model in (lab["build_conv_network"](), lab["build_dense_network"](), forest):
        labels = lab["predict_labels"](model, images)
        assert labels.shape == (6,) and set(labels) <= {0, 1}


def test_margin_stays_free(lab):
    drawings, _ = lab["draw_slashes"](np.random.default_rng(0), 50, length=15, margin=5)
    assert drawings[:, :5].min() == drawings[:, -5:].min() == drawings[..., :5].min() == drawings[..., -5:].min() == 1


def test_the_brightness_that_the_text_names(lab):
    assert f"average {lab['make_dataset']()[0].mean():.2f}:" in source.path(LAB, ".py").read_text(encoding="utf-8")
