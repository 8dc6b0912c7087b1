# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 · Pretrained networks: ResNet on photographs, and what else it is good for
#
# Somebody has trained a network for weeks, on a million photographs, and gives it away. Here you look into it, let it
# name photographs, build the block it is made of, and put it to work on tasks that it was never made for.
#
# {{colab}}
#
# **You will learn** to read a network's structure by code, to prepare any photograph for a pretrained network, to build
# residual blocks, to reuse a network for a new task with few images, to ask a layer what it knows, and to let a network
# look at images of another size.
#
# **You need** {{lab cifar_progression}} (networks in Keras) and {{lab augmentation}} (CIFAR-10; its trained network is loaded here). No data set has to
# be downloaded.
#
# **Time:** about 140 minutes of work. Running every cell takes about a minute on two CPU cores.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 17 points for code and 3 for written answers: 20 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import io
import math
from pathlib import Path

import ipywidgets
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers, ops
from PIL import Image, ImageOps
from skimage.color import rgb2hed
from skimage.data import lfw_subset
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from checks import core
from checks import pretrained_resnet as checks
from helpers import datasets, plots, pretrained, profile, training

LAB = "08_pretrained_resnet"

# %% [markdown]
# ## 1 A famous network (10 minutes)
#
# **ResNet50** belongs to the family that won the ImageNet competition of 2015 (He et al. 2016,
# [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)). ImageNet holds 1.28 million photographs of 1,000 classes. Keras
# knows its structure. With `weights=None` you get it with random weights, and nothing is downloaded.

# %%
resnet50 = keras.applications.ResNet50(weights=None)
print(f"{len(resnet50.layers)} layers; the first ten:")
for layer in resnet50.layers[:10]:
    print(f"  {layer.name:24} {type(layer).__name__:20} {layer.count_params():9,} parameters")


# %% [markdown]
# `resnet50.summary()` would print all 177 layers. Scrolling through them is no fun, and counting by hand goes wrong. Let
# code find the figures.
#
# One of them is about memory. **Training** uses the gradient of the loss: one number per trainable parameter. A better
# method, Newton's, would also use the **Hessian**: the second derivatives of the loss by each *pair* of parameters. For
# `n` parameters it is a matrix of `n × n` numbers.
#
# **Predict:** your computer has 16 GB of memory. For how many of ResNet50's parameters does the Hessian fit into it,
# all, half, one in a thousand?

# %%
# EXERCISE describe_network (2)
def describe_network(model, memory_bytes):
    """Figures of a network, found by code. They must be right for any network, not only for ResNet50.

    model: a Keras model for images, not nested. memory_bytes: a number, such as 16e9.
    Returns a dictionary:
        "convolutions": how many layers are of the type Conv2D
        "parameters", "trainable": how many parameters there are, and how many of them are trainable
        "input_size": (height, width) of the images it takes
        "first_layer", "last_layer": parameters of the first and of the last layer that have any
        "hessian_share": the largest part of the trainable parameters, at most 1, whose Hessian fits into
            memory_bytes. Each entry is a float32, 4 bytes.

    Example: for a network of 1,000 trainable parameters and 1,000,000 bytes, "hessian_share" is 0.5.
    """
    ### BEGIN SOLUTION
    weighted = [layer for layer in model.layers if layer.weights]
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    side = int(math.sqrt(memory_bytes / 4))  # rows and columns of the largest matrix that fits
    return {
        "convolutions": sum(isinstance(layer, layers.Conv2D) for layer in model.layers),
        "parameters": model.count_params(),
        "trainable": trainable,
        "input_size": tuple(model.input_shape[1:3]),
        "first_layer": weighted[0].count_params(),
        "last_layer": weighted[-1].count_params(),
        "hessian_share": min(1, side / trainable),
    }
    ### END SOLUTION


# %% [markdown]
# The check gave your function small networks. Now the real one.

# %%
for name, value in describe_network(resnet50, 16e9).items():
    print(f"{name:14} {value:,.6f}" if isinstance(value, float) else f"{name:14} {value}")

# %% [markdown]
# 53 convolutions, so why the 50 in its name? The first one, then 16 blocks with three each: that makes 49, and with the
# dense layer at the end 50. The four missing ones are 1×1 **projections** in shortcuts, which you will meet in section 3.
#
# As a picture, with the shape of what leaves each part for an image of 224×224:

# %%
plots.block_diagram(
    {
        "ResNet50": [
            *[("INPUT", "224×224×3"), ("CONV 7×7\nstride 2", "112×112×64"), ("POOL\nstride 2", "56×56×64")],
            *[("BLOCK\n3 times", "56×56×256"), ("BLOCK\n4 times", "28×28×512")],
            *[("BLOCK\n6 times", "14×14×1024"), ("BLOCK\n3 times", "7×7×2048")],
            *[("MEAN", "2048"), ("DENSE", "1000")],
        ]
    },
    alt="ResNet50 as a row of boxes: a convolution, a pooling, four groups of 3, 4, 6 and 3 blocks, the mean of each "
    "channel, a dense layer. Height and width fall from 224 to 7, the channels grow from 3 to 2,048.",
)

# %% [markdown]
# The last layer holds 2,049,000 parameters, one in twelve: 2,048 features times 1,000 classes, and a bias for each.
#
# The Hessian of 0.25 % of the parameters fits into 16 GB. The whole one has 25.6 million rows and as many columns: 2.6
# **peta**bytes, the memory of 160,000 such computers. This is why nobody computes it. Adam and momentum are cheap ways
# to guess a little of what it would tell.
#
# ## 2 Classify photographs (30 minutes)
#
# `pretrained.load()` gives ResNet50 with the weights that were trained on ImageNet. They take 100 MB. Where they cannot
# be had, a box says so, and you get a smaller network that knows the same 1,000 classes and lies in the course:
# **EfficientNet-Lite0** (Tan & Le 2019, [arXiv:1905.11946](https://arxiv.org/abs/1905.11946)), 9 MB, made for phones.

# %%
classifier = pretrained.load()
height, width = classifier.input_size
print(f"{classifier.name}: {classifier.source}")
print(f"takes images of {height}×{width}, knows {len(classifier.class_names):,} classes")

# %% [markdown]
# A `Classifier` is a network together with what you must know to use it. A network is of little use without this:
#
# | attribute | what it is |
# | --- | --- |
# | `network` | the Keras model: a batch `(N, height, width, 3)`, preprocessed, → probabilities `(N, classes)` |
# | `input_size` | (height, width) that the network takes |
# | `preprocess_input` | a function: a batch of RGB images with values 0 to 255 → what the network was trained on |
# | `class_names` | the names of the classes, in the order of the network's outputs |
#
# Each network has been trained on numbers of a certain kind, and only these will do. ResNet50 wants blue before green
# before red, and from each the mean of ImageNet subtracted. EfficientNet-Lite0 wants `(x - 127) / 128`, from -1 to 1.
# `preprocess_input` knows; call it **once**. (Keras has a function of this name for each network in
# `keras.applications`, and beside it `decode_predictions`, which does what `class_names` is for.)

