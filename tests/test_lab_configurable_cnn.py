"""The configurable network's lab beyond its checks: what its callbacks note, and what its exercises say of Keras."""

import keras
import numpy as np
import pytest

from grader import source
from helpers import session, training

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


def test_what_the_text_says_of_early_stopping_and_of_chance(lab):
    runs = {run: training.reference_run(LAB, run) for run in lab["RUNS"]}
    best = {run: lab["early_stopping"](one["val_cross_entropy"], lab["PATIENCE"])[1] for run, one in runs.items()}
    assert all(best[run] == np.argmin(one["val_cross_entropy"]) + 1 for run, one in runs.items())  # never lower again
    reached = [-value for value in runs["conv4_dense"]["val_accuracy"]]
    assert lab["early_stopping"](reached, 3) == (7, 4) and lab["early_stopping"](reached, 5)[1] == 19
    lower = [one["val_accuracy"][best[run] - 1] < one["val_accuracy"][-1] for run, one in runs.items()]
    assert sum(lower) > len(lower) / 2
    mean = {row["run"]: row["mean"] for row in training.reference_figures(LAB) if row["metric"] == "val_accuracy"}
    assert mean["conv2_dense"] - mean["conv2"] > 0.016 and mean["conv4_dense"] - mean["conv2_dense"] > 0.016
    assert all(mean["conv4_dense"] - mean[run] > 0.016 for run in ("dropout", "l2"))
    assert 0.008 < mean["conv4_dense"] - mean["l2_weak"] < 0.016  # at the edge


def test_parameters_that_the_text_names(lab):
    shallow, deep = (lab["build_cnn"](**lab["RUNS"][run]) for run in ("conv2_dense", "conv4_dense"))

    def sizes(model, kind):
        return [layer.count_params() for layer in model.layers if type(layer).__name__ == kind]

    assert round(100 * sizes(shallow, "Dense")[0] / shallow.count_params()) == 97
    assert sizes(shallow, "Dense")[0] - sizes(deep, "Dense")[0] == 153_600
    assert sum(sizes(deep, "Conv2D")) - sum(sizes(shallow, "Conv2D")) == 92_352
