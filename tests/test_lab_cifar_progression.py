"""The CIFAR lab beyond its checks: what the comparison board counts, and the quick checks that come before training."""

import keras
import numpy as np
import pytest
from keras import layers

from grader import source
from helpers import networks, session, training

LAB = "03_cifar_progression"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_figures_of_the_text_are_those_of_the_solutions(lab):
    work = {name: networks.multiply_adds(lab[f"build_{name}"]()) / 1e6 for name in "abcd"}
    assert {name: round(millions, 1) for name, millions in work.items()} == {"a": 0.9, "b": 1.0, "c": 15.6, "d": 48.6}
    assert round(work["c"] - work["b"]) == 15 and round(work["d"] - work["c"]) == 33
    numbers = 45_000 * 32 * 32  # of one channel
    assert f"$2^{{24}}$ / {numbers:,} = {2**24 / numbers:.2f}" in source.path(LAB, ".py").read_text(encoding="utf-8")
    parameters = {name: lab[f"build_{name}"]().count_params() for name in "abcd"}
    assert parameters == {"a": 924_910, "b": 82_826, "c": 555_754, "d": 961_706}
    fc = networks.costs(lab["build_d"]()).iloc[-2]
    assert 0.5 < fc["fraction of parameters"] < 0.56 and fc["fraction of multiply-adds"] < 0.02


def test_the_largest_network_learned_most_by_heart():
    """Mistakes on new images, compared with those on training images: what the text says of a and d."""
    runs = {name: training.reference_run(LAB, name) for name in "abcd"}
    ratio = {name: (1 - run["val_accuracy"][-1]) / (1 - run["training_accuracy"]) for name, run in runs.items()}
    assert 1.75 < ratio["d"] < 2 and 1.15 < ratio["a"] < 1.25 and max(ratio, key=ratio.get) == "d"
    gap = {name: run["training_accuracy"] - run["val_accuracy"][-1] for name, run in runs.items()}
    assert abs(gap["a"] - gap["d"]) < 0.02 and 0.07 < gap["a"] < 0.09  # not to be told apart
    mistaken = {name: round(100 * (1 - run["val_accuracy"][-1])) for name, run in runs.items()}
    assert (mistaken["a"], mistaken["d"]) == (44, 18)
    assert np.median(runs["d"]["seconds"]) > 3 * np.median(runs["b"]["seconds"])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras, when it saves
def test_a_resumed_training_keeps_the_optimizers_state(lab, images, tmp_path):
    x, y = images
    callbacks = [keras.callbacks.ModelCheckpoint(tmp_path / "new" / "b.keras")]
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.GlobalAveragePooling2D(), layers.Dense(10)])
    lab["train"](lab["compile_model"](model), x, y, x, y, 2, callbacks)
    resumed = keras.models.load_model(tmp_path / "new" / "b.keras")
    history = lab["train"](resumed, x, y, x, y, 3, first_epoch=2)
    assert len(history["val_accuracy"]) == 1 and int(resumed.optimizer.iterations) == 3


@pytest.fixture
def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 32, 32, 3)).astype("float32"), np.eye(10, dtype="float32")[np.arange(60) % 10]


def test_quick_checks_pass_a_sound_network_and_leave_it_untrained(lab, images):
    keras.utils.set_random_seed(0)
    model = lab["build_b"]()
    before = model.get_weights()
    found = lab["quick_checks"](model, *images, steps=60)
    assert 2.2 < found["first loss"] < 5 and found["loss falls on one batch"]
    assert found["of 20 memorised"] >= 18
    assert all(np.array_equal(one, two) for one, two in zip(before, model.get_weights(), strict=True))


def test_quick_checks_find_unscaled_images_and_a_network_that_cannot_learn(lab, images):
    x, y = images
    assert lab["quick_checks"](lab["build_b"](), 255 * x, y, steps=10)["first loss"] > 10
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.GlobalAveragePooling2D(), layers.Dense(10)])
    found = lab["quick_checks"](lab["compile_model"](model), x, y, steps=20)
    assert found["of 20 memorised"] < 15


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
