# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 09 · An image's journey: what the layers see
#
# You follow images through a network, layer by layer: which filter answers to what, which filters say nothing at all,
# and which part of a picture decides. At the end you meet the kernels of {{lab convolution_basics}} again.
#
# {{colab}}
#
# **You will learn** to read the outputs of any layer, to find the images that excite a filter, to count dead filters,
# and to draw two kinds of heat maps: by hiding parts of the image, and by gradients (Grad-CAM).
#
# **You need** {{lab convolution_basics}} (kernels, pooling), {{lab cifar_progression}} (convolutional networks) and {{lab pretrained_resnet}} (the course's ResNet-20).
#
# **Time:** about 135 minutes of work. Running every cell takes about one to two minutes on two CPU cores.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 17 points for code and 3 for written answers: 20 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import time

import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from matplotlib.patches import Rectangle
from sklearn.model_selection import train_test_split

from checks import core
from checks import feature_journey as checks
from helpers import datasets, plots, pretrained, profile, training, widgets

LAB = "09_feature_journey"
EPOCHS = 20
BATCH_SIZE = 64
MOST_IMAGES = 6_000  # training images used, of up to 60,000: plenty to look inside, and done in a minute or two
LAYERS = ["conv1", "pool1", "conv2", "pool2"]  # the stations of the journey

# %% [markdown]
# ## 1 Fashion-MNIST, twice (10 minutes)
#
# Fashion-MNIST is made like MNIST: grey images of 28×28 pixels, ten classes. But it shows clothes, and is harder.

# %%
data = datasets.load("fashion_mnist")
print("You work with", data.source)
print(f"{len(data.x_train):,} training images, {len(data.x_test):,} test images of {data.x_train.shape[1:]} pixels")
first_of_class = [int(np.flatnonzero(data.y_train == k)[0]) for k in range(10)]
plots.image_grid(
    list(data.x_train[first_of_class]),
    list(data.class_names),
    alt="One garment of each of the ten classes: " + ", ".join(data.class_names) + ".",
    columns=10,
    size=1.2,
)


# %% [markdown]
# One image of each class. Three of the ten are shoes: sandal, sneaker, ankle boot. One is trousers. Remember them.
#
# Now the images are scaled to 0 to 1 and get a channel axis. A tenth of the training images is kept apart for
# validation, the same share of every class (**stratified**).

# %%
def prepare(images, labels, most):
    """The first images, at most `most`, as float32 (N, 28, 28, 1) between 0 and 1, and their labels."""
    used = profile.samples(min(len(images), most))  # shorter run profiles use fewer
    return images[:used, ..., np.newaxis].astype("float32") / 255, labels[:used].astype(int)


x_train, y_train = prepare(data.x_train, data.y_train, MOST_IMAGES)
x_test, y_test = prepare(data.x_test, data.y_test, len(data.x_test))
x_fit, x_val, y_fit, y_val = train_test_split(x_train, y_train, test_size=0.1, stratify=y_train, random_state=0)
print(f"{len(x_fit):,} images for training, {len(x_val):,} for validation, {len(x_test):,} for the test")


# %% [markdown]
# Two networks. The first is dense: it takes the pixels as one long row. The second has two convolutions of 64 filters,
# each followed by pooling, and the same dense part at its end. Its layers have names, so that we can ask for them.

# %%
def build_dense():
    """A dense network for images (28, 28, 1), values 0 to 1; ten probabilities."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def build_conv():
    """Two convolutions with pooling, then dense layers, for images (28, 28, 1), values 0 to 1; ten probabilities."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(model, x_train, y_train, x_val, y_val, epochs, learning_rate=0.001):
    """Train with Adam. Returns the history: name -> one value per epoch, with the seconds of each."""
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(
        x_train,
        y_train,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        validation_data=(x_val, y_val),
        callbacks=[training.Clock()],
        verbose=0,
    ).history


def accuracy(model, x, y):
    """The fraction of the images x whose most probable class is their label in y."""
    return float(np.mean(model.predict(x, batch_size=500, verbose=0).argmax(axis=1) == y))


# %% [markdown]
# **Predict:** which one has more weights? Which one is better? Which one is slower, and by what factor?

# %%
profile.seed_everything(0)
dense = build_dense()
dense_history = train(dense, x_fit, y_fit, x_val, y_val, profile.epochs(EPOCHS))

# %%
profile.seed_everything(0)
conv = build_conv()
conv_history = train(conv, x_fit, y_fit, x_val, y_val, profile.epochs(EPOCHS))

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
for colour, name, history in zip(plots.COLOURS, ("dense", "conv"), (dense_history, conv_history), strict=False):
    epochs = range(1, len(history["loss"]) + 1)
    axis.plot(epochs, history["accuracy"], color=colour, label=f"{name}, training")
    axis.plot(epochs, history["val_accuracy"], "--", color=colour, label=f"{name}, validation")
axis.set(xlabel="epoch", ylabel="accuracy")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend(fontsize=9)
plots.show(figure, alt="Accuracy over the epochs: dense and conv network, training (solid) and validation (dashed).")

# %% [markdown]
# Solid: training, dashed: validation. The gap between them is what each network learned by heart. Both networks are
# finished now, so each may see the test images, once.

# %%
table = pd.DataFrame(
    {
        "weights": [dense.count_params(), conv.count_params()],
        "test accuracy": [accuracy(dense, x_test, y_test), accuracy(conv, x_test, y_test)],
        "training, s": [sum(dense_history["seconds"]), sum(conv_history["seconds"])],
    },
    index=["dense", "conv"],
)
print(table.round(3).to_string())

