"""Every exercise's check accepts the solution and other right answers, and catches each usual wrong one."""

import importlib
from collections import Counter

import pytest

from checks import core
from grader import source
from helpers import session
from tests import answer_bank

SEEDS = (0, 1, 4711)


@pytest.fixture(scope="module", params=source.labs())
def lab(request) -> str:
    session.load_tensorflow()
    return request.param


def checks(lab: str) -> dict[str, core.Check]:
    module = importlib.import_module(f"checks.{lab.partition('_')[2]}")
    return {value.exercise: value for value in vars(module).values() if isinstance(value, core.Check)}


def test_solution_is_right_with_every_seed(lab):
    definitions = source.definitions(lab)
    for name, check in checks(lab).items():
        for seed in SEEDS:
            outcome = check.verdict(check.collect(definitions[name], seed), seed)
            assert outcome.status == core.RIGHT, f"{name}, seed {seed}: {outcome.reason}"


def test_every_exercise_has_a_check_and_enough_answers(lab):
    exercises = {exercise.name for exercise in source.exercises(source.notebook(lab))}
    assert set(checks(lab)) == exercises
    bank = answer_bank.answers(lab)
    wrong = Counter(answer.exercise for answer in bank if answer.says is not None)
    right = Counter(answer.exercise for answer in bank if answer.says is None)
    assert {name for name in exercises if wrong[name] < 4} == set(), "fewer than four wrong answers"
    assert {name for name in exercises if right[name] < 1} == set(), "no alternative right answer"


def test_each_answer_gets_its_verdict(lab):
    """Wrong answers are caught with their own message, right alternatives pass."""
    reasons = {}
    for answer in answer_bank.answers(lab):
        check = checks(lab)[answer.exercise]
        name = f"{answer.exercise}, {answer.function.__name__}"
        for seed in SEEDS:
            outcome = check.verdict(check.collect(answer.function, seed), seed)
            if answer.says is None:
                assert outcome.status == core.RIGHT, f"{name}, seed {seed}: {outcome.reason}"
            else:
                assert outcome.status != core.RIGHT, f"{name}, seed {seed} passes"
                assert answer.says in outcome.reason, f"{name}, seed {seed}: {outcome.reason}"
        if answer.says is not None:
            twin = reasons.setdefault((answer.exercise, answer.says), name)
            assert twin == name, f"{name} and {twin} get the same message"


def test_untouched_stub_is_not_attempted(lab):
    def untouched(*args, **kwargs):
        raise NotImplementedError

    for name, check in checks(lab).items():
        assert check.verdict(check.collect(untouched)).status == core.NOT_ATTEMPTED, name


def test_messages_do_not_contain_our_traceback(lab):
    def broken(*args, **kwargs):
        return {}["missing"]

    for name, check in checks(lab).items():
        outcome = check.verdict(check.collect(broken))
        assert outcome.status != core.RIGHT and "KeyError" in outcome.reason, name
        assert "helpers" not in outcome.reason and "Traceback" not in outcome.reason
