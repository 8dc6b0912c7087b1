"""The augmentation lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import functools
import random
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers
from scipy import ndimage

from tests.answer_bank import right, wrong

sys.modules.setdefault(__name__, types.ModuleType(__name__))  # TensorFlow looks a function's module up

# ---- rotate90 -----------------------------------------------------------------------------------------------


@right("rotate90")
def with_tensorflow(images):
    return tf.image.rot90(images)


@right("rotate90")
def image_after_image(images):
    return np.array([np.rot90(image) for image in images])


@right("rotate90")
def exchanged_and_flipped(images):
    return np.transpose(images, (0, 2, 1, 3))[:, ::-1]


@right("rotate90")
def with_scipy(images):
    return ndimage.rotate(images, 90, axes=(2, 1), order=1)


@wrong("rotate90", says="turned clockwise")
def clockwise(images):
    return np.rot90(images, -1, axes=(1, 2))


@wrong("rotate90", says="mirrored, not turned")
def flipped(images):
    return images[:, :, ::-1]


@wrong("rotate90", says="is None")
def rotated_without_return(images):
    np.rot90(images, axes=(1, 2))


@wrong("rotate90", says="could not broadcast input array")
def into_an_array_of_the_old_shape(images):
    rotated = np.zeros_like(images)
    for k, image in enumerate(images):
        rotated[k] = np.rot90(image)
    return rotated


# ---- build_augmenter ----------------------------------------------------------------------------------------


def flip(mode="horizontal"):
    return layers.RandomFlip(mode)


def shift(height=0.1, width=0.1, **settings):
    return layers.RandomTranslation(height, width, **settings)


def turn(factor=0.03, **settings):
    return layers.RandomRotation(factor, **settings)


@wrong("build_augmenter", says="A factor of 10/180 is 20°")
def degrees_as_fractions_of_half_a_turn():
    return keras.Sequential([flip(), shift(0.1, 0.1), turn(10 / 180)])


@wrong("build_augmenter", says="turned by much more than 10°. Photographs are rarely held like this.")
def turned_by_25_degrees():
    return keras.Sequential([flip(), shift(0.1, 0.1), turn(25 / 360)])


@wrong("build_augmenter", says="more than a tenth of their size")
def shifted_by_a_fifth():
    return keras.Sequential([flip(), shift(0.2, 0.2), turn(0.02)])


@wrong("build_augmenter", says="hardly turned at all")
def turned_by_a_fifth_of_a_degree():
    return keras.Sequential([flip(), shift(0.1, 0.1), turn(np.radians(10) / 360)])


@wrong("build_augmenter", says="hardly shifted")
def shifted_by_a_hundredth():
    return keras.Sequential([flip(), shift(0.01, 0.01), turn(0.02)])


@right("build_augmenter")
def other_order_and_black_corners():
    return keras.Sequential([turn(0.03, fill_mode="constant"), shift(0.12, 0.12, fill_mode="constant"), flip()])


@right("build_augmenter")
def functional_with_zoom():
    inputs = keras.Input((32, 32, 3))
    value = layers.RandomZoom(0.1)(turn(0.02, fill_mode="nearest")(flip()(inputs)))
    return keras.Model(inputs, shift(0.08, 0.08, fill_mode="wrap")(value))


@right("build_augmenter")
def crop_after_padding():
    return keras.Sequential([layers.ZeroPadding2D(3), PaddedCrop(), flip(), turn()])


class PaddedCrop(keras.Layer):
    def call(self, images, training=False):
        if not training:
            return images[:, 3:-3, 3:-3]
        corners = tf.random.uniform((tf.shape(images)[0], 2), 0, 7, tf.int32)
        cut = [tf.image.crop_to_bounding_box(one, *corner, 32, 32) for one, corner in zip(images, corners, strict=True)]
        return tf.stack(cut)


class ByHand(keras.Model):
    """Flip, shift and rotation as a layer of one's own, with TensorFlow's functions; `mode` plants a mistake."""

    def __init__(self, mode=""):
        super().__init__()
        self.mode = mode
        self.geometry = keras.Sequential([shift(fill_mode="reflect"), turn(fill_mode="reflect")])

    def call(self, images, training=False):
        if self.mode == "always":
            training = True
        if not training:
            return images
        images = self.geometry(images, training=True)
        if self.mode == "brighter":
            images = 0.9 * images + tf.random.uniform((len(images), 1, 1, 1), -0.1, 0.1)
        if self.mode == "all flipped":
            return images[:, :, ::-1]
        return tf.image.random_flip_left_right(images)


@right("build_augmenter")
def layer_by_hand():
    return ByHand()


@wrong("build_augmenter", says="stand on their head")
def vertical_flip():
    return keras.Sequential([flip("vertical"), shift(), turn()])


@wrong("build_augmenter", says="the sky is below")
def both_flips():
    return keras.Sequential([flip("horizontal_and_vertical"), shift(), turn()])


@wrong("build_augmenter", says="in the range [-1, 1]. Received: factor=15")
def rotation_by_degrees():
    return keras.Sequential([flip(), shift(), turn(15)])


@wrong("build_augmenter", says="Look up the unit of the layer's `factor`")
def rotation_by_half_turns():
    return keras.Sequential([flip(), shift(), turn(0.5)])


@wrong("build_augmenter", says="turned by more than 60°")
def rotation_by_a_fifth_of_a_turn():
    return keras.Sequential([flip(), shift(), turn(0.2)])


@wrong("build_augmenter", says="upright and level lines turn by different angles")
def sheared_instead():
    return keras.Sequential([flip(), shift(), layers.RandomShear(0.1, 0.1)])


@wrong("build_augmenter", says="and the label no longer fits")
# Where the layer keeps a corner in its place, the middle is shifted. The angle is no turn's.
def sheared_far_as_well():
    return keras.Sequential([flip(), shift(), turn(), layers.RandomShear(0.3, 0.3)])


@right("build_augmenter")
def sheared_a_little_as_well():
    return keras.Sequential([flip(), shift(), turn(), layers.RandomShear(0.05, 0.05)])


@wrong("build_augmenter", says="the hole behind a far shift reaches the middle")
def far_shift_with_black_holes():
    return keras.Sequential([flip(), shift(0.5, 0.5, fill_mode="constant"), turn()])


@wrong("build_augmenter", says="Photographs are rarely held like this")
def rotation_too_large():
    return keras.Sequential([flip(), shift(), turn(0.15, fill_mode="reflect")])


@wrong("build_augmenter", says="the object leaves the picture")
def shift_too_large():
    return keras.Sequential([flip(), shift(0.5, 0.5), turn()])


@wrong("build_augmenter", says="No image was rotated")
def without_rotation():
    return keras.Sequential([flip(), shift()])


@wrong("build_augmenter", says="No image was flipped")
def without_flip():
    return keras.Sequential([shift(), turn()])


@wrong("build_augmenter", says="No image was shifted in")
def without_shift():
    return keras.Sequential([flip(), turn()])


@wrong("build_augmenter", says="No image was shifted left or right")
def shift_up_and_down_only():
    return keras.Sequential([flip(), shift(0.1, 0), turn()])


@wrong("build_augmenter", says="No image was shifted up or down")
def shift_sideways_only():
    return keras.Sequential([flip(), shift(0, 0.1), turn()])


@wrong("build_augmenter", says="Every image is flipped")
def always_flipped():
    return ByHand("all flipped")


@wrong("build_augmenter", says="In inference the augmenter must hand them on")
def active_in_inference():
    return ByHand("always")


@wrong("build_augmenter", says="brighter or darker")
def brightness_too():
    return ByHand("brighter")


@wrong("build_augmenter", says="the colour channels are mixed")
def channels_exchanged():
    return keras.Sequential([Exchange(), flip(), shift(), turn()])


class Exchange(keras.Layer):
    def call(self, images, training=False):
        return tf.reverse(images, [3]) if training else images


@wrong("build_augmenter", says="came back changed")
def scaled_as_well():
    return keras.Sequential([layers.Rescaling(1 / 255), flip(), shift(), turn()])


@wrong("build_augmenter", says="leave the range")
def white_corners():
    return keras.Sequential([flip(), shift(fill_mode="constant", fill_value=255.0), turn()])


class Fixed(keras.Layer):
    def call(self, images, training=False):
        return tf.roll(images[:, :, ::-1], 2, 1) if training else images


@wrong("build_augmenter", says="the very same images")
def fixed_transformation():
    return keras.Sequential([Fixed()])


class InTraining(keras.Layer):
    """Another layer, in training only."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, images, training=False):
        return self.layer(images) if training else images


