"""`python -m helpers lab`: JupyterLab on the labs, with settings for students and a start page."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers import progress

COURSE = Path(__file__).resolve().parents[2]
NOTEBOOKS = COURSE / "notebooks"
START = NOTEBOOKS / "START.md"
SETTINGS = {
    # no pop-up on JupyterLab's own news
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # a docstring says what an exercise asks for: it is wrapped, not cut, in a narrow window
    "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineWrap": True}},
    # an explorer is still there when its notebook is opened again
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    # the start page opens as a page
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}
FOR_INSTRUCTORS = [  # of nbgrader and jupytext; Validate stays
    "@jupyter/nbgrader:assignment-list",
    "@jupyter/nbgrader:course-list",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:menu",
    "jupyterlab-jupytext",
]
SECONDS = 60  # until the server must have noted its address
PATIENCE = 5  # seconds in which it should end


def lab(instructor: bool = False) -> int:
    """Start JupyterLab, print its address, and wait until it ends; returns its exit status.

    Students get the labs and the start page, instructors the whole course and nbgrader's and jupytext's tools.
    """
    START.write_text(start_page(), encoding="utf-8")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does: JupyterLab must not outlive this command
    with tempfile.TemporaryDirectory() as settings:
        write_settings(Path(settings), instructor)
        command = [sys.executable, "-m", "jupyterlab", f"--LabApp.app_settings_dir={settings}"]
        command += [f"--ServerApp.root_dir={COURSE if instructor else NOTEBOOKS}", "--Application.log_level=ERROR"]
        command += [] if instructor else ["--LabApp.default_url=/lab/tree/START.md"]
        command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command += ["--no-browser"] if not has_screen() else []
        server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(COURSE)})
        try:
            if found := address(server):
                print(f"JupyterLab is ready: {found}\nStop it with Ctrl-C here.", flush=True)
            return server.wait()
        finally:
            end(server)


def end(server: subprocess.Popen) -> None:
    """End JupyterLab, which may wait for long for a browser that was open."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()  # its kernels end when it is gone
        server.wait()


def write_settings(folder: Path, instructor: bool) -> None:
    """Write JupyterLab's settings and the list of extensions that are off into `folder`."""
    off = {} if instructor else {"disabledExtensions": dict.fromkeys(FOR_INSTRUCTORS, True)}
    (folder / "overrides.json").write_text(json.dumps(SETTINGS))
    (folder / "page_config.json").write_text(json.dumps(off))


def has_screen() -> bool:
    """Whether a browser can be opened here."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def address(server: subprocess.Popen) -> str | None:
    """Where the server listens, as it notes it for `jupyter server list`; None if it ended instead.

    With a token of the user's own, or a password, the server itself prints nothing.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    note = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    until = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ValueError):  # not there yet, or half written
            found = json.loads(note.read_bytes())
            token = f"?token={found['token']}" if found["token"] else ""
            return f"{found['url']}lab{token}" + " (it asks for your password)" * found["password"]
        time.sleep(0.2)
    return None


# ---- the start page -----------------------------------------------------------------------------------------


def start_page() -> str:
    """The labs in their order, what each one is, how long it takes, how far the student is; as Markdown."""
    rows, begun = [], []
    for lab, known in progress.exercises().items():
        notebook = NOTEBOOKS / lab / f"{lab}.ipynb"
        title, what, minutes = head(notebook)
        said = progress.outcomes(lab[3:])
        points = sum(about["points"] for about in known.values())
        earned = sum(about["points"] for name, about in known.items() if said.get(name) == progress.RIGHT)
        noted = progress.events(lab[3:])
        if noted:
            begun.append((noted[-1]["time"], lab, title))
        state = f"{earned} of {points} points" if noted else f"{points} points to win"
        rows.append(f"| [{title}]({lab}/{lab}.ipynb) | {what} | {minutes} | {state} |")
    first = next(iter(progress.exercises()))
    _, lab, title = max(begun, default=("", first, head(NOTEBOOKS / first / f"{first}.ipynb")[0]))
    go = f"**{'Continue where you were' if begun else 'Begin here'}: [{title}]({lab}/{lab}.ipynb)**"
    return "\n".join(
        [
            "# Convolutional networks, hands on",
            "",
            go,
            "",
            "| lab | what you do | time | you have |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "Points are those of exercises that a check found right; your instructor grades the written answers.",
            "This page is made anew whenever the labs are started; `python -m helpers progress` shows every exercise.",
            "",
        ]
    )


def head(notebook: Path) -> tuple[str, str, str]:
    """A lab's title, its first sentence, and its time, from its first cell; where it has none, what to do."""
    try:
        cell = "".join(json.loads(notebook.read_bytes())["cells"][0]["source"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return notebook.stem, "This notebook is missing or broken: `python -m helpers update` brings it back.", ""
    title, _, rest = cell.partition("\n")
    what = re.match(r"(.*?[.?!])(\s|$)", " ".join(rest.strip().partition("\n\n")[0].split()))
    minutes = re.search(r"\*\*Time:\*\* about (\d+ minutes)", cell)
    return title.lstrip("# "), what[1] if what else "", minutes[1] if minutes else ""
