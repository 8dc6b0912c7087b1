"""The test cells do nothing, and are worth a thousand points each."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for name in redteam.KEPT:
        test = redteam.cell(notebook, f"test_{name}")
        test["source"] = "pass"
        test["metadata"]["nbgrader"] |= {"points": 1000, "locked": False}
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
