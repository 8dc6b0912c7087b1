"""What runs beside a student's code knows nothing of what is right: each such module, alone in a fresh interpreter."""

import ast
import subprocess
import sys
import tokenize
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

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


HELPERS = sorted((ROOT / "helpers").glob("[a-z]*.py"))
BACKSTAGE = sorted((ROOT / "helpers" / "backstage").glob("[a-z]*.py"))


def test_helpers_import_neither_checks_nor_grader():
    """Not in their files; that nothing of them is loaded is seen in test_helpers.py, where TensorFlow is anyway."""
    found = set().union(*(imported(path) for path in (ROOT / "helpers").rglob("*.py")))
    assert {"helpers.plots", "helpers.backstage.mirrors", "keras"} <= found
    assert {name.split(".")[0] for name in found} & {"checks", "grader"} == set()


def test_helpers_are_what_labs_call_and_can_be_read_in_one_sitting():
    """2,000 lines of code, with their docstrings about 2,700; what no cell of a lab names is backstage."""
    named = set().union(*(cells(path) for path in ROOT.glob("notebooks/*/*.ipynb")))
    assert {path.stem for path in HELPERS} - named == {"messages"}  # by which the others speak
    assert {path.stem for path in BACKSTAGE} & named == set()
    assert sum(map(code_lines, HELPERS)) <= 2000


def cells(notebook: Path) -> set[str]:
    """Modules of helpers that a notebook's cells import, by name."""
    found = set()
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(TransformerManager().transform_cell(cell.source))):
                if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "helpers":
                    found |= {name.name for name in node.names} | {node.module.rpartition(".")[2]}
    return found


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank ones, no comments, no docstrings."""
    lines, begins = set(), True  # a statement
    with tokenize.open(path) as stream:
        for token in tokenize.generate_tokens(stream.readline):
            if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
                begins = True
            elif token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
                if not (begins and token.type == tokenize.STRING):
                    lines.update(range(token.start[0], token.end[0] + 1))
                begins = False
    return len(lines)
