"""Lab 02: answers as students give them. Each wrong one must get its own message, each right one must pass."""

import keras
import numpy as np
import pandas as pd
from keras import layers
from scipy import ndimage
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from tests.answer_bank import right, wrong


def draw_slashes(rng, per_class, length=4):
    labels = np.tile([0, 1], per_class)
    drawings = np.ones((2 * per_class, 30, 30), dtype="float32")
    for drawing, label in zip(drawings, labels, strict=True):
        top, left = rng.integers(0, 31 - length, size=2)
        for k in range(length):
            drawing[top + k, left + (length - 1 - k if label else k)] = 0
    return drawings, labels


def add_noise(rng, drawings, noise=0.5):
    return np.clip(drawings + noise * (rng.random(drawings.shape) - 0.5), 0, 1)


def noisy(rng, per_class):
    drawings, labels = draw_slashes(rng, per_class)
    return add_noise(rng, drawings), labels


# ---- make_dataset -------------------------------------------------------------------------------------------


@right("make_dataset")
def split_by_class(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    images, labels = noisy(rng, per_class)
    order = rng.permutation(2 * per_class)
    images, labels = images[order], labels[order]
    parts = [(images[labels == label], per_class // 4) for label in (0, 1)]
    test, train = [p[:n] for p, n in parts], [p[n:] for p, n in parts]
    label = np.repeat([0, 1], per_class)
    quarter = per_class // 4
    y_test, y_train = np.repeat([0, 1], quarter), np.repeat([0, 1], per_class - quarter)
    assert len(label) == len(y_test) + len(y_train)
    return np.concatenate(train), np.concatenate(test), y_train, y_test


@right("make_dataset")
def noise_after_the_split(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class)
    parts = train_test_split(drawings, labels, test_size=1 / 4, stratify=labels, random_state=seed + 1)
    return add_noise(rng, parts[0]), add_noise(rng, parts[1]), parts[2], parts[3]


@wrong("make_dataset", says="not stratified")
def not_stratified(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, random_state=seed)


@wrong("make_dataset", says="The same seed gave different arrays")
def split_without_the_seed(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, stratify=labels)


@wrong("make_dataset", says="Another seed gave the same arrays")
def seed_ignored(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(0), per_class)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=0)


@wrong("make_dataset", says="Your test set is 75% of the data")
def sizes_exchanged(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.75, stratify=labels, random_state=seed)


@wrong("make_dataset", says="The order is x_train, y_train")
def order_of_keras(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.25, stratify=labels, random_state=seed
    )
    return x_train, y_train, x_test, y_test


@wrong("make_dataset", says="the noise is missing")
def without_noise(per_class=500, seed=0):
    images, labels = draw_slashes(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


@wrong("make_dataset", says="of the labels belong to their image")
def shuffled_apart(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    x_train, x_test = train_test_split(images, test_size=0.25, random_state=seed)
    y_train, y_test = train_test_split(labels, test_size=0.25, stratify=labels, random_state=seed + 1)
    return x_train, x_test, y_train, y_test


@wrong("make_dataset", says="also training images")
def drawn_twice(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    images, labels = noisy(rng, per_class)
    order, n = rng.permutation(len(labels)), len(labels) // 4
    halves = np.concatenate([np.flatnonzero(labels == label)[: n // 2] for label in (0, 1)])
    return images[order[n:]], images[halves], labels[order[n:]], labels[halves]


@wrong("make_dataset", says="make 80; your parts hold 40")
def half_of_the_images(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class // 2)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


# ---- to_flat, to_images ------------------------------------------------------------------------------------


@right("to_flat")
def flat_with_a_loop(images):
    return np.array([image.ravel() for image in images])


@right("to_flat")
def flat_with_sizes(images):
    n, height, width = images.shape
    return np.reshape(images, (n, height * width))


@wrong("to_flat", says="in one row. Keep the first axis")
def everything_flat(images):
    return images.flatten()


@wrong("to_flat", says="in a single row of a table")
def everything_in_one_row(images):
    return images.reshape(1, -1)


@wrong("to_flat", says="Rows and columns are exchanged")
def flat_transposed(images):
    return images.reshape(len(images), -1).T


@wrong("to_flat", says="column by column")
def fortran_order(images):
    return np.array([image.flatten(order="F") for image in images])


@wrong("to_flat", says="different images are mixed")
def reshaped_the_other_way(images):
    return images.reshape(-1, len(images)).T


@wrong("to_flat", says="has shape (4, 900)")
def always_900(images):
    return np.resize(images, (len(images), 900))


@right("to_images")
def with_expand_dims(images):
    return np.expand_dims(images, -1)


@right("to_images")
def as_a_tensor(images):
    return keras.ops.reshape(keras.ops.convert_to_tensor(images), (*images.shape, 1))


@wrong("to_images", says="The channel axis is missing")
def channel_axis_missing(images):
    return images


@wrong("to_images", says="yours is the second axis")
def channels_first(images):
    return images[:, np.newaxis]


@wrong("to_images", says="an axis in front")
def batch_of_one(images):
    return images[np.newaxis]


@wrong("to_images", says="Grey images have one channel")
def three_channels(images):
    return np.stack([images] * 3, axis=-1)


@wrong("to_images", says="Height and width must stay")
def flat_with_channel(images):
    return images.reshape(len(images), -1, 1)


# ---- score_models ------------------------------------------------------------------------------------------


def table(models, fit, first, second):
    rows = [[name, model.fit(*fit).score(*first), model.score(*second)] for name, model in models.items()]
    return pd.DataFrame(rows, columns=["model", "train_score", "test_score"])


@right("score_models")
def columns_as_lists(models, x_train, y_train, x_test, y_test):
    scores = {"model": list(models), "train_score": [], "test_score": []}
    for model in models.values():
        model.fit(x_train, y_train)
        scores["train_score"].append(accuracy_score(y_train, model.predict(x_train)))
        scores["test_score"].append(np.mean(model.predict(x_test) == y_test))
    return pd.DataFrame(scores)


@right("score_models")
def names_as_index(models, x_train, y_train, x_test, y_test):
    scores = table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test))
    return scores.set_index("model").sort_values("test_score")


@wrong("score_models", says="were fitted on the test set")
def fit_on_the_test_set(models, x_train, y_train, x_test, y_test):
    return table(models, (x_test, y_test), (x_train, y_train), (x_test, y_test))


@wrong("score_models", says="fitted on both sets")
def fit_on_everything(models, x_train, y_train, x_test, y_test):
    both = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    return table(models, both, (x_train, y_train), (x_test, y_test))


@wrong("score_models", says="fitted a second time")
def fit_before_each_score(models, x_train, y_train, x_test, y_test):
    rows = [
        [name, model.fit(x_train, y_train).score(x_train, y_train), model.fit(x_test, y_test).score(x_test, y_test)]
        for name, model in models.items()
    ]
    return pd.DataFrame(rows, columns=["model", "train_score", "test_score"])


@wrong("score_models", says="score of the wrong split")
def score_of_the_wrong_split(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_train, y_train))


@wrong("score_models", says="Both columns hold the score of the test set")
def test_score_twice(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_test, y_test), (x_test, y_test))


@wrong("score_models", says="The two scores are swapped")
def scores_swapped(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_test, y_test), (x_train, y_train))


@wrong("score_models", says="error rates")
def error_rates(models, x_train, y_train, x_test, y_test):
    scores = table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test))
    return scores.assign(train_score=1 - scores["train_score"], test_score=1 - scores["test_score"])


@wrong("score_models", says="One row per model is wanted")
def only_the_last_model(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test)).tail(1)


@wrong("score_models", says="A pandas DataFrame is wanted")
def a_list_of_rows(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test)).to_dict("records")