# %%
orange = np.full((1, 1, 1, 3), (255, 128, 0), "uint8")  # a batch of one image of one pixel
print("an orange pixel:", orange[0, 0, 0], "→", classifier.preprocess_input(orange)[0, 0, 0])


# %% [markdown]
# Photographs come in all kinds: of any size, grey with two axes `(H, W)`, grey with one channel `(H, W, 1)`, in colour
# `(H, W, 3)`, or with a fourth channel, **alpha**, that says how opaque each pixel is (255: fully). Your function should
# take them all.
#
# Shrinking needs care. From 2,000 rows to 224, each new pixel stands for nine rows and nine columns. Simple interpolation
# looks at the nearest two rows only, drops the others, and thin lines turn into dots (**aliasing**). With
# `antialias=True`, `keras.ops.image.resize` takes a mean over all pixels that a new one stands for.

# %%
# EXERCISE classify (4)
def classify(model, image, top=5):
    """The most probable classes of any photograph.

    model: a Classifier: model.network, model.input_size, model.preprocess_input, model.class_names.
    image: uint8, values 0 to 255, RGB, of any height and width: (H, W), (H, W, 1), (H, W, 3), or (H, W, 4), whose last
    channel is alpha (drop it, or lay the image over white). It is not changed.
    top: how many classes are wanted.
    Returns a list of `top` pairs (name, probability), the most probable first; probabilities between 0 and 1, as the
    network gives them. Bring the image to model.input_size in any way: stretched, cropped or padded.

    Example: classify(classifier, datasets.photograph("chelsea"), top=1) is one pair, such as [("Egyptian Mau", 0.8)].
    """
    ### BEGIN SOLUTION
    rgb = image[..., np.newaxis] if image.ndim == 2 else image
    rgb = np.repeat(rgb, 3, axis=-1) if rgb.shape[-1] == 1 else rgb[..., :3]
    batch = rgb[np.newaxis].astype("float32")
    resized = np.asarray(ops.image.resize(batch, model.input_size, antialias=True))
    probabilities = np.asarray(model.network(model.preprocess_input(resized)))[0]
    best = np.argsort(-probabilities)[:top]
    return [(model.class_names[k], float(probabilities[k])) for k in best]
    ### END SOLUTION


# %% [markdown]
# Five photographs: a cat, a cup of coffee, a rocket, an astronaut, a flower. **Predict** before you run the cell, for each
# of them: which class will be named first, and will the probability be above or below 0.5? The 1,000 classes know 120
# kinds of dogs and five of house cats, but no astronaut and hardly a flower. What can the network make of those?

# %%
PHOTOGRAPHS = ("chelsea", "coffee", "rocket", "astronaut", "flower")


def draw_answers(images, answers):
    """A figure with each image and, beside it, bars for its most probable classes."""
    figure, axes = plt.subplots(len(images), 2, figsize=(9, 2 * len(images)), squeeze=False)
    for (left, right), image, answer in zip(axes, images, answers, strict=True):
        plots.draw_image(left, image)
        names, probabilities = zip(*answer, strict=True)
        bars = right.barh(names, probabilities, color=plots.COLOURS[0])
        right.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        right.set(xlim=(0, 1.15), xlabel="probability")
        right.invert_yaxis()
    return figure


def in_words(answer):
    """The first class of an answer as text: cat (0.80)."""
    return f"{answer[0][0]} ({answer[0][1]:.2f})"


# %%
photographs = [datasets.photograph(name) for name in PHOTOGRAPHS]
answers = [classify(classifier, image, top=5) for image in photographs]
named = [f"{name}: {in_words(answer)}" for name, answer in zip(PHOTOGRAPHS, answers, strict=True)]
print("\n".join(named))
plots.show(draw_answers(photographs, answers), alt="Photographs and their most probable classes. " + "; ".join(named))

# %% [markdown]
# Left: the photograph. Right: the five most probable classes. The bars of all classes add up to 1, always: the network
# has no bar for "something else".
#
# And a network that knows only ten classes? The course's own **ResNet-20** (section 4 tells how it was made) was trained
# on CIFAR-10: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck. **Predict:** what is a cup of coffee
# to it, and how certain is it?

# %%
ten_classes = pretrained.resnet20()
for name, image in zip(PHOTOGRAPHS, photographs, strict=True):
    print(f"{name:<10} {in_words(classify(ten_classes, image, top=1))}")

# %% [markdown]
# ### Your own
#
# Put pictures into the folder `my_pictures`, beside this notebook, and run the cell.

# %%
FOLDER = Path("my_pictures")


def read_picture(file):
    """A picture file as an RGB array, held upright as the camera says. Raises OSError if it is none."""
    with Image.open(file) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


mine = {}
for path in sorted(FOLDER.glob("*")):
    try:
        mine[path.name] = read_picture(path)
    except OSError:
        print(f"{path.name} is no picture that can be read.")
if not mine:
    print(f"No picture in {FOLDER} yet. Nothing is wrong: here is one of ours instead.")
    mine["motorcycle"] = datasets.photograph("motorcycle_left")

# %%
answers = [classify(classifier, image) for image in mine.values()]
said = [f"{name}: {in_words(answer)}" for name, answer in zip(mine, answers, strict=True)]
alt = "Pictures and their most probable classes. " + "; ".join(said)
plots.show(draw_answers(list(mine.values()), answers), alt)


# %% [markdown]
# Or choose a picture with this button. Until you do, it shows the flower again.

# %%
def answer_html(image):
    """The picture and its classes, as HTML with an alt text."""
    answer = classify(classifier, image)
    return plots.html_image(draw_answers([image], [answer]), f"A picture, most probably: {in_words(answer)}")


def show_upload(change):
    try:
        for file in change["new"]:
            shown.value = answer_html(read_picture(io.BytesIO(file["content"])))
    except OSError:
        shown.value = "This file is no picture that can be read: choose a .jpg or .png file."


button = ipywidgets.FileUpload(accept="image/*", description="Choose a picture", layout={"width": "auto"})
shown = ipywidgets.HTML(answer_html(photographs[-1]))
button.observe(show_upload, names="value")
ipywidgets.VBox([button, shown])

# %% [markdown]
# ### How certain is it? (1 point)
#
# Look at the five photographs, and at both networks. Where are they right, and how certain are they there? How certain
# are they where they are wrong, or where *no* class fits? What does such a probability mean for pictures unlike those of
# the training? Five to eight sentences, with figures, and the names of the networks you used.
#
# | criterion | points |
# | --- | --- |
# | names for three photographs what the network said, how certain it was, and whether it is right | 0.5 |
# | explains why the probabilities add up to 1 even if no class fits, and what they are worth for other pictures | 0.5 |

