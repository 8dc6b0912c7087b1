"""A class from the platform's download to the exported points, with a person in Formgrader in between."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader import __main__ as commands
from grader import judging
from grader.source import ROOT
from tests import redteam
from tests.browser.conftest import PICTURES, SECONDS, TOKEN
from tests.redteam import LAB, cell, fill, solved, wrong

ATTACKER = "<img src=x onerror=alert(1)>"
HOSTILE = """<script>alert('script')</script> <img src=x onerror="alert('image')">
<svg onload="alert('svg')"><text>drawn</text></svg> [a link](javascript:alert('link')) **bold**

</pre><b id="escaped">after a blank line</b> ![far](http://127.0.0.1:9/tracker.png) $$<b id="mathematics">x</b>$$"""


def downloads(course: Path) -> Path:
    """What Moodle gives of three students: one is right, one wrong, and one attacks whoever reads the answer."""
    written = {"Ann": "Because it fits.", "Bob": "I like it small.", ATTACKER: HOSTILE}
    archive = course / "download.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number, (name, answer) in enumerate(written.items()):
            notebook = wrong(course) if name == "Bob" else solved(course)
            cell(notebook, "written_valid")["source"] = answer
            own = {"cell_type": "markdown", "metadata": {}, "source": HOSTILE}
            notebook["cells"].append(own)
            if name not in ("Ann", "Bob"):
                code = "".join(cell(notebook, "max_pool")["source"])
                fill(notebook, {"max_pool": code + "\n# </pre><script>alert('code')</script>"})
                raising = "def output_size(*a, **k):\n    raise OSError('<img src=x onerror=alert(2)>')"
                fill(notebook, {"output_size": raising})
            packed.writestr(f"{name}_{number}_assignsubmission_file_/01.ipynb", json.dumps(notebook))
    return archive


@contextmanager
def formgrader(course: Path, home: Path):
    """The address of nbgrader's Formgrader on a class."""
    (course / "nbgrader_config.py").symlink_to(ROOT / "nbgrader_config.py")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    settings = {"HOME": home, "JUPYTER_CONFIG_DIR": home, "JUPYTER_TOKEN": TOKEN, "PYTHONPATH": ROOT}
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and server.poll() is None:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()


def table(file: Path) -> dict[str, dict]:
    """An exported table: student -> row."""
    with file.open(encoding="utf-8", newline="") as opened:
        return {row["student"]: row for row in csv.DictReader(opened)}


@pytest.mark.grading
def test_whole_tour(browser, tmp_path, monkeypatch, capsys):
    course, home = redteam.write_course(tmp_path / "class"), tmp_path / "home"
    home.mkdir()

    def run(*command: str) -> int:
        return commands.main(["--course", str(course), *command])

    assert run("collect", str(downloads(course))) == 0
    assert run("grade", "--workers", "1") == 0
    attacker = next(path.name for path in (course / "submitted").iterdir() if path.name.startswith("?img"))

    with formgrader(course, home) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        dialogs, faults, strange = [], [], []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda fault: "MathJax" in str(fault) or faults.append(str(fault)))  # it is far away
        page.on("request", lambda request: strange.append(request.url) if ":9/" in request.url else None)
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{address}/lab?token={TOKEN}", wait_until="domcontentloaded")  # logs in
        page.goto(f"{address}/formgrader/gradebook/{LAB}/{LAB}")
        page.locator("table a", has_text="Submission #1").wait_for()
        assert page.locator("table a", has_text="Submission #").count() == 3
        page.locator("table a", has_text="Submission #1").click()
        given = {}
        for turn in range(3):
            page.locator("#written_valid-comment").wait_for()
            page.wait_for_function("() => formgrader.grades?.loaded && formgrader.comments?.loaded")
            page.locator(".name-hidden.glyphicon").click()
            student = page.locator("a.name-shown").inner_text().strip()
            comment, score = page.locator("#written_valid-comment"), page.locator("#written_valid")
            page.get_by_text("says how the feature maps shrink").wait_for()  # the rubric
            if turn == 0:
                assert page.locator(".comment-bank").count() == 0
                comment.fill('Say "why" & how: <b>what</b> is lost?')
                comment.blur()
            else:
                page.locator(".comment-bank button").click()
                assert comment.input_value() == 'Say "why" & how: <b>what</b> is lost?'
            page.wait_for_timeout(500)
            given[student] = 1 - 0.5 * turn
            score.fill(str(given[student]))
            score.blur()
            page.wait_for_timeout(1000)
            if student == attacker:
                shown = page.locator("body").inner_text()
                assert "<script>alert('script')</script>" in shown and "[a link](javascript:alert('link'))" in shown
                assert page.locator("#escaped, #mathematics, a[href^='javascript'], svg text").count() == 0
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"formgrader_{turn}.png", full_page=True)
            page.locator("li.next a").click()
        page.goto(f"{address}/formgrader/manage_students")
        page.locator("table", has_text="Bob").wait_for()
        page.goto(f"{address}/formgrader/manage_submissions/{LAB}")
        page.locator("table", has_text="Bob").wait_for()
        page.screenshot(path=PICTURES / "formgrader_submissions.png")
        page.close()
    assert dialogs == faults == strange == []
    assert set(given) == {"Ann 0", "Bob 1", attacker}

    assert run("grade", "--workers", "1") == 0  # nothing waits for a hand any more
    assert run("feedback") == 0
    with zipfile.ZipFile(course / "returned" / f"{LAB}.zip") as returned:
        pages = {name.split("_")[0]: returned.read(name).decode() for name in returned.namelist()}
    assert set(pages) == {"Ann", "Bob", ATTACKER}
    assert "Say &quot;why&quot; &amp; how: &lt;b&gt;what" in pages["Ann"] and "<script" not in pages[ATTACKER]
    assert run("export", str(course / "before.csv")) == 0
    before = table(course / "before.csv")
    head = next(name for name in before["Ann 0"] if name.startswith(LAB))
    assert float(before["Ann 0"][head]) == 6 + given["Ann 0"]
    assert float(before["Bob 1"][head]) == given["Bob 1"]

    check = judging.checks(LAB)["max_pool"]
    monkeypatch.setattr(check, "right", lambda x, size: 0)  # a check that was mended: now Bob's answer is the right one
    judging.outcome.cache_clear()
    assert run("regrade", LAB, "max_pool") == 0
    judging.outcome.cache_clear()
    said = capsys.readouterr().out
    assert re.search(r"Bob 1, .*, max_pool: 0 -> 2", said) and re.search(r"Ann 0, .*, max_pool: 2 -> 0", said)
    assert run("export", str(course / "after.csv")) == 0
    after = table(course / "after.csv")
    assert float(after["Bob 1"][head]) == 2 + given["Bob 1"]  # a person's points stay
    shutil.copy(course / "feedback" / "Ann 0" / LAB / f"{LAB}.html", PICTURES / "feedback.html")
