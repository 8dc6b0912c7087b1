"""A training is looked at before and in its first steps: one sentence, before minutes are lost.

`session.begin` lets every `fit` be watched. Nothing is changed by it: no random number is drawn, no weight is touched.
"""

import functools
import inspect
from collections.abc import Iterator

import keras
import numpy as np
from keras import layers

from helpers.messages import Message

SAMPLE = 128  # images that are looked at
LARGE, TINY = 20, 0.02  # inputs beyond are hardly scaled; images whose largest value is below were scaled twice
SCALERS = (layers.Rescaling, layers.Normalization, layers.BatchNormalization, layers.Embedding, layers.Lambda)
FOR_NUMBERS = ("mean_squared_error", "mean_absolute_error", "mse", "mae", "huber")
STEPS = 100  # after which a loss should have moved


def watch_trainings() -> None:
    """Let a Doctor look at every `fit` of this process."""
    plain = keras.Model.fit
    if getattr(plain, "watched", False):
        return

    @functools.wraps(plain)
    def fit(self, *args, **settings):
        given = inspect.signature(plain).bind(self, *args, **settings).arguments
        given["callbacks"] = [*(given.get("callbacks") or ()), Doctor(given)]
        return plain(**given)

    fit.watched = True
    keras.Model.fit = fit


class Doctor(keras.callbacks.Callback):
    """Says once what is wrong with a training. given: what `fit` was called with, by the names of its arguments."""

    def __init__(self, given: dict):
        super().__init__()
        self.given, self.said = given, False

    def say(self, sentence: str | None) -> None:
        """Show a sentence, if it is the first one."""
        if sentence and not self.said:
            self.said = True
            Message("warning", "Before you wait for this training", sentence).show()

    def on_train_begin(self, logs=None):
        self.say(next(complaints(self.model, **self.given), None))
        self.sum, self.losses = 0.0, []
        self.penalty = sum(map(float, self.model.losses))
        self.before = [kernel.numpy() for kernel in kernels(self.model)]

    def on_epoch_begin(self, epoch, logs=None):
        self.sum = 0.0  # Keras' logs hold the mean over the epoch so far

    def on_train_batch_end(self, batch, logs=None):
        if self.said or len(self.losses) > STEPS or "loss" not in (logs or {}):
            return
        total = float(logs["loss"]) * (batch + 1)
        loss, self.sum = total - self.sum - self.penalty, total
        self.losses.append(loss)
        steps = len(self.losses)
        self.say(symptom(self.model, self.losses[0], loss, steps))
        if steps in (5, STEPS):
            self.say(standstill(self.model, self.before))
        first, last = np.mean(self.losses[:20]), np.mean(self.losses[-20:])
        if steps == STEPS and last > 0.98 * first > 0.5 * guessing(self.model):
            self.say(
                f"After {STEPS} steps the loss has not fallen. Is the learning rate too large or too small? Do labels "
                "and images belong together?"
            )


def kernels(model) -> list:
    """The weights that training should change, without biases."""
    return [weight for weight in model.trainable_weights if len(weight.shape) > 1]


def guessing(model) -> float:
    """The cross-entropy of a network that guesses: log(classes)."""
    shape = getattr(model, "output_shape", None)
    return float(np.log(max(shape[-1] or 0, 2))) if isinstance(shape, tuple) else 0.0


def symptom(model, first: float, loss: float, step: int) -> str | None:
    """What a loss says in the step of this number, counted from 1; None if it is as it should be."""
    if not np.isfinite(loss):
        return "The loss is no number any more. Is the learning rate too large, or is there a logarithm of 0?"
    guess = guessing(model)
    if step == 1 and "crossentropy" in kind_of_loss(model)[0] and loss > 5 * guess + 2:
        return (
            f"The loss begins at {loss:.1f}; a network that guesses has {guess:.1f}. Are the inputs scaled, and do "
            "the weights begin small?"
        )
    if step > 1 and loss > 10 * first + 10:
        return f"The loss explodes, from {first:.2g} to {loss:.2g}: the learning rate is too large."
    return None


def standstill(model, before: list[np.ndarray]) -> str | None:
    """Which weights are the same as before the training."""
    still = [
        kernel.path for kernel, old in zip(kernels(model), before, strict=True) if np.array_equal(kernel.numpy(), old)
    ]
    if before and len(still) == len(before):
        return "No weight has changed. Is the learning rate 0, or are all units dead?"
    if still:
        return f"The weights of {still[0]} do not change: no gradient reaches them. Are the relu units around it dead?"
    return None


