"""Probes of the speed run: a loss inside a graph, a layer with chosen weights, a network that is one function."""

import numpy as np

from checks.plain import Unusable


def in_training(function, *values) -> str:
    """The error of a function inside a graph, as in Keras' training, where tensors have no values yet; "" for none."""
    import tensorflow as tf

    graph = tf.function(function, autograph=False)
    try:
        graph.get_concrete_function(*(tf.TensorSpec(value.shape) for value in values))
    except Exception as error:  # noqa: BLE001 - whatever NumPy says of a tensor without values
        return type(error).__name__
    return ""


def loss(student, case: dict) -> dict:
    """The loss of a batch of tensors, and its error in a training."""
    import tensorflow as tf

    values, smoothing = (case["y"], case["logits"]), case["smoothing"]
    value = student(*map(tf.convert_to_tensor, values), smoothing)
    graph = in_training(lambda y, logits: student(y, logits, smoothing), *values)
    return {"kind": type(value).__name__, "value": value, "in_training": graph}


def newton_schulz(student, case: dict) -> dict:
    """The result for an array, and the error in a training."""
    value = student(*case.values())
    matrix, *steps = case.values()
    graph = in_training(lambda tensor: student(tensor, *steps), matrix)
    return {"kind": type(value).__name__, "value": value, "in_training": graph}


def flip_plan(student, case: dict) -> dict:
    """The plan of one random number generator, of another one like it, and of a different one."""
    seeds = {"plan": case["seed"], "again": case["seed"], "other": case["seed"] + 1}
    return {name: student(case["n"], case["epochs"], np.random.default_rng(seed)) for name, seed in seeds.items()}


def one_for_each(shape: tuple, channels: int) -> bool:
    """Whether a weight of this shape holds one number for each channel, the last axis."""
    return len(shape) > 0 and shape[-1] == channels == np.prod(shape)


def ScaledBias(student, case: dict) -> dict:  # noqa: N802 - called like the exercise
    """The layer's weights as it begins; with the case's bias its output, and whether the bias gets a gradient."""
    import keras
    import tensorflow as tf

    layer = student(case["scale"])
    if not isinstance(layer, keras.Layer):
        raise Unusable(f"A Keras layer is wanted; your class makes a {type(layer).__name__}.")
    layer(case["x"])
    weights = layer.trainable_weights
    answer = {"shapes": [tuple(weight.shape) for weight in weights]}
    if len(weights) != 1 or not one_for_each(weights[0].shape, len(case["bias"])):
        return answer
    answer["initial"] = weights[0].numpy()
    weights[0].assign(case["bias"].reshape(weights[0].shape))
    with tf.GradientTape() as tape:
        output = layer(case["x"])
    learns = tf.is_tensor(output) and tape.gradient(output, weights[0].value) is not None
    return answer | {"output": output, "learns": learns}


def linear_network(seed: int):
    """A function from images (N, h, w, C) to four logits each, with weights of this seed."""

    def predict(images):
        flat = np.asarray(images, "float64").reshape(len(images), -1)
        return np.tanh(flat @ np.random.default_rng(seed).normal(size=(flat.shape[1], 4)))

    return predict


def average_views(student, case: dict) -> dict:
    value = student(linear_network(case["seed"]), case["images"])
    return {"kind": type(value).__name__, "value": value}
