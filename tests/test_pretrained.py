"""Where trained networks come from: the published ResNet50 if it is whole, else the course's own, which says so."""

import hashlib
import json
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from helpers import datasets, mirrors, pretrained
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


def test_a_wrong_checksum_gives_the_course_s_own_network_and_says_so(files, serve, monkeypatch, cache, capsys):
    mirror = serve(dict.fromkeys(files, b"something else"))
    for name in files:
        sums = {name: pretrained.SOURCES[name].files[name]}
        monkeypatch.setitem(pretrained.SOURCES, name, mirrors.Source((mirror.url,), sums))
    assert not pretrained.load().real
    out = capsys.readouterr().out
    assert "STAND-IN NETWORK: this is not ResNet50 with its ImageNet weights" in out and "wrong checksum" in out
    assert not (datasets.cache_folder() / pretrained.WEIGHTS).exists()


def test_offline_touches_no_network(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert pretrained.load().name == "ResNet-20"
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
