"""Faults planted in trainings: each is named before the second epoch; a training as it should be hears nothing."""

import keras
import numpy as np
import pytest
from keras import layers

from grader import source
from helpers.backstage import diagnosis

FAULTS = {}
RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 4, 64)
IMAGES = (RNG.random((64, 6)) * 0.5 + 0.5 * np.eye(6)[CLASSES]).astype("float32")
ONE_HOT = np.eye(4, dtype="float32")[CLASSES]
EVEN = (CLASSES % 2).astype("float32")
SPARSE = "sparse_categorical_crossentropy"
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def network(*hidden, last="softmax", units=4, loss=SPARSE, optimizer="sgd", **settings):
    stack = hidden or (layers.Dense(16, activation="relu"),)
    model = keras.Sequential([keras.Input((6,)), *stack, layers.Dense(units, activation=last, **settings)])
    model.compile(optimizer, loss)
    return model


def fault(says: str, model=None, x=IMAGES, y=CLASSES, **settings):
    """Plant one: the network, what `fit` gets, and a piece of the sentence that names the fault."""
    FAULTS[f"{len(FAULTS)}: {says}"] = (says, model or network, {"x": x, "y": y, **settings})


# labels, outputs and loss
fault("no one-hot rows", lambda: network(loss="categorical_crossentropy"))
fault("one-hot, but the sparse loss", y=ONE_HOT)
fault("expects logits: softmax", lambda: network(loss=LOGITS))
fault(
    "expects logits: softmax",
    lambda: network(loss=keras.losses.CategoricalCrossentropy(from_logits=True)), y=ONE_HOT,
)  # fmt: skip
fault("takes them for probabilities", lambda: network(last=None))
fault("takes them for probabilities", lambda: network(last=None, loss="categorical_crossentropy"), y=ONE_HOT)
fault("takes them for probabilities", lambda: network(last="tanh"))
fault("wants softmax, not sigmoid", lambda: network(last="sigmoid"))
fault("4 outputs stand for 0 to 3", y=CLASSES + 1)
fault("The labels go from -1 to 2", y=CLASSES - 1)
fault("go from 0 to 3, but 3 outputs", lambda: network(units=3))
fault("yes-or-no question", lambda: network(loss="binary_crossentropy"), y=ONE_HOT)
fault("yes-or-no question", lambda: network(loss="binary_crossentropy", last="sigmoid"), y=ONE_HOT)
fault("One output cannot tell classes apart", lambda: network(units=1, loss="binary_crossentropy"), y=EVEN)
fault(
    "softmax (or sigmoid) is applied twice",
    lambda: network(units=1, last="sigmoid", loss=keras.losses.BinaryCrossentropy(from_logits=True)),
    y=EVEN,
)
fault("takes them for probabilities", lambda: network(units=1, last=None, loss="binary_crossentropy"), y=EVEN)
fault("labels 0 and 1; yours go from -1 to 1", lambda: network(units=1, last="sigmoid", loss="binary_crossentropy"),
      y=2 * EVEN - 1)  # fmt: skip
fault("labels 0 and 1; yours go from 1 to 2", lambda: network(units=1, last="sigmoid", loss="binary_crossentropy"),
      y=EVEN + 1)  # fmt: skip
fault("the loss is one for numbers", lambda: network(loss="mse"), y=ONE_HOT)
fault("do not add up to 1: each image", lambda: network(loss="categorical_crossentropy"), y=2 * ONE_HOT)
fault("All labels are the same", y=np.zeros_like(CLASSES))
fault("The labels hold NaN", lambda: network(units=1, last=None, loss="mse"), y=np.where(EVEN > 0, np.nan, EVEN))
fault("numbers are wanted", y=CLASSES.astype(str))

# inputs
fault("go up to 255", x=np.round(IMAGES / IMAGES.max() * 255))
fault("go up to 255", x=np.round(IMAGES / IMAGES.max() * 255).astype("uint8"))
fault("scaled twice", x=IMAGES / 255)
fault("NaN or infinity", x=np.where(IMAGES > 0.9, np.nan, IMAGES))
fault("NaN or infinity", x=np.where(IMAGES > 0.9, np.inf, IMAGES))
fault("All inputs are the same", x=np.ones_like(IMAGES))

# parts
fault("32 of 32 validation images are training images", validation_data=(IMAGES[:32], CLASSES[:32]))
fault("10 of 32 validation images",
      validation_data=(np.concatenate([IMAGES[:10], RNG.random((22, 6), "float32")]), CLASSES[:32]))  # fmt: skip
fault("scaled in another way: up to ", validation_data=(255 * RNG.random((32, 6), "float32"), CLASSES[:32]))
fault("classes that the others lack", x=IMAGES[np.argsort(CLASSES)], y=np.sort(CLASSES), validation_split=0.4)
fault("each batch holds a single class", x=np.concatenate([IMAGES] * 3), y=np.sort(np.concatenate([CLASSES] * 3)),
      shuffle=False)  # fmt: skip


# the network
def frozen(last_only=False):
    model = network()
    (model.layers[-1] if last_only else model).trainable = False
    model.compile("sgd", SPARSE)
    return model


