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
# residual blocks, to reuse a network for a new task with few images, also with a folder of your own, to ask a layer what
# it knows, and to let a network look at images of another size.
#
# **You need** {{lab cifar_progression}} (networks in Keras) and {{lab augmentation}} (CIFAR-10; its trained network is
# loaded here). No data set has to be downloaded.
#
# **Time:** about 120 minutes of work. Running every cell takes about 50 seconds on two CPU cores.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says `YOUR
# CODE HERE`. The cell below it checks your function. 17 points for code and 3 for written answers: 20 in all.

# %% tags=["setup"]
# {{setup}}

# %%
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from checks import core
from checks import pretrained_resnet as checks
from helpers import datasets, plots, pretrained, profile, tasks, training, widgets
from helpers.progress import measured, predict

LAB = "08_pretrained_resnet"

# %% [markdown]
# ## 1 A famous network (10 minutes)
#
# **ResNet50** belongs to the family that won the ImageNet competition of 2015 (He et al. 2016,
# [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)). ImageNet holds 1.28 million photographs of 1,000 classes. Keras
# knows its structure. With `weights=None` you get it with random weights, and nothing is downloaded. `model.summary()`
# lists the layers of a network; here only those up to the first pooling.

# %%
resnet50 = keras.applications.ResNet50(weights=None)
resnet50.summary(layer_range=[resnet50.layers[0].name, "pool1_pool"])

# %% [markdown]
# The whole list has 177 layers. Scrolling through them is no fun, and counting by hand goes wrong. Let code find the
# figures.
#
# One of them is about memory. **Training** uses the gradient of the loss: one number per trainable parameter. A better
# method, Newton's, would also use the **Hessian**: the second derivatives of the loss by each *pair* of parameters. For
# `n` parameters it is a matrix of `n × n` numbers.
#
# **Predict:** your computer has 16 GB of memory. The Hessian of how many of ResNet50's 25.6 million parameters fits into it?

