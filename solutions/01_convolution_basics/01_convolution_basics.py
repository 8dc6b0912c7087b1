# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Convolution basics
#
# Slide a small kernel over a picture, by hand first, and see why this one operation carries whole networks.
#
# {{colab}}
#
# **You will learn** to compute correlation, convolution and pooling yourself; to choose borders, strides and kernels;
# to count the parameters of a layer; and what `Conv2D` really does.
#
# **You need** NumPy arrays and loops. No calculus, no earlier lab.
#
# **Time:** about 110 minutes of work. Running every cell takes about 15 seconds on two CPU cores; a GPU makes no difference here.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says
# `YOUR CODE HERE`. The cell below it checks your function and says what is right or what is not yet right. You may
# check as often as you like. 20 points in all.

# %% tags=["setup"]
# {{setup}}

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import convolve2d, correlate2d

from checks import convolution_basics as checks
from checks import core
from helpers import datasets, plots, pretrained, widgets

# %% [markdown]
# ## 1 A kernel is a template (10 minutes)
#
# The **dot product** of two arrays of the same shape multiplies them value by value and adds everything up. It is large
# where both are large in the same places. So it can answer the question: *how much does this patch look like that
# template?*
#
# Here is a template, a small plus sign, and three patches. Which patch will give the largest dot product? **Predict**
# before you run the cell.

# %% tags=["nbval-check-output"]
plus = np.array([[-1, 1, -1], [1, 1, 1], [-1, 1, -1]])
patches = {
    "a plus": np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]),
    "all white": np.ones((3, 3), dtype=int),
    "a cross": np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]),
}
for name, patch in patches.items():
    print(f"{name:>9}: dot product {(patch * plus).sum():2d}")


# %% [markdown]
# The patch that looks like the template wins. The −1 in the corners matter: without them the white patch would tie
# with the plus, since it has ones everywhere.
#
# To search a whole picture, lay the template on every place in turn and take the dot product there. This is
# **correlation**. The small array is called the **kernel** (or **filter**), the picture of all the answers the
# **response** (or **feature map**). For an image $I$ and a kernel $K$ of height $h$ and width $w$:
#
# $$R[i, j] = \sum_{u=0}^{h-1} \sum_{v=0}^{w-1} I[i+u,\, j+v] \; K[u, v]$$
#
# Let the kernel lie on the image with all its pixels. Then an image of height $H$ has only $H - h + 1$ places for it.
# This choice is called `valid`.

# %%
# EXERCISE correlate_valid (2)
def correlate_valid(image, kernel):
    """Slide the kernel over the image and take the dot product at every place where it fits.

    image: array (H, W), any dtype, also uint8. It must not be changed.
    kernel: array (h, w), not larger than the image.
    Returns an array of floats, (H - h + 1, W - w + 1).

    Example: correlate_valid(np.ones((4, 5)), np.ones((3, 3))) is an array (2, 3) full of 9.0.
    """
    ### BEGIN SOLUTION
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    response = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            patch = image[i : i + height, j : j + width].astype(float)
            response[i, j] = (patch * kernel).sum()
    return response
    ### END SOLUTION


# %% [markdown]
# Now let your function search. The picture below holds pluses, rings and noise. Where does the response peak?

# %%
rng = np.random.default_rng(1)
scene = 0.3 * rng.random((24, 36))
ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
for row, column, shape in [(3, 4, "plus"), (15, 7, "ring"), (6, 18, "ring"), (17, 22, "plus"), (4, 30, "plus")]:
    scene[row : row + 3, column : column + 3] += patches["a plus"] if shape == "plus" else ring

found = correlate_valid(scene, plus)
plots.image_grid(
    [scene, plus, found],
    ["scene", "kernel: a plus", "response"],
    alt="Left: pluses and rings on noise. Middle: the kernel, a plus. Right: the response, brightest at the pluses.",
    size=3.4,
)
for place in np.argsort(found, axis=None)[::-1][:4]:
    row, column = divmod(int(place), found.shape[1])
    print(f"response {found.flat[place]:.2f} at row {row:2d}, column {column:2d}")