class OneForAll(keras.Layer):
    calls = 0

    def call(self, images, training=False):
        self.calls += 1
        return tf.roll(images, self.calls, 1) if training else images


@wrong("build_augmenter", says="All images of a batch were changed in the same way")
def one_draw_for_the_batch():
    return keras.Sequential([OneForAll()])


@wrong("build_augmenter", says="nothing is augmented")
def augments_nothing():
    return keras.Sequential([layers.Identity()])


@wrong("build_augmenter", says="must keep their shape")
def smaller_images():
    return keras.Sequential([flip(), layers.RandomCrop(28, 28), turn()])


@wrong("build_augmenter", says="returned list")
def list_of_layers():
    return [flip(), shift(), turn()]


@wrong("build_augmenter", says="returned None")
def augmenter_without_return():
    keras.Sequential([flip(), shift(), turn()])


@right("build_augmenter")
def factors_as_pairs_and_seeds():
    inner = keras.Sequential([shift((-0.1, 0.1), (-0.1, 0.1), interpolation="nearest"), turn((-0.03, 0.03), seed=1)])
    return keras.Sequential([keras.Input((None, None, 3)), layers.RandomFlip("horizontal", seed=1), inner])


@wrong("build_augmenter", says="to the same side")
def turned_to_one_side():
    return keras.Sequential([flip(), shift(), turn((0, 0.03))])


@wrong("build_augmenter", says="in the same direction. Shift in both")
def shifted_in_one_direction():
    return keras.Sequential([flip(), shift((0, 0.1), 0.1), turn()])


@wrong("build_augmenter", says="are shifted alike")
def shifted_by_a_fixed_part():
    return keras.Sequential([flip(), shift((0.1, 0.1), (0.1, 0.1)), turn()])


@wrong("build_augmenter", says="Photographs are rarely held like this.")
# The largest of the angles that the layer draws: 35° or 36°, by chance.
def rotation_by_a_tenth_of_a_turn():
    return keras.Sequential([flip(), shift(), turn(0.1)])


class ByCoin(keras.Layer):
    """Hands on what `change` makes of images and a uniform draw, one for each image or one for all."""

    def __init__(self, change, one_for_all=False):
        super().__init__()
        self.change, self.one_for_all = change, one_for_all

    def call(self, images, training=False):
        n = 1 if self.one_for_all else tf.shape(images)[0]
        return self.change(images, tf.random.uniform((n, 1, 1, 1))) if training else images


@wrong("build_augmenter", says="are flipped alike")
def whole_batches_flipped():
    coin = ByCoin(lambda images, draw: tf.where(draw < 0.5, images[:, :, ::-1], images), one_for_all=True)
    return keras.Sequential([coin, shift(), turn()])


