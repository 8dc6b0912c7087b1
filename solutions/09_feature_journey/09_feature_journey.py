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
# and which region of a picture decides. At the end you meet the kernels of {{lab convolution_basics}} again.
#
# {{colab}}
#
# **You will learn** to read the outputs of any layer, to find and to make images that excite a filter, to count dead
# filters, and to draw heat maps: by hiding squares of the image, and by gradients (Grad-CAM, saliency).
#
# **You need** {{lab convolution_basics}} (kernels, pooling), {{lab cifar_progression}} (convolutional networks) and
# {{lab pretrained_resnet}} (EfficientNet-Lite0, a network for 1,000 classes).
#
# **Time:** about 120 minutes of work. Running every cell takes about a minute on two CPU cores, and with
# `run_profile="quick"` in the next cell about a minute.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 17 points for code and 3 for written answers: 20 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from checks import core
from checks import feature_journey as checks
from helpers import datasets, insight, plots, pretrained, profile, training, widgets
from helpers.progress import measured, predict

EPOCHS = 20
LAYERS = ["conv1", "pool1", "conv2", "pool2"]  # the stations of the journey

# %% [markdown]
# ## 1 Fashion-MNIST, twice (5 minutes)
#
# Fashion-MNIST is made like MNIST: grey images of 28×28 pixels, ten classes. But it shows clothes, and is harder.

# %%
data = datasets.load("fashion_mnist")
print("You work with", data.source)
first_of_class = [int(np.flatnonzero(data.y_train == k)[0]) for k in range(10)]
plots.image_grid(list(data.x_train[first_of_class]), data.class_names, "One garment of each class.", columns=10, size=1.2)


# %% [markdown]
# One image of each class. Three of the ten are shoes: sandal, sneaker, ankle boot. One is trousers. Remember them.
#
# Now the images are scaled to 0 to 1 and get a channel axis. A tenth of the training images is kept apart for
# validation, the same share of every class (**stratified**).