# %% [markdown]
# Our figures are means over three seeds, on real images, but only on a small part of Fashion-MNIST, 700 for training
# and 200 for the test: dense 0.807 in 2 s, conv 0.827 in 5 s. One test image of 200 is 0.005, so do not trust a small
# difference. With more images both get better.
#
# In the rest of this lab nothing is trained to be better. We only look, so looking at test images does no harm.
#
# ## 2 Looking inside (30 minutes)
#
# A Keras network is a chain of tensors: every layer has an `input` and an `output`. A new `keras.Model` may begin and
# end anywhere in this chain. It makes no new weights. It is a second pair of eyes on the same network.
#
# `model.inputs[0]` is where the chain begins (`model.input`, as older code has it, is not known to every Sequential
# network). `model.get_layer(name)` finds a layer by its name, and raises ValueError if there is none.

# %%
print("begins with", conv.inputs[0].shape)
for layer in conv.layers:
    print(f"{layer.name:>12}: {layer.input.shape} becomes {layer.output.shape}")


# %% [markdown]
# Write the function that builds such a model, for any layers of any network.

# %%
# EXERCISE layer_outputs (4)
def layer_outputs(model, layer_names):
    """Build a network that gives the outputs of some layers of `model`.

    model: a Keras model with one input, Sequential or functional. It stays as it is.
    layer_names: a list of names of its layers, in any order.
    Returns a keras.Model with the input of `model`; its outputs are those of the named layers, a list in the order of
    `layer_names`. (For a list with a single name Keras may give that output without a list around it: both are right.)
    It uses the layers of `model` themselves, no copies: whoever trains `model` on sees it here, too.
    Raises ValueError if there is no layer of some name; the message holds this name.

    Example: layer_outputs(conv, ["pool1", "conv1"])(x_test[:5]) is a list of two tensors, of the shapes
    (5, 13, 13, 64) and (5, 26, 26, 64).
    """
    ### BEGIN SOLUTION
    return keras.Model(model.inputs[0], [model.get_layer(name).output for name in layer_names])
    ### END SOLUTION


# %% [markdown]
# Now the first test images go through the network, and we keep what the four stations answer. In each array the last
# axis counts the **filters**: `maps["conv1"][..., 5]` is what filter 5 of `conv1` answers, to every image at every
# place. Such a picture of answers is called a **feature map**. (We count filters from 0, as Python does.)

# %%
x_look, y_look = x_test[:500], y_test[:500]
inspect = layer_outputs(conv, LAYERS)
maps = {name: np.asarray(output) for name, output in zip(LAYERS, inspect(x_look, training=False), strict=True)}

# %% [markdown]
# **Stuck?** Go on all the same. The next cell sends the images through one layer after the other, which works for this
# network only. It does nothing where your own result exists.

# %%
if "maps" not in globals():
    maps, values = {}, x_look
    for layer in conv.layers[: len(LAYERS)]:
        values = layer(values)
        maps[layer.name] = np.asarray(values)

for name, values in maps.items():
    print(f"{name}: {values.shape}, values from {values.min():.2f} to {values.max():.2f}")


# %% [markdown]
# ### The journey
#
# Three images travel through the four stations. You choose the images, one filter of `conv1` and one of `conv2`. Filter
# 7 of `conv1` and filter 7 of `conv2` have nothing in common but the number: each filter of `conv2` looks at *all* 64
# maps of `pool1`.

# %%
def draw_journey(image_1, image_2, image_3, conv1_filter, conv2_filter):
    """Three images in rows, the four stations in columns. Returns the figure and its alt text."""
    chosen = [image_1, image_2, image_3]
    columns = {"image": x_look[chosen, ..., 0]}
    for name, filter in zip(LAYERS, (conv1_filter, conv1_filter, conv2_filter, conv2_filter), strict=True):
        columns[f"{name}, filter {filter}"] = maps[name][chosen, ..., filter]
    figure, axes = plt.subplots(3, 5, figsize=(10.5, 6.6))
    for column, (title, pictures) in zip(axes.T, columns.items(), strict=True):
        brightest = pictures.max() or 1  # one scale for all three, so that they can be compared
        for axis, picture in zip(column, pictures, strict=True):
            axis.imshow(picture, vmin=0, vmax=brightest)
            axis.axis("off")
        column[0].set_title(f"{title}\n{widgets.size(pictures[0])}, white is {brightest:.2f}", fontsize=9)
    names = [data.class_names[label] for label in y_look[chosen]]
    for axis, name in zip(axes[:, 0], names, strict=True):
        axis.text(-2, 13.5, name, rotation=90, ha="center", va="center", fontsize=10)
    return figure, (
        f"{', '.join(names)}: each image, and what filter {conv1_filter} of the first and filter {conv2_filter} of the "
        "second convolution answer to it, before and after pooling."
    )


def first_image(name):
    """The place of the first image of this class among those we look at."""
    return int(np.flatnonzero(y_look == data.class_names.index(name))[0])


last, filters = len(x_look) - 1, maps["conv1"].shape[-1] - 1
journey = widgets.Explorer(
    draw_journey,
    {
        "image_1": ipywidgets.IntSlider(first_image("Sneaker"), 0, last, description="image 1"),
        "image_2": ipywidgets.IntSlider(first_image("Ankle boot"), 0, last, description="image 2"),
        "image_3": ipywidgets.IntSlider(first_image("Trouser"), 0, last, description="image 3"),
        "conv1_filter": ipywidgets.IntSlider(0, 0, filters, description="conv1 filter"),
        "conv2_filter": ipywidgets.IntSlider(0, 0, filters, description="conv2 filter"),
    },
)
journey

# %% [markdown]
# Rows: three images. Columns: the image, then what one filter of the first convolution answers, before and after
# pooling, and one filter of the second. Bright is a strong answer, black is 0. Move the sliders. Which maps look like
# outlines? Where do you no longer recognise the garment?
#
# The sliders need a running notebook. For print and screen readers, here is one setting of them:

# %%
journey.static(conv1_filter=1, conv2_filter=1)


