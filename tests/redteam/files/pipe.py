"""A pipe, which nobody writes to."""

# state: not gradable
import os

from tests import redteam


def hand_in(folder, notebook):
    os.mkfifo(folder / f"{redteam.LAB}.ipynb")