# %% [markdown]
# The three strongest responses stand exactly where the three pluses begin (at their upper left corners, as our formula
# counts). Then comes a gap: pieces of rings answer too, but more weakly. One kernel is one question asked everywhere.
#
# ## 2 Convolution flips, `Conv2D` does not (5 minutes)
#
# **Convolution**, as mathematics defines it, first flips the kernel along both axes and then correlates:
#
# $$C[i, j] = \sum_{u=0}^{h-1} \sum_{v=0}^{w-1} I[i+u,\, j+v] \; K[h-1-u,\, w-1-v]$$
#
# The flip makes convolution symmetric in its two arguments, which is convenient for proofs. A network learns its kernels,
# so for a network it makes no difference. Write convolution; you may use `correlate_valid`.

# %%
# EXERCISE convolve_valid (1)
def convolve_valid(image, kernel):
    """Convolve: flip the kernel along both axes, then correlate where it fits.

    image: array (H, W), not changed. kernel: array (h, w).
    Returns an array of floats, (H - h + 1, W - w + 1).

    Example: convolve_valid(np.array([[1., 2., 3.]]), np.array([[1., 0.]])) is [[2., 3.]].
    """
    ### BEGIN SOLUTION
    return correlate_valid(image, kernel[::-1, ::-1])
    ### END SOLUTION


# %% [markdown]
# Which of the two is `keras.layers.Conv2D`? We give the layer our own kernel instead of a learned one, and compare. The
# layer wants a batch of images with channels, `(N, H, W, C)`, and a kernel `(h, w, C, filters)`: hence the added axes.

# %% tags=["nbval-check-output"]
image, kernel = rng.random((6, 8)), rng.random((3, 3))

layer = keras.layers.Conv2D(filters=1, kernel_size=3, padding="valid", use_bias=False)
layer.build((None, 6, 8, 1))
layer.set_weights([kernel[:, :, np.newaxis, np.newaxis]])
from_keras = np.asarray(layer(image[np.newaxis, :, :, np.newaxis]))[0, :, :, 0]

print("Conv2D equals scipy's correlate2d:", np.allclose(from_keras, correlate2d(image, kernel, mode="valid"), atol=1e-5))
print("Conv2D equals scipy's convolve2d: ", np.allclose(from_keras, convolve2d(image, kernel, mode="valid"), atol=1e-5))

# %% [markdown]
# So the "convolutional" layer computes correlation. The name stuck. From here on we say *convolution* as the field does,
# and flip only where a formula asks for it.
#
# For a photograph the difference is visible. We load one and use a kernel that is not symmetric.

# %% tags=["nbval-check-output"]
camera = datasets.photograph("camera")
print("shape", camera.shape, "dtype", camera.dtype, "values from", camera.min(), "to", camera.max())

# %%
diagonal = np.array([[0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, -1, 0, 0, 0], [-1, 0, 0, 0, 0]])
plots.image_grid(
    [camera, correlate_valid(camera, diagonal), convolve_valid(camera, diagonal)],
    ["camera", "correlated", "convolved"],
    alt="A photographer with a camera; the correlated and the convolved picture show the same edges, one with "
    "bright and dark exchanged.",
    size=3.6,
)

# %% [markdown]
# Both responses show the same edges. Flipping this kernel changes its sign, so what is bright in one picture is dark in
# the other.
#
# ## 3 Classic kernels (20 minutes)
#
# People designed kernels long before networks learned them. These are the best known ones. Each asks a different
# question. Read the numbers, and **predict** for each: what does it do to an area of equal grey? (Hint: add up its
# weights.)

# %% tags=["nbval-check-output"]
KERNELS = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "edges 1": np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
    "edges 2": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    "edges 3": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box blur": np.ones((3, 3)) / 9,
    "Gaussian 3×3": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
    "Sobel x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
}
for name, kernel in KERNELS.items():
    print(f"{name:>12}: sum {kernel.sum():.0f}   {np.round(kernel, 2).tolist()}")

