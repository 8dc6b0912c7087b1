"""The checks of the MNIST lab. Nothing is trained: a callback gets written logs, a network one batch of noise."""

import re

import numpy as np
import pandas as pd

from checks import images, reports
from checks.compare import array, compare, each, table
from checks.core import Advice, judges
from checks.getting_started import batch as batch_of
from checks.networks import DROPOUTS, judge_classifier, judge_compiled, judge_input
from checks.probes import functions
from checks.probes import mnist_callback as probes


def batch(rng: np.random.Generator, shape: tuple[int, int, int]) -> dict:
    return {"shape": shape} | batch_of(rng, shape)


# ---- prepare_images -----------------------------------------------------------------------------------------


def digits(rng: np.random.Generator):
    """The first batch is dark, so that its own brightest value is not that of all images."""
    for n, brightest in ((5, 180), (7, 256)):
        yield {"images": rng.integers(0, brightest, (n, 28, 28), dtype=np.uint8)}


@compare(digits, "the array of images", "For images of shape {images.shape}: ", array(1e-3, "float32", numpy=True))
def prepare_images(images):
    return images[..., np.newaxis] / np.float32(255)


def of_images(wrong):
    """A mistake of scaling, on images with their channel axis."""
    return lambda images: wrong(images[..., np.newaxis])


def shaped(*shape):
    """The right values in another shape; -1 stands for the number of images."""
    return lambda images: (images / np.float32(255)).reshape(shape)


ONE_ROW = "Each image has become one row of numbers. A convolution needs height and width."
ONE_IMAGE = "Only one image came back. The whole batch is wanted."
prepare_images.mistakes = {
    "The channel axis is missing: (N, 28, 28) should become (N, 28, 28, 1).": shaped(-1, 28, 28),
    "The channel axis stands before height and width. In Keras it is the last one.": shaped(-1, 1, 28, 28),
    "The new axis stands at the very beginning, where the images are counted. It should be last.": (
        shaped(1, -1, 28, 28)
    ),
    ONE_ROW: [shaped(-1, 784), shaped(-1, 784, 1)],
    "The channel axis stands between height and width. In Keras it is the last one.": shaped(-1, 28, 1, 28),
    "Your images have three channels. Grey images have one.": (
        lambda images: np.repeat(prepare_images.right(images), 3, axis=-1)
    ),
    ONE_IMAGE: [lambda images: prepare_images.right(images)[0], lambda images: prepare_images.right(images)[:1]],
    "Height and width are exchanged: the digits lie on their side.": (
        lambda images: np.swapaxes(prepare_images.right(images), 1, 2)
    ),
    **each(images.MISTAKES, of_images),
}

# ---- StopAtAccuracy -----------------------------------------------------------------------------------------

SENTENCE = "Reached {}% accuracy so cancelling training!"
NEEDLESS = [k / 10_000 for k in range(9001, 9970) if len(repr(100 * (k / 10_000))) > 8]  # such as 99.85000000000001


# The mistakes that stop a training in the epochs around the right one; a callback is driven with logs that name none.
AROUND = ("validation", "loss", "at", "right", "late", "late", "small loss", "fraction")


def stream(
    threshold: float,
    early,
    name="accuracy",
    lacking=False,
    validated=True,
    at: float | None = None,
    above: float | None = None,
) -> list[dict | None]:
    """The logs of a training, epoch by epoch: in most of them some mistake stops it.

    early: accuracies of more epochs near the beginning. lacking: five epochs without an accuracy come first. validated:
    with figures of the validation. at: the accuracy that is not yet above the threshold. above: the first one that is.
    """

    def logs(accuracy, val_accuracy=0.7, loss=0.3):
        validation = {f"val_{name}": val_accuracy, "val_loss": 0.4} if validated else {}
        return validation | {name: round(float(accuracy), 6), "loss": loss}

    above = above or threshold + (1 - threshold) / 4
    nothing = [None, {}, {"loss": 0.3}, {"loss": 0.3, "val_accuracy": 0.99999, "val_loss": 0.1}]
    nothing.append({"loss": 0.3, "top_5_accuracy": 0.99999})
    return [
        *(one for one in nothing if lacking),
        logs(0.005, 0.006),
        *(logs(accuracy) for accuracy in early),
        logs(0.8, 0.81),
        logs(threshold - 0.01, (above + 1) / 2),
        logs(threshold - 0.02, loss=1.4),
        logs(threshold if at is None else at),
        logs(above),
        logs(0.99995),
        logs(1.0),
        logs(0.7, loss=1e-6),
        logs(100 * above),
    ]


