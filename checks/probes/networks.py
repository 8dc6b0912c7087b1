"""Any Keras model as plain data, for the judges of networks: its layers, its outputs, its loss, its first steps."""

import re

import numpy as np

from checks.plain import Unusable
from checks.probes.running import call

# Operations that only apply a function: it belongs to the layer before, when that one has none. Layers and operators
# (`keras.activations.relu(x)`, `ops.relu(x)`) are spelled differently.
ACTIVATIONS = ("relu", "softmax", "sigmoid", "tanh", "gelu", "silu", "elu", "selu", "leaky_relu", "prelu")
# Constructor arguments that a check may ask for, under the names Keras gives them.
ARGUMENTS = ("filters", "units", "kernel_size", "strides", "padding", "dilation_rate", "use_bias", "pool_size", "rate")
ARGUMENTS += ("momentum", "axis", "return_sequences")
# Settings of the layers of these activations, with the values that they must have.
UNUSUAL = {"relu": {"max_value": None, "negative_slope": 0, "threshold": 0}, "softmax": {"axis": -1}}
# Functions of `keras.ops` that do what a layer does, and the layer's name.
FUNCTIONS = {"MaxPool": "MaxPooling2D", "AveragePool": "AveragePooling2D"}
HALVES = slice(0, 30), slice(30, 60)  # of the batch that a loss is observed on
KIND_OF_MODEL = "Your network should be Sequential or functional and have one input, `keras.Input(...)`."


def describe_model(model, input_shape: tuple[int, ...] | None = None) -> dict:
    """Describe a Keras model without its weights' values.

    Returns {'layers': [...], 'input_shape', 'input_dtype', 'output_shape', 'parameters', 'trainable_parameters',
    'loss', 'from_logits', 'optimizer', 'learning_rate'}. A layer is {'kind', 'activation', 'parameters', 'input_shape',
    'output_shape', 'trainable', 'regularizer'} with those of `ARGUMENTS` it has. Nested models are flattened; operators
    on tensors (Add, Multiply) are listed like layers; an activation written by itself counts with the layer before it.
    Shapes leave out the batch axis. A model that does not know its input yet is built for `input_shape`.
    Raises Unusable if `model` is not a Keras model, or has no input shape.
    """
    import keras

    if not isinstance(model, keras.Model):
        returned = (
            "None. Does your function end with `return model`?" if model is None else f"a {type(model).__name__}."
        )
        raise Unusable(f"A Keras model is wanted, but your function returned {returned}")
    if not hasattr(model, "operations") and not isinstance(model, keras.Sequential):  # a class of the student's own
        raise Unusable(KIND_OF_MODEL)
    if not model.built and input_shape is not None:
        model.build((None, *input_shape))
    if not model.built:
        raise Unusable("Your model does not know its input shape yet: begin it with `keras.Input(...)`.")
    loss = keras.losses.get(model.loss) if isinstance(model.loss, str) else getattr(model, "loss", None)
    optimizer = getattr(model, "optimizer", None)
    return {
        "layers": _layers(model),
        "input_shape": _shape(getattr(model, "input_shape", None)),
        "input_dtype": str(model.inputs[0].dtype) if model.inputs else None,
        "output_shape": _shape(getattr(model, "output_shape", None)),
        "parameters": model.count_params(),
        "trainable_parameters": sum(int(w.shape.num_elements()) for w in model.trainable_weights),
        "loss": _name(loss),
        "from_logits": bool(loss.get_config().get("from_logits")) if hasattr(loss, "get_config") else False,
        "optimizer": type(optimizer).__name__ if optimizer is not None else None,
        "learning_rate": float(optimizer.learning_rate) if optimizer is not None else None,
    }


BATCH = ("x", "y", "logits")  # what `observe` needs; the rest of a case are the student's arguments


