"""The checks of lab 06. The callback is driven with written logs, networks with one batch of noise; nothing is trained.

Networks are observed as in lab 03, but with whole numbers as labels.
"""

import contextlib
import copy
import io
import re
import warnings

import numpy as np

from checks.digit_classifier import (
    KIND_OF_MODEL,
    batch,
    judge_classifier,
    judge_compiled,
    judge_scaled,
    look_at,
)
from checks.old import Advice, Unusable, call, check, first_line, judge_array
from checks.probes.networks import DROPOUTS, SCALING

# ---- prepare_images -----------------------------------------------------------------------------------------


def digits(rng: np.random.Generator):
    """The first batch is dark, so that its own brightest value is not that of all images."""
    for n, brightest in ((5, 180), (7, 256)):
        yield {"images": rng.integers(0, brightest, (n, 28, 28), dtype=np.uint8)}


@check(digits)
def prepare_images(student, case):
    prepared = student(case["images"])
    return {"kind": type(prepared).__name__, "prepared": prepared}


@prepare_images.judge
def _(answer, case):
    images, prepared = case["images"], answer["prepared"]
    n = len(images)
    shapes = {
        (n, 28, 28): "The channel axis is missing: (N, 28, 28) should become (N, 28, 28, 1).",
        (n, 1, 28, 28): "The channel axis stands before height and width. In Keras it is the last one.",
        (1, n, 28, 28): "The new axis stands at the very beginning, where the images are counted. It should be last.",
        (n, 784): "Each image has become one row of numbers. A convolution needs height and width.",
        (n, 784, 1): "Each image has become one row of numbers. A convolution needs height and width.",
        (n, 28, 1, 28): "The channel axis stands between height and width. In Keras it is the last one.",
        (n, 28, 28, 3): "Your images have three channels. Grey images have one.",
        (28, 28, 1): "Only one image came back. The whole batch is wanted.",
        (1, 28, 28, 1): "Only one image came back. The whole batch is wanted.",
    }
    if isinstance(prepared, np.ndarray) and prepared.shape in shapes:
        return shapes[prepared.shape]
    x = images[..., np.newaxis]
    aside = "Height and width are exchanged: the digits lie on their side."
    return judge_scaled(prepared, answer["kind"], x, {aside: np.swapaxes(x, 1, 2) / 255})


# ---- StopAtAccuracy -----------------------------------------------------------------------------------------

SENTENCE = "Reached {}% accuracy so cancelling training!"
NEEDLESS = [k / 10_000 for k in range(9001, 9970) if len(repr(100 * (k / 10_000))) > 8]  # such as 99.85000000000001


def stream(threshold: float, name="accuracy", lacking=False, validated=True, at: float | None = None) -> list[list]:
    """The logs of a training, epoch by epoch, each with the name of the mistake that would stop there.

    lacking: four epochs without an accuracy come first. validated: with figures of the validation. at: the accuracy
    that is not yet above the threshold.
    """

    def logs(accuracy, val_accuracy=0.7, loss=0.3):
        validation = {"val_accuracy": val_accuracy, "val_loss": 0.4} if validated else {}
        return validation | {name: round(accuracy, 6), "loss": loss}

    above = threshold + (1 - threshold) / 4
    nothing = [None, {}, {"loss": 0.3}, {"loss": 0.3, "val_accuracy": 0.99999, "val_loss": 0.1}]
    return [["lacking", one] for one in nothing if lacking] + [
        ["always", logs(0.005, 0.006)],
        ["percent", logs(0.8, 0.81)],
        ["validation", logs(threshold - 0.01, (above + 1) / 2)],
        ["loss", logs(threshold - 0.02, loss=1.4)],
        ["at", logs(threshold if at is None else at)],
        ["right", logs(above)],
        ["late", logs(0.99995)],
        ["small loss", logs(0.7, loss=1e-6)],
        ["fraction", logs(100 * above)],
    ]


def trainings(rng: np.random.Generator):
    for threshold in (None, 0.95):
        yield {"threshold": threshold, "stream": stream(threshold or 0.998)}
    yield {"threshold": 0.9, "stream": stream(0.9, name="acc")}
    yield {"threshold": 0.9985, "stream": stream(0.9985, lacking=True)}
    threshold = float(rng.choice(NEEDLESS))
    numpy_logs = [
        [trap, {name: np.float32(value) for name, value in logs.items()}]
        for trap, logs in stream(threshold, validated=False, at=threshold - 1e-4)
    ]
    yield {"threshold": threshold, "stream": numpy_logs}