# %% [markdown]
# ### What do shoes have in common?
#
# Somewhere among the 64 filters of `conv2` there may be one that answers to shoes, of all three kinds, and hardly to
# anything else. To try all of them by hand is tedious. So we rank them: the mean answer to the wanted classes, minus the
# mean answer to the rest, in units of the standard deviation over all images.

# %%
def rank_filters(activations, labels, wanted):
    """How differently each filter answers to the wanted classes and to the rest, in standard deviations, (K,)."""
    answers = activations.mean(axis=(1, 2))  # one number per image and filter
    is_wanted = np.isin(labels, wanted)
    difference = answers[is_wanted].mean(axis=0) - answers[~is_wanted].mean(axis=0)
    return difference / np.maximum(answers.std(axis=0), 1e-6)


def show_filter(filter):
    """One image of each class above the answer of a filter of conv2; in the title the mean over all of the class."""
    examples = [first_image(name) for name in data.class_names]
    answers = maps["conv2"][..., filter]
    means = [answers[y_look == label].mean() for label in range(10)]
    figure, axes = plt.subplots(2, 10, figsize=(12, 2.9))
    for axis, k, name in zip(axes[0], examples, data.class_names, strict=True):
        axis.imshow(x_look[k, ..., 0], vmin=0, vmax=1)
        axis.set_title(name, fontsize=9)
    for axis, k, mean in zip(axes[1], examples, means, strict=True):
        axis.imshow(answers[k], vmin=0, vmax=answers[examples].max() or 1)
        axis.set_title(f"{mean:.2f}", fontsize=9)
    for axis in axes.flat:
        axis.axis("off")
    figure.suptitle(f"conv2, filter {filter}: mean answer per class", fontsize=10)
    named = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(data.class_names, means, strict=True))
    plots.show(figure, alt=f"Ten garments and what filter {filter} of conv2 answers. Mean answers: {named}.")


SHOES, TROUSERS = ("Sandal", "Sneaker", "Ankle boot"), ("Trouser",)
best = {}
for what, names in (("shoes", SHOES), ("trousers", TROUSERS)):
    scores = rank_filters(maps["conv2"], y_look, [data.class_names.index(name) for name in names])
    best[what] = np.argsort(-scores)[:5]
    print(f"{what:>8}:", ", ".join(f"filter {k} ({scores[k]:.1f})" for k in best[what]))

# %%
for filter in (*best["shoes"][:2], *best["trousers"][:2]):
    show_filter(filter)


# %% [markdown]
# Four filters: the two that tell shoes best from the rest, and the two for trousers. Above: one garment of each class.
# Below: where the filter answers, and its mean answer to the whole class.
#
# ### Your findings (1 point)
#
# What do shoes have in common, for this network, and what trousers? Choose one filter for each, with the sliders or from
# the lists. Four to six sentences.
#
# | criterion | points |
# | --- | --- |
# | names one filter for shoes and one for trousers, with mean answers to these and to other classes | 0.5 |
# | says what the filter answers to (places, edges, shapes) and names a class or an image that does not fit | 0.5 |

# %% [markdown]
# <!-- WRITTEN shoes (1) -->
#
# For shoes I chose filter 11 of `conv2`: its mean answer is 0.31 for sandals, 0.30 for sneakers and 0.28 for ankle boots,
# but only 0.09 to 0.16 for clothes. Its maps are bright along the upper outline of a shoe, level or sloping: dark above,
# bright below. So what shoes have in common is that they lie, with a long upper edge in the middle of the image; the
# filter knows nothing of heels or laces. Bags do not fit: 0.22, for their upper edge is just such a line. For trousers I
# chose filter 7: 0.35 for trousers, 0.28 for dresses, and 0.17 to 0.24 for the rest. It answers to upright edges, most
# of all in the narrow dark gap between the legs, which no other garment has. The dress does not fit well: it is long
# and narrow, too, and its sides are upright. (Numbers and filters depend on the run.)

# %% [markdown]
# ## 3 What excites a filter most? (20 minutes)
#
# Turn the question round: do not choose an image and look at filters, choose a filter and look for the images. Which
# images make it answer most strongly, and at which place?
#
# A filter answers at every place of an image. Its response to the image is the **maximum** over the places: one small
# patch that fits is enough. So each image counts once, with its strongest place.

# %%
# EXERCISE most_exciting (4)
def most_exciting(activations, filter, top):
    """The images that excite a filter most, and where.

    activations: what a layer answers to N images, array (N, H, W, K), for K filters. It stays as it is.
    filter: which of the K filters, counted from 0. top: how many images, at most N.
    Returns two arrays of whole numbers. First the indices of the images, (top,), the one with the largest maximum of
    this filter first; each image at most once. Then the place of the maximum in each of these images, (top, 2): row and
    column, counted from 0.

    Example: if images 8 and 3 have their maxima, 0.9 and 0.7, in row 1, column 4 and in row 0, column 2, and all other
    images have smaller ones, then for top = 2 the result is [8, 3] and [[1, 4], [0, 2]].
    """
    ### BEGIN SOLUTION
    answers = activations[..., filter]
    flat = answers.reshape(len(answers), -1)  # all places of an image in a row
    indices = np.argsort(-flat.max(axis=1))[:top]
    rows, columns = np.unravel_index(flat[indices].argmax(axis=1), answers.shape[1:])
    return indices, np.stack([rows, columns], axis=1)
    ### END SOLUTION


# %% [markdown]
# Which pixels can one place of `conv2` see? It sees 3×3 places of `pool1`, each of which sees 2×2 places of `conv1`, and
# each of those 3×3 pixels. Together that is a patch of 8×8 pixels, its **receptive field**: for the place (row, column)
# it begins at the pixel (2 · row, 2 · column), because pooling moves on by two pixels.
#
# **Predict:** will the framed patches of one filter look alike?

