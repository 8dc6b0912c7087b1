# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · One network with knobs
#
# One function that builds many networks, and nine runs, most of which turn one knob: depth, batch normalisation,
# dropout, L2. Then early stopping and batch size. Which of them helps, and how do you know?
#
# {{colab}}
#
# **You will learn** to build networks from arguments, to read a summary, to see overfitting in the validation *loss*,
# what L2 does to a weight in one step, when early stopping ends a training, and to say whether a knob helped or
# whether it was chance.
#
# **You need** {{lab cifar_progression}} (networks a to d), {{lab convolution_basics}} (counting parameters) and
# {{lab slash_cnn_vs_classic_ml}} (batch normalisation).
#
# **Time:** about 95 minutes of work. Running every cell takes about 10 minutes on two CPU cores, most of it in
# sections 4 and 10. With our runs in place of yours (`YOURS = []`) it takes about 5 minutes, and with
# `run_profile="quick"` in the next cell about 2 minutes. A GPU is not needed.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 10 points for code and 3 for written answers: 13 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import keras
import numpy as np
import pandas as pd
from keras import layers

from checks import configurable_cnn as checks
from checks import core
from helpers import datasets, networks, plots, profile, training
from helpers.progress import measured, predict

LAB, EPOCHS, BATCH_SIZE = "04_configurable_cnn", 20, 64
N_CLASSES = 10
FEW, MORE = 7500, 15_000  # images for training
BATCH_SIZES = [25, 100, 500, 2500]  # of section 9

# %% [markdown]
# ## 1 Few images (5 minutes)
#
# CIFAR-10 again. `datasets.three_parts` does what you did in {{lab cifar_progression}}: it keeps a tenth of the
# training images for validation, standardises all parts with the mean and the deviation of the training part, and makes
# the labels one-hot.
#
# We train on only **7,500** of the 45,000 images. With few images a network soon knows them by heart, and that is
# what most knobs of this lab are meant to prevent. It also means that a run takes a few minutes, not a quarter of an hour.

# %%
training.use_fast_precision()
data = datasets.load("cifar10")
x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data)
x_few, y_few = x_train[:FEW], y_train[:FEW]  # the parts come shuffled
print(f"{data.source}: {len(x_few):,} images for training, {len(x_val):,} for validation")


# %% [markdown]
# ## 2 One function, many networks (20 minutes)
#
# If you want to try many networks, you will not write each one by hand. A function with arguments builds them all.
# Each argument is a **knob**:
#
# - `n_conv_layers` times: convolution (3×3, `same`, relu) → batch normalisation, if `use_batch_norm` → max pooling
#   2×2. The first convolution has `n_filters` filters, and each further one **twice as many as the one before**;
# - one list of numbers;
# - `n_dense_layers` times: dense with `n_nodes` units, relu → batch normalisation, if `use_batch_norm` → dropout 0.5,
#   if `use_dropout`;
# - the ten scores, compiled with `learning_rate`.
#
# The knob `l2` is new. **L2 regularisation** adds a **penalty** to the loss: `l2` times the sum of the squares of *all*
# weights in a kernel. A large weight now costs something, so it stays large only if it is useful. Every convolution and
# every dense layer takes it as an argument: `kernel_regularizer=keras.regularizers.L2(0.001)`. Here all of them get it,
# the last one too. A network lists its penalties in `model.losses`.
#
# Two knobs have **default values**: if you leave them out, you get batch normalisation and no penalty.
#
# This is the output of each layer for `n_conv_layers=2, n_filters=16, n_dense_layers=1, n_nodes=100`:
#
# | layers | output |
# | --- | --- |
# | INPUT | 32×32×3 |
# | convolution, batch normalisation | 32×32×16 |
# | pooling | 16×16×16 |
# | convolution, batch normalisation | 16×16×32 |
# | pooling | 8×8×32 |
# | one list | 2048 |
# | dense, batch normalisation, dropout | 100 |
# | scores | 10 |

