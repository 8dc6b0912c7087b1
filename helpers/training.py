"""Curves that grow while a network trains, and reference runs to look at instead of training."""

import json
import time
from pathlib import Path

import keras

from helpers import plots
from helpers.messages import CourseError, in_notebook

REFERENCE_RUNS = Path(__file__).resolve().parents[1] / "data" / "reference_runs"


def reference_run(lab: str, run: str) -> dict:
    """The history of a full-length run: {'loss': [...], 'val_accuracy': [...], ...}, one value per epoch.

    Raises CourseError if there is no such run.
    """
    path = REFERENCE_RUNS / lab / f"{run}.json"
    if not path.exists():
        names = ", ".join(sorted(file.stem for file in path.parent.glob("*.json"))) or "none"
        raise CourseError(f"There is no reference run '{run}' of lab {lab}; there are: {names}.")
    return json.loads(path.read_text())


class LiveCurves(keras.callbacks.Callback):
    """Draws loss and accuracy as they grow, at most once a second, and in grey behind them a reference run.

    Outside a notebook it draws nothing, and `fit(verbose=...)` says what there is to say.
    """

    def __init__(self, reference: dict | None = None, metric: str = "accuracy"):
        super().__init__()
        self.reference, self.metric = reference, metric

    def on_train_begin(self, logs=None):
        self.history, self.output, self.drawn = {}, None, 0.0

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        if in_notebook() and time.monotonic() - self.drawn > 1:  # a fast epoch must not wait for its picture
            self._draw()

    def on_train_end(self, logs=None):
        if in_notebook() and self.history:
            self._draw()

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
