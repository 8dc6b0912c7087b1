"""A course of one tiny lab, for tests of the pipeline; submissions; and nbval, run on a notebook as CI runs it."""

import copy
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat

from grader import source
from grader.source import ROOT

LAB = "01_tiny"

# The setup cell says "not attempted" the way helpers.session.begin() does, without TensorFlow's slow start.
TEXT = '''\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Tiny
# {{colab}}

# %% tags=["setup"]
def say(shell, kind, error, trace, tb_offset=None):
    shell._showtraceback(kind, error, ["not attempted: this cell needs an exercise"])
    return []
get_ipython().set_custom_exc((NotImplementedError,), say)
course = "{{repository}}"

# %% tags=["author-only"]
remark = "only authors read this"

# %%
import math
FACTOR = 3

# %%
# EXERCISE triple (2)
def triple(x):
    """Return x three times."""
    ### BEGIN SOLUTION
    return FACTOR * math.floor(x)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_triple", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert triple(2) == 6
### BEGIN HIDDEN TESTS
assert triple(4711) == 14133
### END HIDDEN TESTS

# %%
start = 1
six = triple(2)

# %% tags=["nbval-check-output"]
print(start + FACTOR)

# %%
def use():
    return triple(1)

# %%
print(use(), six)

# %% [markdown]
# Why? *Rubric: 1 point for a reason.*

# %% [markdown]
# <!-- WRITTEN why (1) -->
#
# Since floors are flat.
'''  # noqa: E501


def write(root: Path, text: str = TEXT) -> Path:
    """Write the course into `root`; returns the path of the lab's source."""
    path = source.path(LAB, ".py", root)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def submit(root: Path, student: str, lab: str, content: str) -> None:
    """Hand in a notebook's content."""
    target = root / "submitted" / student / lab / f"{lab}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(content, encoding="utf-8")


def environment(**settings: str) -> dict[str, str]:
    """The environment of a run in CI."""
    unset = ("COURSE_DATA", "COURSE_OFFLINE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "COURSE_PROFILE": "ci", "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **settings}


def link_helpers(folder: Path) -> None:
    """Let notebooks under `folder` find the course as they do in a clone: in a folder above them."""
    for name in ("helpers", "checks", "data"):
        (folder / name).symlink_to(ROOT / name)


def nbval(nb: nbformat.NotebookNode, folder: Path) -> dict[int, str]:
    """Run nbval on a copy of `nb` without its raises-exception tags; returns index of a failing cell -> message."""
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        cell.metadata["tags"] = [tag for tag in source.tags(cell) if tag != "raises-exception"]
    link_helpers(folder)
    nbformat.write(nb, folder / "lab.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env"]
    command += ["--junitxml=report.xml", "lab.ipynb"]
    run = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr  # 1: some cells failed; anything else: nothing was run

    indices = [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    cases = list(ET.parse(folder / "report.xml").iter("testcase"))
    assert len(cases) == len(indices), "nbval did not reach every cell"
    failures = {}
    for index, case in zip(indices, cases, strict=True):
        for fault in (*case.iter("failure"), *case.iter("error")):
            failures[index] = fault.text
    assert (run.returncode == 1) == bool(failures)
    return failures
