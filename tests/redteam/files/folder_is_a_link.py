"""The whole folder is a link to another student's."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    others = sorted(folder.parents[1].glob("*honest/*"))
    folder.rmdir()
    folder.symlink_to(others[0], target_is_directory=True)
    assert folder.name == redteam.LAB
