"""Runs a submission's cells and probes in a sandbox, watched from outside, and brings back their records.

Time is what a student's code takes, not what the clock says: where the machine is busy, waiting for a core does not
count. Who runs too long, takes too much memory or ends Python loses what did so; the rest is run again without it.
"""

import contextlib
import itertools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path

from checks import plain
from checks.core import NOT_ATTEMPTED, RAISED
from grader import inside, sandbox
from grader.sandbox import ROOT, NoSandbox

MISSING = re.compile(r"(NameError|ModuleNotFoundError|FileNotFoundError)\b")
WAIT = 0.05  # seconds between two looks at a process that is not done yet
LEAVE = 0.3  # seconds in which a process that was told to leave does
GONE = 10  # seconds after which nobody waits any more for the kernel to end a submission's processes


@dataclass(frozen=True)
class Limits:
    """Seconds for one cell or check, and for a notebook; for all of a student's processes their number and memory."""

    step: float = 30
    notebook: float = 150
    memory: int = 3 * 2**30
    processes: int = 40

    @property
    def seconds(self) -> int:
        """Of the processor, for one process: a net below the watch that is kept from outside."""
        return int(4 * self.notebook) + 60


@dataclass
class Found:
    """What came back. records: exercise -> a JSON text. cut: what was stopped, and why."""

    records: dict[str, str]
    cut: list[str]
    seconds: float


class Stopped(Exception):
    """A step did not come to its end; the message says why, in a student's words."""


class Imported:
    """A process that has imported TensorFlow, started at once; who needs it meanwhile waits.

    orders: a worker sends one end of a socket, and gets a copy of the process that ends when the other end is closed:
    with the worker, whatever ends that. folder: where the process says what went wrong.
    """

    def __init__(self, folder: str, isolation: str):
        self.orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = launch(theirs, folder, isolation)

    def close(self) -> None:
        self.orders.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def shared(unsafe: bool) -> Iterator[socket.socket | None]:
    """For workers of this machine: the orders of one process that has imported TensorFlow. Raises NoSandbox."""
    isolation = "unsafe" if unsafe else sandbox.kind()
    if isolation == "bubblewrap":  # which starts a process for each submission
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="grader-") as folder,
        contextlib.closing(Imported(folder, isolation)) as one,
    ):
        yield one.orders


