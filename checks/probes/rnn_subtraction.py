"""Probes of the subtraction lab: a table of characters, a network, one that only repeats what it was told."""

import numpy as np

from checks.plain import Unusable
from checks.probes.networks import describe_model, ends_in_softmax, first_step
from checks.probes.running import call

CHARACTERS = "0123456789- "

RECURRENT = ("LSTM", "GRU", "SimpleRNN")


def CharacterTable(student, case: dict) -> dict:  # noqa: N802 - a check is called like its exercise
    table = student()
    sign = call(table.encode, "1+1", 3)
    encoded = [encode(table, text, length) for text, length in zip(case["texts"], case["lengths"], strict=True)]
    return {
        "sum": "value" in sign and sign["value"] is not None,
        "encoded": encoded,
        "too_long": refusal(table, case["too_long"]),
        "unknown": refusal(table, case["unknown"]),
        "decoded": call(table.decode, case["one_hot"]),
        "read": call(table.decode, case["probabilities"]),
    }


def encode(table, text: str, length: int):
    """What a table makes of a text that it should accept, or what it says against it."""
    try:
        return table.encode(text, length)
    except (ValueError, KeyError) as error:
        return {"refused": str(error)[:200]}


def refusal(table, text: str) -> dict:
    """What a table does with a text that it should refuse."""
    outcome = call(table.encode, text, 4)
    if isinstance(outcome.get("value"), Exception):  # returned, not raised
        outcome["value"] = repr(outcome["value"])
    return outcome


def subtraction_question(student, case: dict) -> dict:
    questions = [student(a, b) for a, b in case["pairs"]]
    return {"questions": [q if isinstance(q, tuple | list) else type(q).__name__ for q in questions]}


def make_questions(student, case: dict) -> dict:
    found = {}
    for name, seed in (("parts", case["seed"]), ("again", case["seed"]), ("other", case["seed"] + 1)):
        parts = student(case["n"], case["digits"], np.random.default_rng(seed))
        if not isinstance(parts, tuple | list) or len(parts) != 2:
            raise Unusable("Two arrays are wanted: the pairs for training, and the pairs for validation.")
        try:
            found[name] = [np.array(part if hasattr(part, "shape") else list(part)) for part in parts]
        except (TypeError, ValueError) as error:
            raise Unusable("Each of the two parts should be an array (N, 2), one pair per row.") from error
    return found


def build_seq2seq(student, case: dict) -> dict:
    import keras

    try:
        model = student(getattr(keras.layers, case["rnn"]), case["hidden"], case["n_layers"])
    except ValueError as error:
        if "ndim" in str(error) or "at least 3 dim" in str(error):
            return {"axes": "repeat" if "repeat_vector" in str(error) else "sequence"}
        raise
    found = describe_model(model)
    x, y, scores = (keras.ops.convert_to_tensor(case[name]) for name in ("x", "y", "scores"))
    # Recurrent layers are slow: all queries in one call. The second half has other characters at the end.
    both = call(lambda: answers(model, np.concatenate([case["x"], with_another_end(case["x"])])))
    outputs = {"value": both["value"][: len(x)]} if "value" in both else both
    if ends_in_softmax(outputs):
        scores = keras.ops.convert_to_tensor(np.asarray(keras.ops.softmax(scores)))
    looked_into = "value" in outputs and case["n_layers"] == 1  # once is enough, and deep ones are slow

    def metrics() -> dict:
        model.compute_metrics(x, y, scores)  # finds its metrics, and what they remember of an earlier use,
        model.reset_metrics()  # which is forgotten
        return {name: float(v) for name, v in model.compute_metrics(x, y, scores).items() if name != "loss"}

    return found | {
        "reads_on": "value" in both and not np.allclose(*np.split(both["value"], 2), atol=1e-6),
        "settings": unusual_settings(model),
        "penalties": len(model.losses),
        "outputs": outputs,
        "first_step": first_step(model, case["x"], case["y"]) if found["optimizer"] and looked_into else None,
        "computed_loss": call(lambda: float(model.compute_loss(x, y, scores))),
        "metrics": call(metrics),
        "turned": turned_scores(model, case["hidden"], case["x"]) if looked_into else None,
    }


def answers(model, x: np.ndarray) -> np.ndarray:
    """What the network says to queries."""
    import keras

    return np.asarray(keras.ops.cast(model(x, training=False), "float32"))


def with_another_end(x: np.ndarray) -> np.ndarray:
    """The queries with another last character each."""
    other = x.copy()
    other[:, -1] = np.roll(x[:, -1], 1, axis=-1)
    return other


def unusual_settings(model) -> list[str]:
    """What the recurrent layers do otherwise than Keras' own settings say, such as "dropout=0.2"."""
    found = []
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found += unusual_settings(layer)
        elif type(layer).__name__ in RECURRENT:
            yours, usual = layer.get_config(), type(layer)(1).get_config()
            names = ("activation", "recurrent_activation", "go_backwards", "dropout", "recurrent_dropout", "stateful")
            found += [f"{name}={yours[name]}" for name in names if yours.get(name) != usual.get(name)]
    return found


def turned_scores(model, hidden: int, x: np.ndarray) -> np.ndarray | None:
    """The outputs with numbers of ours as the dense layer's weights, and with these times -3; (2, N, 4, 12).

    The network's own may be 0 at the start, and hide what becomes of the scores. Returns None where there is no such
    layer. Changes the network.
    """
    shapes = ((hidden, len(CHARACTERS)), (len(CHARACTERS),))
    found = [[weight for weight in model.weights if tuple(weight.shape) == shape] for shape in shapes]
    if not all(len(weights) == 1 for weights in found):
        return None

    def scores(factor: float) -> np.ndarray:
        for (weight,) in found:
            weight.assign(factor * np.cos(np.arange(np.prod(weight.shape))).reshape(weight.shape))
        return answers(model, x)

    return np.stack([scores(1), scores(-3)])


class Parrot:
    """Stands in for a trained network: knows the questions it will be asked, and what it says to each."""

    def __init__(self, x: np.ndarray, outputs: np.ndarray, y: np.ndarray):
        self.says = {one.tobytes(): output for one, output in zip(x.astype("float32"), outputs, strict=True)}
        self.per_character = float((outputs.argmax(-1) == y.argmax(-1)).mean())
        self.calls = 0

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        self.calls += 1
        x = np.asarray(x, dtype="float32")
        if x.ndim != 3:
            raise ValueError(f"The network expects a batch, (N, 7, 12), but got an array of shape {x.shape}.")
        if not all(one.tobytes() in self.says for one in x):
            raise ValueError("The network was asked something that is none of the queries x. Hand them on as they are.")
        return np.array([self.says[one.tobytes()] for one in x])

    def __getattr__(self, name):
        raise AttributeError(f"This network has no `{name}`. It is asked by `model.predict(...)`.")

    def predict_on_batch(self, x):
        return self.predict(x)

    def __call__(self, x, training=False):
        import keras

        return keras.ops.convert_to_tensor(self.predict(x))

    def evaluate(self, x, y, batch_size=None, verbose="auto", return_dict=False):
        return {"loss": 0.5, "accuracy": self.per_character} if return_dict else [0.5, self.per_character]


def exact_match(student, case: dict) -> dict:
    parrot = Parrot(case["x"], case["outputs"], case["y"])
    return {"value": student(parrot, case["x"], case["y"]), "calls": parrot.calls}
