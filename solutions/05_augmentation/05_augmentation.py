# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Augmentation, input pipelines, and what goes wrong
#
# Turn a photograph by a quarter turn and a good network no longer knows what it sees. Here you find out why, make new
# images from old ones, feed them to the network fast, even from a data set that does not fit in memory, and look
# closely at the mistakes that remain.
#
# {{colab}}
#
# **You will learn** to test a network on images it was not made for, to choose transformations that fit the data, to
# build input pipelines with `tf.data`, to stream images from disk, and to read a confusion matrix.
#
# **You need** {{lab cifar_progression}}: network d, training and validation curves. Its trained network is loaded here.
#
# **Time:** about 155 minutes of work. Running every cell takes about 8 minutes on two CPU cores, most of it in
# section 4, where you may load our trained network instead.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 17 points for code and 3 for written answers: 20 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import tempfile
import time
import tracemalloc
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops
from scipy import ndimage
from sklearn import metrics

from checks import augmentation as checks
from checks import core
from helpers import datasets, plots, profile, training

LAB = "05_augmentation"
EPOCHS = 20
BATCH_SIZE = 128
N_CLASSES = 10

# %% [markdown]
# ## 1 A quarter turn (25 minutes)
#
# First the data: CIFAR-10 again, split, scaled and standardised just as in {{lab cifar_progression}}. The mean and the standard deviation
# come from the training part alone. The same seed gives the same split, so the network of {{lab cifar_progression}} has not seen our
# validation images.

# %%
training.use_fast_precision()
data = datasets.load("cifar10")
class_names = data.class_names
x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data)
print("You work with", data.source)
print(f"{len(x_train):,} images for training, {len(x_val):,} for validation, {len(x_test):,} for testing")

# %% [markdown]
# Standardised images hold values below 0, which cannot be drawn. This function makes pictures of them again.

# %%
low, high = x_train.min(axis=(0, 1, 2)), x_train.max(axis=(0, 1, 2))  # black and white


def as_pictures(images):
    """Standardised images as a list of pictures with values between 0 and 1."""
    return list(np.clip((np.asarray(images, dtype="float32") - low) / (high - low), 0, 1))


plots.image_grid(
    as_pictures(x_test[:6]),
    [class_names[k] for k in y_test[:6].argmax(axis=1)],
    alt="Six small colour images, each with the name of its class.",
    columns=6,
    size=1.6,
)


# %% [markdown]
# The first six test images, with the names of their classes.
#
# Now the network: d of {{lab cifar_progression}}, 961,706 parameters, trained for 10 epochs *without* augmentation. It was trained
# on photographs and would be lost on drawings, so if you work with the stand-in, the second cell trains d on the
# drawings instead (5 epochs, about half a minute).

# %%
def build_d():
    """Network d with less dropout and weight decay: augmentation does some of their work."""
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters, convolutions in ((32, 2), (64, 2), (128, 3)):
        for _ in range(convolutions):
            model.add(
                layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")
            )
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(256, activation="relu"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(N_CLASSES, dtype="float32"))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.AdamW(0.002, weight_decay=0.25), loss, metrics=["accuracy"])
    return model


def accuracy(model, x, y):
    """The fraction of the images x whose most probable class is that of the one-hot labels y."""
    return float(np.mean(model.predict(x, batch_size=500, verbose=0).argmax(axis=1) == y.argmax(axis=1)))


# %%
if data.real:
    d = training.reference_model("03_cifar_progression", "d")
else:
    profile.seed_everything(0)
    d = build_d()
    d.fit(x_train, y_train, BATCH_SIZE, epochs=profile.epochs(5), callbacks=[training.OneCycle()], verbose=0)
print(f"network d, upright test images: accuracy {accuracy(d, x_test, y_test):.3f}")


# %% [markdown]
# Test images, one lab after "once, at the end"? Network d was chosen and judged in {{lab cifar_progression}}. Here we only watch what it
# does; nothing is chosen with these images. What this lab chooses, it chooses with the validation images.
#
# Turn every test image by 90°. **Predict:** what will the accuracy be? For comparison: who guesses gets 0.10. Which
# class will suffer most, which least?
#
# A batch of images is one array with four axes, `(N, H, W, C)`. Its axis 0 counts the images, the last one the colour
# channels. NumPy has a function that rotates an array in the plane of two axes. Which two?

# %%
# EXERCISE rotate90 (1)
def rotate90(images):
    """Rotate each image of a batch counter-clockwise by 90°.

    images: array (N, H, W, C), any size. Returns an array (N, W, H, C).

    Example: an image whose sky is at the top has it on the left afterwards.
    """
    ### BEGIN SOLUTION
    return np.rot90(images, axes=(1, 2))
    ### END SOLUTION


# %%
x_rotated = rotate90(x_test)
print("rotated test images:", x_rotated.shape)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists. (Here a Keras layer turns the images.)

# %%
if "x_rotated" not in globals():
    quarter_turn = layers.RandomRotation((0.25, 0.25), dtype="float32")  # at least and at most a quarter
    x_rotated = np.concatenate([quarter_turn(part, training=True) for part in np.array_split(x_test, 20)])

print(f"network d: upright {accuracy(d, x_test, y_test):.3f}, rotated {accuracy(d, x_rotated, y_test):.3f}")

# %% [markdown]
# Compare with your prediction. In our run accuracy fell from 0.81 to 0.29. (Our figures come from a JPEG copy of
# CIFAR-10, a little harder than the original.) Nothing was added to the images and nothing taken away. Here are some of
# them, upright and rotated, with the class that the network names.

# %%
shown = np.concatenate([x_test[:5], x_rotated[:5]])
named = d.predict(shown, verbose=0).argmax(axis=1)
true = np.tile(y_test[:5].argmax(axis=1), 2)
plots.image_grid(
    as_pictures(shown),
    [f"{class_names[k]} {'✓' if k == t else '✗ (' + class_names[t] + ')'}" for k, t in zip(named, true, strict=True)],
    alt="Five test images upright, and below the same five rotated by a quarter turn, each with the class the network "
    "names and whether it is right.",
)