# %%
head = camera[60:262, 150:352]
smooth = {name: kernel for name, kernel in KERNELS.items() if np.isclose(kernel.sum(), 1)}
plots.kernel_responses(
    smooth,
    head,
    "Four kernels whose weights sum to 1, each above its response. Identity: unchanged. Sharpen: crisper. Box blur and "
    "Gaussian: softer. All are equally bright.",
    limit=255,
)
print({name: f"mean {correlate2d(head.astype(float), kernel, mode='valid').mean():.1f}" for name, kernel in smooth.items()})

# %% [markdown]
# A kernel whose weights sum to **1** keeps the brightness: all four pictures have the grey scale of the photograph, from 0
# to 255, and nearly the same mean.

# %%
edges = {name: kernel for name, kernel in KERNELS.items() if np.isclose(kernel.sum(), 0)}
plots.kernel_responses(
    edges,
    head,
    "Five kernels whose weights sum to 0, each above its response: orange above 0, purple below, white at 0. Edges 1 to 3: "
    "thin outlines of both signs. Sobel x: vertical edges. Sobel y: horizontal edges.",
    signed=True,
    limit=300,
)


# %% [markdown]
# A kernel whose weights sum to **0** answers 0 on equal grey (white here), and speaks only where something changes, with a
# sign: orange is above 0, purple below.
#
# ### A Gaussian of any size
#
# A blur that weighs near pixels more than far ones has its weights from the **Gaussian** bell:
#
# $$G[u, v] \propto \exp\left(-\frac{x^2 + y^2}{2 \sigma^2}\right)$$
#
# ($\propto$ means *proportional to*) where $x$ and $y$ are the distances from the middle pixel, and $\sigma$ (sigma,
# in pixels) is the **standard deviation**: the larger, the wider. The weights must sum to 1.

# %%
# EXERCISE gaussian_kernel (2)
def gaussian_kernel(size, sigma):
    """Return the weights of a Gaussian blur by the formula above, an array of floats (size, size) that sums to 1.

    size: odd whole number of pixels. sigma: standard deviation in pixels, larger than 0.

    Example: gaussian_kernel(1, 2.0) is [[1.0]].
    """
    ### BEGIN SOLUTION
    distance = np.arange(size) - (size - 1) / 2
    bell = np.exp(-(distance**2) / (2 * sigma**2))
    kernel = np.outer(bell, bell)
    return kernel / kernel.sum()
    ### END SOLUTION


# %% [markdown]
# ### The length of the gradient
#
# Sobel x answers how fast the grey changes to the right, Sobel y how fast it changes downwards. Together they are a
# vector, the **gradient**. Its length $\sqrt{x^2 + y^2}$ says how strong an edge is, whatever its direction.

# %%
# EXERCISE gradient_magnitude (2)
def gradient_magnitude(image):
    """Return the length of the Sobel gradient at every place where a 3×3 kernel fits.

    image: array (H, W), any dtype, also uint8; not changed.
    Returns an array of floats, (H - 2, W - 2). Use KERNELS["Sobel x"] and KERNELS["Sobel y"].

    Example: the magnitude of an image of equal grey is 0 everywhere.
    """
    ### BEGIN SOLUTION
    x = correlate_valid(image, KERNELS["Sobel x"])
    y = correlate_valid(image, KERNELS["Sobel y"])
    return np.sqrt(x**2 + y**2)
    ### END SOLUTION


# %%
plots.image_grid(
    [
        camera,
        correlate_valid(camera, gaussian_kernel(15, 3.0)),
        correlate_valid(camera, KERNELS["Sobel x"]),
        correlate_valid(camera, KERNELS["Sobel y"]),
        gradient_magnitude(camera),
    ],
    ["camera", "Gaussian 15×15, σ = 3", "Sobel x", "Sobel y", "gradient magnitude"],
    columns=3,
    alt="The photograph; the same blurred; Sobel x with vertical edges of both signs; Sobel y with horizontal ones; "
    "the gradient magnitude with all outlines bright on black.",
    size=3.4,
)

