"""For every lab: what goes wrong when images are brought from 0 to 255 to 0 to 1, and a batch of noise."""

import numpy as np

CLASSES = 10


def per_image(x: np.ndarray, reduce) -> np.ndarray:
    return reduce(x, axis=tuple(range(1, x.ndim)), keepdims=True)


# Sentence -> what the mistake makes of images x, uint8.
MISTAKES = {
    "Your images still hold the stored grey values, on the scale of 0 to 255. The range should be 0 to 1.": (
        lambda x: x.astype("float32")
    ),
    "Your images are 0 nearly everywhere: `//` stands where `/` should, the result was made a whole number, or nothing "
    "was written into the array.": lambda x: (x // 255).astype("float32"),
    "You divided by the brightest value of this batch, or of each image, so what is dark becomes too bright. "
    "Which is the largest value that a pixel can have at all?": [
        lambda x: x / np.float32(x.max()),
        lambda x: (x - np.float32(x.min())) / (x.max() - np.float32(x.min())),
        lambda x: x / np.float32(per_image(x, np.max)),
        lambda x: (x - np.float32(per_image(x, np.min))) / (per_image(x, np.max) - np.float32(per_image(x, np.min))),
    ],
    "You divided by 256. There are 256 grey values, but the largest of them is smaller.": lambda x: x / np.float32(256),
    "You divided by 16. So far go the pixels of scikit-learn's digits; ours are stored images.": (
        lambda x: x / np.float32(16)
    ),
    "Black has become -1. It should stay 0: divide, and subtract nothing.": [
        lambda x: x / np.float32(127.5) - 1,
        lambda x: x / np.float32(128) - 1,
    ],
    "You divided twice: these values are tiny.": lambda x: x / np.float32(255) / 255,
    "Black and white are exchanged: 0 should stay 0.": lambda x: 1 - x / np.float32(255),
    "Your images are standardised: they have mean 0. Only bring them to the range 0 to 1.": [
        lambda x: ((x - x.mean()) / x.std()).astype("float32"),
        lambda x: ((x - x.mean((0, 1, 2))) / x.std((0, 1, 2))).astype("float32"),
    ],
    "Grey values were lost: your images are rounded, or hold only 0 and 1.": [
        lambda x: np.round(x / np.float32(255), 2),
        lambda x: np.round(x / np.float32(255), 1),
        lambda x: np.round(x / np.float32(255)),
        lambda x: (x > 127).astype("float32"),
        lambda x: (x > 0).astype("float32"),
    ],
}


def noise(rng: np.random.Generator, shape: tuple = (32, 32, 3)) -> dict:
    """Four standardised images; sixty labels, with logits that favour the right class in the first half only."""
    y = np.eye(CLASSES, dtype="float32")[rng.permutation(np.arange(60) % CLASSES)]
    logits = rng.normal(size=y.shape, scale=1.5) + y * np.repeat([3, -3], 30)[:, None]
    return {"x": rng.normal(size=(4, *shape)).astype("float32"), "y": y, "logits": logits.astype("float32")}