# %%
FIELD = 8  # pixels that one place of conv2 sees, along each side


def show_most_exciting(filters, top=9):
    """One row per filter of conv2: the images that excite it most, the receptive field of the place framed."""
    figure, axes = plt.subplots(len(filters), top, figsize=(1.25 * top, 1.5 * len(filters)), squeeze=False)
    for row, filter in zip(axes, filters, strict=True):
        for axis, k, (i, j) in zip(row, *most_exciting(maps["conv2"], filter, top), strict=True):
            axis.imshow(x_look[k, ..., 0], vmin=0, vmax=1)
            corner = (2 * j - 0.5, 2 * i - 0.5)
            axis.add_patch(Rectangle(corner, FIELD, FIELD, fill=False, edgecolor=plots.COLOURS[4], linewidth=2))
            axis.set_title(data.class_names[y_look[k]], fontsize=8)
            axis.axis("off")
        row[0].text(-3, 13.5, f"filter {filter}", rotation=90, ha="center", va="center", fontsize=10)
    plots.show(
        figure,
        alt=f"For the filters {', '.join(map(str, filters))} of conv2, the {top} test images that excite each most, with "
        "a frame of 8×8 pixels round the place.",
    )


show_most_exciting([best["shoes"][0], best["shoes"][1], best["trousers"][0], best["trousers"][1], 0, 1])


# %% [markdown]
# Each row: one filter, the most exciting image first. Frames tell more than classes: look for what the framed patches
# share, for example an edge of one direction, a corner, a strap, the gap between two legs. A filter of `conv2` knows
# nothing of shoes; it knows 8×8 pixels.
#
# ## 4 Dead filters (10 minutes)
#
# ReLU turns every negative number to 0. A filter whose sum is negative at every place of every image answers 0, always.
# We call it **dead**. How many are there?

# %%
def share_of_places(activations):
    """For each filter the share of all places, in all images, at which it answers more than 0, (K,)."""
    return (activations > 0).mean(axis=(0, 1, 2))


figure, axis = plt.subplots(figsize=(8, 3.2))
for name in ("conv1", "conv2"):
    shares = np.sort(share_of_places(maps[name]))[::-1]
    print(f"{name}: {np.sum(shares == 0)} of {len(shares)} filters are dead for all {len(x_look)} images")
    axis.plot(100 * shares, ".-", label=name)
axis.set(xlabel="filters, the most active first", ylabel="places with an answer > 0 (%)", ylim=(0, 102))
axis.legend()
plots.show(figure, alt="How often each filter answers, sorted: from all places down to few or none, for both layers.")

# %% [markdown]
# Each point is a filter: at how many places does it answer at all? At the right end are the rare ones, and at 0 the
# dead. For a filter that answers everywhere ReLU does nothing.
#
# What kills filters? **Predict**, then try: two copies of the same network, both trained for five epochs from the same
# weights, one with the usual learning rate, one with a rate 20 times as large.

# %%
for rate in (0.001, 0.02):
    profile.seed_everything(0)
    network = build_conv()
    train(network, x_fit, y_fit, x_val, y_val, profile.epochs(5), learning_rate=rate)
    values, dead = x_look, {}
    for layer in network.layers[: len(LAYERS)]:
        values = layer(values)
        if layer.name in ("conv1", "conv2"):
            dead[layer.name] = f"{np.sum(share_of_places(np.asarray(values)) == 0)} of {values.shape[-1]}"
    on_test = accuracy(network, x_test, y_test)
    error = np.sqrt(on_test * (1 - on_test) / len(x_test))
    print(f"learning rate {rate}: dead filters {dead}, test accuracy {on_test:.3f} ± {error:.3f}")


# %% [markdown]
# ### Your explanation (1 point)
#
# Three to five sentences. Use your numbers.
#
# | criterion | points |
# | --- | --- |
# | says how a filter dies and why it stays dead (what is its gradient?) | 0.5 |
# | says what the two test accuracies show about the harm, with their ±, and names something that keeps filters alive | 0.5 |

# %% [markdown]
# <!-- WRITTEN dead (1) -->
#
# A filter dies when a step of the training, usually too large a one, moves its weights and bias so far that its sum is
# negative at every place of every image. ReLU then gives 0 everywhere, and its gradient is 0 there as well, so the
# filter gets no more correction and stays as it is. With the usual rate I counted 1 of 64 dead filters in conv1 and 1
# of 64 in conv2, with a rate of 0.02 it was 59 and 41. All the same the test accuracies were 0.780 ± 0.029 and
# 0.800 ± 0.028: 200 images show no harm. One run of each cannot tell five filters in conv1 from 63, perhaps because
# outlines are enough for garments. A harder task may need more of them, and a network that has lost filters
# cannot get them back; but that would have to be measured, with the same number of epochs on both sides.
# What helps is a smaller learning rate, or one that rises slowly at the beginning, batch normalisation, which moves the
# sums back around 0, or an activation such as leaky ReLU, whose gradient is never exactly 0. I looked at 200 images
# only: a filter that is silent here may still answer to another image.

# %% [markdown]
# ## 5 Hide a part, watch the answer (20 minutes)
#
# Which part of an image does the network need for its answer? Hide a part and ask again. If the probability of its
# answer falls, the part was needed. Do it for a grey square at every place, and you get an **occlusion map** (Zeiler &
# Fergus 2014, [arXiv:1311.2901](https://arxiv.org/abs/1311.2901)).
#
# The method needs no gradients and no layers, only a function `predict` from images to probabilities. So it works for
# every classifier, also for those of {{lab slash_cnn_vs_classic_ml}}.

