"""Source that exhausts a parser."""

# state: partly graded

import json

from tests import redteam


def hand_in(folder, notebook):
    for k, source in enumerate(
        ("(" * 90_000, "-" * 20_000 + "1", "x" + "[0]" * 9_000, "a?\n" * 20_000, "lambda:" * 9_000)
    ):
        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        notebook["cells"].insert(k + 2, cell)
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
