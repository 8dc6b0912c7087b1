"""A course of one tiny lab, for tests of the pipeline; submissions; and the environment of a run in CI."""

import os
from pathlib import Path

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
