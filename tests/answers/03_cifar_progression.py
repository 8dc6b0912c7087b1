"""The CIFAR lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.preprocessing import StandardScaler

from tests.answer_bank import right, wrong

# ---- preprocess ---------------------------------------------------------------------------------------------


def one_hot(y, classes=10):
    return np.eye(classes, dtype="float32")[y]


@right("preprocess")
def with_eye(x, y):
    return np.float32(x) / 255, np.eye(10)[y]


@right("preprocess")
def as_tensors(x, y):
    return keras.ops.cast(x, "float32") / 255, keras.ops.one_hot(y, 10)


@right("preprocess")
def with_a_loop(x, y):
    labels = np.zeros((len(y), 10), dtype="float32")
    for i in range(len(y)):
        labels[i, y[i]] = 1
    return [(x * (1 / 255)).astype(np.float32), labels]


@right("preprocess")
def with_tensorflow(x, y):
    return tf.image.convert_image_dtype(x, tf.float32), tf.one_hot(y, 10)


@wrong("preprocess", says="The values are right, but the array of images is float64 and not float32.")
def in_64_bits(x, y):
    return x / 255, one_hot(y)


@wrong("preprocess", says="Two values are wanted")
def images_only(x, y):
    return x.astype("float32") / 255


# ---- standardise --------------------------------------------------------------------------------------------


def statistics(x, axis=(0, 1, 2)):
    return x.mean(axis=axis), x.std(axis=axis)


def scale(parts, mean, deviation):
    return [(x - mean) / deviation for x in parts]


@wrong("standardise", says="For `x_train` of shape")
def there_is_always_a_validation_part(x_train, *others):
    x_val = others[0]
    return scale((x_train, x_val, *others[1:]), *statistics(x_train))


@right("standardise")
def with_a_loop_over_channels(x_train, *others):
    parts = [x.copy() for x in (x_train, *others)]
    for channel in range(x_train.shape[-1]):
        values = x_train[..., channel]
        for x in parts:
            x[..., channel] = (x[..., channel] - np.mean(values)) / np.std(values)
    return parts


@right("standardise")
def with_a_keras_layer(x_train, *others):
    normalise = layers.Normalization(dtype="float32")
    normalise.adapt(x_train)
    return tuple(normalise(x) for x in (x_train, *others))


@right("standardise")
def never_dividing_by_zero(x_train, *others):
    pixels = x_train.reshape(-1, x_train.shape[-1])
    return scale((x_train, *others), pixels.mean(0), pixels.std(0, ddof=1) + 1e-7)


@right("standardise")
def with_scikit_learn(x_train, *others):
    scaler = StandardScaler().fit(x_train.reshape(-1, x_train.shape[-1]))
    return [scaler.transform(x.reshape(-1, x.shape[-1])).reshape(x.shape) for x in (x_train, *others)]


@wrong("standardise", says="`x_train` and `x_val` and `x_test`; your function returned 2.")
def the_others_only(x_train, *others):
    return scale(others, *statistics(x_train))


@wrong("standardise", says="your function returned an array")
def only_x_train(x_train, *others):
    return scale([x_train], *statistics(x_train))[0]


@wrong("standardise", says="The values are right, but `x_train` is float64 and not float32.")
def standardised_in_64_bits(x_train, *others):
    return scale((x_train, *others), *statistics(x_train.astype("float64")))


@wrong("standardise", says="changed its input `x_train`")
def in_place(x_train, *others):
    mean, deviation = statistics(x_train)
    for x in (x_train, *others):
        x -= mean
        x /= deviation
    return [x_train, *others]


# ---- networks a to d ----------------------------------------------------------------------------------------


def conv(filters, **settings):
    return layers.Conv2D(filters, 3, **({"padding": "same", "activation": "relu"} | settings))


def finish(
    stack, output="softmax", loss="categorical_crossentropy", metrics=("accuracy",), units=10, shape=(32, 32, 3)
):
    """A compiled network from a list of layers and the last layer."""
    model = keras.Sequential([keras.Input(shape), *stack, layers.Dense(units, activation=output)])
    model.compile("adam", loss, metrics=list(metrics))
    return model


def logits_loss(**settings):
    return keras.losses.CategoricalCrossentropy(from_logits=True, **settings)


def stack_a(units=100, **settings):
    return [layers.Flatten(), layers.Dense(units, **({"activation": "relu"} | settings))]


def stack_b(**settings):
    return [conv(32, **settings), layers.MaxPooling2D(), layers.Flatten()]


def block(filters, n=2):
    return [*(conv(filters) for _ in range(n)), layers.MaxPooling2D()]


def stack_c():
    return [*block(32), *block(32), *stack_a()]


def stack_d(dense=1):
    flat = [*block(32), *block(64), *block(128, 3), layers.Flatten()]
    return [*flat, *(layers.Dense(100, activation="relu") for _ in range(dense))]


@right("build_a")
def a_with_softmax_and_another_optimizer():
    model = finish([*stack_a(300), layers.Dropout(0.4)])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "categorical_crossentropy", metrics=["acc"])
    return model


@right("build_a")
def a_functional_with_activation_layers():
    inputs = keras.Input((32, 32, 3))
    value = layers.Reshape((-1,))(inputs)
    value = layers.Dropout(0.1)(layers.Dense(64)(value))
    value = layers.Dense(10)(layers.ReLU()(value))
    model = keras.Model(inputs, layers.Activation("softmax", dtype="float32")(value))
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
    model.compile("rmsprop", loss, metrics=[keras.metrics.CategoricalAccuracy(name="hits")])
    return model


def own_loss(wanted, logits):
    return keras.losses.categorical_crossentropy(wanted, logits, from_logits=True)


@right("build_a")
def a_with_a_loss_of_its_own():
    return finish(stack_a(), None, own_loss, ["acc", "mse"])


@right("build_a")
def a_with_functions_of_tensorflow_and_a_cast():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_a(activation=tf.nn.relu)])
    model.add(layers.Dense(10, activation=tf.nn.softmax))
    model.add(layers.Activation("linear", dtype="float32"))
    model.compile("adam", keras.losses.CategoricalCrossentropy(name="loss"), metrics=["accuracy"])
    return model


@right("build_a")
def a_with_a_metric_of_several_numbers():
    return finish(stack_a(), metrics=["accuracy", keras.metrics.F1Score()])


@wrong("build_a", says="The last layer is missing, the one for the scores")
def a_without_scores():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_a()])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_a", says="should be followed by relu; yours has relu with negative_slope=0.3")
def a_with_a_leaky_relu():
    return finish([layers.Flatten(), layers.Dense(100), layers.ReLU(negative_slope=0.3)])


@wrong("build_a", says="One should come at the very beginning.")
def a_without_hidden_layer():
    return finish([layers.Flatten()])


@wrong("build_a", says="It stands at the very beginning.")
def a_with_two_hidden_layers():
    return finish([*stack_a(), layers.Dense(50, activation="relu")])


@wrong("build_a", says="works on each of their pixels by itself")
def a_without_flatten():
    return finish(stack_a()[1:])


@wrong("build_a", says="The FC layer has no activation")
def a_without_activation():
    return finish(stack_a(activation=None))


@wrong("build_a", says="softmax would be applied twice")
def a_softmax_with_from_logits():
    return finish(stack_a(), "softmax", logits_loss())


@wrong("build_a", says="takes them for probabilities")
def a_logits_without_from_logits():
    return finish(stack_a(), None)


@wrong("build_a", says="wants whole numbers as labels")
def a_sparse_loss():
    return finish(stack_a(), loss="sparse_categorical_crossentropy")


@wrong("build_a", says="scales them once more")
def a_scaling_twice():
    return finish([layers.Rescaling(1 / 255), *stack_a()])


@wrong("build_a", says="should be followed by relu; yours has tanh")
def a_with_tanh():
    return finish(stack_a(activation="tanh"))


@wrong("build_a", says="sigmoid judges each class by itself")
def a_with_sigmoid():
    return finish(stack_a(), "sigmoid")


@wrong("build_a", says="ends in relu")
def a_with_relu_at_the_end():
    return finish(stack_a(), "relu", logits_loss())


@wrong("build_a", says="Softmax is applied twice at the end")
def a_softmax_twice():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_a(), layers.Dense(10, activation="softmax")])
    model.add(layers.Softmax())
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_a", says="Your loss is the class CategoricalCrossentropy itself")
def a_loss_without_parentheses():
    return finish(stack_a(), loss=keras.losses.CategoricalCrossentropy)


@wrong("build_a", says="Two activations in a row: relu, then softmax")
def a_relu_on_the_scores():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_a(), layers.Dense(10, "relu"), layers.Softmax()])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.stack = [*stack_a(), layers.Dense(10)]

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


@wrong("build_a", says="should be Sequential or functional")
def a_subclassed():
    model = Subclassed()
    model(np.zeros((1, 32, 32, 3), "float32"))
    model.compile("adam", logits_loss(), metrics=["accuracy"])
    return model


@wrong("build_a", says="does not measure its accuracy")
def a_without_metrics():
    return finish(stack_a(), metrics=[])


@wrong("build_a", says="is not compiled yet")
def a_not_compiled():
    return keras.Sequential([keras.Input((32, 32, 3)), *stack_a(), layers.Dense(10)])


@wrong("build_a", says="should have the shape (32, 32, 3); yours is (3072,)")
def a_with_flat_input():
    return finish(stack_a()[1:], shape=(3072,))


@wrong("build_a", says="one output per class, 10; yours has 100")
def a_for_a_hundred_classes():
    return finish(stack_a(), units=100)


@wrong("build_a", says="Dropout stands at the input")
def a_dropout_at_the_input():
    return finish([layers.Dropout(0.2), *stack_a()])


@wrong("build_a", says="Take at least 16")
def a_bottleneck():
    return finish(stack_a(4))


@wrong("build_a", says="your function returned None")
def a_without_return():
    finish(stack_a())


@right("build_b")
def b_with_a_pooling_function():
    inputs = keras.Input((32, 32, 3))
    value = layers.Flatten()(keras.ops.max_pool(conv(32)(inputs), (2, 2)))
    model = keras.Model(inputs, layers.Dense(10)(value))
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


@right("build_b")
def b_with_separate_relu():
    return finish([conv(32, activation=None), layers.ReLU(), layers.MaxPool2D((2, 2)), layers.Flatten()])


@right("build_b")
def b_functional_with_operators():
    inputs = keras.Input((32, 32, 3))
    value = layers.MaxPooling2D(2)(keras.ops.relu(conv(32, activation=None)(inputs)))
    model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(value)))
    model.compile("sgd", logits_loss(label_smoothing=0.1), metrics=["categorical_accuracy"])
    return model


@right("build_b")
def b_with_relu_after_the_pooling():
    """Max pooling and relu can be exchanged."""
    return finish([conv(32, activation=None), layers.MaxPooling2D(), layers.Activation("relu"), layers.Flatten()])


@right("build_b")
def b_with_relu_twice():
    """The second one changes nothing."""
    return finish([conv(32), layers.ReLU(), layers.MaxPooling2D(), layers.Flatten()])


@wrong("build_b", says="with 'valid' padding the border is lost")
def b_valid():
    return finish(stack_b(padding="valid"))


@wrong("build_b", says="A pooling is missing")
def b_without_pooling():
    return finish([conv(32), layers.Flatten()])


@wrong("build_b", says="should have 32 filters; yours has 16")
def b_few_filters():
    return finish([conv(16), layers.MaxPooling2D(), layers.Flatten()])


@wrong("build_b", says="kernels of 5×5")
def b_large_kernels():
    return finish([layers.Conv2D(32, 5, padding="same", activation="relu"), *stack_b()[1:]])


@wrong("build_b", says="It stands after the pooling.")
def b_with_a_dense_layer():
    return finish([*stack_b(), layers.Dense(100, activation="relu")])


@wrong("build_b", says="Dropout stands on feature maps")
def b_dropout_after_convolution():
    return finish([conv(32), layers.Dropout(0.2), layers.MaxPooling2D(), layers.Flatten()])


@wrong("build_b", says="Without one, two layers in a row compute no more than a single one.")
def b_without_relu():
    return finish(stack_b(activation=None))


@wrong("build_b", says="jumps over pixels")
def b_with_stride():
    return finish(stack_b(strides=2))


@wrong("build_b", says="not their mean")
def b_mean_pooling():
    return finish([conv(32), layers.AveragePooling2D(2), layers.Flatten()])


@wrong("build_b", says="Global pooling forgets")
def b_global_pooling():
    return finish([conv(32), layers.MaxPooling2D(), layers.GlobalAveragePooling2D()])


@wrong("build_b", says="moves by 1×1 pixels")
def b_overlapping_pooling():
    return finish([conv(32), layers.MaxPooling2D(2, strides=1), layers.Flatten()])


@wrong("build_b", says="looks at 4×4")
def b_coarse_pooling():
    return finish([conv(32), layers.MaxPooling2D(4), layers.Flatten()])


@wrong("build_b", says="come with `build_cnn`")
def b_with_batch_norm():
    return finish([conv(32), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Flatten()])


@wrong("build_b", says="Binary accuracy counts each")
def b_binary_accuracy():
    return finish(stack_b(), metrics=["binary_accuracy"])


@wrong("build_b", says="yes-or-no question for each output")
def b_binary_loss():
    return finish(stack_b(), loss="binary_crossentropy")


@wrong("build_b", says="is a loss for numbers to be met")
def b_squared_error():
    return finish(stack_b(), loss="mse")


@wrong("build_b", says="None of your metrics (top_k")
def b_top_5():
    return finish(stack_b(), metrics=[keras.metrics.TopKCategoricalAccuracy(5)])


@wrong("build_b", says="One of your metrics fails on one-hot labels")
def b_sparse_accuracy():
    return finish(stack_b(), metrics=["sparse_categorical_accuracy"])


@wrong("build_b", says="The last layer is frozen")
def b_frozen_scores():
    model = finish(stack_b())
    model.layers[-1].trainable = False
    return model


@wrong("build_b", says="Your network does not measure its accuracy")
def b_metrics_in_the_place_of_weights():
    """The third argument of `compile` is `loss_weights`."""
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_b(), layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    return model


@wrong("build_b", says="to the cross-entropy, in every batch. A penalty for large weights belongs to the layers")
def b_with_a_penalty_in_its_loss():
    model = finish(stack_b())

    def loss(y, outputs):
        squares = sum(keras.ops.sum(layer.kernel**2) for layer in model.layers if hasattr(layer, "kernel"))
        return keras.losses.categorical_crossentropy(y, outputs) + 0.01 * squares

    model.compile("adam", loss, metrics=["accuracy"])
    return model


@wrong("build_b", says="That is augmentation")
def b_with_augmentation():
    return finish([layers.RandomFlip("horizontal"), *stack_b()])


@wrong("build_b", says="the last layer: it would erase")
def b_dropout_at_the_end():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_b(), layers.Dense(10), layers.Dropout(0.5)])
    model.compile("adam", logits_loss(), metrics=["accuracy"])
    return model


@wrong("build_b", says="walks uphill: the loss grows")
def b_with_a_negative_learning_rate():
    model = finish(stack_b())
    model.compile(keras.optimizers.Adam(-0.999), "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_b", says="a learning rate of 1000 is far too large")
def b_with_a_huge_learning_rate():
    model = finish(stack_b())
    model.compile(keras.optimizers.Adam(1000.0), "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_b", says="changes no weight: its learning rate is 0")
def b_with_a_learning_rate_of_0():
    model = finish(stack_b())
    model.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_b", says="begin as zeros")
def b_with_zeros():
    return finish(stack_b(kernel_initializer="zeros"))


@right("build_b")
def b_whose_last_layer_begins_with_zeros():
    """A sound start: all classes are equally probable, and each unit gets a gradient of its own."""
    scores = layers.Dense(10, activation="softmax", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_b(), scores])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@right("build_b")
def b_with_a_lambda():
    return finish(stack_b(activation=lambda values: tf.maximum(values, 0)))


@wrong("build_b", says="The last layer is missing, the one for the scores")
def b_without_scores():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_b()])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_b", says="An activation stands at the very beginning")
def b_activated_first():
    return finish([layers.ReLU(), *stack_b()])


@right("build_c")
def c_with_dropout_and_logits():
    return finish([*stack_c(), layers.Dropout(0.5)], None, logits_loss(label_smoothing=0.05))


@right("build_c")
def c_in_blocks():
    """Nested networks, and the FC layer's relu by itself."""
    blocks = [keras.Sequential(block(32)) for _ in range(2)]
    model = keras.Sequential([keras.Input((32, 32, 3)), *blocks, layers.Flatten(), layers.Dense(128)])
    for layer in (layers.Activation("relu"), layers.Dropout(0.3), layers.Dense(10), layers.Softmax()):
        model.add(layer)
    model.compile(keras.optimizers.Adadelta(1.0), keras.losses.categorical_crossentropy, metrics=["accuracy"])
    return model


