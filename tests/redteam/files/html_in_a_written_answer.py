"""A written answer with a script in it."""

# state: waiting for a hand
import json

from tests import redteam


def hand_in(folder, notebook):
    redteam.cell(notebook, "written_valid")["source"] = (
        "<script>alert(1)</script><svg onload=alert(1)> [x](javascript:alert(1))"
    )
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