# %% [markdown]
# Look at the tripod's legs and at the skyline: Sobel x sees the legs well and the skyline more weakly, Sobel y the other
# way round. The gradient magnitude sees both.
#
# ### Try it
#
# Choose an image and a kernel. With the kernel *your own 3×3* nine sliders appear. Can you build a kernel that shifts the
# picture by one pixel? One that answers orange to edges from dark (above) to bright (below)? What *border* and *stride*
# do is the matter of the next section; try them and guess.

# %%
images = {"camera": camera, "coins": datasets.photograph("coins"), "scene with pluses": scene}
explorer = widgets.convolution_explorer(images, KERNELS)
explorer

# %% [markdown]
# The same as fixed pictures, for paper and for screen readers:

# %%
explorer.static(image="camera", kernel="sharpen", border="valid", stride=1)
explorer.static(image="coins", kernel="Sobel y", border="same", stride=4)

# %% [markdown]
# With stride 4 the kernel moves on by four pixels, so each side of the response is a quarter as long.
#
# ## 4 Borders and sizes (15 minutes)
#
# What happens at the border? There are three usual answers.
#
# - `valid`: only places where the whole kernel lies on the image.
# - `same`: add zeros around the image, so that the response is as large as the image.
# - `full`: add so many zeros that every place counts where the kernel touches the image with at least one pixel.
#
# Adding pixels around an image is called **padding**. Here are the first and the last place of a kernel of 3×3 on an image
# of 5×5.

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2))
for axis, (border, padding) in zip(axes, {"valid": 0, "same": 1, "full": 2}.items(), strict=True):
    padded = np.zeros((9, 9))
    padded[2:7, 2:7] = 1
    axis.pcolormesh(np.arange(-2, 8), np.arange(-2, 8), padded, cmap="Greys", vmax=4, edgecolor="0.8", lw=0.5)
    for corner, style in ((-padding, "-"), (2 + padding, "--")):
        kernel_frame = plt.Rectangle((corner, corner), 3, 3, fill=False, color=plots.COLOURS[1], lw=3, ls=style)
        axis.add_patch(kernel_frame)
    places = 3 + 2 * padding
    axis.set(title=f"{border}: {places}×{places} places", aspect="equal", xlim=(-2.1, 7.1), ylim=(7.1, -2.1))
    axis.axis("off")
plots.show(
    figure,
    alt="An image of 5×5, grey, and around it zeros, white. valid: the kernel stays inside, 3×3 places. same: it begins "
    "one pixel outside, 5×5 places. full: it begins two pixels outside and touches one pixel, 7×7 places.",
)


# %% [markdown]
# Grey: the image. White: zeros around it. Solid: the first place of the kernel, dashed: the last one.
#
# Now answer with numbers, for the photograph `camera`, the Gaussian kernel 15×15 and the two Sobel kernels. Work them out
# first, then check with code if you like.

# %%
# EXERCISE border_sizes (2)
def border_sizes():
    """Return a dictionary with these seven entries:

    "image"     height and width of `camera`, in pixels
    "channels"  how many numbers `camera` has per pixel
    "gaussian"  height and width of gaussian_kernel(15, 3.0)
    "sobel"     height and width of a Sobel kernel
    "full"      three numbers: the height of the response to the Gaussian, to Sobel x, and to Sobel y
    "same"      the same three for the border `same`
    "valid"     the same three for the border `valid`

    Example of the form, not of the numbers: {"image": (10, 20), "channels": 2, ..., "full": (1, 2, 3), ...}
    """
    ### BEGIN SOLUTION
    return {
        "image": (512, 512),
        "channels": 1,
        "gaussian": (15, 15),
        "sobel": (3, 3),
        "full": (512 + 15 - 1, 512 + 3 - 1, 512 + 3 - 1),
        "same": (512, 512, 512),
        "valid": (512 - 15 + 1, 512 - 3 + 1, 512 - 3 + 1),
    }
    ### END SOLUTION


# %% [markdown]
# Now for any size. The kernel moves in steps of `stride` pixels, over an image with `padding` zeros added **on each
# side**. A place where the kernel would hang over the border is no place: the pixels left over are dropped.
#
# A worked example: an image of 5×5 with padding 1 is 7×7. A kernel of 3×3 with stride 2 can begin at pixel 0, 2 and 4. So
# the response is 3×3.

