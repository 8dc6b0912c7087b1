"""The subtraction lab beyond its checks: the addition it starts from, what stuck students get, kinds of mistakes."""

import importlib
import time

import numpy as np
import pytest

from checks import rnn_subtraction as checks
from grader import checksums, source
from helpers import session, training

LAB = "06_rnn_subtraction"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


@pytest.fixture(scope="module")
def questions() -> dict[str, np.ndarray]:
    return training.reference_arrays(LAB, "questions")


def test_what_stuck_students_get_is_what_the_solution_gives(monkeypatch):
    """Our trained networks have not seen these validation questions only if both draw alike."""
    monkeypatch.syspath_prepend(str(checksums.DATA))
    made = importlib.import_module("draw_questions").arrays()
    stored = training.reference_arrays(LAB, "questions")
    assert stored.keys() == made.keys()
    for name, array in made.items():
        assert stored[name].dtype == array.dtype and np.array_equal(stored[name], array), name


def test_queries_are_those_of_the_exercise_and_longer_ones_only_begin_with_more_spaces(lab):
    pairs = np.array([[62, 7], [999, 999], [0, 0], [5, 120]])
    seven, nine = lab["queries"](pairs), lab["queries"](pairs, 9)
    assert np.array_equal(seven, lab["encode_questions"](pairs)[0]) and seven.dtype == "float32"
    assert np.array_equal(nine[:, 2:], seven)
    assert lab["read"](nine[:, ::-1], lab["CHARACTERS"]) == ["62-7", "999-999", "0-0", "5-120"]
    assert lab["read"](lab["queries"]([(1234, 5678)], 9)[:, ::-1], lab["CHARACTERS"]) == ["1234-5678"]


def test_encoding_is_fast_and_a_slow_one_is_told_so(lab, questions):
    pairs = np.concatenate([questions["pairs_train"], questions["pairs_val"]])
    start = time.process_time()
    lab["encode_questions"](pairs)
    assert time.process_time() - start < 2

    def slow(pairs):
        end = time.process_time() + 0.0005 * len(pairs)
        while time.process_time() < end:
            pass
        return lab["encode_questions"](pairs)

    outcome = checks.encode_questions.verdict(checks.encode_questions.collect(slow))
    assert outcome.status == "right" and "Right, but slow" in outcome.reason


def test_one_prediction_at_a_time_is_told_so():
    def one_by_one(model, x, y):
        pairs = zip(x, y, strict=True)
        return np.mean([(model.predict(q[None])[0].argmax(-1) == a.argmax(-1)).all() for q, a in pairs])

    outcome = checks.exact_match.verdict(checks.exact_match.collect(one_by_one))
    assert outcome.status == "right" and "One call for all" in outcome.reason


def test_addition_asks_each_sum_once(lab):
    pairs = lab["make_additions"](2000, np.random.default_rng(0))
    assert len({tuple(sorted(pair)) for pair in pairs}) == 2000
    assert max(map(max, pairs)) == 999 and min(map(min, pairs)) == 0
    query, answer = lab["addition_question"](535, 61)
    rows = lab["one_hot"](query, 7, lab["ADDITION_CHARACTERS"])
    assert lab["read"](rows[None, ::-1], lab["ADDITION_CHARACTERS"]) == ["535+61"]
    assert answer == "596 "


def test_exact_match_lands_in_the_history_and_the_samples_are_shown(lab, questions, capsys):
    import keras

    pairs, x, y = (questions[name][:100] for name in ("pairs_train", "x_train", "y_train"))
    model = lab["build_seq2seq"](keras.layers.SimpleRNN, 4, 1)
    callbacks = [lab["ExactMatch"](x, y), lab["SampleAnswers"](pairs[:3], x[:3])]
    history = model.fit(x, y, epochs=2, callbacks=callbacks, verbose=0).history
    assert len(history["val_exact_match"]) == 2
    shown = lab["as_table"]("Answers", [(62, 7), (7, 62)], ["55", "<b>"])
    assert "62 - 7 = 55, network: 55 ✓" in shown["text/plain"] and "network: <b> ✗" in shown["text/plain"]
    assert "✓" in shown["text/html"] and "<b>" not in shown["text/html"]


def test_the_same_weights_read_longer_queries(lab, questions):
    import keras

    pairs, x = questions["pairs_train"][:45], questions["x_train"][:45]
    model = lab["build_seq2seq"](keras.layers.LSTM, 8, 2)
    same = lab["with_length"](model, 7).predict(x, verbose=0)
    np.testing.assert_allclose(same, model.predict(x, verbose=0), atol=1e-5)
    longer = lab["with_length"](model, 9).predict(lab["queries"](pairs, 9), verbose=0)
    assert longer.shape == (45, 4, 12)
    assert lab["with_length"](model, 9).count_params() == model.count_params()


@pytest.mark.parametrize(
    ("truth", "answer", "kind"),
    [
        ("55", "-55", "only the sign is wrong"),
        ("55", "54", "off by 1"),
        ("100", "90", "off by 10"),
        ("-155", "-255", "off by 100"),
        ("155", "158", "another single digit wrong"),
        ("155", "178", "several digits wrong"),
        ("155", "15", "several digits wrong"),
        ("0", "-1", "off by 1"),
        ("55", "5-", "no number"),
        ("55", "", "no number"),
    ],
)
def test_kinds_of_mistakes(lab, truth, answer, kind):
    assert lab["kind_of_mistake"](truth, answer) == kind


def test_parameter_counts_in_the_text(lab):
    import keras

    counts = [lab["build_seq2seq"](getattr(keras.layers, name), 128, 1).count_params() for name in checks.RECURRENT]
    assert counts == [205_324, 155_148, 52_492]
    text = source.path(LAB, ".py").read_text(encoding="utf-8")
    assert all(f"{count:_}" in text for count in counts)


def test_the_box_refuses_what_is_no_question(lab):
    for text in ("", "7", "7+2", "1234-1", "-7-2", "seven-two", "7-2-1", "٣-٢", "7-<b>"):
        assert lab["answer_sum"](text).startswith("Please type two whole numbers")
