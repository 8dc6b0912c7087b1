"""Fifty megabytes."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(b" " * 50_000_000)
