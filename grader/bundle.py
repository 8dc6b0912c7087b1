"""`make bundle`: write dist/cnn-course-student-<version>.zip, all a student needs and no answers."""

import tempfile
import tomllib
import zipfile
from pathlib import Path

from grader import source
from grader.release import generate
from grader.source import ROOT

FOLDERS = ("helpers", "checks", "data")
UNWANTED = {"__pycache__", ".ipynb_checkpoints", ".virtual_documents"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content is the same archive, whenever it is made


def main() -> None:
    target = bundle(ROOT / "dist")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")


def bundle(folder: Path) -> Path:
    """Write the student edition into `folder`; returns the archive's path."""
    name = f"cnn-course-student-{_project()['version']}"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        for inside, content in sorted(contents().items()):
            entry = zipfile.ZipInfo(f"{name}/{inside}", EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return folder / f"{name}.zip"


def contents() -> dict[str, bytes]:
    """What the student edition holds: the path in the archive -> the file's bytes.

    The notebooks are generated anew: those in notebooks/ may hold what an instructor tried.
    """
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files if not unwanted(path)}
    with tempfile.TemporaryDirectory() as folder:
        generate(ROOT, source.labs(), Path(folder))
        for path in Path(folder).rglob("*.ipynb"):
            found[f"notebooks/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    readme = (ROOT / "grader" / "student_readme.md").read_text(encoding="utf-8")
    return found | {
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "environment.yml": (ROOT / "environment.yml").read_bytes(),
        "requirements.txt": (ROOT / "requirements.lock").read_bytes(),
        "README.md": readme.replace("{labs}", "\n".join(_titles())).encode(),
    }


def unwanted(path: Path) -> bool:
    """True for what Python and Jupyter leave beside their files, and for what made the data: it needs the solutions."""
    return not UNWANTED.isdisjoint(path.parts) or (path.suffix == ".py" and path.parent == ROOT / "data")


def _titles() -> list[str]:
    """The labs and the title in each one's first cell, as a list in Markdown."""
    first = {lab: source.notebook(lab).cells[0].source.partition("\n")[0] for lab in source.labs()}
    return [f"- `{lab}`: {title.lstrip('# ')}" for lab, title in first.items()]


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


if __name__ == "__main__":
    main()
