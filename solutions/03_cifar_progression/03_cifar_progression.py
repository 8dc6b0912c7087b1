# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · CIFAR-10: four networks, each deeper than the last
#
# Real colour images, ten classes, and four networks from one hidden layer to seven convolutions. You predict, train,
# compare, and find out what depth buys and what it costs.
#
# {{colab}}
#
# **You will learn** to split data into three parts and to keep them apart, to build and compile networks in Keras, to
# find mistakes in seconds and not after a long training, to stop, resume and save a training, and to compare networks
# by more than their accuracy.
#
# **You need** {{lab convolution_basics}} (kernels, borders, pooling, counting parameters) and
# {{lab slash_cnn_vs_classic_ml}} (training, overfitting).
#
# **Time:** about 100 minutes of work. Running every cell takes about 10 minutes on two CPU cores, most of
# it in section 4. Where our runs are replayed there (`TRAIN = False`) it takes about 3 minutes, and with
# `run_profile="quick"` in the next cell about 2 minutes. A GPU is not needed.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 10 points for code and 2 for a written answer: 12 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.model_selection import train_test_split

from checks import cifar_progression as checks
from checks import core
from helpers import datasets, networks, plots, profile, training
from helpers.progress import measured, predict, predicted

LAB, EPOCHS, BATCH_SIZE = "03_cifar_progression", 10, 128
N_CLASSES, IMAGE_SHAPE = 10, (32, 32, 3)
PUBLISHED = training.published(LAB, "val_accuracy")  # of networks a to d, after ten epochs

# %% [markdown]
# ## 1 The data (20 minutes)
#
# **CIFAR-10** (Krizhevsky 2009) holds 60,000 colour photographs of 32×32 pixels in ten classes: 50,000 for training
# and 10,000 for testing. The cell says which copy you have. Without a network you get drawings of the same ten classes
# instead; everything works with them too, but accuracies differ from those in the text.

# %%
data = datasets.load("cifar10")
print(data.source)
print("images:", data.x_train.shape, data.x_train.dtype, "from", data.x_train.min(), "to", data.x_train.max())
print("labels:", data.y_train.shape, data.y_train.dtype, data.y_train[:10])

# %%
titles = [data.class_names[label] for label in data.y_train[:20]]
alt = "Twenty small colour images with the names of their classes, such as frog, truck and deer."
plots.image_grid(list(data.x_train[:20]), titles, alt, columns=10, size=1.2)

# %% [markdown]
# 32×32 pixels are few: some images are hard for you as well. **Predict:** which two of these ten classes will network d,
# the largest of this lab, mix up most often? (Put your answer in the place of the three dots. You may add how sure you
# are, in percent: `sure=70`.)

# %%
predict("most_mixed_up", ..., ["bird and frog", "automobile and truck", "cat and dog", "airplane and bird", "deer and horse"])


# %% [markdown]
# Section 4 will count. {{Lab augmentation}} will look at such mistakes one by one.
#
# ### Three parts
#
# | part | what it is for | how often you look at it |
# | --- | --- | --- |
# | training | the weights are fitted to it | in every step |
# | validation | *you* choose with it: the network, the epochs, the learning rate | after every epoch |
# | test | to say how good the chosen network is | once, at the end |
#
# Why are validation and test not the same? Say you try fifty networks and keep the one with the best validation
# accuracy. Some of that accuracy is luck: one of the fifty happened to fit just these images. On new images the luck is
# gone. So the validation accuracy of the winner is a little too good, and only images that took no part in any choice
# tell the truth.
#
# This happens in good courses, too. The homework whose networks you will rebuild here contains the line
# `x_val = x_test`: its validation images *are* the test set. It trains on all 50,000 training images and chooses and
# judges with the same 10,000. Its own text admits that the estimates are optimistic. With one run per network that
# costs little. But after fifty tries nobody could say how good the best one really is: no image is left that had no
# say in the choice.
#
# We keep a tenth of the training images for validation. The split is **stratified** (each part holds the classes in
# the same proportion) and **seeded** (the same seed gives the same split, so that runs can be compared).
# (`profile.samples` shortens the parts with `run_profile="quick"`, and in our automatic tests; in a full run it changes
# nothing.)

# %%
def split(x, y, seed=0):
    """Keep a tenth for validation, stratified. Returns x_train, x_val, y_train, y_val."""
    return train_test_split(x, y, test_size=0.1, stratify=y, random_state=seed)


