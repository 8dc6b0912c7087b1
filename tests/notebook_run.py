"""nbval on one notebook, as CI runs it: which cells fail, and what each one puts out.

Every notebook is executed once, here; what a test wants to know of an executed notebook, it asks of this run.
"""

import copy
import os
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import nbformat
import pytest

from grader import source
from tests import mini_course

SECONDS = 120  # for one cell, as in nbgrader_config.py


@dataclass(frozen=True)
class Run:
    """The notebook with the outputs of this run, and index of a failing cell -> message."""

    notebook: nbformat.NotebookNode
    failures: dict[int, str]


class Keep:
    """A plugin for nbval's pytest: the notebook with what its cells put out."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for item in session.items:
            item.cell.outputs = item.test_outputs or []
        self.notebook = nbformat.from_dict(session.items[0].parent.nb)


def nbval(nb: nbformat.NotebookNode, folder: Path) -> Run:
    """Run nbval in `folder` on a copy of `nb` without its raises-exception tags, which would hide a failing cell."""
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        cell.metadata["tags"] = [tag for tag in source.tags(cell) if tag != "raises-exception"]
    mini_course.link_helpers(folder)
    nbformat.write(nb, folder / "lab.ipynb")
    command = ["-q", "-p", "no:cacheprovider", "-p", "nbval.plugin", "--nbval-lax", f"--nbval-cell-timeout={SECONDS}"]
    command += ["-p", "no:unraisableexception", f"--junitxml={folder / 'report.xml'}", str(folder / "lab.ipynb")]
    # A pytest inside of pytest, without other plugins: another process would begin with a second of imports. What
    # nobody caught is left to the outer one: the inner one would go through all that was imported, twice, to find it.
    settings = mini_course.environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    with (
        mock.patch.dict(os.environ, settings, clear=True),
        open(os.devnull, "w") as sink,  # noqa: PTH123
        mock.patch("nbval.kernel.open", lambda *_: sink, create=True),  # which nbval never closes
    ):
        code = pytest.main(command, plugins=[keep := Keep()])
    assert code in (0, 1), f"pytest ended with {code}"  # 1: some cells failed; anything else: nothing was run

    indices = [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    cases = list(ET.parse(folder / "report.xml").iter("testcase"))
    assert len(cases) == len(indices), "nbval did not reach every cell"
    failures = {}
    for index, case in zip(indices, cases, strict=True):
        for fault in (*case.iter("failure"), *case.iter("error")):
            failures[index] = fault.text
    assert (code == 1) == bool(failures)
    return Run(keep.notebook, failures)
