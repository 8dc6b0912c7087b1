"""The feature-journey lab: answers as students give them. A wrong one gets its own message, a right one passes."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tests.answer_bank import right, wrong

# ---- layer_outputs ------------------------------------------------------------------------------------------


def output_of(model, name):
    return model.get_layer(name).output


@right("layer_outputs")
def with_model_inputs(model, layer_names):
    return keras.Model(inputs=model.inputs, outputs=[output_of(model, name) for name in layer_names])


@right("layer_outputs")
def with_a_dictionary_of_layers(model, layer_names):
    by_name = {layer.name: layer for layer in model.layers}
    outputs = []
    for name in layer_names:
        if name not in by_name:
            raise ValueError(f"no layer {name!r}")
        outputs.append(by_name[name].output)
    return keras.models.Model(inputs=model.inputs, outputs=outputs)


@right("layer_outputs")
def single_output_without_a_list(model, layer_names):
    outputs = tuple(output_of(model, name) for name in layer_names)
    return keras.Model(model.inputs[0], outputs if len(outputs) > 1 else outputs[0])


@right("layer_outputs")
def of_several_models(model, layer_names):
    x = keras.Input(model.inputs[0].shape[1:])
    return keras.Model(x, [keras.Model(model.inputs[0], output_of(model, name))(x) for name in layer_names])


@right("layer_outputs")
class AsASubclass(keras.Model):
    def __init__(self, model, layer_names):
        super().__init__()
        self.inside = keras.Model(model.inputs[0], [output_of(model, name) for name in layer_names])

    def call(self, x, training=False):
        outputs = self.inside(x, training=training)
        return outputs if isinstance(outputs, list) else [outputs]


@wrong("layer_outputs", says="not in the order of the names")
def in_the_order_of_the_network(model, layer_names):
    if missing := set(layer_names) - {layer.name for layer in model.layers}:
        raise ValueError(str(missing))
    return keras.Model(model.inputs[0], [layer.output for layer in model.layers if layer.name in layer_names])


@wrong("layer_outputs", says="There is no layer 'score' in the network")
def by_the_beginning_of_a_name(model, layer_names):
    found = [next((layer for layer in model.layers if layer.name.startswith(name)), None) for name in layer_names]
    if None in found:
        raise ValueError(layer_names[found.index(None)])
    return keras.Model(model.inputs[0], [layer.output for layer in found])


@wrong("layer_outputs", says="or it does something more with the outputs")
def without_negative_outputs(model, layer_names):
    return keras.Model(model.inputs[0], [keras.ops.relu(output_of(model, name)) for name in layer_names])


@wrong("layer_outputs", says="one of your outputs, of shape (2, 108), is not that of any layer")
def flattened(model, layer_names):
    return keras.Model(model.inputs[0], [keras.layers.Flatten()(output_of(model, name)) for name in layer_names])


@wrong("layer_outputs", says="outputs of all 6 layers")
def all_layers(model, layer_names):
    return keras.Model(model.inputs[0], [layer.output for layer in model.layers])


@wrong("layer_outputs", says="those of other layers: the input, corners, halved")
def inputs_of_the_layers(model, layer_names):
    return keras.Model(model.inputs[0], [model.get_layer(name).input for name in layer_names])


@wrong("layer_outputs", says="your model has 1 output, 3 are wanted")
def last_name_only(model, layer_names):
    for name in layer_names:
        output = output_of(model, name)
    return keras.Model(model.inputs[0], output)


@wrong("layer_outputs", says="one output too many")
def with_the_last_layer(model, layer_names):
    return keras.Model(model.inputs[0], [*(output_of(model, name) for name in layer_names), model.outputs[0]])


@wrong("layer_outputs", says="has other weights than the network")
def of_a_clone(model, layer_names):
    return with_model_inputs.function(keras.models.clone_model(model), layer_names)


@wrong("layer_outputs", says="has a copy of the weights")
def of_a_copy(model, layer_names):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return with_model_inputs.function(copy, layer_names)


@wrong("layer_outputs", says="dropout is active")
class InTrainingMode(AsASubclass.function):
    def call(self, x, training=False):
        return super().call(x, training=True)


@wrong("layer_outputs", says="KeyError: 'halved'")
def one_layer_after_the_other(model, layer_names):
    found, values = {}, model.inputs[0]
    for layer in model.layers[:1]:
        values = found[layer.name] = layer(values)
    return keras.Model(model.inputs[0], [found[name] for name in layer_names])


@wrong("layer_outputs", says="symbols that hold no numbers")
def outputs_themselves(model, layer_names):
    return [output_of(model, name) for name in layer_names]


@wrong("layer_outputs", says="A keras.Model is wanted; your function returned Conv2D")
def a_layer(model, layer_names):
    return model.get_layer(layer_names[0])


@wrong("layer_outputs", says="Does it end with `return`?")
def model_without_return(model, layer_names):
    keras.Model(model.inputs[0], [output_of(model, name) for name in layer_names])


@wrong("layer_outputs", says="changed the network it was given: its layers, or which")
def layers_popped(model, layer_names):
    if isinstance(model, keras.Sequential):
        while model.layers[-1].name != "edges":
            model.pop()
    return with_model_inputs.function(model, layer_names)


@wrong("layer_outputs", says="or which are trained. It should stay")
def layers_frozen(model, layer_names):
    for layer in model.layers:
        layer.trainable = False
    return with_model_inputs.function(model, layer_names)


@wrong("layer_outputs", says="has never been called and thus has no defined input")
def with_model_input(model, layer_names):  # Keras' tutorials have it; no Sequential network of the lab knows its input
    return keras.Model(model.input, [output_of(model, name) for name in layer_names])


@wrong("layer_outputs", says="is incompatible with the layer")
def layers_called_in_a_row(model, layer_names):
    found, values = {}, model.inputs[0]
    for layer in model.layers:
        if not isinstance(layer, layers.InputLayer):
            values = found[layer.name] = layer(values)
    return keras.Model(model.inputs[0], [found[name] for name in layer_names])


@wrong("layer_outputs", says="a dictionary. A list is wanted")
def as_a_dictionary(model, layer_names):
    return keras.Model(model.inputs[0], {name: output_of(model, name) for name in layer_names})


@wrong("layer_outputs", says="your outputs are those of other layers: row")
def next_layer(model, layer_names):
    names = [layer.name for layer in model.layers]
    return keras.Model(model.inputs[0], [model.layers[names.index(name) - 2].output for name in layer_names])


@wrong("layer_outputs", says="your function says nothing of it")
def unknown_name_left_out(model, layer_names):
    known = {layer.name for layer in model.layers}
    return keras.Model(model.inputs[0], [output_of(model, name) for name in layer_names if name in known])


@wrong("layer_outputs", says="a ValueError is wanted; yours is KeyError")
def unknown_name_is_a_key(model, layer_names):
    by_name = {layer.name: layer.output for layer in model.layers}
    return keras.Model(model.inputs[0], [by_name[name] for name in layer_names])


@wrong("layer_outputs", says="should say which name was not found")
def message_without_the_name(model, layer_names):
    try:
        return with_model_inputs.function(model, layer_names)
    except ValueError:
        raise ValueError("unknown layer") from None


@wrong("layer_outputs", says="here 'score'. Yours says: unknown layer; the network has")
def message_with_the_known_names(model, layer_names):
    known = [layer.name for layer in model.layers]
    if not set(layer_names) <= set(known):
        raise ValueError(f"unknown layer; the network has {known}")
    return with_model_inputs.function(model, layer_names)


@wrong("layer_outputs", says="The batch axis should stay")
def mean_over_the_images(model, layer_names):
    return keras.Model(model.inputs, [keras.ops.mean(output_of(model, name), axis=0) for name in layer_names])


# ---- most_exciting ------------------------------------------------------------------------------------------


def places_of(answers):
    """The position of the maximum of each image, (N, 2)."""
    return np.array([np.unravel_index(one.argmax(), one.shape) for one in answers])


def exciting(order):
    """A right answer but for the order of the images, which `order(answers)` gives."""

    def answer(activations, filter, top):
        answers = activations[..., filter]
        indices = order(answers)[:top]
        return indices, places_of(answers[indices])

    return answer


def by_maximum(answers):
    """The order of the images, the most exciting one first."""
    return np.argsort(-answers.max(axis=(1, 2)))


@right("most_exciting")
def with_loops(activations, filter, top):
    found = []
    for k in range(activations.shape[0]):
        best, position = -np.inf, None
        for i in range(activations.shape[1]):
            for j in range(activations.shape[2]):
                if activations[k, i, j, filter] > best:
                    best, position = activations[k, i, j, filter], (i, j)
        found.append((best, k, position))
    found = sorted(found, reverse=True)[:top]
    return [k for _, k, _ in found], [position for _, _, position in found]


@right("most_exciting")
def with_partition(activations, filter, top):
    strongest = activations.max(axis=(1, 2))[:, filter]
    indices = np.argpartition(strongest, -top)[-top:]
    indices = indices[np.argsort(strongest[indices])][::-1]
    return indices, np.array([np.argwhere(activations[k, ..., filter] == strongest[k])[0] for k in indices])


@right("most_exciting")
def with_tensorflow(activations, filter, top):
    answers = tf.constant(activations)[..., filter]
    _, indices = tf.math.top_k(tf.reduce_max(answers, axis=(1, 2)), top)
    flat = tf.argmax(tf.reshape(tf.gather(answers, indices), (top, -1)), axis=1)
    width = answers.shape[2]
    return indices, tf.stack([flat // width, flat % width], axis=1)


mean_instead = wrong("most_exciting", says="by the mean over the positions")(
    exciting(lambda a: np.argsort(-a.mean((1, 2))))
)
ascending = wrong("most_exciting", says="excite the filter *least*")(exciting(lambda a: np.argsort(a.max((1, 2)))))


@wrong("most_exciting", says="For activations of shape (14, 4, 6, 3), filter=1 and top=6: ")
def an_axis_too_many(activations, filter, top):
    answers = activations[..., filter]
    indices = np.argsort(-answers.max(axis=(1, 2, 3)))[:top]
    return indices, places_of(answers[indices])


@wrong("most_exciting", says="the order is reversed")
def last_ones_unturned(activations, filter, top):
    answers = activations[..., filter]
    indices = np.argsort(answers.max(axis=(1, 2)))[-top:]
    return indices, places_of(answers[indices])


@wrong("most_exciting", says="An image occurs twice")
def places_ranked(activations, filter, top):
    answers = activations[..., filter]
    indices, rows, columns = np.unravel_index(np.argsort(-answers, axis=None)[:top], answers.shape)
    return indices, np.stack([rows, columns], axis=1)


@wrong("most_exciting", says="did you rank positions?")
def always_the_same(activations, filter, top):
    indices, positions = with_partition.function(activations, filter, 1)
    return np.repeat(indices, top), np.repeat(positions, top, axis=0)


@wrong("most_exciting", says="Each counts once, with its strongest position")
def found_ones_set_to_0(activations, filter, top):
    answers, indices, positions = activations[..., filter].copy(), [], []
    for _ in range(top):
        image, *position = np.unravel_index(answers.argmax(), answers.shape)
        indices.append(image)
        positions.append(position)
        answers[image] = 0
    return np.array(indices), np.array(positions)


@wrong("most_exciting", says="Do you begin with 0 when you look for it, or set to 0 what is below?")
def beginning_with_0(activations, filter, top):
    found = []
    for k, answers in enumerate(activations[..., filter]):
        best, position = 0, (0, 0)
        for place in np.ndindex(answers.shape):
            if answers[place] > best:
                best, position = answers[place], place
        found.append((best, k, position))
    found = sorted(found, key=lambda one: -one[0])[:top]
    return [k for _, k, _ in found], [position for _, _, position in found]


@wrong("most_exciting", says="The indices of the images should come first")
def places_first(activations, filter, top):
    return with_partition.function(activations, filter, top)[::-1]


@wrong("most_exciting", says="You return all 14 images")
def top_ignored(activations, filter, top):
    return exciting(by_maximum)(activations, filter, len(activations))


@wrong("most_exciting", says="the maximum over all filters")
def filter_ignored(activations, filter, top):
    indices = np.argsort(-activations.max(axis=(1, 2, 3)))[:top]
    return indices, places_of(activations[indices, ..., filter])


@wrong("most_exciting", says="Filters are counted from 0")
def filter_from_1(activations, filter, top):
    return exciting(by_maximum)(activations, filter - 1, top)


@wrong("most_exciting", says="sorted by their own size")
def sorted_indices(activations, filter, top):
    answers = activations[..., filter]
    indices = np.sort(np.argsort(-answers.max(axis=(1, 2)))[:top])
    return indices, places_of(answers[indices])


@wrong("most_exciting", says="Your array of indices has shape (3,)")
def filter_on_the_batch_axis(activations, filter, top):
    answers = activations[filter]
    indices = np.argsort(-answers.max(axis=(0, 1)))[:top]
    return indices, places_of(answers.transpose(2, 0, 1)[indices])


@wrong("most_exciting", says="beyond the number of images")
def argmax_over_everything(activations, filter, top):
    answers = activations[..., filter]
    indices = np.argsort(-answers, axis=None)[:top]
    return indices, places_of(answers[:top])


@wrong("most_exciting", says="single numbers, counted through the whole image")
def flat_places(activations, filter, top):
    answers = activations[..., filter].reshape(len(activations), -1)
    indices = np.argsort(-answers.max(axis=1))[:top]
    return indices, answers[indices].argmax(axis=1)


@wrong("most_exciting", says="Row and column are swapped")
def column_first(activations, filter, top):
    indices, positions = with_partition.function(activations, filter, top)
    return indices, positions[:, ::-1]


@wrong("most_exciting", says="rows and columns in two lists")
def places_in_two_lists(activations, filter, top):
    indices, positions = with_partition.function(activations, filter, top)
    return indices, tuple(positions.T)


@wrong("most_exciting", says="those of the first images")
def places_not_selected(activations, filter, top):
    indices, _ = with_partition.function(activations, filter, top)
    return indices, places_of(activations[..., filter])[:top]


@wrong("most_exciting", says="divide by the height")
def divided_by_the_height(activations, filter, top):
    indices, flat = flat_places.function(activations, filter, top)
    return indices, np.stack(np.divmod(flat, activations.shape[1]), axis=1)


@wrong("most_exciting", says="hold the index of the image, too")
def three_numbers(activations, filter, top):
    indices, positions = with_partition.function(activations, filter, top)
    return indices, np.column_stack([indices, positions])


@wrong("most_exciting", says="All your images have got the same position")
def one_place_for_all(activations, filter, top):
    indices, _ = with_partition.function(activations, filter, top)
    return indices, np.repeat(places_of(activations[..., filter].mean(axis=0)[np.newaxis]), top, axis=0)


@wrong("most_exciting", says="strongest answer of any filter")
def place_of_any_filter(activations, filter, top):
    indices, _ = with_partition.function(activations, filter, top)
    return indices, places_of(activations[indices].max(axis=-1))


@wrong("most_exciting", says="should be whole numbers")
def as_floats(activations, filter, top):
    indices, positions = with_partition.function(activations, filter, top)
    return indices, positions.astype(float)


@wrong("most_exciting", says="Your array of positions has the right shape, but")
def positions_in_the_image(activations, filter, top):
    """As if the layer's map were half as large as the image."""
    indices, positions = with_partition.function(activations, filter, top)
    return indices, 2 * positions


