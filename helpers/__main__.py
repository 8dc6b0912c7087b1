"""The commands `python -m helpers lab`, `doctor`, `fetch`, `progress`, `hand-in` and `update`."""

import argparse
import functools
import sys

from helpers import hand_in, progress
from helpers.backstage import doctor, lab, update
from helpers.messages import CourseError


def main() -> int:
    """Run the command in `sys.argv`; the exit status: 0 all is well, 1 something is not, 2 unknown command."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description="Looks after the course's set-up.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="lab|doctor|fetch|progress|hand-in|update")
    starter = commands.add_parser("lab", help="start JupyterLab on the labs")
    starter.add_argument("--instructor", action="store_true", help="on the whole course, with nbgrader's tools")
    commands.add_parser("doctor", help="look for what could go wrong, and say how to mend it")
    commands.add_parser("fetch", help="download and verify all data sets once, for offline work")
    commands.add_parser("progress", help="show your exercises, points and predictions in all labs")
    handing = commands.add_parser("hand-in", help="check a notebook, and write what is handed in")
    handing.add_argument("notebook", help="a lab, such as 01_convolution_basics, or a file")
    newer = commands.add_parser("update", help="get a new release of the course, and keep what you have written")
    newer.add_argument("old", nargs="?", default="", help="the older course folder; this one, and git, unless said")
    given = parser.parse_args()
    run = {"doctor": doctor.doctor, "fetch": doctor.fetch, "progress": progress.report}
    run["lab"] = functools.partial(lab.lab, getattr(given, "instructor", False))
    run["hand-in"] = functools.partial(hand_in.notebook, getattr(given, "notebook", ""))
    run["update"] = functools.partial(update.update, getattr(given, "old", ""))
    try:
        return run[given.command]() or 0
    except CourseError as problem:
        print(problem)
        return 1
    except KeyboardInterrupt:
        print("\nStopped." if given.command == "lab" else "\nStopped; the same command goes on from here.")
        return 0 if given.command == "lab" else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a Windows console may lack ✓ and ✗
    sys.exit(main())