# %%
# EXERCISE build_cnn (4)
def build_cnn(
    input_shape,
    n_conv_layers,
    n_filters,
    n_dense_layers,
    n_nodes,
    use_dropout,
    learning_rate,
    use_batch_norm=True,
    l2=0.0,
):
    """Return the network of the recipe above, Sequential or functional, compiled for one-hot labels of ten classes.

    input_shape: (height, width, channels) of the images. n_conv_layers: 1 or more. n_filters: of the first convolution.
    n_dense_layers: dense layers before the last one, 0 or more, each of n_nodes units. use_dropout, use_batch_norm:
    True or False. learning_rate: given to the optimizer, which is your choice. l2: strength of the penalty on the
    kernels of all convolutions and dense layers, 0 for none. Metrics: the accuracy, perhaps among others. Loss:
    the cross-entropy, softmax or logits. Flatten, no global pooling; relu comes before batch normalisation.

    Example: with n_conv_layers=4 and n_filters=16 the convolutions have 16, 32, 64 and 128 filters.
    """
    ### BEGIN SOLUTION
    penalty = keras.regularizers.L2(l2)
    stack = [keras.Input(input_shape)]
    for k in range(n_conv_layers):
        stack.append(layers.Conv2D(n_filters * 2**k, 3, padding="same", activation="relu", kernel_regularizer=penalty))
        if use_batch_norm:
            stack.append(layers.BatchNormalization())
        stack.append(layers.MaxPooling2D())
    stack.append(layers.Flatten())
    for _ in range(n_dense_layers):
        stack.append(layers.Dense(n_nodes, activation="relu", kernel_regularizer=penalty))
        if use_batch_norm:
            stack.append(layers.BatchNormalization())
        if use_dropout:
            stack.append(layers.Dropout(0.5))
    stack.append(layers.Dense(N_CLASSES, activation="softmax", kernel_regularizer=penalty, dtype="float32"))
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.Adam(learning_rate), "categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION


# %% [markdown]
# ## 3 Reading a summary (10 minutes)
#
# `model.summary()` prints one line per layer: the shape of its output, and its parameters. If you can read it, you find
# many building mistakes at a glance. Here is one of a small network. All convolutions have kernels 3×3 and border
# `same`, all poolings are 2×2. Some entries are missing:
#
# ```
# Layer              Output shape              Parameters
# input              (None, 32, 32, 3)                  0
# conv2d             (None, 32, 32, 32)               896
# max_pooling2d      (None,  ?,  ?,  ?)                 0
# conv2d_1           (None,  ?,  ?,  ?)                 ?      128 filters
# max_pooling2d_1    (None,  8,  8,  ?)                 0
# flatten            (None,  ?)                         0
# dense              (None, 64)                         ?
# dense_1            (None, 10)                       650
# ```
#
# A reminder of {{lab convolution_basics}}: a filter looks through **all** channels of its input, has one bias, and
# makes **one** map. Many get the question "128 filters on 32 channels: how many channels come out?" wrong.
#
# Return a dictionary, with numbers or with formulas such as `32 * 32`.

# %%
# EXERCISE read_summary (2)
def read_summary():
    """Return a dict with these answers about the network above:

    "input_of_conv2d_1", "output_of_conv2d_1": for one image, tuples (height, width, channels), without None
    "parameters_of_conv2d_1": a whole number
    "pooling_factor": the values that enter a pooling layer, divided by those that leave it
    "output_of_flatten": how many values
    "parameters_of_dense": a whole number, of the layer called dense
    "share_of_dense": the fraction of all parameters of the network that sit in the layer dense, between 0 and 1
    "batch_of_50": the shape that comes out of conv2d_1 for a batch of 50 images, a tuple

    Example: an answer about conv2d would be "parameters_of_conv2d": (3 * 3 * 3 + 1) * 32, which is 896.
    """
    ### BEGIN SOLUTION
    parameters_of_conv2d_1 = (3 * 3 * 32 + 1) * 128
    parameters_of_dense = (8 * 8 * 128 + 1) * 64
    return {
        "input_of_conv2d_1": (16, 16, 32),
        "output_of_conv2d_1": (16, 16, 128),
        "parameters_of_conv2d_1": parameters_of_conv2d_1,
        "pooling_factor": 4,
        "output_of_flatten": 8 * 8 * 128,
        "parameters_of_dense": parameters_of_dense,
        "share_of_dense": parameters_of_dense / (896 + parameters_of_conv2d_1 + parameters_of_dense + 650),
        "batch_of_50": (50, 16, 16, 128),
    }
    ### END SOLUTION


# %% [markdown]
# Now networks of your own. `RUNS` holds the settings of all runs of this lab: `BASE`, and what is different.

# %%
BASE = {
    "input_shape": (32, 32, 3), "n_conv_layers": 4, "n_filters": 16, "n_dense_layers": 1, "n_nodes": 100,
    "use_dropout": False, "learning_rate": 0.001,
}
RUNS = {
    "conv2": BASE | {"n_conv_layers": 2, "n_dense_layers": 0},
    "conv2_dense": BASE | {"n_conv_layers": 2},
    "conv4_dense": BASE,
    "dropout": BASE | {"use_dropout": True},
    "no_batch_norm": BASE | {"use_batch_norm": False},
    "l2_weak": BASE | {"l2": 0.0001},
    "l2": BASE | {"l2": 0.001},
    "l2_strong": BASE | {"l2": 0.01},
    "dropout_l2": BASE | {"use_dropout": True, "l2": 0.001},
}

# %% [markdown]
# **Predict:** which network has more parameters, `conv2_dense` with two convolutions and a dense layer, or `conv4_dense`
# with four? (Put your answer in the place of the three dots.)

