"""Probes of lab 03: networks with the arguments of a case, and a copy with a penalty."""

import numpy as np

from checks.probes.networks import describe_model, observe

BATCH = ("x", "y", "logits")  # what `observe` needs; the rest of a case are the student's arguments
CLASSES = 10


def build(student, case: dict) -> dict:
    """The network that a function builds, observed."""
    arguments = {name: value for name, value in case.items() if name not in BATCH}
    if "input_shape" in arguments:
        arguments["input_shape"] = tuple(arguments["input_shape"])
    return observe(student(**arguments), case)


def small_network(functional: bool):
    """Two convolutions, batch normalisation and two dense layers."""
    import keras

    stack = [
        keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(5, 3, strides=2, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(6, activation="relu"),
        keras.layers.Dense(CLASSES),
    ]
    inputs = value = keras.Input((8, 8, 3))
    if not functional:
        return keras.Sequential([inputs, *stack])
    for layer in stack:
        value = layer(value)
    return keras.Model(inputs, value)


SHAPES = [(3, 3, 3, 4), (4,), *[(4,)] * 4, (3, 3, 4, 5), (5,), (45, 6), (6,), (6, CLASSES), (CLASSES,)]


def random_weights(case: dict) -> list[np.ndarray]:
    """Weights of `small_network`, in the order of its layers; the variances are positive."""
    rng = np.random.default_rng(case["weights_seed"])
    return [rng.uniform(0.1, 1, shape).astype("float32") for shape in SHAPES]


def add_l2(student, case: dict) -> dict:
    model = small_network(case["functional"])
    model.set_weights(random_weights(case))
    before = describe_model(model)
    copy = student(model, case["strength"])
    after = describe_model(copy)
    penalty = [float(value) for value in copy.losses]
    copy(np.ones((2, 8, 8, 3), "float32"), training=False)
    return {
        "before": before["layers"],
        "after": after["layers"],
        "weights": copy.get_weights(),
        "penalty": penalty,
        "penalty_after_a_call": [float(value) for value in copy.losses],
    }