class Logs(dict):
    """Logs that remember which entries somebody asked for."""

    asked: set[str] = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)


class Network:
    """Stands in for the network in training."""

    stop_training = False

    def __getattr__(self, name):
        raise AttributeError(f"this check plays Keras without a network, so `self.model.{name}` is not there")


def right_epoch(epochs: list) -> int:
    """The epoch at whose end a callback should stop."""
    return [trap for trap, _ in epochs].index("right")


def drive(callback, epochs: list) -> dict:
    """Call a callback's methods as `fit` does, until it stops. Returns what it did, and when."""
    network = Network()
    callback.set_model(network)
    callback.set_params({"verbose": 0, "epochs": len(epochs), "steps": 2})
    found = {"stopped": None, "raised": None, "printed": [], "changed": False}
    Logs.asked = set()

    def step(method: str, epoch: int, *arguments) -> bool:
        text, before = io.StringIO(), copy.copy(arguments[-1])
        with contextlib.redirect_stdout(text):
            outcome = call(getattr(callback, method), *arguments)
        found["changed"] |= arguments[-1] != before
        if text.getvalue():
            found["printed"].append([method, epoch, text.getvalue()])
        if "raised" in outcome:
            found["raised"] = [method, epoch, first_line(outcome).rstrip(":. ")]
        if network.stop_training and not found["stopped"]:
            found["stopped"] = [method, epoch]
        return bool(found["raised"] or found["stopped"])

    def calls():
        yield "on_train_begin", 0, {}
        for epoch, (_, logs) in enumerate(epochs):
            of_training = {name: value for name, value in (logs or {}).items() if not name.startswith("val_")}
            high = dict.fromkeys(of_training, 0.99999)
            yield "on_epoch_begin", epoch, epoch, {}
            for step, mean in enumerate((high, of_training)):  # the first batch is high by luck
                yield "on_train_batch_begin", epoch, step, {}
                yield "on_train_batch_end", epoch, step, dict(mean)
            yield "on_test_begin", epoch, {}
            yield "on_test_batch_end", epoch, 0, dict(high)
            yield "on_test_end", epoch, dict(high)
            yield "on_epoch_end", epoch, epoch, None if logs is None else Logs(logs)

    any(step(*one) for one in calls())
    if not found["raised"]:
        last = found["stopped"][1] if found["stopped"] else -1
        step("on_train_end", len(epochs), dict(epochs[last][1] or {}))
    own = {name for kind in type(callback).__mro__ if not kind.__module__.startswith("keras.") for name in vars(kind)}
    network_attributes = sorted(set(vars(network)) - {"stop_training"})
    return found | {
        "asked": sorted(map(str, Logs.asked)),
        "methods": sorted(name for name in own if not name.startswith("_") and name not in vars(object)),
        "own_attribute": "stop_training" in vars(callback),
        "network_attributes": network_attributes,
    }


@check(trainings)
def StopAtAccuracy(student, case):
    import keras

    arguments = [] if case["threshold"] is None else [case["threshold"]]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        callback, another = student(*arguments), student(*arguments)
    if not isinstance(callback, keras.callbacks.Callback):
        return {"kind": "None" if callback is None else type(callback).__name__}
    too_low = case["stream"][: right_epoch(case["stream"])]
    runs = [drive(callback, epochs) for epochs in (case["stream"], too_low, case["stream"])]
    runs.append(drive(another, too_low))
    stopped_by_another = Network()
    stopped_by_another.stop_training = True
    callback.set_model(stopped_by_another)
    with contextlib.redirect_stdout(io.StringIO()):
        call(callback.on_epoch_end, 0, {"accuracy": 0.5, "acc": 0.5})
    undoes = not stopped_by_another.stop_training
    return {"kind": "Callback", "printed": printed.getvalue(), "runs": runs, "undoes": undoes}