# %%
images, images_val, labels, labels_val = split(data.x_train, data.y_train)
parts = {"training": (images, labels), "validation": (images_val, labels_val), "test": (data.x_test, data.y_test)}
parts = {name: (x[: profile.samples(len(x))], y[: profile.samples(len(y))]) for name, (x, y) in parts.items()}
counts = {name: np.bincount(y, minlength=N_CLASSES) for name, (_, y) in parts.items()}
print(pd.DataFrame(counts, index=data.class_names).T.to_string())


# %% [markdown]
# All classes are equally frequent. So a network that guesses is right once in ten times: **0.10** is the accuracy of a
# network that knows nothing.
#
# ### Numbers that a network likes
#
# Pixels are whole numbers from 0 to 255. Networks calculate with floating-point numbers, and learn best from small
# ones. Labels are whole numbers as well, but class 9 is not "more" than class 3. **One-hot** labels say it without an
# order: ten numbers per image, 1 in the column of its class and 0 elsewhere. This is the form that the loss
# `CategoricalCrossentropy` compares with the ten outputs of a network.

# %%
# EXERCISE preprocess (1)
def preprocess(x, y):
    """Bring images and labels into the form that the networks and their loss need.

    x: images, uint8, (N, 32, 32, 3), 0 to 255. y: labels, integers 0 to 9, (N,).
    Returns images, float32, same shape, between 0 and 1, and one-hot labels (N, 10), numbers of any type.

    Example: for one white image of class 2, the images are all 1.0, the labels [[0, 0, 1, 0, 0, 0, 0, 0, 0, 0]].
    """
    ### BEGIN SOLUTION
    return x.astype("float32") / 255, keras.utils.to_categorical(y, N_CLASSES).astype("float32")
    ### END SOLUTION


# %% [markdown]
# The second step, **standardising**, moves each colour channel to mean 0 and scales it to standard deviation 1. You
# saw in {{lab slash_cnn_vs_classic_ml}} what a common offset does to a dense network.
#
# The mean and the deviation are numbers *learned from data*, just like weights. So they come from the **training
# images only**, and the other parts are treated with the very same numbers. Validation and test images stand for
# images of tomorrow: nobody can know their mean today.
#
# There is a trap. A channel of the training part has 46 million numbers. Along these axes NumPy adds 32-bit numbers one
# after the other. From $2^{24}$, about 17 million, on, 32 bits cannot tell the sum from the sum plus 1: it stops growing,
# and each channel's mean comes out as $2^{24}$ / 46,080,000 = 0.36, whatever is in the images. (It should be 0.49 for
# red, 0.48 for green, 0.45 for blue.) Say `dtype="float64"` to `mean` and `std`, and they add in 64 bits;
# turn both back with `.astype("float32")`, or your images become float64.

# %%
# EXERCISE standardise (2)
def standardise(x_train, *others):
    """Shift and scale each colour channel so that it has mean 0 and standard deviation 1 over the training images.

    x_train and others: images, float32, (N, H, W, C); N may differ, none is changed. All are treated with the mean
    and the deviation of x_train. Returns a list with x_train and the others, standardised, float32.

    Example: standardise(x_train, x_val)[1] is x_val, its channels shifted and scaled as those of x_train.
    """
    ### BEGIN SOLUTION
    mean, deviation = (of(axis=(0, 1, 2), dtype="float64").astype("float32") for of in (x_train.mean, x_train.std))
    return [(x - mean) / deviation for x in (x_train, *others)]
    ### END SOLUTION


# %% [markdown]
# Now all three parts. The test set is only prepared here, in the same way as the others; nobody looks at it before
# section 6. **Predict:** how far from 0 will the mean of the standardised *validation* images be? Why is it not 0?

# %%
predict("mean_of_validation", ...)

# %%
prepared = [preprocess(x, y) for x, y in parts.values()]
x_train, x_val, x_test = standardise(*(x for x, _ in prepared))
y_train, y_val, y_test = (y for _, y in prepared)
del prepared  # 700 MB
print(f"training: mean {x_train.mean(dtype=float):+.3f}, deviation {x_train.std(dtype=float):.3f}")
measured("mean_of_validation", abs(float(x_val.mean(dtype=float))))

# %% [markdown]
# The training images must have mean 0.000 and deviation 1.000. Do yours differ? Then you fell into the trap. (No check
# can see it: it happens only with very many images. We fell into it ourselves, and noticed late, because the
# accuracies of networks a to d gave no hint. Print what you think you know.)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists. (Here it uses two rough numbers for all channels.)

# %%
if "x_train" not in globals():
    x_train, x_val, x_test = ((x.astype("float32") - 121) / 64 for x, _ in parts.values())
    y_train, y_val, y_test = (pd.get_dummies(y).to_numpy("float32") for _, y in parts.values())