# %%
# EXERCISE output_size (1)
def output_size(n, kernel, padding=0, stride=1):
    """Return how many places a kernel has along one side, a whole number.

    n: pixels of the image along this side. kernel: pixels of the kernel along this side.
    padding: zeros added on each side. stride: step in pixels.
    Raises ValueError if the kernel does not fit on the padded image.

    Example: output_size(5, 3, padding=1, stride=2) is 3.
    """
    ### BEGIN SOLUTION
    room = n + 2 * padding - kernel
    if room < 0:
        raise ValueError(f"A kernel of {kernel} does not fit on {n} pixels with padding {padding}.")
    return room // stride + 1
    ### END SOLUTION


# %% [markdown]
# A network stacks many layers. With `valid` each 3×3 layer takes 2 pixels away. **Predict:** how many such layers can a
# 32×32 image pass through?

# %% tags=["nbval-check-output"]
side, layers = 32, 0
while side >= 3:
    side, layers = output_size(side, 3), layers + 1
print(f"{layers} layers, then {side}×{side} is left")

# %% [markdown]
# Padding costs something too: zeros around a photograph are a black frame, and an edge detector finds that frame. We
# show it on a bright detail.

# %%
sky = camera[:40, :40].astype(float)
plots.image_grid(
    [correlate2d(sky, KERNELS["edges 3"], mode=mode) for mode in ("full", "same", "valid")],
    ["full", "same", "valid"],
    alt="Responses of an edge detector on a piece of sky: with full and same a bright frame runs around an empty "
    "middle, with valid there is no frame.",
    signed=True,
    limit=1000,
    size=3,
)

# %% [markdown]
# The frame in `full` and `same` is not in the photograph. It comes from the zeros.
#
# ## 5 Channels and filters (15 minutes)
#
# A colour image has three **channels**: `(H, W, 3)`. A kernel of a convolutional layer then has three planes, one for
# each channel: `(kh, kw, 3)`. At each place all products are added, over rows, columns **and channels**, and a single
# number comes out, plus a **bias**. One kernel makes one plane of the output. A layer with $K$ kernels, called **filters**,
# makes $K$ planes:
#
# $$R[i, j, k] = b[k] + \sum_{u, v, c} X[i s+u,\, j s+v,\, c] \; W[u, v, c, k]$$
#
# with stride $s$, after padding $X$ with zeros. Before you write it, walk through the standard example: an image of
# 5×5×3, two filters of 3×3×3, stride 2, padding 1. Move the slider.

# %%
rng = np.random.default_rng(5)
x_small = rng.integers(0, 3, (5, 5, 3))
w_small = rng.integers(-1, 2, (3, 3, 3, 2))
b_small = np.array([1, 0])

walk = widgets.convolution_walk(x_small, w_small, b_small, stride=2, padding=1)
walk

# %%
walk.static(place=1, filter=1)
walk.static(place=6, filter=2)


# %% [markdown]
# Each row is a channel. The green frame is the patch; the third column is patch × filter. The three sums and the bias
# make one number of the output.

# %%
# EXERCISE conv_forward (3)
def conv_forward(x, w, b, stride, padding):
    """Compute what a convolutional layer computes (without activation).

    x: image (H, W, C). w: filters (kh, kw, C, K). b: biases (K,). Any dtype, also whole numbers; none is changed.
    stride: step in pixels, the same in both directions. padding: zeros added on each side of height and width.
    Returns an array of floats (H', W', K), with H' = output_size(H, kh, padding, stride), and W' likewise.

    Example: conv_forward(np.ones((5, 5, 3)), np.ones((3, 3, 3, 2)), np.zeros(2), 2, 0) is (2, 2, 2), full of 27.0.
    """
    ### BEGIN SOLUTION
    height, width, _, filters = w.shape
    rows = output_size(x.shape[0], height, padding, stride)
    columns = output_size(x.shape[1], width, padding, stride)
    padded = np.pad(x, ((padding, padding), (padding, padding), (0, 0)))
    response = np.zeros((rows, columns, filters))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            patch = padded[top : top + height, left : left + width, :]
            response[i, j] = np.tensordot(patch, w, axes=3) + b
    return response
    ### END SOLUTION