@wrong("build_augmenter", says="are turned alike")
def whole_batches_turned_and_then_flipped():
    together = layers.Lambda(lambda images: ndimage.rotate(images, random.uniform(-9, 9), (2, 1), False, order=1))
    return keras.Sequential([InTraining(together), flip(), shift()])


@wrong("build_augmenter", says="the same images are flipped, by their places in the batch")
def first_half_flipped():
    half = layers.Lambda(lambda images: tf.concat([images[:16, :, ::-1], images[16:]], 0))
    return keras.Sequential([InTraining(half), shift(), turn()])


@wrong("build_augmenter", says="% of the images are flipped. About half")
def rarely_upright():
    return keras.Sequential(
        [ByCoin(lambda images, draw: tf.where(draw < 0.9, images[:, :, ::-1], images)), shift(), turn()]
    )


@wrong("build_augmenter", says="no longer belong to their labels")
def batch_reordered():
    return keras.Sequential([flip(), shift(), turn(), ByCoin(lambda images, draw: tf.random.shuffle(images))])


@wrong("build_augmenter", says="or are mixed with others")
def images_laid_over_each_other():
    return keras.Sequential([flip(), shift(), turn(), ByCoin(lambda images, draw: (images + images[::-1]) / 2)])


@wrong("build_augmenter", says="squeezed or enlarged")
def zoomed_too_far():
    return keras.Sequential([flip(), shift(), turn(), layers.RandomZoom(0.9)])


@wrong("build_augmenter", says="should give images; it gives NoneType")
def layer_without_return():
    return keras.Sequential([flip(), ByCoin(lambda images, draw: None)]).layers[1]


@wrong("build_augmenter", says="the images hold NaN or infinity")
def divided_by_nothing():
    return keras.Sequential([flip(), shift(0.1, 0.1), turn(0.02), DividedByZero()])


class DividedByZero(layers.Layer):
    def call(self, images, training=False):
        return images / (0 * images) if training else images


@wrong("build_augmenter", says="of the images are flipped. About half of them should be.")
def a_quarter_flipped():
    coin = ByCoin(lambda images, draw: tf.where(draw < 0.25, images[:, :, ::-1], images))
    return keras.Sequential([coin, shift(), turn()])


# ---- build_upside_down --------------------------------------------------------------------------------------


def all_three():
    return [flip(), shift(0.1, 0.1), turn(0.02)]


@wrong("build_upside_down", says="`horizontal_and_vertical` draws once for both")
def in_both_directions_at_once():
    return keras.Sequential([flip("horizontal_and_vertical"), shift(0.1, 0.1), turn(0.02)])


@right("build_upside_down")
def upside_down_at_the_end():
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, flip("vertical")(keras.Sequential(all_three())(inputs)))


@wrong("build_upside_down", says="No image stands on its head")
def as_before():
    return keras.Sequential(all_three())


@wrong("build_upside_down", says="but no longer left-right")
def vertical_instead():
    return keras.Sequential([flip("vertical"), shift(0.1, 0.1), turn(0.02)])


@wrong("build_upside_down", says="Apart from the flips upside down: No image was shifted")
def only_flips():
    return keras.Sequential([flip(), flip("vertical"), turn(0.02)])


@wrong("build_upside_down", says="Put the layers into one Keras model")
def layers_in_a_list():
    return [flip("vertical"), *all_three()]


def flipped_by_one_draw(change):
    return keras.Sequential([ByCoin(change), shift(0.1, 0.1), turn(0.02)])


@wrong("build_upside_down", says="flipped left-right, 0% are upside down; of the others, 100%. The two draws")
def either_left_right_or_upside_down():
    return flipped_by_one_draw(lambda images, draw: tf.where(draw < 0.5, images[:, :, ::-1], images[:, ::-1]))


@wrong("build_upside_down", says="flipped left-right, 0% are upside down")
def one_of_three():
    return flipped_by_one_draw(
        lambda images, draw: tf.where(draw < 0.4, images[:, :, ::-1], tf.where(draw < 0.8, images[:, ::-1], images))
    )


@wrong("build_upside_down", says="of the others, 0%. The two draws should not depend on each other.")
def upside_down_only_where_mirrored():
    return flipped_by_one_draw(
        lambda images, draw: tf.where(
            draw < 0.4, images[:, ::-1, ::-1], tf.where(draw < 0.6, images[:, :, ::-1], images)
        )
    )


@wrong("build_upside_down", says="the same images are upside down, by their places in the batch")
def every_second_one():
    turned = layers.Lambda(lambda images: tf.where(np.arange(32).reshape(-1, 1, 1, 1) % 2, images[:, ::-1], images))
    return keras.Sequential([*all_three(), InTraining(turned)])


class Turned(keras.Layer):
    """Flips a fraction of the images upside down."""

    def __init__(self, fraction):
        super().__init__()
        self.fraction = fraction

    def call(self, images, training=False):
        if not training:
            return images
        chosen = tf.random.uniform((tf.shape(images)[0], 1, 1, 1)) < self.fraction
        return tf.where(chosen, images[:, ::-1], images)


@wrong("build_upside_down", says="Every image is upside down")
def always():
    return keras.Sequential([*all_three(), Turned(1.1)])


@wrong("build_upside_down", says="of the images are upside down. About half of them should be.")
def seldom():
    return keras.Sequential([*all_three(), Turned(0.12)])


# ---- make_pipeline ------------------------------------------------------------------------------------------


def pairs(x, y):
    return tf.data.Dataset.from_tensor_slices((x, y))


def augmenting(dataset, augment, training=True):
    if training and augment is not None:
        return dataset.map(lambda images, labels: (augment(images, training=True), labels))
    return dataset


@wrong("make_pipeline", says="hands single images to `augment`")
def augment_image_by_image(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y)
    if training:
        dataset = dataset.shuffle(buffer_size=len(x), reshuffle_each_iteration=True)
    return augmenting(dataset, augment, training).batch(batch_size).prefetch(1)