@wrong("most_exciting", says="your function returned one ndarray")
def indices_only(activations, filter, top):
    return with_partition.function(activations, filter, top)[0]


@wrong("most_exciting", says="changed its input `activations`")
def input_changed(activations, filter, top):
    found, positions = [], []
    answers = activations[..., filter]
    for _ in range(top):
        k, i, j = np.unravel_index(answers.argmax(), answers.shape)
        found.append(k)
        positions.append((i, j))
        answers[k] = -np.inf
    return found, positions


@wrong("most_exciting", says="Does it end with `return`?")
def found_without_return(activations, filter, top):
    with_partition.function(activations, filter, top)


def ranked(strongest, top):
    return np.argsort(-strongest)[:top]


def found_in(activations, indices, filter):
    flat = activations[indices, ..., filter].reshape(len(indices), -1).argmax(axis=1)
    return np.stack(np.divmod(flat, activations.shape[2]), axis=1)


@wrong("most_exciting", says="One of your results is no array of numbers")
def places_of_different_lengths(activations, filter, top):
    indices = ranked(activations[..., filter].max(axis=(1, 2)), top)
    return indices, [[0] * (k % 2 + 1) for k in range(top)] if top > 1 else [[0], [0, 1]]


@wrong("most_exciting", says="This is the ranking of another filter")
def filters_from_the_end(activations, filter, top):
    other = (filter + 1) % activations.shape[-1]
    return ranked(activations[..., other].max(axis=(1, 2)), top), np.zeros((top, 2), dtype=int)