# %%
# EXERCISE occlusion_map (4)
def occlusion_map(predict, image, label, size, stride):
    """How much the probability of a class falls when a square of the image is hidden, for squares everywhere.

    predict: a function from a batch of images (N, H, W, C) to probabilities, array (N, classes).
    image: array of floats (H, W, C), not changed. label: the class, counted from 0.
    size: side of the square, in pixels. stride: the steps from one square to the next, in pixels, down and across.
    Each time only one square is hidden: all its pixels, in all channels, get the mean of the whole image, one number.
    Only squares that lie wholly on the image count; the first one begins in the upper left corner.
    Returns an array (rows, columns), with rows = (H - size) // stride + 1 and columns the same with W: the probability
    of `label` for the image as it is, minus that for the image with the hidden square.

    Example: for an image (28, 28, 1), size 6 and stride 2 the map is (12, 12). A value of 0.3 says that the probability
    falls by 0.3, for instance from 0.9 to 0.6.
    """
    ### BEGIN SOLUTION
    height, width = image.shape[:2]
    rows, columns = range(0, height - size + 1, stride), range(0, width - size + 1, stride)
    images = np.repeat(image[np.newaxis], len(rows) * len(columns), axis=0)  # one copy for each square
    squares = [(slice(i, i + size), slice(j, j + size)) for i in rows for j in columns]
    for occluded, square in zip(images, squares, strict=True):
        occluded[square] = image.mean()
    drop = predict(image[np.newaxis])[0, label] - predict(images)[:, label]
    return drop.reshape(len(rows), len(columns))
    ### END SOLUTION


# %% [markdown]
# A network that is very sure hides what happens: from 0.9999 to 0.99 the probability falls by 0.01 only, but the doubt
# has grown a hundredfold. The **log odds** $\log(p / (1 - p))$ show it: from 9.2 to 4.6. `occlusion_map` takes any
# function, so we give it one that returns log odds, and the map shows by how much *they* fall.
#
# Two helpers to draw with: a heat map lies on a grey copy of the image, each cell where its square was.

# %%
def predict_with(network):
    """The function from images (N, H, W, C) to probabilities (N, classes) that `occlusion_map` wants."""
    return lambda images: np.asarray(network(images, training=False))


def log_odds_with(network):
    """The same for log odds. Probabilities stay a millionth away from 0 and 1."""

    def log_odds(images):
        probabilities = np.clip(predict_with(network)(images), 1e-6, 1 - 1e-6)
        return np.log(probabilities / (1 - probabilities))

    return log_odds


def draw_overlay(axis, image, heat, extent, title, limit=None):
    """Draw a heat map over a grey copy of the image. extent: left, right, bottom, top of the map, in pixels."""
    axis.imshow(image.mean(axis=-1), vmin=0, vmax=1)
    signed = limit is not None  # a drop may be negative, Grad-CAM never is
    low, high, colours = (-limit, limit, plots.SIGNED) if signed else (0, heat.max() or 1, "viridis")
    picture = axis.imshow(heat, extent=extent, vmin=low, vmax=high, cmap=colours, alpha=0.6)
    axis.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    axis.set_title(title, fontsize=9)
    axis.axis("off")
    return picture


def occlusion_extent(heat, size, stride):
    """Where the cells of an occlusion map lie on the image: each one round the middle of its square."""
    start = (size - 1 - stride) / 2
    return start, start + stride * heat.shape[1], start + stride * heat.shape[0], start


# %% [markdown]
# **Predict:** where must a boot be hidden so that the network is no longer sure? And a sneaker?

# %%
SIZE, STRIDE = 8, 2
shown = [first_image(name) for name in ("Sneaker", "Ankle boot", "Trouser", "Dress", "Bag")]
probabilities = predict_with(conv)(x_look[shown])
answers = probabilities.argmax(axis=1)
heats = [
    occlusion_map(log_odds_with(conv), x_look[k], label, SIZE, STRIDE) for k, label in zip(shown, answers, strict=True)
]
limit = max(np.abs(heats).max(), 1e-6)

figure, axes = plt.subplots(2, len(shown), figsize=(11, 5))
titles = [
    f"{data.class_names[y_look[k]]}\nsays {data.class_names[label]}, {one[label]:.2f}"
    for k, label, one in zip(shown, answers, probabilities, strict=True)
]
for column, k, heat, title in zip(axes.T, shown, heats, titles, strict=True):
    plots.draw_image(column[0], x_look[k, ..., 0], title)
    picture = draw_overlay(column[1], x_look[k], heat, occlusion_extent(heat, SIZE, STRIDE), "", limit)
figure.colorbar(picture, ax=axes[1], label="drop of the log odds")
plots.show(
    figure,
    alt="Five garments with the network's answer: " + "; ".join(titles).replace("\n", " ") + ". Below each its occlusion map: orange where "
    "hiding makes the network less sure, purple where it makes it surer.",
)

# %% [markdown]
# Above: the image, the network's answer and its probability. Below, on one scale: orange where hiding makes the network
# less sure, white where it does not matter, purple where it makes it *more* sure. The rim has no colour, because no
# square has its middle there. Replace `log_odds_with` by `predict_with`: where the network is sure, the map turns white.
# But mind that a square also adds something: its edges are new, and the network has never seen a grey square.
#
# ## 6 Grad-CAM (40 minutes)
#
# An occlusion map asks the network once for each square. **Grad-CAM** (Selvaraju et al. 2017,
# [arXiv:1610.02391](https://arxiv.org/abs/1610.02391)) asks once, forward and backward. The idea: take the last feature
# maps $A_k$, where places are still kept. How much would the **logit** $z$ of a class rise if map $k$ became a little
# brighter? That is a gradient. Its mean over the places is the weight of the map:
#
# $$\alpha_k = \frac{1}{h \cdot w} \sum_{i, j} \frac{\partial z}{\partial A_k[i, j]} \qquad
# \text{map}[i, j] = \mathrm{ReLU}\Big(\sum_k \alpha_k \, A_k[i, j]\Big)$$
#
# The ReLU at the end keeps what speaks *for* the class. We take the logit, the number before softmax, because a
# probability also rises when other classes fall, and hardly moves when it is near 1.
#
# `tf.GradientTape` records what is computed inside its `with` block; `tape.gradient(y, x)` then says how y changes with
# x. A small example: the gradient of $x^2$ at 3 is 6.