# %%
predict("parameters_whose_hessian_fits", ...)


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
        "hessian_share": the largest fraction of the trainable parameters, at most 1, whose Hessian fits into
            memory_bytes. Each entry is a float32, 4 bytes.

    Example: for a network of 1,000 trainable parameters and 1,000,000 bytes, "hessian_share" is 0.5.
    """
    ### BEGIN SOLUTION
    weighted = [layer for layer in model.layers if layer.weights]
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    side = int(np.sqrt(memory_bytes / 4))  # rows and columns of the largest matrix that fits
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
described = describe_network(resnet50, 16e9)
print("\n".join(f"{name}: {value}" for name, value in described.items()))
measured("parameters_whose_hessian_fits", described["hessian_share"] * described["trainable"])

# %% [markdown]
# 53 convolutions, so why the 50 in its name? The first one, then 16 blocks with three each: that makes 49, and with
# the dense layer at the end 50. The other four convolutions are 1×1 **projections** in shortcuts, which you will meet
# in section 3.
#
# As a picture, with the shape of what leaves each box for an image of 224×224:

# %%
boxes = [("INPUT", "224×224×3"), ("CONV 7×7\nstride 2", "112×112×64"), ("POOL\nstride 2", "56×56×64")]
groups = (3, "56×56×256"), (4, "28×28×512"), (6, "14×14×1024"), (3, "7×7×2048")
boxes += [(f"BLOCK\n{n} times", shape) for n, shape in groups] + [("MEAN", "2048"), ("DENSE", "1000")]
alt = "ResNet50 as boxes: convolution, pooling, four groups of 3, 4, 6 and 3 blocks, the mean of each channel, a dense "
plots.block_diagram({"ResNet50": boxes}, alt + "layer. Height and width fall from 224 to 7, channels grow from 3 to 2,048.")

# %% [markdown]
# The last layer holds 2,049,000 parameters, one in twelve: 2,048 features times 1,000 classes, and a bias for each.
#
# The Hessian of 0.25 % of the parameters fits into 16 GB. The whole one has 25.6 million rows and as many columns: 2.6
# **peta**bytes, the memory of 160,000 such computers. This is why nobody computes it. Adam, with a step size for each
# weight, is a cheap way to guess a little of what it would tell.
#
# ## 2 Classify photographs (25 minutes)
#
# `pretrained.load()` gives ResNet50 with its ImageNet weights, 100 MB. Where they cannot be had, a box says so, and you
# get a smaller network for the same 1,000 classes that lies in the course: **EfficientNet-Lite0**, 9 MB, a variant for phones
# of EfficientNet (Tan & Le 2019, [arXiv:1905.11946](https://arxiv.org/abs/1905.11946)).

# %%
classifier = pretrained.load()
print(f"{classifier.name} takes images of {classifier.input_size}, has {len(classifier.class_names):,} classes")

# %% [markdown]
# A `Classifier` is a network with what you must know to use it: `network`, a Keras model for preprocessed images
# `(N, height, width, 3)`; `input_size`, (height, width); `preprocess_input`, a function for a batch of RGB images with
# values 0 to 255; `class_names`, in the order of the outputs.
#
# Each network works with the kind of numbers it was trained on. ResNet50 wants blue, green, red, and from each
# the mean of ImageNet subtracted; EfficientNet-Lite0 wants `(x - 127) / 128`, from -1 to 1.
# `preprocess_input` knows; call it **once**. (For each network `keras.applications` has a function of this name, and
# `decode_predictions`, which turns probabilities into names, as `class_names` does here.)

# %%
print("an orange pixel:", classifier.preprocess_input(np.full((1, 1, 1, 3), (255, 128, 0), "uint8"))[0, 0, 0])


# %% [markdown]
# Photographs come in all kinds: of any size, grey `(H, W)` or `(H, W, 1)`, in colour `(H, W, 3)`, or with a fourth
# channel, **alpha**, that says how opaque each pixel is (255: fully). Your function should take them all.
#
# Shrinking needs care. From 2,000 rows to 224, each new pixel stands for nine rows. Simple interpolation looks at the
# nearest two only, and thin lines turn into dots (**aliasing**). With `antialias=True`, `keras.ops.image.resize` takes a
# mean over all pixels that a new one stands for.

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

    Example: classify(classifier, datasets.photograph("chelsea"), top=1) is a list of one pair: a class's name, its probability.
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
# Five photographs: a cat, a cup of coffee, a rocket, an astronaut, a flower. There is no class for an astronaut.
# **Predict:** how high will the probability of the first class be for the cat, and for the
# astronaut?

# %%
predict("cat_and_astronaut", (..., ...))

# %%
names = ("chelsea", "coffee", "rocket", "astronaut", "flower")
photographs = [datasets.photograph(name) for name in names]
answers = [classify(classifier, image, top=5) for image in photographs]
said = "; ".join(f"{name}: {answer[0][0]}" for name, answer in zip(names, answers, strict=True))
plots.show(plots.top_classes(photographs, answers), alt="Photographs and their most probable classes. " + said)
measured("cat_and_astronaut", (answers[0][0][1], answers[3][0][1]))

# %% [markdown]
# The bars of all classes add up to 1, always: the network has no bar for "something else".
#
# And a network that has only ten classes? The course's own **ResNet-20** was trained on CIFAR-10: airplane, automobile,
# bird, cat, deer, dog, frog, horse, ship, truck. **Predict:** what will it call the cup of coffee?

# %%
predict("coffee_for_resnet20", ..., datasets.OBJECTS)

# %%
resnet20 = pretrained.resnet20()
answers = [classify(resnet20, image, top=1)[0] for image in photographs]
print("\n".join(f"{name}: {said} ({sure:.2f})" for name, (said, sure) in zip(names, answers, strict=True)))
measured("coffee_for_resnet20", answers[1][0])

# %% [markdown]
# Now your own: choose a picture with the button.

# %%
widgets.picture_upload(lambda image: classify(classifier, image), datasets.photograph("motorcycle_left"))

# %% [markdown]
# ### How certain is it? (1 point)
#
# How certain are both networks where they are right, where they are wrong, and where *no* class fits? What does such a
# probability mean for pictures unlike the training's? Six to ten sentences, with figures.
#
# | criterion | points |
# | --- | --- |
# | names for three photographs what a network said, how certain it was, and whether it is right | 0.5 |
# | explains why the probabilities add up to 1 even if no class fits, and what they are worth then | 0.5 |

# %% [markdown]
# <!-- WRITTEN certain (1) -->
#
# (EfficientNet-Lite0 and ResNet-20) EfficientNet-Lite0 calls the cat an Egyptian Mau with
# 0.79<!-- our answers efficientnet.chelsea.1 -->, and two more kinds of cats get
# 0.16<!-- our answers efficientnet.chelsea.2_and_3 -->; the coffee is an espresso with
# 0.88<!-- our answers efficientnet.coffee.1 -->. It is a cat, whatever its breed, and the espresso is right. The rocket
# is a drilling rig with 0.55<!-- our answers efficientnet.rocket.1 -->, which is wrong. For the astronaut no class
# fits: bobsleigh gets 0.30<!-- our answers efficientnet.astronaut.1 -->, perhaps because of the helmet. For the flower
# only daisy comes near, with 0.14<!-- our answers efficientnet.flower.1 -->. So its doubt says something here: it is
# larger where no class fits, or hardly one. ResNet-20 has ten classes, and is far too sure: the coffee is an automobile
# with 0.78<!-- our answers resnet20.coffee.1 -->, the flower a bird with 0.82<!-- our answers resnet20.flower.1 -->,
# the astronaut a dog with 0.65<!-- our answers resnet20.astronaut.1 -->. Softmax divides by the sum over all classes,
# so the probabilities add up to 1 whatever is in the picture: a network can only say which of its classes fits better
# than the others. In the test set 0.8 may mean that eight of ten such answers are right, because those images are of
# the same kind as those of the training. For other pictures nobody has measured it.

# %% [markdown]
# ## 3 Residual blocks (25 minutes)
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
steps = ["x", "CONV 3×3\n(stride)", "batch\nnorm", "ReLU", "CONV 3×3", "batch\nnorm", "+", "ReLU", "output"]
shortcut = (0, 6, "shortcut: x itself, or a 1×1 projection where the shape changes")
alt = "A residual block: x goes through two convolutions, each with batch normalisation; a shortcut leads around them."
plots.block_diagram({"block": [(step, "branch F(x)" if k == 3 else "") for k, step in enumerate(steps)]}, alt, shortcut)


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
    """Return a ResNet-20 for images (32, 32, 3) and ten classes, as in the table: a functional model.

    272,474 trainable parameters with projections (and batch normalisation) in the shortcuts, 269,722 with shortcuts
    that have no weights. Biases of convolutions, if there are any, are not counted here. It need not be compiled.

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
    my_resnet20 = resnet20.network

