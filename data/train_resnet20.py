"""Train the course's ResNet-20 on CIFAR-10: `python -m data.train_resnet20`, in the folder above this one.

It writes into `reference_runs/08_pretrained_resnet/` the network and its curves (a good three hours on two CPU cores),
then the curves of the four networks that the ResNet lab compares, with shortcuts and without. The residual block is
the lab's own. `make reproduce` measures the network that lies there; the ResNet lab tells its students how it was
trained.
"""

import sys

import keras
import tensorflow as tf
from keras import layers, ops
from sklearn.model_selection import train_test_split

from grader import checksums, reproduce, source
from helpers import datasets, pretrained, profile, training

LAB = "08_pretrained_resnet"
SEED = 0


class FusedBatchNormalization(layers.BatchNormalization):
    """The same batch normalization by TensorFlow's one-step kernel: on a CPU, training takes half the time."""

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * new)
        return outputs


class Distort(layers.Layer):
    """Flips and shifts each image; turns and scales half of them; changes brightness, contrast, colour; hides a square.

    Takes square images, -1 to 1.
    """

    def __init__(self):
        super().__init__(dtype="float32")
        self.seeds = keras.random.SeedGenerator()

    def call(self, images):
        n, side = ops.shape(images)[:2]

        def draw(limit, *axes):
            return keras.random.uniform((n, *axes), -limit, limit, seed=self.seeds)

        bent, flip = ops.cast(draw(1.0) > 0, "float32"), ops.sign(draw(1.0))
        angle, scale = bent * draw(0.2), 1 + bent * draw(0.12)
        a, b, c, d = flip * ops.cos(angle), -ops.sin(angle), flip * ops.sin(angle), ops.cos(angle)
        a, b, c, d = scale * a, scale * b, scale * c, scale * d
        shifts = [draw(4.5), draw(4.5)]
        # Whole pixels where nothing is turned: looking up between pixels would blur all images, and test images are
        # sharp.
        to_x, to_y = (bent * shift + (1 - bent) * ops.round(shift) for shift in shifts)
        middle, zero = (side - 1) / 2, ops.zeros_like(a)
        to_x, to_y = to_x + middle * (1 - a - b), to_y + middle * (1 - c - d)
        numbers = ops.stack([a, b, to_x, c, d, to_y, zero, zero], axis=1)
        images = ops.image.affine_transform(images, numbers, fill_mode="reflect")

        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        images = (images - mean) * (1 + draw(0.2, 1, 1, 1)) + mean + draw(0.15, 1, 1, 1)
        grey = ops.mean(images, axis=3, keepdims=True)
        images = grey + (images - grey) * (1 + draw(0.3, 1, 1, 1))

        pixels = ops.arange(side, dtype="float32") - middle
        near_row = ops.abs(pixels[:, None] - draw(18.0, 1, 1)) < 4.5
        near_column = ops.abs(pixels[None, :] - draw(18.0, 1, 1)) < 4.5
        return ops.where((near_row & near_column)[..., None], 0.0, images)


def flip_and_shift() -> keras.Model:
    """What CIFAR-10 is usually augmented with: flips, and shifts by up to an eighth."""
    shift = layers.RandomTranslation(0.125, 0.125, "constant", interpolation="nearest", dtype="float32")
    return keras.Sequential([layers.RandomFlip("horizontal", dtype="float32"), shift])


