"""The vocabulary of the judges: what a right function, wrong functions and a form say of an answer."""

import numpy as np
import pandas as pd
import pytest

from checks.compare import array, compare, judge_array, judge_number, number, pair, table
from checks.core import NOT_YET, RIGHT
from checks.probes import functions


def outcome(check, student):
    return check.verdict(check.collect(student))


def says(check, student) -> str:
    found = outcome(check, student)
    assert found.status == NOT_YET, found.reason
    return found.reason


def numbers(rng):
    yield {"n": 5, "k": 2}
    yield {"n": 7, "k": 3}


@compare(numbers, "the count", "For n = {n} and k = {k}: ", number())
def steps(n, k):
    return n // k


steps.mistakes = {
    "round down, for example with `//`.": lambda n, k: n / k,
    "You multiplied {n} by {k}.": lambda n, k: n * k,
    "Never said, since it is right: {n}.": lambda n, k: n // k,
}


def test_sentence_that_begins_small_goes_on_from_where_the_case_is_named():
    assert says(steps, lambda n, k: n / k) == "For n = 5 and k = 2: round down, for example with `//`."


def test_sentence_with_the_cases_numbers_filled_in_stands_alone():
    found = outcome(steps, lambda n, k: n * k)
    assert found.reason == "You multiplied 5 by 2." and found.mistake == "You multiplied {n} by {k}."


def test_number_that_is_no_known_mistake_is_shown_with_its_case():
    assert says(steps, lambda n, k: 1234567) == "For n = 5 and k = 2: the count is 1,234,567, but 2 is wanted."
    assert outcome(steps, lambda n, k: 3).mistake is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(None, "the count is None"), ([5], "not a list"), (True, "not True or False"), ("5", "not a text")],
)
def test_what_is_no_number(answer, reason):
    assert reason in says(steps, lambda n, k: answer)


def test_array_of_one_number_is_a_number():
    assert outcome(steps, lambda n, k: np.array([n // k])).status == RIGHT


def tables(rng):
    yield {"x": rng.normal(size=(3, 4))}
    yield {"x": rng.normal(size=(5, 6))}


@compare(tables, "the table", "For {x.shape}: ", array(dtype="float32"))
def doubled(x):
    return 2 * x.astype("float32")


doubled.mistakes = {"This is half of it.": [lambda x: x / 2, lambda x: x.T / 2]}
doubled.otherwise = lambda x: "Special." if len(x) == 5 else None


def test_values_are_right_but_not_the_dtype():
    assert (
        says(doubled, lambda x: 2 * x) == "For (3, 4): The values are right, but the table is float64 and not float32."
    )
    assert outcome(doubled, doubled.right).status == RIGHT


def test_each_function_of_a_mistake_is_tried_and_gives_a_picture():
    found = outcome(doubled, lambda x: x.T / 2)
    assert found.reason == "This is half of it." and found.comparison.yours.shape == (4, 3)


def test_small_arrays_are_printed_and_of_large_ones_the_first_wrong_value():
    small = says(doubled, lambda x: np.zeros(x.shape))
    assert "100% of its values are off.\nExpected: [[" in small and "\nYours: [[0., 0." in small
    large = judge_array(np.arange(20.0), np.r_[np.arange(19.0), 0])
    assert large.text.endswith("5% of its values are off, first at index (19,): expected 0, yours 19.")


def test_special_sentence_stands_in_place_of_the_fallback_only_in_its_case():
    assert says(doubled, lambda x: 2 * x.astype("float32") + (len(x) == 5)) == "Special."
    assert "Special" not in says(doubled, lambda x: x + 1)


@compare(tables, "the result", form=pair({"the images": array(), "the label": number()}))
def both(x):
    return x, 3


both.mistakes = {"The images are doubled.": lambda x: (2 * x, 3), "This is the dog.": lambda x: (x, 5)}


def test_parts_of_a_pair_are_judged_one_by_one():
    assert outcome(both, lambda x: [x, 3]).status == RIGHT
    assert says(both, lambda x: (2 * x, 5)) == "The images are doubled."
    assert says(both, lambda x: (x, 5)) == "This is the dog."
    assert says(both, lambda x: (x, 7)) == "The label is 7, and that is not right."
    assert says(both, lambda x: (x, None)) == "The label is None. Does your function end with `return`?"
    assert "should be a number, not a text" in says(both, lambda x: (x, "cat"))


@pytest.mark.parametrize(
    ("answer", "reason"), [(None, "returned None"), ((1, 2, 3), "returned 3"), (5, "a number"), ("ab", "a text")]
)
def test_what_is_no_pair(answer, reason):
    found = says(both, lambda x: answer)
    assert found.startswith("Two values are wanted, the images and the label") and reason in found


@compare(numbers, form=table(("n", "double"), "One row per number is wanted", "Return 0."), probe=functions.table)
def rows(n, k):
    return pd.DataFrame({"n": np.arange(n), "double": 2 * np.arange(n)})


rows.mistakes = {
    "Exchanged.": lambda n, k: rows.right(n, k).rename(columns={"n": "double", "double": "n"}),
    "Both are doubled.": lambda n, k: pd.DataFrame({"n": 2 * np.arange(n), "double": 2 * np.arange(n)}),
}


def test_table():
    frame = lambda n, **more: pd.DataFrame({"n": range(n), "double": 2 * np.arange(n)} | more)  # noqa: E731
    assert outcome(rows, lambda n, k: frame(n, other="x")).status == RIGHT
    assert "returned list" in says(rows, lambda n, k: [])
    assert "returned None. Does it end with `return`?" in says(rows, lambda n, k: None)
    assert "styled table" in says(rows, lambda n, k: frame(n).style)
    assert "Missing: the column double; the columns of your table: n." in says(rows, lambda n, k: frame(n)[["n"]])
    assert "Rows and columns are exchanged" in says(rows, lambda n, k: frame(n).T)
    assert "same name" in says(rows, lambda n, k: frame(n)[["n", "n"]])
    assert says(rows, lambda n, k: frame(n, double=1)).startswith("The column double has the right shape")
    assert says(rows, lambda n, k: frame(n - 1)) == "One row per number is wanted: 5. Your table has 4."
    assert "not texts or lists" in says(rows, lambda n, k: frame(n, double="4"))
    assert says(rows, lambda n, k: frame(n, double=np.nan)) == "The double of row 0 is NaN, None or infinity. Return 0."


def test_mistake_that_explains_the_whole_table_goes_before_one_that_explains_a_column():
    assert says(rows, rows.mistakes["Exchanged."]) == "Exchanged."
    assert says(rows, rows.mistakes["Both are doubled."]) == "Both are doubled."


@compare(tables, "the array", form=array(numpy=True))
def copied(x):
    return x.copy()


def test_lists_and_tensors_will_not_do_where_the_text_asks_for_numpy():
    assert (
        says(copied, lambda x: x.tolist())
        == "The values are right, but their type is list. An array is wanted: `np.array` makes one of it."
    )


def test_judges_that_look_at_more_than_one_value_use_the_same_words():
    assert judge_number(5, 5) is judge_array([1, 2], [1, 2]) is None
    assert judge_number(4, 5, {"one short.": 4}, where="For 5: ").text == "For 5: one short."
    assert judge_number(4, 5, {"One short.": lambda n: n - 1}, arguments=[5]).mistake == "One short."
    assert judge_number(4, 5, {"Cannot be told apart.": 5}).text == "The result is 4, and that is not right."
    assert judge_array([1, 2], [2, 1], {"Turned.": np.array([1, 2])}).text == "Turned."
    assert judge_array([3], [4], otherwise="Special.").text == "Special."