# %% [markdown]
# ## 2 Four networks (35 minutes)
#
# ### How precise must numbers be?
#
# Training is mostly multiplication, millions of times per image. Numbers usually have 32 bits. Many machines multiply
# numbers of 16 bits (**bfloat16**: same range, only two to three digits) twice as fast or faster, and networks hardly
# notice: the errors are small against the noise of training. The weights themselves stay in 32 bits, since they are
# corrected in tiny steps that so few digits would swallow. The next cell chooses what your machine does fast.

# %%
training.use_fast_precision()

# %% [markdown]
# One detail follows. The last layer gives the numbers that the loss compares, and there small differences count. Give
# it `dtype="float32"`, and only it: `layers.Dense(10, dtype="float32")`. The checks do not demand it.
#
# ### The notation
#
# | word | means |
# | --- | --- |
# | INPUT | standardised images, 32×32×3 |
# | CONV-32 | convolution with 32 filters 3×3, border `same`, stride 1 |
# | RELU | makes 0 of negative numbers |
# | POOL | max pooling 2×2: halves height and width |
# | FC | fully connected (dense) layer |
# | FCS | the last dense layer, ten outputs: the **scores** of the classes |
# | [ ... ]×2 | what stands in the brackets, twice |
#
# | network | layers |
# | --- | --- |
# | a | INPUT → FC → RELU → FCS |
# | b | INPUT → CONV-32 → RELU → POOL → FCS |
# | c | INPUT → [[CONV-32 → RELU]×2 → POOL]×2 → FC → RELU → FCS |
# | d | INPUT → [CONV-32 → RELU]×2 → POOL → [CONV-64 → RELU]×2 → POOL → [CONV-128 → RELU]×3 → POOL → FC → RELU → FCS |
#
# The same as a picture: our own four networks, with the shape of what leaves each layer. (FC-300 is a dense layer of 300
# units, DROP is dropout. Both are our choice; yours may be another.)

# %%
alt = "Networks a to d as rows of boxes, as in the table; under each box its output, in d from 32×32×3 down to 4×4×128."
plots.block_diagram({name: networks.boxes(training.reference_model(LAB, name)) for name in PUBLISHED}, alt)


# %% [markdown]
# The idea of d, from the networks called VGG (Simonyan & Zisserman 2014): small kernels, several in a row; whenever
# height and width are halved, the number of filters doubles.
#
# Before the first dense layer the feature maps are made into one list of numbers (`Flatten`), which is not drawn.
#
# **Your choice:** the width of FC (16 units or more), dropout after FC or none (in each step of the training
# it sets a random fraction of the values to 0), the optimizer, the start weights,
# `activation="relu"` or a layer of its own, softmax or logits at the end. **Logits** are the plain scores, any
# numbers; **softmax** turns them into ten probabilities. The loss must know which of the two it gets: that is its
# argument `from_logits`. **Not your choice:** the layers and their order, one-hot labels, and accuracy as a metric.
#
# ### An offer: loss, optimizer, learning rate
#
# You may compile your networks as you like. This is what we found to work well, and the function is yours to use:
#
# - **Label smoothing** 0.1: instead of 1 for the right class and 0 for the others, the loss wants 0.91 and 0.01. A
#   network that must not be quite sure learns smaller weights and overfits less. (So this loss cannot fall to 0; its
#   smallest value is 0.50.)
# - The **gradient** of the loss says for each weight how steeply the loss rises with it; an optimizer steps the other way.
#   (The gradient of a picture in {{lab convolution_basics}} is a slope, too, but over pixels.)
# - **AdamW**: Adam gives each weight a step size of its own; the W stands for **weight decay**: with every step, all
#   weights shrink a little, here by at most a thousandth. What is not needed fades away.

# %%
def compile_model(model):
    """Compile a network that ends in logits for one-hot labels: AdamW, label smoothing. Returns the network."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.AdamW(0.002, weight_decay=0.5), loss, metrics=["accuracy"])
    return model


# %% [markdown]
# - **One cycle**: the learning rate rises first, while the weights are still random and large steps would do harm.
#   Then it falls slowly towards 0, so that the last steps are fine ones. The callback `training.OneCycle` sets it for
#   each batch. This is its course:

# %%
fractions = np.linspace(0, 1, 101)  # how much of the training is done
alt = "The learning rate rises from 0.0002 to 0.002 in the first quarter of ten epochs, then falls to 0 along a cosine."
rates = {"learning rate": [0.002 * training.one_cycle(fraction) for fraction in fractions]}
plots.lines(rates, alt, xlabel="epochs done", ylabel="learning rate", x=EPOCHS * fractions)


# %% [markdown]
# Up for a quarter of the training, down for the rest. Every network below follows this course; its peak is the
# learning rate that the optimizer was compiled with.
#
# ### Network a
#
# One hidden layer, no convolution. Before you build, **count**: 3,072 inputs, FC with 300 units, ten outputs.

# %%
# EXERCISE build_a (1)
def build_a():
    """Return network a, compiled: INPUT, FC, RELU, FCS.

    A Keras model, Sequential or functional, that begins with keras.Input((32, 32, 3)) and takes standardised images.
    Loss: the cross-entropy of one-hot labels. Metrics: the accuracy, perhaps among others.

    Example: with an FC layer of 300 units, build_a().count_params() is 924910.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            layers.Flatten(),
            layers.Dense(300, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(N_CLASSES, dtype="float32"),
        ]
    )
    return compile_model(model)
    ### END SOLUTION


