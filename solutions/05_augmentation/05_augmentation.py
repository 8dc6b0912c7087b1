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
# **Time:** about 120 minutes of work. Running every cell takes about 9 minutes on two CPU cores, most of them in
# section 4. Where our runs are replayed there (`TRAIN = False`) it takes about a minute, and with
# `run_profile="quick"` in the next cell about 3 minutes.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 15 points for code and 3 for written answers: 18 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import tempfile
import tracemalloc
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops
from scipy import ndimage
from sklearn import metrics

from checks import augmentation as checks
from checks import core
from helpers import datasets, plots, profile, training
from helpers.progress import measured, predict

LAB = "05_augmentation"
EPOCHS = 20
BATCH_SIZE = 128
N_CLASSES = 10
FEW = 7500

# %% [markdown]
# ## 1 A quarter turn (20 minutes)
#
# First the data: CIFAR-10, split and standardised just as in {{lab cifar_progression}}. The same seed gives the same
# split, so the network of that lab has not seen our validation images. We work with these all through the lab: the test
# set stays closed.

# %%
training.use_fast_precision()
data = datasets.load("cifar10")
class_names = data.class_names
x_train, y_train, x_val, y_val, _, _ = datasets.three_parts(data)
print(f"You work with {data.source}: {len(x_train):,} images for training, {len(x_val):,} for validation")

# %% [markdown]
# Standardised images hold values below 0. This function makes pictures of them again.

# %%
low, high = x_train.min(axis=(0, 1, 2)), x_train.max(axis=(0, 1, 2))  # black and white


def show(images, titles, alt, columns=6):
    """Draw standardised images with a title each."""
    pictures = np.clip((np.asarray(images, dtype="float32") - low) / (high - low), 0, 1)
    plots.image_grid(list(pictures), titles, alt, columns, size=1.6)


true = y_val.argmax(axis=1)
show(x_val[:6], [class_names[k] for k in true[:6]], "Six small colour images, each with the name of its class.")


# %% [markdown]
# `build_d` builds network d of {{lab cifar_progression}}, with less dropout and weight decay. The second cell loads
# the trained d of that lab: 10 epochs *without* augmentation. (With the stand-in data it trains d on the drawings, for
# 5 epochs.)

# %%
def build_d(width=32):
    """Network d; its convolutions have width, 2 · width and 4 · width filters."""
    stack = [keras.Input((32, 32, 3))]
    for filters, convolutions in ((width, 2), (2 * width, 2), (4 * width, 3)):
        for _ in range(convolutions):
            stack.append(layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"))
        stack.append(layers.MaxPooling2D())
    stack += [layers.Flatten(), layers.Dense(8 * width, "relu"), layers.Dropout(0.3), layers.Dense(10, dtype="float32")]
    model = keras.Sequential(stack)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.AdamW(0.002, weight_decay=0.25), loss, metrics=["accuracy"])
    return model


def classes(model, x):
    """The most probable class of each image."""
    return model.predict(x, batch_size=500, verbose=0).argmax(axis=1)


# %%
d = training.reference_model("03_cifar_progression", "d") if data.real else build_d()
if not data.real:
    d.fit(x_train, y_train, BATCH_SIZE, epochs=profile.epochs(5), callbacks=[training.OneCycle()], verbose=0)
named = classes(d, x_val)
print(f"network d, upright validation images: accuracy {np.mean(named == true):.3f}")

# %% [markdown]
# Turn every image by 90°. **Predict** (replace the dots by a number): what will the accuracy be? Guessing gives 0.10.

# %%
predict("accuracy_rotated", ...)


# %% [markdown]
# A batch of images is an array `(N, H, W, C)`: axis 0 counts the images, the last one the colour
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
x_rotated = rotate90(x_val)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. (Here a Keras layer turns the images.)

# %%
if "x_rotated" not in globals():
    quarter_turn = layers.RandomRotation((0.25, 0.25), dtype="float32")  # at least and at most a quarter
    x_rotated = np.concatenate([quarter_turn(part, training=True) for part in np.array_split(x_val, 20)])
