"""The MNIST lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from sklearn import metrics

from tests.answer_bank import right, wrong

# ---- prepare_images -----------------------------------------------------------------------------------------


@right("prepare_images")
def reshaped(images):
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / 255.0


@right("prepare_images")
def with_tensorflow(images):
    return (tf.cast(tf.expand_dims(images, -1), tf.float32) / 255).numpy()


@right("prepare_images")
def image_by_image(images):
    prepared = np.zeros((len(images), 28, 28, 1), "float32")
    for k, image in enumerate(images):
        prepared[k, :, :, 0] = image / 255
    return prepared


@wrong("prepare_images", says="float64 and not float32")
def in_64_bits(images):
    return images[..., np.newaxis] / 255


@wrong("prepare_images", says="An array is wanted: `np.array` makes one of it.")
def still_a_tensor(images):
    return tf.image.convert_image_dtype(images[..., None], tf.float32)


@wrong("prepare_images", says="The values are right, but their type is list")
def list_of_images(images):
    return [image[..., np.newaxis].astype("float32") / 255 for image in images]


@wrong("prepare_images", says="are its rows equally long?")
def with_its_shape(images):
    prepared = images[..., np.newaxis].astype("float32") / 255
    return prepared, prepared.shape


@wrong("prepare_images", says="Does your function end with `return`?")
def prepared_without_return(images):
    reshaped.function(images)


# ---- StopAtAccuracy -----------------------------------------------------------------------------------------


def percentage(threshold):
    return f"{100 * threshold:g}"


class Base(keras.callbacks.Callback):
    """A right callback in small parts, so that each answer shows its own mistake only."""

    def __init__(self, threshold=0.998):
        super().__init__()
        self.threshold = threshold

    def reached(self, logs):
        logs = logs or {}
        return logs.get("accuracy", logs.get("acc", 0))

    def decide(self, logs):
        return self.reached(logs) > self.threshold

    def line(self, logs):
        return f"Reached {percentage(self.threshold)}% accuracy so cancelling training!"

    def stop(self):
        self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if self.decide(logs):
            print(self.line(logs))
            self.stop()


@right("StopAtAccuracy")
class WithConditions(keras.callbacks.Callback):
    def __init__(self, threshold=0.998):
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        for name in ("accuracy", "acc"):
            if name in logs and logs[name] > self.threshold:
                number = str(round(self.threshold * 100, 2)).removesuffix(".0")
                print("\nReached", number + "% accuracy so cancelling training!", flush=True)
                self.model.stop_training = True


@right("StopAtAccuracy")
class StopsFirstAndPrintsInTheEnd(keras.callbacks.Callback):
    def __init__(self, threshold=0.998, **kwargs):
        super().__init__(**kwargs)
        self.limit = threshold

    def on_train_begin(self, logs={}):  # noqa: B006 - as students write it
        self.fired = False

    def on_epoch_end(self, epoch, logs={}):  # noqa: B006 - as students write it
        try:
            reached = logs["accuracy"] if "accuracy" in logs else logs["acc"]
        except (KeyError, TypeError):
            return
        if reached > self.limit:
            self.model.stop_training = self.fired = True

    def on_train_end(self, logs={}):  # noqa: B006 - as students write it
        if self.fired:
            print(f"Reached {round(self.limit * 10000) / 100:g}% accuracy so cancelling training!")


@right("StopAtAccuracy")
class WritesFalseToo(Base):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = bool(self.decide(logs))
        if self.model.stop_training:
            print(self.line(logs))


@right("StopAtAccuracy")
class JudgesTheLastBatch(Base):
    """The mean after the last batch is that of the epoch, and the batches come before the epoch's end."""

    latest = 0

    def on_train_batch_end(self, batch, logs=None):
        self.latest = self.reached(logs)

    def decide(self, logs):
        return self.latest > self.threshold


@right("StopAtAccuracy")
def a_function_that_returns_a_callback(threshold=0.998):
    def end(epoch, logs=None):
        match logs:
            case {"accuracy": reached} | {"acc": reached} if reached > threshold:
                print(f"Reached {f'{100 * threshold:.2f}'.rstrip('0').rstrip('.')}% accuracy so cancelling training!")
                callback.model.stop_training = True

    callback = keras.callbacks.LambdaCallback(on_epoch_end=end)
    return callback


@wrong("StopAtAccuracy", says="Without an argument the threshold is 0.998")
class OtherDefault(Base):
    def __init__(self, threshold=0.99):
        super().__init__(threshold)


@wrong("StopAtAccuracy", says="It should stop above the threshold only")
class AtTheThreshold(Base):
    def decide(self, logs):
        return self.reached(logs) >= self.threshold


@wrong("StopAtAccuracy", says="The first epoch counts, too.")
class NeverAfterTheFirstEpoch(Base):
    def on_epoch_end(self, epoch, logs=None):
        if epoch:
            super().on_epoch_end(epoch, logs)


@wrong("StopAtAccuracy", says="did not stop at 0.3477, only at 0.7676")
class NotBeforeTheThirdEpoch(Base):
    def on_epoch_end(self, epoch, logs=None):
        if epoch > 1:
            super().on_epoch_end(epoch, logs)


