"""`make mutants`: what is changed, what a weak check lets through, what a mutant that hangs costs, what marks do."""

import ast
import os
import sys
import time

import numpy as np
import pytest

from checks.compare import compare
from checks.core import RIGHT
from grader import source
from tests.mutants import __main__ as tool
from tests.mutants import changes, marks, trial
from tests.mutants.marks import Name

WIDEST = '''# EXERCISE widest (2)
def widest(rows, top=2):
    """Return the `top` largest sums of the rows, the largest first.

    Example: widest([[1], [5]], 1) is [5].
    """
    ### BEGIN SOLUTION
    sums = sorted((sum(row) for row in rows), reverse=True)
    return sums[:top]
    ### END SOLUTION
'''


def changed(code: str) -> dict[str, str]:
    """The mutants of a function: change -> the changed function, its body in one line."""
    return {one.change: "; ".join(one.code.strip().splitlines()[1:]).strip() for one in changes.mutants(code)}


def body(statement: str) -> dict[str, str]:
    return changed(f"def f(a, b):\n    {statement}")


@pytest.mark.parametrize(
    ("statement", "change", "mutant"),
    [
        ("return a < b", "a < b → a <= b", "return a <= b"),
        ("return a + b", "a + b → a - b", "return a - b"),
        ("a += b", "a += b → a -= b", "a -= b"),
        ("return a and b", "a and b → a or b", "return a or b"),
        ("return not a", "not a → a", "return a"),
        ("return -a", "-a → a", "return a"),
        ("return a + 7", "a + 7 → a + 8", "return a + 8"),
        ("return a + 7", "a + 7 → a + 6", "return a + 6"),
        ("return a * 0.5", "a * 0.5 → a * 1.0", "return a * 1.0"),
        ("return a * 0.5", "a * 0.5 → a * 0.0", "return a * 0.0"),
        ("return a(flag=True)", "a(flag=True) → a(flag=False)", "return a(flag=False)"),
        ("return a(b, padding='same')", "a(b, padding='same') → a(b, padding='valid')", "return a(b, padding='valid')"),
        ("return a['key']", "a['key'] → a['key_']", "return a['key_']"),
        ("return a(b, c=b)", "c=b → nothing", "return a(b)"),
        ("return a(b, a)", "b, a → a, b", "return a(a, b)"),
        ("return a, b", "a, b → b, a", "return (b, a)"),
        ("return [a, b]", "a → nothing", "return [b]"),
        ("a(b)", "a(b) → pass", "pass"),
        ("return a", "return a → return None", "return None"),
        ("return a[b:]", "a[b:] → a[b + 1:]", "return a[b + 1:]"),
        ("return a[b:]", "a[b:] → a[:]", "return a[:]"),
        ("return a[0, b]", "a[0, b] → a[0, b - 1]", "return a[0, b - 1]"),
        ("return a.max()", "a.max → a.min", "return a.min()"),
        ("return max(a)", "max → min", "return min(a)"),
        ("return a if b else 0", "b → not b", "return a if not b else 0"),
    ],
)
def test_change(statement, change, mutant):
    assert body(statement)[change] == mutant


def test_default_arguments_are_changed_and_docstrings_are_not():
    codes = [one.code for one in changes.mutants(WIDEST)]
    assert any("top=3" in code for code in codes)
    assert all('"""Return the `top` largest sums of the rows, the largest first.\n' in code for code in codes)


def test_words_of_an_error_and_guards_of_zip_are_left_alone():
    assert set(body("raise ValueError('a', 'b')")) == {"raise ValueError('a', 'b') → pass", "ValueError → TypeError"}
    assert set(body("zip(a, b, strict=True)")) == {"zip(a, b, strict=True) → pass", "a, b → b, a"}


def test_only_functions_and_classes_of_a_cell_are_changed():
    cell = "import numpy\nLIMIT = 3\n\nclass A:\n    limit = 4\n"
    assert [one.change for one in changes.mutants(cell)] == ["limit = 4 → pass", "4 → 5", "4 → 3"]


def test_no_mutant_is_there_twice_or_equal_to_the_solution():
    codes = [ast.dump(ast.parse(one.code)) for one in changes.mutants("def f(a):\n    return a[a:a + 1] + a[-1] - -1")]
    assert len(codes) == len(set(codes))
    assert ast.dump(ast.parse("def f(a):\n    return a[a:a + 1] + a[-1] - -1")) not in codes
    assert not changes.mutants("def f(a):\n    'Nothing to do.'")


def test_a_mutant_is_named_by_its_line_and_numbered_where_two_read_the_same():
    found = changes.mutants("def f(a):\n    b = max(a)  # why\n    return max(b) + max(b)\n")
    assert [(one.line, one.change) for one in found if "max → min" in one.change] == [
        ("b = max(a)  # why", "max → min"),
        ("return max(b) + max(b)", "max → min"),
        ("return max(b) + max(b)", "max → min (2)"),
    ]


# ---- trials --------------------------------------------------------------------------------------------------


def forever():
    while True:
        pass


def test_endless_loops_and_sleepers_are_killed_by_time_and_the_others_go_on():
    begun = time.monotonic()
    trials = [forever, lambda: RIGHT, lambda: time.sleep(60), lambda: os._exit(0), lambda: 1 / 0, lambda: "not yet"]
    found = dict(trial.results(trials, 1, 2))
    assert [found[number].status for number in range(len(trials))] == [
        trial.TOO_LONG,
        RIGHT,
        trial.TOO_LONG,
        trial.ENDED,
        trial.ENDED,
        "not yet",
    ]
    assert time.monotonic() - begun < 30  # of a busy machine


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to its memory")
def test_a_mutant_that_takes_all_memory_ends():
    [(_, found)] = trial.results([lambda: str(len(bytearray(2 * trial.MEMORY)))], 5, 1)
    assert found.status == trial.ENDED


