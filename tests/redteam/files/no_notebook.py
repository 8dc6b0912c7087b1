"""Bytes that are no text."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(bytes(range(256)) * 100)