@StopAtAccuracy.judge
def _(answer, case):
    if answer["kind"] != "Callback":
        return f"A keras.callbacks.Callback is wanted; yours is {answer['kind']}: Keras would not know what to call."
    first, too_low, again, another_too_low = answer["runs"]
    if finding := judge_run(first, case) or judge_print(first, case):
        return finding
    if answer["printed"].strip():
        return "Your callback prints as soon as it is made. One line is wanted, when it stops."
    if another_too_low["printed"] or another_too_low["raised"]:
        did = f"raised {another_too_low['raised'][2]}" if another_too_low["raised"] else "printed something"
        return f"A training ended by itself, below the threshold, and at its end your callback {did}."
    others = [too_low] if too_low["stopped"] or too_low["raised"] or too_low["printed"] else []
    others += [again] if judge_run(again, case) or judge_print(again, case) else []
    if others:
        return (
            "In a second training with the same object your callback behaves otherwise: it remembers the first one. "
            f"(It {happened(others[0], case)}.)"
        )
    if answer["undoes"]:
        return Advice(
            "Right. But below the threshold you write False, and so undo what another callback has decided. Write only "
            "when you want to stop."
        )
    return None


def happened(run: dict, case: dict) -> str:
    """What a callback did in a training, in words."""
    if run["raised"]:
        return f"raised {run['raised'][2]}"
    if not run["stopped"]:
        return "printed without stopping" if run["printed"] else "did not stop any more"
    trap = case["stream"][run["stopped"][1]][0]
    return "stopped as it should, but printed something else" if trap == "right" else "stopped at another epoch"


def judge_run(run: dict, case: dict) -> str | None:
    """What is wrong with when a callback stopped, or with what it raised."""
    epochs, threshold = case["stream"], case["threshold"] or 0.998
    given = f"The threshold is {threshold}" if case["threshold"] else "Without an argument the threshold is 0.998"
    if run["raised"]:
        method, epoch, text = run["raised"]
        logs = epochs[epoch][1] if method == "on_epoch_end" else None
        if method != "on_epoch_end":
            return wrong_moment(method, f"raised {text}")
        if logs is None:
            return f"`logs` may be None, and then your callback fails: {text}. It should do nothing."
        if "acc" in logs:
            return f"Older code calls the metric 'acc', and then your callback fails: {text}."
        if "accuracy" not in logs and "acc" not in logs:
            return f"Logs may hold no accuracy, and then your callback fails: {text}. It should do nothing."
        if "KeyError" in text:
            return f"You ask for an entry that is not in the logs: {text}. They hold {', '.join(logs)}."
        return f"At the end of an epoch your callback raised {text}."
    if run["changed"]:
        return "Your callback changes the logs. Keras gives the same dictionary to the next callback, and to `history`."
    right = right_epoch(epochs)
    if not run["stopped"]:
        return never_stopped(run, epochs[right][1], given)
    method, epoch = run["stopped"]
    if method != "on_epoch_end":
        return wrong_moment(method, "stopped the training there")
    trap, logs = epochs[epoch]
    value = (logs or {}).get("accuracy", (logs or {}).get("acc"))
    return {
        "right": None,
        "lacking": f"The logs were {logs}, without a training accuracy, and your callback stopped the training.",
        "always": f"Your callback stops after the first epoch, whatever the accuracy. There it was {value}.",
        "percent": f"{given}, and your callback stops at the accuracy {value}. Is one of them a percentage?",
        "validation": "Your callback stops when the validation accuracy is above the threshold. The training accuracy "
        "decides.",
        "loss": "Your callback stopped where the loss was above the threshold. Look at the accuracy.",
        "at": f"{given}, and your callback stops at an accuracy of exactly {value}. There training goes on: above is "
        "wanted.",
        "late": f"{given}, but your callback did not stop at {epochs[right][1].get('accuracy')}, only at {value}. "
        + (
            "Does it use the threshold that it was given?"
            if threshold < 0.998
            else "It should stop at the end of that epoch."
        ),
        "small loss": "Your callback stopped where the loss was very small. Look at the accuracy.",
        "fraction": "Your callback waits for an accuracy such as 99.9. But accuracies are fractions: at most 1.",
    }[trap]


