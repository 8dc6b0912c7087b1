"""Probes of the augmentation lab: an augmenter on images of coordinates, pipelines on images that hold their number."""

import contextlib
import re
import tempfile
from pathlib import Path

import numpy as np

from checks.plain import Unusable

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


def build_augmenter(student, case: dict) -> dict:
    import keras

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
        found = [k for k in found if "/helpers/" not in lines[k] and "/checks/" not in lines[k]]
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


# ---- make_pipeline ------------------------------------------------------------------------------------------

MARK, FROZEN = 10_000, 0.5  # added to augmented pixels (times a draw), and where `training=True` was missing


def make_pipeline(student, case: dict) -> dict:
    import tensorflow as tf

    generator = tf.random.Generator.from_seed(0)  # its state lives on from epoch to epoch
    seen = {"pair": False, "labels": False, "single": False}

    def augment(images, training=False):
        if isinstance(images, tuple | list):
            seen["pair"] = True
            return images
        images = tf.convert_to_tensor(images)
        seen["labels"] |= images.shape.rank is not None and images.shape.rank < 3
        seen["single"] |= images.shape.rank == 3
        if training is not True:
            return images + tf.cast(FROZEN, images.dtype)
        return images + tf.cast(MARK * generator.uniform((), 1, 1000, tf.int32), images.dtype)

    with plain_errors(), without_seed() if case["training"] else contextlib.nullcontext():
        settings = {"augment": augment if case["augmented"] else None, "training": case["training"]}
        if not case["augmented"] and not case["training"]:
            settings = {}  # as it is without these arguments
        dataset = student(case["x"], case["y"], case["batch_size"], **settings)
        return {"seen": seen} | run_through(dataset, len(case["x"]), case["batch_size"], passes=2)


# ---- stream_from_disk ---------------------------------------------------------------------------------------

SHARD, SHARDS, IMAGES, BATCH = 60, 7, 387, 16  # the last shard is smaller
# Passes until one does not begin with the broken shard: who holds four shards at a time misses it once in a million.
TRIES = 25


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


@contextlib.contextmanager
def without_seed():
    """Let TensorFlow draw without the notebook's seed.

    With it a shuffle inside `interleave` or `flat_map` gives one order in all epochs, and right code looks wrong.
    """
    import tensorflow as tf

    unset, marker = 87654321, 1  # get_seed's first number where no seed is set; any seed of an operation
    before = tf.compat.v1.random.get_seed(marker)[0]
    tf.random.set_seed(None)
    try:
        yield
    finally:
        tf.random.set_seed(None if before == unset else before)


def stream_from_disk(student, case: dict) -> dict:
    x, y = numbered_images(case["seed"])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        write_shards(Path(name), x, y, np.random.default_rng(case["seed"]).permutation(SHARDS))
        with without_seed():
            with plain_errors():
                settings = {"training": True} if case["training"] else {}  # not to be said otherwise
                dataset = student(name, BATCH, **settings)  # the folder as a text, as the lab passes it
                passes = 3 if case["training"] else 2  # the same order of shards three times is no chance
                answer = run_through(dataset, IMAGES, BATCH, passes)
            break_last_shard(Path(name))
            if case["training"]:  # the broken shard may be the first one by chance
                answer["before_the_broken_shard"] = any(arriving(lambda: dataset.take(1)) for _ in range(TRIES))
            else:
                answer["before_the_broken_shard"] = arriving(lambda: student(name, BATCH, training=False).take(3)) > 0
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
