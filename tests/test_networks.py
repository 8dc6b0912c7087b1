"""Networks as plain data, however they are written; and every sentence on them is true."""

import itertools

import numpy as np
import pytest

from checks import cifar_progression, networks
from checks.core import NOT_YET, RIGHT
from checks.networks import LAST, conv, drop, edits, hidden, judge_order, kinds_of, norm, pool, scores
from checks.plain import Unusable
from checks.probes.networks import describe_model, observe
from helpers import profile, session

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


def lambdas():
    x = inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", activation=lambda values: keras.ops.maximum(values, 0))(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dense(2)(x)
    return keras.Model(inputs, layers.Activation(lambda values: keras.ops.softmax(values))(x))


def maximum_with_zero():
    x = inputs = keras.Input((8, 8, 1))
    x = keras.ops.maximum(layers.Conv2D(4, 3, padding="same")(x), 0)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


WAYS = [separate_activations, functional, nested, operators, activation_objects, lambdas, maximum_with_zero]


@pytest.mark.parametrize("build", WAYS)
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


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(10)

    def call(self, x):
        return self.dense(layers.Flatten()(x))


def test_class_of_ones_own_is_told_what_will_do_whether_built_or_not():
    built = Own()
    built(np.zeros((1, 32, 32, 3), "float32"))
    for model in (Own(), built):
        found = cifar_progression.build_a.verdict(cifar_progression.build_a.collect(lambda model=model: model))
        assert found.status == NOT_YET
        assert found.reason == "Your network should be Sequential or functional and have one input, `keras.Input(...)`."


def test_layer_of_ones_own_is_described():
    class Scale(layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            return self.factor * x

    found = describe_model(keras.Sequential([keras.Input((4,)), Scale(), layers.Dense(2)]))
    assert [(layer["kind"], layer["parameters"]) for layer in found["layers"]] == [("Scale", 1), ("Dense", 10)]


# ---- plans: the sentence names the edit that mends the network ----------------------------------------------

DESCRIBED = {"activation": "linear", "output_shape": [1], "input_shape": [1]}
PLANS = {
    "c": [conv(32), conv(32), pool(), conv(32), conv(32), pool(), hidden(100, name="FC layer"), scores()],
    "cnn": [conv(8), norm(), pool(), conv(16), norm(), pool(), hidden(20), norm(), drop(0.5), scores()],
    "small": [hidden(64), scores()],
}
COMMON = ("Conv2D", "MaxPooling2D", "BatchNormalization", "Dropout", "Dense", "GlobalAveragePooling2D", "Activation")


def described(kinds) -> list[dict]:
    return [DESCRIBED | {"kind": "Dense" if kind == LAST else kind} for kind in kinds]


def one_edit_away(plan: list[str]):
    """All orders of kinds that one insertion, deletion, replacement or exchange of neighbours makes of a plan."""
    for place in range(len(plan)):
        yield plan[:place] + plan[place + 1 :]
        for kind in COMMON:
            yield [*plan[:place], kind, *plan[place + 1 :]]
        if place:
            yield [*plan[: place - 1], plan[place], plan[place - 1], *plan[place + 1 :]]
    for place, kind in itertools.product(range(len(plan) + 1), COMMON):
        yield [*plan[:place], kind, *plan[place:]]


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_no_false_sentence_on_any_order_one_edit_away(plan):
    wanted = [step.kind for step in plan]
    names = {step.kind: step.name for step in plan}
    orders = {tuple(kinds_of(described(found))) for found in one_edit_away(wanted)} - {tuple(wanted)}
    for found in map(list, orders):
        said = judge_order(described(found), plan)
        if LAST not in found:
            assert "The last layer is missing" in said
            continue
        way = edits(found, wanted)
        deleted = {edit.place: edit.kind for edit in way if edit.action == "delete"}
        mended = []
        for place, kind in enumerate([*found, None]):
            mended += [edit.kind for edit in way if edit.action == "insert" and edit.place == place]
            mended += [kind] if place not in deleted and kind else []
        assert mended == wanted and all(found[place] == kind for place, kind in deleted.items())
        if " is missing: " in said:
            kind = next(kind for kind, name in names.items() if f" {name} is missing" in said)
            assert found.count(kind) < wanted.count(kind)
            assert f"{wanted.count(kind)} wanted, yours has {found.count(kind)}" in said
        elif " too many: " in said:
            kind = next(kind for kind in {*found, *names} if f" {names.get(kind, kind)} too many" in said)
            assert found.count(kind) > wanted.count(kind)
        else:
            assert sorted(found) == sorted(wanted) and "in another order" in said
            place = next(k for k, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
            assert f"{names[wanted[place]]}; yours has" in said and f"{names[found[place]]} there." in said
        if "should come after" in said or "stands after" in said:
            before = said.rpartition("after the ")[2].removesuffix(".")
            edit = edits(found, wanted)[0]
            assert before.endswith(names.get(found[edit.place - 1], found[edit.place - 1]))


# ---- can it learn? ------------------------------------------------------------------------------------------


def small(*stack, optimizer="adam", output=None, **settings):
    model = keras.Sequential(
        [keras.Input((32, 32, 3)), *(stack or (layers.Conv2D(32, 3, padding="same", activation="relu"),))]
    )
    for layer in (layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10, activation="softmax", **settings)):
        model.add(layer)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def of_build_b(model):
    return cifar_progression.build_b.verdict(cifar_progression.build_b.collect(lambda: model))


OPTIMIZERS = keras.optimizers
TOO_BAD = [
    (lambda: OPTIMIZERS.Adam(-0.999), "walks uphill"),
    (lambda: OPTIMIZERS.SGD(-0.001), "walks uphill"),
    (lambda: OPTIMIZERS.Adam(0.0), "changes no weight: its learning rate is 0"),
    (lambda: OPTIMIZERS.SGD(0.0), "changes no weight: its learning rate is 0"),
    (lambda: OPTIMIZERS.Adam(1000.0), "a learning rate of 1000 is far too large"),
    (lambda: OPTIMIZERS.RMSprop(1000.0), "a learning rate of 1000 is far too large"),
    (lambda: OPTIMIZERS.SGD(1000.0), "a learning rate of 1000 is far too large"),
    (lambda: OPTIMIZERS.Adam(100.0), "a learning rate of 100 is far too large"),
]


@pytest.mark.parametrize(("optimizer", "says"), TOO_BAD)
@pytest.mark.parametrize("seed", [0, 1])
def test_optimizer_that_cannot_work_is_named(optimizer, says, seed):
    profile.seed_python(seed)
    found = of_build_b(small(optimizer=optimizer()))
    assert found.status == NOT_YET and says in found.reason


SENSIBLE = [
    lambda: OPTIMIZERS.Adam(1e-5),
    lambda: OPTIMIZERS.Adam(0.01),
    lambda: OPTIMIZERS.AdamW(0.003),
    lambda: OPTIMIZERS.SGD(0.1),
    lambda: OPTIMIZERS.SGD(0.01, momentum=0.9, nesterov=True),
    lambda: OPTIMIZERS.RMSprop(),
    lambda: OPTIMIZERS.Adagrad(0.01),
    lambda: OPTIMIZERS.Adadelta(1.0),
    lambda: OPTIMIZERS.Lion(1e-4),
    lambda: OPTIMIZERS.Ftrl(0.01),
    lambda: OPTIMIZERS.SGD(keras.optimizers.schedules.CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)),
]


