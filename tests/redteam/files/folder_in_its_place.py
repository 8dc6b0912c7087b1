"""A folder that is called like a notebook."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").mkdir()
