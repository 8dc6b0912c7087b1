"""A link to the instructor's solution."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    root = folder.parents[2]
    (folder / f"{redteam.LAB}.ipynb").symlink_to(root / "solutions" / redteam.LAB / f"{redteam.LAB}.py")
