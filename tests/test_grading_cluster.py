"""A class graded by the workers of a Dask cluster: other processes, in folders of their own, of which one is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader import __main__ as commands
from grader import grade as grading
from grader.source import ROOT
from tests import redteam
from tests.redteam import LAB, write_course
from tests.test_grading import everything, fill_class, undisturbed

STUDENTS = 9


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, and two workers: each has its own copy of the course, and nothing of the class."""
    started, file = [], tmp_path / "scheduler.json"

    def start(program: str, folder: Path, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(file), *options]
        log = (folder / "log").open("w")
        environment = os.environ | {"PYTHONPATH": str(folder), "TMPDIR": str(folder)}
        started.append(subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log))
        log.close()
        return started[-1]

    folder = tmp_path / "scheduler"
    folder.mkdir()
    start("dask_scheduler", folder, "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers = []
    for name in ("worker0", "worker1"):
        folder = tmp_path / name
        for room in ("grader", "checks", "helpers"):
            shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "data").symlink_to(ROOT / "data")
        own = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder / "scratch"))
        workers.append(start("dask_worker", folder, *own))
    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.1)
    try:
        yield json.loads(file.read_text())["address"], workers
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.grading
def test_worker_killed_in_the_middle_changes_no_grade(cluster, tmp_path):
    address, workers = cluster
    course = write_course(tmp_path / "class")
    fill_class(course, STUDENTS)
    graded = []

    def say(line: str) -> None:
        graded.append(line)
        if len(graded) == 2:
            workers[0].send_signal(signal.SIGKILL)

    settings = grading.Settings(course, limits=redteam.LIMITS, scheduler=address, say=say)
    rows = grading.grade([LAB], settings)
    assert workers[0].wait() == -signal.SIGKILL and workers[1].poll() is None
    assert len(rows) == STUDENTS and len(graded) == STUDENTS
    assert everything(course) == undisturbed(tmp_path / "reference", STUDENTS)


@pytest.mark.grading
def test_worker_with_another_version_of_the_course_is_refused(cluster, tmp_path, capsys):
    for name in ("worker0", "worker1"):
        (tmp_path / name / "checks" / "core.py").write_text("# changed\n" + (ROOT / "checks" / "core.py").read_text())
    course = write_course(tmp_path / "class")
    fill_class(course, 1)
    assert commands.main(["--course", str(course), "grade", "--scheduler", cluster[0]]) == 1
    assert "another version of the course" in capsys.readouterr().err


def test_scheduler_that_does_not_answer_is_one_sentence(tmp_path, capsys):
    course = write_course(tmp_path)
    fill_class(course, 1)
    assert commands.main(["--course", str(course), "grade", "--scheduler", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("There is no Dask scheduler at nowhere")
