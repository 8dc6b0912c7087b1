# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · The speed run: how good can CIFAR-10 get in a coffee break?
#
# The same images, about as many multiplications as thirty epochs of network d, and six points more (with six looks at
# each image) than d reached with augmentation in twenty: by understanding, not by patience. You write the ingredients
# of a famous recipe, and then find out which of them did it.
#
# {{colab}}
#
# **You will learn** to count the work of a training, to whiten images, to start a network well, to write a loss, a
# learning rate and a layer of your own, and to judge by leaving things out, with chance in view.
#
# **You need** {{lab cifar_progression}} (network d, multiply-adds), {{lab configurable_cnn}} (batch normalisation) and
# {{lab augmentation}} (flips and shifts); from mathematics covariance and eigenvalues.
#
# **Time:** about 120 minutes of work. Running every cell takes about 4 minutes on two CPU cores, since our trained
# network is loaded, and with `run_profile="quick"` in the next cell about 2 minutes, on few images. The
# whole training is much longer without a GPU; section 5 says how long.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 16 points for code and 3 for a written answer: 19 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from scipy import stats

from checks import core
from checks import speed_run as checks
from helpers import datasets, networks, plots, pretrained, profile, training
from helpers.progress import measured, predict

LAB = "10_speed_run"
EPOCHS = 13
TRAIN = False  # True trains for as long as section 5 says; False loads our trained network

# %% [markdown]
# ## 1 The budget (5 minutes)
#
# A person who sorts CIFAR-10's images gets about 0.94<!-- published person test_accuracy --> of them right. In 2024 a small
# network reached the same after 9.9<!-- published airbench94 epochs --> epochs, in
# 3.8<!-- published airbench94 seconds --> seconds on a GPU (K. Jordan, arXiv 2404.00498). This lab takes its recipe apart.
#
# Seconds depend on the machine, epochs on the network. **Multiply-adds** depend on neither, so work is counted in them.
# {{Lab cifar_progression}} counted those of one image on its way through the network. A training step does about three
# times as much: forward, then backward once for the values and once for the weights. That holds for all networks here,
# so the way forward is enough to compare them.

# %%
training.use_fast_precision()
data = datasets.load("cifar10")
x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data)
print("You work with", data.source)

resnet20, d = pretrained.resnet20().network, training.reference_model("03_cifar_progression", "d")
budget = 30 * networks.multiply_adds(d)  # per training image

# %% [markdown]
# The **budget** of this lab: thirty epochs of network d. ResNet-20, the course's own pretrained network, was trained for
# 164 epochs, with all 50,000 training images instead of 45,000. **Predict:** how many budgets did that cost?

# %%
predict("resnet20_in_budgets", ...)

# %%
measured("resnet20_in_budgets", 164 * 50 / 45 * networks.multiply_adds(resnet20) / budget)
board = training.reference_run(LAB, "board")  # of the labs before: network -> (work in budgets, test accuracy)
person = training.published(LAB, "test_accuracy")["person"]
axes = {"level": person, "xlabel": "work of the training, in budgets", "ylabel": "test accuracy"}
plots.trade_off(board, "Accuracy over work: networks a to d rise from left to right; ResNet-20 lies far right.", **axes)


# %% [markdown]
# Each step to the right is ten times the work; 10⁰ is one budget. The dotted line is the person. (All figures of this
# lab were measured with a JPEG copy of CIFAR-10, perhaps a little harder than the original: ResNet-20 has
# 0.902<!-- mean 08_pretrained_resnet:resnet20 test_accuracy --> here, and
# 0.9125<!-- published 08_pretrained_resnet:resnet20 test_accuracy --> was published.)
#
# ## 2 A good start (30 minutes)
#
# ### A first layer that nobody trains
#
# Neighbouring pixels are nearly equal, and so are the three colours of a pixel. So the twelve values of a patch of 2×2
# pixels say nearly the same thing twelve times. **Whitening** turns them into twelve numbers that do not correlate and all
# vary equally, so that brightness no longer drowns the differences. First cut out the patches:

