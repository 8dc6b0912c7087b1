"""Trained networks with what belongs to them: two that know the classes of ImageNet, and the course's own ResNet-20.

`load()` looks for the published weights of ResNet50 (100 MB) in the folder `COURSE_DATA`, in the local cache and on the
mirrors; where it finds none it says so and gives EfficientNet-Lite0, which lies in `data/`. What needs images of 32×32
takes the ResNet-20, which knows the ten classes of CIFAR-10.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers import datasets
from helpers.backstage import mirrors
from helpers.messages import DataError, Message

if TYPE_CHECKING:  # the doctor looks at these files, too, and must not wait for TensorFlow
    import keras

WEIGHTS = "resnet50_weights_tf_dim_ordering_tf_kernels.h5"
CLASSES = "imagenet_class_index.json"
# The checksums are those of Keras (applications/resnet.py, applications/imagenet_utils.py), which publishes MD5 only.
SOURCES = {
    WEIGHTS: mirrors.Source(
        (
            "https://storage.googleapis.com/tensorflow/keras-applications/resnet/",  # Keras 3
            "https://github.com/keras-team/keras-applications/releases/download/resnet/",  # Keras 2
        ),
        {WEIGHTS: "md5:2cb95161c43110f7111970584f804107"},
    ),
    CLASSES: mirrors.Source(
        (
            "https://storage.googleapis.com/download.tensorflow.org/data/",  # Keras 3
            "https://s3.amazonaws.com/deep-learning-models/image-models/",  # Keras 2
        ),
        {CLASSES: "md5:c2c37ea517e94d9795004a39431a14cb"},
    ),
}


@dataclass(frozen=True)
class Classifier:
    """A trained network, and what one must know to use it."""

    name: str
    network: "keras.Model"  # (N, height, width, 3), preprocessed -> (N, len(class_names)) probabilities
    input_size: tuple[int, int]  # height, width
    preprocess_input: Callable[[np.ndarray], np.ndarray]  # RGB, 0 to 255 -> what the network wants, in a new array
    class_names: tuple[str, ...]
    source: str  # where the weights come from, in words
    real: bool  # False for the stand-in of ResNet50


def load() -> Classifier:
    """ResNet50 with its ImageNet weights, or EfficientNet-Lite0, which says that it is not ResNet50."""
    try:
        return resnet50()
    except DataError as error:
        Message(
            "warning",
            "STAND-IN NETWORK: this is EfficientNet-Lite0, not ResNet50",
            "It is smaller, and was trained on the same 1,000 classes of ImageNet. Its probabilities differ from those "
            f"of ResNet50.\nWhy: {error}\nFor ResNet50: run `python -m helpers fetch` once where there is a network, "
            f"or set COURSE_DATA to a folder that holds {WEIGHTS} and {CLASSES}; then run this cell again.",
        ).show()
        return efficientnet_lite0()


def resnet50() -> Classifier:
    """ResNet50 (He et al. 2016), trained on ImageNet. Raises DataError if its weights cannot be had or read."""
    import keras

    weights, classes = fetched()
    try:
        network = keras.applications.ResNet50(weights=str(weights))
        index = json.loads(classes.read_text(encoding="utf-8"))
        names = tuple(index[str(k)][1].replace("_", " ") for k in range(1000))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise DataError(
            f"{weights} and {classes} are not the published files: replace or remove them, then run "
            "`python -m helpers fetch`."
        ) from None

    def preprocess_input(images):
        return keras.applications.resnet50.preprocess_input(np.array(images, "float32"))  # Keras works in place

    return Classifier("ResNet50", network, (224, 224), preprocess_input, names, f"ImageNet weights, {weights}", True)


def efficientnet_lite0() -> Classifier:
    """EfficientNet-Lite0, trained on ImageNet by Google; its file lies in `data/`."""
    from helpers.backstage import efficientnet

    network, names = efficientnet.trained()
    source = f"ImageNet weights, {efficientnet.FILE.name}"
    return Classifier(
        "EfficientNet-Lite0", network, efficientnet.INPUT_SIZE, efficientnet.preprocess_input, names, source, False
    )


def resnet20() -> Classifier:
    """The course's own network: ResNet-20, trained on CIFAR-10. Raises CourseError if its file is missing."""
    from helpers import training

    network = training.reference_model("08_pretrained_resnet", "resnet20")
    source = "trained by this course on CIFAR-10"
    return Classifier("ResNet-20", network, (32, 32), scale, datasets.OBJECTS, source, False)


def resized(network: "keras.Model", height: int | None, width: int | None) -> "keras.Model":
    """The same network, with a copy of its weights, for images of another size; None is any size."""
    import keras

    copy = keras.models.clone_model(network, input_tensors=keras.Input((height, width, 3)))
    copy.set_weights(network.get_weights())
    return copy


def features(classifier: Classifier, names: list[str], images: np.ndarray, side: int) -> dict[str, np.ndarray]:
    """What layers say of images: name of the layer -> the mean of each of its channels, (N, channels).

    images: RGB, 0 to 255, (N, H, W, 3); they are resized to side × side, and so is the network.
    """
    import keras
    from keras import layers, ops

    network = resized(classifier.network, side, side)
    means = [layers.GlobalAveragePooling2D()(network.get_layer(name).output) for name in names]
    inputs = np.asarray(ops.image.resize(np.asarray(images, "float32"), (side, side), antialias=True))
    found = keras.Model(network.input, means).predict(classifier.preprocess_input(inputs), batch_size=100, verbose=0)
    return dict(zip(names, found if len(names) > 1 else [found], strict=True))


def scale(images: np.ndarray) -> np.ndarray:
    """RGB images, 0 to 255, in a new array from -1 to 1, float32: what the ResNet-20 was trained on."""
    return np.asarray(images, "float32") / 127.5 - 1


def fetched() -> list[Path]:
    """The files of ResNet50's weights and class names, downloaded if need be. Raises DataError if that fails."""
    return [datasets.locate_file(name) or _download(name) for name in SOURCES]


def _download(name: str) -> Path:
    folder = datasets.cache_folder()
    try:
        return mirrors.files(SOURCES[name], name, folder)[0]
    except OSError as error:
        raise DataError(f"{name} could not be stored in {folder}: {error}.") from None