named_rotated = classes(d, x_rotated)
measured("accuracy_rotated", np.mean(named_rotated == true))

# %% [markdown]
# In our run accuracy fell from 0.815<!-- our figures d --> to 0.269<!-- our figures d_rotated -->. (Our figures come from a
# JPEG copy of CIFAR-10, perhaps a little harder than the original.) Here are some, with the
# class that the network names, and the true class in brackets where it is wrong.

# %%
answers = [*zip(named[:5], true[:5], strict=True), *zip(named_rotated[:5], true[:5], strict=True)]
titles = [f"{class_names[k]} {'✓' if k == t else '✗ (' + class_names[t] + ')'}" for k, t in answers]
alt = "Five validation images upright, and below the same five rotated by a quarter turn. " + ", ".join(titles)
show(np.concatenate([x_val[:5], x_rotated[:5]]), titles, alt, columns=5)

# %% [markdown]
# Is it the same for all classes?

# %%
right = pd.DataFrame({"upright": named == true, "rotated by 90°": named_rotated == true})
of_class = right.groupby(true).mean().reindex(range(N_CLASSES), fill_value=0).to_dict("list")
plots.bars(of_class, class_names, "Accuracy for each class. All classes fall when rotated, most of them far.", level=0.1)

# %% [markdown]
# Dotted: guessing. Every class loses, but not equally. In our run 0.85<!-- our figures horse --> of the horses were
# recognised upright and 0.04<!-- our figures horse_rotated --> rotated; but of the frogs
# 0.85<!-- our figures frog --> and still 0.58<!-- our figures frog_rotated -->. And of the rotated images that are not
# recognised 0.32<!-- our figures wrong_as_cat --> are called a cat. Why these differences?
#
# A quarter turn is a large change. How soon does it begin? We turn 1,000 images by any angle, and for comparison shift
# them by some pixels. What comes in at the border is filled by reflection. **Predict:** what will the accuracy be after a
# turn of 45°?

# %%
predict("accuracy_at_45_degrees", ...)

# %%
some, labels = x_val[:1000], true[:1000]
shifts, angles = range(0, 9, 2), range(0, 181, 15)
shifted = [np.pad(some, ((0, 0), (0, 0), (shift, 0), (0, 0)), mode="reflect")[:, :, :32] for shift in shifts]
turned = [ndimage.rotate(some, angle, (2, 1), reshape=False, order=1, mode="reflect") for angle in angles]
by_shift, by_angle = ([np.mean(classes(d, x) == labels) for x in images] for images in (shifted, turned))
plots.lines({"shift": by_shift}, "Accuracy falls slowly with the shift.", "shift in pixels", x=shifts, level=0.1)
plots.lines({"angle": by_angle}, "Accuracy falls steeply up to 60 degrees.", "angle in degrees", x=angles, level=0.1)
measured("accuracy_at_45_degrees", by_angle[3])


# %% [markdown]
# In our run a shift of 2 pixels cost 0.03<!-- our figures shift_2 -->, one of 8 pixels,
# 0.21<!-- our figures shift_8 -->. A turn of 15° cost 0.10<!-- our figures turn_15 -->, one of 45°
# 0.47<!-- our figures turn_45 -->. (With 1,000 images each accuracy is sure to about ± 0.025.)
#
# ### Your explanation (1 point)
#
# Why does accuracy fall so far when images are rotated, though a shift by two pixels costs so little? And why do some
# classes suffer more than others? Three to five sentences.
#
# | criterion | points |
# | --- | --- |
# | says what a convolution shares over all positions, and that nothing of the kind is shared over angles | 0.5 |
# | explains with the training images, and by the example of two classes, why some suffer more | 0.5 |

# %% [markdown]
# <!-- WRITTEN rotation (1) -->
#
# A convolution uses the same kernel at all positions, so a pattern that has moved is found at its new position, and
# pooling makes small shifts harmless. Nothing is shared over angles: a kernel for a horizontal edge does not answer to a
# vertical one, and what deeper layers expect, wheels under a body or legs under a belly, is no longer there. The
# network has seen horses, cars and ships only upright, so it never had a reason to learn them in another way. Frogs
# are photographed from above and from all sides, lie in any direction in the training images, and are known by colour
# and texture too, which a rotation does not change. Ships lose the horizon and the water below.