@wrong("score_models", says="The column train_score is missing")
def without_train_score(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test))[["model", "test_score"]]


# ---- build_dense_network -----------------------------------------------------------------------------------


def dense(hidden=(64, 64, 64), activation="relu", units=1, output="sigmoid", shape=(900,)):
    network = [layers.Dense(n, activation=activation) for n in hidden]
    return keras.Sequential([keras.Input(shape), *network, layers.Dense(units, activation=output)])


@right("build_dense_network")
def dense_functional():
    inputs = value = keras.Input((900,))
    for _ in range(3):
        value = layers.ReLU()(layers.Dense(64)(value))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(value))


@right("build_dense_network")
def dense_with_activation_layers_and_compiled():
    model = keras.Sequential([keras.Input(shape=(900,))])
    for units, activation in ((64, "relu"), (64, "relu"), (64, "relu"), (1, "sigmoid")):
        model.add(layers.Dense(units))
        model.add(layers.Activation(activation))
    model.compile("sgd", "binary_crossentropy")
    return model


@right("build_dense_network")
def dense_without_input_layer():
    return keras.Sequential([layers.Dense(n, "relu") for n in (64, 64, 64)] + [layers.Dense(1, "sigmoid")])


@wrong("build_dense_network", says="Softmax over a single unit")
def dense_softmax():
    return dense(output="softmax")


