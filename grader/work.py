"""The unit of work: one submission in, one result out, both plain data. Any worker process can do it, on any machine.

A job: {"lab", "release": its notebook's text, "course": the fingerprint of what runs and judges, "secret",
"files": name -> bytes, "limits", "unsafe"}. A result holds "state" and "why", and for what could be graded "records",
"outcomes", "answers", "written", "foreign" and "remarks"; "ours" says that nothing is wrong with the submission.
"""

import functools
import socket
import threading
import traceback
from pathlib import Path

from grader import judging, probing, reading, rebuild, sandbox
from grader.probing import Limits, Probing
from grader.reading import Unreadable
from grader.sandbox import NoSandbox

GRADED, PARTLY, NOT_GRADABLE, WAITING = "graded", "partly graded", "not gradable", "waiting for a hand"
ONE_AT_A_TIME = threading.Lock()  # whatever number of threads a worker has
orders: socket.socket | None = None  # of the process that all workers of this machine have copies of


class GradingError(Exception):
    """Grading cannot begin or go on; the message says why and what to do."""


def begin(shared: socket.socket | None) -> None:
    """Called first in a worker process of this machine: it ends with the one that started it."""
    global orders
    sandbox.die_with_parent()
    orders = shared


@functools.cache
def probing_process(unsafe: bool) -> Probing:
    """This worker's process that has imported TensorFlow. Raises NoSandbox."""
    return Probing("unsafe" if unsafe else None, orders)


def do(job: dict) -> dict:
    """Grade one submission. Raises NoSandbox where students' code cannot be isolated, GradingError on a machine that
    has another version of the course or of its libraries."""
    lab = rebuild.parsed(job["lab"], job["release"])
    if judging.code_that_grades(job["secret"], lab) != job["course"]:
        raise GradingError("A worker has another version of the course or of its libraries than this machine.")
    try:
        return _graded(job, lab)
    except Unreadable as problem:
        return {"state": NOT_GRADABLE, "why": str(problem)}
    except NoSandbox:
        raise
    except Exception as fault:  # noqa: BLE001 - a fault of ours, which must not stop the others' grades
        last = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{type(fault).__name__}: {fault}, in {Path(last.filename).name}, line {last.lineno}"
        why = f"the grader itself has a fault here ({judging.readable(where)}); once it is mended, `grade` tries again."
        return {"state": NOT_GRADABLE, "why": why, "ours": True}


def _graded(job: dict, lab: rebuild.Lab) -> dict:
    found = rebuild.rebuild(lab, reading.submission(job["files"], lab.name))
    with ONE_AT_A_TIME:
        records, cut, seconds = _records(job, lab, found)
    return {
        "state": PARTLY if cut else GRADED,
        "why": " ".join(f"{one}." for one in cut),
        "records": records,
        "cases": judging.cases(job["secret"], lab.name, lab.exercises),
        "outcomes": judging.judged(job["secret"], lab, records),
        "answers": found.sources,
        "written": found.written,
        "foreign": {str(place): [[c.kind, c.source] for c in cells] for place, cells in found.foreign.items()},
        "remarks": found.remarks,
        "seconds": round(seconds, 2),
    }


def _records(job: dict, lab: rebuild.Lab, found: rebuild.Rebuilt) -> tuple[dict[str, str], list[str], float]:
    """The records of the exercises; those that lacked a name in the short run come from one of the whole notebook."""
    limits, worker = Limits(**job["limits"]), probing_process(job["unsafe"])
    task = {
        "steps": rebuild.steps(lab, found),
        "modules": found.modules,
        "checks": lab.name.partition("_")[2],
        "probes": judging.probes(job["secret"], lab),
    }
    first = worker.probe(task, limits)
    lacking = probing.lacking(first)
    if not lacking:
        return first.records, first.cut, first.seconds
    second = worker.probe(task | {"steps": rebuild.steps(lab, found, whole=True)}, limits)
    records = first.records | {name: second.records[name] for name in lacking}
    return records, first.cut + [one for one in second.cut if one.split()[0] in lacking], first.seconds + second.seconds
