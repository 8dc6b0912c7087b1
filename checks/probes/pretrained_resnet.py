"""The ResNet lab's probes: a network to describe, a classifier that records what it gets, blocks, heads, pictures."""

import numpy as np

from checks.plain import Unusable
from checks.probes.networks import all_layers, describe_model, each_called_once
from checks.probes.running import call, first_line


def network(case: dict):
    """A small network with what can be miscounted: other convolutions, frozen layers, layers without weights.

    Names mislead, and each usual way to count convolutions gives another number.
    """
    import keras
    from keras import layers

    f, classes = case["filters"], case["classes"]
    inputs = keras.Input((*case["size"], 3))
    if case["kind"] == "sequential":
        chain = keras.Sequential(
            [
                inputs,
                layers.Rescaling(1 / 255, name="before_conv"),
                layers.Conv2D(f, 3, name="stem"),
                layers.BatchNormalization(name="bn_conv"),
                layers.ReLU(name="relu_conv"),
                layers.SeparableConv2D(f + 2, 3, name="separable_conv"),
                layers.SeparableConv2D(f + 2, 3, name="second_separable_conv"),
                layers.DepthwiseConv2D(3, name="depthwise_conv"),
                layers.Conv2D(f + 2, 1, use_bias=False, name="last_conv"),
                layers.GlobalAveragePooling2D(name="pool_conv"),
                layers.Dense(classes),
                layers.Activation("softmax"),
            ]
        )
        return keras.Model(chain.inputs[0], chain.outputs[0])  # a Sequential has no attribute `input`
    value = layers.BatchNormalization(name="conv1_bn")(inputs)
    value = layers.Conv2D(f, 3, trainable=False)(value)
    value = layers.Add()([value, layers.Conv2D(f, 1)(value)])
    value = layers.Conv2D(classes, 1)(layers.Conv2D(f + 2, 3, strides=2)(value))  # no dense layer
    return keras.Model(inputs, layers.Softmax()(layers.GlobalMaxPooling2D()(value)))


def describe_network(student, case: dict) -> dict:
    found = student(network(case), case["memory_bytes"])
    return {"found": found if isinstance(found, dict) else type(found).__name__}


SHIFT = np.array([30, 80, 10], "float32")  # of the preprocessing that the check's classifier asks for

NAMES = ("aubergine", "bicycle", "candle", "drum", "envelope", "fountain", "guitar", "harbour")


class Refused(Exception):
    """The recording network was given something that no network takes."""


class Recorder:
    """Stands in for a network: remembers its inputs, and answers with given probabilities."""

    def __init__(self, size: list[int], probabilities: np.ndarray):
        self.input_shape, self.output_shape = (None, *size, 3), (None, len(probabilities))
        self.probabilities, self.inputs, self.trained = probabilities, [], False

    def predict(self, x, *args, **kwargs):
        x = np.asarray(x, dtype="float32")
        self.inputs.append(x)
        if x.shape != (1, *self.input_shape[1:]):
            raise Refused
        return self.probabilities[np.newaxis].copy()

    predict_on_batch = predict

    def __call__(self, x, training=False, mask=None):
        import keras

        self.trained |= bool(training)
        return keras.ops.convert_to_tensor(self.predict(x))


def preprocess(images) -> np.ndarray:
    """Like those of published networks, it counts on three channels, one after the other."""
    values = np.array(images, "float32") / 2
    for channel, shift in enumerate(SHIFT):
        values[..., channel] -= shift
    return values


def classify(student, case: dict) -> dict:
    from helpers.pretrained import Classifier

    recorder = Recorder(case["size"], case["probabilities"])
    model = Classifier("test", recorder, tuple(case["size"]), preprocess, NAMES, "a check", False)
    found = {"raised": None, "result": None}
    try:
        if case["kind"] == "RGB":  # an error says in which line it happened
            found["result"] = student(model, case["image"], case["top"])
        else:
            arguments = [] if case["top"] == 5 else [case["top"]]  # 5 is the usual number
            outcome = call(student, model, case["image"], *arguments)
            found["result"] = outcome.get("value")
            found["raised"] = first_line(outcome) if "raised" in outcome else None
    except Refused:
        pass  # judged by what the network got
    if isinstance(found["result"], np.ndarray):
        found["result"] = found["result"].tolist()
    found |= {"inputs": recorder.inputs[-1:], "in_training": recorder.trained}
    asked = case["kind"] == "RGB" and recorder.inputs and isinstance(found["result"], list | tuple)
    return found | {"grain": grain(student, model, recorder) if asked else None}


