"""The augmentation lab's checks. Pipelines are judged by what comes out, augmenters by what they do to coordinates."""

import numpy as np
import scipy.stats

from checks import reports
from checks.compare import compare, table
from checks.core import judges
from checks.probes import augmentation as probes
from checks.probes import functions
from checks.probes.augmentation import (
    BATCH,
    FROZEN,
    IMAGES,
    IMAGES_PER_RUN,
    MARK,
    RUNS,
    SHARD,
    SHARDS,
    coordinate_images,
    numbered_images,
)

# ---- rotate90 -----------------------------------------------------------------------------------------------


def image_batches(rng: np.random.Generator):
    yield {"images": rng.random((4, 5, 8, 1)).astype("float32")}
    yield {"images": rng.random((5, 6, 6, 3)).astype("float32")}


@compare(image_batches, "your batch", "For images of shape {images.shape}: ")
def rotate90(images):
    return np.rot90(images, axes=(1, 2))


def turned(axes: tuple[int, int]) -> list:
    """Turns in the plane of these axes, to either side."""
    return [lambda images: np.rot90(images, 1, axes), lambda images: np.rot90(images, -1, axes)]


rotate90.mistakes = {
    "The images are turned clockwise. Counter-clockwise is wanted: what was on the right comes to the top.": (
        lambda images: np.rot90(images, -1, axes=(1, 2))
    ),
    "You turned the batch, not the images: axis 0 counts the images. Which axes are height and width?": [
        *turned((0, 1)),
        *turned((0, 2)),
    ],
    "Your rotation moves the channel axis: colours are mixed with positions. Which axes are height and width?": [
        *turned((1, 3)),
        *turned((2, 3)),
        *turned((0, 3)),
    ],
    "Height and width are exchanged, but the images are mirrored: text in them would be mirror writing.": [
        lambda images: np.swapaxes(images, 1, 2),
        lambda images: np.swapaxes(images, 1, 2)[:, ::-1, ::-1],
    ],
    "The images are upside down: this is half a turn.": lambda images: images[:, ::-1, ::-1],
    "The images are mirrored, not turned.": [lambda images: images[:, ::-1], lambda images: images[:, :, ::-1]],
    "The images are unchanged. Most functions return the turned images and leave their argument alone.": (
        lambda images: images
    ),
    "`reshape` changes the shape and leaves the order of the numbers: the images are torn, not turned.": (
        lambda images: images.reshape(len(images), images.shape[2], images.shape[1], -1)
    ),
    "Only the first image came back. The whole batch is wanted.": lambda images: np.rot90(images[0]),
}

# ---- build_augmenter ----------------------------------------------------------------------------------------


@judges(probes.build_augmenter)
def build_augmenter(answer, case):
    return judge_augmenter(answer) or judge_maps(answer["maps"])


def judge_augmenter(answer: dict) -> str | None:
    """What is wrong with an augmenter, whatever it does to the geometry."""
    if answer["kind"] != "Layer":
        return (
            f"Your function returned {answer['kind']}. Put the layers into one Keras model, for example a "
            "`keras.Sequential`, and return it."
        )
    low, high = answer["range"]
    if answer["change_in_training"] < 0.01:
        return "With `training=True` all images came back unchanged: nothing is augmented."
    if answer["change_in_inference"] > 0.01:
        return (
            "With `training=False` the images came back changed. In inference the augmenter must hand them on as they "
            "are. (Keras' random layers do so by themselves.)"
        )
    if answer["repeated"] < 0.01:
        return "Two calls in training gave the very same images. Each call should draw anew."
    if answer["within"] < 0.01:
        return "All images of a batch were changed in the same way. Each image needs a draw of its own."
    if not np.isfinite([low, high]).all():
        return "With `training=True` the images hold NaN or infinity."
    if low < -1.02 or high > 1.02:
        return (
            f"The values leave the range of the images: from -1 to 1 went in, from {low:.2f} to {high:.2f} came out. "
            "What fills the corners, or what changes the colours?"
        )
    return judge_grey(answer["grey"])


