"""The environment: its three descriptions agree, each failure of `make venv` is one clear sentence; JupyterLab ends."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import namedtuple

import pytest
import yaml
from packaging.requirements import Requirement

from grader import environment
from grader.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(lines) -> dict[str, Requirement]:
    return {one.name: one for one in map(Requirement, lines)}


def test_conda_environment_has_the_ranges_of_pyproject():
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    packages = [line for line in content["dependencies"] if isinstance(line, str)]
    packages += [line for group in content["dependencies"] if isinstance(group, dict) for line in group["pip"]]
    conda = requirements(packages)
    assert content["name"] == PROJECT["name"]
    python, _ = conda.pop("python"), conda.pop("pip")
    assert {name: one.specifier for name, one in conda.items()} == {
        name: one.specifier for name, one in requirements(PROJECT["dependencies"]).items()
    }
    for version in range(6, 20):
        supported = environment.OLDEST <= (3, version) <= environment.NEWEST
        assert python.specifier.contains(f"3.{version}.1") == supported
    assert PROJECT["requires-python"] == f">=3.{environment.OLDEST[1]}"


def test_conda_environment_says_what_needs_each_package():
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.match(r"\s+- \w.*\d", line) and "  # " not in line] == []


def locked(lock: str) -> list[Requirement]:
    return [Requirement(line) for line in (ROOT / lock).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-site.lock"])
def test_lock_lies_in_the_ranges_of_pyproject(lock):
    extras = dict(PROJECT["optional-dependencies"])
    site = extras.pop("site")
    wanted = site if lock == "requirements-site.lock" else [*PROJECT["dependencies"], *sum(extras.values(), [])]
    for name, one in requirements(wanted).items():
        versions = [str(found.specifier).removeprefix("==") for found in locked(lock) if found.name == name]
        assert versions, f"{name} is not in {lock}"
        assert all(one.specifier.contains(version, prereleases=True) for version in versions), name


def test_lock_of_the_site_holds_what_the_other_lacks():
    course, site = ({one.name for one in locked(lock)} for lock in ("requirements.lock", "requirements-site.lock"))
    assert site and not course & site


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-site.lock"])
def test_lock_names_no_place(lock):
    assert not re.search(r"https?://|--\w|/", (ROOT / lock).read_text())


# The sentences


def test_too_old_python_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(environment.Failure, match=r"This is Python 3\.9, but the course needs Python 3\.11 to 3\.13"):
        environment.choose_python((3, 9))


def test_newer_python_on_path_takes_over(monkeypatch):
    called = []
    monkeypatch.setattr(shutil, "which", lambda name: "/there/python3.12" if name == "python3.12" else None)
    monkeypatch.setattr(os, "execv", lambda path, arguments: called.append(path) or sys.exit())
    with pytest.raises(SystemExit):
        environment.choose_python((3, 9))
    assert called == ["/there/python3.12"]


def test_script_parses_under_old_pythons():
    import ast

    ast.parse((ROOT / "grader" / "environment.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_missing_module_is_named(monkeypatch, tmp_path, module):
    find = environment.importlib.util.find_spec
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None if name == module else find(name))
    with pytest.raises(environment.Failure, match=rf"module '{module}'.*apt install python3\.\d+-venv"):
        environment.create(tmp_path / "venv")


def test_full_disk_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(1.5e9))
    with pytest.raises(environment.Failure, match=r"needs 4 GB of free disk, but .* has only 1\.5 GB"):
        environment.create(tmp_path / "venv")
    assert not (tmp_path / "venv").exists()


def test_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(environment.Failure, match="The environment cannot be created in"):
        environment.create(tmp_path / "file" / "venv")


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: Could not find a version that satisfies x==1 (from versions: none)", "cannot reach a package index"),
        ("WARNING: Retrying ... ProxyError('Cannot connect to proxy.')", "cannot reach a package index"),
        ("noise\nERROR: No matching distribution found for x==9 \nmore", "pip failed, .*: ERROR: No matching"),
        ("", "pip failed"),
    ],
)
def test_pips_failures_are_explained(log, sentence):
    assert re.search(sentence, environment.explain(log))
    assert "\n" not in environment.explain(log)


@pytest.fixture
def clone(tmp_path):
    """As much of the repository as `make venv` needs; its lock is short."""
    for name in ("Makefile", "grader/environment.py"):
        target = tmp_path / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "clone" / "requirements.lock").write_text("six==1.17.0\n")
    return tmp_path / "clone"


def make_venv(clone, **settings) -> subprocess.CompletedProcess:
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_TIMEOUT": "2", **settings}
    # No index of the user's, no second make over this one, and this very Python.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "MFLAGS"))}
    command = ["make", "venv", f"PYTHON={sys.executable}"]
    return subprocess.run(command, cwd=clone, env={**kept, **pip}, capture_output=True, text=True, check=False)


def test_no_index_is_one_sentence_and_the_next_call_finishes(clone):
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    first = make_venv(clone, **index)
    assert first.returncode != 0
    said = [line for line in first.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1, first.stderr
    assert said[0].startswith("pip cannot reach a package index")
    assert not (clone / ".venv" / "made-from").exists()

    (clone / "requirements.lock").write_text("")  # nothing to download: the install goes through
    second = make_venv(clone, **index)
    assert (second.returncode, second.stderr) == (0, "")
    assert "Finishing .venv" in second.stdout
    third = make_venv(clone, **index)
    assert (third.returncode, third.stdout) == (0, "")  # complete: nothing to do, nothing to say

    (clone / "requirements.lock").write_text("six==1.17.0\n")  # a new lock is noticed
    assert make_venv(clone, **index).returncode != 0


def test_missing_python_is_one_sentence(clone):
    run = subprocess.run(["make", "venv", "PYTHON=no-python"], cwd=clone, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "There is no 'no-python': install Python 3.11 to 3.13." in run.stdout + run.stderr


def test_help_lists_every_verb():
    verbs = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"make ([a-z-]+) ", shown) == verbs
    assert {"lab", "test", "venv", "outputs", "release", "bundle", "grade", "reproduce"} < set(verbs)


def test_ci_opens_the_labs_in_a_browser_and_calls_make_test():
    script = ROOT / ".ci" / "run"
    browser = "make test-browser BROWSER=tests/browser/test_chair.py"
    assert script.read_text() == f"#!/usr/bin/env bash\nset -e\n{browser}\nexec make test\n"
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("how", ["SIG_DFL", "SIG_IGN"])  # at once, or not when it is asked
def test_jupyterlab_ends_with_the_command_that_started_it(tmp_path, how):
    (tmp_path / "jupyterlab.py").write_text(
        f"import os, pathlib, signal, time\nsignal.signal(signal.SIGTERM, signal.{how})\n"
        "pathlib.Path('started.part').write_text(str(os.getpid()))\n"
        "os.rename('started.part', 'started')\ntime.sleep(60)\n"
    )
    command = [sys.executable, "-m", "helpers", "lab"]
    run = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        until = time.monotonic() + 60
        while not (tmp_path / "started").exists() and time.monotonic() < until:
            time.sleep(0.1)
        server = int((tmp_path / "started").read_text())
    finally:
        run.terminate()
    assert run.wait(60) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