@right("make_pipeline")
def zipped_and_prefetched_early(x, y, batch_size, augment=None, training=False):
    dataset = tf.data.Dataset.zip((tf.data.Dataset.from_tensor_slices(x), tf.data.Dataset.from_tensor_slices(y)))
    dataset = dataset.cache()
    if training:
        dataset = dataset.shuffle(10_000, seed=3)
    return augmenting(dataset.batch(batch_size, num_parallel_calls=2).prefetch(2), augment, training)


@right("make_pipeline")
def named_function(x, y, batch_size, augment=None, training=False):
    def change(images, labels):
        if augment is not None and training:
            images = augment(images, training=True)
        return images, labels

    numbers = tf.data.Dataset.range(len(x))
    if training:  # a new order whenever an epoch begins
        numbers = tf.data.Dataset.from_tensors(tf.range(len(x))).map(tf.random.shuffle).unbatch()
    images, labels = tf.constant(x), tf.constant(y)
    dataset = numbers.batch(batch_size).map(lambda k: (tf.gather(images, k), tf.gather(labels, k)))
    return dataset.map(change).prefetch(tf.data.AUTOTUNE)


@wrong("make_pipeline", says="With `training=False` the images come in another order")
def validation_shuffled(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)).batch(batch_size)
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="With `training=False` the images went through `augment`")
def validation_augmented(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)) if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size), augment).prefetch(1)


@wrong("make_pipeline", says="of the labels belong to their image")
def shuffled_apart(x, y, batch_size, augment=None, training=False):
    images, labels = (tf.data.Dataset.from_tensor_slices(array) for array in (x, y))
    if training:
        images, labels = images.shuffle(len(x)), labels.shuffle(len(y))
    return augmenting(tf.data.Dataset.zip((images, labels)).batch(batch_size), augment, training).prefetch(1)


@wrong("make_pipeline", says="Your pipeline augments the labels too")
def labels_augmented(x, y, batch_size, augment=None, training=False):
    dataset = (pairs(x, y).shuffle(len(x)) if training else pairs(x, y)).batch(batch_size)
    if training and augment is not None:
        dataset = dataset.map(lambda images, labels: (augment(images, training=True), augment(labels, training=True)))
    return dataset.prefetch(1)


@wrong("make_pipeline", says="to `augment` as a pair")
def pair_augmented(x, y, batch_size, augment=None, training=False):
    dataset = (pairs(x, y).shuffle(len(x)) if training else pairs(x, y)).batch(batch_size)
    if training and augment is not None:
        dataset = dataset.map(lambda images, labels: augment((images, labels), training=True))
    return dataset.prefetch(1)


@wrong("make_pipeline", says="The labels are flipped along with the images")
def labels_flipped_with_images(x, y, batch_size, augment=None, training=False):
    dataset = (pairs(x, y).shuffle(len(x)) if training else pairs(x, y)).batch(batch_size)
    if training:
        dataset = dataset.map(lambda images, labels: (tf.reverse(images, [2]), tf.reverse(labels, [1])))
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="The order is nearly kept")
def buffer_of_a_thousand(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(1000) if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size), augment, training).prefetch(1)


@wrong("make_pipeline", says="whole batches change places")
def batched_before_shuffling(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).batch(batch_size)
    if training:
        dataset = dataset.shuffle(len(x)).unbatch().batch(batch_size)  # so that the smaller batch stays the last one
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="are whole batches shuffled, or given another order?")
def whole_batches_shuffled(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).batch(batch_size)
    return augmenting(dataset.shuffle(1000, seed=1) if training else dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="batches but the last should hold 8 images; your batch 1 holds 5. This one")
def batches_shuffled_with_the_small_one(x, y, batch_size, augment=None, training=False):
    starts = tf.data.Dataset.from_tensor_slices(np.arange(0, len(x), batch_size)[::-1].copy())
    images, labels = tf.constant(x), tf.constant(y)
    dataset = starts.map(lambda k: (images[k : k + batch_size], labels[k : k + batch_size]))
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="in their stored order")
def never_shuffled(x, y, batch_size, augment=None, training=False):
    return augmenting(pairs(x, y).batch(batch_size), augment, training).prefetch(1)


@wrong("make_pipeline", says="same order as the first")
def shuffled_once(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x), reshuffle_each_iteration=False) if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size), augment, training).prefetch(1)


@wrong("make_pipeline", says="called without `training=True`")
def augment_in_inference_mode(x, y, batch_size, augment=None, training=False):
    dataset = (pairs(x, y).shuffle(len(x)) if training else pairs(x, y)).batch(batch_size)
    if training and augment is not None:
        dataset = dataset.map(lambda images, labels: (augment(images), labels))
    return dataset.prefetch(1)


@wrong("make_pipeline", says="that did not go through `augment`")
def augment_forgotten(x, y, batch_size, augment=None, training=False):
    dataset = (pairs(x, y).shuffle(len(x)) if training else pairs(x, y)).batch(batch_size)
    augmenting(dataset, augment, training)
    return dataset.prefetch(1)


@wrong("make_pipeline", says="may be neither computed beforehand nor cached")
def cached_after_augmentation(x, y, batch_size, augment=None, training=False):
    dataset = augmenting(pairs(x, y).batch(batch_size), augment, training).cache()
    return (dataset.unbatch().shuffle(len(x)).batch(batch_size) if training else dataset).prefetch(1)


@wrong("make_pipeline", says="every image is augmented just as in the first")
def augmented_beforehand(x, y, batch_size, augment=None, training=False):
    if training and augment is not None:
        x = augment(x, training=True)
    dataset = pairs(x, y)
    return (dataset.shuffle(len(x)) if training else dataset).batch(batch_size).prefetch(1)


