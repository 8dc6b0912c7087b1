"""The example lab in CONTRIBUTING.md is one: who pastes its pieces gets a lab, a check and a bank that agree."""

import re
import subprocess
import sys
import textwrap
import types

import pytest

from checks import core
from grader import source
from grader.release import sync
from tests import answer_bank, sentences

LAB = "11_doubling"


@pytest.fixture(scope="module")
def pieces() -> list[str]:
    """The blocks of code in the document, in their order: lab, exercise, question, check, bank."""
    page = (source.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    page = page[page.index("## How to write a lab") : page.index("## How figures are measured")]
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?) *```", page, re.DOTALL)]


def test_the_pieces_make_a_lab_with_its_test_cell(pieces, tmp_path):
    folder = tmp_path / "solutions" / LAB
    folder.mkdir(parents=True)
    first, exercise, question = pieces[:3]
    last = "core.summary(checks)\n"  # as the document says
    (folder / f"{LAB}.py").write_text(f"{first}\n{exercise}\n{question}\n# %%\n{last}", encoding="utf-8")
    sync(LAB, tmp_path)
    nb = source.notebook(LAB, tmp_path)
    assert [one.name for one in source.exercises(nb)] == ["double"]
    assert any("checks.double(double" in cell.source for cell in nb.cells)
    assert (folder / f"{LAB}.py").read_text(encoding="utf-8") == source.text(nb)
    assert clean(folder / f"{LAB}.py") == ""  # as `make release` left it


def test_check_and_bank_agree(pieces, tmp_path):
    names = types.ModuleType("doubling").__dict__
    exec("import numpy as np\n" + pieces[1], names)
    solution = names["double"]
    exec(pieces[3], names)
    check = names["double"]
    exec(pieces[4], names)
    found = [one for one in names.values() if isinstance(one, answer_bank.Answer)]
    assert {one.says is None for one in found} == {True, False} and len(check.mistakes) >= 4
    said = []
    for seed in answer_bank.SEEDS:
        assert answer_bank.judged(check, solution, seed).status == core.RIGHT
        for sentence, mistake in answer_bank.mistakes(check):
            outcome = answer_bank.judged(check, mistake, seed)
            assert outcome.mistake == sentence
            said.append(outcome.reason)
        for answer in found:
            outcome = answer_bank.judged(check, answer.function, seed)
            assert (outcome.status == core.RIGHT) == (answer.says is None), outcome.reason
            assert answer.says is None or answer.says in outcome.reason
            said.append(outcome.reason)
    assert sentences.not_in(sentences.found_in(pieces[3]), said) == []
    written = tmp_path / "doubling.py"
    written.write_text(pieces[3], encoding="utf-8")
    assert clean(written) == ""


def clean(path) -> str:
    """What the linter says of a file, by the course's own settings."""
    settings = source.ROOT / "pyproject.toml"
    command = [sys.executable, "-m", "ruff", "check", "-q", "--config", str(settings), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def misspelled(*paths: str) -> str:
    command = [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml", *paths]
    return subprocess.run(command, cwd=source.ROOT, capture_output=True, text=True, check=False).stdout


def test_words_are_spelled_right():
    texts = ["README.md", "CONTRIBUTING.md", "Makefile", "checks", "data", "grader", "helpers", "solutions", "tests"]
    assert misspelled(*texts) == ""


def test_a_misspelled_word_is_found(tmp_path):
    (tmp_path / "text.md").write_text("A convolution recieves an image.\n")  # codespell:ignore
    assert "recieves ==> receives" in misspelled(str(tmp_path))  # codespell:ignore