@right("build_c")
def c_one_pooling_for_all_blocks():
    """A layer without weights may be called again and again."""
    inputs = value = keras.Input((32, 32, 3))
    relu, pool = layers.ReLU(), layers.MaxPooling2D()
    for _ in range(2):
        for _ in range(2):
            value = relu(conv(32, activation=None)(value))
        value = pool(value)
    value = relu(layers.Dense(100)(layers.Flatten()(value)))
    model = keras.Model(inputs, layers.Dense(10)(value))
    model.compile("adam", own_loss, metrics=["accuracy"])
    return model


@wrong("build_c", says="a dense layer with one output per class")
def c_without_scores_and_with_dropout():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_c(), layers.Dropout(0.5)])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_c", says="A convolution is missing: 4 wanted, yours has 2")
def c_one_convolution_per_block():
    return finish([*block(32, 1), *block(32, 1), *stack_a()])


@wrong("build_c", says="The third convolution should have 32 filters; yours has 64")
def c_filters_doubled():
    return finish([*block(32), *block(64), *stack_a()])


@wrong("build_c", says="A pooling is missing: 2 wanted, yours has 1")
def c_pooling_once():
    return finish([*(conv(32) for _ in range(4)), layers.MaxPooling2D(), *stack_a()])


@wrong("build_c", says="All layers are there, but in another order")
def c_pooling_first():
    return finish([conv(32), layers.MaxPooling2D(), *(conv(32) for _ in range(3)), layers.MaxPooling2D(), *stack_a()])


