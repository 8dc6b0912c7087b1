"""The checks of lab 04. Pipelines are judged by what comes out of them, augmenters by what they do to coordinates."""

import contextlib
import itertools
import re
import tempfile
from pathlib import Path

import numpy as np

from checks.old import Unusable, check, judge_array

# ---- rotate90 -----------------------------------------------------------------------------------------------


def image_batches(rng: np.random.Generator):
    yield {"images": rng.random((4, 5, 8, 1)).astype("float32")}
    yield {"images": rng.random((5, 6, 6, 3)).astype("float32")}


@check(image_batches)
def rotate90(student, case):
    return {"rotated": student(case["images"])}


@rotate90.judge
def _(answer, case):
    images = case["images"]
    n, height, width, channels = images.shape
    mirrored = np.swapaxes(images, 1, 2)
    stacks = [np.rot90(images, k, axes) for axes in ((0, 1), (0, 2)) for k in (1, -1)]
    colours = [np.rot90(images, k, axes) for axes in ((1, 3), (2, 3), (0, 3)) for k in (1, -1)]
    return judge_array(
        answer["rotated"],
        np.rot90(images, axes=(1, 2)),
        {
            "The images are turned clockwise. Counter-clockwise is wanted: what was on the right comes to the top.": (
                np.rot90(images, -1, axes=(1, 2))
            ),
            "You turned the batch, not the images: axis 0 counts the images. Which axes are height and width?": stacks,
            "Your rotation moves the channel axis: colours are mixed with places. Which axes are height and width?": (
                colours
            ),
            "Height and width are exchanged, but the images are mirrored: text in them would be mirror writing.": [
                mirrored,
                mirrored[:, ::-1, ::-1],
            ],
            "The images are upside down: this is half a turn.": images[:, ::-1, ::-1],
            "The images are mirrored, not turned.": [images[:, ::-1], images[:, :, ::-1]],
            "The images are unchanged. Most functions return the turned images and leave their argument alone.": images,
            "`reshape` changes the shape and leaves the order of the numbers: the images are torn, not turned.": (
                images.reshape(n, width, height, channels)
            ),
            "Only the first image came back. The whole batch is wanted.": np.rot90(images[0]),
        },
        "your batch",
    )


# ---- build_augmenter ----------------------------------------------------------------------------------------

SIZE, WINDOW = 32, slice(11, 21)  # the window around the centre stays inside the image in every sensible draw
RUNS, IMAGES_PER_RUN = 8, 32


def coordinate_images() -> np.ndarray:
    """Images whose first channel is x, from -1 to 1, whose second is y, and whose third is a grey of each one's own.

    After any flip, shift or rotation each pixel still says where it came from.
    """
    line = np.linspace(-1, 1, SIZE, dtype="float32")
    images = np.empty((IMAGES_PER_RUN, SIZE, SIZE, 3), "float32")
    images[..., 0], images[..., 1] = line, line[:, np.newaxis]
    images[..., 2] = np.linspace(0.2, 0.8, IMAGES_PER_RUN)[:, np.newaxis, np.newaxis]
    return images


def affine_maps(images: np.ndarray) -> np.ndarray:
    """For each coordinate image the map (2, 3) that gives origin x and y from (1, x, y), fitted in the window."""
    line = np.linspace(-1, 1, SIZE)[WINDOW]
    x, y = np.meshgrid(line, line)
    places = np.column_stack([np.ones(x.size), x.ravel(), y.ravel()])
    origins = images[:, WINDOW, WINDOW, :2].reshape(len(images), -1, 2)
    return np.einsum("kp,npc->nck", np.linalg.pinv(places), origins)