@wrong("StopAtAccuracy", says="`on_train_batch_end` stopped")
class AfterABatch(Base):
    def on_batch_end(self, batch, logs=None):
        self.on_epoch_end(batch, logs)


@wrong("StopAtAccuracy", says="During the validation the logs hold")
class AfterTheValidation(Base):
    def on_test_end(self, logs=None):
        self.on_epoch_end(0, logs)


@wrong("StopAtAccuracy", says="At the beginning of an epoch there are no logs yet")
class BeforeAnEpoch(keras.callbacks.Callback):
    def __init__(self, threshold=0.998):
        super().__init__()
        self.threshold = threshold

    def on_epoch_begin(self, epoch, logs=None):
        if logs["accuracy"] > self.threshold:
            self.model.stop_training = True


@wrong("StopAtAccuracy", says="too late to stop it")
class AfterTheTraining(Base):
    on_epoch_end = keras.callbacks.Callback.on_epoch_end

    def on_train_end(self, logs=None):
        self.model.stop_training = True


@wrong("StopAtAccuracy", says="of the callback itself")
class StopsItself(Base):
    def stop(self):
        self.stop_training = True


@wrong("StopAtAccuracy", says="You set `stopped_training` of the network")
class OtherAttribute(Base):
    def stop(self):
        self.model.stopped_training = True


@wrong("StopAtAccuracy", says="Your methods: `on_epoch_ends`")
class OtherMethod(keras.callbacks.Callback):
    def __init__(self, threshold=0.998):
        super().__init__()
        self.threshold = threshold

    def on_epoch_ends(self, epoch, logs=None):
        self.model.stop_training = True


@wrong("StopAtAccuracy", says="stops when the validation accuracy")
class ValidationAccuracy(Base):
    def reached(self, logs):
        return (logs or {}).get("val_accuracy", 0)


@wrong("StopAtAccuracy", says="It also asks for 'val_accuracy'")
class BothAccuracies(Base):
    def decide(self, logs):
        return super().decide(logs) and logs.get("val_accuracy", 0) > self.threshold


@wrong("StopAtAccuracy", says="You ask the logs for 'val_accuracy', which they do not hold")
class OnlyWithValidation(Base):
    def decide(self, logs):
        return "val_accuracy" in (logs or {}) and super().decide(logs)


@wrong("StopAtAccuracy", says="`self.model.history` is not there")
class AsksTheNetwork(Base):
    def reached(self, logs):
        return self.model.history.history["accuracy"][-1]


@wrong("StopAtAccuracy", says="Your callback changes the logs")
class TakesOut(Base):
    def reached(self, logs):
        return (logs or {"acc": 0}).pop("accuracy", 0) or (logs or {}).get("acc", 0)


@wrong("StopAtAccuracy", says="You ask the logs for 'accurracy'")
class Misspelled(Base):
    def reached(self, logs):
        return (logs or {}).get("accurracy", 0)  # codespell:ignore


@wrong("StopAtAccuracy", says="You ask for an entry that is not in the logs: KeyError: 'Accuracy'")
class MisspelledIndex(Base):
    def reached(self, logs):
        return logs["Accuracy"]


@wrong("StopAtAccuracy", says="and then your callback fails: KeyError: 'accuracy'.")
class NewNameByIndex(Base):
    def reached(self, logs):
        return logs["accuracy"]


@wrong("StopAtAccuracy", says="calls the metric 'acc', and then your callback fails: TypeError")
class NewNameByGet(Base):
    def decide(self, logs):
        return logs.get("accuracy") > self.threshold


@wrong("StopAtAccuracy", says="and you look for 'accuracy' only")
class NewNameOnly(Base):
    def reached(self, logs):
        return (logs or {}).get("accuracy", 0)


@wrong("StopAtAccuracy", says="Logs may hold no accuracy, and then your callback fails: KeyError")
class MissingEntry(Base):
    def reached(self, logs):
        if logs is None:
            return 0
        return logs["accuracy"] if "accuracy" in logs else logs["acc"]


@wrong("StopAtAccuracy", says="Logs may hold no accuracy, and then your callback fails: TypeError")
class MissingEntryIsNone(Base):
    def reached(self, logs):
        return -1 if logs is None else logs.get("accuracy", logs.get("acc"))


@wrong("StopAtAccuracy", says="`logs` may be None, and then your callback fails: AttributeError")
class LogsAreNone(Base):
    def reached(self, logs):
        return logs.get("accuracy", logs.get("acc", 0))


@wrong("StopAtAccuracy", says="without a training accuracy, and your callback stopped the training")
class AnyNameWithAcc(Base):
    def reached(self, logs):
        found = [value for name, value in (logs or {}).items() if "acc" in name]
        return found[-1] if found else 0


@wrong("StopAtAccuracy", says="'top_5_accuracy': 0.99999}, without a training accuracy")
class AnyNameWithAccButValidation(Base):
    def reached(self, logs):
        return next((value for name, value in (logs or {}).items() if "acc" in name and "val" not in name), 0)