# %% [markdown]
# Does Keras agree? `Conv2D` has no number for padding, so a `ZeroPadding2D` layer adds the zeros first.

# %% tags=["nbval-check-output"]
layer = keras.Sequential(
    [keras.Input((5, 5, 3)), keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(2, kernel_size=3, strides=2)]
)
layer.set_weights([w_small, b_small])
from_keras = np.asarray(layer(x_small[np.newaxis].astype("float32")))[0]
yours = conv_forward(x_small, w_small, b_small, stride=2, padding=1)
print("shape", yours.shape, "- equal to Keras:", np.allclose(yours, from_keras, atol=1e-4))

# %% [markdown]
# You have written a convolutional layer. What is left is to make it fast, and to learn its weights.
#
# ## 6 Pooling (10 minutes)
#
# A feature map answers *where*. Often it is enough to know *roughly where*. **Max pooling** cuts each channel into blocks
# of `size` × `size` pixels and keeps the largest value of each block. Height and width shrink by this factor; the number of
# channels (the **depth**) stays. There is nothing to learn in it. With numbers, for one channel and `size` 2:

# %%
values = np.array([[1, 5, 2, 0], [3, 4, 1, 7], [8, 2, 0, 1], [6, 3, 9, 4]])
figure, axes = plt.subplots(1, 2, figsize=(5, 2.6), width_ratios=(2, 1))
for axis, numbers, size in ((axes[0], values, 2), (axes[1], np.array([[5, 7], [8, 9]]), 1)):
    for k, (row, column) in enumerate(np.ndindex(2, 2)):
        corner, colour = (size * column - 0.5, size * row - 0.5), plots.COLOURS[k]
        axis.add_patch(plt.Rectangle(corner, size, size, facecolor=colour, alpha=0.25, edgecolor="black"))
    for (row, column), number in np.ndenumerate(numbers):
        axis.text(column, row, number, ha="center", va="center")
    axis.set(xlim=(-0.6, 2 * size - 0.4), ylim=(2 * size - 0.4, -0.6), aspect="equal")
    axis.axis("off")
plots.show(
    figure,
    alt="An array of 4×4 numbers in four blocks of 2×2, and beside it the largest number of each block: 5, 7, 8, 9.",
)


# %% [markdown]
# Left: four blocks. Right: the largest number of each.

# %%
# EXERCISE max_pool (2)
def max_pool(x, size):
    """Keep the largest value of every block of size × size pixels, in each channel by itself.

    x: array (H, W, C), may hold negative values; not changed. size: whole number, not larger than H or W.
    Returns an array (H // size, W // size, C). Rows and columns left over at the end are dropped.

    Example: max_pool(np.array([[[1], [5], [9]], [[3], [2], [9]]]), 2) is [[[5]]].
    """
    ### BEGIN SOLUTION
    rows, columns, channels = x.shape[0] // size, x.shape[1] // size, x.shape[2]
    blocks = x[: rows * size, : columns * size].reshape(rows, size, columns, size, channels)
    return blocks.max(axis=(1, 3))
    ### END SOLUTION


# %%
edges = gradient_magnitude(camera)[:, :, np.newaxis]
pooled = [edges, max_pool(edges, 4), max_pool(edges, 16)]
plots.image_grid(
    [volume[:, :, 0] for volume in pooled],
    [f"{volume.shape[0]}×{volume.shape[1]}×{volume.shape[2]}" for volume in pooled],
    alt="Edges of the photograph at full size, pooled by 4 and by 16: coarser and coarser, strong edges kept.",
    size=3.4,
)


# %% [markdown]
# The photographer's outline survives a reduction by 4 in each direction, with one sixteenth of the numbers. Pooled by
# 16, only a rough *where* is left.
#
# ## 7 Why convolve? (15 minutes)
#
# A **dense** layer connects every input with every unit, each connection with a weight of its own, and a bias for each
# unit. A **convolutional** layer uses the same small kernel everywhere. How many numbers must each of them learn?