print(f"ResNet-20: {my_resnet20.count_params():,} parameters, ResNet50: {resnet50.count_params():,}")

# %% [markdown]
# ### Does the shortcut help?
#
# We trained four networks for 12 epochs on 20,000 images of CIFAR-10, halved to 16×16, to save time: with 20 and with 56
# layers, with shortcuts (*residual*) and without (*plain*). Everything else was the same.
#
# **Predict:** which of the four has the lowest accuracy on its *training* images?

# %%
predict("lowest_training_accuracy", ..., ["plain 20", "plain 56", "residual 20", "residual 56"])

# %%
kinds = ("plain 20", "plain 56", "residual 20", "residual 56")
runs = {kind: training.reference_run(LAB, kind.replace(" ", "_")) for kind in kinds}
alt = "Accuracy over the epochs. Without shortcuts, 56 layers are far below 20; with shortcuts they are close together."
plots.compare_runs(runs, alt)
reached = {name: run["accuracy"][-1] for name, run in runs.items()}
measured("lowest_training_accuracy", min(reached, key=reached.get))

# %% [markdown]
# Solid: training, dashed: validation. Without shortcuts 56 layers end at a training accuracy of
# 0.28<!-- our plain_56 accuracy -->, far below the 0.65<!-- our plain_20 accuracy --> of 20 layers. This is no
# overfitting, as the *training* accuracy is worse: the deep network is harder to train. It is called **degradation**. With
# shortcuts it is 0.72<!-- our residual_56 accuracy --> against 0.73<!-- our residual_20 accuracy -->: 56 layers learn
# nearly as fast as 20. (In twelve epochs they do not yet win. The paper trains for some 160, and there they do.)
#
# ## 4 Transfer learning (35 minutes)
#
# Somebody has to train what others call pretrained. The course's ResNet-20 was trained on the training images of CIFAR-10
# for 164 epochs, a good three hours on two CPU cores (`data/train_resnet20.py` is the recipe). Its test accuracy is
# 0.902<!-- mean resnet20 test_accuracy -->; the paper's reached 0.9125<!-- published resnet20 test_accuracy -->, on the
# original images. Ours are a JPEG copy, which has lost some detail.
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
# | fine-tuned | trained weights | yes, all but batch normalisation |
# | from scratch | random weights | yes, batch normalisation, too |
#
# Three new tasks, with images of 32×32. **Textures:** tell brick, grass and gravel apart. **Tissue** is medical: a protein
# was stained brown in a section of tissue. Which patches hold much of it? Brightness would give the answer away, so
# these patches are grey and all have the same mean. (Before you train a network, try what a single number can do.)
# **Faces:** does the image show a face? Here every second image is for training. For textures and tissue, training patches
# come from the left half of each photograph and test patches from the right half: patches overlap, and if they were mixed,
# the same pixels would be in training and test.

# %%
few = {name: tasks.load(name) for name in ("textures", "tissue", "faces")}
of_each = [(task, label) for task in few.values() for label in range(len(task.class_names))]
images = [image for task, label in of_each for image in task.x_train[task.y_train == label][::12][:4]]
titles = [task.class_names[label] for task, label in of_each for _ in range(4)]
plots.image_grid(images, titles, f"Four images of each class: {', '.join(titles[::4])}.", columns=14, size=0.9)


