"""The subtraction lab beyond its checks: the code that is handed over, what stuck students get, its figures."""

import importlib

import nbformat
import numpy as np
import pytest

from checks import core
from checks import rnn_subtraction as checks
from grader import checksums, source
from helpers import session, training

LAB = "06_rnn_subtraction"
RELEASE = source.ROOT / "notebooks" / LAB / f"{LAB}.ipynb"


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


def test_what_is_handed_over_adds_and_counts_as_not_attempted():
    cells = {cell.source for cell in nbformat.read(RELEASE, as_version=4).cells if source.MARKER.match(cell.source)}
    names = source.definitions(LAB)
    for cell in cells:
        exec(cell, names)
    assert names["CharacterTable"]().decode(names["CharacterTable"]().encode("1+1", 4)) == "1+1 "
    assert names["subtraction_question"](535, 61) == (" 16+535", "596 ")
    train, val = names["make_questions"](1000, 2, np.random.default_rng(0))
    assert len({tuple(sorted(pair)) for pair in [*train.tolist(), *val.tolist()]}) == 1000
    assert names["build_seq2seq"](None, None, None).count_params() == 205_324
    for exercise in ("CharacterTable", "subtraction_question", "make_questions", "build_seq2seq"):
        check = getattr(checks, exercise)
        for seed in (0, 1, 2, 4711):
            outcome = check.verdict(check.collect(names[exercise], seed), seed)
            assert outcome.status == core.NOT_ATTEMPTED and "between START MOD and END MOD" in outcome.reason


def test_queries_are_those_of_the_exercise_and_longer_ones_only_begin_with_more_spaces(lab):
    pairs = np.array([[62, 7], [999, 999], [0, 0], [5, 120]])
    seven, nine = lab["queries"](pairs), lab["queries"](pairs, 9)
    x, y = lab["encode_questions"](pairs)
    assert np.array_equal(seven, x) and seven.dtype == x.dtype == y.dtype == "float32"
    assert np.array_equal(nine[:, 2:], seven)
    assert lab["read"](nine[:, ::-1]) == ["62-7", "999-999", "0-0", "5-120"]
    assert lab["read"](y) == ["55", "0", "0", "-115"]
    assert lab["read"](lab["queries"]([(1234, 5678)], 9)[:, ::-1]) == ["1234-5678"]


def test_one_prediction_at_a_time_is_told_so():
    def one_by_one(model, x, y):
        pairs = zip(x, y, strict=True)
        return np.mean([(model.predict(q[None])[0].argmax(-1) == a.argmax(-1)).all() for q, a in pairs])

    outcome = checks.exact_match.verdict(checks.exact_match.collect(one_by_one))
    assert outcome.status == "right" and "One call for all" in outcome.reason


def test_answers_are_shown_right_and_wrong(lab):
    shown = lab["compared"]([(62, 7), (7, 62)], ["55", "55"])
    assert shown.splitlines() == [" 62 - 7   = 55   network: 55   ✓", "  7 - 62  = -55  network: 55   ✗"]


def test_the_figures_of_the_text_are_those_of_the_shipped_network(lab):
    """Another machine rounds otherwise: an answer or two may change."""
    stored, found = training.reference_run(LAB, "mistakes"), lab["figures_of_mistakes"]()
    assert stored.keys() == found.keys()
    for name, value in found.items():
        assert abs(value - stored[name]) <= (2 if isinstance(stored[name], int) else 0.07), name


def test_mistakes_that_the_text_quotes_are_those_of_the_shipped_network(lab):
    pairs, text = np.array([[922, 997], [79, 208]]), source.path(LAB, ".py").read_text(encoding="utf-8")
    answers = lab["read"](training.reference_model(LAB, "lstm_30").predict(lab["queries"](pairs), verbose=0))
    for (a, b), answer in zip(pairs, answers, strict=True):
        assert f"{a}-{b} = {a - b}, answered with {answer}" in " ".join(text.replace("\n#", " ").split())


def test_parameter_counts_in_the_text(lab):
    import keras

    counts = [lab["build_seq2seq"](getattr(keras.layers, name), 128, 1).count_params() for name in checks.RECURRENT]
    assert counts == [205_324, 155_148, 52_492]
    text = source.path(LAB, ".py").read_text(encoding="utf-8")
    assert all(f"{count:,}" in text for count in counts)
