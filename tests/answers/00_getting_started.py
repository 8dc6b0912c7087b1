"""The getting-started lab: answers as students give them. A wrong one gets its own message, a right one passes."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.answer_bank import right, wrong

# ---- scale_pixels -------------------------------------------------------------------------------------------


@right("scale_pixels")
def divided_by_a_float32(images):
    return images / np.float32(255)


@right("scale_pixels")
def with_a_layer(images):
    return layers.Rescaling(1 / 255, dtype="float32")(images).numpy()


@right("scale_pixels")
def image_by_image(images):
    scaled = np.empty(images.shape, "float32")
    for k, image in enumerate(images):
        scaled[k] = image / 255
    return scaled


@right("scale_pixels")
def looked_up_in_a_table(images):
    return np.linspace(0, 1, 256, dtype="float32")[images]


@wrong("scale_pixels", says="not enough values to unpack")
def for_three_axes_only(images):
    count, height, width, *_ = images.shape
    return (images.reshape(count, height, width, -1) / np.float32(255)).reshape(images.shape)


@wrong("scale_pixels", says="The range should be 0 to 1.")
def only_if_it_looks_unscaled(images):
    return images / np.float32(255) if images.max() > 1 else images.astype("float32")


@wrong("scale_pixels", says="or nothing was written into the array")
def a_name_in_the_loop(images):
    scaled = np.zeros(images.shape, "float32")
    for image, out in zip(images, scaled, strict=True):
        out = image / 255  # noqa: F841, PLW2901 - the mistake itself
    return scaled


@wrong("scale_pixels", says="still hold the stored grey values")
def only_the_type(images):
    return images.astype("float32")


@wrong("scale_pixels", says="Your images are standardised")
def standardised(images):
    return (images.astype("float32") - images.mean()) / images.std()


@wrong("scale_pixels", says="You divided twice")
def twice(images):
    return images.astype("float32") / 255 / 255


@wrong("scale_pixels", says="The values are right, but the array of images is float64 and not float32.")
def in_64_bits(images):
    return images / 255


@wrong("scale_pixels", says="An array is wanted: `np.array` makes one of it.")
def still_a_tensor(images):
    return tf.cast(images, tf.float32) / 255


@wrong("scale_pixels", says="The values are right, but their type is list")
def list_of_images(images):
    return [image.astype("float32") / 255 for image in images]


@wrong("scale_pixels", says="changed its input `images` in place")
def in_place(images):
    scaled = images.astype("float32") / 255
    images[:] = 0
    return scaled


@wrong("scale_pixels", says="Cannot cast ufunc")
def divided_in_place(images):
    images /= 255
    return images


@wrong("scale_pixels", says="Does your function end with `return`?")
def without_return(images):
    only_the_type.function(images)


# ---- build_classifier ---------------------------------------------------------------------------------------

LOSS = "sparse_categorical_crossentropy"


def classifier(hidden, outputs, loss=LOSS, metrics=("accuracy",), shape=(64,)):
    """A compiled network from its parts, so that each answer shows its own mistake only."""
    model = keras.Sequential([keras.Input(shape), *hidden, *outputs])
    model.compile("adam", loss, metrics=list(metrics))
    return model


def relu():
    return layers.Dense(16, activation="relu")


def softmax():
    return layers.Dense(10, activation="softmax")


@right("build_classifier")
def functional_with_logits():
    inputs = keras.Input((64,))
    outputs = layers.Dense(10)(layers.ReLU()(layers.Dense(100)(inputs)))
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return model


@right("build_classifier")
def layer_by_layer():
    model = keras.Sequential()
    model.add(keras.Input(shape=(64,)))
    model.add(layers.Dense(32, activation="tanh"))
    model.add(layers.Dropout(0.1))
    model.add(layers.Dense(10))
    model.add(layers.Softmax())
    metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(optimizer="rmsprop", loss=keras.losses.SparseCategoricalCrossentropy(), metrics=[metric])
    return model


@right("build_classifier")
def with_operations_and_lists():
    inputs = keras.Input(batch_shape=(None, 64))
    outputs = ops.softmax(layers.Dense(10)(ops.relu(layers.Dense(20)(inputs))))
    model = keras.Model(inputs, [outputs])
    model.compile(keras.optimizers.Adam(0.01), [keras.losses.sparse_categorical_crossentropy], metrics=["accuracy"])
    return model


@wrong("build_classifier", says="Your network is not compiled yet")
def not_compiled():
    return keras.Sequential([keras.Input((64,)), relu(), softmax()])


@wrong("build_classifier", says="yours has 0")
def without_hidden_layer():
    return classifier([], [softmax()])


@wrong("build_classifier", says="yours has 2")
def two_hidden_layers():
    return classifier([relu(), relu()], [softmax()])


@wrong("build_classifier", says="has no activation")
def hidden_without_activation():
    return classifier([layers.Dense(16)], [softmax()])


@wrong("build_classifier", says="A hidden Dense layer ends in softmax")
def softmax_in_the_middle():
    return classifier([layers.Dense(16, activation="softmax")], [softmax()])


@wrong("build_classifier", says="Ten outputs are wanted, one per class; yours has 9.")
def nine_outputs():
    return classifier([relu()], [layers.Dense(9, activation="softmax")])


@wrong("build_classifier", says="The last layer ends in sigmoid")
def ten_sigmoids():
    return classifier([relu()], [layers.Dense(10, activation="sigmoid")])


@wrong("build_classifier", says="Softmax is applied twice")
def softmax_twice():
    return classifier([relu()], [softmax(), layers.Softmax()])


@wrong("build_classifier", says="wants one-hot labels")
def loss_for_one_hot():
    return classifier([relu()], [softmax()], "categorical_crossentropy")


@wrong("build_classifier", says="Here exactly one class is right.")
def loss_of_the_example():
    return classifier([relu()], [softmax()], "binary_crossentropy")


@wrong("build_classifier", says="a loss for numbers to be met")
def loss_for_numbers():
    return classifier([relu()], [softmax()], "mse")


@wrong("build_classifier", says="told to expect logits")
def softmax_taken_as_logits():
    return classifier([relu()], [softmax()], keras.losses.SparseCategoricalCrossentropy(from_logits=True))


@wrong("build_classifier", says="the loss takes them for probabilities")
def logits_taken_as_probabilities():
    return classifier([relu()], [layers.Dense(10)])


@wrong("build_classifier", says="does not measure its accuracy")
def without_metric():
    return classifier([relu()], [softmax()], metrics=())


@wrong("build_classifier", says="yours is (8, 8)")
def input_as_picture():
    return classifier([layers.Flatten(), relu()], [softmax()], shape=(8, 8))


@wrong("build_classifier", says="The batch axis does not count")
def input_with_batch_axis():
    return classifier([relu()], [softmax()], shape=(None, 64))


@wrong("build_classifier", says="Your network should be Sequential or functional and have one input, `keras.")
def two_inputs():
    one, other = keras.Input((64,)), keras.Input((64,))
    model = keras.Model([one, other], softmax()(relu()(layers.Add()([one, other]))))
    model.compile("adam", LOSS, metrics=["accuracy"])
    return model


@wrong("build_classifier", says="does not know its input shape yet")
def without_input():
    model = keras.Sequential([relu(), softmax()])
    model.compile("adam", LOSS, metrics=["accuracy"])
    return model


@wrong("build_classifier", says="Does your function end with `return model`?")
def classifier_not_returned():
    layer_by_layer.function()


@right("build_classifier")
def several_batches_for_each_step():
    model = layer_by_layer.function()
    model.compile(keras.optimizers.Adam(gradient_accumulation_steps=4), LOSS, metrics=["accuracy"])
    return model


@right("build_classifier")
def a_plan_that_cannot_be_written_down():
    class Slower(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.01 / (1 + ops.cast(step, "float32"))

    model = layer_by_layer.function()
    model.compile(keras.optimizers.Adam(Slower()), LOSS, metrics=["accuracy"])
    return model


@right("build_classifier")
def an_optimizer_that_begins_anew():
    model = layer_by_layer.function()
    model.compile(keras.optimizers.Ftrl(0.006), LOSS, metrics=["accuracy"])
    return model


@right("build_classifier")
def inputs_and_outputs_in_lists():
    inputs = keras.Input((64,))
    model = keras.Model([inputs], [softmax()(relu()(inputs))])
    model.compile("adam", LOSS, metrics=["accuracy"])
    return model


@wrong("build_classifier", says="Your input has the dtype uint8")
def input_of_whole_numbers():
    model = keras.Sequential([keras.Input((64,), dtype="uint8"), relu(), softmax()])
    model.compile("adam", LOSS, metrics=["accuracy"])
    return model


@wrong("build_classifier", says="ends in softmax with axis=0")
def softmax_over_the_batch():
    return classifier([relu()], [layers.Dense(10), layers.Softmax(axis=0)])


@wrong("build_classifier", says="has been trained already")
def trained_already():
    model = layer_by_layer.function()
    model.fit(np.zeros((2, 64)), np.zeros(2), verbose=0)
    return model


@wrong("build_classifier", says="your function returned a History")
def trained_and_history_returned():
    model = layer_by_layer.function()
    return model.fit(np.zeros((2, 64)), np.zeros(2), verbose=0)


# ---- build_pair_model ---------------------------------------------------------------------------------------


def inputs(shape=(64,), names=("left", "right")):
    return [keras.Input(shape, name=name) for name in names]


def shared_layer(**settings):
    return layers.Dense(**{"units": 16, "activation": "relu", "name": "shared"} | settings)


def heads(features, same="sigmoid", total=None, names=("same", "sum")):
    features = layers.Dense(12, activation="relu")(features)
    return [
        layers.Dense(1, activation=same, name=names[0])(features),
        layers.Dense(1, activation=total, name=names[1])(features),
    ]


def joined(left, right):
    return layers.Concatenate()([left, right])


@wrong("build_pair_model", says="cannot compare the two digits")
def straight_to_the_outputs():
    left, right = inputs()
    shared = shared_layer(activation="tanh")
    features = layers.concatenate([shared(left), shared(right)])
    same = layers.Dense(1, activation=keras.activations.sigmoid, name="same")(features)
    return keras.Model(inputs=[left, right], outputs=[same, layers.Dense(1, name="sum")(features)])


@wrong("build_pair_model", says="is one number from the left digit plus one from the right")
def hidden_layers_before_the_concatenate():
    left, right = inputs()
    shared = shared_layer()
    features = joined(*(layers.Dense(9, activation="relu")(shared(digit)) for digit in (left, right)))
    same = layers.Dense(1, activation="sigmoid", name="same")(features)
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(features)])


@wrong("build_pair_model", says="Put a hidden Dense layer with relu")
def hidden_layer_without_activation():
    left, right = inputs()
    shared = shared_layer(activation="tanh")
    features = layers.Dense(12)(layers.concatenate([shared(left), shared(right)]))
    same = layers.Dense(1, activation="sigmoid", name="same")(features)
    return keras.Model(inputs=[left, right], outputs=[same, layers.Dense(1, name="sum")(features)])


@right("build_pair_model")
def activations_as_layers():
    left, right = inputs()
    shared, relu = shared_layer(activation=None), layers.ReLU()
    features = ops.concatenate([relu(shared(left)), relu(shared(right))], axis=-1)
    features = relu(layers.Dense(20)(layers.Dropout(0.2)(layers.BatchNormalization()(features))))
    same = layers.Activation("sigmoid", name="same")(layers.Dense(1)(features))
    return keras.Model((left, right), (same, layers.Dense(1, activation="linear", name="sum")(features)))


@right("build_pair_model")
def in_a_loop_with_the_inputs_in_a_dictionary():
    digits = dict(zip(("left", "right"), inputs(), strict=True))
    shared = shared_layer()
    return keras.Model(digits, heads(joined(*[shared(digit) for digit in digits.values()])))


@right("build_pair_model")
def compiled_already():
    model = activations_as_layers.function()
    model.compile("adam", loss=["binary_crossentropy", "mse"])
    return model


@right("build_pair_model")
def activations_as_objects_and_functions():
    left, right = inputs()
    shared = shared_layer(activation=layers.ReLU())
    features = layers.Dense(8, activation="relu")(joined(shared(left), shared(right)))
    same = layers.Dense(1, activation=layers.Activation("sigmoid"), name="same")(features)
    return keras.Model([left, right], [same, layers.Dense(1, activation=lambda x: x, name="sum")(features)])


@right("build_pair_model")
def shared_inside_a_network_of_its_own():
    left, right = inputs()
    encoder = keras.Sequential([keras.Input((64,)), shared_layer()])
    features = layers.Dense(8, activation="relu")(joined(encoder(left), encoder(right)))
    return keras.Model([left, right], heads(features))


@wrong("build_pair_model", says="would lose their fractions")
def pair_of_whole_numbers():
    left, right = (keras.Input((64,), name=name, dtype="uint8") for name in ("left", "right"))
    shared = shared_layer()
    features = layers.Dense(8, activation="relu")(joined(shared(left), shared(right)))
    return keras.Model([left, right], heads(features))


@right("build_pair_model")
def activation_behind_the_concatenation():
    left, right = inputs()
    shared = shared_layer(activation=None)
    return keras.Model([left, right], heads(layers.ReLU()(joined(shared(left), shared(right)))))


@right("build_pair_model")
def outputs_one_above_the_other():
    left, right = inputs()
    shared, drop = shared_layer(), layers.Dropout(0.1)
    features = layers.Flatten()(ops.stack([shared(drop(left)), shared(drop(right))], axis=1))
    compared = layers.Dense(9, activation="relu")(features)
    same = layers.Dense(1, activation="sigmoid", name="same")(compared)
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(features)])


made_in_another_cell = layers.Dense(16, activation="relu", name="shared")


@right("build_pair_model")
def with_a_layer_of_another_cell():  # the check must leave its weights as they are
    left, right = inputs()
    return keras.Model([left, right], heads(joined(made_in_another_cell(left), made_in_another_cell(right))))


@wrong("build_pair_model", says='your network still sees "right"')
def two_layers():
    left, right = inputs()
    return keras.Model([left, right], heads(joined(shared_layer()(left), shared_layer(name="shared_2")(right))))


@wrong("build_pair_model", says='your network still sees "left" and "right"')
def past_the_shared_layer():
    left, right = inputs()
    shared = shared_layer()
    features = layers.Concatenate()([shared(left), shared(right), left, right])
    return keras.Model([left, right], heads(features))


@wrong("build_pair_model", says="is used 2 times in the model")
def made_twice_under_one_name():
    left, right = inputs()
    return keras.Model([left, right], heads(joined(shared_layer()(left), shared_layer()(right))))


@wrong("build_pair_model", says="Your inputs are added (or averaged)")
def added_before():
    left, right = inputs()
    return keras.Model([left, right], heads(shared_layer()(layers.Add()([left, right]))))


@wrong("build_pair_model", says="Your inputs are subtracted")
def subtracted_before():
    left, right = inputs()
    return keras.Model([left, right], heads(shared_layer()(layers.Subtract()([left, right]))))


@wrong("build_pair_model", says="gets 128 numbers")
def concatenated_before():
    left, right = inputs()
    return keras.Model([left, right], heads(shared_layer()(joined(left, right))))


@wrong("build_pair_model", says="Exchanging left and right changes nothing")
def added_after():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(layers.Add()([shared(left), shared(right)])))


@wrong("build_pair_model", says="only their difference goes on")
def subtracted_after():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(shared(left) - shared(right)))


@wrong("build_pair_model", says='A digit goes through "first" before it comes to "shared"')
def another_layer_before():
    left, right = inputs()
    first, shared = shared_layer(units=64, name="first"), shared_layer()
    return keras.Model([left, right], heads(joined(shared(first(left)), shared(first(right)))))


@wrong("build_pair_model", says='Your output "sum" is computed from a single number')
def one_output_behind_the_other():
    left, right = inputs()
    shared = shared_layer()
    same, _ = heads(joined(shared(left), shared(right)))
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(same)])


@wrong("build_pair_model", says='your output "same" has the shape (6, 2)')
def two_classes():
    left, right = inputs()
    shared = shared_layer()
    features = joined(shared(left), shared(right))
    outputs = [layers.Dense(2, activation="softmax", name="same")(features), layers.Dense(1, name="sum")(features)]
    return keras.Model([left, right], outputs)


@wrong("build_pair_model", says="The shared layer has no activation")
def shared_without_activation():
    left, right = inputs()
    shared = shared_layer(activation=None)
    return keras.Model([left, right], heads(joined(shared(left), shared(right))))


@wrong("build_pair_model", says='"same" has the shape (12, 1)')
def joined_along_the_batch():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(layers.Concatenate(axis=0)([shared(left), shared(right)])))


@wrong("build_pair_model", says='does not change your output "same" and "sum"')
def left_twice():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(left))))


@wrong("build_pair_model", says='does not change your output "sum": it does not see')
def sum_of_one_side():
    left, right = inputs()
    shared = shared_layer()
    first = shared(left)
    same, _ = heads(joined(first, shared(right)))
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(first)])


@wrong("build_pair_model", says='Two outputs are wanted, "same" and "sum"; your network has 1.')
def one_output():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)))[0])


@wrong("build_pair_model", says="The docstring has them in the order same, sum")
def outputs_in_the_other_order():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)))[::-1])


@wrong("build_pair_model", says="The two ends are exchanged")
def outputs_exchanged():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)), None, "sigmoid"))


@wrong("build_pair_model", says="Your activation there: linear")
def same_without_sigmoid():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)), None))


@wrong("build_pair_model", says="Softmax of a single number is always 1")
def same_with_softmax():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)), "softmax"))


@wrong("build_pair_model", says="should have no activation. Yours: relu")
def sum_with_relu():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right)), "sigmoid", "relu"))


@wrong("build_pair_model", says="There is no activation before your outputs")
def without_activation():
    left, right = inputs()
    shared = shared_layer(activation=None)
    features = joined(shared(left), shared(right))
    same = layers.Dense(1, activation="sigmoid", name="same")(features)
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(features)])


@wrong("build_pair_model", says='The last layers should be named "same" and "sum"; yours: "dense')
def outputs_without_names():
    left, right = inputs()
    shared = shared_layer()
    features = joined(shared(left), shared(right))
    outputs = [layers.Dense(1, activation="sigmoid", name="dense_same")(features), layers.Dense(1)(features)]
    return keras.Model([left, right], outputs)


@wrong("build_pair_model", says='There is no layer named "shared". Your Dense layers: "digit"')
def shared_without_its_name():
    left, right = inputs()
    shared = shared_layer(name="digit")
    return keras.Model([left, right], heads(joined(shared(left), shared(right))))


@wrong("build_pair_model", says='The inputs should be named "left" and "right"')
def inputs_without_names():
    left, right = inputs(names=("first", "second"))
    shared = shared_layer()
    return keras.Model([left, right], heads(joined(shared(left), shared(right))))


@wrong("build_pair_model", says='Your first input is "right"')
def inputs_in_the_other_order():
    left, right = inputs()
    shared = shared_layer()
    return keras.Model([right, left], heads(joined(shared(left), shared(right))))


@wrong("build_pair_model", says='The input "left" should have the shape (64,); yours is (8, 8)')
def inputs_as_pictures():
    left, right = inputs((8, 8))
    shared, flat = shared_layer(), layers.Flatten()
    return keras.Model([left, right], heads(joined(shared(flat(left)), shared(flat(right)))))


@wrong("build_pair_model", says="Two inputs are wanted, one for each digit; your network has 1.")
def one_input():
    both = keras.Input((128,), name="left")
    shared = shared_layer()
    return keras.Model(both, heads(joined(shared(both[:, :64]), shared(both[:, 64:]))))


@wrong("build_pair_model", says="Your outputs stand in a dictionary")
def outputs_in_a_dictionary():
    left, right = inputs()
    shared = shared_layer()
    same, total = heads(joined(shared(left), shared(right)))
    return keras.Model([left, right], {"same": same, "sum": total})


@wrong("build_pair_model", says="A Sequential model is a chain")
def a_chain():
    return keras.Sequential([keras.Input((64,)), shared_layer(), layers.Dense(2)])


@wrong("build_pair_model", says="your function returned a list")
def only_the_outputs():
    left, right = inputs()
    shared = shared_layer()
    return heads(joined(shared(left), shared(right)))


@wrong("build_pair_model", says="Build your network from tensors")
def pair_of_ones_own():
    class Pair(keras.Model):
        def call(self, x):
            return x

    return Pair()


@wrong("build_pair_model", says="Your network fails on six pairs of digits")
def with_a_fixed_number_of_pairs():
    left, right = inputs()
    shared = shared_layer()
    features = layers.Dense(8, activation="relu")(layers.concatenate([shared(left), shared(right)]))
    return keras.Model([left, right], heads(ops.reshape(features, (4, 8))))


@wrong("build_pair_model", says='The layer "shared" should be Dense; yours is Activation')
def shared_activation():
    left, right = inputs()
    shared = layers.Activation("relu", name="shared")
    features = layers.concatenate([shared(left), shared(right)])
    return keras.Model([left, right], heads(layers.Dense(8, activation="relu")(features)))


@wrong("build_pair_model", says="It should get the 64 numbers of one digit")
def shared_after_another_layer():
    left, right = inputs()
    first, shared = layers.Dense(30, activation="relu"), shared_layer()
    features = layers.concatenate([shared(first(left)), shared(first(right))])
    return keras.Model([left, right], heads(layers.Dense(8, activation="relu")(features)))


@wrong("build_pair_model", says='The output "same" should come from a Dense layer; yours comes from Lambda')
def same_from_a_lambda():
    left, right = inputs()
    shared = shared_layer()
    features = layers.Dense(8, activation="relu")(layers.concatenate([shared(left), shared(right)]))
    same = layers.Lambda(lambda values: values[:, :1], output_shape=(1,), name="same")(features)
    return keras.Model([left, right], [same, layers.Dense(1, name="sum")(features)])
