"""The speed run: answers as students give them. Each wrong one gets its own message, each right one passes."""

import keras
import numpy as np
from keras import layers, ops

from tests.answer_bank import right, wrong

# ---- whitening_kernel ---------------------------------------------------------------------------------------


@right("whitening_kernel")
def by_singular_values(patches, epsilon):
    flat = patches.reshape(len(patches), -1).astype("float64")
    flat -= flat.mean(axis=0)
    _, singular, rows = np.linalg.svd(flat, full_matrices=False)
    columns = rows.T / np.sqrt(singular**2 / (len(flat) - 1) + epsilon)
    return np.concatenate([columns, -columns], axis=1).reshape(*patches.shape[1:], -1).astype("float32")


@right("whitening_kernel")
def strongest_first(patches, epsilon):
    centred = patches.reshape(len(patches), -1) - patches.mean(axis=0).ravel()
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    columns = (vectors * (values + epsilon) ** -0.5)[:, ::-1]
    return np.concatenate([columns, -columns], axis=1).reshape(*patches.shape[1:], -1)


@wrong("whitening_kernel", says="Does your function end with `return`?")
def kernel_without_return(patches, epsilon):
    by_singular_values.function(patches, epsilon)


@wrong("whitening_kernel", says="has shape (12, 24)")
def still_a_matrix(patches, epsilon):
    return by_singular_values.function(patches, epsilon).reshape(12, -1)


@wrong("whitening_kernel", says="in place")
def centres_its_input(patches, epsilon):
    patches -= patches.mean(axis=0)
    return by_singular_values.function(patches, epsilon)


@right("whitening_kernel")
def with_tensors(patches, epsilon):
    flat = ops.reshape(patches, (len(patches), -1))
    flat = flat - ops.mean(flat, axis=0)
    left, singular, _ = ops.svd(ops.transpose(flat) @ flat / (len(flat) - 1))
    half = ops.reshape(left / ops.sqrt(singular + epsilon), (*patches.shape[1:], -1))
    return ops.concatenate([half, -half], axis=3)


@wrong("whitening_kernel", says="cannot reshape array of size")
def a_variable_in_each_row(patches, epsilon):
    values, vectors = np.linalg.eigh(np.cov(patches.reshape(len(patches), -1)))
    columns = vectors / np.sqrt(np.abs(values) + epsilon)
    return np.concatenate([columns, -columns], axis=1).reshape(*patches.shape[1:], -1)


@wrong("whitening_kernel", says="first all filters, then all negatives, in the same order")
def negatives_backwards(patches, epsilon):
    half = strongest_first.function(patches, epsilon)[..., : patches[0].size]
    return np.concatenate([half, -half[..., ::-1]], axis=-1)


@wrong("whitening_kernel", says="of the 24 filters wanted 12 are not among yours")
def each_filter_twice(patches, epsilon):
    half = strongest_first.function(patches, epsilon)[..., : patches[0].size]
    return np.concatenate([half, half], axis=-1)


@wrong("whitening_kernel", says="of the 24 filters wanted 24 are not among yours")
def zca(patches, epsilon):
    values, vectors = np.linalg.eigh(np.cov(patches.reshape(len(patches), -1), rowvar=False))
    matrix = vectors / np.sqrt(values + epsilon) @ vectors.T
    return np.concatenate([matrix, -matrix], axis=1).reshape(*patches.shape[1:], -1)


@wrong("whitening_kernel", says="holds NaN")
def takes_epsilon_away(patches, epsilon):
    values, vectors = np.linalg.eigh(np.cov(patches.reshape(len(patches), -1), rowvar=False))
    with np.errstate(invalid="ignore"):
        columns = vectors / np.sqrt(values - epsilon)
    return np.concatenate([columns, -columns], axis=1).reshape(*patches.shape[1:], -1)


# ---- with_identity ------------------------------------------------------------------------------------------