@wrong("build_dense_network", says="may leave the range")
def dense_linear_output():
    return dense(output=None)


@wrong("build_dense_network", says="yours has 2 units")
def two_outputs():
    return dense(units=2, output="softmax")


@wrong("build_dense_network", says="make 4 dense layers; yours has 3")
def one_layer_short():
    return dense(hidden=(64, 64))


@wrong("build_dense_network", says="no activation")
def hidden_without_activation():
    return dense(activation=None)


@wrong("build_dense_network", says="should use relu")
def hidden_sigmoid():
    return dense(activation="sigmoid")


@wrong("build_dense_network", says="64 units each")
def other_widths():
    return dense(hidden=(128, 64, 32))


@wrong("build_dense_network", says="should have the shape (900,)")
def image_input():
    return dense(shape=(30, 30, 1))


@wrong("build_dense_network", says="your function returned None")
def nothing_returned():
    dense()


@wrong("build_dense_network", says="yours also has Dropout")
def with_dropout():
    return keras.Sequential([keras.Input((900,)), layers.Dropout(0.5), *dense().layers])


# ---- build_conv_network ------------------------------------------------------------------------------------


def convolution(filters=10, size=3, padding="same", bias=False, activation="relu"):
    return layers.Conv2D(filters, size, padding=padding, use_bias=bias, activation=activation)


def conv(first=None, pool=2, norm=None, second=None, last=None, output="sigmoid", momentum=0.99):
    return [
        keras.Input((30, 30, 1)),
        first or convolution(),
        layers.MaxPooling2D(pool),
        norm or layers.BatchNormalization(momentum=momentum),
        second or convolution(),
        last or layers.GlobalAveragePooling2D(),
        layers.Dense(1, activation=output),
    ]


@right("build_conv_network")
def conv_functional_with_relu_layers(momentum=0.99):
    inputs = keras.Input(shape=(30, 30, 1))
    value = layers.ReLU()(layers.Conv2D(10, (3, 3), padding="same", use_bias=False)(inputs))
    value = layers.BatchNormalization(momentum=momentum)(layers.MaxPool2D((2, 2))(value))
    value = layers.Activation("relu")(layers.Conv2D(10, (3, 3), padding="valid", use_bias=False)(value))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.GlobalAvgPool2D()(value)))


@right("build_conv_network")
def mean_with_keepdims(momentum=0.99):
    parts = conv(last=layers.GlobalAveragePooling2D(keepdims=True), momentum=momentum)
    return keras.Sequential([*parts[:-1], layers.Flatten(), parts[-1]])


@right("build_conv_network")
def without_input_layer_compiled(momentum=0.99):
    model = keras.Sequential(conv(momentum=momentum)[1:])
    model.compile("adam", "binary_crossentropy")
    return model


@wrong("build_conv_network", says="The first convolution has a bias")
def bias_left_in(momentum=0.99):
    return keras.Sequential(conv(first=convolution(bias=True), momentum=momentum))


@wrong("build_conv_network", says="The second convolution has a bias")
def second_bias_left_in(momentum=0.99):
    return keras.Sequential(conv(second=convolution(bias=True), momentum=momentum))


@wrong("build_conv_network", says="in another order")
def batch_norm_before_pooling(momentum=0.99):
    parts = conv(momentum=momentum)
    return keras.Sequential([*parts[:2], parts[3], parts[2], *parts[4:]])


@wrong("build_conv_network", says="batch normalisation is missing")
def without_batch_norm(momentum=0.99):
    return keras.Sequential([part for part in conv() if not isinstance(part, layers.BatchNormalization)])


@wrong("build_conv_network", says="Softmax over a single unit")
def conv_softmax(momentum=0.99):
    return keras.Sequential(conv(output="softmax", momentum=momentum))


@wrong("build_conv_network", says="output's activation is linear")
def conv_linear_output(momentum=0.99):
    return keras.Sequential(conv(output=None, momentum=momentum))


@wrong("build_conv_network", says="You flatten the feature maps")
def flattened(momentum=0.99):
    return keras.Sequential(conv(last=layers.Flatten(), momentum=momentum))


@wrong("build_conv_network", says="the largest answer")
def global_maximum(momentum=0.99):
    return keras.Sequential(conv(last=layers.GlobalMaxPooling2D(), momentum=momentum))


