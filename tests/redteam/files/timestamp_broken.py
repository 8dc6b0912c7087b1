"""A time that is none."""

import json

from tests import redteam


def hand_in(folder, notebook):
    (folder / "timestamp.txt").write_bytes(b"\xff\x00 yesterday")
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
