"""The data sets of the course: the real one wherever it can be had, an announced stand-in everywhere else.

`load(name)` looks in the folder `COURSE_DATA`, in the local cache (`COURSE_CACHE`, or the system's own),
on the mirrors, and last in `data/`, where the stand-ins lie. `photograph(name)` needs no download at all.
"""

import importlib.resources
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers import profile
from helpers.backstage import mirrors
from helpers.messages import CourseError, DataError, Message

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
STAND_INS = Path(__file__).resolve().parent.parent / "data"
# Names of files inside the installed scikit-image (from 0.24 on) and scikit-learn.
PHOTOGRAPHS = (
    *("astronaut", "camera", "chelsea", "clock_motion", "coffee", "coins", "hubble_deep_field", "moon"),
    *("motorcycle_left", "rocket", "brick", "grass", "gravel", "ihc", "china", "flower"),
)
DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
GARMENTS = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class Dataset:
    """Images, uint8, (N, height, width) or (N, height, width, 3), and their labels, uint8, (N,)."""

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    source: str  # where the images come from and how many there are, in words
    real: bool  # False for a stand-in


@dataclass(frozen=True)
class Kind:
    """What is known of a data set before a file is opened."""

    title: str
    image_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    stand_in: str  # what the stand-in shows, in words
    make_stand_in: Callable[[], list[np.ndarray]]  # returns the ARRAYS


def load(name: str) -> Dataset:
    """The data set "mnist", "fashion_mnist" or "cifar10": the real one, or a stand-in that says so.

    Raises DataError for a broken file, and CourseError for an unknown name.
    """
    if name not in KINDS:
        raise CourseError(f"There is no data set '{name}'; there are: {', '.join(KINDS)}.")
    path = locate(name)
    try:
        path = path or download(name)
    except DataError as error:
        title, shown = KINDS[name].title, KINDS[name].stand_in
        Message(
            "warning",
            f"STAND-IN DATA: this is not {title}",
            f"You see {shown}. Accuracies will differ from those in the text.\nWhy: {error}\n"
            f"For the real {title}: run `python -m helpers fetch` once where there is a network, or set "
            f"COURSE_DATA to a folder that holds {name}.npz; then run this cell again.",
        ).show()
        return stand_in(name)
    return read(name, path)