def wrong_moment(method: str, did: str) -> str:
    """Why a method is not the place to stop."""
    why = {
        "on_epoch_begin": "At the beginning of an epoch there are no logs yet, and the last epoch is over.",
        "on_train_begin": "Before the first epoch there is nothing to judge yet.",
        "on_train_end": "When the training ends it is too late to stop it.",
    }
    if "batch" in method and "test" not in method:
        because = "After a batch the logs hold the mean so far: high by luck perhaps, and the epoch is not over."
    else:
        because = why.get(method, "During the validation the logs hold figures of the validation images.")
    return f"Your callback's `{method}` {did}. {because}"


def never_stopped(run: dict, logs: dict, given: str) -> str:
    """Why a callback that should have stopped did not."""
    if run["own_attribute"]:
        return "You set `stop_training` of the callback itself. Keras looks at the network's: to whom does it belong?"
    if run["network_attributes"]:
        names = ", ".join(f"`{name}`" for name in run["network_attributes"])
        return f"You set {names} of the network, an attribute that Keras never looks at. How is it spelled?"
    if "on_epoch_end" not in run["methods"]:
        names = ", ".join(f"`{name}`" for name in run["methods"]) or "none"
        return f"At the end of an epoch your callback does nothing. Your methods: {names}. The table has the names."
    asked = [name for name in run["asked"] if name not in logs]
    if asked and not {"accuracy", "acc"} & set(run["asked"]) & set(logs):
        names = " and ".join(f"'{name}'" for name in asked)
        if "acc" in logs and "accuracy" in asked:
            return f"Older code calls the metric 'acc', and you look for {names} only."
        return f"You ask the logs for {names}, which they do not hold. They hold {', '.join(logs)}."
    if run["printed"]:
        return "Your callback prints, but the training goes on: printing alone does not stop it."
    value = logs.get("accuracy", logs.get("acc"))
    validation = [f"'{name}'" for name in run["asked"] if name.startswith("val_")]
    more = f" It also asks for {validation[0]}: the training accuracy alone decides." if validation else ""
    return f"{given}. The training accuracy came to {value}, and your callback did not stop.{more}"


def judge_print(run: dict, case: dict) -> str | None:
    """What is wrong with what a callback printed in a training in which it stopped as it should."""
    threshold, (_, stop) = case["threshold"] or 0.998, run["stopped"]
    if any(epoch < stop or method not in ("on_epoch_end", "on_train_end") for method, epoch, _ in run["printed"]):
        return "Your callback prints although it does not stop there. One line is wanted, when it stops."
    lines = [line for _, _, text in run["printed"] for line in text.splitlines() if line.strip()]
    if not lines:
        return "Your callback stops the training, but prints nothing."
    if len(lines) > 1:
        return f"Your callback prints {len(lines)} lines when it stops. One is wanted."
    return judge_line(lines[0], threshold, case["stream"][stop][1])


def judge_line(line: str, threshold: float, logs: dict) -> str | None:
    """What is wrong with the line printed at the end."""
    wanted = SENTENCE.format(f"{100 * threshold:g}")
    if line == wanted:
        return None
    if "/n" in line or "\\n" in line:
        return "Your line holds a slash and an n. A new line is `\\n`, and `print` begins one by itself."
    if "{" in line:
        return f'The braces are printed as they are: your line is "{line[:80]}". Which texts does Python fill in?'
    printed = re.search(r"(\d[\d.]*)(?=%)", line)
    if printed and line == SENTENCE.format(printed[1]):
        number, value = printed[1], float(printed[1])
        if number == "99.8":
            return f"Called with threshold={threshold}, your callback still prints 99.8%. Each threshold has its own."
        if np.isclose(value, threshold):
            return f"{number}% is a fraction with a percent sign. {threshold} is another number as a percentage."
        if len(number) > 8:
            return f"{number}% has the noise of floating-point numbers. Format the number when you print it."
        if np.isclose(value, 100 * threshold):
            return f"{number}% has needless zeros behind the point. For 0.95 the line holds 95%."
        if any(np.isclose(value, 100 * logs.get(name, 0), atol=1e-2) for name in ("accuracy", "acc")):
            return f"{number}% is the accuracy that was reached. The line should hold the threshold."
        return f"Called with threshold={threshold}, your callback prints {number}%: digits were lost."
    if line.casefold() == wanted.casefold():
        return f'Capital letters: your line is "{line}".'
    if "".join(line.split()) == "".join(wanted.split()):
        return f'A blank is missing, or there is one too many: your line is "{line}".'
    same = next((k for k, (a, b) in enumerate(zip(line, wanted, strict=False)) if a != b), min(len(line), len(wanted)))
    return f'Your line is "{line[:80]}". Compare it letter by letter with the docstring\'s, from place {same + 1} on.'


