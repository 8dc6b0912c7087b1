"""nbval on one notebook, as CI runs it: which cells fail, and what each one puts out.

Every notebook is executed once, here; what a test wants to know of an executed notebook, it asks of this run.
"""

import copy
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import nbformat

from grader import source
from tests import mini_course

SECONDS = 120  # for one cell, as in nbgrader_config.py


@dataclass(frozen=True)
class Run:
    """The notebook with the outputs of this run, and index of a failing cell -> message."""

    notebook: nbformat.NotebookNode
    failures: dict[int, str]


def nbval(nb: nbformat.NotebookNode, folder: Path) -> Run:
    """Run nbval in `folder` on a copy of `nb` without its raises-exception tags, which would hide a failing cell."""
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        cell.metadata["tags"] = [tag for tag in source.tags(cell) if tag != "raises-exception"]
    mini_course.link_helpers(folder)
    nbformat.write(nb, folder / "lab.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "nbval.plugin"]
    command += ["-p", "tests.keep_outputs", "--nbval-lax", f"--nbval-cell-timeout={SECONDS}", "--junitxml=report.xml"]
    command += ["lab.ipynb"]
    settings = mini_course.environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # importing them takes seconds
    run = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr  # 1: some cells failed; anything else: nothing was run

    indices = [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    cases = list(ET.parse(folder / "report.xml").iter("testcase"))
    assert len(cases) == len(indices), "nbval did not reach every cell"
    failures = {}
    for index, case in zip(indices, cases, strict=True):
        for fault in (*case.iter("failure"), *case.iter("error")):
            failures[index] = fault.text
    assert (run.returncode == 1) == bool(failures)
    return Run(nbformat.read(folder / "executed.ipynb", as_version=4), failures)