def arguments(case: dict) -> dict:
    """The arguments of a function that builds a network; shapes are tuples, as students know them."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in case.items() if name not in BATCH
    }


def build(student, case: dict) -> dict:
    """The network that a function builds from the arguments of a case, observed."""
    return observe(student(**arguments(case)), case)


def observe(model, case: dict) -> dict:
    """A network as plain data: its description, and what it, its loss and its metrics say of a batch.

    case: 'x', a few inputs. 'y', 60 labels in the form that the loss should take, the first ones those of x. 'logits',
    (60, classes), for these labels; a network that ends in softmax gets their softmax. Returns `describe_model` of the
    network, with 'outputs' for x, 'half_losses' and 'batch_metrics', each as `call` returns it, and 'first_step', None
    where there can be none.
    Raises Unusable if the loss is a class, or a layer with weights is called twice.
    """
    import keras

    if isinstance(getattr(model, "loss", None), type):
        raise Unusable(f"Your loss is the class {model.loss.__name__} itself. Make an object of it, with parentheses.")
    found = describe_model(model)
    x, y, logits = case["x"], case["y"], case["logits"]
    outputs = call(lambda: np.asarray(keras.ops.cast(model(x, training=False), "float32")))
    # By way of NumPy, because Keras' softmax keeps its logits, and its loss would use them.
    scores = np.asarray(keras.ops.softmax(logits)) if ends_in_softmax(outputs) else logits
    scores, labels = keras.ops.convert_to_tensor(scores), keras.ops.convert_to_tensor(y)

    def losses():
        return [float(model.compute_loss(x, labels[half], scores[half]) - sum(model.losses)) for half in HALVES]

    def metrics():
        model.reset_metrics()  # a network that was trained remembers
        values = model.compute_metrics(x, labels, scores)
        return {name: float(one) for name, one in values.items() if name != "loss" and np.ndim(one) == 0}

    half_losses, batch_metrics = call(losses), call(metrics)
    works = found["optimizer"] and "value" in outputs and "value" in half_losses
    return found | {
        "layers": describe_model(each_called_once(model))["layers"],
        "outputs": outputs,
        "half_losses": half_losses,
        "batch_metrics": batch_metrics,
        "first_step": first_step(model, x, y[: len(x)]) if works else None,
    }


def first_step(model, x, y) -> dict:
    """What one step of the network's optimizer does on one small batch; afterwards the network is as it was.

    Returns, as `call` does, {'moved': whether it changes any weight, 'growth': how many times as large the kernels are
    afterwards, 'uphill': whether it goes along the gradient instead of against it, 'planned': the largest learning
    rate soon after, of an optimizer that follows a plan, 'still': names of the layers whose kernels have no gradient
    at all, 'zeros': of those whose kernels are 0 to begin with}. The last layer may begin with zeros; then those before
    it have no gradient in this step, and none is 'still'.
    """
    import keras
    import tensorflow as tf

    weights, everything = model.trainable_weights, model.weights
    kept = {id(weight): weight.value.numpy().copy() for weight in everything}
    labels = keras.ops.convert_to_tensor(y)

    def step() -> dict:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x, labels, model(x, training=True))
        slopes = tape.gradient(loss, [one.value for one in weights], unconnected_gradients="zero")
        slopes = [np.asarray(tf.convert_to_tensor(slope)) for slope in slopes]
        earlier = [kept[id(one)] for one in weights]
        # One variable for all weights: a new optimizer makes some more for each that it moves, and that takes longest.
        flat = keras.Variable(joined(earlier))
        like(model.optimizer).apply([joined(slopes)], [flat])  # the student's own is untouched
        moved = np.split(np.asarray(flat), np.cumsum([before.size for before in earlier]))  # and nothing, at the end
        afters = [after.reshape(before.shape) for after, before in zip(moved, earlier, strict=False)]
        triples = list(zip(earlier, afters, slopes, strict=True))
        names = [one.path.split("/")[-2] for one in weights if one.name == "kernel"]
        kernels = [triple for one, triple in zip(weights, triples, strict=True) if one.name == "kernel"]
        waits = bool(kernels) and not np.any(kernels[-1][0]) and np.any(kernels[-1][2])
        return {
            "moved": any(np.any(before != after) for before, after, _ in triples),
            "growth": size(after for _, after, _ in kernels) / max(1e-9, size(before for before, _, _ in kernels)),
            "uphill": bool(sum(np.sum((after - before) * slope, dtype=float) for before, after, slope in triples) > 0),
            "planned": planned_rate(model.optimizer),
            "still": [one for one, (_, _, slope) in zip(names, kernels, strict=True) if not (waits or np.any(slope))],
            "zeros": [one for one, (before, _, _) in zip(names[:-1], kernels[:-1], strict=True) if not np.any(before)],
        }

    try:
        return call(step)
    finally:
        for weight in everything:
            weight.assign(kept[id(weight)])


def like(optimizer):
    """A new optimizer of the same settings that moves in each step."""
    try:
        settings = optimizer.get_config()
    except NotImplementedError:  # of a plan that cannot be written down, which Keras wants only for saving
        return type(optimizer)(optimizer._learning_rate)
    return type(optimizer).from_config(settings | {"gradient_accumulation_steps": None})


def joined(arrays: list[np.ndarray]) -> np.ndarray:
    """All numbers of these arrays in one row."""
    return np.concatenate([np.zeros(0, "float32"), *(one.ravel() for one in arrays)])


def planned_rate(optimizer) -> float | None:
    """The larger of the learning rates at the steps 1 and 10, where they follow a plan."""
    import keras

    plan = getattr(optimizer, "_learning_rate", None)
    if not isinstance(plan, keras.optimizers.schedules.LearningRateSchedule):
        return None
    return max(float(plan(step)) for step in (1, 10))


def size(arrays) -> float:
    """The length of all arrays as one vector."""
    return sum(float(np.sum(np.square(one, dtype=float))) for one in arrays) ** 0.5


def ends_in_softmax(outputs: dict) -> bool:
    """Whether the outputs of a network are probabilities, up to the precision of bfloat16."""
    values = outputs.get("value")
    return values is not None and bool(values.min() >= 0 and np.allclose(values.sum(-1), 1, atol=0.03))


def all_layers(model) -> list:
    """The network's layers in their order; of networks inside it their layers."""
    return [one for layer in model.layers for one in (all_layers(layer) if hasattr(layer, "layers") else [layer])]


