"""Errors of Keras and NumPy that beginners meet are explained: each one really raised."""

import numpy as np
import pytest

from checks import plain, raised
from checks.probes import running
from helpers import session

session.load_tensorflow()
import keras  # noqa: E402 - after its start-up log is muted
import tensorflow  # noqa: E402
from keras import layers  # noqa: E402


def chain(*stack):
    return keras.Sequential([keras.Input((8, 8, 3)), *stack])


def network():
    return chain(layers.Flatten(), layers.Dense(2))


SIZE = (3, 3)  # by name, because Python warns of `(3, 3)(x)`

MISTAKES = {
    "pads every axis": lambda: np.zeros((3, 3, 2)) * np.zeros((3, 3, 4)),
    "needs a comma": lambda: keras.Input((64)),  # noqa: UP034 - the mistake itself
    "is the axis": lambda: chain(layers.Conv2D(4, 3), layers.BatchNormalization(0.9)),
    "For grey ones the last number is 1": lambda: layers.Conv2D(4, 3)(keras.Input((30, 30))),
    "another number of axes": lambda: layers.Dense(3)(np.zeros(3)),
    "two pairs of parentheses": lambda: layers.Concatenate([1, 2])(keras.Input((4,))),
    "keras.Model(inputs, outputs)": lambda: keras.Model(input=keras.Input((4,)), output=None),
    "called on another layer": lambda: layers.Dense(10)(layers.Dense(3)),
    "The class of a layer": lambda: chain(layers.Flatten, layers.Dense(2)),
    "A function stands where a layer": lambda: keras.Sequential([keras.Input, layers.Dense(2)]),
    "A list stands inside": lambda: chain([layers.Flatten(), layers.Dense(2)]),
    "The class itself stands": lambda: network().compile(keras.optimizers.Adam, "mse"),
    "made of layers alone": lambda: network().add("relu"),
    "is called on one thing": lambda: layers.Concatenate()(keras.Input((4,)), keras.Input((4,))),
    "Join them first": lambda: layers.Dense(3)([keras.Input((4,)), keras.Input((4,))]),
    "made from tensors": lambda: keras.Model(keras.Input((4,)), layers.Dense(3)),
    "Is it spelled": lambda: chain(layers.Conv2D(4, 3, activation="rellu")),
    "number with a point": lambda: keras.optimizers.Adam(1),
    "smaller than the kernel": lambda: chain(layers.Conv2D(4, 9)),
    "closes too early or too late": lambda: layers.Conv2D(32, SIZE(keras.Input((8, 8, 3)))),
    "new one for each place": lambda: chain(layers.Flatten(), *[layers.Dense(4)] * 2),
    "needs a batch axis": lambda: network().predict(np.zeros((8, 8, 3)), verbose=0),
    "takes one argument": lambda: tensorflow.data.Dataset.from_tensor_slices([np.zeros((2, 2)), np.zeros(2)]),
    "without parentheses behind its name": lambda: tensorflow.data.Dataset.from_generator(iter([1]), "int32"),
    "has no value yet": lambda: keras.Input((4,)) and 1,
}


def recorded(function) -> str:
    (record,) = plain.decode(running.collect(lambda student, case: student(), function, "[{}]", "exercise"))
    return record["reason"]


@pytest.mark.parametrize(("says", "function"), MISTAKES.items(), ids=MISTAKES)
def test_error_is_explained(says, function):
    reason = recorded(function)
    first, sentence = raised.explained(reason).rsplit("\n", 1)
    assert first == reason and says in sentence


def test_each_explanation_has_its_error():
    said = {raised.explained(recorded(function)).rsplit("\n", 1)[1] for function in MISTAKES.values()}
    assert said == set(raised.EXPLANATIONS.values())


@pytest.mark.parametrize("function", [lambda: {}["missing"], lambda: 1 / 0, lambda: "a" + 1])
def test_errors_that_speak_for_themselves_are_left_alone(function):
    assert raised.explained(recorded(function)) == recorded(function)
