"""The callbacks of the training cells, the choice of precision, and what is stored of a trained network."""

import types

import keras
import numpy as np
import pytest
from keras import layers

from grader import reproduce
from helpers import training
from helpers.messages import CourseError


def small_network(optimizer="sgd") -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def fit(model: keras.Model, epochs: int, *callbacks, **more) -> dict:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    return model.fit(x, np.eye(2)[[0, 1] * 20], batch_size=4, epochs=epochs, callbacks=callbacks, verbose=0, **more)


class Rates(keras.callbacks.Callback):
    """Notes the learning rate that each batch is trained with."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


def test_one_cycle_rises_to_the_optimizers_rate_and_falls_to_nothing():
    rates, model = Rates(), small_network(keras.optimizers.SGD(0.5))
    fit(model, 8, training.OneCycle(), rates)
    peak = int(np.argmax(rates.seen))
    assert len(rates.seen) == 80 and peak == 20  # a quarter
    assert rates.seen[peak] == pytest.approx(0.5) and rates.seen[0] == pytest.approx(0.05)
    assert np.all(np.diff(rates.seen[: peak + 1]) > 0) and np.all(np.diff(rates.seen[peak:]) < 0)
    assert rates.seen[-1] < 0.001
    assert float(model.optimizer.learning_rate) == 0.5  # what a checkpoint should hold


def test_one_cycle_goes_on_where_a_resumed_training_stopped():
    whole, parts = Rates(), Rates()
    fit(small_network(), 4, training.OneCycle(), whole)
    model = small_network()

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    fit(model, 4, training.OneCycle(), parts, Stop())
    fit(model, 4, training.OneCycle(), parts, initial_epoch=2)
    assert parts.seen == pytest.approx(whole.seen)


def test_one_cycle_leaves_an_optimizers_own_schedule_alone():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    rates = Rates()
    fit(small_network(keras.optimizers.SGD(schedule)), 1, training.OneCycle(), rates)
    assert rates.seen == pytest.approx([0.1 * 0.5 ** (step / 10) for step in range(1, 11)])


def test_clock_adds_the_seconds_of_each_epoch():
    history = fit(small_network(), 2, training.Clock()).history
    assert len(history["seconds"]) == 2 and all(0 < seconds < 60 for seconds in history["seconds"])


def test_live_curves_say_where_they_are_and_how_long_it_takes(monkeypatch):
    class Shown:
        def update(self, thing):
            told.append(thing.data)

    told = []
    monkeypatch.setattr("IPython.display.display", lambda thing, **options: told.append(thing.data) or Shown())
    monkeypatch.setattr(training, "in_notebook", lambda: True)
    seconds = iter(range(0, 10_000, 2))
    monkeypatch.setattr(training, "time", types.SimpleNamespace(monotonic=lambda: next(seconds)))
    fit(small_network(), 3, training.LiveCurves(), initial_epoch=1)
    lines = [text for text in told if text.startswith("epoch")]
    assert lines[0].startswith("epoch 2 of 3, batch 1 of 10, about ") and lines[0].endswith(" s left")
    assert lines[-1].startswith("epoch 3 of 3, batch 10 of 10, about 0 s left")
    assert told[-1] == "" and "Training curves after epoch 2" in told[-2]


def test_a_replay_says_that_nothing_is_trained_and_draws_each_epoch(monkeypatch, capsys):
    told, clock = [], [0.0]

    def sleep(seconds):
        clock[0] += seconds

    monkeypatch.setattr("IPython.display.display", lambda thing, **options: told.append(thing))
    monkeypatch.setattr(training, "in_notebook", lambda: True)
    monkeypatch.setattr(
        training, "time", types.SimpleNamespace(monotonic=lambda: clock[0] + 2 * len(told), sleep=sleep)
    )
    model, history = training.replay("03_cifar_progression", "b")
    assert "Nothing is trained here. You see our run, 10 epochs" in capsys.readouterr().out
    assert "Training curves after epoch 10: loss" in told[-1].data
    assert clock[0] == pytest.approx(training.PLAYED)
    assert history == training.reference_run("03_cifar_progression", "b") and model.count_params() == 82_826
    monkeypatch.setattr(training, "in_notebook", lambda: False)
    training.replay("06_rnn_subtraction", "lstm_30", "exact_match")
    assert clock[0] == pytest.approx(training.PLAYED), "CI does not wait"


@pytest.mark.parametrize(
    ("flags", "gpus", "precision", "says"),
    [
        ("flags : fpu avx512_bf16 sse2", [], "mixed_bfloat16", "This CPU multiplies 16-bit numbers (bfloat16) fast"),
        ("flags : fpu amx_bf16", [], "mixed_bfloat16", "This CPU multiplies"),
        ("flags : fpu avx2 sse2", [], "float32", "This CPU is not known"),
        (None, [], "float32", "This CPU is not known"),
        ("flags : amx_bf16", [(7, 5)], "float32", "This GPU is not known"),
        ("flags : fpu", [(8, 0), (9, 0)], "mixed_bfloat16", "This GPU multiplies"),
    ],
)
def test_precision_follows_the_hardware_and_is_announced(tmp_path, monkeypatch, capsys, flags, gpus, precision, says):
    import tensorflow as tf

    cpuinfo = tmp_path / "cpuinfo"
    if flags:
        cpuinfo.write_text(flags)
    monkeypatch.setattr(training, "CPUINFO", cpuinfo)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": gpu})
    try:
        assert training.use_fast_precision() == precision == keras.config.dtype_policy().name
    finally:
        keras.config.set_dtype_policy("float32")
    assert f"Precision: {precision}" in (out := capsys.readouterr().out) and says in out


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras, when it saves
def test_stored_network_is_small_and_answers_like_the_trained_one(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "REFERENCE_RUNS", tmp_path)
    (tmp_path / "03").mkdir()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = keras.Sequential([keras.Input((100,)), layers.Dense(400, activation="relu"), layers.Dense(10)])
        model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    finally:
        keras.config.set_dtype_policy("float32")
    reproduce.save(model, tmp_path / "03" / "d.keras")
    stored = training.reference_model("03", "d")
    x = np.random.default_rng(0).normal(size=(50, 100)).astype("float32")
    np.testing.assert_allclose(stored.predict(x, verbose=0), model.predict(x, verbose=0), atol=0.05)
    assert {layer.compute_dtype for layer in stored.layers} == {"float32"}
    assert (tmp_path / "03" / "d.keras").stat().st_size < 2.2 * model.count_params() + 5_000
    assert stored.evaluate(x, np.eye(10)[[0] * 50], verbose=0)[1] <= 1
    with pytest.raises(CourseError, match="no trained network 'x' of lab 03; there are: d"):
        training.reference_model("03", "x")


def test_watch_notes_what_batch_normalisation_believes_and_what_is_true():
    images = np.random.default_rng(0).normal(0, 0.1, (64, 4, 4, 1)).astype("float32")
    labels = np.arange(64) % 2
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((4, 4, 1)), norm, layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    watch = training.BatchNormWatch(images, labels)
    history = model.fit(images, labels, batch_size=64, epochs=3, callbacks=[watch], verbose=0).history
    np.testing.assert_allclose(history["true_variance"], [images.var()] * 3, rtol=1e-4)
    decay = 0.5 ** np.arange(1, 4)
    np.testing.assert_allclose(history["moving_variance"], decay + (1 - decay) * images.var(), rtol=1e-3)
    right = np.mean((np.asarray(model(images))[:, 0] > 0.5) == labels)
    assert history["accuracy_test_mode"][-1] == pytest.approx(right)


def test_budget_ends_a_training_before_an_epoch_that_would_not_fit(monkeypatch):
    """Epochs of 20 s by a clock of our own: two fit into a minute, and so does the third, but no fourth."""
    seconds = iter(range(0, 1000, 20))
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(seconds))
    assert len(fit(small_network(), 9, training.Budget(1)).history["loss"]) == 3


def test_one_cycle_begins_at_a_tenth_and_ends_at_nothing():
    assert [training.one_cycle(done) for done in (0, 0.25, 1)] == pytest.approx([0.1, 1, 0])


def test_figures_of_ones_own_land_in_the_history():
    history = fit(small_network(), 2, training.AfterEpoch(weights=lambda model: len(model.weights))).history
    assert history["weights"] == [4, 4]


def test_live_text_takes_the_place_of_the_one_before(monkeypatch):
    shown = []

    class Handle:
        def update(self, content, raw):
            shown.append(("update", content["text/plain"]))

    def display(content, raw, display_id):
        shown.append(("display", content["text/plain"]))
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    text = training.LiveText(lambda model: "55")
    fit(small_network(), 2, text)
    assert shown == []  # no notebook
    monkeypatch.setattr(training, "in_notebook", lambda: True)
    fit(small_network(), 2, text)
    assert shown == [("display", "After epoch 1:\n55"), ("update", "After epoch 2:\n55")]
