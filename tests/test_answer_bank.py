"""What --remember keeps of the answers: what they did, and nothing of the verdict."""

from checks.core import NOT_YET, RIGHT
from tests import answer_bank

LAB, EXERCISE = "01_convolution_basics", "max_pool"


def test_remembered_answer_runs_again_only_if_its_code_is_new(tmp_path, monkeypatch):
    collected, ran = answer_bank.collected, []
    monkeypatch.setattr(answer_bank, "RECORDS", tmp_path)
    monkeypatch.setattr(answer_bank, "collected", lambda *case: ran.append(case) or collected(*case))
    check, solution = answer_bank.checks(LAB)[EXERCISE], answer_bank.solutions(LAB)[EXERCISE]
    for _ in range(2):
        assert answer_bank.judged(check, solution, 0, (LAB, "solution")).status == RIGHT
    assert len(ran) == 1
    monkeypatch.setattr(check, "judge", lambda answer, case: "Another sentence.")
    assert answer_bank.judged(check, solution, 0, (LAB, "solution")).status == NOT_YET  # the new judge, on old records
    assert len(ran) == 1
    monkeypatch.setattr(answer_bank, "code_that_runs", lambda lab: "another probe")
    answer_bank.judged(check, solution, 0, (LAB, "solution"))
    answer_bank.judged(check, solution, 1, (LAB, "solution"))
    assert len(ran) == 3


def test_answers_of_the_same_name_are_remembered_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(answer_bank, "RECORDS", tmp_path)
    monkeypatch.setattr(answer_bank, "STORE", None)
    answers = [
        answer_bank.Answer(EXERCISE, lambda x, size: x, ""),
        answer_bank.Answer(EXERCISE, lambda x, size: None, ""),
    ]
    monkeypatch.setattr(answer_bank, "answers_to", lambda lab, exercise: answers)
    [one], [other] = answer_bank.outcomes.__wrapped__(LAB, EXERCISE)
    assert one.reason != other.reason
