"""A hundred thousand cells."""

# state: not gradable
import json

from tests import redteam


def hand_in(folder, notebook):
    (folder / f"{redteam.LAB}.ipynb").write_bytes(
        json.dumps({"cells": [{"cell_type": "code", "source": "1"}] * 100_000}).encode()
    )
