"""Attacks on the grader, one readable file each, and the small class that they are tried on.

code/NAME.py stands at the top of a student's first exercise cell; files/NAME.py hands something in, `hand_in(folder,
notebook)`. Whatever else is asked is answered wrongly, so that each point would be undeserved. A line `# state: ...`
says what the grader should call the submission, "graded" unless said.
"""

import functools
import importlib.util
import json
import re
import shutil
import tempfile
from pathlib import Path

from grader import grade as grading
from grader import judging, source
from grader.probing import Limits
from grader.release import generate, serialised

HERE = Path(__file__).parent
LAB = "01_convolution_basics"
KEPT = ("correlate_valid", "max_pool", "conv_parameters", "output_size")  # of the lab's exercises
WRONG = {
    "correlate_valid": "def correlate_valid(image, kernel):\n    return 0\n",
    "max_pool": "def max_pool(x, size):\n    return 0\n",
    "conv_parameters": "def conv_parameters(kernel_height, kernel_width, channels, filters):\n    return 0\n",
    "output_size": "def output_size(n, kernel, padding=0, stride=1):\n    return 0\n",
}
SECRET = "0" * 32
PLACE = "[2025] a%2Fb ü"  # a folder's name that nbgrader and the gradebook's address could stumble over
LIMITS = Limits(step=2, notebook=5, memory=2**30)
# One attack for each kind of defence: these run with every test run, all of them with `make test-grading`.
ONE_OF_EACH_KIND = {
    "code": [
        *("numpy_replaced", "frames", "secret_from_disk", "detached_writer", "memorised", "lying_array"),
        *("records_forged_on_every_handle", "parents_killed", "sleeping", "script_in_output"),
        *("memory_of_nobody", "half_a_surrogate_pair"),
    ],
    "files": ["test_cells_changed", "modules_that_take_names", "link_to_the_solution"],
}


@functools.cache
def _template() -> tempfile.TemporaryDirectory:
    """A course of one lab, some exercises of lab 01 and a written question, released and known to the gradebook."""
    folder = tempfile.TemporaryDirectory(prefix="course-")
    root = Path(folder.name) / PLACE
    whole = source.notebook(LAB)
    about = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in whole.cells]
    wanted = [k for k, name in enumerate(about) if name.removeprefix("test_") in KEPT or name == "written_valid"]
    question = about.index("written_valid") - 1
    imports = next(k for k, cell in enumerate(whole.cells) if "import numpy" in cell.source)
    setup = next(k for k, cell in enumerate(whole.cells) if "setup" in source.tags(cell))
    constants = [k for k, cell in enumerate(whole.cells) if cell.source.startswith("KERNELS = ")]
    whole.cells = [whole.cells[k] for k in sorted({0, imports, setup, question, *constants, *wanted})]
    path = source.path(LAB, ".py", root)
    path.parent.mkdir(parents=True)
    path.write_text(source.text(whole), encoding="utf-8")
    source.path(LAB, ".ipynb", root).write_text(serialised(source.notebook(LAB, root)), encoding="utf-8")
    generate(root, [LAB], root / "notebooks")
    (root / judging.SECRET).write_text(SECRET)
    (root / "submitted" / "nobody" / LAB).mkdir(parents=True)
    graded(root)  # so that the gradebook knows the lab
    shutil.rmtree(root / "submitted")
    (root / "grades.csv").unlink()
    return folder


def write_course(root: Path) -> Path:
    """Write the small course into a folder, and the class's secret; returns the folder."""
    shutil.copytree(Path(_template().name) / PLACE, root, dirs_exist_ok=True)
    return root


def release(root: Path) -> dict:
    """The notebook that students get."""
    return json.loads((root / "notebooks" / LAB / f"{LAB}.ipynb").read_text(encoding="utf-8"))


def solved(root: Path) -> dict:
    """The notebook of a student who has solved everything."""
    notebook = release(root)
    answers = {one.name: one.cell.source for one in source.exercises(source.notebook(LAB))}
    fill(notebook, answers)
    return notebook


def wrong(root: Path) -> dict:
    """The notebook of one who has solved nothing, and has written something everywhere."""
    notebook = release(root)
    fill(notebook, {name: f"# EXERCISE {name} (1)\n{code}" for name, code in WRONG.items()})
    return notebook


def cell(notebook: dict, grade_id: str) -> dict:
    """A cell of a notebook, by its grade_id."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def fill(notebook: dict, answers: dict[str, str]) -> None:
    """Write answers into a notebook's exercise cells."""
    for one in notebook["cells"]:
        name = one["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            one["source"] = answers[name]


def folder_of(root: Path, student: str) -> Path:
    """Where a student's work is handed in; made."""
    folder = root / "submitted" / student / LAB
    folder.mkdir(parents=True)
    return folder


def submit(root: Path, student: str, notebook: dict | str | bytes, name: str = f"{LAB}.ipynb") -> Path:
    """Hand in a notebook; returns its folder."""
    folder = folder_of(root, student)
    raw = json.dumps(notebook).encode() if isinstance(notebook, dict) else notebook
    (folder / name).write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return folder


def attacks(kind: str) -> list[str]:
    """The names of the attacks in code/ or files/."""
    return sorted(path.stem for path in (HERE / kind).glob("*.py"))


def expected(kind: str, name: str) -> str:
    """The state that an attack's file names."""
    said = re.search(r"^# state: (.*)$", (HERE / kind / f"{name}.py").read_text(encoding="utf-8"), re.MULTILINE)
    return said[1] if said else "graded"


def hand_in_code(root: Path, student: str, name: str) -> None:
    """Hand in an attack of code/."""
    code = (HERE / "code" / f"{name}.py").read_text(encoding="utf-8")
    code += "" if "def correlate_valid" in code else f"\n\n{WRONG['correlate_valid']}"
    notebook = wrong(root)
    fill(notebook, {"correlate_valid": f"# EXERCISE correlate_valid (2)\n{code}"})
    submit(root, student, notebook)


def hand_in_files(root: Path, student: str, name: str) -> None:
    """Hand in an attack of files/."""
    spec = importlib.util.spec_from_file_location(name, HERE / "files" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.hand_in(folder_of(root, student), wrong(root))


def graded(root: Path, workers: int = 1, limits: Limits = LIMITS) -> dict[str, dict]:
    """Grade the class; student -> row."""
    settings = grading.Settings(root, workers, limits, say=lambda line: None)
    rows = grading.grade([LAB], settings)
    grading.save(root, rows, [LAB])
    return {row["student"]: row for row in rows}
