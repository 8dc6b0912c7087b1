"""`python -m grader COMMAND`: what an instructor does, from the release to the returned feedback."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from grader import source, store
from grader.sandbox import NoSandbox
from grader.source import ROOT, PipelineError
from grader.work import GradingError

PROBLEMS_LEFT = 3  # the exit code where all went well, but somebody's work could not be graded


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 done and something needs an eye."""
    options = parser().parse_args(arguments)
    options.course = options.course.resolve()
    store.writing = not options.dry_run
    try:
        if not source.labs(options.course):
            raise PipelineError(
                f"There is no course in {options.course}: --course names a folder with solutions/ in it."
            )
        return options.run(options) or 0
    except KeyboardInterrupt:
        print("\nStopped. What was graded is kept; the same command goes on from here.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except SyntaxError as problem:  # in a check that somebody is mending
        print(
            f"{problem.filename} is no Python: {problem.msg} in line {problem.lineno}. Mend it first.", file=sys.stderr
        )
        return 1
    except OSError as problem:
        said = f"{problem.filename}: {problem.strerror}." if problem.filename else str(problem)
        print(said, file=sys.stderr)
        return 1
    except (PipelineError, NoSandbox, GradingError) as problem:
        print(str(problem) or type(problem).__name__, file=sys.stderr)
        return 1
    finally:
        store.writing = True


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser("python -m grader", description=__doc__)
    top.add_argument("--course", type=Path, default=ROOT, help="the course's folder (this one)")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable, says: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=says, description=says)
        one.set_defaults(run=run)
        one.add_argument("--dry-run", action="store_true", help="only say what would be done")
        return one

    one = command("release", release, "generate notebooks/ for the students, and the class's secret")
    one.add_argument("lab", nargs="*", help="labs; all of them unless said")
    one = command("grade", grade, "grade what was handed in and is new; writes grades.csv")
    one.add_argument("lab", nargs="*", help="labs; all of them unless said")
    one.add_argument("--workers", type=int, metavar="N", help="processes that grade at the same time (one per core)")
    one.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster whose workers grade: tcp://…"
    )
    one.add_argument("--unsafe", action="store_true", help="run students' code with your rights, without a sandbox")
    one = command("collect", collect, "sort downloads (zip files, folders, notebooks) into submitted/<student>/<lab>/")
    one.add_argument("place", nargs="+", type=Path, help="zip file, folder or notebook")
    one = command("regrade", regrade, "judge the kept records again, after a check was mended; no student's code runs")
    one.add_argument("lab", nargs="?", help="the lab; all of them unless said")
    one.add_argument("exercise", nargs="?", help="the exercise; all of them unless said")
    one = command("report", report, "write report.html: what the class believes, and what needs a human eye")
    one.add_argument("lab", nargs="*", help="labs; all of them unless said")
    one = command("feedback", feedback, "write feedback/<student>/<lab>/<lab>.html and returned/<lab>.zip")
    one.add_argument("lab", nargs="*", help="labs; all of them unless said")
    one = command("export", export, "write the points as a table")
    one.add_argument("file", type=Path)
    one.add_argument("--form", choices=("wide", "long", "canvas", "moodle"), default="wide", help="wide unless said")
    command("doctor", doctor, "say how students' code is isolated on this machine")
    return top


def chosen(options: argparse.Namespace) -> list[str]:
    """The labs of a command. Raises PipelineError for one that there is not."""
    known = source.labs(options.course)
    labs = options.lab or [lab for lab in [os.environ.get("LAB")] if lab] or known
    for lab in labs:
        if lab not in known:
            raise PipelineError(f"There is no lab '{lab}'; the labs are: {', '.join(known)}.")
    return labs