def plain_block(x, filters: int, stride: int):
    """The two convolutions of a residual block, without the shortcut."""
    for step in (stride, 1):
        x = layers.Conv2D(filters, 3, strides=step, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return x


def build_stages(block, blocks: int, side: int) -> keras.Model:
    """A network of three stages with so many blocks in each, for images (side, side, 3); 3 make a ResNet-20.

    Labs take the last feature map, the layer `features`, from it.
    """
    inputs = keras.Input((side, side, 3))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for filters in (16, 32, 64):
        for number in range(blocks):
            x = block(x, filters, 2 if number == 0 and filters > 16 else 1)
    x = layers.Activation("linear", name="features")(x)
    logits = layers.Dense(10, name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Activation("softmax", dtype="float32", name="probabilities")(logits))


def train_network(model, training_part, validation_part, stages, peak: float, batch_size: int = 256) -> dict:
    """Train in place, on RGB images 0 to 255: SGD with momentum and weight decay. Returns the history.

    training_part, validation_part: images and labels. stages: pairs (augment, epochs), one after the other in a single
    cycle of the learning rate, whose highest is `peak`. What augment gives may be smaller than what the model takes:
    its convolutions and its global pooling do not mind.
    """

    def fused(layer):
        kind = FusedBatchNormalization if type(layer) is layers.BatchNormalization else type(layer)
        return kind.from_config(layer.get_config())

    any_size = keras.Input((None, None, 3))
    fast = keras.models.clone_model(model, input_tensors=any_size, clone_function=fused)
    fast.set_weights(model.get_weights())
    loss = keras.losses.SparseCategoricalCrossentropy()
    sgd = keras.optimizers.SGD(peak, momentum=0.9, nesterov=True, weight_decay=0.005)
    fast.compile(sgd, loss, metrics=["accuracy"])

    images, labels = pretrained.scale(training_part[0]), training_part[1]
    batches = None
    for augment, epochs in stages:
        stage = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images))
        stage = stage.batch(batch_size, drop_remainder=True).repeat(epochs)
        stage = stage.map(lambda x, y, augment=augment: (augment(x, training=True), y), tf.data.AUTOTUNE)
        batches = stage if batches is None else batches.concatenate(stage)
    fit = fast.fit(
        batches.prefetch(2),
        epochs=sum(epochs for _, epochs in stages),
        steps_per_epoch=len(images) // batch_size,
        validation_data=(pretrained.scale(validation_part[0]), validation_part[1]),
        callbacks=[training.OneCycle(), training.Clock()],
        shuffle=False,
        verbose=2,
    )
    model.set_weights(fast.get_weights())
    model.compile("sgd", loss)
    return {name: [round(float(value), 4) for value in values] for name, values in fit.history.items()}


def halve(images):
    """The mean of each 2×2 pixels: (N, 32, 32, 3) → (N, 16, 16, 3)."""
    return images.reshape(len(images), 16, 2, 16, 2, 3).mean(axis=(2, 4))


def main() -> None:
    data = datasets.load("cifar10")
    if not data.real:
        sys.exit("ResNet-20 is trained on the real CIFAR-10 only: COURSE_DATA names the folder that holds cifar10.npz.")
    labels = data.y_train.astype(int)
    fit, validation = train_test_split(range(len(labels)), test_size=0.1, stratify=labels, random_state=SEED)

    def part(chosen, change=lambda images: images):
        return change(data.x_train[chosen]), labels[chosen]

    residual_block = source.definitions(LAB)["residual_block"]
    training.use_fast_precision()
    profile.seed_everything(SEED)
    model = build_stages(residual_block, 3, 32)
    light, strong = flip_and_shift(), Distort()
    cut = keras.Sequential([Distort(), layers.CenterCrop(24, 24, dtype="float32")])
    parts = [train_network(model, part(fit), part(validation), [(light, 60)], 0.4)]
    # On from there: more distortion, which the test images do not have, and a short end without it. Most of the
    # validation images are learned from now.
    fit, validation = fit + validation[1000:], validation[:1000]

    def train_on(stages, peak, batch_size):
        parts.append(train_network(model, part(fit), part(validation), stages, peak, batch_size))

    train_on([(strong, 50)], 0.2, 256)
    train_on([(light, 8)], 0.02, 256)
    train_on([(cut, 18), (strong, 14), (light, 3)], 0.05, 128)
    one_end = model.get_weights()
    train_on([(strong, 9), (light, 1)], 0.015, 128)
    # Two good places, and between them a better one; at learning rate 0 only batch normalisation learns.
    model.set_weights([(one + two) / 2 for one, two in zip(one_end, model.get_weights(), strict=True)])
    train_on([(light, 1)], 0.0, 128)
    reproduce.write_history(LAB, "resnet20", {name: sum((one[name] for one in parts), []) for name in parts[0]})
    reproduce.save(model, reproduce.RUNS / LAB / "resnet20.keras")

    for kind, block in (("plain", plain_block), ("residual", residual_block)):
        for depth in (20, 56):
            profile.seed_everything(SEED)
            model = build_stages(block, (depth - 2) // 6, 16)
            halved = part(fit[:20_000], halve), part(validation, halve)
            reproduce.write_history(LAB, f"{kind}_{depth}", train_network(model, *halved, [(light, 12)], 0.2))
    checksums.write()


if __name__ == "__main__":
    main()
