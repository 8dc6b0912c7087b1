"""Probes of the speed run: a loss inside a graph, a layer with chosen weights, a network that is one function."""

import numpy as np

from checks.plain import Unusable


def loss(student, case: dict) -> dict:
    """The loss of a batch, computed as a training does it: from tensors, inside a graph."""
    import tensorflow as tf

    value = student(*(tf.convert_to_tensor(case[name]) for name in ("y", "logits")), case["smoothing"])

    @tf.function
    def graph(y, logits):
        return student(y, logits, case["smoothing"])

    try:
        graph.get_concrete_function(*(tf.TensorSpec(case[name].shape) for name in ("y", "logits")))
        in_training = True
    except Exception:  # noqa: BLE001 - whatever NumPy says of a tensor without numbers
        in_training = False
    return {"kind": type(value).__name__, "value": value, "in_training": in_training}


def flip_plan(student, case: dict) -> dict:
    """The plan of one random number generator, of another one like it, and of a different one."""
    seeds = {"plan": case["seed"], "again": case["seed"], "other": case["seed"] + 1}
    return {name: student(case["n"], case["epochs"], np.random.default_rng(seed)) for name, seed in seeds.items()}


def ScaledBias(student, case: dict) -> dict:  # noqa: N802 - called like the exercise
    """The layer's weights as it begins, and its output with the case's bias."""
    import keras

    layer = student(case["scale"])
    if not isinstance(layer, keras.Layer):
        raise Unusable(f"A Keras layer is wanted; your class makes a {type(layer).__name__}.")
    layer(case["x"])
    weights = layer.trainable_weights
    answer = {"shapes": [tuple(weight.shape) for weight in weights]}
    if answer["shapes"] != [case["bias"].shape]:
        return answer
    answer["initial"] = weights[0].numpy()
    weights[0].assign(case["bias"])
    return answer | {"output": layer(case["x"])}


def linear_network(seed: int):
    """A function from images (N, h, w, C) to four logits each, with weights of this seed."""

    def predict(images):
        flat = np.asarray(images, "float64").reshape(len(images), -1)
        return np.tanh(flat @ np.random.default_rng(seed).normal(size=(flat.shape[1], 4)))

    return predict


def average_views(student, case: dict) -> dict:
    value = student(linear_network(case["seed"]), case["images"])
    return {"kind": type(value).__name__, "value": value}
