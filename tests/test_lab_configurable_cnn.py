"""The configurable network's lab beyond its checks: what its callbacks note, and what its exercises say of Keras."""

import keras
import numpy as np
import pytest

from grader import source
from helpers import session

LAB = "04_configurable_cnn"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


@pytest.fixture
def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 32, 32, 3)).astype("float32"), np.eye(10, dtype="float32")[np.arange(40) % 10]


def test_cross_entropy_leaves_the_penalty_out(lab, images):
    model = lab["build_cnn"](**lab["BASE"] | {"n_conv_layers": 1, "n_filters": 4, "l2": 0.01})
    history = lab["train"](model, *images, *images, epochs=2)
    penalty = float(sum(model.losses))
    assert penalty > 0.1
    assert history["val_loss"][-1] - history["val_cross_entropy"][-1] == pytest.approx(penalty, rel=0.02)
    kernels = np.concatenate([np.ravel(layer.kernel) for layer in model.layers if hasattr(layer, "kernel")])
    assert history["weight_size"][-1] == pytest.approx(np.sqrt(np.mean(kernels**2)), rel=1e-4)
    assert len(history["seconds"]) == 2


def test_step_is_that_of_keras(lab):
    """Plain gradient descent on a layer with a penalty."""
    rng = np.random.default_rng(0)
    x, y, start = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng.normal(size=(3, 2))
    layer = keras.layers.Dense(2, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.3))
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.set_weights([start])
    model.train_on_batch(x, y)
    gradient = 2 * x.T @ (x @ start - y) / y.size
    np.testing.assert_allclose(model.get_weights()[0], lab["step_with_l2"](start, gradient, 0.1, 0.3), rtol=1e-4)
