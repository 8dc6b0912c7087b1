"""Each lab as a student gets it, in JupyterLab: it runs to its end unsolved, and everybody can read what is shown."""

import pytest

from grader import source
from tests.browser import axe
from tests.browser.test_chair import ERRORS, LAB

# What is JupyterLab's own and not ours: the frame of cells and outputs, the editor, and prompts.
OURS = ".jp-Notebook .jp-RenderedHTMLCommon"


@pytest.mark.parametrize("name", source.labs())
def test_unsolved_lab_runs_to_its_end(lab, name):
    chair = lab(f"lab/tree/{name}/{name}.ipynb")
    chair.run_all()
    assert chair.page.locator(ERRORS).count() == 0  # nothing was done wrong yet
    chair.go_to("core.summary(checks)").get_by_text("0 of").first.wait_for()
    chair.picture(f"end_{name}")
    assert chair.page.evaluate("() => [...document.querySelectorAll('img')].filter(one => !one.alt).length") == 0


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_everybody_can_read_texts_and_answers(lab, theme):
    chair = lab(f"lab/tree/{LAB}")
    chair.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    chair.run_all()
    found = []
    for text in ("checks.correlate_valid(", "widgets.convolution_explorer", "core.summary(checks)"):
        chair.go_to(text)
        chair.picture(f"{theme.rpartition(' ')[2].lower()}_{text.strip('(').replace('.', '_')}")
        found += axe.faults(chair.page, OURS)
    assert found == []
