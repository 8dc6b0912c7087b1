"""Lab 05 beyond its checks: the addition it starts from, what stuck students get, callbacks, kinds of mistakes."""

import time

import numpy as np
import pytest

from checks import rnn_subtraction as checks
from grader import source
from helpers import session

LAB = "05_rnn_subtraction"


@pytest.fixture(scope="module")
def lab() -> dict:
    session.load_tensorflow()
    return source.definitions(LAB)


def test_spare_questions_are_those_of_the_solution(lab):
    """Our trained networks have not seen these validation questions only if both draw alike."""
    train, val = lab["make_questions"](20_000, 3, np.random.default_rng(0))
    spare_train, spare_val = checks.spare_questions(20_000)
    assert np.array_equal(spare_train, train) and np.array_equal(spare_val, val)
    for spare, own in zip(checks.spare_encoding(val), lab["encode_questions"](val), strict=True):
        assert np.array_equal(spare, own)
    assert np.array_equal(checks.spare_borrows(*val.T), lab["count_borrows"](*val.T))


def test_longer_queries_only_begin_with_more_spaces(lab):
    pairs = np.array([[62, 7], [999, 999]])
    (seven, answers), (nine, same) = checks.spare_encoding(pairs), checks.spare_encoding(pairs, 9)
    assert np.array_equal(nine[:, 2:], seven) and np.array_equal(answers, same)
    assert lab["read"](nine[:, ::-1], lab["CHARACTERS"]) == ["62-7", "999-999"]


def test_encoding_is_fast_and_a_slow_one_is_told_so(lab):
    pairs, _ = checks.spare_questions(50_000)
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


def test_exact_match_lands_in_the_history_and_the_samples_are_shown(lab, capsys):
    import keras

    pairs, _ = checks.spare_questions(100)
    x, y = checks.spare_encoding(pairs)
    model = lab["build_seq2seq"](keras.layers.SimpleRNN, 4, 1)
    callbacks = [lab["ExactMatch"](x, y), lab["SampleAnswers"](pairs[:3], x[:3])]
    history = model.fit(x, y, epochs=2, callbacks=callbacks, verbose=0).history
    assert len(history["val_exact_match"]) == 2
    shown = lab["as_table"]("Answers", [(62, 7), (7, 62)], ["55", "<b>"])
    assert "62 - 7 = 55, network: 55 ✓" in shown["text/plain"] and "network: <b> ✗" in shown["text/plain"]
    assert "✓" in shown["text/html"] and "<b>" not in shown["text/html"]


def test_the_same_weights_read_longer_queries(lab):
    import keras

    pairs, _ = checks.spare_questions(50)
    model = lab["build_seq2seq"](keras.layers.LSTM, 8, 2)
    same = lab["with_length"](model, 7).predict(checks.spare_encoding(pairs)[0], verbose=0)
    np.testing.assert_allclose(same, model.predict(checks.spare_encoding(pairs)[0], verbose=0), atol=1e-5)
    longer = lab["with_length"](model, 9).predict(checks.spare_encoding(pairs, 9)[0], verbose=0)
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
