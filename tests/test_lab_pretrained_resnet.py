"""The ResNet lab beyond its checks: what training leaves alone, the cut tasks, d on a larger picture, picture files."""

import datetime
import io

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from grader import source
from helpers import datasets, pretrained, session, training, widgets

LAB = "08_pretrained_resnet"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


@pytest.fixture
def backbone() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    value = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs)))
    return keras.Model(inputs, value)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras' own, when `fit` begins
@pytest.mark.parametrize("way", ["frozen", "fine_tuned"])
def test_training_leaves_batch_normalisation_alone(lab, backbone, way):
    """Also when the backbone learns: `fit` calls the model in training mode."""
    kernel, norm = backbone.layers[1], backbone.layers[2]

    def weights():
        return [np.copy(keras.ops.convert_to_numpy(w)) for w in (kernel.kernel, norm.moving_mean, norm.gamma)]

    before = weights()
    model = lab["add_head"](lab["freeze_backbone"](backbone) if way == "frozen" else backbone, 2)
    head = model.layers[-1].get_weights()[0]
    model.compile("sgd", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    model.fit(rng.normal(3, 1, (16, 8, 8, 3)), rng.integers(0, 2, 16), verbose=0)
    after = weights()
    assert not np.array_equal(head, model.layers[-1].get_weights()[0])
    assert np.array_equal(before[0], after[0]) == (way == "frozen")
    assert np.array_equal(before[1], after[1]) and np.array_equal(before[2], after[2])


def test_network_d_as_convolutions_is_the_same_and_takes_a_larger_picture(lab):
    network_d = training.reference_model("05_augmentation", "d_augmented")
    keras.utils.clear_session()  # layers get their first names again, as in a new session
    converted = lab["to_fully_convolutional"](network_d)
    x = np.random.default_rng(0).normal(0, 1, (2, 96, 144, 3)).astype("float32")
    small = x[:, :32, :32]
    np.testing.assert_allclose(np.asarray(converted(small))[:, 0, 0], np.asarray(network_d(small)), atol=1e-3)
    assert converted(x).shape == (2, 9, 15, 10)


def test_the_courses_network_has_the_structure_of_the_exercise(lab):
    built, shipped = lab["build_resnet20"](), pretrained.resnet20().network
    assert sum(int(np.prod(w.shape)) for w in built.trainable_weights) == 272_474
    assert [w.shape for w in built.weights] == [w.shape for w in shipped.weights]


def test_pictures_are_read_as_rgb_and_upright():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter
    Image.new("RGBA", (20, 10), (255, 0, 0, 255)).save(file, "png", exif=exif)
    picture = datasets.picture(file)
    assert picture.shape == (20, 10, 3) and picture[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(OSError):
        datasets.picture(io.BytesIO(b"no picture"))


def test_a_chosen_picture_is_classified_and_a_broken_file_is_not():
    seen = []

    def classify(image):
        seen.append(image.shape)
        return [("cat", 0.75), ("dog", 0.25)]

    button, shown = widgets.picture_upload(classify, np.zeros((4, 5, 3), "uint8")).children
    assert seen == [(4, 5, 3)] and "most probably: cat (0.75)" in shown.value
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "png")
    chosen = {"name": "a", "type": "image/png", "size": 1, "last_modified": datetime.datetime.now()}
    button.value = [chosen | {"content": file.getvalue()}]
    assert seen[-1] == (10, 20, 3)
    button.value = [chosen | {"content": b"no picture"}]
    assert "no picture" in shown.value


def test_features_are_the_means_of_the_channels_at_another_size():
    classifier = pretrained.resnet20()
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype("uint8")
    found = pretrained.features(classifier, ["add_2", "features"], images, 48)
    assert {name: values.shape for name, values in found.items()} == {"add_2": (2, 16), "features": (2, 64)}
    (alone,) = pretrained.features(classifier, ["features"], images, 48).values()
    np.testing.assert_allclose(alone, found["features"], rtol=1e-4, atol=1e-5)


def test_the_model_answer_names_the_classes_that_the_networks_named():
    text = " ".join(source.path(LAB, ".py").read_text(encoding="utf-8").replace("\n#", " ").split())
    answers = training.reference_run(LAB, "answers")
    first = {"chelsea": "an {}", "coffee": "an {}", "rocket": "a {}", "flower": "only {} comes near"}
    for photograph, said in first.items():
        assert said.format(answers[f"efficientnet.{photograph}"]) in text
    for photograph, said in {"coffee": "an {}", "flower": "a {}", "astronaut": "a {}"}.items():
        assert said.format(answers[f"resnet20.{photograph}"]) in text
