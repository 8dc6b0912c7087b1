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
# to count the parameters of a layer and its multiplications; what `Conv2D` really does; and what a GPU is good for.
#
# **You need** NumPy arrays and loops, and sections 1 to 3 of {{lab getting_started}}. No calculus.
#
# **Time:** about 120 minutes of work. Running every cell takes about 20 seconds on two CPU cores. You need no GPU; if
# you have one, section 8 measures it.
#
# **How the exercises work.** A cell that begins with `# EXERCISE` is yours: write the function where it says
# `YOUR CODE HERE`. The cell below it checks your function and says what is right or what is not yet right. You may
# check as often as you like. 17 points for code and 4 for written answers: 21 in all.

# %% tags=["setup"]
# {{setup}}

# %%
import timeit

import keras
import numpy as np
import tensorflow as tf
from scipy.signal import convolve2d, correlate2d

from checks import convolution_basics as checks
from checks import core
from helpers import datasets, plots, pretrained, widgets
from helpers.progress import measured, predict

# %% [markdown]
# ## 1 A kernel is a template (15 minutes)
#
# The **dot product** of two arrays of the same shape multiplies them value by value and adds everything up. It is large
# where both are large at the same positions. So it can answer the question: *how much does this patch look like that
# template?*
#
# Here is a template, a small plus sign, and three patches: a plus, an all-white one, a cross. **Predict:** which patch
# will give the largest dot product?

# %%
predict("best_patch", ..., ["a plus", "all white", "a cross"])

# %% tags=["nbval-check-output"]
plus = np.array([[-1, 1, -1], [1, 1, 1], [-1, 1, -1]])
patches = {
    "a plus": np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]),
    "all white": np.ones((3, 3), dtype=int),
    "a cross": np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]),
}
products = {name: int((patch * plus).sum()) for name, patch in patches.items()}
print("dot products:", products)
measured("best_patch", max(products, key=products.get))


# %% [markdown]
# The patch that looks like the template wins. The −1 in the corners matter: without them the white patch would
# get as much as the plus, since it has ones everywhere.
#
# To search a whole picture, lay the template on every position in turn and take the dot product there. This is
# **correlation**. The small array is called the **kernel** (it has nothing to do with the *Kernel* in JupyterLab's
# menu), the picture of all the answers the **response** (or **feature map**). For an image $I$ and a kernel $K$ of
# height $h$ and width $w$:
#
# $$R[i, j] = \sum_{u=0}^{h-1} \sum_{v=0}^{w-1} I[i+u,\, j+v] \; K[u, v]$$
#
# Let the kernel lie on the image with all its pixels. Then an image of height $H$ has only $H - h + 1$ positions for
# it. This choice is called `valid`.