def trainings(rng: np.random.Generator):
    """Each with a stream of logs, and with others that stay below the threshold. Their lengths tell nothing."""

    def case(threshold, kind=float, **settings):
        def drawn() -> list[dict | None]:
            logs = stream(threshold or 0.998, rng.uniform(0.2, 0.8, rng.integers(5)), **settings)
            return [one and {name: kind(value) for name, value in one.items()} for one in logs]

        found = {"threshold": threshold, "stream": drawn()}
        below = drawn()
        below = below[: right_epoch({"threshold": threshold, "stream": below})]
        return found | {"below": [below[k] for k in rng.permutation(len(below))]}

    yield case(None)
    yield case(0.95)
    yield case(0.9, name="acc")
    yield case(0.9985, lacking=True, above=0.99853)  # rounded to four digits it is the threshold
    threshold = float(rng.choice(NEEDLESS))
    yield case(threshold, np.float32, validated=False, at=threshold - 1e-4)
    for waits in rng.permutation([0, rng.integers(1, 5)]):  # one is above the threshold in its first epoch
        threshold = float(rng.choice([0.2, 0.25, 0.3, 0.4]))
        found = [
            rng.uniform(0.05, threshold - 0.05, waits),
            rng.uniform(threshold + 0.05, 0.9, rng.integers(1, 6)),
            rng.uniform(0.05, threshold - 0.05, rng.integers(1, 6)),
        ]
        before, above, below = ([{"accuracy": round(one, 4), "loss": 0.3} for one in part.tolist()] for part in found)
        yield {"threshold": threshold, "stream": before + above, "below": below}


def reached(logs: dict | None) -> float | None:
    """The training accuracy, under its name or the older one; None where there is none."""
    return (logs or {}).get("accuracy", (logs or {}).get("acc"))


def right_epoch(case: dict) -> int:
    """The epoch at whose end a callback should stop."""
    accuracies = [reached(logs) for logs in case["stream"]]
    return next(k for k, one in enumerate(accuracies) if one is not None and one > (case["threshold"] or 0.998))


def is_short(case: dict) -> bool:
    """Whether its training is none of `stream`, which all end with a percentage."""
    return reached(case["stream"][-1]) <= 1


def mistake_at(case: dict, epoch: int) -> str:
    """The mistake that stops a training at the end of this epoch, or "right"."""
    before = [reached(logs) for logs in case["stream"][: epoch + 1]]
    if before[-1] is None:
        return "lacking"
    if is_short(case) and epoch > right_epoch(case):
        return "late"
    place = epoch - right_epoch(case) + AROUND.index("right")
    if place >= 0:
        return AROUND[place]
    return "percent" if any(one is not None for one in before[:-1]) else "always"


def with_threshold(case: dict) -> str:
    return "Without a threshold: " if case["threshold"] is None else f"With threshold={case['threshold']}: "


@judges(probes.StopAtAccuracy, trainings, with_threshold)
def StopAtAccuracy(answer, case):  # noqa: N802 - a check is called like its exercise
    if answer["kind"] != "Callback":
        return f"A keras.callbacks.Callback is wanted; yours is {answer['kind']}: Keras would not know what to call."
    first, too_low, again, another_too_low = answer["runs"]
    if finding := judge_run(first, case) or judge_print(first, case):
        return finding
    if answer["printed"].strip():
        return "Your callback prints as soon as it is made. One line is wanted, when it stops."
    if another_too_low["stopped"]:
        return (
            "Of two objects of your class the second one stopped below its threshold: it knows what the first one has "
            "seen. Keep in `self` what belongs to one object."
        )
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
    as_it_should = run["stopped"][1] == right_epoch(case)
    return "stopped as it should, but printed something else" if as_it_should else "stopped at another epoch"


