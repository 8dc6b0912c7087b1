"""Cells with grade ids of its own, and with those of others twice."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for name in (*redteam.KEPT, "extra", "test_extra", "written_extra"):
        about = {
            "grade": True,
            "grade_id": f"test_{name}",
            "points": 50,
            "locked": True,
            "solution": False,
            "task": False,
        }
        more = {
            "cell_type": "code",
            "source": "50",
            "metadata": {"nbgrader": about | {"schema_version": 3}},
            "outputs": [],
        }
        notebook["cells"].insert(0, more | {"execution_count": 1})
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