# %%
predict("more_parameters", ..., ["conv2_dense", "conv4_dense"])

# %%
sizes = {run: build_cnn(**RUNS[run]) for run in ("conv2_dense", "conv4_dense")}
for run, model in sizes.items():
    print(f"{run}: {model.count_params():,} parameters")
    print(networks.costs(model)[["layer", "out", "parameters", "fraction of parameters"]].to_string(index=False))
measured("more_parameters", max(sizes, key=lambda run: sizes[run].count_params()))


# %% [markdown]
# The deeper network has fewer. In the shallow one 97 % of all parameters sit in the dense layer. Two more poolings
# shorten the list before it from 2,048 values to 512, which saves 153,600; the two new convolutions cost 92,352. (The
# table leaves out the few parameters of batch normalisation. `build_cnn(**BASE).summary()` in a cell of your own shows
# them.)
#
# ## 4 Depth and dropout (10 minutes)
#
# Networks are trained by the function below. It notes three things for each epoch:
#
# - the accuracy, for training and validation images;
# - the **cross-entropy**: how surprised the network is by the right answers. This is the loss *without* the penalty,
#   so that networks with and without one can be compared;
# - `weight_size`, the root mean square of all weights in kernels. Section 6 will need it.

# %%
class WeightSize(keras.callbacks.Callback):
    """Notes after each epoch the root mean square of all kernels' weights, as "weight_size"."""

    def on_epoch_end(self, epoch, logs):
        kernels = [np.ravel(layer.kernel) for layer in self.model.layers if hasattr(layer, "kernel")]
        logs["weight_size"] = float(np.sqrt(np.mean(np.concatenate(kernels) ** 2)))


def train(model, x, y, x_val, y_val, epochs=EPOCHS, batch_size=BATCH_SIZE, callbacks=()):
    """Train a network of build_cnn. Returns its history: name -> one value per epoch."""
    cross_entropy = keras.metrics.MeanMetricWrapper(keras.losses.get(model.loss), name="cross_entropy")
    model.compile(model.optimizer, model.loss, metrics=["accuracy", cross_entropy])
    fitted = model.fit(
        x, y, batch_size=batch_size, epochs=epochs, validation_data=(x_val, y_val), validation_batch_size=500,
        callbacks=[training.Clock(), WeightSize(), *callbacks], verbose=0,
    )
    return fitted.history


# %% [markdown]
# Four networks will be compared: two convolutions, a dense layer more, two convolutions more, dropout. **Predict** the
# gap of the third, `conv4_dense`: by how much will its training accuracy end above that of validation? Give a fraction
# such as 0.1.

# %%
predict("gap_of_conv4_dense", ...)

# %% [markdown]
# Which runs do you want to train yourself? Each takes some minutes. For the others (and for all, as long as `build_cnn` is
# not solved) you get our own runs, on the real photographs. You can come back, add a name, and run from here on.

# %%
YOURS = ["conv4_dense", "dropout"]

# %% tags=["author-only"]
# instead of training: conv4_dense, dropout
if profile.current() == "full":  # what the executed solution shows is what the text speaks of
    YOURS = []

# %%
histories = {run: training.reference_run(LAB, run) for run in RUNS}
for run in YOURS:
    profile.seed_everything(0)
    model, live = build_cnn(**RUNS[run]), training.LiveCurves(training.reference_run(LAB, run))
    histories[run] = train(model, x_few, y_few, x_val, y_val, profile.epochs(EPOCHS), callbacks=[live])


# %%
def compare(titles, alt):
    """Draw accuracy and cross-entropy of some runs side by side, ours in grey behind them. titles: run -> title."""
    references = [training.reference_run(LAB, run) for run in titles]
    shown = {title: histories[run] for run, title in titles.items()}
    plots.compare_runs(shown, alt, ("accuracy", "cross_entropy"), references)


alt = "Four networks over 20 epochs: training accuracy rises to nearly 1, validation less; validation cross-entropy rises."
titles = {"conv2": "2 conv", "conv2_dense": "2 conv, 1 dense", "conv4_dense": "4 conv, 1 dense"}
compare(titles | {"dropout": "4 conv, 1 dense, dropout"}, alt)
accuracies = (histories["conv4_dense"][name][-1] for name in ("accuracy", "val_accuracy"))
measured("gap_of_conv4_dense", np.subtract(*accuracies))

