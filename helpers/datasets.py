"""The data sets of the course: the real one wherever it can be had, an announced stand-in everywhere else.

`load(name)` looks in the folder `COURSE_DATA`, in the local cache (`COURSE_CACHE`, or the system's own),
on the mirrors, and last in `data/`, where the stand-ins lie. `photograph(name)` needs no download at all.
"""

import gzip
import importlib.resources
import os
import pickle
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from helpers import profile
from helpers.messages import CourseError, Message

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
STAND_INS = Path(__file__).resolve().parent.parent / "data"
TIMEOUT = (4, 15)  # seconds to connect, and to wait for the next piece of a file
# Names of files inside the installed scikit-image (from 0.24 on) and scikit-learn.
PHOTOGRAPHS = (
    "astronaut brick camera chelsea clock_motion coffee coins grass gravel hubble_deep_field moon "
    "motorcycle_left rocket china flower"
).split()


class DataError(CourseError):
    """Data that cannot be had or used; says in one sentence which, why, and what helps."""


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


@dataclass(frozen=True)
class Source:
    """The published files of a data set, each with its SHA-256; every mirror, a folder, holds all of them."""

    mirrors: tuple[str, ...]
    files: dict[str, str]
    unpack: Callable[[list[Path]], list[np.ndarray]]  # from the files, in their order, to the ARRAYS


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


def locate(name: str) -> Path | None:
    """The file of the real data set, if this machine has one. Raises DataError if COURSE_DATA is no folder."""
    folder = os.environ.get("COURSE_DATA")
    if folder and not Path(folder).is_dir():
        raise DataError(f"COURSE_DATA is '{folder}', which is no folder: correct it or unset it.")
    # COURSE_DATA may hold only some of the data sets: the cache is asked for the others.
    folders = [Path(folder), cache_folder()] if folder else [cache_folder()]
    return next((folder / f"{name}.npz" for folder in folders if (folder / f"{name}.npz").exists()), None)


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
    return _dataset(name, arrays, f"the real {KINDS[name].title}, from {place}", real=True)


def stand_in(name: str) -> Dataset:
    """The stand-in for a data set, unannounced. Raises DataError if its file is broken."""
    kind = KINDS[name]
    return _dataset(name, kind.make_stand_in(), f"a stand-in for {kind.title}: {kind.stand_in}", real=False)


def photograph(name: str) -> np.ndarray:
    """One of the PHOTOGRAPHS, uint8, (height, width) or (height, width, 3). Raises CourseError for other names."""
    from PIL import Image

    if name not in PHOTOGRAPHS:
        raise CourseError(f"There is no photograph '{name}'; there are: {', '.join(PHOTOGRAPHS)}.")
    # The files themselves, because skimage.data downloads what it does not find.
    files = importlib.resources.files
    folders = (files("skimage") / "data", files("sklearn") / "datasets" / "images")
    return np.asarray(Image.open(next(path for folder in folders for path in folder.glob(f"{name}.[jp][pn]g"))))


def download(name: str) -> Path:
    """Download, verify and convert a data set, continuing where an earlier attempt broke off.

    Returns the path of its .npz file in the cache. Raises DataError that says what each mirror did.
    """
    title, source = KINDS[name].title, SOURCES[name]
    if profile.offline():
        raise DataError(f"{title} was not downloaded, because profile 'ci' or COURSE_OFFLINE forbids it.")
    target = cache_folder() / f"{name}.npz"
    workshop = target.with_suffix(".download")
    try:
        workshop.mkdir(parents=True, exist_ok=True)
        files = [_download_file(title, source.mirrors, file, workshop) for file in source.files.items()]
        converted = workshop / f"{os.getpid()}.npz"  # two kernels may be here at once
        np.savez(converted, **dict(zip(ARRAYS, source.unpack(files), strict=True)))
        converted.replace(target)
    except OSError as error:
        raise DataError(f"{title} could not be stored in {target.parent}: {error}.") from None
    shutil.rmtree(workshop, ignore_errors=True)
    return target


def _download_file(title: str, mirrors: tuple[str, ...], file: tuple[str, str], folder: Path) -> Path:
    """The verified file (name, SHA-256) in `folder`, from the first mirror that gives it."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")  # it writes to stderr, which costs points in a graded cell
    name, sha256 = file
    faults = []
    for mirror in mirrors:
        try:
            return Path(pooch.retrieve(mirror + name, sha256, name, folder, downloader=_Resume(title)))
        except requests.HTTPError as error:
            fault = f"answered {error.response.status_code}"
        except requests.RequestException:
            fault = "could not be reached or broke off"
        except ValueError:
            fault = "sent a file with a wrong checksum"
        faults.append(f"{urlsplit(mirror).hostname} {fault}")
    raise DataError(f"{title} could not be downloaded: {', '.join(faults)}.")