@wrong("build_c", says="One should come after the second pooling.")
def c_without_fc():
    return finish([*block(32), *block(32), layers.Flatten()])


@wrong("build_c", says="Dropout stands on feature maps. In these networks it comes only after FC layers")
def c_dropout_after_the_pooling():
    return finish([*block(32), layers.Dropout(0.25), *block(32), *stack_a()])


@wrong("build_c", says="The second convolution makes its maps smaller")
def c_second_valid():
    return finish([conv(32), conv(32, padding="valid"), layers.MaxPooling2D(), *block(32), *stack_a()])


@wrong("build_c", says="look through a part of the channels only")
def c_with_groups():
    return finish([conv(32), conv(32, groups=4), layers.MaxPooling2D(), *block(32), *stack_a()])


@wrong("build_c", says="Your network calls its layer")
def c_one_convolution_called_twice():
    inputs = keras.Input((32, 32, 3))
    again, pool = conv(32), layers.MaxPooling2D()
    value = pool(again(again(pool(conv(32)(conv(32)(inputs))))))
    value = layers.Dense(100, activation="relu")(layers.Flatten()(value))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(value))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_c", says="twice, with the same")
def c_one_layer_twice_in_a_network_inside():
    second = keras.Sequential([*[conv(32)] * 2, layers.MaxPooling2D()])
    return finish([*block(32), second, *stack_a()])


