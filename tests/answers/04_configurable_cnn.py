"""The configurable network: answers as students give them. A wrong one gets its own message, a right one passes."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tests.answer_bank import right, wrong


def conv(filters, **settings):
    return layers.Conv2D(filters, 3, **({"padding": "same", "activation": "relu"} | settings))


def logits_loss():
    return keras.losses.CategoricalCrossentropy(from_logits=True)


# ---- build_cnn ----------------------------------------------------------------------------------------------


def cnn(
    input_shape,
    n_conv_layers,
    n_filters,
    n_dense_layers,
    n_nodes,
    use_dropout,
    learning_rate,
    use_batch_norm=True,
    l2=0.0,
    maps=lambda filters: [conv(filters), layers.BatchNormalization(), layers.MaxPooling2D()],
    growth=lambda n, k: n * 2**k,
    flat=lambda n: [layers.Dense(n, activation="relu"), layers.BatchNormalization()],
    dropout=lambda: [layers.Dropout(0.5)],
    output="softmax",
    loss="categorical_crossentropy",
    penalty=lambda layer, l2: keras.regularizers.L2(l2),
):
    """The recipe with one thing done otherwise."""
    stack, parts = [], [maps(growth(n_filters, k)) for k in range(n_conv_layers)] + [[layers.Flatten()]]
    for _ in range(n_dense_layers):
        parts += [flat(n_nodes), dropout() if use_dropout else []]
    for layer in [*sum(parts, []), layers.Dense(10, activation=output)]:
        if isinstance(layer, layers.BatchNormalization) and not use_batch_norm:
            continue
        if isinstance(layer, layers.Conv2D | layers.Dense):  # its weights are not made yet
            layer.kernel_regularizer = penalty(layer, l2) if l2 else None
        stack.append(layer)
    model = keras.Sequential([keras.Input(input_shape), *stack])  # at once: `add` builds the network anew each time
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    return model


@right("build_cnn")
def cnn_functional_with_logits(
    input_shape,
    n_conv_layers,
    n_filters,
    n_dense_layers,
    n_nodes,
    use_dropout,
    learning_rate,
    use_batch_norm=True,
    l2=0,
):
    inputs = value = keras.Input(input_shape)
    penalty = keras.regularizers.L1L2(l2=l2)  # a penalty of strength 0 is none
    filters = n_filters
    for _ in range(n_conv_layers):
        settings = {"padding": "same", "use_bias": not use_batch_norm, "kernel_regularizer": penalty}
        value = layers.ReLU()(layers.Conv2D(filters, (3, 3), **settings)(value))
        value = layers.BatchNormalization(momentum=0.9)(value) if use_batch_norm else value
        value = layers.MaxPooling2D((2, 2))(value)
        filters *= 2
    value = layers.Flatten()(value)
    for _ in range(n_dense_layers):
        value = layers.Dense(n_nodes, activation="relu", kernel_regularizer=penalty)(value)
        value = layers.BatchNormalization()(value) if use_batch_norm else value
        value = layers.Dropout(0.5)(value) if use_dropout else value
    model = keras.Model(inputs, layers.Dense(10, kernel_regularizer=penalty)(value))
    model.compile(keras.optimizers.SGD(learning_rate, momentum=0.9), logits_loss(), metrics=["accuracy"])
    return model


@right("build_cnn")
def cnn_with_networks_inside(**settings):
    """The convolutions in one network, the dense layers in another."""
    flat = cnn(**settings)
    parts = [keras.Sequential(), keras.Sequential()]
    for layer in flat.layers:
        parts[isinstance(layer, layers.Dense) or bool(parts[1].layers)].add(layer)
    model = keras.Sequential([keras.Input(settings["input_shape"]), *parts])
    model.compile(flat.optimizer, flat.loss, metrics=["accuracy"])
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


class Squares(keras.regularizers.Regularizer):
    """Without `get_config`: such a network cannot be stored, but it can be trained."""

    def __init__(self, strength):
        self.strength = strength

    def __call__(self, weights):
        return self.strength * keras.ops.sum(weights**2)


@right("build_cnn")
def cnn_with_a_penalty_of_its_own(**settings):
    def penalty(layer, l2):
        layer.bias_regularizer = keras.regularizers.L2(0.0)  # of strength 0: none
        return Squares(l2)

    return cnn(**settings, penalty=penalty)


@wrong("build_cnn", says="the filters double once and then stay")
def cnn_twice_the_filters(**settings):
    return cnn(**settings, growth=lambda n, k: 2 * n if k else n)


@wrong("build_cnn", says="equally many filters")
def cnn_filters_fixed(**settings):
    return cnn(**settings, growth=lambda n, k: n)


@wrong("build_cnn", says="all your convolutions have")
def cnn_filters_fixed_at_twice_as_many(**settings):
    return cnn(**settings, growth=lambda n, k: 2 * n)


@wrong("build_cnn", says="152, 256], with n_filters=38")
def cnn_filters_capped(**settings):
    return cnn(**settings, growth=lambda n, k: min(n * 2**k, 256))


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


@wrong("build_cnn", says="works along axis 1, which is a side of the maps.")
def cnn_batch_norm_along_the_height(**settings):
    return cnn(**settings, maps=lambda n: [conv(n), layers.BatchNormalization(axis=1), layers.MaxPooling2D()])


@right("build_cnn")
def cnn_batch_norm_with_the_axis_written(**settings):
    return cnn(**settings, maps=lambda n: [conv(n), layers.BatchNormalization(axis=3), layers.MaxPooling2D()])


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


@wrong("build_cnn", says="none wanted, yours has 5.")
def cnn_always_batch_norm(**settings):
    return cnn(**(settings | {"use_batch_norm": True}))


@wrong("build_cnn", says="A batch normalisation is missing: 2 wanted, yours has 0.")
def cnn_batch_norm_is_off_unless_asked_for(use_batch_norm=False, **settings):
    return cnn(**settings, use_batch_norm=use_batch_norm)


@wrong("build_cnn", says="no penalty was asked for, and `model.losses` of your network has one.")
def cnn_penalised_unless_told_otherwise(l2=0.001, **settings):
    return cnn(**settings, l2=l2)


@wrong("build_cnn", says="the penalty is missing: `model.losses` of your network is empty.")
def cnn_l2_ignored(l2=0.0, **settings):
    return cnn(**settings)


def only(kinds, unless=()):
    """Whether a layer is of these kinds, as a `penalty` for `cnn`; the last layer is "last"."""

    def penalty(layer, l2):
        kind = "conv" if isinstance(layer, layers.Conv2D) else "last" if layer.units == 10 else "hidden"
        return keras.regularizers.L2(l2) if kind in kinds else None

    return penalty


@wrong("build_cnn", says="only the kernels of the convolutions have the penalty.")
def cnn_l2_of_convolutions(**settings):
    return cnn(**settings, penalty=only(["conv"]))


@wrong("build_cnn", says="the kernels of the convolutions have no penalty.")
def cnn_l2_of_dense_layers(**settings):
    return cnn(**settings, penalty=only(["hidden", "last"]))


@wrong("build_cnn", says="the kernel of the last layer has no penalty.")
def cnn_l2_but_for_the_last_layer(**settings):
    return cnn(**settings, penalty=only(["conv", "hidden"]))


@wrong("build_cnn", says="only the kernel of the last layer has a penalty.")
def cnn_l2_of_the_last_layer(**settings):
    return cnn(**settings, penalty=only(["last"]))


@wrong("build_cnn", says="only the dense layers before the last one have a penalty.")
def cnn_l2_of_hidden_dense_layers(**settings):
    return cnn(**settings, penalty=only(["hidden"]))


@wrong("build_cnn", says="it is Keras' usual 0.01 times the squares.")
def cnn_l2_by_name(**settings):
    return cnn(**settings, penalty=lambda layer, l2: keras.regularizers.get("l2"))


@wrong("build_cnn", says="this is an L1 penalty")
def cnn_l1(**settings):
    return cnn(**settings, penalty=lambda layer, l2: keras.regularizers.L1(l2))


@wrong("build_cnn", says="your penalty is half of l2 times the squares")
def cnn_half_the_penalty(**settings):
    return cnn(**settings, penalty=lambda layer, l2: keras.regularizers.L2(l2 / 2))


@wrong("build_cnn", says="your penalty is twice l2 times the squares")
def cnn_twice_the_penalty(**settings):
    return cnn(**settings, penalty=lambda layer, l2: keras.regularizers.L2(2 * l2))


@wrong("build_cnn", says="but l2 times the squares of all kernels' weights is")
def cnn_three_times_the_penalty(**settings):
    return cnn(**settings, penalty=lambda layer, l2: keras.regularizers.L2(3 * l2))


@wrong("build_cnn", says="your penalty also counts biases.")
def cnn_l2_of_biases(**settings):
    def penalty(layer, l2):
        layer.bias_regularizer = keras.regularizers.L2(l2)
        return keras.regularizers.L2(l2)

    return cnn(**settings, penalty=penalty)


@wrong("build_cnn", says="your penalty counts feature maps, and not the kernels")
def cnn_l2_of_feature_maps(**settings):
    def penalty(layer, l2):
        layer.activity_regularizer = keras.regularizers.L2(l2)

    return cnn(**settings, penalty=penalty)


@wrong("build_cnn", says="your penalty also counts beta and gamma.")
def cnn_l2_of_batch_norm(**settings):
    def normalised(l2):
        return layers.BatchNormalization(gamma_regularizer="l2", beta_regularizer="l2")

    return cnn(
        **settings,
        maps=lambda n: [conv(n), normalised(n), layers.MaxPooling2D()] if settings.get("l2") else standard(n),
    )


@wrong("build_cnn", says="2 of the 6 kernels have no penalty.")
def cnn_l2_but_for_two_convolutions(**settings):
    def penalty(layer, l2):
        some = isinstance(layer, layers.Conv2D) and layer.filters > settings["n_filters"]
        return None if some else keras.regularizers.L2(l2)

    return cnn(**settings, penalty=penalty)


@wrong("build_cnn", says="1 wanted, yours has 0.")
def cnn_dropout_only_with_batch_norm(**settings):
    with_norm = settings.get("use_batch_norm", True)
    return cnn(**(settings | {"use_dropout": settings["use_dropout"] and with_norm}))


@right("build_cnn")
def cnn_with_identity_for_batch_norm(**settings):
    flat = cnn(**settings)
    if settings.get("use_batch_norm", True):
        return flat
    model = keras.Sequential([keras.Input(settings["input_shape"])])
    for layer in flat.layers:
        model.add(layer)
        if isinstance(layer, layers.Conv2D):
            model.add(layers.Identity())
    model.compile(flat.optimizer, flat.loss, metrics=["accuracy"])
    return model


def standard(filters):
    return [conv(filters), layers.BatchNormalization(), layers.MaxPooling2D()]


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


@wrong("read_summary", says="a little too large. It is the share of dense alone")
def share_of_two_layers_rounded():
    return RIGHT | {"share_of_dense": 0.933}


@wrong("read_summary", says="this is a percentage")
def percentage():
    return RIGHT | {"share_of_dense": 93.2}


@wrong("read_summary", says="pooling_factor is still None")
def one_left_open():
    return RIGHT | {"pooling_factor": None}


@wrong("read_summary", says="should be a number, not a list or tuple")
def factor_of_each_side():
    return RIGHT | {"pooling_factor": (2, 2)}


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


# ---- step_with_l2 -------------------------------------------------------------------------------------------


@right("step_with_l2")
def shrink_and_step(weights, gradient, learning_rate, strength):
    return (1 - 2 * learning_rate * strength) * weights - learning_rate * gradient


@right("step_with_l2")
def by_the_tape(weights, gradient, learning_rate, strength):
    """The slope of the penalty, found by TensorFlow."""
    variable = tf.Variable(weights)
    with tf.GradientTape() as tape:
        penalty = strength * tf.reduce_sum(variable**2)
    return variable - learning_rate * (gradient + tape.gradient(penalty, variable))


@right("step_with_l2")
def with_a_loop(weights, gradient, learning_rate, strength):
    found = np.zeros_like(weights)
    for place in np.ndindex(weights.shape):
        found[place] = weights[place] - learning_rate * (gradient[place] + strength * 2 * weights[place])
    return found


@wrong("step_with_l2", says="changed its input `weights`")
def in_place(weights, gradient, learning_rate, strength):
    weights -= learning_rate * (gradient + 2 * strength * weights)
    return weights


@wrong("step_with_l2", says="Does your function end with `return`?")
def step_without_return(weights, gradient, learning_rate, strength):
    weights - learning_rate * (gradient + 2 * strength * weights)


@wrong("step_with_l2", says="has shape (), but (5,) is wanted.")
def one_number(weights, gradient, learning_rate, strength):
    return np.sum(weights - learning_rate * (gradient + 2 * strength * weights))


# ---- early_stopping -----------------------------------------------------------------------------------------


@right("early_stopping")
def with_a_counter(val_losses, patience):
    best, lowest, waited = 0, np.inf, 0
    for epoch, loss in enumerate(val_losses):
        if loss < lowest:
            best, lowest, waited = epoch, loss, 0
        else:
            waited += 1
        if waited >= patience:
            break
    return epoch + 1, best + 1


@right("early_stopping")
def as_keras_does_it(val_losses, patience):
    """Drive Keras' own callback."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    callback = keras.callbacks.EarlyStopping("val_loss", patience=patience)
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin()
    for epoch, loss in enumerate(val_losses, 1):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    return [epoch, callback.best_epoch]


