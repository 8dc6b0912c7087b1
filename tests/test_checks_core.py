"""The machinery of the checks: four outcomes, plain data, nothing on stderr, no traceback of ours."""

import json
import statistics
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from checks import core, plain
from checks.compare import judge_array
from checks.core import NOT_ATTEMPTED, NOT_YET, RAISED, RIGHT, Advice, Reason, judges
from checks.probes import functions
from helpers import progress, session


def doubled_cases(rng):
    for _ in range(3):
        yield {"x": rng.normal(size=(4, 5))}


@judges(functions.call, doubled_cases, "For an array of shape {x.shape}: ")
def doubled(answer, case):
    return judge_array(answer["value"], 2 * case["x"], {"You squared it.": case["x"] ** 2})


def outcome(student, seed=0):
    return doubled.verdict(doubled.collect(student, seed), seed)


def test_right():
    assert outcome(lambda x: x + x).status == RIGHT
    assert outcome(lambda x: (2 * x).astype("float32")).status == RIGHT
    assert outcome(lambda x: (2 * x).tolist()).status == RIGHT


def test_known_mistake_gets_its_sentence():
    assert outcome(lambda x: x**2).status == NOT_YET
    assert outcome(lambda x: x**2).reason == "You squared it."


def test_raised_names_the_students_line_and_nothing_of_ours():
    def student(x):
        return x[10]

    found = outcome(student)
    assert found.status == RAISED
    assert found.reason.startswith("For an array of shape (4, 5): IndexError")
    assert "in `student`: return x[10]" in found.reason
    assert "core.py" not in found.reason and "running.py" not in found.reason


def draw_slashes(x):
    return x.no_such_thing


def test_raised_names_the_line_in_the_exercise_before_that_of_a_function_it_calls():
    def student(x):
        return draw_slashes(x) + 1

    first, second, third = outcome(student).reason.splitlines()
    assert second.endswith("in `student`: return draw_slashes(x) + 1")
    assert third == "This line leads to `draw_slashes`, which failed in its line: return x.no_such_thing"


def test_raised_in_a_method_is_of_the_class_that_is_the_exercise():
    class Doubler:
        def __init__(self, x):
            self.fill(x)

        def fill(self, x):
            self.y = draw_slashes(x)

    assert "in `fill`: self.y = draw_slashes(x)" in outcome(Doubler).reason


def test_not_attempted():
    def student(x):
        raise NotImplementedError

    assert outcome(student).status == NOT_ATTEMPTED
    assert "`student`" in outcome(student).reason


def test_not_attempted_class_is_called_by_its_own_name():
    class Doubler:
        def __init__(self, x):
            raise NotImplementedError

    assert outcome(Doubler).status == NOT_ATTEMPTED
    assert "`Doubler`" in outcome(Doubler).reason


def test_keyboard_interrupt_is_the_students_to_use():
    def student(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome(student)


def test_exit_and_library_errors_are_told_apart_from_not_attempted():
    def leaves(x):
        sys.exit()

    def library_raises(x):
        return keras_style(x)

    namespace = {}
    library = str(Path(np.__file__).parent / "library.py")
    exec(compile("def keras_style(x):\n    raise NotImplementedError('subclass me')", library, "exec"), namespace)
    keras_style = namespace["keras_style"]

    assert outcome(leaves).status == RAISED and "Use `return`" in outcome(leaves).reason
    assert outcome(library_raises).status == RAISED and "subclass me" in outcome(library_raises).reason


def test_line_shown_is_the_students_not_the_standard_librarys():
    def student(x):
        return statistics.mean([])

    assert "statistics.mean([])" in outcome(student).reason


def test_long_coloured_error_texts_are_cut():
    def student(x):
        raise ValueError("\x1b[1mred\x1b[0m\n" + "many\n" * 50)

    assert "\x1b" not in outcome(student).reason
    assert len(outcome(student).reason.splitlines()) <= 4


def test_exception_that_cannot_be_printed():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    def student(x):
        raise Broken

    assert outcome(student).status == RAISED and "Broken" in outcome(student).reason


@pytest.mark.parametrize("thing", [None, np.zeros(3), "text"])
def test_a_result_in_place_of_the_function(thing):
    assert "Pass the function itself" in outcome(thing).reason


@pytest.mark.parametrize("text", ["no json", '[{"dtype": "f8", "shape": [2], "base64": "!"}]'])
def test_unreadable_answers_do_not_stop_the_judge(text):
    assert doubled.verdict(text).status == NOT_YET


def test_input_changed_in_place():
    def student(x):
        x *= 2
        return x

    assert outcome(student).status == NOT_YET
    assert "changed its input `x`" in outcome(student).reason


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "return"),
        ("text", "a text"),
        ({"a": 1}, "a dictionary"),
        (True, "True or False"),
        ([[1, 2], [3]], "equally long"),
        ((n for n in range(3)), "generator"),
        (np.array([object()]), "dtype object"),
        (np.full((4, 5), np.nan), "NaN"),
        (np.zeros((5, 4)), "(5, 4)"),
        (3, "()"),
        (np.zeros((4, 5)), "off"),
        (np.full((4, 5), np.inf), "infinity"),
        (10**400, "digits"),
        (np.complex128(1), "complex"),
        (np.array(["1", "2"]), "plain numbers"),
        ([["1", "2"], ["3", "4"]], "something else"),
        ({1, 2}, "a list or a tuple"),
        ({"dtype": "|O", "shape": [1], "base64": ""}, "nothing was asked for"),
        (np.broadcast_to(1.0, (10**6, 10**6)), "MB"),
    ],
)
def test_useless_answers_get_a_useful_sentence(answer, says):
    found = outcome(lambda x: answer)
    assert found.status == NOT_YET
    assert says in found.reason


