"""`make outputs`: run the solutions at full length and keep what they show in solutions/NN/NN.ipynb.

`LAB=01_convolution_basics` runs one lab, `COURSE_DATA` names the folder with the real data. With `COURSE_PROFILE=quick`
only the seconds are kept, for the first cells of the labs.
"""

import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from grader import checksums, source, times
from grader.release import PipelineError, serialised, sync
from grader.source import ROOT

ADDRESS = re.compile(r"(<[\w.]+(?: object)? at 0x)[0-9a-f]+>")


def main() -> None:
    lab = os.environ.get("LAB", "")
    if lab and lab not in source.labs():
        raise PipelineError(f"There is no lab '{lab}'; the labs are: {', '.join(source.labs())}.")
    for name in [lab] if lab else source.labs():
        began = time.monotonic()
        print(f"{name}: running ...", flush=True)
        execute(name)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


def execute(lab: str, root: Path = ROOT) -> None:
    """Run the lab's solution in its own folder and store its outputs. Raises PipelineError naming a failing cell."""
    sync(lab, root)
    twin = source.path(lab, ".ipynb", root)
    nb = nbformat.read(twin, as_version=4)
    running, seconds = {"index": 0}, {}
    client = NotebookClient(
        nb,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(twin.parent)}},
        store_widget_state=False,
        record_timing=False,
        on_cell_execute=lambda cell, cell_index: running.update(index=cell_index, began=time.monotonic()),
        on_cell_executed=lambda cell, cell_index, execute_reply: seconds.update(
            {cell_index: time.monotonic() - running["began"]}
        ),
    )
    profile = os.environ.get("COURSE_PROFILE", "full")
    environment = {**os.environ, "COURSE_PROFILE": profile}
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
        first = nb.cells[running["index"]].source.partition("\n")[0]
        reason = f"{failure.ename}: {failure.evalue}" if isinstance(failure, CellExecutionError) else str(failure)
        raise PipelineError(f"{lab}: cell {running['index']} ('{first}') failed: {reason}") from failure
    if profile == "quick":
        times.note_quick(lab, sum(seconds.values()))
        return checksums.write("reference_runs/waiting.json")
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            _strip_machine(output, root)
    twin.write_text(serialised(nb), encoding="utf-8")
    if root == ROOT:
        times.note_waiting(lab, nb, seconds)
        sync(lab)
        checksums.write("reference_runs/waiting.json")


def _strip_machine(output: nbformat.NotebookNode, root: Path) -> None:
    """Take out what differs from run to run: folders, memory addresses, the random names of widgets."""
    output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    for holder in (output, output.get("data", {})):
        for key, value in holder.items():
            if isinstance(value, str) and not key.startswith("image/"):
                for folder, name in ((root.resolve(), "."), (Path(sys.prefix), ".venv"), (Path.home(), "~")):
                    value = value.replace(str(folder), name)
                holder[key] = ADDRESS.sub(r"\g<1>...>", value)


if __name__ == "__main__":
    try:
        main()
    except PipelineError as failure:
        sys.exit(str(failure))
