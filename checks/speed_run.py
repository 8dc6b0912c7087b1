"""The speed run's checks: each ingredient of the recipe by what it computes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax

from checks.compare import Comparison, array, as_array, compare, judge_array, number
from checks.core import Finding, Reason, judges
from checks.probes import speed_run as probes
from checks.probes.speed_run import linear_network, one_for_each

# ---- whitening_kernel ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class filters(array):  # noqa: N801 - a form, see `compare`
    """Filters (h, w, C, K) in any order and of either sign: an eigenvector turned round is one, too.

    Whether the second half holds the negatives of the first half must agree.
    """

    tol: float = 1e-3

    def same(self, yours, expected) -> bool:
        yours, expected = as_array(yours), as_array(expected)
        if yours is None or yours.shape != expected.shape or not np.isfinite(yours).all():
            return False
        yours, expected = (one.reshape(-1, one.shape[-1]).astype("float64") for one in (yours, expected))
        distances = self.distances(yours, expected)
        found = distances.argmin(axis=0)
        close = distances.min(axis=0) <= self.tol
        return bool(close.all() and len(set(found.tolist())) == len(found)) and halves(yours) == halves(expected)

    def unlike(self, yours, expected, name: str, where: str = "") -> Reason:
        """How many filters are missing: their order is free, so that no index says what is wrong."""
        found = as_array(yours)
        if found is None or found.shape != expected.shape or not np.isfinite(found).all():
            return super().unlike(yours, expected, name, where)
        n = expected.shape[-1]
        missing = (self.distances(found.reshape(-1, n), expected.reshape(-1, n)).min(axis=0) > self.tol).sum()
        return Reason(
            f"{where}{name} has the right shape, but of the {n} filters wanted {missing} are not among yours."
        )

    @staticmethod
    def distances(yours: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """How far each of the columns is from each expected one, relative to the longest of these."""
        apart = np.linalg.norm(yours[:, :, np.newaxis] - expected[:, np.newaxis], axis=0)
        return apart / np.linalg.norm(expected, axis=0).max()


def halves(columns: np.ndarray) -> bool:
    """Whether the second half of the columns holds the negatives of the first half, in the same order."""
    first, second = np.array_split(columns, 2, axis=1)
    return first.shape == second.shape and np.allclose(first, -second, atol=1e-3 * np.abs(columns).max())


def patch_sets(rng: np.random.Generator):
    """Patches whose values hang together, with a mean that is not 0."""
    for shape, epsilon in (((2, 2, 3), 0.05), ((3, 2, 1), 0.5)):
        n = int(np.prod(shape))
        directions = np.linalg.qr(rng.normal(size=(n, n)))[0]
        values = rng.normal(size=(500, n)) * np.geomspace(2, 0.2, n) @ directions + rng.uniform(1, 2, n)
        yield {"patches": values.reshape(-1, *shape).astype("float32"), "epsilon": epsilon}


def products(flat: np.ndarray, mean=0.0) -> np.ndarray:
    """The mean product of each two values, less this mean."""
    return (flat - mean).T @ (flat - mean) / len(flat)


def eigen(patches: np.ndarray, of=lambda flat: np.cov(flat, rowvar=False)) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors, in columns, of the covariance of the patches' values, or of another matrix."""
    return np.linalg.eigh(of(patches.reshape(len(patches), -1).astype("float64")))


def as_kernel(columns: np.ndarray, patches: np.ndarray, negatives: bool = True, axis: int = 1) -> np.ndarray:
    """Filters in columns, and after them (or along another axis) their negatives, as a convolution kernel."""
    columns = np.concatenate([columns, -columns], axis=axis) if negatives else columns
    return columns.reshape(*patches.shape[1:], -1)


@compare(patch_sets, "your kernel", "For patches of shape {patches.shape}: ", filters())
def whitening_kernel(patches, epsilon):
    values, vectors = eigen(patches)
    return as_kernel(vectors / np.sqrt(values + epsilon), patches)


def with_eigen(change, **settings):
    """What a mistake makes of eigenvalues, eigenvectors and epsilon."""
    return lambda patches, epsilon: as_kernel(change(*eigen(patches, **settings), epsilon), patches)


def standardised(values, vectors, epsilon):
    """What is right, of another matrix."""
    return vectors / np.sqrt(values + epsilon)


