"""Three small tasks with few images of 32×32, for transfer learning, cut from what comes with scikit-image.

textures: is it brick, grass or gravel? tissue: does a section of tissue hold much of a brown stain? Its patches are
grey and have the same mean, because stained tissue is darker. faces: is it a face, or a piece of something else? They
are from Labeled Faces in the Wild, 25×25, enlarged; every second one is for training. Of the photographs, training
patches come from the left half, test patches from the right half, because patches overlap.
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import profile
from helpers.datasets import Dataset, photograph
from helpers.messages import CourseError

SIDE, STEP = 32, 16  # pixels


def load(name: str) -> Dataset:
    """The task "textures", "tissue" or "faces"; its images are (N, 32, 32, 3). Raises CourseError for another name.

    Shorter run profiles get fewer images, evenly taken.
    """
    if name not in TASKS:
        raise CourseError(f"There is no task '{name}'; there are: {', '.join(TASKS)}.")
    make, class_names = TASKS[name]
    parts = [part[np.linspace(0, len(part) - 1, profile.samples(len(part)), dtype=int)] for part in make()]
    return Dataset(name, *parts, class_names, "photographs that come with scikit-image", real=True)


def example_folder(task: Dataset) -> Path:
    """A new temporary folder with the training images as picture files, one folder per class."""
    folder = Path(tempfile.mkdtemp())
    for number, (image, label) in enumerate(zip(task.x_train, task.y_train, strict=True)):
        place = folder / task.class_names[label]
        place.mkdir(exist_ok=True)
        Image.fromarray(image).save(place / f"{number:03}.png")
    return folder


def patches(image: np.ndarray) -> np.ndarray:
    """All patches of an image (H, W, 3) at steps of 16 pixels, in reading order, (N, 32, 32, 3)."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE), axis=(0, 1))[::STEP, ::STEP]
    return np.moveaxis(windows.reshape(-1, 3, SIDE, SIDE), 1, -1)


def halves(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The patches of the left half and those of the right half; grey images get three channels."""
    image = np.stack([image] * 3, axis=-1) if image.ndim == 2 else image
    middle = image.shape[1] // 2
    return patches(image[:, :middle]), patches(image[:, middle:])


def textures() -> list[np.ndarray]:
    parts = [halves(photograph(name)) for name in ("brick", "grass", "gravel")]
    found = []
    for side in (0, 1):
        found += [np.concatenate([part[side] for part in parts])]
        found += [np.repeat(np.arange(3), [len(part[side]) for part in parts])]
    return found


def tissue() -> list[np.ndarray]:
    from skimage.color import rgb2hed

    image = photograph("ihc")
    grey = [part - part.mean(axis=(1, 2, 3), keepdims=True) + 128 for part in halves(image.mean(axis=-1))]
    stain = [part.mean(axis=(1, 2, 3)) for part in halves(rgb2hed(image)[..., 2])]
    little, much = np.quantile(np.concatenate(stain), (0.35, 0.65))
    found = []
    for x, brown in zip(grey, stain, strict=True):
        clear = (brown < little) | (brown > much)  # those in between are left out
        found += [np.clip(np.round(x[clear]), 0, 255).astype("uint8"), (brown[clear] > much).astype(int)]
    return found


def faces() -> list[np.ndarray]:
    from keras import ops
    from skimage.data import lfw_subset

    grey = np.repeat(lfw_subset()[..., np.newaxis], 3, axis=-1)  # the first half are faces
    images = np.asarray(ops.image.resize(255 * grey, (SIDE, SIDE))).round().astype("uint8")
    labels = np.repeat([1, 0], len(images) // 2)
    return [images[::2], labels[::2], images[1::2], labels[1::2]]


TASKS = {
    "textures": (textures, ("brick", "grass", "gravel")),
    "tissue": (tissue, ("little stain", "much stain")),
    "faces": (faces, ("no face", "face")),
}
