# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · Getting started
#
# The notebook, the checks, your first network, and how fast this machine computes.
#
# {{colab}}
#
# **You will learn** to work in a notebook, to read what a check says, to build and train a network in five steps, to
# build one with two inputs and two outputs, and what a graph and a GPU are good for.
#
# **You need** a little Python and NumPy: functions, loops, arrays. Nothing else.
#
# **Time:** about 75 minutes of work. Sections 4 to 6 can wait until another day.
# Running every cell takes about 20 seconds on two CPU cores.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 10 points, all of them for code; there are no written answers.
#
# **Start here:** click into the grey cell below and press Shift+Enter.

# %% tags=["setup"]
# {{setup}}

# %%
import contextlib
import os
import statistics
import time
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from checks import core
from checks import getting_started as checks
from helpers import plots, profile, training

LAB = "00_getting_started"
N_CLASSES = 10

# %% [markdown]
# ## 1 The notebook (5 minutes)
#
# You have just run two cells. The first is the **setup cell**: every lab begins with it. The second imports what the
# lab needs.
#
# - **Run a cell:** Shift+Enter. While it runs, `[*]` stands on its left; then a number, which counts the cells you ran.
# - **Order matters.** Behind the notebook runs one Python, the **kernel**. It remembers every name, in the order in
#   which *you* ran the cells, not in the order of the page.
#
# Try it. Run the next two cells. Then run the second one again, three times. **Predict:** which number will it print?

# %%
count = 0

# %%
count = count + 1
print("count is", count)

# %% [markdown]
# The cell adds 1 each time it runs. So a notebook can show something that it would not show if you ran it from the top.
#
# - **Something is strange?** Restart: JupyterLab has *Kernel → Restart Kernel*, Colab has *Runtime → Restart session*.
#   Python forgets everything, your text stays. Then run the cells again from the top.
# - **Stop a cell** that takes too long: the square ■, in JupyterLab in the toolbar, in Colab on the cell's left.
# - **Colab** is much like JupyterLab, but the kernel runs on a computer of Google's. The badge at the top of each lab
#   opens it there. To keep your work, choose *File → Save a copy in Drive*. For a GPU: *Runtime → Change runtime type*.
#
# And where do files go that a cell writes? Into the folder of the notebook, on the machine where the kernel runs:

# %%
print("This kernel works in", Path.cwd())

# %% [markdown]
# On Colab this is a machine on loan. What it holds is deleted when the session ends, so download what you want to keep.
#
# ## 2 How a check talks to you (10 minutes)
#
# Every exercise has a check. It calls your function with some cases, compares, and says one of four things. Here they
# are, with an example that we have solved for you, well and badly: `upside_down(image)` should turn a picture upside
# down. First, as every exercise begins: nothing is written yet.

# %%
check_example = checks.example()


def show_verdict(function):
    """Show what the check says, and go on. (A check that is not content also stops the cell with an error.)"""
    with contextlib.suppress(core.CheckFailed):
        check_example(function)


def upside_down(image):
    raise NotImplementedError


show_verdict(upside_down)


# %% [markdown]
# **Not attempted.** Remove the line `raise NotImplementedError` when you write your code. Next, a function with a
# mistake that Python finds:

# %%
def upside_down(image):
    return image.flip()


show_verdict(upside_down)


# %% [markdown]
# **Your code raised** an error, and you see which, and in which line. (NumPy arrays have no method `flip`.) Python
# cannot find the next mistake, but the check does:

# %%
def upside_down(image):
    return image[:, ::-1]  # takes the columns from right to left


show_verdict(upside_down)


# %% [markdown]
# **Not yet:** the code runs, but the answer is wrong, *because* … A picture helps: expected, yours, and the difference.
# Rows come first in an array, so:

# %%
def upside_down(image):
    return image[::-1]  # takes the rows from bottom to top


show_verdict(upside_down)


# %% [markdown]
# **Right.** You may check as often as you like. When you hand in, the same check runs once more, with other cases. So a
# function that returns a fixed answer will not do.
#
# Now your first exercise. A stored image holds whole numbers from 0 (black) to 255 (white), in the type `uint8`.
# Networks learn better from small numbers: bring them to the range 0 to 1, as 32-bit floating-point numbers
# (`float32`). `images.astype("float32")` changes the type.

