"""The MNIST lab beyond its checks: the callback in a real training, augmented batches, the rate in the logs."""

import keras
import numpy as np
import pytest
from keras import layers

from grader import source
from helpers import session

LAB = "07_mnist_callback"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


@pytest.fixture
def bars() -> tuple[np.ndarray, np.ndarray]:
    """Images that are easy to learn: a bright bar, whose row tells the class."""
    y = np.arange(200) % 10
    x = np.zeros((200, 28, 28, 1), "float32")
    x[np.arange(200), 4 + 2 * y] = 1
    return x, y


def test_callback_ends_a_real_training_twice(lab, bars, capsys):
    stop = lab["StopAtAccuracy"](0.95)
    for _ in range(2):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        reached = model.fit(*bars, batch_size=20, epochs=30, callbacks=[stop], verbose=0).history["accuracy"]
        assert 1 < len(reached) < 30
        assert reached[-1] > 0.95 and max(reached[:-1]) <= 0.95
    assert capsys.readouterr().out == 2 * "Reached 95% accuracy so cancelling training!\n"


def test_batches_hold_every_image_once_changed_and_with_its_label(lab, bars):
    x, y = bars
    images, labels = (
        np.concatenate(parts) for parts in zip(*lab["make_batches"](x, y).as_numpy_iterator(), strict=True)
    )
    assert images.shape == x.shape and images.dtype == np.float32 and images.min() >= 0 and images.max() <= 1 + 1e-5
    assert np.array_equal(np.sort(labels), np.sort(y))
    assert not any(np.array_equal(image, bar) for image, bar in zip(images, x[np.argsort(y)], strict=True))
    rows = (images.sum(axis=(2, 3)) * np.arange(28)).sum(axis=1) / images.sum(axis=(1, 2, 3))  # centres of mass
    assert np.corrcoef(rows, labels)[0, 1] > 0.9


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras' own, when it reads the rate
def test_deep_training_logs_the_learning_rate(lab, bars, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    keras.utils.set_random_seed(0)
    history = lab["train_deep"](lab["build_deep"](), *bars, *(part[:20] for part in bars), epochs=2)
    assert set(history) >= {"accuracy", "val_accuracy", "loss", "val_loss", "learning_rate", "seconds"}


def test_probabilities_of_logits_and_of_softmax_agree(lab, bars):
    logits = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    softmax = keras.Sequential([logits, layers.Softmax()])
    first, second = (lab["probabilities_of"](model, bars[0]) for model in (logits, softmax))
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
