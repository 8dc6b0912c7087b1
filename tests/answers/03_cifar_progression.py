"""Lab 03: answers as students give them. Each wrong one must get its own message, each right one must pass."""

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


@wrong("build_b", says="moves by 1 pixel")
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


@wrong("build_d", says="The sixth convolution is frozen")
def d_partly_frozen():
    model = finish(stack_d())
    model.layers[7].trainable = False
    return model


# ---- build_cnn ----------------------------------------------------------------------------------------------


def cnn(
    input_shape,
    n_conv_layers,
    n_filters,
    n_dense_layers,
    n_nodes,
    use_dropout,
    learning_rate,
    maps=lambda filters: [conv(filters), layers.BatchNormalization(), layers.MaxPooling2D()],
    growth=lambda n, k: n * 2**k,
    flat=lambda n: [layers.Dense(n, activation="relu"), layers.BatchNormalization()],
    dropout=lambda: [layers.Dropout(0.5)],
    output="softmax",
    loss="categorical_crossentropy",
):
    """The recipe with one thing done otherwise."""
    model = keras.Sequential([keras.Input(input_shape)])
    parts = [maps(growth(n_filters, k)) for k in range(n_conv_layers)] + [[layers.Flatten()]]
    for _ in range(n_dense_layers):
        parts += [flat(n_nodes), dropout() if use_dropout else []]
    for layer in [layer for part in parts for layer in part]:
        model.add(layer)
    model.add(layers.Dense(10, activation=output))
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    return model


@right("build_cnn")
def cnn_functional_with_logits(
    input_shape, n_conv_layers, n_filters, n_dense_layers, n_nodes, use_dropout, learning_rate
):
    inputs = value = keras.Input(input_shape)
    filters = n_filters
    for _ in range(n_conv_layers):
        value = layers.Conv2D(filters, (3, 3), padding="same", use_bias=False)(value)
        value = layers.BatchNormalization(momentum=0.9)(layers.ReLU()(value))
        value = layers.MaxPooling2D((2, 2))(value)
        filters *= 2
    value = layers.Flatten()(value)
    for _ in range(n_dense_layers):
        value = layers.BatchNormalization()(layers.Dense(n_nodes, activation="relu")(value))
        value = layers.Dropout(0.5)(value) if use_dropout else value
    model = keras.Model(inputs, layers.Dense(10)(value))
    model.compile(keras.optimizers.SGD(learning_rate, momentum=0.9), logits_loss(), metrics=["accuracy"])
    return model


@right("build_cnn")
def cnn_with_optimizer_changed_later(**settings):
    model = cnn(**settings)
    model.optimizer.learning_rate = settings["learning_rate"]
    return model


@right("build_cnn")
def cnn_with_a_dropout_of_rate_0(use_dropout, **settings):
    """Dropout of rate 0 is none."""
    model = cnn_with_optimizer_changed_later.function(use_dropout=True, **settings)
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.5 if use_dropout else 0.0
    return model


@wrong("build_cnn", says="the filters double once and then stay")
def cnn_twice_the_filters(**settings):
    return cnn(**settings, growth=lambda n, k: 2 * n if k else n)


@wrong("build_cnn", says="equally many filters")
def cnn_filters_fixed(**settings):
    return cnn(**settings, growth=lambda n, k: n)


@wrong("build_cnn", says="all your convolutions have")
def cnn_filters_fixed_at_twice_as_many(**settings):
    return cnn(**settings, growth=lambda n, k: 2 * n)


@wrong("build_cnn", says="grow by the same number")
def cnn_filters_added(**settings):
    settings["n_conv_layers"] = max(settings["n_conv_layers"], 2)
    return cnn(**settings, growth=lambda n, k: n * (k + 1) if settings["n_conv_layers"] > 2 else n * 2**k)


@wrong("build_cnn", says="they do not begin with n_filters")
def cnn_doubled_from_the_start(**settings):
    return cnn(**settings, growth=lambda n, k: n * 2 ** (k + 1))


@wrong("build_cnn", says="The first one should come after the first dense layer.")
def cnn_no_batch_norm_on_dense(**settings):
    return cnn(**settings, flat=lambda n: [layers.Dense(n, activation="relu")])


