"""A hundred thousand brackets."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(b"[" * 100_000)