@contextlib.contextmanager
def full_precision():
    """Let layers made here compute in 32 bits, so that an answer is judged alike on every machine."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@check()
def build_augmenter(student, case):
    import keras

    with full_precision():
        augmenter = student()
    if not isinstance(augmenter, keras.Layer):
        return {"kind": "None" if augmenter is None else type(augmenter).__name__}
    images = coordinate_images()

    def outcome(training: bool) -> np.ndarray:
        changed = augmenter(images, training=training)
        if not hasattr(changed, "shape"):
            raise Unusable(f"Called with images, your model should give images; it gives {type(changed).__name__}.")
        if tuple(changed.shape) != images.shape:
            raise Unusable(
                f"Images must keep their shape: {images.shape} went in, {tuple(changed.shape)} came out with "
                f"`training={training}`."
            )
        return np.asarray(changed).astype("float32")

    inference = outcome(False)
    runs = np.stack([outcome(True) for _ in range(RUNS)])
    together = runs.reshape(-1, *images.shape[1:])
    return {
        "kind": "Layer",
        "change_in_inference": np.abs(inference - images).max(),
        "change_in_training": np.abs(runs - images).max(),
        "range": [runs.min(), runs.max()],
        "maps": affine_maps(together),
        "grey": together[:, WINDOW, WINDOW, 2].reshape(len(together), -1)[:, ::9],
        "repeated": np.abs(runs[0] - runs[1]).max(),
        "within": np.abs(runs[0] - runs[0, :1])[..., :2].max(),
    }


@build_augmenter.judge
def _(answer, case):
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
    return judge_grey(answer["grey"]) or judge_maps(answer["maps"])


def judge_grey(grey: np.ndarray) -> str | None:
    """What is wrong with the third channel, which should be the same all over an image."""
    if np.ptp(grey, axis=1).max() > 0.05:
        return (
            "Colours change from place to place: the colour channels are mixed, noise is added, or something covers "
            "a part. Flip, shift and rotation move pixels and leave their colours."
        )
    before, after = coordinate_images()[:, 0, 0, 2], grey.mean(axis=1).reshape(RUNS, -1)
    if np.abs(after - before).max() < 0.02:
        return None
    if np.abs(np.sort(after) - before).max() < 0.02:
        return "The images of a batch change places: they would no longer belong to their labels."
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
    if farthest.max() > 0.3:
        return (
            f"Images are shifted by up to {farthest.max():.0%} of their size: the object leaves the picture, and the "
            "label no longer fits. About a tenth is enough."
        )
    if ((angles > 60) & (angles < 120)).any():
        return (
            f"Images are turned by up to {angles.max():.0f}°. Look up the unit of the layer's `factor`: it is neither "
            "degrees nor radians."
        )
    if (angles > 120).any():
        return "Some images stand on their head: the sky is below. Photographs may be flipped left and right only."
    if not mirrored.any():
        return f"No image was flipped left-right in {len(maps)} draws."
    if mirrored.all():
        return "Every image is flipped. About half of them should be."
    if angles.max() > 30:
        return f"Images are turned by up to {angles.max():.0f}°. Photographs are rarely held like this: 10° are enough."
    if angles.max() < 1.5:
        return f"No image was rotated in {len(maps)} draws."
    if farthest.max() < 0.02:
        return f"No image was shifted in {len(maps)} draws."
    for distance, name in zip(farthest, ("left or right", "up or down"), strict=True):
        if distance < 0.02:
            return f"No image was shifted {name}. Shift along both axes."
    for values, name in ((mirrored, "flipped"), (turned / 45, "turned"), *((one, "shifted") for one in shifts.T)):
        if np.ptp(values.reshape(RUNS, -1).astype(float), axis=1).max() < 0.005:
            return f"All images of a batch are {name} alike. Each image needs a draw of its own."
    if not 0.25 < mirrored.mean() < 0.75:
        return f"{mirrored.mean():.0%} of the images are flipped. About half of them should be."
    if min(turned.max(), -turned.min()) < 0.5:
        return "All images are turned to the same side. Some should be turned to the left, some to the right."
    if np.minimum(shifts.max(axis=0), -shifts.min(axis=0)).min() < 0.01:
        return "Along one of the axes all images are shifted in the same direction. Shift in both directions."
    areas = np.linalg.det(matrices)
    if areas.min() < 0.4 or areas.max() > 2.5:
        return "Some images are squeezed or enlarged so far that the object is hard to recognise."
    return None


# ---- what make_pipeline and stream_from_disk share ----------------------------------------------------------


@contextlib.contextmanager
def plain_errors():
    """Raise an error from inside TensorFlow again in a form that says what happened, and where in the student's code.

    TensorFlow packs such errors into its own, with the traceback as text.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a student's code raises
        text = str(error)
        if not any(mark in text for mark in ("in user code:", "Traceback (most recent call last)", "{{function_node")):
            raise
        text = re.sub(r"\{\{function_node.*?\}\}|\[Op:\w+\]( name:)?|outer_factory\S*<locals>\.", "", text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = [line for line in lines if re.match(r"[A-Za-z_.]*(Error|Exception|BadZipFile)\b", line)]
        name, _, what = (said[-1] if said else f"{type(error).__name__}: {lines[-1]}").partition(":")
        found = [k for k, line in enumerate(lines) if line.startswith("File ") and "site-packages" not in line]
        found = [k for k in found if "/checks/" not in lines[k]]
        where = f"\nIt happened in your code, in this line: {lines[found[-1] + 1]}" if found else ""
        plain = type(name.rpartition(".")[2], (Exception,), {})(what.strip() + where)
        raise plain.with_traceback(None if where else error.__traceback__) from None


def read_batches(dataset, most: int) -> list:
    """At most so many batches, each a pair of arrays. Raises Unusable if they are no pairs of batches."""
    batches = []
    for batch in dataset:
        if not (isinstance(batch, tuple) and len(batch) == 2):
            raise Unusable("Each element should be a pair: a batch of images and a batch of labels.")
        images, labels = (np.asarray(part) for part in batch)
        if images.ndim != 4 or labels.ndim == 0:
            raise Unusable(
                f"Each element should hold a batch of images, (n, height, width, channels); yours has the shape "
                f"{images.shape}."
            )
        batches.append((images, labels))
        if len(batches) == most:
            break
    return batches


def stages(dataset) -> list[str]:
    """The kinds of the steps of a pipeline, last one first; empty where TensorFlow does not say."""
    names = []
    while hasattr(dataset, "_inputs"):
        names.append(type(dataset).__name__)
        before = dataset._inputs()
        dataset = before[0] if before else None
    return names


def run_through(dataset, n: int, batch_size: int, passes: int) -> dict:
    """What comes out of several passes through a data set of n images, each of which has pixels that name it."""
    import tensorflow as tf

    if not isinstance(dataset, tf.data.Dataset):
        kind = "None. Does it end with `return`?" if dataset is None else f"a {type(dataset).__name__}."
        raise Unusable(f"A tf.data.Dataset is wanted, but your function returned {kind}")
    epochs = []
    for _ in range(passes):
        batches = read_batches(dataset, -(-n // batch_size) + 2)
        if not batches:
            raise Unusable(
                "Your pipeline can be run through only once: a second pass, for the next epoch, gives no batch."
                if epochs
                else "Your pipeline gives no batch at all."
            )
        images, labels = zip(*batches, strict=True)
        epochs.append(
            {
                "sizes": [len(one) for one in images],
                "pixels": np.concatenate([one[:, 0, :2] for one in images]).astype("float64"),
                "labels": np.concatenate(labels),
                "shape": images[0].shape[1:],
                "dtype": str(images[0].dtype),
            }
        )
    return {"stages": stages(dataset), "epochs": epochs}


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
    if max(sizes) > batch_size or min(sizes[:-1], default=batch_size) < batch_size:
        return (
            f"All batches but the last should hold {batch_size} images; yours hold {', '.join(map(str, sizes[:9]))}"
            f"{', ...' if len(sizes) > 9 else ''}."
        )
    return None if total == n else f"One pass should give {n} images; yours gives {total}."


def judge_numbers(numbers: np.ndarray) -> str | None:
    """What is wrong with the numbers of the images of one pass, in whatever order."""
    if np.array_equal(np.sort(numbers), np.arange(len(numbers))):
        return None
    return "Some images come twice in one pass, others not at all, or their values are changed."


# ---- make_pipeline ------------------------------------------------------------------------------------------

MARK, FROZEN = 10_000, 0.5  # added to augmented pixels (times a draw), and where `training=True` was missing


def labelled_images(rng: np.random.Generator):
    """Images whose pixels hold their number, sorted by class as files on a disk often are."""
    for n, batch_size, augmented, training in (
        (53, 8, False, False),
        (53, 8, True, False),
        (1530, 100, False, True),
        (530, 64, True, True),
    ):
        classes = np.sort(rng.integers(0, 10, n))
        x = np.tile(np.arange(n, dtype="float32")[:, None, None, None], (1, 2, 3, 1))
        y = np.eye(10, dtype="float32")[classes]
        yield {"x": x, "y": y, "batch_size": batch_size, "augmented": augmented, "training": training}


@check(labelled_images)
def make_pipeline(student, case):
    import tensorflow as tf

    generator = tf.random.Generator.from_seed(0)  # its state lives on from epoch to epoch
    seen = {"pair": False, "labels": False}

    def augment(images, training=False):
        if isinstance(images, tuple | list):
            seen["pair"] = True
            return images
        images = tf.convert_to_tensor(images)
        seen["labels"] |= images.shape.rank is not None and images.shape.rank < 3
        if training is not True:
            return images + tf.cast(FROZEN, images.dtype)
        return images + tf.cast(MARK * generator.uniform((), 1, 1000, tf.int32), images.dtype)

    with plain_errors():
        dataset = student(
            case["x"],
            case["y"],
            case["batch_size"],
            augment=augment if case["augmented"] else None,
            training=case["training"],
        )
        return {"seen": seen} | run_through(dataset, len(case["x"]), case["batch_size"], passes=2)


@make_pipeline.judge
def _(answer, case):
    if answer["seen"]["pair"]:
        return "Your pipeline hands images and labels to `augment` as a pair. It takes the images alone."
    if answer["seen"]["labels"]:
        return "Your pipeline augments the labels too. `augment` gets the images, and the labels stay as they are."
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
    if answer["stages"] and not any("Prefetch" in stage for stage in answer["stages"]):
        return "Nothing is prefetched: the network has to wait while the next batch is made."
    return None


def judge_labels(yours: np.ndarray, expected: np.ndarray) -> str | None:
    if np.array_equal(yours, expected[:, ::-1]):
        return "The labels are flipped along with the images. A flipped cat is still a cat: its label stays."
    matches = np.all(yours == expected, axis=1).mean()
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

SHARD, SHARDS, IMAGES, BATCH = 120, 7, 773, 32  # the last shard is smaller


def write_shards(folder: Path, x: np.ndarray, y: np.ndarray, order: np.ndarray) -> None:
    """Write the shards in this order, so that the names alone tell which is the first."""
    for k in order:
        part = slice(k * SHARD, (k + 1) * SHARD)
        np.savez(folder / f"shard_{k:03}.npz", x=x[part], y=y[part])


def numbered_images(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise, uint8, (N, 32, 32, 3), whose first pixel holds the image's number; labels."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.integers(0, 256, (IMAGES, 32, 1, 3), dtype="uint8"), 32, axis=2)
    numbers = np.arange(IMAGES)
    x[:, 0, 0, 0], x[:, 0, 0, 1], x[:, 0, 1] = numbers % 256, numbers // 256, 255
    return x, rng.integers(0, 10, IMAGES)


@check(lambda rng: [{"training": mode, "seed": int(rng.integers(1, 10_000))} for mode in (False, True)])
def stream_from_disk(student, case):
    x, y = numbered_images(case["seed"])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_shards(folder, x, y, np.random.default_rng(case["seed"]).permutation(SHARDS))
        with plain_errors():
            dataset = student(folder, BATCH, training=case["training"])
            passes = 3 if case["training"] else 2  # the same order of shards three times is no chance
            answer = run_through(dataset, IMAGES, BATCH, passes)
        if not case["training"]:
            break_last_shard(folder)
            answer["before_the_broken_shard"] = arriving(lambda: student(folder, BATCH, training=False).take(3))
            answer["after_it_was_read"] = arriving(lambda: dataset.take(len(answer["epochs"][0]["sizes"])))
        return answer


def break_last_shard(folder: Path) -> None:
    path = folder / f"shard_{SHARDS - 1:03}.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def arriving(make_batches) -> int:
    """How many batches arrive before an error. A shard that cannot be read shows when it is read."""
    arrived = 0
    with contextlib.suppress(Exception):  # the broken shard, under whatever name
        for _ in make_batches():
            arrived += 1
    return arrived


@stream_from_disk.judge
def _(answer, case):
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
        matches = np.mean(labels == y[found])
        if matches < 1:
            return f"Only {matches:.0%} of the labels belong to their image. Use one order for both arrays of a shard."
    if any("Cache" in stage for stage in answer["stages"]):
        return "`cache()` keeps every image in memory after the first pass. Big data must be read anew in each epoch."
    if not case["training"]:
        return judge_stored_order(numbers) or judge_memory(answer)
    return judge_shuffled_shards(orders)


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
            "Before the first batch came out, all shards had been read. (We broke the last one to find out.) What does "
            "not fit in memory must be read one shard at a time, each when its images are due."
        )
    if answer["after_it_was_read"] == len(answer["epochs"][0]["sizes"]):
        return (
            "Images stay in memory after they were used: later passes gave those of a shard that could no longer be "
            "read. Read each shard anew in each epoch."
        )
    return None


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
    for k in range(SHARDS):
        inside = numbers[shards == k] - k * SHARD
        if inside[:30].max() < 0.6 * len(inside):  # by chance in one of a million runs
            return (
                f"Within a shard the stored order is nearly kept: the first 30 images that arrive are among its first "
                f"{inside[:30].max() + 1} of {len(inside)}. Is your shuffle buffer too small?"
            )
    if all(one == order for one in shard_orders):
        return "With `training=True` the images within a shard are shuffled, but the shards always come in one order."
    if all(np.array_equal(numbers[shards == k], later[later // SHARD == k]) for k in range(SHARDS)):
        return "Within each shard, the second epoch has the same order as the first. Shuffle in each epoch anew."
    return None


# ---- confusion_matrix, per_class_report, most_confused_pairs ------------------------------------------------


def predictions(rng: np.random.Generator):
    """True and predicted classes; in the second case two classes never occur."""
    for n_classes, n in ((4, 60), (6, 80)):
        used = n_classes if n_classes == 4 else n_classes - 2
        y_true = rng.integers(0, used, n)
        y_pred = np.where(rng.random(n) < 0.6, y_true, np.minimum(y_true + rng.integers(0, 3, n), used - 1))
        y_true[:used] = y_pred[:used] = np.arange(used)
        yield {"y_true": y_true, "y_pred": y_pred, "n_classes": n_classes}


def counted(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(matrix, (y_true, y_pred), 1)
    return matrix


@check(predictions)
def confusion_matrix(student, case):
    return {"matrix": student(case["y_true"], case["y_pred"], case["n_classes"])}


@confusion_matrix.judge
def _(answer, case):
    n_classes = case["n_classes"]
    matrix = counted(case["y_true"], case["y_pred"], n_classes)
    rows, columns = matrix.sum(axis=1, keepdims=True), matrix.sum(axis=0, keepdims=True)
    used = matrix[: case["y_true"].max() + 1, : case["y_true"].max() + 1]

    def fractions(sums) -> list[np.ndarray]:
        return [matrix / np.maximum(sums, 1), 100 * matrix / np.maximum(sums, 1)]

    return judge_array(
        answer["matrix"],
        matrix,
        {
            "Rows and columns are exchanged: a row belongs to a true class, a column to a predicted one.": [
                matrix.T,
                used.T,
                (matrix.T > 0).astype(int),
            ],
            "Pairs that occur several times are counted once. `matrix[y_true, y_pred] += 1` does this: NumPy adds to "
            "each place only once per statement.": (matrix > 0).astype(int),
            f"The matrix should be {n_classes}×{n_classes}. Classes that occur in none of the arrays keep a row and a "
            "column of zeros.": used,
            "Counts are wanted, not fractions of the row.": fractions(np.maximum(rows, 1)),
            "Counts are wanted, not fractions of the column.": fractions(np.maximum(columns, 1)),
            "Counts are wanted, not fractions of all images.": fractions(matrix.sum()),
            "Only right predictions are counted. The interesting ones are beside the diagonal.": np.diag(
                np.diag(matrix)
            ),
            "All rows are alike. `[[0] * n] * n` is one row, n times: what you change in one changes in all.": (
                np.repeat(columns, n_classes, axis=0)
            ),
            "Only mistakes are counted. Right predictions belong on the diagonal.": matrix - np.diag(np.diag(matrix)),
        },
        "your matrix",
    )


def matrices(rng: np.random.Generator):
    """Confusion matrices; in the second a class is never predicted, in the third one never occurs."""
    for k in range(3):
        matrix = rng.integers(1, 9, (4, 4)) + np.diag(rng.integers(10, 40, 4))
        matrix[0, 1:] += 7  # so that rows and columns have different sums
        if k == 1:
            matrix[:, 2] = 0
        if k == 2:
            matrix[3] = 0
        yield {"matrix": matrix}


@check(matrices)
def per_class_report(student, case):
    table = student(case["matrix"])
    if not hasattr(table, "columns"):
        return {"kind": "None" if table is None else type(table).__name__}
    if not table.columns.is_unique:
        raise Unusable("Several columns of your table have the same name.")
    wanted = {name: table[name].tolist() for name in ("precision", "recall") if name in table}
    return {"kind": "DataFrame", "names": [str(name) for name in table.columns], "columns": wanted}


@per_class_report.judge
def _(answer, case):
    if answer["kind"] != "DataFrame":
        return f"A pandas DataFrame is wanted, but your function returned {answer['kind']}."
    columns = answer["columns"]
    missing = [name for name in ("precision", "recall") if name not in columns]
    if missing:
        names = ", ".join(answer["names"]) or "none"
        return f"The column {' and the column '.join(missing)} is missing; the columns of your table: {names}."
    matrix = case["matrix"]
    if len(columns["recall"]) != len(matrix):
        return f"One row per class is wanted: {len(matrix)}. Your table has {len(columns['recall'])}."
    right, rows, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recall, precision = (right / np.maximum(sums, 1) for sums in (rows, predicted))
    expected = np.column_stack([precision, recall])
    try:
        if any(isinstance(value, str) for column in columns.values() for value in column):
            raise ValueError
        yours = np.column_stack([columns["precision"], columns["recall"]]).astype(float)
    except (TypeError, ValueError):
        return "Your table should hold one number in each place, not texts or lists. Whoever prints it may round."
    sums = np.column_stack([predicted, rows])
    if not np.isfinite(yours[sums > 0]).all():
        return "Your table holds NaN, None or infinity where both sums are above 0."
    if not np.isfinite(yours).all():
        k, which = np.argwhere(~np.isfinite(yours))[0].tolist()
        why = ("never predicted", "never there")[which]
        return f"Class {k} was {why}, so a sum is 0 and the division gives NaN. Return 0 in this case."
    one_sum = right / matrix.sum()
    return judge_array(
        yours,
        expected,
        {
            "Precision and recall are swapped. Recall asks: of the images that *are* a cat, how many were found?": (
                expected[:, ::-1]
            ),
            "Both columns hold the recall. For the precision, divide by how often the class was *predicted*.": (
                np.column_stack([recall, recall])
            ),
            "Both columns hold the precision. For the recall, divide by how often the class really *occurs*.": (
                np.column_stack([precision, precision])
            ),
            "You divided by the number of all images. Each class has a number of its own to divide by.": (
                np.column_stack([one_sum, one_sum])
            ),
            "Where a class is never predicted, or never there, the docstring wants another value than yours.": (
                np.where(sums == 0, 1, expected)
            ),
            "You rounded too far, or cut off what is behind the point. Whoever prints the table may round.": [
                *(np.round(expected, digits) for digits in (2, 1, 0)),
                np.floor(expected),
            ],
            "The rows are right, but not in the order of the classes.": (
                yours if np.allclose(np.sort(yours, axis=0), np.sort(expected, axis=0)) else expected
            ),
            "These are percentages; fractions between 0 and 1 are wanted.": 100 * expected,
            "These are the fractions that are wrong; precision and recall say how much is right.": 1 - expected,
        },
        "your table",
        tol=1e-3,
    )


def mistakes_to_rank(rng: np.random.Generator):
    """Confusion matrices whose mistakes all have different counts, one with ties, and one with few mistakes."""
    different = np.diag(rng.integers(60, 90, 5))
    beside = ~np.eye(5, dtype=bool)
    different[beside] = 2 * rng.permutation(20) + 1
    left, row, right = np.sort(rng.choice(5, 3, replace=False))  # the most frequent: two in a row, two in a column
    other = rng.choice(np.setdiff1d(range(5), [left, row]))
    different[row, left], different[row, right], different[other, left] = rng.permutation([41, 43, 45])
    yield {"matrix": different, "n": 4}
    tied = np.diag(rng.integers(30, 40, 4))
    tied[~np.eye(4, dtype=bool)] = rng.permutation([9, 9, 9, 5, 5, 2, 2, 1, 1, 1, 1, 1])
    yield {"matrix": tied, "n": 4}
    few = np.diag(rng.integers(30, 40, 4))
    few[1, 3], few[2, 0] = 4, 6
    yield {"matrix": few, "n": 5}


@check(mistakes_to_rank)
def most_confused_pairs(student, case):
    found = student(case["matrix"], case["n"])
    if found is None:
        raise Unusable("Your function returned None. Does it end with `return`?")
    if not hasattr(found, "__iter__"):
        raise Unusable(f"A list is wanted, but your function returned {type(found).__name__}.")
    return {"pairs": list(itertools.islice(found, 100))}  # a generator may have no end


@most_confused_pairs.judge
def _(answer, case):
    matrix, n, pairs = case["matrix"], case["n"], answer["pairs"]
    classes = len(matrix)
    rows = [np.array(pair, dtype=object) for pair in pairs]
    if any(row.shape != (3,) for row in rows):
        return "Each entry should hold three numbers: true class, predicted class, count."
    if not all(isinstance(one, int | float) and one % 1 == 0 for row in rows for one in row.tolist()):
        return "The classes and the count should be whole numbers, as they stand in the matrix."
    pairs = [tuple(int(one) for one in row) for row in rows]
    if any(not (0 <= t < classes and 0 <= p < classes) for t, p, _ in pairs):
        return f"Classes are numbered from 0 to {classes - 1}; you name others. The order is true, predicted, count."
    counts = [count for _, _, count in pairs]
    beside = matrix[~np.eye(classes, dtype=bool)]
    expected = sorted((count for count in beside.tolist() if count), reverse=True)[:n]
    if any(t == p for t, p, _ in pairs):
        return "Your list holds right predictions too: those on the diagonal are no confusion."
    if any(count == 0 for count in counts):
        return (
            f"Only {len(expected)} kinds of mistakes occur here: leave out pairs that never happen, even for n = {n}."
        )
    if any(matrix[t, p] != count for t, p, count in pairs):
        if all(matrix[p, t] == count for t, p, count in pairs):
            return "True and predicted class are exchanged: rows of the matrix are true classes."
        if all(matrix[p, t] + matrix[t, p] == count for t, p, count in pairs):
            return "You add both directions. A cat taken for a dog and a dog taken for a cat are two different pairs."
        return "Your counts are not those in the matrix at the place of the pair."
    if len(set(pairs)) < len(pairs):
        return "A pair stands in your list more than once."
    if len(pairs) != len(expected):
        return f"With n = {n} your list should hold {len(expected)} pairs; it holds {len(pairs)}."
    if counts == expected:
        return None
    if sorted(counts) == sorted(expected):
        return "These are the right pairs, but not ordered: the most frequent one comes first."
    if sorted(counts) == sorted(beside[beside > 0].tolist())[:n]:
        return "These are the rarest mistakes. The most frequent ones are wanted."
    for side in (np.triu(matrix, 1), np.tril(matrix, -1)):
        if sorted(counts) == sorted(side[side > 0].tolist())[-n:]:
            return "You looked only at one side of the diagonal. Mistakes stand on both sides."
    return "Some pairs that are confused more often are missing from your list."
