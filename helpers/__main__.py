"""The commands `python -m helpers lab`, `doctor`, `fetch` and `progress`."""

import argparse
import functools
import sys

from helpers import doctor, lab, progress


def main() -> int:
    """Run the command in `sys.argv`; the exit status: 0 all is well, 1 something is not, 2 unknown command."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description="Looks after the course's set-up.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="lab|doctor|fetch|progress")
    starter = commands.add_parser("lab", help="start JupyterLab on the labs")
    starter.add_argument("--instructor", action="store_true", help="on the whole course, with nbgrader's tools")
    commands.add_parser("doctor", help="look for what could go wrong, and say how to mend it")
    commands.add_parser("fetch", help="download and verify all data sets once, for offline work")
    commands.add_parser("progress", help="show your exercises, points and predictions in all labs")
    given = parser.parse_args()
    run = {"doctor": doctor.doctor, "fetch": doctor.fetch, "progress": progress.report}
    run["lab"] = functools.partial(lab.lab, getattr(given, "instructor", False))
    try:
        return run[given.command]()
    except KeyboardInterrupt:
        print("\nStopped." if given.command == "lab" else "\nStopped; the same command goes on from here.")
        return 0 if given.command == "lab" else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a Windows console may lack ✓ and ✗
    sys.exit(main())
