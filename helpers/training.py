"""What the training cells share: the fast precision, live curves, and reference runs to look at instead of training."""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from helpers import plots, profile
from helpers.messages import CourseError, Message, in_notebook

PLAYED = 6  # seconds that a replay takes
DATA = Path(__file__).resolve().parents[1] / "data"
REFERENCE_RUNS = DATA / "reference_runs"
CPUINFO = Path("/proc/cpuinfo")  # other systems than Linux do not have it
BF16 = {"avx512_bf16", "amx_bf16"}  # how Linux names the CPU instructions that multiply bfloat16 numbers


def use_fast_precision() -> str:
    """Let Keras compute in the precision that this machine is fast in, and say which. Returns its Keras name.

    'mixed_bfloat16' (products in 16 bits, weights in 32) on CPUs with bf16 instructions and GPUs from Nvidia's
    compute capability 8.0 on; 'float32' elsewhere, because emulated 16-bit arithmetic is slow.
    """
    import tensorflow as tf

    gpus = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    if gpus:
        fast = all(gpu.get("compute_capability", (0, 0)) >= (8, 0) for gpu in gpus)
    else:
        fast = CPUINFO.exists() and bool(BF16 & set(CPUINFO.read_text().split()))
    name = "mixed_bfloat16" if fast else "float32"
    device = "GPU" if gpus else "CPU"
    text = (
        f"This {device} multiplies 16-bit numbers (bfloat16) fast: layers compute in 16 bits, weights keep 32."
        if fast
        else f"This {device} is not known to multiply 16-bit numbers fast, so everything stays in 32 bits."
    )
    keras.config.set_dtype_policy(name)
    Message("info", f"Precision: {name}", text).show()
    return name


def reference_model(lab: str, run: str) -> keras.Model:
    """The trained network of a reference run, with its weights, compiled with its loss and accuracy.

    Raises CourseError if there is no such network.
    """
    path = REFERENCE_RUNS / lab / f"{run}.keras"
    if not path.exists():
        raise CourseError(f"There is no trained network '{run}' of lab {lab}; {_stored(path)}.")
    return keras.models.load_model(path)


def reference_run(lab: str, run: str) -> dict:
    """The history of a full-length run: {'loss': [...], 'val_accuracy': [...], ...}, one value per epoch.

    Raises CourseError if there is no such run.
    """
    path = REFERENCE_RUNS / lab / f"{run}.json"
    if not path.exists():
        raise CourseError(f"There is no reference run '{run}' of lab {lab}; {_stored(path)}.")
    return json.loads(path.read_bytes())


def reference_figures(lab: str) -> list[dict]:
    """What `make reproduce` measured for a lab: rows with 'run', 'metric', 'mean' and 'std' over the seeds."""
    rows = json.loads((REFERENCE_RUNS / "results.json").read_bytes())
    return [row for row in rows if row["lab"] == lab]


def with_spread(run: dict, keys: list[str]) -> tuple[list[float], list[float]]:
    """The figures of a run under these keys, and their standard deviations, under key + ".std"."""
    return [run[key] for key in keys], [run[f"{key}.std"] for key in keys]


def published(lab: str, metric: str) -> dict[str, float]:
    """What others have published about the runs of a lab, such as its "val_accuracy": run -> figure."""
    rows = json.loads((DATA / "published.json").read_bytes())
    return {row["run"]: row["value"] for row in rows if (row["lab"], row["metric"]) == (lab, metric)}


def reference_arrays(lab: str, run: str) -> dict[str, np.ndarray]:
    """The arrays that belong to our runs, such as the questions they were trained with, by their names.

    Raises CourseError if there are none.
    """
    path = REFERENCE_RUNS / lab / f"{run}.npz"
    if not path.exists():
        raise CourseError(f"There are no arrays '{run}' of lab {lab}; {_stored(path)}.")
    with np.load(path) as stored:
        return dict(stored)


def _stored(path: Path) -> str:
    names = sorted(file.stem for file in path.parent.glob(f"*{path.suffix}"))
    return f"there are: {', '.join(names) or 'none'}"


def one_cycle(done: float) -> float:
    """The learning rate, as a fraction of its peak, when a fraction `done` of the training is done.

    It rises from 0.1 to 1 in the first quarter and falls to 0 along a cosine (Smith & Topin 2017,
    https://arxiv.org/abs/1708.07120, with a cosine for the way down).
    """
    return 0.1 + 3.6 * done if done < 0.25 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.25) / 0.75)


class OneCycle(keras.callbacks.Callback):
    """Moves the learning rate along `one_cycle`; its peak is the optimizer's own rate. It is set for each batch.

    An optimizer that has a schedule keeps it.
    """

    def on_train_begin(self, logs=None):
        rate = self.model.optimizer._learning_rate
        scheduled = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
        self.peak = None if scheduled else float(rate)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.peak is not None:
            done = (self.epoch + batch / self.params["steps"]) / self.params["epochs"]
            self.model.optimizer.learning_rate = self.peak * one_cycle(done)

    def on_epoch_end(self, epoch, logs=None):
        if self.peak is not None:  # a checkpoint saved now should hold the optimizer's own rate
            self.model.optimizer.learning_rate = self.peak


class Clock(keras.callbacks.Callback):
    """Adds to each epoch's log the 'seconds' it took, validation included."""

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs):
        logs["seconds"] = time.perf_counter() - self.began


