"""Three questions from the labs before: what one has to remember stays. They can be skipped."""

import functools
import random
import tomllib
from pathlib import Path

from helpers import profile, progress
from helpers.messages import Message, in_notebook, marked_up

QUESTIONS = Path(__file__).with_name("questions.toml")
ASKED = 3


@functools.cache
def questions() -> list[dict]:
    """All questions: `about` (lab.exercise), `ask`, `right`, and `wrong`, each wrong choice with why it is wrong."""
    return tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["questions"]


def chosen(lab: str) -> list[dict]:
    """Three questions from the labs before: first what this student got wrong, then by lot, the same each time.

    lab: its name without the number.
    """
    order = [name[3:] for name in progress.exercises()]
    before = order[: order.index(lab)] if lab in order else []
    found = [question for question in questions() if question["about"].partition(".")[0] in before]
    random.Random(lab).shuffle(found)
    return sorted(found, key=lambda question: -trouble(question["about"]))[:ASKED]


def trouble(about: str) -> int:
    """How often a check of this exercise has said 'not yet', or its question was answered wrong the last time."""
    lab, _, exercise = about.partition(".")
    wrong = sum(event.get("status") == "not yet" for event in progress.events(lab) if event.get("exercise") == exercise)
    known = [event for name in progress.exercises() for event in progress.events(name[3:])]
    asked = [event["right"] for event in known if event["kind"] == "recall" and event["about"] == about]
    return wrong + 3 * (not asked[-1]) if asked else wrong


def ask() -> None:
    """Show the questions of this notebook's lab, to be clicked; printed outside a notebook and in the profile `ci`."""
    for number, question in enumerate(chosen(progress.lab), 1):
        choices = [question["right"], *question["wrong"]]
        random.Random(question["ask"]).shuffle(choices)
        if in_notebook() and profile.current() != "ci":
            _show(number, question, choices)
        else:
            print(f"{number}. {question['ask']}", *(f"   - {choice}" for choice in choices), sep="\n")


def verdict(question: dict, choice: str) -> Message:
    """What a choice deserves; kept, so that what was wrong is asked again."""
    right = choice == question["right"]
    progress.note("recall", about=question["about"], right=right)
    return Message("good", "", "Right.") if right else Message("warning", "", question["wrong"][choice])


def _show(number: int, question: dict, choices: list[str]) -> None:
    import ipywidgets
    from IPython.display import display

    text = ipywidgets.HTML(f"<b>{number}. {marked_up(question['ask'])}</b>")
    menu = ipywidgets.RadioButtons(options=choices, value=None, layout={"width": "max-content"})
    menu.tooltip = question["ask"]
    told = ipywidgets.HTML()
    menu.observe(lambda change: told.set_trait("value", verdict(question, change["new"])._repr_html_()), names="value")
    display(ipywidgets.VBox([text, menu, told]))
