"""What helps to look into a network: answers as functions, filters ranked, maps and images by gradients, kernels."""

from collections.abc import Callable

import numpy as np

from helpers import profile

CLASSIC_KERNELS = {
    "box": np.ones((3, 3)),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Laplacian": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
    "Sobel x": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "Sobel y": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "Prewitt x": np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
    "Prewitt y": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}


def predict_with(network) -> Callable[[np.ndarray], np.ndarray]:
    """The function from images (N, H, W, C) to a Keras classifier's probabilities (N, classes)."""
    return lambda images: np.asarray(network(images, training=False))


def log_odds_with(network) -> Callable[[np.ndarray], np.ndarray]:
    """The function from images to log odds (N, classes); probabilities stay a millionth away from 0 and 1."""

    def log_odds(images):
        probabilities = np.clip(predict_with(network)(images), 1e-6, 1 - 1e-6)
        return np.log(probabilities / (1 - probabilities))

    return log_odds


def answers_of_layers(network, names: list[str], images: np.ndarray) -> dict[str, np.ndarray]:
    """What layers of a Sequential network answer to images, by sending them through one layer after the other."""
    found = {}
    for layer in network.layers:
        images = layer(images)
        if layer.name in names:
            found[layer.name] = np.asarray(images)
    return found


def rank_filters(activations: np.ndarray, labels: np.ndarray, wanted: list[int]) -> np.ndarray:
    """How differently each filter answers to the wanted classes and to the rest, in standard deviations, (K,).

    activations: of a layer, (N, H, W, K); the mean over the positions is a filter's answer to an image. labels: (N,).
    """
    answers = activations.mean(axis=(1, 2))
    is_wanted = np.isin(labels, wanted)
    difference = answers[is_wanted].mean(axis=0) - answers[~is_wanted].mean(axis=0)
    return difference / np.maximum(answers.std(axis=0), 1e-6)


def correlation(maps: list[np.ndarray], others: list[np.ndarray]) -> float:
    """The mean correlation of maps with others, pair by pair; a constant map correlates with nothing (0)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps, others, strict=True)]
    return float(np.mean(np.nan_to_num(found)))


def first_kernels(network) -> np.ndarray:
    """The kernels of a network's first Conv2D, (height, width, channels, filters)."""
    return np.asarray(next(layer for layer in network.layers if type(layer).__name__ == "Conv2D").kernel)


def best_similarities(kernels: np.ndarray) -> np.ndarray:
    """The largest cosine similarity, without its sign, of each kernel (3, 3, K) with a classic one, (K,)."""
    rows, classic = kernels.reshape(9, -1).T, np.stack([kernel.ravel() for kernel in CLASSIC_KERNELS.values()])
    lengths = np.linalg.norm(rows, axis=1)[:, np.newaxis] * np.linalg.norm(classic, axis=1)
    return np.abs(rows @ classic.T / np.maximum(lengths, 1e-9)).max(axis=1)


def saliency(model, image: np.ndarray, label: int) -> np.ndarray:
    """How much each pixel moves the logit of a class: the largest gradient of its channels, without sign, (H, W).

    model: a Keras model with a layer named "logits". image: (H, W, C), preprocessed. Simonyan et al. 2013,
    https://arxiv.org/abs/1312.6034
    """
    import keras
    import tensorflow as tf

    inside = keras.Model(model.inputs[0], model.get_layer("logits").output)
    pixels = tf.constant(image[np.newaxis], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logit = inside(pixels, training=False)[0, label]
    return np.abs(tape.gradient(logit, pixels)[0]).max(axis=-1)


def excite(model, layer: str, filters: list[int], steps: int = 40) -> np.ndarray:
    """Images that excite filters of a layer, made by gradient ascent: (len(filters), H, W, 3), values 0 to 1.

    Begins with noise. In each step the images are changed by the gradient of the filter's mean answer, smoothed over
    3×3 pixels and scaled to a standard deviation of 0.05. They move about meanwhile, so that no dots grow at fixed
    pixels. The model takes images from -1 to 1.
    """
    import keras
    import tensorflow as tf

    inside = keras.Model(model.inputs[0], model.get_layer(layer).output)

    @tf.function
    def changed(images, moved):
        with tf.GradientTape() as tape:
            tape.watch(images)
            maps = inside(tf.roll(images, moved, (1, 2)), training=False)
            answers = tf.gather(tf.reduce_mean(maps, (1, 2)), filters, axis=1)
            wanted = tf.reduce_sum(tf.linalg.diag_part(answers))  # of each image its own filter
        slopes = tf.nn.avg_pool2d(tape.gradient(wanted, images), 3, 1, "SAME")
        images += 0.05 * slopes / (tf.math.reduce_std(slopes, (1, 2, 3), keepdims=True) + 1e-8)
        return tf.clip_by_value(images, -1, 1)

    images = tf.random.stateless_normal((len(filters), *model.input_shape[1:]), (0, 1), stddev=0.1)
    for step in range(profile.epochs(steps)):
        images = changed(images, tf.constant([step * 7 % 16 - 8, step * 11 % 16 - 8]))
    return (images.numpy() + 1) / 2