@wrong("most_exciting", says="Your images are counted from 1")
def images_from_one(activations, filter, top):
    indices = ranked(activations[..., filter].max(axis=(1, 2)), top)
    return indices + 1, found_in(activations, indices, filter)


@wrong("most_exciting", says="You took the largest activations without their sign")
def without_sign(activations, filter, top):
    indices = ranked(np.abs(activations[..., filter]).max(axis=(1, 2)), top)
    return indices, found_in(activations, indices, filter)


@wrong("most_exciting", says="Your positions are counted from 1")
def places_from_one(activations, filter, top):
    indices = ranked(activations[..., filter].max(axis=(1, 2)), top)
    return indices, found_in(activations, indices, filter) + 1


@wrong("most_exciting", says="These are the positions where the filter answers least")
def weakest_places(activations, filter, top):
    indices = ranked(activations[..., filter].max(axis=(1, 2)), top)
    return indices, found_in(-activations, indices, filter)


# ---- occlusion_map ------------------------------------------------------------------------------------------


def corners(length, size, stride):
    return range(0, length - size + 1, stride)


def hide(image, i, j, size):
    """The copy of an image with a hidden square."""
    occluded = image.copy()
    occluded[i : i + size, j : j + size] = image.mean()
    return occluded


def solved(predict, image, label, size, stride):
    before = predict(image[np.newaxis])[0, label]
    rows, columns = corners(image.shape[0], size, stride), corners(image.shape[1], size, stride)
    return np.array([[before - predict(hide(image, i, j, size)[np.newaxis])[0, label] for j in columns] for i in rows])