# %% [markdown]
# Above, **accuracy**, of training solid, of validation dashed. With a dense layer training reaches nearly 1: 7,500
# images are learned by heart. Validation ends at
# 0.52<!-- our conv2 val_accuracy --> with two convolutions, 0.54<!-- our conv2_dense val_accuracy --> with one more
# dense layer, and 0.57<!-- our conv4_dense val_accuracy --> with four convolutions.
#
# Below, **cross-entropy**. Here overfitting is plain. In validation it falls for a few epochs and then *rises*, to
# 2.44<!-- our conv2 val_cross_entropy -->, 2.05<!-- our conv2_dense val_cross_entropy --> and
# 2.06<!-- our conv4_dense val_cross_entropy -->. A network that knows nothing has 2.30, log(10)! And yet, with a dense
# layer, the validation accuracy ends higher than where the cross-entropy was lowest: with four convolutions
# 0.57<!-- our conv4_dense val_accuracy --> against 0.47<!-- our conv4_dense val_accuracy 3 -->. How can both be? The
# cross-entropy also asks how *sure* a network is. It becomes surer with every epoch, of its mistakes as well: a true
# class that gets a probability of 0.0001 costs 9.2. Accuracy does not notice.
#
# What does **dropout** change? In every step it sets a random half of the dense layer's outputs to 0. No unit can rely
# on any particular other unit, and coincidences are harder to learn. So the training curve rises more slowly, partly only
# because it is measured with half of the units switched off. The validation cross-entropy is lowest later, after the
# sixth epoch, and lower, 1.29<!-- our dropout val_cross_entropy 6 -->. But in the end this network has learned its images
# by heart, too, and its validation accuracy, 0.53<!-- our dropout val_accuracy -->, is lower. Dropout after one dense layer
# delays overfitting here; it does not cure it.
#
# **Try it:** set `RUNS["conv2"]["n_filters"] = 32` and add "conv2" to `YOURS` (grey stays the run with 16). Does
# validation gain, or only training?
#
# ## 5 Batch normalisation: on or off? (5 minutes)
#
# In {{lab slash_cnn_vs_classic_ml}} you saw what **batch normalisation** does in training and in test mode. Is it worth
# having? The same network without it, and nothing else changed. **Predict:** which one has the higher validation accuracy
# after three epochs, and which after twenty?

# %%
predict("ahead_after_3_epochs", ..., ["with", "without"])
predict("ahead_after_20_epochs", ..., ["with", "without"])

# %%
alt = "With batch normalisation validation begins lower, and only so training reaches 1; validation ends nearly alike."
compare({"conv4_dense": "with batch normalisation", "no_batch_norm": "without"}, alt)
with_it, without = (histories[run]["val_accuracy"] for run in ("conv4_dense", "no_batch_norm"))
measured("ahead_after_3_epochs", "with" if with_it[:3][-1] > without[:3][-1] else "without")
measured("ahead_after_20_epochs", "with" if with_it[-1] > without[-1] else "without")


# %% [markdown]
# After the first epoch validation stands at 0.39<!-- our no_batch_norm val_accuracy 1 --> without batch normalisation
# and at 0.23<!-- our conv4_dense val_accuracy 1 --> with it, after the third at
# 0.51<!-- our no_batch_norm val_accuracy 3 --> and 0.47<!-- our conv4_dense val_accuracy 3 -->: the moving averages
# follow about a hundred steps behind the weights ({{lab slash_cnn_vs_classic_ml}}), and an epoch has only 118 steps
# here. (Whether this explains all of it we did not measure.) In section 4, too, validation began far below training
# where there was a dense layer, though nothing was learned by heart yet. In the end it is
# 0.56<!-- our no_batch_norm val_accuracy --> and 0.57<!-- our conv4_dense val_accuracy -->; section 8 asks whether that
# is a difference. With batch normalisation the network learns its training images faster. Much deeper networks are hard
# to train without: those of {{lab pretrained_resnet}}, with 20 and 56 layers, have it after every convolution.
#
# ## 6 L2: what it does to a weight (10 minutes)
#
# The loss with penalty is $L(w) + \lambda \sum w^2$, where $\lambda$ is the strength. A step of gradient descent
# follows the slope of the whole. The slope of $w^2$ is $2w$: the larger a weight, the harder it is pulled back.
#
# Write such a step, for a whole array of weights at once.

# %%
# EXERCISE step_with_l2 (2)
def step_with_l2(weights, gradient, learning_rate, strength):
    """Return the weights after one step of gradient descent on a loss with an L2 penalty.

    weights: an array of any shape. gradient: the slope of the loss without the penalty, same shape. The penalty is
    strength times the sum of the squares of all weights. Neither array is changed.

    Example: for the weights [1.0, -2.0], a gradient of zeros, learning_rate 0.1 and strength 0.5 it is [0.9, -1.8].
    """
    ### BEGIN SOLUTION
    return weights - learning_rate * (gradient + 2 * strength * weights)
    ### END SOLUTION


# %% [markdown]
# What happens to weights that the loss does not care about? Their gradient is 0. **Predict:** a weight begins at 1, the
# learning rate is 0.1, the strength 0.25. How much of the weight is left after 60 steps?