def grain(student, model, recorder: Recorder) -> float | None:
    """What is left of black and white pixels in an image that is made smaller: 1 if most of them are skipped."""
    shape = (*(4 * side for side in model.input_size), 3)
    image = 255 * np.random.default_rng(0).integers(0, 2, shape).astype("uint8")
    outcome = call(student, model, image)
    return float(recorder.inputs[-1].std() / preprocess(image).std()) if "value" in outcome else None


def response(
    model,
    x: np.ndarray,
    kernels: tuple[float, float],
    last_norm: tuple[float, float] = (1, 0),
    other_norms: tuple[float, float] = (1, 0),
) -> np.ndarray:
    """What a block answers when its 3×3 convolutions only multiply by these numbers; norms: their (gamma, beta).

    Of a normalisation only mean and variance are set, since not each one has a gamma and a beta; gamma is 0 or 1.
    """
    convolutions = [layer for layer in all_layers(model) if type(layer).__name__ == "Conv2D"]
    norms = [layer for layer in all_layers(model) if type(layer).__name__ == "BatchNormalization"]
    numbers = iter(kernels)
    for layer in convolutions:
        kernel = np.zeros(layer.kernel.shape, "float32")
        factor = next(numbers, 0) if tuple(layer.kernel_size) == (3, 3) else 1
        middle = tuple(size // 2 for size in layer.kernel_size)
        kernel[middle] = factor * np.eye(*kernel.shape[2:])
        layer.set_weights([kernel, *(np.zeros(w.shape) for w in layer.weights[1:])])
    for layer in norms:
        gamma, beta = last_norm if layer is norms[-1] else other_norms
        deviation = 1 if gamma else 1e6
        values = {"gamma": 1, "beta": 0, "moving_mean": -beta * deviation, "moving_variance": deviation**2}
        layer.set_weights([np.full(w.shape, values.get(w.name, 0)) for w in layer.weights])
    return np.asarray(model(x, training=False))


def ramp(x: np.ndarray) -> np.ndarray:
    """An input like x that grows with the row and the column."""
    rows, columns = (np.arange(n, dtype="float32") for n in x.shape[1:3])
    return np.broadcast_to((rows[:, np.newaxis] + columns)[np.newaxis, ..., np.newaxis], x.shape)


def residual_block(student, case: dict) -> dict:
    import keras

    inputs = keras.Input(case["x"].shape[1:])
    outputs = student(inputs, case["filters"], case["stride"])
    if not isinstance(outputs, keras.KerasTensor):
        what = "None: does it end with `return`?" if outputs is None else f"a {type(outputs).__name__}."
        if isinstance(outputs, keras.Layer):
            what = "a layer: was it called?"
        raise Unusable(f"The block's output, a tensor of Keras, is wanted; your function returned {what}")
    model = keras.Model(inputs, outputs)
    return {
        "layers": describe_model(each_called_once(model))["layers"],
        "own": own_layers(model),
        "shape": list(outputs.shape[1:]),
        "zero": response(model, case["x"], (0, 0)),
        "minus": response(model, case["x"], (1, 1), last_norm=(0, -1)),
        "between": response(model, case["x"], (-1, 1)),
        "ramp": response(model, ramp(case["x"]), (0, 0)),
        "negative": response(model, -10 - ramp(case["x"]), (0, 0), last_norm=(1, 1), other_norms=(1, 1)),
    }


def build_resnet20(student, case: dict) -> dict:
    model = student()
    describe_model(model, (32, 32, 3))  # says so where it is no network
    found = describe_model(each_called_once(model))
    outputs = call(lambda: np.asarray(model(case["x"], training=False)))
    return found | {"outputs": outputs, "own": own_layers(model)}


def own_layers(model) -> list[str]:
    """The kinds of layers with weights that are not Keras' own: what is in them, a description does not show."""
    kinds = (type(layer) for layer in all_layers(model) if layer.weights)
    return [kind.__name__ for kind in kinds if not kind.__module__.startswith("keras.")]


def backbone(seed: int, nested: bool = False):
    """A small functional network with batch normalisation, (12, 12, 3) -> (6, 6, 5), and known weights."""
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    value = layers.Conv2D(5, 3, strides=2, padding="same", use_bias=False)(inputs)
    value = layers.BatchNormalization()(value)
    value = layers.BatchNormalization()(layers.Conv2D(5, 1)(value))
    if nested:
        part = [keras.Input((6, 6, 5)), layers.Conv2D(5, 1), layers.BatchNormalization()]
        value = keras.Sequential(part, name="branch")(value)
    model = keras.Model(inputs, value if nested else layers.ReLU()(value))
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 1, w.shape) for w in model.weights])
    return model


