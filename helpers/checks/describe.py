"""Any Keras model as plain data, which the judges of architecture checks read."""

from helpers.checks.core import Unusable

# A layer that only applies a function: its activation belongs to the layer before it, when that one has none.
ACTIVATION_LAYERS = {"Activation", "ReLU", "Softmax", "LeakyReLU", "ELU", "PReLU"}
ACTIVATION_NAMES = {
    "ReLU": "relu",
    "Softmax": "softmax",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
}
# Constructor arguments that a check may ask for, under the names Keras gives them.
ARGUMENTS = (
    "filters",
    "units",
    "kernel_size",
    "strides",
    "padding",
    "use_bias",
    "pool_size",
    "rate",
    "return_sequences",
)


def describe_model(model, input_shape: tuple[int, ...] | None = None) -> dict:
    """Describe a Keras model without its weights' values.

    Returns {'layers': [...], 'input_shape', 'output_shape', 'parameters', 'trainable_parameters', 'loss',
    'from_logits', 'optimizer', 'learning_rate'}. A layer is {'kind', 'activation', 'parameters', 'input_shape',
    'output_shape', 'trainable', 'regularizer'} with those of `ARGUMENTS` it has. Nested models are flattened;
    activations written as a layer of their own count with the layer before them. Shapes leave out the batch axis
    when they are of one tensor. A model that does not know its input yet is built for `input_shape`.
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


def _layers(model) -> list[dict]:
    found: list[dict] = []
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        if hasattr(layer, "layers"):
            found += _layers(layer)
        elif (
            kind in ACTIVATION_LAYERS and found and found[-1]["activation"] in (None, "linear") and _computes(found[-1])
        ):
            found[-1]["activation"] = _activation(layer)
            found[-1]["output_shape"] = _shape(layer.output.shape)
        else:
            found.append(_layer(layer))
    return found


def _computes(layer: dict) -> bool:
    return "filters" in layer or "units" in layer


def _layer(layer) -> dict:
    config = layer.get_config()
    regularizer = getattr(layer, "kernel_regularizer", None)
    return {
        "kind": type(layer).__name__,
        "activation": _activation(layer),
        "parameters": layer.count_params(),
        "input_shape": _shape(getattr(getattr(layer, "input", None), "shape", None)),
        "output_shape": _shape(getattr(getattr(layer, "output", None), "shape", None)),
        "trainable": bool(layer.trainable),
        "regularizer": type(regularizer).__name__ if regularizer is not None else None,
        **{name: _list(config[name]) for name in ARGUMENTS if name in config},
    }


def _activation(layer) -> str | None:
    kind = type(layer).__name__
    if kind in ACTIVATION_NAMES:
        return ACTIVATION_NAMES[kind]
    return _name(getattr(layer, "activation", None))


def _name(thing) -> str | None:
    """The registered name of a function or object: relu, binary_crossentropy."""
    return (
        thing
        if thing is None or isinstance(thing, str)
        else getattr(thing, "__name__", None) or getattr(thing, "name", None)
    )


def _shape(shape) -> list | None:
    """(None, 28, 28, 1) as [28, 28, 1]; None where there is no single tensor."""
    return [*shape[1:]] if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple) else None


def _list(value):
    return list(value) if isinstance(value, tuple) else value
