"""The augmentation lab beyond its checks: the augmentation in one step, memory while streaming, other augmentations."""

import tracemalloc

import numpy as np
import pytest

from grader import source
from helpers import session

LAB = "05_augmentation"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_one_affine_step_augments_as_three_layers_do(lab):
    from checks import augmentation as checks

    for seed in range(3):
        checks.build_augmenter(lab["FlipShiftTurn"], seed=seed)


def test_the_step_turns_about_the_centre(lab):
    images = np.zeros((20, 31, 31, 1), "float32")
    images[:, 15, 15] = 1
    turned = np.asarray(lab["FlipShiftTurn"](shift=0, turn=0.5)(images, training=True))
    np.testing.assert_allclose(turned[:, 15, 15], 1, atol=1e-4)
    assert turned[:, :13].max() == turned[:, 18:].max() == 0


def test_streaming_holds_a_fraction_of_what_loading_holds(lab, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (4000, 32, 32, 3), dtype=np.uint8), np.arange(4000) % 10
    lab["write_shards"](tmp_path, x, y, shard_size=200)

    def peak(make_batches) -> int:
        tracemalloc.start()
        count = sum(len(labels) for _, labels in make_batches())
        assert count == len(x)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    streamed = peak(lambda: lab["stream_from_disk"](tmp_path, 50, training=True))
    assert peak(lambda: lab["load_everything"](tmp_path, 50)) > 4 * x.nbytes  # as float32
    assert streamed < x.nbytes / 3


@pytest.mark.parametrize("seed", [None, 7])
def test_the_check_of_streaming_leaves_the_notebook_its_seed(lab, seed):
    import tensorflow as tf

    from checks import augmentation as checks

    tf.random.set_seed(seed)
    before = tf.compat.v1.random.get_seed(1)
    checks.stream_from_disk.collect(lab["stream_from_disk"])
    assert tf.compat.v1.random.get_seed(1) == before
    tf.random.set_seed(None)


@pytest.mark.parametrize(("size", "enough"), [(10, False), (20, False), (60, True), (100, True)])
def test_size_of_a_shuffle_buffer_is_judged_without_chance(size, enough):
    from checks import augmentation as checks

    found = {checks.judge_shuffled_shards(list(buffered(size, seed))) is None for seed in range(200)}
    assert found == {enough}


def buffered(size: int, seed: int):
    """Three epochs of shards in random order, whose images went through a shuffle buffer of this size."""
    from checks.augmentation import IMAGES, SHARD, SHARDS

    rng = np.random.default_rng(seed)
    for _ in range(3):
        coming = [n for k in rng.permutation(SHARDS) for n in range(k * SHARD, min(IMAGES, (k + 1) * SHARD))]
        buffer, order = coming[:size], []
        for n in [*coming[size:], *[None] * size]:
            order.append(buffer.pop(rng.integers(len(buffer))))
            buffer += [] if n is None else [n]
        yield np.array(order)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(1).random((6, 32, 32, 3)).astype("float32")


@pytest.mark.parametrize("name", ["pad_and_crop", "cut_out", "change_colours", "bend"])
def test_demonstrations_keep_shape_and_range_and_follow_their_generator(lab, images, name):
    before = images.copy()
    changed, again, other = (lab[name](np.random.default_rng(seed), images) for seed in (0, 0, 1))
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    assert np.array_equal(changed, again) and not np.array_equal(changed, other)
    assert not any(np.array_equal(one, two) for one, two in zip(changed, images, strict=True))
    assert np.array_equal(images, before)


def test_mixup_mixes_labels_in_the_shares_of_the_images(lab, images):
    flat = np.arange(6, dtype="float32")[:, None, None, None] * np.ones_like(images)
    mixed, labels = lab["mix_up"](np.random.default_rng(0), flat, np.eye(6, dtype="float32"))
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed[:, 0, 0, 0], labels @ np.arange(6), rtol=1e-5)
