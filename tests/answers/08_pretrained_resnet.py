"""The ResNet lab: answers as students give them. Each wrong one gets its own message, each right one passes."""

import math

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops
from PIL import Image

from tests.answer_bank import right, wrong

# ---- describe_network ---------------------------------------------------------------------------------------


def figures(model, memory_bytes, **changes):
    """The right answer, with some figures exchanged."""
    weighted = [layer for layer in model.layers if layer.count_params()]
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {
        "convolutions": len([layer for layer in model.layers if type(layer).__name__ == "Conv2D"]),
        "parameters": model.count_params(),
        "trainable": trainable,
        "input_size": (model.input_shape[1], model.input_shape[2]),
        "first_layer": weighted[0].count_params(),
        "last_layer": weighted[-1].count_params(),
        "hessian_share": min(1.0, (memory_bytes / 4) ** 0.5 / trainable),
        **changes,
    }


@right("describe_network")
def by_type_name(model, memory_bytes):
    return figures(model, memory_bytes)


@right("describe_network")
def other_containers(model, memory_bytes):
    found = figures(model, memory_bytes, input_size=list(model.input.shape[1:3]))
    trainable = np.sum([np.size(weight) for weight in model.trainable_variables])
    share = np.floor(np.sqrt(memory_bytes / 4)) / trainable
    return found | {"trainable": trainable, "hessian_share": np.minimum(share, 1)}


@wrong("describe_network", says="height comes first")
def width_first(model, memory_bytes):
    return figures(model, memory_bytes, input_size=model.input_shape[1:3][::-1])


@wrong("describe_network", says="only height and width")
def whole_shape(model, memory_bytes):
    return figures(model, memory_bytes, input_size=model.input_shape[1:])


@wrong("describe_network", says="ask the network")
def literal_size(model, memory_bytes):
    return figures(model, memory_bytes, input_size=(224, 224))


def share(model, memory_bytes, of):
    trainable = figures(model, memory_bytes)["trainable"]
    return figures(model, memory_bytes, hessian_share=of(memory_bytes, trainable))


@wrong("describe_network", says="For a sequential network and memory_bytes=")
def every_layer_asked_for_a_kernel(model, memory_bytes):
    return {"convolutions": sum(layer.kernel.ndim == 4 for layer in model.layers)}


@wrong("describe_network", says="For a functional network and memory_bytes=")
def last_dense_layer(model, memory_bytes):
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    return figures(model, memory_bytes, last_layer=dense[-1].count_params())


@wrong("describe_network", says="this is more than 1")
def not_capped(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: math.sqrt(memory / 4) / n)


@wrong("describe_network", says="this is a percentage")
def percentage(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: 100 * min(1, math.sqrt(memory / 4) / n))


@wrong("describe_network", says="lacks hessian_share")
def without_share(model, memory_bytes):
    found = figures(model, memory_bytes)
    del found["hessian_share"]
    return found


@wrong("describe_network", says="None: does it end with `return`?")
def figures_printed(model, memory_bytes):
    figures(model, memory_bytes)


@wrong("describe_network", says="your function returned list")
def only_a_summary(model, memory_bytes):
    return list(figures(model, memory_bytes).values())


@wrong("describe_network", says="Separable and depthwise")
def every_convolution(model, memory_bytes):
    kinds = [type(layer).__name__ for layer in model.layers]
    return figures(model, memory_bytes, convolutions=len([kind for kind in kinds if "Conv2D" in kind]))


@wrong("describe_network", says="need not hold `conv`")
def by_the_name(model, memory_bytes):
    return figures(model, memory_bytes, convolutions=sum("conv" in layer.name for layer in model.layers))


@wrong("describe_network", says="convolutions: your answer is 3, but 2 is wanted")
def by_the_shape_of_the_kernel(model, memory_bytes):
    kernels = [layer.kernel for layer in model.layers if hasattr(layer, "kernel")]
    return figures(model, memory_bytes, convolutions=sum(len(kernel.shape) == 4 for kernel in kernels))


@wrong("describe_network", says="'float' object cannot be interpreted as an integer")
def root_of_whole_numbers(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, math.isqrt(memory // 4) / n))


@wrong("describe_network", says="This is ResNet50's figure")
def from_the_internet(model, memory_bytes):
    return figures(model, memory_bytes, convolutions=53)


@wrong("describe_network", says="All are wanted here")
def trainable_as_all(model, memory_bytes):
    found = figures(model, memory_bytes)
    return found | {"parameters": found["trainable"]}


@wrong("describe_network", says="These are all parameters")
def all_as_trainable(model, memory_bytes):
    return figures(model, memory_bytes, trainable=model.count_params())


@wrong("describe_network", says="The first layer of this network has no parameters")
def very_first_layer(model, memory_bytes):
    return figures(model, memory_bytes, first_layer=model.layers[0].count_params())


@wrong("describe_network", says="This is the first convolution")
def first_convolution(model, memory_bytes):
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    return figures(model, memory_bytes, first_layer=first.count_params())


@wrong("describe_network", says="The last layer of this network has no parameters")
def very_last_layer(model, memory_bytes):
    return figures(model, memory_bytes, last_layer=model.layers[-1].count_params())


@wrong("describe_network", says="The biases are missing.")
def kernel_only(model, memory_bytes):
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)][-1]
    return figures(model, memory_bytes, last_layer=math.prod(dense.kernel.shape))


@wrong("describe_network", says="one number takes 4 bytes")
def bytes_forgotten(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: math.sqrt(memory) / n)


@wrong("describe_network", says="not 8")
def double_precision(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, math.sqrt(memory / 8) / n))


@wrong("describe_network", says="share of the matrix's entries")
def share_of_entries(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, memory / (4 * n * n)))


@wrong("describe_network", says="has n × n entries, not n")
def gradient_instead(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: memory / (4 * n))


@wrong("describe_network", says="1 would mean that the Hessian of all parameters fits")
def gradient_capped(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, memory / (4 * n)))


@wrong("describe_network", says="this is the number of parameters")
def number_instead_of_share(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: math.sqrt(memory / 4))


@wrong("describe_network", says="the share of the *trainable* parameters")
def share_of_all(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, math.sqrt(memory / 4) / model.count_params()))


@wrong("describe_network", says="not for each of its rows")
def root_before_the_division(model, memory_bytes):
    return share(model, memory_bytes, lambda memory, n: min(1, math.sqrt(memory) / 4 / n))


@wrong("describe_network", says="a pair of whole numbers; yours is")
def size_of_another_network(model, memory_bytes):
    return figures(model, memory_bytes, input_size=(99, 99))


@wrong("describe_network", says="A frozen layer is counted")
def all_but_statistics(model, memory_bytes):
    statistics = [weight for weight in model.weights if "moving" in weight.name]
    count = model.count_params() - sum(int(np.prod(weight.shape)) for weight in statistics)
    return figures(model, memory_bytes, trainable=count)


