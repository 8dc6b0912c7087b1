"""What came: the files of downloads one by one, with their time, and what a platform's names say of the sender.

A zip file of Moodle or Canvas, students' own zip files in it, a folder, loose notebooks. Nothing is believed of a name.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import reading
from grader.reading import LARGEST, LITTER, Unreadable

MOST_FILES = 100_000
MOODLE = re.compile(r"(?P<name>.+?)_(?P<lms>\d+)_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
# The last number is the file's on the platform, and is long: lab_1_2_final.ipynb is no name of Canvas'.
CANVAS = re.compile(r"(?P<name>[a-z]+)(_LATE)?_(?P<lms>\d+)_\d{3,}_(?P<file>.+)", re.IGNORECASE)
NO_DATE = (1980, 1, 1, 0, 0, 0)  # what a zip file says that knows no time


@dataclass
class Delivered:
    """A file that came. path: its name, of which nothing is believed. time: in UTC. why: why it cannot be read, if so.

    archive: the zip file it was in. loose: its time is that of a file on this disk, which copying changes.
    """

    path: PurePosixPath
    raw: bytes
    time: datetime.datetime | None
    why: str = ""
    archive: str = ""
    loose: bool = False


def everything(places: list[Path]) -> Iterator[tuple[Path, Delivered]]:
    for place in places:
        for file in _delivered(place):
            yield place, file


def _delivered(place: Path) -> Iterator[Delivered]:
    """The files of a zip file, of a folder and of zip files in it, or a file alone."""
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            inner = PurePosixPath(path.relative_to(place))
            if path.is_file() and not any(LITTER.fullmatch(part) for part in inner.parts):
                yield from _file(inner, path)
    else:
        yield from _file(PurePosixPath(place.name), place)


def _file(inner: PurePosixPath, path: Path) -> Iterator[Delivered]:
    try:
        raw = reading.content(path, 4_000_000_000 if path.suffix.lower() == ".zip" else LARGEST)
        time = changed(path)
    except (Unreadable, OSError) as problem:
        yield Delivered(inner, b"", None, str(problem))
        return
    if raw[:2] != b"PK":
        yield Delivered(inner, raw, time, loose=True)
    elif any(sender(part) for part in inner.parts):  # a student's own zip file in an unpacked download
        for one in _unpacked(_outside(inner), raw, str(inner), nested=True, sent=time):
            one.loose = True
            yield one
    else:
        yield from _unpacked(_outside(inner), raw, str(inner))


def _unpacked(
    outside: PurePosixPath,
    raw: bytes,
    name: str,
    nested: bool = False,
    sent: datetime.datetime | None = None,
) -> Iterator[Delivered]:
    """The files of a zip file, read one by one with a limit; their names are only names.

    nested: it is a student's own; its files came when it was `sent`, whatever the student's clock said.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()[:MOST_FILES]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield Delivered(PurePosixPath(name), b"", sent, f"The zip file is broken ({error}).")
        return
    for entry in entries:
        inner = outside / PurePosixPath(
            *(part for part in re.split(r"[/\\]", entry.filename) if part not in ("", ".", ".."))
        )
        if entry.is_dir() or any(LITTER.fullmatch(part) for part in inner.parts):
            continue
        time = sent if nested else _packed(entry)
        try:
            with archive.open(entry) as file:
                content = file.read(LARGEST + 1)
        except (zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError, OSError) as error:
            yield Delivered(inner, b"", time, f"It cannot be unpacked ({error}).")
            continue
        if len(content) > LARGEST:
            yield Delivered(inner, b"", time, f"It has more than {LARGEST / 1e6:.0f} MB: clear the outputs.")
        elif content[:2] == b"PK" and inner.suffix.lower() == ".zip" and not nested:
            yield from _unpacked(_outside(inner), content, str(inner), nested=True, sent=time)
        else:
            yield Delivered(inner, content, time, archive=name)


def _packed(entry: zipfile.ZipInfo) -> datetime.datetime | None:
    """When a zip file's entry was made, in UTC; None where it does not say."""
    try:
        here = datetime.datetime(*entry.date_time)  # a zip file knows no time zone
        return None if entry.date_time == NO_DATE else here.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def sender(part: str) -> re.Match | None:
    """What Moodle or Canvas says of the sender in a folder's or file's name."""
    return MOODLE.fullmatch(part) or CANVAS.fullmatch(part)


def _outside(archive: PurePosixPath) -> PurePosixPath:
    """The folder that a zip file's content lies in: the zip file itself, where its name says whose it is."""
    return archive if sender(archive.name) else archive.parent


def beside(path: PurePosixPath) -> tuple[str, str]:
    """What the files of one attempt share: the folder, and the sender where all students' files lie in one folder."""
    match = sender(path.name)
    return str(path.parent), match["lms"] if match else ""


def own_name(name: str) -> str:
    """A file's name before the platform changed it; Canvas numbers what is handed in again: mine-1.py."""
    match = sender(name)
    return re.sub(r"-\d+(?=\.py$)", "", match["file"] or "") if match else name


def changed(path: Path) -> datetime.datetime:
    """When a file was changed, in UTC, to the second."""
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).replace(tzinfo=None, microsecond=0)
