"""What the repository ships in data/: every file is accounted for, small, and what its table says."""

import importlib

import numpy as np
import pytest
from PIL import Image

from grader import checksums
from helpers import datasets

FILES = checksums.table()


def test_every_shipped_file_stands_in_the_table():
    shipped = {
        path.relative_to(checksums.DATA).as_posix()
        for path in checksums.DATA.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md", ".LICENSE")
    }
    assert shipped == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_checksum_in_the_table_is_true(file):
    assert FILES[file] == checksums.checksum(file)


def test_files_are_small():
    sizes = {file: (checksums.DATA / file).stat().st_size for file in FILES}
    assert sizes.pop("efficientnet_lite0.npz") < 9_000_000
    assert sizes.pop("reference_runs/10_speed_run/speed_run.keras") < 4_000_000  # two million weights of 16 bits
    assert max(sizes.values()) < 3_000_000


def test_what_others_made_has_its_licence():
    text = (checksums.DATA / "efficientnet_lite0.LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "ML Illustrated" in text and "MIT License" in text


@pytest.mark.parametrize(("name", "train", "test"), [("cifar10", 4000, 1000), ("fashion_mnist", 4000, 1000)])
def test_stand_ins_are_large_balanced_and_varied(name, train, test):
    data = datasets.stand_in(name)
    assert len(data.x_train) >= train and len(data.x_test) >= test
    for labels in (data.y_train, data.y_test):
        assert {int((labels == label).sum()) for label in range(10)} == {len(labels) // 10}
    assert len({image.tobytes() for image in data.x_train}) > 0.99 * len(data.x_train)
    assert not {image.tobytes() for image in data.x_train} & {image.tobytes() for image in data.x_test}


@pytest.mark.parametrize(
    ("script", "function", "seed", "sheet", "side"),
    [
        ("draw_doodles", "doodle", 10, "cifar10_doodles.jpg", 32),
        ("draw_garments", "garment", 11, "fashion_mnist_garments.webp", 28),
    ],
)
def test_the_committed_script_draws_the_shipped_sheet(script, function, seed, sheet, side, monkeypatch):
    monkeypatch.syspath_prepend(str(checksums.DATA))
    module = importlib.import_module(script)
    with Image.open(checksums.DATA / sheet) as picture:
        shipped = np.asarray(picture.convert("RGB"), float)
    per_class = module.COUNTS[0] // 10
    children = np.random.SeedSequence(seed).spawn(sum(module.COUNTS))
    for label in range(10):
        row, column = divmod(label * per_class, 100)
        tile = getattr(module, function)(label, np.random.default_rng(children[label * per_class])).convert("RGB")
        place = shipped[row * side : (row + 1) * side, column * side : (column + 1) * side]
        assert np.abs(place - np.asarray(tile, float)).mean() < 20, (
            label
        )  # JPEG loses a little, another image differs by 50
