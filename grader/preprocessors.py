"""What happens to a source notebook on its way to the students, beside nbgrader's own steps.

nbgrader_config.py puts these classes before and after nbgrader's preprocessors.
"""

import re
import textwrap
import tomllib
from collections import Counter
from html import escape
from pathlib import Path
from urllib.parse import urlparse

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader import book, figures
from grader.source import LAB, MARKER, METADATA, ROOT, dependents, graded, name_cells, numbered, tags

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


class FillIn(NbGraderPreprocessor):
    """Write the address for {{repository}}, the badge for {{colab}}, the lab's name without its number for {{name}},
    "lab 05" for {{lab ...}}; unmark figures.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        address = repository()
        lab = resources["nbgrader"]["notebook"]
        colab = COLAB.format(project=urlparse(address).path, lab=lab)
        for cell in nb.cells:
            cell.source = cell.source.replace("{{colab}}", BADGE.format(address=colab))
            cell.source = cell.source.replace("{{repository}}", address).replace("{{name}}", lab[3:])
            cell.source = figures.without_marks(cell.source)
            cell.source = LAB.sub(numbered, cell.source)
        return nb, resources


class HandOver(NbGraderPreprocessor):
    """Put the code that students are to change into the place of a solution, where the source has some.

    In the source it stands behind the solution, commented out, between `### BEGIN HANDED OVER` and
    `### END HANDED OVER`.
    """

    STUB_AND_CODE = re.compile(
        r"^(?P<indent> *)# YOUR CODE HERE\n *raise NotImplementedError\n"
        r" *### BEGIN HANDED OVER\n(?P<code>(?: *#.*\n)+?) *### END HANDED OVER$",
        re.MULTILINE,
    )

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for cell in nb.cells:
            cell.source = self.STUB_AND_CODE.sub(self._handed_over, cell.source)
        return nb, resources

    def _handed_over(self, found: re.Match) -> str:
        code = re.sub(r"^ *# ?", "", found["code"], flags=re.MULTILINE)
        return textwrap.indent(code, found["indent"]).rstrip("\n")


class MarkDependents(NbGraderPreprocessor):
    """Tag the cells that fail until an exercise is solved, so that Run All goes through to the end."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for index in dependents(nb):
            nb.cells[index].metadata["tags"] = [*tags(nb.cells[index]), "raises-exception"]
        return nb, resources


class NameCells(NbGraderPreprocessor):
    """Name the cells after what students get of them: so a cell tells later whether a student has changed it."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        name_cells(nb)
        return nb, resources


class RestoreExercises(NbGraderPreprocessor):
    """Give a submission back the exercise cells that nbgrader would stumble over.

    A copied or split cell loses its metadata, and so does one that went through another editor: the marker
    `# EXERCISE name (points)` says which it is. A deleted one comes back empty.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        for cell in nb.cells:
            if cell.metadata.get("nbgrader") == {}:  # what nbgrader leaves of the metadata of a copy
                del cell.metadata["nbgrader"]
        present = {cell.metadata["nbgrader"]["grade_id"] for cell in nb.cells if "nbgrader" in cell.metadata}
        for cell in nb.cells:
            marker = MARKER.match(cell.source)
            if marker and "nbgrader" not in cell.metadata and marker["name"] not in present:
                cell.metadata["nbgrader"] = graded(marker["name"], solution=True)
                present.add(marker["name"])
        self._add_missing(nb, *self._expected(resources["nbgrader"]))
        return nb, resources

    def _expected(self, asked: dict) -> tuple[list[str], set[str]]:
        """The names of all cells that nbgrader knows in this lab, in order, and those of the exercise cells."""
        with Gradebook(asked["db_url"]) as gradebook:
            known = gradebook.find_notebook(asked["notebook"], asked["assignment"])
            graded = {cell.name for cell in known.grade_cells}
            return [cell.name for cell in known.source_cells], {cell.name for cell in known.solution_cells} - graded

    def _add_missing(self, nb: NotebookNode, names: list[str], exercises: set[str]) -> None:
        place = 0
        for name in names:
            ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            if name in ids:
                place = ids.index(name) + 1
            elif name in exercises:
                lost = new_code_cell(f"# The cell of the exercise '{name}' was missing from the submission.")
                lost.metadata["nbgrader"] = graded(name, solution=True)
                nb.cells.insert(place, lost)
                place += 1


def _student_cell(name: str) -> dict:
    return {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": True, "task": False}


class CommentBank(NbGraderPreprocessor):
    """Offer in Formgrader, below each answer, the comments that others got for the same question: a click adds one."""

    SCRIPT = (
        "const box = document.getElementById(this.dataset.cell + '-comment');"
        " box.value = (box.value + '\\n' + this.textContent).trim(); $(box).trigger('change')"
    )

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        if "submission_id" not in resources:  # not for Formgrader
            return nb, resources
        course = Path(resources["metadata"]["path"]).parents[2]  # of autograded/<student>/<lab>
        with book.opened(course) as gradebook:
            given = book.comments(gradebook, resources["assignment_id"])
        nb.cells = [part for cell in nb.cells for part in (cell, *self._bank(cell, given))]
        return nb, resources

    def _bank(self, cell: NotebookNode, given: dict[tuple[str, str], str]) -> list[NotebookNode]:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        counted = Counter(said for (_, cell), said in given.items() if cell == name)
        if not counted:
            return []
        button = '<button type="button" class="btn btn-default btn-sm" data-cell="{}" onclick="{}">{}</button>'
        buttons = [
            button.format(*(escape(part).replace("\n", "&#10;") for part in (name, self.SCRIPT, said)))
            for said, _ in counted.most_common(12)
        ]
        return [new_markdown_cell(f"<div class='comment-bank'>Comments given before: {' '.join(buttons)}</div>")]
