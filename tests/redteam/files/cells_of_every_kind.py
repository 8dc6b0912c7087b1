"""Cells that are numbers, lists, and lists of lists."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(
        b'{"nbformat": 4, "cells": [1, [], null, {"source": {"a": 1}}, {"source": [[1], 2], "metadata": 3}]}'
    )
