"""A link to a device without an end."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").symlink_to("/dev/zero")
