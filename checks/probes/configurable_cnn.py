"""Probe of the configurable network's lab: the network that a function builds, and what it penalises."""

import numpy as np

from checks.probes import networks

OTHERS = ("bias", "activity", "gamma", "beta")  # what Keras can penalise beside kernels


def build(student, case: dict) -> dict:
    """The network observed, see `networks.observe`, with its 'penalty'.

    A penalty is {'total': the sum of `model.losses`, 'kernels': one dict per layer that has a kernel, with its 'kind',
    whether it is 'penalised', the sum of its 'squares' and of its 'absolutes', 'others': names of weights besides
    kernels, or of maps, that have a penalty}.
    """
    model = student(**networks.arguments(case))
    return networks.observe(model, case) | {"penalty": penalty(model)}


def penalises(regularizer) -> bool:
    """Whether there is a penalty, and one of another strength than 0."""
    return regularizer is not None and float(regularizer(np.ones((2, 2), "float32"))) != 0


def penalty(model) -> dict:
    kernels, others = [], set()
    for layer in networks.all_layers(model):
        if hasattr(layer, "kernel"):
            values = np.asarray(layer.kernel, dtype=float)
            sums = {"squares": float((values**2).sum()), "absolutes": float(np.abs(values).sum())}
            named = penalises(getattr(layer, "kernel_regularizer", None))
            kernels.append({"kind": type(layer).__name__, "penalised": named, **sums})
        others |= {name for name in OTHERS if penalises(getattr(layer, f"{name}_regularizer", None))}
    return {"total": float(sum(model.losses)), "kernels": kernels, "others": sorted(others)}
