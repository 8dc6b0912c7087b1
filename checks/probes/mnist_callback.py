"""Probes of the MNIST lab: a callback is driven with a written stream of logs, networks take a batch of noise."""

import contextlib
import copy
import io

from checks.probes.networks import observe
from checks.probes.running import call, first_line


class Logs(dict):
    """Logs that remember which entries somebody asked for."""

    asked: set[str] = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)


class Network:
    """Stands in for the network in training."""

    stop_training = False

    def __getattr__(self, name):
        raise AttributeError(f"this check plays Keras without a network, so `self.model.{name}` is not there")


def drive(callback, epochs: list[dict | None]) -> dict:
    """Call a callback's methods as `fit` does, until it stops. Returns what it did, and when."""
    network = Network()
    callback.set_model(network)
    callback.set_params({"verbose": 0, "epochs": len(epochs), "steps": 2})
    found = {"stopped": None, "raised": None, "printed": [], "changed": False}
    Logs.asked = set()

    def step(method: str, epoch: int, *arguments) -> bool:
        text, before = io.StringIO(), copy.copy(arguments[-1])
        with contextlib.redirect_stdout(text):
            outcome = call(getattr(callback, method), *arguments)
        found["changed"] |= arguments[-1] != before
        if text.getvalue():
            found["printed"].append([method, epoch, text.getvalue()])
        if "raised" in outcome:
            found["raised"] = [method, epoch, first_line(outcome).rstrip(":. ")]
        if network.stop_training and not found["stopped"]:
            found["stopped"] = [method, epoch]
        return bool(found["raised"] or found["stopped"])

    def calls():
        yield "on_train_begin", 0, {}
        for epoch, logs in enumerate(epochs):
            of_training = {name: value for name, value in (logs or {}).items() if not name.startswith("val_")}
            high = dict.fromkeys(of_training, 0.99999)
            yield "on_epoch_begin", epoch, epoch, {}
            for step, mean in enumerate((high, of_training)):  # the first batch is high by luck
                yield "on_train_batch_begin", epoch, step, {}
                yield "on_train_batch_end", epoch, step, dict(mean)
            yield "on_test_begin", epoch, {}
            yield "on_test_batch_end", epoch, 0, dict(high)
            yield "on_test_end", epoch, dict(high)
            yield "on_epoch_end", epoch, epoch, None if logs is None else Logs(logs)

    any(step(*one) for one in calls())
    if not found["raised"]:
        last = found["stopped"][1] if found["stopped"] else -1
        step("on_train_end", len(epochs), dict(epochs[last] or {}))
    own = {name for kind in type(callback).__mro__ if not kind.__module__.startswith("keras.") for name in vars(kind)}
    network_attributes = sorted(set(vars(network)) - {"stop_training"})
    return found | {
        "asked": sorted(map(str, Logs.asked)),
        "methods": sorted(name for name in own if not name.startswith("_") and name not in vars(object)),
        "own_attribute": "stop_training" in vars(callback),
        "network_attributes": network_attributes,
    }


def StopAtAccuracy(student, case: dict) -> dict:  # noqa: N802 - called like the exercise
    import keras

    arguments = [] if case["threshold"] is None else [case["threshold"]]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        callback = student(*arguments)
        # Another object has another threshold, higher than all of the cases; both must keep their own.
        another = student(*[0.9999 for _ in arguments])
    if not isinstance(callback, keras.callbacks.Callback):
        return {"kind": "None" if callback is None else type(callback).__name__}
    runs = [drive(callback, epochs) for epochs in (case["stream"], case["below"], case["stream"])]
    runs.append(drive(another, case["below"]))
    stopped_by_another = Network()
    stopped_by_another.stop_training = True
    callback.set_model(stopped_by_another)
    with contextlib.redirect_stdout(io.StringIO()):
        call(callback.on_epoch_end, 0, {"accuracy": 0.5, "acc": 0.5})
    undoes = not stopped_by_another.stop_training
    return {"kind": "Callback", "printed": printed.getvalue(), "runs": runs, "undoes": undoes}


def build(student, case: dict) -> dict:
    """The network of a function without arguments, observed."""
    return observe(student(), case)


def build_for_shape(student, case: dict) -> dict:
    """The network for a shape of images, observed, and whether its learning rate follows a plan."""
    model = student() if case["shape"] == [28, 28, 1] else student(tuple(case["shape"]))  # the first is the usual one
    found = observe(model, case)
    rate = getattr(model.optimizer, "_learning_rate", None) if found["optimizer"] else None
    return found | {"scheduled": callable(rate)}  # a schedule, or a function