class Probing:
    """A copy of a process that has imported TensorFlow, for one submission after another. Raises NoSandbox.

    orders: see `shared`; without them, or where their process has ended, it starts one of its own.
    """

    def __init__(self, isolation: str | None = None, orders: socket.socket | None = None):
        self.isolation, self.orders = isolation or ("namespaces" if orders else sandbox.kind()), orders
        self.folder = tempfile.TemporaryDirectory(prefix="grader-")
        self.own: Imported | None = None
        self.control: socket.socket | None = None
        self.count = itertools.count()
        Finalize(None, self.close, exitpriority=1)  # at the end of worker processes, too

    def close(self) -> None:
        """End the copy, and with it whatever it has forked."""
        for one in (self.control, self.own):
            if one is not None:
                one.close()
        self.control = self.own = None
        self.folder.cleanup()

    def probe(self, job: dict, limits: Limits) -> Found:
        """Run a job: {"steps", "modules", "checks", "probes": exercise -> {"module", "function", "cases"}}.

        Where the process itself has ended meanwhile, for want of memory perhaps, that is not the student's fault: once
        more, with a new one.
        """
        for _ in range(2):
            try:
                found = self._probe(job, limits)
            except (Stopped, NoSandbox):
                if not self._has_ended():
                    raise
            else:
                if not self._has_ended():
                    return found
        raise NoSandbox(f"the process that imports TensorFlow ended: {self._said()}")

    def _has_ended(self) -> bool:
        if self.control is None:
            return False
        try:
            return not self.control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def _probe(self, job: dict, limits: Limits) -> Found:
        found = Found({}, [], 0.0)
        steps = list(job["steps"])
        while steps := self._run(job, steps, found, limits):
            pass
        for step in job["steps"]:
            if "probe" in step and step["probe"] not in found.records:
                self._lose(step["probe"], "did not get its turn: the time for a notebook was used up", found)
        return found

    def _run(self, job: dict, steps: list[dict], found: Found, limits: Limits) -> list[dict]:
        """Run the steps in a fresh child. Returns what is to be run again because something had to be stopped."""
        with self._child(limits) as child:
            child.begin({"modules": job["modules"], "checks": job["checks"]})
            for k, step in enumerate(steps):
                left = limits.notebook - found.seconds
                if left <= 0:
                    return []
                name = step.get("probe")
                if name in found.records:
                    continue
                message = step if name is None else step | job["probes"][name]
                begun = child.seconds
                try:
                    answer = child.ask(message, min(limits.step, left))
                except Stopped as stop:
                    if left < limits.step and str(stop).startswith("ran"):
                        return []
                    found.seconds += child.seconds - begun
                    if name is not None:
                        self._lose(name, str(stop), found)
                    else:
                        found.cut.append(f"A cell was left out, because it {stop}")
                        if "exercise" in step:
                            self._lose(step["exercise"], str(stop), found)
                    return steps[:k] + steps[k + (name is None) :]
                found.seconds += child.seconds - begun
                if name is not None:
                    found.records[name] = self._records(answer, name)
        return []

    def _records(self, answer: dict, name: str) -> str:
        records = answer.get("records")
        if isinstance(records, str) and records.isascii() and len(records) <= plain.MAX_BYTES:
            return records  # as `plain.encode` writes them
        missing = answer.get("missing")
        if isinstance(missing, str):
            if missing:
                return stopping(RAISED, f"{missing[:500]}\nIt happened when your cell ran.")
            return stopping(NOT_ATTEMPTED, f"There is no `{name}` after your cells have run.")
        return stopping(RAISED, str(answer.get("failed", "nothing that can be read came back"))[:200])

    def _lose(self, name: str, why: str, found: Found) -> None:
        found.cut.append(f"{name} {why}")
        found.records[name] = stopping(RAISED, f"it {why}")

    @contextlib.contextmanager
    def _child(self, limits: Limits):
        """A child process in its sandbox; ended with all it has started."""
        mine, theirs = socket.socketpair()
        child = None
        try:
            with theirs:
                child = Child(mine, self._start(theirs, limits), limits, self.isolation)
            yield child
        finally:
            mine.close()
            if child is not None:
                child.end()

    def _start(self, connection: socket.socket, limits: Limits):
        if self.isolation == "bubblewrap":
            return launch(connection, self.folder.name, self.isolation, str(limits.memory), str(limits.seconds))
        if self.control is None or self._has_ended():
            if self.control is not None:
                self.control.close()
            self.control = self._copy()
        settings = {
            # Nobody's, and another one each time: a user's processes are counted until the last has ended.
            "user": 2**30 + (os.getpid() << 8 | next(self.count) % 256),
            "isolated": self.isolation == "namespaces",
            "memory": limits.memory,
            "seconds": limits.seconds,
            "folder": self.folder.name,
        }
        socket.send_fds(self.control, [json.dumps(settings).encode()], [connection.fileno()])
        return None

    def _copy(self) -> socket.socket:
        """What controls a new copy; where nobody makes one any more, of a new process."""
        for _ in range(2):
            if self.orders is None:
                if self.own is not None:
                    self.own.close()
                self.own = Imported(self.folder.name, self.isolation)
                self.orders = self.own.orders
            control, theirs = socket.socketpair()
            with contextlib.suppress(ConnectionError, EOFError):
                with theirs:
                    socket.send_fds(self.orders, [b"a copy"], [theirs.fileno()])
                inside.receive(control)
                return control
            control.close()
            self.orders = None
        raise NoSandbox(f"the process that imports TensorFlow ended: {self._said()}")

    def _said(self) -> str:
        lines = (Path(self.folder.name) / "said").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no reason"


