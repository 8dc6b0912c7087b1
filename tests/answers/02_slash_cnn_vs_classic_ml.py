"""The slash lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import keras
import numpy as np
import pandas as pd
from keras import layers
from scipy import ndimage
from skimage import transform
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from tests.answer_bank import right, wrong


def draw_slashes(rng, per_class, length=4, margin=0):
    labels = np.tile([0, 1], per_class)
    drawings = np.ones((2 * per_class, 30, 30), dtype="float32")
    for drawing, label in zip(drawings, labels, strict=True):
        top, left = rng.integers(margin, 31 - length - margin, size=2)
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


@wrong("make_dataset", says="Your test set is 75% of the data, and the training set 25%")
def test_set_first(per_class=500, seed=0):
    x_train, x_test, y_train, y_test = noise_after_the_split.function(per_class, seed)
    return x_test, x_train, y_test, y_train


@wrong("make_dataset", says="Your test set is 50% of the data. `test_size` is")
def two_halves(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.5, stratify=labels, random_state=seed)


@wrong("make_dataset", says="0 is a seed like any other")
def seed_or_chance(per_class=500, seed=0):
    return noise_after_the_split.function(per_class, seed or int(np.random.default_rng().integers(1, 10**6)))


@wrong("make_dataset", says="leave `margin` as it is")
def a_pixel_from_the_border(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class, margin=1)
    return train_test_split(add_noise(rng, drawings), labels, test_size=0.25, stratify=labels, random_state=seed)


@wrong("make_dataset", says="the same labels in the same order")
def split_with_42(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=42)


@wrong("make_dataset", says="Called without arguments, 500 images per class are wanted: 750 and 250")
def other_usual_number(per_class=100, seed=0):
    return noise_after_the_split.function(per_class, seed)


@wrong("make_dataset", says="Called without arguments, the seed is 0")
def other_usual_seed(per_class=500, seed=1):
    return noise_after_the_split.function(per_class, seed)


@wrong("make_dataset", says="This line leads to `draw_slashes`, which failed in its line")
def no_images_at_all(per_class=500, seed=0):
    return draw_slashes(None, per_class)


@wrong("make_dataset", says="not stratified")
def not_stratified(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, random_state=seed)


@wrong("make_dataset", says="The same seed gave different arrays")
def split_without_the_seed(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, labels, test_size=0.25, stratify=labels)


@wrong("make_dataset", says="Another seed gave the same strokes and the same noise")
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


@wrong("make_dataset", says="Your training images are clean drawings: the noise is missing")
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


@wrong("make_dataset", says="make 40; your parts hold 20")
def half_of_the_images(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class // 2)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


@right("make_dataset")
def tensors_with_labels_as_floats(per_class=500, seed=0):
    x_train, x_test, *labels = map(keras.ops.convert_to_tensor, split_by_class.function(per_class, seed))
    return x_train, x_test, *(keras.ops.cast(y, "float32") for y in labels)


def split(images, labels, seed):
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


@wrong("make_dataset", says="gave the same strokes: everything")
def only_the_noise_from_the_seed(per_class=500, seed=0):
    drawings, labels = draw_slashes(np.random.default_rng(0), per_class)
    return split(add_noise(np.random.default_rng(seed), drawings), labels, 0)


@wrong("make_dataset", says="gave the same noise: everything")
def only_the_drawings_from_the_seed(per_class=500, seed=0):
    drawings, labels = draw_slashes(np.random.default_rng(seed), per_class)
    return split(add_noise(np.random.default_rng(0), drawings), labels, 0)


@wrong("make_dataset", says="the same noise: everything random must come")
def only_the_split_from_the_seed(per_class=500, seed=0):
    return split(*noisy(np.random.default_rng(0), per_class), seed)


@wrong("make_dataset", says="Your test images are clean drawings")
def noise_in_training_only(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = split(*draw_slashes(rng, per_class), seed)
    return add_noise(rng, x_train), x_test, y_train, y_test


@wrong("make_dataset", says="too much noise in your training images")
def strong_noise(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class)
    return split(add_noise(rng, drawings, noise=0.9), labels, seed)


@wrong("make_dataset", says="too little noise")
def weak_noise(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class)
    return split(add_noise(rng, drawings, noise=0.1), labels, seed)


@wrong("make_dataset", says="too much noise in your test images")
def noise_twice_in_the_test_set(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = split(*noisy(rng, per_class), seed)
    return x_train, add_noise(rng, x_test), y_train, y_test


@wrong("make_dataset", says="A stroke is 4 pixels of ink")
def long_strokes(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class, length=15)
    return split(add_noise(rng, drawings), labels, seed)


@wrong("make_dataset", says="keep away from the border")
def strokes_in_the_middle(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class, margin=5)
    return split(add_noise(rng, drawings), labels, seed)


@wrong("make_dataset", says="dark with a light stroke")
def negative(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return split(1 - images, labels, seed)


@wrong("make_dataset", says="Pixel values should stay between 0 and 1; yours go from 0.0")
def grey_values_to_255(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return split(255 * images, labels, seed)


@wrong("make_dataset", says="Pixel values should stay between 0 and 1; yours go from -")
def standardised(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return split((images - images.mean()) / images.std(), labels, seed)


@wrong("make_dataset", says="strokes differ in position or direction")
def every_drawing_used_twice(per_class=500, seed=0):
    rng = np.random.default_rng(seed)
    drawings, labels = draw_slashes(rng, per_class // 2)
    return split(add_noise(rng, np.concatenate([drawings] * 2)), np.concatenate([labels] * 2), seed)


@wrong("make_dataset", says="Labels should be 0 (down) and 1 (up)")
def labels_from_one(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return split(images, labels + 1, seed)


@wrong("make_dataset", says="images per class make")
def always_500(per_class=500, seed=0):
    return split(*noisy(np.random.default_rng(seed), 500), seed)


@wrong("make_dataset", says="Four arrays are wanted")
def dataset_without_return(per_class=500, seed=0):
    split(*noisy(np.random.default_rng(seed), per_class), seed)


@wrong("make_dataset", says="`return x_train, x_test, y_train, y_test`")
def two_pairs(per_class=500, seed=0):
    x_train, x_test, y_train, y_test = split(*noisy(np.random.default_rng(seed), per_class), seed)
    return (x_train, y_train), (x_test, y_test)


@wrong("make_dataset", says="Four arrays are wanted: `return x_train")
def as_a_dictionary(per_class=500, seed=0):
    names = "x_train", "x_test", "y_train", "y_test"
    return dict(zip(names, split(*noisy(np.random.default_rng(seed), per_class), seed), strict=True))


@wrong("make_dataset", says="The shapes of your arrays change with the seed")
def as_many_as_the_seed_says(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class + seed % 2)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


@wrong("make_dataset", says="Images should be (N, 30, 30) and labels (N,)")
def flat_already_when_made(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    images = images.reshape(len(images), -1)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=seed)


@wrong("make_dataset", says="Images and labels of a part are not equally many")
def labels_split_otherwise(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    quarter = len(images) // 4
    return images[quarter:], images[:quarter], labels[2 * quarter :], labels[: 2 * quarter]


@wrong("make_dataset", says="The labels are swapped")
def labels_swapped(per_class=500, seed=0):
    images, labels = noisy(np.random.default_rng(seed), per_class)
    return train_test_split(images, 1 - labels, test_size=0.25, stratify=labels, random_state=seed)


# ---- to_flat, to_images ------------------------------------------------------------------------------------


@right("to_flat")
def flat_with_a_loop(images):
    return np.array([image.ravel() for image in images])


@right("to_flat")
def flat_with_sizes(images):
    n, height, width = images.shape
    return np.reshape(images, (n, height * width))


@wrong("to_flat", says="`np.array` makes one of it.")
def flat_as_a_list(images):
    return [image.ravel() for image in images]


@wrong("to_flat", says="has shape (4, 900)")
def always_900(images):
    return np.resize(images, (len(images), 900))


@right("to_images")
def with_expand_dims(images):
    return np.expand_dims(images, -1)


@right("to_images")
def as_a_tensor(images):
    return keras.ops.reshape(keras.ops.convert_to_tensor(images), (*images.shape, 1))


@wrong("to_images", says="`np.array` makes one of it.")
def images_as_a_list(images):
    return [image[..., np.newaxis] for image in images]


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


def usual(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test))


@right("score_models")
def rounded_with_another_column(*case):
    return usual(*case).round(3).assign(gap=0.0)[["gap", "test_score", "model", "train_score"]]


@wrong("score_models", says="Missing: the column model")
def names_as_index(*case):
    return usual(*case).set_index("model")


@wrong("score_models", says="For 61 training images and 37 test images: ")
def scored_without_labels(models, x_train, y_train, x_test, y_test):
    return [[name, model.fit(x_train, y_train).score(x_test)] for name, model in models.items()]


@wrong("score_models", says="in the order of `models`")
def best_first(*case):
    return usual(*case).sort_values("test_score", ascending=False)


@wrong("score_models", says="fit the models themselves, not copies")
def copies(models, *data):
    return usual({name: clone(model) for name, model in models.items()}, *data)


@wrong("score_models", says="Your scores are right, but")
def refitted_on_everything(models, x_train, y_train, x_test, y_test):
    scores = usual(models, x_train, y_train, x_test, y_test)
    for model in models.values():
        model.fit(np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test]))
    return scores


@wrong("score_models", says="One row per model is wanted")
def only_the_last_model(models, x_train, y_train, x_test, y_test):
    return table(models, (x_train, y_train), (x_train, y_train), (x_test, y_test)).tail(1)


@wrong("score_models", says="but your function returned None. Does it end with `return`?")
def scores_not_returned(*case):
    usual(*case)


@wrong("score_models", says="The column model should hold the names tree")
def kinds_of_models_for_their_names(models, *data):
    return usual(models, *data).assign(model=[type(one).__name__ for one in models.values()])


@wrong("score_models", says="Missing: the column train_score")
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
def dense_with_activation_objects():
    return dense(activation=layers.ReLU())


@right("build_dense_network")
def dense_with_operators():
    inputs = value = keras.Input((900,))
    for _ in range(3):
        value = keras.ops.relu(layers.Dense(64)(value))
    return keras.Model(inputs, keras.ops.sigmoid(layers.Dense(1)(value)))


@wrong("build_dense_network", says="begin it with `keras.Input(...)`")
def dense_without_input_layer():
    return keras.Sequential([layers.Dense(n, "relu") for n in (64, 64, 64)] + [layers.Dense(1, "sigmoid")])


@wrong("build_dense_network", says="Softmax over a single unit")
def dense_softmax():
    return dense(output="softmax")


@wrong("build_dense_network", says="The output's activation is hard_sigmoid.")
def dense_hard_sigmoid():
    return dense(output="hard_sigmoid")


@wrong("build_dense_network", says="yours use ['relu with max_value=64', 'relu with max_value=64'")
def units_given_to_relu():
    stack = [layer for _ in range(3) for layer in (layers.Dense(64), layers.ReLU(64))]
    return keras.Sequential([keras.Input((900,)), *stack, layers.Dense(1, activation="sigmoid")])


@wrong("build_dense_network", says="yours use ['relu6', 'relu6', 'relu6']")
def dense_with_relu6():
    return dense(activation="relu6")


@wrong("build_dense_network", says="Your input has the dtype int32")
def dense_of_whole_numbers():
    return keras.Sequential([keras.Input((900,), dtype="int32"), *dense().layers])


@wrong("build_dense_network", says="Your network calls its layer")
def one_layer_called_twice():
    inputs = keras.Input((900,))
    first, again = layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu")
    value = again(again(first(inputs)))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Dense(64, activation="relu")(value)))


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


def convolution(filters=10, size=3, padding="same", bias=False, activation="relu", **more):
    return layers.Conv2D(filters, size, padding=padding, use_bias=bias, activation=activation, **more)


def conv(first=None, pool=2, norm=None, second=None, last=None, output="sigmoid", momentum=0.99, filters=10):
    return [
        keras.Input((30, 30, 1)),
        first or convolution(filters),
        layers.MaxPooling2D(pool) if isinstance(pool, int) else pool,
        norm or layers.BatchNormalization(momentum=momentum),
        second or convolution(filters),
        last or layers.GlobalAveragePooling2D(),
        layers.Dense(1, activation=output),
    ]


@right("build_conv_network")
def conv_with_functions_of_keras(momentum=0.99, filters=10):
    inputs = keras.Input((30, 30, 1))
    value = keras.ops.max_pool(convolution(filters)(inputs), 2)
    value = convolution(filters)(layers.BatchNormalization(momentum=momentum)(value))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(keras.ops.mean(value, axis=(1, 2))))


@right("build_conv_network")
def mean_by_pooling_the_whole_map(momentum=0.99, filters=10):
    last = keras.Sequential([layers.AveragePooling2D(15), layers.Flatten()])
    return keras.Sequential(conv(last=last, momentum=momentum, filters=filters))


@wrong("build_conv_network", says="One number per image is wanted; your network gives the shape (1, 1, 1)")
def axes_kept(momentum=0.99, filters=10):
    return keras.Sequential(conv(last=layers.GlobalAveragePooling2D(keepdims=True), momentum=momentum, filters=filters))


@wrong("build_conv_network", says="the same weights. Make a new layer.")
def one_convolution_called_twice(momentum=0.99, filters=10):
    inputs = keras.Input((30, 30, 1))
    first, second = convolution(filters), convolution(filters)
    value = layers.BatchNormalization(momentum=momentum)(layers.MaxPooling2D()(first(inputs)))
    value = layers.GlobalAveragePooling2D()(second(second(value)))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(value))


@right("build_conv_network")
def conv_functional_with_relu_layers(momentum=0.99, filters=10):
    inputs = keras.Input(shape=(30, 30, 1))
    value = layers.ReLU()(layers.Conv2D(filters, (3, 3), padding="same", use_bias=False)(inputs))
    value = layers.BatchNormalization(momentum=momentum)(layers.MaxPool2D((2, 2))(value))
    value = layers.Activation("relu")(layers.Conv2D(filters, (3, 3), padding="same", use_bias=False)(value))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.GlobalAvgPool2D()(value)))


@right("build_conv_network")
def mean_with_keepdims(momentum=0.99, filters=10):
    parts = conv(last=layers.GlobalAveragePooling2D(keepdims=True), momentum=momentum, filters=filters)
    return keras.Sequential([*parts[:-1], layers.Flatten(), parts[-1]])


@right("build_conv_network")
def flat_already(momentum=0.99, filters=10):
    model = keras.Sequential(
        [*conv(momentum=momentum, filters=filters)[:-1], layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    return model


@wrong("build_conv_network", says="Called without an argument, the momentum should be 0.99")
def another_usual_momentum(momentum=0.9):
    return conv_functional_with_relu_layers.function(momentum)


@wrong("build_conv_network", says="should be Sequential or functional")
def class_of_ones_own(momentum=0.99):
    class Own(keras.Model):
        def call(self, x):
            return x

    return Own()


@wrong("build_conv_network", says="begin it with `keras.Input(...)`")
def conv_without_input_layer(momentum=0.99):
    return keras.Sequential(conv(momentum=momentum)[1:])


@wrong("build_conv_network", says="The second convolution makes its maps smaller")
def second_border_valid(momentum=0.99):
    return keras.Sequential(conv(second=convolution(padding="valid"), momentum=momentum))


@wrong("build_conv_network", says="The second convolution jumps over pixels")
def second_with_strides(momentum=0.99):
    return keras.Sequential(conv(second=convolution(strides=2), momentum=momentum))


@wrong("build_conv_network", says="kernels of the second convolution are spread out")
def dilated(momentum=0.99):
    return keras.Sequential(conv(second=convolution(dilation_rate=2), momentum=momentum))


@wrong("build_conv_network", says="yours looks at 3×3")
def overlapping_pooling(momentum=0.99):
    return keras.Sequential(conv(pool=layers.MaxPooling2D(3, strides=2, padding="same"), momentum=momentum))


@wrong("build_conv_network", says="but the layer has 0.99: pass the argument on")
def momentum_ignored_in_a_nested_model(momentum=0.99):
    parts = conv()
    return keras.Sequential([parts[0], keras.Sequential(parts[1:4]), *parts[4:]])


@wrong("build_conv_network", says="relu belongs to the convolution")
def relu_after_batch_norm(momentum=0.99):
    parts = conv(first=convolution(activation=None), momentum=momentum)
    return keras.Sequential([*parts[:4], layers.ReLU(), *parts[4:]])


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


@wrong("build_conv_network", says="The first convolution makes its maps smaller")
def border_valid(momentum=0.99):
    return keras.Sequential(conv(first=convolution(padding="valid"), momentum=momentum))


@wrong("build_conv_network", says="The first convolution has no activation")
def without_relu(momentum=0.99):
    return keras.Sequential(conv(first=convolution(activation=None), momentum=momentum))


@wrong("build_conv_network", says="should have 10 filters; yours has 32")
def more_filters(momentum=0.99):
    return keras.Sequential(conv(second=convolution(32), momentum=momentum))


@wrong("build_conv_network", says="The first convolution has kernels of 5×5")
def larger_kernels(momentum=0.99):
    return keras.Sequential(conv(first=convolution(size=5), momentum=momentum))


@wrong("build_conv_network", says="should look at 2×2 pixels")
def pooled_by_three(momentum=0.99):
    return keras.Sequential(conv(pool=3, momentum=momentum))


@wrong("build_conv_network", says="pass the argument on.")
def momentum_ignored(momentum=0.99):
    return keras.Sequential(conv())


@wrong("build_conv_network", says="should have 1,041 and 1,021")
def batch_norm_frozen_scale(momentum=0.99):
    return keras.Sequential(conv(norm=layers.BatchNormalization(momentum=momentum, scale=False)))


@wrong("build_conv_network", says="A pooling is missing")
def without_pooling(momentum=0.99):
    return keras.Sequential([part for part in conv() if not isinstance(part, layers.MaxPooling2D)])


@wrong("build_conv_network", says="The input should have the shape (30, 30, 1)")
def without_channel_axis(momentum=0.99):
    return keras.Sequential([keras.Input((900,)), layers.Reshape((30, 30, 1)), *conv(momentum=momentum)[1:]])


@wrong("build_conv_network", says="The last layer should be Dense with one unit; yours is Dropout")
def dropout_at_the_end(momentum=0.99):
    return keras.Sequential([*conv(momentum=momentum), layers.Dropout(0.1)])


@wrong("build_conv_network", says="but its convolutions have 10: pass the argument on")
def filters_ignored(momentum=0.99, filters=10):
    return keras.Sequential(conv(momentum=momentum))


@wrong("build_conv_network", says=": The second convolution should have")
def filters_of_the_first_only(momentum=0.99, filters=10):
    return keras.Sequential(conv(first=convolution(filters), momentum=momentum))


@wrong("build_conv_network", says="unexpected keyword argument 'filters'")
def without_the_argument(momentum=0.99):
    return keras.Sequential(conv(momentum=momentum))


# ---- accuracy_by_rotation ----------------------------------------------------------------------------------


def turned(drawings, angle, **settings):
    return ndimage.rotate(drawings, angle, **({"axes": (1, 2), "reshape": False, "cval": 1.0} | settings))


@right("accuracy_by_rotation")
def image_by_image(predict, drawings, labels, angles):
    accuracies = []
    for angle in angles:
        images = [ndimage.rotate(one, angle, reshape=False, order=1, cval=1) for one in drawings]
        accuracies.append(float((np.asarray(predict(np.stack(images))) == labels).mean()))
    return accuracies


@right("accuracy_by_rotation")
def one_prediction_at_a_time(predict, drawings, labels, angles):
    hits = [[predict(turned(one[None], angle))[0] for one in drawings] == labels for angle in angles]
    return np.mean(hits, axis=1)


@right("accuracy_by_rotation")
def with_scikit_image(predict, drawings, labels, angles):
    images = [[transform.rotate(one, angle, cval=1) for one in drawings] for angle in angles]
    return [np.mean(predict(some) == labels) for some in images]


def accuracies_when(turn):
    """The answer that turns the stack with `turn(drawings, angle)` and is right otherwise."""

    def answer(predict, drawings, labels, angles):
        return [np.mean(predict(turn(drawings, angle)) == labels) for angle in angles]

    return answer


@right("accuracy_by_rotation")
def nearest_pixel(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, order=0))(*case)


@right("accuracy_by_rotation")
def smoothest_with_paper_beyond_the_border(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, order=5, mode="grid-constant"))(*case)


@wrong("accuracy_by_rotation", says="The corners hold 0 where")
def corners_of_ink(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, cval=0.0))(*case)


@wrong("accuracy_by_rotation", says="The corners hold 255 where")
def corners_of_255(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, cval=255))(*case)


@wrong("accuracy_by_rotation", says="Ink from the border fills the corners")
def border_repeated(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, mode="nearest"))(*case)


@wrong("accuracy_by_rotation", says="Only the mode 'constant'")
def wrapped_around(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, mode="wrap"))(*case)


@wrong("accuracy_by_rotation", says="fills them with paper")
def reflected(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, mode="reflect"))(*case)


@wrong("accuracy_by_rotation", says="At 30° the drawings were not turned")
def quarter_turns(*case):
    return accuracies_when(lambda drawings, angle: np.rot90(drawings, round(angle / 90), axes=(1, 2)))(*case)


@wrong("accuracy_by_rotation", says="are not the drawings, turned by 30°")
def five_degrees_short(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle - 5 * (angle % 90 > 0)))(*case)


@wrong("accuracy_by_rotation", says="images must keep their size")
def reshaped(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle, reshape=True))(*case)


@wrong("accuracy_by_rotation", says="Height and width are the axes 1 and 2")
def all_the_usual_settings(*case):
    return accuracies_when(ndimage.rotate)(*case)


@wrong("accuracy_by_rotation", says="wants images (N, H, W); it got an array (12, 144)")
def predict_gets_flat_images(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle).reshape(len(drawings), -1))(*case)


@wrong("accuracy_by_rotation", says="it got an array (12, 12, 12, 1)")
def predict_gets_channels(*case):
    return accuracies_when(lambda drawings, angle: turned(drawings, angle)[..., np.newaxis])(*case)


@wrong("accuracy_by_rotation", says="Your array of accuracies has shape (0,)")
def nothing_appended(predict, drawings, labels, angles):
    for angle in angles:
        predict(turned(drawings, angle))
    return np.array([])


@wrong("accuracy_by_rotation", says="Your function never asked `predict`")
def never_asked(predict, drawings, labels, angles):
    return np.ones(len(angles))


@wrong("accuracy_by_rotation", says="`predict` should see every drawing once per angle")
def first_angle_only(predict, drawings, labels, angles):
    return np.full(len(angles), np.mean(predict(drawings) == labels))
