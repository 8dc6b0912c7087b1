"""A real JupyterLab on the student edition, and a real browser in front of it.

Without Playwright or Chromium the tests here are skipped, and say so; `make test-browser` installs both.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
import zipfile
from pathlib import Path

import nbformat
import pytest

from grader import bundle, source
from grader.source import ROOT

CHROMIUM = shutil.which("chromium")
PICTURES = ROOT / "dist" / "browser"
TOKEN = "token-of-the-tests"
SECONDS = 240  # for whatever a busy machine does

# What this notebook shows is not in every lab: predictions, an explorer, training.
TRY = {
    "setup": 'from helpers import session\nsession.begin("convolution_basics")',
    "predict": "from helpers.progress import measured, predict\npredict('accuracy', ...)",
    "measured": "measured('accuracy', 0.57)",
    "explorer": (
        "import numpy as np\nfrom helpers import widgets\n"
        "widgets.convolution_walk(np.arange(48).reshape(4, 4, 3) % 5, np.ones((3, 3, 3, 2), int), np.ones(2), 1, 0)"
    ),
    "training": (
        "import keras\nfrom helpers import training\n"
        "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation='sigmoid')])\n"
        "model.compile('sgd', 'binary_crossentropy', metrics=['accuracy'])\n"
        "x = np.random.default_rng(0).normal(size=(64, 4))\n"
        "model.fit(x, x[:, :1] > 0, epochs=3, verbose=0, callbacks=[training.LiveCurves()]);"
    ),
    "recall": "import os\nos.environ['COURSE_PROFILE'] = 'quick'\nfrom checks import recall\nrecall.ask()",
    "fault": (
        "from helpers.backstage import diagnosis\ndiagnosis.watch_trainings()\n"
        "model.fit(255 + abs(x), x[:, 0] > 0, epochs=3, verbose=0);"
    ),
    "hand in": "from helpers import hand_in\nhand_in.notebook()",
}


def pytest_collection_modifyitems(items):
    try:
        import playwright  # noqa: F401

        reason = None if CHROMIUM else "there is no chromium: make test-browser installs it"
    except ModuleNotFoundError:
        reason = "Playwright is not installed: make test-browser installs it"
    for item in items:
        if reason and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The address of JupyterLab on the unpacked student edition, and its folder of notebooks."""
    home = tmp_path_factory.mktemp("home")
    archive = bundle.bundle(home)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(home)
    course = home / archive.stem
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in TRY.values()])
    nb.metadata.update(source.METADATA)  # or else a dialog asks for a kernel
    nbformat.write(nb, course / "notebooks" / "try.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (home / "config").mkdir()
    settings = {"LabApp": {"expose_app_in_browser": True}, "ServerApp": {"port": port}}
    (home / "config" / "jupyter_lab_config.json").write_text(json.dumps(settings))
    environment = os.environ | {"HOME": str(home), "COURSE_PROFILE": "ci", "COURSE_PROGRESS": str(home / "progress")}
    environment |= {"JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_TOKEN": TOKEN, "PYTHONPATH": ""}
    command = [sys.executable, "-m", "helpers", "lab"]
    server = subprocess.Popen(command, cwd=course, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline() == f"JupyterLab is ready: http://localhost:{port}/lab?token={TOKEN}\n"
        yield f"http://localhost:{port}", course / "notebooks"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def lab(served, browser):
    """`lab(path, width)` opens a page of JupyterLab in a new window; afterwards no script may have failed."""
    opened = []

    def go(path="", width=1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        opened.append(Chair(page, served[0]))
        # A workspace of its own, or else JupyterLab opens the tabs of the window before, too.
        path = path.replace("lab/tree/", f"lab/workspaces/{uuid.uuid4().hex}/tree/")
        page.goto(f"{served[0]}/{path}?token={TOKEN}", wait_until="domcontentloaded", timeout=1000 * SECONDS)
        page.wait_for_selector(".jp-MarkdownViewer h1, .jp-Notebook .jp-Cell", timeout=1000 * SECONDS)
        return opened[-1]

    yield go
    faults = [fault for chair in opened for fault in chair.faults]
    for chair in opened:
        chair.page.close()
    assert faults == []


class Chair:
    """A page of JupyterLab, and what a person does there."""

    def __init__(self, page, address):
        self.page, self.address, self.faults = page, address, []
        # JupyterLab itself complains when a kernel is restarted while it waits for an answer.
        page.on("pageerror", lambda fault: "Canceled future" in str(fault) or self.faults.append(str(fault)))

    def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def command(self, name: str) -> None:
        """A command of JupyterLab's menus."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)

    def wait(self, condition: str, value=None) -> None:
        """Until a condition in JavaScript on `notebook`, its cells `cells`, and `value` holds."""
        code = (
            "value => { const panel = window.jupyterapp.shell.currentWidget; const notebook = panel?.content;"
            " const cells = notebook?.widgets; if (!cells?.length) return false;"
            f" const kernel = panel.sessionContext?.session?.kernel; return {condition}; }}"
        )
        self.page.wait_for_function(code, arg=value, timeout=1000 * SECONDS)

    def restart(self) -> None:
        """Restart the kernel, and wait until the new one answers: what is asked before is lost with the old one."""
        self.page.evaluate(
            "async () => { const context = window.jupyterapp.shell.currentWidget.sessionContext;"
            " await context.restartKernel(); await context.session.kernel.requestKernelInfo(); }"
        )
        self.wait("kernel?.status === 'idle'")

    def run_all(self) -> None:
        """Run every cell, and wait until the last one has run."""
        self.wait("kernel?.status === 'idle'")
        self.command("notebook:run-all-cells")
        time.sleep(2)  # until the cells are marked as waiting
        self.wait("cells.filter(cell => cell.model.type === 'code').at(-1).model.executionCount !== null")
        self.wait("kernel?.status === 'idle'")

    def go_to(self, text: str):
        """Select the first cell whose source holds a text; returns what it shows."""
        place = self.page.evaluate(
            "text => { const notebook = window.jupyterapp.shell.currentWidget.content;"
            " const place = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.includes(text));"
            " notebook.activeCellIndex = place; notebook.scrollToItem(place, 'center'); return place; }",
            text,
        )
        assert place >= 0, f"no cell holds {text}"
        time.sleep(1)  # scrolling is animated
        return self.page.locator(".jp-Notebook-cell.jp-mod-active .jp-Cell-outputArea").first

    def run(self, text: str, source: str | None = None):
        """Run the first cell whose source holds a text, with another source if one is given; returns its outputs."""
        shown = self.go_to(text)
        count = "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.executionCount"
        before = self.page.evaluate(count)
        if source is not None:
            self.page.evaluate(
                "source => { const notebook = window.jupyterapp.shell.currentWidget.content;"
                " notebook.activeCell.model.sharedModel.setSource(source); }",
                source,
            )
        self.command("notebook:run-cell")
        self.wait(
            "![null, value].includes(notebook.activeCell.model.executionCount) && kernel?.status === 'idle'", before
        )
        time.sleep(1)
        return shown

    def source(self, text: str) -> str:
        """The source of the first cell that holds a text."""
        return self.page.evaluate(
            "text => window.jupyterapp.shell.currentWidget.content.widgets"
            ".map(cell => cell.model.sharedModel.source).find(source => source.includes(text))",
            text,
        )