# %% [markdown]
# ## 2 New images from old ones (20 minutes)
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
# (There are many more, with other risks: `RandomZoom`; `RandomErasing`, or cutout, which hides a rectangle and harms small
# objects; `RandomColorJitter`, wrong where colour is the class; `RandomElasticTransform`, good for handwriting and tissue;
# `MixUp`, which lays two images over each other and mixes their *labels* likewise. Not solved yet? Then the next cell
# gives you an augmenter that only flips.)
#
# One image, changed 18 times. Can you tell what was done to each? What fills the holes at the borders? Would you give
# each of them the same label as before?

# %%
if "augmenter" not in globals():
    augmenter = layers.RandomFlip("horizontal")
alt = "One training image eighteen times: some flipped left-right, all a little shifted and turned."
show(augmenter(np.repeat(x_train[:1], 18, axis=0), training=True), [""] * 18, alt)

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
# 1. Harmful: half a turn makes a 9 of a 6, and the label no longer fits.
# 2. Harmful: a flipped 2 or 7 is no digit at all, and nobody will ever write it, so the network learns something useless
#    (0 and 8 survive).
# 3. All right: animals look left as often as right.
# 4. Useless or harmful: a ship upside down is still a ship, but no photograph of this kind will occur in use. The network
#    spends its capacity on it, and can no longer use that the sky is above.
# 5. Harmful: red and blue mean different things on traffic signs. A change of brightness is all right, for the light does
#    change.
# 6. All right and useful: seen from above no direction is special.

# %% [markdown]
# ## 3 The input pipeline (30 minutes)
#
# How do augmented images get into the network? If we made them before training, each would be drawn only once. If the
# network waits for each batch while it is made, training is slow. A **pipeline** makes the next batches *while* the
# network works on the present one. TensorFlow's tool for this is `tf.data`. A `tf.data.Dataset` describes a sequence
# of elements; each method returns a new data set with one more step:
#
# | method | what it does |
# | --- | --- |
# | `tf.data.Dataset.from_tensor_slices((x, y))` | a data set of pairs: one image and its label |
# | `.shuffle(buffer_size)` | fills a buffer with so many elements, gives one of them by chance, and takes the next one in |
# | `.batch(batch_size)` | joins so many elements to one; the last batch may be smaller |
# | `.map(function, num_parallel_calls)` | applies a function to each element, on several cores at once |
# | `.prefetch(buffer_size)` | prepares so many elements in advance; `tf.data.AUTOTUNE` lets TensorFlow choose |
#
# The order of the steps matters. **Predict:** with `shuffle(3)`, can the 9 stand in the first batch of five?

# %%
predict("nine_in_the_first_batch", ..., ["yes", "no"])

# %%
numbers = tf.data.Dataset.range(10)
first = [next(numbers.shuffle(3).batch(5).as_numpy_iterator()) for _ in range(100)]
print("shuffle(3), then batch(5), the first batch three times:", *first[:3])
print("shuffle(10), then batch(5):", *numbers.shuffle(10).batch(5).as_numpy_iterator())
print("batch(5), then shuffle(10):", *numbers.batch(5).shuffle(10).as_numpy_iterator())
measured("nine_in_the_first_batch", "yes" if 9 in np.concatenate(first) else "no")

# %% [markdown]
# The buffer of `shuffle(3)`, step by step, as it may happen:
#
# | step | 1 | 2 | 3 | 4 | 5 |
# | --- | --- | --- | --- | --- | --- |
# | in the buffer | 0 1 2 | 0 2 3 | 2 3 4 | 2 4 5 | 4 5 6 |
# | comes out, by chance | **1** | **0** | **3** | **2** | **6** |
# | comes in | 3 | 4 | 5 | 6 | 7 |
#
# The first element can only be 0, 1 or 2, and a late number cannot come early. Only a buffer as large as the data set
# shuffles well. And what is shuffled after `batch` are whole batches.
#
# And `prefetch`? Here is the time of four batches. Orange: the CPU prepares a batch. Blue: the network trains with it.

