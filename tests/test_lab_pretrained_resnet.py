"""The ResNet lab beyond its checks: what training leaves alone, the cut tasks, d on a larger picture, picture files."""

import io

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from grader import source
from helpers import pretrained, session, training

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


@pytest.mark.parametrize(("name", "classes"), [("textures", 3), ("tissue", 2)])
def test_tasks_have_enough_images_of_every_class(lab, name, classes):
    x_train, y_train, x_test, y_test = lab[f"cut_{name}"]()
    for x, y in ((x_train, y_train), (x_test, y_test)):
        assert x.shape == (len(y), 32, 32, 3) and x.dtype == np.uint8
        assert np.array_equal(np.unique(y), range(classes)) and np.bincount(y).min() >= 100


def test_patches_are_cut_in_reading_order(lab):
    image = np.arange(48 * 64 * 3, dtype="uint16").reshape(48, 64, 3)
    patches = lab["cut_patches"](image)
    assert patches.shape == (2 * 3, 32, 32, 3)
    assert np.array_equal(patches[1], image[:32, 16:48]) and np.array_equal(patches[3], image[16:48, :32])


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


def test_pictures_are_read_as_rgb_and_upright(lab):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter
    Image.new("RGBA", (20, 10), (255, 0, 0, 255)).save(file, "png", exif=exif)
    picture = lab["read_picture"](file)
    assert picture.shape == (20, 10, 3) and picture[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(OSError):
        lab["read_picture"](io.BytesIO(b"no picture"))
