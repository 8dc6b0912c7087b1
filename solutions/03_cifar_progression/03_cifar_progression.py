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
# **Time:** about 115 minutes of work. Running every cell takes about 15 minutes on two CPU cores, most of
# it in section 4. A GPU is not needed.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 10 points for code and 2 for a written answer: 12 in all.

# %% tags=["setup"]
# {{setup}}

# %%
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers
from sklearn.model_selection import train_test_split

from checks import cifar_progression as checks
from checks import core
from helpers import datasets, plots, profile, training

LAB = "03_cifar_progression"
EPOCHS = 10
BATCH_SIZE = 128
N_CLASSES = 10
IMAGE_SHAPE = (32, 32, 3)
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

# %% [markdown]
# Look at twenty images. **Predict:** which classes will a network mix up most easily?

# %%
plots.image_grid(
    list(data.x_train[:20]),
    [data.class_names[label] for label in data.y_train[:20]],
    alt="Twenty small colour images with the names of their classes, such as frog, truck and deer.",
    columns=10,
    size=1.2,
)


# %% [markdown]
# 32×32 pixels are few: some images are hard for you as well. Cats and dogs share fur, ears and sofas; trucks and
# automobiles share wheels and roads. {{Lab augmentation}} will look at such mistakes one by one.
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
# accuracy. Part of that accuracy is luck: among fifty, one had the luck to fit just these images. On new images the
# luck is gone. So the validation accuracy of the winner is a little too good, and only images that took no part in any
# choice tell the truth.
#
# This happens in good courses, too. The homework whose networks you will rebuild here contains the line
# `x_val = x_test`: its validation images *are* the test set. It trains on all 50,000 training images and chooses and
# judges with the same 10,000. Its own text admits that the estimates are optimistic. With one run per network that
# costs little. But after fifty tries nobody could say how good the best one really is: no image is left that took no
# part.
#
# We keep a tenth of the training images for validation. The split is **stratified** (each part holds the classes in
# the same proportion) and **seeded** (the same seed gives the same split, so that runs can be compared).

# %%
def split(x, y, seed=0):
    """Keep a tenth for validation, stratified. Returns x_train, x_val, y_train, y_val."""
    return train_test_split(x, y, test_size=0.1, stratify=y, random_state=seed)


# %%
images_train, images_val, labels_train, labels_val = split(data.x_train, data.y_train)
parts = {
    "training": (images_train, labels_train),
    "validation": (images_val, labels_val),
    "test": (data.x_test, data.y_test),
}
# Shorter run profiles use fewer images; in profile full this changes nothing.
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
# and the mean comes out as 0.36 instead of 0.49. Say `dtype="float64"` to `mean` and `std`, and they add in 64 bits;
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
# section 6. **Predict** the mean and the deviation of the training images. Why will those of the validation images
# differ a little?

# %%
prepared = [preprocess(x, y) for x, y in parts.values()]
x_train, x_val, x_test = standardise(*(x for x, _ in prepared))
y_train, y_val, y_test = (y for _, y in prepared)
del prepared  # 700 MB
for name, x in (("training", x_train), ("validation", x_val)):
    red = x[..., 0].astype("float64")
    print(f"{name:<11} mean {red.mean():+.3f}, deviation {red.std():.3f} (red channel)")

# %% [markdown]
# The training images must have mean 0.000 and deviation 1.000. Do yours differ? Then you fell into the trap. (No check
# can see it: it happens only with very many images. We fell into it ourselves, and noticed late, because networks a to d
# were as good as with the right mean. Print what you think you know.)

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists. (Here it uses two rough numbers for all channels.)

# %%
if "x_train" not in globals():
    x_train, x_val, x_test = ((x.astype("float32") - 121) / 64 for x, _ in parts.values())
    y_train, y_val, y_test = (pd.get_dummies(y).to_numpy("float32") for _, y in parts.values())

# %% [markdown]
# ## 2 Four networks (40 minutes)
#
# ### How precise must numbers be?
#
# Training is mostly multiplication, millions of times per image. Numbers usually have 32 bits. Many machines multiply
# numbers of 16 bits (**bfloat16**: same range, only about three digits) twice as fast or faster, and networks hardly
# notice: the errors are small against the noise of training. The weights themselves stay in 32 bits, since they are
# corrected in tiny steps that three digits would swallow. The next cell chooses what your machine does fast.

