"""Characters that no file and no program may hold."""

# state: waiting for a hand
import json

from tests import redteam


def hand_in(folder, notebook):
    redteam.cell(notebook, "correlate_valid")["source"] = "x = 1\x00\ud800"
    redteam.cell(notebook, "written_valid")["source"] = "\ud800 \x00 \x1b[31m"
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