@wrong("describe_network", says="Only what is trainable was counted")
def trainable_part_of_the_first(model, memory_bytes):
    found = figures(model, memory_bytes)
    first = next(layer for layer in model.layers if layer.weights)
    return found | {
        "first_layer": found["first_layer"] // 2 if "Batch" in type(first).__name__ else found["first_layer"]
    }


# ---- classify -----------------------------------------------------------------------------------------------


def as_rgb(image):
    image = image[..., np.newaxis] if image.ndim == 2 else image
    return np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image[..., :3]


def resized(image, size):
    """An RGB image of another size, as a batch of one, values 0 to 255."""
    return np.asarray(ops.image.resize(as_rgb(image)[np.newaxis].astype("float32"), size, antialias=True))


def asked(model, image, prepare=None, size=None):
    """The probabilities; `prepare` takes the place of the preprocessing, `size` that of the network's own."""
    batch = resized(image, size or model.input_size)
    return np.asarray(model.network((prepare or model.preprocess_input)(batch)))[0]


def pairs(model, probabilities, top):
    order = np.argsort(probabilities)[::-1][:top]
    return [(model.class_names[k], probabilities[k]) for k in order]


@right("classify")
def with_pillow_and_predict(model, image, top=5):
    picture = Image.fromarray(image.squeeze()).convert("RGB")
    height, width = model.input_size
    batch = np.array(picture.resize((width, height)))[None]
    probabilities = model.network.predict(model.preprocess_input(batch), verbose=0)[0]
    return sorted(zip(model.class_names, probabilities, strict=True), key=lambda pair: -pair[1])[:top]


@right("classify")
def with_tensorflow(model, image, top=5):
    image = tf.convert_to_tensor(image)
    image = image[..., None] if len(image.shape) == 2 else image
    image = tf.image.grayscale_to_rgb(image) if image.shape[-1] == 1 else image[..., :3]
    image = tf.image.resize_with_crop_or_pad(image, min(image.shape[:2]), min(image.shape[:2]))
    image = tf.image.resize(image, model.input_size, method="nearest")
    x = model.preprocess_input(image.numpy())
    values, indices = tf.math.top_k(model.network(x[tf.newaxis], training=False), top)
    return [[model.class_names[int(k)], value] for value, k in zip(values[0], indices[0], strict=True)]


@right("classify")
def over_white(model, image, top=5):
    if image.shape[-1] == 4 and image.ndim == 3:
        alpha = image[..., 3:] / 255
        image = (image[..., :3] * alpha + 255 * (1 - alpha)).astype("uint8")
    return pairs(model, asked(model, image), top)


@right("classify")
def cropped_and_rounded(model, image, top=5):
    image = np.asarray(layers.Resizing(*model.input_size, crop_to_aspect_ratio=True)(as_rgb(image)[np.newaxis]))
    probabilities = model.network.predict_on_batch(model.preprocess_input(image))[0]
    return [(name, round(float(value), 3)) for name, value in pairs(model, probabilities, top)]


@right("classify")
def with_black_bars(model, image, top=5):
    batch = tf.image.resize_with_pad(as_rgb(image)[tf.newaxis], *model.input_size, antialias=True)
    return tuple(pairs(model, model.network(model.preprocess_input(batch)).numpy().ravel(), top))


@right("classify")
def on_a_black_square(model, image, top=5):
    rgb = as_rgb(image).astype("float32")
    side = max(rgb.shape[:2])
    above, beside = ((side - n) // 2 for n in rgb.shape[:2])
    square = np.zeros((1, side, side, 3), "float32")
    square[0, above : above + rgb.shape[0], beside : beside + rgb.shape[1]] = rgb
    resized = np.asarray(ops.image.resize(square, model.input_size, antialias=True))
    return pairs(model, np.asarray(model.network(model.preprocess_input(resized)))[0], top)


def pick(model, batch, top, **settings):
    probabilities = np.asarray(model.network(model.preprocess_input(batch), **settings))[0]
    return [(model.class_names[k], float(probabilities[k])) for k in np.argsort(-probabilities)[:top]]


def in_colours(image):
    rgb = image[..., np.newaxis] if image.ndim == 2 else image
    return np.repeat(rgb, 3, axis=-1) if rgb.shape[-1] == 1 else rgb[..., :3]


@wrong("classify", says="sees a small piece of the photograph only")
def cut_out_of_the_middle(model, image, top=5):
    return pick(
        model, np.asarray(tf.image.resize_with_crop_or_pad(in_colours(image)[np.newaxis], *model.input_size)), top
    )


@wrong("classify", says="it was cut out, and not made smaller")
def upper_left_corner(model, image, top=5):
    height, width = model.input_size
    return pick(model, in_colours(image)[np.newaxis, :height, :width], top)


@right("classify")
def cropped_to_the_aspect_ratio(model, image, top=5):
    batch = in_colours(image)[np.newaxis].astype("float32")
    return pick(model, np.asarray(keras.ops.image.resize(batch, model.input_size, crop_to_aspect_ratio=True)), top)


@wrong("classify", says="You call the network with `training=True`")
def in_training_mode(model, image, top=5):
    batch = np.asarray(tf.image.resize(in_colours(image)[np.newaxis].astype("float32"), model.input_size))
    return pick(model, batch, top, training=True)


@wrong("classify", says="The preprocessing is missing")
def without_preprocessing(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: x), top)


@wrong("classify", says="The preprocessing was done twice")
def preprocessed_twice(model, image, top=5):
    def twice(x):
        return model.preprocess_input(model.preprocess_input(x))

    return pairs(model, asked(model, image, twice), top)


@wrong("classify", says="before `model.preprocess_input`, which wants 0 to 255")
def scaled_before(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x / 255)), top)


@wrong("classify", says="You brought the colours to small numbers, such as 0–1")
def standardised_before(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input((x - x.mean()) / x.std())), top)


@wrong("classify", says="or multiplied by alpha in uint8, where 255 + 1 is 0")
def over_black_in_uint8(model, image, top=5):
    if image.ndim == 3 and image.shape[-1] == 4:
        image = image[..., :3] * image[..., 3:] // 255
    return pairs(model, asked(model, image), top)


@wrong("classify", says="in place of `model.preprocess_input`")
def scaled_instead(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: x / 255), top)


@wrong("classify", says="scaled once more")
def scaled_after(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x) / 255), top)


@wrong("classify", says="wants RGB, and the photograph is RGB")
def blue_first(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x[..., ::-1])), top)


@wrong("classify", says="exchanged after `model.preprocess_input`")
def blue_first_afterwards(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x)[..., ::-1]), top)


@wrong("classify", says="preprocessing of ResNet50")
def resnet50_preprocessing(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: keras.applications.resnet50.preprocess_input(x.copy())), top)


@wrong("classify", says="preprocessing of ResNet-20")
def resnet20_preprocessing(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: x / 127.5 - 1), top)


