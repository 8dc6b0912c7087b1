"""The augmentation lab beyond its checks: the augmentation in one step, memory while streaming, compared runs."""

import tracemalloc

import numpy as np
import pytest

from grader import source
from helpers import datasets, session, training

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


def test_streaming_holds_a_fraction_of_the_images(lab, tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (4000, 32, 32, 3), dtype=np.uint8), np.arange(4000) % 10
    datasets.write_shards(tmp_path, x, y, shard_size=200)

    def peak(make_batches) -> int:
        tracemalloc.start()
        count = sum(len(labels) for _, labels in make_batches())
        assert count == len(x)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    streamed = peak(lambda: lab["stream_from_disk"](tmp_path, 50, training=True))
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


def test_width_makes_network_d_narrower_and_leaves_it_as_it_was_trained(lab):
    shipped = training.reference_model(LAB, "d_augmented")
    shapes = [[weight.shape for weight in model.weights] for model in (lab["build_d"](), shipped)]
    assert shapes[0] == shapes[1]
    assert lab["build_d"](16).count_params() < 0.27 * shipped.count_params()


def test_all_recipes_of_the_comparison_are_trained_alike():
    runs = [training.reference_run(LAB, f"few_{name}") for name in ("plain", "augmented")]
    assert {len(run["val_accuracy"]) for run in runs} == {20}
    assert all(0 < run["val_accuracy_rotated"] < 1 for run in runs)
