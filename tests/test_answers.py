"""Every exercise's check accepts the solution and other right answers, and catches each usual wrong one."""

from collections import Counter

import pytest

from checks import core
from grader import source
from tests import answer_bank
from tests.answer_bank import judged

EXERCISES = [(lab, one.name) for lab in source.labs() for one in source.exercises(source.notebook(lab))]
LONG = {"build_cnn", "build_resnet20", "build_seq2seq", "stream_from_disk"}
every_exercise = pytest.mark.parametrize(
    ("lab", "exercise"), [pytest.param(*one, marks=[pytest.mark.long] * (one[1] in LONG)) for one in EXERCISES]
)


@every_exercise
def test_solution_is_right_with_every_seed(lab, exercise):
    for seed, outcome in zip(answer_bank.SEEDS, answer_bank.outcomes_of_solution(lab, exercise), strict=True):
        assert outcome.status == core.RIGHT, f"seed {seed}: {outcome.reason}"


@pytest.mark.parametrize("lab", source.labs())
def test_no_check_or_answer_is_without_its_exercise(lab):
    exercises = {name for home, name in EXERCISES if home == lab}
    assert set(answer_bank.checks(lab)) == exercises
    assert {answer.exercise for answer in answer_bank.answers(lab)} <= exercises


@every_exercise
def test_exercise_has_enough_answers(lab, exercise):
    """A wrong function that the check knows is a wrong answer, too."""
    bank = Counter(answer.says is None for answer in answer_bank.answers(lab) if answer.exercise == exercise)
    assert bank[False] + len(answer_bank.mistakes(answer_bank.checks(lab)[exercise])) >= 4, "wrong answers"
    assert bank[True] >= 1, "right answers besides the solution"


@every_exercise
def test_each_answer_gets_its_verdict(lab, exercise):
    """Wrong answers are caught with their own message, right alternatives pass."""
    said = {}
    bank = zip(answer_bank.answers_to(lab, exercise), answer_bank.outcomes(lab, exercise), strict=True)
    for answer, outcomes in bank:
        name = answer.function.__name__
        for seed, outcome in zip(answer_bank.SEEDS, outcomes, strict=False):
            if answer.says is None:
                assert outcome.status == core.RIGHT, f"{name}, seed {seed}: {outcome.reason}"
            else:
                assert outcome.status != core.RIGHT, f"{name} passes"
                assert answer.says in outcome.reason, f"{name}: {outcome.reason}"
        if answer.says is not None:
            twin = said.setdefault(answer.says, name)
            assert twin == name, f"{name} and {twin} get the same message"


@every_exercise
def test_each_misconception_earns_its_own_sentence(lab, exercise):
    """With every seed, when it is handed in as a student's answer."""
    for sentence, outcome in answer_bank.outcomes_of_mistakes(lab, exercise):
        assert outcome.mistake == sentence, f"{outcome.status}: {outcome.reason}"


@every_exercise
def test_a_check_of_several_cases_names_the_one_where_code_raises(lab, exercise):
    check = answer_bank.checks(lab)[exercise]
    cases = check.drawn(0)
    by_its_judge = exercise == "classify"  # whose probe goes on after an error
    assert len(cases) == 1 or by_its_judge or all(check.named(case) for case in cases)


@every_exercise
def test_untouched_stub_is_not_attempted(lab, exercise):
    def untouched(*args, **kwargs):
        raise NotImplementedError

    assert judged(answer_bank.checks(lab)[exercise], untouched).status == core.NOT_ATTEMPTED


@every_exercise
def test_messages_do_not_contain_our_traceback(lab, exercise):
    def broken(*args, **kwargs):
        return {}["missing"]

    outcome = judged(answer_bank.checks(lab)[exercise], broken)
    assert outcome.status != core.RIGHT and "KeyError" in outcome.reason
    assert not any(word in outcome.reason for word in ("helpers", "checks", "Traceback"))