# %%
# EXERCISE conv_parameters (1)
def conv_parameters(kernel_height, kernel_width, channels, filters):
    """Return the number of parameters, weights and biases, of a convolutional layer.

    Example: conv_parameters(1, 1, 1, 1) is 2: one weight and one bias.
    """
    ### BEGIN SOLUTION
    return (kernel_height * kernel_width * channels + 1) * filters
    ### END SOLUTION


# %%
# EXERCISE dense_parameters (1)
def dense_parameters(inputs, units):
    """Return the number of parameters, weights and biases, of a dense layer.

    Example: dense_parameters(1, 1) is 2: one weight and one bias.
    """
    ### BEGIN SOLUTION
    return (inputs + 1) * units
    ### END SOLUTION


# %% [markdown]
# Take a small colour image, 32×32×3, and let each layer produce as many numbers as it gets: 32×32×3 again. **Predict**
# the ratio of the two counts, roughly: ten, a thousand, a hundred thousand?

# %% tags=["nbval-check-output"]
dense = dense_parameters(32 * 32 * 3, 32 * 32 * 3)
convolutional = conv_parameters(3, 3, 3, 3)
print(f"dense         {dense:>9,}")
print(f"convolutional {convolutional:>9,}")
print(f"ratio         {dense // convolutional:>9,}")

# %% [markdown]
# The second reason: a shifted image gives a shifted response. What the layer learned about an eye in one corner holds in
# every corner. This is called **translation equivariance**. We shift a detail by 20 pixels to the right, and compare.

# %%
detail = camera[50:170, 180:340].astype(float)
shifted = camera[50:170, 160:320].astype(float)  # a window 20 pixels further left: what it shows moves right
before = correlate2d(detail, KERNELS["Sobel x"], mode="valid")
after = correlate2d(shifted, KERNELS["Sobel x"], mode="valid")
plots.image_grid([detail, shifted], ["detail", "shifted by 20"], alt="The same head, 20 pixels further right.", size=3)
plots.image_grid(
    [before, after],
    ["its response", "its response"],
    alt="The edge responses to both: the same lines, 20 pixels further right.",
    signed=True,
    limit=600,
    size=3,
)
print("equal after shifting back:", np.allclose(before[:, :-20], after[:, 20:]))

# %% [markdown]
# Third: a layer looks through **all** channels. An untrained layer with kernels of 7×7 on a colour image holds kernels
# of 7×7×3. The textbooks write "7×7" and mean this.

# %% tags=["nbval-check-output"]
layer = keras.layers.Conv2D(filters=16, kernel_size=7)
layer.build((None, 32, 32, 3))
weights, biases = layer.get_weights()
print("kernels (height, width, channels, filters):", weights.shape)
print("biases:", biases.shape)
print("parameters:", layer.count_params())

# %%
scaled = weights / np.abs(weights).max() / 2 + 0.5  # zero becomes grey
plots.image_grid(
    list(np.moveaxis(scaled, 3, 0)[:8]),
    [f"filter {k}" for k in range(8)],
    columns=8,
    alt="Eight untrained filters of 7 by 7 pixels, drawn in colour: random coloured pixels without any structure.",
    size=1.3,
)

# %% [markdown]
# Random colours: nothing is learned yet. And after training? Here is the first layer of ResNet-20, a network of
# {{lab pretrained_resnet}}, which has seen 49,000 photographs. Its kernels are 3×3×3.

# %%
trained = pretrained.resnet20().network.layers[1].kernel.numpy()
scaled = trained / np.abs(trained).max(axis=(0, 1, 2)) / 2 + 0.5
plots.image_grid(
    list(np.moveaxis(scaled, 3, 0)),
    [f"filter {k}" for k in range(16)],
    columns=8,
    alt="Sixteen trained filters of 3 by 3 pixels in colour: some are bright on one side and dark on the other, some "
    "go from one colour to another.",
    size=1.3,
)