@right("with_identity")
def with_an_identity_matrix(kernel):
    height, width, channels, filters = kernel.shape
    n = min(channels, filters)
    changed = np.array(kernel)
    changed[..., :n] = 0
    changed[height // 2, width // 2, :, :n] = np.eye(channels, n)
    return changed


@right("with_identity")
def with_initializer(kernel):
    n = min(kernel.shape[2:])
    identity = np.zeros((*kernel.shape[:3], n), kernel.dtype)
    for k in range(n):
        identity[kernel.shape[0] // 2, kernel.shape[1] // 2, k, k] = 1
    return np.concatenate([identity, kernel[..., n:]], axis=-1)


@wrong("with_identity", says="in place")
def in_the_kernel_itself(kernel):
    kernel[:] = with_an_identity_matrix.function(kernel)
    return kernel


@wrong("with_identity", says="is None")
def identity_without_return(kernel):
    with_an_identity_matrix.function(kernel)


@wrong("with_identity", says="is out of bounds for axis 3")
def for_all_channels(kernel):
    changed = kernel.copy()
    for k in range(kernel.shape[2]):
        changed[..., k] = 0
        changed[kernel.shape[0] // 2, kernel.shape[1] // 2, k, k] = 1
    return changed


@wrong("with_identity", says="first at index (1, 1, 0, 0): expected 0, yours 1")
def for_kernels_of_three(kernel):
    changed = kernel.copy()
    for k in range(min(kernel.shape[2:])):
        changed[..., k] = 0
        changed[1, 1, k, k] = 1
    return changed


@wrong("with_identity", says="first at index (2, 1, 0, 0): expected 1, yours 0")
def for_square_kernels(kernel):
    changed, centre = kernel.copy(), kernel.shape[0] // 2
    for k in range(min(kernel.shape[2:])):
        changed[..., k] = 0
        changed[centre, centre, k, k] = 1
    return changed


# ---- flip_plan ----------------------------------------------------------------------------------------------


@right("flip_plan")
def exactly_half(n, epochs, rng):
    first = rng.permutation(n) < n // 2
    return np.stack([first if epoch % 2 == 0 else ~first for epoch in range(epochs)])


@right("flip_plan")
def with_remainders(n, epochs, rng):
    begins = rng.integers(0, 2, n)
    return (begins[None] + np.arange(epochs)[:, None]) % 2 == 1


@wrong("flip_plan", says="seen both ways in two epochs")
def drawn_anew(n, epochs, rng):
    return rng.random((epochs, n)) < 0.5


@wrong("flip_plan", says="Each image is the same way round in all epochs")
def never_changes(n, epochs, rng):
    return np.tile(rng.random(n) < 0.5, (epochs, 1))


@wrong("flip_plan", says="In the first epoch all images are treated alike")
def whole_epochs(n, epochs, rng):
    return np.repeat(np.arange(epochs)[:, None] % 2 == 1, n, axis=1)


@wrong("flip_plan", says="Two different `rng` gave the same plan")
def from_a_generator_of_its_own(n, epochs, rng):
    return with_remainders.function(n, epochs, np.random.default_rng(0))


@wrong("flip_plan", says="0 of 9999 images begin the same way round as the image before them")
def one_draw_for_all_images(n, epochs, rng):
    return (rng.integers(2) + np.arange(n)[None] + np.arange(epochs)[:, None]) % 2 == 1


@wrong("flip_plan", says="Where chance decides for each image by itself, it is about half")
def half_of_them_in_a_row(n, epochs, rng):
    first = np.roll(np.arange(n) < n // 2, rng.integers(n))
    return np.array([first ^ (epoch % 2 == 1) for epoch in range(epochs)])


@wrong("flip_plan", says="Draw from `rng`, not from `np.random`")
def from_numpys_own_chance(n, epochs, rng):
    first = np.random.random(n) < 0.5  # noqa: NPY002 - as students write it
    return np.array([first ^ bool(epoch % 2) for epoch in range(epochs)])


@wrong("flip_plan", says="Rows and columns are exchanged")
def a_row_for_each_image(n, epochs, rng):
    return with_remainders.function(n, epochs, rng).T


@wrong("flip_plan", says="True and False are wanted; your array holds int64")
def zeros_and_ones(n, epochs, rng):
    return with_remainders.function(n, epochs, rng).astype("int64")


@right("flip_plan")
def row_by_row_in_lists(n, epochs, rng):
    row, plan = rng.choice([True, False], n).tolist(), []
    for _ in range(epochs):
        plan.append(row)
        row = [not mirrored for mirrored in row]
    return plan


@wrong("flip_plan", says="of the images begin mirrored. About half is wanted")
def two_in_five(n, epochs, rng):
    first = rng.random(n) < 0.4
    return np.array([first ^ (epoch % 2 == 1) for epoch in range(epochs)])


@wrong("flip_plan", says="yours has the shape (10000,)")
def first_epoch_only(n, epochs, rng):
    return rng.random(n) < 0.5


@wrong("flip_plan", says="For 10000 images and 5 epochs: TypeError")
def half_of_them_as_a_fraction(n, epochs, rng):
    first = np.zeros(n, bool)
    first[rng.permutation(n)[: n / 2]] = True
    return np.array([first ^ (epoch % 2 == 1) for epoch in range(epochs)])


@wrong("flip_plan", says="Your function returned None")
def plan_without_return(n, epochs, rng):
    rng.random(n)


@wrong("flip_plan", says="a row for each epoch; yours holds something else")
def as_words(n, epochs, rng):
    return [["mirrored" if draw < 0.5 else "as it is" for draw in rng.random(n)] for _ in range(epochs)]


# ---- shift --------------------------------------------------------------------------------------------------


@right("shift")
def image_by_image(images, offsets):
    moved = []
    for image, (down, right_by) in zip(images, offsets, strict=True):
        padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="reflect")
        moved.append(np.roll(padded, (down, right_by), axis=(0, 1))[2:-2, 2:-2])
    return np.array(moved)


@right("shift")
def by_indices(images, offsets):
    n, height, width, _ = images.shape
    offsets = np.asarray(offsets)

    def mirrored(places, size):
        return (size - 1) - np.abs((size - 1) - np.abs(places))

    rows = mirrored(np.arange(height) - offsets[:, :1], height)
    columns = mirrored(np.arange(width) - offsets[:, 1:], width)
    return images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None]]


@wrong("shift", says="could not broadcast")
def cuts_off(images, offsets):
    moved = np.zeros_like(images)
    for k, (down, right_by) in enumerate(offsets):
        moved[k] = images[k, max(0, down) :, max(0, right_by) :]
    return moved


@wrong("shift", says="has shape")
def keeps_the_border(images, offsets):
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    return np.stack([np.roll(one, tuple(by), axis=(0, 1)) for one, by in zip(padded, offsets, strict=True)])


@wrong("shift", says="your batch has the right shape, but")
def only_what_moves_sideways(images, offsets):
    moved = images.copy()
    for k, (_, right_by) in enumerate(offsets):
        if right_by:
            moved[k] = image_by_image.function(images[k : k + 1], offsets[k : k + 1])[0]
    return moved


@wrong("shift", says="in place")
def moves_its_input(images, offsets):
    images[:] = image_by_image.function(images, offsets)
    return images


@wrong("shift", says="Does your function end with `return`?")
def moved_without_return(images, offsets):
    image_by_image.function(images, offsets)


# ---- smoothed_loss ------------------------------------------------------------------------------------------


@right("smoothed_loss")
def with_logsumexp(y, logits, smoothing):
    wanted = y * (1 - smoothing) + smoothing / ops.shape(y)[1]
    return ops.logsumexp(logits, axis=1) - ops.sum(wanted * logits, axis=1)


@right("smoothed_loss")
def two_losses(y, logits, smoothing):
    logarithms = ops.log_softmax(logits, axis=-1)
    return -(1 - smoothing) * ops.sum(y * logarithms, axis=1) - smoothing * ops.mean(logarithms, axis=1)


@right("smoothed_loss")
def with_keras(y, logits, smoothing):
    return keras.losses.categorical_crossentropy(y, logits, from_logits=True, label_smoothing=smoothing)


@right("smoothed_loss")
def class_by_class(y, logits, smoothing):
    logarithms, loss = ops.log_softmax(logits), 0.0
    for k in range(y.shape[1]):
        loss -= ((1 - smoothing) * y[:, k] + smoothing / y.shape[1]) * logarithms[:, k]
    return loss


@wrong("smoothed_loss", says="have no values yet, and your function fails (NotImplementedError)")
def with_numpy(y, logits, smoothing):
    wanted = (1 - smoothing) * np.array(y) + smoothing / y.shape[1]
    return -ops.sum(wanted * ops.log_softmax(np.array(logits)), axis=1)


@wrong("smoothed_loss", says="your function fails (OperatorNotAllowedInGraphError)")
def image_by_image_in_a_loop(y, logits, smoothing):
    rows = zip(y, logits, strict=True)
    return ops.stack([-ops.sum(((1 - smoothing) * a + smoothing / len(a)) * ops.log_softmax(b)) for a, b in rows])


@wrong("smoothed_loss", says="your function fails (AttributeError)")
def labels_as_an_array(y, logits, smoothing):
    return with_logsumexp.function(y.numpy(), logits, smoothing)


@wrong("smoothed_loss", says="your function fails (TypeError)")
def looks_at_its_values(y, logits, smoothing):
    loss = with_logsumexp.function(y, logits, smoothing)
    assert float(ops.min(loss)) >= 0
    return loss


@wrong("smoothed_loss", says="holds NaN")
def logarithm_of_softmax(y, logits, smoothing):
    wanted = (1 - smoothing) * y + smoothing / y.shape[1]
    return -ops.sum(wanted * ops.log(ops.exp(logits) / ops.sum(ops.exp(logits), axis=1, keepdims=True)), axis=1)


@wrong("smoothed_loss", says="holds infinity")
def logarithm_of_keras_softmax(y, logits, smoothing):
    wanted = (1 - smoothing) * y + smoothing / y.shape[1]
    return -ops.sum(wanted * ops.log(ops.softmax(logits)), axis=1)


@wrong("smoothed_loss", says="has shape")
def not_added_up(y, logits, smoothing):
    return -((1 - smoothing) * y + smoothing / y.shape[1]) * ops.log_softmax(logits)


@wrong("smoothed_loss", says="is None")
def loss_without_return(y, logits, smoothing):
    with_logsumexp.function(y, logits, smoothing)


# ---- triangle -----------------------------------------------------------------------------------------------


@right("triangle")
def interpolated(done, peak_at=0.23, start=0.2, end=0.07):
    return np.interp(done, [0, peak_at, 1], [start, 1, end])


@right("triangle")
def the_smaller_of_two_lines(done, peak_at=0.23, start=0.2, end=0.07):
    up = start + done / peak_at * (1 - start)
    down = end + (1 - done) / (1 - peak_at) * (1 - end)
    return min(up, down)


@wrong("triangle", says="is None")
def rate_without_return(done, peak_at=0.23, start=0.2, end=0.07):
    interpolated.function(done, peak_at, start, end)


@wrong("triangle", says="is wanted")
def peak_fixed(done, peak_at=0.23, start=0.2, end=0.07):
    return np.interp(done, [0, 0.23, 1], [start, 1, end])


@wrong("triangle", says="with all other arguments left out: the factor is")
def other_defaults(done, peak_at=0.5, start=0.2, end=0.07):
    return interpolated.function(done, peak_at, start, end)


@wrong("triangle", says="missing 3 required positional arguments")
def without_defaults(done, peak_at, start, end):
    return interpolated.function(done, peak_at, start, end)


@wrong("triangle", says="should be a number, not an array")
def three_rates(done, peak_at=0.23, start=0.2, end=0.07):
    return np.array([start, 1, end])


# ---- ScaledBias ---------------------------------------------------------------------------------------------


@right("ScaledBias")
class WithNamesOfItsOwn(layers.Layer):
    def __init__(self, scale, **settings):
        super().__init__(**settings)
        self.factor = scale

    def build(self, shape):
        self.b = self.add_weight(name="b", shape=shape[-1:], initializer=keras.initializers.Zeros())
        super().build(shape)

    def call(self, inputs):
        return ops.add(inputs, ops.multiply(self.b, self.factor))


class Bias(layers.Layer):
    """What the wrong layers share."""

    initializer = "zeros"

    def __init__(self, scale, **settings):
        super().__init__(**settings)
        self.scale = scale

    def build(self, shape):
        self.bias = self.add_weight(shape=self.of(shape), initializer=self.initializer)

    def of(self, shape):
        return (shape[-1],)

    def call(self, x):
        return x + self.scale * self.bias


@right("ScaledBias")
class Inherited(Bias):
    pass


@right("ScaledBias")
class OneForEachChannelInFourAxes(Bias):
    def of(self, shape):
        return (*[1] * (len(shape) - 1), shape[-1])


@wrong("ScaledBias", says="but the bias gets no gradient")
class AddsNumbers(Bias):
    def call(self, x):
        return x + self.scale * self.bias.numpy()


@wrong("ScaledBias", says="the layer's output is None")
class ReturnsNothing(Bias):
    def call(self, x):
        x + self.scale * self.bias  # noqa: B018 - the mistake itself


@wrong("ScaledBias", says="For an input of shape (3, 2) and scale 3: the layer's output")
class AlwaysEight(Bias):
    def call(self, x):
        return x + 8 * self.bias


@wrong("ScaledBias", says="the scale has no effect")
class WithoutScale(Bias):
    def call(self, x):
        return x + self.bias


@wrong("ScaledBias", says="You scaled the input as well")
class ScalesAll(Bias):
    def call(self, x):
        return self.scale * (x + self.bias)


@wrong("ScaledBias", says="You scaled the input as well. Only the bias")
class ScalesTheInput(Bias):
    def call(self, x):
        return self.scale * x + self.bias


@wrong("ScaledBias", says="You divide by the scale")
class Divides(Bias):
    def call(self, x):
        return x + self.bias / self.scale


@wrong("ScaledBias", says="The input is multiplied by the bias")
class Multiplies(Bias):
    def call(self, x):
        return x * (self.scale * self.bias)


@wrong("ScaledBias", says="The bias is subtracted")
class Subtracts(Bias):
    def call(self, x):
        return x - self.scale * self.bias


@wrong("ScaledBias", says="The scale is multiplied twice")
class ScalesTwice(Bias):
    def call(self, x):
        return x + self.scale**2 * self.bias


@wrong("ScaledBias", says="comes out unchanged")
class DoesNothing(Bias):
    def call(self, x):
        return x


@wrong("ScaledBias", says="the layer has no weight that is learned")
class LearnsNothing(Bias):
    def build(self, shape):
        self.bias = ops.zeros(shape[-1])


@wrong("ScaledBias", says="the layer learns 2 weights")
class LearnsTheScale(Bias):
    def build(self, shape):
        super().build(shape)
        self.scale = self.add_weight(shape=(), initializer="ones")


@wrong("ScaledBias", says="does not begin at 0")
class BeginsAtOne(Bias):
    initializer = "ones"


@wrong("ScaledBias", says="the bias has the shape (3, 4, 5)")
class OneForEachPlace(Bias):
    def of(self, shape):
        return shape[1:]


@wrong("ScaledBias", says="the bias has the shape ()")
class OneForAll(Bias):
    def of(self, shape):
        return ()


@wrong("ScaledBias", says="A Keras layer is wanted; your class makes a NoLayer")
class NoLayer:
    def __init__(self, scale):
        self.scale = scale


# ---- average_views ------------------------------------------------------------------------------------------


def moved(images, offset):
    return image_by_image.function(images, [(offset, offset)] * len(images))


@right("average_views")
def all_at_once(predict, images):
    three = np.concatenate([images, moved(images, 1), moved(images, -1)])
    logits = predict(np.concatenate([three, three[:, :, ::-1]]))
    return logits.reshape(6, len(images), -1).mean(axis=0)


@right("average_views")
def one_image_after_another(predict, images):
    logits = []
    for image in images:
        shifted = [moved(image[None], offset)[0] for offset in (-1, 0, 1)]
        logits.append(predict(np.stack(shifted + [one[:, ::-1] for one in shifted])).mean(axis=0))
    return np.stack(logits)


@wrong("average_views", says="has the right shape, but")
def weighted(predict, images):
    views = [moved(images, offset) for offset in (0, 1, -1)]
    logits = [predict(one) for view in views for one in (view, view[:, :, ::-1])]
    return np.tensordot([0.25, 0.25, 0.125, 0.125, 0.125, 0.125], logits, axes=1)


@wrong("average_views", says="has shape")
def of_all_images(predict, images):
    return all_at_once.function(predict, images).mean(axis=0)


@wrong("average_views", says="has shape (6,")
def not_averaged(predict, images):
    views = [moved(images, offset) for offset in (0, 1, -1)]
    return [predict(one) for view in views for one in (view, view[:, :, ::-1])]


@wrong("average_views", says="is None")
def views_without_return(predict, images):
    all_at_once.function(predict, images)


# ---- newton_schulz ------------------------------------------------------------------------------------------


@right("newton_schulz")
def from_the_other_side(matrix, steps=5):
    x = matrix / ops.sqrt(ops.sum(ops.square(matrix)))
    for _ in range(steps):
        products = ops.transpose(x) @ x
        x = 3.4445 * x + x @ (-4.7750 * products + 2.0315 * products @ products)
    return x


@wrong("newton_schulz", says="The values are right, but a training cannot use your function")
def as_arrays(matrix, steps=5):
    x = matrix / np.linalg.norm(matrix)
    for _ in range(steps):
        products = x @ x.T
        x = 3.4445 * x + (-4.7750 * products + 2.0315 * products @ products) @ x
    return x


@wrong("newton_schulz", says="and the steps left out: your matrix")
def ten_steps(matrix, steps=10):
    return from_the_other_side.function(matrix, steps)


@right("newton_schulz")
def turned_if_tall(matrix, steps=5):
    if matrix.shape[0] > matrix.shape[1]:
        return ops.transpose(turned_if_tall.function(ops.transpose(matrix), steps))
    x = ops.divide(matrix, ops.norm(matrix))
    for _ in range(steps):
        a = ops.matmul(x, ops.transpose(x))
        x = 3.4445 * x + ops.matmul(-4.7750 * a + 2.0315 * ops.matmul(a, a), x)
    return x


@wrong("newton_schulz", says="has the right shape, but")
def exact(matrix, steps=5):
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    return u @ v


@wrong("newton_schulz", says="takes 1 positional argument but 2 were given")
def five_steps_always(matrix):
    return from_the_other_side.function(matrix)


@wrong("newton_schulz", says="in place")
def in_its_input(matrix, steps=5):
    matrix /= np.linalg.norm(matrix)
    return from_the_other_side.function(matrix, steps)


@wrong("newton_schulz", says="is None")
def schulz_without_return(matrix, steps=5):
    from_the_other_side.function(matrix, steps)