@wrong("classify", says="The batch axis is missing")
def without_batch_axis(model, image, top=5):
    return pairs(model, np.asarray(model.network(model.preprocess_input(resized(image, model.input_size)[0])))[0], top)


@wrong("classify", says="The channels should come last")
def channels_first(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: np.moveaxis(model.preprocess_input(x), -1, 1)), top)


@wrong("classify", says="Height and width are exchanged")
def size_as_pillow_wants_it(model, image, top=5):
    batch = np.array(Image.fromarray(as_rgb(image)).resize(model.input_size))[None]
    return pairs(model, np.asarray(model.network(model.preprocess_input(batch)))[0], top)


@wrong("classify", says="This is not the size it takes")
def always_224(model, image, top=5):
    return pairs(model, asked(model, image, size=(224, 224)), top)


@wrong("classify", says="It was not resized")
def not_resized(model, image, top=5):
    return pairs(model, asked(model, image, size=image.shape[:2]), top)


@wrong("classify", says="not upright any more")
def lying_on_its_side(model, image, top=5):
    return pairs(model, asked(model, np.swapaxes(image, 0, 1)), top)


@wrong("classify", says="(grey) your function fails")
def colour_only(model, image, top=5):
    batch = ops.image.resize(image[np.newaxis, :, :, :3].astype("float32"), model.input_size)
    return pairs(model, np.asarray(model.network(model.preprocess_input(batch)))[0], top)


@wrong("classify", says="(one channel) your function fails")
def grey_with_two_axes_only(model, image, top=5):
    picture = Image.fromarray(image).convert("RGB").resize(model.input_size[::-1])
    return pairs(model, np.asarray(model.network(model.preprocess_input(np.array(picture)[None])))[0], top)


@wrong("classify", says="It wants red, green and blue also for a grey photograph.")
def grey_stays_grey(model, image, top=5):
    image = image[..., np.newaxis] if image.ndim == 2 else image
    batch = np.asarray(ops.image.resize(image[np.newaxis].astype("float32"), model.input_size))
    x = batch if batch.shape[-1] == 1 else model.preprocess_input(batch)
    return pairs(model, np.asarray(model.network(x))[0], top)


@wrong("classify", says="how opaque a pixel is")
def alpha_stays(model, image, top=5):
    image = image if image.shape[-1] == 4 else as_rgb(image)
    batch = np.asarray(ops.image.resize(image[np.newaxis].astype("float32"), model.input_size))
    x = batch if batch.shape[-1] == 4 else model.preprocess_input(batch)
    return pairs(model, np.asarray(model.network(x))[0], top)


@wrong("classify", says="Softmax was taken a second time")
def softmax_twice(model, image, top=5):
    return pairs(model, np.asarray(ops.softmax(asked(model, image))), top)


@wrong("classify", says="the most probable should come first")
def ascending(model, image, top=5):
    return pairs(model, asked(model, image), top)[::-1]


@wrong("classify", says="the least probable classes")
def least_probable(model, image, top=5):
    probabilities = asked(model, image)
    return [(model.class_names[k], probabilities[k]) for k in np.argsort(probabilities)[:top]]


@wrong("classify", says="These are the first classes")
def unsorted(model, image, top=5):
    return list(zip(model.class_names, asked(model, image), strict=True))[:top]


@wrong("classify", says="no longer belong together")
def only_probabilities_sorted(model, image, top=5):
    return list(zip(model.class_names, np.sort(asked(model, image))[::-1], strict=True))[:top]


@wrong("classify", says="is none of the classes of this classifier")
def names_of_cifar(model, image, top=5):
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    return [(names[k], value) for k, value in enumerate(asked(model, image)[:top])]


@wrong("classify", says="numbers of classes")
def indices(model, image, top=5):
    probabilities = asked(model, image)
    return [(k, probabilities[k]) for k in np.argsort(-probabilities)[:top]]


@wrong("classify", says="yours holds only texts")
def only_names(model, image, top=5):
    return [name for name, _ in pairs(model, asked(model, image), top)]


@wrong("classify", says="the name comes first")
def probability_first(model, image, top=5):
    return [(value, name) for name, value in pairs(model, asked(model, image), top)]


@wrong("classify", says="Your probabilities are texts")
def array_of_texts(model, image, top=5):
    return np.array(pairs(model, asked(model, image), top))


@wrong("classify", says="not a text")
def only_the_best_name(model, image, top=5):
    return pairs(model, asked(model, image), 1)[0][0]


@wrong("classify", says="also where there is one pair only: [(name, probability)]")
def the_pair_itself(model, image, top=5):
    found = pairs(model, asked(model, image), top)
    return found[0] if top == 1 else found


@wrong("classify", says="not a dictionary")
def as_dictionary(model, image, top=5):
    return dict(pairs(model, asked(model, image), top))


@wrong("classify", says="Your answer is of type DataFrame. The docstring says what to return.")
def as_table(model, image, top=5):
    return pd.DataFrame(pairs(model, asked(model, image), top), columns=["name", "probability"])


@wrong("classify", says="a pair of lists")
def two_lists(model, image, top=5):
    names, values = zip(*pairs(model, asked(model, image), top), strict=True)
    return list(names), list(values)


@wrong("classify", says="but all 8 classes came back")
def top_ignored(model, image, top=5):
    return pairs(model, asked(model, image), None)


@wrong("classify", says="but 5 came back")
def always_five(model, image, top=5):
    return pairs(model, asked(model, image), 5)


@wrong("classify", says="are percentages")
def percent(model, image, top=5):
    return [(name, 100 * value) for name, value in pairs(model, asked(model, image), top)]


@wrong("classify", says="changed its input `image` in place")
def inverted_in_place(model, image, top=5):
    found = pairs(model, asked(model, image), top)
    image //= 2
    return found


@wrong("classify", says="Does your function end with `return`?")
def printed(model, image, top=5):
    pairs(model, asked(model, image), top)


@wrong("classify", says="was never asked")
def invented(model, image, top=5):
    return [("candle", 0.9)] * top


@wrong("classify", says="The mean colour of the photograph is")
def darkened(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x // 2)), top)


@wrong("classify", says="the first should be the class of highest probability")
def without_the_best(model, image, top=5):
    return pairs(model, asked(model, image, model.preprocess_input), top + 1)[1:]


@wrong("classify", says="It takes (1, height, width, 3).")
def two_batch_axes(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: model.preprocess_input(x)[np.newaxis]), top)


@wrong("classify", says="It takes one image: (1, height, width, 3)")
def the_same_image_twice(model, image, top=5):
    return pairs(model, asked(model, image, lambda x: np.repeat(model.preprocess_input(x), 2, axis=0)), top)


@wrong("classify", says="A list of pairs (name, probability) is wanted; yours begins with")
def with_the_number_of_the_class(model, image, top=5):
    return [(0, *pair) for pair in pairs(model, asked(model, image, model.preprocess_input), top)]


