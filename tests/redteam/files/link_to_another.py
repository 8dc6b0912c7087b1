"""A link to what another student handed in."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    others = sorted(folder.parents[1].glob("*honest/*/*.ipynb"))
    (folder / f"{redteam.LAB}.ipynb").symlink_to(others[0])
