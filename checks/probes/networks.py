"""Any Keras model as plain data, which the judges of architecture checks read: its layers, its outputs, its loss."""

import re
import warnings

import numpy as np

from checks.plain import Unusable
from checks.probes.running import call

# Operations that only apply a function: it belongs to the layer before, when that one has none. Layers and operators
# (`keras.activations.relu(x)`, `ops.relu(x)`) are spelled differently.
ACTIVATIONS = ("relu", "softmax", "sigmoid", "tanh", "gelu", "silu", "elu", "selu", "leaky_relu", "prelu")
# Constructor arguments that a check may ask for, under the names Keras gives them.
ARGUMENTS = ("filters", "units", "kernel_size", "strides", "padding", "dilation_rate", "use_bias", "pool_size", "rate")
ARGUMENTS += ("momentum", "return_sequences")
# Kinds of layers that checks speak of together.
SCALING = ("Rescaling", "Normalization", "TrueDivide", "Divide", "Multiply")
NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")
DROPOUTS = ("Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout")
HALVES = slice(0, 30), slice(30, 60)  # of the batch that a loss is observed on


def describe_model(model, input_shape: tuple[int, ...] | None = None) -> dict:
    """Describe a Keras model without its weights' values.

    Returns {'layers': [...], 'input_shape', 'output_shape', 'parameters', 'trainable_parameters', 'loss',
    'from_logits', 'optimizer', 'learning_rate'}. A layer is {'kind', 'activation', 'parameters', 'input_shape',
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
    if not model.built and input_shape is not None:
        model.build((None, *input_shape))
    if not model.built:
        raise Unusable("Your model does not know its input shape yet: begin it with `keras.Input(...)`.")
    loss = keras.losses.get(model.loss) if isinstance(model.loss, str) else getattr(model, "loss", None)
    optimizer = getattr(model, "optimizer", None)
    return {
        "layers": _layers(model),
        "input_shape": _shape(getattr(model, "input_shape", None)),
        "output_shape": _shape(getattr(model, "output_shape", None)),
        "parameters": model.count_params(),
        "trainable_parameters": sum(int(w.shape.num_elements()) for w in model.trainable_weights),
        "loss": _name(loss),
        "from_logits": bool(loss.get_config().get("from_logits")) if hasattr(loss, "get_config") else False,
        "optimizer": type(optimizer).__name__ if optimizer is not None else None,
        "learning_rate": float(optimizer.learning_rate) if optimizer is not None else None,
    }


def observe(model, x, y, logits) -> dict:
    """A network as plain data: its description, its outputs, and what its loss and metrics say of these logits.

    x: a batch of inputs. y: 60 labels, in the form that the loss should take. logits: (60, classes), for these labels;
    a network that ends in softmax gets their softmax. Returns `describe_model` of the network, with 'outputs' for x,
    'half_losses' and 'batch_metrics', each as `call` returns it.
    Raises Unusable if the loss is a class, or a layer with weights is called twice.
    """
    import keras

    if isinstance(getattr(model, "loss", None), type):
        raise Unusable(f"Your loss is the class {model.loss.__name__} itself. Make an object of it, with parentheses.")
    found = describe_model(model)
    outputs = call(lambda: np.asarray(keras.ops.cast(model(x, training=False), "float32")))
    # By way of NumPy, because Keras' softmax keeps its logits, and its loss would use them.
    scores = np.asarray(keras.ops.softmax(logits)) if ends_in_softmax(outputs) else logits
    scores, y = keras.ops.convert_to_tensor(scores), keras.ops.convert_to_tensor(y)

    def losses():
        return [float(model.compute_loss(x, y[half], scores[half]) - sum(model.losses)) for half in HALVES]

    def metrics():
        model.reset_metrics()  # a network that was trained remembers
        return {name: float(value) for name, value in model.compute_metrics(x, y, scores).items() if name != "loss"}

    return found | {
        "layers": describe_model(each_called_once(model))["layers"],
        "outputs": outputs,
        "half_losses": call(losses),
        "batch_metrics": call(metrics),
    }


def ends_in_softmax(outputs: dict) -> bool:
    """Whether the outputs of a network are probabilities, up to the precision of bfloat16."""
    values = outputs.get("value")
    return values is not None and bool(values.min() >= 0 and np.allclose(values.sum(-1), 1, atol=0.03))


def is_cross_entropy(losses: list[float], case: dict) -> bool:
    """Whether the losses of both halves are their categorical cross-entropy, with the same label smoothing to 0.5."""
    logs = case["logits"] - np.log(np.exp(case["logits"].astype(float)).sum(1, keepdims=True))
    plain = np.array([-(logs * case["y"])[half].sum(1).mean() for half in HALVES])
    even = np.array([-logs[half].mean() for half in HALVES])
    smoothing = (losses - plain) / (even - plain)
    return bool(np.ptp(smoothing) < 0.01 and -0.01 < smoothing.mean() < 0.51)


def each_called_once(model):
    """The network with a copy of each layer without weights that is called again, such as one pooling for all blocks.

    A description lists each layer once. Raises Unusable if a layer with weights is called again.
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

    if isinstance(model, keras.Sequential):
        return model
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
        elif kind == "Activation" or _snake(kind) in ACTIVATIONS:
            if found and found[-1]["activation"] == "linear":
                found[-1]["activation"] = _activation(operation)
            else:
                found.append(_operation(operation))
        else:
            found.append(_operation(operation))
    return found


def _operation(operation) -> dict:
    """A layer, or an operator such as Add, which has no parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a lambda as activation: it need not be stored here
        config = operation.get_config() if hasattr(operation, "count_params") else {}
    regularizer = getattr(operation, "kernel_regularizer", None)
    return {
        "kind": type(operation).__name__,
        "activation": _activation(operation),
        "parameters": operation.count_params() if hasattr(operation, "count_params") else 0,
        "input_shape": _shape(getattr(getattr(operation, "input", None), "shape", None)),
        "output_shape": _shape(getattr(getattr(operation, "output", None), "shape", None)),
        "trainable": bool(getattr(operation, "trainable", False)),
        "regularizer": type(regularizer).__name__ if regularizer is not None else None,
        **{name: _list(config[name]) for name in ARGUMENTS if name in config},
    }


def _activation(operation) -> str | None:
    kind = _snake(type(operation).__name__)
    return kind if kind in ACTIVATIONS else _name(getattr(operation, "activation", None))


def _name(thing) -> str | None:
    """The registered name of a function or object: relu, binary_crossentropy."""
    if thing is None or isinstance(thing, str):
        return thing
    kind = _snake(type(thing).__name__)
    if kind in ACTIVATIONS:  # a layer given as an activation
        return kind
    return getattr(thing, "__name__", None) or getattr(thing, "name", None)


def _snake(name: str) -> str:
    """LeakyReLU and LeakyRelu as leaky_relu, ReLU as relu."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.replace("LU", "lu")).lower()


def _shape(shape) -> list | None:
    """(None, 28, 28, 1) as [28, 28, 1]; None where there is no single tensor."""
    return [*shape[1:]] if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple) else None


def _list(value):
    return list(value) if isinstance(value, tuple) else value
