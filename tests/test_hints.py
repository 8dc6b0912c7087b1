"""Hints help by steps, and never hold the solution."""

import re
import types

import pytest

from checks import core
from grader import source
from helpers import progress
from tests.test_checks_core import doubled

REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("lab", source.labs())
def test_every_exercise_has_two_hints_without_a_line_of_the_solution_and_another_way(lab):
    known, exercises = core.hints(lab[3:]), source.exercises(source.notebook(lab))
    assert list(known) == [exercise.name for exercise in exercises]
    for exercise in exercises:
        assert set(known[exercise.name]) == {"hints", "others"} and len(known[exercise.name]["hints"]) == 2
        lines = [line.strip() for line in REGION.search(exercise.cell.source)[1].splitlines()]
        told = squeezed(" ".join(known[exercise.name]["hints"]))
        # Of `return expression` and `name = expression`, the expression alone gives the line away, too.
        code = [re.sub(r"^(return |[\w, ]+ = )", "", line).rstrip(":,") for line in lines]
        assert [line for line in code if len(line) > 12 and squeezed(line) in told] == []


@pytest.fixture
def says(monkeypatch, capsys):
    """What a hint of a lab with one exercise says."""
    monkeypatch.setattr(progress, "lab", "doubling")
    hints = {"doubled": {"hints": ["Think.", "Add `x` to itself."], "others": "`x + x`"}}
    monkeypatch.setattr(core, "hints", lambda lab: hints if lab == "doubling" else {})
    check = core.Check("doubled", doubled.probe, doubled.cases, doubled.judge)

    def call(function=check.hint, *args):
        capsys.readouterr()
        function(*args)
        return capsys.readouterr().out

    return types.SimpleNamespace(hint=call, check=check, call=call)


def test_hints_come_one_after_the_other_and_then_how_others_do_it(says):
    assert says.hint() == "doubled: hint 1 of 2\nThink.\n"
    for _ in range(2):
        assert says.hint() == "doubled: hint 2 of 2\nThink.\nAdd `x` to itself.\n"
    says.check(lambda x: 2 * x)
    assert says.hint() == "doubled: how others do it\n`x + x`\n"


def test_a_wrong_answer_is_told_where_help_is(says, capsys):
    with pytest.raises(core.CheckFailed):
        says.check(lambda x: x**2)
    assert capsys.readouterr().out.endswith("Stuck? `checks.doubled.hint()`\n")
    assert "Stuck" not in says.call(says.check, lambda x: 2 * x)


def test_exercise_without_hints_says_so(says, monkeypatch):
    monkeypatch.setattr(progress, "lab", "other")
    assert says.hint() == "There are no hints for doubled.\n"
