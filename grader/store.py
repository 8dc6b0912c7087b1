"""What is kept of each submission: graded/<student>/<lab>.json, and beside it the records, which are judged again.

A file is written whole or not at all. The small one is written last, when all else is done: what it does not say has
not happened.
"""

import json
import os
from pathlib import Path

writing = True  # not in a dry run


def write(file: Path, content: str | bytes) -> None:
    """Write a file whole: at any moment it holds the old content or the new. In a dry run nothing is written.

    Raises OSError, which names the file.
    """
    if not writing:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as handle:
            handle.write(content if isinstance(content, bytes) else content.encode())
            handle.flush()
            os.fsync(handle.fileno())
        unfinished.replace(file)
    except OSError as problem:  # nobody knows the other file's name
        raise OSError(problem.errno, problem.strerror, str(file)) from None


def write_json(file: Path, content: dict) -> None:
    """Write plain data whole."""
    write(file, json.dumps(content, ensure_ascii=False))


def read(file: Path) -> dict | None:
    """What `write` wrote as JSON; None if there is nothing."""
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def summary_file(course: Path, student: str, lab: str) -> Path:
    """State, fingerprints, outcomes."""
    return course / "graded" / student / f"{lab}.json"


def records_file(course: Path, student: str, lab: str) -> Path:
    """What a submission's probes said, and the student's cells."""
    return course / "graded" / student / f"{lab}.records.json"


def refusal_file(course: Path, student: str, lab: str) -> Path:
    """Why what was handed in last could not be graded."""
    return course / "graded" / student / f"{lab}.refused.json"