def each_called_once(model):
    """The network with a copy of each layer without weights that is called again, such as one pooling for all blocks.

    A description lists each layer once. Raises Unusable if a layer with weights is called again, also inside a layer.
    """
    import keras

    met, shared = [], []

    def once(layer, *args, **kwargs):
        if layer in met:
            if layer.weights:
                shared.append(layer.name)
            layer = type(layer).from_config(layer.get_config() | {"name": None})
        met.append(layer)
        return layer(*args, **kwargs)

    def copy():
        plain = keras.Model(model.inputs, model.outputs)  # not compiled: a loss of one's own cannot be copied
        return keras.models.clone_model(plain, clone_function=lambda layer: layer, call_function=once)

    for layer in model.layers:
        if hasattr(layer, "layers"):
            each_called_once(layer)
    if isinstance(model, keras.Sequential):
        shared = [layer.name for k, layer in enumerate(model.layers) if layer in model.layers[:k] and layer.weights]
        copied = {}
    else:
        copied = call(copy)
    if shared:
        raise Unusable(f"Your network calls its layer {shared[0]} twice, with the same weights. Make a new layer.")
    return copied.get("value", model)


def _layers(model) -> list[dict]:
    found: list[dict] = []
    # Sequential models know their layers alone; functional ones also the operators between them.
    for operation in getattr(model, "operations", model.layers):
        kind = type(operation).__name__
        if kind == "InputLayer":
            continue
        if hasattr(operation, "layers"):
            found += _layers(operation)
        elif kind == "Activation" or _snake(kind) in ACTIVATIONS or _is_relu(operation):
            function = "relu" if kind == "Maximum" else activation_of(operation)
            if found and found[-1]["activation"] == "linear":
                found[-1]["activation"] = function
            else:
                found.append(_operation(operation) | {"activation": function})
        else:
            found.append(_operation(operation))
    return found