def release(options: argparse.Namespace) -> int:
    from grader import judging
    from grader import release as pipeline

    if options.dry_run:
        print("\n".join(f"{_written(options)}: notebooks/{lab}/{lab}.ipynb." for lab in chosen(options)))
        return 0
    if options.course != ROOT and (options.course / "grader").exists():
        raise PipelineError(f"{options.course} has a grader of its own: give this command there, without --course.")
    pipeline.main(chosen(options), options.course)
    judging.secret(options.course)
    return 0


def grade(options: argparse.Namespace) -> int:
    from grader import grade as grading

    labs = chosen(options)
    if options.dry_run:
        found = grading.would_grade(options.course, labs)
        for one in found:
            print(f"{one.student}, {one.lab or '-'}: {one.problem or 'would be graded.'}")
        if not found:
            print("Nothing is new in submitted/<student>/<lab>/.")
        return 0
    settings = grading.Settings(options.course, unsafe=options.unsafe, scheduler=options.scheduler)
    settings.workers = options.workers or settings.workers
    rows = grading.grade(labs, settings)
    if not rows:
        print("Nothing to grade in submitted/<student>/<lab>/.")
        return 0
    grading.save(options.course, rows, labs)
    for row in rows:
        of = f"{row['score']:g} of {row['max_score']:g}" if "score" in row else "no points"
        print(f"{row['student']}, {row['lab'] or '-'}: {row['state']}, {of}. {row['problem']}".strip())
    print("Written: grades.csv.")
    return PROBLEMS_LEFT if any(row["problem"] for row in rows) else 0


def collect(options: argparse.Namespace) -> int:
    from grader import collect as collecting

    if missing := [place for place in options.place if not place.exists()]:
        raise PipelineError(f"There is no {missing[0]}.")
    found = collecting.collect(options.course, options.place)
    for one in sorted(found, key=lambda one: (bool(one.problem), one.student, one.lab)):
        print(f"{one.came_as}: {one.says}")
    for line in collecting.notes(options.course, found):
        print(line)
    taken = sum(not one.problem for one in found)
    where = "To be sorted into submitted/" if options.dry_run else "Sorted into submitted/"
    print(f"{where}: {taken}; left out: {len(found) - taken}.")
    return PROBLEMS_LEFT if any(one.problem or one.remark for one in found) else 0


def regrade(options: argparse.Namespace) -> int:
    from grader import regrade as regrading
    from grader.grade import Settings

    options.lab = [options.lab] if options.lab else []
    differences, left = regrading.regrade(chosen(options), options.exercise, Settings(options.course), options.dry_run)
    points = [row for row in differences if row["before"] != row["after"]]
    for row in points:
        print(
            f"{row['student']}, {row['lab']}, {row['exercise']}: {row['before']:g} -> {row['after']:g}. {row['says']}"
        )
    change = "that would change" if options.dry_run else "that have changed"
    print(f"Points {change}: {len(points)}; sentences alone {change}: {len(differences) - len(points)}.")
    print("".join(f"{sentence}\n" for sentence in left), end="")
    return PROBLEMS_LEFT if left else 0


def report(options: argparse.Namespace) -> None:
    from grader import report as reporting

    print(f"{_written(options)}: {reporting.report(options.course, chosen(options))}.")


def feedback(options: argparse.Namespace) -> None:
    from grader import feedback as returning

    for file in returning.feedback(options.course, chosen(options)):
        print(f"{_written(options)}: {file}.")


def export(options: argparse.Namespace) -> int:
    from grader import export as exporting

    rows, unfinished = exporting.export(options.course, options.file, options.form)
    print(f"{_written(options)}: {options.file}, {rows} rows.")
    if unfinished:
        print(f"A person has still to grade these; tables of sums leave them out: {'; '.join(unfinished)}.")
    return PROBLEMS_LEFT if unfinished else 0


def _written(options: argparse.Namespace) -> str:
    return "Would be written" if options.dry_run else "Written"


def doctor(options: argparse.Namespace) -> int:
    from grader import sandbox

    kind = sandbox.kind()
    print(f"Students' code is isolated by {kind}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
