"""Modules called like those that the course and Python import."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for name in (
        "numpy",
        "json",
        "helpers",
        "checks",
        "keras",
        "random",
        "sitecustomize",
        "usercustomize",
        "IPython",
        "scipy",
    ):
        (folder / f"{name}.py").write_text("raise SystemExit")
    notebook["cells"][2]["source"] = "import json, random, numpy\n" + "".join(notebook["cells"][2]["source"])
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