@wrong("make_pipeline", says="One pass should end")
def endless(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)).repeat() if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size), augment, training).prefetch(1)


@wrong("make_pipeline", says="The last batch is missing")
def rest_dropped(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)) if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size, drop_remainder=True), augment, training).prefetch(1)


@wrong("make_pipeline", says="Nothing is prefetched")
def without_prefetch(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)) if training else pairs(x, y)
    return augmenting(dataset.batch(batch_size), augment, training)


@wrong("make_pipeline", says="it prepares single images in advance")
def prefetch_first(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).prefetch(1)
    return augmenting((dataset.shuffle(len(x)) if training else dataset).batch(batch_size), augment, training)


@wrong("make_pipeline", says="`from_tensor_slices` takes one argument.")
def two_arguments(x, y, batch_size, augment=None, training=False):
    return tf.data.Dataset.from_tensor_slices(x, y).batch(batch_size).prefetch(1)


@wrong("make_pipeline", says="tuple index out of range")
def one_hot_labels_only(x, y, batch_size, augment=None, training=False):
    def images():
        for k in np.random.permutation(len(x)) if training else range(len(x)):  # noqa: NPY002
            yield x[k], y[k]

    signature = (tf.TensorSpec(x.shape[1:], "float32"), tf.TensorSpec((y.shape[1],), "float32"))
    dataset = tf.data.Dataset.from_generator(images, output_signature=signature).batch(batch_size)
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="should hold a batch of images")
def without_batches(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).shuffle(len(x)) if training else pairs(x, y)
    return augmenting(dataset, augment, training).prefetch(batch_size)


@wrong("make_pipeline", says="Each element should be a pair")
def images_only(x, y, batch_size, augment=None, training=False):
    return tf.data.Dataset.from_tensor_slices(x).batch(batch_size).prefetch(1)


@wrong("make_pipeline", says="A tf.data.Dataset is wanted")
def generator(x, y, batch_size, augment=None, training=False):
    return ((x[k : k + batch_size], y[k : k + batch_size]) for k in range(0, len(x), batch_size))


@wrong("make_pipeline", says="NameError: name 'augmenter' is not defined")
def wrong_name_inside_map(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y).batch(batch_size)
    return dataset.map(lambda images, labels: (augmenter(images), labels)).prefetch(1)  # noqa: F821


@right("make_pipeline")
def generator_of_batches(x, y, batch_size, augment=None, training=False):
    def batches():
        order = np.random.permutation(len(x)) if training else np.arange(len(x))  # noqa: NPY002
        for places in np.split(order, range(batch_size, len(x), batch_size)):
            yield augment(x[places], training=True) if training and augment else x[places], y[places]

    signature = tuple(tf.TensorSpec((None, *array.shape[1:]), "float32") for array in (x, y))
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(2)


@wrong("make_pipeline", says="One pass should give 53 images; yours gives 32")
def second_epoch_shorter(x, y, batch_size, augment=None, training=False):
    ends = iter([len(x), 32])

    def batches():
        end = next(ends)
        for start in range(0, end, batch_size):
            yield x[start : min(start + batch_size, end)], y[start : min(start + batch_size, end)]

    signature = tuple(tf.TensorSpec((None, *array.shape[1:]), "float32") for array in (x, y))
    return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(1)


@wrong("make_pipeline", says="gives no batch at all")
def nothing_taken(x, y, batch_size, augment=None, training=False):
    return pairs(x, y).take(len(x) // 10_000).batch(batch_size).prefetch(1)


@wrong("make_pipeline", says="InvalidArgumentError: Cannot batch tensors with different shapes")
def batched_twice(x, y, batch_size, augment=None, training=False):
    return pairs(x, y).batch(batch_size).batch(batch_size).prefetch(1)


@wrong("make_pipeline", says="TypeError: <lambda>() takes 1 positional argument but 2 were given")
def lambda_of_the_pair(x, y, batch_size, augment=None, training=False):
    return pairs(x, y).batch(batch_size).map(lambda pair: pair).prefetch(1)


@wrong("make_pipeline", says="(2, 3, 1) went in, but (3, 2, 1) came out")
def images_on_their_side(x, y, batch_size, augment=None, training=False):
    dataset = pairs(np.swapaxes(x, 1, 2), y)
    dataset = (dataset.shuffle(len(x)) if training else dataset).batch(batch_size)
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="Labels of the shape")
def labels_as_numbers(x, y, batch_size, augment=None, training=False):
    dataset = pairs(x, y.argmax(axis=1))
    dataset = (dataset.shuffle(len(x)) if training else dataset).batch(batch_size)
    return augmenting(dataset, augment, training).prefetch(1)


@wrong("make_pipeline", says="Some images come twice in one pass")
def drawn_with_replacement(x, y, batch_size, augment=None, training=False):
    chosen = np.sort(np.random.default_rng(0).integers(0, len(x), len(x)))
    dataset = (pairs(x[chosen], y[chosen]).shuffle(len(x)) if training else pairs(x[chosen], y[chosen])).batch(
        batch_size
    )
    return augmenting(dataset, augment, training).prefetch(1)


# ---- stream_from_disk ---------------------------------------------------------------------------------------

PIXELS = (32, 32, 3)


def sorted_paths(folder):
    return sorted(Path(folder).glob("shard_*.npz"))


def read(path):
    with np.load(path) as shard:
        return shard["x"], shard["y"]


def from_arrays(generator, batch_size, dtype="float32"):
    """A data set from a generator of arrays, (images, labels), such as whole shards."""
    signature = (tf.TensorSpec((None, *PIXELS), dtype), tf.TensorSpec((None,), "int64"))
    return tf.data.Dataset.from_generator(generator, output_signature=signature).rebatch(batch_size).prefetch(1)


