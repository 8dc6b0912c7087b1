"""The speed run beyond its checks: the network, the loop, the optimizer, and what the shipped network is."""

import re

import numpy as np
import pytest
from scipy import stats

from checks.core import RIGHT
from grader import source
from helpers import networks, session, training
from tests import answer_bank

LAB = "10_speed_run"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


@pytest.fixture(scope="module")
def few(lab) -> dict:
    """The lab with forty images of noise as its data."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 32, 32, 3)).astype("float32"), np.eye(10, dtype="float32")[np.arange(40) % 10]
    lab |= {"x_train": x, "y_train": y, "x_val": x[:10], "y_val": y[:10]}
    return lab


@pytest.fixture(scope="module")
def network(few):
    import keras

    keras.utils.set_random_seed(0)
    return few["build_network"](few["whitening_kernel"](few["take_patches"](few["x_train"], 2), 0.0005))


def test_a_patch_is_where_its_index_says(lab):
    images = np.arange(2 * 5 * 4 * 3).reshape(2, 5, 4, 3)
    patches = lab["take_patches"](images, 2)
    assert patches.shape == (2 * 4 * 3, 2, 2, 3)
    assert np.array_equal(patches[3 * 2 + 1], images[0, 2:4, 1:3])


def test_the_run_costs_a_little_more_than_the_budget(lab, network):
    d = training.reference_model("03_cifar_progression", "d")
    budgets = lab["EPOCHS"] * networks.multiply_adds(network) / (30 * networks.multiply_adds(d))
    assert 1 < budgets < 1.1


def test_the_first_layer_is_not_trained_and_the_others_begin_as_identity(lab, network):
    first = network.layers[1]
    assert not first.trainable_weights
    kernels = [layer.kernel.numpy() for layer in network.layers if layer.name.startswith("conv2d")][1:]
    assert all(np.array_equal(kernel, lab["with_identity"](kernel)) for kernel in kernels)


def test_ordinary_layers_compute_the_same(few, network):
    rng = np.random.default_rng(1)
    for layer in network.layers:
        if isinstance(layer, few["ScaledBias"]):
            layer.bias.assign(rng.normal(size=layer.bias.shape))
    plain = few["in_ordinary_layers"](network)
    x = few["x_train"][:5]
    np.testing.assert_allclose(plain.predict(x, verbose=0), network.predict(x, verbose=0), atol=1e-4)


def test_the_loop_learns_forty_images_and_returns_its_curve(few, network, capsys):
    history = few["train"](network, 8)
    assert len(history["val_accuracy"]) == 8
    said = capsys.readouterr().out
    losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", said)]
    assert len(losses) == 8 and losses[-1] < losses[0] and "8/8" in said


def test_the_board_holds_the_work_and_the_accuracy_of_the_labs_before(lab):
    assert training.reference_run(LAB, "board") == {name: list(point) for name, point in lab["work_board"]().items()}


def test_muon_keeps_the_length_of_a_kernel_and_moves_it_in_all_directions(lab):
    import keras

    values = np.random.default_rng(0).normal(size=(3, 3, 4, 8)).astype("float32")
    muon, kernel = lab["Muon"](1.0, momentum=0.85), keras.Variable(values)
    muon.build([kernel])
    kernel.assign(kernel * 8**0.5 / np.linalg.norm(kernel.numpy()))
    before = kernel.numpy()
    muon.apply([keras.ops.convert_to_tensor(np.random.default_rng(1).normal(size=before.shape).astype("float32"))])
    moved = (kernel.numpy() - before).reshape(-1, 8) / 0.08
    strengths = np.linalg.svd(moved, compute_uv=False)
    assert 0.5 < strengths.min() < strengths.max() < 1.5


def test_an_answer_is_judged_alike_in_any_precision(lab):
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16")  # as the lab does where it is fast
    try:
        outcome = answer_bank.judged(answer_bank.checks(LAB)["ScaledBias"], lab["ScaledBias"])
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert outcome.status == RIGHT, outcome.reason


def test_figures_of_the_text_are_there_and_say_what_it_says():
    rows = {(row["run"], row["metric"]): row for row in training.reference_figures(LAB)}
    means = {key: row["mean"] for key, row in rows.items()}
    resnet20 = next(
        row["mean"] for row in training.reference_figures("08_pretrained_resnet") if row["run"] == "resnet20"
    )
    assert means["speed_run", "test_accuracy"] > resnet20
    share = means["speed_run", "test_accuracy"] / means["longer", "test_accuracy"]
    assert f"one budget reaches {share:.1%}".replace("%", " %") in source.path(LAB, ".py").read_text(encoding="utf-8")
    board = training.reference_run(LAB, "board")
    assert round(100 * (means["speed_run", "test_accuracy"] - board["d_augmented"][1])) == 6
    assert round(100 * (means["speed_run", "test_accuracy_one_view"] - board["d_augmented"][1])) == 5
    chance = 2 * np.hypot(rows["speed_run", "test_accuracy"]["std"], np.sqrt(0.9 * 0.1 / 10_000))
    assert abs(means["speed_run_cpu", "test_accuracy"] - means["speed_run", "test_accuracy"]) < chance
    assert means["muon", "test_accuracy"] >= means["speed_run", "test_accuracy"]
    lost = {run: row["mean"] for (run, metric), row in rows.items() if metric == "val_accuracy_lost"}
    assert max(lost, key=lost.get) == "constant_rate"
    text = " ".join(source.path(LAB, ".py").read_text(encoding="utf-8").replace("\n#", " ").split())
    for run in ("constant_rate", "without_flip", "without_smoothing"):
        row = rows[run, "val_accuracy_lost"]
        half = stats.t.ppf(0.975, row["seeds"] - 1) * row["std"] / row["seeds"] ** 0.5
        assert f"{row['mean'] - half:.3f} to {row['mean'] + half:.3f}" in text
    assert means["ladder_bare", "val_accuracy"] < means["ladder_whitening", "val_accuracy"]