def freeze_backbone(student, case: dict) -> dict:
    import keras

    model = backbone(case["weights_seed"], case["nested"])
    kinds, weights = kinds_of(model), model.get_weights()
    frozen = student(model)
    describe_model(frozen, (12, 12, 3))  # says so where it is no network
    return {
        "same_layers": kinds_of(frozen) == kinds,
        "before": weights,
        "after": frozen.get_weights(),
        "trainable": [
            type(layer).__name__
            for layer in all_layers(frozen)
            if layer.trainable_weights or layer.trainable and isinstance(layer, keras.layers.BatchNormalization)
        ],
    }


def kinds_of(model) -> list[str]:
    """The kinds of all layers but for inputs: a network that is called in another one brings its own."""
    return [kind for kind in (type(layer).__name__ for layer in all_layers(model)) if kind != "InputLayer"]


def statistics(norms: list) -> list[np.ndarray]:
    """Mean and variance that each batch normalisation remembers."""
    return [np.copy(weight) for layer in norms for weight in layer.get_weights()[-2:]]


def add_head(student, case: dict) -> dict:
    import keras

    body = backbone(case["weights_seed"])
    body.trainable = not case["frozen"]
    features = np.asarray(body(case["x"], training=False))
    model = student(body, case["classes"])
    found = describe_model(model, (12, 12, 3))
    dense = [layer for layer in all_layers(model) if isinstance(layer, keras.layers.Dense)]
    norms = [layer for layer in all_layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
    norms = [layer for layer in norms if np.any(layer.get_weights()[-2])]  # without new ones of the head
    outputs, before = call(lambda: np.asarray(model(case["x"], training=False))), statistics(norms)
    for layer in norms:
        layer.momentum = 0.5  # with 1, batch statistics would be used without a trace
    call(lambda: model(case["x"], training=True))
    return {
        "kinds": [layer["kind"] for layer in found["layers"]],
        "last": found["layers"][-1]["activation"],
        "input_shape": found["input_shape"],
        "output_shape": found["output_shape"],
        "features": features,
        "outputs": outputs,
        "dense": [layer.get_weights() for layer in dense],
        "dense_trainable": [bool(layer.trainable_weights) for layer in dense],
        "body_learns": any(
            layer.trainable_weights for layer in all_layers(model) if isinstance(layer, keras.layers.Conv2D)
        ),
        "before": before,
        "after": statistics(norms),
    }


CONV, POOL, FLATTEN, DROPOUT, DENSE, ACTIVATION = "conv", "pool", "flatten", "dropout", "dense", "activation"


def strided(side: int, size: int, stride: int) -> int:
    """How often a window of this size fits on a side, without padding."""
    return (side - size) // stride + 1


def random_weights(case: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    """(kernel, bias) for each convolution and dense layer; the values keep the outputs apart."""
    rng = np.random.default_rng(case["weights_seed"])
    (height, width, channels), inputs, found = case["x"].shape[1:], None, []
    for kind, *settings in case["layers"]:
        if kind == CONV:
            shape = (settings[1], settings[1], channels, settings[0])
            channels = settings[0]
            if settings[2] == "valid":
                height, width = (strided(side, settings[1], settings[4]) for side in (height, width))
        elif kind == POOL:
            height, width = (strided(side, *settings) for side in (height, width))
        elif kind == FLATTEN:
            inputs = height * width * channels
        elif kind == DENSE:
            shape, inputs = (inputs, settings[0]), settings[0]
        if kind in (CONV, DENSE):
            scale = 1.5 / np.sqrt(np.prod(shape[:-1]))
            found.append((rng.normal(0, scale, shape), rng.normal(0, 0.5, shape[-1])))
    return found


def sequential(case: dict):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input(case["x"].shape[1:])])
    make = {
        CONV: lambda filters, size, padding, activation, stride: layers.Conv2D(
            filters, size, strides=stride, padding=padding, activation=activation
        ),
        POOL: layers.MaxPooling2D,
        FLATTEN: layers.Flatten,
        DROPOUT: lambda: layers.Dropout(0.5),
        DENSE: lambda units, activation: layers.Dense(units, activation=activation),
        ACTIVATION: layers.Activation,
    }
    for kind, *settings in case["layers"]:
        model.add(make[kind](*settings))
    model.set_weights([one for pair in random_weights(case) for one in pair])
    return model


def to_fully_convolutional(student, case: dict) -> dict:
    model = sequential(case)
    before, configuration = np.asarray(model(case["x"], training=False)), str(model.get_config())
    converted = student(model)
    found = describe_model(converted, (None, None, case["x"].shape[-1]))
    return {
        "kinds": [layer["kind"] for layer in found["layers"]],
        "input_shape": found["input_shape"],
        "small": call(lambda: np.asarray(converted(case["x"], training=False))),
        "large": call(lambda: np.asarray(converted(case["larger"], training=False))),
        "before": before,
        "after": call(lambda: np.asarray(model(case["x"], training=False))),
        "same_layers": call(lambda: str(model.get_config())) == {"value": configuration},
    }