# %%
predict("left_after_60_steps", ...)

# %%
steps = [np.array([1.0, 0.5, -0.25])]
for _ in range(60):
    steps.append(step_with_l2(steps[-1], gradient=np.zeros(3), learning_rate=0.1, strength=0.25))
curves = {f"begins at {values[0]}": values for values in np.transpose(steps)}
alt = "Three weights over 60 steps: each shrinks by the same fraction per step, towards zero."
plots.lines(curves, alt, xlabel="step", ylabel="weight", x=range(61), level=0)
measured("left_after_60_steps", steps[-1][0])

# %% [markdown]
# Each step takes the same fraction off, 5 %: $1 - 2 \cdot 0.1 \cdot 0.25 = 0.95$, and $0.95^{60}$ is about 0.05. This is
# an exponential decay. (Hence the name *weight decay*.
# With plain gradient descent both are the same. Adam rescales every slope, that of the penalty too, so there they
# differ: AdamW of {{lab cifar_progression}} takes its fraction off the weights directly.)
#
# And in a whole network? Three strengths against none. First, how large the weights are. Then, how well the network
# knows images that it has not seen.

# %%
STRENGTHS = {"none": "conv4_dense", "0.0001": "l2_weak", "0.001": "l2", "0.01": "l2_strong"}
sizes = {f"L2 {strength}": histories[run]["weight_size"] for strength, run in STRENGTHS.items()}
alt = "The size of the weights over 20 epochs: without a penalty it grows, with strength 0.01 it shrinks."
plots.lines(sizes, alt, ylabel="root mean square of weights")

# %%
entropies = {f"L2 {strength}": histories[run]["val_cross_entropy"] for strength, run in STRENGTHS.items()}
alt = "Validation cross-entropy over 20 epochs: it falls for some epochs, then rises, least with strength 0.01."
plots.lines(entropies, alt, ylabel="validation cross-entropy")


# %% [markdown]
# Without a penalty the weights grow, from 0.049<!-- our conv4_dense weight_size 1 --> to
# 0.059<!-- our conv4_dense weight_size -->. With strength 0.01 they shrink to 0.023<!-- our l2_strong weight_size -->,
# and the validation cross-entropy ends at 1.71<!-- our l2_strong val_cross_entropy --> instead of
# 2.06<!-- our conv4_dense val_cross_entropy -->: the network is less sure of itself, and has not learned all its
# training images by heart (0.93<!-- our l2_strong accuracy -->). Its validation accuracy does not gain:
# 0.54<!-- our l2_strong val_accuracy --> against 0.57<!-- our conv4_dense val_accuracy -->.
#
# (A detail: where batch normalisation *follows* a kernel, the kernel's size has hardly any effect, because it is
# divided out again. There L2 works in another way: a step of the same length turns a small kernel further than a large
# one. It acts like a higher learning rate; van Laarhoven 2017, [arXiv:1706.05350](https://arxiv.org/abs/1706.05350).)
#
# ## 7 Early stopping (10 minutes)
#
# The validation cross-entropy falls, and later rises again. Why not stop in time? **Early stopping** watches it after
# each epoch. If it has not become *lower than its best value so far* for `patience` epochs in a row, training ends, and
# the weights of the best epoch are put back. You used it in {{lab cifar_progression}}, on the accuracy. Here it
# would be `keras.callbacks.EarlyStopping("val_cross_entropy", mode="min", patience=3, restore_best_weights=True)`.

# %%
# EXERCISE early_stopping (2)
def early_stopping(val_losses, patience):
    """When does early stopping end a training, and which epoch's weights does it put back?

    val_losses: what is watched after each epoch, a list of floats, as a full training would give them; not changed.
    Training ends after `patience` epochs in a row that are not better than the best so far.
    patience: a whole number, 1 or more. An epoch as good as the best one is no improvement.
    Returns (number of epochs trained, best epoch among them), both counted from 1. A training that is never stopped
    has as many epochs as val_losses.

    Example: early_stopping([2.0, 1.5, 1.6, 1.7, 1.4], patience=2) is (4, 2).
    """
    ### BEGIN SOLUTION
    best = 1
    for epoch, loss in enumerate(val_losses, 1):
        if loss < val_losses[best - 1]:
            best = epoch
        elif epoch - best == patience:
            return epoch, best
    return len(val_losses), best
    ### END SOLUTION


# %% [markdown]
# What would it have done to our runs? The table compares the validation accuracy of the weights that it puts back with
# that of the last epoch.

# %%
PATIENCE = 3
rows = {}
for run, history in histories.items():
    stopped, best = early_stopping(history["val_cross_entropy"], PATIENCE)
    reached = history["val_accuracy"]
    rows[run] = {"stopped after": stopped, "best epoch": best, "its accuracy": reached[best - 1], "last": reached[-1]}