# %%
# EXERCISE correlate_valid (2)
def correlate_valid(image, kernel):
    """Slide the kernel over the image and take the dot product at every position where it fits.

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
for row, column, shape in [(3, 4, plus), (15, 7, ring), (6, 18, ring), (17, 22, plus), (4, 30, plus)]:
    scene[row : row + 3, column : column + 3] += shape.clip(0)
found = correlate_valid(scene, plus)

# %% [markdown]
# **Stuck?** Go on all the same. Where a later cell needs what you have not written yet, it begins like the next one:
# this does nothing if your own result exists.

# %%
if "found" not in globals():
    found = correlate2d(scene, plus, mode="valid")
plots.image_grid(
    [scene, plus, found],
    ["scene", "kernel: a plus", "response"],
    "Left: pluses and rings on noise. Middle: the kernel, a plus. Right: the response, brightest at the pluses.",
    size=3.4,
)
for strongest in np.argsort(found, axis=None)[:-5:-1]:
    row, column = np.unravel_index(strongest, found.shape)
    print(f"response {found[row, column]:.2f} at row {row:2d}, column {column:2d}")


# %% [markdown]
# The three strongest responses stand where the three pluses begin (at their upper left corners, as our formula
# counts). Then comes a gap: pieces of rings answer too, but more weakly. One kernel is one question asked everywhere.
#
# ## 2 Convolution flips, `Conv2D` does not (5 minutes)
#
# **Convolution**, as mathematics defines it, first flips the kernel along both axes and then correlates:
#
# $$C[i, j] = \sum_{u=0}^{h-1} \sum_{v=0}^{w-1} I[i+u,\, j+v] \; K[h-1-u,\, w-1-v]$$
#
# The flip makes convolution symmetric in its two arguments, which is convenient for proofs. A network learns its
# kernels; it would simply learn the flipped ones. Write convolution; you may use `correlate_valid`.

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

print("Conv2D equals SciPy's correlate2d:", np.allclose(from_keras, correlate2d(image, kernel, mode="valid"), atol=1e-5))
print("Conv2D equals SciPy's convolve2d: ", np.allclose(from_keras, convolve2d(image, kernel, mode="valid"), atol=1e-5))

# %% [markdown]
# So the "convolutional" layer computes correlation. The name stuck. From here on we say *convolution* as the field
# does, and flip only where a formula asks for it.
#
# For a photograph the difference is visible. We load one and use a kernel that is not symmetric.

# %% tags=["nbval-check-output"]
camera = datasets.photograph("camera")
print("shape", camera.shape, "dtype", camera.dtype, "values from", camera.min(), "to", camera.max())

# %%
diagonal = np.fliplr(np.diag([1, 1, 0, -1, -1]))
correlated, convolved = (operation(camera.astype(float), diagonal, "valid") for operation in (correlate2d, convolve2d))
alt = "A photographer with a camera; both responses show the same edges, one with bright and dark exchanged."
plots.image_grid([camera, correlated, convolved], ["camera", "correlated", "convolved"], alt, size=3.6)

# %% [markdown]
# Both responses show the same edges. Flipping this kernel changes its sign, so what is bright in one picture is dark in
# the other.
#
# ## 3 Classic kernels (20 minutes)
#
# People designed kernels long before networks learned them. These are the best known ones. Each asks a different
# question. Read the numbers: what does each of them do to an area of equal grey? (Add up its weights.) **Predict:** how
# many of these nine answer 0 there? Identity; edges 1, 2 and 3; sharpen; box blur; Sobel x and Sobel y; Gaussian 3×3.

# %% tags=["nbval-check-output"]
KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "edges 1": [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
    "edges 2": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]], "edges 3": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "box blur": np.ones((3, 3)) / 9,
    "Gaussian 3×3": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
    "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
}
KERNELS = {name: np.array(weights) for name, weights in KERNELS.items()}

# %%
predict("kernels_that_answer_0", ...)

# %%
print("sums:", sums := {name: round(float(kernel.sum()), 2) for name, kernel in KERNELS.items()})
measured("kernels_that_answer_0", list(sums.values()).count(0))

# %%
head = camera[60:262, 150:352]
smooth = {name: kernel for name, kernel in KERNELS.items() if np.isclose(kernel.sum(), 1)}
alt = "Four kernels whose weights sum to 1, each above its response: unchanged, crisper, softer, softer."
plots.kernel_responses(smooth, head, alt, limit=255)
print("means:", {name: f"{correlate2d(head.astype(float), k, 'valid').mean():.1f}" for name, k in smooth.items()})

# %% [markdown]
# A kernel whose weights sum to **1** keeps the brightness: all four means are nearly the same. All four pictures are drawn
# on the grey scale of the photograph, 0 to 255; what sharpening puts below or above it is shown as black or white.

# %%
edges = {name: kernel for name, kernel in KERNELS.items() if np.isclose(kernel.sum(), 0)}
alt = "Five kernels whose weights sum to 0, each above its response: outlines of both signs."
plots.kernel_responses(edges, head, alt, signed=True, limit=300)


# %% [markdown]
# A kernel whose weights sum to **0** answers 0 on equal grey (white here), and something else only where the grey
# changes. The answer has a sign: orange is above 0, purple below.
#
# ### A Gaussian of any size
#
# A blur that gives near pixels more weight than far ones takes its weights from the **Gaussian** bell:
#
# $$G[u, v] \propto \exp\left(-\frac{x^2 + y^2}{2 \sigma^2}\right)$$
#
# Here $\propto$ means *proportional to*, $x$ and $y$ are the distances from the middle pixel, and $\sigma$ (sigma,
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
    """Return the length of the Sobel gradient at every position where a 3×3 kernel fits.

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
blurred = correlate2d(camera.astype(float), gaussian_kernel(15, 3.0), mode="valid")
titles = ["camera", "Gaussian 15×15, σ = 3", "gradient magnitude"]
alt = "The photograph; the same blurred; and all its outlines, bright on black."
plots.image_grid([camera, blurred, gradient_magnitude(camera)], titles, alt, size=3.4)

