"""Cells that are no Python and nearly all blank lines, over which a search for IPython's lines goes again and again."""

import json


def hand_in(folder, notebook):
    code = "correlate_valid max_pool\n" + "\n" * 49_900
    notebook["cells"][2:2] = [{"cell_type": "code", "source": code, "metadata": {}} for _ in range(15)]
    (folder / "01_convolution_basics.ipynb").write_text(json.dumps(notebook))
