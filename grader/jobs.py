"""Hands jobs to whoever works: this process, processes on this machine's cores, or a Dask cluster.

A job and its result are plain data (`work.do`): a worker needs a copy of the course, and nothing of the class.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from grader import probing, work
from grader.work import NOT_GRADABLE, GradingError

AHEAD = 2  # jobs for each worker that are on their way at the same time
TRIES = 3  # how often a job may end the process that does it; Dask's own limit is the same
ENDED = {"state": NOT_GRADABLE, "why": "The process that grades it ended each time."}


def results(
    keys: list[Hashable],
    job: Callable[[Hashable], dict],
    workers: int,
    unsafe: bool,
    scheduler: str,
    say: Callable[[str], None],
) -> Iterator[tuple[Hashable, dict]]:
    """The keys with the results of their jobs, as they come. A job is made when its turn comes.

    scheduler: a Dask scheduler's address; without one this machine works, with so many `workers`. Raises GradingError
    where nobody can work.
    """
    if not keys:
        return
    if scheduler:
        found = _on_a_cluster(keys, job, scheduler)
    elif workers > 1:
        found = _on_this_machine(keys, job, workers, unsafe)
    else:
        found = ((key, work.do(job(key))) for key in keys)
    begun = time.monotonic()
    with contextlib.closing(found):
        for done, pair in enumerate(found, 1):
            yield pair
            _progress(done, len(keys), time.monotonic() - begun, say)


def _progress(done: int, total: int, taken: float, say: Callable[[str], None]) -> None:
    """Say now and then how many are done, and how long the others will take at this pace."""
    left = taken / done * (total - done)
    if done == total:
        say(f"{done} of {total} graded in {taken:.0f} s")
    elif sys.stderr.isatty() or done % max(1, total // 10) == 0:
        say(f"{done} of {total} graded, about {f'{left / 60:.0f} min' if left > 90 else f'{left:.0f} s'} left")


def _on_this_machine(keys: list, job: Callable, workers: int, unsafe: bool) -> Iterator[tuple]:
    """By processes of this machine. Where one ends, new ones go on; the jobs that were on their way come last, each
    alone, so that the one at fault takes no other with it."""
    waiting, suspects, tries = list(keys), [], dict.fromkeys(keys, 0)
    with probing.shared(unsafe) as orders:
        while waiting or suspects:
            turn, at_once = (waiting, workers) if waiting else ([suspects.pop(0)], 1)
            running: dict = {}
            with ProcessPoolExecutor(at_once, get_context("spawn"), work.begin, (orders,)) as pool:
                try:
                    yield from _handed_out(pool, work.do, job, turn, running, lambda: at_once)  # noqa: B023 - runs now
                except BrokenProcessPool:
                    for key in running.values():
                        tries[key] += 1
                        if tries[key] < TRIES:
                            suspects.append(key)
                        else:
                            yield key, ENDED


def _on_a_cluster(keys: list, job: Callable, address: str) -> Iterator[tuple]:
    """By the workers of a Dask cluster; Dask hands a job to another one where a worker has ended."""
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError:
        raise GradingError("A scheduler needs Dask, which is not installed: `pip install distributed`.") from None
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise GradingError(f"There is no Dask scheduler at {address}: {error}") from None

    def do(job: dict) -> dict:  # goes over by its code, so that the scheduler needs no copy of the course
        from grader import work

        return work.do(job)

    with client:
        try:
            pool = client.get_executor()
            yield from _handed_out(pool, do, job, list(keys), {}, lambda: len(client.nthreads()), KilledWorker)
        except CancelledError:
            raise GradingError(f"The scheduler at {address} is gone: start it and give the command again.") from None


def _handed_out(
    pool: Executor,
    do: Callable[[dict], dict],
    job: Callable[[Hashable], dict],
    waiting: list,
    running: dict,
    workers: Callable[[], int],
    ended: type | tuple = (),
) -> Iterator[tuple]:
    """Hand out the jobs of the keys in `waiting`; those on their way are in `running`: future -> key.

    ended: what is raised for a job that ended its worker each time.
    """
    while waiting or running:
        most = AHEAD * max(1, workers())
        while waiting and len(running) < most:
            running[pool.submit(do, job(waiting[0]))] = waiting[0]
            del waiting[0]
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            try:
                result = future.result()
            except ended:
                result = ENDED
            yield running.pop(future), result