# %% [markdown]
# <!-- WRITTEN certain (1) -->
#
# (EfficientNet-Lite0 and ResNet-20) EfficientNet-Lite0 calls the cat an Egyptian Mau with 0.79, and two more kinds of
# cats get 0.16; the coffee is an espresso with 0.88. Both are right. The rocket is a drilling rig with 0.55, which is
# wrong; missile gets 0.06. For the astronaut no class fits: bobsleigh gets 0.30, perhaps because of the helmet. For the
# flower the best is daisy, with 0.14. So its doubt says something here: it is largest where no class fits. ResNet-20
# knows ten classes, and is far too sure: the coffee is an automobile with 0.78, the flower a bird with 0.82, the
# astronaut a dog with 0.65. Softmax divides by the sum over all classes, so the probabilities add up to 1 whatever is in
# the picture: a network can only say which of its classes fits better than the others. In the test set 0.8 may mean
# that eight of ten such answers are right, because those images are of the same kind as those of the training. For other
# pictures nobody has measured it.

# %% [markdown]
# ## 3 Residual blocks (30 minutes)
#
# Before 2015, deeper networks were *worse* beyond some twenty layers, even on their training images. That is odd: a
# deeper network could do the same as a shallow one if its further layers did nothing, that is, if they computed the
# identity. But learning the identity with convolutions is hard.
#
# The idea of ResNet: give the identity for free. A block computes **ReLU(x + F(x))**. The branch `F` holds two
# convolutions and learns only what should be *different* from x, the **residual**. If nothing should be, zero weights
# are enough. The way of x around the branch is called the **shortcut**, and the gradient comes back on it
# undamped, but for the ReLU after the sum, which lets it through where the sum is positive.

# %%
figure, axis = plt.subplots(figsize=(10, 2.6))
steps = ("x", "Conv2D 3×3\n(stride)", "batch\nnormalisation", "ReLU", "Conv2D 3×3", "batch\nnormalisation", "+", "ReLU")
boxes = []
for place, step in enumerate((*steps, "output")):
    colour = {"x": "white", "output": "white", "+": plots.COLOURS[1]}.get(step, plots.COLOURS[0])
    frame = {"boxstyle": "round", "facecolor": "white", "edgecolor": colour}
    text = axis.text(1.5 * place, 0, step, ha="center", va="center", fontsize=9, bbox=frame)
    boxes.append(text.get_bbox_patch())
for place, (one, next_one) in enumerate(zip(boxes[:-1], boxes[1:], strict=True)):
    arrow = {"arrowstyle": "->", "patchA": one, "patchB": next_one}
    axis.annotate("", (1.5 * place + 1.5, 0), (1.5 * place, 0), arrowprops=arrow)
bow = {"arrowstyle": "->", "color": plots.COLOURS[1], "connectionstyle": "arc3,rad=-0.25"}
axis.annotate("", (9, 0.3), (0, 0.3), arrowprops=bow)
shortcut = "shortcut: x itself, or a 1×1 projection where the shape changes"
axis.text(4.5, 1.75, shortcut, ha="center", color=plots.COLOURS[1])
axis.text(4.5, -0.75, "branch F(x)", ha="center", color=plots.COLOURS[0])
axis.set(xlim=(-0.5, 12.8), ylim=(-1, 2.2))
axis.axis("off")
plots.show(
    figure,
    alt="A residual block: x goes through convolution, batch normalisation, ReLU, convolution, batch normalisation. A "
    "shortcut leads x around them to an addition, and a ReLU follows.",
)


# %% [markdown]
# Follow the two ways from x to the plus: the branch below, the shortcut above. The last ReLU comes after the addition.
#
# Addition needs equal shapes. Where the block changes the number of channels or, with stride 2, halves height and width,
# the shortcut must change the shape of x as well. Usual is a **projection**: a 1×1 convolution with the same stride,
# followed by batch normalisation. The paper's other way has no weights: take every second row and column, and fill the
# missing channels with zeros. Choose either.
#
# You build with Keras' functional way: `layers.ReLU()(y)` applies a new layer to `y` and gives its output.

# %%
# EXERCISE residual_block (3)
def residual_block(x, filters, stride):
    """One residual block, ReLU(x + F(x)), as in the figure.

    x: a tensor of Keras, (N, H, W, C). filters: of both convolutions. stride: of the first one and of the shortcut; 1,
    or 2 where H and W are even. The convolutions are 3×3 and keep height and width, but for the stride.
    Returns the output tensor, (N, H / stride, W / stride, filters).
    The shortcut is x itself if the shape stays.

    Example: residual_block(keras.Input((32, 32, 16)), 32, 2).shape is (None, 16, 16, 32).
    """
    ### BEGIN SOLUTION
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1 or x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    return layers.ReLU()(layers.Add()([x, y]))
    ### END SOLUTION


# %% [markdown]
# The check put weights of its own into your block. With zeros in both convolutions, ReLU(x) must come out.
#
# Now a whole network. **ResNet-20** is the paper's small one, for CIFAR-10:
#
# | part | layers | maps |
# | --- | --- | --- |
# | beginning | Conv2D 3×3, 16 filters; batch normalisation; ReLU | 32×32 |
# | stage 1 | three blocks, 16 filters, stride 1 | 32×32 |
# | stage 2 | three blocks, 32 filters; the first has stride 2 | 16×16 |
# | stage 3 | three blocks, 64 filters; the first has stride 2 | 8×8 |
# | end | global average pooling; Dense 10, softmax or logits | |
#
# **Count:** one convolution, nine blocks of two, one dense layer: where does the 20 come from?