@wrong("StopAtAccuracy", says="when the validation accuracy is above the threshold")
class NameThatEndsWithAcc(Base):
    def reached(self, logs):
        return next((value for name, value in (logs or {}).items() if name.endswith("acc") or name == "accuracy"), 0)


@wrong("StopAtAccuracy", says="any accuracy above the threshold is enough, unrounded")
class RoundsToFourDigits(Base):
    def decide(self, logs):
        return round(self.reached(logs), 4) > self.threshold


@wrong("StopAtAccuracy", says="did not stop at 0.9985, only at 1.")
class WholePercentages(Base):
    def decide(self, logs):
        return int(100 * self.reached(logs)) > 100 * self.threshold


@wrong("StopAtAccuracy", says="did not stop at 0.9625, only at 0.99995. Does each object use")
class ThresholdOfTheClass(Base):
    def __init__(self, threshold=0.998):
        super().__init__(threshold)
        ThresholdOfTheClass.function.limit = threshold

    def decide(self, logs):
        return self.reached(logs) > self.limit


@wrong("StopAtAccuracy", says="or the wrong way round?")
class BelowInsteadOfAbove(Base):
    def decide(self, logs):
        return bool(logs) and self.reached(logs) < self.threshold


@wrong("StopAtAccuracy", says="99.800000% has needless zeros behind the point")
class PercentFormat(Base):
    def line(self, logs):
        return f"Reached {self.threshold:%} accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="Compare it letter by letter")
class Typo(Base):
    def line(self, logs):
        return f"Reached {percentage(self.threshold)}% accuracy so canceling training!"


@wrong("StopAtAccuracy", says="Your line holds a slash and an n")
class WrongSlash(Base):
    def line(self, logs):
        return "/n" + super().line(logs)


@wrong("StopAtAccuracy", says="Capital letters")
class CapitalLetters(Base):
    def line(self, logs):
        return super().line(logs).replace("so c", "so C")


@wrong("StopAtAccuracy", says="A blank is missing, or there is one too many")
class BlankBeforePercent(Base):
    def line(self, logs):
        return super().line(logs).replace("%", " %")


@wrong("StopAtAccuracy", says="your callback still prints 99.8%")
class FixedNumber(Base):
    def line(self, logs):
        return "Reached 99.8% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="The braces are printed as they are")
class WithoutF(Base):
    def line(self, logs):
        return "Reached {100 * self.threshold:g}% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="prints 9%: digits were lost")
class StripsTooMuch(Base):
    def line(self, logs):
        return f"Reached {f'{100 * self.threshold:.2f}'.rstrip('0.')}% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="has the noise of floating-point numbers")
class FloatingPointNoise(Base):
    def line(self, logs):
        number = self.threshold * 100
        return super().line(logs).replace(percentage(self.threshold), str(int(number) if number % 1 == 0 else number))


@wrong("StopAtAccuracy", says="needless zeros")
class NeedlessZeros(Base):
    def line(self, logs):
        return f"Reached {round(self.threshold * 100, 2)}% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="digits were lost")
class WholePercent(Base):
    def line(self, logs):
        return f"Reached {self.threshold:.0%} accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="is a fraction with a percent sign")
class FractionPrinted(Base):
    def line(self, logs):
        return f"Reached {self.threshold}% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="is the accuracy that was reached")
class ReachedPrinted(Base):
    def line(self, logs):
        return f"Reached {100 * self.reached(logs):.2f}% accuracy so cancelling training!"


@wrong("StopAtAccuracy", says="waits for an accuracy such as 99.9")
class WaitsForAPercentage(Base):
    def decide(self, logs):
        return self.reached(logs) > 100 * self.threshold


@wrong("StopAtAccuracy", says="Is one of them a percentage?")
class PercentageOfTheLogs(Base):
    def decide(self, logs):
        return 100 * self.reached(logs) > self.threshold


@wrong("StopAtAccuracy", says="Does each object use the threshold that it was given?")
class FixedThreshold(Base):
    def decide(self, logs):
        return self.reached(logs) > 0.998


@wrong("StopAtAccuracy", says="where the loss was above the threshold")
class LossAbove(Base):
    def reached(self, logs):
        return (logs or {}).get("loss", 0)


@wrong("StopAtAccuracy", says="where the loss was very small")
class LossBelow(Base):
    def decide(self, logs):
        return (logs or {}).get("loss", 1) < 1 - self.threshold


@wrong("StopAtAccuracy", says="stops at the first accuracy, 0.005. Is the comparison missing")
class Always(Base):
    def decide(self, logs):
        return bool(logs)


@wrong("StopAtAccuracy", says="your callback did not stop at")
class OneEpochLate(Base):
    before = 0

    def decide(self, logs):
        before, self.before = self.before, self.reached(logs)
        return before > self.threshold


@wrong("StopAtAccuracy", says="stops the training, but prints nothing")
class Silent(Base):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training |= self.decide(logs)


@wrong("StopAtAccuracy", says="prints although it does not stop there")
class PrintsEachEpoch(Base):
    def on_epoch_end(self, epoch, logs=None):
        print(f"accuracy: {self.reached(logs)}")
        super().on_epoch_end(epoch, logs)


