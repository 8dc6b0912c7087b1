"""No bytes are right that are not the encoding of right answers, and none stops the judge."""

import base64
import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks import convolution_basics, core, plain
from checks.core import NOT_YET, RIGHT

CHECK = convolution_basics.max_pool
RIGHT_ANSWER = CHECK.collect(CHECK.right)
RECORDS = json.loads(RIGHT_ANSWER)


def verdict(records) -> core.Outcome:
    return CHECK.verdict(records if isinstance(records, str) else json.dumps(records))


def test_the_right_records_are_right():
    assert verdict(RIGHT_ANSWER).status == verdict(RECORDS).status == RIGHT


FORGED = {
    "nothing": [],
    "too few": RECORDS[:-1],
    "too many": [*RECORDS, RECORDS[-1]],
    "twice": RECORDS * 2,
    "a dictionary": {"status": "right"},
    "a number": 1,
    "nothing at all": None,
    "right by its own word": [{"status": "right", "reason": ""}],
    "right at the end": [*RECORDS[:-1], {"status": "right", "reason": ""}],
    "no reason": [{"status": "not yet"}],
    "a status that is a list": [{"status": [], "reason": ""}],
    "a record after the one that stops": [{"status": "not yet", "reason": ""}, *RECORDS[1:]],
    "one key more": [RECORDS[0] | {"points": 5}, *RECORDS[1:]],
    "no warnings": [{"answer": RECORDS[0]["answer"], "changed": []}, *RECORDS[1:]],
    "another type": [RECORDS[0] | {"warnings": 0}, *RECORDS[1:]],
    "an input that there is not": [RECORDS[0] | {"changed": ["w"]}, *RECORDS[1:]],
    "an answer of another form": [RECORDS[0] | {"answer": []}, *RECORDS[1:]],
    "no answer": [RECORDS[0] | {"answer": None}, *RECORDS[1:]],
    "another order": RECORDS[::-1],
}


@pytest.mark.parametrize("records", FORGED.values(), ids=FORGED)
def test_forged_form_is_not_yet_with_a_sentence(records):
    found = verdict(records)
    assert found.status == NOT_YET and found.reason


@pytest.mark.parametrize("text", ["", "no json", "[" * 100_000, "1" * 10_000, " " * (plain.MAX_BYTES + 1), "\ud800"])
def test_what_is_no_json_is_not_yet(text):
    assert verdict(text).status == NOT_YET


ARRAYS = {
    "objects": {"dtype": "|O", "shape": [1], "base64": ""},
    "no type": {"dtype": "xx", "shape": [1], "base64": ""},
    "dates": {"dtype": "<M8", "shape": [0], "base64": ""},
    "fields": {"dtype": "f,f", "shape": [0], "base64": ""},
    "a type that is no Python": {"dtype": ",", "shape": [0], "base64": ""},
    "a type of another kind": {"dtype": ["f8"], "shape": [0], "base64": ""},
    "too large a shape": {"dtype": "|u1", "shape": [10**12, 10**12], "base64": ""},
    "a negative shape": {"dtype": "|u1", "shape": [-1], "base64": "AAAA"},
    "many axes": {"dtype": "|u1", "shape": [1] * 70, "base64": "AA=="},
    "a shape of another kind": {"dtype": "|u1", "shape": [True], "base64": "AA=="},
    "no base64": {"dtype": "|u1", "shape": [1], "base64": "!"},
    "bytes that do not fill it": {"dtype": "<f8", "shape": [1], "base64": base64.b64encode(b"1234").decode()},
}


@pytest.mark.parametrize("item", ARRAYS.values(), ids=ARRAYS)
def test_forged_arrays_are_not_read(item):
    with pytest.raises(plain.Unusable):
        plain.decode(json.dumps(item))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
paths = st.lists(
    st.sampled_from(["answer", "changed", "warnings", "kind", "value", "shape", "dtype", "base64"]), max_size=3
)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | anything.map(json.dumps))
def test_no_text_is_right(text):
    assert verdict(text).status != RIGHT


@given(st.integers(0, len(RECORDS) - 1), paths, anything)
@example(0, ["changed"], [])
def test_right_records_with_one_thing_changed_are_right_only_if_they_still_say_the_same(place, path, value):
    records = json.loads(RIGHT_ANSWER)
    parent, key = records, place
    for name in path:
        if not (isinstance(parent[key], dict) and name in parent[key]):
            break
        parent, key = parent[key], name
    parent[key] = value
    if verdict(records).status == RIGHT:
        for answer, case in zip(plain.decode(json.dumps(records)), CHECK.drawn(0), strict=True):
            assert np.allclose(answer["answer"]["value"], CHECK.right(*case.values()))


@given(st.integers(0, len(RIGHT_ANSWER) - 1), st.integers(0, 20), st.text(max_size=5))
def test_cut_and_patched_bytes_do_not_stop_the_judge(start, length, patch):
    verdict(RIGHT_ANSWER[:start] + patch + RIGHT_ANSWER[start + length :])