# %% [markdown]
# The Gaussian has taken the details away. In the gradient magnitude upright edges (the tripod's legs) and level ones
# (the skyline) are bright alike: Sobel x answers mainly to the first, Sobel y to the second.
#
# ### Try it
#
# Choose an image and a kernel. With the kernel *your own 3×3* nine fields appear. Can you build a kernel that shifts
# the picture by one pixel? One that answers orange to edges from dark (above) to bright (below)? What *border* and
# *stride* do comes in the next section; try them and guess.

# %%
images = {"camera": camera, "coins": datasets.photograph("coins"), "pluses": scene, "sky": camera[:40, :40]}
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
# ## 4 Borders and sizes (10 minutes)
#
# What happens at the border? There are three usual answers.
#
# - `valid`: only positions where the whole kernel lies on the image.
# - `same`: add zeros around the image, so that the response is as large as the image.
# - `full`: add so many zeros that every position counts where the kernel touches the image with at least one pixel.
#
# Adding pixels around an image is called **padding**. Here are the first and the last position of a kernel of 3×3 on an
# image of 5×5.

# %%
small, paddings = np.arange(1.0, 26).reshape(5, 5), {"valid": 0, "same": 1, "full": 2}
images = [np.pad(np.pad(small, padding), 2 - padding, constant_values=np.nan) for padding in paddings.values()]
titles = [f"{name}: {3 + 2 * padding}×{3 + 2 * padding} positions" for name, padding in paddings.items()]
frames = [[(2 - padding, 2 - padding, 3, 3), (4 + padding, 4 + padding, 3, 3)] for padding in paddings.values()]
alt = "An image of 5×5; around it no zeros for valid, one ring for same, two for full; frames at two corners."
plots.image_grid(images, titles, alt, signed=True, limit=60, size=3, numbers=True, frames=frames)


# %% [markdown]
# Orange: the image. White: zeros around it. Solid frame: the first position of the kernel, dashed: the last one.
#
# Now answer with numbers, for the photograph `camera`, the Gaussian kernel 15×15 and the two Sobel kernels. Work them
# out first, then check with code if you like.

# %%
# EXERCISE border_sizes (1)
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
# side**. A position where the kernel would hang over the border does not count: the pixels left over are dropped.
#
# A worked example: an image of 5×5 with padding 1 is 7×7. A kernel of 3×3 with stride 2 can begin at pixel 0, 2 and 4.
# So the response is 3×3.