@wrong("build_cnn", says="The first one should come after the first convolution.")
def cnn_no_batch_norm_on_convolutions(**settings):
    return cnn(**settings, maps=lambda filters: [conv(filters), layers.MaxPooling2D()])


@wrong("build_cnn", says="Normalise directly after the convolution, before the pooling.")
def cnn_batch_norm_after_pooling(**settings):
    return cnn(**settings, maps=lambda n: [conv(n), layers.MaxPooling2D(), layers.BatchNormalization()])


@wrong("build_cnn", says="Normalise after the convolution, not before it.")
def cnn_batch_norm_first(**settings):
    return cnn(**settings, maps=lambda n: [layers.BatchNormalization(), conv(n), layers.MaxPooling2D()])


@wrong("build_cnn", says="Normalise after the dense layer, not before it.")
def cnn_batch_norm_before_dense(**settings):
    return cnn(**settings, flat=lambda n: [layers.BatchNormalization(), layers.Dense(n, activation="relu")])


@wrong("build_cnn", says="An activation stands after a batch normalisation")
def cnn_relu_after_batch_norm(**settings):
    return cnn(
        **settings,
        maps=lambda n: [conv(n, activation=None), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D()],
    )


@wrong("build_cnn", says="Dropout stands among the convolutions")
def cnn_dropout_after_convolutions(**settings):
    return cnn(
        **settings,
        maps=lambda n: [conv(n), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Dropout(0.5)],
    )


@wrong("build_cnn", says="with 'valid' padding")
def cnn_valid(**settings):
    return cnn(
        **settings, maps=lambda n: [conv(n, padding="valid"), layers.BatchNormalization(), layers.MaxPooling2D()]
    )


@wrong("build_cnn", says="The first one should come after the first batch normalisation.")
def cnn_without_pooling(**settings):
    return cnn(**settings, maps=lambda n: [conv(n), layers.BatchNormalization()])


@wrong("build_cnn", says="dropout was not asked for")
def cnn_always_dropout(**settings):
    return cnn(**(settings | {"use_dropout": True}))


@wrong("build_cnn", says="The first one should come after the fourth batch normalisation.")
def cnn_never_dropout(**settings):
    return cnn(**(settings | {"use_dropout": False}))


@wrong("build_cnn", says="it should not see values with holes.")
def cnn_dropout_before_batch_norm(use_dropout, **settings):
    between = [layers.Dropout(0.5)] if use_dropout else []
    return cnn(
        **settings,
        use_dropout=False,
        flat=lambda n: (
            [layers.Dense(n, activation="relu"), *between[:1], layers.BatchNormalization()]
            if settings["n_dense_layers"] < 2
            else [layers.Dense(n, activation="relu"), layers.Dropout(0.5), layers.BatchNormalization()]
        ),
    )


@wrong("build_cnn", says="The dropout rate should be 0.5; yours is 0.2")
def cnn_weak_dropout(**settings):
    return cnn(**settings, dropout=lambda: [layers.Dropout(0.2)])


@wrong("build_cnn", says="pass the argument on")
def cnn_learning_rate_ignored(**settings):
    return cnn(**(settings | {"learning_rate": 0.001}))


@wrong("build_cnn", says="3 wanted, yours has 2.")
def cnn_always_two_convolutions(**settings):
    return cnn(**(settings | {"n_conv_layers": 2}))


@wrong("build_cnn", says="none wanted, yours has 1.")
def cnn_always_one_dense_layer(**settings):
    return cnn(**(settings | {"n_dense_layers": 1}))


@wrong("build_cnn", says="units; yours has 100.")
def cnn_nodes_ignored(**settings):
    return cnn(**(settings | {"n_nodes": 100}))


@wrong("build_cnn", says="should have the shape (24, 20, 1); yours is (32, 32, 3)")
def cnn_shape_ignored(**settings):
    return cnn(**(settings | {"input_shape": (32, 32, 3)}))


@wrong("build_cnn", says="takes them for probabilities")
def cnn_logits_without_from_logits(**settings):
    return cnn(**settings, output=None)


@wrong("build_cnn", says="Without one, two layers in a row compute no more than a single one.")
def cnn_linear_dense_layers(**settings):
    return cnn(**settings, flat=lambda n: [layers.Dense(n), layers.BatchNormalization()])