# %% [markdown]
# Above: upright. Below: the same images, rotated. In brackets stands the true class where the network is wrong. Is it
# the same for all classes?

# %%
figure, axis = plt.subplots(figsize=(8, 4))
true = y_test.argmax(axis=1)
for offset, x, label in ((-0.2, x_test, "upright"), (0.2, x_rotated, "rotated by 90°")):
    named = d.predict(x, batch_size=500, verbose=0).argmax(axis=1)
    parts = [np.mean(named[true == k] == k) for k in range(N_CLASSES)]
    bars = axis.barh(np.arange(N_CLASSES) + offset, parts, height=0.38, label=label)
    axis.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
axis.axvline(0.1, color="black", linestyle=":", label="guessing")
axis.set(xlabel="accuracy", xlim=(0, 1.08), yticks=range(N_CLASSES), yticklabels=class_names)
axis.invert_yaxis()
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(figure, alt="Accuracy for each class, upright and rotated. All classes fall, most of them far.")

# %% [markdown]
# Every class loses, but not equally. In our run 0.84 of the horses were recognised upright and 0.04 rotated; of the
# cars 0.90 and 0.03; but of the frogs 0.86 and still 0.61. And what is not recognised is often called a cat. Why these
# differences?
#
# A quarter turn is a large change. How soon does it begin? We turn 1,000 test images by any angle, and for comparison
# shift them by some pixels. What comes in at the border is filled by reflection. **Predict** both curves.

# %%
some, labels = x_test[: profile.samples(1000)], y_test[: profile.samples(1000)]
shifts, angles = np.arange(9), np.arange(0, 181, 15)
shifted = [np.pad(some, ((0, 0), (0, 0), (shift, 0), (0, 0)), mode="reflect")[:, :, :32] for shift in shifts]
turned = [ndimage.rotate(some, angle, (2, 1), reshape=False, order=1, mode="reflect") for angle in angles]

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for axis, label, steps, changed in (
    (axes[0], "shift in pixels", shifts, shifted),
    (axes[1], "angle in degrees", angles, turned),
):
    reached = [accuracy(d, images, labels) for images in changed]
    axis.plot(steps, reached, marker="o")
    axis.axhline(1 / N_CLASSES, color="black", linestyle=":")
    axis.set(xlabel=label, xticks=steps, ylim=(0, 1))
    print(f"{label}: " + ", ".join(f"{step}: {value:.2f}" for step, value in zip(steps, reached, strict=True)))
axes[0].set_ylabel("accuracy")
plots.show(
    figure,
    alt="Accuracy over the shift: it falls slowly. Accuracy over the angle: it falls steeply up to 60 degrees and stays "
    "low. Dotted: guessing.",
)


# %% [markdown]
# In our run a shift of 2 pixels cost nothing that could be seen, one of 8 pixels, a quarter of the image, 0.19. A turn
# of 15° cost 0.08, one of 45° more than half of all right answers. (With 1,000 images the figures are sure to about ± 0.015.)
#
# ### Your explanation (1 point)
#
# Why does accuracy fall so far when images are rotated, though a shift by two pixels hardly matters? And why do some
# classes suffer more than others? Three to five sentences.
#
# | criterion | points |
# | --- | --- |
# | says what a convolution shares over all places, and that nothing of the kind is shared over angles | 0.5 |
# | explains with the training images, and by the example of two classes, why some suffer more | 0.5 |

# %% [markdown]
# <!-- WRITTEN rotation (1) -->
#
# A convolution uses the same kernel at all places, so a pattern that has moved is found at its new place, and pooling
# makes small shifts harmless. Nothing is shared over angles: a kernel for a horizontal edge does not answer to a
# vertical one, and what deeper layers expect, wheels under a body or legs under a belly, is no longer there. The
# network has seen horses, cars and ships only upright, so it never had a reason to learn them in another way. Frogs
# are photographed from above and from all sides, lie in any direction in the training images, and are known by colour
# and texture too, which a rotation does not change. Ships lose the horizon and the water below.

# %% [markdown]
# ## 2 New images from old ones (25 minutes)
#
# A network knows only what it was shown. More photographs would help, but are expensive. **Augmentation** makes new
# training images from those we have: a photograph of a dog that is flipped, shifted by three pixels or turned by five
# degrees is still a photograph of a dog. Each time an image is used, it is changed anew by chance, so the network
# never sees exactly the same image twice.
#
# Three rules:
#
# - **The label must still fit.** The augmenter changes images and never touches labels. So it may only do what does
#   not change the class.
# - **Only training images are changed.** Validation and test images stay as they are: we want to know how good the
#   network is on real photographs.
# - **Shape and range stay.** The network must be able to use what comes out.
#
# Keras has a layer for each transformation, such as `RandomFlip`, `RandomTranslation` and `RandomRotation`. They are
# layers with two modes, like dropout: with `training=True` they draw by chance, one draw for each image; with
# `training=False` they hand on what they get. Read what their `factor` means before you choose one: for the rotation
# it is not what most people expect. Where an image is moved away, a hole is left; `fill_mode` says what fills it.

# %%
# EXERCISE build_augmenter (3)
def build_augmenter():
    """Return a Keras model that changes photographs by chance in training and leaves them alone in inference.

    In training (training=True) it draws for each image anew: left-right flip for about half of the images; a shift
    along both axes, in either direction, by up to about a tenth of the size; a rotation to either side, by up to about
    10°.
    In inference (training=False) images come out as they went in.
    Images are standardised floats (N, 32, 32, 3); shape and range stay.

    Example: build_augmenter()(x_train[:18], training=True) are 18 changed images.
    """
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", interpolation="nearest"),  # whole pixels
            layers.RandomRotation(0.02, fill_mode="reflect"),
        ]
    )
    ### END SOLUTION


# %%
augmenter = build_augmenter()

# %% [markdown]
# (Not solved yet? Then the next cell gives you an augmenter that only flips.)
#
# Look at one image, changed 18 times. **Predict** before you run the cell: will you be able to tell what was done to
# each?

# %%
if "augmenter" not in globals():
    augmenter = layers.RandomFlip("horizontal")

