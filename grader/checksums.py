"""`python -m grader.checksums`: write the SHA-256 of every shipped data file into the table of data/README.md."""

import hashlib
import re

from grader.source import ROOT

DATA = ROOT / "data"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` \|(?P<text>.*)\|[^|]*\|$", re.MULTILINE)


def table() -> dict[str, str]:
    """The table's files with the checksums that stand in it."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    return {row["file"]: row[0].split("|")[-2].strip() for row in ROW.finditer(text)}


def checksum(file: str) -> str:
    """SHA-256 of a file in data/, in hexadecimal."""
    return hashlib.sha256((DATA / file).read_bytes()).hexdigest()


def write(only: str = "") -> None:
    """Bring the table's last column up to date, or the row of one file."""
    readme = DATA / "README.md"
    text = readme.read_text(encoding="utf-8")

    def fresh(row: re.Match) -> str:
        if only not in ("", row["file"]):
            return row[0]
        return f"| `{row['file']}` |{row['text']}| {checksum(row['file'])} |"

    readme.write_text(ROW.sub(fresh, text), encoding="utf-8")


if __name__ == "__main__":
    write()