# %%
precision = training.use_fast_precision()


# %% [markdown]
# One detail follows. The last layer gives the numbers that the loss compares, and there small differences count. Give
# it `dtype="float32"`, and only it: `layers.Dense(10, dtype="float32")`. The checks do not demand it.
#
# ### The notation
#
# | | means |
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
# The same as a picture, with the shape of what leaves each layer:

# %%
def block(side, filters, convolutions):
    """Boxes for some convolutions and a pooling, for feature maps of side×side."""
    maps = f"{side}×{side}×{filters}"
    return [(f"CONV-{filters}\nRELU", maps)] * convolutions + [("POOL", f"{side // 2}×{side // 2}×{filters}")]


first, fc, last = ("INPUT", "32×32×3"), ("FC\nRELU", "your choice"), ("FCS", "10")
plots.block_diagram(
    {
        "a": [first, fc, last],
        "b": [first, *block(32, 32, 1), last],
        "c": [first, *block(32, 32, 2), *block(16, 32, 2), fc, last],
        "d": [first, *block(32, 32, 2), *block(16, 64, 2), *block(8, 128, 3), fc, last],
    },
    alt="Networks a to d as rows of boxes, layer by layer as in the table. Under each box the shape of its output: in d "
    "from 32×32×3 over 16×16×32 and 8×8×64 to 4×4×128.",
)


# %% [markdown]
# The idea of d, from the networks called VGG (Simonyan & Zisserman 2014): small kernels, several in a row; whenever
# height and width are halved, the number of filters doubles.
#
# Before the first dense layer the feature maps are made into one list of numbers (`Flatten`), which is not drawn.
#
# **Your choice:** the width of FC (16 units or more), dropout after FC or none (it sets a random
# part of the values to 0 in each step of the training), the optimizer, the start weights,
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
#   each batch. We drive it by hand here, to see its course.

# %%
def learning_rates(epochs=EPOCHS, batches=20):
    """The learning rate that OneCycle sets for each batch of a training with so many batches per epoch."""
    model = compile_model(keras.Sequential([keras.Input((1,)), layers.Dense(N_CLASSES)]))
    cycle = training.OneCycle()
    cycle.set_model(model)
    cycle.set_params({"epochs": epochs, "steps": batches})
    cycle.on_train_begin()
    rates = []
    for epoch in range(epochs):
        cycle.on_epoch_begin(epoch)
        for batch in range(batches):
            cycle.on_train_batch_begin(batch)
            rates.append(float(model.optimizer.learning_rate))
    return rates


rates = learning_rates()
figure, axis = plt.subplots(figsize=(7, 2.8))
axis.plot(np.arange(len(rates)) * EPOCHS / len(rates), rates)
axis.set(xlabel="epochs done", ylabel="learning rate", xlim=(0, EPOCHS), ylim=(0, None))
plots.show(figure, alt="The learning rate rises to 0.002 during the first quarter, then falls to 0 along a cosine.")


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
# Two blocks of two convolutions and a pooling, and an FC layer. **Predict:** has c more parameters than a, or fewer?

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
# Published are 924,910 parameters for a (FC 300), 82,826 for b, 234,550 for c and 640,502 for d (both FC 100). With
# another width of FC yours differ, and you can work out by how much: each unit of FC has one weight for every value it
# sees, one bias, and ten weights into FCS. The cell does this with your networks.

# %% tags=["nbval-check-output"]
def all_layers(model):
    """The network's layers in their order, those of networks inside it among them."""
    return [one for layer in model.layers for one in (all_layers(layer) if hasattr(layer, "layers") else [layer])]


INPUTS_OF_FC = {"a": 32 * 32 * 3, "c": 8 * 8 * 32, "d": 4 * 4 * 128}
PUBLISHED_PARAMETERS = training.published(LAB, "parameters")
PUBLISHED_UNITS = {"a": 300, "b": 0, "c": 100, "d": 100}  # of FC

