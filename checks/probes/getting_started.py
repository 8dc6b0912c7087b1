"""Probes of the getting-started lab: a first network, one with two inputs and two outputs."""

import numpy as np

from checks.probes.networks import activation_of, all_layers, describe_model, observe
from checks.probes.running import call

INPUTS = ["left", "right"]


def build_classifier(student, case: dict) -> dict:
    model = student()
    found = observe(model, case)
    return found | {"trained": found["optimizer"] is not None and int(model.optimizer.iterations) > 0}


def build_pair_model(student, case):
    import keras

    model = student()
    if not isinstance(model, keras.Model):
        describe_model(model)  # says what it is instead
    if isinstance(model, keras.Sequential) or not hasattr(model, "operations"):
        return {"kind": "Sequential" if isinstance(model, keras.Sequential) else "other"}
    left, right, other, shift = (case[name] for name in ("left", "right", "other", "shift"))
    layers = all_layers(model)
    shared = [layer for layer in layers if layer.name == "shared"]
    found = {
        "kind": "functional",
        "inputs": [[tensor.name, list(tensor.shape[1:])] for tensor in model.inputs],
        "input_dtypes": [{"input_dtype": str(tensor.dtype)} for tensor in model.inputs],
        "outputs": [[name, *of_layer(model, name)] for name in model.output_names],
        "in_dictionary": isinstance(model.output, dict),
        "dense": [layer.name for layer in layers if isinstance(layer, keras.layers.Dense)],
        "shared": [type(layer).__name__ for layer in shared],
        "kernel": [list(weight.shape) for layer in shared for weight in layer.weights[:1]],
        "shared_activation": of_layer(model, "shared")[1],
        "after_shared": after_shared(model),
    }
    if [name for name, _ in found["inputs"]] != INPUTS:
        return found

    def answers(first, second) -> list[np.ndarray]:
        outputs = model({"left": first, "right": second}, training=False)
        return [np.asarray(output) for output in keras.tree.flatten(outputs)]

    def behaviour() -> dict:
        seen = {
            "as it is": answers(left, right),
            "other left": answers(other, right),
            "other right": answers(left, other),
            "both other": answers(other, other),
            "exchanged": answers(right, left),
            "same sum": answers(left + shift, right - shift),
            "same difference": answers(left + shift, right + shift),
            "others": answers(other, shift),
            "halfway": answers((left + other) / 2, (right + shift) / 2),
        }
        kept = [layer.get_weights() for layer in shared]
        for layer in shared:
            layer.set_weights([np.zeros(weight.shape) for weight in layer.weights])
        erased = {
            "erased": answers(left, right),
            "erased, other left": answers(other, right),
            "erased, other right": answers(left, other),
        }
        for layer, weights in zip(shared, kept, strict=True):  # the student may have made it in another cell
            layer.set_weights(weights)
        return seen | erased

    return found | {"seen": call(behaviour)}


def of_layer(model, name: str) -> list:
    """The kind of a layer, the name of its activation, how many numbers it gets; None where there is none."""
    layer = next((layer for layer in all_layers(model) if layer.name == name), None)
    kernel = [int(weight.shape[0]) for weight in getattr(layer, "weights", [])[:1]]
    activation = activation_of(layer) if layer is not None else None
    return [type(layer).__name__ if layer else None, activation, *(kernel or [None])]


def after_shared(model) -> list[str]:
    """The kinds of what stands between the layer "shared" and the next Dense layer."""

    def name(operation) -> str:
        inside = hasattr(operation, "layers") and "shared" in [one.name for one in all_layers(operation)]
        return "shared" if inside else operation.name

    names, kinds = zip(*((name(one), type(one).__name__) for one in model.operations), strict=True)
    following = kinds[names.index("shared") + 1 :] if "shared" in names else ()
    return list(following[: following.index("Dense")] if "Dense" in following else following)
