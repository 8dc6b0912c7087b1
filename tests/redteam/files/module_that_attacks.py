"""Its own module does what a cell may not."""

import json

from tests import redteam


def hand_in(folder, notebook):
    attack = (redteam.HERE / "code" / "collect_replaced.py").read_text()
    (folder / "mine.py").write_text(attack + "\nnp = None\n")
    redteam.cell(notebook, "correlate_valid")["source"] += "\nfrom mine import *\n"
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