def _operation(operation) -> dict:
    """A layer, or an operator such as Add, which has no parameters."""
    layer = hasattr(operation, "count_params")
    regularizer = getattr(operation, "kernel_regularizer", None)
    kind = type(operation).__name__
    return {
        "kind": "GlobalAveragePooling2D" if _is_mean_of_maps(operation) else FUNCTIONS.get(kind, kind),
        "activation": activation_of(operation),
        "parameters": operation.count_params() if layer else 0,
        "input_shape": _shape(getattr(getattr(operation, "input", None), "shape", None)),
        "output_shape": _shape(getattr(getattr(operation, "output", None), "shape", None)),
        "trainable": bool(getattr(operation, "trainable", False)),
        "regularizer": type(regularizer).__name__ if regularizer is not None else None,
        **{name: _list(getattr(operation, name)) for name in ARGUMENTS if layer and hasattr(operation, name)},
        **(_pooling(operation) if kind in FUNCTIONS else {}),
    }


def _is_mean_of_maps(operation) -> bool:
    """Whether an operator is `mean(x, axis=(1, 2))`."""
    if type(operation).__name__ != "Mean" or operation.axis is None or operation.keepdims:
        return False
    return sorted(np.ravel(operation.axis) % 4) == [1, 2]


def _pooling(operation) -> dict:
    """The arguments of a pooling function, as its layer has them."""
    size = [*np.broadcast_to(operation.pool_size, 2).tolist()]
    strides = size if operation.strides is None else [*np.broadcast_to(operation.strides, 2).tolist()]
    return {"pool_size": size, "strides": strides, "padding": operation.padding}


def activation_of(operation) -> str | None:
    """The name of the function that a layer applies at its end, found by what it does where it has no name."""
    kind = _snake(type(operation).__name__)
    if kind in ACTIVATIONS:
        unusual = UNUSUAL.get(kind, {}).items()
        values = [(name, getattr(operation, name, usual), usual) for name, usual in unusual]
        changed = [f"{name}={value}" for name, value, usual in values if value != usual]
        return f"{kind} with {' and '.join(changed)}" if changed else kind
    function = getattr(operation, "activation", None)
    if hasattr(function, "count_params"):  # a layer given as an activation
        return activation_of(function)
    name = _name(function)
    return _by_behaviour(function) or name if callable(function) and name not in ACTIVATIONS else name


def _by_behaviour(function) -> str | None:
    """The name of the activation that a function computes, such as relu for `lambda x: tf.maximum(x, 0)`."""
    import keras

    numbers = np.array([[-30, -3, -0.5, 0, 0.2, 1, 4, 30]], "float32")
    mine = call(lambda: np.asarray(function(keras.ops.convert_to_tensor(numbers))))
    for name in ("linear", "relu", "softmax", "sigmoid", "tanh"):
        known = np.asarray(getattr(keras.activations, name)(keras.ops.convert_to_tensor(numbers)))
        if np.shape(mine.get("value")) == known.shape and np.allclose(mine["value"], known, atol=1e-5):
            return name
    return None


def _is_relu(operation) -> bool:
    """Whether an operator is `maximum(x, 0)`; the layer of this name takes the larger of two tensors."""
    if type(operation).__name__ != "Maximum" or hasattr(operation, "weights") or not operation._inbound_nodes:
        return False
    constants = [one for one in operation._inbound_nodes[0].arguments.args if not hasattr(one, "_keras_history")]
    return len(constants) == 1 and np.ndim(constants[0]) == 0 and float(np.asarray(constants[0])) == 0


def _name(thing) -> str | None:
    """The registered name of a function or object: relu, binary_crossentropy."""
    if thing is None or isinstance(thing, str):
        return thing
    return getattr(thing, "__name__", None) or getattr(thing, "name", None)


def _snake(name: str) -> str:
    """LeakyReLU and LeakyRelu as leaky_relu, ReLU as relu."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.replace("LU", "lu")).lower()


def _shape(shape) -> list | None:
    """(None, 28, 28, 1) as [28, 28, 1]; None where there is no single tensor."""
    return [*shape[1:]] if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple) else None


def _list(value):
    return list(value) if isinstance(value, tuple) else value