def judge_grey(grey: np.ndarray) -> str | None:
    """What is wrong with the third channel, which should be the same all over an image."""
    if np.ptp(grey, axis=1).max() > 0.05:
        return (
            "Colours change within an image: the colour channels are mixed, noise is added, something covers a part, "
            "or the hole behind a far shift reaches the middle. Flip, shift and rotation move pixels and leave their "
            "colours."
        )
    before, after = coordinate_images()[:, 0, 0, 2], grey.mean(axis=1).reshape(RUNS, -1)
    if np.abs(after - before).max() < 0.02:
        return None
    if np.abs(np.sort(after) - before).max() < 0.02:
        return "The images of a batch are in another order: they would no longer belong to their labels."
    return (
        "Some images become brighter or darker, or are mixed with others. Flip, shift and rotation move pixels and "
        "leave their values."
    )


def judge_maps(maps: np.ndarray) -> str | None:
    """What is wrong with the geometry of a few hundred draws."""
    maps = maps.copy()
    mirrored = np.linalg.det(maps[:, :, 1:]) < 0
    maps[mirrored, 0] *= -1  # what is done to a mirrored image is judged as it looks
    shifts, matrices = maps[:, :, 0] / 2, maps[:, :, 1:]  # shifts in parts of the size; x, y
    turned = np.degrees(np.arctan2(matrices[:, 1, 0] - matrices[:, 0, 1], matrices[:, 0, 0] + matrices[:, 1, 1]))
    farthest, angles = np.abs(shifts).max(axis=0), np.abs(turned)
    if ((angles > 60) & (angles < 120)).any():
        return (
            "Some images are turned by more than 60°. Look up the unit of the layer's `factor`: it is neither degrees "
            "nor radians."
        )
    if (angles > 120).any():
        return "Some images stand on their head: the sky is below. Photographs may be flipped left and right only."
    if not mirrored.any():
        return f"No image was flipped left-right in {len(maps)} draws."
    if mirrored.all():
        return "Every image is flipped. About half of them should be."
    # A rotation gives these two entries opposite signs, so that their sum is 0. A draw for each slants the image.
    along, across = matrices[:, 1, 0], matrices[:, 0, 1]
    slanted = np.square(along + across).sum() > 0.3 * np.square(along - across).sum()
    # Of 256 draws the largest lies within a few per cent of the limit: what is said rests on bounds far from it.
    if angles.max() > 16 and not slanted:
        more = " (A factor of 10/180 is 20°: the factor counts full turns.)" if angles.max() < 22 else ""
        return f"Images are turned by much more than 10°. Photographs are rarely held like this.{more}"
    if angles.max() < 0.02:
        return f"No image was rotated in {len(maps)} draws."
    if angles.max() < 4:
        return "Images are hardly turned at all: about 10° to either side are wanted."
    if farthest.max() > 0.16:
        return (
            "Images are shifted by much more than a tenth of their size: the object leaves the picture, and the label "
            "no "
            "longer fits."
        )
    if farthest.max() < 0.001:
        return f"No image was shifted in {len(maps)} draws."
    if slanted:
        return (
            "Images are slanted or bent, and not only turned: upright and level lines turn by different angles. A "
            "rotation keeps the right angles."
        )
    for distance, name in zip(farthest, ("left or right", "up or down"), strict=True):
        if distance < 0.001:
            return f"No image was shifted {name}. Shift along both axes."
    if farthest.min() < 0.05:
        return "Images are hardly shifted: about a tenth of the size is wanted, along both axes."
    before = np.where(mirrored, -1, 1)  # what was turned or shifted, and then mirrored, looks turned to the other side
    drawn = [(mirrored, "flipped"), (turned / 45, "turned"), *((one, "shifted") for one in shifts.T)]
    for values, name in (*drawn, (before * turned / 45, "turned"), (before * shifts[:, 0], "shifted")):
        if np.ptp(values.reshape(RUNS, -1).astype(float), axis=1).max() < 0.005:
            return f"All images of a batch are {name} alike. Each image needs a draw of its own."
    if is_fixed(mirrored):
        return "In every batch the same images are flipped, by their places in the batch. Let chance decide."
    if not is_half(mirrored):
        return f"{mirrored.mean():.0%} of the images are flipped. About half of them should be."
    if min(turned.max(), -turned.min()) < 0.5:
        return "All images are turned to the same side. Some should be turned to the left, some to the right."
    if np.minimum(shifts.max(axis=0), -shifts.min(axis=0)).min() < 0.01:
        return "Along one of the axes all images are shifted in the same direction. Shift in both directions."
    areas = np.linalg.det(matrices)
    if areas.min() < 0.4 or areas.max() > 2.5:
        return "Some images are squeezed or enlarged so far that the object is hard to recognise."
    return None