one = np.repeat(x_train[:1], 18, axis=0)
plots.image_grid(
    as_pictures(augmenter(one, training=True)),
    [""] * 18,
    alt="One training image eighteen times: some flipped left-right, all a little shifted and turned.",
    columns=6,
    size=1.6,
)

# %% [markdown]
# Eighteen times the same image. Look at the borders: what fills the holes there? Now eighteen different images. Would
# you give each of them the same label as before?

# %%
plots.image_grid(
    as_pictures(augmenter(x_train[:18], training=True)),
    [class_names[k] for k in y_train[:18].argmax(axis=1)],
    alt="Eighteen augmented training images of different classes, each with its class; all are still recognisable.",
    columns=6,
    size=1.6,
)

# %% [markdown]
# ### What may be done to which data? (1 point)
#
# A flipped cat is a cat. Is a flipped 6 a 6? For each row: is the transformation all right, harmful or useless, and
# why? One sentence each.
#
# 1. handwritten digits, turned by up to 180°
# 2. handwritten digits, flipped left-right
# 3. photographs of animals, flipped left-right
# 4. photographs of ships, flipped upside down
# 5. traffic signs, with changed colours
# 6. satellite images of fields, turned by any angle
#
# | criterion | points |
# | --- | --- |
# | all six are judged; the reason says whether the label still fits | 0.5 |
# | for at least one of them, asks whether such images will occur when the network is used, not only whether the label fits | 0.5 |

# %% [markdown]
# <!-- WRITTEN transformations (1) -->
#
# 1. Harmful: half a turn makes a 9 of a 6, and the label no longer fits. 2. Harmful: a flipped 2 or 7 is no digit at
# all, and nobody will ever write it, so the network learns something useless (0 and 8 survive). 3. All right: animals
# look left as often as right. 4. The label still fits, a ship upside down is a ship, but no photograph of this kind
# will occur in use; the network spends its capacity on it, and may give away what the sky above tells it. 5. Harmful:
# red and blue mean different things on traffic signs; a little brightness is all right, for the light does change.
# 6. All right and useful: seen from above no direction is special.

# %% [markdown]
# ## 3 The input pipeline (45 minutes)
#
# How do augmented images get into the network? If we made them before training, each would be drawn only once. If the
# network waits for each batch while it is made, training is slow. A **pipeline** makes the next batches *while* the
# network works on the present one. TensorFlow's tool for this is `tf.data`. A `tf.data.Dataset` describes a sequence
# of elements; each method returns a new data set with one more step:
#
# | method | what it does |
# | --- | --- |
# | `tf.data.Dataset.from_tensor_slices((x, y))` | a data set of pairs: one image and its label |
# | `.shuffle(buffer_size)` | fills a buffer with so many elements, gives one of them by chance, refills its place |
# | `.batch(batch_size)` | joins so many elements to one; the last batch may be smaller |
# | `.map(function, num_parallel_calls)` | applies a function to each element, on several cores at once |
# | `.prefetch(buffer_size)` | prepares so many elements in advance; `tf.data.AUTOTUNE` lets TensorFlow choose |
#
# The order of the steps matters. **Predict** what the next cell prints: can the 9 stand in the first batch? Which
# line is well shuffled?

# %%
numbers = tf.data.Dataset.range(10)
for title, dataset in (
    ("shuffle(3), then batch(5): ", numbers.shuffle(3, seed=1).batch(5)),
    ("shuffle(10), then batch(5):", numbers.shuffle(10, seed=1).batch(5)),
    ("batch(5), then shuffle(10):", numbers.batch(5).shuffle(10, seed=2)),
):
    print(title, *[batch.tolist() for batch in dataset.as_numpy_iterator()])

# %% [markdown]
# With a buffer of 3, the first element can only be 0, 1 or 2, and a late number cannot come early. Only a buffer as
# large as the data set shuffles well. And what is shuffled after `batch` are whole batches.
#
# And `prefetch`? Here is the time of four batches: without it above, with it below.

# %%
figure, axis = plt.subplots(figsize=(8, 2.2))
for k in range(4):
    for row, prepared, used in ((1, 3 * k, 3 * k + 1), (0, max(k, 2 * k - 1), 2 * k + 1)):
        for height, start, length, colour in ((0.2, prepared, 1, 1), (-0.2, used, 2, 0)):
            axis.barh(row + height, length, 0.36, start, color=plots.COLOURS[colour], edgecolor="white")
            axis.text(start + length / 2, row + height, f"batch {k}", ha="center", va="center", color="white", fontsize=8)
axis.set(xlabel="time", xticks=(), yticks=(0, 1), yticklabels=("prefetch(1)", "no prefetch"))
plots.show(
    figure,
    alt="Without prefetch each batch is prepared and then used for training, one after the other. With prefetch the "
    "next batch is prepared while the network trains with the present one, so the training never waits.",
)


# %% [markdown]
# Orange: the CPU prepares a batch. Blue: the network trains with it. With `prefetch` both work at the same time.
#
# Now write the pipeline. For validation and test data it must change nothing: same images, same order.

# %%
# EXERCISE make_pipeline (3)
def make_pipeline(x, y, batch_size, augment=None, training=False):
    """Return a tf.data.Dataset of batches, pairs of images and labels, prefetched.

    x: images (N, H, W, C). y: labels, (N,) or (N, classes). batch_size: images per batch; the last may hold fewer.
    augment: None, or a function that gets a batch of images and is called as augment(images, training=True).
    training: if True, images are shuffled well, in each epoch anew, and augmented.
    If False they come as they are, in their order, and `augment` is not used.

    Example: make_pipeline(x_val, y_val, 128) gives the validation images in batches of 128.
    """
    ### BEGIN SOLUTION
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    if training:
        dataset = dataset.shuffle(len(x))
    dataset = dataset.batch(batch_size)
    if training and augment is not None:
        dataset = dataset.map(lambda images, labels: (augment(images, training=True), labels), tf.data.AUTOTUNE)
    return dataset.prefetch(tf.data.AUTOTUNE)
    ### END SOLUTION