class BatchNormWatch(keras.callbacks.Callback):
    """Adds to each epoch's log what the first batch normalisation of a network believes, and what is true.

    For a network with one sigmoid output, and the images (N, H, W, C) and labels (N,) it is fitted to:
    'accuracy_test_mode', on these images, as the network is used later; 'moving_variance', which the layer uses then,
    and 'true_variance' of what the layer gets for these images, both as means over the channels.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray):
        super().__init__()
        self.images, self.labels = images, labels

    def on_train_begin(self, logs=None):
        self.layer = next(one for one in self.model.layers if isinstance(one, keras.layers.BatchNormalization))
        self.before = keras.Model(self.model.inputs[0], self.layer.input)

    def on_epoch_end(self, epoch, logs):
        probability = np.asarray(self.model(self.images, training=False))[:, 0]
        logs["accuracy_test_mode"] = float(np.mean((probability > 0.5) == self.labels))
        logs["moving_variance"] = float(np.mean(self.layer.moving_variance))
        logs["true_variance"] = float(np.var(np.asarray(self.before(self.images)), axis=(0, 1, 2)).mean())


class Budget(keras.callbacks.Callback):
    """Ends a training before an epoch that would take longer than what is left of some minutes."""

    def __init__(self, minutes: float):
        super().__init__()
        self.minutes = minutes

    def on_train_begin(self, logs=None):
        self.began, self.epochs = time.perf_counter(), 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        spent = (time.perf_counter() - self.began) / 60
        if spent + spent / self.epochs > self.minutes:
            self.model.stop_training = True


class AfterEpoch(keras.callbacks.Callback):
    """Adds to each epoch's log, and so to the history, figures of one's own: name -> function of the model."""

    def __init__(self, **figures: Callable[[keras.Model], float]):
        super().__init__()
        self.figures = figures

    def on_epoch_end(self, epoch, logs):
        logs.update({name: figure(self.model) for name, figure in self.figures.items()})


class LiveCurves(keras.callbacks.Callback):
    """Draws loss and accuracy as they grow, at most once a second, and in grey behind them a reference run.

    A line under them says which batch of which epoch it is, and how long the rest will take.

    Outside a notebook it draws nothing, and `fit(verbose=...)` says what there is to say.
    """

    def __init__(self, reference: dict | None = None, metric: str = "accuracy"):
        super().__init__()
        self.reference, self.metric = reference, metric

    def on_train_begin(self, logs=None):
        self.history, self.output, self.drawn = {}, None, 0.0
        self.line, self.began, self.said, self.batches, self.first = None, time.monotonic(), 0.0, 0, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.first = epoch, epoch if self.first is None else self.first

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if in_notebook() and time.monotonic() - self.said > 1:
            self._say(f"epoch {self.epoch + 1} of {self.params['epochs']}, {self._left(batch + 1)}")

    def _left(self, batch: int) -> str:
        """Where in the epoch we are, and the time that the rest takes at the pace so far."""
        steps = self.params["steps"]
        if not steps:  # of a generator, in its first epoch
            return f"batch {batch}"
        rest = steps * (self.params["epochs"] - self.first) - self.batches
        seconds = (time.monotonic() - self.began) * rest / self.batches
        return (
            f"batch {batch} of {steps}, about {f'{seconds:.0f} s' if seconds < 100 else f'{seconds / 60:.0f} min'} left"
        )

    def _say(self, text: str) -> None:
        from IPython.display import HTML, display

        self.said = time.monotonic()
        if self.line is None:
            self.line = display(HTML(text), display_id=True)
        else:
            self.line.update(HTML(text))

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        if in_notebook() and time.monotonic() - self.drawn > 1:  # a fast epoch must not wait for its picture
            self._draw()

    def on_train_end(self, logs=None):
        if in_notebook() and self.history:
            self._draw()
            if self.line:
                self._say("")

    def _draw(self) -> None:
        from IPython.display import HTML, display

        latest = ", ".join(f"{name} {values[-1]:.3f}" for name, values in self.history.items())
        figure = plots.training_curves(self.history, self.reference, self.metric)
        picture = HTML(plots.html_image(figure, f"Training curves after epoch {len(self.history['loss'])}: {latest}."))
        self.drawn = time.monotonic()
        if self.output is None:
            self.output = display(picture, display_id=True)
        else:
            self.output.update(picture)


def replay(lab: str, run: str, metric: str = "accuracy") -> tuple[keras.Model, dict]:
    """The trained network and the history of a reference run, after its curves were played back in some seconds.

    Says that nothing is trained. Raises CourseError if there is no such run.
    """
    model, history = reference_model(lab, run), reference_run(lab, run)
    curves = {name: history[name] for name in ("loss", "val_loss", metric, f"val_{metric}") if name in history}
    epochs, seconds = len(curves["loss"]), np.sum(history.get("seconds", 0))
    took = f", which took {seconds / 60:.0f} minutes" if seconds > 90 else ""
    text = f"Nothing is trained here. You see our run, {epochs} epochs{took}, and get its network."
    Message("info", "Replay", text).show()
    live = LiveCurves(metric=metric)
    live.on_train_begin()
    for epoch in range(epochs):
        live.on_epoch_end(epoch, {name: values[epoch] for name, values in curves.items()})
        time.sleep(PLAYED / epochs if in_notebook() and profile.current() == "full" else 0)
    live.on_train_end()
    return model, history


class LiveText(keras.callbacks.Callback):
    """Shows after each epoch what `say(model)` returns, a text of one or more lines, in place of the one before.

    Outside a notebook it shows nothing.
    """

    def __init__(self, say: Callable[[keras.Model], str]):
        super().__init__()
        self.say = say

    def on_train_begin(self, logs=None):
        self.output = None

    def on_epoch_end(self, epoch, logs=None):
        if not in_notebook():
            return
        from IPython.display import display

        shown = {"text/plain": f"After epoch {epoch + 1}:\n{self.say(self.model)}"}
        if self.output is None:
            self.output = display(shown, raw=True, display_id=True)
        else:
            self.output.update(shown, raw=True)