# %%
# EXERCISE scale_pixels (2)
def scale_pixels(images):
    """Bring stored images to the range 0 to 1.

    images: uint8 array of any shape, values 0 to 255, not changed.
    Returns a new NumPy array of the same shape, float32: 0 stays 0, and 255 becomes 1, in every batch.

    Example: scale_pixels(np.array([0, 51, 255], "uint8")) returns the array 0, 0.2, 1.
    """
    ### BEGIN SOLUTION
    return images.astype("float32") / 255
    ### END SOLUTION


# %% [markdown]
# ## 3 Keras in five steps (20 minutes)
#
# **Keras** is the library that we build networks with; **TensorFlow** is the engine under it. Our data are 1,797 small
# handwritten digits, 8×8 pixels each. They come with scikit-learn. (There a pixel goes from 0 to 16; we store them
# from 0 to 255, as photographs are.)

# %%
digits = load_digits()
pixels = np.round(digits.images * 255 / 16).astype("uint8")
labels = digits.target
print("images:", pixels.shape, pixels.dtype, "   labels:", labels.shape)
plots.image_grid(
    list(pixels[:10]),
    [str(label) for label in labels[:10]],
    alt="Ten coarse handwritten digits, 0 to 9, white on black, each with its label above it.",
    columns=10,
    size=1.1,
)

# %% [markdown]
# Ten digits with their labels. To us they are pictures; to the network each will be one row of 64 numbers.

# %%
x = scale_pixels(pixels).reshape(len(pixels), 64)
print("from", pixels.shape, "to", x.shape)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists. (Here a layer of Keras scales the images.)
#
# The same cell splits the digits: three quarters to train with, one quarter to **test** with, on digits that the
# network has never seen.

# %%
if "x" not in globals():
    x = layers.Rescaling(1 / 255, dtype="float32")(pixels.reshape(len(pixels), 64)).numpy()

x_train, x_test, y_train, y_test = train_test_split(x, labels, test_size=0.25, stratify=labels, random_state=0)
print(len(x_train), "digits for training,", len(x_test), "for testing")

# %% [markdown]
# First a small question: **is the digit even?** The answer is one number between 0 (no) and 1 (yes). Five steps:
#
# 1. **Input:** say what one example looks like: 64 numbers.
# 2. **Model:** stack layers. A `Dense` layer multiplies its inputs by weights and adds them up, once per unit. `sigmoid`
#    squashes the result between 0 and 1.
# 3. **Optimizer:** the rule that changes the weights step by step. `adam` is a good first choice.
# 4. **Loss:** one number that says how wrong the answers are. Training makes it small. For yes or no:
#    `binary_crossentropy`.
# 5. **Train and evaluate:** `fit` goes through the training data, here 10 times; each time is an **epoch**. `evaluate`
#    measures loss and **accuracy**, the fraction of right answers, on the test data.

# %%
even_or_odd = keras.Sequential(
    [
        keras.Input((64,)),  # 1 input
        layers.Dense(1, activation="sigmoid"),  # 2 model
    ]
)
even_or_odd.compile(
    optimizer="adam",  # 3 optimizer
    loss="binary_crossentropy",  # 4 loss
    metrics=["accuracy"],
)
even_or_odd.fit(x_train, y_train % 2 == 0, epochs=profile.epochs(10), verbose=0)  # 5 train and evaluate
loss, accuracy = even_or_odd.evaluate(x_test, y_test % 2 == 0, verbose=0)
print(f"test accuracy {accuracy:.3f}")


# %% [markdown]
# By guessing it would be right half of the time. The layer of one unit has learned something from the pixels, and
# nobody told it what an even digit is.
#
# Now a harder question, and yours: **which digit is it?** What changes:
#
# - The network needs a **hidden layer** between input and output, with an activation such as `relu`: negative results
#   become 0. Without an activation, two layers could do no more than one.
# - Ten outputs, one per digit. `softmax` turns them into probabilities that add up to 1.
# - The loss is the cross-entropy for labels that are whole numbers: `sparse_categorical_crossentropy`.

