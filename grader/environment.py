"""`make venv`: create or finish .venv with the versions of requirements.lock.

Run by the system's Python before anything is installed: standard library only, and it must parse under
Python 3.6, to be able to say that this is too old. A stamp in .venv says what it was made from; without a
matching stamp the environment is half-made or outdated, and is finished.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)  # what the locked TensorFlow has wheels for
GIGABYTES = 4  # the environment takes 3, pip some more while it unpacks

# JupyterLab without news pop-up and update check; kernels without their remark on unencrypted local sockets.
SETTINGS = {
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
    },
    "etc/ipython/ipython_kernel_config.json": {"IPKernelApp": {"log_level": 40}},
}


class Failure(Exception):
    """The environment cannot be made; the message is one sentence that says why and what to do."""


def main():
    choose_python(sys.version_info[:2])
    venv = ROOT / ".venv"
    if not is_complete(venv):
        create(venv)
        install(venv)
        finish(venv)
        print("The environment is ready: .venv")


def choose_python(version):
    """Go on under a suitable Python: this one, of the given version, or the newest suitable one on PATH."""
    if OLDEST <= version <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other:
            os.execv(other, [other, *sys.argv])
    raise Failure(
        f"This is Python {version[0]}.{version[1]}, but the course needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}: "
        f"install one of them, or name it, as in 'make lab PYTHON=/path/to/python3.{NEWEST[1]}'."
    )


def stamp(venv):
    """What an environment was made from: the lock, these settings, and its own place (it cannot be moved)."""
    made_from = (ROOT / "requirements.lock").read_bytes() + json.dumps(SETTINGS, sort_keys=True).encode()
    return hashlib.sha256(made_from + str(venv).encode()).hexdigest()


def is_complete(venv):
    """True if .venv was made to its end from the present lock, and its Python still runs."""
    made_from = venv / "made-from"
    return made_from.exists() and made_from.read_text() == stamp(venv) and runs(venv, "import sys")


def runs(venv, code):
    """True if .venv has a Python that can run `code`."""
    try:
        command = [str(venv / "bin" / "python"), "-c", code]
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def create(venv):
    """Make an empty environment; one that was begun and can run pip is kept."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if runs(venv, f"import pip, sys; assert sys.version.startswith('{version}.')"):
        print("Finishing .venv ...", flush=True)
        return
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise Failure(
                f"This Python lacks its module '{module}': on Debian or Ubuntu, run 'sudo apt install "
                f"python{version}-venv'."
            )
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < GIGABYTES:
        raise Failure(
            f"The environment needs {GIGABYTES} GB of free disk, but {ROOT} has only {free:.1f} GB: make room."
        )
    import venv as builder

    print(f"Creating .venv with Python {version} ...", flush=True)
    try:
        builder.EnvBuilder(with_pip=True, clear=True).create(str(venv))
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"The environment cannot be created in {venv}: {error}") from error


def install(venv):
    """pip installs the lock, from the index that the user's own settings name."""
    print("Installing the packages of requirements.lock: some minutes, about 1 GB of download ...", flush=True)
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "-r", str(ROOT / "requirements.lock")]
    log = venv / "install.log"
    with log.open("w") as file:
        status = subprocess.call(command, stdout=file, stderr=subprocess.STDOUT)
    if status != 0:
        raise Failure(explain(log.read_text(errors="replace")))


def explain(log):
    """Why pip failed, in one sentence made from its output."""
    if "No space left on device" in log:
        return f"The disk is full: make room ({GIGABYTES} GB in all) and try again; the install goes on from here."
    if re.search(r"from versions: none|Max retries exceeded|Connection ?(refused|Error)|ProxyError", log):
        return (
            "pip cannot reach a package index: check the network, or 'pip config list' and PIP_INDEX_URL; "
            "pip's own words are in .venv/install.log."
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")] or log.splitlines() or ["no output"]
    return f"pip failed, see .venv/install.log: {errors[0]}"


def finish(venv):
    """Write the settings and, last of all, the stamp."""
    for name, content in SETTINGS.items():
        path = venv / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
    (venv / "made-from").write_text(stamp(venv))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next call goes on from here.")
