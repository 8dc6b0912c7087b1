"""The feature journey beyond its checks: receptive field, two heat maps of a known network."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from checks import feature_journey
from grader import source
from helpers import insight, session
from tests import answer_bank

LAB = "09_feature_journey"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_one_place_of_conv2_sees_the_framed_pixels(lab):
    model = lab["build_conv"]()
    conv2 = keras.Model(model.inputs[0], model.get_layer("conv2").output)
    images = tf.random.stateless_uniform((1, 28, 28, 1), (0, 1), minval=0.5)
    for i, j in ((0, 0), (3, 7), (10, 10)):
        seen = np.zeros((28, 28), bool)
        with tf.GradientTape() as tape:
            tape.watch(images)
            answers = tf.reduce_sum(conv2(images)[0, i, j])
        seen |= tape.gradient(answers, images)[0, ..., 0].numpy() != 0
        rows, columns = np.nonzero(seen)
        assert rows.min() >= 2 * i and rows.max() < 2 * i + 8
        assert columns.min() >= 2 * j and columns.max() < 2 * j + 8
        assert np.ptp(rows) > 4 and np.ptp(columns) > 4


def test_both_maps_find_the_bright_square_that_a_network_looks_for(lab):
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(1, 3, padding="same", activation="relu", name="features"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="logits"),
            layers.Activation("softmax", name="probabilities"),
        ]
    )
    weights = [np.ones((3, 3, 1, 1)), np.zeros(1), np.array([[8.0, -8.0]]), np.zeros(2)]
    model.set_weights(weights)
    image = np.zeros((16, 16, 1), "float32")
    image[10:13, 2:5] = 1
    cam = lab["grad_cam"](model, image, "features", 0)
    assert np.unravel_index(cam.argmax(), cam.shape) == (11, 3)
    assert lab["grad_cam"](model, image, "features", 1).max() == 0
    drop = lab["occlusion_map"](insight.predict_with(model), image, 0, 4, 2)
    assert np.unravel_index(drop.argmax(), drop.shape) in ((5, 1), (4, 1), (5, 0))


def test_gradient_of_the_probability_is_accepted_with_a_remark(lab):
    check = feature_journey.grad_cam
    accepted = [one for one in answer_bank.answers(LAB) if one.exercise == "grad_cam" and one.says is None]
    reasons = [check.verdict(check.collect(one.function)).reason for one in accepted]
    assert sum("gradient of the probability" in reason for reason in reasons) == 2