one_by_one = right("occlusion_map")(solved)


@right("occlusion_map")
def in_one_batch(predict, image, label, size, stride):
    positions = list(itertools.product(corners(image.shape[0], size, stride), corners(image.shape[1], size, stride)))
    after = predict(np.stack([hide(image, i, j, size) for i, j in positions]))[:, label]
    rows = (image.shape[0] - size) // stride + 1
    return (predict(image[None])[:, label] - after).reshape(rows, -1)


@right("occlusion_map")
def with_a_mask(predict, image, label, size, stride):
    height, width = image.shape[:2]
    result = np.zeros(((height - size) // stride + 1, (width - size) // stride + 1), "float32")
    row, column = np.indices((height, width))
    for i, j in np.ndindex(result.shape):
        covered = (row >= i * stride) & (row < i * stride + size)
        covered &= (column >= j * stride) & (column < j * stride + size)
        occluded = np.where(covered[..., None], image.mean(), image)
        result[i, j] = predict(image[None])[0][label] - predict(occluded[None])[0][label]
    return tf.constant(result)


@wrong("occlusion_map", says="changed its input `image` in place")
def image_changed(predict, image, label, size, stride):
    before, drops = predict(image[None])[0, label], []
    for i in corners(image.shape[0], size, stride):
        for j in corners(image.shape[1], size, stride):
            image[i : i + size, j : j + size] = image.mean()
            drops.append(before - predict(image[None])[0, label])
    return np.reshape(drops, ((image.shape[0] - size) // stride + 1, -1))


@wrong("occlusion_map", says="takes a batch of images")
def without_batch_axis(predict, image, label, size, stride):
    return predict(image)[label] - solved(predict, image, label, size, stride)


@wrong("occlusion_map", says="Does your function end with `return`?")
def drops_without_return(predict, image, label, size, stride):
    solved(predict, image, label, size, stride)


# ---- grad_cam -----------------------------------------------------------------------------------------------


def pieces(model, image, layer_name, label, score=None):
    """Feature maps (h, w, K) and the gradient of a score with respect to them; the score is the label's logit."""
    names = (layer_name, "logits")
    inside = keras.Model(model.inputs[0], [*(output_of(model, name) for name in names), model.outputs[0]])
    with tf.GradientTape() as tape:
        maps, logits, probabilities = inside(image[None], training=False)
        value = score(logits[0], probabilities[0], label) if score else logits[0, label]
    return maps[0].numpy(), tape.gradient(value, maps)[0].numpy()


def combined(combine=lambda maps, weights: np.maximum((maps * weights).sum(axis=-1), 0), score=None):
    """Grad-CAM with another score, or another way to combine feature maps and weights (K,)."""

    def answer(model, image, layer_name, label):
        maps, gradient = pieces(model, image, layer_name, label, score)
        return combine(maps, gradient.mean(axis=(0, 1)))

    return answer


def with_gradient(combine):
    """Grad-CAM with another way to combine feature maps and gradient (h, w, K)."""
    return lambda model, image, layer_name, label: combine(*pieces(model, image, layer_name, label))


cam = combined()
in_numpy = right("grad_cam")(cam)


@right("grad_cam")
def in_two_halves(model, image, layer_name, label):
    maps = keras.Model(model.input, output_of(model, layer_name))(image[np.newaxis])
    behind = keras.Model(output_of(model, layer_name), output_of(model, "logits"))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        score = behind(maps)[:, label]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=[0, 1, 2])
    return tf.nn.relu(tf.einsum("hwk,k->hw", maps[0], weights))


@right("grad_cam")
def with_a_jacobian(model, image, layer_name, label):
    inside = keras.Model(model.inputs, {name: output_of(model, name) for name in (layer_name, "logits")})
    with tf.GradientTape() as tape:
        outputs = inside(tf.expand_dims(image, 0), training=False)
    gradients = tape.batch_jacobian(outputs["logits"], outputs[layer_name])[0]
    weights = keras.ops.mean(gradients[label], axis=(0, 1))
    return keras.ops.relu(keras.ops.sum(weights * outputs[layer_name][0], axis=-1)).numpy().tolist()


# Accepted with a remark; see test_lab_feature_journey.
of_the_probability = right("grad_cam")(combined(score=lambda logits, probabilities, label: probabilities[label]))
of_the_log_probability = right("grad_cam")(
    combined(score=lambda logits, probabilities, label: tf.math.log(probabilities[label]))
)


@wrong("grad_cam", says="It happened in line")
def one_layer_after_the_other_cam(model, image, layer_name, label):  # would not work for ResNet-20
    values = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        for layer in model.layers[1:-1]:
            values = layer(values)
            if layer.name == layer_name:
                tape.watch(values)
                maps = values
        score = values[:, label]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=[0, 1, 2])
    return tf.nn.relu(tf.einsum("hwk,k->hw", maps[0], weights))


@wrong("grad_cam", says="Whoever calls it still needs its softmax")
def softmax_taken_away(model, image, layer_name, label):
    model.layers[-1].activation = keras.activations.linear
    return in_numpy.function(model, image, layer_name, label)


@wrong("grad_cam", says="it cannot be called any more (TypeError)")
def softmax_set_to_none(model, image, layer_name, label):
    model.layers[-1].activation = None
    return in_two_halves.function(model, image, layer_name, label)


@wrong("grad_cam", says="so that its largest value is 1")
def probability_and_scaled(model, image, layer_name, label):  # as a well known tutorial has it
    heat = of_the_probability.function(model, image, layer_name, label)
    return heat / heat.max()


zeros = wrong("grad_cam", says="there are positions that speak for this class")(lambda *given: 0 * cam(*given))
upside_down = wrong("grad_cam", says="Your map is upside down or mirrored")(lambda *given: cam(*given)[::-1])
transposed = wrong("grad_cam", says="Rows and columns are exchanged in your map.")(lambda *given: cam(*given).T)
no_relu = wrong("grad_cam", says="The ReLU at the end is missing")(combined(lambda maps, weights: maps @ weights))
absolute = wrong("grad_cam", says="the absolute value at the end")(
    combined(lambda maps, weights: np.abs(maps @ weights))
)
of_the_loss = wrong("grad_cam", says="Is it the gradient of a loss?")(
    combined(score=lambda logits, probabilities, label: -tf.math.log(probabilities[label]))
)
own_answer = wrong("grad_cam", says="the map of the network's own answer")(
    combined(score=lambda logits, probabilities, label: tf.reduce_max(logits))
)
class_from_1 = wrong("grad_cam", says="the map of the class before")(
    combined(score=lambda logits, probabilities, label: logits[label - 1])
)
all_logits = wrong("grad_cam", says="the gradient of all logits together")(
    combined(score=lambda logits, probabilities, label: tf.reduce_sum(logits))
)
summed_gradient = wrong("grad_cam", says="You *sum* the gradient over the positions")(
    with_gradient(lambda maps, gradient: np.maximum(maps @ gradient.sum(axis=(0, 1)), 0))
)
mean_of_maps = wrong("grad_cam", says="the *mean* over the feature maps at the end")(
    combined(lambda maps, weights: np.maximum((maps * weights).mean(axis=-1), 0))
)
place_by_place = wrong("grad_cam", says="gradient and feature map position by position")(
    with_gradient(lambda maps, gradient: np.maximum((maps * gradient).sum(axis=-1), 0))
)
mean_over_channels = wrong("grad_cam", says="Your weights are means over the feature maps")(
    with_gradient(lambda maps, gradient: np.maximum((maps * gradient.mean(axis=-1, keepdims=True)).sum(axis=-1), 0))
)
mean_over_the_rows = wrong("grad_cam", says="Your mean goes over rows or columns only")(
    with_gradient(lambda maps, gradient: np.maximum((maps * gradient.mean(axis=0)).sum(axis=-1), 0))
)
gradient_alone = wrong("grad_cam", says="Your map is the gradient alone")(
    with_gradient(lambda maps, gradient: np.abs(gradient).max(axis=-1))
)
maps_alone = wrong("grad_cam", says="The gradient is missing")(with_gradient(lambda maps, gradient: maps.mean(axis=-1)))
positive_weights = wrong("grad_cam", says="Negative weights are lost")(
    combined(lambda maps, weights: maps @ np.maximum(weights, 0))
)
absolute_weights = wrong("grad_cam", says="the absolute value of the weights")(
    combined(lambda maps, weights: maps @ np.abs(weights))
)
not_added_up = wrong("grad_cam", says="the feature maps are not added up yet")(
    combined(lambda maps, weights: np.maximum(maps * weights, 0))
)
weights_alone = wrong("grad_cam", says="these are the weights")(combined(lambda maps, weights: weights))
batch_axis = wrong("grad_cam", says="the batch axis is still there")(lambda *given: cam(*given)[np.newaxis])
channel_axis = wrong("grad_cam", says="Two axes are wanted")(lambda *given: cam(*given)[..., np.newaxis])
scaled = wrong("grad_cam", says="Your map is scaled")(lambda *given: cam(*given) / cam(*given).max())


@wrong("grad_cam", says="Return it as small as the feature maps")
def resized(model, image, layer_name, label):
    heat = cam(model, image, layer_name, label)[..., np.newaxis]
    return tf.image.resize(heat, image.shape[:2])[..., 0]


@wrong("grad_cam", says="the map of another layer")
def always_the_last_convolution(model, image, layer_name, label):
    last = [layer.name for layer in model.layers if isinstance(layer, layers.Conv2D)][-1]
    return cam(model, image, last if layer_name == "first" else layer_name, label)


@wrong("grad_cam", says="not with respect to the image")
def of_the_image(model, image, layer_name, label):
    inside = keras.Model(model.inputs[0], output_of(model, "logits"))
    x = tf.constant(image[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = inside(x, training=False)[0, label]
    return tape.gradient(score, x)[0]


@wrong("grad_cam", says="dropout is active")
def in_training_mode_cam(model, image, layer_name, label):
    inside = keras.Model(model.inputs[0], [output_of(model, name) for name in (layer_name, "logits")])
    with tf.GradientTape() as tape:
        maps, logits = inside(image[np.newaxis], training=True)
        score = logits[0, label]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0]


@wrong("grad_cam", says="Your code computes with None")
def from_two_models(model, image, layer_name, label):
    maps_of, logits_of = (keras.Model(model.inputs[0], output_of(model, name)) for name in (layer_name, "logits"))
    with tf.GradientTape() as tape:
        maps = maps_of(image[np.newaxis], training=False)
        score = logits_of(image[np.newaxis], training=False)[0, label]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0]


@wrong("grad_cam", says="Is it the gradient?")
def logit_after_the_tape(model, image, layer_name, label):
    inside = keras.Model(model.inputs[0], [output_of(model, name) for name in (layer_name, "logits")])
    with tf.GradientTape() as tape:
        maps, logits = inside(image[np.newaxis], training=False)
    weights = np.mean(tape.gradient(logits[0, label], maps), axis=(0, 1, 2))
    return np.maximum(maps[0] @ weights, 0)


@wrong("grad_cam", says="a NumPy number")
def numbers_of_predict(model, image, layer_name, label):
    inside = keras.Model(model.inputs[0], [output_of(model, name) for name in (layer_name, "logits")])
    with tf.GradientTape() as tape:
        maps, logits = inside.predict(image[np.newaxis], verbose=0)
    return tape.gradient(logits[0, label], maps)


@wrong("grad_cam", says="expected shape=(None, 9, 8, 3)")
def image_without_batch_axis(model, image, layer_name, label):
    inside = keras.Model(model.inputs[0], [output_of(model, name) for name in (layer_name, "logits")])
    with tf.GradientTape():
        maps, logits = inside(image, training=False)
    return maps


@wrong("grad_cam", says="Your map is None")
def cam_without_return(model, image, layer_name, label):
    cam(model, image, layer_name, label)