def from_images(generator, batch_size):
    """A data set from a generator of single images, which takes longer."""
    signature = (tf.TensorSpec(PIXELS, "float32"), tf.TensorSpec((), "int64"))
    return tf.data.Dataset.from_generator(generator, output_signature=signature).batch(batch_size).prefetch(1)


def streaming(
    folder,
    batch_size,
    training,
    paths=sorted_paths,
    read=read,
    shard_order=None,
    shuffle_images=True,
    prepare=lambda x: x.astype("float32") / 255,
    dtype="float32",
    seed=None,
):
    """The right answer with a generator of whole shards, and a place for each mistake."""
    rng = np.random.default_rng()

    def shards():
        draw = rng if seed is None else np.random.default_rng(seed)
        files = paths(folder)
        order = range(len(files)) if not training else shard_order or draw.permutation(len(files)).tolist()
        for k in order:
            x, y = read(files[k])
            places = draw.permutation(len(x)) if training and shuffle_images else np.arange(len(x))
            yield prepare(x[places]), y[places]

    return from_arrays(shards, batch_size, dtype)


@right("stream_from_disk")
def shards_rebatched(folder, batch_size, training=False):
    return streaming(folder, batch_size, training)


@right("stream_from_disk")
def image_by_image(folder, batch_size, training=False):
    rng = np.random.default_rng()

    def images():
        files = sorted_paths(folder)
        for k in rng.permutation(len(files)) if training else range(len(files)):
            x, y = read(files[k])
            for i in rng.permutation(len(x)) if training else range(len(x)):
                yield x[i] / np.float32(255), y[i]

    return from_images(images, batch_size)


@right("stream_from_disk")
def interleaved_files(folder, batch_size, training=False):
    files = tf.data.Dataset.list_files(f"{folder}/shard_*.npz", shuffle=training)

    def load(path):
        x, y = tf.numpy_function(lambda name: read(name.decode()), [path], [tf.uint8, tf.int64])
        x, y = tf.ensure_shape(x, (None, *PIXELS)), tf.ensure_shape(y, (None,))
        shard = tf.data.Dataset.from_tensor_slices((x, y))
        return shard.shuffle(tf.shape(x, tf.int64)[0]) if training else shard

    dataset = files.interleave(load, cycle_length=2 if training else 1)
    return dataset.map(lambda image, label: (tf.cast(image, "float32") / 255.0, label)).batch(batch_size).prefetch(2)


@right("stream_from_disk")
def flat_map_of_shards(folder, batch_size, training=False):
    names = [str(path) for path in sorted_paths(folder)]
    files = tf.data.Dataset.from_tensor_slices(names)
    if training:
        files = files.shuffle(len(names))

    def load(name):
        x, y = read(name.numpy().decode())
        order = np.random.permutation(len(x)) if training else np.arange(len(x))  # noqa: NPY002
        return x[order] / np.float32(255), y[order].astype("int32")

    def shard(name):
        x, y = tf.py_function(load, [name], [tf.float32, tf.int32])
        return tf.data.Dataset.from_tensor_slices((tf.ensure_shape(x, (None, *PIXELS)), tf.ensure_shape(y, (None,))))

    return files.flat_map(shard).batch(batch_size)


@right("stream_from_disk")
def whole_batches_in_python(folder, batch_size, training=False):
    """Batches put together by hand, with what is left of one shard kept for the next."""

    def batches():
        rng = np.random.default_rng()
        files = sorted_paths(folder)
        x, y = np.zeros((0, *PIXELS), "uint8"), np.zeros(0, "int64")
        for k in rng.permutation(len(files)) if training else range(len(files)):
            more, labels = read(files[k])
            order = rng.permutation(len(more)) if training else np.arange(len(more))
            x, y = np.concatenate([x, more[order]]), np.concatenate([y, labels[order]])
            while len(y) >= batch_size:
                yield x[:batch_size] / np.float32(255), y[:batch_size]
                x, y = x[batch_size:], y[batch_size:]
        if len(y):
            yield x / np.float32(255), y

    signature = (tf.TensorSpec((None, *PIXELS), "float32"), tf.TensorSpec((None,), "int64"))
    return tf.data.Dataset.from_generator(batches, output_signature=signature)


@right("stream_from_disk")
def small_buffer_over_the_border_of_shards(folder, batch_size, training=False):
    dataset = streaming(folder, batch_size, training, shuffle_images=False).unbatch()
    return (dataset.shuffle(60) if training else dataset).batch(batch_size)


@wrong("stream_from_disk", says="Is your shuffle buffer too small?")
def tiny_buffer_of_images(folder, batch_size, training=False):
    dataset = streaming(folder, batch_size, training, shuffle_images=False).unbatch()
    return (dataset.shuffle(10) if training else dataset).batch(batch_size)


@right("stream_from_disk")
def folder_as_text(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, paths=lambda folder: sorted(tf.io.gfile.glob(folder + "/*.npz")))


@wrong("stream_from_disk", says="'str' object has no attribute 'glob'")
def folder_as_path(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, paths=lambda folder: sorted(folder.glob("shard_*.npz")))


@wrong("stream_from_disk", says="later passes gave those of a shard that could no longer be read")
def all_shards_kept_in_training(folder, batch_size, training=False):
    if not training:
        return streaming(folder, batch_size, training)
    shards = {path: read(path) for path in sorted_paths(folder)}
    return streaming(folder, batch_size, training, read=shards.get)


@wrong("stream_from_disk", says="Before the first batch came out, the last shard had been read")
def all_shards_read_at_the_start_of_an_epoch(folder, batch_size, training=False):
    if not training:
        return streaming(folder, batch_size, training)
    rng = np.random.default_rng()

    def shards():
        everything = [read(path) for path in sorted_paths(folder)]
        for k in rng.permutation(len(everything)):
            x, y = everything[k]
            order = rng.permutation(len(x))
            yield x[order] / np.float32(255), y[order]

    return from_arrays(shards, batch_size)