def complaints(
    model, x=None, y=None, validation_data=None, validation_split=0.0, shuffle=True, **other
) -> Iterator[str]:
    """What is wrong before the first step, in sentences, the most certain first; the arguments are those of `fit`.

    Of what comes as a data set or with several inputs, only the network and its loss are looked at.
    """
    yield from of_the_network(model)
    simple = len(getattr(model, "inputs", None) or ()) == 1 == len(model.outputs)
    if not (simple and isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and len(x)):
        return
    yield from of_the_images(x[:SAMPLE], model)
    yield from of_the_labels(model, x[:SAMPLE], y)
    yield from of_the_parts(x, y, validation_data, validation_split, shuffle)
    yield from of_the_units(model, x[:SAMPLE])


def of_the_network(model) -> Iterator[str]:
    """Frozen weights, weights that begin as zeros, a rate of 0, dropout that leaves nothing."""
    weighted = [layer for layer in model.layers if layer.weights]
    if weighted and not model.trainable_weights:
        yield "All weights are frozen: the training will change nothing."
    elif weighted and not weighted[-1].trainable:
        yield f"The last layer, {weighted[-1].name}, is frozen: it cannot learn the classes."
    for layer in weighted:
        if getattr(layer, "kernel", None) is not None and not np.any(layer.kernel.numpy()):
            yield f"The weights of {layer.name} begin as zeros, so all its units learn the same."
    rate = getattr(model.optimizer, "_learning_rate", None)
    if isinstance(rate, keras.Variable) and float(rate) <= 0:
        yield "The learning rate is not above 0: the training will change nothing, or make the loss grow."
    for layer in model.layers:
        if isinstance(layer, layers.Dropout) and layer.rate > 0.8:
            yield f"Dropout takes {layer.rate:.0%} of the values: hardly anything is left to learn from."


def of_the_images(x: np.ndarray, model) -> Iterator[str]:
    """Values that are no numbers, not scaled, scaled twice, or all alike."""
    if not np.issubdtype(x.dtype, np.number):
        return
    if not np.all(np.isfinite(x)):
        yield "The inputs hold NaN or infinity."
        return
    scaled_inside = any(isinstance(layer, SCALERS) for layer in model.layers[:3])
    top = float(np.percentile(np.abs(x), 99))
    if top > LARGE and not scaled_inside:
        yield f"The inputs are not scaled: they go up to {x.max():.0f}. Networks learn best from numbers near 0 to 1."
    elif 0 < float(np.abs(x).max()) < TINY:
        yield f"The inputs are tiny, {np.abs(x).max():.1g} at most: were they scaled twice?"
    if len(x) > 1 and not np.any(x != x[:1]):
        yield "All inputs are the same."


def of_the_labels(model, x: np.ndarray, y: np.ndarray) -> Iterator[str]:
    """Labels, outputs and loss that do not belong together."""
    loss, from_logits = kind_of_loss(model)
    if y.dtype.kind not in "biuf":
        yield f"The labels are of the type {y.dtype.name}: numbers are wanted, one for each class."
        return
    outputs = model(x, training=False).numpy().astype("float32")
    units, flat = outputs.shape[-1], outputs.reshape(-1, outputs.shape[-1])
    inside = bool(np.all((flat >= 0) & (flat <= 1)))
    adds_up = inside and units > 1 and np.allclose(flat.sum(axis=1), 1, atol=0.01)
    if np.issubdtype(y.dtype, np.floating) and not np.all(np.isfinite(y)):
        yield "The labels hold NaN or infinity."
    one_hot = y.ndim == outputs.ndim and y.shape[-1] == units > 1
    if len(y) > 1 and "crossentropy" in loss and not np.any(y != y[:1]):
        yield "All labels are the same: there is nothing to tell apart."
    if "sparse" in loss and one_hot:
        yield "Your labels are one-hot, but the sparse loss wants whole numbers."
    elif "sparse" in loss and (y.min() < 0 or y.max() >= units):
        yield f"The labels go from {y.min():.0f} to {y.max():.0f}, but {units} outputs stand for 0 to {units - 1}."
    elif loss.startswith("categorical") and not one_hot and units > 1:
        yield "Your labels are no one-hot rows, but the loss wants them: the sparse one takes whole numbers."
    elif loss.startswith("categorical") and one_hot and not np.allclose(y.sum(axis=-1), 1, atol=0.01):
        yield "The rows of your labels do not add up to 1: each image has one class."
    elif loss.startswith("binary") and units > 1 and (y.ndim == 1 or one_hot and np.all(y.sum(axis=-1) == 1)):
        yield "Binary cross-entropy asks each output a yes-or-no question. For one class out of several take another."
    elif loss.startswith("binary") and (y.min() < 0 or y.max() > 1):
        yield f"Binary cross-entropy wants labels 0 and 1; yours go from {y.min():.0f} to {y.max():.0f}."
    elif loss in FOR_NUMBERS and adds_up:
        yield "The network gives probabilities, but the loss is one for numbers: for classes take a cross-entropy."
    if "crossentropy" not in loss:
        return
    if units == 1 and (loss.startswith("categorical") or "sparse" in loss or np.all(flat == 1)):
        yield "One output cannot tell classes apart with this loss: take sigmoid and the binary cross-entropy."
    elif from_logits and (adds_up or units == 1 and inside):
        yield "The network gives probabilities, but the loss expects logits: softmax (or sigmoid) is applied twice."
    elif not from_logits and not inside:
        yield "The network gives logits, but the loss takes them for probabilities: say `from_logits=True`."
    elif not from_logits and units > 1 and not adds_up and not loss.startswith("binary"):
        yield "The outputs do not add up to 1: the last layer wants softmax, not sigmoid or relu."


