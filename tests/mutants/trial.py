"""A mutant before its exercise's check. It may hang, grow or end the program, so each has a process of its own.

A process that imported TensorFlow and ran no operation forks safely and at once: so the imports are paid for once, and
each mutant starts from the same state.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess

FORK = multiprocessing.get_context("fork")
MEMORY = 8 * 2**30  # bytes
TOO_LONG, ENDED = "took too long", "ended its process"


@dataclass
class Result:
    """What became of a trial: what its function returned, or TOO_LONG, or ENDED; and its CPU time, where known."""

    status: str
    seconds: float = 0.0


@dataclass
class Trial:
    """A trial that is running."""

    number: int
    process: BaseProcess
    deadline: float


def results(trials: Sequence[Callable[[], str]], seconds: int, workers: int) -> Iterator[tuple[int, Result]]:
    """Call each function in a process of its own; yields its number and its result, in the order they end.

    seconds: of CPU time, after which a process is killed. One that sleeps gets four times as long by the clock, for
    the machine may be busy with other things.
    """
    waiting = deque(enumerate(trials))
    running: dict[connection.Connection, Trial] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            receiver, trial = begin(*waiting.popleft(), seconds)
            running[receiver] = trial
        ready = connection.wait(list(running), timeout=0.2)
        for receiver, trial in list(running.items()):
            if receiver in ready or time.monotonic() > trial.deadline:
                del running[receiver]
                yield trial.number, end(receiver, trial)


def begin(number: int, function: Callable[[], str], seconds: int) -> tuple[connection.Connection, Trial]:
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=work, args=(sender, function, seconds), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12: TensorFlow has started idle threads
        process.start()
    sender.close()
    return receiver, Trial(number, process, time.monotonic() + 4 * seconds)


def end(receiver: connection.Connection, trial: Trial) -> Result:
    late, result = not receiver.poll(), None
    with contextlib.suppress(EOFError):
        result = None if late else Result(*receiver.recv())
    trial.process.kill()
    trial.process.join()
    receiver.close()
    return result or Result(TOO_LONG if late or trial.process.exitcode == -signal.SIGXCPU else ENDED)


def work(sender: connection.Connection, function: Callable[[], str], seconds: int) -> None:
    """Runs in the process of its own: nothing that it prints is seen."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sender.send((function(), time.process_time()))
