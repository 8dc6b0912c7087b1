"""What happens to a source notebook on its way to the students, beside nbgrader's own steps.

nbgrader_config.py puts these classes before and after nbgrader's preprocessors.
"""

import tomllib
from urllib.parse import urlparse

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.source import METADATA, ROOT, dependents, tags

BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"
COLAB = "https://colab.research.google.com/github{project}/blob/main/notebooks/{lab}/{lab}.ipynb"


def repository() -> str:
    """The course's address, from pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["repository"]


class StripAuthoring(NbGraderPreprocessor):
    """Take out what only authors need: their cells, nbval's tags, jupytext's and the kernel's metadata."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb.cells = [cell for cell in nb.cells if "author-only" not in tags(cell)]
        for cell in nb.cells:
            cell.metadata.pop("jupytext", None)
            kept = [tag for tag in tags(cell) if not tag.startswith("nbval-")]
            if kept:
                cell.metadata["tags"] = kept
            else:
                cell.metadata.pop("tags", None)
        nb.metadata.clear()
        nb.metadata.update(METADATA)  # a kernel every installation has, so that no dialog asks for one
        return nb, resources


class WriteAddresses(NbGraderPreprocessor):
    """Put the course's address in place of {{repository}}, and the Colab badge in place of {{colab}}."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        address = repository()
        colab = COLAB.format(project=urlparse(address).path, lab=resources["nbgrader"]["notebook"])
        for cell in nb.cells:
            cell.source = cell.source.replace("{{colab}}", BADGE.format(address=colab))
            cell.source = cell.source.replace("{{repository}}", address)
        return nb, resources


class MarkDependents(NbGraderPreprocessor):
    """Tag the cells that fail until an exercise is solved, so that Run All goes through to the end."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for index in dependents(nb):
            nb.cells[index].metadata["tags"] = [*tags(nb.cells[index]), "raises-exception"]
        return nb, resources