@wrong("build_cnn", says="the filters become fewer with every layer")
def cnn_filters_halved(**settings):
    return cnn(**settings, growth=lambda n, k: n * 8 // 2**k)


@wrong("build_cnn", says="the first convolution has n_filters, and each further one twice as many")
def cnn_filters_in_a_zigzag(**settings):
    return cnn(**settings, growth=lambda n, k: n + (k % 3 == 1) * 3 + k)


@wrong("build_cnn", says="Max pooling is wanted; yours takes the mean")
def cnn_mean_pooling(**settings):
    return cnn(**settings, maps=lambda n: [conv(n), layers.BatchNormalization(), layers.AveragePooling2D(2)])


# ---- read_summary -------------------------------------------------------------------------------------------

RIGHT = {
    "input_of_conv2d_1": (16, 16, 32),
    "output_of_conv2d_1": (16, 16, 128),
    "parameters_of_conv2d_1": 36_992,
    "pooling_factor": 4,
    "output_of_flatten": 8192,
    "parameters_of_dense": 524_352,
    "share_of_dense": 0.93154,
    "batch_of_50": (50, 16, 16, 128),
}


@right("read_summary")
def rounded_and_lists():
    return RIGHT | {"share_of_dense": 0.93, "pooling_factor": 4.0, "input_of_conv2d_1": [16, 16, 32]}


@right("read_summary")
def asked_of_keras():
    model = keras.Sequential([keras.Input((32, 32, 3)), conv(32), layers.MaxPooling2D(), conv(128)])
    for layer in (layers.MaxPooling2D(), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)):
        model.add(layer)
    second, flatten, dense = (model.layers[k] for k in (2, 4, 5))
    return {
        "input_of_conv2d_1": second.input.shape[1:],
        "output_of_conv2d_1": second.output.shape[1:],
        "parameters_of_conv2d_1": second.count_params(),
        "pooling_factor": np.prod(second.output.shape[1:]) / np.prod(model.layers[3].output.shape[1:]),
        "output_of_flatten": flatten.output.shape[1],
        "parameters_of_dense": dense.count_params(),
        "share_of_dense": dense.count_params() / model.count_params(),
        "batch_of_50": (50, *second.output.shape[1:]),
    }


@wrong("read_summary", says="this is a percentage")
def percentage():
    return RIGHT | {"share_of_dense": 93.2}


@wrong("read_summary", says="pooling_factor is still None")
def one_left_open():
    return RIGHT | {"pooling_factor": None}


@wrong("read_summary", says="There is no answer to share_of_dense, batch_of_50")
def two_missing():
    return dict(list(RIGHT.items())[:-2])


@wrong("read_summary", says="A dictionary is wanted")
def a_list():
    return list(RIGHT.values())


@wrong("read_summary", says="input_of_conv2d_1 should be a shape, a tuple of whole numbers")
def sides_as_a_text():
    return RIGHT | {"input_of_conv2d_1": "16x16x32"}


@wrong("read_summary", says="input_of_conv2d_1 is (8, 8, 32), and that is not right")
def another_shape():
    return RIGHT | {"input_of_conv2d_1": (8, 8, 32)}


# ---- add_l2 -------------------------------------------------------------------------------------------------


def rebuilt(model, penalty, kinds=(layers.Conv2D,), name="kernel_regularizer"):
    """The network from a changed configuration, with the old weights."""

    def changed(layer):
        config = layer.get_config()
        if isinstance(layer, kinds):
            config[name] = penalty
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=changed)
    copy.set_weights(model.get_weights())
    return copy


@right("add_l2")
def set_and_rebuild(model, strength):
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.kernel_regularizer = keras.regularizers.l2(strength)
    copy = keras.models.model_from_json(model.to_json())
    copy.set_weights(model.get_weights())
    return copy


@right("add_l2")
def at_the_kernels_themselves(model, strength):
    """Keras sums the penalties of the weights, and a weight may be given its penalty at any time."""
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.kernel.regularizer = keras.regularizers.L2(strength)
    return model


@right("add_l2")
def functional_by_hand(model, strength):
    inputs = value = keras.Input(model.input_shape[1:])
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            continue
        config = layer.get_config()
        if "kernel_size" in config:
            config["kernel_regularizer"] = keras.regularizers.L1L2(l2=strength)
        new = layer.__class__.from_config(config)
        value = new(value)
        new.set_weights(layer.get_weights())
    copy = keras.Model(inputs, value)
    copy.compile("adam", "categorical_crossentropy")
    return copy