# %% [markdown]
# ### What does augmentation cost?
#
# Each of your three layers makes a whole new batch of images, and two of them look up every new pixel in the old image.
# That is done three times, where once would do. A flip, a shift and a rotation are all **affine** maps: pixel
# $(x, y)$ of the new image is looked up at $(ax + by + t_x,\; cx + dy + t_y)$ of the old one. One affine map after the
# other is an affine map again, with six other numbers. So one layer can draw the six numbers for each image, and look
# up its pixels once. Here it is; `ops.image.affine_transform` does the looking up.

# %%
class FlipShiftTurn(layers.Layer):
    """Flips, shifts and turns each image by chance, all in one step.

    shift: up to this part of the size, along both axes. turn: up to this part of a full turn.
    """

    def __init__(self, shift=0.1, turn=0.02):
        super().__init__(dtype="float32")
        self.shift, self.turn = shift, turn
        self.seeds = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        n, height, width, _ = ops.shape(images)

        def draw(limit):
            return keras.random.uniform((n,), -limit, limit, seed=self.seeds)

        flip, angle = ops.sign(draw(1.0)), 2 * np.pi * draw(self.turn)
        a, b, c, d = flip * ops.cos(angle), -ops.sin(angle), flip * ops.sin(angle), ops.cos(angle)
        x, y = (width - 1) / 2, (height - 1) / 2  # the centre stays where it is, but for the shift
        to_x, to_y = x - a * x - b * y + draw(self.shift * width), y - c * x - d * y + draw(self.shift * height)
        zero = ops.zeros_like(a)
        numbers = ops.stack([a, b, to_x, c, d, to_y, zero, zero], axis=1)
        return ops.image.affine_transform(images, numbers, fill_mode="reflect")


all_in_one = FlipShiftTurn()
plots.image_grid(
    as_pictures(all_in_one(one, training=True)),
    [""] * 18,
    alt="The same training image eighteen times, flipped, shifted and turned in one step; it looks as before.",
    columns=6,
    size=1.6,
)


# %% [markdown]
# Measure one pass over some images, with nothing behind the pipeline that would use them: the bare cost of making the
# batches. **Predict:** how much slower is the pipeline with your three layers? And with the one? One epoch of training
# with 45,000 images takes about 15 s on two CPU cores: how much of that is it?

# %%
def seconds_per_pass(batches):
    """Seconds for one pass over the batches, after a first batch that warms up."""
    for _ in batches.take(1):
        pass
    start = time.perf_counter()
    for _ in batches:
        pass
    return time.perf_counter() - start


# %%
n = profile.samples(10_000)
some = (x_train[:n], y_train[:n], BATCH_SIZE)
for name, augment in (("no augmentation", None), ("your augmenter", augmenter), ("all in one step", all_in_one)):
    seconds = seconds_per_pass(make_pipeline(*some, augment, training=True))
    print(f"{name:<16}: {seconds:.2f} s for {len(x_train[:n]):,} images, {1e6 * seconds / n:.0f} µs for each")


# %% [markdown]
# Augmentation is much work compared with doing nothing, but little compared with training, and it runs on batches, in
# parallel, while the network works on the batch before. On two CPU cores an epoch of network d took 13.7 s from this
# pipeline without augmentation, 16.2 s with three layers and 15.3 s with the one; in another run 15.6 s, 18.0 s and
# 16.4 s. A pipeline that makes image after
# image in Python can cost more than the training itself.
#
# There is a second gain: looking up between pixels blurs an image a little, and once blurs less than twice.
#
# ### Data that do not fit in memory
#
# `from_tensor_slices` keeps all images in memory. CIFAR-10 as `float32` takes 0.6 GB; ImageNet would take about a
# terabyte. Large data sets lie on disk in **shards**: files of some hundred or thousand images each, of which only one
# or a few are in memory at a time. We write some, in a temporary folder. Images stay `uint8` on disk: a quarter of
# the room.

# %%
def write_shards(folder, x, y, shard_size):
    """Write images and labels to files shard_000.npz, shard_001.npz, ... with the arrays "x" (uint8) and "y"."""
    for number, start in enumerate(range(0, len(x), shard_size)):
        part = slice(start, start + shard_size)
        np.savez(Path(folder) / f"shard_{number:03}.npz", x=x[part], y=y[part])


