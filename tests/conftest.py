"""Every test starts from the same machine: nothing set, an empty cache, no network but this machine's own."""

import gc
import itertools
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from tests import answer_bank, warm_kernels

if sys.platform != "linux":  # where the grader has no sandbox
    collect_ignore_glob = ["test_grading*.py", "test_labs_score.py", "redteam/*"]

for name, examples in (("few", 20), ("many", 300)):
    settings.register_profile(name, max_examples=examples, deadline=None, derandomize=True)
settings.load_profile("few")  # --hypothesis-profile=many for more


def pytest_addoption(parser: pytest.Parser):
    parser.addoption("--remember", action="store_true", help="run answers of the bank only if their code is new")


gc.disable()  # until all test modules are imported, TensorFlow among what they need: there is no garbage yet


def pytest_collection_finish():
    gc.enable()


def pytest_configure(config: pytest.Config):
    if not hasattr(config, "workerinput"):  # once for all workers
        folder = tempfile.TemporaryDirectory()
        kernels = warm_kernels.start(Path(folder.name))
        config.add_cleanup(folder.cleanup)
        config.add_cleanup(kernels.wait)
        config.add_cleanup(kernels.terminate)


@pytest.hookimpl(trylast=True)  # after -k has left its choice
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first, what an answer bank keeps of a lab together.

    `--dist worksteal` gives each worker an equal piece of the list; when one has nothing left, it takes over from the
    end of another's. So the long tests are dealt out, each piece begins with its share, and ends with short ones.
    """

    def lab(item: pytest.Item) -> str:
        of_bank = item.path.stem in ("test_answers", "test_sentences") and hasattr(item, "callspec")
        return item.callspec.params["lab"] if of_bank else ""

    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    short = iter(sorted((item for item in items if item not in long), key=lab))
    size = -(-len(items) // workers)
    pieces = [long[worker::workers] for worker in range(workers)]
    items[:] = [item for piece in pieces for item in (*piece, *itertools.islice(short, max(0, size - len(piece))))]
    items += short


@pytest.fixture(scope="session", autouse=True)
def store(request, tmp_path_factory, worker_id):
    """One folder for all workers of this run, in which the answer bank keeps its outcomes; and one for all runs."""
    own = tmp_path_factory.getbasetemp()
    answer_bank.STORE = (own if worker_id == "master" else own.parent) / "outcomes"
    answer_bank.STORE.mkdir(exist_ok=True)
    if request.config.getoption("remember"):
        answer_bank.RECORDS = request.config.cache.mkdir("records")


@pytest.fixture(autouse=True)
def hermetic(tmp_path, monkeypatch):
    for variable in ("COURSE_DATA", "COURSE_PROFILE", "COURSE_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress"))
    look_up = socket.getaddrinfo

    def local_only(host, *args, **kwargs):
        assert host in (None, "", "127.0.0.1", "::1", "localhost"), f"a test asks the network for {host}"
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", local_only)
