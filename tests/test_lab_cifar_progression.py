"""The CIFAR lab beyond its checks: what the comparison board counts, and the quick checks that come before training."""

import keras
import numpy as np
import pytest
from keras import layers

from grader import source
from helpers import session

LAB = "03_cifar_progression"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_multiply_adds_are_those_counted_by_hand(lab):
    convolution = 32 * 32 * (3 * 3 * 3) * 32
    assert lab["multiply_adds"](lab["build_b"]()) == convolution + 16 * 16 * 32 * 10
    assert lab["multiply_adds"](lab["build_a"]()) == 3072 * 300 + 300 * 10


@pytest.fixture
def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 32, 32, 3)).astype("float32"), np.eye(10, dtype="float32")[np.arange(60) % 10]


def test_quick_checks_pass_a_sound_network_and_leave_it_untrained(lab, images):
    keras.utils.set_random_seed(0)
    model = lab["build_b"]()
    before = model.get_weights()
    found = lab["quick_checks"](model, *images, steps=60)
    assert 2 < found["first loss"] < 6 and found["loss falls on one batch"]
    assert found["of 20 images memorised"] >= 18
    assert all(np.array_equal(one, two) for one, two in zip(before, model.get_weights(), strict=True))


def test_quick_checks_find_unscaled_images_and_a_network_that_cannot_learn(lab, images):
    x, y = images
    assert lab["quick_checks"](lab["build_b"](), 255 * x, y, steps=10)["first loss"] > 10
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.GlobalAveragePooling2D(), layers.Dense(10)])
    found = lab["quick_checks"](lab["compile_model"](model), x, y, steps=20)
    assert found["of 20 images memorised"] < 15


def test_split_is_stratified_and_seeded(lab):
    x, y = np.arange(400), np.arange(400) % 10
    x_train, x_val, y_train, y_val = lab["split"](x, y, seed=3)
    assert (np.bincount(y_val) == 4).all() and (np.bincount(y_train) == 36).all()
    assert not set(x_train) & set(x_val)
    assert np.array_equal(x_val, lab["split"](x, y, seed=3)[1]) and not np.array_equal(x_val, lab["split"](x, y)[1])


def test_standardising_very_many_numbers(lab):
    """From 2**24 on, a sum in 32 bits stops growing."""
    x = np.ones((18_000, 32, 32, 1), "float32")
    x[::2] = 0.5
    (found,) = lab["standardise"](x)
    assert found.mean(dtype=float) == pytest.approx(0, abs=1e-5) and found.std(dtype=float) == pytest.approx(
        1, abs=1e-5
    )
    assert found.dtype == np.float32