# %%
with tf.GradientTape() as tape:
    x = tf.constant([1.0, 3.0])
    tape.watch(x)  # for a constant one has to ask; what comes out of trainable layers is watched by itself
    y = x[1] ** 2
print(tape.gradient(y, x).numpy())


# %%
# EXERCISE grad_cam (5)
def grad_cam(model, image, layer_name, label):
    """Where an image holds what speaks for a class, by Grad-CAM.

    model: a functional classifier, perhaps with branches, as ResNet-20 has them; its last layers are one named "logits"
    and a softmax. It stays as it is.
    image: array (H, W, C), preprocessed as the model wants it.
    layer_name: a layer with feature maps (h, w, K). label: the class, counted from 0.
    Returns the map of the formula above, an array (h, w) of floats: not resized to the image, not scaled to 0..1.
    Dropout and batch normalisation must not be in training mode.

    Example: grad_cam(resnet, images[0], "features", 3) is an array (8, 8), nowhere below 0.
    """
    ### BEGIN SOLUTION
    inside = keras.Model(model.inputs[0], [model.get_layer(name).output for name in (layer_name, "logits")])
    with tf.GradientTape() as tape:
        feature_maps, logits = inside(image[np.newaxis], training=False)
        logit = logits[0, label]
    gradient = tape.gradient(logit, feature_maps)
    weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)  # one per feature map
    return tf.nn.relu(tf.reduce_sum(weights * feature_maps, axis=-1))[0].numpy()
    ### END SOLUTION


# %% [markdown]
# Now a network that has something to look at: the ResNet-20 of {{lab pretrained_resnet}}, which knows the ten classes of CIFAR-10 (test
# accuracy 0.902<!-- mean 08_pretrained_resnet:resnet20 test_accuracy -->, on a JPEG copy of the test images). Its last
# feature maps, the layer `features`, are 64 maps of 8×8. We take four test images, and the photograph of a cat, made as
# small as those, 32×32, which squeezes it a little.

# %%
classifier = pretrained.resnet20()
resnet = classifier.network
objects = datasets.load("cifar10")
print("You work with", objects.source)

small = tf.image.resize(datasets.photograph("chelsea"), classifier.input_size, antialias=True).numpy().round().astype("uint8")
truth = ["cat", "dog", "horse", "ship"]
chosen = [int(np.flatnonzero(objects.y_test == classifier.class_names.index(name))[0]) for name in truth]
pictures = np.stack([*objects.x_test[chosen], small])
truth.append("cat (photograph)")

images = classifier.preprocess_input(pictures)
probabilities = predict_with(resnet)(images)
answers = probabilities.argmax(axis=1)
for what, label, one in zip(truth, answers, probabilities, strict=True):
    print(f"{what:>16}: the network says {classifier.class_names[label]}, {one[label]:.2f}")

# %% [markdown]
# Is each answer right? Whatever it is, we ask for the map of the class that the network **says**. Beside Grad-CAM we
# put the occlusion map of the same answer, with squares of 8×8 pixels. **Predict:** will they agree?

# %%
SIZE, STRIDE = 8, 4
began = time.perf_counter()
cams = [grad_cam(resnet, image, "features", int(label)) for image, label in zip(images, answers, strict=True)]
cam_seconds = time.perf_counter() - began

began = time.perf_counter()
drops = [
    occlusion_map(log_odds_with(resnet), image, label, SIZE, STRIDE)
    for image, label in zip(images, answers, strict=True)
]
drop_seconds = time.perf_counter() - began

figure, axes = plt.subplots(3, len(images), figsize=(11, 7))
limit = max(np.abs(drops).max(), 1e-6)
for k, column in enumerate(axes.T):
    answer = classifier.class_names[answers[k]]
    plots.draw_image(column[0], pictures[k], f"{truth[k]}\nsays {answer}, {probabilities[k, answers[k]]:.2f}")
    draw_overlay(column[1], pictures[k] / 255, cams[k], (-0.5, 31.5, 31.5, -0.5), "Grad-CAM")
    extent = occlusion_extent(drops[k], SIZE, STRIDE)
    picture = draw_overlay(column[2], pictures[k] / 255, drops[k], extent, "occlusion", limit)
figure.colorbar(picture, ax=axes[2], label="drop of the log odds")
plots.show(
    figure,
    alt="Five pictures with the network's answer; below each the Grad-CAM map of this answer, and its occlusion map.",
)
squares = drops[0].size
print(f"Grad-CAM:  {1000 * cam_seconds / len(images):.0f} ms per image; one pass forward, one backward")
print(f"occlusion: {1000 * drop_seconds / len(images):.0f} ms per image; {squares + 1} images forward")

# %% [markdown]
# Top: the picture and the network's answer. Middle: Grad-CAM, yellow where it is strongest; each map has its own scale.
# Bottom: the occlusion map, all on one scale. Grad-CAM is computed on 8×8 places, and each of them sees a large part of
# the image, so do not read it pixel by pixel. (The time of Grad-CAM holds the building of the model, too.)
#
# ### Why not something else?
#
# A map can be drawn for *every* class, also for wrong ones. Here is the cat's photograph, with the maps of the three
# classes that the network finds most probable.

