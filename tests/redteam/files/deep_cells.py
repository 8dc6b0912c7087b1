"""Brackets inside a notebook."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(b'{"cells": ' + b"[" * 50_000 + b"]" * 50_000 + b"}")
