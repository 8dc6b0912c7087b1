"""Networks a to d as the CIFAR lab writes them, on the stand-ins: offline, too, d should beat c, c beat b, b beat a."""

import time
from collections.abc import Iterator

from helpers import datasets

EPOCHS = 5


def measure(seed: int) -> Iterator[dict]:
    """One figure for each network and stand-in; see grader.reproduce."""
    for name, runs in (("cifar10", "abcd"), ("fashion_mnist", "ac")):
        data = datasets.stand_in(name)
        for run in runs:
            began = time.perf_counter()
            accuracy = train(run, data, seed)
            yield {
                "run": f"{name}_{run}",
                "metric": "test_accuracy",
                "value": accuracy,
                "epochs": EPOCHS,
                "seconds": time.perf_counter() - began,
                "data": data.source,
            }


def train(run: str, data: datasets.Dataset, seed: int) -> float:
    """Train a network on a data set in the way every lab starts with; returns its test accuracy."""
    import keras

    keras.utils.set_random_seed(seed)
    images = [x.reshape(*x.shape[:3], -1) / 255.0 for x in (data.x_train, data.x_test)]
    model = network(run, images[0].shape[1:])
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[0], data.y_train, batch_size=32, epochs=EPOCHS, verbose=0)
    return model.evaluate(images[1], data.y_test, verbose=0)[1]


def network(run: str, image_shape: tuple[int, int, int]):
    """Network a, b, c or d: from one hidden dense layer to seven convolutions."""
    import keras
    from keras import layers

    def block(filters: int, convolutions: int) -> list:
        convolve = [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(convolutions)]
        return [*convolve, layers.MaxPooling2D()]

    convolutions = {
        "a": [],
        "b": block(32, 1),
        "c": [*block(32, 2), *block(32, 2)],
        "d": [*block(32, 2), *block(64, 2), *block(128, 3)],
    }[run]
    hidden = {"a": 300, "b": 0, "c": 100, "d": 100}[run]
    dense = [layers.Dense(hidden, activation="relu")] if hidden else []
    return keras.Sequential(
        [keras.Input(image_shape), *convolutions, layers.Flatten(), *dense, layers.Dense(10, activation="softmax")]
    )