def three_parts(data: Dataset, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Images to train, to validate and to test with: x_train, y_train, x_val, y_val, x_test, y_test.

    A tenth of the training images, stratified, is for validation; another seed splits otherwise. Each channel has
    mean 0 and standard deviation 1 over the training part. Images are float32, (N, H, W, C), labels one-hot, float32,
    (N, 10). Shorter run profiles get fewer images.
    """
    from sklearn.model_selection import train_test_split

    images, x_val, labels, y_val = train_test_split(
        data.x_train, data.y_train, test_size=0.1, stratify=data.y_train, random_state=seed
    )
    parts = [(images, labels), (x_val, y_val), (data.x_test, data.y_test)]
    parts = [(x[: profile.samples(len(x))], y[: profile.samples(len(y))]) for x, y in parts]
    mean, deviation = (of(axis=(0, 1, 2)).astype("float32") for of in (parts[0][0].mean, parts[0][0].std))
    one_hot = np.eye(len(data.class_names), dtype="float32")
    return tuple(array for x, y in parts for array in ((x - mean) / deviation, one_hot[y]))


def write_shards(folder: str | Path, x: np.ndarray, y: np.ndarray, shard_size: int) -> None:
    """Write images and labels to shard_000.npz, shard_001.npz, ..., `shard_size` in each, as the arrays "x" and "y"."""
    for number, start in enumerate(range(0, len(x), shard_size)):
        part = slice(start, start + shard_size)
        np.savez(Path(folder) / f"shard_{number:03}.npz", x=x[part], y=y[part])


def locate(name: str) -> Path | None:
    """The file of the real data set, if this machine has one. Raises DataError if COURSE_DATA is no folder."""
    return locate_file(f"{name}.npz")


def locate_file(name: str) -> Path | None:
    """The file of this name in COURSE_DATA or in the cache. Raises DataError if COURSE_DATA is no folder."""
    folder = os.environ.get("COURSE_DATA")
    if folder and not Path(folder).is_dir():
        raise DataError(f"COURSE_DATA is '{folder}', which is no folder: correct it or unset it.")
    # COURSE_DATA may hold only some of the data sets: the cache is asked for the others.
    folders = [Path(folder), cache_folder()] if folder else [cache_folder()]
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def cache_folder() -> Path:
    """The folder that keeps what was downloaded; it need not exist yet."""
    import pooch

    return Path(os.environ.get("COURSE_CACHE") or pooch.os_cache("cnn-course"))


def read(name: str, path: Path) -> Dataset:
    """The real data set from a .npz file, with any number of images. Raises DataError if the file is broken."""
    remedy = "replace or remove it, then run `python -m helpers fetch`"
    try:
        if not zipfile.is_zipfile(path):
            raise zipfile.BadZipFile
        with np.load(path, allow_pickle=False) as archive:
            arrays = [np.asarray(archive[array]) for array in ARRAYS]
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
        raise DataError(f"{path} is no whole .npz file with {', '.join(ARRAYS)}: {remedy}.") from None
    for split, x, y in (("train", *arrays[:2]), ("test", *arrays[2:])):
        if fault := _fault(split, x, y, KINDS[name].image_shape):
            raise DataError(f"{path} holds {fault}: {remedy}.")
    place = "the local cache" if path.parent == cache_folder() else "COURSE_DATA"
    note = os.environ.get("COURSE_DATA_NOTE")  # what sets a copy apart from the published files, such as "JPEG copy"
    title = KINDS[name].title + (f", {note}" if note else "")
    return _dataset(name, arrays, f"the real {title}, from {place}", real=True)


def stand_in(name: str) -> Dataset:
    """The stand-in for a data set, unannounced. Raises DataError if its file is broken."""
    kind = KINDS[name]
    return _dataset(name, kind.make_stand_in(), f"a stand-in for {kind.title}: {kind.stand_in}", real=False)


def photograph(name: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """One of the PHOTOGRAPHS, uint8, (height, width) or (height, width, 3).

    size: (height, width) to shrink or stretch it to; each new pixel is a weighted mean of all that it stands for.
    Raises CourseError for a name that is none of them, DataError where a package was installed without the file.
    """
    from PIL import Image

    if name not in PHOTOGRAPHS:
        raise CourseError(f"There is no photograph '{name}'; there are: {', '.join(PHOTOGRAPHS)}.")
    # The files themselves, because skimage.data downloads what it does not find.
    files = importlib.resources.files
    folders = (files("skimage") / "data", files("sklearn") / "datasets" / "images")
    path = next((path for folder in folders for path in folder.glob(f"{name}.[jp][pn]g")), None)
    if path is None:
        raise DataError(f"The photograph '{name}' is missing: install scikit-image and scikit-learn anew.")
    with Image.open(path) as picture:
        return np.asarray(picture.resize(size[::-1]) if size else picture)


def picture(file) -> np.ndarray:
    """A picture file, or its bytes in a file object, as RGB, uint8 (H, W, 3), upright as the camera was held.

    Raises OSError if it is no picture.
    """
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))


def download(name: str) -> Path:
    """Download, verify and convert a data set, continuing where an earlier attempt broke off.

    Returns the path of its .npz file in the cache. Raises DataError that says what each mirror did.
    """
    source, title = mirrors.SOURCES[name], KINDS[name].title
    target = cache_folder() / f"{name}.npz"
    workshop = target.with_suffix(".download")
    try:
        arrays = source.unpack(mirrors.files(source, title, workshop))
        converted = workshop / f"{os.getpid()}.npz"  # two kernels may be here at once
        np.savez(converted, **dict(zip(ARRAYS, arrays, strict=True)))
        converted.replace(target)
    except OSError as error:
        if target.exists():  # the other one was quicker, and has cleared the workshop away
            return target
        raise DataError(f"{title} could not be stored in {target.parent}: {error}.") from None
    shutil.rmtree(workshop, ignore_errors=True)
    return target


def _dataset(name: str, arrays: list[np.ndarray], source: str, real: bool) -> Dataset:
    x_train, y_train, x_test, y_test = arrays
    labels = [y.reshape(-1).astype(np.uint8) for y in (y_train, y_test)]  # Keras keeps labels as (N, 1)
    counts = f"{len(x_train):,} training and {len(x_test):,} test images"
    class_names = KINDS[name].class_names
    return Dataset(name, x_train, labels[0], x_test, labels[1], class_names, f"{source} ({counts})", real)


def _fault(split: str, x: np.ndarray, y: np.ndarray, image_shape: tuple[int, ...]) -> str | None:
    """What a file holds that it should not, in words."""
    if x.dtype != np.uint8:
        return f"x_{split} of type {x.dtype} instead of uint8"
    if x.ndim == 0 or x.shape[1:] != image_shape:
        return f"x_{split} of shape {x.shape} instead of {('N', *image_shape)}"
    if len(x) == 0:
        return f"no image in x_{split}"
    if y.dtype.kind not in "iu":
        return f"y_{split} of type {y.dtype} instead of uint8"
    if y.shape not in ((len(x),), (len(x), 1)):
        return f"y_{split} of shape {y.shape} for {len(x)} images"
    if y.min() < 0 or y.max() > 9:
        return f"labels from {y.min()} to {y.max()} in y_{split} instead of 0 to 9"
    return None


def _enlarged_digits() -> list[np.ndarray]:
    """1,797 real digits, enlarged from 8x8 to 20x20 and set in the middle of 28x28, as MNIST's are."""
    from PIL import Image
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    grey = (digits.images * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(digit).resize((20, 20), Image.Resampling.BICUBIC) for digit in grey]
    x, y = np.pad(np.stack(large), ((0, 0), (4, 4), (4, 4))), digits.target
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
    return [x_train, y_train, x_test, y_test]


def _sheet(file: str, mode: str, size: int, train: int, test: int) -> list[np.ndarray]:
    """The tiles of a picture sheet, 100 in a row: each split holds the classes 0 to 9 in order, equally many."""
    from PIL import Image

    try:
        with Image.open(STAND_INS / file) as picture:
            sheet = np.asarray(picture.convert(mode))
        rows = sheet.reshape((train + test) // 100, size, 100, size, *sheet.shape[2:])
    except (OSError, ValueError, SyntaxError):  # Pillow raises SyntaxError for some broken pictures
        remedy = f"bring it back with `git checkout data/{file}`"
        raise DataError(f"{STAND_INS / file} is no picture of {train + test} tiles: {remedy}.") from None
    tiles = rows.swapaxes(1, 2).reshape(train + test, size, size, *sheet.shape[2:])
    return [*_mixed(tiles[:train]), *_mixed(tiles[train:])]


def _mixed(tiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels in a fixed random order, so that every slice holds all classes."""
    order = np.random.default_rng(0).permutation(len(tiles))
    return tiles[order], order // (len(tiles) // 10)


KINDS = {
    "mnist": Kind(
        title="MNIST",
        image_shape=(28, 28),
        class_names=DIGITS,
        stand_in="the real 8×8 handwritten digits that come with scikit-learn, enlarged to 28×28",
        make_stand_in=_enlarged_digits,
    ),
    "fashion_mnist": Kind(
        title="Fashion-MNIST",
        image_shape=(28, 28),
        class_names=GARMENTS,
        stand_in="28×28 drawings of the same ten kinds of garment",
        make_stand_in=lambda: _sheet("fashion_mnist_garments.webp", "L", size=28, train=5000, test=1000),
    ),
    "cifar10": Kind(
        title="CIFAR-10",
        image_shape=(32, 32, 3),
        class_names=OBJECTS,
        stand_in="doodles: 32×32 drawings of the same ten classes",
        make_stand_in=lambda: _sheet("cifar10_doodles.jpg", "RGB", size=32, train=14_000, test=2000),
    ),
}
