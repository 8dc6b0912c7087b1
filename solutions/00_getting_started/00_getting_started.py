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
# The notebook, the checks, and your first network.
#
# {{colab}}
#
# **You will learn** to work in a notebook, to read what a check says, to build and train a network in five steps; and
# in a second part, to build a network with two inputs and two outputs, and what a graph is good for.
#
# **You need** a little Python and NumPy: functions, loops, arrays. Nothing else.
#
# **Time:** about 60 minutes of work. Sections 1 to 3 are all that {{lab convolution_basics}} needs; the second part,
# sections 4 and 5, can wait until another day. Running every cell takes about 20 seconds on two CPU cores.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 8 points, all of them for code; there are no written answers.
#
# **Start here:** click into the grey cell below and press Shift+Enter.

# %% tags=["setup"]
# {{setup}}

# %%
import contextlib
import statistics
import timeit
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from checks import core
from checks import getting_started as checks
from helpers import plots, profile
from helpers.progress import measured, predict

# %% [markdown]
# ## 1 The notebook (5 minutes)
#
# You have just run two cells. The first is the **setup cell**: every lab begins with it. The second imports what the
# lab needs.
#
# - **Run a cell:** Shift+Enter. While it runs, `[*]` stands on its left; then a number, which counts the cells you ran.
# - **Order matters.** Behind the notebook runs one Python. It remembers every name, in the order in which *you* ran the
#   cells, not in the order of the page.
#
# Try it. Below are two small cells. Run both. Then run the second one again, three times. **Predict:** what will
# `count` be then?
#
# Write your guess into the next cell in place of the three dots, and run it. It is kept, and shown beside what comes
# out. You will be asked like this in every lab. Without a guess the notebook goes on as well. If you like, say how sure you
# are, in per cent: `predict("count", 7, sure=60)`.

# %%
predict("count", ...)

# %%
count = 0

# %%
count = count + 1

# %%
measured("count", count)

# %% [markdown]
# The second cell adds 1 each time it runs. So a notebook can show something that it would not show if you ran it from
# the top.
#
# - **Something is strange?** Restart Python: in JupyterLab with *Kernel → Restart Kernel*, in Colab with *Runtime →
#   Restart session*. Python forgets everything, your text stays. Then run the cells again from the top.
# - **Stop a cell** that takes too long: the square ■, in JupyterLab in the toolbar, in Colab on the cell's left.
# - **Done with a lab?** A closed tab does not end its Python, which goes on holding memory that others need. In JupyterLab
#   end it with *Kernel → Shut Down Kernel*; the round icon at the left with the square in it lists all that run.
# - **Little time?** The first code cell takes `run_profile="quick"` behind the lab's name: fewer images, shorter trainings.
#   Where a lab has `TRAIN = True`, `False` replays our run instead of training.
# - **Colab** is much like JupyterLab, but Python runs on a computer of Google's. The badge at the top of each lab
#   opens it there. To keep your work, choose *File → Save a copy in Drive*. For a GPU: *Runtime → Change runtime type*.
#
# And where do files go that a cell writes? Into Python's working folder, on the machine where Python runs:

# %%
print("Python works in", Path.cwd())

# %% [markdown]
# On Colab this is a machine that you borrow. What it holds is deleted when the session ends, so download what you want
# to keep.
#
# ## 2 How a check talks to you (10 minutes)
#
# Every exercise has a check. It calls your function with some cases, compares, and says one of four things. Here they
# are, with an example that we have solved for you, well and badly: `upside_down(image)` should turn a picture upside
# down. First, as every exercise begins: nothing is written yet.

# %%
check_example = checks.example()


def show_verdict(function):
    """Show what the check says, and go on. (Where the answer is not right, a check also stops the cell.)"""
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
pixels = np.round(digits.images * 255 / 16).astype("uint8")[: profile.samples(1797)]
labels = digits.target[: len(pixels)]
print("images:", pixels.shape, pixels.dtype, "   labels:", labels.shape)
alt = "Ten coarse handwritten digits, white on black, each with its label."
plots.image_grid(pixels[:10], labels[:10].astype(str), alt, columns=10, size=1.1)

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
# First a small question: **is the digit even?** The answer is one number between 0 (no) and 1 (yes). For this the
# smallest network there is will do. It has one **unit**:

# %%
plots.diagram(
    [
        ("pixel 1\n× weight 1", "sum", "sigmoid", "answer\n0 to 1"),
        *[("pixel 2\n× weight 2", "sum"), ("…", "sum"), ("pixel 64\n× weight 64", "sum"), ("bias", "sum")],
    ],
    alt="64 pixels, each times its weight, and a bias go into a sum; through a sigmoid it becomes the answer.",
)

# %% [markdown]
# The unit multiplies each input by a **weight** of its own and adds everything up. It also adds one number that has no
# input, its **bias**. The **activation** comes last, here `sigmoid`: it squashes the sum between 0 and 1. Weights and
# bias are the **parameters** of the network, the numbers that training changes. How many are they? 64 + 1 = 65.
#
# In Keras a network takes five steps:
#
# 1. **Input:** say what one example looks like: 64 numbers.
# 2. **Model:** stack layers. `Dense(1)` is a layer of one unit, `Dense(10)` one of ten, each with weights and a bias of
#    its own, and each sees all inputs.
# 3. **Optimizer:** the rule that changes the parameters step by step. `adam` is a good first choice.
# 4. **Loss:** one number that says how wrong the answers are. Training makes it small. For yes or no:
#    `binary_crossentropy`.
# 5. **Train and evaluate:** `fit` takes the training data in **batches**, here of 32 digits, and changes the parameters
#    a little after each batch. When all digits have had their turn, an **epoch** is over; here there are 10. `evaluate`
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
# By guessing it would be right about half of the time. One unit has learned something from the pixels, and nobody told
# it what makes a digit even. What has it learned? Its 64 weights belong to 64 pixels, so they make a picture:

# %%
weights, bias = even_or_odd.get_weights()
title = f"64 weights; the bias is {bias[0]:.2f}"
alt = "The 64 weights as 8×8 squares: orange is above 0, purple below, white is 0."
plots.image_grid([weights.reshape(8, 8)], [title], alt, signed=True, size=3)