@wrong("stream_from_disk", says="What does not fit in memory must be read one shard at a time")
def everything_loaded(folder, batch_size, training=False):
    x, y = (np.concatenate(arrays) for arrays in zip(*map(read, sorted_paths(folder)), strict=True))
    dataset = tf.data.Dataset.from_tensor_slices((x.astype("float32") / 255, y))
    return (dataset.shuffle(len(x)) if training else dataset).batch(batch_size)


@wrong("stream_from_disk", says="because images of many shards are mixed")
def shuffled_over_everything(folder, batch_size, training=False):
    dataset = streaming(folder, batch_size, False).unbatch()
    return (dataset.shuffle(10_000) if training else dataset).batch(batch_size)


@wrong("stream_from_disk", says="`cache()` keeps every image")
def cached(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).cache()


@wrong("stream_from_disk", says="the shards come in a wrong order")
def shards_as_listed(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, paths=lambda folder: sorted_paths(folder)[::-1])


@wrong("stream_from_disk", says="shard_006.npz never arrive")
def last_shard_missing(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, paths=lambda folder: sorted_paths(folder)[:-1])


@wrong("stream_from_disk", says="of the labels belong to their image")
def labels_not_shuffled(folder, batch_size, training=False):
    def read_badly(path):
        x, y = read(path)
        return (np.random.permutation(x) if training else x), y  # noqa: NPY002

    return streaming(folder, batch_size, training, read=read_badly, shuffle_images=False)


@wrong("stream_from_disk", says="arrive as uint8")
def left_as_stored(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, prepare=lambda x: x, dtype="uint8")


@wrong("stream_from_disk", says="go up to 255: scale them")
def not_scaled(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, prepare=lambda x: x.astype("float32"))


@wrong("stream_from_disk", says="scaled twice")
def scaled_twice(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).map(lambda images, labels: (images / 255, labels))