def with_negatives_beside(kernel: np.ndarray) -> np.ndarray:
    """The same filters, each followed by its negative."""
    half = kernel[..., : kernel.shape[-1] // 2]
    return np.stack([half, -half], axis=-1).reshape(kernel.shape)


whitening_kernel.mistakes = {
    "The negatives are missing: behind a filter an activation hides what is below 0, so each filter is wanted twice.": (
        lambda patches, epsilon: as_kernel(
            eigen(patches)[1] / np.sqrt(eigen(patches)[0] + epsilon), patches, negatives=False
        )
    ),
    "Filters and negatives stand in another order: first all filters, then all negatives, in the same order.": (
        lambda patches, epsilon: with_negatives_beside(whitening_kernel.right(patches, epsilon))
    ),
    "You divide by the eigenvalue, which is a variance. The standard deviation is its root.": (
        with_eigen(lambda values, vectors, epsilon: vectors / (values + epsilon))
    ),
    "Epsilon stands outside the root. It is added to the eigenvalue first.": (
        with_eigen(lambda values, vectors, epsilon: vectors / (np.sqrt(values) + epsilon))
    ),
    "Epsilon is missing: directions in which patches hardly differ become all noise.": (
        with_eigen(lambda values, vectors, epsilon: vectors / np.sqrt(values))
    ),
    "These are the eigenvectors alone: they turn the patches, but the outputs still differ in their deviation.": (
        with_eigen(lambda values, vectors, epsilon: vectors)
    ),
    "You multiply by the root of the eigenvalue: strong directions become stronger. Dividing makes them equal.": (
        with_eigen(lambda values, vectors, epsilon: vectors * np.sqrt(values + epsilon))
    ),
    "The eigenvectors stand in the rows of your matrix. `eigh` gives them in columns.": [
        with_eigen(lambda values, vectors, epsilon: vectors.T / np.sqrt(values + epsilon)),
        with_eigen(lambda values, vectors, epsilon: (vectors / np.sqrt(values + epsilon)).T),
    ],
    "Your filters are mixed up. Before you reshape, each filter and each negative should be a column.": [
        lambda patches, epsilon: as_kernel(standardised(*eigen(patches), epsilon), patches, axis=0),
        lambda patches, epsilon: as_kernel(standardised(*eigen(patches), epsilon).T, patches, axis=0),
    ],
    "Each eigenvector is a column and has an eigenvalue of its own: you divide the rows by them.": (
        with_eigen(lambda values, vectors, epsilon: vectors / np.sqrt(values + epsilon)[:, np.newaxis])
    ),
    "You forgot the mean: a covariance is of what differs from the mean patch.": with_eigen(standardised, of=products),
    "You subtracted one mean from all numbers of the patches. Each of them has a mean of its own.": (
        with_eigen(standardised, of=lambda flat: products(flat, flat.mean()))
    ),
    "You added up the products: the covariance is their mean over the patches.": (
        with_eigen(standardised, of=lambda flat: len(flat) * products(flat, flat.mean(axis=0)))
    ),
    "You took the correlations, in which all numbers vary equally already. Whitening needs the covariance.": (
        with_eigen(standardised, of=lambda flat: np.corrcoef(flat, rowvar=False))
    ),
}

# ---- with_identity ------------------------------------------------------------------------------------------


def kernels(rng: np.random.Generator):
    for shape in ((5, 3, 4, 2), (3, 3, 4, 5), (3, 5, 2, 3)):
        yield {"kernel": rng.normal(size=shape).astype("float32")}


@compare(kernels, "your kernel", "For a kernel of shape {kernel.shape}: ")
def with_identity(kernel):
    return identity(kernel)


def identity(kernel, clear=True, centre=None, rest=1.0, channels=lambda k: k, exchange=False):
    """The kernel whose first filters hand on a channel each, or a mistaken one."""
    changed = kernel * np.float32(rest)
    row, column = (kernel.shape[0] // 2, kernel.shape[1] // 2) if centre is None else centre
    for k in range(min(kernel.shape[2:])):
        if clear and exchange:
            changed[:, :, k] = 0
        elif clear:
            changed[..., k] = 0
        changed[row, column, channels(k), k] = 1
    return changed


def other_channels(kernel: np.ndarray) -> np.ndarray:
    """Where a filter looks at another channel than its own."""
    channels, filters = np.indices(kernel.shape)[2:]
    return channels != filters


def beside_the_centre(kernel: np.ndarray) -> np.ndarray:
    """Where a filter looks at another pixel than the central one."""
    rows, columns = np.indices(kernel.shape)[:2]
    return (rows != kernel.shape[0] // 2) | (columns != kernel.shape[1] // 2)


with_identity.mistakes = {
    "The old weights of the first filters are still there, around the 1. Set them to 0 first.": [
        lambda kernel: identity(kernel, clear=False),
        lambda kernel: kernel + identity(np.zeros_like(kernel)),
        lambda kernel: np.where(other_channels(kernel), kernel, identity(kernel)),
        lambda kernel: np.where(beside_the_centre(kernel), kernel, identity(kernel)),
    ],
    "The 1 stands in a corner of the kernel: such a filter shifts its channel. It belongs in the centre.": (
        lambda kernel: identity(kernel, centre=(0, 0))
    ),
    "The other filters are all 0 now. They should stay as they were.": (lambda kernel: identity(kernel, rest=0.0)),
    "Your filters add up all channels. The k-th hands on channel k alone.": (
        lambda kernel: identity(kernel, channels=lambda k: slice(None))
    ),
    "All your filters hand on the first channel. The k-th hands on channel k.": (
        lambda kernel: identity(kernel, channels=lambda k: 0)
    ),
    "You cleared a part of the input channels only. Axis 2 counts what comes in, axis 3 the filters.": (
        lambda kernel: identity(kernel, exchange=True)
    ),
    "The kernel is unchanged.": lambda kernel: kernel,
}

# ---- flip_plan ----------------------------------------------------------------------------------------------


@judges(
    probes.flip_plan,
    lambda rng: [{"n": n, "epochs": m, "seed": int(rng.integers(1, 10_000))} for n, m in ((10_000, 5), (9_999, 1))],
    "For {n} images and {epochs} epochs: ",
)
def flip_plan(answer, case):
    plans = [as_array(answer[name]) for name in ("plan", "again", "other")]
    wanted = (case["epochs"], case["n"])
    if answer["plan"] is None:
        return "Your function returned None. Does it end with `return`?"
    if any(plan is None for plan in plans):
        return "An array is wanted, with a row for each epoch; yours holds something else."
    plan, again, other = plans
    if plan.shape == wanted[::-1]:
        return f"Rows and columns are exchanged: a row for each epoch is wanted, so the shape {wanted}."
    if plan.shape != wanted:
        return f"An array of shape {wanted} is wanted; yours has the shape {plan.shape}."
    if plan.dtype != bool:
        return f"True and False are wanted; your array holds {plan.dtype}."
    if not np.array_equal(plan, again):
        return "Twice the same `rng` gave two different plans. Draw from `rng`, not from `np.random`."
    share = plan[0].mean()
    if share in (0, 1):
        return (
            "In the first epoch all images are treated alike. Then a whole epoch is mirrored and the next one is not: "
            "let chance decide for each image how it begins."
        )
    if abs(share - 0.5) > 0.03:  # six standard deviations
        return f"{share:.0%} of the images begin mirrored. About half is wanted."
    alike = plan[0, 1:] == plan[0, :-1]
    if abs(alike.mean() - 0.5) > 0.03:  # six standard deviations
        return (
            f"{alike.sum()} of {len(alike)} images begin the same way round as the image before them. Where chance "
            "decides for each image by itself, it is about half: draw once for each image."
        )
    if np.array_equal(plan, other):
        return "Two different `rng` gave the same plan: which images begin mirrored should be drawn."
    both_ways = (plan[1:] != plan[:-1]).mean() if len(plan) > 1 else 1
    if both_ways == 0:
        return "Each image is the same way round in all epochs. It should be the other way round in the next one."
    if both_ways < 1:
        return (
            f"Only {both_ways:.0%} of the images are seen both ways in two epochs that follow each other. Draw once, "
            "for the first epoch; the others follow from it."
        )
    return None


# ---- shift --------------------------------------------------------------------------------------------------


def moved_images(rng: np.random.Generator):
    for shape in ((6, 7, 9, 1), (3, 8, 8, 3)):
        offsets = rng.permutation([(2, -1), (-2, 1), (1, 2), (0, -2), (2, 0)])
        offsets = np.insert(offsets, 1, 0, axis=0)[: shape[0]]  # an image that stays is neither first nor last
        yield {"images": rng.random(shape).astype("float32"), "offsets": offsets}


def moved(images, offsets, mode="reflect"):
    """Each image moved down and to the right, what comes in filled like this."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode=mode)
    height, width = images.shape[1:3]
    pieces = [
        one[2 - down : 2 - down + height, 2 - right : 2 - right + width]
        for one, (down, right) in zip(padded, offsets, strict=True)
    ]
    return np.stack(pieces)


@compare(moved_images, "your batch", "For images of shape {images.shape}: ")
def shift(images, offsets):
    return moved(images, offsets)


shift.mistakes = {
    "The images move the wrong way, along one axis or both: an offset of 1 moves an image down, or to the right.": [
        lambda images, offsets, sign=sign: moved(images, offsets * sign) for sign in ((-1, -1), (1, -1), (-1, 1))
    ],
    "Down and right are exchanged: the first offset moves along the height.": [
        lambda images, offsets: moved(images, offsets[:, ::-1]),
        lambda images, offsets: moved(images, -offsets[:, ::-1]),
    ],
    "What leaves on one side comes in on the other. Reflection is wanted.": (
        lambda images, offsets: moved(images, offsets, "wrap")
    ),
    "Black comes in at the border. Reflection is wanted.": lambda images, offsets: moved(images, offsets, "constant"),
    "The outermost pixels are repeated. `reflect` mirrors without them.": [
        lambda images, offsets: moved(images, offsets, "symmetric"),
        lambda images, offsets: moved(images, offsets, "edge"),
    ],
    "All images are moved alike. Each has offsets of its own.": [
        lambda images, offsets, k=k: moved(images, np.repeat(offsets[[k]], len(offsets), axis=0)) for k in (0, -1)
    ],
    "The images are unchanged.": lambda images, offsets: images,
}

# ---- smoothed_loss ------------------------------------------------------------------------------------------


def batches_of_logits(rng: np.random.Generator):
    for classes, scale, smoothing in ((4, 2, 0.2), (10, 1, 0.0), (5, 300, 0.1)):
        y = np.eye(classes, dtype="float32")[rng.integers(0, classes, 6)]
        yield {"y": y, "logits": (scale * rng.normal(size=y.shape)).astype("float32"), "smoothing": smoothing}


@compare(batches_of_logits, "your loss", "For {y.shape[1]} classes and smoothing {smoothing}: ", probe=probes.loss)
def smoothed_loss(y, logits, smoothing):
    return cross_entropy(smoothed(y, smoothing), logits)


def smoothed(y, smoothing):
    """The wanted probabilities."""
    return (1 - smoothing) * y + smoothing / y.shape[1]


def cross_entropy(wanted, logits):
    return -(np.asarray(wanted) * log_softmax(np.asarray(logits, "float64"), axis=1)).sum(1)


def in_training(check: Comparison) -> Callable[[dict, dict], Finding]:
    """A judge: right numbers are not enough, a training must be able to compute them."""

    def judge(answer, case):
        if (finding := check.compared(answer, case)) or not answer["in_training"]:
            return finding
        return (
            "The values are right, but a training cannot use your function. There TensorFlow first plans what to "
            f"compute, with tensors that have no values yet, and your function fails ({answer['in_training']}). "
            "Calculate with `keras.ops` alone, on whole tensors."
        )

    return judge


smoothed_loss.judge = in_training(smoothed_loss)
smoothed_loss.mistakes = {
    "Smoothing has no effect: this is the cross-entropy of the labels as they are.": (
        lambda y, logits, smoothing: cross_entropy(y, logits)
    ),
    "You divide the smoothing among the wrong classes only. All classes get smoothing / K, the right one as well.": (
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing * (1 - y) / (y.shape[1] - 1), logits)
    ),
    "Your wanted probabilities add up to less than 1: what the right class loses goes to all classes.": (
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y, logits)
    ),
    "You divide the smoothing by the number of images. K is the number of classes, the last axis.": (
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing / y.shape[0], logits)
    ),
    "You divide the smoothing by 10. K is the number of classes of these labels.": (
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing / 10, logits)
    ),
    "`smoothing` and `1 - smoothing` are exchanged: the label keeps the larger part.": (
        lambda y, logits, smoothing: cross_entropy(smoothing * y + (1 - smoothing) / y.shape[1], logits)
    ),
    "Your wanted probabilities add up to more than 1: all classes together get what is taken from the right one.": [
        lambda y, logits, smoothing: cross_entropy(y + smoothing / y.shape[1], logits),
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing, logits),
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing * (1 - y), logits),
        lambda y, logits, smoothing: cross_entropy((1 - smoothing) * y + smoothing / (y.shape[1] - 1), logits),
    ],
    "Your loss takes the logits for probabilities. They can be any numbers, also below 0.": (
        lambda y, logits, smoothing: (
            -np.asarray(smoothed(y, smoothing) * np.log(np.clip(logits / np.sum(logits, 1)[:, None], 1e-7, 1))).sum(1)
        )
    ),
    "This is the mean over the batch. One number per image is wanted.": (
        lambda y, logits, smoothing: smoothed_loss.right(y, logits, smoothing).mean()
    ),
    "The sign is wrong: a loss is positive.": lambda y, logits, smoothing: -smoothed_loss.right(y, logits, smoothing),
    "You averaged over the classes. The cross-entropy is their sum.": (
        lambda y, logits, smoothing: smoothed_loss.right(y, logits, smoothing) / y.shape[1]
    ),
    "Softmax is applied twice: `log_softmax` wants logits.": (
        lambda y, logits, smoothing: cross_entropy(smoothed(y, smoothing), softmax(np.asarray(logits), axis=1))
    ),
}

# ---- triangle -----------------------------------------------------------------------------------------------


DEFAULTS = {"peak_at": 0.23, "start": 0.2, "end": 0.07}


def moments(rng: np.random.Generator):
    """Moments before the peak, at it and after it, and both ends; then two with nothing but the moment said."""
    peak = float(rng.uniform(0.3, 0.4))
    shape = {"peak_at": peak, "start": float(rng.uniform(0.1, 0.2)), "end": float(rng.uniform(0.03, 0.07))}
    for done in (float(rng.uniform(0.05, 0.15)), float(rng.uniform(0.7, 0.9)), 0.0, peak, 1.0):
        yield {"done": done} | shape
    for done in (float(rng.uniform(0.1, 0.2)), float(rng.uniform(0.5, 0.7))):
        yield {"done": done}


def moment(case: dict) -> str:
    peak = f"the peak at {case['peak_at']:.2f}" if "peak_at" in case else "all other arguments left out"
    return f"After {case['done']:.2f} of the training, with {peak}: "


@compare(moments, "the factor", moment, number())
def triangle(done, peak_at, start, end):
    return float(np.interp(done, (0, peak_at, 1), (start, 1, end)))


triangle.arguments = lambda case: list((case | DEFAULTS | case).values())
triangle.mistakes = {
    "After the peak the rate falls as if the peak had been at the very beginning.": (
        lambda done, peak_at, start, end: (
            triangle.right(done, peak_at, start, end) if done < peak_at else 1 - (1 - end) * done
        )
    ),
    "Your line up begins at 0 instead of `start`.": (
        lambda done, peak_at, start, end: np.interp(done, (0, peak_at, 1), (0, 1, end))
    ),
    "Your line down ends at 0 instead of `end`.": (
        lambda done, peak_at, start, end: np.interp(done, (0, peak_at, 1), (start, 1, 0))
    ),
    "Your line is too flat: the way up takes only `peak_at` of the training, the way down only the rest.": [
        lambda done, peak_at, start, end: start + (1 - start) * done if done < peak_at else None,
        lambda done, peak_at, start, end: (
            triangle.right(done, peak_at, start, end) if done < peak_at else 1 - (1 - end) * (done - peak_at)
        ),
    ],
    "The rate falls from the beginning: it should rise to 1 first.": (
        lambda done, peak_at, start, end: 1 - (1 - end) * done
    ),
    "The rate rises to the peak, and then stays there.": (
        lambda done, peak_at, start, end: np.interp(done, (0, peak_at), (start, 1))
    ),
    "`start` and `end` are exchanged.": (
        lambda done, peak_at, start, end: np.interp(done, (0, peak_at, 1), (end, 1, start))
    ),
    "Your way up ends at 1 + `start`, not at 1: between `start` and 1 there is only 1 - `start` to be added.": (
        lambda done, peak_at, start, end: start + done / peak_at if done < peak_at else None
    ),
}

# ---- ScaledBias ---------------------------------------------------------------------------------------------


@judges(
    probes.ScaledBias,
    lambda rng: [
        {"x": rng.normal(size=shape).astype("float32"), "scale": scale, "bias": rng.normal(size=shape[-1])}
        for shape, scale in (((2, 3, 4, 5), 8.0), ((3, 2), 3.0))
    ],
    "For an input of shape {x.shape} and scale {scale:g}: ",
)
def ScaledBias(answer, case):  # noqa: N802 - called like the exercise
    x, scale, bias = case["x"], case["scale"], case["bias"]
    where = ScaledBias.named(case)
    shapes = [tuple(shape) for shape in answer["shapes"]]
    if not shapes:
        return f"{where}the layer has no weight that is learned. Make one in `build`, with `self.add_weight`."
    if len(shapes) > 1:
        return f"{where}the layer learns {len(shapes)} weights, but the bias alone should be learned."
    if not one_for_each(shapes[0], len(bias)):
        return (
            f"{where}the bias has the shape {shapes[0]}. One number for each channel, the last axis, is wanted: "
            f"{bias.shape}."
        )
    if np.abs(answer["initial"]).max() > 0:
        return f"{where}the bias does not begin at 0. `add_weight` has an `initializer`."
    mistakes = {
        "The bias is added as it is: the scale has no effect.": x + bias,
        "You scaled the input as well. Only the bias is multiplied.": [scale * (x + bias), scale * x + bias],
        "You divide by the scale. With a larger scale the bias should move more.": x + bias / scale,
        "The input is multiplied by the bias. The bias should be added.": x * (scale * bias),
        "The bias is subtracted.": x - scale * bias,
        "The scale is multiplied twice.": x + scale**2 * bias,
        "The input comes out unchanged, whatever the bias is.": x,
    }
    finding = judge_array(as_array(answer["output"]), x + scale * bias, mistakes, "the layer's output", where)
    if finding or answer["learns"]:
        return finding
    return f"{where}the output is right, but the bias gets no gradient: add the weight itself, not its numbers."


# ---- average_views ------------------------------------------------------------------------------------------


def images_and_networks(rng: np.random.Generator):
    for n in (3, 2):
        yield {"images": rng.random((n, 8, 8, 3)).astype("float32"), "seed": int(rng.integers(1, 10_000))}


def views(images, mirrored=(0, 1, -1), shifts=(0, 1, -1), mode="reflect"):
    """The images as they are and moved along the diagonal, each also mirrored, or only some of them."""
    for offset in shifts:
        view = moved(images, np.full((len(images), 2), offset), mode)
        yield view
        if offset in mirrored:
            yield view[:, :, ::-1]


def averaged(views_of=views, of=lambda logits: logits, **settings):
    """The mean of the logits over some views, or of what `of` makes of them."""
    return lambda predict, images: np.mean([of(predict(view)) for view in views_of(images, **settings)], axis=0)


def mirrored_along(axis: int):
    """The six views, three of them mirrored along this axis."""
    return lambda images: [one for view in views(images, mirrored=()) for one in (view, np.flip(view, axis))]


def mirrored_first(images):
    """The six views, three of them moved after they were mirrored."""
    return [one for side in (images, images[:, :, ::-1]) for one in views(side, mirrored=())]


@compare(
    images_and_networks, "the mean of the logits", "For images of shape {images.shape}: ", probe=probes.average_views
)
def average_views(predict, images):
    return averaged()(predict, images)


average_views.arguments = lambda case: [linear_network(case["seed"]), case["images"]]
average_views.mistakes = {
    "These are probabilities. The mean of the logits is wanted: no softmax.": [
        averaged(of=lambda logits: softmax(logits, axis=1)),
        lambda predict, images: softmax(average_views.right(predict, images), axis=1),
    ],
    "You added the logits. Their mean is wanted.": averaged(of=lambda logits: 6 * logits),
    "You averaged the images, and asked the network about a blurred one. Ask six times, then average the answers.": (
        lambda predict, images: predict(np.mean(list(views(images)), axis=0))
    ),
    "The mirrored views are missing: three shifts, each also mirrored, are six views.": averaged(mirrored=()),
    "The shifted views are not mirrored: only the images as they are.": averaged(mirrored=(0,)),
    "Your views are moved otherwise than by `shift`: what comes in at the border should be the image reflected.": [
        averaged(mode="wrap"),
        averaged(mode="constant"),
    ],
    "The shifted views are missing: the network should also see the images moved by a pixel.": averaged(shifts=(0,)),
    "The images that are not moved are missing among your views.": averaged(shifts=(1, -1)),
    "You moved the images one way only. One pixel down and right, and one up and left, are wanted.": [
        averaged(shifts=(0, 1)),
        averaged(shifts=(0, -1)),
    ],
    "You mirrored along another axis than the width, which is axis 2 of the batch.": [
        averaged(mirrored_along(axis)) for axis in (0, 1, 3)
    ],
    "You mirrored first and moved then: so the mirrored views moved to the other side. Move first.": (
        averaged(mirrored_first)
    ),
    "You divided by three. There are six views.": averaged(of=lambda logits: 2 * logits),
    "This is the network's answer to the plain images alone.": lambda predict, images: predict(images),
}

# ---- newton_schulz ------------------------------------------------------------------------------------------

A, B, C = 3.4445, -4.7750, 2.0315


def matrices(rng: np.random.Generator):
    for shape, steps in (((4, 7), {"steps": 2}), ((6, 3), {"steps": 3}), ((5, 5), {})):
        yield {"matrix": rng.normal(size=shape).astype("float32")} | steps


def matrix_and_steps(case: dict) -> str:
    steps = f"{case['steps']} steps" if "steps" in case else "the steps left out"
    return f"For a matrix of shape {case['matrix'].shape} and {steps}: "


def polynomial(matrix, steps=5, a=A, b=B, c=C, size=np.linalg.norm, square=np.matmul, fresh=True):
    """The odd polynomial of the singular values, so many times."""
    x = matrix.astype("float64") / size(matrix)
    gram = x @ x.T
    for _ in range(steps):
        gram = x @ x.T if fresh else gram
        x = a * x + (b * gram + c * square(gram, gram)) @ x
    return x


@compare(matrices, "your matrix", matrix_and_steps, array(tol=1e-3), probe=probes.newton_schulz)
def newton_schulz(matrix, steps=5):
    return polynomial(matrix, steps)


newton_schulz.judge = in_training(newton_schulz)
newton_schulz.arguments = lambda case: [case["matrix"], case.get("steps", 5)]
newton_schulz.mistakes = {
    "The matrix is not divided by its norm first: then the powers grow without end.": (
        lambda matrix, steps: polynomial(matrix, steps, size=lambda one: 1.0)
    ),
    "You divided by the largest value. Singular values can still exceed 1 then.": (
        lambda matrix, steps: polynomial(matrix, steps, size=lambda one: np.abs(one).max())
    ),
    "You divided by another norm. Here it is the root of the sum of all squares.": [
        lambda matrix, steps, order=order: polynomial(matrix, steps, size=lambda one: np.linalg.norm(one, order))
        for order in (2, 1, np.inf, "nuc")
    ],
    "You divided by the sum of squares. The norm is its root.": (
        lambda matrix, steps: polynomial(matrix, steps, size=lambda one: np.square(one).sum())
    ),
    "One step is missing.": lambda matrix, steps: polynomial(matrix, steps - 1),
    "One step is too many.": lambda matrix, steps: polynomial(matrix, steps + 1),
    "b and c are exchanged.": lambda matrix, steps: polynomial(matrix, steps, b=C, c=B),
    "You squared each number. A matrix times itself is written `@`.": (
        lambda matrix, steps: polynomial(matrix, steps, square=np.multiply)
    ),
    "A stays what it was in the first step. It belongs to X, so it changes in each step.": (
        lambda matrix, steps: polynomial(matrix, steps, fresh=False)
    ),
    "The last term is missing: the one with the square of the products.": (
        lambda matrix, steps: polynomial(matrix, steps, c=0)
    ),
    "The result is transposed. If you turn a matrix first, turn it back before you return it.": (
        lambda matrix, steps: polynomial(matrix, steps).T
    ),
    "The matrix is only divided by its norm.": lambda matrix, steps: polynomial(matrix, 0),
}