# %%
# EXERCISE output_size (1)
def output_size(n, kernel, padding=0, stride=1):
    """Return how many positions a kernel has along one side, a whole number.

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

# %%
predict("layers", ...)

# %% tags=["nbval-check-output"]
side, layers = 32, 0
while side >= 3:
    side, layers = output_size(side, 3), layers + 1
measured("layers", layers)
print(f"then {side}×{side} is left")

# %% [markdown]
# Padding costs something too: zeros around a photograph are a black frame, and an edge detector finds that frame. We
# show it on a piece of sky. (The sky is bright; its small differences are stretched from black to white here.)

# %%
explorer.static(image="sky", kernel="edges 3", border="same")

# %% [markdown]
# The frame in the response is not in the photograph. It comes from the zeros. Choose `valid` above, and it is gone.
#
# ## 5 Channels and filters (15 minutes)
#
# A colour image has three **channels**: `(H, W, 3)`. A kernel of a convolutional layer then has three planes, one for
# each channel: `(kh, kw, 3)`. At each position all products are added, over rows, columns **and channels**, and a
# single number comes out, plus a **bias**. One kernel makes one plane of the output. A layer with $K$ kernels, called
# **filters**, makes $K$ planes:
#
# $$R[i, j, k] = b[k] + \sum_{u, v, c} X[i s+u,\, j s+v,\, c] \; W[u, v, c, k]$$
#
# with stride $s$, after padding $X$ with zeros. Before you write it, walk through the standard example: an image of
# 5×5×3, two filters of 3×3×3, stride 2, padding 1. Move the slider.

# %%
rng = np.random.default_rng(5)
x_small, w_small, b_small = rng.integers(0, 3, (5, 5, 3)), rng.integers(-1, 2, (3, 3, 3, 2)), np.array([1, 0])

walk = widgets.convolution_walk(x_small, w_small, b_small, stride=2, padding=1)
walk

# %%
walk.static(position=1, filter=1)
walk.static(position=6, filter=2)


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
    padded = np.pad(x.astype(float), ((padding, padding), (padding, padding), (0, 0)))
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
# A feature map answers *where*. Often it is enough to know *roughly where*. **Max pooling** cuts each channel into
# blocks of `size` × `size` pixels and keeps the largest value of each block. Height and width shrink by this factor;
# the number of channels (the **depth**) stays. There is nothing to learn in it. With numbers, for one channel and
# `size` 2:

# %%
values = np.array([[1, 5, 2, 0], [3, 4, 1, 7], [8, 2, 0, 1], [6, 3, 9, 4]])
blocks = [[(row, column, size, size) for row in (0, size) for column in (0, size)] for size in (2, 1)]
alt = "An array of 4×4 numbers in four blocks of 2×2, and beside it the largest number of each block: 5, 7, 8, 9."
plots.image_grid([values, np.array([[5, 7], [8, 9]])], ["4×4", "2×2"], alt, limit=12, numbers=True, frames=blocks)


# %% [markdown]
# Left: four blocks. Right: the largest number of each, in a frame of the same kind.

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
edges = np.abs(correlate2d(camera.astype(float), KERNELS["edges 3"], mode="valid"))[:, :, np.newaxis]
pooled = [edges, max_pool(edges, 4), max_pool(edges, 16)]
titles = [f"{volume.shape[0]}×{volume.shape[1]}×{volume.shape[2]}" for volume in pooled]
alt = "Edges of the photograph at full size, pooled by 4 and by 16: coarser and coarser, strong edges kept."
plots.image_grid([volume[:, :, 0] for volume in pooled], titles, alt, size=3.4)


# %% [markdown]
# The photographer's outline survives a reduction by 4 in each direction, with one sixteenth of the numbers. Pooled by
# 16, only a rough *where* is left.
#
# ## 7 Why convolve? (10 minutes)
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
# Take a small colour image, 32×32×3, and let each layer produce as many numbers as it gets: 32×32×3 again. **Predict:**
# how many times as many parameters does the dense layer have, roughly?

# %%
predict("times_as_many", ..., ["10", "1,000", "100,000"])

# %% tags=["nbval-check-output"]
dense, convolutional = dense_parameters(32 * 32 * 3, 32 * 32 * 3), conv_parameters(3, 3, 3, 3)
print(f"dense {dense:,}, convolutional {convolutional:,}: {dense // convolutional:,} times as many")
measured("times_as_many", f"{10 ** round(np.log10(dense / convolutional)):,}")

# %% [markdown]
# The second reason: a shifted image gives a shifted response. What the layer learned about an eye in one corner holds
# in every corner. This is called **translation equivariance**. We shift a detail by 20 pixels to the right, and
# compare.

# %%
detail = camera[50:170, 180:340].astype(float)
shifted = camera[50:170, 160:320].astype(float)  # a window 20 pixels further left: what it shows moves right
before, after = (correlate2d(image, KERNELS["Sobel x"], mode="valid") for image in (detail, shifted))
titles, alt = ["a detail's response", "shifted by 20"], "The edges of a head, and the same ones 20 pixels further right."
plots.image_grid([before, after], titles, alt, signed=True, limit=600, size=3)
print("equal after shifting back:", np.allclose(before[:, :-20], after[:, 20:]))

# %% [markdown]
# The third reason: a kernel knows nothing of the size of the image. The same layer, with the same weights, takes images
# of any size. The number of inputs of a dense layer is fixed for ever.

# %% tags=["nbval-check-output"]
layer = keras.layers.Conv2D(filters=16, kernel_size=7)
for shape in ((32, 32, 3), (100, 80, 3)):
    response = layer(np.zeros((1, *shape)))
    print(shape, "gives", tuple(response.shape[1:]), "with", layer.count_params(), "parameters")
print("kernels (height, width, channels, filters):", tuple(layer.kernel.shape), " biases:", tuple(layer.bias.shape))

# %% [markdown]
# ### What kernels look like
#
# These kernels are 7×7×3: a layer looks through all channels. The textbooks write "7×7" and mean this. A kernel of
# three channels can be drawn in colour, with zero as grey. Here are eight, not trained:

# %%
plots.kernel_grid(layer.kernel[..., :8], "Eight untrained kernels of 7 by 7 pixels in colour, without any structure.")

# %% [markdown]
# Random colours: nothing is learned yet. And after training? Here is the first layer of ResNet-20, a network of
# {{lab pretrained_resnet}}, trained on small photographs. Its kernels are 3×3×3.

# %%
alt = "Sixteen trained kernels, 3 by 3, in colour: some go from bright to dark, some are of one colour all over."
plots.kernel_grid(pretrained.resnet20().network.layers[1].kernel, alt)

# %% [markdown]
# Some are bright on one side and dark on the other, like Sobel (13 and 16). Some have one colour nearly all over (3, 4
# and 14): they answer to areas of this colour. Others answer to a change of colour, such as 11. Nobody designed them.
# (Each kernel is drawn on a scale of its own. The weights of 7, 9 and 15 are nearly 0: they answer to nothing.)
#
# ### All together
#
# A convolutional network puts these parts into a row. **ReLU** makes 0 of negative numbers, and the dense layer at the
# end gives one number per class. Here is a small one, with the shape of what leaves each part:

# %%
chain = [("INPUT", "32×32×3"), ("CONV\n16 filters", "32×32×16"), ("RELU", "32×32×16"), ("POOL 2×2", "16×16×16")]
chain += [("CONV\n32 filters", "16×16×32"), ("RELU", "16×16×32"), ("POOL 2×2", "8×8×32"), ("FLATTEN", "2048")]
alt = "A row of boxes: input 32×32×3, convolution, ReLU and pooling to 16×16×16, the same again to 8×8×32, one list of "
plots.block_diagram({"": [*chain, ("DENSE", "10")]}, alt + "2,048 numbers, a dense layer with 10 outputs.")


# %% [markdown]
# Follow the shapes: where do height and width change, and where the number of channels?
#
# ## 8 How fast does this machine convolve? (10 minutes)
#
# Networks for images spend most of their time on convolution. First count the work. At each position a kernel
# multiplies all its weights, through all channels, with what lies under them. With border `same` and stride 1 there are
# as many positions as pixels. Each kernel does this, on each image.

# %%
# EXERCISE count_multiplications (1)
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
# Now measure: 100 images, and then only 2, of 100×100 pixels in three colours, with 32 kernels of 7×7×3. Each machine
# has a CPU. A **GPU** has thousands of small arithmetic units that work at the same time. Images and kernels lie on the
# device before the clock starts, and the clock waits for the result. **Predict:** how many times as long do 100 images
# take as 2, on a CPU?

# %%
predict("times_as_long", ...)


# %%
def convolution_seconds(n_images, device):
    """Seconds that the device ("CPU" or "GPU") takes to convolve the images: the median of ten calls."""
    with tf.device(f"/{device}:0"):
        images, kernels = tf.random.normal((n_images, 100, 100, 3)), tf.random.normal((7, 7, 3, 32))
        calls = timeit.repeat(lambda: tf.nn.conv2d(images, kernels, 1, "SAME")[0, 0, 0, 0].numpy(), number=1, repeat=11)
    return np.median(calls[1:])


devices = ["CPU", "GPU"] if tf.config.list_physical_devices("GPU") else ["CPU"]
seconds = {(device, n): convolution_seconds(n, device) for device in devices for n in (100, 2)}
for (device, n), time in seconds.items():
    print(f"{device}, {n:>3} images: {1000 * time:.2f} ms")
measured("times_as_long", seconds["CPU", 100] / seconds["CPU", 2])

# %% [markdown]
# We measured 25.1<!-- our convolution_seconds cpu_100_ms --> ms and 1.05<!-- our convolution_seconds cpu_2_ms --> ms on
# two CPU cores with nothing else to do; a busy machine takes two or three times as long. If only the multiplications
# counted, 100 images would take 50 times as long as 2. On most machines it is less: each call also has a fixed cost,
# which does not depend on the number of images.
#
# And a GPU? On a machine with an NVIDIA H200 the 100 images took 1.6<!-- our convolution_on_gpu gpu_100_ms --> ms on
# the GPU and 66.9<!-- our convolution_on_gpu cpu_100_ms --> ms on the CPU: the GPU was
# 43<!-- our convolution_on_gpu times_100 --> times as fast. Two images took 1.2<!-- our convolution_on_gpu gpu_2_ms -->
# and 1.7<!-- our convolution_on_gpu cpu_2_ms --> ms: only 1.4<!-- our convolution_on_gpu times_2 --> times as fast.
# (Measured with Keras on JAX.) Why? You will be asked.
#
# With your count, a time becomes a speed:

# %%
for (device, n), time in seconds.items():
    speed = count_multiplications(n, 100, 100, 3, 32, 7) / time
    print(f"{device}, {n:>3} images: {speed / 1e9:.1f} billion multiplications per second")


# %% tags=["author-only"]
def measure(seed):
    """For `make reproduce`: the times that section 8 quotes."""
    if seed == 0:  # times are no matter of seeds
        times = {f"cpu_{n}_ms": round(1000 * convolution_seconds(n, "CPU"), 4) for n in (100, 2)}
        yield {"run": "convolution_seconds", "history": times}


# %% [markdown]
# **Try it:** 1, 10 and 1,000 images, `convolution_seconds(10, "CPU")`. From where on does the speed stay the same?
#
# ## 9 In your own words (25 minutes)
#
# Four written questions. Your instructor grades each one with the table below it.

# %% [markdown]
# **Question 1 (1 point).** Choose three kernels from section 3, one whose weights sum to 1 and two whose weights sum to
# 0. Say for each what it does to a photograph, and how you can tell from its weights.
#
# | criterion | points |
# | --- | --- |
# | names correctly what each of three kernels does | 0.5 |
# | gives reasons that use the weights (sum, signs, symmetry) | 0.5 |

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
# | criterion | points |
# | --- | --- |
# | says how the feature maps shrink, with a number or a formula | 0.5 |
# | says what `same` costs: the zeros make an artificial edge at the border | 0.5 |

# %% [markdown]
# <!-- WRITTEN valid (1) -->
#
# Each `valid` layer with a k×k kernel takes k−1 pixels from each side length. A 32×32 image is used up after 15 layers
# of 3×3, so a network of fifty layers is impossible. Besides, pixels at the border lie under the kernel at fewer
# positions than pixels in the middle, so what stands there counts less. `same` keeps the size, but the zeros around the
# image look like a dark frame, and the responses at the border answer to this frame.

# %% [markdown]
# **Question 3 (1 point).** A layer with 7×7 kernels looks at a colour image. Why are its kernels 7×7×3, and why does
# its output have as many channels as it has filters, and not three times as many?
#
# | criterion | points |
# | --- | --- |
# | says that a kernel reaches through all channels of its input | 0.5 |
# | says that the sum over the channels makes one number per position and filter | 0.5 |

# %% [markdown]
# <!-- WRITTEN depth (1) -->
#
# Whether something is an orange edge can be said only from all three colours together, so a filter has weights for each
# channel: 7×7×3. At each position it multiplies all 147 values and adds them up, over the channels too. One number
# comes out per position, so each filter gives one plane, and 16 filters give 16 channels.

# %% [markdown]
# **Question 4 (1 point).** With 100 images a GPU is far faster than a CPU; with 2 images it gains little or nothing.
# Why does it gain with 100 images, and not with 2?
#
# | criterion | points |
# | --- | --- |
# | says that a GPU computes very many output values at the same time, so that 98 more images take it little time | 0.5 |
# | says that each call has a fixed cost, which weighs more where there is little work | 0.5 |

# %% [markdown]
# <!-- WRITTEN gpu (1) -->
#
# Every output value of a convolution can be computed independently of the others. 100 images have 32 million output
# values. A GPU computes thousands of them at the same time, a CPU far fewer, so with much work the GPU wins by far.
# Besides, each call has a fixed cost: Python prepares it and hands it to the GPU. (Outside this measurement the images
# must also be copied there.) In the measurement above the GPU needs 1.2<!-- our convolution_on_gpu gpu_2_ms --> ms for two
# images and hardly more for 100, 1.6<!-- our convolution_on_gpu gpu_100_ms --> ms: nearly all of the former is fixed cost.
# The CPU needs 67<!-- our convolution_on_gpu cpu_100_ms --> ms for 100 images, but only
# 1.7<!-- our convolution_on_gpu cpu_2_ms --> ms for two: the fixed cost pays off only where there is much work to save.

# %% [markdown]
# ## What you learned
#
# - A kernel is a template; correlation asks the same question everywhere.
# - Convolution flips the kernel. `Conv2D` does not.
# - `valid`, `same` and `full` differ in what they do at the border; the size is ⌊(n + 2·padding − kernel) / stride⌋ +
#   1.
# - A filter reaches through all channels and makes one plane; pooling keeps the depth.
# - Sharing weights saves parameters by factors of many thousands, a shifted image gives a shifted response, and images
#   may have any size.
# - A GPU needs large batches.

# %%
core.summary(checks)

# %% [markdown]
# **Where to go next:** {{lab slash_cnn_vs_classic_ml}} puts a tiny convolutional network against six classic methods of
# machine learning.
