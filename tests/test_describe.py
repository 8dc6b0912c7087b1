"""describe_model says the same of the same network, however it is written."""

import pytest

from checks.core import Unusable
from checks.probes.networks import describe_model
from helpers import session

session.load_tensorflow()
import keras  # noqa: E402 - after its start-up log is muted
from keras import layers  # noqa: E402


def plain():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )


def separate_activations():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, (3, 3), padding="same"),
            layers.ReLU(),
            layers.MaxPool2D(),
            layers.Flatten(),
            layers.Dense(2),
            layers.Softmax(),
        ]
    )


def functional():
    x = inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(2, activation=keras.activations.softmax)(x))


def nested():
    body = keras.Sequential([layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(2)])
    return keras.Sequential([keras.Input((8, 8, 1)), body, layers.Flatten(), layers.Dense(2, activation="softmax")])


def operators():
    x = inputs = keras.Input((8, 8, 1))
    x = keras.activations.relu(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    return keras.Model(inputs, keras.ops.softmax(layers.Dense(2)(x)))


def activation_objects():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", activation=layers.ReLU()),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(2, activation=layers.Softmax()),
        ]
    )


@pytest.mark.parametrize("build", [separate_activations, functional, nested, operators, activation_objects])
def test_same_network_same_description(build):
    assert describe_model(build()) == describe_model(plain())


def test_what_a_check_reads():
    model = plain()
    model.compile(keras.optimizers.Adam(0.01), keras.losses.CategoricalCrossentropy(from_logits=True))
    found = describe_model(model)
    first = found["layers"][0]
    assert [layer["kind"] for layer in found["layers"]] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert (first["filters"], first["kernel_size"], first["padding"], first["activation"]) == (
        4,
        [3, 3],
        "same",
        "relu",
    )
    assert (first["input_shape"], first["output_shape"], first["parameters"]) == ([8, 8, 1], [8, 8, 4], 40)
    assert (found["parameters"], found["trainable_parameters"]) == (170, 170)
    assert (found["loss"], found["from_logits"]) == ("categorical_crossentropy", True)
    assert found["optimizer"] == "Adam" and found["learning_rate"] == pytest.approx(0.01)


def test_operators_between_layers_are_seen():
    x = inputs = keras.Input((8, 8, 1))
    x = x + layers.Conv2D(1, 3, padding="same")(x)
    model = keras.Model(inputs, layers.LeakyReLU()(layers.Flatten()(x * 0)))
    found = describe_model(model)["layers"]
    assert [layer["kind"] for layer in found] == ["Conv2D", "Add", "Multiply", "Flatten", "LeakyReLU"]
    assert found[0]["activation"] == "linear" and found[-1]["activation"] == "leaky_relu"


def test_loss_by_name_and_uncompiled():
    model = plain()
    assert describe_model(model)["loss"] is None
    model.compile(loss="sparse_categorical_crossentropy")
    assert describe_model(model)["loss"] == "sparse_categorical_crossentropy"


def test_frozen_and_regularised():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, kernel_regularizer="l2"), layers.BatchNormalization()])
    model.layers[0].trainable = False
    found = describe_model(model)
    assert found["layers"][0]["regularizer"] == "L2" and not found["layers"][0]["trainable"]
    assert (found["parameters"], found["trainable_parameters"]) == (15 + 12, 6)


def test_model_without_input_is_built_for_the_case():
    model = keras.Sequential([layers.Dense(3)])
    with pytest.raises(Unusable, match="keras.Input"):
        describe_model(model)
    assert describe_model(model, (4,))["layers"][0]["parameters"] == 15


@pytest.mark.parametrize(("answer", "says"), [(None, "return model"), (3, "a int")])
def test_no_model(answer, says):
    with pytest.raises(Unusable, match=says):
        describe_model(answer)
