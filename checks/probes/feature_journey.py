"""Probes of the feature-journey lab: networks of given weights, and a classifier that is linear."""

import numpy as np

from checks.plain import Unusable
from checks.probes.running import call

WEIGHTS = ("kernel_1", "bias_1", "kernel_2", "bias_2", "kernel_3", "bias_3")  # of every network here, in Keras' order


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


STRAIGHT = ("corners", "halved", "noise", "edges", "row", "scores")  # layers of the Sequential network

BRANCHED = ("left", "right", "sum", "average", "scores")  # those of the functional one


def network(case: dict):
    """The Keras model of a case."""
    import keras
    from keras import layers

    if case["kind"] == "Sequential":
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(3, 3, activation="relu", name="corners"),
                layers.MaxPooling2D(name="halved"),
                layers.Dropout(0.5, name="noise"),
                layers.Conv2D(4, 2, activation="relu", name="edges"),
                layers.Flatten(name="row"),
                layers.Dense(5, name="scores"),
            ]
        )
    else:
        x = keras.Input((8, 8, 1))
        left, right = (layers.Conv2D(3, 3, activation="relu", name=name)(x) for name in ("left", "right"))
        average = layers.GlobalAveragePooling2D(name="average")(layers.Add(name="sum")([left, right]))
        model = keras.Model(x, layers.Dense(5, name="scores")(average))
    model.set_weights([case[name] for name in WEIGHTS])
    return model


def state(model) -> list:
    """What a function could change in a network: its layers, and whether they are trained."""
    return [(layer.name, layer.trainable) for layer in model.layers]


def layer_outputs(student, case: dict) -> dict:
    import keras

    model = network(case)
    before = state(model)
    unknown = not set(case["names"]) <= {*STRAIGHT, *BRANCHED}
    result = call(student, model, list(case["names"])) if unknown else {"value": student(model, list(case["names"]))}
    if "raised" in result:
        return result
    built = result["value"]
    if not isinstance(built, keras.Model):
        parts = built if isinstance(built, list | tuple) else [built]
        return {"kind": "KerasTensors" if all(map(keras.utils.is_keras_tensor, parts)) else type(built).__name__}

    def outputs():
        found = built(case["images"], training=False)
        if isinstance(found, dict):
            raise Unusable("Your model returns a dictionary. A list is wanted, in the order of the names.")
        return [np.asarray(one) for one in (found if isinstance(found, list | tuple) else [found])]

    if state(model) != before:
        return {"kind": "changed"}
    first, second = outputs(), outputs()
    model.set_weights([2 * case[name] for name in WEIGHTS])  # as a training would do
    return {"kind": "Model", "outputs": first, "again": second, "later": outputs()}


def most_exciting(student, case: dict) -> dict:
    result = student(case["activations"], case["filter"], case["top"])
    if not isinstance(result, tuple | list):
        return {"kind": "None" if result is None else type(result).__name__}
    return {"kind": "pair", "parts": list(result)}


def probabilities(images: np.ndarray, case: dict) -> np.ndarray:
    """The classifier of a case: (N, H, W, C) -> (N, 4)."""
    return softmax(np.tensordot(images, case["weights"], 3) / 1.5)


def occlusion_map(student, case: dict) -> dict:
    def predict(images):
        images = np.asarray(images)
        if images.shape[1:] != case["image"].shape:
            raise Unusable(
                f"`predict` takes a batch of images (N, H, W, C). Your function gave it an array of shape "
                f"{images.shape} for an image of shape {case['image'].shape}."
            )
        return probabilities(images, case)

    value = student(predict, case["image"], case["label"], case["size"], case["stride"])
    return {"kind": type(value).__name__, "value": value}


def grad_cam(student, case: dict) -> dict:
    import keras
    from keras import layers

    x = keras.Input((9, 8, 3))
    first = layers.Conv2D(4, 3, activation="relu", name="first")(x)
    second = layers.Conv2D(3, 2, activation="relu", name="second")(first)
    both = layers.Add()([second, second])  # a branch, as in ResNet: to call one layer after the other will not do
    logits = layers.Dense(4, name="logits")(layers.Dropout(0.5)(layers.Flatten()(both)))
    model = keras.Model(x, layers.Activation("softmax", name="probabilities")(logits))
    halved = case["kernel_3"] / 2  # of the doubled maps
    model.set_weights([halved if name == "kernel_3" else case[name] for name in WEIGHTS])

    def answers() -> np.ndarray:
        return np.asarray(model(case["image"][np.newaxis], training=False))

    before = answers()
    found = asked(student, model, case["image"], case["layer"], case["label"])
    after = call(answers)
    if "raised" in after or not np.allclose(after["value"], before, atol=1e-4):
        fails = after["raised"][0] if "raised" in after else ""
        return {"map": found, "again": found, "changed": True, "fails": fails}
    again = asked(student, model, case["image"], case["layer"], case["label"])
    return {"map": found, "again": again, "changed": False}


def asked(student, *arguments):
    """What a student's `grad_cam` returns. Raises Unusable for the two usual errors with a tape."""
    try:
        return student(*arguments)
    except (TypeError, ValueError, AttributeError) as error:
        if any(part in str(error) for part in ("NoneType", "value (None)", "array of dimension 0")):
            raise Unusable(
                "Your code computes with None. Is it the gradient? `tape.gradient` gives None where the logit was not "
                "computed *from* these feature maps while the tape was recording: one model must give both, inside the "
                "`with` block."
            ) from None
        if "attribute '_id'" in str(error):
            raise Unusable(
                "`tape.gradient` was given something that is no tensor with numbers: a NumPy number (from `.numpy()` "
                "or `predict`), or a symbol of the network. Call the network inside the `with` block, and keep its "
                "tensors."
            ) from None
        raise