@wrong("StopAtAccuracy", says="as soon as it is made")
class PrintsWhenMade(Base):
    def __init__(self, threshold=0.998):
        super().__init__(threshold)
        print("threshold:", threshold)


@wrong("StopAtAccuracy", says="below the threshold, and at its end your callback printed something")
class PrintsAtEveryEnd(Base):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training |= self.decide(logs)

    def on_train_end(self, logs=None):
        print(self.line(logs))


@wrong("StopAtAccuracy", says="below the threshold, and at its end your callback raised AttributeError")
class MarksOnlyTheStop(PrintsAtEveryEnd.function):
    def stop(self):
        self.model.stop_training = self.fired = True

    def on_epoch_end(self, epoch, logs=None):
        if self.decide(logs):
            self.stop()

    def on_train_end(self, logs=None):
        if self.fired:
            print(self.line(logs))


@wrong("StopAtAccuracy", says="(It printed without stopping.)")
class MarkStays(MarksOnlyTheStop.function):
    fired = False


@wrong("StopAtAccuracy", says="prints 2 lines when it stops")
class PrintsTwoLines(Base):
    def line(self, logs):
        return super().line(logs) + "\nDone."


@wrong("StopAtAccuracy", says="printing alone does not stop it")
class OnlyPrints(Base):
    def stop(self):
        pass


@wrong("StopAtAccuracy", says="In a second training with the same object")
class OnlyOnce(Base):
    done = False

    def decide(self, logs):
        decided = not self.done and super().decide(logs)
        self.done = self.done or decided
        return decided


@wrong("StopAtAccuracy", says="(It stopped at another epoch.)")
class RemembersTheBest(Base):
    best = 0

    def reached(self, logs):
        self.best = max(self.best, super().reached(logs))
        return self.best


@wrong("StopAtAccuracy", says="Of two objects of your class the second one stopped below its threshold")
class RemembersForAll(Base):
    seen = []

    def __init__(self, threshold=0.998):
        super().__init__(threshold)
        self.seen.clear()

    def reached(self, logs):
        self.seen.append(super().reached(logs))
        return max(self.seen)


@wrong("StopAtAccuracy", says="A keras.callbacks.Callback is wanted")
class NoCallback:
    def __init__(self, threshold=0.998):
        self.threshold = threshold