# ---- networks -----------------------------------------------------------------------------------------------


@check(lambda rng: [batch(rng, (28, 28, 1))])
def build_single_conv(student, case):
    return look_at(student(), case)


@build_single_conv.judge
def _(model, case):
    layers, kinds = model["layers"], [layer["kind"] for layer in model["layers"]]
    if finding := judge_input(model, case) or judge_convolutions(kinds, 1):
        return finding
    poolings = [kind for kind in kinds if "Pooling" in kind]
    if any(kind.startswith("Global") for kind in poolings):
        return "A global pooling counts as a pooling too. Exactly one pooling is wanted, MaxPooling2D."
    if any("Average" in kind for kind in poolings):
        return "Your pooling takes the mean. Max pooling keeps the largest value."
    if not poolings:
        return "There is no pooling. One MaxPooling2D is wanted, after the convolution."
    if poolings != ["MaxPooling2D"]:
        return f"Exactly one pooling is wanted, MaxPooling2D; yours: {', '.join(poolings)}."
    if kinds.index("MaxPooling2D") < kinds.index("Conv2D"):
        return "The pooling stands before the convolution. It should come after it."
    if layers[kinds.index("MaxPooling2D")]["pool_size"] == [1, 1]:
        return "Your pooling looks at single pixels: nothing gets smaller."
    return judge_classifier(model) or judge_compiled(model, case)


@check(lambda rng: [batch(rng, (28, 28, 1)), batch(rng, (32, 36, 3))])
def build_deep(student, case):
    model = student(tuple(case["shape"]))
    found = look_at(model, case)
    rate = model.optimizer.get_config().get("learning_rate") if found["optimizer"] else None
    return found | {"scheduled": isinstance(rate, dict | str)}  # how Keras writes a schedule, or a function, down


@build_deep.judge
def _(model, case):
    kinds = [layer["kind"] for layer in model["layers"]]
    if model["input_shape"] == [28, 28, 1] != list(case["shape"]):
        return f"Called with input_shape={case['shape']}, but your network takes (28, 28, 1). Pass the argument on."
    if finding := judge_input(model, case) or judge_convolutions(kinds, 5):
        return finding
    if not any("Pooling" in kind for kind in kinds[kinds.index("Conv2D") :]):
        return "There is no pooling after the first convolution."
    dropouts = [layer for layer in model["layers"] if layer["kind"] in DROPOUTS]
    if not dropouts:
        return "There is no dropout in your network."
    if any(layer.get("rate") in (0, 1) for layer in dropouts):
        return "A dropout rate of 0 does nothing, and one of 1 leaves nothing."
    if set(kinds[: kinds.index("Conv2D")]) & set(DROPOUTS):
        return "Dropout stands before the first convolution: it would punch holes into the digits."
    if finding := judge_classifier(model):
        return finding
    if model["scheduled"]:
        return (
            "Your optimizer follows a plan for its learning rate. In this section a callback will change the rate, and "
            "Keras allows this only where the optimizer was given a number."
        )
    return judge_compiled(model, case)


def judge_input(model: dict, case: dict) -> str | None:
    """What is wrong with what a network takes."""
    shape, yours = list(case["shape"]), model["input_shape"]
    if yours is None:
        return KIND_OF_MODEL
    if yours == shape[:2]:
        return f"The input {tuple(yours)} lacks the channel axis. The images are {tuple(shape)}."
    if yours == [shape[2], *shape[:2]]:
        return f"The input {tuple(yours)} has the channels first. In Keras they are the last axis."
    if yours != shape:
        return f"The input should have the shape {tuple(shape)}; yours is {tuple(yours)}."
    kinds = [layer["kind"] for layer in model["layers"]]
    before = kinds[: kinds.index("Conv2D")] if "Conv2D" in kinds else []
    if set(before) & {*SCALING, "Lambda"}:
        return "The images arrive between 0 and 1, but your network scales them once more, or changes them otherwise."
    if any(kind.startswith("Random") for kind in kinds):
        return "Your network changes its images at random. In this lab the pipeline does this, where it is wanted."
    return None