def test_huge_answer_is_refused():
    found = outcome(lambda x: np.zeros((2000, 2000)))
    assert found.status == NOT_YET and "MB" in found.reason


def test_seeds_change_the_cases_and_repeat():
    first, again, other = (doubled.collect(lambda x: x, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_probe_output_is_json_and_its_arrays_survive():
    data = {"a": [1, 2.5, None, "text", True], "array": np.arange(6, dtype="int16").reshape(2, 3)}
    back = plain.decode(plain.encode(plain.to_plain(data)))
    assert json.loads(plain.encode(data))
    assert back["a"] == data["a"]
    assert back["array"].dtype == np.int16 and np.array_equal(back["array"], data["array"])
    back["array"] += 1  # a student may write into what a check hands over


def test_decode_reads_no_objects():
    text = json.dumps({"dtype": "|O", "shape": [1], "base64": ""})
    with pytest.raises(plain.Unusable):
        plain.decode(text)


def test_judge_sees_data_not_the_students_objects():
    class Chameleon(np.ndarray):
        def __eq__(self, other):
            return True

    assert outcome(lambda x: np.zeros(x.shape).view(Chameleon)).status == NOT_YET


def test_warnings_and_stderr_of_a_students_code_are_kept_off_stderr(capsys):
    def student(x):
        warnings.warn("careful", stacklevel=1)
        print("noise", file=sys.stderr)
        return 2 * x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        doubled(student)
    streams = capsys.readouterr()
    assert streams.err == ""
    assert "careful" in streams.out


def test_call_prints_the_outcome_and_raises_one_line(capsys):
    doubled(lambda x: 2 * x)
    assert "doubled: right" in capsys.readouterr().out
    with pytest.raises(core.CheckFailed) as failure:
        doubled(lambda x: x**2)
    assert "You squared it." in capsys.readouterr().out
    assert "You squared it." in str(failure.value)
    assert failure.value._render_traceback_() == ["doubled: not yet. You squared it."]


def test_error_that_validate_lists_is_the_first_sentence_and_says_what_the_exercise_is_worth(monkeypatch):
    error = core.CheckFailed(core.Outcome("max_pool", NOT_YET, "First. Second.\nThird."))
    assert error._render_traceback_() == ["max_pool: not yet. First."]
    monkeypatch.setattr(progress, "lab", "convolution_basics")
    assert error._render_traceback_() == ["max_pool (2 points): not yet. First."]


def test_not_attempted_is_one_quiet_line():
    assert str(core.Outcome("max_pool", NOT_ATTEMPTED, "Write it.").message()) == "max_pool: not attempted. Write it."


def test_function_whose_cell_did_not_run_is_not_judged(capsys, monkeypatch):
    monkeypatch.setitem(session.faulty, "doubled", "SyntaxError in line 3: invalid syntax")
    with pytest.raises(core.CheckFailed):
        doubled(lambda x: 2 * x)
    told = capsys.readouterr().out
    assert "your code raised" in told and "did not run: SyntaxError in line 3" in told and "still the one of" in told


def test_advice_is_right_with_a_remark():
    @judges(functions.call)
    def slow(answer, case):
        return Advice("Right, but a loop is slow.")

    found = slow.verdict(slow.collect(lambda: 1))
    assert found.status == RIGHT and "slow" in found.reason


def test_picture_has_alt_text_and_the_text_is_complete_without_it():
    found = core.Outcome("x", NOT_YET, "Differs.", Reason("Differs.", np.eye(4), np.zeros((4, 4))))
    assert "alt='Pictures of the expected result" in found.message()._repr_html_()
    assert str(found.message()) == "x: not yet\nDiffers."


def test_html_of_a_students_text_is_escaped():
    found = core.Outcome("x", RAISED, "ValueError: <script>")
    assert "<script>" not in found.message()._repr_html_()


def test_code_in_a_reason_is_shown_as_code():
    found = core.Outcome("x", NOT_YET, "Use `a < b`, not `a`.").message()
    assert "<p style='margin:4px 0'>Use <code>a &lt; b</code>, not <code>a</code>.</p>" in found._repr_html_()
    assert "`a < b`" in str(found)


@pytest.fixture
def lab():
    """A lab's module with one check."""
    module = types.ModuleType("checks.doubling")
    module.doubled = core.Check("doubled", doubled.probe, doubled.cases, doubled.judge)
    return module


def test_summary_knows_the_latest_outcome_of_each_check(lab, capsys, monkeypatch):
    monkeypatch.setattr(progress, "lab", "doubling")

    def shown():
        capsys.readouterr()
        core.summary(lab)
        return capsys.readouterr().out

    assert "0 of 1 exercises are right" in shown() and "· not checked yet" in shown()
    lab.doubled(lambda x: 2 * x)
    assert "1 of 1 exercises are right" in shown() and "✓ right" in shown()
    with pytest.raises(core.CheckFailed):
        lab.doubled(lambda x: x**2)
    assert "0 of 1 exercises are right" in shown() and "· not yet" in shown()


def test_hidden_tests_leave_no_outcome(lab, monkeypatch):
    monkeypatch.setattr(progress, "lab", "doubling")
    lab.doubled(lambda x: 2 * x, seed=7)
    assert progress.outcomes("doubling") == {}