@wrong("StopAtAccuracy", says="takes 1 positional argument but 2 were given")
class WithoutThreshold(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()

    def on_epoch_end(self, epoch, logs=None):
        if (logs or {}).get("accuracy", 0) > 0.998:
            print("Reached 99.8% accuracy so cancelling training!")
            self.model.stop_training = True


# ---- build_single_conv --------------------------------------------------------------------------------------


def conv(filters=8, **settings):
    return layers.Conv2D(filters, 3, **({"activation": "relu"} | settings))


def finish(stack, output="softmax", loss="sparse_categorical_crossentropy", **settings):
    """A compiled network from a list of layers and the last layer."""
    shape, units, names = (settings.get(name) for name in ("shape", "units", "metrics"))
    last = layers.Dense(units or 10, activation=output)
    model = keras.Sequential([keras.Input(shape or (28, 28, 1)), *stack, last])
    model.compile("adam", loss, metrics=["accuracy"] if names is None else names)
    return model


def single(before=(), dense=16):
    return [*before, conv(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(dense, activation="relu")]


def logits_loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@wrong("StopAtAccuracy", says="You ask the logs for 'acc', which they do not hold")
class FromTheNet(keras.callbacks.Callback):
    """What everybody finds who searches for it: written when the metric was called acc."""

    def __init__(self, threshold=0.998):
        super().__init__()
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs={}):  # noqa: B006
        if logs.get("acc") > self.threshold:
            print(f"Reached {100 * self.threshold:g}% accuracy so cancelling training!")
            self.model.stop_training = True


@wrong("StopAtAccuracy", says="`stop_training` is no function of the network")
class CallsStopTraining(keras.callbacks.Callback):
    def __init__(self, threshold=0.998):
        super().__init__()
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        if ((logs or {}).get("accuracy") or 0) > self.threshold:
            self.model.stop_training()


@wrong("StopAtAccuracy", says="stopped as it should, but printed something else")
class CountsItsTrainings(WithConditions.function):
    trainings = 0

    def on_train_begin(self, logs=None):
        self.trainings += 1

    def on_epoch_end(self, epoch, logs=None):
        if self.trainings < 3:
            super().on_epoch_end(epoch, logs)
        elif ((logs or {}).get("accuracy") or (logs or {}).get("acc") or 0) > self.threshold:
            print("Stopped once more")
            self.model.stop_training = True


@wrong("StopAtAccuracy", says="Before the first epoch there is nothing to judge yet")
class StopsBeforeItBegins(keras.callbacks.Callback):
    def __init__(self, threshold=0.998):
        super().__init__()

    def on_train_begin(self, logs=None):
        self.model.stop_training = True


@right("build_single_conv")
def logits_and_activation_layers():
    stack = [conv(activation=None), layers.ReLU(), layers.MaxPool2D(3, strides=2), layers.Flatten()]
    return finish([*stack, layers.Dropout(0.2)], None, logits_loss())


@right("build_single_conv")
def functional():
    inputs = keras.Input((28, 28, 1))
    value = layers.MaxPooling2D()(keras.activations.relu(layers.Conv2D(12, 5, padding="same")(inputs)))
    value = layers.Dense(10)(layers.Reshape((-1,))(value))
    model = keras.Model(inputs, layers.Activation("softmax")(value))
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
    return model


@right("build_single_conv")
def normalised_and_pooled_before_relu():
    stack = [conv(use_bias=False, activation=None), layers.BatchNormalization(), layers.MaxPooling2D(), layers.ReLU()]
    return finish(
        [*stack, layers.Flatten(), layers.Dense(20, activation="tanh")],
        metrics=["sparse_top_k_categorical_accuracy", "accuracy"],
    )


@right("build_single_conv")
def with_a_loss_of_its_own():
    def loss(labels, outputs):
        return -tf.math.log(tf.gather(outputs, tf.cast(tf.reshape(labels, [-1]), tf.int32), batch_dims=1) + 1e-9)

    return finish(single(), loss=loss)


@right("build_single_conv")
def other_activations_and_a_loss_with_a_telling_name():
    def sparse_from_logits(labels, outputs):
        return keras.losses.sparse_categorical_crossentropy(labels, outputs, from_logits=True)

    inputs = keras.Input((28, 28, 1))
    value = layers.MaxPooling2D()(keras.activations.relu6(layers.Conv2D(12, 3)(inputs)))
    value = layers.Lambda(keras.ops.softplus)(layers.Dense(12)(layers.Flatten()(value)))
    model = keras.Model(inputs, layers.Dense(10)(value))
    model.compile("adam", sparse_from_logits, weighted_metrics=["accuracy"])
    return model


@wrong("build_single_conv", says="A global pooling counts as a pooling too")
def global_pooling():
    return finish([conv(), layers.MaxPooling2D(), layers.GlobalAveragePooling2D()])


@wrong("build_single_conv", says="A hidden Dense layer ends in softmax")
def softmax_in_the_middle():
    return finish([conv(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(16, activation="softmax")])


@wrong("build_single_conv", says="Dropout stands after the last layer")
def dropout_after_the_scores():
    model = keras.Sequential([keras.Input((28, 28, 1)), *single(), layers.Dense(10), layers.Dropout(0.5)])
    model.compile("adam", logits_loss(), metrics=["accuracy"])
    return model


@wrong("build_single_conv", says="should be Sequential or functional")
def subclassed():
    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.stack = [*single(), layers.Dense(10, activation="softmax")]

        def call(self, images):
            for layer in self.stack:
                images = layer(images)
            return images

    model = Network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_single_conv", says="are frozen")
def frozen():
    model = finish(single())
    model.trainable = False
    return model


@wrong("build_single_conv", says="Conv2D layers: 1 wanted, your network has 2")
def two_convolutions():
    return finish(single([conv()]))


@wrong("build_single_conv", says="your network has 0")
def no_convolution():
    return finish([layers.Flatten(), layers.Dense(16, activation="relu")])


@wrong("build_single_conv", says="There is no pooling. One")
def no_pooling():
    return finish([conv(), layers.Flatten()])


@wrong("build_single_conv", says="Your pooling takes the mean")
def average_pooling():
    return finish([conv(), layers.AveragePooling2D(2), layers.Flatten()])


@wrong("build_single_conv", says="Exactly one pooling is wanted, MaxPooling2D; yours: MaxPooling2D, MaxPooling2D")
def two_poolings():
    return finish([conv(), layers.MaxPooling2D(), layers.MaxPooling2D(), layers.Flatten()])


@wrong("build_single_conv", says="The pooling stands before the convolution")
def pooling_first():
    return finish([layers.MaxPooling2D(), conv(), layers.Flatten()])


@wrong("build_single_conv", says="lacks the channel axis")
def without_channels():
    return finish([layers.Reshape((28, 28, 1)), *single()], shape=(28, 28))


@wrong("build_single_conv", says="has the channels first")
def channels_first():
    return finish([layers.Permute((2, 3, 1)), *single()], shape=(1, 28, 28))


@wrong("build_single_conv", says="The input should have the shape (28, 28, 1)")
def for_colour_images():
    return finish(single(), shape=(32, 32, 3))


@wrong("build_single_conv", says="scales them once more")
def scaled_twice():
    return finish(single([layers.Rescaling(1 / 255)]))


@wrong("build_single_conv", says="Flatten them first")
def not_flattened():
    return finish([conv(), layers.MaxPooling2D()])


@wrong("build_single_conv", says="yours has 9")
def nine_outputs():
    return finish(single(), units=9)


@wrong("build_single_conv", says="A Conv2D layer has no activation")
def convolution_without_activation():
    return finish([conv(activation=None), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(9, activation="relu")])


@wrong("build_single_conv", says="A Dense layer has no activation")
def dense_without_activation():
    return finish([conv(), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(16)])


@wrong("build_single_conv", says="softmax would be applied twice")
def softmax_with_from_logits():
    return finish(single(), "softmax", logits_loss())


@wrong("build_single_conv", says="takes them for probabilities")
def logits_without_from_logits():
    return finish(single(), None)


@wrong("build_single_conv", says="Your loss wants one-hot labels")
def loss_for_one_hot_labels():
    return finish(single(), loss="categorical_crossentropy")


@wrong("build_single_conv", says="Here exactly one class is right.")
def binary_loss():
    return finish(single(), loss="binary_crossentropy")


@wrong("build_single_conv", says="The last layer ends in sigmoid")
def sigmoid():
    return finish(single(), "sigmoid")


@wrong("build_single_conv", says="a loss for numbers to be met")
def squared_error():
    return finish(single(), loss="mean_squared_error")


@wrong("build_single_conv", says="On a batch with whole numbers as labels your loss fails")
def loss_that_fails():
    return finish(single(), loss="cosine_similarity")


@wrong("build_single_conv", says="yours (twice) gives another")
def loss_of_its_own():
    def twice(labels, outputs):
        return 2 * keras.losses.sparse_categorical_crossentropy(labels, outputs)

    return finish(single(), loss=twice)


@wrong("build_single_conv", says="does not measure its accuracy")
def no_metric():
    return finish(single(), metrics=[])


@wrong("build_single_conv", says="would call your accuracy 'sparse_categorical_accuracy'")
def metric_of_another_name():
    return finish(single(), metrics=["sparse_categorical_accuracy"])


@wrong("build_single_conv", says="would call your accuracy 'acc'")
def metric_with_the_old_name():
    return finish(single(), metrics=["acc"])


@wrong("build_single_conv", says="Could not interpret metric identifier")
def misspelled_metric():
    return finish(single(), metrics=["accurracy"])  # codespell:ignore


@wrong("build_single_conv", says="None of your metrics (accuracy) is the fraction of images that get")
def among_the_best_three():
    return finish(single(), metrics=[keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="accuracy")])


@wrong("build_single_conv", says="Incompatible shapes: [60] vs. [60,10]")
def metric_for_numbers():
    return finish(single(), metrics=["accuracy", "mae"])


@wrong("build_single_conv", says="is not compiled yet")
def not_compiled():
    return keras.Sequential([keras.Input((28, 28, 1)), *single(), layers.Dense(10, activation="softmax")])


@wrong("build_single_conv", says="Does your function end with `return model`?")
def built_without_return():
    finish(single())


@wrong("build_single_conv", says="soon leads to 0")
def plan_that_ends_at_once():
    model = functional.function()
    plan = keras.optimizers.schedules.ExponentialDecay(0.003, decay_steps=100, decay_rate=0.0)
    model.compile(keras.optimizers.Adam(plan), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_single_conv", says="Your pooling looks at single pixels")
def pooling_of_one_pixel():
    return finish([conv(), layers.MaxPooling2D(1), layers.Flatten()])


@wrong("build_single_conv", says="A dense layer for the scores")
def without_dense_layer():
    model = keras.Sequential([keras.Input((28, 28, 1)), conv(), layers.MaxPooling2D(), layers.Flatten()])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_single_conv", says="Your network fails on a batch of images")
def for_three_images_only():
    model = functional.function()
    model = keras.Model(model.inputs, keras.ops.reshape(model.outputs[0], (3, 10)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class FailsInTraining(layers.Layer):
    def call(self, values, training=False):
        if training:
            raise RuntimeError("not finished")
        return values


@wrong("build_single_conv", says="Your network fails in its first step of training: RuntimeError")
def layer_that_is_not_finished():
    return finish([conv(), layers.MaxPooling2D(), FailsInTraining(), layers.Flatten()])


# ---- build_deep ---------------------------------------------------------------------------------------------


def five(n=5, dropout=True, pooling=True):
    stack = [conv(padding="same") for _ in range(n)]
    stack[2:2] = [layers.MaxPooling2D(4)] * pooling
    return [*stack, *[layers.Dropout(0.3)] * dropout, layers.Flatten()]


@right("build_deep")
def logits_with_average_pooling_and_spatial_dropout(input_shape=(28, 28, 1)):
    stack = [*(conv() for _ in range(5)), layers.AveragePooling2D(2), layers.SpatialDropout2D(0.2), layers.Flatten()]
    return finish(stack, None, logits_loss(), shape=input_shape)


@right("build_deep")
def functional_with_global_pooling(shape=(28, 28, 1)):
    inputs = value = keras.Input(shape)
    for filters in (8, 8, 16, 16, 16):
        value = layers.Conv2D(filters, 3, strides=2 if filters == 16 else 1, padding="same")(value)
        value = layers.BatchNormalization()(value)
        value = layers.Maximum()([value, 0.3 * value])  # LeakyReLU
    value = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(value))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(value))
    model.compile("rmsprop", keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return model


@right("build_deep")
def residual_with_a_projection(input_shape=(28, 28, 1)):
    def block(value, filters):
        short = layers.Conv2D(filters, 1, strides=2)(value)
        value = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(value)
        value = layers.Conv2D(filters, 3, padding="same")(value)
        return keras.activations.relu(layers.BatchNormalization()(value) + layers.BatchNormalization()(short))

    inputs = keras.Input(input_shape)
    value = layers.MaxPooling2D()(conv()(inputs))
    value = block(value, 8)
    weights = layers.Dense(8, activation="sigmoid")(layers.GlobalAveragePooling2D()(value))  # squeeze and excite
    value = layers.Multiply()([value, layers.Reshape((1, 1, 8))(weights)])
    value = layers.Flatten()(layers.Dropout(0.2)(conv(padding="same")(value)))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(value))
    model.compile(keras.optimizers.AdamW(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_deep", says="follows a plan for its learning rate")
def learning_rate_with_a_schedule(input_shape=(28, 28, 1)):
    model = finish(five(), shape=input_shape)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.003, decay_steps=400, decay_rate=0.6)
    model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_deep", says="or changes them otherwise")
def scaled_by_a_function(input_shape=(28, 28, 1)):
    return finish([layers.Lambda(lambda images: images / 255), *five()], shape=input_shape)


@wrong("build_deep", says="should have the shape (32, 36, 3); yours is (32, 32, 3)")
def square_images_only(input_shape=(28, 28, 1)):
    return finish(five(), shape=(input_shape[0], input_shape[0], input_shape[2]))


@wrong("build_deep", says="Conv2D layers: 5 wanted, your network has 4")
def four_convolutions(input_shape=(28, 28, 1)):
    return finish(five(4), shape=input_shape)


@wrong("build_deep", says="your network has 6")
def six_convolutions(input_shape=(28, 28, 1)):
    return finish(five(6), shape=input_shape)


@wrong("build_deep", says="yours has SeparableConv2D")
def separable(input_shape=(28, 28, 1)):
    return finish([*five(4)[:-1], layers.SeparableConv2D(8, 3, activation="relu"), layers.Flatten()], shape=input_shape)


@wrong("build_deep", says="There is no dropout")
def no_dropout(input_shape=(28, 28, 1)):
    return finish(five(dropout=False), shape=input_shape)


@wrong("build_deep", says="A dropout rate of 0 does nothing")
def dropout_of_zero(input_shape=(28, 28, 1)):
    return finish([*five(dropout=False), layers.Dropout(0)], shape=input_shape)


@wrong("build_deep", says="Dropout stands before the first convolution")
def dropout_at_the_input(input_shape=(28, 28, 1)):
    return finish([layers.Dropout(0.1), *five()], shape=input_shape)


@wrong("build_deep", says="Dropout stands after the last layer")
def dropout_at_the_end(input_shape=(28, 28, 1)):
    model = finish(five(dropout=False), shape=input_shape)
    model = keras.Sequential([keras.Input(input_shape), *model.layers, layers.Dropout(0.5)])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_deep", says="There is no pooling after the first convolution")
def deep_without_pooling(input_shape=(28, 28, 1)):
    return finish(five(pooling=False), shape=input_shape)


@wrong("build_deep", says="Pass the argument on")
def input_shape_ignored(input_shape=(28, 28, 1)):
    return finish(five())


@wrong("build_deep", says="changes its images at random")
def augmentation_inside(input_shape=(28, 28, 1)):
    return finish([layers.RandomRotation(0.03), *five()], shape=input_shape)


@wrong("build_deep", says="Your loss wants one-hot labels")
def deep_loss_for_one_hot_labels(input_shape=(28, 28, 1)):
    return finish(five(), loss="categorical_crossentropy", shape=input_shape)


@wrong("build_deep", says="takes them for probabilities")
def deep_logits_without_from_logits(input_shape=(28, 28, 1)):
    return finish(five(), None, shape=input_shape)


@wrong("build_deep", says="A Conv2D layer has no activation")
def linear_convolutions(input_shape=(28, 28, 1)):
    stack = [conv(activation=None, padding="same") for _ in range(5)]
    return finish([*stack, layers.MaxPooling2D(), layers.Dropout(0.3), layers.Flatten()], shape=input_shape)


@wrong("build_deep", says="twice, with the same weights. Make a new layer")
def one_convolution_in_four_places(input_shape=(28, 28, 1)):
    stack = [conv(padding="same"), *[conv(padding="same")] * 4]
    return finish([*stack, layers.MaxPooling2D(), layers.Dropout(0.3), layers.Flatten()], shape=input_shape)


@wrong("build_deep", says="With a learning rate of -0.999 your optimizer walks uphill")
def deep_learning_rate_below_zero(input_shape=(28, 28, 1)):
    model = finish(five(), shape=input_shape)
    model.compile(keras.optimizers.Adam(-0.999), model.loss, metrics=["accuracy"])
    return model


@wrong("build_deep", says="a learning rate of 1000 is far too large")
def deep_learning_rate_of_1000(input_shape=(28, 28, 1)):
    model = finish(five(), shape=input_shape)
    model.compile(keras.optimizers.Adam(1000.0), model.loss, metrics=["accuracy"])
    return model


# ---- classification_summary ---------------------------------------------------------------------------------


def divided(right_ones, sums):
    return np.divide(right_ones, sums, out=np.zeros(len(sums)), where=sums > 0)


def parts(y_true, y_pred, n_classes):
    """Precision, recall, F1 and support, right."""
    matrix = metrics.confusion_matrix(y_true, y_pred, labels=range(n_classes))
    precision, recall = (divided(np.diag(matrix), matrix.sum(axis)) for axis in (0, 1))
    return precision, recall, divided(2 * precision * recall, precision + recall), matrix.sum(1)


def table(precision, recall, f1, support):
    return pd.DataFrame({"precision": precision, "recall": recall, "f1": f1, "support": support})


@right("classification_summary")
def with_scikit_learn(y_true, y_pred, n_classes):
    return table(*metrics.precision_recall_fscore_support(y_true, y_pred, labels=range(n_classes), zero_division=0))


@right("classification_summary")
def class_by_class(y_true, y_pred, n_classes):
    rows = []
    for k in range(n_classes):
        hits = sum(1 for t, p in zip(y_true, y_pred, strict=True) if t == p == k)
        called, there = list(y_pred).count(k), list(y_true).count(k)
        precision = hits / called if called else 0
        recall = hits / there if there else 0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
        rows.append({"support": there, "f1": f1, "recall": recall, "precision": precision, "class": k})
    return pd.DataFrame(rows).set_index("class")


@right("classification_summary")
def from_the_matrix(y_true, y_pred, n_classes):
    return table(*parts(y_true, y_pred, n_classes)).astype(float).round(4)


@right("classification_summary")
def warnings_switched_off(y_true, y_pred, n_classes):
    matrix = np.zeros((n_classes, n_classes))
    np.add.at(matrix, (y_true, y_pred), 1)
    with np.errstate(invalid="ignore"):
        precision, recall = (np.nan_to_num(np.diag(matrix) / matrix.sum(axis)) for axis in (0, 1))
        f1 = np.nan_to_num(2 / (1 / np.maximum(precision, 1e-12) + 1 / np.maximum(recall, 1e-12)))
    return table(precision, recall, f1, matrix.sum(1))


@wrong("classification_summary", says="Precision and recall are swapped")
def swapped(y_true, y_pred, n_classes):
    precision, recall, f1, support = parts(y_true, y_pred, n_classes)
    return table(recall, precision, f1, support)


@wrong("classification_summary", says="also for those that do not occur")
def classes_that_occur(y_true, y_pred, n_classes):
    return table(*metrics.precision_recall_fscore_support(y_true, y_pred, zero_division=0))


@wrong("classification_summary", says="return 0")
def zero_by_zero(y_true, y_pred, n_classes):
    matrix = metrics.confusion_matrix(y_true, y_pred, labels=range(n_classes))
    with np.errstate(invalid="ignore"):
        precision, recall = (np.diag(matrix) / matrix.sum(axis) for axis in (0, 1))
        return table(precision, recall, 2 * precision * recall / (precision + recall), matrix.sum(1))


@wrong("classification_summary", says="but your code caused a warning")
def divided_with_warnings(y_true, y_pred, n_classes):
    matrix = metrics.confusion_matrix(y_true, y_pred, labels=range(n_classes))
    precision, recall = (np.nan_to_num(np.diag(matrix) / matrix.sum(axis)) for axis in (0, 1))
    return table(precision, recall, np.nan_to_num(2 * precision * recall / (precision + recall)), matrix.sum(1))


@wrong("classification_summary", says="These are percentages")
def percentages(y_true, y_pred, n_classes):
    precision, recall, f1, support = parts(y_true, y_pred, n_classes)
    return table(100 * precision, 100 * recall, 100 * f1, support)


@wrong("classification_summary", says="precision, recall, F1, support.")
def other_names(y_true, y_pred, n_classes):
    return table(*parts(y_true, y_pred, n_classes)).rename(columns={"f1": "F1"})


@wrong("classification_summary", says="Rows and columns are exchanged")
def one_column_per_class(y_true, y_pred, n_classes):
    return table(*parts(y_true, y_pred, n_classes)).T


@wrong("classification_summary", says="Does it end with `return`?")
def printed_only(y_true, y_pred, n_classes):
    print(table(*parts(y_true, y_pred, n_classes)))


@wrong("classification_summary", says="the column recall has the right shape, but 100% of its values are off.")
def specificity(y_true, y_pred, n_classes):
    precision, _, f1, support = parts(y_true, y_pred, n_classes)
    recall = [np.mean(y_pred[y_true != k] != k) for k in range(n_classes)]
    return table(precision, recall, f1, support)


@wrong("classification_summary", says="the column f1 has the right shape, but 100% of its values are off.")
def parentheses_forgotten(y_true, y_pred, n_classes):
    precision, recall, _, support = parts(y_true, y_pred, n_classes)
    return table(precision, recall, divided(2 * precision * recall, precision) + recall, support)


@wrong("classification_summary", says="your function returned tuple")
def tuple_of_arrays(y_true, y_pred, n_classes):
    return parts(y_true, y_pred, n_classes)


@wrong("classification_summary", says="not texts or lists")
def formatted(y_true, y_pred, n_classes):
    return table(*parts(y_true, y_pred, n_classes)).map("{:.4f}".format)