# %% [markdown]
# Would you know brick from gravel at this size? In grey, could you tell the stained tissue?
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
# remembered ones towards them. With a handful of patches from one photograph that spoils what it has learned from
# CIFAR-10. A frozen batch normalisation does not do this. So freeze these layers also where the rest of the backbone is
# to learn. (Older texts write `backbone(inputs, training=False)` instead. In Keras 3 this is not enough: `fit` calls the
# whole model with `training=True`, and that overrides it.)

# %%
# EXERCISE add_head (2)
def add_head(backbone, n_classes):
    """Return a new model: the backbone, pooling, and a dense layer with n_classes outputs (softmax, or logits).

    It is Sequential or functional.
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
# Now train, with 20 images per class and the backbone frozen. **Predict:** three textures, so who guesses gets 0.33. What
# will 60 images and 195 trained numbers reach?

# %%
predict("textures_frozen", ...)


# %%
def choose(labels, per_class, seed=0):
    """The indices of so many images of each class, drawn by chance."""
    rng = np.random.default_rng(seed)
    of_class = [np.flatnonzero(labels == k) for k in np.unique(labels)]
    return np.concatenate([rng.choice(indices, per_class, replace=False) for indices in of_class])


def train(model, x, y, learning_rate=0.01, batches=300):
    """Train on so many batches, whatever the number of images: x as the model takes them, y their labels."""
    ends_in_softmax = np.allclose(np.asarray(model(x[:10])).sum(axis=1), 1, atol=1e-3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not ends_in_softmax)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"])
    data, steps = tf.data.Dataset.from_tensor_slices((x, y)), profile.epochs(batches)
    data = data.shuffle(len(x)).repeat().batch(32)
    model.fit(data, steps_per_epoch=steps, shuffle=False, callbacks=[training.OneCycle()], verbose=0)


# %%
profile.seed_everything(0)
task, prepare = few["textures"], resnet20.preprocess_input
chosen = choose(task.y_train, 20)
backbone = keras.Model(resnet20.network.input, resnet20.network.get_layer("features").output)
model = add_head(freeze_backbone(backbone), 3)
train(model, prepare(task.x_train[chosen]), task.y_train[chosen])
measured("textures_frozen", np.mean(model.predict(prepare(task.x_test), verbose=0).argmax(axis=1) == task.y_test))

# %% [markdown]
# The full comparison takes longer, so here is ours: two tasks, three ways to train, 5, 20 and 100 images per class, each
# with three choices of images.
#
# **Predict:** which of the three lines will be highest for the tissue at 5 images?

# %%
predict("highest_for_tissue", ..., ["frozen", "fine_tuned", "from_scratch"])

# %%
sizes, transfer = (5, 20, 100), training.reference_run(LAB, "transfer")
panels, constant = {"textures": {}, "tissue": {}}, {}
for name, panel in panels.items():
    constant[name] = "always one answer", transfer[f"{name}.constant"]
    for way in ("frozen", "fine_tuned", "from_scratch"):
        panel[way] = sizes, *training.with_spread(transfer, [f"{name}.{way}.{n}" for n in sizes])
alt = "Test accuracy over training images per class. Textures: fine-tuned leads. Tissue: from scratch leads."
axes = {"xscale": "log", "xticks": sizes, "xticklabels": sizes}
plots.line_panels(panels, alt, "training images per class", "test accuracy", constant, **axes)
measured("highest_for_tissue", max(panels["tissue"], key=lambda way: panels["tissue"][way][1][0]))

# %% [markdown]
# Lines: means of three choices, with their standard deviation. Look at the textures first. With 5 images per class the
# fine-tuned network reaches 0.978<!-- our transfer textures.fine_tuned.5 -->, from scratch
# 0.854<!-- our transfer textures.from_scratch.5 -->: so much is pretraining worth. With 100 images,
# 0.997<!-- our transfer textures.fine_tuned.100 --> against 0.987<!-- our transfer textures.from_scratch.100 -->, the
# difference is within chance: three runs each, ± 0.009<!-- our transfer textures.from_scratch.100.std --> from scratch.
# The frozen backbone gives 0.862<!-- our transfer textures.frozen.5 --> and
# 0.958<!-- our transfer textures.frozen.100 -->: a head alone is not always enough.
#
# Dotted: a network that always gives the same answer, the most frequent class of the test images. That is the least that
# a network must beat, and for the tissue it is not 0.5 but 0.608<!-- our transfer tissue.constant -->: most of its test
# patches have little stain. (The other half of the photograph, for training, has more of the other class.)
#
# Then the tissue, where training from scratch leads with few images: 0.705<!-- our transfer tissue.from_scratch.5 -->
# with 5, against 0.455<!-- our transfer tissue.fine_tuned.5 --> fine-tuned. With 100 it is
# 0.889<!-- our transfer tissue.from_scratch.100 --> against 0.860<!-- our transfer tissue.fine_tuned.100 -->, and the
# fine-tuned runs scatter by ± 0.044<!-- our transfer tissue.fine_tuned.100.std -->: it may be chance. Frozen stays
# below the dotted line. These patches are grey and pale, and their classes differ in their structure. Pretraining is no
# magic: it helps if what was learned fits what is asked. (From scratch, batch normalisation also adapts to the new
# images; in the fine-tuned network it keeps CIFAR-10's means and variances. So the two lines differ in more than the
# first weights.) And mind what was asked of the frozen network: only its *last* feature maps.
#
# ### Which layer's features?
#
# Earlier layers find edges, dots and textures: perhaps enough for the tissue. A **linear probe** asks
# a layer what it knows: take the mean of each of its channels, and train nothing but a logistic regression on these
# numbers. We ask two networks at several depths: ResNet-20, and EfficientNet-Lite0, for which the images are enlarged to
# 96×96.
#
# The score is **balanced accuracy**, the mean of the classes' recalls. One constant answer gets 1/2 with two classes and
# 1/3 with three, however frequent the classes are.

# %%
LAYERS = {
    "resnet20": ["add_2", "add_5", "features"],
    "efficientnet": [f"block{name}_add" for name in ("2b", "3b", "4c", "5c", "6d")] + ["head_relu"],
}
lite = pretrained.efficientnet_lite0()


def linear_probe(x_train, y_train, x_test, y_test, per_class, seed):
    """Balanced accuracy on the test images of a logistic regression on the features of a few training images."""
    chosen = choose(y_train, per_class, seed)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x_train[chosen], y_train[chosen])
    return metrics.balanced_accuracy_score(y_test, probe.predict(x_test))


# %% [markdown]
# Try the faces yourself, with 20 images per class and ten choices of them.

# %%
task = few["faces"]
parts = [pretrained.features(lite, LAYERS["efficientnet"], images, 96) for images in (task.x_train, task.x_test)]
for layer in LAYERS["efficientnet"]:
    x, x_new = (part[layer] for part in parts)
    scores = [linear_probe(x, task.y_train, x_new, task.y_test, 20, seed) for seed in range(profile.epochs(10))]
    print(f"{layer:<21} {x.shape[1]:>4} channels: {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}")

# %% [markdown]
# All three tasks take some minutes, so here is our run: 20 images per class, 20 choices of them. **Predict** for the
# tissue: will the first, a middle or the last layer of ResNet-20 be best?

# %%
predict("best_layer_for_tissue", ..., ["first", "middle", "last"])

# %%
probed, panels = training.reference_run(LAB, "probe"), {name: {} for name in few}
for name, panel in panels.items():
    for network, names in LAYERS.items():
        scores = training.with_spread(probed, [f"{name}.{network}.{layer}.20" for layer in names])
        panel[network] = np.linspace(0, 1, len(names)), *scores
levels = {name: ("always one answer", 1 / len(task.class_names)) for name, task in few.items()}
alt = "Balanced accuracy over the depth of the layer. For textures and tissue a middle layer is better than the last one."
axes = {"xticks": (0, 1), "xticklabels": ("early", "last"), "ylim": (0.3, 1.03)}
plots.line_panels(panels, alt, "depth", "balanced accuracy", levels, **axes)
measured("best_layer_for_tissue", ("first", "middle", "last")[np.argmax(panels["tissue"]["resnet20"][1])])

# %% [markdown]
# Faces are easy for nearly every layer. For textures and tissue the last layer is *not* the best. In the tissue
# ResNet-20's last layer has 0.57<!-- our probe tissue.resnet20.features.20 -->, hardly more than one constant answer, but
# the middle one has 0.75<!-- our probe tissue.resnet20.add_5.20 -->. EfficientNet-Lite0, which has seen more kinds of
# pictures, reaches 0.84<!-- our probe tissue.efficientnet.block6d_add.20 --> before its head, and
# 0.70<!-- our probe tissue.efficientnet.head_relu.20 --> after it. It seems that last layers keep what tells ImageNet's or
# CIFAR-10's classes apart, and drop the rest. (The head may also lose because it has most channels, 1,280: with 40 images
# a probe finds chance patterns in so many numbers. ResNet-20's last layer has only 64.) So "frozen features do not help
# with the tissue" would have been a wrong conclusion: the right layer of the same frozen network does. (Which layer is
# best we saw in the test images, so its figure is a little flattered. For a task of your own, choose it by validation.)
#
# ### When does it pay? (1 point)
#
# Why does a backbone that was trained on cars and cats help with bricks and gravel, above all when there are few images?
# And why did it seem useless for the tissue at first? Four to eight sentences, with figures from both plots.
#
# | criterion | points |
# | --- | --- |
# | explains with the number of weights to be learned and with what the first layers find; uses two figures | 0.5 |
# | says what the last layer has lost that an earlier one still has, with two figures from the probe | 0.5 |

# %% [markdown]
# <!-- WRITTEN pretraining (1) -->
#
# The backbone brings features that most images share: edges, corners, dots, textures. CIFAR-10 taught them, and bricks
# and gravel are made of them, too. From scratch 270,000 numbers must be found with 15 images; the network knows them by
# heart and has no reason to find what holds for others. So with 5 images per class fine-tuning gives
# 0.978<!-- our transfer textures.fine_tuned.5 --> and training from scratch
# 0.854<!-- our transfer textures.from_scratch.5 -->; with 100 the lines come close, as there is enough to learn from.
# For the tissue the frozen backbone stays below one constant answer, and fine-tuning with 5 images gives
# 0.455<!-- our transfer tissue.fine_tuned.5 -->, training from scratch
# 0.705<!-- our transfer tissue.from_scratch.5 -->. But that was the last layer, which keeps what tells cats from cars.
# The probe finds 0.57<!-- our probe tissue.resnet20.features.20 --> there and
# 0.75<!-- our probe tissue.resnet20.add_5.20 --> in the middle of the same network, and
# 0.84<!-- our probe tissue.efficientnet.block6d_add.20 --> as late as `block6d_add` of EfficientNet-Lite0, but
# 0.70<!-- our probe tissue.efficientnet.head_relu.20 --> after it: what tells the tissue's classes apart is easier to
# read before the last layer. In ResNet-20's last one little of it is left; EfficientNet's may also lose because it has
# 1,280 channels for 40 images. The differences are larger than the ±.

# %% [markdown]
# ### Your own images
#
# Search for images of two or three kinds, for example medical ones, or photograph things on your desk. Put them into
# folders beside this notebook, one folder per class: `my_images/first kind/…`, `my_images/second kind/…`. Twenty of each
# are enough to begin with. `keras.utils.image_dataset_from_directory` reads such folders, resizes the images and keeps
# some for validation. Until you have images, the cell writes an example elsewhere: faces, and other things.
#
# The network is EfficientNet-Lite0 up to the layer that was its best for the tissue and the faces, with your own head.

# %%
folder = Path("my_images") if Path("my_images").is_dir() else tasks.example_folder(few["faces"])
settings = {"image_size": (96, 96), "validation_split": 0.3, "subset": "both", "seed": 0, "batch_size": None}
parts = keras.utils.image_dataset_from_directory(folder, **settings)
(x, y), (x_val, y_val) = (map(np.array, zip(*part.as_numpy_iterator(), strict=True)) for part in parts)
class_names = parts[0].class_names

network = pretrained.resized(lite.network, 96, 96)
backbone = keras.Model(network.input, network.get_layer("block6d_add").output)
model = add_head(freeze_backbone(backbone), len(class_names))
train(model, lite.preprocess_input(x), y, batches=60)
answers = model.predict(lite.preprocess_input(x_val), verbose=0).argmax(axis=1)
print(f"{' or '.join(class_names)}: {np.mean(answers == y_val):.2f} of {len(y_val)} images for validation are right")

# %% [markdown]
# Is that better than one constant answer? And do your classes differ in something else, too, such as the background or the
# camera? A network takes whatever tells them apart.
#
# ## 5 Other sizes (25 minutes)
#
# ResNet-20 was trained with images of 32×32. Is it bound to that size? A convolution slides its kernel over whatever it
# is given. So let us give the same network, with the same weights, an input without a fixed size.

# %%
any_size, cat = pretrained.resized(resnet20.network, None, None), datasets.photograph("chelsea")[np.newaxis, :, 75:375]
for size in (32, 48, 64, 128):
    image = ops.image.resize(cat.astype("float32"), (size, size), antialias=True)
    probabilities = np.asarray(any_size(resnet20.preprocess_input(image)))[0]
    print(f"{size}×{size}: {resnet20.class_names[probabilities.argmax()]} ({probabilities.max():.2f})")

# %% [markdown]
# It takes every size without an error. Whether the answer is still good is another question: at 128×128 the cat is four
# times as large as the cats it was trained on.
#
# And network d of {{lab augmentation}}? Its last layers are `Flatten` and `Dense`. Here they are.

# %%
network_d = training.reference_model("05_augmentation", "d_augmented")
for layer in network_d.layers[-5:]:
    print(f"{layer.name:16} {layer.input.shape!s:20} → {layer.output.shape!s:16} {layer.count_params():9,} parameters")


# %% [markdown]
# ### Can it take another size? (1 point)
#
# Can a network that was made for 32×32 take images of another size? Answer for ResNet-20 and for network d. What happens
# to the shapes in each, layer by layer, for 64×64? And what can be done where the network itself does not take them?
# Four to eight sentences.
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
# position, which must be read or averaged, at the cost of more computation.

# %% [markdown]
# ### From dense to convolution
#
# The first dense layer of network d sees a map of 4×4 with 128 channels, flattened: 2,048 numbers. Each of its 256
# units multiplies them by 2,048 weights, adds them up and adds a bias. That is just what a convolution with 256 filters
# of 4×4×128 does at *one* position. On a larger map, the convolution does the same at each position. The next dense layer
# sees 256 numbers per position: a convolution with a kernel of 1×1.
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
    Returns a Sequential or functional model with input (None, None, None, channels) and the same weights and
    activations. For images of the model's own size its output has shape (N, 1, 1, classes) and the same numbers; for
    larger ones it is a map.

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
# Network d wants standardised images, with mean and standard deviation of CIFAR-10's training images, as in
# {{lab augmentation}}. Let it look at a larger photograph, 96×144. Each cell of the map answers for a window of 32×32 (and
# sees a little beyond it: at the window's rim the convolutions now find the picture's pixels, where an image that was cut
# out would have zeros). Windows are 8 pixels apart, because three poolings halve three times.
#
# **Predict:** what fraction of the 135 windows will be called a cat?

# %%
predict("windows_called_cat", ...)

# %%
mean, deviation = np.array([125.3, 123.0, 113.9]), np.array([63.0, 62.1, 66.7])  # of CIFAR-10, per channel
picture = datasets.photograph("chelsea")[np.newaxis].astype("float32")
picture = np.asarray(ops.image.resize(picture, (96, 144), antialias=True))
class_map = np.asarray(ops.softmax(to_fully_convolutional(network_d)((picture - mean) / deviation)))[0]
label, names = datasets.OBJECTS.index("cat"), [name[:5] for name in datasets.OBJECTS]
cats = np.mean(class_map.argmax(axis=-1) == label)
alt = f"A cat's face with three windows, and the map of the windows' classes; {cats:.0%} of them are called cat."
plots.sliding_windows(np.clip(picture[0] / 255, 0, 1), 32, 8, class_map, names, label, alt)
measured("windows_called_cat", cats)

# %% [markdown]
# Left: the picture, with three of its windows. Right: one cell for each window, framed in the same colours; it names the
# most probable class, and its colour says how probable "cat" is. In our run that is up to
# 0.85<!-- our answers windows.highest --> along the bridge of the nose, but at most
# 0.08<!-- our answers windows.above_eyes --> just above the eyes and 0.08<!-- our answers windows.nose_tip --> at the tip
# of the nose. Most windows hold a piece of this face, which is like no cat of CIFAR-10. And look at the last one, at the lower
# right: it holds only background, and is called a cat as well. So "cat" on this map need not mean that the window shows
# a cat. All windows were computed at once, and what they share only once: this is how detection and segmentation began.
#
# **Try it:** draw the map of "dog" or "frog" as well. Shrink the cat to 48×72, so that a window holds more of it. Then
# give your own pictures to `classify` in section 2, upside down as well.

# %% [markdown] tags=["author-only"]
# ### How the figures of this lab were measured
#
# `make reproduce` runs this. `data/train_resnet20.py` trained the networks of sections 3 and 4. (The five parts of the
# ResNet-20 ran in processes of their own, each from the weights that the one before it had stored.)

# %% tags=["author-only"]
PROBED = {"resnet20": (pretrained.resnet20, 32), "efficientnet": (pretrained.efficientnet_lite0, 96)}
RATES = {"frozen": 0.01, "fine_tuned": 0.001, "from_scratch": 0.001}


def train_on_few(task, per_class, way, seed):
    """Train with so many images per class, in one of the three ways; returns the accuracy on the test images."""
    chosen, classes, prepare = choose(task.y_train, per_class, seed), len(task.class_names), pretrained.scale
    profile.seed_everything(seed)
    network = pretrained.resnet20().network
    backbone = keras.Model(network.input, network.get_layer("features").output)
    if way == "from_scratch":  # random weights, and batch normalisation learns as well
        backbone = keras.models.clone_model(backbone, clone_function=with_short_memory)
        features = layers.GlobalAveragePooling2D()(backbone.output)
        model = keras.Model(backbone.input, layers.Dense(classes, activation="softmax")(features))
    else:
        model = add_head(freeze_backbone(backbone) if way == "frozen" else backbone, classes)
    train(model, prepare(task.x_train[chosen]), task.y_train[chosen], RATES[way])
    answers = model.predict(prepare(task.x_test), batch_size=500, verbose=0)
    return float(np.mean(answers.argmax(axis=1) == task.y_test))


def with_short_memory(layer):
    """A new layer like this one; batch normalisation remembers ten batches, not a hundred: there are only 300."""
    memory = {"momentum": 0.9} if isinstance(layer, layers.BatchNormalization) else {}
    return type(layer).from_config(layer.get_config() | memory)


def spread(key, values):
    """Mean and standard deviation of several runs, under their names."""
    return {key: round(float(np.mean(values)), 4), f"{key}.std": round(float(np.std(values, ddof=1)), 4)}


def measure(seed):
    """For `make reproduce`: the course's own network on all test images, the comparison of section 4, the answers."""
    if seed:  # the network was trained once, and the comparisons draw their images with seeds of their own
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
    yield {"run": "answers", "history": answers_of_both() | windows_of_the_cat()}
    transfer = {}
    for name in ("textures", "tissue"):
        task = tasks.load(name)
        transfer[f"{name}.constant"] = round(float(np.bincount(task.y_test).max() / len(task.y_test)), 4)
        for way in RATES:
            for n in (5, 20, 100):
                reached = [train_on_few(task, n, way, k) for k in range(3)]
                transfer |= spread(f"{name}.{way}.{n}", reached)
    yield {"run": "transfer", "history": transfer}
    probed = {}
    for name in tasks.TASKS:
        task = tasks.load(name)
        for network in LAYERS:
            classifier, side = PROBED[network]
            parts = (task.x_train, task.x_test)
            x_train, x_test = (pretrained.features(classifier(), LAYERS[network], part, side) for part in parts)
            for layer in LAYERS[network]:
                for n in (5, 20, 50):
                    found = [
                        linear_probe(x_train[layer], task.y_train, x_test[layer], task.y_test, n, k) for k in range(20)
                    ]
                    probed |= spread(f"{name}.{network}.{layer}.{n}", found)
    yield {"run": "probe", "history": probed}