# %%
most_probable = np.argsort(-probabilities[-1])[:3]
figure, axes = plt.subplots(1, 4, figsize=(10, 2.9))
plots.draw_image(axes[0], pictures[-1], truth[-1])
for axis, label in zip(axes[1:], most_probable, strict=True):
    cam = grad_cam(resnet, images[-1], "features", int(label))
    title = f"{classifier.class_names[label]}, probability {probabilities[-1, label]:.3f}\nlargest value {cam.max():.2f}"
    draw_overlay(axis, pictures[-1] / 255, cam, (-0.5, 31.5, 31.5, -0.5), title)
plots.show(figure, alt="The cat's photograph and three Grad-CAM maps, for the three most probable classes.")


# %% [markdown]
# The colours of each map end at its own largest value. So a map of a class that the network does not believe in looks
# as convincing as the others, unless one reads the numbers.
#
# ### Photographs, and a test of the methods (10 minutes)
#
# Images of 32×32 leave little to point at. **EfficientNet-Lite0** ({{lab pretrained_resnet}}) looks at photographs of 224×224 and
# knows 1,000 classes. A third method is the simplest of all: **saliency** (Simonyan et al. 2013,
# [arXiv:1312.6034](https://arxiv.org/abs/1312.6034)), the gradient of the logit by each pixel.
#
# A method should say something about the *network*. So what does its map look like if all weights are random? If it
# looks the same, the map shows the picture only, and not what the network has learned (Adebayo et al. 2018,
# [arXiv:1810.03292](https://arxiv.org/abs/1810.03292)). **Predict:** do the two methods pass this test?

# %%
def saliency(model, image, label):
    """How much each pixel moves the logit of a class: the largest gradient of its three channels, (H, W)."""
    inside = keras.Model(model.inputs[0], model.get_layer("logits").output)
    pixels = tf.constant(image[np.newaxis], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logit = inside(pixels, training=False)[0, label]
    return np.abs(tape.gradient(logit, pixels)[0]).max(axis=-1)


# %%
lite = pretrained.efficientnet_lite0()
untrained = keras.models.clone_model(lite.network)  # the same layers, random weights
photographs = [
    np.clip(tf.image.resize(datasets.photograph(name), lite.input_size, antialias=True), 0, 255)
    for name in ("chelsea", "coffee", "motorcycle_left")
]
inputs = lite.preprocess_input(np.stack(photographs))
probabilities = predict_with(lite.network)(inputs)
whole = (-0.5, 223.5, 223.5, -0.5)
figure, axes = plt.subplots(3, 5, figsize=(11, 6.8))
for row, photograph, image, one in zip(axes, photographs, inputs, probabilities, strict=True):
    label = int(one.argmax())
    plots.draw_image(row[0], photograph / 255, f"says {lite.class_names[label]}, {one[label]:.2f}")
    for column, network, weights in ((1, lite.network, "trained"), (3, untrained, "random")):
        heat = grad_cam(network, image, "head_relu", label)
        draw_overlay(row[column], photograph / 255, heat, whole, f"Grad-CAM, {weights}")
        slopes = saliency(network, image, label)
        plots.draw_image(row[column + 1], slopes, f"saliency, {weights}")
plots.show(
    figure,
    alt="A cat, a cup of coffee and a motorcycle with Grad-CAM and saliency, of the trained network and of one with "
    "random weights.",
)

# %% [markdown]
# As far as the eye can tell, both pass: with random weights both maps are others. Trained, Grad-CAM lies on the face, the cup, the engine; with random
# weights its spots lie anywhere. Saliency is noisy, but outlines of the cup can be seen; with random weights only a grid
# is left, probably from the strides of the convolutions. Not every method passes. In the paper *guided backpropagation*,
# whose pictures are the finest of all, drew nearly the same edges with random weights: it showed the image, not what the
# network had learned.
#
# ### Your judgement (1 point)
#
# Compare the two methods. Four to six sentences.
#
# | criterion | points |
# | --- | --- |
# | names one image where the maps agree or differ, with the place, and says what each method costs | 0.5 |
# | says whether a plausible map proves that the network is right, with an example from above | 0.5 |

# %% [markdown]
# <!-- WRITTEN maps (1) -->
#
# For the photograph of the cat the maps agree: Grad-CAM lies in the middle of the face, between eyes and nose, and so
# does the occlusion map. For the horse both mark the head. For the ship they differ: Grad-CAM marks a band along the
# water line, the occlusion map is a little orange above and below it, and white at the line itself. Grad-CAM needs one pass forward and one backward, and the inside of the network, and its map has only 8×8
# places. The occlusion map needs 50 images forward, more with a smaller stride, and works for every classifier. The
# milliseconds do not say much here: most of Grad-CAM's go into making a second model for each image. A plausible map proves nothing about the answer. The dog is called a horse (0.59), which is wrong, and
# its Grad-CAM map lies on the pale shapes above the lawn as neatly as any other. And the photograph's map for "bird",
# probability 0.000, shows as neat a spot as the one for "cat". (Numbers depend on the run.)

# %% [markdown]
# ## 7 {{Lab convolution_basics}} again (5 minutes)
#
# In {{lab convolution_basics}} you used kernels that people had designed: Sobel, box blur, sharpen. The first layer of a network has kernels
# of the same size that nobody designed. Do they resemble each other?
#
# As a measure we take the **cosine similarity**: multiply two kernels weight by weight, sum, and divide by both lengths.
# It is 1 for kernels that differ only by a positive factor, 0 for kernels that have nothing in common, -1 for opposite
# ones. An opposite kernel is as good an edge detector, so we compare the absolute value.

# %%
KERNELS = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "box": np.ones((3, 3)),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Laplacian": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    "Sobel x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Prewitt x": np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
    "Prewitt y": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
}


def similarities(filters):
    """The cosine similarity of each filter, (3, 3, K), with each of the KERNELS: (K, kernels)."""
    rows = filters.reshape(9, -1).T
    classic = np.stack([kernel.ravel() for kernel in KERNELS.values()])
    lengths = np.linalg.norm(rows, axis=1)[:, np.newaxis] * np.linalg.norm(classic, axis=1)
    return rows @ classic.T / np.maximum(lengths, 1e-9)