def is_fixed(drawn: np.ndarray) -> bool:
    """Whether what happens to an image depends on its place in the batch alone."""
    return (drawn.reshape(RUNS, -1) == drawn[:IMAGES_PER_RUN]).all()


def is_half(drawn: np.ndarray) -> bool:
    """Whether a coin may have drawn these 256: it misses the bounds once in four million times."""
    return abs(drawn.mean() - 0.5) < 0.162


# ---- build_upside_down --------------------------------------------------------------------------------------


@judges(probes.build_augmenter)
def build_upside_down(answer, case):
    if finding := judge_augmenter(answer):
        return finding
    maps = answer["maps"].copy()
    mirrored, upside_down = maps[:, 0, 1] < 0, maps[:, 1, 2] < 0
    if not upside_down.any():
        return f"No image stands on its head in {len(maps)} draws. Which mode of `RandomFlip` does that?"
    if upside_down.all():
        return "Every image is upside down. About half of them should be."
    if not mirrored.any():
        return "The images are flipped upside down, but no longer left-right. Keep what `build_augmenter` does."
    if (mirrored == upside_down).all():
        return (
            "Images are flipped in both directions or in none: these are half turns. (Keras' `horizontal_and_vertical` "
            "draws once for both.)"
        )
    if is_fixed(upside_down):
        return "In every batch the same images are upside down, by their places in the batch. Let chance decide."
    if not is_half(upside_down):
        return f"{upside_down.mean():.0%} of the images are upside down. About half of them should be."
    both = np.mean(mirrored & upside_down)
    if abs(both - mirrored.mean() * upside_down.mean()) > 0.08:  # by chance less than once in a million times
        return (
            f"Of the images that are flipped left-right, {both / mirrored.mean():.0%} are upside down; of the others, "
            f"{np.mean(upside_down[~mirrored]):.0%}. The two draws should not depend on each other."
        )
    maps[upside_down, 1] *= -1  # the rest is judged as it looks when the image stands on its feet again
    if finding := judge_maps(maps):
        return f"Apart from the flips upside down: {finding}"
    return None


# ---- what make_pipeline and stream_from_disk share ----------------------------------------------------------