# %% [markdown]
# ### Network b
#
# One convolution, one pooling, and the scores. There is no FC layer. (A tip for all convolutions with relu:
# `kernel_initializer="he_normal"` chooses random start weights so that the signal neither dies out nor explodes on its
# way through many layers; He et al. 2015.)

# %% tags=["author-only"]
# The solutions use it; students write their own.
def convolution(filters):
    """A 3×3 convolution that keeps height and width, with relu."""
    return layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")


# %%
# EXERCISE build_b (2)
def build_b():
    """Return network b, compiled: INPUT, CONV-32, RELU, POOL, FCS. Input, loss and metrics as in build_a.

    Example: build_b().count_params() is 82826.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            convolution(32),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(N_CLASSES, dtype="float32"),
        ]
    )
    return compile_model(model)
    ### END SOLUTION


# %% [markdown]
# ### Network c
#
# Two blocks of two convolutions and a pooling, and an FC layer. **Predict:** has your c more parameters than your a, or
# fewer?

# %%
predict("parameters_of_c", ..., ["more than a", "fewer than a"])


# %%
# EXERCISE build_c (2)
def build_c():
    """Return network c, compiled: INPUT, two blocks of CONV-32, RELU, CONV-32, RELU, POOL, then FC, RELU, FCS.

    Input, loss and metrics as in build_a. Dropout, if any, only after FC.

    Example: with an FC layer of 100 units, build_c().count_params() is 234550.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            convolution(32),
            convolution(32),
            layers.MaxPooling2D(),
            convolution(32),
            convolution(32),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(N_CLASSES, dtype="float32"),
        ]
    )
    return compile_model(model)
    ### END SOLUTION


# %% [markdown]
# ### Network d
#
# Seven convolutions in three blocks: two with 32 filters, two with 64, three with 128. Exactly one FC layer before
# FCS.

# %%
# EXERCISE build_d (2)
def build_d():
    """Return network d, compiled: three blocks with 2, 2 and 3 convolutions of 32, 64 and 128 filters, then FC, FCS.

    The table above gives the layers. RELU after each convolution and after FC, POOL after each block.
    Input, loss and metrics as in build_a. Dropout, if any, only after FC.

    Example: with an FC layer of 100 units, build_d().count_params() is 640502.
    """
    ### BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            convolution(32),
            convolution(32),
            layers.MaxPooling2D(),
            convolution(64),
            convolution(64),
            layers.MaxPooling2D(),
            convolution(128),
            convolution(128),
            convolution(128),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(N_CLASSES, dtype="float32"),
        ]
    )
    return compile_model(model)
    ### END SOLUTION


# %% [markdown]
# Now compare with the published networks, whose FC has 300 units in a and 100 in c and d. If yours has another width, work
# out the difference by hand, for one of them at least: each unit of FC has one weight for every value that it sees (in d
# 4·4·128), one bias, and ten weights into FCS.

# %%
counted = {name: build().count_params() for name, build in {"a": build_a, "b": build_b, "c": build_c, "d": build_d}.items()}
print(pd.DataFrame({"yours": counted, "published": training.published(LAB, "parameters")}).to_string())
measured("parameters_of_c", "more than a" if counted["c"] > counted["a"] else "fewer than a")

# %% [markdown]
# ## 3 Before training (5 minutes)
#
# ### Your guesses
#
# **Predict** the validation accuracy of each network after ten epochs, as a fraction such as 0.35. A network that
# guesses has 0.10. Section 5 draws your guesses beside what was measured. A wrong guess teaches most.

# %%
predict("accuracy_of_a", ...)
predict("accuracy_of_b", ...)
predict("accuracy_of_c", ...)
predict("accuracy_of_d", ...)