@wrong("classify", says="Give the network's own")
def all_probabilities_alike(model, image, top=5):
    return [(name, 0.5) for name, _ in pairs(model, asked(model, image, model.preprocess_input), top)]


@wrong("classify", says="The right classes, but not in the right order")
def best_one_first_the_others_backwards(model, image, top=5):
    found = pairs(model, asked(model, image, model.preprocess_input), top)
    return [*found[:1], *found[:0:-1]]


# ---- residual_block -----------------------------------------------------------------------------------------


def conv(x, filters, stride=1, **settings):
    return layers.Conv2D(filters, 3, strides=stride, padding="same", **settings)(x)


def norm(x):
    return layers.BatchNormalization()(x)


def relu(x):
    return layers.ReLU()(x)


def branch(x, filters, stride):
    return norm(conv(relu(norm(conv(x, filters, stride))), filters))


def shortcut(x, filters, stride):
    if stride == 1 and x.shape[-1] == filters:
        return x
    return norm(layers.Conv2D(filters, 1, strides=stride)(x))


def zero_padded(x, filters, stride):
    """The shortcut without weights: every second pixel, and zeros for the new channels."""
    x = x[:, ::stride, ::stride]
    new = filters - x.shape[-1]
    return ops.pad(x, ((0, 0), (0, 0), (0, 0), (new // 2, new - new // 2))) if new else x


@right("residual_block")
def with_biases_and_operator(x, filters, stride):
    return keras.activations.relu(shortcut(x, filters, stride) + branch(x, filters, stride))


@right("residual_block")
def parameter_free(x, filters, stride):
    return relu(layers.add([branch(x, filters, stride), zero_padded(x, filters, stride)]))


@right("residual_block")
def projection_without_norm(x, filters, stride):
    y = branch(x, filters, stride)
    if y.shape != x.shape:
        x = layers.Conv2D(filters, (1, 1), (stride, stride), padding="same", use_bias=False)(x)
    return layers.Activation("relu")(layers.Add()([y, x]))


@right("residual_block")
def norms_without_shift_or_scale(x, filters, stride):
    y = relu(layers.BatchNormalization(center=False)(conv(x, filters, stride)))
    return relu(layers.BatchNormalization(scale=False)(conv(y, filters)) + shortcut(x, filters, stride))


class OwnBlock(layers.Layer):
    """A right block, but in a layer of its own class."""

    def __init__(self, filters, stride):
        super().__init__()
        self.settings = filters, stride

    def build(self, shape):
        inputs = keras.Input(shape[1:])
        self.inside = keras.Model(inputs, projection_without_norm.function(inputs, *self.settings))

    def call(self, x):
        return self.inside(x)


@wrong("residual_block", says="OwnBlock is a layer of a class of your own, and nobody sees")
def in_a_layer_of_its_own(x, filters, stride):
    return OwnBlock(filters, stride)(x)


@right("residual_block")
def pooled_and_concatenated(x, filters, stride):
    y = branch(x, filters, stride)
    short = layers.AveragePooling2D(stride)(x) if stride > 1 else x
    if filters > x.shape[-1]:
        zeros = ops.zeros_like(y)[..., : filters - x.shape[-1]]
        short = layers.Concatenate()([short, zeros])
    return ops.relu(y + short)


@right("residual_block")
def padded_by_hand(x, filters, stride):
    y = norm(layers.Conv2D(filters, 3, strides=stride)(layers.ZeroPadding2D()(x)))
    y = norm(layers.Conv2D(filters, 3)(layers.ZeroPadding2D()(relu(y))))
    return relu(shortcut(x, filters, stride) + y)


@wrong("residual_block", says="There is a dropout in the block")
def block_with_dropout(x, filters, stride):
    y = layers.Dropout(0.2)(relu(norm(conv(x, filters, stride))))
    return relu(shortcut(x, filters, stride) + norm(conv(y, filters)))


@wrong("residual_block", says="There is no shortcut")
def plain(x, filters, stride):
    return relu(branch(x, filters, stride))


@wrong("residual_block", says="x is added after the last ReLU")
def added_after_activation(x, filters, stride):
    return shortcut(x, filters, stride) + relu(branch(x, filters, stride))


@wrong("residual_block", says="There is no ReLU at the end")
def no_last_activation(x, filters, stride):
    return shortcut(x, filters, stride) + branch(x, filters, stride)


@wrong("residual_block", says="never take anything away")
def branch_ends_in_relu(x, filters, stride):
    return relu(shortcut(x, filters, stride) + relu(branch(x, filters, stride)))


@wrong("residual_block", says="stands behind the addition, and changes x as well")
def norm_after_the_addition(x, filters, stride):
    return relu(norm(shortcut(x, filters, stride) + conv(relu(norm(conv(x, filters, stride))), filters)))


@wrong("residual_block", says="They should be added")
def side_by_side(x, filters, stride):
    return relu(layers.Concatenate()([shortcut(x, filters, stride), branch(x, filters, stride)]))


@wrong("residual_block", says="The two branches should be added; yours are joined by Maximum")
def larger_of_both(x, filters, stride):
    return relu(layers.Maximum()([shortcut(x, filters, stride), branch(x, filters, stride)]))


@wrong("residual_block", says="no ReLU between the two convolutions")
def linear_branch(x, filters, stride):
    y = norm(conv(norm(conv(x, filters, stride)), filters))
    return relu(shortcut(x, filters, stride) + y)


@wrong("residual_block", says="yours has 0.")
def without_norm(x, filters, stride):
    return relu(shortcut(x, filters, stride) + conv(relu(conv(x, filters, stride)), filters))


@wrong("residual_block", says="yours has 1.")
def one_norm(x, filters, stride):
    return relu(shortcut(x, filters, stride) + norm(conv(relu(conv(x, filters, stride)), filters)))


@wrong("residual_block", says="directly behind a convolution")
def activation_before_norm(x, filters, stride):
    y = norm(conv(x, filters, stride, activation="relu"))
    return relu(shortcut(x, filters, stride) + norm(conv(y, filters)))


@wrong("residual_block", says="pre-activation")
def pre_activation(x, filters, stride):
    y = conv(relu(norm(x)), filters, stride)
    return shortcut(x, filters, stride) + conv(relu(norm(y)), filters)


@wrong("residual_block", says="ncompatible shapes")
def stride_on_both(x, filters, stride):
    y = norm(conv(relu(norm(conv(x, filters, stride))), filters, stride))
    return relu(layers.Add()([shortcut(x, filters, stride), y]))


@wrong("residual_block", says="the stride is not used")
def stride_ignored(x, filters, stride):
    return relu(shortcut(x, filters, 1) + branch(x, filters, 1))


@wrong("residual_block", says="the second should have none")
def stride_on_the_second(x, filters, stride):
    y = norm(conv(relu(norm(conv(x, filters))), filters, stride))
    return relu(shortcut(x, filters, stride) + y)


@wrong("residual_block", says="cannot be broadcast")
def shape_of_the_shortcut_forgotten(x, filters, stride):
    return relu(x + branch(x, filters, stride))


@wrong("residual_block", says="annot be added")
def projection_only_with_stride(x, filters, stride):
    y = branch(x, filters, stride)
    short = shortcut(x, filters, stride) if stride > 1 else x
    if short.shape != y.shape:
        raise ValueError(f"{short.shape} and {y.shape} cannot be added")
    return relu(short + y)


@wrong("residual_block", says="nothing of x comes through")
def no_shortcut_where_the_shape_changes(x, filters, stride):
    y = branch(x, filters, stride)
    return relu(x + y) if x.shape == y.shape else relu(y)


@wrong("residual_block", says="there is a ReLU in the shortcut")
def activated_projection(x, filters, stride):
    short = x if stride == 1 and x.shape[-1] == filters else relu(shortcut(x, filters, stride))
    return relu(short + branch(x, filters, stride))


@wrong("residual_block", says="the shortcut keeps only a corner of x")
def cropped_shortcut(x, filters, stride):
    y = branch(x, filters, stride)
    return relu(y + zero_padded(x[:, : y.shape[1], : y.shape[2]], filters, 1))


@right("residual_block")
def pooled_by_maximum_and_projected(x, filters, stride):
    short = layers.MaxPooling2D(stride)(x) if stride > 1 else x
    if x.shape[-1] != filters:
        short = norm(layers.Conv2D(filters, 1)(short))
    return relu(short + branch(x, filters, stride))


@wrong("residual_block", says="without a convolution")
def always_projected(x, filters, stride):
    short = norm(layers.Conv2D(filters, 1, strides=stride)(x))
    return relu(short + branch(x, filters, stride))


@wrong("residual_block", says="and 1×1 in the shortcut, where it needs one); yours: 3×3, 3×3, 3×3")
def projected_with_3x3(x, filters, stride):
    short = x if stride == 1 and x.shape[-1] == filters else norm(conv(x, filters, stride))
    return relu(short + branch(x, filters, stride))


@wrong("residual_block", says="yours: 3×3.")
def one_convolution(x, filters, stride):
    return relu(shortcut(x, filters, stride) + norm(conv(x, filters, stride)))


@wrong("residual_block", says="twice, with the same weights")
def one_convolution_in_two_places(x, filters, stride):
    again = layers.Conv2D(filters, 3, padding="same")
    y = norm(again(again(relu(norm(conv(x, filters, stride))))))
    return relu(shortcut(x, filters, stride) + y)


@wrong("residual_block", says="does it end with `return`")
def block_without_return(x, filters, stride):
    relu(shortcut(x, filters, stride) + branch(x, filters, stride))


@wrong("residual_block", says="was it called")
def layer_not_called(x, filters, stride):
    layers.Add()([shortcut(x, filters, stride), branch(x, filters, stride)])
    return layers.ReLU()


@wrong("residual_block", says="something else than ReLU(x + F(x))")
def halved(x, filters, stride):
    return relu(0.5 * shortcut(x, filters, stride) + branch(x, filters, stride))


@wrong("residual_block", says="two batch normalisations are wanted, one per convolution; yours has 3")
def normalised_at_the_end_too(x, filters, stride):
    return relu(norm(shortcut(x, filters, stride) + branch(x, filters, stride)))


@wrong("residual_block", says="negative values come out. The last step is a ReLU")
def without_relu_where_the_shape_changes(x, filters, stride):
    total = shortcut(x, filters, stride) + branch(x, filters, stride)
    return relu(total) if stride == 1 and x.shape[-1] == filters else total


@wrong("residual_block", says="its last axis should be `filters`")
def twice_the_filters(x, filters, stride):
    filters = filters if x.shape[-1] == filters else 2 * filters
    return relu(shortcut(x, filters, stride) + branch(x, filters, stride))


# ---- build_resnet20 -----------------------------------------------------------------------------------------


def resnet(
    blocks=3,
    widths=(16, 32, 64),
    strides=(1, 2, 2),
    shortcut=shortcut,
    bias=False,
    classes=10,
    end="softmax",
    pooled=True,
    stem=3,
    stem_pool=None,
    first_norm=True,
    first_relu=True,
    all_strided=False,
    size=32,
):
    """A ResNet with many switches; as it stands, the one that is wanted."""

    def one(x, filters, stride):
        y = relu(norm(conv(x, filters, stride, use_bias=bias)))
        y = norm(conv(y, filters, use_bias=bias))
        return relu(layers.Add()([y, shortcut(x, filters, stride)])) if shortcut else relu(y)

    inputs = keras.Input((size, size, 3))
    x = layers.Conv2D(widths[0], stem, padding="same", use_bias=bias)(inputs)
    x = norm(x) if first_norm else x
    x = relu(x) if first_relu else x
    x = stem_pool(x) if stem_pool else x
    for filters, stride in zip(widths, strides, strict=True):
        for number in range(blocks):
            x = one(x, filters, stride if number == 0 or all_strided else 1)
    x = layers.GlobalAveragePooling2D()(x) if pooled else layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes, activation=end)(x))


def projection(x, filters, stride):
    """As the paper's: no biases."""
    if stride == 1 and x.shape[-1] == filters:
        return x
    return norm(layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x))