@right("early_stopping")
def as_an_array(val_losses, patience):
    return np.array(with_a_counter.function(val_losses, patience))


@wrong("early_stopping", says="the number of epochs is 7, but 5 is wanted.")
def epoch_looked_up_by_its_loss(val_losses, patience):
    best, lowest = 0, np.inf
    for loss in val_losses:
        epoch = val_losses.index(loss) + 1
        if loss < lowest:
            best, lowest = epoch, loss
        elif epoch - best >= patience:
            return epoch, best
    return len(val_losses), best


@wrong("early_stopping", says="the number of epochs is 5, but 4 is wanted.")
def below_zero_means_none_yet(val_losses, patience):
    best, lowest = 0, -1
    for epoch, loss in enumerate(val_losses, 1):
        if lowest < 0 or loss < lowest:
            best, lowest = epoch, loss
        elif epoch - best >= patience:
            return epoch, best
    return len(val_losses), best


@wrong("early_stopping", says="the best epoch is 3, but")
def zero_means_none_yet(val_losses, patience):
    best, lowest = 0, None
    for epoch, loss in enumerate(val_losses, 1):
        if not lowest or loss < lowest:
            best, lowest = epoch, loss
        elif epoch - best >= patience:
            return epoch, best
    return len(val_losses), best


@wrong("early_stopping", says="the best epoch is 1, but")
def worse_than_so_many_epochs_ago(val_losses, patience):
    for i in range(patience, len(val_losses)):
        if val_losses[i] >= val_losses[i - patience]:
            return i + 1, 1
    return len(val_losses), 1


