"""The minutes in the headings are those of the text, the exercises and the measured runs."""

import json

import pytest

from grader import source, times

TEXT = """\
# %% [markdown]
# # 01 · Tiny
#
# **Time:** about 999 minutes of work. Running every cell takes no time on two
# CPU cores. Where our runs are replayed (`TRAIN = False`)
# it takes about a year, and with `run_profile="quick"` in the next cell about a year.

# %% [markdown]
# ## 1 Words (999 minutes)
#
# {words}

# %% [markdown]
# A last word of section 1. **Predict:** nothing.
#
# ## 2 An exercise (999 minutes)

# %%
# EXERCISE triple (3)
def triple(x):
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION


# %% [markdown]
# <!-- WRITTEN why (1) -->
#
# A long answer of the instructor, which no student reads. {words}

# %% tags=["author-only"]
# instead of training: long
TRAIN = False

# %% [markdown]
# ## What you learned
#
# {words}
"""


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(times, "RUNS", tmp_path)
    monkeypatch.setattr(times, "WAITING", tmp_path / "waiting.json")
    (tmp_path / "01_tiny").mkdir()
    (tmp_path / "01_tiny" / "long.json").write_text(json.dumps({"seconds": [300, 300]}))
    (tmp_path / "waiting.json").write_text(json.dumps({"01_tiny": {"## 2 An exercise": 120}, "quick": {"01_tiny": 3}}))
    return source.read(TEXT.format(words="word " * 1700))


def test_minutes_are_those_of_reading_writing_and_waiting(notebook):
    found = times.minutes(notebook, "01_tiny")
    writing = 3 * times.MINUTES_PER_POINT + times.MINUTES_PER_WRITTEN_POINT
    assert found == {"## 1 Words": 10, "## 2 An exercise": 5 * round((writing + 10 + 2) / 5)}


def test_headings_and_their_sum_are_written(notebook):
    found = times.minutes(notebook, "01_tiny")
    text = "\n".join(cell.source for cell in times.timed(notebook, "01_tiny").cells)
    assert "## 1 Words (10 minutes)\n" in text and "999" not in text
    assert f"**Time:** about {sum(found.values())} minutes of work." in text


def test_first_epochs_of_a_run_can_be_what_is_left_out(notebook):
    (cell,) = (cell for cell in notebook.cells if cell.source.startswith("# instead"))
    cell.source = cell.source.replace("long", "long (1 epochs)")
    assert times.running(notebook, "01_tiny") == 300 + 120


def test_a_time_that_nobody_measured_is_refused(notebook):
    times.WAITING.write_text("{}")
    with pytest.raises(source.PipelineError, match="01_tiny says how long `quick` takes: COURSE_PROFILE=quick make"):
        times.timed(notebook, "01_tiny")


def test_the_head_says_how_long_replays_and_the_profile_quick_take(notebook):
    times.note_quick("01_tiny", 34.2)
    head = times.timed(notebook, "01_tiny").cells[0].source
    assert "(`TRAIN = False`)\nit takes about 2 minutes, and with" in head
    assert head.endswith('`run_profile="quick"` in the next cell about 30 seconds.')
    assert json.loads(times.WAITING.read_text())["quick"] == {"01_tiny": 34}


def test_only_code_that_is_given_counts(notebook):
    assert times.given_lines(notebook) == 0
    notebook.cells.append(source.read("# %%\nx = 1\n\ny = 2\n").cells[0])
    assert times.given_lines(notebook) == 2


def test_waiting_is_kept_by_section(notebook):
    index = next(number for number, cell in enumerate(notebook.cells) if cell.source.startswith("# EXERCISE"))
    times.note_waiting("02_other", notebook, {index: 61.4, 0: 5.0})
    kept = json.loads(times.WAITING.read_text())
    assert kept["02_other"] == {"": 0, "## 1 Words": 0, "## 2 An exercise": 61} and "01_tiny" in kept


@pytest.mark.parametrize("lab", source.labs())
def test_labs_state_their_times(lab):
    nb = source.notebook(lab)
    assert times.minutes(nb, lab), "no section says how long it takes"
    assert source.text(times.timed(nb, lab)) == source.path(lab, ".py").read_text(encoding="utf-8")


def test_the_head_says_how_long_the_machine_runs(notebook):
    assert (
        "takes about 12 minutes on two\nCPU cores." in times.timed(notebook, "01_tiny").cells[0].source
    )  # 600 + 120 s


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "about 10 seconds"), (28, "about 30 seconds"), (64, "about a minute"), (352, "about 6 minutes")],
)
def test_a_time_is_said_in_round_words(seconds, words):
    assert times.in_words(seconds) == words