@right("build_resnet20")
def without_weights_in_shortcuts_and_logits():
    return resnet(shortcut=zero_padded, end=None)


@right("build_resnet20")
def with_biases():
    return resnet(bias=True)


@right("build_resnet20")
def pooled_by_hand_and_compiled():
    whole = resnet(shortcut=projection)
    x = ops.mean(whole.layers[-3].output, axis=(1, 2))
    model = keras.Model(whole.input, layers.Softmax()(layers.Dense(10)(x)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def max_pooled(x, filters, stride):
    """Every second pixel, as the largest of one, and zeros for the new channels."""
    return zero_padded(layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x, filters, 1)


@right("build_resnet20")
def with_pooling_in_the_shortcuts_and_one_bias():
    whole = resnet(shortcut=max_pooled)
    biased = keras.layers.Conv2D(16, 3, padding="same", name=whole.layers[1].name)
    return keras.models.clone_model(whole, clone_function=lambda layer: biased if layer is whole.layers[1] else layer)


@right("build_resnet20")
def with_the_same_relu_and_addition_everywhere():
    act, add = layers.ReLU(), layers.Add()

    def once(layer):
        return {layers.ReLU: act, layers.Add: add}.get(type(layer), layer)

    return keras.models.clone_model(resnet(shortcut=projection), clone_function=once)


@wrong("build_resnet20", says="Yours has 13.")
def two_blocks_per_stage():
    return resnet(blocks=2)


@wrong("build_resnet20", says="Seven convolutions with 16 filters")
def widths_of_resnet18():
    return resnet(widths=(64, 128, 256))


@wrong("build_resnet20", says="Yours are 32×32,")
def never_smaller():
    return resnet(strides=(1, 1, 1))


@wrong("build_resnet20", says="Yours are 32×32, 16×16, 8×8, 4×4")
def first_stage_strided():
    return resnet(strides=(2, 2, 2))


@wrong("build_resnet20", says="2×2, 1×1")
def every_block_strided():
    return resnet(all_strided=True)


@wrong("build_resnet20", says="There is a Rescaling")
def scaled_inside():
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, resnet()(layers.Rescaling(1 / 255)(inputs)))


@wrong("build_resnet20", says="Where are the shortcuts?")
def plain_network():
    return resnet(shortcut=None)


@wrong("build_resnet20", says="global average pooling")
def flattened():
    return resnet(pooled=False)


@wrong("build_resnet20", says="yours ends in sigmoid")
def ends_in_sigmoid():
    return resnet(end="sigmoid")


@wrong("build_resnet20", says="Ten numbers per image")
def thousand_classes():
    return resnet(classes=1000)


@wrong("build_resnet20", says="yours: 3×3, 7×7")
def imagenet_beginning():
    return resnet(stem=7)


@wrong("build_resnet20", says="followed by batch normalisation, the very first as well")
def first_norm_forgotten():
    return resnet(first_norm=False)


@wrong("build_resnet20", says="The input should have shape (32, 32, 3)")
def other_input():
    return resnet(size=64)


@wrong("build_resnet20", says="Yours has 18.")
def first_relu_forgotten():
    return resnet(first_relu=False)


@wrong("build_resnet20", says="only the mean is left")
def largest_instead_of_mean():
    whole = resnet()
    return keras.Model(whole.input, layers.Dense(10)(layers.GlobalMaxPooling2D()(whole.layers[-3].output)))


@right("build_resnet20")
def pooled_and_flattened():
    whole = resnet()
    x = layers.GlobalAveragePooling2D(keepdims=True)(whole.layers[-3].output)
    return keras.Model(whole.input, layers.Flatten()(layers.Dense(10, activation="softmax")(x)))


@wrong("build_resnet20", says="Your dense layer with its softmax looks at each place of the maps by itself")
def mean_of_the_softmaxes():
    whole = resnet()
    x = layers.Dense(10, activation="softmax")(whole.layers[-3].output)
    return keras.Model(whole.input, layers.GlobalAveragePooling2D()(x))


@wrong("build_resnet20", says="There is a RandomFlip, which the table does not have")
def augmented_inside():
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, resnet()(layers.RandomFlip("horizontal")(inputs)))