# %%
def take_patches(images, size):
    """All patches of size×size pixels: (N, H, W, C) gives (N', size, size, C)."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    return np.moveaxis(windows, 3, -1).reshape(-1, size, size, images.shape[-1])


patches = take_patches(x_train[:1000], 2)

# %% [markdown]
# The **covariance matrix** of the twelve numbers has twelve eigenvectors $v$: patterns whose strengths do not correlate.
# The eigenvalue $\lambda$ is the variance of the patches along $v$. So $v \cdot \text{patch}$ has variance
# $\lambda$, and divided by $\sqrt{\lambda + \varepsilon}$ it has a variance of nearly 1. The small $\varepsilon$ keeps
# patterns that hardly occur from being blown up to noise.
#
# Such a product with every patch is a convolution. After it comes an activation that lets little through below 0. So that
# nothing is lost, each filter is used twice, once with the sign changed. **Predict:** which fraction of the whole variance
# belongs to the strongest pattern alone? (If all twelve were equal, it would be 1/12.) And what will it look like?

# %%
predict("variance_of_the_strongest", ...)


# %%
# EXERCISE whitening_kernel (3)
def whitening_kernel(patches, epsilon):
    """Return a convolution kernel that whitens patches.

    patches: (N, h, w, C), not changed. epsilon: added to each eigenvalue of the covariance, under the root.
    Returns an array (h, w, C, 2n), where n = h·w·C: n filters, eigenvectors divided by the root of their eigenvalue plus
    epsilon, in any order, and then the same filters with their signs changed.

    Example: whitening_kernel(take_patches(x_train[:100], 2), 0.0005).shape is (2, 2, 3, 24).
    """
    ### BEGIN SOLUTION
    flat = patches.reshape(len(patches), -1)
    values, vectors = np.linalg.eigh(np.cov(flat, rowvar=False))  # an eigenvector in each column
    filters = vectors / np.sqrt(values + epsilon)
    return np.concatenate([filters, -filters], axis=1).reshape(*patches.shape[1:], -1)
    ### END SOLUTION


# %%
kernel = whitening_kernel(patches, 0.0005)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists.

# %%
if "kernel" not in globals():
    kernel = training.reference_model(LAB, "speed_run").layers[0].kernel.numpy()

variances = 1 / np.square(kernel).sum(axis=(0, 1, 2))[:12]  # of the patches along each pattern, plus epsilon
ranked = kernel[..., np.argsort(-variances)]
plots.kernel_grid(ranked, "Twelve kernels of 2×2 pixels: even colours and edges first, contrasts of colours last.", 12)
measured("variance_of_the_strongest", variances.max() / variances.sum())

# %% [markdown]
# The strongest pattern comes first: all four pixels and all three colours go up or down together. Each colour here is a
# weight for red, green and blue; middle grey would be 0.
#
# Do these kernels whiten? That is not a fair question for the patches they were made of, so ask it of validation
# images. Here is the covariance matrix of the twelve numbers, before and after.

# %%
fresh = take_patches(x_val[:200], 2).reshape(-1, 12)
matrices = [np.cov(values, rowvar=False) for values in (fresh, fresh @ ranked.reshape(12, 12))]
alt = "Covariance matrices: before, all values are large; after, only the diagonal, and its end less than the rest."
plots.image_grid(matrices, ["the pixels", "after whitening"], alt, signed=True, limit=1, size=3)


# %% [markdown]
# White is 0, the darkest orange is 1. Before, every two numbers vary together. After, hardly any two do, and the
# variances on the diagonal are near 1. Only those of the weakest patterns stay below 1: there $\varepsilon$ is no
# longer small beside $\lambda$.
#
# ### Layers that do nothing, at first
#
# A new convolution mixes its input at random, and six of them in a row destroy much. If instead filter $k$ hands on
# channel $k$ as it is, the network begins as a short one, and each layer learns what it can add. (You met the idea in
# {{lab pretrained_resnet}}: there the shortcut hands the input on.)

# %%
# EXERCISE with_identity (1)
def with_identity(kernel):
    """Return a copy of a kernel whose first filters hand on one channel each; the others stay as they are.

    kernel: (h, w, channels, filters), h and w odd, not changed. Filter k of the first min(channels, filters) holds a 1 at
    its centre for channel k, and 0 everywhere else.

    Example: a convolution with with_identity(np.zeros((3, 3, 4, 4))) and border "same" gives back its input.
    """
    ### BEGIN SOLUTION
    changed = kernel.copy()
    row, column = kernel.shape[0] // 2, kernel.shape[1] // 2
    for k in range(min(kernel.shape[2:])):
        changed[..., k] = 0
        changed[row, column, k, k] = 1
    return changed
    ### END SOLUTION


# %% [markdown]
# ### A bias that learns faster
#
# In this network a bias should move faster than the weights of a kernel. One learning rate for each kind of weight is
# clumsy. There is a trick: the layer learns $b$ and adds $s \cdot b$, with a fixed scale $s$. How many times as far does
# one step of gradient descent move what is added, if $s = 8$ and not 1? Think first: the answer stands under the
# exercise.

# %%
# EXERCISE ScaledBias (2)
class ScaledBias(layers.Layer):
    """Adds `scale` times a learned number to each channel.

    The input may have any number of axes; channels are the last one. One number per channel is learned, beginning at 0.

    Example: ScaledBias(8.0)(x) is x, before anything is learned.
    """

    def __init__(self, scale, **settings):
        super().__init__(**settings)
        self.scale = scale

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros")

    def call(self, x):
        return x + self.scale * self.bias
        ### END SOLUTION


# %% [markdown]
# $s^2 = 64$ times as far. The factor comes twice: $s$ enlarges the gradient of $b$, and $s$ enlarges what the change
# of $b$ does.
#
# ## 3 Images, seen both ways (20 minutes)
#
# In {{lab augmentation}} chance flipped each image anew in each epoch. **Predict:** after two epochs, which fraction of
# the images has been seen the same way round twice?

# %%
predict("seen_one_way_only", ...)

# %%
by_chance = np.random.default_rng(0).random((2, 10_000)) < 0.5
measured("seen_one_way_only", float(np.mean(by_chance[0] == by_chance[1])))


# %% [markdown]
# A waste, if there are only a few epochs. Better: chance decides how an image begins, and from then on it alternates.

# %%
# EXERCISE flip_plan (2)
def flip_plan(n, epochs, rng):
    """Decide for each epoch which of n images are mirrored: a boolean array (epochs, n), True where mirrored.

    rng: a np.random.Generator, the only source of chance. In the first epoch each image is mirrored with probability 1/2;
    afterwards it is the other way round in each epoch than in the one before.

    Example: flip_plan(4, 3, rng) may be [[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1]], as True and False.
    """
    ### BEGIN SOLUTION
    first = rng.random(n) < 0.5
    return np.array([first ^ (epoch % 2 == 1) for epoch in range(epochs)])
    ### END SOLUTION


# %% [markdown]
# And shifts, by whole pixels, so that nothing is blurred:

# %%
# EXERCISE shift (2)
def shift(images, offsets):
    """Move each image of a batch by whole pixels; what comes in at the border is the image reflected.

    images: (N, H, W, C), not changed. offsets: whole numbers from -2 to 2, (N, 2): how far down, how far to the right.
    Returns an array of the same shape. Reflection as in np.pad(..., mode="reflect"): the border itself is not repeated.

    Example: for the row 1 2 3 4 and the offset 2 to the right: 3 2 1 2.
    """
    ### BEGIN SOLUTION
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    moved = np.empty_like(images)
    for k, (down, right) in enumerate(offsets):
        moved[k] = padded[k, 2 - down : 2 - down + height, 2 - right : 2 - right + width]
    return moved
    ### END SOLUTION


# %%
rng = np.random.default_rng(0)
mirrored, offsets = flip_plan(1, 6, rng)[:, 0], rng.integers(-2, 3, (6, 2))
views = [data.x_train[0, :, ::-1] if flip else data.x_train[0] for flip in mirrored]
names = [f"epoch {k + 1}: {down}, {right}" for k, (down, right) in enumerate(offsets)]
plots.image_grid(list(shift(np.stack(views), offsets)), names, "One image in six epochs, moved.", columns=6, size=1.7)


# %% [markdown]
# One image, as the network sees it in six epochs: mirrored in every second one, and each time moved by chance (over the
# image: how far down, how far to the right).
#
# ## 4 The loss and the rate (15 minutes)
#
# **Label smoothing** you know as an argument of Keras' loss. Here it is by hand. With $K$ classes and smoothing $\alpha$,
# the wanted probabilities are $(1 - \alpha)\, y + \alpha / K$, and the loss of an image is
# $-\sum_k \text{wanted}_k \log p_k$. Use `ops.log_softmax(logits)` for $\log p$: the logarithm of a softmax fails
# where a probability is rounded to 0.

# %%
# EXERCISE smoothed_loss (2)
def smoothed_loss(y, logits, smoothing):
    """Cross-entropy with label smoothing, one number for each image: (N,).

    y: one-hot labels, (N, K). logits: (N, K). Both are tensors: calculate with keras.ops, or with + - * /.

    Example: for two classes with logits [0, 0] it is log(2), whatever the smoothing is.
    """
    ### BEGIN SOLUTION
    wanted = (1 - smoothing) * y + smoothing / y.shape[-1]
    return -ops.sum(wanted * ops.log_softmax(logits), axis=-1)
    ### END SOLUTION


# %% [markdown]
# **The learning rate** is set in each step: a straight line up, a straight line down.

# %%
# EXERCISE triangle (1)
def triangle(done, peak_at=0.23, start=0.2, end=0.07):
    """The factor of the learning rate after the fraction `done` of the training.

    It rises on a straight line from start at the beginning to 1 at peak_at, and falls on a straight line to end.

    Example: triangle(0) is 0.2, triangle(0.23) is 1, triangle(1) is 0.07.
    """
    ### BEGIN SOLUTION
    if done < peak_at:
        return start + (1 - start) * done / peak_at
    return 1 - (1 - end) * (done - peak_at) / (1 - peak_at)
    ### END SOLUTION


# %% [markdown]
# ## 5 The run (5 minutes)
#
# The network: the whitening layer, then three blocks, each CONV, POOL, batch normalisation, activation, CONV, batch
# normalisation, activation. The first convolution of a block sets its number of filters (64, 256, 256), *before* the
# pooling. At the end the largest value of each channel, and ten scores, divided by 9. The activation is GELU, a smooth
# relu. Batch normalisation has no bias of its own: yours follows.

# %%
def build_network(kernel, scale=8.0, start=None, train_first=False):
    """The speed run's network for images (N, 32, 32, 3). kernel: of the first layer, which stays as it is."""

    def convolution(filters):
        small = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
        return layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=small)

    def normalise():
        norm = layers.BatchNormalization(momentum=0.6, center=False, scale=False)
        return [norm, ScaledBias(scale), layers.Activation("gelu")]

    first = layers.Conv2D(kernel.shape[-1], kernel.shape[0], use_bias=False, trainable=train_first)
    stack = [first, ScaledBias(1.0), layers.Activation("gelu")]
    for filters in (64, 256, 256):
        stack += [convolution(filters), layers.MaxPooling2D(), *normalise(), convolution(filters), *normalise()]
    scores = layers.Dense(10, use_bias=False, dtype="float32"), layers.Rescaling(1 / 9, dtype="float32")
    outputs = inputs = keras.Input((32, 32, 3))
    for layer in [*stack, layers.GlobalMaxPooling2D(), *scores]:
        outputs = layer(outputs)
        if isinstance(layer, layers.Conv2D):
            layer.kernel.assign(kernel if layer is first else (start or with_identity)(layer.kernel.numpy()))
    return keras.Model(inputs, outputs)


