"""The slash lab's probes: a data set drawn twice and with another seed, models to score, a `predict` that listens."""

import numpy as np
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from checks.probes import functions
from checks.probes.networks import describe_model, each_called_once
from checks.probes.running import call


def make_dataset(student, case: dict) -> dict:
    parts, again, other = runs = [student(case["per_class"], case["seed"] + step) for step in (0, 0, 1)]
    if not all(isinstance(run, list | tuple) and len(run) == 4 for run in runs):
        return {"shapes": [[]]}
    if not all(getattr(part, "shape", ()) for run in runs for part in run):  # no arrays
        return {"shapes": [[]]}
    most = 3 * case["per_class"] // 2  # what a right part holds; more need not be read
    return {
        "shapes": [[tuple(part.shape) for part in run] for run in runs],
        "parts": [part[:most] for part in parts],
        "again": [part[:3] for part in again],
        "other": [part[:most] for part in other[:3]],
        "usual": usual(student) if case["per_class"] == 20 else None,
    }


def usual(student) -> dict:
    """What the function does without arguments: how many images, and whether they are those of seed 0."""
    parts, again, once_more = student(), student(500, 0), student(500, 0)
    return {
        "images": [len(part) for part in parts[:2]],
        "same": all(map(np.array_equal, parts, again)),
        "repeated": all(map(np.array_equal, again, once_more)),
    }


def classifiers() -> dict:
    return {
        "tree": DecisionTreeClassifier(max_depth=2, random_state=0),
        "1-NN": KNeighborsClassifier(n_neighbors=1),
        "naive Bayes": GaussianNB(),
    }


def score_models(student, case: dict) -> dict:
    models = classifiers()
    found = functions.table(lambda *_: student(dict(models), *case.values()), {})
    return found | {"later": {name: call(model.predict, case["x_test"]) for name, model in models.items()}}


def build_network(student, case: dict) -> dict:
    """The description of the network that a function builds with the case's values."""
    model = student(**case)
    return describe_model(model) | {"layers": describe_model(each_called_once(model))["layers"]}


def top_is_darker(images: np.ndarray) -> np.ndarray:
    """Stands in for a model: 1 where the upper half of the image is darker, whatever form the images have."""
    rows = images.reshape(len(images), -1)
    middle = rows.shape[1] // 2
    return (rows[:, :middle].sum(1) < rows[:, middle:].sum(1)).astype(int)


def accuracy_by_rotation(student, case: dict) -> dict:
    seen = []

    def predict(images):
        seen.append(np.array(images))
        return top_is_darker(seen[-1])

    return {"accuracies": student(predict, case["drawings"], case["labels"], case["angles"]), "seen": seen}