# %%
waiting = [part for k in range(4) for part in ((3 * k, 1, f"{k}"), (3 * k + 1, 2, f"batch {k}"))]
ahead = [part for k in range(4) for part in ((max(k, 2 * k - 1), 1, f"{k}"), (2 * k + 1, 2, f"batch {k}"))]
alt = "Without prefetch preparing and training take turns; with it the next batch is prepared during the training."
plots.timeline({"no prefetch": waiting, "prefetch(1)": ahead}, alt)


# %% [markdown]
# With `prefetch` both work at the same time.
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
# Augmentation is little work compared with training, and it runs on batches, in parallel, while the network works on the
# batch before. A pipeline that makes image after image in Python can cost more than the training.
#
# ### Data that do not fit in memory
#
# `from_tensor_slices` keeps all images in memory. CIFAR-10 as `float32` takes 0.6 GB; ImageNet would take about a
# terabyte. Large data sets lie on disk in **shards**: files of some hundred or thousand images each, of which only one
# or a few are in memory at a time. We write ten, in a temporary folder: shard_000.npz, shard_001.npz, ... with the arrays
# "x" and "y". Images stay `uint8` on disk: a quarter of the room.

# %%
shards = tempfile.TemporaryDirectory()  # disappears with the kernel, or when we clean up
n = min(profile.samples(20_000), len(data.x_train))
datasets.write_shards(shards.name, data.x_train[:n], data.y_train[:n], shard_size=-(-n // 10))


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
# EXERCISE stream_from_disk (3)
def stream_from_disk(folder, batch_size, training=False):
    """Return a tf.data.Dataset that reads the shards of a folder one after another and never holds them all.

    folder: its path, a text. In it lie shard_000.npz, shard_001.npz, ..., each with "x", uint8 (n, 32, 32, 3), and "y",
    whole numbers (n,). The shards are not all of the same size. Each is read when its images are due, and not before.
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
# Does memory stay flat? `tracemalloc` (in Python) counts the megabytes that Python and NumPy hold, at their peak.
# **Predict** them for one pass over the ten shards, which hold 61 MB in all. (Whoever loads everything as `float32` needs
# four times as much.)

# %%
predict("megabytes_held", ...)

# %%
tracemalloc.start()
sum(1 for _ in stream_from_disk(shards.name, BATCH_SIZE))
measured("megabytes_held", tracemalloc.get_traced_memory()[1] / 1e6)
tracemalloc.stop()
shards.cleanup()

# %% [markdown]
# Streaming holds one shard, in `uint8`, and for a moment a copy of it, whatever the number of shards: a hundred times
# as many images would take a hundred times as long and no more memory. (TensorFlow's own buffers, one shard and two
# batches, are not in this count.)
#
# What it costs: streaming reads the disk in every epoch. With `prefetch` it happens while the network works. And
# shuffling is only partial, for images of one shard stay together. So write shards in shuffled order: a shard per class
# would give the network one class at a time.
#
# ## 4 Training with augmentation (20 minutes)
#
# Network d again, on images that are new in every epoch, from your pipeline. **Predict** before you train: by how much
# will *validation* accuracy be higher than without augmentation, after the same number of epochs? (Or lower: a minus.) And
# think: will *training* accuracy rise faster or more slowly?

# %%
predict("gain_by_augmentation", ...)

# %% [markdown]
# 20 epochs take several minutes on two CPU cores with fast 16-bit arithmetic, and longer without. Use
# the time to read on. Or set `TRAIN` to `False`: then our run is replayed, and you go on with our network. (With the
# stand-in data do train: ours knows photographs.)

# %%
TRAIN = True

# %% tags=["author-only"]
# instead of training: d_augmented
TRAIN = profile.current() != "full"  # the executed solution shows the run that the text speaks of


# %%
def train(model, batches, x_val, y_val, epochs, callbacks=()):
    """Train a compiled network on batches of a pipeline. Returns its history: name -> one value per epoch."""
    callbacks = [training.Clock(), training.OneCycle(), *callbacks]
    settings = {"validation_batch_size": 500, "callbacks": callbacks, "shuffle": False, "verbose": 0}
    return model.fit(batches, epochs=epochs, validation_data=(x_val, y_val), **settings).history


# %%
if TRAIN:
    profile.seed_everything(0)
    batches = make_pipeline(x_train, y_train, BATCH_SIZE, augmenter, training=True)
    network, live = build_d(), training.LiveCurves(training.reference_run(LAB, "d_augmented"))
    history = train(network, batches, x_val, y_val, profile.epochs(EPOCHS), [live])
    augmented = network  # only now: an interrupted training leaves no half-trained network behind

# %% [markdown]
# Grey, behind your curves: our run, on the real CIFAR-10. Now the comparison: the same network, the same number of
# steps, with and without augmentation. The run without is ours, on photographs. (Not trained? Then both runs are ours.)

# %%
if "augmented" not in globals():
    augmented, history = training.replay(LAB, "d_augmented")
plain = training.reference_run(LAB, "d_plain")
alt = "Accuracy over the epochs. Without augmentation training rises far above validation; with it both stay close."
plots.compare_runs({"without augmentation": plain, "with augmentation": history}, alt)
measured("gain_by_augmentation", history["val_accuracy"][-1] - plain["val_accuracy"][-1])


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
# ### Upside down?
#
# The homework that network d comes from used augmentation, too, and gained nothing:
# 0.7055<!-- published d_augmented val_accuracy --> with augmentation,
# 0.7062<!-- published 03_cifar_progression:d val_accuracy --> without. Its recipe turned and shifted like yours, but it
# also flipped images *upside down*. Does a horse on its back fit the first rule? The label still does. But no photograph
# to be judged looks like that.
#
# Two single runs of 20 and 10 epochs cannot say whether this is why nothing was gained. So make the published augmenter,
# and measure: a narrow d (`build_d(16)`), only 7,500 training images, where augmentation should matter most, 20 epochs,
# and everything else nearly alike.

# %%
# EXERCISE build_upside_down (1)
def build_upside_down():
    """Return a Keras model that does what build_augmenter's does, and flips about half of the images upside down, too.

    Each image is flipped left-right or not, and upside down or not, by two draws that do not depend on each other. In
    inference images come out as they went in.

    Example: build_upside_down()(x_train[:18], training=True) are 18 changed images, about 9 of them upside down.
    """
    ### BEGIN SOLUTION
    return keras.Sequential([layers.RandomFlip("vertical"), build_augmenter()])
    ### END SOLUTION


# %% [markdown]
# **Predict:** by how much will the validation accuracy be higher with these flips than with your augmenter alone? (Or
# lower: a minus.) Then train: a few minutes at most on two CPU cores. (Our runs are on photographs: with the stand-in the
# difference means nothing.)

# %%
predict("gain_by_upside_down", ...)

# %%
few = {name: training.reference_run(LAB, f"few_{name}") for name in ("plain", "augmented", "upside_down")}

# %%
if TRAIN:
    profile.seed_everything(0)
    batches = make_pipeline(x_train[:FEW], y_train[:FEW], BATCH_SIZE, build_upside_down(), training=True)
    narrow = build_d(16)
    few["upside_down"] = train(narrow, batches, x_val, y_val, profile.epochs(EPOCHS))
    few["upside_down"]["val_accuracy_rotated"] = float(np.mean(classes(narrow, x_rotated) == true))

# %% [markdown]
# The other recipes are runs of ours: no augmentation, and flip, shift and turn. Ours turns by up to 7°, so your run
# differs from it in a little more than the flips upside down. (Not trained? Then all three are ours, alike but for the
# flips.)

# %%
measured("gain_by_upside_down", few["upside_down"]["val_accuracy"][-1] - few["augmented"]["val_accuracy"][-1])
ends = {name: [run["accuracy"][-1], run["val_accuracy"][-1], run["val_accuracy_rotated"]] for name, run in few.items()}
print(pd.DataFrame(ends, index=["training", "validation", "validation, rotated by 90°"]).T.round(3).to_string())

# %% [markdown]
# In our runs flips, shifts and turns raise validation accuracy from 0.60<!-- our few_plain val_accuracy --> to
# 0.64<!-- our few_augmented val_accuracy -->. Where do the flips upside down take it? **Explain** before you read on: what
# does the network have to learn in addition, and what can it use no more?
#
# It has to know each class in two forms, and can no longer use that the sky is above: filters and epochs are spent on
# images that never occur in the validation set. How sure is what you found? With 5,000 images the difference of two
# accuracies is sure to about ± 0.02, and yours is a single run. We trained three times, with other weights and other
# validation images: 0.601<!-- mean few_plain val_accuracy --> ± 0.006<!-- std few_plain val_accuracy --> without
# augmentation, 0.637<!-- mean few_augmented val_accuracy --> ± 0.005<!-- std few_augmented val_accuracy --> with
# flips, shifts and turns, 0.540<!-- mean few_upside_down val_accuracy --> ±
# 0.018<!-- std few_upside_down val_accuracy --> with images upside down among them: after 20 epochs worse than without
# any augmentation. What does it say of the homework? It is a hint, no proof: here the network is narrow and has few
# images, there it is the wide d with all of them, where every image helps less.
#
# ### Which invariance did it learn?
#
# A network is **invariant** to a transformation if its answer stays the same. Look at the last column: images turned by a
# quarter. Turns by up to 7° teach little about 90°: from 0.22<!-- our few_plain val_accuracy_rotated --> it rises to
# 0.26<!-- our few_augmented val_accuracy_rotated -->. The wide d with augmentation, on all images, reaches
# 0.85<!-- our figures augmented --> upright and 0.33<!-- our figures augmented_rotated --> rotated. **Try it:** train with
# `layers.RandomRotation(0.5, fill_mode="reflect")` alone, turns by any angle. What becomes of both columns? (In our run
# 0.45<!-- our few_any_angle val_accuracy --> upright, 0.46<!-- our few_any_angle val_accuracy_rotated --> rotated: all
# angles are the same to it, and the upright images pay for it.)
#
# Small turns have not taught large ones. Ask for the invariances that your data need.
#
# ## 5 Where is it wrong? (30 minutes)
#
# One number says how often a network is wrong, not *how*. We look at the mistakes of d with augmentation, on the
# **validation** images. Not on the test images: what we learn here will tempt us to change something, and then the test
# set would no longer be new.

# %%
probabilities = np.asarray(ops.softmax(augmented.predict(x_val, batch_size=500, verbose=0)))
predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
print(f"{np.sum(predicted != true)} of {len(true):,} validation images are wrong")


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

    Example: confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2) is [[1, 1], [0, 1]].
    """
    ### BEGIN SOLUTION
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    for true, predicted in zip(y_true, y_pred, strict=True):
        matrix[true, predicted] += 1
    return matrix
    ### END SOLUTION


# %%
matrix = confusion_matrix(true, predicted, N_CLASSES)

# %% [markdown]
# (Not solved yet? Then you see scikit-learn's matrix.) The numbers are images. The colour shows which fraction of its row
# a number is, and ends at a fifth: in our run the whole diagonal has the darkest colour, so that differences between the
# mistakes can be seen.

# %%
if "matrix" not in globals():
    matrix = metrics.confusion_matrix(true, predicted, labels=range(N_CLASSES))
alt = "Confusion matrix, ten by ten. The diagonal is darkest; beside it cat and dog are darker than all others."
plots.confusion_matrices({"validation images": matrix}, class_names, alt, limit=0.2)


# %% [markdown]
# Look for dark squares beside the diagonal. Animals are mostly taken for animals, in the middle of the matrix, and vehicles
# for vehicles, in its four corners, though nobody told the network that there are two kinds of things.
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
# **Predict** from the matrix: which class has the lowest recall?

# %%
predict("lowest_recall", ..., class_names)

# %%
print(per_class_report(matrix).set_axis(class_names, axis="index").round(3).to_string())

# %% [markdown]
# How many of the mistakes are *confident*, said with a probability above 0.8? And what does scikit-learn's report say?

# %%
wrong = predicted != true
counts = [np.bincount(true[rows], minlength=N_CLASSES) for rows in (wrong, wrong & (sure > 0.8))]
print(pd.DataFrame(counts, index=["wrong", "confident and wrong"], columns=class_names).T.to_string(), "\n")
print(metrics.classification_report(true, predicted, labels=range(N_CLASSES), target_names=class_names, zero_division=0))
measured("lowest_recall", class_names[counts[0].argmax()])  # that with most mistakes: all have equally many images

# %% [markdown]
# First the mistakes of each true class, and how many of them are confident: in our run
# 0.10<!-- our figures confident --> of all. A high probability is no promise. Then scikit-learn's report. Compare its
# first two columns with your own. `f1-score` is a mean of both (the harmonic one), `support` the number of images. Three
# rows sum up: `accuracy` is the fraction of all images that are right; `macro avg` the mean over the classes, each counted
# alike; `weighted avg` the mean over the classes, each counted by its images. Here all classes have equally many images, so
# the last two agree. In a data set with 990 healthy and 10 ill they do not: always saying "healthy" has an accuracy of
# 0.99 and a macro recall of 0.5. ({{Lab mnist_callback}} shows reports of networks before and after a longer training.)
#
# ### A gallery of mistakes
#
# Figures say what happens; images may say why. Here are the mistakes of which the network is surest, with its answer,
# its probability, and the true class. Do you see at once what is on them?

# %%
surest = np.flatnonzero(wrong)[np.argsort(-sure[wrong])][:15]
titles = [f"{class_names[predicted[k]]} {sure[k]:.2f}\ntrue: {class_names[true[k]]}" for k in surest]
show(x_val[surest], titles, "Fifteen images with a wrong answer and the truth: " + "; ".join(titles), columns=5)


# %% [markdown]
# Some are hard for you too, some labels may even be wrong, and some mistakes have a reason that one can see: the
# background, the size, an unusual view.
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
# Most mistakes stay within animals or within vehicles; the most frequent are cats taken for dogs and the reverse
# (52<!-- our figures cat_as_dog --> and 49<!-- our figures dog_as_cat --> of 500 each). Both have fur, four legs and
# similar faces, and at 32×32 pixels the details that tell them apart cover a handful of pixels. In the gallery three dogs
# that stand side-on, on long legs, are called horses, which are nearly always seen like this. Two animals that stand among
# leaves or lie curled up on a blanket are called frogs: no legs to be seen, brown spots all over. More images of such views
# would help, or augmentation by zooming, so that the size of an object tells less. (Figures and images depend on the
# network.)

# %% tags=["author-only"]
class FlipShiftTurn(layers.Layer):
    """Flips, shifts and turns each image by chance, all in one step: our own runs are augmented with it.

    One affine map after the other is an affine map, so that each pixel is looked up once, which is faster and blurs less.

    shift: up to this fraction of the size, along both axes. turn: up to this fraction of a full turn.
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


def recipes_of(seed, x_train, y_train, x_val, y_val):
    """The recipes of section 4 on few images: name -> history."""
    augmenters = {
        "plain": None,
        "augmented": FlipShiftTurn(),
        "upside_down": keras.Sequential([layers.RandomFlip("vertical"), FlipShiftTurn()]),
        "any_angle": layers.RandomRotation(0.5, fill_mode="reflect"),
    }
    for name, augment in augmenters.items():
        profile.seed_everything(seed)
        model = build_d(16)
        batches = make_pipeline(x_train[:FEW], y_train[:FEW], BATCH_SIZE, augment, True)
        history = rounded(train(model, batches, x_val, y_val, EPOCHS))
        yield name, history | {"val_accuracy_rotated": right_fraction(model, rotate90(x_val), y_val)}


def right_fraction(model, x, y):
    """The fraction of the images x whose most probable class is that of the one-hot labels y."""
    return round(float(np.mean(classes(model, x) == y.argmax(axis=1))), 4)


def rounded(history):
    """The curves, to four digits."""
    return {name: [round(float(value), 4) for value in values] for name, values in history.items()}


def figures_of_text(x_val, y_val):
    """What the text says of the shipped networks, with and without augmentation, on the validation images."""
    d, augmented = training.reference_model("03_cifar_progression", "d"), training.reference_model(LAB, "d_augmented")
    true, named, named_rotated = y_val.argmax(axis=1), classes(d, x_val), classes(d, rotate90(x_val))
    found = {"d": np.mean(named == true), "d_rotated": np.mean(named_rotated == true)}
    for name in ("horse", "automobile", "frog"):
        of_class = true == datasets.OBJECTS.index(name)
        found[name] = np.mean(named[of_class] == true[of_class])
        found[f"{name}_rotated"] = np.mean(named_rotated[of_class] == true[of_class])
    found["wrong_as_cat"] = np.mean(named_rotated[named_rotated != true] == datasets.OBJECTS.index("cat"))
    some, labels = x_val[:1000], true[:1000]
    right = np.mean(named[:1000] == labels)
    for shift in (2, 8):
        shifted = np.pad(some, ((0, 0), (0, 0), (shift, 0), (0, 0)), mode="reflect")[:, :, :32]
        found[f"shift_{shift}"] = right - np.mean(classes(d, shifted) == labels)
    for angle in (15, 45):
        turned = ndimage.rotate(some, angle, (2, 1), reshape=False, order=1, mode="reflect")
        found[f"turn_{angle}"] = right - np.mean(classes(d, turned) == labels)
    probabilities = np.asarray(ops.softmax(augmented.predict(x_val, batch_size=500, verbose=0)))
    predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    matrix = metrics.confusion_matrix(true, predicted)
    cat, dog = map(datasets.OBJECTS.index, ("cat", "dog"))
    found |= {"augmented": np.mean(predicted == true), "cat_as_dog": matrix[cat, dog], "dog_as_cat": matrix[dog, cat]}
    found["augmented_rotated"] = np.mean(classes(augmented, rotate90(x_val)) == true)
    found["confident"] = np.mean(sure[predicted != true] > 0.8)
    return {name: round(float(value), 4) for name, value in found.items()}


def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for split and weights of this seed."""
    training.use_fast_precision()
    data = datasets.load("cifar10")
    x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data, seed)

    def fit(augment):
        profile.seed_everything(seed)
        model = build_d()
        return model, rounded(train(model, make_pipeline(x_train, y_train, BATCH_SIZE, augment, True), x_val, y_val, EPOCHS))

    model, history = fit(FlipShiftTurn())
    shared = {"run": "d_augmented", "epochs": EPOCHS, "seconds": sum(history["seconds"]), "data": data.source}
    figures = (
        ("val_accuracy", history["val_accuracy"][-1]),
        ("test_accuracy", right_fraction(model, x_test, y_test)),
        ("test_accuracy_rotated", right_fraction(model, rotate90(x_test), y_test)),
    )
    for metric, value in figures:
        yield shared | {"metric": metric, "value": value}
    yield {"run": "d_augmented", "history": history, "model": model}
    for name, history in recipes_of(seed, x_train, y_train, x_val, y_val):
        run = {"run": f"few_{name}", "epochs": EPOCHS, "seconds": sum(history.pop("seconds")), "data": data.source}
        yield run | {"metric": "val_accuracy", "value": history["val_accuracy"][-1], "history": history}
    if seed == 0:  # more to look at, which no table quotes
        yield {"run": "d_plain", "history": fit(None)[1]}
        yield {"run": "figures", "history": figures_of_text(x_val, y_val)}


# %% [markdown]
# ## What you have learned
#
# - A convolution finds a pattern at every position, but not at every angle: a quarter turn ruins a good network.
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
