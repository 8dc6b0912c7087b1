"""EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946; the Lite variant by Google, 2020) in Keras.

A network for the 1,000 classes of ImageNet that is small enough to lie in `data/`. Lite means: no
squeeze-and-excitation, ReLU6 instead of swish, and a first and last layer of fixed width.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

FILE = Path(__file__).resolve().parents[2] / "data" / "efficientnet_lite0.npz"
INPUT_SIZE = (224, 224)
# Stages of blocks: how many, side of the kernel, stride of the first, factor by which channels expand, filters.
STAGES = (
    *((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)),
    *((3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)),
)


def build() -> keras.Model:
    """The network with random weights: a batch (N, 224, 224, 3), preprocessed, -> probabilities (N, 1000)."""
    inputs = keras.Input((*INPUT_SIZE, 3))
    x = _normalised(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem"), inputs)
    for stage, (blocks, side, stride, expansion, filters) in enumerate(STAGES, 1):
        for block in range(blocks):
            x = _block(x, f"block{stage}{'abcd'[block]}", side, stride if block == 0 else 1, expansion, filters)
    x = _normalised(layers.Conv2D(1280, 1, use_bias=False, name="head"), x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(1000, name="logits", dtype="float32")(x)
    return keras.Model(inputs, layers.Softmax(name="predictions", dtype="float32")(x), name="efficientnet_lite0")


def _block(x, name: str, side: int, stride: int, expansion: int, filters: int):
    """Inverted residual block: 1×1 up to more channels, one kernel per channel, 1×1 down, and the way around them."""
    inputs = x
    if expansion > 1:
        x = _normalised(layers.Conv2D(expansion * x.shape[-1], 1, use_bias=False, name=f"{name}_expand"), x)
    x = _normalised(layers.DepthwiseConv2D(side, stride, "same", use_bias=False, name=f"{name}_depthwise"), x)
    x = _normalised(layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project"), x, activation=False)
    same = stride == 1 and inputs.shape[-1] == filters
    return layers.Add(name=f"{name}_add")([inputs, x]) if same else x


def _normalised(convolution, x, activation: bool = True):
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{convolution.name}_norm")(convolution(x))
    return layers.ReLU(6, name=f"{convolution.name}_relu")(x) if activation else x


def trained() -> tuple[keras.Model, tuple[str, ...]]:
    """The network with its ImageNet weights, and the names of its classes. Raises OSError if the file is missing."""
    with np.load(FILE) as stored:
        network = build()
        network.set_weights([stored[weight.path].astype("float32") for weight in network.weights])
        return network, tuple(stored["class_names"].tolist())


def preprocess_input(images: np.ndarray) -> np.ndarray:
    """RGB images, 0 to 255, in a new array as the network was trained on them: (x - 127) / 128, float32."""
    return (np.asarray(images, "float32") - 127) / 128