# %% [markdown]
# Some are bright on one side and dark on the other, like Sobel. Others answer to a change of colour: from blue to orange,
# for instance. Nobody designed them.
#
# ### All together
#
# A convolutional network puts these parts into a row. **ReLU** makes 0 of negative numbers, and the dense layer at the end
# gives one number per class. Here is a small one, with the shape of what leaves each part:

# %%
plots.block_diagram(
    {
        "": [
            *[("INPUT", "32×32×3"), ("CONV\n16 filters", "32×32×16"), ("RELU", "32×32×16"), ("POOL 2×2", "16×16×16")],
            *[("CONV\n32 filters", "16×16×32"), ("RELU", "16×16×32"), ("POOL 2×2", "8×8×32")],
            *[("FLATTEN", "2048"), ("DENSE", "10")],
        ]
    },
    alt="A row of boxes: input 32×32×3, convolution, ReLU and pooling to 16×16×16, the same again to 8×8×32, one list of "
    "2,048 numbers, a dense layer with 10 outputs.",
)

# %% [markdown]
# Follow the shapes: where do height and width change, and where the number of channels?
#
# ## 8 In your own words (20 minutes)
#
# Three written questions. Your instructor grades them with the rubric below each question.

# %% [markdown]
# **Question 1 (1 point).** Choose three kernels from section 3, one whose weights sum to 1 and two whose weights sum to
# 0. Say for each what it does to a photograph, and how you can tell from its weights.
#
# *Rubric: ½ point for naming the effects of three kernels correctly; ½ point for reasons that use the weights (sum,
# signs, symmetry).*

# %% [markdown]
# <!-- WRITTEN filters (1) -->
#
# The box blur replaces each pixel by the mean of its neighbourhood: all weights are equal and sum to 1, so brightness
# stays and details go. Sobel x subtracts the pixels on the left from those on the right: the weights sum to 0, so equal
# grey gives 0, and vertical edges give large values whose sign says from dark to bright or back. "edges 3" compares a
# pixel with its eight neighbours: it has no direction, so it answers to edges, lines and dots alike.

# %% [markdown]
# **Question 2 (1 point).** Why does `valid` hurt deep networks? And what does `same` cost?
#
# *Rubric: ½ point for the shrinking of the feature maps (with a number or a formula); ½ point for what is lost at the
# border with `valid`, or for the artificial edge of zeros with `same`.*

# %% [markdown]
# <!-- WRITTEN valid (1) -->
#
# Each `valid` layer with a k×k kernel takes k−1 pixels from each side length. A 32×32 image is used up after 15 layers of
# 3×3, so a network of fifty layers is impossible. Besides, pixels at the border take part in fewer places than pixels in
# the middle, so what stands there counts less. `same` keeps the size, but the zeros around the image look like a dark frame,
# and the responses at the border answer to this frame.

# %% [markdown]
# **Question 3 (1 point).** A layer with 7×7 kernels looks at a colour image. Why are its kernels 7×7×3, and why does its
# output have as many channels as it has filters, and not three times as many?
#
# *Rubric: ½ point for the kernel reaching through all channels of its input; ½ point for the sum over channels that
# makes one number per place and filter.*

# %% [markdown]
# <!-- WRITTEN depth (1) -->
#
# Whether something is an orange edge can be said only from all three colours together, so a filter has weights for each
# channel: 7×7×3. At each place it multiplies all 147 values and adds them up, over the channels too. One number comes out
# per place, so each filter gives one plane, and 16 filters give 16 channels.

# %% [markdown]
# ## What you learned
#
# - A kernel is a template; correlation asks the same question everywhere.
# - Convolution flips the kernel. `Conv2D` does not.
# - `valid`, `same` and `full` differ in what they do at the border; the size is ⌊(n + 2·padding − kernel) / stride⌋ + 1.
# - A filter reaches through all channels and makes one plane; pooling keeps the depth.
# - Sharing weights saves parameters by factors of many thousands, and a shifted image gives a shifted response.

# %%
core.summary(checks)

# %% [markdown]
# **Where to go next:** {{lab slash_cnn_vs_classic_ml}} puts a tiny convolutional network against six classic methods of machine learning.