@wrong("build_resnet20", says="Softmax is taken twice")
def softmax_behind_softmax():
    whole = resnet()
    return keras.Model(whole.input, layers.Softmax()(whole.output))


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.network = resnet()

    def call(self, x, training=False):
        return self.network(x, training=training)


@wrong("build_resnet20", says="Your network should be Sequential or functional and have one input, `keras.")
def as_a_class():
    return Subclass()


@wrong("build_resnet20", says="OwnBlock is a layer of a class of your own")
def of_own_blocks():
    inputs = keras.Input((32, 32, 3))
    x = relu(norm(conv(inputs, 16)))
    for filters in (16, 32, 64):
        for block in range(3):
            x = OwnBlock(filters, 2 if filters > 16 and block == 0 else 1)(x)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


@wrong("build_resnet20", says="There is a dropout, which the table does not have")
def with_dropout():
    whole = resnet()
    return keras.Model(whole.input, whole.layers[-1](layers.Dropout(0.2)(whole.layers[-2].output)))


@wrong("build_resnet20", says="There is a max pooling")
def with_max_pooling():
    return resnet(stem_pool=layers.MaxPooling2D())


@wrong("build_resnet20", says="One dense layer is wanted")
def with_hidden_layer():
    whole = resnet()
    return keras.Model(whole.input, layers.Dense(10)(layers.Dense(64, "relu")(whole.layers[-2].output)))


@wrong("build_resnet20", says="trainable parameters. 272,474 are wanted")
def projected_in_every_block():
    return resnet(shortcut=lambda x, filters, stride: norm(layers.Conv2D(filters, 1, strides=stride)(x)))


@wrong("build_resnet20", says="returned None")
def resnet_without_return():
    resnet()


@wrong("build_resnet20", says="All normalisations of a ResNet-20 are batch normalisations")
def normalised_image_by_image():
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.LayerNormalization(), resnet()])
    return keras.Model(model.inputs, model.outputs)


@wrong("build_resnet20", says="Your network does not tell the shapes in it")
def with_two_inputs():
    first, second = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    return keras.Model([first, second], resnet()(first + second))


@wrong("build_resnet20", says="Your network cannot be called on images")
def for_three_images_only():
    model = resnet()
    return keras.Model(model.inputs, ops.reshape(model.outputs[0], (3, 10)))


# ---- freeze_backbone ----------------------------------------------------------------------------------------


@right("freeze_backbone")
def layer_after_layer(backbone):
    for layer in backbone.layers:
        layer.trainable = False
    return backbone


@right("freeze_backbone")
def frozen_copy(backbone):
    copy = keras.models.clone_model(backbone)
    copy.set_weights(backbone.get_weights())
    copy.trainable = False
    return copy


@right("freeze_backbone")
def in_a_sequential(backbone):
    model = keras.Sequential([backbone])
    model.trainable = False
    return model


@right("freeze_backbone")
def called_in_a_new_model(backbone):
    inputs = keras.Input(backbone.input_shape[1:])
    model = keras.Model(inputs, backbone(inputs, training=False))
    model.trainable = False
    return model


@wrong("freeze_backbone", says="still trainable: Conv2D.")
def all_but_one_convolution(backbone):
    backbone.trainable = False
    convolutions = [layer for layer in backbone.layers if isinstance(layer, layers.Conv2D)]
    convolutions[-1].trainable = True
    return backbone


@wrong("freeze_backbone", says="still trainable, all of it")
def left_trainable(backbone):
    backbone.trainable = True
    return backbone


@wrong("freeze_backbone", says="For a backbone without a network inside: ")
def by_a_name_of_its_own(backbone):
    backbone.get_layer("bn_1").trainable = False
    return backbone


@wrong("freeze_backbone", says="The backbone is still trainable")
def only_the_last_layer(backbone):
    backbone.layers[-1].trainable = False
    return backbone


@wrong("freeze_backbone", says="Only a part is frozen; still")
def leaves_inner_networks_out(backbone):
    for layer in backbone.layers:
        if not isinstance(layer, keras.Model):
            layer.trainable = False
    return backbone


@wrong("freeze_backbone", says="Batch normalisation is still trainable")
def only_convolutions(backbone):
    for layer in backbone._flatten_layers():
        if isinstance(layer, layers.Conv2D):
            layer.trainable = False
    return backbone