learned = {
    "conv1 (Fashion-MNIST)": np.asarray(conv.get_layer("conv1").kernel)[:, :, 0],
    "ResNet-20 (CIFAR-10), mean of the colours": np.asarray(
        next(layer for layer in resnet.layers if isinstance(layer, layers.Conv2D)).kernel
    ).mean(axis=2),
}
for title, filters in learned.items():
    found = similarities(filters)
    closest = np.argsort(-np.abs(found).max(axis=1))[:8]
    figure, axes = plt.subplots(2, 8, figsize=(11, 3.4))
    spoken = []
    for column, k in zip(axes.T, closest, strict=True):
        name = list(KERNELS)[np.abs(found[k]).argmax()]
        similarity = found[k, list(KERNELS).index(name)]
        signed_name = name if similarity > 0 else f"minus {name}"
        plots.draw_image(column[0], filters[..., k], f"filter {k}", signed=True)
        plots.draw_image(
            column[1], np.sign(similarity) * KERNELS[name], f"{signed_name}\n{abs(similarity):.2f}", signed=True
        )
        spoken.append(f"filter {k} and {signed_name} {abs(similarity):.2f}")
    figure.suptitle(title, fontsize=11)
    plots.show(figure, alt=f"{title}: the eight filters most like a classic kernel: {', '.join(spoken)}.")

# %% [markdown]
# Above: learned filters, the eight that are most like a classic kernel. Below: that kernel, and the similarity. Orange
# is positive, purple negative.
#
# That looks good. But we *chose* the eight best of many, each with the best of eight kernels. How alike would 3×3
# numbers be that are drawn by chance? **Predict:** what is the typical best similarity of a random filter: 0.1, 0.3,
# 0.5?

# %%
random_filters = np.random.default_rng(0).normal(size=(3, 3, 10_000))
figure, axis = plt.subplots(figsize=(8, 3.4))
bins, said = np.linspace(0, 1, 21), []
for (title, filters), colour in zip({"random": random_filters, **learned}.items(), ("0.7", *plots.COLOURS), strict=False):
    strongest = np.abs(similarities(filters)).max(axis=1)
    weights = np.full(len(strongest), 100 / len(strongest))
    style = {"histtype": "stepfilled" if title == "random" else "step", "linewidth": 2}
    axis.hist(strongest, bins, weights=weights, color=colour, label=title, **style)
    said.append(f"{title}: median {np.median(strongest):.2f}, above 0.8: {np.mean(strongest > 0.8):.0%}")
    print(said[-1], f"of {len(strongest):,} filters")
axis.set(xlabel="similarity with the most alike classic kernel", ylabel="filters (%)")
axis.legend(fontsize=9, loc="upper left")
plots.show(
    figure,
    alt=f"Histograms of the best similarity with a classic kernel. {'; '.join(said)}.",
)


# %% [markdown]
# Grey: random filters. Lines: learned ones. Nine numbers against eight kernels: chance alone reaches about 0.5, so a
# similarity of 0.6 says nothing. Only what lies clearly to the right of the grey hill was learned. How much is it for
# each network?
#
# In our run the median was 0.54 for random filters, 0.62 for `conv1` and 0.90 for ResNet-20; above 0.8 were 3 %, 6 % and
# 69 %. So the ResNet-20, trained on 50,000 photographs, found Sobel's kernels by itself, and nobody told it. `conv1` has
# seen few images, and a filter that is trained little stays near its first, random weights: most of its likeness is
# chance.
#
# **Try it:** hide squares of another size in section 5, or ask `grad_cam` for an earlier layer of ResNet-20 (their names
# are in `resnet.summary()`). What do you win in detail, what do you lose in meaning?
#

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for weights and split of this seed."""
    data = datasets.load("fashion_mnist")
    x_train, y_train = prepare(data.x_train, data.y_train, MOST_IMAGES)
    x_test, y_test = prepare(data.x_test, data.y_test, len(data.x_test))
    x_fit, x_val, y_fit, y_val = train_test_split(x_train, y_train, test_size=0.1, stratify=y_train, random_state=seed)
    for run, build in (("dense", build_dense), ("conv", build_conv)):
        profile.seed_everything(seed)
        model = build()
        history = train(model, x_fit, y_fit, x_val, y_val, EPOCHS)
        yield {
            "run": run,
            "metric": "test_accuracy",
            "value": accuracy(model, x_test, y_test),
            "epochs": EPOCHS,
            "seconds": sum(history["seconds"]),
            "data": data.source,
            "history": {name: [round(float(v), 4) for v in values] for name, values in history.items()},
        }


# %% [markdown]
# ## What you have learned
#
# - A second `keras.Model` on the same layers shows what every layer answers, without a copy of the weights.
# - A filter is known by the patches that excite it. Each of them is as large as its receptive field.
# - Filters can die, and a large learning rate kills many.
# - An occlusion map hides and asks again: slow, and good for every classifier. Grad-CAM needs one gradient, and shows
#   coarse places.
# - A plausible map is no proof, and "alike" means little without what chance would reach.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Where to go from here.** This is the last lab. Three ideas to build on your own:
#
# 1. Photograph thirty things of two kinds, train the ResNet-20 of {{lab pretrained_resnet}} on them with a new head, and use Grad-CAM to
#    see whether it looks at the things or at your desk.
# 2. Go the other way: begin with noise and change the *image* by its gradient until a filter of `conv2` is excited most.
#    Does the result look like the patches of section 3?
# 3. Remove the dead filters and the weakest ones from `build_conv`, train on for an epoch, and draw accuracy against
#    the number of weights. How small can the network become?
