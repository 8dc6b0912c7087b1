"""The exercise cells are graded cells, too, with partial credit."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for name in redteam.KEPT:
        cell = redteam.cell(notebook, name)
        cell["metadata"]["nbgrader"] |= {"grade": True, "points": 99, "solution": False, "locked": True}
        cell["source"] += "\n99"
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