@wrong("freeze_backbone", says="and its mean and variance would follow")
def only_the_variables(backbone):
    for variable in backbone.weights:
        variable.trainable = False
    return backbone


@wrong("freeze_backbone", says="still trainable: Conv2D, BatchNormalization")
def all_but_the_last(backbone):
    for layer in backbone.layers[:-1]:
        layer.trainable = False
    return backbone


@wrong("freeze_backbone", says="only the batch normalisation is frozen")
def only_norms(backbone):
    for layer in backbone._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    return backbone


@wrong("freeze_backbone", says="what it had learned is lost")
def new_weights(backbone):
    copy = keras.models.clone_model(backbone)
    copy.trainable = False
    return copy


@wrong("freeze_backbone", says="other layers than the one you got")
def cut_off(backbone):
    shorter = keras.Model(backbone.input, backbone.layers[-2].output)
    shorter.trainable = False
    return shorter


@wrong("freeze_backbone", says="your function returned None")
def frozen_without_return(backbone):
    backbone.trainable = False


# ---- add_head -----------------------------------------------------------------------------------------------


def headed(backbone, n_classes, pool=layers.GlobalAveragePooling2D, activation="softmax", norms_frozen=True):
    for layer in backbone.layers:
        if norms_frozen and isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    inputs = keras.Input(backbone.input_shape[1:])
    x = backbone(inputs, training=False)
    return keras.Model(inputs, layers.Dense(n_classes, activation=activation)(pool()(x)))


@right("add_head")
def logits(backbone, n_classes):
    return headed(backbone, n_classes, activation=None)


@right("add_head")
def flatten_and_softmax_layer(backbone, n_classes):
    model = headed(backbone, n_classes, pool=layers.Flatten, activation=None)
    return keras.Sequential([model, layers.Softmax()])


@right("add_head")
def dropout_hidden_layer_and_compiled(backbone, n_classes):
    for layer in backbone.layers:
        if "batch_normalization" in layer.name:
            layer.trainable = False
    x = layers.GlobalMaxPooling2D()(backbone.output)
    x = layers.Dropout(0.3)(layers.Dense(8, activation="relu")(x))
    model = keras.Model(backbone.input, layers.Dense(n_classes, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@right("add_head")
def sequential_with_a_norm_of_its_own(backbone, n_classes):
    for layer in backbone.layers:
        layer.trainable = layer.trainable and layer.__class__.__name__ != "BatchNormalization"
    head = [layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(n_classes, activation="softmax")]
    return keras.Sequential([backbone, layers.GlobalAveragePooling2D(), *head])


def head_behind(pooling, backbone, n_classes):
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    return keras.Model(backbone.inputs, layers.Dense(n_classes, activation="softmax")(pooling(backbone.outputs[0])))


@right("add_head")
def flattened_with_a_remark(backbone, n_classes):
    return head_behind(layers.Flatten(), backbone, n_classes)


@right("add_head")
def largest_values_with_a_remark(backbone, n_classes):
    return head_behind(layers.GlobalMaxPooling2D(), backbone, n_classes)


@wrong("add_head", says="In training your model changes the means and variances")
def training_false_alone(backbone, n_classes):
    return headed(backbone, n_classes, norms_frozen=False)


@wrong("add_head", says="has learned, and uses those of the batch")
def as_sequential(backbone, n_classes):
    pool, dense = layers.GlobalAveragePooling2D(), layers.Dense(n_classes, activation="softmax")
    return keras.Sequential([keras.Input(backbone.input_shape[1:]), backbone, pool, dense])


@wrong("add_head", says="nor is a momentum of 1")
def remembers_for_ever(backbone, n_classes):
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 1.0
    return headed(backbone, n_classes, norms_frozen=False)


@wrong("add_head", says="When the backbone comes trainable, freeze all these layers")
def only_the_first_norm_frozen(backbone, n_classes):
    next(layer for layer in backbone.layers if isinstance(layer, layers.BatchNormalization)).trainable = False
    return headed(backbone, n_classes, norms_frozen=False)


@wrong("add_head", says="A pooling should stand between")
def without_pooling(backbone, n_classes):
    return headed(backbone, n_classes, pool=layers.Identity)


@wrong("add_head", says="n_classes is 3, but your model gives 10")
def always_ten(backbone, n_classes):
    return headed(backbone, 10)


@wrong("add_head", says="your model gives 1 numbers")
def one_output(backbone, n_classes):
    return headed(backbone, 1, activation="sigmoid")


@wrong("add_head", says="Your head ends in sigmoid")
def ends_with_sigmoid(backbone, n_classes):
    return headed(backbone, n_classes, activation="sigmoid")


@wrong("add_head", says="The head is frozen as well")
def all_frozen(backbone, n_classes):
    model = headed(backbone, n_classes)
    model.trainable = False
    return model


@wrong("add_head", says="The backbone came frozen")
def unfrozen(backbone, n_classes):
    model = headed(backbone, n_classes)
    backbone.trainable = True
    return model


@wrong("add_head", says="The backbone came trainable")
def freezes(backbone, n_classes):
    backbone.trainable = False
    return headed(backbone, n_classes)


@wrong("add_head", says="Are the backbone's weights others in your model")
def cloned(backbone, n_classes):
    copy = keras.models.clone_model(backbone)
    copy.trainable = backbone.trainable
    return headed(copy, n_classes)


@wrong("add_head", says="or are the layers in another order?")
def pooled_after_softmax(backbone, n_classes):
    model = headed(backbone, n_classes, pool=layers.Identity)
    return keras.Model(model.input, layers.GlobalAveragePooling2D()(model.output))


@wrong("add_head", says="over which axes is the mean taken")
def mean_over_channels(backbone, n_classes):
    x = layers.Flatten()(ops.mean(backbone.output, axis=-1))
    return keras.Model(backbone.input, layers.Dense(n_classes)(x))


@wrong("add_head", says="Softmax is taken twice")
def two_softmaxes(backbone, n_classes):
    model = headed(backbone, n_classes)
    return keras.Model(model.input, layers.Softmax()(model.output))


@wrong("add_head", says="It should take what the backbone takes")
def takes_feature_maps(backbone, n_classes):
    inputs = keras.Input(backbone.output_shape[1:])
    x = layers.GlobalAveragePooling2D()(inputs)
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


@wrong("add_head", says="The head should end in a dense layer")
def convolution_as_head(backbone, n_classes):
    inputs = keras.Input(backbone.input_shape[1:])
    x = layers.Conv2D(n_classes, 1)(backbone(inputs, training=False))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))


class Inference(keras.Layer):
    """Calls a network in inference mode, whatever `fit` says."""

    def __init__(self, network):
        super().__init__()
        self.layers = [network]
        self.network = network

    def call(self, inputs):
        return self.network(inputs, training=False)


