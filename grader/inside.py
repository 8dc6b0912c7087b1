"""What runs inside a sandbox, beside a student's code: it runs cells and probes, and knows nothing of what is right.

Started as a program it imports TensorFlow once and runs no operation. For each worker that asks it forks a copy of
itself, which ends with that worker; and the copy forks a sandboxed child for each submission that it is sent: a child's
first message is {"pid": its first process}, then it answers one message after the other.
"""

import contextlib
import gc
import importlib
import json
import os
import socket
import struct
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 40_000_000  # bytes of a message: as many records as the checks of an exercise may take


def send(connection: socket.socket, message: dict) -> None:
    """Send a message: its length, then JSON."""
    raw = json.dumps(message).encode()
    connection.sendall(struct.pack("<Q", len(raw)) + raw)


def receive(connection: socket.socket, exactly=None) -> dict:
    """The next message. Raises EOFError at the end, ValueError for what is no message."""
    exactly = exactly or _exactly
    (length,) = struct.unpack("<Q", exactly(connection, 8))
    if length > LARGEST:
        raise ValueError("a message is too long")
    message = json.loads(exactly(connection, length))
    if not isinstance(message, dict):
        raise ValueError("a message has no known form")
    return message


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts, missing = [], length
    while missing:
        part = connection.recv(min(missing, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def import_everything() -> None:
    """What the labs import. Nothing of it is run: a process that has run TensorFlow cannot be forked."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    from helpers import session

    session.load_tensorflow()
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "NoColor"}})
    )
    for name in (
        *(
            "keras",
            "matplotlib.pyplot",
            "pandas",
            "scipy.ndimage",
            "scipy.signal",
            "seaborn",
            "skimage.data",
            "sklearn",
        ),
        *("sklearn.linear_model", "sklearn.svm", "sklearn.ensemble", "sklearn.neighbors", "ipywidgets"),
        *("helpers.datasets", "helpers.plots", "helpers.pretrained", "helpers.training", "helpers.widgets"),
        *("checks.core", "checks.probes.functions", "checks.probes.networks"),
    ):
        importlib.import_module(name)


class Student:
    """A student's session: the shell that cells run in."""

    def __init__(self):
        from IPython.core.interactiveshell import InteractiveShell

        self.shell = InteractiveShell.instance()
        self.shell.showtraceback = self.shell.showsyntaxerror = lambda *args, **kwargs: None
        self.shell.system = lambda command: None  # `!pip install` would only wait for a network that there is not
        self.shell.enable_gui = lambda gui=None: None  # `%matplotlib inline`
        self.shell.getoutput = lambda command, *args, **kwargs: []
        self.errors: dict[str, str] = {}

    def begin(self, message: dict) -> dict:
        """Write the student's modules beside the notebook; stand in for the judges, which are not here."""
        from helpers import profile

        profile.seed_everything(0)
        for name, code in message["modules"].items():
            Path(name).write_text(code, encoding="utf-8")
        sys.path.append(str(Path.cwd()))
        stub = types.ModuleType(f"checks.{message['checks']}")
        stub.__getattr__ = lambda name: lambda *args, **kwargs: None
        sys.modules[stub.__name__] = stub
        setattr(importlib.import_module("checks"), message["checks"], stub)
        return {}

    def run(self, message: dict) -> dict:
        """Run a cell, as a notebook does."""
        result = self.shell.run_cell(message["run"], store_history=False)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and "exercise" in message:
            self.errors[message["exercise"]] = f"{type(error).__name__}: {error}"[:400]
        return {}

    def probe(self, message: dict) -> dict:
        """Run an exercise's probe on its cases; the records as a JSON text, or why there are none."""
        from checks.probes import running
        from helpers import profile

        name = message["probe"]
        if name not in self.shell.user_ns:
            return {"missing": self.errors.get(name, "")}
        probe = getattr(importlib.import_module(message["module"]), message["function"])
        profile.seed_python(0)  # whatever ran before
        return {"records": running.collect(probe, self.shell.user_ns[name], message["cases"], name)}


def serve(connection: socket.socket) -> None:
    """Answer one message after the other until there is none. Only data goes out, whatever a student's code does."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdin, sys.stdout, sys.stderr = (open(os.devnull, mode, encoding="utf-8") for mode in ("r", "w", "w"))  # noqa: SIM115, PTH123
    student = Student()
    while True:
        try:
            message = receive(connection)
        except EOFError:
            return
        do = student.begin if "modules" in message else student.run if "run" in message else student.probe
        try:
            answer = do(message)
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt and what a student may derive from it
            answer = {"failed": type(error).__name__}
        send(connection, answer)


def attend(orders: socket.socket, do: Callable[[socket.socket, bytes], None]) -> None:
    """Fork for each order, a message with a socket, and let the child do it; until nobody is left who could order."""
    while True:
        raw, handles, _, _ = socket.recv_fds(orders, 65536, 1)
        reap(0 if raw else 1)
        if not raw:
            return
        with socket.socket(fileno=handles[0]) as connection:
            if os.fork() == 0:
                orders.close()
                do(connection, raw)
                os._exit(0)


def work_for(worker: socket.socket, _: bytes) -> None:
    """Be the copy for one worker."""
    with contextlib.suppress(ConnectionError):  # it has left meanwhile
        send(worker, {"ready": os.getpid()})
        attend(worker, take_in)


def take_in(connection: socket.socket, settings: bytes) -> None:
    """Serve one submission, sandboxed unless the settings say otherwise."""
    from grader import sandbox

    settings = json.loads(settings)
    try:
        sandbox.die_with_parent()
        first = sandbox.enter(settings["user"]) if settings["isolated"] else _unsafe(settings)
        if first:
            send(connection, {"pid": first})
            connection.close()
            os.waitpid(first, 0)
            os._exit(0)
        sandbox.limit(settings["memory"], settings["seconds"])
        if settings["isolated"] and (student := os.fork()):  # this one is the sandbox's first process
            sandbox.hide()
            connection.close()
            while os.wait()[0] != student:
                pass
            os._exit(0)
        serve(connection)
    except BaseException as error:  # noqa: BLE001 - nothing may go back into the parent's code
        with contextlib.suppress(OSError):
            send(connection, {"no sandbox": str(error)})


def reap(seconds: float) -> None:
    """Take account of what ended children have taken; wait for others so long. Then their parent's end is theirs."""
    until = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] or time.monotonic() < until:
            time.sleep(0.005 * bool(seconds))


def _unsafe(settings: dict) -> int:
    """Without a sandbox: a folder of its own and a process group, so that the rest can be ended."""
    import tempfile

    if child := os.fork():
        return child
    os.setsid()
    os.chdir(tempfile.mkdtemp(dir=settings["folder"]))
    for name in ("helpers", "checks", "data"):
        Path(name).symlink_to(ROOT / name)
    return 0


def main() -> None:
    """`inside.py FD` makes copies for whoever sends a socket; `inside.py FD MEMORY SECONDS` serves one submission."""
    own = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(ROOT)
    import_everything()
    gc.collect()
    gc.freeze()  # a collection in a child would copy what it shares with this process
    if not sys.argv[2:]:
        return attend(own, work_for)
    from grader import sandbox

    send(own, {"ready": os.getpid()})
    sandbox.refuse()
    sandbox.limit(*map(int, sys.argv[2:]))
    return serve(own)


if __name__ == "__main__":
    main()