@wrong("build_c", says="conv2d_2 twice")
def c_one_layer_twice_inside_a_functional_network():
    inputs = keras.Input((32, 32, 3))
    value = layers.MaxPooling2D()(conv(32)(conv(32)(inputs)))
    value = keras.Sequential([*[conv(32)] * 2, layers.MaxPooling2D()])(value)
    value = layers.Dense(100, activation="relu")(layers.Flatten()(value))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(value))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_c", says="yours (own_loss) gives another number")
def c_softmax_with_own_loss_for_logits():
    return finish(stack_c(), "softmax", own_loss)


@wrong("build_c", says="The last layer has no bias")
def c_scores_without_bias():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_c(), layers.Dense(10, "softmax", use_bias=False)])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_c", says="None of your metrics (accuracy)")
def c_exact_equality():
    """`Accuracy` asks whether ten probabilities are exactly ten labels; "accuracy" is another metric."""
    return finish(stack_c(), metrics=[keras.metrics.Accuracy()])


@wrong("build_c", says="There is a pooling too many: 2 wanted, yours has 4")
def c_pooling_after_each():
    return finish([*block(32, 1), *block(32, 1), *block(32, 1), *block(32, 1), *stack_a()])


@wrong("build_c", says="twice, with the same weights. Make a new layer")
def c_one_object_two_times():
    second = [*[conv(32)] * 2, layers.MaxPooling2D()]
    model = keras.Sequential([keras.Input((32, 32, 3)), *block(32), *second])
    for layer in (*stack_a(), layers.Dense(10, activation="softmax")):
        model.add(layer)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@wrong("build_c", says="get no gradient")
