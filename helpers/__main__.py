"""The commands `python -m helpers doctor`, `python -m helpers fetch` and `python -m helpers progress`."""

import argparse
import sys

from helpers import doctor, progress


def main() -> int:
    """Run the command in `sys.argv`; the exit status: 0 all is well, 1 something is not, 2 unknown command."""
    parser = argparse.ArgumentParser(prog="python -m helpers", description="Looks after the course's set-up.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="doctor|fetch|progress")
    commands.add_parser("doctor", help="look for what could go wrong, and say how to mend it")
    commands.add_parser("fetch", help="download and verify all data sets once, for offline work")
    commands.add_parser("progress", help="show your exercises, points and predictions in all labs")
    command = parser.parse_args().command
    try:
        return {"doctor": doctor.doctor, "fetch": doctor.fetch, "progress": progress.report}[command]()
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
        return 1


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a Windows console may lack ✓ and ✗
    sys.exit(main())