print(pd.DataFrame.from_dict(rows, orient="index").round(3).to_string())

# %% [markdown]
# Early stopping is not always a gain. It watches the loss, and does what it is told: the epoch with the lowest
# cross-entropy comes early, and its accuracy is often *lower* than that of the last epoch. A larger patience would not
# help: look at the curves, the cross-entropy never falls below that value again.
#
# Then why not watch the accuracy, `EarlyStopping("val_accuracy", ...)`? Alone that does not help: with a patience of 3,
# `conv4_dense` would end after epoch 7 and go back to epoch 4, 0.489<!-- our conv4_dense val_accuracy 4 -->. With a
# patience of 5 it would get to 0.568<!-- our conv4_dense val_accuracy 19 -->. What is watched and how long one waits belong
# together. (Your function can watch the accuracy, too: give it the values with a minus sign.)
#
# ## 8 What helped? (15 minutes)
#
# One run is one throw of the dice: another seed gives other start weights, another order of the images and another
# split. So we trained every network three times. The table gives the mean and the standard deviation of the validation
# accuracy after twenty epochs. The test accuracy stays hidden until you have chosen.

# %%
figures = pd.DataFrame(training.reference_figures(LAB)).set_index(["run", "metric"])
spread = figures["mean"].map("{:.3f}".format) + " ± " + figures["std"].map("{:.3f}".format)
table = spread.unstack("metric").loc[list(RUNS)]
print(table[["val_accuracy"]].to_string())

# %% [markdown]
# How large must a difference be to mean something? Two means of three runs with a standard deviation of $s$ each differ
# by chance by about $s\sqrt{2/3}$, and seldom by more than twice that. With $s = 0.01$ that is 0.008 and 0.016. (Three
# runs tell $s$ only roughly, so do not take the limit as sharp.) Is the difference between with and without batch
# normalisation larger? Take the larger $s$ of the two.
#
# ### Which knob would you turn? (2 points)
#
# You get 7,500 images and twenty epochs. Which knobs do you set, and which do not matter? Answer in five to eight
# sentences, with numbers from the table.
#
# | criterion | points |
# | --- | --- |
# | says what depth, batch normalisation, dropout and L2 each change, with numbers | 1 |
# | says for one difference at least whether chance could have made it, and how one can tell | 0.5 |
# | names the choice, and says what the test accuracy will be looked at for, and what it must not be used for | 0.5 |

# %% [markdown]
# <!-- WRITTEN knobs (2) -->
#
# I take four convolutions, a dense layer and batch normalisation, and nothing else: validation
# 0.567<!-- mean conv4_dense val_accuracy -->. Depth helps: two convolutions have 0.513<!-- mean conv2 val_accuracy -->, with
# a dense layer 0.540<!-- mean conv2_dense val_accuracy -->, with two convolutions more
# 0.567<!-- mean conv4_dense val_accuracy -->; both steps are larger than the 0.016 that chance would make. Without batch
# normalisation it is 0.541<!-- mean no_batch_norm val_accuracy -->, but its three runs lie far apart, so more of them
# would be needed. Dropout (0.541<!-- mean dropout val_accuracy -->) and an L2 penalty of 0.001
# (0.528<!-- mean l2 val_accuracy -->) are worse by more than chance: after twenty epochs the images are learned by
# heart all the same. A penalty of 0.0001 (0.556<!-- mean l2_weak val_accuracy -->) lies at the edge of chance. None of
# the knobs replaces what is missing: more images. The test accuracy will say how good my choice is on images that had
# no say in it, and whether luck helped me to choose. If I chose again with it, it would be a second validation
# accuracy.

# %% [markdown]
# You have chosen? Then look at the test accuracy of all runs, and at that of the weights that early stopping would have put
# back.

# %%
print(table[["val_accuracy", "test_accuracy", "test_accuracy_stopped"]].to_string())

# %% [markdown]
# `conv4_dense`, the best in validation, has 0.565<!-- mean conv4_dense test_accuracy --> in the test, as much as in
# validation: with nine candidates, the luck of the choice does not show. Early stopping by the loss costs it much:
# 0.474<!-- mean conv4_dense test_accuracy_stopped -->.
#
# ## 9 How many images at once? (10 minutes)
#
# The **batch size** decides how many images share one step. Small batches: many steps per epoch, each with a noisy
# gradient. Large batches: few steps, each with a smooth gradient, and a GPU is busier, since it can do more at
# the same time. But all feature maps of a batch must be kept until the gradient has come back: memory grows with the
# batch.
#
# We trained a network for three epochs on 15,000 images with four batch sizes, and changed nothing else. It has no batch
# normalisation: with few steps its moving averages lag behind, and we would measure that. You do the same with 5,000
# images, and 500 for validation. **Predict:** which batch size is fastest per epoch on your machine, and which is best after
# three epochs?

