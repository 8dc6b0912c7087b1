"""Two thousand cells stand where that of an exercise should, and each takes long to compare."""

import json

from tests import redteam


def hand_in(folder, notebook):
    place = notebook["cells"].index(redteam.cell(notebook, "max_pool"))
    cells = [{"cell_type": "code", "source": " e\n" * 66, "metadata": {}} for _ in range(1900)]
    notebook["cells"][place : place + 1] = cells
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