# %%
# EXERCISE build_resnet20 (2)
def build_resnet20():
    """Return a ResNet-20 for images (32, 32, 3) and ten classes, as in the table. It need not be compiled.

    272,474 trainable parameters with projections (and batch normalisation) in the shortcuts, 269,722 with shortcuts
    that have no weights. Biases of convolutions, if there are any, are not counted here.

    Example: build_resnet20().summary() lists its layers.
    """
    ### BEGIN SOLUTION
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for filters in (16, 32, 64):
        for block in range(3):
            x = residual_block(x, filters, stride=2 if block == 0 and filters > 16 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    ### END SOLUTION


# %%
my_resnet20 = build_resnet20()

# %% [markdown]
# **Stuck?** Go on all the same. Where an exercise is not written yet, a cell like the next one gives you what later
# sections need. It does nothing where your own result exists. (Here it loads the course's network.)

# %%
if "my_resnet20" not in globals():
    my_resnet20 = pretrained.resnet20().network

share = my_resnet20.count_params() / resnet50.count_params()
print(f"ResNet-20: {my_resnet20.count_params():,} parameters, {share:.1%} of ResNet50's")

# %% [markdown]
# ### Does the shortcut help?
#
# We trained four networks for 12 epochs on 20,000 images of CIFAR-10, halved to 16×16, to save time: with 20 and with 56
# layers, with shortcuts (*residual*) and without (*plain*). Everything else was the same.
#
# **Predict:** which of the four has the lowest error on its *training* images? Which the highest?

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for axis, kind in zip(axes, ("plain", "residual"), strict=True):
    for depth, colour in ((20, plots.COLOURS[0]), (56, plots.COLOURS[1])):
        run = training.reference_run(LAB, f"{kind}_{depth}")
        error = 1 - np.array(run["accuracy"])
        epochs = range(1, len(error) + 1)
        axis.plot(epochs, error, color=colour, label=f"{depth} layers, training")
        axis.plot(epochs, 1 - np.array(run["val_accuracy"]), "--", color=colour, label=f"{depth} layers, validation")
        print(f"{kind:8} {depth} layers: training error {error[-1]:.3f} after {len(error)} epochs")
    axis.set(xlabel="epoch", title={"plain": "without shortcuts", "residual": "with shortcuts"}[kind])
axes[0].set(ylabel="error (1 - accuracy)", ylim=(0, None))
axes[1].legend(fontsize=9)
plots.show(
    figure,
    alt="Error over the epochs. Left, without shortcuts: the network with 56 layers is worse than the one with 20. "
    "Right, with shortcuts: the two are close together.",
)

# %% [markdown]
# Solid: training, dashed: validation. Compare the two solid lines of each panel. Without shortcuts 56 layers end at a
# training error of 0.718, far worse than the 0.349 of 20 layers. This is no overfitting, as the *training* error is
# worse: the deep network is harder to train. It is called **degradation**. With shortcuts it is 0.284 against 0.265: 56
# layers learn nearly as fast as 20. (In twelve epochs they do not yet win. The paper trains for some 160, and there they do.)
#
# ## 4 The course's own pretrained network (5 minutes)
#
# Somebody has to train what others call pretrained. This ResNet-20 was trained by us on the training images of CIFAR-10,
# with SGD and momentum, in five parts. In each the learning rate rises and falls again; the images are flipped and
# shifted, from the second part on also turned, scaled and given other colours. (`data/train_resnet20.py` is the recipe.)
#
# For validation 5,000 training images were kept back in part 1, and 1,000 of them later on. It took a good three hours on
# two CPU cores.

# %%
pretrained20 = pretrained.resnet20()
figure = plots.training_curves(training.reference_run(LAB, "resnet20"))
plots.show(
    figure,
    alt="Loss and accuracy of ResNet-20 over 164 epochs; the accuracy falls at the beginning of each of five parts and "
    "rises towards its end.",
)

# %% [markdown]
# Solid: training, dashed: validation. Each part ends with a rise, when the learning rate falls to 0. With epoch 61 the
# images get harder, and training accuracy comes close to validation accuracy; where it jumps up, the images are easy
# again. On the 10,000 test images the network's accuracy is
# 0.902<!-- mean resnet20 test_accuracy -->. The paper's ResNet-20 reached 0.9125, on the original
# images; ours are a JPEG copy of CIFAR-10, which has lost some detail. Let us measure again, on some of them.

# %%
data = datasets.load("cifar10")
x_test, y_test = (part[: profile.samples(2000)] for part in (data.x_test, data.y_test))
probabilities = pretrained20.network.predict(pretrained20.preprocess_input(x_test), batch_size=500, verbose=0)
print(f"You work with {data.source}")
print(f"ResNet-20: accuracy {np.mean(probabilities.argmax(axis=1) == y_test):.3f} on {len(x_test):,} test images")
if not data.real:
    print("These are drawings. The network was trained on photographs, and drawings of the same things are something")
    print("else to it. Data unlike those of the training are called a domain shift.")

# %% [markdown]
# ## 5 Transfer learning (40 minutes)
#
# You have a new task and few images: twenty per class, not thousands. That is too little to train a network. But must it
# begin at zero? The first layers of ResNet-20 find edges, colours, textures, and these are useful for most images. So
# take the trained network without its last layer, the **backbone**, and put a new **head** on top: a dense layer for
# your own classes. Only the head must learn.
#
# Three ways to train:
#
# | way | backbone begins with | and learns? |
# | --- | --- | --- |
# | frozen | trained weights | no |
# | fine-tuned | trained weights | yes, in small steps, but for batch normalisation |
# | from scratch | random weights | yes |
#
# Two new tasks, both with grey patches of 32×32, cut from larger photographs. In one, tell brick, grass and gravel
# apart. The other is medical: a section of tissue, in which a protein was stained brown. Which patches hold much of it?
# Colour would give the answer away, and so would brightness, as stained tissue is darker: a threshold on the mean gets
# every test patch right. So these patches are grey, and all have the same mean. (Before you train a network, try what a
# single number can do.)
#
# The training patches come from the left half of each photograph and the test patches from the right half. (Patches
# overlap. If they were mixed, the same pixels would be in training and test.)

# %%
PATCH = 32  # pixels
STEP = 16


def cut_patches(image):
    """All patches of an image (H, W, 3) at steps of 16 pixels, (N, 32, 32, 3)."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH, PATCH), axis=(0, 1))[::STEP, ::STEP]
    return np.moveaxis(windows.reshape(-1, 3, PATCH, PATCH), 1, -1)


def halves(image):
    """The patches of the left half, for training, and those of the right half, for testing; grey images get RGB."""
    image = np.stack([image] * 3, axis=-1) if image.ndim == 2 else image
    middle = image.shape[1] // 2
    return cut_patches(image[:, :middle]), cut_patches(image[:, middle:])


def cut_textures():
    """x_train, y_train, x_test, y_test: 0 is brick, 1 is grass, 2 is gravel."""
    parts = [halves(datasets.photograph(name)) for name in ("brick", "grass", "gravel")]
    x_train, x_test = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    y_train, y_test = (np.repeat(range(3), [len(part[side]) for part in parts]) for side in (0, 1))
    return x_train, y_train, x_test, y_test


def same_brightness(patches):
    """The patches with a mean of 128 each."""
    shifted = patches - patches.mean(axis=(1, 2, 3), keepdims=True) + 128
    return np.clip(np.round(shifted), 0, 255).astype("uint8")


def cut_tissue():
    """x_train, y_train, x_test, y_test, grey: 1 is a patch with much of the brown stain, 0 one with little."""
    image = datasets.photograph("ihc")
    x_train, x_test = (same_brightness(part) for part in halves(image.mean(axis=-1)))
    stain_train, stain_test = (part.mean(axis=(1, 2, 3)) for part in halves(rgb2hed(image)[..., 2]))
    little, much = np.quantile(np.concatenate([stain_train, stain_test]), (0.35, 0.65))
    found = []
    for x, stain in ((x_train, stain_train), (x_test, stain_test)):
        clear = (stain < little) | (stain > much)  # those in between are left out
        found += [x[clear], (stain[clear] > much).astype(int)]
    return tuple(found)


tasks = {"textures": cut_textures(), "tissue": cut_tissue()}
TASK_CLASSES = {"textures": ("brick", "grass", "gravel"), "tissue": ("little stain", "much stain")}
for name, (x_train, _, x_new, _) in tasks.items():
    print(f"{name}: {len(x_train):,} patches for training, {len(x_new):,} for testing")

# %%
patches, titles = [], []
for name, (x_train, y_train, _, _) in tasks.items():
    for label, class_name in enumerate(TASK_CLASSES[name]):
        patches += list(x_train[y_train == label][::25][:4])
        titles += [class_name] * 4
plots.image_grid(
    patches,
    titles,
    alt="Four patches of each class: brick, grass, gravel, tissue with little stain and with much.",
    columns=10,
    size=1.2,
)


# %% [markdown]
# Four patches of each class. Would you know brick from gravel at this size? In grey, could you tell the stained tissue?
#
# First exercise: switch learning off for the whole backbone. Keras layers and models have the attribute `trainable`.
# Batch normalisation belongs to it. Its scale and shift are trained, and its means and variances follow the images that
# it sees in training. A frozen one does neither.

# %%
# EXERCISE freeze_backbone (1)
def freeze_backbone(backbone):
    """Return the backbone, a Keras model, with nothing in it trainable. Its weights stay as they are.

    The model may be changed in place: it can be the same one that is returned.

    Example: freeze_backbone(backbone).trainable_weights is an empty list.
    """
    ### BEGIN SOLUTION
    backbone.trainable = False
    return backbone
    ### END SOLUTION


# %% [markdown]
# Second exercise: the head. The backbone gives a feature map of 8×8 with 64 channels. Take the mean of each channel,
# then a dense layer.
#
# There is a trap. When a model is trained, batch normalisation uses mean and variance of the *batch*, and moves its
# remembered ones towards them. With a handful of patches from one photograph that spoils what it has learned from 49,000
# images of CIFAR-10 (of 50,000, 1,000 were kept for validation). A frozen batch normalisation does not do this. So freeze these layers also where the rest of the backbone is to
# learn. (Older texts write `backbone(inputs, training=False)` instead. In Keras 3 this is not enough: `fit` calls the
# whole model with `training=True`, and that overrides it.)

# %%
# EXERCISE add_head (2)
def add_head(backbone, n_classes):
    """Return a new model: the backbone, pooling, and a dense layer with n_classes outputs (softmax, or logits).

    backbone: a Keras model, not nested, images → feature map (N, H, W, C). Its layers of type BatchNormalization are
    frozen here, so that they keep their means and variances while the new model is trained. What else is trainable or
    frozen in it stays so, and so do its weights.
    The model takes the same images as the backbone. It need not be compiled.

    Example: for a backbone that gives 64 channels, the head for 3 classes has 64 · 3 + 3 = 195 parameters.
    """
    ### BEGIN SOLUTION
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    inputs = keras.Input(backbone.input_shape[1:])
    features = layers.GlobalAveragePooling2D()(backbone(inputs))
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(features))
    ### END SOLUTION


# %% [markdown]
# Now train. `train_on_few` chooses the images, builds the model in one of the three ways, and returns its accuracy on the
# test patches. Run it for 20 images per class, with the backbone frozen.
#
# **Predict:** three textures, so who guesses gets 0.33. What will 60 images and 195 trained numbers reach?

# %%
STEPS = 30 * profile.epochs(10)  # batches, whatever the number of images
RATES = {"frozen": 0.01, "fine_tuned": 0.001, "from_scratch": 0.001}


def make_backbone(trained):
    """A new copy of ResNet-20 up to its last feature map, with its trained weights or with random ones."""
    network = pretrained.resnet20().network
    backbone = keras.Model(network.input, network.get_layer("features").output)
    return backbone if trained else keras.models.clone_model(backbone, clone_function=with_short_memory)


def with_short_memory(layer):
    """A new layer like this one; batch normalisation remembers ten batches, not a hundred: there are only 300."""
    memory = {"momentum": 0.9} if isinstance(layer, layers.BatchNormalization) else {}
    return type(layer).from_config(layer.get_config() | memory)


def head_on_new_backbone(backbone, n_classes):
    """Like add_head, but batch normalisation learns as well: random weights need that."""
    features = layers.GlobalAveragePooling2D()(backbone.output)
    return keras.Model(backbone.input, layers.Dense(n_classes, activation="softmax")(features))


def train_on_few(task, per_class, way, seed=0):
    """Train with so many images per class, in one of the three ways; returns the accuracy on the test patches."""
    x_train, y_train, x_test, y_test = task
    rng = np.random.default_rng(seed)
    classes = np.unique(y_train)
    chosen = np.concatenate([rng.choice(np.flatnonzero(y_train == k), per_class, replace=False) for k in classes])
    profile.seed_everything(seed)
    if way == "from_scratch":
        model = head_on_new_backbone(make_backbone(trained=False), len(classes))
    else:
        backbone = make_backbone(trained=True)
        model = add_head(freeze_backbone(backbone) if way == "frozen" else backbone, len(classes))
    preprocess_input = pretrained.resnet20().preprocess_input
    sums = np.asarray(model(preprocess_input(x_test[:10]))).sum(axis=1)  # 1 after softmax
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not np.allclose(sums, 1, atol=1e-3))
    model.compile(keras.optimizers.Adam(RATES[way]), loss, metrics=["accuracy"])
    batches = tf.data.Dataset.from_tensor_slices((preprocess_input(x_train[chosen]), y_train[chosen]))
    batches = batches.shuffle(len(chosen)).repeat().batch(32)
    one_cycle = training.OneCycle()
    model.fit(batches, epochs=1, steps_per_epoch=STEPS, shuffle=False, callbacks=[one_cycle], verbose=0)
    answers = model.predict(preprocess_input(x_test), batch_size=500, verbose=0)
    return float(np.mean(answers.argmax(axis=1) == y_test))


# %%
reached = train_on_few(tasks["textures"], per_class=20, way="frozen")
print(f"textures, frozen backbone, 20 images per class: test accuracy {reached:.3f}")

# %% [markdown]
# In our run it was 0.950. The full comparison takes longer, so here is ours: two tasks, three
# ways, 5, 20 and 100 images per class, each with three choices of images.
#
# **Predict:** which of the three lines will be lowest at 5 images? Which highest at 100? And will both tasks agree?

# %%
transfer = training.reference_run(LAB, "transfer")
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
for axis, (task, ways) in zip(axes, transfer.items(), strict=True):
    for (way, by_size), colour, marker in zip(ways.items(), plots.COLOURS, "os^", strict=False):
        sizes = [int(size) for size in by_size]
        axis.plot(sizes, [np.mean(values) for values in by_size.values()], color=colour, label=way.replace("_", " "))
        for size, values in zip(sizes, by_size.values(), strict=True):
            axis.plot([size] * len(values), values, marker, color=colour, alpha=0.6)
        print(f"{task:9} {way:13}", {size: round(float(np.mean(values)), 3) for size, values in by_size.items()})
    constant = np.bincount(tasks[task][3]).max() / len(tasks[task][3])
    print(f"{task:9} always the most frequent class of the test images: {constant:.3f}")
    axis.axhline(constant, color="black", linestyle=":", label="always one answer")
    axis.set(title=task, xlabel="training images per class", xscale="log", xticks=sizes, xticklabels=sizes)
    axis.minorticks_off()
axes[0].set_ylabel("test accuracy")
axes[1].legend(fontsize=9)
plots.show(
    figure,
    alt="Test accuracy over the number of training images per class. Textures: fine-tuned is far ahead with few images. "
    "Tissue: from scratch is ahead, the frozen backbone stays below a network that always gives the same answer.",
)


# %% [markdown]
# Lines: means; points: single runs. Look at the textures first. With 5 images per class the fine-tuned network reaches
# 0.978, from scratch 0.854: so much is pretraining worth. It is worth less with 100 images, 0.997 against 0.987. The
# frozen backbone gives 0.862 and 0.958: a head alone is not always enough.
#
# Dotted: a network that always gives the same answer, the most frequent class of the test images. That is the least that
# a network must beat, and for the tissue it is not 0.5: 203 of its 334 test patches are of one class, so "little stain"
# for every patch is right in 0.608. (The other half of the photograph, for training, has more of the other class.)
#
# Then the tissue, where everything turns round. From scratch is best, 0.705 with 5 images and 0.889 with 100; fine-tuned
# gives 0.455, worse than one constant answer, and 0.860; the means of frozen stay below the dotted line everywhere. These patches are
# grey and pale, and their classes differ in the fine structure alone. Pretraining is no magic: it helps if what was
# learned fits what is asked. But mind what was asked here: only the *last* feature maps of the frozen network.
#
# ### Which layer's features? (10 minutes)
#
# Earlier layers know edges, dots and textures, and that is what the tissue's classes differ in. A **linear probe** asks
# a layer what it knows: take the mean of each of its channels, and train nothing but a logistic regression on these
# numbers.
#
# We ask two networks at several depths: ResNet-20, and EfficientNet-Lite0, for which the patches are enlarged to 96×96.
# And we add a third task, with real photographs: does a piece of 25×25 pixels show a face? (100 faces and 100 other
# pieces, from Labeled Faces in the Wild, as scikit-image has them; every second one is for training.)

# %%
def cut_faces():
    """x_train, y_train, x_test, y_test: 1 is a face, 0 is something else; enlarged to 32×32."""
    grey = np.repeat(lfw_subset()[..., np.newaxis], 3, axis=-1)  # the first half are faces
    images = np.asarray(ops.image.resize(255 * grey, (PATCH, PATCH))).round().astype("uint8")
    labels = np.repeat([1, 0], len(images) // 2)
    return images[::2], labels[::2], images[1::2], labels[1::2]


tasks["faces"] = cut_faces()
plots.image_grid(
    list(tasks["faces"][0][[3, 13, 23, 33, 43, 53, 63, 73, 83, 93]]),
    ["face"] * 5 + ["no face"] * 5,
    alt="Five small grey faces and five small pieces of other things.",
    columns=10,
    size=1.2,
)

# %% [markdown]
# The score is **balanced accuracy**, the mean of the classes' recalls. One constant answer gets 1/2 with two classes and
# 1/3 with three, however frequent the classes are.

# %%
LAYERS = {
    "resnet20": ["add_2", "add_5", "features"],
    "efficientnet": [
        *("block1a_project_norm", "block2b_add", "block3b_add", "block4c_add"),
        *("block5c_add", "block6d_add", "head_relu"),
    ],
}
PROBED = {"resnet20": (pretrained.resnet20, 32), "efficientnet": (pretrained.efficientnet_lite0, 96)}


def features_by_depth(name, images):
    """What a network's layers say of images (N, 32, 32, 3): layer -> the mean of each of its channels, (N, channels)."""
    load, side = PROBED[name]
    model = load()
    network = keras.models.clone_model(model.network, input_tensors=keras.Input((side, side, 3)))
    network.set_weights(model.network.get_weights())
    means = [layers.GlobalAveragePooling2D()(network.get_layer(layer).output) for layer in LAYERS[name]]
    enlarged = np.asarray(ops.image.resize(images.astype("float32"), (side, side)))
    found = keras.Model(network.input, means).predict(model.preprocess_input(enlarged), batch_size=100, verbose=0)
    return dict(zip(LAYERS[name], found, strict=True))


def linear_probe(features, y_train, y_test, per_class, draws=20):
    """Mean and standard deviation of the balanced accuracy over several choices of training images.

    features: those of the training images, then those of the test images.
    """
    x_train, x_test = features[: len(y_train)], features[len(y_train) :]
    scores = []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        chosen = [rng.choice(np.flatnonzero(y_train == k), per_class, replace=False) for k in np.unique(y_train)]
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        probe.fit(x_train[np.concatenate(chosen)], np.repeat(np.unique(y_train), per_class))
        scores.append(metrics.balanced_accuracy_score(y_test, probe.predict(x_test)))
    return float(np.mean(scores)), float(np.std(scores, ddof=1))


# %% [markdown]
# Try the faces yourself, with 20 images per class. **Predict:** which layer knows best what a face is?

# %%
x_train, y_train, x_new, y_new = (part[: profile.samples(1000)] for part in tasks["faces"])
for layer, features in features_by_depth("efficientnet", np.concatenate([x_train, x_new])).items():
    mean, deviation = linear_probe(features, y_train, y_new, 20, draws=profile.epochs(20))
    print(f"{layer:<21} {features.shape[1]:>4} channels: {mean:.3f} ± {deviation:.3f}")

# %% [markdown]
# All three tasks take some minutes, so here is our run: 20 images per class, 20 choices of them. **Predict** for the
# tissue: will the first, a middle or the last layer be best?

# %%
probed = training.reference_run(LAB, "probe")
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
for axis, (task, (_, _, _, y_new)) in zip(axes, tasks.items(), strict=True):
    for (name, names), colour, marker in zip(LAYERS.items(), plots.COLOURS, "os", strict=False):
        means, deviations = ([probed[f"{task}.{name}.{layer}.20{end}"] for layer in names] for end in ("", ".std"))
        axis.errorbar(np.linspace(0, 1, len(names)), means, deviations, marker=marker, color=colour, capsize=3, label=name)
    axis.axhline(1 / len(np.unique(y_new)), color="black", linestyle=":", label="always one answer")
    axis.set(title=task, xlabel="depth", xticks=(0, 1), xticklabels=("early", "last"), ylim=(0.3, 1.03))
axes[0].set_ylabel("balanced accuracy")
axes[0].legend(fontsize=9, loc="lower right")
plots.show(
    figure,
    alt="Balanced accuracy over the depth of the layer for three tasks and two networks. For textures and tissue a middle "
    "layer is better than the last one; for the tissue the difference is largest. Faces are easy for nearly all layers.",
)

# %% [markdown]
# Faces are easy for nearly every layer. For textures and tissue the last layer is *not* the best. In the tissue ResNet-20's last layer has
# 0.57<!-- our probe tissue.resnet20.features.20 -->, hardly more than one constant answer, but the middle one has
# 0.75<!-- our probe tissue.resnet20.add_5.20 -->. EfficientNet-Lite0, which has seen more kinds of pictures, reaches
# 0.84<!-- our probe tissue.efficientnet.block6d_add.20 --> before its head, and
# 0.70<!-- our probe tissue.efficientnet.head_relu.20 --> after it. It seems that last layers keep what tells ImageNet's or
# CIFAR-10's classes apart, and drop the rest. (In part the head may lose because it has most channels, 1,280: with 40
# images a probe finds chance patterns in so many numbers. In ResNet-20 the last layer has only 64.) So "frozen features do not help with the tissue" would have been a wrong conclusion:
# the right layer of the same frozen network does.
#
# ### When does it pay? (1 point)
#
# Why does a backbone that was trained on cars and cats help with bricks and gravel, above all when there are few images?
# And why did it seem useless for the tissue at first? Four to six sentences, with figures from both plots.
#
# | criterion | points |
# | --- | --- |
# | explains with the number of weights to be learned and with what the first layers find; uses two figures | 0.5 |
# | says what the last layer has lost that an earlier one still has, with two figures from the probe | 0.5 |

# %% [markdown]
# <!-- WRITTEN pretraining (1) -->
#
# The backbone brings features that most images share: edges, corners, dots, textures. CIFAR-10 taught them from 49,000
# images, and bricks and gravel are made of them, too. From scratch 270,000 numbers must be found with 15 images; the
# network knows them by heart and has no reason to find what holds for others. So with 5 images per class fine-tuning
# gives 0.978 and training from scratch 0.854; with 100 the lines come close, 0.997 and 0.987, as there is enough to learn
# from. For the tissue the frozen backbone stays below one constant answer, and fine-tuning with 5 images gives 0.455,
# training from scratch 0.705. But that was the last layer, which keeps what tells cats from cars. The probe finds
# 0.57<!-- our probe tissue.resnet20.features.20 --> there and 0.75<!-- our probe tissue.resnet20.add_5.20 --> in the
# middle of the same network, and 0.84<!-- our probe tissue.efficientnet.block6d_add.20 --> in EfficientNet-Lite0: the
# fine structure of the tissue is known to the earlier layers, and lost later. The differences are larger than the ±.

# %% [markdown]
# ## 6 Other sizes (25 minutes)
#
# ResNet-20 was trained with images of 32×32. Is it bound to that size? A convolution slides its kernel over whatever it
# is given. So let us build the same network, with the same weights, on an input without a fixed size.

# %%
network20 = pretrained20.network
any_size = keras.models.clone_model(network20, input_tensors=keras.Input((None, None, 3)))
any_size.set_weights(network20.get_weights())

chelsea = datasets.photograph("chelsea")[:, 75:375]  # the square with the cat's head
for size in (32, 48, 64, 128):
    image = np.asarray(ops.image.resize(chelsea[np.newaxis].astype("float32"), (size, size), antialias=True))
    x = pretrained20.preprocess_input(image)
    probabilities = np.asarray(any_size(x))[0]
    best = probabilities.argmax()
    print(f"{size}×{size}: {pretrained20.class_names[best]} ({probabilities[best]:.2f})")

# %% [markdown]
# It takes every size without an error. Whether the answer is still good is another question: at 128×128 the cat is four
# times as large as the cats it was trained on.
#
# And network d of {{lab augmentation}}? Its last layers are `Flatten` and `Dense`. Here they are.

# %%
network_d = training.reference_model("05_augmentation", "d_augmented")
for layer in network_d.layers[-5:]:
    shapes = f"{layer.input.shape!s:20} → {layer.output.shape!s:16}"
    print(f"{layer.name:16} {shapes} {layer.count_params():9,} parameters")


# %% [markdown]
# ### Can it take another size? (1 point)
#
# Can a network that was made for 32×32 take images of another size? Answer for ResNet-20 and for network d. What happens
# to the shapes in each, layer by layer, for 64×64? And what can be done where the network itself does not take them?
# Four to six sentences.
#
# | criterion | points |
# | --- | --- |
# | ResNet-20 and network d, each with the layer that decides and its shapes for 64×64 | 0.5 |
# | two ways out for network d, and what each of them costs | 0.5 |

# %% [markdown]
# <!-- WRITTEN sizes (1) -->
#
# ResNet-20: yes, as it is. The weights of a convolution do not depend on the size of the image, so for 64×64 the maps
# are 64, 32 and 16 pixels wide instead of 32, 16 and 8. Global average pooling makes 64 numbers of 16×16×64 as of 8×8×64,
# and the dense layer gets what it expects. Objects twice as large may still be judged badly. Network d: no. For 64×64 its
# last feature map is 8×8×128 instead of 4×4×128, Flatten gives 8,192 numbers instead of 2,048, and the first dense layer
# has weights for 2,048 only. One can resize the image to 32×32, which loses detail, or crop a part, which loses the
# rest. Or the dense layers are converted into convolutions with the same weights; then there is one answer for every
# place, which must be read or averaged, at the cost of more computation.

# %% [markdown]
# ### From dense to convolution
#
# The first dense layer of network d sees a map of 4×4 with 128 channels, flattened: 2,048 numbers. Each of its 256
# units multiplies them by 2,048 weights, adds them up and adds a bias. That is just what a convolution with 256 filters
# of 4×4×128 does at *one* place. On a larger map, the convolution does the same at each place. The next dense layer sees
# 256 numbers per place: a convolution with a kernel of 1×1.
#
# `Flatten` puts the map's numbers in a row: first along the channels, then the columns, then the rows, as NumPy's
# `reshape` does. The weights of a dense layer have the shape (inputs, units), those of a convolution (height, width,
# channels, filters).
#
# No two layers of a model may have the same name. Give a new layer the name of the one it stands for: `name=layer.name`.

# %%
# EXERCISE to_fully_convolutional (3)
def to_fully_convolutional(model):
    """The same network for images of any size, with convolutions in place of its dense layers.

    model: a built Sequential network of Conv2D, MaxPooling2D, Flatten (once), Dense, Dropout and Activation. The map
    that it flattens need not be square. The model is not changed.
    Returns a Keras model with input (None, None, None, channels) and the same weights and activations. For images of the
    model's own size its output has shape (N, 1, 1, classes) and the same numbers; for larger ones it is a map.

    Example: for network d and an image (1, 96, 144, 3) the output has shape (1, 9, 15, 10).
    """
    ### BEGIN SOLUTION
    inputs = x = keras.Input((None, None, model.input_shape[-1]))
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            kernel_size = layer.input.shape[1:3]
            continue
        if isinstance(layer, layers.Dense):
            new = layers.Conv2D(layer.units, kernel_size, activation=layer.activation, name=layer.name)
            kernel_size = (1, 1)  # of the next dense layer
        else:
            new = type(layer).from_config(layer.get_config())
        x = new(x)
        # A convolution's kernel holds a dense layer's numbers in the same order, so reshaping is enough.
        new.set_weights([old.reshape(w.shape) for old, w in zip(layer.get_weights(), new.weights, strict=True)])
    return keras.Model(inputs, x)
    ### END SOLUTION


# %% [markdown]
# Network d wants standardised images, with mean and standard deviation of CIFAR-10's training images, as in {{lab augmentation}}. Let
# it look at a larger photograph, 96×144. Each place of the map is the answer for a window of 32×32; windows are 8 pixels
# apart, because three poolings halve three times.
#
# **Predict:** where in the picture of the cat will "cat" be most probable?

# %%
MEAN = np.array([125.3, 123.0, 113.9])  # of CIFAR-10, per channel
DEVIATION = np.array([63.0, 62.1, 66.7])
WINDOW = 32  # pixels
WINDOW_STEP = 8

whole = datasets.photograph("chelsea")[np.newaxis].astype("float32")
picture = np.asarray(ops.image.resize(whole, (96, 144), antialias=True))
class_map = np.asarray(ops.softmax(to_fully_convolutional(network_d)((picture - MEAN) / DEVIATION)))[0]
cat = class_map[..., datasets.OBJECTS.index("cat")]
print("map of classes:", class_map.shape, f"- 'cat' from {cat.min():.2f} to {cat.max():.2f}")

first, rows, columns = (WINDOW - WINDOW_STEP) / 2, *cat.shape  # a place's square lies in the middle of its window
extent = (first, first + WINDOW_STEP * columns, first + WINDOW_STEP * rows, first)
figure, axes = plt.subplots(1, 2, figsize=(10, 3.4))
for axis in axes:
    axis.imshow(np.clip(picture[0] / 255, 0, 1))
    axis.set(xlabel="pixel", ylabel="pixel")
heat = axes[1].imshow(cat, extent=extent, cmap="magma", vmin=0, vmax=1, alpha=0.65)
axes[1].set(xlim=axes[0].get_xlim(), ylim=axes[0].get_ylim())
figure.colorbar(heat, ax=axes[1], label="probability of 'cat'")
axes[0].add_patch(plt.Rectangle((0, 0), WINDOW, WINDOW, fill=False, color=plots.COLOURS[1], linewidth=2))
row, column = np.unravel_index(cat.argmax(), cat.shape)
plots.show(
    figure,
    alt="Left: a cat's face, 96×144 pixels, with a window of 32×32 drawn in its corner. Right: the same with the "
    f"probability of cat for each place; the highest is {cat.max():.2f}, near column {first + 8 * column + 4:.0f} and "
    f"row {first + 8 * row + 4:.0f}.",
)


# %% [markdown]
# Left: the picture, and one window in its corner. Right: how probable "cat" is in the window around each place; there is
# no answer near the border, where no whole window fits. Along the bridge of the nose it is up to 0.85; just above the eyes
# and at the tip of the nose it is below 0.1. Each window holds only a part of this face, and such parts are like no cat of
# CIFAR-10. All windows were computed at once, and what they share only once: this is how detection and segmentation
# began.
#
# **Try it:** draw the map of "dog" or "frog" as well. Shrink the cat to 48×72, so that a window holds more of it. Then
# give your own pictures to `classify` in section 2, upside down as well.

# %% [markdown] tags=["author-only"]
# ### How the figures of this lab were measured
#
# `make reproduce` runs this. `data/train_resnet20.py` trained the networks of sections 3 and 4. (The five parts of the
# ResNet-20 ran in processes of their own, each from the weights that the one before it had stored.)

# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: the course's own network on all test images, and the comparison of section 5."""
    if seed:  # the network was trained once, and the comparison draws its images with three seeds of its own
        return
    data, shipped, history = datasets.load("cifar10"), pretrained.resnet20(), training.reference_run(LAB, "resnet20")
    answers = shipped.network.predict(shipped.preprocess_input(data.x_test), batch_size=500, verbose=0).argmax(axis=1)
    yield {
        "run": "resnet20",
        "metric": "test_accuracy",
        "value": float(np.mean(answers == data.y_test)),
        "epochs": len(history["loss"]),  # of its training, and so are the seconds
        "seconds": sum(history["seconds"]),
        "data": data.source,
    }
    tasks = {"textures": cut_textures(), "tissue": cut_tissue()}
    reached = {
        task: {
            way: {str(n): [round(train_on_few(images, n, way, k), 4) for k in range(3)] for n in (5, 20, 100)}
            for way in ("frozen", "fine_tuned", "from_scratch")
        }
        for task, images in tasks.items()
    }
    yield {"run": "transfer", "history": reached}
    probed = {}
    for task, (x_train, y_train, x_test, y_test) in (tasks | {"faces": cut_faces()}).items():
        for name in LAYERS:
            for layer, features in features_by_depth(name, np.concatenate([x_train, x_test])).items():
                for per_class in (5, 20, 50):
                    mean, deviation = linear_probe(features, y_train, y_test, per_class)
                    key = f"{task}.{name}.{layer}.{per_class}"
                    probed |= {key: round(mean, 4), f"{key}.std": round(deviation, 4)}
    yield {"run": "probe", "history": probed}


# %% [markdown]
# ## What you have learned
#
# - Code finds what a network holds. Its Hessian fits nowhere.
# - A pretrained network comes with a size, a preprocessing and class names, and is worth nothing without them.
# - Softmax adds up to 1 even if no class fits. Certainty says little about images unlike those of the training.
# - A residual block computes ReLU(x + F(x)); with shortcuts, deep networks can be trained.
# - A trained backbone and a new head pay with few images, if what was learned fits what is asked. Measure it.
# - Global average pooling takes any size. A dense layer on a flattened map is a convolution at one place.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab feature_journey}}: what the layers of a network see.
