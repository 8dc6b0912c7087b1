"""Metadata of every type but the right one."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for k, cell in enumerate(notebook["cells"]):
        cell["metadata"] = [None, [], 1, {"nbgrader": 1}, {"nbgrader": {"grade_id": []}}, {"nbgrader": []}][k % 6]
    notebook["metadata"] = "none"
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
