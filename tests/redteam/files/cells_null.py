"""A notebook whose cells are nothing."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(b'{"cells": null, "nbformat": 4}')