# %% [markdown]
# ### The quick checks
#
# A long training that fails for a silly reason is the most expensive way to find a mistake. Three quick checks find most of
# them:
#
# 1. **The first loss.** A network that knows nothing gives each class about the same probability, 1/10. Its
#    cross-entropy is −log(1/10) = log(10) = 2.30, with label smoothing too. Untrained scores are not equal, so the loss is
#    larger, a few units. A loss of 800? Then the images are not scaled.
# 2. **A few steps on a single batch.** The loss must fall. If it does not, the learning rate is much too large or too small, or the
#    gradient does not reach the weights.
# 3. **Memorise twenty images.** Any network whose layers are connected correctly can learn twenty images by heart. One that cannot
#    will not learn 45,000.
#
# The checks use a copy with new random weights, so your network stays untrained.

# %%
def quick_checks(model, x, y, steps=70):
    """Three checks that take seconds. Returns a row of findings; model stays as it is. y: one-hot labels."""
    copy = keras.models.clone_model(model)
    copy.compile(keras.optimizers.Adam(0.001), model.loss, metrics=["accuracy"])
    twenty = x[:20], y[:20]
    first_loss, before = copy.evaluate(x[:500], y[:500], verbose=0)[0], copy.evaluate(*twenty, verbose=0)[0]
    copy.fit(*twenty, epochs=profile.epochs(10), verbose=0)  # one step per epoch
    after = copy.evaluate(*twenty, verbose=0)[0]
    copy.fit(*twenty, epochs=steps, verbose=0)
    memorised = round(20 * copy.evaluate(*twenty, verbose=0)[1])
    return {"first loss": round(first_loss, 2), "loss falls on one batch": after < before, "of 20 memorised": memorised}


# %%
for name, build in {"a": build_a, "b": build_b, "c": build_c, "d": build_d}.items():
    print(name, quick_checks(build(), x_train, y_train, steps=profile.epochs(70)))


# %% [markdown]
# The first loss should lie between 2.3 and about 6, the loss should fall, and all twenty images should be memorised (18 or
# 19 will do: dropout makes it harder). If one of your networks behaves otherwise, look for the mistake now.
#
# **Try it:** call `quick_checks(build_d(), 255 * x_train, y_train)`, as if you had forgotten to scale. Which of the
# three finds it?
#
# ## 4 Training (20 minutes)
#
# ### The training loop's companions
#
# Keras trains with `fit`. After each epoch it calls its **callbacks**. Ours do four things:
#
# | callback | what it does |
# | --- | --- |
# | `OneCycle` | sets the learning rate (section 2) |
# | `EarlyStopping` | ends the training when validation accuracy has not improved for 4 epochs; in any case it puts the weights of the best epoch back |
# | `LiveCurves` | draws loss and accuracy while they grow, over our own run in grey |
# | `Clock` | notes the seconds per epoch |

# %%
def train(model, x_train, y_train, x_val, y_val, epochs, callbacks=(), first_epoch=0):
    """Train a compiled network, with the rate's course and early stopping. Returns its history: name -> values."""
    model.compile(model.optimizer, model.loss, metrics=["accuracy"])  # so it is called, whatever you called it
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=4, restore_best_weights=True)
    return model.fit(
        x_train, y_train, batch_size=BATCH_SIZE, epochs=epochs, initial_epoch=first_epoch, verbose=0,
        validation_data=(x_val, y_val), validation_batch_size=500,
        callbacks=[training.OneCycle(), stop, training.Clock(), *callbacks],
    ).history


# %% [markdown]
# ### The board
#
# Accuracy is only half of a comparison: what did it cost? We count the **multiply-adds** for one image, the products
# that are added up on the way through the network. Each weight of a kernel is used once at every position of the
# output; in a dense layer there is just one position. (`networks.multiply_adds` does it: for each layer the weights of
# its kernel times the positions of its output.)
#
# The board has a row for each network. It measures both accuracies *in test mode* (you know from
# {{lab slash_cnn_vs_classic_ml}} why this matters: during training, dropout makes the network look worse than it is).
# The **gap** between them says how much was learned by heart.

# %%
trained, histories, board = {}, {}, {}


def add_to_board(name):
    """Measure a trained network, write its row on the board, show the board."""
    known, new = (x_train[:5000], y_train[:5000]), (x_val, y_val)
    board[name] = networks.comparison(trained[name], known, new, histories[name]["seconds"])
    print(pd.DataFrame(board.values(), board.keys()).to_string())