# %% [markdown]
# The training is a loop that you can read: batches of 1,000, one step each. The optimizer is **SGD** (stochastic gradient
# descent) with **momentum**: each step follows a sum of all gradients so far, in which older ones count less and less. (The
# momentum of batch normalisation, in {{lab slash_cnn_vs_classic_ml}}, is another thing.)
#
# One ingredient is new, **lookahead**. A fast copy of the weights makes the steps. Every five steps a slow copy moves
# a bit towards the fast one, and the fast one goes on from there. The slow weights are a mean over many steps, in
# which much of the chance of single batches cancels. At first the slow copy follows at once; at the end it keeps three
# quarters of itself.

# %%
def accuracy(logits, y):
    """The fraction of images whose largest logit is that of the one-hot label."""
    return float(np.mean(np.argmax(logits, axis=1) == np.argmax(y, axis=1)))


def ask(images):
    """The logits of `network` for images."""
    return network.predict(images, batch_size=500, verbose=0)


def train(network, epochs, plan=None, moved=None, smoothing=0.2, rate=None, lookahead=True, optimizer=None, seed=0):
    """Train by the recipe; arguments change or leave out an ingredient. Returns a history with val_accuracy."""
    rng, batch_size = np.random.default_rng(seed), min(1000, len(x_train))
    mirrored = (plan or flip_plan)(len(x_train), epochs, rng)
    optimizer = optimizer or keras.optimizers.SGD(1.5, momentum=0.85, nesterov=True, weight_decay=0.0102)
    peak, steps, step = float(optimizer.learning_rate), epochs * (len(x_train) // batch_size), 0
    network.compile(optimizer, lambda y, logits: smoothed_loss(y, logits, smoothing))
    slow, history, bar = network.get_weights(), {"val_accuracy": []}, keras.utils.Progbar(steps)
    for epoch in range(epochs):
        network.reset_metrics()  # so that the loss is the mean of this epoch's batches
        order = rng.permutation(len(x_train))[: steps // epochs * batch_size]
        for some in np.split(order, steps // epochs):
            images = np.where(mirrored[epoch, some, None, None, None], x_train[some, :, ::-1], x_train[some])
            optimizer.learning_rate = peak * (rate or triangle)(step / steps)
            offsets = rng.integers(-2, 3, (len(images), 2))
            loss = network.train_on_batch((moved or shift)(images, offsets), y_train[some])
            step += 1
            if lookahead and (step % 5 == 0 or step == steps):
                keep = 0.95**5 * ((step - 1) / steps) ** 3 if step < steps else 1  # the slow weights are the result
                slow = [keep * a + (1 - keep) * b for a, b in zip(slow, network.get_weights(), strict=True)]
                network.set_weights(slow)
            bar.update(step, finalize=False)  # how far, and how much longer
        history["val_accuracy"].append(networks.accuracy(network, x_val, y_val))
        print(f" epoch {epoch + 1}: loss {loss:.3f}, validation accuracy {history['val_accuracy'][-1]:.3f}")
    return history


# %% [markdown]
# Thirteen epochs are a little more than one budget. The loop above took 33<!-- mean speed_run_cpu minutes --> minutes on
# two CPU cores that multiply 16-bit numbers: a coffee break. On cores that do not, it takes longer; we have not timed it.
# (The figures and the network of this lab come from a large GPU, an H200, where the same recipe took
# 4<!-- our speed_run seconds --> seconds with JAX and each epoch compiled into one loop.) So the next cell trains only if
# you set `TRAIN = True` above, or in the shorter run profiles, which use few images. (`run_profile="quick"` takes less than
# a tenth of the budget.) The bar says how long the rest will take.

# %%
if TRAIN or profile.current() != "full":
    profile.seed_everything(0)
    network = build_network(kernel)
    history = train(network, profile.epochs(EPOCHS))

# %% [markdown]
# Otherwise our network is loaded. It computes what yours does, in ordinary layers: once trained, $s \cdot b$ is simply
# the bias of the batch normalisation. It was trained on photographs; on drawings expect little of it.

# %%
if "history" not in globals():
    network, history = training.reference_model(LAB, "speed_run"), training.reference_run(LAB, "speed_run")
plots.lines({"": history["val_accuracy"]}, "It falls in epoch 3, then rises.", ylabel="validation accuracy")


# %% [markdown]
# In epoch 3 the accuracy falls. Just then the rate is at its peak: the steps are so large that each one undoes much of the
# last. What the network has learned shows as the rate falls.
#
# ## 6 Look six times (15 minutes)
#
# The network is done, but you can still ask it better. Show it an image, and the same image mirrored: it will be wrong
# about different ones. **Test-time augmentation** averages the answers to several views.

# %%
# EXERCISE average_views (2)
def average_views(predict, images):
    """The mean of a network's logits over six views of each image.

    predict: a function from images (N, H, W, C) to logits (N, K). images: not changed.
    The views: the images as they are, moved by (1, 1) and moved by (-1, -1), as `shift` does it; and each of these three
    mirrored left to right, after it was moved.

    Example: average_views(ask, x_val[:10]).shape is (10, 10).
    """
    ### BEGIN SOLUTION
    logits = []
    for offset in (0, 1, -1):
        view = shift(images, np.full((len(images), 2), offset))
        logits += [predict(view), predict(view[:, :, ::-1])]
    return np.mean(logits, axis=0)
    ### END SOLUTION


# %% [markdown]
# **Predict** for the validation images: by how much does the accuracy rise?

# %%
predict("gain_of_six_views", ...)

# %%
once, mirrored = ask(x_val), ask(x_val[:, :, ::-1])
looks = {"once": once, "also mirrored, mean of logits": (once + mirrored) / 2}
looks["also mirrored, mean of probabilities"] = (ops.softmax(once) + ops.softmax(mirrored)) / 2

# %%
looks["six views"] = average_views(ask, x_val)

# %%
for name, logits in looks.items():
    print(f"{name:<37}: validation accuracy {accuracy(logits, y_val):.4f}")
measured("gain_of_six_views", accuracy(list(looks.values())[-1], y_val) - accuracy(once, y_val))

# %% [markdown]
# The price: six times the work for each image asked about, but none in training. Logits or probabilities? The difference
# is a handful of images, one way or the other. With 5,000 images differences of a few thousandths are chance, so do not rank
# the last three. On 10,000 test images and with five networks, one view gave
# 0.899<!-- mean speed_run test_accuracy_one_view --> and six gave 0.907<!-- mean speed_run test_accuracy -->.
#
# Now the test images, once.

# %%
test_logits = average_views(ask, x_test)

# %%
if "test_logits" not in globals():
    test_logits = ask(x_test)

print(f"test accuracy: {accuracy(test_logits, y_test):.3f}")
rows = {(row["run"], row["metric"]): row for row in training.reference_figures(LAB)}
board["speed run"] = (EPOCHS * networks.multiply_adds(network) / budget, rows["speed_run", "test_accuracy"]["mean"])
plots.trade_off(board, "The board again. The speed run is as high as ResNet-20, far to the left of it.", **axes)

# %% [markdown]
# The board shows the means of our runs: 0.907<!-- mean speed_run test_accuracy --> with six views,
# 0.899<!-- mean speed_run test_accuracy_one_view --> with one. That is as good as ResNet-20 with about a fifth of its work,
# and six points better than the augmented d, 0.847<!-- mean 05_augmentation:d_augmented test_accuracy --> after twenty
# epochs, two thirds of a budget. (Those two were asked with one view each. With one view the speed run is five points better
# than d. The one run on two CPU cores reached 0.907<!-- mean speed_run_cpu test_accuracy -->, too, with six.)
#
# Where is the ceiling? Three times as many epochs, with cutout (a grey square over a part of each image), reached
# 0.917<!-- mean longer test_accuracy -->; one budget reaches 98.9 % of that. The published
# 0.94<!-- published airbench94 test_accuracy --> we did not reach. Two likely reasons, which may not explain all of it:
# our copy of the images has lost details to JPEG, and a tenth of them is kept for validation.
#
# ## 7 What did it? (25 minutes)
#
# A recipe of eight ingredients works. Does each of them? A bad way to find out is to add them one after the other: it
# depends on the order. A better one is **ablation**: leave out one, keep all others, train again. We did it with several
# seeds, and compared each run with the full one of the same seed.
#
# | run | instead |
# | --- | --- |
# | constant rate, one cycle | a constant rate; the cosine of {{lab cifar_progression}}, in place of the triangle |
# | without flip, flip by chance | no image mirrored; chance decides in each epoch anew |
# | without shift, without lookahead, without smoothing | no such step |
# | without whitening | a first layer that begins at random and learns |
# | without identity, bias not scaled | random kernels at the start; $s = 1$ |
#
# **Predict:** what costs most when it is left out? And how many of the ten differences lie beyond chance?

# %%
lost = pd.DataFrame(row for row in rows.values() if row["metric"] == "val_accuracy_lost").set_index("run")
predict("most_missed", ..., lost.index)
predict("beyond_chance", ...)

# %%
half = stats.t.ppf(0.975, lost["seeds"] - 1) * lost["std"] / lost["seeds"] ** 0.5  # half a 95 % interval
parts = {"beyond chance": lost[lost["mean"] > half], "the interval holds 0": lost[lost["mean"] <= half]}
dots = {label: (some["mean"], some.index, None, half[some.index]) for label, some in parts.items()}
alt = "Accuracy lost without each ingredient, with intervals; most of the intervals hold 0."
plots.line_panels({"five seeds, 95 % intervals": dots}, alt, "accuracy lost", "", style="o", xticks=[0, 0.005, 0.01])
measured("most_missed", lost["mean"].idxmax())
measured("beyond_chance", len(parts["beyond chance"]))
print(pd.DataFrame({"lost": lost["mean"], "from": lost["mean"] - half, "to": lost["mean"] + half}).round(3).to_string())

# %% [markdown]
# Where the interval holds 0, the difference may be chance. A rate that falls gives
# 0.010<!-- mean constant_rate val_accuracy_lost -->; whether it falls on a line or on a cosine does not show. Flips
# give 0.009<!-- mean without_flip val_accuracy_lost -->, though the six views at the end flip as well. Their intervals
# overlap: which of the two is missed most does not show either. Lookahead and shifts give
# 0.005<!-- mean without_lookahead val_accuracy_lost --> and 0.004<!-- mean without_shift val_accuracy_lost -->. The
# rest is within chance: not "useless", but too small for these seeds and 5,000 images. (Of ten such intervals, some
# will now and then miss 0 by chance alone. That of the shifts almost touches it: believe it least.)
#
# And yet each of them was in the recipe for a reason. Look at it the other way round: begin with the bare network, the
# same number of steps and a constant rate, and add the ingredients one by one, from below; the last one, lookahead,
# makes it the speed run. (Means of three seeds, of five for the speed run, each with their standard deviation.)

# %%
ladder = [row for row in rows.values() if row["run"].startswith("ladder_")] + [rows["speed_run", "val_accuracy"]]
names = [row["run"].removeprefix("ladder_").replace("_", " ") for row in ladder]
dots = {"mean ± deviation": ([row["mean"] for row in ladder], names, None, [row["std"] for row in ladder])}
alt = "Validation accuracy as ingredients are added, from below: scattered at first, a jump with the triangle."
plots.line_panels({"one after the other": dots}, alt, "validation accuracy, six views", "", style="o")


# %% [markdown]
# Without a falling rate chance rules: look at the deviation of the bare network. With whitening and identity the mean
# rises and the runs scatter less: with three seeds this is a hint, no proof. In the full recipe a loss without them does
# not show; perhaps other ingredients do their work there. That is why an ablation says what an ingredient gives *in this
# company*, no more.
#
# ### Your conclusion (3 points)
#
# Six to ten sentences, with figures.
#
# | criterion | points |
# | --- | --- |
# | names two ingredients you would keep for images of your own, with their figures and intervals, and one that chance could explain | 1 |
# | says what whitening assumes about images, and describes data where it would hurt | 1 |
# | says why the ladder and the ablation disagree about an ingredient, and what the comparison with ResNet-20 does and does not show | 1 |

# %% [markdown]
# <!-- WRITTEN conclusion (3) -->
#
# I would keep a falling learning rate, worth 0.010<!-- mean constant_rate val_accuracy_lost --> (interval 0.006 to
# 0.014), and flips, worth 0.009<!-- mean without_flip val_accuracy_lost --> (0.003 to 0.015). Flips only where mirrored
# images occur; not for text. Label smoothing I would not defend: its interval, -0.005 to 0.003, includes 0. Whitening
# assumes that strong, common patterns such as brightness are dull, and that weak ones carry information. Where weak
# patterns are noise, as in dark photographs or X-rays with few photons, it enlarges the noise, unless epsilon is large;
# where brightness itself is the signal, as in a measurement of dose or temperature, it makes it no stronger than eleven
# other patterns. It also fits one kind of data: images from another camera have another covariance, and the frozen
# kernel no longer whitens them. In the ladder whitening lifts the mean from 0.717<!-- mean ladder_bare val_accuracy -->
# to 0.797<!-- mean ladder_whitening val_accuracy -->, with large deviations; leaving it out of the full recipe costs
# 0.003<!-- mean without_whitening val_accuracy_lost -->, within chance: alone it seems to rescue bad starts (three
# seeds), in company no loss without it shows. ResNet-20 took five times the work for the same accuracy; this compares
# two recipes as a whole, not the architectures, since ResNet-20 was not trained by this one.

# %% [markdown]
# ## 8 Bonus: Muon (5 minutes)
#
# The gradient of a kernel is usually dominated by a few directions; the others hardly move. **Muon** (K. Jordan 2024)
# makes all directions of an update equally strong. Written as a matrix $G$ with singular values $\sigma$, the update
# becomes $U V^T$: the same directions, all $\sigma = 1$. An SVD is slow on a GPU. The **Newton–Schulz** iteration needs
# only products. First $X = G / \lVert G \rVert$, so that no $\sigma$ exceeds 1; then, five times,
#
# $$X \leftarrow a X + (b A + c A A) X, \qquad A = X X^T, \qquad a = 3.4445,\; b = -4.7750,\; c = 2.0315.$$
#
# Each step replaces every $\sigma$ by $a\sigma + b\sigma^3 + c\sigma^5$, which pushes it towards 1, roughly.

# %%
# EXERCISE newton_schulz (1)
def newton_schulz(matrix, steps=5):
    """Return the matrix with singular values near 1, by the iteration above.

    matrix: array or tensor (rows, columns), not changed; its norm is the root of the sum of all squares.
    Calculate with keras.ops, @ and + - * /, so that it works in a training.

    Example: for a matrix with singular values 1 and 0.1 those of the result lie between 0.6 and 1.3.
    """
    ### BEGIN SOLUTION
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / ops.norm(matrix)
    for _ in range(steps):
        products = x @ ops.transpose(x)
        x = a * x + (b * products + c * products @ products) @ x
    return x
    ### END SOLUTION


# %%
example = np.diag(np.array([1, 0.5, 0.2, 0.1, 0.05, 0.02], "float32"))  # these are its singular values
print("singular values afterwards:", np.linalg.svd(np.asarray(newton_schulz(example)), compute_uv=False).round(2))


# %% [markdown]
# The optimizer around it: for kernels of convolutions the momentum goes through `newton_schulz`, and the length of the
# kernel is held fixed; everything else is treated by SGD as before.

# %%
class Muon(keras.optimizers.SGD):
    """SGD with momentum that makes the updates of convolution kernels orthogonal; their rate is 0.08 of the others'."""

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) != 4:
            return super().update_step(gradient, variable, learning_rate)
        memory, filters = self.momentums[self._get_variable_index(variable)], variable.shape[-1]
        self.assign(memory, 0.6 * memory + gradient)
        update = ops.transpose(ops.reshape(gradient + 0.6 * memory, (-1, filters)))  # a row for each filter
        update = ops.reshape(ops.transpose(newton_schulz(update)), variable.shape)
        length = (filters / ops.sum(ops.square(variable))) ** 0.5
        self.assign(variable, length * variable - 0.08 * learning_rate * update)


# %% [markdown]
# In ten epochs instead of thirteen, 0.77 of the work, our runs with Muon reached a test accuracy of
# 0.908<!-- mean muon test_accuracy -->, against 0.907<!-- mean speed_run test_accuracy --> after thirteen of SGD. That
# does not yet show that Muon did it: we did not run SGD for ten epochs, and smoothing was another, too.
#
# **Try it**, if you have a GPU: `muon = Muon(1.5, momentum=0.85, nesterov=True, weight_decay=0.0102)`, then
# `train(build_network(kernel), 10, smoothing=0.1, optimizer=muon)`.

# %% tags=["author-only"]
def in_ordinary_layers(network):
    """The same network without layers of our own: a scaled bias becomes the bias of what stands before it."""
    stack, values = [], []
    for layer in network.layers[1:]:  # after the input
        weights = [weight.numpy() for weight in layer.weights]
        if isinstance(layer, ScaledBias):
            bias = layer.scale * weights[0]
            first = isinstance(stack[-1], layers.BatchNormalization)  # the order of its weights: beta, mean, variance
            values[-1] = [bias, *values[-1]] if first else [*values[-1], bias]
            continue
        followed = {"use_bias": True} if not stack else {"center": True} if "center" in layer.get_config() else {}
        stack.append(type(layer).from_config(layer.get_config() | {"dtype": "float32"} | followed))
        values.append(weights)
    plain = keras.Sequential([keras.Input((32, 32, 3)), *stack])
    for layer, weights in zip(plain.layers, values, strict=True):
        layer.set_weights(weights)
    plain.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return plain


# %% tags=["author-only"]
import time
from functools import partial


def work_board():
    """Of each network of the labs before: its training's work in budgets, and its mean test accuracy."""
    models = {name: training.reference_model("03_cifar_progression", name) for name in "abcd"}
    models |= {"d_augmented": models["d"], "resnet20": pretrained.resnet20().network}
    unit, found = 30 * networks.multiply_adds(models["d"]), {}
    for lab in ("03_cifar_progression", "05_augmentation", "08_pretrained_resnet"):
        for row in training.reference_figures(lab):
            if (run := row["run"]) in models and row["metric"] == "test_accuracy":
                images = 50 / 45 if run == "resnet20" else 1  # of the training, compared with the others
                found[run] = (row["epochs"] * images * networks.multiply_adds(models[run]) / unit, row["mean"])
    return found


def cut_out(images, offsets, rng):
    """Shift, then cover a square of 8×8 pixels with grey."""
    images = shift(images, offsets)
    for image, (top, left) in zip(images, rng.integers(0, 25, (len(images), 2)), strict=True):
        image[top : top + 8, left : left + 8] = 0
    return images


LADDER = ["bare", "whitening", "identity", "flips", "shifts", "smoothing", "triangle", "scaled_bias"]
CHANGES = {  # arguments of build_network, and of train; in the order of the ladder
    "without_whitening": ({"train_first": True}, {}),
    "without_identity": ({"start": lambda kernel: kernel}, {}),
    "without_flip": ({}, {"plan": lambda n, epochs, rng: np.zeros((epochs, n), bool)}),
    "without_shift": ({}, {"moved": lambda images, offsets: images}),
    "without_smoothing": ({}, {"smoothing": 0.0}),
    "constant_rate": ({}, {"rate": lambda done: 0.3}),
    "bias_not_scaled": ({"scale": 1.0}, {}),
    "without_lookahead": ({}, {"lookahead": False}),
    "one_cycle": ({}, {"rate": training.one_cycle}),
    "flip_by_chance": ({}, {"plan": lambda n, epochs, rng: rng.random((epochs, n)) < 0.5}),
}


def measure(seed):
    """For `make reproduce`: every run of this lab. Without a GPU only the speed run, once: all of them would last for days."""
    global x_train, y_train, x_val, y_val, network  # what `train` and `ask` look at
    training.use_fast_precision()
    data = datasets.load("cifar10")
    x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data, seed)
    whitening = whitening_kernel(take_patches(x_train[:5000], 2), 0.0005)

    def fitted(run, epochs=EPOCHS, changes=(), **fitting):
        """Train a network with these changes: what its figures share, its accuracies on validation images, its curve."""
        global network
        profile.seed_everything(seed)
        building = {name: value for change in changes for name, value in CHANGES[change][0].items()}
        fitting |= {name: value for change in changes for name, value in CHANGES[change][1].items()}
        learned = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")((2, 2, 3, 24))
        network = build_network(learned.numpy() if "train_first" in building else whitening, **building)
        began = time.perf_counter()
        history = train(network, epochs, seed=seed, **fitting)
        shared = {"run": run, "epochs": epochs, "seconds": time.perf_counter() - began, "data": data.source}
        return shared, accuracy(average_views(ask, x_val), y_val), history

    if not keras.distribution.list_devices("gpu"):
        if seed == 0:
            shared, _, _ = fitted("speed_run_cpu")
            yield shared | {"metric": "test_accuracy", "value": accuracy(average_views(ask, x_test), y_test)}
            yield shared | {"metric": "minutes", "value": shared["seconds"] / 60}
        return
    for run, settings in (
        ("speed_run", {}),
        ("longer", {"epochs": 40, "moved": partial(cut_out, rng=np.random.default_rng(seed))}),
        ("muon", {"epochs": 10, "smoothing": 0.1, "optimizer": Muon(1.5, momentum=0.85, nesterov=True, weight_decay=0.0102)}),
    ):
        shared, on_validation, history = fitted(run, **settings)
        yield shared | {"metric": "val_accuracy", "value": on_validation}
        yield shared | {"metric": "test_accuracy", "value": accuracy(average_views(ask, x_test), y_test)}
        yield shared | {"metric": "test_accuracy_one_view", "value": accuracy(ask(x_test), y_test)}
        if run == "speed_run":
            full = on_validation
            yield {"run": run, "history": history | {"seconds": shared["seconds"]}, "model": in_ordinary_layers(network)}
    for run in CHANGES:
        shared, on_validation, _ = fitted(run, changes=[run])
        yield shared | {"metric": "val_accuracy", "value": on_validation}
        yield shared | {"metric": "val_accuracy_lost", "value": full - on_validation}
    for k, name in enumerate(LADDER):
        shared, on_validation, _ = fitted(f"ladder_{name}", changes=list(CHANGES)[k:8])
        yield shared | {"metric": "val_accuracy", "value": on_validation}
    yield {"run": "board", "history": work_board()}


# %% [markdown]
# ## What you have learned
#
# - Work is counted in multiply-adds: machines and networks become comparable.
# - Whitening makes the inputs of a layer uncorrelated and equally strong; identity lets deep networks begin as short ones.
# - A falling rate, flips, shifts and averaged weights carry this recipe; six views at the end cost no training at all.
# - Leave out one thing at a time, with several seeds, and draw the interval. What is within chance is said to be.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **This was the last lab.** You can read any recipe now, and ask of each ingredient what it does.