@right("add_l2")
def in_the_configuration(model, strength):
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "Conv2D":
            layer["config"]["kernel_regularizer"] = {"class_name": "L2", "config": {"l2": strength}}
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


@wrong("add_l2", says="The layers name a regularizer, but `model.losses` is empty")
def attribute_only(model, strength):
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.kernel_regularizer = keras.regularizers.L2(strength)
    return model


@wrong("add_l2", says="There is no penalty")
def untouched(model, strength):
    return model


@wrong("add_l2", says="The weights are not those")
def weights_lost(model, strength):
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.kernel_regularizer = keras.regularizers.L2(strength)
    return type(model).from_config(model.get_config())


@wrong("add_l2", says="The dense layers are penalised too")
def dense_layers_too(model, strength):
    return rebuilt(model, keras.regularizers.L2(strength), (layers.Conv2D, layers.Dense))


@wrong("add_l2", says="The dense layers are penalised, and")
def dense_layers_only(model, strength):
    return rebuilt(model, keras.regularizers.L2(strength), (layers.Dense,))


@wrong("add_l2", says="This is L1")
def l1(model, strength):
    return rebuilt(model, keras.regularizers.L1(strength))


@wrong("add_l2", says="`strength` is not used")
def by_name(model, strength):
    return rebuilt(model, "l2")


@wrong("add_l2", says="half of what it should be")
def halved(model, strength):
    return rebuilt(model, keras.regularizers.L2(strength / 2))


@wrong("add_l2", says="Only the biases are penalised")
def biases(model, strength):
    return rebuilt(model, keras.regularizers.L2(strength), name="bias_regularizer")


@wrong("add_l2", says="it appears only when images come")
def feature_maps(model, strength):
    return rebuilt(model, keras.regularizers.L2(strength), name="activity_regularizer")


@wrong("add_l2", says="Only the first convolution")
def first_only(model, strength):
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    first.kernel.regularizer = keras.regularizers.L2(strength)
    return model


@wrong("add_l2", says="gone as soon as the network sees images")
def worked_out_once(model, strength):
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            layer.add_loss(strength * keras.ops.sum(keras.ops.square(layer.kernel)))
    return model


@wrong("add_l2", says="has other layers than the one you got")
def smaller(model, strength):
    stack = [
        layers.Conv2D(4, 3, kernel_regularizer=keras.regularizers.L2(strength)),
        layers.Flatten(),
        layers.Dense(10),
    ]
    return keras.Sequential([keras.Input(model.input_shape[1:]), *stack])


@wrong("add_l2", says="your function returned None")
def no_return(model, strength):
    rebuilt(model, keras.regularizers.L2(strength))


def with_settings(model, change):
    """A copy whose convolutions have other settings: `change(config, number of the convolution)`."""
    config, number = model.get_config(), 0
    for layer in config["layers"]:
        if layer["class_name"] == "Conv2D":
            change(layer["config"], number)
            number += 1
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


def l2_of(strength):
    return {"class_name": "L2", "config": {"l2": strength}}


@wrong("add_l2", says="that is not strength times the squares")
def three_times_as_strong(model, strength):
    return with_settings(model, lambda config, k: config.update(kernel_regularizer=l2_of(3 * strength)))


@wrong("add_l2", says="The penalty is there twice")
def twice_as_strong(model, strength):
    return with_settings(model, lambda config, k: config.update(kernel_regularizer=l2_of(2 * strength)))


@wrong("add_l2", says="Besides the kernels, your penalty counts the feature maps")
def feature_maps_too(model, strength):
    both = {"kernel_regularizer": l2_of(strength), "activity_regularizer": l2_of(strength)}
    return with_settings(model, lambda config, k: config.update(both))


@wrong("add_l2", says="The biases are penalised too")
def biases_too(model, strength):
    both = {"kernel_regularizer": l2_of(strength), "bias_regularizer": l2_of(strength)}
    return with_settings(model, lambda config, k: config.update(both))


@wrong("add_l2", says="Only the last convolution is penalised")
def last_convolution_only(model, strength):
    return with_settings(model, lambda config, k: config.update(kernel_regularizer=l2_of(strength)) if k == 1 else None)
