"""A package, compiled modules, nbgrader's settings beside the notebook."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for name in (
        "helpers/__init__.py",
        "checks/convolution_basics.py",
        "nbgrader_config.py",
        "evil.so",
        "evil.pyc",
        "x.pth",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("raise SystemExit")
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