def train_network(name, build):
    """Build and train network `name`, or replay our run of it; add its row to the board. build: None replays."""
    if TRAIN and build:
        profile.seed_everything(0)
        model, live = build(), training.LiveCurves(training.reference_run(LAB, name))
        histories[name] = train(model, x_train, y_train, x_val, y_val, profile.epochs(EPOCHS), [live])
        trained[name] = model
    else:
        trained[name], histories[name] = training.replay(LAB, name)
    add_to_board(name)


# %% [markdown]
# An epoch of d takes several times as long as one of b; the board will show it. While a network is trained, read on. Are
# you travelling, and the battery is low? Set `TRAIN` to `False`: our runs are replayed, and you go on with our networks.

# %%
TRAIN = True

# %% tags=["author-only"]
# instead of training: a, b, c, d
TRAIN = profile.current() != "full"  # the executed solution shows the run that the text speaks of

# %% [markdown]
# **Predict** the gap of d: how much higher will its accuracy be for training images than for validation images?

# %%
predict("gap_of_d", ...)

# %% [markdown]
# **Network a.** Solid lines: training. Dashed lines: validation. Grey: our own run.

# %%
train_network("a", build_a)
measured("accuracy_of_a", board["a"]["validation accuracy"])

# %% [markdown]
# Our run ended at 0.56<!-- our a val_accuracy -->. Nearly all of a's 0.9 million weights belong to a single pixel each,
# and what it learns about a pixel at the left says nothing about its neighbour at the right. Did you see the curves rise
# faster in the second half? There the learning rate falls, and fine steps become possible.

# %%
train_network("b", build_b)
measured("accuracy_of_b", board["b"]["validation accuracy"])

# %% [markdown]
# A single layer of convolutions, less than a tenth of the parameters, and clearly better: 0.65<!-- our b val_accuracy -->
# in our run. 32 small patterns, searched everywhere, are worth more than 300 units that look at everything at once.

# %%
train_network("c", build_c)
measured("accuracy_of_c", board["c"]["validation accuracy"])

# %% [markdown]
# 0.77<!-- our c val_accuracy --> in our run. The second convolution of a block looks at what the first has found, so it
# can answer to patterns of patterns, and after a pooling it sees twice as far.

# %%
train_network("d", build_d)
measured("accuracy_of_d", board["d"]["validation accuracy"])
measured("gap_of_d", board["d"]["gap"])

# %% [markdown]
# 0.82<!-- our d val_accuracy --> in our run, after ten epochs; the published network had
# 0.706<!-- published d val_accuracy -->.
#
# **Stuck?** For networks that you have not built yet, our runs are replayed. They were trained on the real photographs, so
# expect little of them if your images are drawings; their seconds are those of our machine.

# %%
for name in [name for name in PUBLISHED if name not in trained]:
    train_network(name, None)

# %% [markdown]
# Which classes does d mix up? Each validation image with a wrong answer makes a pair: its class, and the class that was
# named. The five pairs that come up most often:

# %%
pairs = networks.mixed_up(trained["d"], x_val, y_val, data.class_names)
print(pairs.head(5).to_string())
measured("most_mixed_up", pairs.index[0])

# %% [markdown]
# ### The machine is switched off
#
# Long trainings break off: a battery is empty, a session on Colab ends. If you keep a **checkpoint** after each epoch,
# you lose little. A checkpoint must hold more than the weights: also the state of the optimizer (AdamW remembers the size
# of earlier gradients), or the first steps after the break would go wrong. A `.keras` file holds both.
#
# We stop network b in the middle, throw it away, load the file, and go on. `first_epoch` says which epoch comes next:
# the learning rate goes on where it stood, and does not start a new cycle. **Predict:** by how much will the last
# validation accuracy differ from that of the training without a break?

# %%
predict("difference_at_the_end", ...)


# %%
def switch_off(epoch, logs=None):
    """Ends the training after `done` epochs, as if the machine were switched off."""
    model.stop_training = epoch + 1 == done