for name, build in {"a": build_a, "b": build_b, "c": build_c, "d": build_d}.items():
    model = build()
    expected, fc = PUBLISHED_PARAMETERS[name], "no FC"
    if name in INPUTS_OF_FC:
        units = next(layer.units for layer in all_layers(model) if isinstance(layer, layers.Dense))
        expected += (units - PUBLISHED_UNITS[name]) * (INPUTS_OF_FC[name] + 1 + N_CLASSES)
        fc = f"FC {units}"
    agrees = "as worked out from the published count" if model.count_params() == expected else f"expected {expected:,}"
    print(f"{name}: {model.count_params():>9,} parameters with {fc}, {agrees}")

# %% [markdown]
# ## 3 Before training (5 minutes)
#
# ### Predict
#
# Write down the validation accuracy that you expect of each network after ten epochs. A network that guesses has 0.10.
# The notebook keeps your guesses, and section 5 draws them beside what was measured. Guesses that miss teach most.

# %%
guesses = {"a": 0.40, "b": 0.50, "c": 0.60, "d": 0.70}  # replace them with yours


# %% [markdown]
# ### The two-second checks
#
# A long training that fails for a silly reason is the most expensive way to find a mistake. Three quick checks find most of
# them:
#
# 1. **The first loss.** A network that knows nothing gives each class about the same probability, 1/10. Its
#    cross-entropy is −log(1/10) = log(10) = 2.30, with label smoothing too. Untrained scores are not quite equal, so
#    it is normal that the loss is a bit larger. A loss of 800? Then the images are not scaled.
# 2. **A few steps on a single batch.** The loss must fall. If it does not, the learning rate is far wrong, or the
#    gradient does not reach the weights.
# 3. **Memorise twenty images.** Any network that is wired correctly can learn twenty images by heart. One that cannot
#    will not learn 45,000.
#
# The checks use a copy with new random weights, so your network stays untrained.

# %%
def scores(model, x):
    """The network's ten outputs for each image, in test mode: an array (N, 10)."""
    return keras.ops.convert_to_numpy(keras.ops.cast(model(x, training=False), "float32"))


def accuracy(model, x, y, batch_size=500):
    """The fraction of images that get the right class, in test mode. y: one-hot labels (N, 10)."""
    hits = 0
    for start in range(0, len(x), batch_size):
        batch = slice(start, start + batch_size)
        hits += np.sum(scores(model, x[batch]).argmax(axis=1) == y[batch].argmax(axis=1))
    return float(hits / len(x))


def quick_checks(model, x, y, steps=70):
    """Three checks that take seconds. Returns a row of findings; model stays as it is. y: one-hot labels."""
    copy = keras.models.clone_model(model)
    copy.compile(keras.optimizers.Adam(0.001), model.loss)

    def loss(x, y):
        outputs = keras.ops.convert_to_tensor(scores(copy, x))
        return float(copy.compute_loss(y=keras.ops.convert_to_tensor(y), y_pred=outputs))

    def repeat(steps):  # the same batch of 20 images again and again
        copy.fit(np.tile(x[:20], (steps, 1, 1, 1)), np.tile(y[:20], (steps, 1)), 20, shuffle=False, verbose=0)

    first_loss, before = loss(x[:500], y[:500]), loss(x[:20], y[:20])
    repeat(10)
    after = loss(x[:20], y[:20])
    repeat(steps)
    return {
        "first loss": round(first_loss, 2),
        "loss falls on one batch": after < before,
        "of 20 images memorised": round(20 * accuracy(copy, x[:20], y[:20])),
    }


# %%
findings = {}
for name, build in {"a": build_a, "b": build_b, "c": build_c, "d": build_d}.items():
    findings[name] = quick_checks(build(), x_train, y_train, steps=profile.epochs(70))

# %%
print(f"log(10) is {np.log(N_CLASSES):.2f}")
if findings:
    print(pd.DataFrame.from_dict(findings, orient="index").to_string())