@wrong("early_stopping", says="the number of epochs is 3, but")
def no_loss_is_above_a_hundred(val_losses, patience):
    return with_a_counter.function([min(loss, 100) for loss in val_losses], patience)


@wrong("early_stopping", says="and patience = 3: the number of epochs is 5, but")
def only_clear_improvements(val_losses, patience):
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(val_losses):
        if loss < lowest - 0.001:
            best, lowest = epoch, loss
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(val_losses), best + 1


@wrong("early_stopping", says="and patience = 3: you stop one epoch too early.")
def first_epoch_is_waited_for(val_losses, patience):
    best, lowest, waited = 1, val_losses[0], 0
    for epoch, loss in enumerate(val_losses, 1):
        if loss < lowest:
            best, lowest, waited = epoch, loss, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(val_losses), best


@wrong("early_stopping", says="your function returned a number.")
def best_epoch_only(val_losses, patience):
    return with_a_counter.function(val_losses, patience)[1]


@wrong("early_stopping", says="Does it end with `return`?")
def stopping_without_return(val_losses, patience):
    with_a_counter.function(val_losses, patience)


@wrong("early_stopping", says="the number of epochs should be a number, not a text.")
def numbers_as_texts(val_losses, patience):
    return tuple(str(one) for one in with_a_counter.function(val_losses, patience))


@wrong("early_stopping", says="the number of epochs is 100, but")
def a_hundred_epochs(val_losses, patience):
    return 100, with_a_counter.function(val_losses, patience)[1]