epochs, checkpoint = profile.epochs(EPOCHS), "checkpoints/b_latest.keras"
done = max(1, 4 * epochs // 10)
profile.seed_everything(0)
model = build_b()
callbacks = [keras.callbacks.ModelCheckpoint(checkpoint), keras.callbacks.LambdaCallback(on_epoch_end=switch_off)]
before = train(model, x_train, y_train, x_val, y_val, epochs, callbacks)["val_accuracy"]

model = keras.models.load_model(checkpoint)  # the network in memory is gone
after = train(model, x_train, y_train, x_val, y_val, epochs, first_epoch=done)["val_accuracy"]
whole = histories["b"]["val_accuracy"]
alt = "The validation accuracy of b, interrupted and resumed, follows the curve without a break."
curves = {"without a break": whole, "before the break": before, "resumed": [np.nan] * done + after}
plots.lines(curves, alt, ylabel="validation accuracy of b", bold=["without a break"])
measured("difference_at_the_end", round(abs(after[-1] - whole[-1]), 4))

# %% [markdown]
# The resumed curve goes on where the first one ended, and follows the run without a break, up to chance: after the
# break the images come in another random order, so that the ends may differ by some thousandths. Two things a checkpoint
# of this kind does not know are the random numbers, and how long `EarlyStopping` has been waiting.
#
# A finished network is saved and loaded in the same way: `model.save("name.keras")`, `keras.models.load_model`.

# %% [markdown]
# ## 5 The comparison (15 minutes)
#
# What was measured, and what was published for the same networks after ten epochs (Adadelta, batches of
# 300). Compare the last column with care. The published networks were trained with 50,000 images instead of 45,000,
# which should make it higher than ours. It is lower. Our recipe differs in much at once (optimizer, learning rate and its
# course, label smoothing, in c and d a larger dense layer), so that is the likely cause.
# (Our own runs used a copy of CIFAR-10 stored as JPEG.)

# %%
print(pd.DataFrame({"measured": pd.DataFrame(board).T["validation accuracy"], "published": PUBLISHED}).to_string())

# %% [markdown]
# Now accuracy over cost. The horizontal axis is **logarithmic**: each step to the right is ten times the work. An
# arrow leads from your guess, a cross, to what was measured. The legend gives the numbers of parameters; the
# dotted line is the accuracy of guessing.

# %%
names = {name: f"{name}: {row['parameters']:,} parameters" for name, row in board.items()}
points = {names[name]: (row["multiply-adds in millions"], row["validation accuracy"]) for name, row in board.items()}
guesses = {names[name]: predicted(f"accuracy_of_{name}") for name in board}
alt = "Validation accuracy over multiply-adds: both grow from a to d. a and d have similarly many parameters, b far fewer."
plots.trade_off(points, alt, guesses, level=1 / N_CLASSES)

# %% [markdown]
# ### Where do parameters sit, and where does the work happen?
#
# Network d, layer by layer. **Predict** two fractions for its FC layer, such as `(0.1, 0.2)`: of all parameters, and of all
# multiply-adds.

# %%
predict("fc_of_d", (..., ...))

# %%
costs = networks.costs(trained["d"])
print(costs.to_string(index=False))
fc = costs[costs["layer"] == "Dense"].iloc[0]
measured("fc_of_d", (fc["fraction of parameters"], fc["fraction of multiply-adds"]))

# %% [markdown]
# In our d the FC layer of 256 units holds about half of the parameters and does hardly any work: each of its weights is
# used once. A weight of the first convolutions is used at 1,024 positions. So parameters say how much must be *stored and
# learned*, multiply-adds how much must be *calculated*. Keep them apart.
#
# Each pooling divides the positions by four, and with them the work of each weight in the next layer. That is why d can
# afford 128 filters at the end.
#
# ### The curves
#
# All four, side by side, with our own runs in grey:

# %%
alt = "Training and validation accuracy of networks a to d over ten epochs. From a to d both end higher."
references = [training.reference_run(LAB, name) for name in PUBLISHED]
plots.compare_runs({f"network {name}": histories[name] for name in PUBLISHED}, alt, references=references)

# %% [markdown]
# Compare the height of the dashed lines, and the distance between solid and dashed. (Solid lines of networks with
# dropout, a, c and d of ours, lie too low: they are measured during training. The board's training accuracy is not.)
#
# A warning about gaps: an accuracy on 5,000 images is uncertain by 0.006 or so, a gap by about 0.01. Gaps that differ less
# than twice that say nothing. But a gap of 0.08 means one thing where 44 of 100 new images are mistaken, and another where
# only 18 are. So compare the *mistakes*, too: how many times as frequent are they on new images as on those of the training?
#
# ### What do the graphs say? (2 points)
#
# Answer in six to ten sentences, with numbers from your board.
#
# | criterion | points |
# | --- | --- |
# | says with numbers what parameters, multiply-adds and accuracy have to do with each other, and where they do not go together | 0.5 |
# | explains why b is better than a although it has far fewer parameters | 0.5 |
# | says what c and d win over b, what may be the reason, and what it costs | 0.5 |
# | says which network learned most by heart, judged by gaps and by mistakes on new and on training images, and names a remedy | 0.5 |

# %% [markdown]
# <!-- WRITTEN comparison (2) -->
#
# Network a has 924,910 parameters and the lowest validation accuracy, 0.56<!-- our a val_accuracy -->; b reaches
# 0.65<!-- our b val_accuracy --> with 82,826, and d 0.82<!-- our d val_accuracy --> with 961,706, hardly more than a:
# parameters are not accuracy. Multiply-adds go with it better: from 0.9 million (a) and 1.0 million (b) over 15.6 (c)
# to 48.6 million (d) the accuracy rises. In a, every unit has one weight per pixel: an edge must be learned anew at
# each position. The kernels of b are shared by all positions, so each is learned from all images and all positions,
# and neighbours stay neighbours. From b to d, layers see what earlier layers found: edges, then parts, then objects,
# and each pooling doubles how far a kernel sees. The price is time: an epoch of d takes several times as long as one
# of b. The step from b to c costs 15 million multiply-adds and lifts the accuracy from 0.65<!-- our b val_accuracy -->
# to 0.77<!-- our c val_accuracy -->; that from c to d costs 33 million and lifts it to
# 0.82<!-- our d val_accuracy -->: each gain costs more. By their gaps a and d cannot be told apart: a has
# 0.64<!-- our a training_accuracy --> on training images, d
# 0.90<!-- our d training_accuracy -->. But d makes nearly twice as many mistakes on new images as on those that it was trained
# with, a only a fifth more, and d's curves part more and more in the last epochs: d has learned most by heart. More images
# (augmentation, {{lab augmentation}}), more dropout or more weight decay are worth trying.

# %% [markdown]
# ## 6 The test set, once (5 minutes)
#
# You are done choosing? Then, and only then, open the test set. Set the constant to `True` and run both cells, once.
# If you go back and try more networks afterwards, this number is worth no more than validation accuracy.

# %%
OPEN_THE_TEST_SET = False

# %% tags=["author-only"]
OPEN_THE_TEST_SET = True  # in the executed solution only

# %%
if OPEN_THE_TEST_SET:
    best = max(board, key=lambda name: board[name]["validation accuracy"])
    on_test = networks.accuracy(trained[best], x_test, y_test)
    error = np.sqrt(on_test * (1 - on_test) / len(x_test))  # standard error of a fraction
    print(f"{best}: validation {board[best]['validation accuracy']:.3f}, test {on_test:.3f} ± {error:.3f}")


# %% [markdown]
# The ± is what chance alone does: with another 10,000 images the figure would differ by about that much. The validation
# accuracy has such an error, too, a larger one, since it comes from half as many images: ± 0.0055. Their difference
# varies by $\sqrt{0.004^2 + 0.0055^2}$, about 0.007. So a test accuracy that lies 0.01 below validation proves nothing.
# Only if it lies more than twice 0.007 below is luck in your choice the better explanation.

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for split and weights of this seed."""
    training.use_fast_precision()
    data = datasets.load("cifar10")
    images, x_val, labels, y_val = split(data.x_train, data.y_train, seed)
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = (
        preprocess(x, y) for x, y in ((images, labels), (x_val, y_val), (data.x_test, data.y_test))
    )
    x_train, x_val, x_test = standardise(x_train, x_val, x_test)

    for run, build in (("a", build_a), ("b", build_b), ("c", build_c), ("d", build_d)):
        profile.seed_everything(seed)
        model = build()
        history = train(model, x_train, y_train, x_val, y_val, EPOCHS)
        history = {name: [round(float(value), 4) for value in values] for name, values in history.items()}
        shared = {"run": run, "epochs": len(history["loss"]), "seconds": sum(history["seconds"]), "data": data.source}
        yield shared | {"metric": "val_accuracy", "value": history["val_accuracy"][-1]}
        on_test = networks.accuracy(model, x_test, y_test)
        on_training = networks.accuracy(model, x_train[:5000], y_train[:5000])
        yield shared | {"metric": "test_accuracy", "value": on_test}
        ends = {"test_accuracy": round(on_test, 4), "training_accuracy": round(on_training, 4)}
        yield {"run": run, "history": history | ends, "model": model}


# %% [markdown]
# ## What you have learned
#
# - Three parts of the data: to fit, to choose, to judge. Everything learned from data comes from the training part,
#   the mean included.
# - Last layer and loss must agree: softmax, or logits and `from_logits=True`.
# - First loss of a few units, not of hundreds; falling on one batch, twenty images memorised: seconds that save hours.
# - Convolutions share their weights: b beats a with a tenth of the parameters. The deeper
#   networks, which are wider, too, and have one dense layer more, are better and cost time.
# - Parameters are what must be learned, multiply-adds what must be calculated.
# - Network d learned most by heart: on new images it makes nearly twice as many mistakes as on those of its training.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab configurable_cnn}}: one function that builds many networks, and what each of its knobs changes.