def judge_run(run: dict, case: dict) -> str | None:
    """What is wrong with when a callback stopped, or with what it raised."""
    epochs, threshold = case["stream"], case["threshold"] or 0.998
    given = f"The threshold is {threshold}" if case["threshold"] else "Without an argument the threshold is 0.998"
    if run["raised"]:
        method, epoch, text = run["raised"]
        logs = epochs[epoch] if method == "on_epoch_end" else None
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
        missing = [f"'{name}'" for name in run["asked"] if name not in logs]
        if missing and "NoneType" in text:
            return (
                f"You ask the logs for {' and '.join(missing)}, which they do not hold: `get` gives None then, and "
                f"None cannot be compared with a number ({text}). They hold {', '.join(logs)}."
            )
        if "object is not callable" in text:
            return "`stop_training` is no function of the network: it is a value. Keras stops when you set it to True."
        return f"At the end of an epoch your callback raised {text}."
    if run["changed"]:
        return "Your callback changes the logs. Keras gives the same dictionary to the next callback, and to `history`."
    right = right_epoch(case)
    if not run["stopped"]:
        return never_stopped(run, epochs[right], given)
    method, epoch = run["stopped"]
    if method != "on_epoch_end":
        return wrong_moment(method, "stopped the training there")
    logs = epochs[epoch]
    value = 0.0 if reached(logs) is None else reached(logs)  # without one "lacking" says so
    return {
        "right": None,
        "lacking": f"The logs were {logs}, without a training accuracy, and your callback stopped the training.",
        "always": f"{given}, and your callback stops at the first accuracy, {value:.6g}. Is the comparison missing, or "
        "the wrong way round?",
        "percent": f"{given}, and your callback stops at the accuracy {value:.6g}. Is one of them a percentage?",
        "validation": "Your callback stops when the validation accuracy is above the threshold. The training accuracy "
        "decides.",
        "loss": "Your callback stopped where the loss was above the threshold. Look at the accuracy.",
        "at": f"{given}, and your callback stops at an accuracy of {value:.6g}. It should stop above the threshold "
        "only: not at it, and not, by rounding, below it.",
        "late": f"{given}, but your callback did not stop at {reached(epochs[right]):.6g}, only at {value:.6g}. "
        + (
            "The first epoch counts, too."
            if right == 0
            else "Does each object use the threshold that it was given?"
            if threshold < 0.998 and not is_short(case)
            else "It should stop at the end of that epoch: any accuracy above the threshold is enough, unrounded."
        ),
        "small loss": "Your callback stopped where the loss was very small. Look at the accuracy.",
        "fraction": "Your callback waits for an accuracy such as 99.9. But accuracies are fractions: at most 1.",
    }[mistake_at(case, epoch)]


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
    value = reached(logs)
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
    return judge_line(lines[0], threshold, case["stream"][stop])


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
        if len(number) > 8 and not number.endswith("0"):
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
    return f'Your line is "{line[:80]}". Compare it letter by letter with the docstring\'s, from letter {same + 1} on.'


# ---- networks -----------------------------------------------------------------------------------------------


@judges(probes.build, lambda rng: [batch(rng, (28, 28, 1))])
def build_single_conv(model, case):
    layers, kinds = model["layers"], [layer["kind"] for layer in model["layers"]]
    if finding := judge_input(model, list(case["shape"]), "between 0 and 1") or judge_convolutions(kinds, 1):
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
    return judge_classifier(model) or judge_compiled(model, case, logged_as="accuracy")


@judges(probes.build_for_shape, lambda rng: [batch(rng, (28, 28, 1)), batch(rng, (32, 36, 3))], "Called with {shape}: ")
def build_deep(model, case):
    kinds = [layer["kind"] for layer in model["layers"]]
    if model["input_shape"] == [28, 28, 1] != list(case["shape"]):
        return f"Called with input_shape={case['shape']}, but your network takes (28, 28, 1). Pass the argument on."
    if finding := judge_input(model, list(case["shape"]), "between 0 and 1") or judge_convolutions(kinds, 5):
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
    return judge_compiled(model, case, logged_as="accuracy")


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
    """True and predicted classes. In the first case 3 is seldom right, so that its precision and recall add up to less
    than 1. In the second one 3 is never predicted, 4 never there, 6 neither, 2 never right.
    """
    for n_classes, n in ((4, 60), (7, 70)):
        y_true = rng.integers(0, 4, n)
        y_true[:10] = 0  # so that support and predictions differ
        y_pred = np.where(rng.random(n) < 0.6, y_true, rng.integers(0, 4, n))
        y_true[10:18] = y_pred[14:22] = np.arange(8) % 4
        if n_classes == 4:
            y_true[18:22], y_pred[:4] = 3, 3
            y_pred[18:][y_true[18:] == 3] = 1
        else:
            y_pred[y_pred == 3] = 4
            y_pred[y_true == 2] = 1
            y_pred[:2] = 2
            y_true[-1] = y_pred[-1] = 5
        yield {"y_true": y_true, "y_pred": y_pred, "n_classes": n_classes}


