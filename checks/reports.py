"""Precision and recall of each class: what is right, what goes wrong, for the labs that make such a table."""

import numpy as np
import pandas as pd

FINITE = "Where a sum to divide by is 0, return 0."


def counted(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    """The confusion matrix: true classes are rows, predicted ones columns."""
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(matrix, (y_true, y_pred), 1)
    return matrix


def sums(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each class: how often it is rightly predicted, predicted at all, and there."""
    return np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)


def table(precision, recall) -> pd.DataFrame:
    return pd.DataFrame({"precision": precision, "recall": recall})


def report(matrix: np.ndarray) -> pd.DataFrame:
    """Precision and recall of each class; 0 where the sum to divide by is 0."""
    right, called, there = sums(matrix)
    return table(right / np.maximum(called, 1), right / np.maximum(there, 1))


def other_value_for_nothing(matrix: np.ndarray) -> pd.DataFrame:
    _, called, there = sums(matrix)
    found = report(matrix)
    return table(np.where(called == 0, 1, found.precision), np.where(there == 0, 1, found.recall))


def of_the_wrong_ones(matrix: np.ndarray) -> pd.DataFrame:
    right, called, there = sums(matrix)
    return table(right / np.maximum(called - right, 1), right / np.maximum(there - right, 1))


# Sentence -> what the mistake makes of a confusion matrix.
MISTAKES = {
    "Precision and recall are swapped. Recall asks: of the images that *are* of a class, how many were found?": (
        lambda matrix: table(report(matrix).recall, report(matrix).precision)
    ),
    "Both columns hold the recall. For the precision, divide by how often the class was *predicted*.": (
        lambda matrix: table(report(matrix).recall, report(matrix).recall)
    ),
    "Both columns hold the precision. For the recall, divide by how often the class really *occurs*.": (
        lambda matrix: table(report(matrix).precision, report(matrix).precision)
    ),
    "You divided by the number of all images. Each class has a number of its own to divide by.": (
        lambda matrix: table(*[np.diag(matrix) / matrix.sum()] * 2)
    ),
    "Both columns hold the accuracy, in every row. Each class has its own figures.": (
        lambda matrix: 0 * report(matrix) + np.trace(matrix) / matrix.sum()
    ),
    "Every row holds the mean over the classes. Each class has its own figures.": (
        lambda matrix: 0 * report(matrix) + report(matrix).mean()
    ),
    "You divided by the number of wrong answers alone. The right ones belong to the whole, too.": of_the_wrong_ones,
    "Your first row is about class 1. The classes begin with 0.": (
        lambda matrix: report(matrix).shift(-1, fill_value=0)
    ),
    "Where a class is never predicted, or never there, the docstring wants another value than yours.": (
        other_value_for_nothing
    ),
    "You rounded too far, or cut off what is behind the point. Whoever prints the table may round.": [
        lambda matrix: report(matrix).round(2),
        lambda matrix: report(matrix).round(1),
        lambda matrix: np.floor(report(matrix)),
    ],
    "The rows are right, but not in the order of the classes.": [
        lambda matrix: report(matrix)[::-1],
        lambda matrix: report(matrix).sort_values("recall"),
        lambda matrix: report(matrix).sort_values("precision"),
        lambda matrix: report(matrix).sort_values("recall", ascending=False),
        lambda matrix: report(matrix).sort_values("precision", ascending=False),
    ],
    "These are percentages; fractions between 0 and 1 are wanted.": lambda matrix: 100 * report(matrix),
    "These are the fractions that are wrong; precision and recall say how much is right.": (
        lambda matrix: 1 - report(matrix)
    ),
}
