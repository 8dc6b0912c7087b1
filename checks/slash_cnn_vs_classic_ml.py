"""The slash lab's checks. Data sets are judged by their properties, networks by description; nothing is trained."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import ndimage

from checks.compare import array, compare, judge_array, table, through
from checks.core import Advice, Reason, judges
from checks.networks import Step, conv, judge_input, judge_order, judge_steps, norm, pool, scores
from checks.probes import slash_cnn_vs_classic_ml as probes
from checks.probes.slash_cnn_vs_classic_ml import classifiers, top_is_darker


def small_data_sets(rng: np.random.Generator):
    for per_class in (20, 40, 60):
        yield {"per_class": per_class, "seed": int(rng.integers(1, 10_000))}


@judges(probes.make_dataset, small_data_sets, "For make_dataset({per_class}, seed={seed}): ")
def make_dataset(answer, case):
    shapes = [tuple(shape) for shape in answer["shapes"][0]]
    if not shapes:
        return "Four arrays are wanted: `return x_train, x_test, y_train, y_test`."
    if any(run != answer["shapes"][0] for run in answer["shapes"]):
        return "The shapes of your arrays change with the seed or from call to call; only `per_class` decides on them."
    if [len(shape) for shape in shapes] == [3, 1, 3, 1]:
        return "The order is x_train, y_train, x_test, y_test; wanted is x_train, x_test, y_train, y_test."
    if any(shape[1:] != (30, 30) for shape in shapes[:2]) or any(len(shape) != 1 for shape in shapes[2:]):
        return f"Images should be (N, 30, 30) and labels (N,); yours are {shapes[0]} and {shapes[2]}."
    n_train, n_test, *labels = (shape[0] for shape in shapes)
    if [n_train, n_test] != labels:
        return "Images and labels of a part are not equally many: x_train belongs to y_train, x_test to y_test."
    images = 2 * case["per_class"]
    if n_train + n_test != images:
        return f"{case['per_class']} images per class make {images}; your parts hold {n_train + n_test}."
    if 4 * n_train == images:
        return (
            "Your test set is 75% of the data, and the training set 25%: are they exchanged? The order is x_train, "
            "x_test, y_train, y_test, and `test_size` is the part kept for testing: a quarter."
        )
    if 4 * n_test != images:
        return (
            f"Your test set is {n_test / images:.0%} of the data. `test_size` is the part kept for testing: a quarter."
        )
    x_train, x_test, y_train, y_test = answer["parts"]
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    others = np.concatenate(answer["other"][:2])
    if not (x.min() >= 0 and x.max() <= 1):
        return f"Pixel values should stay between 0 and 1; yours go from {x.min():.2f} to {x.max():.2f}."
    if not np.isin(y, (0, 1)).all():
        return "Labels should be 0 (down) and 1 (up)."
    for name, part in (("training", x_train), ("test", x_test)):
        if part.mean() < 0.5:
            return f"Your {name} images are dark with a light stroke: paper is 1, ink is 0."
        paper = part[part >= 0.5]
        if paper.min() > 0.97:
            return f"Your {name} images are clean drawings: the noise is missing."
        if abs(paper.mean() - 0.9375) > 0.004:  # 1 + noise between -0.25 and 0.25, clipped at 1
            much = "little" if paper.mean() > 0.9375 else "much"
            return f"There is too {much} noise in your {name} images. Add it once, with `add_noise`'s usual setting."
    ink = x < 0.5
    if (ink.sum((1, 2)) != 4).any():
        return f"A stroke is 4 pixels of ink, its usual length; an image of yours has {ink.sum((1, 2)).max()}."
    edge = [0, -1] if images > 100 else [0, 1, -2, -1]  # with few strokes chance alone may leave the outermost row
    if not ink[:, edge].any() and not ink[:, :, edge].any():
        return "Your strokes keep away from the border. They may lie anywhere: leave `margin` as it is."
    matches = np.mean(directions(x) == y)
    if matches < 0.1:
        return "The labels are swapped: 0 is a stroke that falls to the right, 1 a stroke that rises."
    if matches < 1:
        return f"Only {matches:.0%} of the labels belong to their image. Shuffle and split images and labels together."
    if recurring(x_test, x_train):
        return "Some test images are also training images: split without drawing an image twice."
    different = len({one.tobytes() for one in ink})
    if different < 0.85 * images:  # chance alone repeats a few
        return f"Only {different} of your {images} strokes differ in position or direction. Draw each image anew."
    counts = np.bincount(y_test.astype(int), minlength=2)
    if counts[0] != counts[1]:
        return f"The split is not stratified: the test set holds {counts[0]} and {counts[1]} images of the classes."
    if not all(np.array_equal(one[:3], two) for one, two in zip(answer["parts"], answer["again"], strict=True)):
        return "The same seed gave different arrays. The drawing, the noise and the split must all come from the seed."
    shares = {"strokes": recurring(ink, others < 0.5), "noise": recurring(x[:, 0], others[:, 0])}
    same = " and ".join(f"the same {name}" for name, share in shares.items() if share > 0.5)
    if same:
        return f"Another seed gave {same}: everything random must come from the argument `seed`."
    changes = np.count_nonzero(np.diff(y_train)) / len(y_train)
    if 0.2 < changes < 0.8 and np.array_equal(y_train, answer["other"][2]):  # shuffled, not in an order of one's own
        return "Another seed gave the same labels in the same order: the split must come from the argument `seed`, too."
    return judge_usual(answer["usual"])


def judge_usual(usual: dict | None) -> str | None:
    """What is wrong with the function called without arguments."""
    if usual and usual["images"] != [750, 250]:
        return f"Called without arguments, 500 images per class are wanted: 750 and 250. Yours: {usual['images']}."
    if usual and not usual["repeated"]:
        return "With the seed 0 two calls gave different arrays. 0 is a seed like any other; only None means chance."
    if usual and not usual["same"]:
        return "Called without arguments, the seed is 0: the same arrays as make_dataset(500, 0) are wanted."
    return None


def recurring(arrays: np.ndarray, others: np.ndarray) -> float:
    """The fraction of the arrays that is also among the others."""
    mine, theirs = ({one.tobytes() for one in some} for some in (arrays, others))
    return len(mine & theirs) / len(mine)


def directions(images: np.ndarray) -> np.ndarray:
    """1 where the ink rises to the right, 0 where it falls: dark neighbours along the two diagonals are counted."""
    dark = images < 0.5
    falling = (dark[:, :-1, :-1] & dark[:, 1:, 1:]).sum((1, 2))
    rising = (dark[:, :-1, 1:] & dark[:, 1:, :-1]).sum((1, 2))
    return (rising > falling).astype(int)


def stacks(rng: np.random.Generator):
    yield {"images": rng.random((5, 30, 30)).astype("float32")}
    yield {"images": rng.random((4, 6, 9))}
    yield {"images": rng.random((1, 5, 4))}


@compare(stacks, "the flat form", "For images of shape {images.shape}: ", array(lists=False))
def to_flat(images):
    return images.reshape(len(images), -1)


to_flat.mistakes = {
    "All images run together in one row. Keep the first axis: one row per image.": lambda images: images.reshape(-1),
    "All images run together in a single row of a table. Keep one row per image.": lambda images: images.reshape(1, -1),
    "Rows and columns are exchanged: one row per image, one column per pixel.": (
        lambda images: images.reshape(len(images), -1).T
    ),
    "The pixels are in the wrong order: column by column. Write each image line by line.": (
        lambda images: images.transpose(0, 2, 1).reshape(len(images), -1)
    ),
    "The pixels of different images are mixed: reshape keeps the order of the numbers, so the axis of the images must "
    "stay the first.": lambda images: images.reshape(-1, len(images)).T,
    "Nothing was flattened: each image is still a table.": lambda images: images,
}


@compare(stacks, "the image form", "For images of shape {images.shape}: ", array(lists=False))
def to_images(images):
    return images[..., np.newaxis]


to_images.mistakes = {
    "The channel axis is missing: Conv2D wants (N, H, W, channels), also for grey images.": lambda images: images,
    "The channel axis comes last in Keras, after height and width; yours is the second axis.": (
        lambda images: images[:, np.newaxis]
    ),
    "You added an axis in front: that is a batch of one. The channel axis comes last.": (
        lambda images: images[np.newaxis]
    ),
    "Grey images have one channel; yours have three.": lambda images: np.repeat(images[..., np.newaxis], 3, axis=-1),
    "This is the flat form with an axis added. Height and width must stay.": (
        lambda images: images.reshape(len(images), -1, 1)
    ),
}


def noisy_labels(rng: np.random.Generator):
    """Labels that only partly follow from the features, so that every way of scoring gives another number."""
    for n_train, n_test in ((61, 37), (53, 31)):
        x = rng.normal(size=(n_train + n_test, 6))
        y = (x[:, 0] + x[:, 1] ** 2 + rng.normal(size=len(x)) > 0.8).astype(int)
        yield {"x_train": x[:n_train], "y_train": y[:n_train], "x_test": x[n_train:], "y_test": y[n_train:]}


SCORES = table(("train_score", "test_score"))


@judges(probes.score_models, noisy_labels, "For {x_train.shape[0]} training images and {x_test.shape[0]} test images: ")
def score_models(answer, case):
    names, columns = list(classifiers()), answer["columns"]
    if isinstance(fault := SCORES.split(answer, names), str):
        return fault
    if "model" not in columns:
        return f"Missing: the column model; the columns of your table: {', '.join(columns)}."
    if sorted(map(str, columns["model"])) != sorted(names):
        yours = ", ".join(map(str, columns["model"]))
        return f"The column model should hold the names {', '.join(names)}. Yours: {yours}."
    if columns["model"] != names:
        return "The rows should stand in the order of `models`, not sorted."
    models = {name: model.fit(case["x_train"], case["y_train"]) for name, model in classifiers().items()}
    sets = [(case[f"x_{part}"], case[f"y_{part}"]) for part in ("train", "test")]
    expected = [[model.score(*one) for one in sets] for model in models.values()]
    mistakes = through(score_models, case, scores_of)
    finding = judge_array(scores_of(answer), expected, mistakes, "the table of scores", tol=1e-3)
    if finding:
        return finding
    for name, model in models.items():
        later = answer["later"][name]
        if "raised" in later:
            return f"`models` still holds {name} unfitted: fit the models themselves, not copies; later cells use them."
        if not np.array_equal(later["value"], model.predict(case["x_test"])):
            return (
                f"Your scores are right, but {name} answers differently now than a model fitted on the training set: "
                "fit each model once, and leave it like that."
            )
    return None


def scores_of(answer: dict) -> np.ndarray:
    """The scores of a table, (models, 2)."""
    return np.column_stack([answer["columns"]["train_score"], answer["columns"]["test_score"]])


def scored(models, fit, first, second) -> pd.DataFrame:
    """The table of models that are fitted on one set and scored on two."""
    rows = [[name, model.fit(*fit).score(*first), model.score(*second)] for name, model in models.items()]
    return pd.DataFrame(rows, columns=["model", "train_score", "test_score"])


def on(fit: str, first: str = "train", second: str = "test") -> Callable:
    """An answer that takes other sets than it should: "train", "test" or "both"."""

    def wrong(models, x_train, y_train, x_test, y_test):
        sets = {"train": (x_train, y_train), "test": (x_test, y_test)}
        sets["both"] = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
        return scored(models, sets[fit], sets[first], sets[second])

    return wrong


def then(change: Callable) -> Callable:
    """The right table, with `change(scores, sizes of the sets)` in place of its scores."""

    def wrong(models, x_train, y_train, x_test, y_test):
        found = scored(models, (x_train, y_train), (x_train, y_train), (x_test, y_test))
        found[["train_score", "test_score"]] = change(found[["train_score", "test_score"]], [len(y_train), len(y_test)])
        return found

    return wrong


def fitted_before_each_score(models, x_train, y_train, x_test, y_test):
    train, test = (x_train, y_train), (x_test, y_test)
    rows = [[name, model.fit(*train).score(*train), model.fit(*test).score(*test)] for name, model in models.items()]
    return pd.DataFrame(rows, columns=["model", "train_score", "test_score"])


score_models.mistakes = {
    "Your models were fitted on the test set. They must not see it before they are scored.": on("test"),
    "Your models were fitted on both sets together. They must not see the test set.": on("both"),
    "Your models were fitted a second time, on the test set, before they were scored on it.": fitted_before_each_score,
    "The two scores are swapped: train_score belongs to the training set.": on("train", "test", "train"),
    "Both columns hold the score of the training set. test_score belongs to the test set.": (
        on("train", "train", "train")
    ),
    "Both columns hold the score of the test set.": on("train", "test", "test"),
    "These are error rates. The accuracy is the fraction that is right.": then(lambda scores, sizes: 1 - scores),
    "These are percentages; fractions between 0 and 1 are wanted.": then(lambda scores, sizes: 100 * scores),
    "You rounded too far. Whoever prints the table may round.": [
        then(lambda scores, sizes: scores.round(2)),
        then(lambda scores, sizes: scores.round(1)),
    ],
    "These are numbers of right answers, not fractions.": then(lambda scores, sizes: scores * sizes),
}


def judge_output(layer: dict) -> str | None:
    """What is wrong with a last layer that should be one sigmoid unit."""
    if layer["kind"] != "Dense":
        return f"The last layer should be Dense with one unit; yours is {layer['kind']}."
    if layer["units"] != 1:
        return f"One output is wanted, the probability of class 1; yours has {layer['units']} units."
    if layer["activation"] == "softmax":
        return "Softmax over a single unit is always 1, whatever the input. For one probability use a sigmoid."
    if layer["activation"] in (None, "linear"):
        return (
            "The output's activation is linear: it may leave the range from 0 to 1. Make a probability of it: sigmoid."
        )
    if layer["activation"] != "sigmoid":
        return (
            f"The output's activation is {layer['activation']}. Use a sigmoid: it turns any number into a probability."
        )
    return None


def judge_parameters(model: dict, parameters: int, trainable: int) -> str | None:
    if (model["parameters"], model["trainable_parameters"]) == (parameters, trainable):
        return None
    return (
        f"Your network has {model['parameters']:,} parameters, {model['trainable_parameters']:,} of them trainable; it "
        f"should have {parameters:,} and {trainable:,}. Compare layer by layer."
    )


@judges(probes.build_network)
def build_dense_network(model, case):
    layers = [layer for layer in model["layers"] if layer["kind"] != "Flatten"]
    if finding := judge_input(model, [900], "between 0 and 1"):
        return finding
    others = [layer["kind"] for layer in layers if layer["kind"] != "Dense"]
    if others:
        return f"Dense layers only, please: yours also has {', '.join(others)}."
    if len(layers) != 4:
        return f"Three hidden layers and the output make 4 dense layers; yours has {len(layers)}."
    finding = judge_output(layers[-1])
    if finding:
        return finding
    if any(layer["units"] != 64 for layer in layers[:-1]):
        return f"The hidden layers should have 64 units each; yours have {[layer['units'] for layer in layers[:-1]]}."
    if any(layer["activation"] in (None, "linear") for layer in layers[:-1]):
        return "A hidden layer has no activation. Without one, two dense layers compute no more than a single one."
    if any(layer["activation"] != "relu" for layer in layers[:-1]):
        return f"The hidden layers should use relu; yours use {[layer['activation'] for layer in layers[:-1]]}."
    return judge_parameters(model, 66_049, 66_049)


MEANS = Step("GlobalAveragePooling2D", "mean of each map")


def is_mean(layer: dict) -> bool:
    """Whether an average pooling leaves one number of each map."""
    return layer["kind"] == "AveragePooling2D" and (layer["output_shape"] or [])[:2] == [1, 1]


def momenta_and_filters(rng: np.random.Generator):
    """The usual network, one with another momentum, one with fewer or more filters."""
    yield {}
    yield {"momentum": float(np.round(rng.uniform(0.7, 0.95), 3))}
    yield {"filters": int(rng.choice([3, 6, 14]))}


def call_with(case: dict) -> str:
    return f"For build_conv_network({', '.join(f'{name}={value}' for name, value in case.items())}): "


@judges(probes.build_network, momenta_and_filters, call_with)
def build_conv_network(model, case):
    filters = case.get("filters", 10)
    plan = [conv(filters, bias=False), pool(), norm(), conv(filters, bias=False), MEANS, scores(1)]
    # A Flatten of 1×1 maps, or of what is flat, changes no value.
    layers = [one for one in model["layers"] if one["kind"] != "Flatten" or {*(one["input_shape"] or [])[:-1]} - {1}]
    layers = [one | {"kind": MEANS.kind} if is_mean(one) else one for one in layers]
    kinds = [layer["kind"] for layer in layers]
    if finding := judge_input(model, [30, 30, 1], "between 0 and 1"):
        return finding
    finding = judge_output(layers[-1]) if layers else None
    if finding:
        return finding
    if "Flatten" in kinds:
        return "You flatten the feature maps, so that positions matter again. Take the mean of each map instead."
    if "GlobalMaxPooling2D" in kinds:
        return "This is the largest answer of each feature map. The table asks for its mean."
    if any(kind.lower() in ("activation", "relu") for kind in kinds):
        return "relu belongs to the convolution, before the pooling."
    if "filters" in case and {10} == {layer.get("filters") for layer in layers if layer["kind"] == "Conv2D"}:
        return f"The function was called with filters={filters}, but its convolutions have 10: pass the argument on."
    if finding := judge_order(layers, plan) or judge_steps(layers[:4], plan[:4]):
        called = f"Called with filters={filters}: " if "filters" in case else ""
        return called + finding
    if model["output_shape"] != [1]:
        return f"One number per image is wanted; your network gives the shape {tuple(model['output_shape'])}."
    for place, layer in (("first", layers[0]), ("second", layers[3])):
        if layer["use_bias"]:
            return f"The {place} convolution has a bias; the table says without."
    asked, yours = case.get("momentum", 0.99), layers[2]["momentum"]
    if not case and not np.isclose(yours, asked):
        return f"Called without an argument, the momentum should be {asked}, Keras' own; the layer has {yours:g}."
    if not np.isclose(yours, asked):
        return f"The function was called with momentum={asked}, but the layer has {yours:g}: pass the argument on."
    parameters = 9 * filters + 4 * filters + 9 * filters**2 + filters + 1
    return judge_parameters(model, parameters, parameters - 2 * filters)


def drawings_to_turn(rng: np.random.Generator):
    """Grey blots, up to the border; turning by 90° is exact, whatever the interpolation."""
    for angles in ([0, 90], [90, 180, 90], [30]):
        drawings = np.kron(rng.random((12, 4, 4)), np.ones((3, 3))).astype("float32")
        yield {"drawings": drawings, "labels": rng.integers(0, 2, 12), "angles": angles}


@judges(probes.accuracy_by_rotation, drawings_to_turn, "For the angles {angles}: ")
def accuracy_by_rotation(answer, case):
    drawings, labels, angles, seen = case["drawings"], case["labels"], case["angles"], answer["seen"]
    if not seen:
        return "Your function never asked `predict`."
    if any(images.ndim != 3 for images in seen):
        return f"`predict` wants images (N, H, W); it got an array {seen[-1].shape}."
    if any(images.shape[1:] != drawings.shape[1:] for images in seen):
        return (
            f"`predict` got an array {seen[-1].shape}, but images must keep their size: `reshape` says whether they do."
        )
    seen = np.concatenate(seen)
    most, least = len(drawings) * len(angles), len(drawings) * len({*angles})
    if not least <= len(seen) <= most:  # whether angle by angle, or drawing by drawing, is free
        return f"`predict` should see every drawing once per angle: {most}; it saw {len(seen)}."
    linear = False
    if angles == [30]:
        by_order = [ndimage.rotate(drawings, 30, (1, 2), reshape=False, order=order, cval=1.0) for order in range(6)]
        if np.abs(seen[nearest(drawings, seen)] - drawings).mean() < 0.01:
            return "At 30° the drawings were not turned. Any angle may be asked for, not only quarter turns."
        seen = seen[nearest(by_order[1], seen)]
        inside = np.hypot(*(np.indices(drawings.shape[1:]) - 5.5)) < 5  # libraries differ at the border
        distances = [np.abs(seen - rotated)[:, inside].mean() for rotated in by_order]
        linear = np.argmin(distances) == 1
        corners = seen[:, [0, 0, -1, -1], [0, -1, 0, -1]]
        if np.ptp(corners) > 0.2:
            return "Ink from the border fills the corners. Only the mode 'constant' fills them with paper."
        if np.abs(corners - 1).max() > 0.1:
            return f"The corners hold {corners.mean():g} where the image was turned away. Paper is 1: see `cval`."
        if min(distances) > 0.025:
            return "At 30° the images that `predict` sees are not the drawings, turned by 30°."
    else:
        wanted = turned(drawings, angles)
        if np.abs(seen[nearest(wanted, seen)] - wanted).max() > 1e-3:
            mistakes = through(accuracy_by_rotation, case, lambda answer: np.concatenate(answer["seen"]))
            finding = judge_array(seen, wanted, mistakes, "what `predict` sees", tol=1e-3)
            return Reason(finding.text, mistake=finding.mistake)
        seen = wanted
    hits = top_is_darker(seen).reshape(len(angles), -1) == labels
    mistakes = through(accuracy_by_rotation, case, lambda answer: answer["accuracies"])
    of_accuracy = {sentence: one for sentence, one in mistakes.items() if sentence not in OF_TURNING}
    finding = judge_array(answer["accuracies"], hits.mean(axis=1), of_accuracy, "your array of accuracies")
    if linear and not finding:
        return Advice("Right. But linear interpolation (order 1) makes thin strokes pale, and that costs accuracy.")
    return finding


def nearest(wanted: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """For each wanted image the place of the most similar one among those seen."""
    distances = np.abs(wanted.reshape(len(wanted), 1, -1) - seen.reshape(1, len(seen), -1)).mean(axis=2)
    return distances.argmin(axis=1)


def turned(drawings: np.ndarray, angles) -> np.ndarray:
    """The stack rotated counter-clockwise by multiples of 90°, one after the other."""
    return np.concatenate([np.rot90(drawings, angle // 90, axes=(1, 2)) for angle in angles])


def rotated(drawings: np.ndarray, angle: float, axes=(1, 2)) -> np.ndarray:
    return ndimage.rotate(drawings, angle, axes, reshape=False, cval=1.0)


def when(turn: Callable, accuracy: Callable = np.mean) -> Callable:
    """An answer that shows `predict` what `turn(drawings, angle)` gives, and takes `accuracy` of the hits."""
    return lambda predict, drawings, labels, angles: [
        accuracy(predict(turn(drawings, angle)) == labels) for angle in angles
    ]


def angles_add_up(predict, drawings, labels, angles):
    return when(rotated)(predict, drawings, labels, np.cumsum(angles))


OF_TURNING = {
    "The drawings are turned clockwise. A positive angle turns counter-clockwise.": (
        when(lambda drawings, angle: rotated(drawings, -angle))
    ),
    "Each angle is added to the one before. Rotate the original drawings every time.": angles_add_up,
    "The angles are in degrees, and `ndimage.rotate` takes degrees. You made radians of them.": (
        when(lambda drawings, angle: rotated(drawings, np.radians(angle)))
    ),
    "The drawings were not rotated.": when(lambda drawings, angle: drawings),
    "You mixed up the axes: axis 0 counts the images. Height and width are the axes 1 and 2.": (
        when(lambda drawings, angle: rotated(drawings, angle, (1, 0)))
    ),
}
accuracy_by_rotation.mistakes = OF_TURNING | {
    "This is one number for all angles. One accuracy per angle is wanted.": lambda *case: np.mean(when(rotated)(*case)),
    "This is the accuracy of the last angle only.": lambda *case: when(rotated)(*case)[-1],
    "One number per angle is wanted: take the mean over the images.": when(rotated, lambda hits: hits.astype(float)),
    "These are numbers of right answers. The accuracy is their fraction.": when(rotated, np.sum),
    "These are error rates. The accuracy is the fraction that is right.": when(rotated, lambda hits: 1 - hits.mean()),
}