fault("All weights are frozen", frozen)
fault("The last layer, dense", lambda: frozen(last_only=True))
fault("begin as zeros", lambda: network(layers.Dense(16, "relu", kernel_initializer="zeros")))
fault("begin as zeros", lambda: network(kernel_initializer="zeros"))
fault("learning rate is not above 0", lambda: network(optimizer=keras.optimizers.Adam(0.0)))
fault("learning rate is not above 0", lambda: network(optimizer=keras.optimizers.SGD(-0.1)))
fault("Dropout takes 95% of the values", lambda: network(layers.Dense(16, "relu"), layers.Dropout(0.95)))
fault("100% of the relu units of", lambda: network(layers.Dense(16, "relu", bias_initializer=lambda *_, **__: -9.0 * np.ones(16, "float32"))))  # fmt: skip  # noqa: E501
fault("of the relu units of", lambda: network(layers.Dense(16, bias_initializer=keras.initializers.Constant(-9.0)), layers.ReLU()))  # fmt: skip  # noqa: E501

# the first steps
fault("The loss begins at", lambda: network(kernel_initializer=keras.initializers.RandomNormal(stddev=60.0)))
fault("The loss is no number any more", lambda: network(last="linear", units=1, loss="mse", optimizer=keras.optimizers.SGD(1e20)), y=EVEN)  # fmt: skip  # noqa: E501
fault("explodes, from", lambda: network(last="linear", units=1, loss="mse", optimizer=keras.optimizers.SGD(3.0)), y=EVEN)  # fmt: skip  # noqa: E501
fault("The loss is no number any more", lambda: network(loss=lambda y, p: keras.ops.log(p[:, 0] - 2)))
fault("No weight has changed", lambda: network(optimizer=keras.optimizers.SGD(1e-30)))
fault("No weight has changed", lambda: network(optimizer=keras.optimizers.Adam(1e-30)))
fault(
    "do not change: no gradient",
    lambda: network(layers.Dense(9, "tanh"), layers.Lambda(lambda x: 0 * x + keras.ops.stop_gradient(x))),
)
fault("After 100 steps the loss has not fallen", lambda: network(optimizer=keras.optimizers.SGD(1e-6)))


@pytest.fixture
def heard(monkeypatch):
    """What is said while a network is fitted, step by step, as `fit` gives it to every training."""
    said = []
    monkeypatch.setattr(diagnosis.Message, "show", lambda message: said.append(message.text))
    monkeypatch.setattr(keras.Model, "fit", keras.Model.fit)
    diagnosis.watch_trainings()
    keras.utils.set_random_seed(0)

    def hear(model, epochs=1, **given):
        model.run_eagerly = epochs == 1
        model.fit(**given, epochs=epochs, batch_size=8, verbose=0)
        return said

    return hear


@pytest.mark.filterwarnings("ignore:(.|\n)*softmax over axis")  # Keras says the same, in other words
@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_named(name, heard):
    says, make, given = FAULTS[name]
    model = make()
    before = next(diagnosis.complaints(model, **given), None)
    said = [before] if before else heard(model, epochs=13 if "100 steps" in says else 1, **given)
    assert len(said) == 1 and says in said[0]


def test_enough_faults_are_planted():
    assert len(FAULTS) >= 40


def test_the_labs_own_networks_have_no_complaint():
    keras.utils.set_random_seed(0)
    labs = ("03_cifar_progression", "07_mnist_callback", "06_rnn_subtraction")
    cifar, mnist, rnn = map(source.definitions, labs)
    photographs = RNG.normal(size=(16, 32, 32, 3)).astype("float32")
    digits = RNG.random((16, 28, 28, 1), "float32")
    texts = np.eye(12, dtype="float32")[RNG.integers(0, 12, (16, 11))]
    for model, x, y in (
        (cifar["build_b"](), photographs, np.eye(10)[RNG.integers(0, 10, 16)]),
        (cifar["build_d"](), photographs, np.eye(10)[RNG.integers(0, 10, 16)]),
        (mnist["build_single_conv"](), digits, RNG.integers(0, 10, 16)),
        (rnn["build_seq2seq"](layers.SimpleRNN, 16, 1), texts[:, :7], texts[:, 7:]),
    ):
        assert list(diagnosis.complaints(model, x, y, validation_data=(x[::-1] * 0.9, y))) == []


def test_many_units_that_answer_nothing_to_a_few_alike_images_are_no_fault():
    keras.utils.set_random_seed(0)
    alike = (RNG.normal(size=(1, 32, 32, 3)) + 0.2 * RNG.normal(size=(20, 32, 32, 3))).astype("float32")
    model = source.definitions("03_cifar_progression")["build_c"]()
    assert list(diagnosis.complaints(model, alike, np.eye(10)[np.arange(20) % 10])) == []


def test_right_trainings_hear_nothing(heard):
    assert heard(network(optimizer=keras.optimizers.Adam(0.01)), x=IMAGES, y=CLASSES) == []
    assert heard(network(units=1, last="sigmoid", loss="binary_crossentropy"), x=IMAGES, y=EVEN) == []
    assert heard(network(units=1, last=None, loss="mse"), x=IMAGES, y=EVEN) == []
    strokes = IMAGES > 0.5  # truth values
    assert heard(network(optimizer="adam"), x=strokes, y=CLASSES, validation_data=(~strokes[:8], CLASSES[:8])) == []


def test_several_inputs_are_left_alone(heard):
    left, right = keras.Input((6,)), keras.Input((6,))
    pair = keras.Model([left, right], layers.Dense(1)(layers.Concatenate()([left, right])))
    pair.compile("sgd", "mse")
    assert heard(pair, x=[IMAGES, IMAGES], y=EVEN) == []