@right("add_head")
def layer_of_its_own(backbone, n_classes):
    x = inputs = keras.Input(backbone.input_shape[1:])
    x = layers.GlobalAveragePooling2D()(Inference(backbone)(x))
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


@wrong("add_head", says="your function returned None")
def head_without_return(backbone, n_classes):
    headed(backbone, n_classes)


@wrong("add_head", says="Your model cannot be called on images")
def for_four_images_only(backbone, n_classes):
    model = head_behind(layers.GlobalAveragePooling2D(), backbone, n_classes)
    return keras.Model(model.inputs, ops.reshape(model.outputs[0], (4, n_classes)))


@wrong("add_head", says="Along which axis is it?")
def softmax_over_the_images(backbone, n_classes):
    logits = layers.Dense(n_classes)(layers.GlobalAveragePooling2D()(backbone.outputs[0]))
    return keras.Model(backbone.inputs, layers.Softmax(axis=0)(logits))


# ---- to_fully_convolutional ---------------------------------------------------------------------------------


def copy_of(layer):
    return type(layer).from_config(layer.get_config())


def converted(
    model, kernel_of=None, bias=True, activation=True, padding="valid", inputs=(None, None), weights=True, settings=None
):
    """The right answer, with switches for what goes wrong; `kernel_of(kernel, h, w)` reshapes the first kernel."""
    x = start = keras.Input((*inputs, model.input_shape[-1]))
    size, kernel_of = None, kernel_of or (lambda kernel, h, w: kernel.reshape(h, w, -1, kernel.shape[1]))
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            size = layer.input.shape[1:3]
        elif isinstance(layer, layers.Dense):
            new = layers.Conv2D(
                layer.units, size, padding=padding, activation=layer.activation if activation else None, use_bias=bias
            )
            x = new(x)
            kernel, offset = layer.get_weights()
            if weights:
                new.set_weights([kernel_of(kernel, *size), *[offset] * bias])
            size = (1, 1)
        else:
            new = type(layer).from_config(layer.get_config() | (settings or {}).get(type(layer), {}))
            x = new(x)
            new.set_weights(layer.get_weights())
    return keras.Model(start, x)


@right("to_fully_convolutional")
def as_sequential_with_weights_at_the_end(model):
    new, size = keras.Sequential([keras.Input((None, None, model.input_shape[-1]))]), None
    for layer in model.layers:
        if layer.__class__.__name__ == "Flatten":
            size = layer.input.shape[1:3]
        elif layer.__class__.__name__ == "Dense":
            new.add(layers.Conv2D(layer.units, size or 1, activation=layer.activation))
            size = None
        else:
            new.add(copy_of(layer))
    shapes = [weight.shape for weight in new.weights]
    new.set_weights([old.reshape(shape) for old, shape in zip(model.get_weights(), shapes, strict=True)])
    return new


@right("to_fully_convolutional")
def shares_the_convolutions(model):
    x = start = keras.Input((None, None, model.input_shape[-1]))
    kernel_size = None
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            kernel_size = model.layers[model.layers.index(layer) - 1].output.shape[1:3]
        elif isinstance(layer, layers.Dense):
            new = layers.Conv2D(layer.units, kernel_size)
            x = layer.activation(new(x))
            kernel, bias = layer.get_weights()
            new.set_weights([kernel.reshape((*kernel_size, -1, layer.units)), bias])
            kernel_size = (1, 1)
        else:
            x = layer(x)
    return keras.Model(start, x)


@right("to_fully_convolutional")
def later_dense_layers_stay(model):
    x = start = keras.Input((None, None, model.input_shape[-1]))
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            size = layer.input.shape[1:3]
            continue
        new = copy_of(layer)
        if layer is dense[0]:
            new = layers.Conv2D(layer.units, size, activation=layer.activation)
        x = new(x)
        new.set_weights([old.reshape(w.shape) for old, w in zip(layer.get_weights(), new.weights, strict=True)])
    return keras.Model(start, x)


@wrong("to_fully_convolutional", says="Were all weights copied")
def filters_first(model):
    def kernel_of(kernel, h, w):
        return np.moveaxis(kernel.reshape(kernel.shape[1], h, w, -1), 0, -1)

    return converted(model, kernel_of)


@wrong("to_fully_convolutional", says="The outputs are others than those of the network you got")
def weights_not_copied(model):
    return converted(model, weights=False)


@wrong("to_fully_convolutional", says="is no activation lost")
def activations_of_convolutions_forgotten(model):
    return converted(model, settings={layers.Conv2D: {"activation": None}})


@wrong("to_fully_convolutional", says="Has each layer kept its settings?")
def padding_of_convolutions_forgotten(model):
    return converted(model, settings={layers.Conv2D: {"padding": "valid"}})


@wrong("to_fully_convolutional", says="have the layers before it kept their strides?")
def strides_of_convolutions_forgotten(model):
    return converted(model, settings={layers.Conv2D: {"strides": 1}})


@wrong("to_fully_convolutional", says="and has each layer kept its settings?")
def pooling_as_usual(model):
    return converted(model, settings={layers.MaxPooling2D: {"pool_size": 2, "strides": 2}})


@wrong("to_fully_convolutional", says="the map should be 1×1")
def padded(model):
    return converted(model, padding="same")


@wrong("to_fully_convolutional", says="It should take any height and width")
def fixed_size(model):
    return converted(model, inputs=model.input_shape[1:3])


@wrong("to_fully_convolutional", says="cannot reshape array")
def all_1x1(model):
    return converted(model, lambda kernel, h, w: kernel.reshape(1, 1, 5, kernel.shape[1]))


@wrong("to_fully_convolutional", says="A map is wanted")
def averaged(model):
    new = converted(model)
    return keras.Model(new.input, layers.GlobalAveragePooling2D()(new.output))


@wrong("to_fully_convolutional", says="is not the same afterwards")
def spoils_the_original(model):
    new = converted(model)
    for layer in model.layers:
        layer.activation = None
    return new


@wrong("to_fully_convolutional", says="your function returned None")
def converted_without_return(model):
    converted(model)


@wrong("to_fully_convolutional", says="The kernel's rows and columns are exchanged")
def rows_and_columns_exchanged(model):
    def kernel_of(kernel, h, w):
        return kernel.reshape(w, h, -1, kernel.shape[1]).swapaxes(0, 1)

    return converted(model, kernel_of)


@wrong("to_fully_convolutional", says="Channels are mixed up with positions")
def channels_before_places(model):
    def kernel_of(kernel, h, w):
        return np.moveaxis(kernel.reshape(-1, h, w, kernel.shape[1]), 0, 2)

    return converted(model, kernel_of)


@wrong("to_fully_convolutional", says="The biases of the dense layers are missing")
def biases_forgotten(model):
    return converted(model, bias=False)


@wrong("to_fully_convolutional", says="The activations of the dense layers are missing")
def activations_forgotten(model):
    return converted(model, activation=False)