def answers_of_both():
    """The names and probabilities that the text quotes: what both shipped networks say of the photographs."""
    found = {}
    for network, classifier in (("efficientnet", pretrained.efficientnet_lite0()), ("resnet20", pretrained.resnet20())):
        for name in ("chelsea", "coffee", "rocket", "astronaut", "flower"):
            answers = classify(classifier, datasets.photograph(name), top=3)
            found |= {f"{network}.{name}": answers[0][0], f"{network}.{name}.1": round(answers[0][1], 4)}
            found[f"{network}.{name}.2_and_3"] = round(answers[1][1] + answers[2][1], 4)
    return found


def windows_of_the_cat():
    """What the text says of the map of classes."""
    network = to_fully_convolutional(training.reference_model("05_augmentation", "d_augmented"))
    whole = datasets.photograph("chelsea")[np.newaxis].astype("float32")
    picture = np.asarray(ops.image.resize(whole, (96, 144), antialias=True))
    mean, deviation = np.array([125.3, 123.0, 113.9]), np.array([63.0, 62.1, 66.7])
    cat = np.asarray(ops.softmax(network((picture - mean) / deviation)))[0, ..., datasets.OBJECTS.index("cat")]
    parts = {"highest": cat, "above_eyes": cat[:2, 4:6], "nose_tip": cat[7:9, 8]}
    return {f"windows.{name}": round(float(part.max()), 4) for name, part in parts.items()}


# %% [markdown]
# ## What you have learned
#
# - Code finds what a network holds. Its Hessian fits nowhere.
# - A pretrained network comes with a size, a preprocessing and class names, and is worth nothing without them.
# - Softmax adds up to 1 even if no class fits. Certainty says little about images unlike those of the training.
# - A residual block computes ReLU(x + F(x)); with shortcuts, deep networks can be trained.
# - A trained backbone and a new head pay with few images, if what was learned fits what is asked. Measure it.
# - Global average pooling takes any size. A dense layer on a flattened map is a convolution at one position.
#
# Here are your checks:

# %%
core.summary(checks)

# %% [markdown]
# **Next:** {{lab feature_journey}}: what the layers of a network see.