# %%
# EXERCISE build_classifier (3)
def build_classifier():
    """Return a compiled network that tells the ten digits apart.

    Input: 64 numbers. One hidden Dense layer of any width, with an activation (relu or another, not softmax). Ten
    outputs, softmax; or logits, if you know them and tell the loss.
    Compiled with any optimizer, a loss for whole numbers as labels, and the metric "accuracy". Not trained.

    Example: build_classifier().output_shape is (None, 10); None stands for any number of digits.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(N_CLASSES, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION


# %% [markdown]
# Train it. `validation_split=0.2` keeps a fifth of the training digits apart and measures on them after each epoch.
# **Predict:** which accuracy will it reach? By guessing it would be 0.1.

# %%
profile.seed_everything(0)
classifier = build_classifier()
history = classifier.fit(x_train, y_train, epochs=profile.epochs(20), validation_split=0.2, verbose=0).history
result = classifier.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(f"test accuracy {result['accuracy']:.3f}")
plots.show(
    plots.training_curves(history),
    alt=f"Loss and accuracy over {len(history['loss'])} epochs. The loss falls, fast at first and then slowly, and the "
    "accuracy rises.",
)


# %% [markdown]
# Left the loss, which should fall; right the accuracy, which should rise. Solid: the digits it trains with. Dashed:
# those kept apart.
#
# ## 4 Two inputs, two outputs (20 minutes)
#
# A `Sequential` model is a chain: each layer hands its result to the next. Some questions need more. Given **two**
# digits: do both show the same digit? And what is their sum? Here is a network for that:

# %%
def draw_network(places, arrows, alt):
    """Draw a network. places: name -> (x, y) of its box. arrows: from which name, to which, and how much it bends."""
    figure, axis = plt.subplots(figsize=(9, 2.6))
    axis.set(xlim=(-0.5, 4.5), ylim=(-0.5, 1.5))
    outline, boxes = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": plots.COLOURS[0]}, {}
    for name, place in places.items():
        boxes[name] = axis.text(*place, name, ha="center", va="center", bbox=outline).get_bbox_patch()
    for start, end, bend in arrows:
        curve = {"arrowstyle": "->", "connectionstyle": f"arc3,rad={bend}"}
        ends = {"patchA": boxes[start], "patchB": boxes[end]}
        axis.annotate("", places[end], places[start], arrowprops=curve | ends)
    axis.axis("off")
    plots.show(figure, alt)


draw_network(
    {
        "left\n64 numbers": (0, 1),
        "right\n64 numbers": (0, 0),
        "shared\nDense": (1, 0.5),
        "Concatenate": (2, 0.5),
        "Dense": (3, 0.5),
        "same\nDense, sigmoid": (4, 1),
        "sum\nDense": (4, 0),
    },
    [
        ("left\n64 numbers", "shared\nDense", 0),
        ("right\n64 numbers", "shared\nDense", 0),
        ("shared\nDense", "Concatenate", -0.4),
        ("shared\nDense", "Concatenate", 0.4),
        ("Concatenate", "Dense", 0),
        ("Dense", "same\nDense, sigmoid", 0),
        ("Dense", "sum\nDense", 0),
    ],
    alt="A network as boxes and arrows: the inputs left and right both go into one Dense layer, shared; from there "
    "two arrows into Concatenate, then a Dense layer, and from that into two outputs, same and sum.",
)

# %% [markdown]
# Follow the arrows. Both digits go through **one** layer, called `shared`: what it learns about digits on the left
# helps on the right. `Concatenate` puts its two results side by side. At the end there are two answers: `same`, a
# probability, and `sum`, a number.
#
# Such a network is written with the **functional** way of Keras: a layer is called like a function, with the result of
# another layer. Here is the classifier from above once more, first as a chain, then functional.

# %%
chain = keras.Sequential([keras.Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10)])

inputs = keras.Input((64,), name="digit")
hidden = layers.Dense(32, activation="relu")(inputs)  # make a layer, then call it
outputs = layers.Dense(10, name="scores")(hidden)
functional = keras.Model(inputs, outputs)
print("parameters:", chain.count_params(), "and", functional.count_params())


# %% [markdown]
# The same network, written in two ways. In the second one every result has a name, so you can use it twice, or join two
# of them: `layers.Concatenate()([one, other])`. And you can **call the same layer twice**: make it once, keep it under
# a name, call it on one input and then on the other. Its weights exist once. Where a network has several inputs or
# outputs, `keras.Model` takes lists of them.

# %%
# EXERCISE build_pair_model (3)
def build_pair_model():
    """Return the network of the picture, a keras.Model that is not compiled.

    Inputs, in this order: "left" and "right", 64 numbers each.
    One Dense layer, named "shared", of any width, with an activation such as relu, applied to both inputs. Its two
    results are concatenated. Then one hidden Dense layer or more, with an activation (the picture has one): without
    it, "same" could not compare the digits.
    Outputs, a list in this order: "same", Dense with one unit and sigmoid; "sum", Dense with one unit and no
    activation. The names are those of the layers: keras.Input((64,), name="left").

    Example: build_pair_model().output_names is ["same", "sum"].
    """
    ### BEGIN SOLUTION
    left = keras.Input((64,), name="left")
    right = keras.Input((64,), name="right")
    shared = layers.Dense(64, activation="relu", name="shared")
    both = layers.Concatenate()([shared(left), shared(right)])
    hidden = layers.Dense(128, activation="relu")(both)
    same = layers.Dense(1, activation="sigmoid", name="same")(hidden)
    total = layers.Dense(1, name="sum")(hidden)
    return keras.Model([left, right], [same, total])
    ### END SOLUTION


# %% [markdown]
# Compare with the picture: in the table of your network, the column *Connected to* says where the arrows come from.
# `shared` gets two, and has its parameters once.

# %%
build_pair_model().summary(line_length=90)


# %% [markdown]
# Now it needs pairs. In every second pair both show the same digit, nearly always from two hands. Test pairs are made
# of test digits.

# %%
def make_pairs(x, y, n_pairs, seed):
    """Draw pairs of digits. Returns inputs and targets, dictionaries from a name to one row or number per pair."""
    rng = np.random.default_rng(seed)
    left, right = rng.integers(len(x), size=(2, n_pairs))
    for k in range(0, n_pairs, 2):
        right[k] = rng.choice(np.flatnonzero(y == y[left[k]]))
    inputs = {"left": x[left], "right": x[right]}
    return inputs, {"same": (y[left] == y[right]).astype("float32"), "sum": (y[left] + y[right]).astype("float32")}


train_inputs, train_targets = make_pairs(x_train, y_train, profile.samples(20_000), seed=1)
test_inputs, test_targets = make_pairs(x_test, y_test, profile.samples(2_000), seed=2)


# %%
def show_answers(model, inputs, n_pairs=6):
    """Show the first pairs, each with the two answers of a trained network."""
    same, total = model.predict({name: rows[:n_pairs] for name, rows in inputs.items()}, verbose=0)
    gap = np.ones((8, 1))
    pictures = [
        np.hstack([left.reshape(8, 8), gap, right.reshape(8, 8)])
        for left, right in zip(inputs["left"][:n_pairs], inputs["right"][:n_pairs], strict=True)
    ]
    titles = [f"same: {p:.2f}\nsum: {s:.1f}" for p, s in zip(same[:, 0], total[:, 0], strict=True)]
    alt = "Pairs of test digits, with the network's answers: " + "; ".join(titles).replace("\n", ", ") + "."
    plots.image_grid(pictures, titles, alt=alt, columns=n_pairs, size=1.6)


# %% [markdown]
# Two outputs have two losses, and `fit` makes their sum small: cross-entropy for yes or no, and the **mean absolute
# error** for the number, that is by how much the sum is off. **Predict:** which of the two is harder?

# %%
profile.seed_everything(0)
pair_model = build_pair_model()
pair_model.compile(
    optimizer="adam",
    loss={"same": "binary_crossentropy", "sum": "mean_absolute_error"},
    metrics={"same": "accuracy"},
)
pair_model.fit(train_inputs, train_targets, batch_size=100, epochs=profile.epochs(10), verbose=0)
result = pair_model.evaluate(test_inputs, test_targets, verbose=0, return_dict=True)
print(f"same: test accuracy {result['same_accuracy']:.3f}")
print(f"sum:  off by {result['sum_loss']:.2f} on average")
print(f"      (always saying 9 would be off by {np.abs(test_targets['sum'] - 9).mean():.2f})")
show_answers(pair_model, test_inputs)


# %% [markdown]
# Six pairs of test digits. Above each: the probability that both show the same digit, and the sum, as your network
# sees them. Are they right? In our run `same` was right for 94 % of the test pairs, and the sum off by about 1. The sum
# is harder: for `same` it is enough to compare, for the sum the network must know both digits.
#
# ## 5 Eager or graph (5 minutes)
#
# TensorFlow can work in two ways. **Eager** means step by step: Python calls one operation after the other. Each call
# costs a little time besides the computation. With `tf.function`, TensorFlow runs your Python function once, notes
# its operations in a **graph**, and from then on runs the graph without Python; the noting is called **tracing**. It
# traces once for each new type and shape of the arguments.
#
# `print` is Python and no operation of TensorFlow. **Predict:** how many lines will this cell print?

# %%
@tf.function
def double(values):
    print("Python is here: tracing for", values.dtype.name, "of shape", values.shape)
    return 2 * values


for values in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [1, 2], [1.0, 2.0, 3.0]):
    double(tf.constant(values))


# %% [markdown]
# Five calls, three lines: the second and the third call found a graph that fits. So do not `print` in such a function
# to see what it does (`tf.print` is an operation, and prints each time).
#
# How much faster is a graph? Two functions: one of 200 small steps on ten numbers, one with a single large matrix
# product. **Predict:** which of them gains?

# %%
def small_steps(values):
    """200 times two operations on ten numbers."""
    for _ in range(200):
        values = tf.tanh(values) + 0.1
    return values


def large_product(matrix):
    """One product of two matrices."""
    return tf.matmul(matrix, matrix)


def seconds(function, *arguments, repeats=10):
    """The median time of a call, after a first one that is not counted (it may trace)."""
    times = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        function(*arguments).numpy()  # asks for the result, so that the clock waits for it
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


side = 1000
for function, values in ((small_steps, tf.ones(10)), (large_product, tf.random.normal((side, side)))):
    eager, graph = seconds(function, values), seconds(tf.function(function), values)
    print(f"{function.__name__:13s}: eager {1000 * eager:6.2f} ms, graph {1000 * graph:6.2f} ms", end=", ")
    print(f"{eager / graph:.1f} times as fast as a graph")

# %% [markdown]
# Many small steps gain a lot: nearly all of their time was Python's. A large product gains next to nothing: the time is
# spent in multiplying. Keras uses a graph in `fit`, `evaluate` and `predict`; you need not do anything for it.
#
# ## 6 How fast does this machine convolve? (15 minutes)
#
# A **convolution** slides small **kernels** over an image; {{lab convolution_basics}} is about it. It is the work that networks for images
# spend most of their time on. Which devices does TensorFlow find here?

# %%
for device in tf.config.list_physical_devices():
    print(device.device_type, device.name)


# %% [markdown]
# Each machine has a CPU. A **GPU** has thousands of small arithmetic units that work at the same time: good for
# convolutions, where every output value can be computed independently of the others.
#
# First count the work. At each place of the image a kernel lies on as many numbers as it has weights, multiplies them
# pair by pair, and adds everything up to **one** output value. The kernel is as deep as the image: for three colours,
# a kernel of size 7 holds 7×7×3 weights. With zeros around the image (**zero padding**) and steps of one pixel (**stride
# 1**), there are as many places as pixels. Each kernel makes such an output, for each image.

# %%
# EXERCISE count_multiplications (2)
def count_multiplications(n_images, height, width, channels, kernels, size):
    """Count the multiplications of a convolution with zero padding ("same") and stride 1.

    n_images: images of height x width pixels with so many channels. kernels: how many, of size x size pixels each.
    Returns a whole number. Multiplications with the zeros of the padding count; additions do not.

    Example: one grey image of 4x4 pixels and one kernel of size 3: count_multiplications(1, 4, 4, 1, 1, 3) is 144.
    """
    ### BEGIN SOLUTION
    return n_images * height * width * kernels * size * size * channels
    ### END SOLUTION


# %% [markdown]
# Now measure: 100 images, and then only 2, of 100×100 pixels in three colours, with 32 kernels of 7×7×3. Images and
# kernels lie on the device before the clock starts. A GPU answers before it is done; so we ask for one number of the
# result, and the clock waits. **Predict:** how many times as long do 100 images take as 2?

# %%
# Seconds for one run; Google Colab's example notebook gpu.ipynb shows ten: 3.862 s and 0.108 s.
PUBLISHED = {"CPU": {"100": 0.386}, "GPU": {"100": 0.0108}}
SHAPE = {"height": 100, "width": 100, "channels": 3, "kernels": 32, "size": 7}


def convolution_seconds(n_images, device, repeats=5):
    """Seconds that the device ("CPU" or "GPU") takes to convolve the images, the median of some calls."""
    with tf.device(f"/{device}:0"):
        images = tf.random.normal((n_images, SHAPE["height"], SHAPE["width"], SHAPE["channels"]))
        kernels = tf.random.normal((SHAPE["size"], SHAPE["size"], SHAPE["channels"], SHAPE["kernels"]))

        def convolve():
            return tf.nn.conv2d(images, kernels, strides=1, padding="SAME")[0, 0, 0, 0]

        return seconds(convolve, repeats=repeats)


def time_devices():
    """The times on each kind of device of this machine: kind -> number of images -> seconds."""
    kinds = ["CPU", "GPU"] if tf.config.list_physical_devices("GPU") else ["CPU"]
    return {kind: {str(n_images): convolution_seconds(n_images, kind) for n_images in (100, 2)} for kind in kinds}


times = time_devices()
reference = training.reference_run(LAB, "convolution_seconds")
rows = {f"this machine, {kind}": times[kind] for kind in times}
rows |= {f"ours, {kind}": reference[kind] for kind in ("CPU", "GPU") if kind in reference}
rows |= {f"published, {kind}": PUBLISHED[kind] for kind in PUBLISHED}
table = (pd.DataFrame(rows).T * 1000).set_axis(["100 images, ms", "2 images, ms"], axis="columns")
print(table.round(2).to_string(na_rep="?"))
print("ours: measured on", reference["device"])
if "GPU" not in reference:
    print("For this edition of the course no GPU was measured, so nobody's time for 2 images on a GPU stands here.")

# %% [markdown]
# Times in milliseconds: yours, ours, and for 100 images those that Google Colab has published for a machine with a GPU.
# There the GPU was 36 times as fast as its CPU. (Their runs also draw the random images, and have no padding.)
#
# If only the multiplications counted, 100 images would take 50 times as long as two. On most machines it is less: each
# call also has a fixed cost, which does not depend on the number of images.
#
# And a GPU? Expect it to be much faster with 100 images, and to gain far less with 2. Two images are too little work to
# fill all of its arithmetic units: most of them wait, and the fixed cost weighs more. Where images first have to be
# copied to the GPU, this transfer is added; it is not in these times. So give a GPU large batches.

# %%
if "GPU" in times:
    for n_images in times["GPU"]:
        print(f"{n_images} images: the GPU is {times['CPU'][n_images] / times['GPU'][n_images]:.1f} times as fast")
else:
    print("This machine has no GPU, and you need none: every lab runs on a CPU.")

# %% [markdown]
# With your count, a time becomes a speed:

# %%
for kind in times:
    for n_images in times[kind]:
        speed = count_multiplications(int(n_images), **SHAPE) / times[kind][n_images]
        print(f"{kind}, {n_images:>3s} images: {speed / 1e9:.1f} billion multiplications per second")


# %% [markdown]
# **Try it:** measure 1, 10 and 1,000 images, `convolution_seconds(10, "CPU")`. From where on does the speed stay the
# same?

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: the times that section 6 shows beside those of the reader's machine."""
    if seed == 0:  # times are no matter of seeds
        gpus = tf.config.list_physical_devices("GPU")
        names = [tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in gpus]
        device = ", ".join([f"{os.cpu_count()} CPU cores", *names])
        yield {"run": "convolution_seconds", "history": time_devices() | {"device": device}}


# %% [markdown]
# ## What you have learned
#
# - The kernel remembers what you ran, in your order. When in doubt: restart, and run from the top.
# - A check says *not attempted*, *your code raised*, *not yet* with the reason, or *right*.
# - Keras in five steps: input, model, optimizer, loss, train and evaluate. Test on what was not trained with.
# - A chain is Sequential. What branches, joins or shares a layer is functional.
# - A graph saves Python's time, which counts for many small steps. A GPU needs large batches.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab convolution_basics}}: what a convolution is, by hand.