def c_dropout_of_everything():
    return finish([*stack_c(), layers.Dropout(1.0)])


@wrong("build_c", says="so they never change")
def c_dropout_of_everything_before_zeros():
    scores = layers.Dense(10, activation="softmax", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_c(), layers.Dropout(1.0), scores])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@right("build_d")
def d_with_a_loop():
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters, n in ((32, 2), (64, 2), (128, 3)):
        for _ in range(n):
            model.add(layers.Conv2D(filters, (3, 3), padding="same", kernel_initializer="he_uniform"))
            model.add(layers.ReLU())
        model.add(layers.MaxPooling2D((2, 2)))
    for layer in (layers.Flatten(), layers.Dense(100, "relu"), layers.Dropout(0.5), layers.Dense(10, "softmax")):
        model.add(layer)
    model.compile(keras.optimizers.Nadam(), "categorical_crossentropy", metrics=["accuracy"])
    return model


@right("build_d")
def d_functional():
    inputs = value = keras.Input((32, 32, 3))
    for layer in stack_d():
        value = layer(value)
    model = keras.Model(inputs, layers.Dense(10, dtype="float32")(value))
    schedule = keras.optimizers.schedules.CosineDecay(0.001, 1000)
    model.compile(keras.optimizers.Adam(schedule), logits_loss(), metrics=["accuracy"])
    return model