@wrong("stream_from_disk", says="All your pixels are 0 or 1, and nothing between.")
def divided_without_rest(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, prepare=lambda x: (x // 255).astype("float32"))


@wrong("stream_from_disk", says="The images go up to 0.9961 only.")
def divided_by_256(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, prepare=lambda x: x.astype("float32") / 256)


@wrong("stream_from_disk", says="float32 is wanted, half the memory")
def double_precision(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, prepare=lambda x: x / 255, dtype="float64")


@wrong("stream_from_disk", says="`training` has no effect")
def training_ignored(folder, batch_size, training=False):
    return streaming(folder, batch_size, False)


@wrong("stream_from_disk", says="the order in which they are stored; yours are mixed")
def always_shuffled(folder, batch_size, training=False):
    return streaming(folder, batch_size, True)


@wrong("stream_from_disk", says="the images within a shard as they are stored")
def only_shards_shuffled(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, shuffle_images=False)


@wrong("stream_from_disk", says="the shards always come in one order")
def only_images_shuffled(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, shard_order=range(7))


@wrong("stream_from_disk", says="Each epoch should be shuffled anew")
def seeded_in_the_generator(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, seed=0)


@wrong("stream_from_disk", says="All batches but the last should hold 16 images; your batch 4 holds 12.")
def batches_end_with_each_shard(folder, batch_size, training=False):
    def batches():
        rng = np.random.default_rng()
        files = sorted_paths(folder)
        for k in rng.permutation(len(files)) if training else range(len(files)):
            x, y = read(files[k])
            for start in range(0, len(x), batch_size):
                yield x[start : start + batch_size] / np.float32(255), y[start : start + batch_size]

    signature = (tf.TensorSpec((None, *PIXELS), "float32"), tf.TensorSpec((None,), "int64"))
    return tf.data.Dataset.from_generator(batches, output_signature=signature)


@wrong("stream_from_disk", says="KeyError: 'images is not a file in the archive'")
def wrong_key_inside_the_generator(folder, batch_size, training=False):
    def images():
        for path in sorted_paths(folder):
            with np.load(path) as shard:
                yield from zip(shard["images"], shard["labels"], strict=True)

    return from_images(images, batch_size)


@wrong("stream_from_disk", says="wanted, but your function returned a generator")
def bare_generator(folder, batch_size, training=False):
    return (read(path) for path in sorted_paths(folder))


@wrong("stream_from_disk", says="still gives more, though")
def streamed_for_ever(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).repeat()


@wrong("stream_from_disk", says="Images stay in memory after they were used")
def shards_remembered(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, read=functools.cache(read))


@wrong("stream_from_disk", says="the images within a shard are shuffled, but the shards")
def shards_shuffled_once(folder, batch_size, training=False):
    return streaming(folder, batch_size, training, shard_order=[4, 0, 6, 2, 5, 1, 3])


@wrong("stream_from_disk", says="Within each shard, the second epoch has the same order")
def images_shuffled_once(folder, batch_size, training=False):
    def in_fixed_order(path):
        x, y = read(path)
        order = np.random.default_rng(0).permutation(len(x)) if training else np.arange(len(x))
        return x[order], y[order]

    return streaming(folder, batch_size, training, read=in_fixed_order, shuffle_images=False)


@wrong("stream_from_disk", says="The images go from -1 to 1")
def scaled_to_minus_one(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).map(lambda images, labels: (2 * images - 1, labels))


@wrong("stream_from_disk", says="a second pass, for the next epoch, gives no batch")
def generator_used_up(folder, batch_size, training=False):
    one_pass = streaming(folder, batch_size, training).as_numpy_iterator()
    signature = (tf.TensorSpec((None, *PIXELS), "float32"), tf.TensorSpec((None,), "int64"))
    return tf.data.Dataset.from_generator(lambda: one_pass, output_signature=signature)


@wrong("stream_from_disk", says="The labels should stay whole numbers")
def labels_as_floats(folder, batch_size, training=False):
    dataset = streaming(folder, batch_size, training).unbatch().batch(batch_size)
    return dataset.map(lambda images, labels: (images, tf.cast(labels, "float32")))


@wrong("stream_from_disk", says="Images of the shape (32, 32, 3) are in the shards, but (32, 32, 1) came out")
def first_channel_only(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).map(lambda images, labels: (images[..., :1], labels))


@wrong("stream_from_disk", says="one number per image; yours have")
def one_hot_already(folder, batch_size, training=False):
    return streaming(folder, batch_size, training).map(lambda images, labels: (images, tf.one_hot(labels, 10)))


# ---- confusion_matrix ---------------------------------------------------------------------------------------


@right("confusion_matrix")
def added_at(y_true, y_pred, n_classes):
    matrix = np.zeros((n_classes, n_classes))
    np.add.at(matrix, (y_true, y_pred), 1)
    return matrix


@right("confusion_matrix")
def with_bincount(y_true, y_pred, n_classes):
    places = n_classes * np.asarray(y_true) + y_pred
    return np.bincount(places, minlength=n_classes**2).reshape(n_classes, n_classes)


@right("confusion_matrix")
def one_hot_product(y_true, y_pred, n_classes):
    return tf.transpose(tf.one_hot(y_true, n_classes)) @ tf.one_hot(y_pred, n_classes)


@right("confusion_matrix")
def lists_in_lists(y_true, y_pred, n_classes):
    together = list(zip(y_true, y_pred, strict=True))
    return [[together.count((true, predicted)) for predicted in range(n_classes)] for true in range(n_classes)]


@wrong("confusion_matrix", says="counted once")
def fancy_index(y_true, y_pred, n_classes):
    matrix = np.zeros((n_classes, n_classes), int)
    matrix[y_true, y_pred] += 1
    return matrix


@wrong("confusion_matrix", says="Does your function end with `return`?")
def matrix_without_return(y_true, y_pred, n_classes):
    added_at.function(y_true, y_pred, n_classes)


@right("confusion_matrix")
def with_tensorflow_math(y_true, y_pred, n_classes):
    return tf.math.confusion_matrix(y_true, y_pred, num_classes=n_classes)


@right("confusion_matrix")
def with_pandas(y_true, y_pred, n_classes):
    return pd.crosstab(y_true, y_pred).reindex(index=range(n_classes), columns=range(n_classes), fill_value=0)


# ---- per_class_report ---------------------------------------------------------------------------------------


def divided(matrix, axis):
    sums = matrix.sum(axis=axis)
    return np.divide(np.diag(matrix), sums, out=np.zeros(len(matrix)), where=sums > 0)


@right("per_class_report")
def with_where(matrix):
    return pd.DataFrame({"recall": divided(matrix, 1), "precision": divided(matrix, 0)})


@right("per_class_report")
def class_by_class(matrix):
    rows = []
    for k in range(len(matrix)):
        predicted, there = sum(matrix[:, k]), sum(matrix[k])
        precision = matrix[k, k] / predicted if predicted else 0
        recall = matrix[k, k] / there if there else 0
        rows.append({"class": k, "precision": round(precision, 4), "recall": round(recall, 4)})
    return pd.DataFrame(rows).set_index("class")


@right("per_class_report")
def nan_replaced(matrix):
    with np.errstate(invalid="ignore"):
        precision, recall = (np.nan_to_num(np.diag(matrix) / matrix.sum(axis=axis)) for axis in (0, 1))
    return pd.DataFrame(np.column_stack([precision, recall]), columns=["precision", "recall"])


@wrong("per_class_report", says="Precision and recall are swapped")
def swapped(matrix):
    return pd.DataFrame({"precision": divided(matrix, 1), "recall": divided(matrix, 0)})


@wrong("per_class_report", says="Where a sum to divide by is 0, return 0.")
def zero_by_zero(matrix):
    with np.errstate(invalid="ignore"):
        precision, recall = (np.diag(matrix) / matrix.sum(axis=axis) for axis in (0, 1))
    return pd.DataFrame({"precision": precision, "recall": recall})


@wrong("per_class_report", says="These are percentages")
def percentages(matrix):
    return 100 * with_where.function(matrix)


@wrong("per_class_report", says="Missing: the column precision")
def other_names(matrix):
    return with_where.function(matrix).rename(columns={"precision": "Precision"})


@wrong("per_class_report", says="A pandas DataFrame is wanted")
def pair_of_arrays(matrix):
    return divided(matrix, 0), divided(matrix, 1)


@wrong("per_class_report", says="One row per class is wanted")
def means(matrix):
    return with_where.function(matrix).mean().to_frame().T


@right("per_class_report")
def cell_by_cell_beside_names(matrix):
    table = pd.DataFrame(index=range(len(matrix)), columns=["name", "recall", "precision"])  # of dtype object
    for k in range(len(matrix)):
        table.loc[k] = [pd.Timestamp(k), divided(matrix, 1)[k], divided(matrix, 0)[k]]
    return table


@wrong("per_class_report", says="not texts or lists")
def formatted(matrix):
    return with_where.function(matrix).map("{:.4f}".format)


@wrong("per_class_report", says="have the same name")
def columns_twice(matrix):
    return pd.concat([with_where.function(matrix)] * 2, axis=1)


@wrong("per_class_report", says="NaN, None or infinity")
def never_filled(matrix):
    return pd.DataFrame(index=range(len(matrix)), columns=["precision", "recall"])