# %%
shards = tempfile.TemporaryDirectory()  # disappears with the kernel, or when we clean up
n = min(profile.samples(20_000), len(data.x_train))
write_shards(shards.name, data.x_train[:n], data.y_train[:n], shard_size=-(-n // 10))
for path in sorted(Path(shards.name).iterdir()):
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


# %% [markdown]
# Now stream them: open a shard, hand on its images, forget it, open the next. Each shard is read with `np.load(path)`,
# which gives its arrays by name: `np.load(path)["x"]`.
#
# There are several ways. One is a Python **generator**, a function with `yield`: it hands out one element, and
# continues behind the `yield` when the next one is asked for. `tf.data.Dataset.from_generator(function,
# output_signature=...)` makes a data set of it; `output_signature` holds one `tf.TensorSpec(shape, dtype)` for the
# images and one for the labels. If you yield whole shards, `.unbatch()` takes them apart into single images, which is
# faster than a `yield` for each image.
#
# To shuffle without holding everything, shuffle twice: the order of the shards, and the images within each shard.

# %%
# EXERCISE stream_from_disk (4)
def stream_from_disk(folder, batch_size, training=False):
    """Return a tf.data.Dataset that reads the shards of a folder one after another and never holds them all.

    folder: holds shard_000.npz, shard_001.npz, ..., each with "x", uint8 (n, 32, 32, 3), and "y", whole numbers (n,).
    The shards are not all of the same size.
    Elements are batches, pairs of images, float32 between 0 and 1, and labels as they are stored. A batch may hold
    images of two shards: all batches but the last have batch_size images.
    training: if True, the shards come in random order, and the images of each shard are shuffled among themselves;
    both anew in each epoch. If False, all images come in the stored order.

    Example: for images, labels in stream_from_disk(shards.name, 128): ...
    """
    ### BEGIN SOLUTION
    paths = sorted(Path(folder).glob("shard_*.npz"))
    rng = np.random.default_rng(0)  # made once: it goes on from epoch to epoch

    def read_shards():
        for k in rng.permutation(len(paths)) if training else range(len(paths)):
            with np.load(paths[k]) as shard:
                x, y = shard["x"], shard["y"]
            order = rng.permutation(len(x)) if training else np.arange(len(x))
            yield x[order], y[order]

    signature = (tf.TensorSpec((None, 32, 32, 3), "uint8"), tf.TensorSpec((None,), "int32"))
    dataset = tf.data.Dataset.from_generator(read_shards, output_signature=signature)
    dataset = dataset.unbatch().batch(batch_size)
    dataset = dataset.map(lambda images, labels: (tf.cast(images, "float32") / 255, labels), tf.data.AUTOTUNE)
    return dataset.prefetch(2)
    ### END SOLUTION


# %% [markdown]
# Does memory stay flat? `tracemalloc` (in Python) counts the bytes that Python and NumPy hold. For comparison: a
# function that loads everything first, as one usually begins. **Predict** both curves: megabytes held, over the
# batches of one epoch. And which way is faster, in the first epoch and in the second?

# %%
def load_everything(folder, batch_size):
    """The same batches after loading all shards: a list of pairs of arrays, images as float32 between 0 and 1."""
    parts = []
    for path in sorted(Path(folder).glob("shard_*.npz")):
        with np.load(path) as shard:
            parts.append((shard["x"].astype("float32") / 255, shard["y"]))
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = range(0, len(labels), batch_size)
    return [(images[start : start + batch_size], labels[start : start + batch_size]) for start in starts]


def watch_memory(make_batches):
    """Run through the batches. Returns the megabytes held with each of them, and the peak."""
    tracemalloc.start()
    held = [tracemalloc.get_traced_memory()[0] / 1e6 for _ in make_batches()]
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return held, peak


def seconds_of_epochs(make_batches):
    """Seconds for the first epoch, with all that comes before it, and for the second."""
    times = [time.perf_counter()]
    batches = make_batches()
    for _ in range(2):
        for _ in batches:
            pass
        times.append(time.perf_counter())
    return np.diff(times)


ways = {"load everything": lambda: load_everything(shards.name, BATCH_SIZE)}

# %%
streamed = stream_from_disk(shards.name, BATCH_SIZE, training=True)
ways["stream from disk"] = lambda: streamed

# %% [markdown]
# Memory and time are taken in separate runs, because watching memory takes time.

# %%
memory = {name: watch_memory(make_batches) for name, make_batches in ways.items()}
rows = {name: [memory[name][1], *seconds_of_epochs(make_batches)] for name, make_batches in ways.items()}
costs = pd.DataFrame(rows, index=["at most, MB", "first epoch, s", "second epoch, s"]).T
print(costs.round(2).to_string())

# %%
figure, axis = plt.subplots(figsize=(8, 3.4))
for name, (held, _) in memory.items():
    axis.plot(held, label=name)
axis.set(xlabel="batch", ylabel="memory held in MB", ylim=0)
axis.legend()
plots.show(
    figure,
    alt="Memory over the batches. Loading everything holds all images from the first batch to the last; streaming "
    "stays flat, near one shard.",
)

# %% [markdown]
# Loading everything holds every image as `float32` from the first batch on, and at its peak twice as much: the parts,
# and the whole they are joined to. Streaming holds one shard, in `uint8`, and for a moment its shuffled copy, whatever
# the number of shards: a hundred times as many images would take a hundred times as long and no more memory.
# (TensorFlow's own buffers, one shard and two batches, are not in this count.)
#
# What it costs: who has loaded everything pays nothing in the second epoch; streaming reads the disk in every epoch.
# Compared with the training that follows this is little, and with `prefetch` it happens while the network works. (Our
# shards have just been written, so the system still has them in memory; from a slow disk it takes longer.) And
# shuffling is only partial, for images of one shard stay together. So write shards in shuffled order: a shard per class
# would give the network one class at a time.

# %%
shards.cleanup()

# %% [markdown]
# ## 4 Training with augmentation (15 minutes)
#
# Network d again, on images that are new in every epoch: from your pipeline, augmented in one step. **Predict** before you train: will *training* accuracy rise
# faster or more slowly than without augmentation? And validation accuracy?
#
# 20 epochs take about 6 minutes on two CPU cores with fast 16-bit arithmetic, and three times as long without. Use
# the time to read on. Or set `TRAIN` to `False`: then our own trained network is loaded. (With the stand-in data do
# train: ours knows photographs.)

# %%
TRAIN = True

# %% tags=["author-only"]
# instead of training: d_augmented
TRAIN = profile.current() != "full"  # the executed solution shows the run that the text speaks of


def train(model, batches, x_val, y_val, epochs, callbacks=()):
    """Train a compiled network on batches of a pipeline. Returns its history: name -> one value per epoch."""
    return model.fit(
        batches,
        epochs=epochs,
        validation_data=(x_val, y_val),
        validation_batch_size=500,
        callbacks=[training.Clock(), training.OneCycle(), *callbacks],
        shuffle=False,  # the pipeline has done it
        verbose=0,
    ).history


# %%
if TRAIN:
    profile.seed_everything(0)
    batches = make_pipeline(x_train, y_train, BATCH_SIZE, all_in_one, training=True)
    network = build_d()
    live = training.LiveCurves(reference=training.reference_run(LAB, "d_augmented"))
    history = train(network, batches, x_val, y_val, profile.epochs(EPOCHS), [live])
    augmented = network  # only now: an interrupted training leaves no half-trained network behind

# %% [markdown]
# Grey, behind your curves: our run, on the real CIFAR-10. Now the comparison: the same network, the same number of
# steps, with and without augmentation. The run without is ours, on photographs. (Not trained? Then both are.)

# %%
if "augmented" not in globals():
    augmented = training.reference_model(LAB, "d_augmented")
    history = training.reference_run(LAB, "d_augmented")

plain = training.reference_run(LAB, "d_plain")
figure, axis = plt.subplots(figsize=(8, 4))
for colour, name, run in zip(
    plots.COLOURS[1::-1], ("without augmentation", "with augmentation"), (plain, history), strict=True
):
    for style, prefix, part in (("-", "", "training"), ("--", "val_", "validation")):
        values = run[prefix + "accuracy"]
        axis.plot(range(1, len(values) + 1), values, style, color=colour, label=f"{name}, {part}")
    gap = run["accuracy"][-1] - run["val_accuracy"][-1]
    print(f"{name:<20}: training {run['accuracy'][-1]:.3f}, validation {run['val_accuracy'][-1]:.3f}, gap {gap:+.3f}")
axis.set(xlabel="epoch", ylabel="accuracy")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend(fontsize=9)
plots.show(
    figure,
    alt="Accuracy over the epochs. Without augmentation training rises far above validation; with augmentation it "
    "rises more slowly, both stay close together, and validation ends higher.",
)

# %% [markdown]
# Solid lines: training, dashed: validation. Without augmentation the network learns its 45,000 images by heart: in our
# run training ends at 1.00<!-- our d_plain accuracy --> and validation at 0.82<!-- our d_plain val_accuracy -->. With
# augmentation training ends at 0.89<!-- our d_augmented accuracy --> only, and validation at
# 0.85<!-- our d_augmented val_accuracy -->.
#
# Why does training accuracy rise more slowly? Because the task is harder: every image is a new one, shifted, turned or
# flipped, and cannot be remembered. The training accuracy is also measured on these harder images, and with dropout
# active; the validation images are upright, whole and without dropout. So validation may even lie above training. It
# is the *validation* accuracy that counts, and it gains.
#
# The homework that network d comes from augmented, too, and gained nothing:
# 0.7055<!-- published d_augmented val_accuracy --> with augmentation,
# 0.7062<!-- published 03_cifar_progression:d val_accuracy --> without. Its recipe turned and shifted like yours, but it
# also flipped images *upside down*. Does a horse on its back fit the first rule? The label still does. But no photograph
# to be judged looks like that. Is this why nothing was gained? Two single runs of 20 and 10 epochs cannot say.
# **Try it:** give `make_pipeline` the augmenter `keras.Sequential([layers.RandomFlip("vertical"), all_in_one])`, and train again.
#
# ### Which invariance did it learn?
#
# A network is **invariant** to a transformation if its answer stays the same. Back to the rotated test images.
# **Predict:** does the augmented network, which saw rotations by about 10°, know images that are rotated by 90°?
#
# The third row is another run of ours: 10 epochs, with images turned by *any* angle.

# %%
turned = training.reference_run(LAB, "d_any_rotation")
table = pd.DataFrame(
    {
        "d, without augmentation": [accuracy(d, x, y_test) for x in (x_test, x_rotated)],
        "d with augmentation": [accuracy(augmented, x, y_test) for x in (x_test, x_rotated)],
        "d, rotated by any angle (our run)": [turned["test_accuracy"], turned["test_accuracy_rotated"]],
    },
    index=["upright", "rotated by 90°"],
).T
print(table.round(3).to_string())

# %% [markdown]
# In our runs the augmented network reached 0.85 upright and 0.34 rotated ({{lab cifar_progression}}'s: 0.81 and 0.29): better
# on photographs as they are, and not much better on the others. The third network is equally good at both, 0.60, but
# far worse on upright images: it spends its weights on angles that never occur in the test set, and can no longer use
# that the sky is above.
#
# So augmentation teaches exactly the invariance that you ask for, and each one has its price. Ask for those that your
# data need. (To be fair: the three runs differ in length, 10, 20 and 10 epochs, and {{lab cifar_progression}}'s network has more dropout and
# weight decay. If you work with the stand-in, the third row is still about photographs.)
#
# ## 5 Where is it wrong? (40 minutes)
#
# One number says how often a network is wrong, not *how*. We look at its mistakes, on the **validation** images. Not
# on the test images: what we learn here will tempt us to change something, and then the test set would no longer be
# new.

# %%
logits = augmented.predict(x_val, batch_size=500, verbose=0)
probabilities = np.asarray(keras.ops.softmax(logits))
y_true, y_pred = y_val.argmax(axis=1), probabilities.argmax(axis=1)
print(f"{np.sum(y_true != y_pred)} of {len(y_true):,} validation images are wrong")


# %% [markdown]
# The **confusion matrix** counts pairs: row $i$, column $j$ holds the number of images of the true class $i$ for which
# the network says $j$. Right answers lie on the diagonal. Rows are true, columns predicted: this is scikit-learn's
# convention; some books use the other one, so always check. Write it yourself, without scikit-learn.

# %%
# EXERCISE confusion_matrix (2)
def confusion_matrix(y_true, y_pred, n_classes):
    """Count for each pair of classes how often the true one is predicted as the other.

    y_true, y_pred: whole numbers from 0 to n_classes - 1, (N,).
    Returns an array (n_classes, n_classes): row: true class, column: predicted class.

    Example: confusion_matrix([0, 0, 1], [0, 1, 1], 2) is [[1, 1], [0, 1]].
    """
    ### BEGIN SOLUTION
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    for true, predicted in zip(y_true, y_pred, strict=True):
        matrix[true, predicted] += 1
    return matrix
    ### END SOLUTION


# %%
matrix = confusion_matrix(y_true, y_pred, N_CLASSES)
reference = metrics.confusion_matrix(y_true, y_pred, labels=range(N_CLASSES))
print("same as scikit-learn's:", np.array_equal(matrix, reference))

# %% [markdown]
# (Not solved yet? Then you see scikit-learn's matrix.) The numbers are images. The colour shows which part of its row
# a number is, and ends at a fifth: nearly all of the diagonal is darker than the scale, so that the mistakes show.

# %%
if "matrix" not in globals():
    matrix = metrics.confusion_matrix(y_true, y_pred, labels=range(N_CLASSES))

figure, axis = plt.subplots(figsize=(8.5, 6.5))
parts = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
sns.heatmap(
    parts,
    vmin=0,
    vmax=0.2,
    annot=matrix,
    fmt="d",
    cmap="Blues",
    linewidths=0.5,
    xticklabels=class_names,
    yticklabels=class_names,
    cbar_kws={"label": "part of the row (0.2 and more)"},
    ax=axis,
)
axis.set(xlabel="predicted class", ylabel="true class")
plots.show(
    figure,
    alt="Confusion matrix of the validation images, ten by ten. The diagonal is darkest; beside it the squares of cat "
    "and dog are darker than all others.",
)


# %% [markdown]
# Look for dark squares beside the diagonal. Animals are taken for animals and vehicles for vehicles: the matrix shows
# two blocks, though nobody told the network that there are two kinds of things.
#
# ### Two questions about one class
#
# - **Recall:** of the images that *are* cats, what fraction does the network call a cat?
# - **Precision:** of the images that the network *calls* a cat, what fraction are cats?
#
# A network that says "cat" to everything has recall 1 for cats, and a bad precision. Both can be read off the matrix.

# %%
# EXERCISE per_class_report (2)
def per_class_report(matrix):
    """Precision and recall of each class, from a confusion matrix (rows: true, columns: predicted).

    matrix: counts, (classes, classes).
    Returns a pandas DataFrame with one row per class, in their order, and the columns "precision" and "recall",
    fractions between 0 and 1. Where a class was never predicted, its precision is 0; where it never occurs, its
    recall is 0.

    Example: for [[1, 1], [0, 2]] the precisions are 1 and 0.667, the recalls 0.5 and 1.
    """
    ### BEGIN SOLUTION
    matrix = np.asarray(matrix)
    right = np.diag(matrix)
    # Where a sum is 0 the diagonal is 0 too, so dividing by 1 gives the 0 that is wanted.
    return pd.DataFrame(
        {
            "precision": right / np.maximum(matrix.sum(axis=0), 1),
            "recall": right / np.maximum(matrix.sum(axis=1), 1),
        }
    )
    ### END SOLUTION


# %% [markdown]
# **Predict** from the matrix: which class has the lowest recall? Is there one that the network names too readily, with
# a precision far below its recall?

# %%
report = per_class_report(matrix).set_axis(class_names, axis="index")
print(report.round(3).to_string())


# %% [markdown]
# Which mistakes are most frequent? Write the function that makes the list, so that it also works for a thousand
# classes, where nobody reads the matrix.

# %%
# EXERCISE most_confused_pairs (2)
def most_confused_pairs(matrix, n):
    """The n most frequent mistakes of a confusion matrix (rows: true, columns: predicted).

    matrix: counts, (classes, classes), not changed. n: length of the list.
    Returns a list of (true class, predicted class, count), the most frequent first; equal counts in any order. Pairs
    that never happen are left out, even if the list gets shorter than n. (1, 2) and (2, 1) are two different pairs.

    Example: most_confused_pairs(np.array([[5, 1], [3, 4]]), 1) is [(1, 0, 3)].
    """
    ### BEGIN SOLUTION
    pairs = [
        (true, predicted, int(count))
        for (true, predicted), count in np.ndenumerate(matrix)
        if true != predicted and count > 0
    ]
    return sorted(pairs, key=lambda pair: pair[2], reverse=True)[:n]
    ### END SOLUTION


# %%
for true, predicted, count in most_confused_pairs(matrix, 8):
    print(f"{count:>4} × {class_names[true]} taken for {class_names[predicted]}")

# %% [markdown]
# ### A gallery of mistakes
#
# Figures say what happens; images may say why. Here are the mistakes of which the network is surest. **Predict:** will
# you see at once what is on them?

# %%
sure = probabilities.max(axis=1)
wrong = np.flatnonzero(y_pred != y_true)
wrong = wrong[np.argsort(-sure[wrong])][:15]
plots.image_grid(
    as_pictures(x_val[wrong]),
    [f"{class_names[y_pred[k]]} {sure[k]:.2f}\ntrue: {class_names[y_true[k]]}" for k in wrong],
    alt="Fifteen validation images that the network gets wrong with high probability, with its answer and the truth: "
    + "; ".join(f"{class_names[y_pred[k]]} instead of {class_names[y_true[k]]}" for k in wrong)
    + ".",
)

# %% [markdown]
# Above each image: the network's answer with its probability, and the true class. Some are hard for you too, some
# labels may even be wrong, and some mistakes have a reason that one can see: the background, the size, an unusual view.
#
# ### Your comment (1 point)
#
# What kinds of mistakes does the network make? Use the matrix, the report and the gallery. Four to six sentences.
#
# | criterion | points |
# | --- | --- |
# | names the most confused pairs with figures, and says what these classes have in common | 0.5 |
# | describes two images of the gallery and the likely reason of the mistake, and proposes one remedy that fits | 0.5 |

# %% [markdown]
# <!-- WRITTEN mistakes (1) -->
#
# Most mistakes stay within animals or within vehicles; the most frequent are cats taken for dogs and the reverse (52 and
# 49 of 500 each). Both have fur, four legs and similar faces, and at 32×32 pixels the details that tell them apart cover
# a handful of pixels. In the gallery three dogs that stand side-on, on long legs, are called horses, which are nearly
# always seen like this. Two animals that lie curled up among leaves or on a blanket are called frogs: no legs to be
# seen, brown spots all over. More images of such views would help, or augmentation by zooming, so that the size of an
# object tells less. (Figures and images depend on the network.)

# %% [markdown]
# ## 6 More ways to make new images (5 minutes)
#
# A tour of other augmentations, each in a few lines of NumPy. All work on these six images, with values from 0 to 1.

# %%
rng = np.random.default_rng(0)
images = data.x_test[:6].astype("float32") / 255
labels = keras.utils.to_categorical(data.y_test[:6], N_CLASSES)


def demonstrate(images, alt, titles=("",) * 6):
    """Show six images in a row."""
    plots.image_grid(list(images), titles, alt=alt, columns=6, size=1.6)


demonstrate(images, "The six images as they are.", [class_names[k] for k in data.y_test[:6]])


# %% [markdown]
# **Random crop with padding.** Add a border of mirrored pixels, then cut out a piece of the old size somewhere. It is
# a shift without holes, cheap, and the usual choice for CIFAR-10. Labels stay. It does harm where the position tells the
# class.

# %%
def pad_and_crop(rng, images, border=4):
    """Cut each image anew out of a copy with a mirrored border. images: (N, H, W, C). Returns the same shape."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect")
    corners = rng.integers(0, 2 * border + 1, (len(images), 2))
    pieces = [one[top : top + height, left : left + width] for one, (top, left) in zip(padded, corners, strict=True)]
    return np.stack(pieces)


demonstrate(pad_and_crop(rng, images), "The six images, each shifted by a few pixels; borders are mirrored.")


# %% [markdown]
# **Cutout** (Keras: `RandomErasing`). A grey square hides a part, so the network cannot rely on a single detail, such
# as a cat's ears. Labels stay. It does harm where the object is small: the square may hide all of it.

# %%
def cut_out(rng, images, size=12):
    """Cover a square of each image with grey. images: (N, H, W, C). Returns the same shape."""
    covered = images.copy()
    for one in covered:
        top, left = rng.integers(0, np.array(one.shape[:2]) - size + 1)
        one[top : top + size, left : left + size] = 0.5
    return covered


demonstrate(cut_out(rng, images), "The six images, each with a grey square over a part of it.")


# %% [markdown]
# **Colour** (`RandomColorJitter`). Brightness, contrast and saturation change, as they do with light and camera. Labels
# stay. It does harm where colour is the class: ripe or unripe, red light or green.

# %%
def change_colours(rng, images, strength=0.4):
    """Change brightness, contrast and saturation of each image. images: (N, H, W, 3), 0 to 1. Returns the same."""
    brightness, contrast, saturation = 1 + rng.uniform(-strength, strength, (3, len(images), 1, 1, 1))
    grey = images.mean(axis=3, keepdims=True)
    changed = grey + saturation * (images - grey)
    middle = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(brightness * (middle + contrast * (changed - middle)), 0, 1)


demonstrate(change_colours(rng, images), "The six images, some brighter, some paler, some with stronger colours.")


# %% [markdown]
# **Elastic deformation** (`RandomElasticTransform`). Every pixel moves a little, neighbours in nearly the same way, as
# if the picture were printed on rubber. It made its name with handwritten digits, where it resembles another hand;
# it suits cells and tissue, and does harm to things with straight edges. Labels stay, but a mask of the same image must
# be bent along with it.

# %%
def bend(rng, images, strength=3.5, smoothness=4):
    """Move every pixel by up to `strength` pixels, smoothly. images: (N, H, W, C). Returns the same shape."""
    height, width = images.shape[1:3]
    bent = np.empty_like(images)
    for one, result in zip(images, bent, strict=True):
        moves = ndimage.gaussian_filter(rng.uniform(-1, 1, (2, height, width)), (0, smoothness, smoothness))
        places = np.mgrid[:height, :width] + strength * moves / np.abs(moves).max()
        for channel in range(images.shape[3]):
            result[..., channel] = ndimage.map_coordinates(one[..., channel], places, order=1, mode="reflect")
    return bent


demonstrate(bend(rng, images), "The six images, bent like rubber: straight lines have become wavy.")


# %% [markdown]
# **Mixup** (`MixUp`). Two images are laid over each other, λ of one and 1 − λ of the other, **and their labels are mixed
# likewise**: this is the only one here that changes labels. So labels must be one-hot, and the loss must accept
# fractions. It looks absurd, and helps because the network learns to be unsure between the classes. It costs readable
# training accuracy: what is the right class of half a ship?

# %%
def mix_up(rng, images, labels, alpha=1.0):
    """Mix each image and its one-hot label with another of the batch. Returns images and labels, same shapes."""
    share = rng.beta(alpha, alpha, len(images)).astype("float32")
    partner = np.roll(np.arange(len(images)), 1)
    pictures, columns = share[:, None, None, None], share[:, None]
    mixed = pictures * images + (1 - pictures) * images[partner]
    return mixed, columns * labels + (1 - columns) * labels[partner]


mixed, mixed_labels = mix_up(rng, images, labels)
titles = ["\n".join(f"{one[k]:.2f} {class_names[k]}" for k in np.flatnonzero(one)) for one in mixed_labels]
demonstrate(mixed, "The six images, each laid over another: " + "; ".join(titles).replace("\n", " and ") + ".", titles)


# %% [markdown]
# Above each image stands its new label.
#
# **Try it:** add cutout (`layers.RandomErasing`, mind its `value_range`) to your augmenter and train with it. Does
# validation accuracy gain? Which of the five would you use for chest X-rays?

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for split and weights of this seed."""
    training.use_fast_precision()
    data = datasets.load("cifar10")
    x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data, seed)

    def fit(augment, epochs):
        profile.seed_everything(seed)
        model = build_d()
        history = train(model, make_pipeline(x_train, y_train, BATCH_SIZE, augment, True), x_val, y_val, epochs)
        return model, {name: [round(float(value), 4) for value in values] for name, values in history.items()}

    model, history = fit(FlipShiftTurn(), EPOCHS)
    shared = {"run": "d_augmented", "epochs": EPOCHS, "seconds": sum(history["seconds"]), "data": data.source}
    figures = (
        ("val_accuracy", history["val_accuracy"][-1]),
        ("test_accuracy", accuracy(model, x_test, y_test)),
        ("test_accuracy_rotated", accuracy(model, rotate90(x_test), y_test)),
    )
    for metric, value in figures:
        yield shared | {"metric": metric, "value": value}
    yield {"run": "d_augmented", "history": history, "model": model}
    if seed == 0:  # two more curves to look at, which no table quotes
        yield {"run": "d_plain", "history": fit(None, EPOCHS)[1]}
        model, history = fit(layers.RandomRotation(0.5, fill_mode="reflect"), EPOCHS // 2)
        turned = {"test_accuracy": accuracy(model, x_test, y_test)}
        turned["test_accuracy_rotated"] = accuracy(model, rotate90(x_test), y_test)
        yield {"run": "d_any_rotation", "history": history | turned}


# %% [markdown]
# ## What you have learned
#
# - A convolution does not care about places, but it does about angles: a quarter turn ruins a good network.
# - Augmentation teaches the invariance you ask for, no other. The label must still fit, and such images must occur.
# - Augment and shuffle training data only. A pipeline does it while the network works.
# - Data that do not fit in memory are streamed, shard by shard; shuffle the shards, and within them.
# - The confusion matrix says how a network is wrong; recall divides by rows, precision by columns. Then look at images.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab rnn_subtraction}}: from images to sequences.