# %% [markdown]
# In our runs the first loss lay between 2.5 and 4.5, the loss fell within ten steps, and all twenty images were
# memorised. If one of your networks behaves otherwise, look for the mistake now.
#
# **Try it:** call `quick_checks(build_d(), 255 * x_train, y_train)`, as if you had forgotten to scale. Which of the
# three finds it?
#
# ## 4 Training (25 minutes)
#
# ### The training loop's companions
#
# Keras trains with `fit`. After each epoch it calls its **callbacks**. Ours do five things:
#
# | callback | what it does |
# | --- | --- |
# | `OneCycle` | sets the learning rate (section 2) |
# | `EarlyStopping` | ends the training when validation accuracy has not improved for 4 epochs, and goes back to the best weights |
# | `ModelCheckpoint` | writes the network to a file |
# | `LiveCurves` | draws loss and accuracy while they grow, over our own run in grey |
# | `Clock` | notes the seconds per epoch |

# %%
def train(model, x_train, y_train, x_val, y_val, epochs, callbacks=(), batch_size=BATCH_SIZE, first_epoch=0):
    """Train a compiled network. Returns its history: name -> one value per epoch."""
    return model.fit(
        x_train,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        initial_epoch=first_epoch,
        validation_data=(x_val, y_val),
        validation_batch_size=500,
        callbacks=[training.Clock(), *callbacks],
        verbose=0,
    ).history


def recipe():
    """The callbacks that networks a to d are trained with: the learning rate's course, and early stopping."""
    return [training.OneCycle(), keras.callbacks.EarlyStopping("val_accuracy", patience=4, restore_best_weights=True)]


# %% [markdown]
# ### The board
#
# Accuracy is only half of a comparison: what did it cost? We count the **multiply-adds** for one image, the products
# that are added up on the way through the network. Each weight of a kernel is used once at every place of the output,
# and at each place of a dense layer there is just one.
#
# The board has a row for each network. It measures both accuracies *in test mode* (you know from {{lab slash_cnn_vs_classic_ml}} why this
# matters: during training, dropout makes the network look worse than it is). The **gap** between them says how much
# was learned by heart.

# %%
def multiply_adds(model):
    """Products of weights and values for one image: each weight of a kernel counts once per place of the output."""
    kernels = [layer for layer in all_layers(model) if hasattr(layer, "kernel")]
    return sum(int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1])) for layer in kernels)


networks, histories, board = {}, {}, {}


def add_to_board(name):
    """Measure networks[name] and write its row on the board; show the board."""
    model = networks[name]
    on_training = accuracy(model, x_train[:5000], y_train[:5000])
    on_validation = accuracy(model, x_val, y_val)
    board[name] = {
        "parameters": f"{model.count_params():,}",
        "multiply-adds in millions": round(multiply_adds(model) / 1e6, 2),
        "seconds per epoch": round(float(np.median(histories[name]["seconds"])), 1),
        "training accuracy": round(on_training, 3),
        "validation accuracy": round(on_validation, 3),
        "gap": round(on_training - on_validation, 3),
    }
    print(pd.DataFrame.from_dict(board, orient="index").to_string())


# %%
CHECKPOINTS = Path("checkpoints")
CHECKPOINTS.mkdir(exist_ok=True)


def with_accuracy(model):
    """The same network; its metric is called "accuracy", whatever you called yours, so that later cells find it."""
    model.compile(model.optimizer, model.loss, metrics=["accuracy"])
    return model


def train_network(name, build):
    """Build and train network `name`; the best weights so far are kept in a file. Adds a row to the board."""
    profile.seed_everything(0)
    model = with_accuracy(build())
    best = keras.callbacks.ModelCheckpoint(CHECKPOINTS / f"{name}.keras", "val_accuracy", save_best_only=True)
    live = training.LiveCurves(reference=training.reference_run(LAB, name), metric="accuracy")
    epochs = profile.epochs(EPOCHS)
    histories[name] = train(model, x_train, y_train, x_val, y_val, epochs, [*recipe(), best, live])
    networks[name] = model
    add_to_board(name)


# %% tags=["author-only"]
# instead of training: a, b, c, d
if profile.current() == "full":  # what the executed solution shows is what the text speaks of

    def train_network(name, build):
        networks[name], histories[name] = training.reference_model(LAB, name), training.reference_run(LAB, name)
        plots.show(plots.training_curves(histories[name]), f"Loss and accuracy of network {name} over ten epochs.")
        add_to_board(name)

