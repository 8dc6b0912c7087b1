"""What trained the course's ResNet-20: too long to run again here, so its parts are tried on a handful of images."""

import dataclasses
import importlib
import json

import numpy as np
import pytest

from grader import checksums, reproduce
from helpers import datasets, pretrained, profile, session, training

LAB = "08_pretrained_resnet"


@pytest.fixture(scope="module")
def script():
    session.load_tensorflow()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(checksums.DATA))
        return importlib.import_module("train_resnet20")


def test_the_script_builds_the_network_that_is_shipped(script):
    built = script.build_stages(script.source.definitions(LAB)["residual_block"], 3, 32)
    shipped = pretrained.resnet20().network
    assert [type(layer) for layer in built.layers] == [type(layer) for layer in shipped.layers]
    assert [weight.shape for weight in built.weights] == [weight.shape for weight in shipped.weights]
    assert built.get_layer("features").output.shape == (None, 8, 8, 64)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras' own, when `fit` begins
def test_training_changes_the_network_in_place_and_tells_what_the_shipped_curves_tell(script):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (24, 16, 16, 3)).astype("uint8"), np.arange(24) % 10
    profile.seed_everything(0)
    model = script.build_stages(script.plain_block, 1, 16)
    before = model.get_weights()
    stages = [(script.Distort(), 1), (script.flip_and_shift(), 1)]
    history = script.train_network(model, (images, labels), (images[:8], labels[:8]), stages, 0.1, batch_size=8)
    shipped = json.loads((reproduce.RUNS / LAB / "resnet20.json").read_text())
    assert history.keys() == shipped.keys() and {len(values) for values in history.values()} == {2}
    assert all(np.abs(old - new).max() > 0 for old, new in zip(before, model.get_weights(), strict=True))


def test_distorted_images_differ_from_each_other_and_keep_their_shape(script):
    image = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    profile.seed_everything(0)
    bent = np.asarray(script.Distort()(np.repeat(image, 12, axis=0)))
    assert bent.shape == (12, 32, 32, 3) and len({one.tobytes() for one in bent}) == 12
    assert np.isfinite(bent).all() and np.abs(bent).max() < 2


def test_halved_images_are_means_of_four_pixels(script):
    images = np.arange(2 * 32 * 32 * 3).reshape(2, 32, 32, 3)
    halved = script.halve(images)
    assert halved.shape == (2, 16, 16, 3)
    assert halved[1, 3, 5, 2] == images[1, 6:8, 10:12, 2].mean()


def test_the_script_writes_every_run_of_the_lab_with_as_many_epochs_as_are_stored(script, monkeypatch):
    written = {}

    def train(model, training_part, validation_part, stages, peak, batch_size=256):
        assert training_part[0].shape[1:] == validation_part[0].shape[1:] == model.input_shape[1:]
        return {"loss": [peak] * sum(epochs for _, epochs in stages)}

    drawings = datasets.stand_in("cifar10")
    few = {name: getattr(drawings, name)[:500] for name in ("x_train", "y_train", "x_test", "y_test")}
    drawings = dataclasses.replace(drawings, **few)
    monkeypatch.setattr(datasets, "load", lambda name: drawings)
    with pytest.raises(SystemExit, match="the real CIFAR-10 only"):
        script.main()
    monkeypatch.setattr(datasets, "load", lambda name: dataclasses.replace(drawings, real=True))
    monkeypatch.setattr(script, "train_network", train)
    monkeypatch.setattr(training, "use_fast_precision", lambda: "float32")
    monkeypatch.setattr(reproduce, "write_history", lambda lab, run, history: written.update({run: history}))
    monkeypatch.setattr(reproduce, "save", lambda model, path: written.update({path.name: model}))
    monkeypatch.setattr(checksums, "write", lambda: None)
    script.main()
    assert {name: len(run["loss"]) for name, run in written.items() if name != "resnet20.keras"} == {
        run: len(training.reference_run(LAB, run)["loss"])
        for run in ("resnet20", "plain_20", "plain_56", "residual_20", "residual_56")
    }
    assert written["resnet20.keras"].count_params() == pretrained.resnet20().network.count_params()