@compare(
    labels,
    where="For {n_classes} classes: ",
    form=table(COLUMNS, "One row per class is wanted, also for those that do not occur", reports.FINITE),
    probe=functions.table,
)
def classification_summary(y_true, y_pred, n_classes):
    matrix = reports.counted(y_true, y_pred, n_classes)
    return with_f1_and_support(reports.report(matrix), matrix)


def with_f1_and_support(found: pd.DataFrame, matrix: np.ndarray) -> pd.DataFrame:
    """The table of precision and recall, and the two columns that follow from it."""
    f1 = 2 * found.precision * found.recall / np.maximum(found.precision + found.recall, 1e-9)
    return found.assign(f1=f1.to_numpy(), support=matrix.sum(axis=1))


def of_report(wrong):
    """A mistake in precision and recall, as a whole table."""

    def made(y_true, y_pred, n_classes):
        found = classification_summary.right(y_true, y_pred, n_classes)
        # F1 stays right: where it alone is wrong, the sentence should be about F1.
        return wrong(reports.counted(y_true, y_pred, n_classes)).assign(
            f1=found.f1.to_numpy(), support=found.support.to_numpy()
        )

    return made


def column(name: str, change):
    """The right table with one column changed: `change(table, matrix)`."""

    def made(y_true, y_pred, n_classes):
        found = classification_summary.right(y_true, y_pred, n_classes)
        return found.assign(**{name: change(found, reports.counted(y_true, y_pred, n_classes))})

    return made


classification_summary.quiet = True
classification_summary.mistakes = {
    **each(reports.MISTAKES, of_report),
    "Your F1 is the arithmetic mean of precision and recall, not the harmonic one.": (
        column("f1", lambda t, matrix: (t.precision + t.recall) / 2)
    ),
    "Your F1 is the geometric mean. F1 is the harmonic mean.": (
        column("f1", lambda t, matrix: np.sqrt(t.precision * t.recall))
    ),
    "The factor 2 is missing in your F1: for P = R it should be P again.": column("f1", lambda t, matrix: t.f1 / 2),
    "Your F1 is the precision. It should be a mean of precision and recall.": column(
        "f1", lambda t, matrix: t.precision
    ),
    "Your F1 is the recall. It should be a mean of precision and recall.": column("f1", lambda t, matrix: t.recall),
    "Your F1 is one number, the same in every row. Each class has an F1 of its own.": [
        column("f1", lambda t, matrix: np.trace(matrix) / matrix.sum()),
        column("f1", lambda t, matrix: t.f1.mean()),
        column("f1", lambda t, matrix: 2 / (1 / t.precision.mean() + 1 / t.recall.mean())),
    ],
    "Your F1 is a percentage. A fraction between 0 and 1 is wanted.": column("f1", lambda t, matrix: 100 * t.f1),
    "Your F1 is the product of precision and recall. Divide by their mean.": (
        column("f1", lambda t, matrix: t.precision * t.recall)
    ),
    "Your F1 is too small where P + R is less than 1: there you divide by 1. Only a sum of 0 needs care.": (
        column("f1", lambda t, matrix: 2 * t.precision * t.recall / np.maximum(t.precision + t.recall, 1))
    ),
    "Your F1 is the smaller of precision and recall. It should only be near it.": (
        column("f1", lambda t, matrix: np.minimum(t.precision, t.recall))
    ),
    "Your F1 is the larger of precision and recall. It should be near the smaller one.": (
        column("f1", lambda t, matrix: np.maximum(t.precision, t.recall))
    ),
    "You rounded your F1 too far. Whoever prints the table may round.": [
        column("f1", lambda t, matrix: t.f1.round(2)),
        column("f1", lambda t, matrix: t.f1.round(1)),
    ],
    "Your support counts how often each class was *predicted*. It should count how often it occurs.": (
        column("support", lambda t, matrix: matrix.sum(axis=0))
    ),
    "Your support counts the right answers. It should count all images of the class.": (
        column("support", lambda t, matrix: np.diag(matrix))
    ),
    "Your support counts the wrong answers. It should count all images of the class.": (
        column("support", lambda t, matrix: t.support - np.diag(matrix))
    ),
    "Your support is a fraction. A count is wanted.": column("support", lambda t, matrix: t.support / matrix.sum()),
    "Your support is the number of all images, in every row. Each class has its own.": (
        column("support", lambda t, matrix: matrix.sum())
    ),
}
