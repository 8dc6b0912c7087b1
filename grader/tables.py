"""Tables that people open in spreadsheets: text stays text, and what a spreadsheet saved can be read again."""

import csv
import io
from pathlib import Path

from grader import store


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a table, whatever separates its columns and however its letters are written; empty without a file."""
    if not file.exists():
        return []
    raw = file.read_bytes()
    for encoding in ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    head = text.partition("\n")[0]
    if head.startswith("sep="):
        head, text = text.split("\n")[1], text.partition("\n")[2]
    separator = max(",;\t|", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    return [{(key or "").strip(): value or "" for key, value in row.items() if key is not None} for row in rows]


def write(file: Path, rows: list[dict], columns: list[str]) -> None:
    """Write a table; columns that only some rows have come last."""
    more = [key for row in rows for key in row if key not in columns]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, [*columns, *dict.fromkeys(more)], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    store.write(file, table.getvalue())


def harmless(value):
    """What a spreadsheet would run as a formula, as text; numbers as they are."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(value):
        return f"'{value}"
    return f"{value:g}" if isinstance(value, float) else value


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