# %%
predict("fastest_batch_size", ..., BATCH_SIZES)
predict("best_batch_size", ..., BATCH_SIZES)


# %%
def batch_table(runs, images):
    """One row per batch size. runs: batch size -> history. images: how many were trained on."""
    table = pd.DataFrame(index=pd.Index(runs, name="batch size"))
    table["steps per epoch"] = [-(-images // batch_size) for batch_size in runs]
    fastest = [min(history["seconds"][1:] or history["seconds"]) for history in runs.values()]
    table["images per second"] = [round(images / seconds) for seconds in fastest]
    table["validation accuracy"] = [history["val_accuracy"][-1] for history in runs.values()]
    return table.round(3)


ours = batch_table({size: training.reference_run(LAB, f"batch_{size}") for size in BATCH_SIZES}, MORE)
print(ours.to_string())

# %% [markdown]
# This is our run, on 15,000 images. Now yours, on fewer. (The first epoch also builds the graph, so the fastest of the
# others counts.)

# %%
some, epochs = profile.samples(5000), profile.epochs(3)
yours = {}
for size in BATCH_SIZES:
    model = build_cnn(**RUNS["no_batch_norm"])
    yours[size] = train(model, x_train[:some], y_train[:some], x_val[:500], y_val[:500], epochs, size)
yours = batch_table(yours, some)
print(yours.to_string())
measured("fastest_batch_size", yours["images per second"].idxmax())
measured("best_batch_size", yours["validation accuracy"].idxmax())
accuracies = {"ours, 15,000 images": ours["validation accuracy"], "yours, fewer images": yours["validation accuracy"]}
alt = "Validation accuracy after three epochs over the batch size: it falls for large batches."
plots.lines(accuracies, alt, xlabel="batch size", ylabel="validation accuracy", x=[f"{size:,}" for size in BATCH_SIZES])

# %% [markdown]
# The tables: from some size on, larger batches are not clearly faster on these machines; the numbers go up and down,
# for other programs disturb them. (Compare within a table only: our machine may have been busier than yours, and its
# times hold a validation with 5,000 images, yours one with 500.) The picture: with many images in a batch there are few
# steps, and the network has learned less after three epochs. (One run each, and yours is measured with 500 images,
# which alone makes it uncertain by 0.02. So yours cannot decide between 25 and 100. The fall to 2,500 is far larger.)
#
# How much memory do the feature maps of one batch take? The output of each layer is kept, with 4 bytes per number (in
# 16 bits: 2).

# %%
kept = [one for one in build_cnn(**RUNS["no_batch_norm"]).layers if not isinstance(one, layers.Flatten)]
values = sum(int(np.prod(layer.output.shape[1:])) for layer in kept)
for size in (*BATCH_SIZES, 45_000):
    print(f"batches of {size:>6,}: {values * size * 4 / 1e6:>7,.0f} MB of feature maps")

# %% [markdown]
# ### Why not one huge batch? (1 point)
#
# A friend has a GPU with 80 GB of memory and wants to train with all 45,000 images in one batch: "The gradient is
# exact then." What do you say? Use the tables.
#
# | criterion | points |
# | --- | --- |
# | steps per epoch and accuracy after the same number of epochs, with numbers | 0.5 |
# | what it costs (memory) or does not gain (time per epoch), with numbers, and a remedy or a better choice | 0.5 |

# %% [markdown]
# <!-- WRITTEN batch_size (1) -->
#
# With all images in one batch an epoch is one single step. Our table shows where this leads: with 2,500 images per
# batch there are 6 steps per epoch, and after three epochs the network reaches
# 0.35<!-- our batch_2500 val_accuracy -->, against 0.53<!-- our batch_100 val_accuracy --> with batches of 100 and 150
# steps, and 0.58<!-- our batch_25 val_accuracy --> with 25 and 600. An exact gradient is of little use if it is
# followed only a few times; a noisy one from 100 images points roughly the same way and costs a fraction. On our CPU an
# epoch does not become faster either: the images per second are nearly the same for batches of 100, 500 and 2,500. On
# your GPU larger batches gain more, but only until it is busy all the time: measure it. And the feature maps grow with
# the batch: those of 45,000 images take 6.9 GB. They would fit into 80 GB, so memory is not the obstacle: the single
# step is. Take 25 to 100; a larger batch at least needs a larger learning rate and more epochs.

# %% [markdown]
# ## 10 Challenge: five minutes (as long as you like)
#
# Find the best network that trains within **five minutes** on your machine, with all 45,000 images. Everything is
# allowed: other layers, filters, dropout, L2, batch size, learning rate, epochs. Choose by **validation** accuracy.
# Change one thing at a time, and write down what you expected: a table of attempts is worth more than a lucky one. To
# beat: network d of {{lab cifar_progression}}, 0.815<!-- our 03_cifar_progression:d val_accuracy --> after ten epochs.
#
# `training.Budget` ends the training before an epoch that would not fit into the budget.

# %%
BUDGET = {"full": 5, "quick": 1, "ci": 0.2}[profile.current()]  # minutes of training per attempt
attempts, tried = {}, {}


def attempt(name, model, epochs, batch_size=128):
    """Train a compiled network within the budget on all images, and add it to the table of attempts."""
    companions = [training.OneCycle(), training.Budget(BUDGET)]
    history = train(model, x_train, y_train, x_val, y_val, epochs, batch_size, companions)
    minutes, tried[name] = sum(history["seconds"]) / 60, model
    attempts[name] = {"accuracy": history["val_accuracy"][-1], "epochs": len(history["loss"]), "minutes": minutes}
    print(pd.DataFrame(attempts).T.sort_values("accuracy", ascending=False).round(3).to_string())


# %% [markdown]
# A first attempt changes several things at once: `BASE` with twice as many filters, 256 dense units, dropout, and one
# cycle of the learning rate with the peak 0.003. (One cycle needs to know the number of epochs beforehand: with too
# many the budget ends it at a high learning rate, with too few you waste time. Look at the minutes in the table.) Add
# your own attempts below.

# %%
profile.seed_everything(1)
wide = BASE | {"n_filters": 32, "n_nodes": 256, "use_dropout": True, "learning_rate": 0.003}
attempt("32 filters, dropout", build_cnn(**wide), epochs=profile.epochs(6))

# %% [markdown]
# Small differences mean little: section 8 shows how much another seed changes.
#
# ### The test set, once
#
# You are done choosing? Then, and only then, open the test set. Set the constant to `True` and run both cells, once. If
# you go back and try more networks afterwards, this number is worth no more than validation accuracy.

# %%
OPEN_THE_TEST_SET = False

# %% tags=["author-only"]
OPEN_THE_TEST_SET = True  # in the executed solution only

# %%
if OPEN_THE_TEST_SET:
    best = max(attempts, key=lambda name: attempts[name]["accuracy"])
    on_test = networks.accuracy(tried[best], x_test, y_test)
    error = np.sqrt(on_test * (1 - on_test) / len(x_test))  # standard error of a fraction
    print(f"{best}: validation {attempts[best]['accuracy']:.3f}, test {on_test:.3f} ± {error:.3f}")


# %% tags=["author-only"]
class KeepWeights(keras.callbacks.Callback):
    """Keeps the weights of every epoch: those of the epoch that early stopping would go back to are measured, too."""

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def measure(seed):
    """For `make reproduce`: every figure that this lab and the README quote, for split and weights of this seed."""
    training.use_fast_precision()
    data = datasets.load("cifar10")
    x_train, y_train, x_val, y_val, x_test, y_test = datasets.three_parts(data, seed)

    def fit(run, settings, images, epochs, batch_size):
        profile.seed_everything(seed)
        model, kept = build_cnn(**settings), KeepWeights()
        history = train(model, x_train[:images], y_train[:images], x_val, y_val, epochs, batch_size, [kept])
        history = {name: [round(float(value), 4) for value in values] for name, values in history.items()}
        shared = {"run": run, "epochs": epochs, "seconds": sum(history["seconds"]), "data": data.source}
        yield {"run": run, "history": history}
        if images == FEW:
            yield shared | {"metric": "val_accuracy", "value": history["val_accuracy"][-1]}
            stopped, best = early_stopping(history["val_cross_entropy"], PATIENCE)
            for metric, epoch in (("test_accuracy", epochs), ("test_accuracy_stopped", best)):
                model.set_weights(kept.weights[epoch - 1])
                spent = sum(history["seconds"][: stopped if epoch == best else epochs])
                yield shared | {"metric": metric, "value": networks.accuracy(model, x_test, y_test), "seconds": spent}

    for run, settings in RUNS.items():
        yield from fit(run, settings, FEW, EPOCHS, BATCH_SIZE)
    for batch_size in BATCH_SIZES if seed == 0 else ():  # curves to look at, which no table quotes
        yield from fit(f"batch_{batch_size}", RUNS["no_batch_norm"], MORE, 3, batch_size)


# %% [markdown]
# ## What you have learned
#
# - One function with arguments builds many networks. To learn what a knob does, turn one at a time.
# - The validation *loss* shows overfitting that accuracy hides: a network becomes surer and surer, of its mistakes as well.
# - An L2 penalty pulls each weight back in proportion to its size. Early stopping follows what it watches, and nothing else.
# - A difference means something if it is larger than what other seeds make.
# - With the same number of epochs smaller batches learned more here, because they take more steps. A batch need not be
#   larger than it takes to keep the machine busy.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab augmentation}}: network d gets more images than there are, and you look at its mistakes.