@pytest.mark.parametrize("optimizer", SENSIBLE)
def test_sensible_optimizers_pass_and_nothing_of_the_network_changes(optimizer):
    for seed in range(3):
        profile.seed_python(seed)
        model = small(optimizer=optimizer())
        before = model.get_weights()
        assert of_build_b(model).status == RIGHT
        assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
        assert int(model.optimizer.iterations) == 0


def test_deep_network_passes_with_adam_of_a_hundredth_with_every_seed():
    for seed in range(4):
        profile.seed_python(seed)
        stack = [layers.Conv2D(32, 3, padding="same", activation="relu") for _ in range(5)]
        case = cifar_progression.noise(np.random.default_rng(seed))
        assert networks.judge_learning(observe(small(*stack, optimizer=OPTIMIZERS.Adam(0.01)), case)) is None


def test_weights_that_begin_as_zeros_and_layers_that_get_no_gradient_are_named():
    case = cifar_progression.noise(np.random.default_rng(0))
    zeros = layers.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="zeros", name="first")
    assert "layer first begin as zeros" in networks.judge_learning(observe(small(zeros), case))
    shut = [layers.Conv2D(4, 3, padding="same", activation="relu", name="first"), layers.Dropout(1.0)]
    assert "layer first get no gradient" in networks.judge_learning(observe(small(*shut), case))
    end = [layers.Flatten(), layers.Dense(10, name="last"), layers.Dropout(1.0), layers.Softmax()]
    nothing_moves = keras.Sequential([keras.Input((32, 32, 3)), *end])
    nothing_moves.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    assert "layer last get no gradient" in networks.judge_learning(observe(nothing_moves, case))


def test_one_layer_object_twice_in_a_sequential_is_caught_unless_it_has_no_weights():
    def build(*stack):
        model = keras.Sequential([keras.Input((32, 32, 3)), *stack])
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    def tail():
        return [layers.Flatten(), layers.Dense(100, activation="relu"), layers.Dense(10, activation="softmax")]

    def convolution():
        return layers.Conv2D(32, 3, padding="same", activation="relu")

    check, once, pooling = cifar_progression.build_c, convolution(), layers.MaxPooling2D()
    twice = build(convolution(), *[once] * 2, pooling, convolution(), layers.MaxPooling2D(), *tail())
    assert "twice, with the same weights" in check.verdict(check.collect(lambda: twice)).reason
    pooled = build(convolution(), convolution(), pooling, convolution(), convolution(), pooling, *tail())
    assert check.verdict(check.collect(lambda: pooled)).status == RIGHT
