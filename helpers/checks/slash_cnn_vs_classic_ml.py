"""The checks of lab 02. Data sets are judged by their properties, networks by their description; nothing is trained."""

import numpy as np
from scipy import ndimage
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from helpers.checks.core import Reason, check, judge_array
from helpers.checks.describe import describe_model


def small_data_sets(rng: np.random.Generator):
    for per_class in (40, 60, 100):
        yield {"per_class": per_class, "seed": int(rng.integers(1, 10_000))}


@check(small_data_sets)
def make_dataset(student, case):
    parts = student(case["per_class"], case["seed"])
    again, other = student(case["per_class"], case["seed"]), student(case["per_class"], case["seed"] + 1)
    return {"parts": parts, "again": beginning(again[0]), "other": beginning(other[0])}


@make_dataset.judge
def _(answer, case):
    parts = answer["parts"]
    if not isinstance(parts, list) or len(parts) != 4:
        return "Four arrays are wanted: `return x_train, x_test, y_train, y_test`."
    x_train, x_test, y_train, y_test = parts = [np.asarray(part) for part in parts]
    images, labels, quarter = 2 * case["per_class"], (0, 1), case["per_class"] // 2
    if [part.ndim for part in parts] == [3, 1, 3, 1]:
        return "The order is x_train, y_train, x_test, y_test; wanted is x_train, x_test, y_train, y_test."
    if any(part.shape[1:] != (30, 30) for part in parts[:2]) or any(part.ndim != 1 for part in parts[2:]):
        return f"Images should be (N, 30, 30) and labels (N,); yours are {x_train.shape} and {y_train.shape}."
    if len(x_train) != len(y_train) or len(x_test) != len(y_test):
        return "Images and labels of a part are not equally many: x_train belongs to y_train, x_test to y_test."
    if len(x_train) + len(x_test) != images:
        return f"{case['per_class']} images per class make {images}; your parts hold {len(x_train) + len(x_test)}."
    if len(x_test) != quarter:
        share = len(x_test) / images
        return f"Your test set is {share:.0%} of the data. `test_size` is the part kept for testing: a quarter."
    if not set(np.unique(y_train)) <= set(labels):
        return "Labels should be 0 (down) and 1 (up)."
    if not np.any((x_train > 0.3) & (x_train < 0.97)):
        return "Your images are clean drawings: the noise is missing."
    matches = np.mean(np.concatenate([directions(x_train) == y_train, directions(x_test) == y_test]))
    if matches < 0.1:
        return "The labels are swapped: 0 is a stroke that falls to the right, 1 a stroke that rises."
    if matches < 1:
        return f"Only {matches:.0%} of the labels belong to their image. Shuffle and split images and labels together."
    if {image.tobytes() for image in x_train} & {image.tobytes() for image in x_test}:
        return "Some test images are also training images: split without drawing an image twice."
    if np.bincount(y_test, minlength=2).tolist() != [quarter // 2] * 2:
        counts = " and ".join(str(n) for n in np.bincount(y_test, minlength=2))
        return f"The split is not stratified: the test set holds {counts} images of the classes, not equally many."
    if not np.array_equal(beginning(x_train), answer["again"]):
        return "The same seed gave different arrays. The drawing, the noise and the split must all come from the seed."
    if np.array_equal(beginning(x_train), answer["other"]):
        return "Another seed gave the same arrays: your function does not use its argument `seed`."
    return None


def beginning(images) -> np.ndarray:
    """The first values, enough to tell whether two arrays agree."""
    return np.ravel(images)[:2000]


def directions(images: np.ndarray) -> np.ndarray:
    """1 where the ink rises to the right, 0 where it falls: dark neighbours along the two diagonals are counted."""
    dark = images < 0.5
    falling = (dark[:, :-1, :-1] & dark[:, 1:, 1:]).sum((1, 2))
    rising = (dark[:, :-1, 1:] & dark[:, 1:, :-1]).sum((1, 2))
    return (rising > falling).astype(int)


def stacks(rng: np.random.Generator):
    yield {"images": rng.random((5, 30, 30)).astype("float32")}
    yield {"images": rng.random((4, 6, 9))}


@check(stacks)
def to_flat(student, case):
    return {"flat": student(case["images"])}


@to_flat.judge
def _(answer, case):
    images = case["images"]
    n = len(images)
    return judge_array(
        answer["flat"],
        images.reshape(n, -1),
        {
            "All images run together in one row. Keep the first axis: one row per image.": images.reshape(-1),
            "All images run together in a single row of a table. Keep one row per image.": images.reshape(1, -1),
            "Rows and columns are exchanged: one row per image, one column per pixel.": images.reshape(n, -1).T,
            "The pixels are in the wrong order: column by column. Write each image line by line.": (
                images.transpose(0, 2, 1).reshape(n, -1)
            ),
            "The pixels of different images are mixed: reshape keeps the order of the numbers, so the axis of the "
            "images must stay the first.": images.reshape(-1, n).T,
            "Nothing was flattened: each image is still a table.": images,
        },
        "the flat form",
    )


@check(stacks)
def to_images(student, case):
    return {"images": student(case["images"])}


@to_images.judge
def _(answer, case):
    images = case["images"]
    return judge_array(
        answer["images"],
        images[..., np.newaxis],
        {
            "The channel axis is missing: Conv2D wants (N, H, W, channels), also for grey images.": images,
            "The channel axis comes last in Keras, after height and width; yours is the second axis.": images[:, None],
            "You added an axis in front: that is a batch of one. The channel axis comes last.": images[None],
            "Grey images have one channel; yours have three.": np.repeat(images[..., None], 3, axis=-1),
            "This is the flat form with an axis added. Height and width must stay.": images.reshape(len(images), -1, 1),
        },
        "the image form",
    )


def classifiers() -> dict:
    return {
        "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
        "1-NN": KNeighborsClassifier(n_neighbors=1),
        "naive Bayes": GaussianNB(),
    }


def noisy_labels(rng: np.random.Generator):
    """Labels that only partly follow from the features, so that every way of scoring gives another number."""
    for n_train, n_test in ((61, 37), (53, 31)):
        x = rng.normal(size=(n_train + n_test, 6))
        y = (x[:, 0] + x[:, 1] ** 2 + rng.normal(size=len(x)) > 0.8).astype(int)
        yield {"x_train": x[:n_train], "y_train": y[:n_train], "x_test": x[n_train:], "y_test": y[n_train:]}


@check(noisy_labels)
def score_models(student, case):
    table = student(classifiers(), case["x_train"], case["y_train"], case["x_test"], case["y_test"])
    if not hasattr(table, "columns"):
        return {"kind": type(table).__name__}
    if "model" not in table.columns:
        table = table.rename_axis("model").reset_index()
    return {"kind": "DataFrame", "columns": {str(name): table[name].tolist() for name in table.columns}}


@score_models.judge
def _(answer, case):
    if answer["kind"] != "DataFrame":
        return f"A pandas DataFrame is wanted, but your function returned {answer['kind']}."
    columns = answer["columns"]
    missing = [name for name in ("model", "train_score", "test_score") if name not in columns]
    if missing:
        return f"The column {' and '.join(missing)} is missing; yours are {', '.join(columns)}."
    names = list(classifiers())
    if sorted(map(str, columns["model"])) != sorted(names):
        return f"One row per model is wanted: {', '.join(names)}. Yours: {', '.join(map(str, columns['model']))}."
    order = [columns["model"].index(name) for name in names]
    yours = np.array([[columns[name][row] for name in ("train_score", "test_score")] for row in order])
    train, test = (case["x_train"], case["y_train"]), (case["x_test"], case["y_test"])
    both = tuple(np.concatenate(pair) for pair in zip(train, test, strict=True))

    def scores(fit, first=train, second=test):
        fitted = [clone(model).fit(*fit) for model in classifiers().values()]
        return np.array([[model.score(*first), model.score(*second)] for model in fitted])

    expected = scores(train)
    return judge_array(
        yours,
        expected,
        {
            "Your models were fitted on the test set. They must not see it before they are scored.": scores(test),
            "Your models were fitted on both sets together. They must not see the test set.": scores(both),
            "Your models were fitted a second time, on the test set, before they were scored on it.": np.column_stack(
                [expected[:, 0], scores(test)[:, 1]]
            ),
            "The two scores are swapped: train_score belongs to the training set.": expected[:, ::-1],
            "Both columns hold the score of the wrong split: your test_score is the training set's.": (
                scores(train, train, train)
            ),
            "Both columns hold the score of the test set.": scores(train, test, test),
            "These are error rates. The accuracy is the fraction that is right.": 1 - expected,
            "These are percentages; fractions between 0 and 1 are wanted.": 100 * expected,
        },
        "the table of scores",
    )


def judge_output(layer: dict) -> str | None:
    """What is wrong with a last layer that should be one sigmoid unit."""
    if layer["kind"] != "Dense":
        return f"The last layer should be Dense with one unit; yours is {layer['kind']}."
    if layer["units"] != 1:
        return f"One output is wanted, the probability of class 1; yours has {layer['units']} units."
    if layer["activation"] == "softmax":
        return "Softmax over a single unit is always 1, whatever the input. For one probability use a sigmoid."
    if layer["activation"] != "sigmoid":
        return (
            f"The output's activation is {layer['activation']}: it may leave the range from 0 to 1. Use a sigmoid: it "
            "turns any number into a probability."
        )
    return None


def judge_parameters(model: dict, parameters: int, trainable: int) -> str | None:
    if (model["parameters"], model["trainable_parameters"]) == (parameters, trainable):
        return None
    return (
        f"Your network has {model['parameters']:,} parameters, {model['trainable_parameters']:,} of them trainable; it "
        f"should have {parameters:,} and {trainable:,}. Compare layer by layer."
    )


@check()
def build_dense_network(student, case):
    return describe_model(student(), input_shape=(900,))


@build_dense_network.judge
def _(model, case):
    layers = [layer for layer in model["layers"] if layer["kind"] != "Flatten"]
    if model["input_shape"] != [900]:
        return f"The input should have the shape (900,), the flat form; yours is {tuple(model['input_shape'] or ())}."
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


ORDER = ["Conv2D", "MaxPooling2D", "BatchNormalization", "Conv2D", "GlobalAveragePooling2D", "Dense"]


@check(lambda rng: [{"momentum": 0.99}, {"momentum": float(np.round(rng.uniform(0.7, 0.95), 3))}])
def build_conv_network(student, case):
    model = student(momentum=case["momentum"])
    description = describe_model(model, input_shape=(30, 30, 1))
    momenta = [layer.momentum for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    return {**description, "momenta": momenta}


@build_conv_network.judge
def _(model, case):
    # A Flatten of 1×1 maps changes no value.
    layers = [one for one in model["layers"] if one["kind"] != "Flatten" or (one["input_shape"] or [0])[:2] != [1, 1]]
    kinds = [layer["kind"] for layer in layers]
    if model["input_shape"] != [30, 30, 1]:
        return f"The input should have the shape (30, 30, 1); yours is {tuple(model['input_shape'] or ())}."
    if "BatchNormalization" not in kinds:
        return "The batch normalisation is missing."
    finding = judge_output(layers[-1])
    if finding:
        return finding
    if "Flatten" in kinds:
        return "You flatten the feature maps, so that places matter again. Take the mean of each map instead."
    if "GlobalMaxPooling2D" in kinds:
        return "This is the largest answer of each feature map. The table asks for its mean."
    if sorted(kinds) == sorted(ORDER) and kinds != ORDER:
        return (
            "All layers are there, but in another order: batch normalisation stands between the pooling and the second "
            f"convolution. Yours: {', '.join(kinds)}."
        )
    if kinds != ORDER:
        return f"The layers should be {', '.join(ORDER)}; yours are {', '.join(kinds)}."
    for place, layer in (("first", layers[0]), ("second", layers[3])):
        if layer["use_bias"]:
            return f"The {place} convolution has a bias; the table says without."
        if layer["filters"] != 10 or layer["kernel_size"] != [3, 3]:
            size = "×".join(map(str, layer["kernel_size"]))
            return f"The {place} convolution should have 10 filters 3×3; yours has {layer['filters']} of {size}."
        if layer["activation"] != "relu":
            return f"The {place} convolution should be followed by relu; yours has {layer['activation'] or 'none'}."
    if layers[0]["output_shape"] != [30, 30, 10]:
        return f"After the first convolution the maps should still be 30×30; yours are {layers[0]['output_shape'][:2]}."
    if layers[1]["output_shape"] != [15, 15, 10]:
        return f"After the pooling the maps should be 15×15; yours are {layers[1]['output_shape'][:2]}."
    if not np.allclose(model["momenta"], case["momentum"]):
        return (
            f"The function was called with momentum={case['momentum']}, but the layer has {model['momenta'][0]}: pass "
            "the argument on."
        )
    return judge_parameters(model, 1_041, 1_021)


def half_dark_drawings(rng: np.random.Generator):
    """Paper with grey blots near the middle; turning by 90° is exact, whatever the interpolation."""
    for angles in ([0, 90], [90, 180, 90], [30]):
        drawings = np.ones((9, 12, 12), dtype="float32")
        drawings[:, 3:9, 3:9] = rng.random((9, 6, 6))
        yield {"drawings": drawings, "labels": rng.integers(0, 2, 9), "angles": angles}


def top_is_darker(images: np.ndarray) -> np.ndarray:
    """Stands in for a model: 1 where the upper half of the image is darker."""
    images = np.asarray(images)
    middle = images.shape[1] // 2
    return (images[:, :middle].sum((1, 2)) < images[:, middle:].sum((1, 2))).astype(int)


@check(half_dark_drawings)
def accuracy_by_rotation(student, case):
    seen = []

    def predict(images):
        seen.append(np.array(images))
        return top_is_darker(images)

    return {"accuracies": student(predict, case["drawings"], case["labels"], case["angles"]), "seen": seen}


@accuracy_by_rotation.judge
def _(answer, case):
    drawings, labels, angles, seen = case["drawings"], case["labels"], case["angles"], answer["seen"]
    if not seen:
        return "Your function never asked `predict`."
    if any(images.ndim != 3 or images.shape[1:] != drawings.shape[1:] for images in seen):
        return (
            f"`predict` got an array {seen[-1].shape}, but images must keep their size: `reshape` says whether they do."
        )
    seen = np.concatenate(seen)
    if len(seen) != len(drawings) * len(angles):
        return f"`predict` should see every drawing once per angle: {len(drawings) * len(angles)}; it saw {len(seen)}."
    if angles == [30]:
        if seen[:, [0, 0, -1, -1], [0, -1, 0, -1]].min() < 0.9:
            return "Dark corners appear where the image was turned away. Paper is 1: `cval` fills the corners."
    else:
        expected, wrong = turned(drawings, angles), turned(drawings, [-angle for angle in angles])
        summed = turned(drawings, np.cumsum(angles))
        finding = judge_array(
            seen,
            expected,
            {
                "The drawings are turned clockwise. A positive angle turns counter-clockwise.": wrong,
                "Each angle is added to the one before. Rotate the original drawings every time.": summed,
                "The drawings were not rotated.": turned(drawings, [0] * len(angles)),
                "You mixed up the axes: axis 0 counts the images. Height and width are the axes 1 and 2.": rolled(
                    drawings, angles
                ),
            },
            "what `predict` sees",
            tol=1e-3,
        )
        if finding:
            return Reason(finding.text)
    right = (top_is_darker(seen).reshape(len(angles), -1) == labels).mean(axis=1)
    return judge_array(
        answer["accuracies"],
        right,
        {
            "This is one number for all angles. One accuracy per angle is wanted.": right.mean(),
            "This is the accuracy of the last angle only.": right[-1],
            "These are numbers of right answers. The accuracy is their fraction.": right * len(labels),
            "These are error rates. The accuracy is the fraction that is right.": 1 - right,
        },
        "the accuracies",
    )


def turned(drawings: np.ndarray, angles) -> np.ndarray:
    """The stack rotated counter-clockwise by multiples of 90°, one after the other."""
    return np.concatenate([np.rot90(drawings, angle // 90, axes=(1, 2)) for angle in angles])


def rolled(drawings: np.ndarray, angles) -> np.ndarray:
    """What `ndimage.rotate` does with its usual axes: it turns the stack in the plane of images and rows."""
    return np.concatenate([ndimage.rotate(drawings, angle, reshape=False, cval=1.0) for angle in angles])
