"""A Python script in place of a notebook."""

# state: not gradable
from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.py").write_text("def max_pool(x, size): return x")