def of_the_parts(x, y, validation, split: float, shuffle: bool) -> Iterator[str]:
    """Training and validation parts that overlap, differ in scale or hold other classes; sorted labels."""
    classes = y.argmax(axis=-1) if y.ndim == 2 and y.shape[-1] > 1 else y.ravel()
    if split and not isinstance(validation, tuple | list):
        cut = int(len(x) * (1 - split))
        if set(np.unique(classes[cut:])) - set(np.unique(classes[:cut])) and len(np.unique(classes)) <= 1000:
            yield "`validation_split` takes the last images, and they hold classes that the others lack: shuffle first."
    if not shuffle and len(classes) > SAMPLE and len(np.unique(classes)) > 1 and np.all(np.diff(classes) >= 0):
        yield "The labels are sorted, and `shuffle` is off: each batch holds a single class."
    if not isinstance(validation, tuple | list) or not isinstance(validation[0], np.ndarray) or not len(validation[0]):
        return
    x_val = validation[0][:SAMPLE]
    parts = x[:SAMPLE], x_val
    if all(np.issubdtype(part.dtype, np.number) for part in parts):  # truth values have no scale
        one, other = (float(np.percentile(np.abs(part), 99)) for part in parts)
        if one and other and not 0.1 < one / other < 10:
            yield f"Validation images are scaled in another way: up to {other:.3g}, those for training to {one:.3g}."
    if x_val.shape[1:] == x.shape[1:] and (shared := overlap(x, x_val)) > max(1, len(x_val) // 20):
        yield f"{shared} of {len(x_val)} validation images are training images, too: they say nothing about new ones."


def overlap(x: np.ndarray, some: np.ndarray) -> int:
    """How many of `some` are among x. A few pixels that differ much are compared first."""
    rows, few = x.reshape(len(x), -1), some.reshape(len(some), -1)
    pixels = np.argsort(-few.var(axis=0))[:16]
    known = {key.tobytes(): place for place, key in enumerate(rows[:, pixels])}
    places = [known.get(key.tobytes()) for key in few[:, pixels].astype(x.dtype)]
    return sum(place is not None and np.array_equal(rows[place], few[k]) for k, place in enumerate(places))


def of_the_units(model, x: np.ndarray) -> Iterator[str]:
    """Layers with relu most of whose units answer to none of these images."""
    relu = [layer for layer in model.layers if getattr(layer, "activation", None) is keras.activations.relu]
    relu += [layer for layer in model.layers if isinstance(layer, layers.ReLU)]
    if not relu:
        return
    inside = keras.Model(model.inputs[0], [layer.output for layer in relu])(x, training=False)
    for layer, output in zip(relu, inside if isinstance(inside, list) else [inside], strict=True):
        answers = output.numpy()
        dead = np.mean(answers.reshape(-1, answers.shape[-1]).max(axis=0) <= 0)
        if dead > 0.9:  # of a healthy dense layer, to twenty images, already half may answer nothing
            yield f"{dead:.0%} of the relu units of {layer.name} are dead: they answer 0 to every image."
            return


def kind_of_loss(model) -> tuple[str, bool]:
    """The name of a network's loss, and whether it expects logits."""
    loss = keras.losses.get(model.loss) if isinstance(model.loss, str) else model.loss
    name = getattr(loss, "name", None) or getattr(loss, "__name__", "")
    return name, getattr(loss, "from_logits", False)
