"""How long a lab takes: `make release` writes it into the headings, `## 2 Filters (25 minutes)`, and into `**Time:**`,
where stands, too, how long the machine runs: at full length, where our runs are replayed, and in the profile `quick`.

A section's minutes are those of a second-year student who solves everything: reading the text, reading the code that is
given, writing answers, predicting, and waiting for what runs. The waiting is measured: `make outputs` notes the seconds
of each section in `data/reference_runs/waiting.json`. Where an executed solution loads our run instead of training, an
author-only cell says so, `# instead of training: a, b`, or `a (3 epochs)`, and the seconds of these runs are added.
"""

import json
import re
from collections import defaultdict

import nbformat

from grader import figures
from grader.source import HAND_IN, MARKER, RECALL, ROOT, WRITTEN, PipelineError, exercises, labs, notebook, tags

RUNS = ROOT / "data" / "reference_runs"
WAITING = RUNS / "waiting.json"
HEADING = re.compile(r"^(?P<title>## .*) \(\d+ minutes\)$")
TOTAL = re.compile(r"(?P<before>^\*\*Time:\*\* about )\d+(?P<after> minutes)", re.MULTILINE)
RUNNING = re.compile(r"(?<=Running every cell takes )[^.;,]*?(?=\s+on\s+two\s+CPU\s+cores)")
REPLAYED = re.compile(r"(?P<before>\(`(TRAIN = False|YOURS = \[\])`\)\s+it\s+takes\s+)about\s[^,.;]*")
QUICK = re.compile(r"(?P<before>`run_profile=\"quick\"`\s+in\s+the\s+next\s+cell\s+)about\s[^,.;]*")
SKIPPED = re.compile(r"# instead of training: (?P<runs>\w+(?:, \w+)*)(?: \((?P<epochs>\d+) epochs\))?")
SOLUTION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)

WORDS_PER_MINUTE = 170
LINES_PER_MINUTE = 15  # of code that is given
MINUTES_PER_POINT = 4  # of code; written answers take as long per point and half
MINUTES_PER_WRITTEN_POINT = 6
MINUTES_PER_PREDICTION = 0.5


def sections(nb: nbformat.NotebookNode):
    """Each section's title, "" before the first, with its pieces: pairs of a cell and the part of it in the section."""
    title, found = "", defaultdict(list)
    for cell in nb.cells:
        lines = []
        for line in cell.source.splitlines():
            heading = HEADING.match(line) if cell.cell_type == "markdown" else None
            if heading or (cell.cell_type == "markdown" and line.startswith("## ")):
                found[title].append((cell, "\n".join(lines)))
                title, lines = heading["title"] if heading else "", []
            lines.append(line)
        found[title].append((cell, "\n".join(lines)))
    return found


def minutes(nb: nbformat.NotebookNode, lab: str) -> dict[str, int]:
    """Minutes of each section that states some, in steps of five."""
    waiting = noted(lab)
    return {
        title: max(5, 5 * round((work(pieces) + (waiting.get(title, 0) + skipped(pieces, lab)) / 60) / 5))
        for title, pieces in sections(nb).items()
        if title
    }


def work(pieces: list[tuple]) -> float:
    """Minutes of reading and writing."""
    words = lines = points = predictions = written = 0
    for cell, text in pieces:
        if "author-only" in tags(cell) or "setup" in tags(cell) or cell.metadata.get("nbgrader", {}).get("locked"):
            continue
        if marker := WRITTEN.match(cell.source):
            written += float(marker["points"])
        elif cell.cell_type == "markdown":
            words += len(figures.without_marks(text).split())
            predictions += text.count("**Predict")
        elif marker := MARKER.match(cell.source):
            words += len(SOLUTION.sub("", text).split())
            points += int(marker["points"])
        else:
            lines += sum(bool(line.strip()) for line in text.splitlines())
    reading = words / WORDS_PER_MINUTE + lines / LINES_PER_MINUTE
    writing = points * MINUTES_PER_POINT + written * MINUTES_PER_WRITTEN_POINT
    return reading + writing + predictions * MINUTES_PER_PREDICTION


def skipped(pieces: list[tuple], lab: str) -> float:
    """Seconds of the trainings that the executed solution leaves out."""
    found = [skip for cell, text in pieces if "author-only" in tags(cell) for skip in SKIPPED.finditer(text)]
    return sum(
        sum(json.loads((RUNS / lab / f"{run}.json").read_bytes())["seconds"][: skip["epochs"] and int(skip["epochs"])])
        for skip in found
        for run in skip["runs"].split(", ")
    )