def launch(connection: socket.socket, folder: str, isolation: str, *limits: str) -> subprocess.Popen:
    """Start what runs beside students' code, see `inside.main`."""
    command = [sys.executable, str(ROOT / "grader" / "inside.py"), str(connection.fileno()), *limits]
    command = sandbox.bubblewrap(command) if isolation == "bubblewrap" else command
    with (Path(folder) / "said").open("w") as said:
        return subprocess.Popen(
            command,
            pass_fds=[connection.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment(folder if isolation == "unsafe" else "/tmp"),
            start_new_session=True,
        )


class Child:
    """One submission's processes, seen from outside. seconds: what its code has taken so far."""

    def __init__(self, connection: socket.socket, process: subprocess.Popen | None, limits: Limits, isolation: str):
        self.connection, self.process, self.limits, self.isolation = connection, process, limits, isolation
        self.seconds = 0.0
        try:
            first = inside.receive(connection)
        except (EOFError, ConnectionResetError):
            raise NoSandbox("the sandbox did not start") from None
        if "no sandbox" in first:
            raise NoSandbox(first["no sandbox"])
        self.pid = process.pid if process else first["pid"]
        try:
            self.first = os.pidfd_open(self.pid)  # the number may be another process's once this one has ended
        except ProcessLookupError:
            raise NoSandbox("the sandbox ended as it started") from None

    def begin(self, message: dict) -> None:
        """Send the first message, before any of the student's code runs. Raises NoSandbox if none can."""
        try:
            answer = self.ask(message, self.limits.step)
        except Stopped as stop:
            raise NoSandbox(f"what runs beside students' code {stop}") from None
        if "no sandbox" in answer:
            raise NoSandbox(answer["no sandbox"])

    def ask(self, message: dict, seconds: float) -> dict:
        """The answer to a message. Raises Stopped if none comes within what `seconds` allow."""
        begun, delay, cpu = time.monotonic(), None, None
        late = 0.0

        def exactly(connection: socket.socket, length: int) -> bytes:
            nonlocal delay, cpu, late
            parts, missing = [], length
            while missing:
                if not select.select([connection], [], [], WAIT)[0]:
                    seen = look(self.pid)
                    delay, cpu = delay if delay is not None else seen.delay, cpu if cpu is not None else seen.cpu
                    late = max(late, seen.delay - delay)
                    if seen.processes > self.limits.processes:
                        raise Stopped(f"started more than {self.limits.processes} processes")
                    if seen.memory > self.limits.memory and held(self.pid) > self.limits.memory:
                        raise Stopped(f"took more than {self.limits.memory / 2**30:.0f} GB of memory")
                    if time.monotonic() - begun - late > seconds or seen.cpu - cpu > 2 * seconds:
                        raise Stopped(f"ran for more than {seconds:.0f} seconds")
                    continue
                part = connection.recv(min(missing, 2**20))
                if not part:
                    raise EOFError
                parts.append(part)
                missing -= len(part)
            return b"".join(parts)

        try:
            with contextlib.suppress(BrokenPipeError):
                inside.send(self.connection, message)
            return inside.receive(self.connection, exactly)
        except (ValueError, RecursionError):
            return {"failed": "what came back cannot be read"}
        except (ConnectionResetError, EOFError):
            raise Stopped("ended Python, or was ended for what it took") from None
        finally:
            self.seconds += time.monotonic() - begun - late

    def end(self) -> None:
        """End all processes of the submission."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        elif self.isolation == "namespaces":  # who is killed leaves no account of its time, so it may leave by itself
            if not select.select([self.first], [], [], LEAVE)[0]:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self.first, signal.SIGKILL)
                select.select([self.first], [], [], GONE)  # until then their memory is in use
        else:
            for pid in descendants(self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        os.close(self.first)


@dataclass
class Seen:
    """What a group of processes has taken: seconds of the processor, seconds of waiting for it, and at most so many
    bytes of memory; forked processes share what neither has changed."""

    processes: int = 0

    memory: int = 0
    cpu: float = 0.0
    delay: float = 0.0


def look(pid: int) -> Seen:
    """What a process and its descendants have taken. The delay is that of the thread that waited longest."""
    seen = Seen()
    page, tick = os.sysconf("SC_PAGESIZE"), os.sysconf("SC_CLK_TCK")
    for one in descendants(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            size = Path(f"/proc/{one}/statm").read_text().split()
            seen.processes += 1
            seen.memory += (int(size[1]) - int(size[2])) * page
            times = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            seen.cpu += sum(map(int, times[11:15])) / tick
            for thread in Path(f"/proc/{one}/task").iterdir():
                seen.delay = max(seen.delay, int((thread / "schedstat").read_text().split()[1]) / 1e9)
    return seen


def held(pid: int) -> int:
    """The bytes of memory that a process and its descendants hold, what they share counted once."""
    total = 0
    for one in descendants(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            said = re.search(r"^Pss_Anon: +(\d+) kB", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)
            total += 1024 * int(said[1]) if said else 0
    return total


def descendants(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def stopping(status: str, reason: str) -> str:
    """The records of an exercise whose probe did not run: one that says why."""
    return plain.encode([{"status": status, "reason": reason}])


def environment(folder: str) -> dict[str, str]:
    """What students' code finds in its environment: nothing of the instructor's or of the machine."""
    one_thread = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    own = ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME", "COURSE_CACHE")
    return {
        **dict.fromkeys(one_thread, "1"),
        **dict.fromkeys(own, folder),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "COURSE_PROFILE": "ci",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def lacking(found: Found) -> set[str]:
    """The exercises that failed for a name or file that was not there."""

    def lacks(text: str) -> bool:
        with contextlib.suppress(plain.Unusable):
            records = plain.decode(text)
            last = records[-1] if isinstance(records, list) and records else None
            reason = last.get("reason") if isinstance(last, dict) else None
            return isinstance(reason, str) and MISSING.match(reason) is not None
        return False

    return {name for name, text in found.records.items() if lacks(text)}
