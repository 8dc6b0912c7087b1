"""Every sentence of a check is earned by an answer: no student gets words that nobody has proven."""

import pytest

from grader import source
from tests import sentences


@pytest.mark.parametrize("lab", source.labs())
def test_every_sentence_of_the_lab_is_provoked(lab):
    assert sentences.unprovoked(lab.partition("_")[2], [lab]) == []


@pytest.mark.parametrize("lab", sentences.SHARED)
def test_every_shared_sentence_is_provoked_in_some_lab(lab):
    assert sentences.unprovoked(lab, source.labs()) == []


def test_a_sentence_that_nobody_earns_is_found(monkeypatch):
    found = sentences.sentences("convolution_basics")
    assert len(found) > 100 and not any(text.startswith("The checks of the convolution lab") for text in found)
    monkeypatch.setattr(sentences, "sentences", lambda module: ["This is seen by nobody.", *found])
    said = ["Before: " + text.replace("{}", "4 × 4") + " And more." for text in found]
    monkeypatch.setattr(sentences, "reasons", lambda lab: said)
    assert sentences.unprovoked("convolution_basics", ["any lab"]) == ["This is seen by nobody."]