def judge_convolutions(kinds: list[str], wanted: int) -> str | None:
    """Whether there are as many convolutions as there should be, of the usual kind."""
    others = [kind for kind in kinds if "Conv" in kind and kind != "Conv2D"]
    if others:
        return f"The convolutions should be Conv2D; yours has {', '.join(others)}."
    found = kinds.count("Conv2D")
    if found != wanted:
        return f"Conv2D layers: {wanted} wanted, your network has {found}."
    return None


# ---- classification_summary ---------------------------------------------------------------------------------

COLUMNS = ("precision", "recall", "f1", "support")


def labels(rng: np.random.Generator):
    """True and predicted classes. In the second case: 3 is never predicted, 4 never there, 5 neither, 2 never right."""
    for n_classes, n in ((4, 60), (6, 70)):
        y_true = rng.integers(0, 4, n)
        y_true[:10] = 0  # so that support and predictions differ
        y_pred = np.where(rng.random(n) < 0.6, y_true, rng.integers(0, 4, n))
        y_true[10:18] = y_pred[14:22] = np.arange(8) % 4
        if n_classes == 6:
            y_pred[y_pred == 3] = 4
            y_pred[y_true == 2] = 1
            y_pred[:2] = 2
        yield {"y_true": y_true, "y_pred": y_pred, "n_classes": n_classes}


@check(labels)
def classification_summary(student, case):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = student(case["y_true"], case["y_pred"], case["n_classes"])
    if not hasattr(table, "columns"):
        return {"kind": "None" if table is None else type(table).__name__}
    if not table.columns.is_unique:
        raise Unusable("Several columns of your table have the same name.")
    quiet = DeprecationWarning | PendingDeprecationWarning | ResourceWarning
    return {
        "kind": "DataFrame",
        "names": [str(name) for name in table.columns],
        "rows": [str(name) for name in getattr(table, "index", [])],
        "columns": {name: table[name].tolist() for name in COLUMNS if name in table},
        "warned": [str(one.message) for one in caught if not issubclass(one.category, quiet)],
    }


@classification_summary.judge
def _(answer, case):
    if answer["kind"] != "DataFrame":
        more = " Does it end with `return`?" if answer["kind"] == "None" else ""
        return f"A pandas DataFrame is wanted, but your function returned {answer['kind']}.{more}"
    columns, n_classes = answer["columns"], case["n_classes"]
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        if set(missing) <= set(answer["rows"]):
            return "Rows and columns are exchanged: each class should be a row."
        names = ", ".join(f"'{name}'" for name in answer["names"]) or "none"
        return f"Your table lacks {' and '.join(missing)}. Its columns: {names}."
    rows = len(columns["recall"])
    if rows != n_classes:
        more = " Classes that do not occur have a row too." if rows < n_classes else ""
        return f"One row per class is wanted: {n_classes}. Your table has {rows}.{more}"
    if any(not isinstance(value, int | float | None) for column in columns.values() for value in column):
        return "Your table should hold one number in each place, not texts or lists. Whoever prints it may round."
    yours = np.array([columns[name] for name in COLUMNS], dtype=float)
    if not np.isfinite(yours).all():
        which, k = np.argwhere(~np.isfinite(yours))[0].tolist()
        return f"The {COLUMNS[which]} of class {k} is NaN, None or infinity. Where a sum to divide by is 0, return 0."
    classes = np.arange(n_classes)[:, np.newaxis]
    true, predicted = case["y_true"] == classes, case["y_pred"] == classes
    right, there, called = ((one.sum(axis=1)) for one in (true & predicted, true, predicted))
    precision, recall = right / np.maximum(called, 1), right / np.maximum(there, 1)
    if finding := judge_parts(yours[:2], precision, recall, right, called, there):
        return finding
    finding = judge_f1(yours[2], precision, recall, right.sum() / len(case["y_true"]))
    finding = finding or judge_array(
        yours[3],
        there,
        {
            "Your support counts how often each class was *predicted*. It should count how often it occurs.": called,
            "Your support counts the right answers. It should count all images of the class.": right,
            "Your support counts the wrong answers. It should count all images of the class.": there - right,
            "Your support is a fraction. A count is wanted.": there / there.sum(),
            "Your support is the number of all images, in every row. Each class has its own.": (
                np.full(n_classes, there.sum())
            ),
        },
        "your column support",
    )
    if not finding and answer["warned"]:
        return f"The numbers are right, but your code caused a warning, and should not: {answer['warned'][0]}"
    return finding