@wrong("build_conv_network", says="maps should still be 30×30")
def border_valid(momentum=0.99):
    return keras.Sequential(conv(first=convolution(padding="valid"), momentum=momentum))


@wrong("build_conv_network", says="first convolution should be followed by relu")
def without_relu(momentum=0.99):
    return keras.Sequential(conv(first=convolution(activation=None), momentum=momentum))


@wrong("build_conv_network", says="yours has 32 of 3×3")
def more_filters(momentum=0.99):
    return keras.Sequential(conv(second=convolution(32), momentum=momentum))


@wrong("build_conv_network", says="yours has 10 of 5×5")
def larger_kernels(momentum=0.99):
    return keras.Sequential(conv(first=convolution(size=5), momentum=momentum))


@wrong("build_conv_network", says="maps should be 15×15")
def pooled_by_three(momentum=0.99):
    return keras.Sequential(conv(pool=3, momentum=momentum))


@wrong("build_conv_network", says="pass the argument on")
def momentum_ignored(momentum=0.99):
    return keras.Sequential(conv())


@wrong("build_conv_network", says="should have 1,041 and 1,021")
def batch_norm_frozen_scale(momentum=0.99):
    return keras.Sequential(conv(norm=layers.BatchNormalization(momentum=momentum, scale=False)))


@wrong("build_conv_network", says="The layers should be")
def without_pooling(momentum=0.99):
    return keras.Sequential([part for part in conv() if not isinstance(part, layers.MaxPooling2D)])


# ---- accuracy_by_rotation ----------------------------------------------------------------------------------


def turned(drawings, angle, **settings):
    return ndimage.rotate(drawings, angle, **({"axes": (1, 2), "reshape": False, "cval": 1.0} | settings))


@right("accuracy_by_rotation")
def image_by_image(predict, drawings, labels, angles):
    accuracies = []
    for angle in angles:
        images = [ndimage.rotate(one, angle, reshape=False, order=1, mode="nearest") for one in drawings]
        accuracies.append(float((np.asarray(predict(np.stack(images))) == labels).mean()))
    return accuracies


@right("accuracy_by_rotation")
def one_prediction_at_a_time(predict, drawings, labels, angles):
    hits = [[predict(turned(one[None], angle))[0] for one in drawings] == labels for angle in angles]
    return np.mean(hits, axis=1)


@wrong("accuracy_by_rotation", says="Dark corners")
def corners_of_ink(predict, drawings, labels, angles):
    return [np.mean(predict(turned(drawings, angle, cval=0.0)) == labels) for angle in angles]


@wrong("accuracy_by_rotation", says="images must keep their size")
def reshaped(predict, drawings, labels, angles):
    angles = [angle or 1e-9 for angle in angles]
    return [np.mean(predict(turned(drawings, angle + 1e-3, reshape=True)) == labels) for angle in angles]


@wrong("accuracy_by_rotation", says="You mixed up the axes")
def usual_axes(predict, drawings, labels, angles):
    return [np.mean(predict(ndimage.rotate(drawings, a, reshape=False, cval=1.0)) == labels) for a in angles]


@wrong("accuracy_by_rotation", says="turned clockwise")
def clockwise(predict, drawings, labels, angles):
    return [np.mean(predict(turned(drawings, -angle)) == labels) for angle in angles]


@wrong("accuracy_by_rotation", says="added to the one before")
def angles_add_up(predict, drawings, labels, angles):
    accuracies = []
    for angle in angles:
        drawings = turned(drawings, angle)
        accuracies.append(np.mean(predict(drawings) == labels))
    return accuracies


@wrong("accuracy_by_rotation", says="were not rotated")
def rotated_and_forgotten(predict, drawings, labels, angles):
    accuracies = []
    for angle in angles:
        turned(drawings, angle)
        accuracies.append(np.mean(predict(drawings) == labels))
    return accuracies


@wrong("accuracy_by_rotation", says="one number for all angles")
def mean_over_all(predict, drawings, labels, angles):
    return np.mean([predict(turned(drawings, angle)) == labels for angle in angles])


@wrong("accuracy_by_rotation", says="numbers of right answers")
def counts(predict, drawings, labels, angles):
    return [np.sum(predict(turned(drawings, angle)) == labels) for angle in angles]


@wrong("accuracy_by_rotation", says="error rates")
def errors(predict, drawings, labels, angles):
    return [np.mean(predict(turned(drawings, angle)) != labels) for angle in angles]
