"""Two million characters."""

# state: not gradable
import json

from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(
        json.dumps({"cells": [{"cell_type": "code", "source": "#" * 2_000_000}]}).encode()
    )
