"""`python -m helpers doctor` looks for what could go wrong; `python -m helpers fetch` prepares for offline work.

Only the standard library is imported at the top: the doctor must run where the course is not installed yet.
"""

import functools
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers import profile
from helpers.messages import CourseError, DataError

ENVIRONMENT = Path(__file__).resolve().parents[2] / "environment.yml"  # in the student edition, too
OLDEST_PYTHON = (3, 11)
MEMORY = 2.0  # gigabytes
GIGABYTES = 1.0  # CIFAR-10 twice, as an archive and unpacked, and room to work
INSTALL = "in the course's folder: conda env create -f environment.yml (or make venv)"
IMPORTED = ("keras", "tensorflow", "numpy", "scipy", "sklearn", "matplotlib", "pandas", "seaborn", "PIL", "skimage")
OK, HINT, FAULT = "✓ ok", "! hint", "✗ fault"
DEVICES = """
import tensorflow as tf
for gpu in tf.config.list_physical_devices("GPU"):
    print("GPU:", tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the report: a mark (OK, HINT or FAULT), what it is about, what was found, and how to mend it."""

    mark: str
    about: str
    says: str
    fix: str = ""

    def __str__(self) -> str:
        fix = f"\n{'':<24} → {self.fix}" if self.fix else ""
        return f"{self.mark:<8} {self.about:<15} {self.says}{fix}"


def doctor() -> int:
    """Print what was found, with a fix under each fault; 1 if something is broken, else 0."""
    marks = []
    for finding in examine():
        print(finding, flush=True)
        marks.append(finding.mark)
    print(f"\nFaults: {marks.count(FAULT)}, hints: {marks.count(HINT)}.")
    return 1 if FAULT in marks else 0


def fetch() -> int:
    """Verify each data set that is here and download what is missing, ResNet50 too; 1 if not all is here, else 0."""
    from helpers import pretrained
    from helpers.datasets import KINDS

    wanted = {kind.title: functools.partial(fetched, name) for name, kind in KINDS.items()}
    wanted["ResNet50"] = lambda: f"ImageNet weights, {pretrained.fetched()[0]}"
    status = 0
    for title, get in wanted.items():
        try:
            print(Finding(OK, title, get()), flush=True)
        except CourseError as error:
            print(Finding(FAULT, title, str(error), "python -m helpers fetch goes on where it stopped"))
            status = 1
    return status


def fetched(name: str) -> str:
    """Where the real data set now is, in words. Raises CourseError if it cannot be had."""
    from helpers.datasets import cache_folder, download, locate, read

    path = locate(name) or download(name)
    try:
        return read(name, path).source
    except DataError:
        if path.parent != cache_folder():  # a file in COURSE_DATA is its owner's to replace
            raise
        return read(name, download(name)).source


def examine() -> Iterator[Finding]:
    """Everything the doctor looks at; what uses the packages only when all of them are in order."""
    yield python()
    found = list(packages())
    yield from found
    yield run_profile()
    yield writable("current folder", Path.cwd(), "start Jupyter in a folder of your own")
    yield from shadows(Path.cwd())
    if any(finding.mark == FAULT for finding in found):
        yield Finding(HINT, "GPU, data", "are looked at when the packages are in order")
        return
    from helpers import datasets

    yield writable("cache", datasets.cache_folder(), "set COURSE_CACHE to a folder that you may write to")
    yield memory()
    yield kernel()
    yield gpu()
    yield from map(data_set, datasets.KINDS)
    yield network()


def python() -> Finding:
    found = "{}.{}.{}".format(*sys.version_info)
    if sys.version_info < OLDEST_PYTHON:
        return Finding(FAULT, "Python", f"{found} is too old, 3.11 is needed", INSTALL)
    return Finding(OK, "Python", found)


