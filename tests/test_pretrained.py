"""Where trained networks come from: the published ResNet50 if it is whole, else a smaller one, which says so."""

import hashlib
import io
import json
import os
import pickle
import sys
import types
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from helpers import datasets, pretrained
from helpers.backstage import mirrors
from helpers.messages import DataError
from tests import test_datasets

serve, publish, cache = test_datasets.serve, test_datasets.publish, test_datasets.cache  # fixtures


@pytest.fixture
def small_resnet50(monkeypatch):
    """A network in place of ResNet50 that reads its weights as Keras does, without 100 MB; returns its builder."""

    def build(weights=None):
        model = keras.Sequential([keras.Input((224, 224, 3)), layers.GlobalAveragePooling2D(), layers.Dense(1000)])
        if weights:
            model.load_weights(weights)
        return model

    monkeypatch.setattr(keras.applications, "ResNet50", build)
    return build


@pytest.fixture
def files(small_resnet50, tmp_path):
    """The two published files, by name, as bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the published weights are in this old format, which Keras no longer likes
        small_resnet50().save(tmp_path / "small.h5")
    index = {str(k): [f"n{k:08}", f"class_{k}"] for k in range(1000)}
    return {
        pretrained.WEIGHTS: (tmp_path / "small.h5").read_bytes(),
        pretrained.CLASSES: json.dumps(index).encode(),
    }


def put(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_resnet50_from_course_data(files, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mine"))
    put(tmp_path / "mine", files)
    classifier = pretrained.load()
    assert (classifier.name, classifier.real, classifier.input_size) == ("ResNet50", True, (224, 224))
    assert len(classifier.class_names) == 1000 and classifier.class_names[7] == "class 7"
    assert str(tmp_path / "mine") in classifier.source


def test_resnet50_is_downloaded_verified_and_kept(files, serve, monkeypatch, cache, capfd):
    mirror = serve(files)
    for name, content in files.items():
        sums = {name: "md5:" + hashlib.md5(content).hexdigest()}
        monkeypatch.setitem(pretrained.SOURCES, name, mirrors.Source((mirror.url,), sums))
    assert pretrained.load().real
    assert pretrained.load().real
    assert len(mirror.ranges) == 2  # the second time, nothing
    out, err = capfd.readouterr()
    assert err == "" and pretrained.WEIGHTS in out  # the progress bar


def test_a_wrong_checksum_gives_the_smaller_network_and_says_so(files, serve, monkeypatch, cache, capsys):
    mirror = serve(dict.fromkeys(files, b"something else"))
    for name in files:
        sums = {name: pretrained.SOURCES[name].files[name]}
        monkeypatch.setitem(pretrained.SOURCES, name, mirrors.Source((mirror.url,), sums))
    assert not pretrained.load().real
    out = capsys.readouterr().out
    assert "STAND-IN NETWORK: this is EfficientNet-Lite0, not ResNet50" in out and "wrong checksum" in out
    assert not (datasets.cache_folder() / pretrained.WEIGHTS).exists()


def test_offline_touches_no_network(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert pretrained.load().name == "EfficientNet-Lite0"
    assert "COURSE_OFFLINE forbids it" in capsys.readouterr().out


@pytest.mark.parametrize("broken", [pretrained.WEIGHTS, pretrained.CLASSES])
def test_a_broken_file_is_one_sentence(broken, files, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mine"))
    put(tmp_path / "mine", files | {broken: b"[]"})
    with pytest.raises(DataError, match="are not the published files: replace or remove them"):
        pretrained.resnet50()


def test_sources_have_two_mirrors_and_a_checksum():
    for name, source in pretrained.SOURCES.items():
        assert len(source.mirrors) == 2 and all(mirror.endswith("/") for mirror in source.mirrors)
        assert len(bytes.fromhex(source.files[name].removeprefix("md5:"))) == 16


def test_the_course_s_own_network_leaves_its_input_alone():
    classifier = pretrained.resnet20()
    images = np.full((2, *classifier.input_size, 3), 255, np.uint8)
    ready = classifier.preprocess_input(images)
    assert ready.dtype == np.float32 and ready.max() == 1 and images.max() == 255
    probabilities = np.asarray(classifier.network(ready))
    assert probabilities.shape == (2, len(classifier.class_names))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_efficientnet_knows_the_photographs():
    """Weights in a wrong order, or a wrong padding, would leave nothing of this."""
    classifier = pretrained.efficientnet_lite0()
    assert len(classifier.class_names) == 1000 and classifier.network.count_params() == 4_694_024

    def asked(name):
        picture = datasets.photograph(name)
        picture = np.stack([picture] * 3, axis=-1) if picture.ndim == 2 else picture
        resized = keras.ops.image.resize(picture[np.newaxis].astype("float32"), classifier.input_size, antialias=True)
        probabilities = np.asarray(classifier.network(classifier.preprocess_input(resized)))[0]
        assert probabilities.sum() == pytest.approx(1, rel=1e-4)
        best = probabilities.argmax()
        return classifier.class_names[best], probabilities[best]

    for photograph, name, least in (
        ("coffee", "espresso", 0.8),
        ("camera", "tripod", 0.9),
        ("chelsea", "Egyptian Mau", 0.6),
        ("motorcycle_left", "moped", 0.4),
    ):
        found, probability = asked(photograph)
        assert found == name and probability > least
    images = np.full((1, 2, 2, 3), 255, np.uint8)
    assert classifier.preprocess_input(images).max() == 1 and images.max() == 255


def test_a_file_of_weights_may_hold_nothing_but_tensors():
    """A pickle can call any function; this one would make a folder."""
    from data import convert_efficientnet

    class Trap:
        def __reduce__(self):
            return os.mkdir, ("trapped",)

    with pytest.raises(pickle.UnpicklingError, match="mkdir does not belong into a file of weights"):
        convert_efficientnet.Reader(io.BytesIO(pickle.dumps(Trap()))).load()


def test_tensors_are_read_with_their_strides():
    """Two tensors of a storage of twelve numbers, in the form that PyTorch wrote until 2020."""
    from data import convert_efficientnet

    class Storage:
        def __init__(self, key):
            self.key = key

    class Tensor:
        def __init__(self, *arguments):
            self.arguments = arguments

        def __reduce__(self):
            return _rebuild_tensor_v2, self.arguments

    class Writer(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", FloatStorage, value.key, "cpu", 12) if isinstance(value, Storage) else None

    class FloatStorage:
        pass

    def _rebuild_tensor_v2(*arguments):
        raise AssertionError

    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    FloatStorage.__module__, FloatStorage.__qualname__, torch.FloatStorage = "torch", "FloatStorage", FloatStorage
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch._utils", utils)
        file = io.BytesIO()
        for part in (1, 2, {}):
            pickle.dump(part, file)
        contents = {
            "rows": Tensor(Storage("a"), 0, (2, 3), (3, 1), False, {}),
            "columns": Tensor(Storage("a"), 6, (2, 3), (1, 2), False, {}),
        }
        Writer(file, protocol=2).dump(contents)
    pickle.dump(["a"], file)
    file.write(np.int64(12).tobytes() + np.arange(12, dtype="<f4").tobytes())
    found = convert_efficientnet.tensors(file.getvalue())
    np.testing.assert_array_equal(found["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["columns"], [[6, 8, 10], [7, 9, 11]])