# %% [markdown]
# On two CPU cores a takes about 2.5 seconds per epoch, b 4, c 10 and d 24. While one trains, read on.
#
# **Predict** with each network, before you run its cell: how far apart will solid and dashed lines end?
#
# **Network a.** Solid lines: training. Dashed lines: validation. Grey: our own run.

# %%
train_network("a", build_a)

# %% [markdown]
# Our run ended at 0.56<!-- our a val_accuracy -->. Nearly all of a's 0.9 million weights belong to a single pixel each, and what it learns about
# a pixel at the left says nothing about its neighbour at the right. Did you see the curves rise faster in the second
# half? There the learning rate falls, and fine steps become possible.

# %%
train_network("b", build_b)

# %% [markdown]
# A single layer of convolutions, less than a tenth of the parameters, and clearly better: 0.65<!-- our b val_accuracy --> in our run. 32 small
# patterns, searched everywhere, are worth more than 300 units that look at everything at once.

# %%
train_network("c", build_c)

# %% [markdown]
# 0.77<!-- our c val_accuracy --> in our run. The second convolution of a block looks at what the first has found, so it can answer to patterns of
# patterns, and after a pooling it sees twice as far.

# %%
train_network("d", build_d)

# %% [markdown]
# 0.82<!-- our d val_accuracy --> in our run, after ten epochs; the published network had
# 0.706<!-- published d val_accuracy -->.
#
# **Stuck?** For networks that you have not built yet, our own are loaded. They were trained on the real photographs;
# their seconds are those of our machine.

# %%
for name in PUBLISHED:
    if name not in networks:
        networks[name], histories[name] = training.reference_model(LAB, name), training.reference_run(LAB, name)
        if not data.real:
            print(f"{name} was trained on photographs and has never seen a drawing: expect little of it here.")
        add_to_board(name)


# %% [markdown]
# ### The machine is switched off
#
# Long trainings break off: a battery is empty, a session on Colab ends. If you keep a **checkpoint** after each epoch,
# you lose little. A checkpoint must hold more than the weights: also the state of the optimizer (AdamW remembers the size
# of earlier gradients), or the first steps after the break would go wrong. A `.keras` file holds both.
#
# We stop network b in the middle, throw it away, load the file, and go on. `first_epoch` says which epoch comes next:
# the learning rate goes on where it stood, and does not start a new cycle. **Predict:** will the curve show where the
# break was?

