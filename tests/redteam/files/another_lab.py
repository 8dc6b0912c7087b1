"""The notebook of another lab."""

# state: not gradable
from grader.source import ROOT
from tests import redteam


def hand_in(folder, notebook):
    other = ROOT / "notebooks" / "06_rnn_subtraction" / "06_rnn_subtraction.ipynb"
    (folder / f"{redteam.LAB}.ipynb").write_bytes(other.read_bytes())
