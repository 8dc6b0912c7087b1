"""An empty folder."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    assert folder.name == redteam.LAB
