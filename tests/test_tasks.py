"""The small tasks of transfer learning, and the folder of pictures that is made of one."""

import keras
import numpy as np
import pytest

from helpers import tasks
from helpers.messages import CourseError


@pytest.mark.parametrize("name", tasks.TASKS)
def test_tasks_have_enough_images_of_every_class(name):
    task = tasks.load(name)
    for x, y in ((task.x_train, task.y_train), (task.x_test, task.y_test)):
        assert x.shape == (len(y), 32, 32, 3) and x.dtype == np.uint8
        assert np.array_equal(np.unique(y), range(len(task.class_names))) and np.bincount(y).min() >= 50


def test_tissue_cannot_be_told_by_its_brightness():
    task = tasks.load("tissue")
    assert np.abs(task.x_train.mean(axis=(1, 2, 3)) - 128).max() < 1


def test_patches_are_cut_in_reading_order():
    image = np.arange(48 * 64 * 3, dtype="uint16").reshape(48, 64, 3)
    patches = tasks.patches(image)
    assert patches.shape == (2 * 3, 32, 32, 3)
    assert np.array_equal(patches[1], image[:32, 16:48]) and np.array_equal(patches[3], image[16:48, :32])


def test_a_folder_of_pictures_is_read_back(tmp_path, monkeypatch):
    task = tasks.load("faces")
    monkeypatch.setattr(tasks.tempfile, "mkdtemp", lambda: str(tmp_path))
    folder = tasks.example_folder(task)
    settings = {"image_size": (32, 32), "batch_size": None, "shuffle": False, "verbose": False}
    found = keras.utils.image_dataset_from_directory(folder, **settings)
    images, labels = map(np.array, zip(*found.as_numpy_iterator(), strict=True))
    assert found.class_names == ["face", "no face"]
    assert np.array_equal(images[labels == 0], task.x_train[task.y_train == 1])


def test_unknown_task_is_one_sentence():
    with pytest.raises(CourseError, match="There is no task 'cats'; there are: textures, tissue, faces"):
        tasks.load("cats")
