"""What helps to look into a network, on networks whose answers are known."""

import keras
import numpy as np
import pytest
from keras import layers

from helpers import insight


@pytest.fixture
def model() -> keras.Model:
    """A network that looks for bright pixels in the first channel."""
    inputs = keras.Input((6, 6, 3))
    maps = layers.Conv2D(2, 1, activation="relu", name="maps")(inputs)
    logits = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, layers.Softmax()(logits))
    kernel = np.zeros((1, 1, 3, 2))
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.set_weights([kernel, np.zeros(2), np.array([[36.0, 0.0], [0.0, 36.0]]), np.zeros(2)])
    return model


def test_log_odds_are_those_of_the_probabilities(model):
    images = np.zeros((2, 6, 6, 3), "float32")
    images[1, 0, 0, 0] = 2  # its logits are 2 and 0
    assert insight.predict_with(model)(images)[0] == pytest.approx([0.5, 0.5])
    assert insight.log_odds_with(model)(images)[:, 0] == pytest.approx([0, 2], abs=1e-5)
    images[1, 0, 0, 0] = 1000
    assert insight.log_odds_with(model)(images)[1, 0] == pytest.approx(np.log(1e6), abs=0.1)


def test_saliency_marks_the_pixels_that_count(model):
    image = np.full((6, 6, 3), -1.0)
    image[2, 3, 0] = 1  # elsewhere ReLU lets no gradient through
    found = insight.saliency(model, image, 0)
    assert found[2, 3] == pytest.approx(1) and found.sum() == pytest.approx(1)


def test_gradient_ascent_excites_each_filter_with_its_own_image(model):
    images = insight.excite(model, "maps", [1, 0], steps=30)
    assert images.shape == (2, 6, 6, 3) and images.min() >= 0 and images.max() <= 1
    assert images[0, ..., 1].mean() > 0.6 > images[0, ..., 0].mean()
    assert images[1, ..., 0].mean() > 0.6 > images[1, ..., 1].mean()


def test_layers_one_after_the_other_answer_as_the_network_does():
    network = keras.Sequential(
        [keras.Input((5, 5, 1)), layers.Conv2D(2, 2, name="conv"), layers.MaxPooling2D(2, name="pool")]
    )
    images = np.random.default_rng(0).random((3, 5, 5, 1))
    found = insight.answers_of_layers(network, ["pool"], images)
    assert list(found) == ["pool"] and np.allclose(found["pool"], network(images), atol=1e-6)


def test_ranking_finds_the_filter_that_answers_to_a_class():
    rng = np.random.default_rng(0)
    activations, labels = rng.random((40, 3, 3, 5)), np.arange(40) % 4
    activations[labels == 2, ..., 3] += 1
    activations[..., 4] = 0  # a dead filter
    scores = insight.rank_filters(activations, labels, [2])
    assert scores.argmax() == 3 and scores[4] == 0


def test_correlation_of_maps():
    one = np.arange(6.0).reshape(2, 3)
    assert insight.correlation([one, one], [2 * one + 1, -one]) == pytest.approx(0)
    assert insight.correlation([one], [np.ones((2, 3))]) == 0


def test_similarity_with_a_classic_kernel():
    classic = insight.CLASSIC_KERNELS
    between = classic["Sobel x"] / np.linalg.norm(classic["Sobel x"]) + classic["box"] / np.linalg.norm(classic["box"])
    found = insight.best_similarities(np.stack([3 * classic["Sobel x"], -classic["box"], between], axis=-1))
    assert found[:2] == pytest.approx(1) and found[2] == pytest.approx(np.sqrt(0.5))


def test_first_kernels_are_those_of_the_first_convolution(model):
    assert insight.first_kernels(model).shape == (1, 1, 3, 2)