def judge_parts(yours, precision, recall, right, called, there):
    """What is wrong with the columns precision and recall, as rows of an array."""
    expected = np.stack([precision, recall])
    other = np.stack([np.where(called == 0, 1, precision), np.where(there == 0, 1, recall)])
    same = np.allclose(np.sort(yours), np.sort(expected))
    means, accuracy = expected.mean(axis=1, keepdims=True), right.sum() / there.sum()
    otherwise = ""
    for column, k in np.argwhere(np.abs(yours - expected) > 1e-3)[:1]:
        otherwise = (
            f"Your {COLUMNS[column]} of class {k} is {yours[column, k]:.3f}, and that is not right. The class occurs "
            f"{there[k]} times; it is predicted {called[k]} times, {right[k]} of them rightly."
        )
    return judge_array(
        yours,
        expected,
        {
            "Precision and recall are swapped. Recall asks: of the images that *are* a 7, how many were found?": (
                expected[::-1]
            ),
            "Both columns hold the recall. For the precision, divide by how often the class was *predicted*.": (
                np.stack([recall, recall])
            ),
            "Both columns hold the precision. For the recall, divide by how often the class really *occurs*.": (
                np.stack([precision, precision])
            ),
            "You divided by the number of all images. Each class has a number of its own to divide by.": (
                np.stack([right, right]) / there.sum()
            ),
            "Both columns hold the accuracy, in every row. Each class has its own figures.": (
                np.full_like(expected, accuracy)
            ),
            "Every row holds the mean over the classes. Each class has its own figures.": means + 0 * expected,
            "You divided by the number of wrong answers alone. The right ones belong to the whole, too.": (
                np.stack([right / np.maximum(called - right, 1), right / np.maximum(there - right, 1)])
            ),
            "Your first row is about class 1. The classes begin with 0.": np.pad(expected[:, 1:], ((0, 0), (0, 1))),
            "Where a sum to divide by is 0, the docstring wants another value than yours.": other,
            "The rows are right, but not in the order of the classes.": yours if same else expected,
            "These are percentages; fractions between 0 and 1 are wanted.": 100 * expected,
            "You rounded too far. Whoever prints the table may round.": [
                np.trunc(expected),
                *(np.round(expected, k) for k in (2, 1, 0)),
            ],
        },
        otherwise=otherwise,
        tol=1e-3,
    )


def judge_f1(yours, precision, recall, accuracy):
    """What is wrong with the column f1, where precision and recall are right."""
    sums = np.maximum(precision + recall, 1e-9)
    f1 = 2 * precision * recall / sums
    otherwise = ""
    for k in np.flatnonzero(np.abs(yours - f1) > 1e-3)[:1]:
        otherwise = (
            f"For a precision of {precision[k]:.3f} and a recall of {recall[k]:.3f} your F1 is {yours[k]:.3f}, and "
            "that is not right."
        )
    return judge_array(
        yours,
        f1,
        {
            "Your F1 is the arithmetic mean of precision and recall, not the harmonic one.": (precision + recall) / 2,
            "Your F1 is the geometric mean. F1 is the harmonic mean.": np.sqrt(precision * recall),
            "The factor 2 is missing in your F1: for P = R it should be P again.": f1 / 2,
            "Your F1 is the product of precision and recall. Divide by their mean.": precision * recall,
            "Your F1 is the smaller of precision and recall. It should only be near it.": np.minimum(precision, recall),
            "Your F1 is the larger of precision and recall. It should be near the smaller one.": (
                np.maximum(precision, recall)
            ),
            "Your F1 is the accuracy, in every row. Each class has its own.": np.full(len(f1), accuracy),
            "You rounded your F1 too far. Whoever prints the table may round.": [np.round(f1, k) for k in (2, 1, 0)],
        },
        otherwise=otherwise,
        tol=1e-3,
    )