def packages() -> Iterator[Finding]:
    """Each dependency in environment.yml, with the version that is installed."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        yield Finding(FAULT, "packages", "the course is not installed in this Python", INSTALL)
        return
    for line in re.findall(r"^ +- ([^#\s]*[<>=][^#\s]*)", ENVIRONMENT.read_text(encoding="utf-8"), re.MULTILINE):
        needed = Requirement(line)
        if needed.name == "python":
            continue
        try:
            found = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(FAULT, needed.name, "is missing", f'pip install "{line}"')
            continue
        if needed.specifier.contains(found, prereleases=True):
            yield Finding(OK, needed.name, found)
        else:
            yield Finding(FAULT, needed.name, f"{found} is not {needed.specifier}", f'pip install "{line}"')


def run_profile() -> Finding:
    try:
        return Finding(OK, "profile", profile.current() + (", offline" if profile.offline() else ""))
    except CourseError as error:
        return Finding(FAULT, "profile", str(error), "correct or unset COURSE_PROFILE")


def shadows(folder: Path) -> Iterator[Finding]:
    """Files and folders beside a notebook that Python would take for one of the packages that the labs import."""
    for name in IMPORTED:
        for path in (folder / f"{name}.py", folder / name / "__init__.py"):
            if path.exists():
                says = f"{path} stands in the way of the package of that name"
                yield Finding(FAULT, "current folder", says, "give it another name, then restart the kernel")


def writable(about: str, folder: Path, fix: str) -> Finding:
    """Whether a file can be made in `folder`, which is made if need be, and how much room there is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return Finding(FAULT, about, f"{folder} cannot be written to: {error.strerror}", fix)
    free = shutil.disk_usage(folder).free / 1e9
    says = f"{folder} can be written to, {free:.1f} GB free"
    return Finding(OK, about, says) if free > GIGABYTES else Finding(HINT, about, says, "free some disk space")


def memory() -> Finding:
    """How much is free: a lab with real photographs takes about 3 GB."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if free > MEMORY:
        return Finding(OK, "memory", f"{free:.1f} GB free")
    fix = (
        "shut kernels down that you no longer need: a closed tab's kernel goes on (JupyterLab, the square on the left)"
    )
    return Finding(HINT, "memory", f"only {free:.1f} GB free; the kernel may die", fix)


def kernel() -> Finding:
    """Whether notebooks run in this Python, or in that of another kernel of the same name."""
    from jupyter_client.kernelspec import KernelSpecManager

    program = Path(KernelSpecManager().get_kernel_spec("python3").argv[0])
    if program.is_absolute() and program != Path(sys.executable):
        says = f"notebooks run in {program}, not in {sys.executable}"
        return Finding(HINT, "kernel", says, "jupyter kernelspec remove python3, if that one is not wanted")
    return Finding(OK, "kernel", "notebooks run in this Python")


def gpu() -> Finding:
    """What TensorFlow sees, asked in a process of its own: it is noisy, and where it does not fit it crashes."""
    asked = subprocess.run([sys.executable, "-c", DEVICES], capture_output=True, text=True)
    if asked.returncode:
        last = asked.stderr.strip().rpartition("\n")[2] or f"exit status {asked.returncode}"
        return Finding(FAULT, "GPU", f"TensorFlow does not start: {last}", "pip install --force-reinstall tensorflow")
    names = [line[5:] for line in asked.stdout.splitlines() if line.startswith("GPU: ")]
    if names:
        return Finding(OK, "GPU", ", ".join(names))
    fix = 'on Colab, choose a GPU runtime; on Linux, pip install "tensorflow[and-cuda]"'
    return Finding(HINT, "GPU", "TensorFlow sees none; every lab runs on the CPU, too", fix)


def data_set(name: str) -> Finding:
    """Real, or a stand-in, or broken."""
    from helpers.datasets import KINDS, locate, read, stand_in

    title = KINDS[name].title
    try:
        if path := locate(name):
            return Finding(OK, title, read(name, path).source)
        return Finding(HINT, title, stand_in(name).source, "python -m helpers fetch")
    except CourseError as error:
        return Finding(FAULT, title, str(error))


def network() -> Finding:
    """ResNet50's weights, or the network that stands in for it."""
    from helpers import pretrained
    from helpers.datasets import locate_file

    try:
        missing = [name for name in pretrained.SOURCES if locate_file(name) is None]
    except CourseError as error:
        return Finding(FAULT, "ResNet50", str(error))
    if missing:
        stand_in = "EfficientNet-Lite0, with ImageNet weights, stands in for ResNet50"
        return Finding(HINT, "ResNet50", stand_in, "python -m helpers fetch")
    return Finding(OK, "ResNet50", f"ImageNet weights, {locate_file(pretrained.WEIGHTS)}")