def judge_sizes(sizes: list[int], n: int, batch_size: int) -> str | None:
    """What is wrong with the sizes of the batches that hold n images."""
    total = sum(sizes)
    if len(sizes) > -(-n // batch_size) and total > n:
        return (
            f"After {total} images the pipeline still gives more, though there are only {n}. One pass should end "
            "after all images; Keras begins the next one by itself."
        )
    if n - batch_size < total < n and {*sizes} == {batch_size}:
        return f"The last batch is missing: {total} of {n} images arrive. Keep it although it is smaller."
    other = [k for k, size in enumerate(sizes) if size > batch_size or size < batch_size and k < len(sizes) - 1]
    if other:
        said = f"All batches but the last should hold {batch_size} images; your batch {other[0] + 1} holds "
        said += f"{sizes[other[0]]}."
        if len(other) == 1 and total == n and max(sizes) == batch_size:
            said += " This one should come last: are whole batches shuffled, or given another order?"
        return said
    return None if total == n else f"One pass should give {n} images; yours gives {total}."


def judge_numbers(numbers: np.ndarray) -> str | None:
    """What is wrong with the numbers of the images of one pass, in whatever order."""
    if np.array_equal(np.sort(numbers), np.arange(len(numbers))):
        return None
    return "Some images come twice in one pass, others not at all, or their values are changed."


# ---- make_pipeline ------------------------------------------------------------------------------------------


def labelled_images(rng: np.random.Generator):
    """Images whose pixels hold their number, sorted by class as files on a disk often are."""
    for n, batch_size, augmented, training, one_hot in (
        (53, 8, False, False, True),
        (53, 8, True, False, False),
        (1530, 100, False, True, True),
        (530, 64, True, True, True),
    ):
        classes = np.sort(rng.integers(0, 10, n))
        x = np.tile(np.arange(n, dtype="float32")[:, None, None, None], (1, 2, 3, 1))
        y = np.eye(10, dtype="float32")[classes] if one_hot else classes
        yield {"x": x, "y": y, "batch_size": batch_size, "augmented": augmented, "training": training}


def with_settings(case: dict) -> str:
    return f"With training={case['training']} and {'an `augment`' if case['augmented'] else 'augment=None'}: "


@judges(probes.make_pipeline, labelled_images, with_settings)
def make_pipeline(answer, case):
    if answer["seen"]["pair"]:
        return "Your pipeline hands images and labels to `augment` as a pair. It takes the images alone."
    if answer["seen"]["labels"]:
        return "Your pipeline augments the labels too. `augment` gets the images, and the labels stay as they are."
    if answer["seen"]["single"]:
        return (
            "Your pipeline hands single images to `augment`. It takes a batch, (N, H, W, C): first make batches, then "
            "augment."
        )
    epochs = answer["epochs"]
    for epoch in epochs:
        if tuple(epoch["shape"]) != case["x"].shape[1:]:
            return f"Images of the shape {case['x'].shape[1:]} went in, but {tuple(epoch['shape'])} came out."
        if finding := judge_sizes(epoch["sizes"], len(case["x"]), case["batch_size"]):
            return finding
        if epoch["labels"].shape != case["y"].shape:
            return f"Labels of the shape {case['y'].shape} went in, but {epoch['labels'].shape} came out."
    values = [epoch["pixels"][:, 0, 0] for epoch in epochs]
    if case["augmented"] and (finding := judge_augmentation(*values, case["training"])):
        return finding
    orders = [np.rint(one % MARK).astype(int) for one in values]
    for epoch, numbers in zip(epochs, orders, strict=True):
        if finding := judge_numbers(numbers) or judge_labels(epoch["labels"], case["y"][numbers]):
            return finding
    if finding := (judge_shuffling(*orders) if case["training"] else judge_order(orders[0])):
        return finding
    prefetched, batched = ([word in stage for stage in answer["stages"]] for word in ("Prefetch", "Batch"))
    if answer["stages"] and not any(prefetched):
        return "Nothing is prefetched: the network has to wait while the next batch is made."
    if any(batched) and prefetched.index(True) > len(batched) - 1 - batched[::-1].index(True):
        return "Your `prefetch` comes before `batch`: it prepares single images in advance, and no batches."
    return None


def judge_labels(yours: np.ndarray, expected: np.ndarray) -> str | None:
    if expected.ndim == 2 and np.array_equal(yours, expected[:, ::-1]):
        return "The labels are flipped along with the images. A flipped cat is still a cat: its label stays."
    matches = np.mean([np.array_equal(one, other) for one, other in zip(yours, expected, strict=True)])
    if matches < 1:
        return (
            f"Only {matches:.0%} of the labels belong to their image. Shuffle pairs: put images and labels into one "
            "dataset first."
        )
    return None


def judge_order(numbers: np.ndarray) -> str | None:
    if np.array_equal(numbers, np.arange(len(numbers))):
        return None
    return (
        "With `training=False` the images come in another order. Predictions could no longer be compared with "
        "the labels: shuffle for training only."
    )


def judge_shuffling(numbers: np.ndarray, later: np.ndarray) -> str | None:
    n = len(numbers)
    if np.array_equal(numbers, np.arange(n)):
        return "With `training=True` the images come in their stored order. Sorted by class, batches teach little."
    if np.mean(np.diff(numbers) == 1) > 0.8:
        return (
            "Images that were neighbours stay together: whole batches change places, but their contents do not. "
            "Which step must come first?"
        )
    if numbers[:100].max() < 0.85 * n:  # by chance in one of ten million runs
        return (
            f"The order is nearly kept: the first hundred images that arrive are all among the first "
            f"{numbers[:100].max() + 1} of {n}. The shuffle buffer is too small: it draws only from what it holds."
        )
    if np.array_equal(numbers, later):
        return "The second epoch has the same order as the first. Each epoch should be shuffled anew."
    return None


def judge_augmentation(first: np.ndarray, second: np.ndarray, training: bool) -> str | None:
    """What is wrong with the marks that `augment` left on the images of two epochs."""
    draws, halves = first // MARK, np.abs(first % 1 - FROZEN) < 0.1
    if not training:
        if halves.any() or draws.any():
            return (
                "With `training=False` the images went through `augment`. Validation images stay as they are, or you "
                "measure another data set."
            )
        return None
    if halves.all():
        return "`augment` was called without `training=True`: then it changes nothing."
    if not draws.all():
        return "With `training=True` images arrive that did not go through `augment`."

    def draws_in_order(images: np.ndarray) -> np.ndarray:
        return (images // MARK)[np.argsort(images % MARK)]

    if np.array_equal(draws_in_order(first), draws_in_order(second)):
        return (
            "In the second epoch every image is augmented just as in the first. The augmentation must be drawn anew in "
            "each epoch, so it may be neither computed beforehand nor cached."
        )
    return None


# ---- stream_from_disk ---------------------------------------------------------------------------------------


@judges(
    probes.stream_from_disk,
    lambda rng: [{"training": mode, "seed": int(rng.integers(1, 10_000))} for mode in (False, True)],
    "With training={training}: ",
)
def stream_from_disk(answer, case):
    x, y = numbered_images(case["seed"])
    first = answer["epochs"][0]
    if tuple(first["shape"]) != (32, 32, 3):
        return f"Images of the shape (32, 32, 3) are in the shards, but {tuple(first['shape'])} came out."
    if first["dtype"].startswith(("uint", "int")):
        return f"The images arrive as {first['dtype']}, 0 to 255, as they are stored. float32 from 0 to 1 is wanted."
    pixels = first["pixels"]
    if pixels.max() > 1.5:
        return f"The images go up to {pixels.max():g}: scale them to 0 to 1."
    if pixels.min() < -0.01:
        return f"The images go from {pixels.min():g} to {pixels.max():g}: 0 to 1 is wanted."
    if pixels.max() < 0.1:
        return f"The images go up to {pixels.max():.4f} only: they are scaled twice."
    if np.isin(pixels, (0, 1)).all():
        return "All your pixels are 0 or 1, and nothing between. Does a `//` throw away what stands behind the point?"
    if pixels.max() < 0.999:
        return f"The images go up to {pixels.max():.4f} only. The largest stored number is 255: it should become 1."
    if first["dtype"] != "float32":
        return f"The images arrive as {first['dtype']}: float32 is wanted, half the memory and all a network needs."
    orders = [number(epoch["pixels"]) for epoch in answer["epochs"]]
    numbers = orders[0]
    shards = np.unique(numbers // SHARD)
    if len(shards) < SHARDS and len(numbers) < IMAGES and not case["training"]:
        missing = sorted({*range(SHARDS)} - {*shards.tolist()})
        names = ", ".join(f"shard_{k:03}.npz" for k in missing[:3])
        return f"Images of {names} never arrive. Take the list of shards from the folder, without counting on a number."
    for epoch, found in zip(answer["epochs"], orders, strict=True):
        if finding := judge_sizes(epoch["sizes"], IMAGES, BATCH) or judge_numbers(found):
            return finding
        labels = epoch["labels"]
        if labels.shape != (IMAGES,):
            return f"The labels should come as they are stored, one number per image; yours have {labels.shape}."
        if labels.dtype.kind not in "iu":
            return f"The labels should stay whole numbers, as they are stored; yours are {labels.dtype}."
        matches = np.mean(labels == y[found])
        if matches < 1:
            return f"Only {matches:.0%} of the labels belong to their image. Use one order for both arrays of a shard."
    if any("Cache" in stage for stage in answer["stages"]):
        return "`cache()` keeps every image in memory after the first pass. Big data must be read anew in each epoch."
    if not case["training"]:
        return judge_stored_order(numbers) or judge_memory(answer)
    return judge_shuffled_shards(orders) or judge_memory(answer)


def number(pixels: np.ndarray) -> np.ndarray:
    """The images' numbers, from their first pixels scaled to 0 to 1."""
    digits = np.rint(pixels[:, 0] * 255).astype(int)
    return digits[:, 0] + 256 * digits[:, 1]


def judge_stored_order(numbers: np.ndarray) -> str | None:
    if np.array_equal(numbers, np.arange(IMAGES)):
        return None
    inside = all(np.array_equal(block, np.sort(block)) for block in np.split(numbers, SHARD * np.arange(1, SHARDS)))
    blocks = numbers // SHARD
    if np.count_nonzero(np.diff(blocks)) == SHARDS - 1 and (inside or (np.diff(numbers) == 1).mean() > 0.9):
        return (
            "With `training=False` the shards come in a wrong order. A folder lists its files in any order; their "
            "names say which is the first."
        )
    return "With `training=False` the images should come in the order in which they are stored; yours are mixed."


def judge_memory(answer: dict) -> str | None:
    if not answer["before_the_broken_shard"]:
        return (
            "Before the first batch came out, the last shard had been read. (We broke it to find out.) What does not "
            "fit in memory must be read one shard at a time, each when its images are due."
        )
    if answer["after_it_was_read"] == len(answer["epochs"][0]["sizes"]):
        return (
            "Images stay in memory after they were used: later passes gave those of a shard that could no longer be "
            "read. Read each shard anew in each epoch."
        )
    return None


def order_kept(numbers: np.ndarray) -> float:
    """Spearman's rank correlation of the order in which these images arrive with that in which they are stored."""
    return scipy.stats.spearmanr(np.arange(len(numbers)), numbers).statistic


def judge_shuffled_shards(orders: list[np.ndarray]) -> str | None:
    """What is wrong with the orders of the images in three epochs."""
    numbers, later = orders[:2]
    if np.array_equal(numbers, np.arange(IMAGES)):
        return "With `training=True` nothing is shuffled: the argument `training` has no effect."
    if np.array_equal(numbers, later):
        return "The second epoch has the same order as the first. Each epoch should be shuffled anew."
    shards = numbers // SHARD
    shard_orders = [list(dict.fromkeys((found // SHARD).tolist())) for found in orders]  # as they first appear
    order = shard_orders[0]
    read_before = np.cumsum([0, *(np.count_nonzero(shards == k) for k in order)])
    # When the first image of a shard arrives, all shards before it have been read: what has not arrived yet is held.
    held = max(read_before[place] - np.argmax(shards == k) for place, k in enumerate(order))
    if held > 3 * SHARD:
        return (
            f"At some moment at least {held} of the {IMAGES} images are held in memory, because images of many shards "
            "are mixed. Shuffle the order of the shards, and the images within each shard."
        )
    if np.mean(np.diff(numbers) == 1) > 0.8:
        return "With `training=True` the shards come in random order, but the images within a shard as they are stored."
    kept = np.mean([order_kept(found[found // SHARD == k]) for found in orders for k in range(SHARDS)])
    if kept > 0.45:  # shuffle(30): 0.53 ± 0.02, shuffle(60), one shard: 0.30 ± 0.03, both over the border of shards
        return (
            f"Within a shard much of the stored order is kept: the positions at which images arrive and at which they "
            f"are stored correlate with {kept:.2f} (well mixed: about 0). Is your shuffle buffer too small?"
        )
    if all(one == order for one in shard_orders):
        return "With `training=True` the images within a shard are shuffled, but the shards always come in one order."
    if all(np.array_equal(numbers[shards == k], later[later // SHARD == k]) for k in range(SHARDS)):
        return "Within each shard, the second epoch has the same order as the first. Shuffle in each epoch anew."
    return None


# ---- confusion_matrix, per_class_report ---------------------------------------------------------------------


def predictions(rng: np.random.Generator):
    """True and predicted classes; in the second case two never occur, in the third pairs occur more than 255 times."""
    for n_classes, n in ((4, 60), (6, 80), (3, 1500)):
        used = n_classes - 2 if n_classes == 6 else n_classes
        y_true = rng.integers(0, used, n)
        y_pred = np.where(rng.random(n) < 0.6, y_true, np.minimum(y_true + rng.integers(0, 3, n), used - 1))
        y_true[:used] = y_pred[:used] = np.arange(used)
        yield {"y_true": y_true, "y_pred": y_pred, "n_classes": n_classes}


@compare(predictions, "your matrix", "For {n_classes} classes: ")
def confusion_matrix(y_true, y_pred, n_classes):
    return reports.counted(y_true, y_pred, n_classes)


def of_counts(change):
    """What a mistake makes of the right matrix."""
    return lambda y_true, y_pred, n_classes: change(reports.counted(y_true, y_pred, n_classes))


def for_classes_that_occur(y_true, y_pred, n_classes):
    used = y_true.max() + 1
    return reports.counted(y_true, y_pred, n_classes)[:used, :used]


def fractions(axis, factor: int = 1):
    return of_counts(lambda matrix: factor * matrix / np.maximum(matrix.sum(axis, keepdims=True), 1))


confusion_matrix.mistakes = {
    "Rows and columns are exchanged: a row belongs to a true class, a column to a predicted one.": [
        of_counts(lambda matrix: matrix.T),
        lambda *arguments: for_classes_that_occur(*arguments).T,
        of_counts(lambda matrix: (matrix.T > 0).astype(int)),
    ],
    "Pairs that occur several times are counted once. `matrix[y_true, y_pred] += 1` does this: NumPy adds to each "
    "entry only once per statement.": of_counts(lambda matrix: (matrix > 0).astype(int)),
    "The matrix should be {n_classes}×{n_classes}. Classes that occur in none of the arrays keep a row and a column of "
    "zeros.": for_classes_that_occur,
    "Counts are wanted, not fractions of the row.": [fractions(1), fractions(1, 100)],
    "Counts are wanted, not fractions of the column.": [fractions(0), fractions(0, 100)],
    "Counts are wanted, not fractions of all images.": [fractions(None), fractions(None, 100)],
    "Only right predictions are counted. The interesting ones are beside the diagonal.": (
        of_counts(lambda matrix: np.diag(np.diag(matrix)))
    ),
    "All rows are alike. `[[0] * n] * n` is one row, n times: what you change in one changes in all.": (
        of_counts(lambda matrix: np.repeat(matrix.sum(0, keepdims=True), len(matrix), axis=0))
    ),
    "Images are counted with their classes exchanged, too. A row belongs to a true class, a column to a "
    "predicted one: the matrix need not be symmetric.": [
        of_counts(lambda matrix: matrix + matrix.T),
        of_counts(lambda matrix: (matrix + matrix.T) / 2),
    ],
    "Large counts are wrong: a type of 8 bits, such as `uint8`, starts again from its smallest number after its "
    "largest. Take `int`.": [
        of_counts(lambda matrix: matrix.astype("uint8")),
        of_counts(lambda matrix: matrix.astype("int8")),
    ],
    "Only mistakes are counted. Right predictions belong on the diagonal.": (
        of_counts(lambda matrix: matrix - np.diag(np.diag(matrix)))
    ),
}


def matrices(rng: np.random.Generator):
    """Confusion matrices. In the second a class is never predicted; in the third one never occurs, one comes once."""
    for k in range(3):
        matrix = rng.integers(1, 9, (4, 4)) + np.diag(rng.integers(10, 40, 4))
        matrix[0, 1:] += 7  # so that rows and columns have different sums
        if k == 1:
            matrix[:, 2] = 0
        if k == 2:
            matrix[3], matrix[:, 1], matrix[2] = 0, 0, 0
            matrix[1, 1] = matrix[2, 2] = 1  # predicted once, there once, and rightly
        yield {"matrix": matrix}


@compare(
    matrices,
    where=lambda case: f"For the matrix {case['matrix'].tolist()}: ",
    form=table(
        ("precision", "recall"), "One row per class is wanted, also for those that do not occur", reports.FINITE
    ),
    probe=functions.table,
)
def per_class_report(matrix):
    return reports.report(matrix)


per_class_report.mistakes = reports.MISTAKES