def given_lines(nb: nbformat.NotebookNode) -> int:
    """Lines of code that a student's notebook gives to read: no exercises and checks, no blank lines, nothing that is
    the same in every lab.
    """
    return sum(
        sum(bool(line.strip()) for line in cell.source.splitlines())
        for cell in nb.cells
        if cell.cell_type == "code"
        and not {"author-only", "setup"} & set(tags(cell))
        and not cell.metadata.get("nbgrader")
        and cell.source not in (HAND_IN, RECALL)
    )


def note_waiting(lab: str, nb: nbformat.NotebookNode, seconds: dict[int, float]) -> None:
    """Keep how long the cells of each section ran, and under "" those of no section that states its minutes.

    seconds: index of a cell -> seconds.
    """
    index = {cell.id: number for number, cell in enumerate(nb.cells)}
    of_sections = {
        title: round(sum(seconds.get(index[cell.id], 0) for cell, _ in pieces if cell.cell_type == "code"))
        for title, pieces in sections(nb).items()
    }
    _note(lab, of_sections)


def note_quick(lab: str, seconds: float) -> None:
    """Keep how long every cell of a lab ran in the profile `quick`."""
    _note("quick", dict(sorted({**noted("quick"), lab: round(seconds)}.items())))


def _note(key: str, seconds: dict[str, float]) -> None:
    found = json.loads(WAITING.read_bytes()) if WAITING.exists() else {}
    table = json.dumps(dict(sorted({**found, key: seconds}.items())), indent=1, ensure_ascii=False)
    WAITING.write_text(table + "\n", encoding="utf-8")


def timed(nb: nbformat.NotebookNode, lab: str) -> nbformat.NotebookNode:
    """The notebook with the minutes of its sections, their sum, and what the machine takes, as they are.

    Raises PipelineError where it states a time in the profile `quick` that nobody has measured.
    """
    found = minutes(nb, lab)

    def stated(line: str) -> str:
        heading = HEADING.match(line)
        return f"{heading['title']} ({found[heading['title']]} minutes)" if heading else line

    for cell in nb.cells:
        if cell.cell_type == "markdown":
            lines = "\n".join(map(stated, cell.source.split("\n")))
            cell.source = TOTAL.sub(rf"\g<before>{sum(found.values())}\g<after>", lines)
            cell.source = RUNNING.sub(in_words(running(nb, lab)), cell.source)
            cell.source = REPLAYED.sub(rf"\g<before>{in_words(waited(lab))}", cell.source)
            cell.source = QUICK.sub(lambda found: found["before"] + in_words(quick(lab)), cell.source)
    return nb


def running(nb: nbformat.NotebookNode, lab: str) -> float:
    """Seconds in which every cell runs, the trainings that the executed solution leaves out among them."""
    return waited(lab) + sum(skipped(pieces, lab) for pieces in sections(nb).values())


def waited(lab: str) -> float:
    """Seconds in which every cell of the executed solution ran."""
    return sum(noted(lab).values())


def quick(lab: str) -> float:
    """Seconds in which every cell ran in the profile `quick`. Raises PipelineError if that was not measured."""
    if lab not in noted("quick"):
        raise PipelineError(
            f"{lab} says how long `quick` takes: COURSE_PROFILE=quick make outputs LAB={lab} measures it."
        )
    return noted("quick")[lab]


def noted(key: str) -> dict[str, float]:
    """What was noted of a lab, section -> seconds; or under "quick" of all in that profile, lab -> seconds."""
    return json.loads(WAITING.read_bytes()).get(key, {}) if WAITING.exists() else {}


def in_words(seconds: float) -> str:
    """A time as one says it."""
    if seconds < 55:
        return f"about {max(10, 10 * round(seconds / 10))} seconds"
    return "about a minute" if seconds < 90 else f"about {round(seconds / 60)} minutes"


def main() -> None:
    print(f"{'lab':<28} minutes  points  given lines")
    for lab in labs():
        nb = notebook(lab)
        points = sum(exercise.points for exercise in exercises(nb))
        print(f"{lab:<28} {sum(minutes(nb, lab).values()):>7} {points:>7} {given_lines(nb):>12}")


if __name__ == "__main__":
    main()