# %%
class StopAfter(keras.callbacks.Callback):
    """Ends the training after some epochs, as if the machine were switched off."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.epochs:
            self.model.stop_training = True


# %%
epochs = profile.epochs(EPOCHS)
done = max(1, 4 * epochs // 10)
profile.seed_everything(0)
each_epoch = keras.callbacks.ModelCheckpoint(CHECKPOINTS / "b_latest.keras")
interrupted = with_accuracy(build_b())
before = train(interrupted, x_train, y_train, x_val, y_val, epochs, [*recipe(), each_epoch, StopAfter(done)])
del interrupted

resumed = keras.models.load_model(CHECKPOINTS / "b_latest.keras")
after = train(resumed, x_train, y_train, x_val, y_val, epochs, recipe(), first_epoch=done)

figure, axis = plt.subplots(figsize=(7, 3.2))
whole = histories["b"]["val_accuracy"]
axis.plot(range(1, len(whole) + 1), whole, color="0.6", linewidth=5, label="without a break")
axis.plot(range(1, done + 1), before["val_accuracy"], marker="o", label="before the break")
axis.plot(range(done + 1, done + 1 + len(after["val_accuracy"])), after["val_accuracy"], marker="s", label="resumed")
axis.set(xlabel="epoch", ylabel="validation accuracy of b")
axis.xaxis.get_major_locator().set_params(integer=True)
axis.legend()
plots.show(figure, alt="The validation accuracy of b, interrupted and resumed, follows the curve without a break.")

# %% [markdown]
# The resumed curve goes on where the first part ended, and follows the run without a break, up to chance: after the
# break the images come in another random order. Two things a checkpoint of this kind does not know are the random
# numbers, and how long `EarlyStopping` has been waiting.
#
# Saving and loading a finished network works in the same way. The loaded one must give the same scores.

# %%
networks["b"].save(CHECKPOINTS / "b_saved.keras")
loaded = keras.models.load_model(CHECKPOINTS / "b_saved.keras")
difference = scores(networks["b"], x_val[:100]) - scores(loaded, x_val[:100])
print(f"largest difference of 100 × 10 scores: {np.abs(difference).max():.6f}")

# %% [markdown]
# ## 5 The comparison (20 minutes)
#
# Your guesses, what was measured, and what was published for the same networks after ten epochs (Adadelta, batches of
# 300). Compare the last column with care. These networks were trained with 50,000 images instead of
# 45,000, which should make it higher than ours. It is lower. Our recipe differs in much at once (optimizer, learning rate
# and its plan, label smoothing, in c and d a larger dense layer), so that is the likely cause.
# (Our own runs used a copy of CIFAR-10 stored as JPEG.)

# %%
comparison = pd.DataFrame(
    {
        "your guess": guesses,
        "measured": {name: board[name]["validation accuracy"] for name in PUBLISHED},
        "published": PUBLISHED,
    }
)
print(comparison.to_string())

# %% [markdown]
# Now accuracy over cost. The horizontal axis is **logarithmic**: each step to the right is ten times the work. An
# arrow leads from your guess to what was measured.

# %%
figure, axis = plt.subplots(figsize=(8, 4))
for index, (name, row) in enumerate(board.items()):
    cost, measured = row["multiply-adds in millions"], row["validation accuracy"]
    colour = plots.COLOURS[index % len(plots.COLOURS)]
    axis.plot(cost, measured, "o", markersize=10, color=colour)
    axis.annotate(f"{name}: {row['parameters']}", (cost, measured), xytext=(9, 5), textcoords="offset points")
    if name in guesses:
        axis.annotate("", (cost, measured), (cost, guesses[name]), arrowprops={"arrowstyle": "->", "color": colour})
        axis.plot(cost, guesses[name], "x", color=colour)
axis.axhline(1 / N_CLASSES, color="black", linestyle=":")
axis.set(xscale="log", xlabel="multiply-adds per image in millions", ylabel="validation accuracy", ylim=(0, 1))
axis.set_xlim(right=axis.get_xlim()[1] * 2)
plots.show(
    figure,
    alt="Validation accuracy over multiply-adds, with a cross for each guess. From a to d both grow. The number of "
    "parameters is written beside each point: a and d have about equally many, b has far fewer.",
)

# %% [markdown]
# Beside each point stands its number of parameters. The dotted line is the accuracy of guessing.
#
# ### Where do parameters sit, and where does the work happen?
#
# Network d, layer by layer. **Predict**, then compare the two columns of fractions.

# %%
network = networks["d"]
rows = []
for layer in all_layers(network):
    if hasattr(layer, "kernel"):
        work = int(np.prod(layer.kernel.shape) * np.prod(layer.output.shape[1:-1]))
        rows.append(
            {
                "layer": type(layer).__name__,
                "in": str(tuple(layer.input.shape[1:])),
                "out": str(tuple(layer.output.shape[1:])),
                "parameters": layer.count_params(),
                "fraction of parameters": f"{layer.count_params() / network.count_params():.1%}",
                "fraction of multiply-adds": f"{work / multiply_adds(network):.1%}",
            }
        )
print(pd.DataFrame(rows).to_string(index=False))

# %% [markdown]
# In our d the FC layer of 256 units holds about half of the parameters and does hardly any work: each of its weights is used once. A weight
# of the first convolutions is used at 1,024 positions. So parameters say how much must be *stored and learned*,
# multiply-adds how much must be *calculated*. Keep them apart.
#
# Each pooling divides the values by four, and with them the work of each weight in the next layer, which is why d can afford 128
# filters at the end.
#
# ### The curves
#
# All four, side by side, with our own runs in grey:

# %%
plots.compare_runs(
    {f"network {name}": histories[name] for name in PUBLISHED},
    "Training and validation accuracy over the epochs for networks a to d. From a to d both end higher, and in d the "
    "distance between them is largest.",
    references=[training.reference_run(LAB, name) for name in PUBLISHED],
)

# %% [markdown]
# Compare the height of the dashed lines, and the distance between solid and dashed. (Solid lines of networks with
# dropout lie too low: they are measured during training. The board's training accuracy is not.)
#
# ### What do the graphs say? (2 points)
#
# Answer in six to ten sentences, with numbers from your board.
#
# | criterion | points |
# | --- | --- |
# | says with numbers what parameters, multiply-adds and accuracy have to do with each other, and where they do not go together | 0.5 |
# | explains why b is better than a although it has far fewer parameters | 0.5 |
# | says what depth buys from b to d, why, and what it costs | 0.5 |
# | names the network that overfits most, by its gap and its curves, and one remedy | 0.5 |

# %% [markdown]
# <!-- WRITTEN comparison (2) -->
#
# Network a has 924,910 parameters and the lowest validation accuracy, 0.56<!-- our a val_accuracy -->; b reaches
# 0.65<!-- our b val_accuracy --> with 82,826, and d 0.82<!-- our d val_accuracy -->
# with 961,706, hardly more than a. So parameters are not accuracy. Multiply-adds go with it better: from 0.9 million
# (a, b) over 15.6 (c) to 48.6 million (d) the accuracy rises to 0.82<!-- our d val_accuracy -->. In a, every unit has one weight per pixel: an
# edge must be learned anew at each place. The kernels of b are shared by all places, so each is learned from all
# images and all places, and neighbours stay neighbours. From b to d, layers see what earlier layers found: edges, then
# parts, then objects, and each pooling doubles how far a kernel sees. The price is time: an epoch of d takes 24 s, of
# b 4 s. The step from c to d costs 33 million multiply-adds and brings 0.05; that from b to c costs 15 million and
# brings 0.12: each gain costs more. The gap is largest for d, 0.09: it gets 0.90 of the training images right, and its
# solid and dashed lines part more and more in the last epochs. It has the power to learn images by heart. More images
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
    on_test = accuracy(networks[best], x_test, y_test)
    error = np.sqrt(on_test * (1 - on_test) / len(x_test))  # standard error of a fraction
    print(f"{best}: validation {board[best]['validation accuracy']:.3f}, test {on_test:.3f} ± {error:.3f}")
else:
    print("The test set is closed.")


# %% [markdown]
# The ± is what chance alone does: with another 10,000 images the figure would differ by about that much. The validation
# accuracy has such an error, too, a larger one, since it comes from half as many images: ± 0.006. Their difference
# swings by $\sqrt{0.004^2 + 0.006^2}$, about 0.007. So a test accuracy that lies 0.01 below validation proves nothing.
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
        history = train(model, x_train, y_train, x_val, y_val, EPOCHS, recipe())
        history = {name: [round(float(value), 4) for value in values] for name, values in history.items()}
        shared = {"run": run, "epochs": len(history["loss"]), "seconds": sum(history["seconds"]), "data": data.source}
        yield shared | {"metric": "val_accuracy", "value": history["val_accuracy"][-1]}
        on_test = accuracy(model, x_test, y_test)
        yield shared | {"metric": "test_accuracy", "value": on_test}
        yield {"run": run, "history": history | {"test_accuracy": round(on_test, 4)}, "model": model}


# %% [markdown]
# ## What you have learned
#
# - Three parts of the data: to fit, to choose, to judge. Everything learned from data comes from the training part,
#   the mean included.
# - Last layer and loss must agree: softmax, or logits and `from_logits=True`.
# - First loss near log(10), falling on one batch, twenty images memorised: seconds that save hours.
# - Convolutions share their weights: b beats a with a tenth of the parameters. Depth buys accuracy and costs time.
# - Parameters are what must be learned, multiply-adds what must be calculated.
# - Network d, the largest, learned most by heart: its gap between training and validation is the largest.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab configurable_cnn}}: one function that builds many networks, and what each of its knobs changes.