# ---- a check, strong and weak --------------------------------------------------------------------------------


def lists_of_rows(rng):
    for n in (3, 5):
        yield {"rows": rng.integers(0, 9, (n, 2)).cumsum(axis=0).tolist()}


def two_rows(rng):
    """Cases in which it makes no difference how many sums are wanted."""
    yield {"rows": [[1, 2], [4, 4]]}


def surveyed(cases, code=WIDEST):
    @compare(cases, "the result")
    def widest(rows):
        return sorted(np.sum(rows, axis=1).tolist(), reverse=True)[:2]

    return tool.survey("widest", code, widest, {"__name__": "lab"}, 1)


def test_a_strong_check_lets_nothing_through():
    assert surveyed(lists_of_rows).survivors == []


def test_a_weak_check_lets_mutants_through_and_they_are_reported(capsys):
    found = surveyed(two_rows)
    assert found.survivors == [
        Name("widest", "def widest(rows, top=2):", "2 → 3"),
        Name("widest", "return sums[:top]", "sums[:top] → sums[:top + 1]"),
        Name("widest", "return sums[:top]", "sums[:top] → sums[:]"),
    ]
    score = tool.report(found, {}, [])
    assert (score.mutants, score.killed, score.unmarked) == (found.mutants, found.mutants - 3, 3)
    said = capsys.readouterr().out
    assert 'line = "return sums[:top]"\nchanges = ["sums[:top] → sums[:top + 1]", "sums[:top] → sums[:]"]' in said


def test_a_solution_that_is_not_right_is_an_error():
    with pytest.raises(ValueError, match="widest is not right"):
        surveyed(lists_of_rows, WIDEST.replace("reverse=True", "reverse=False"))


# ---- marks ---------------------------------------------------------------------------------------------------

MARK = """[[mark]]
exercise = "f"
line = "return a < b"
changes = ["a < b → a <= b"]
verdict = "free"
reason = "The text leaves it open."
"""


def test_marked_survivors_are_counted_apart_and_stale_marks_are_reported(tmp_path, capsys):
    (tmp_path / "lab.toml").write_text(MARK, encoding="utf-8")
    marked = marks.read("lab", tmp_path)
    [alive] = marked
    score = tool.report(tool.Survey(mutants=10, survivors=[alive]), marked, [])
    assert (score.killed, score.free, score.equivalent, score.unmarked) == (9, 1, 0, 0)
    assert "of the other 9 the checks catch 100 %" in tool.in_words(score)
    assert "no survivor" not in capsys.readouterr().out
    assert tool.report(tool.Survey(mutants=10), marked, []).killed == 10
    assert f"Marks that match no survivor:\n\n{marks.written([alive])}" in capsys.readouterr().out
    tool.report(tool.Survey(mutants=10), marked, ["another exercise"])
    assert "no survivor" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('reason = "The text leaves it open."\n', "", "a mark has"),
        ('"The text leaves it open."', '""', "a mark has"),
        ('"free"', '"forgotten"', "a mark has"),
        ('["a < b → a <= b"]', '["a < b → a <= b", "a < b → a <= b"]', "marked twice"),
    ],
)
def test_an_incomplete_mark_is_an_error(tmp_path, old, new, message):
    assert old in MARK
    (tmp_path / "lab.toml").write_text(MARK.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        marks.read("lab", tmp_path)


def test_survivors_are_printed_as_marks_that_can_be_read_back(tmp_path):
    names = [Name("f", 'g("a")', "'a' → 'b'"), Name("f", 'g("a")', "a → b"), Name("f", 'x = "\'" \\', "x → pass")]
    text = marks.written(names).replace("changes", 'verdict = "free"\nreason = "So."\nchanges')
    (tmp_path / "lab.toml").write_text(text, encoding="utf-8")
    assert list(marks.read("lab", tmp_path)) == names


@pytest.mark.parametrize("lab", source.labs())
def test_marks_speak_of_mutants_that_there_are_and_no_two_have_one_name(lab):
    there = [
        Name(one.name, mutant.line, mutant.change)
        for one in source.exercises(source.notebook(lab))
        for mutant in changes.mutants(source.plain_python(one.cell.source))
    ]
    assert len(set(there)) == len(there)
    assert set(marks.read(lab)) <= set(there)


# ---- scores --------------------------------------------------------------------------------------------------


def test_scores_are_written_by_code_and_99_96_percent_are_not_100(tmp_path, monkeypatch):
    begin, end = (
        "a\n<!-- mutants: written by make mutants -->\n\n`make mutants` tries ",
        "\n\n<!-- end of mutants -->\nb\n",
    )
    (tmp_path / "README.md").write_text(f"{begin}something{end}")
    monkeypatch.setattr(tool, "README", tmp_path / "README.md")
    monkeypatch.setattr(tool, "SCORES", tmp_path / "scores.json")
    first, second = source.labs()[:2]
    tool.write(second, tool.Score(3000, 2499, 300, 200, 1))
    tool.write(first, tool.Score(12, 10, 1, 1, 0))
    assert list(tool.stored()) == [first, second]
    assert (tmp_path / "README.md").read_text() == (
        f"{begin}3,012 changes of one token in the solutions: 301 mean the same, 201 are allowed by the text, "
        f"and of the other 2,510 the checks catch 99.9 %.{end}"
    )


def test_readme_shows_the_scores_as_they_are_stored():
    assert tool.LINE.search(tool.README.read_text())[0] == tool.in_words(tool.total(tool.stored().values()))