@wrong("build_d", says="It stands after the first FC layer.")
def d_two_fc_layers():
    return finish(stack_d(dense=2))


@wrong("build_d", says="A convolution is missing: 7 wanted, yours has 6")
def d_one_convolution_short():
    return finish([*block(32), *block(64), *block(128), *stack_a()])


@wrong("build_d", says="A pooling is missing: 3 wanted, yours has 2")
def d_without_last_pooling():
    return finish([*block(32), *block(64), *(conv(128) for _ in range(3)), *stack_a()])


@wrong("build_d", says="The fifth convolution should have 128 filters; yours has 64")
def d_filters_stay():
    return finish([*block(32), *block(64), *block(64, 3), *stack_a()])


@wrong("build_d", says="Dropout stands on feature maps")
def d_dropout_before_fc():
    return finish([*block(32), *block(64), *block(128, 3), layers.Flatten(), layers.Dropout(0.5), *stack_a()[1:]])


@wrong("build_d", says="the loss is told to expect logits")
def d_softmax_layer_with_from_logits():
    model = keras.Sequential([keras.Input((32, 32, 3)), *stack_d(), layers.Dense(10), layers.Softmax()])
    model.compile("adam", logits_loss(), metrics=["accuracy"])
    return model


@wrong("build_d", says="yours (categorical_crossentropy) gives another number")
def d_all_labels_smoothed_away():
    return finish(stack_d(), None, logits_loss(label_smoothing=0.9))


@wrong("build_d", says="There is a convolution too many: 7 wanted, yours has 8")
def d_one_convolution_too_many():
    return finish([*block(32), *block(64), *block(128, 4), *stack_a()])


@wrong("build_d", says="twice, with the same weights. Make a new layer")
def d_one_layer_in_a_list_times_two():
    return finish([*block(32), *block(64), conv(128), *[conv(128)] * 2, layers.MaxPooling2D(), *stack_a()])


@wrong("build_d", says="The sixth convolution is frozen")
def d_partly_frozen():
    model = finish(stack_d())
    model.layers[7].trainable = False
    return model