# %% [markdown]
# Orange: a weight above 0, so a bright pixel here speaks for *even*. Purple: below 0, it speaks for *odd*. White: this
# pixel says nothing. One unit has one such picture to lay on the digit, and no more.
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
    """Return a compiled network, Sequential or functional, that tells the ten digits apart.

    Input: 64 numbers, already from 0 to 1. One hidden Dense layer of any width, with an activation (relu or another, not softmax). Ten
    outputs, softmax; or logits, if you know them and tell the loss.
    Compiled with any optimizer, a loss for whole numbers as labels, and the metric "accuracy". Not trained.

    Example: build_classifier().output_shape is (None, 10); None stands for any number of digits.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION


# %% [markdown]
# Train it. `validation_split=0.2` keeps a fifth of the training digits apart and measures on them after each epoch.
# **Predict:** which accuracy will it reach on the test digits, as a fraction? By guessing it would be 0.1.

# %%
predict("test_accuracy", ...)

# %%
profile.seed_everything(0)
classifier = build_classifier()
history = classifier.fit(x_train, y_train, epochs=profile.epochs(20), validation_split=0.2, verbose=0).history
result = classifier.evaluate(x_test, y_test, verbose=0, return_dict=True)
measured("test_accuracy", result["accuracy"])
alt = "Loss and accuracy over the epochs. The loss falls, fast at first and then slowly, and the accuracy rises."
plots.show(plots.training_curves(history), alt)

# %% [markdown]
# Left the loss, which should fall; right the accuracy, which should rise. Solid: the digits it trains with. Dashed:
# those kept apart.
#
# This is all that {{lab convolution_basics}} needs. What follows is a second part, for now or for later.
#
# ## 4 Two inputs, two outputs (20 minutes)
#
# A `Sequential` model is a chain: each layer hands its result to the next. Some questions need more. Given **two**
# digits: do both show the same digit? And what is their sum? Here is a network for that:

# %%
plots.diagram(
    [
        ("left\n64 numbers", "shared\nDense", "Concatenate", "Dense", "same\nDense, sigmoid"),
        ("right\n64 numbers", "shared\nDense", "Concatenate"),
        ("Dense", "sum\nDense"),
    ],
    alt="Boxes and arrows: the inputs left and right both go into one Dense layer, shared; from there two arrows into "
    "Concatenate, then a Dense layer, and from that into two outputs, same and sum.",
)

# %% [markdown]
# Follow the arrows. Both digits go through **one** layer, called `shared`: what it learns about digits on the left
# helps on the right. `Concatenate` puts its two results side by side. At the end there are two answers: `same`, a
# probability, and `sum`, a number.
#
# Such a network is written with the **functional** way of Keras: a layer is called like a function, with the result of
# another layer. Here is a smaller classifier for the digits (its ten outputs are plain scores, without softmax), first
# as a chain, then functional.

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
# Now it needs pairs. In every second pair both show the same digit, nearly always in two different images. Test pairs
# are made of test digits.

# %%
def make_pairs(x, y, n_pairs, seed):
    """Draw pairs of digits. Returns inputs and targets, dictionaries: name -> one row, or one number, per pair."""
    rng = np.random.default_rng(seed)
    left, right = rng.integers(len(x), size=(2, n_pairs))
    for k in range(0, n_pairs, 2):
        right[k] = rng.choice(np.flatnonzero(y == y[left[k]]))
    inputs = {"left": x[left], "right": x[right]}
    return inputs, {"same": (y[left] == y[right]).astype("float32"), "sum": (y[left] + y[right]).astype("float32")}


train_inputs, train_targets = make_pairs(x_train, y_train, profile.samples(20_000), seed=1)
test_inputs, test_targets = make_pairs(x_test, y_test, profile.samples(2_000), seed=2)

# %% [markdown]
# Two outputs have two losses, and `fit` makes their sum small: cross-entropy for yes or no, and the **mean absolute
# error** for the number, that is by how much the sum is off. **Predict:** what will it get right more often on new
# pairs: `same`, or the sum, rounded to a whole number?

# %%
predict("right_more_often", ..., ["same", "sum"])

# %%
profile.seed_everything(0)
pair_model = build_pair_model()
pair_model.compile(
    optimizer="adam",
    loss={"same": "binary_crossentropy", "sum": "mean_absolute_error"},
    metrics={"same": "accuracy"},
)
pair_model.fit(train_inputs, train_targets, batch_size=100, epochs=profile.epochs(10), verbose=0)
same, total = (output[:, 0] for output in pair_model.predict(test_inputs, verbose=0))
same_accuracy = np.mean((same > 0.5) == test_targets["same"])
sum_accuracy = np.mean(np.round(total) == test_targets["sum"])
off, off_by_9 = (np.abs(answer - test_targets["sum"]).mean() for answer in (total, 9))
print(f"same: right for {same_accuracy:.3f} of the test pairs (always yes: {test_targets['same'].mean():.3f})")
print(f"sum:  right for {sum_accuracy:.3f}; off by {off:.2f} on average (always saying 9: {off_by_9:.2f})")
measured("right_more_often", "same" if same_accuracy > sum_accuracy else "sum")
pairs = [np.hstack([test_inputs[side][k].reshape(8, 8) for side in ("left", "right")]) for k in range(6)]
titles = [f"same: {same[k]:.2f}\nsum: {total[k]:.1f}" for k in range(6)]
plots.image_grid(pairs, titles, "Six pairs of test digits, each with the network's two answers.", columns=6, size=1.6)

# %% [markdown]
# Six of the test pairs. Above each: the probability that both show the same digit, and the sum, as your network sees
# them. Are they right?
#
# With three seeds our network was right about `same` for 0.94<!-- mean pair same_accuracy --> of the test pairs, and
# about the rounded sum for 0.40<!-- mean pair sum_accuracy -->; on average the sum was off by
# 0.9<!-- mean pair sum_error -->. Is the sum harder because the network must know both digits? Hardly: the classifier of
# section 3 is right for 0.96<!-- mean classifier test_accuracy --> of the digits, so it would name both in about
# 0.92 of the pairs, $0.96 \cdot 0.96$. More likely it is the form of the answer that is hard: one number, which must come
# out within 0.5 of the right one. (The two are not measured alike, either: by always saying yes, `same` is right for more
# than half of the pairs.)
#
# ## 5 Eager or graph (5 minutes)
#
# TensorFlow can work in two ways. **Eager** means step by step: Python calls one operation after the other. Each call
# costs a little time besides the computation. With `tf.function`, TensorFlow runs your Python function once, notes
# its operations in a **graph**, and from then on runs the graph without Python; the noting is called **tracing**. It
# traces once for each new type and shape of the arguments.
#
# `print` is Python and no operation of TensorFlow. **Predict:** how many lines will the cell after the next one
# print?

# %%
predict("printed_lines", ...)


# %%
@tf.function
def double(values):
    print("Python is here: tracing for", values.dtype.name, "of shape", values.shape)
    return 2 * values


for values in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [1, 2], [1.0, 2.0, 3.0]):
    double(tf.constant(values))
measured("printed_lines", double.experimental_get_tracing_count())

# %% [markdown]
# Five calls, three lines: the second and the third call found a graph that fits. So do not `print` in such a function
# to see what it does (`tf.print` is an operation, and prints each time).
#
# How much faster is a graph? Two functions: one of 200 small steps on ten numbers, one with a single product of two
# large matrices. **Predict:** which of them gains more?

# %%
predict("gains_more", ..., ["small steps", "large product"])


# %%
def small_steps(values):
    for _ in range(200):
        values = tf.tanh(values) + 0.1
    return values


def milliseconds(function, values):
    """The median time of ten calls, after a first one, which may trace. `.numpy()` waits for the result."""
    times = timeit.repeat(lambda: function(values).numpy(), number=1, repeat=11)
    return 1000 * statistics.median(times[1:])


matrix, times_as_fast = tf.random.normal((1000, 1000)), {}
for name, function, values in ("small steps", small_steps, tf.ones(10)), ("large product", lambda m: m @ m, matrix):
    eager, graph = milliseconds(function, values), milliseconds(tf.function(function), values)
    times_as_fast[name] = eager / graph
    print(f"{name}: eager {eager:.2f} ms, graph {graph:.2f} ms: {eager / graph:.1f} times as fast")
measured("gains_more", max(times_as_fast, key=times_as_fast.get))


# %% [markdown]
# Many small steps gain a lot: nearly all of their time was Python's. A large product gains next to nothing: the time is
# spent in multiplying. Keras uses a graph in `fit`, `evaluate` and `predict`; you need not do anything for it.

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: what the classifier and the pair network reach on test digits."""
    import time

    digits = load_digits()
    x = scale_pixels(np.round(digits.images * 255 / 16).astype("uint8")).reshape(-1, 64)
    x_train, x_test, y_train, y_test = train_test_split(
        x, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    data = {"data": "digits of scikit-learn, 8×8"}
    profile.seed_everything(seed)
    began, classifier = time.perf_counter(), build_classifier()
    classifier.fit(x_train, y_train, epochs=20, validation_split=0.2, verbose=0)
    seconds = round(time.perf_counter() - began, 2)
    accuracy = classifier.evaluate(x_test, y_test, verbose=0, return_dict=True)["accuracy"]
    row = {"run": "classifier", "epochs": 20, "seconds": seconds} | data
    yield row | {"metric": "test_accuracy", "value": float(accuracy)}

    inputs, targets = make_pairs(x_train, y_train, 20_000, seed=1)
    profile.seed_everything(seed)
    began, pair = time.perf_counter(), build_pair_model()
    pair.compile("adam", loss={"same": "binary_crossentropy", "sum": "mean_absolute_error"})
    pair.fit(inputs, targets, batch_size=100, epochs=10, verbose=0)
    seconds = round(time.perf_counter() - began, 2)
    inputs, targets = make_pairs(x_test, y_test, 2_000, seed=2)
    same, total = (output[:, 0] for output in pair.predict(inputs, verbose=0))
    row = {"run": "pair", "epochs": 10, "seconds": seconds} | data
    yield row | {"metric": "same_accuracy", "value": float(np.mean((same > 0.5) == targets["same"]))}
    yield row | {"metric": "sum_accuracy", "value": float(np.mean(np.round(total) == targets["sum"]))}
    yield row | {"metric": "sum_error", "value": float(np.abs(total - targets["sum"]).mean())}


# %% [markdown]
# ## What you have learned
#
# - The notebook remembers what you ran, in your order. When in doubt: restart, and run from the top.
# - A check says *not attempted*, *your code raised*, *not yet* with the reason, or *right*.
# - Keras in five steps: input, model, optimizer, loss, train and evaluate. Test on what was not trained with.
# - A chain is Sequential. What branches, joins or shares a layer is functional.
# - A graph saves Python's time, which counts for many small steps.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab convolution_basics}}: what a convolution is, by hand.
