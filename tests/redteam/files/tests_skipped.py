"""Tags, outputs and metadata that nbgrader and nbclient obey."""

import json

from tests import redteam


def hand_in(folder, notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "99"}, "metadata": {}, "execution_count": 1}
            ]
    (folder / f"{redteam.LAB}.ipynb").write_text(json.dumps(notebook))
