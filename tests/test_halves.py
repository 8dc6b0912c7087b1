"""What runs beside a student's code knows nothing of what is right: each such module, alone in a fresh interpreter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from grader.source import ROOT

PROBES = ["checks.core", "checks.plain", "checks.raised"]
PROBES += [f"checks.probes.{path.stem}" for path in sorted((ROOT / "checks" / "probes").glob("[a-z]*.py"))]
JUDGES = {f"checks.{path.stem}" for path in (ROOT / "checks").glob("[a-z]*.py")} - set(PROBES)


def loaded(statement: str) -> set[str]:
    """The modules of the course that a fresh interpreter has loaded after this statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in run.stdout.split() if name.split(".")[0] in ("helpers", "checks", "grader")}


def imported(path: Path) -> set[str]:
    """What a file imports, also inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_there_are_two_halves():
    assert "checks.probes.functions" in PROBES
    assert {"checks.compare", "checks.networks", "checks.convolution_basics"} <= JUDGES


@pytest.mark.parametrize("module", PROBES)
def test_probe_loads_no_judge(module):
    found = loaded(f"import {module}")
    assert module in found
    assert found & JUDGES == set()
    assert imported(ROOT / f"{module.replace('.', '/')}.py") & JUDGES == set()


def test_judge_would_be_noticed():
    assert loaded("import checks.networks") & JUDGES
    assert "checks.compare" in imported(ROOT / "checks" / "convolution_basics.py") & JUDGES


def test_helpers_load_neither_checks_nor_grader():
    names = [path.stem for path in (ROOT / "helpers").glob("[a-z]*.py")]
    found = loaded(f"from helpers import {', '.join(names)}")
    assert {f"helpers.{name}" for name in names} <= found
    found = found.union(*(imported(path) for path in (ROOT / "helpers").glob("*.py")))
    assert {name.split(".")[0] for name in found} & {"checks", "grader"} == set()