# %%
def prepare(data, seed):
    """x_fit, x_val, y_fit, y_val, x_test, y_test: images float32 (N, 28, 28, 1) between 0 and 1, and their labels."""
    n, n_test = profile.samples(6_000), profile.samples(len(data.x_test))  # at most: plenty to look inside
    x, x_test = (x[..., np.newaxis].astype("float32") / 255 for x in (data.x_train[:n], data.x_test[:n_test]))
    y, y_test = data.y_train[:n], data.y_test[:n_test]
    return *train_test_split(x, y, test_size=max(10, len(x) // 10), stratify=y, random_state=seed), x_test, y_test


*parts, x_test, y_test = prepare(data, seed=0)
print(f"{len(parts[0]):,} images for training, {len(parts[1]):,} for validation, {len(x_test):,} for the test")
print("the first 100 test labels:", *y_test[:100])


# %% [markdown]
# Two networks. The first is dense: it takes the pixels as one long row. The second has two convolutions of 64 filters,
# each followed by pooling, and the same dense layers at its end. Its layers have names, so that we can ask for them.

# %%
def build_dense(*first_layers):
    """A network for images (28, 28, 1), values 0 to 1, that ends in ten probabilities."""
    last = layers.Flatten(), layers.Dense(128, activation="relu", name="hidden"), layers.Dense(10, activation="softmax")
    return keras.Sequential([keras.Input((28, 28, 1)), *first_layers, *last])


def build_conv():
    """The same with two convolutions and poolings first."""
    conv1, conv2 = (layers.Conv2D(64, 3, activation="relu", name=name) for name in ("conv1", "conv2"))
    pool1, pool2 = (layers.MaxPooling2D(2, name=name) for name in ("pool1", "pool2"))
    return build_dense(conv1, pool1, conv2, pool2)


def train(model, x_train, x_val, y_train, y_val, epochs, learning_rate=0.001):
    """Train with Adam. Returns the history: name -> one value per epoch, with the seconds of each."""
    model.compile(keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    settings = {"validation_data": (x_val, y_val), "callbacks": [training.Clock()], "verbose": 0}
    return model.fit(x_train, y_train, batch_size=64, epochs=epochs, **settings).history



# %% [markdown]
# **Predict:** how much higher will the test accuracy of the convolutional network be?

# %%
predict("gain_by_convolutions", ...)

# %%
networks, histories, reached = {"dense": build_dense, "conv": build_conv}, {}, {}
for name, build in networks.items():
    profile.seed_everything(0)
    model = networks[name] = build()
    histories[name] = train(model, *parts, profile.epochs(EPOCHS))
    reached[name] = model.evaluate(x_test, y_test, verbose=0)[1]
    print(f"{name}: {model.count_params():,} weights, {sum(histories[name]['seconds']):.1f} s, {reached[name]:.3f}")
conv = networks["conv"]
plots.compare_runs(histories, "Accuracy over the epochs of the dense and the convolutional network.")
measured("gain_by_convolutions", reached["conv"] - reached["dense"])

# %% [markdown]
# Solid: training, dashed: validation. The gap between them is what each network learned by heart.
#
# Our figures are means over three seeds, on real images, but only on a small part of Fashion-MNIST, 700 for training
# and validation and 200 for the test: dense 0.807<!-- mean dense test_accuracy -->, conv
# 0.827<!-- mean conv test_accuracy -->. One test image of 200 is 0.005, so do not trust a small difference. With more
# images both get better.
#
# In the rest of this lab nothing is trained to be better. We only look, so looking at test images does no harm.
#
# ## 2 Looking inside (30 minutes)
#
# A Keras network is a chain of tensors: every layer has an `input` and an `output`. A new `keras.Model` may begin and
# end anywhere in this chain. It makes no new weights: it is another view of the same network.
#
# `model.inputs[0]` is where the chain begins (`model.input`, as older code has it, is not known to every Sequential
# network). `model.get_layer(name)` finds a layer by its name, and raises ValueError if there is none.

# %%
conv.summary()


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
# position. Such a picture of answers is called a **feature map**. (We count filters from 0, as Python does.)

# %%
x_look, y_look = x_test[:500], y_test[:500]
inspect = layer_outputs(conv, LAYERS)
maps = {name: np.asarray(output) for name, output in zip(LAYERS, inspect(x_look, training=False), strict=True)}

# %% [markdown]
# **Stuck?** Go on all the same. The next cell sends the images through one layer after the other, which works for this
# network only, and does nothing where your own result exists.

# %%
if "maps" not in globals():
    maps = insight.answers_of_layers(conv, LAYERS, x_look)
for name, values in maps.items():
    print(f"{name}: {values.shape}, values from {values.min():.2f} to {values.max():.2f}")

# %% [markdown]
# ### The journey
#
# Three images of one class, ankle boots, travel through the four stations: what one filter of `conv1` and one of `conv2`
# answer. Filter 1 of `conv1` and filter 1 of `conv2` have nothing in common but the number: each filter of `conv2` looks
# at *all* 64 maps of `pool1`.

# %%
boots = np.flatnonzero(y_look == data.class_names.index("Ankle boot"))[:3]
shown = [one for k in boots for one in (x_look[k, ..., 0], *(maps[name][k, ..., 1] for name in LAYERS))]
plots.image_grid(shown, len(boots) * ["image", *LAYERS], "Three boots, and filter 1 of each layer.", size=1.9)

# %% [markdown]
# Rows: three boots. Columns: the image, then what one filter of the first convolution answers, before and after
# pooling, and one of the second. Bright is a strong answer, black is 0. What stays the same from boot to boot? Where do
# you no longer recognise one?
#
# And the other filters? Here are all maps of a layer on one sheet. Move the sliders: image, layer. (They need a running
# notebook; below, for print and screen readers, is one setting of them. The sheet counts maps from 1: map 2 is filter 1.)
# Which maps look like outlines?

# %%
widgets.layer_explorer(conv, x_look)

# %%
widgets.layer_explorer(conv, x_look).static(image=int(boots[0]), layer=1)

# %% [markdown]
# ### What do shoes have in common?
#
# Somewhere among the 64 filters of `conv2` there may be one that answers to shoes, of all three kinds, and hardly to
# anything else. To try all of them by hand is tedious. So we rank them: the mean answer to the wanted classes, minus the
# mean answer to the rest, in units of the standard deviation over all images.

# %%
chosen, wanted = [], {"shoes": ("Sandal", "Sneaker", "Ankle boot"), "trousers": ("Trouser",)}
for what, names in wanted.items():
    scores = insight.rank_filters(maps["conv2"], y_look, [data.class_names.index(name) for name in names])
    chosen += np.argsort(-scores)[:2].tolist()
    print(f"{what}:", ", ".join(f"filter {k} ({scores[k]:.1f})" for k in np.argsort(-scores)[:5]))

# %%
examples = [int(np.flatnonzero(y_look == label)[0]) for label in range(10)]
shown, titles = list(x_look[examples, ..., 0]), list(data.class_names)
for filter in chosen:
    answers = maps["conv2"][..., filter]
    shown += list(answers[examples] / (answers[examples].max() or 1))
    titles += [f"{filter}: {answers[y_look == label].mean():.2f}" for label in range(10)]
alt = f"Ten garments, and what the filters {chosen} of conv2 answer to them; filter and mean answer: {titles[10:]}."
plots.image_grid(shown, titles, alt, columns=10, limit=1, size=1.2)

# %% [markdown]
# First row: one garment of each class. Below it four filters, the two that tell shoes best from the rest and the two for
# trousers: where the filter answers, and its mean answer to the whole class.
#
# ### Your findings (1 point)
#
# What do shoes have in common, for this network, and what trousers? Choose one filter for each, with the sliders or from
# the lists. Four to six sentences.
#
# | criterion | points |
# | --- | --- |
# | names one filter for shoes and one for trousers, with mean answers to these and to other classes | 0.5 |
# | says what the filter answers to (edges, shapes, where) and names a class or an image that does not fit | 0.5 |

# %% [markdown]
# <!-- WRITTEN shoes (1) -->
#
# For shoes I chose filter 11<!-- our journey shoes.filter --> of `conv2`: its mean answer is
# 0.31<!-- our journey shoes.Sandal --> for sandals, 0.30<!-- our journey shoes.Sneaker --> for sneakers and
# 0.28<!-- our journey shoes.Ankle_boot --> for ankle boots, but only 0.09<!-- our journey shoes.Pullover --> for
# pullovers. Its maps are bright along the upper outline of a shoe, level or sloping: dark above, bright below. So what
# shoes have in common is that they lie, with a long upper edge in the middle of the image; the filter has no idea of heels
# or laces. Bags do not fit: 0.22<!-- our journey shoes.Bag -->, for their upper edge is just such a line. For trousers I
# chose filter 7<!-- our journey trousers.filter -->: 0.33<!-- our journey trousers.Trouser --> for trousers,
# 0.26<!-- our journey trousers.Dress --> for dresses, and 0.16<!-- our journey trousers.Bag --> for bags. It answers to
# upright edges, most of all in the narrow dark gap between the legs, which no other garment has. The dress does not fit
# well: it is long and narrow, too, and its sides are upright. (Numbers and filters depend on the run.)

# %% [markdown]
# ### The end of the journey
#
# After the last pooling comes a dense layer: 128 numbers for each image. Two directions in which they differ most
# (**principal components**, PCA) make a map of all images. **Predict:** which class will lie nearest to the sneakers?

# %%
predict("nearest_to_sneakers", ..., data.class_names)

# %%
places = PCA(2).fit_transform(insight.answers_of_layers(conv, ["hidden"], x_look)["hidden"])
middles = np.stack([np.median(places[y_look == label], axis=0) for label in range(10)])
distances = np.linalg.norm(middles - middles[data.class_names.index("Sneaker")], axis=1)
near = data.class_names[np.argsort(distances)[1]]
plots.class_map(places, y_look, data.class_names, f"A map of the images; the class nearest to the sneakers is {near}.")
measured("nearest_to_sneakers", near)


# %% [markdown]
# Each point is an image; the two axes are the two directions. The network was told only that the classes differ, and not
# which are alike. Still, shoes lie near shoes, and shirts near coats and pullovers: neighbours share features. (Two
# directions of 128 show only a part: classes that overlap here may be separate in other directions.)
#
# ## 3 What excites a filter, and what kills it? (25 minutes)
#
# Turn the question round: do not choose an image and look at filters, choose a filter and look for the images. Which
# images make it answer most strongly, and at which position?
#
# A filter answers at every position of an image. Its response to the image is the **maximum** over the positions: one
# small patch that fits is enough. So each image counts once, with its strongest position.

# %%
# EXERCISE most_exciting (4)
def most_exciting(activations, filter, top):
    """The images that excite a filter most, and where.

    activations: what a layer answers to N images, array (N, H, W, K), for K filters. It stays as it is.
    filter: which of the K filters, counted from 0. top: how many images, at most N.
    Returns two arrays of whole numbers. First the indices of the images, (top,), the one with the largest maximum of
    this filter first; each image at most once. Then the position of the maximum in each of these images, (top, 2): row and
    column, counted from 0.

    Example: if images 8 and 3 have their maxima, 0.9 and 0.7, in row 1, column 4 and in row 0, column 2, and all other
    images have smaller ones, then for top = 2 the result is [8, 3] and [[1, 4], [0, 2]].
    """
    ### BEGIN SOLUTION
    answers = activations[..., filter]
    flat = answers.reshape(len(answers), -1)  # all positions of an image in a row
    indices = np.argsort(-flat.max(axis=1))[:top]
    rows, columns = np.unravel_index(flat[indices].argmax(axis=1), answers.shape[1:])
    return indices, np.stack([rows, columns], axis=1)
    ### END SOLUTION


# %% [markdown]
# Which pixels can one position of `conv2` see? It sees 3×3 positions of `pool1`, each of which sees 2×2 of `conv1`, and
# each of those 3×3 pixels. Together that is a patch of 8×8 pixels, its **receptive field**: for the position (row,
# column) it begins at the pixel (2 · row, 2 · column), because pooling moves on by two pixels.
#
# Will the framed patches of one filter look alike?

# %%
filters = [filter for filter in (*chosen, 0, 1) for _ in range(9)]
found = [one for filter in (*chosen, 0, 1) for one in zip(*most_exciting(maps["conv2"], filter, 9), strict=True)]
titles = [f"{filter}: {data.class_names[y_look[k]]}" for filter, (k, _) in zip(filters, found, strict=True)]
frames = [[(2 * row, 2 * column, 8, 8)] for _, (row, column) in found]
alt = f"For each of the filters {chosen}, 0 and 1 of conv2 the nine test images that excite it most, framed where."
plots.image_grid([x_look[k, ..., 0] for k, _ in found], titles, alt, columns=9, size=1.25, frames=frames)

# %% [markdown]
# Each row: one filter, the most exciting image first. Frames tell more than classes: look for what the framed patches
# share, for example an edge of one direction, a corner, a strap, the gap between two legs. A filter of `conv2` knows
# nothing of shoes; it knows 8×8 pixels.
#
# ### Dead filters
#
# ReLU turns every negative number to 0. A filter whose sum is negative at every position of every image answers 0, always.
# We call it **dead**. How many are there, of 64 in each layer?

# %%
print({name: int(np.sum(maps[name].max(axis=(0, 1, 2)) == 0)) for name in ("conv1", "conv2")})

# %% [markdown]
# What kills filters? Two copies of the same network, both trained for five epochs from the same weights, one with the
# usual learning rate, one with a rate 20 times as large; one run each. (The ± behind a test accuracy is its standard
# error: with 200 other images it would easily be off by that much, or by twice as much.) **Predict:** how many of the
# 64 filters of `conv1` will be dead with the large rate?

# %%
predict("dead_filters", ...)

# %%
for rate in (0.001, 0.02):
    profile.seed_everything(0)
    network = build_conv()
    train(network, *parts, profile.epochs(5), learning_rate=rate)
    answers = insight.answers_of_layers(network, ["conv1", "conv2"], x_look)
    dead = {name: int(np.sum(values.max(axis=(0, 1, 2)) == 0)) for name, values in answers.items()}
    right = network.evaluate(x_test, y_test, verbose=0)[1]
    print(f"rate {rate}: dead {dead}, test accuracy {right:.3f} ± {np.sqrt(right * (1 - right) / len(x_test)):.3f}")
measured("dead_filters", float(dead["conv1"]))


# %% [markdown]
# ### Your explanation (1 point)
#
# How does a filter die, and why does it stay dead? Did the dead filters harm the network, and what keeps filters
# alive? Four to eight sentences, with your numbers.
#
# | criterion | points |
# | --- | --- |
# | says how a filter dies and why it stays dead (what is its gradient?) | 0.5 |
# | says what the two test accuracies show about the harm, with their ±, and names something that keeps filters alive | 0.5 |

# %% [markdown]
# <!-- WRITTEN dead (1) -->
#
# A filter dies when a step of the training, usually too large a one, moves its weights and bias so far that its sum is
# negative at every position of every image. ReLU then gives 0 everywhere, and its gradient is 0 there as well, so the
# filter gets no more correction and stays as it is. With the usual rate I counted
# 1<!-- our journey dead.usual.conv1 --> of 64 dead filters in conv1 and 1<!-- our journey dead.usual.conv2 --> in conv2,
# with a rate of 0.02 it was 59<!-- our journey dead.hasty.conv1 --> and 41<!-- our journey dead.hasty.conv2 -->. All the
# same the test accuracies were 0.775<!-- our journey dead.usual.accuracy --> ±
# 0.03<!-- our journey dead.usual.error --> and 0.815<!-- our journey dead.hasty.accuracy --> ±
# 0.03<!-- our journey dead.hasty.error -->: 200 images show no harm, although nearly all filters of conv1 are gone. Perhaps
# a few outlines are enough for garments. A harder task may need more of them, and a network that has
# lost filters cannot get them back; but that would have to be measured. What helps is a smaller learning rate, or one that
# rises slowly at the beginning, batch normalisation, which moves the sums back around 0, or an activation such as leaky
# ReLU, whose gradient is never exactly 0. I looked at 200 images only: a filter that is silent here may still answer to
# another image.

# %% [markdown]
# ## 4 Hide a square, watch the answer (20 minutes)
#
# Which region of an image does the network need for its answer? Hide a square and ask again. If the probability of its
# answer falls, the square was needed. Do it for a grey square at every position, and you get an **occlusion map** (Zeiler
# & Fergus 2014, [arXiv:1311.2901](https://arxiv.org/abs/1311.2901)).
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
# (`insight.log_odds_with` makes it, `insight.predict_with` the one that returns probabilities.)
#
# The map lies on a grey copy of the image, each cell where its square was. **Predict:** where does a square on the
# ankle boot cost the network most of its certainty?

# %%
predict("hide_the_boot", ..., ["upper half", "lower half"])

# %%
shown = [examples[data.class_names.index(name)] for name in ("Ankle boot", "Sneaker", "Trouser", "Dress", "Bag")]
probabilities = insight.predict_with(conv)(x_look[shown])
said = [f"{data.class_names[one.argmax()]}, {one.max():.2f}" for one in probabilities]
pairs = list(zip(x_look[shown], probabilities.argmax(axis=1), strict=True))
drops = [occlusion_map(insight.log_odds_with(conv), image, label, 8, 2) for image, label in pairs]
alt = f"Five garments with the network's answers, {said}, and their occlusion maps."
plots.heat_maps(list(x_look[shown, ..., 0]), said, {"drop of the log odds": drops}, alt, squares=(8, 2))
measured("hide_the_boot", "upper half" if drops[0].max(axis=1).argmax() < len(drops[0]) / 2 else "lower half")


# %% [markdown]
# Above: the image, the network's answer and its probability. Below, on one scale: orange where hiding makes the network
# less sure, white where it does not matter, purple where it makes it *more* sure. The rim has no colour, because no
# square has its middle there. Replace `log_odds_with` by `predict_with`: where the network is sure, the map turns white.
#
# Look where the darkest cells are. In our run the boot's lie in the black corner before its shaft, the trousers'
# between the legs, the bag's inside the handle. Hardly anything was hidden there: the grey square *filled a gap* that
# the network needs. So a square also adds something, and its edges are new; the map does not tell one from the other.
#
# ## 5 Grad-CAM (35 minutes)
#
# An occlusion map asks the network once for each square. **Grad-CAM** (Selvaraju et al. 2017,
# [arXiv:1610.02391](https://arxiv.org/abs/1610.02391)) asks once, forward and backward. The idea: take the last feature
# maps $A_k$, where positions are still kept. How much would the **logit** $z$ of a class rise if map $k$ became a little
# brighter? That is a gradient. Its mean over the positions is the weight of the map:
#
# $$\alpha_k = \frac{1}{h \cdot w} \sum_{i, j} \frac{\partial z}{\partial A_k[i, j]} \qquad
# \text{map}[i, j] = \mathrm{ReLU}\left(\sum_k \alpha_k \, A_k[i, j]\right)$$
#
# The ReLU at the end keeps what speaks *for* the class. We take the logit, the number before softmax, because a
# probability also rises when other classes fall, and hardly moves when it is near 1.
#
# `tf.GradientTape` records what is computed inside its `with` block; `tape.gradient(y, x)` then says how y changes with
# x. A small example: the gradient of $x^2$ at 3 is 6.
#
#     with tf.GradientTape() as tape:
#         x = tf.constant([1.0, 3.0])
#         tape.watch(x)  # for a constant one has to ask; what comes out of trainable layers is watched by itself
#         y = x[1] ** 2
#     tape.gradient(y, x)  # [0, 6]

# %%
# EXERCISE grad_cam (5)
def grad_cam(model, image, layer_name, label):
    """Where an image holds what speaks for a class, by Grad-CAM.

    model: a functional classifier, perhaps with branches, as residual blocks have them; its last layers are one named
    "logits" and a softmax. It stays as it is.
    image: array (H, W, C), preprocessed as the model wants it.
    layer_name: a layer with feature maps (h, w, K). label: the class, counted from 0.
    Returns the map of the formula above, an array (h, w) of floats: not resized to the image, not scaled to 0..1.
    Dropout and batch normalisation must not be in training mode.

    Example: grad_cam(lite.network, images[0], "head_relu", 3) is an array (7, 7), nowhere below 0.
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
# Images of 28×28 leave little to point at. **EfficientNet-Lite0** ({{lab pretrained_resnet}}) looks at photographs of
# 224×224 and knows 1,000 classes. Its last feature maps, the layer `head_relu`, are 1,280 maps of 7×7. We ask for the map
# of the class that the network **says**, right or wrong, and put the occlusion map of the same answer below it, with
# squares of 56×56 pixels, 28 pixels apart: 7×7 values, too. **Predict:** how strongly do the two maps correlate, on average
# over five photographs, from -1 to 1?

# %%
predict("maps_correlate", ...)

# %%
lite = pretrained.efficientnet_lite0()
names = profile.some(("chelsea", "coffee", "motorcycle_left", "rocket", "astronaut"))
photographs = np.stack([datasets.photograph(name, lite.input_size) for name in names])
inputs = lite.preprocess_input(photographs)
probabilities = insight.predict_with(lite.network)(inputs)
said = [f"{lite.class_names[one.argmax()]}, {one.max():.2f}" for one in probabilities]
pairs = list(zip(inputs, map(int, probabilities.argmax(axis=1)), strict=True))
cams = [grad_cam(lite.network, image, "head_relu", label) for image, label in pairs]
drops = [occlusion_map(insight.log_odds_with(lite.network), *pair, 56, 28) for pair in pairs]
alt = f"Five photographs with the network's answer, {said}; below each its Grad-CAM map and its occlusion map."
plots.heat_maps(photographs, said, {"Grad-CAM": cams, "drop of the log odds": drops}, alt, squares=(56, 28))
measured("maps_correlate", insight.correlation(cams, drops))

# %% [markdown]
# Top: the photograph and the network's answer. Middle: Grad-CAM, yellow where it is strongest; each map has its own scale.
# Bottom: the occlusion map, all on one scale. Grad-CAM is computed on 7×7 positions, and each of them sees a large region,
# so do not read it pixel by pixel. It takes one pass forward and one backward; the occlusion map takes 50 images forward.
#
# A map can be drawn for *every* class, also for wrong ones. Here are the cat's maps for "espresso" and "moped".

# %%
others = [lite.class_names.index(name) for name in ("espresso", "moped")]
cams_of_others = [grad_cam(lite.network, inputs[0], "head_relu", label) for label in others]
plots.heat_maps(photographs[[0, 0]], ["espresso?", "moped?"], {"Grad-CAM": cams_of_others}, "The cat with both maps.")

# %% [markdown]
# The colours of each map end at its own largest value. So a map of a class that the network does not believe in looks
# as convincing as the others.
#
# ### A test of the methods
#
# A method should say something about the *network*. So what does its map look like if all weights are random? If it
# looks the same, the map shows the picture only, and not what the network has learned (Adebayo et al. 2018,
# [arXiv:1810.03292](https://arxiv.org/abs/1810.03292)). We add a third method, the simplest of all: **saliency**
# (Simonyan et al. 2013, [arXiv:1312.6034](https://arxiv.org/abs/1312.6034)), the gradient of the logit by each pixel;
# `helpers/insight.py` has its eight lines. **Predict:** how strongly does the saliency of the trained network correlate
# with that of the random one?

# %%
predict("saliency_of_random_weights", ...)

# %%
rows, untrained = {}, keras.models.clone_model(lite.network)
for weights, network in {"trained": lite.network, "random": untrained}.items():
    rows[f"Grad-CAM, {weights}"] = [grad_cam(network, image, "head_relu", label) for image, label in pairs]
    rows[f"saliency, {weights}"] = [insight.saliency(network, image, label) for image, label in pairs]
plots.heat_maps(photographs, said, rows, "Grad-CAM and saliency, of the trained network and of one with random weights.")
print(f"Grad-CAM, trained and random: {insight.correlation(rows['Grad-CAM, trained'], rows['Grad-CAM, random']):.2f}")
measured("saliency_of_random_weights", insight.correlation(rows["saliency, trained"], rows["saliency, random"]))

# %% [markdown]
# Both pass: with random weights both maps are others, and hardly correlate with the trained network's. Trained, Grad-CAM
# lies on the face, the cup, the engine; with random weights its spots lie anywhere. Saliency is noisy, but outlines of the
# cup can be seen; with random weights only a grid is left, probably from the strides of the convolutions. Not every method
# passes. In the paper *guided backpropagation*, whose pictures look the sharpest, drew nearly the same edges with
# random weights: it showed the image, not what the network had learned.
#
# ### Your judgement (1 point)
#
# Compare Grad-CAM and the occlusion map. Four to eight sentences.
#
# | criterion | points |
# | --- | --- |
# | names one image where the two maps agree or differ, and where, and says what each method costs | 0.5 |
# | says whether a plausible map proves that the network is right, with an example from above | 0.5 |

# %% [markdown]
# <!-- WRITTEN maps (1) -->
#
# For the cup of coffee the maps agree: Grad-CAM is strongest at the coffee in the cup, and hiding this region costs
# most. For the astronaut both mark the helmet at the lower right, but the occlusion map also the hair and the neck,
# where Grad-CAM is weak. For the rocket they differ: Grad-CAM marks the middle of its body, the occlusion map nearly
# the whole sky. Grad-CAM needs one pass forward and one backward, and the inside of the network, and its map has only
# 7×7 values. The occlusion map needs 50 images forward, more with a smaller stride, and works for every classifier. A
# plausible map proves nothing about the answer. The rocket is called a drilling rig, which is wrong, and its map lies
# on the rocket as neatly as any other. And the cat's map for "moped" shows as neat a spot as the one for its own class.

# %% [markdown]
# ### Images made for a filter
#
# Section 3 searched for images that excite a filter. One can also *make* them: begin with noise, and change the image by
# its gradient, step by step, until the filter answers strongly (**gradient ascent**). Here for four filters each of an
# early, a middle and a late layer of EfficientNet-Lite0.

# %%
network = pretrained.resized(lite.network, 96, 96)
stages = ("block2b_add", "block4c_add", "block6d_add")
made = [image for layer in stages for image in insight.excite(network, layer, [0, 1, 2, 3])]
plots.image_grid(made, np.repeat(stages, 4), "Images made for four filters each of three layers.", columns=4, size=2)

# %% [markdown]
# One row for each layer: stripes in the early one, patterns like cells in the middle one, bent outlines in the late one.
# The deeper the layer, the larger is what it looks for. None of the images looks like a thing: a texture is enough to
# raise the mean answer of one filter, and nothing here asks for a natural image.

# %% [markdown]
# ## 6 {{Lab convolution_basics}} again (5 minutes)
#
# In {{lab convolution_basics}} you used kernels that people had designed. The first layer of a network has kernels of the
# same size that nobody designed. Here are those of EfficientNet-Lite0 in colour, as they multiply red, green and blue;
# the last row holds hand-made ones.

# %%
shown = [*np.moveaxis(insight.first_kernels(lite.network), -1, 0)]
shown += [np.repeat(kernel[..., np.newaxis], 3, axis=-1) for kernel in insight.CLASSIC_KERNELS.values()]
shown = [0.5 + kernel / (2 * max(np.abs(kernel).max(), 0.1)) for kernel in shown]
plots.image_grid(shown, [*range(32), *insight.CLASSIC_KERNELS], "First kernels, learned and hand-made.", 8, size=1.1)

# %% [markdown]
# Grey is 0, brighter is positive. Some are edges like Sobel's, many are a blob of one colour, which no hand-made kernel is;
# and some are grey all over: dead.
#
# How alike are they? As a measure we take the **cosine similarity**: multiply two kernels weight by weight, sum, and
# divide by both lengths. It is 1 for kernels that differ only by a positive factor, 0 for kernels that have nothing in
# common, -1 for opposite ones. An opposite kernel is as good an edge detector, so we compare the absolute value, and take
# the best of the eight. But how alike would 3×3 numbers be that are drawn by chance? **Predict:** what is the median best
# similarity of a random kernel?

# %%
predict("similarity_by_chance", ...)

# %%
trained = {"Fashion-MNIST": conv, "ResNet-20": pretrained.resnet20().network, "Lite0": lite.network}
found = {"random": insight.best_similarities(np.random.default_rng(0).normal(size=(3, 3, 10_000)))}
found |= {name: insight.best_similarities(insight.first_kernels(network).mean(axis=2)) for name, network in trained.items()}
labelled = {f"{name}, median {np.median(x):.2f}": x for name, x in found.items()}
alt = f"Histograms: {'; '.join(labelled)}."
plots.histograms(labelled, alt, "best similarity with a hand-made kernel", np.linspace(0, 1, 21), "kernels")
measured("similarity_by_chance", float(np.median(found["random"])))


# %% [markdown]
# Grey: random kernels. Lines: learned ones, the mean of their colours. Nine numbers against eight kernels: chance alone
# reaches about 0.5, so for a single kernel 0.6 says nothing. Only what lies clearly to the right of the grey hill is a
# likeness that chance does not explain.
#
# In our run the median was 0.54<!-- our journey similar.random --> for random kernels,
# 0.61<!-- our journey similar.Fashion_MNIST --> for `conv1`, 0.90<!-- our journey similar.ResNet_20 --> for ResNet-20
# and 0.60<!-- our journey similar.Lite0 --> for EfficientNet-Lite0. So ResNet-20 found such kernels by itself, and
# nobody told it. EfficientNet-Lite0 did not: most of its kernels look at colours. `conv1` has seen few images, and a
# filter that is trained little stays near its first, random weights: its median is hardly more than chance gives.
#
# **Try it:** hide squares of another size in section 4, or ask `grad_cam` for an earlier layer (their names are in
# `lite.network.summary()`). What do you win in detail, what do you lose in meaning?

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for weights and split of this seed."""
    data = datasets.load("fashion_mnist")
    *parts, x_test, y_test = prepare(data, seed)
    for run, build in (("dense", build_dense), ("conv", build_conv)):
        profile.seed_everything(seed)
        model = build()
        history = train(model, *parts, EPOCHS)
        yield {
            "run": run,
            "metric": "test_accuracy",
            "value": model.evaluate(x_test, y_test, verbose=0)[1],
            "epochs": EPOCHS,
            "seconds": sum(history["seconds"]),
            "data": data.source,
            "history": {name: [round(float(v), 4) for v in values] for name, values in history.items()},
        }
    if seed == 0:
        found = seen_in(model, x_test[:500], y_test[:500], data.class_names) | dead_filters(parts, x_test, y_test)
        yield {"run": "journey", "history": {name: round(float(value), 4) for name, value in found.items()}}


def seen_in(conv, x, y, names):
    """What the text says of the filters and the first kernels: of the best filter for shoes and for trousers, the means."""
    maps, found = insight.answers_of_layers(conv, ["conv2"], x)["conv2"], {}
    for what, wanted in {"shoes": ("Sandal", "Sneaker", "Ankle boot"), "trousers": ("Trouser",)}.items():
        best = int(insight.rank_filters(maps, y, [names.index(name) for name in wanted]).argmax())
        found[f"{what}.filter"] = best
        for label, name in enumerate(names):
            found[f"{what}.{name.replace(' ', '_').replace('/', '_')}"] = maps[y == label, ..., best].mean()
    found["similar.random"] = np.median(insight.best_similarities(np.random.default_rng(0).normal(size=(3, 3, 10_000))))
    trained = {"ResNet_20": pretrained.resnet20().network, "Lite0": pretrained.efficientnet_lite0().network}
    for name, network in ({"Fashion_MNIST": conv} | trained).items():
        found[f"similar.{name}"] = np.median(insight.best_similarities(insight.first_kernels(network).mean(axis=2)))
    return found


def dead_filters(parts, x, y):
    """Dead filters and test accuracy after five epochs with two learning rates."""
    found = {}
    for rate, learning_rate in (("usual", 0.001), ("hasty", 0.02)):
        profile.seed_everything(0)
        network = build_conv()
        train(network, *parts, 5, learning_rate=learning_rate)
        maps = insight.answers_of_layers(network, ["conv1", "conv2"], x[:500])
        reached = network.evaluate(x, y, verbose=0)[1]
        figures = {name: np.sum(values.max(axis=(0, 1, 2)) == 0) for name, values in maps.items()}
        figures |= {"accuracy": reached, "error": np.sqrt(reached * (1 - reached) / len(x))}
        found |= {f"dead.{rate}.{name}": value for name, value in figures.items()}
    return found


# %% [markdown]
# ## What you have learned
#
# - A second `keras.Model` on the same layers shows what every layer answers, without a copy of the weights.
# - A filter is known by the patches that excite it. Each of them is as large as its receptive field.
# - Filters can die, and a large learning rate kills many.
# - An occlusion map hides and asks again: slow, and good for every classifier. Grad-CAM needs one gradient, and shows
#   coarse regions.
# - A plausible map is no proof, and "alike" means little without what chance would reach.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Where to go from here.** Two ideas to build on your own:
#
# 1. Photograph thirty things of two kinds, give them to the folder loader of {{lab pretrained_resnet}}, and use Grad-CAM to
#    see whether the network looks at the things or at your desk.
# 2. Remove the dead filters and the weakest ones from `build_conv`, train on for an epoch, and draw accuracy against
#    the number of weights. How small can the network become?
