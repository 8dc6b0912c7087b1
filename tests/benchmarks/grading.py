"""The same class graded by plain `nbgrader autograde` and by our grader: points, seconds, seconds of the processors.

    python -m tests.benchmarks.grading [--students 32] [--nbgrader 4] [--sizes 8 32 128] [LAB ...]

Three students of four hand in the solution, the fourth the untouched release. nbgrader grades only the first few, since
it takes the same for each. Both give the same points for these, or the benchmark fails. Two ratios to nbgrader, for one
student: that of the seconds by the clock, where all cores count, and that of the seconds of the processor, which other
programs on the machine change least.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from grader.source import ROOT


def write_class(root: Path, lab: str, students: int) -> None:
    """A course of one lab, and what `students` students hand in for it. No two notebooks are the same bytes."""
    for room in ("solutions", "notebooks"):
        shutil.copytree(ROOT / room / lab, root / room / lab)
    for name in ("helpers", "checks", "data"):
        (root / name).symlink_to(ROOT / name)
    hand_in(root, lab, range(students))


def hand_in(root: Path, lab: str, numbers: range) -> None:
    """Students number so and so hand in."""
    for k in numbers:
        room = root / ("notebooks" if k % 4 == 3 else "solutions")
        folder = root / "submitted" / f"student{k:04}" / lab
        folder.mkdir(parents=True)
        raw = (room / lab / f"{lab}.ipynb").read_text(encoding="utf-8")
        (folder / f"{lab}.ipynb").write_text(raw + "\n" * k, encoding="utf-8")


def spent() -> float:
    """Seconds of the processor that this process and all that it has waited for have taken."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Watch:
    """Seconds by the clock, and of the processor."""

    def __enter__(self) -> "Watch":
        self.begun, self.before = time.monotonic(), spent()
        return self

    def __exit__(self, *_) -> None:
        self.seconds, self.cpu = time.monotonic() - self.begun, spent() - self.before


def points(root: Path, lab: str) -> dict[tuple[str, str], float | None]:
    """(student, cell) -> what the machine gave."""
    from grader import book

    with book.opened(root) as gradebook:
        return {(mark.student, mark.cell): mark.auto for mark in book.marks(gradebook, lab)}


def ours(root: Path, lab: str) -> Watch:
    """Grade what is new with our grader."""
    from grader import grade as grading

    with Watch() as watch:
        grading.grade([lab], grading.Settings(root, say=lambda line: None))
    return watch


def main() -> None:
    # Here, and not above: worker processes import this file, and need nothing of nbgrader.
    from nbgrader.converters import Autograde

    from grader import book
    from grader.release import convert, generate

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lab", nargs="*", default=["01_convolution_basics", "07_mnist_callback"])
    options.add_argument("--students", type=int, default=32)
    options.add_argument("--nbgrader", type=int, default=4, help="students that nbgrader grades")
    options.add_argument("--sizes", type=int, nargs="*", default=[], help="more classes, graded by ours alone")
    chosen = options.parse_args()
    print(f"{'lab':24} {'grader':10} {'students':>8} {'seconds':>8} {'ratio':>6} {'CPU s':>8} {'ratio':>6}")

    def row(lab: str, name: str, students: int, watch: Watch, theirs: Watch | None = None) -> None:
        share = students / chosen.nbgrader
        ratios = [theirs.seconds * share / watch.seconds, theirs.cpu * share / watch.cpu] if theirs else []
        by_clock, of_cpu = [f"{ratio:6.1f}" for ratio in ratios] or [" " * 6, ""]
        print(f"{lab:24} {name:10} {students:8} {watch.seconds:8.1f} {by_clock} {watch.cpu:8.1f} {of_cpu}", flush=True)

    for lab in chosen.lab:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write_class(root, lab, chosen.nbgrader)
            generate(root, [lab], root / "release", book.address(root))
            with Watch() as theirs:
                convert(Autograde, root, lab, book.address(root))
            row(lab, "nbgrader", chosen.nbgrader, theirs)
            by_nbgrader = points(root, lab)
        for students in [chosen.students, *chosen.sizes]:
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                write_class(root, lab, students)
                graded = ours(root, lab)
                row(lab, "ours", students, graded, theirs)
                mine = points(root, lab)
                unlike = [key for key, given in by_nbgrader.items() if mine.get(key) != given]
                if unlike:
                    sys.exit(f"Not the same points: {unlike}")
                row(lab, "unchanged", students, ours(root, lab))
                for file in (root / "graded").glob(f"*/{lab}.json"):  # as after a mended check
                    file.write_text(file.read_text().replace('"judged": "', '"judged": "mended '))
                judged = ours(root, lab)
                row(lab, "regraded", students, judged)
                work, write = (10_000 * watch.cpu / students / 60 for watch in (graded, judged))
                print(f"  10,000 students: {work / 64:.0f} min on 64 cores, {write:.0f} min of one process that writes")


if __name__ == "__main__":
    main()
