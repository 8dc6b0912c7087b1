"""What a student predicted and what the checks said, kept across restarts.

Each lab has one file of JSON lines in the folder `COURSE_PROGRESS` (default: `~/.cnn-course/progress`), never beside
the notebook, so never in a submission. A line is only ever added, so two kernels at once do no harm, and a line that
cannot be read is passed over. In the profile `ci`, unless `COURSE_PROGRESS` is set, and in a notebook without a lab's
name, nothing is written: this process remembers.
"""

import json
import math
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path

from helpers import profile
from helpers.messages import CourseError, Message

DATA = Path(__file__).resolve().parents[1] / "data"
RIGHT, CLOSE, WRONG = "right", "close", "wrong"
WITHIN = {RIGHT: 0.02, CLOSE: 0.1}  # of the measured number, or of 1 if both numbers lie between 0 and 1
EXACT_UP_TO = 1000  # a whole number below that is right only if it is equal
KINDS = {RIGHT: "good", CLOSE: "good", WRONG: "info"}

lab = ""  # whose notebook this is, without its number; `session.begin` sets it
_remembered: dict[str, list[dict]] = defaultdict(list)  # lab -> what is not written to a file


class NoAnswer(CourseError):
    """An answer that cannot be meant; says why in one sentence."""


# ---- what a notebook calls ----------------------------------------------------------------------------------


def predict(name: str, answer, choices: Iterable | None = None, sure: float | None = None) -> None:
    """Keep a prediction; `measured` with the same name shows it beside the measurement.

    answer: a number, True or False, a tuple such as a shape, or one of `choices`; `...` is the empty prediction.
    sure: how sure you are, in percent. Whatever is given, the notebook goes on: what cannot be meant gets a sentence,
    and is not kept. The last prediction before the first measurement counts.
    """
    choices = [_plain(choice) for choice in choices] if choices is not None else None
    kept, late = _prediction(events(lab), name)
    is_measured = _measurement(events(lab), name) is not None
    if _is_empty(answer):
        if kept:
            _line("info", f"Your prediction, kept from before: {_shown(kept['answer'])}.")
        else:
            wanted = f": {_listed(choices)}" if choices else ""
            _line("info", f"Replace the three dots by your answer{wanted}.")
        return
    try:
        record = {"name": name, "answer": _chosen(_plain(answer), choices), "sure": _percent(sure)}
    except NoAnswer as problem:
        _line("warning", str(problem))
        return
    if kept and {key: kept[key] for key in record} == record:
        _line("info", f"Your prediction: {_shown(record['answer'])}.")
    elif kept and not late and is_measured:
        _line("info", f"This was measured already: your prediction of before, {_shown(kept['answer'])}, stays.")
    else:
        note("prediction", **record)
        seen = " It was measured before, so it is not counted." if is_measured else ""
        _line("info", f"Your prediction: {_shown(record['answer'])}.{seen}")


def measured(name: str, value) -> None:
    """Show what was measured, and beside it the prediction of this name, if there is one.

    value: like an answer of `predict`; scalars and arrays of NumPy and TensorFlow will do. A number is right within
    2 %, and close within 10 %, of the measured one, or of 1 if both lie between 0 and 1 (accuracies: 0.02 and 0.1);
    whole numbers up to 1,000 are right only if they are equal. Raises NoAnswer for NaN and for what is no answer.
    """
    value = _plain(value)
    before = _measurement(events(lab), name)
    if before is None or before["value"] != value:
        note("measurement", name=name, value=value)
    kept, _ = _prediction(events(lab), name)
    if kept is None:
        _line("info", f"{_titled(name)}: {_shown(value)}")
        return
    verdict, words = compared(kept["answer"], value)
    Message(KINDS[verdict], f"{_titled(name)}: {words}", f"{_said(kept)}; measured: {_shown(value)}.").show()


def predicted(name: str) -> float | None:
    """The number predicted under this name, for a picture that draws it beside the measurement; None without one."""
    kept, late = _prediction(events(lab), name)
    return kept["answer"] if kept and not late and _is_number(kept["answer"]) else None


# ---- what was reached ---------------------------------------------------------------------------------------


def exercises() -> dict[str, dict[str, dict]]:
    """The labs' folder names -> the exercises in their order -> {"points": 2, "section": "3 Borders"}."""
    return json.loads((DATA / "exercises.json").read_text(encoding="utf-8"))


def written_questions() -> dict[str, list[str]]:
    """The labs' folder names -> the names of the cells for written answers."""
    return json.loads((DATA / "written.json").read_text(encoding="utf-8"))


def points(exercise: str) -> int | None:
    """What an exercise of this notebook's lab is worth; None if it is not known."""
    known = next((found for name, found in exercises().items() if name[3:] == lab), {})
    return known[exercise]["points"] if exercise in known else None


def note_outcome(exercise: str, status: str) -> None:
    """Keep what a check of this notebook's lab said, unless it said so the last time, too."""
    if outcomes(lab).get(exercise) != status:
        note("outcome", exercise=exercise, status=status)


def outcomes(of: str) -> dict[str, str]:
    """Exercise -> the latest outcome of its check."""
    return {event["exercise"]: event["status"] for event in events(of) if event["kind"] == "outcome"}


def hints_taken(exercise: str) -> int:
    """How many hints of this exercise were shown."""
    return sum(event["kind"] == "hint" and event["exercise"] == exercise for event in events(lab))


def reached(of: str, names: Iterable[str], known: dict[str, dict]) -> Message:
    """The table of a lab's exercises: outcome, points, and the section to read again.

    of: the lab's name without its number. known: its exercises as in `exercises`; another one has no points.
    """
    said, names = outcomes(of), list(names)
    rows, earned = [("exercise", "outcome", "points", "section")], 0
    for name in names:
        status, about = said.get(name, "not checked yet"), known.get(name, {"points": 0, "section": ""})
        worth = about["points"] * (status == RIGHT)
        earned += worth
        score = f"{worth} of {about['points']}" if name in known else ""
        sign, again = ("✓", "") if status == RIGHT else ("·", about["section"])
        rows.append((name, f"{sign} {status}", score, again))
    right = sum(said.get(name) == RIGHT for name in names)
    total = sum(about["points"] for about in known.values())
    title = f"{right} of {len(names)} exercises are right" + f": {earned} of {total} points" * bool(total)
    return Message("good" if right == len(names) else "info", title, rows=rows)


def predictions(of: str) -> Message | None:
    """The table of a lab's predictions: how many were right, how sure the student was, how far off. None without any.

    of: the lab's name without its number.
    """
    kept = events(of)
    rows, verdicts, off, sure = [("prediction", "you said", "measured", "how close")], [], [], []
    for name in dict.fromkeys(event["name"] for event in kept if event["kind"] == "prediction"):
        (said, late), found = _prediction(kept, name), _measurement(kept, name)
        if found is None:
            rows.append((_titled(name), _shown(said["answer"]), "not yet", ""))
            continue
        verdict, words = compared(said["answer"], found["value"])
        if late:
            words = "said after the measurement: not counted"
        else:
            verdicts.append(verdict)
            if said["sure"] is not None:
                sure.append((said["sure"], verdict == RIGHT))
            if _is_number(said["answer"]) and _is_number(found["value"]):
                off.append(abs(said["answer"] - found["value"]) / _scale(said["answer"], found["value"]))
        sign = "✓ " if verdict == RIGHT and not late else "· "
        rows.append((_titled(name), _shown(said["answer"]), _shown(found["value"]), sign + words))
    if len(rows) == 1:
        return None
    lines = []
    if sure:
        mean, hits = statistics.mean(percent for percent, _ in sure), sum(hit for _, hit in sure)
        lines.append(f"On average you were {mean:.0f} % sure; {hits} of these {len(sure)} were right.")
    if off:
        lines.append(f"Your numbers were off by {100 * statistics.median(off):.0f} % (median of {len(off)}).")
    title = f"{verdicts.count(RIGHT)} of {len(verdicts)} predictions were right, {verdicts.count(CLOSE)} close"
    return Message("info", title, "\n".join(lines), rows=rows)


def report() -> int:
    """Print every lab: a table of those that were begun, one line for the others. Returns 0."""
    for folder_name, known in exercises().items():
        name = folder_name[3:]
        heading = f"{folder_name[:2]} {_titled(name)}"
        if not events(name):
            print(f"{heading}: not begun, {sum(about['points'] for about in known.values())} points\n")
            continue
        print(f"{heading}: {reached(name, known, known)}")
        if told := predictions(name):
            print(told)
        print()
    return 0


def compared(answer, value) -> tuple[str, str]:
    """How a prediction fits a measurement, RIGHT, CLOSE or WRONG, and in words."""
    if isinstance(answer, tuple) and isinstance(value, tuple) and len(answer) == len(value):
        verdicts = {compared(one, other)[0] for one, other in zip(answer, value, strict=True)}
        worst = next((verdict for verdict in (WRONG, CLOSE) if verdict in verdicts), RIGHT)
        return worst, {WRONG: "not the same"}.get(worst, worst)
    if not (_is_number(answer) and _is_number(value)):
        return (RIGHT, RIGHT) if answer == value else (WRONG, "another answer" if isinstance(value, str) else "not so")
    off = answer - value
    if off == 0:
        return RIGHT, RIGHT
    words = f"too {'high' if off > 0 else 'low'} by {_shown(float(f'{abs(off):.2g}'))}"
    part = abs(off) / _scale(answer, value)
    exact = isinstance(value, int) and abs(value) <= EXACT_UP_TO
    if part <= WITHIN[RIGHT] and not exact:
        return RIGHT, RIGHT
    return (CLOSE, f"close, {words}") if part <= WITHIN[CLOSE] else (WRONG, words)


# ---- the files ----------------------------------------------------------------------------------------------


def folder() -> Path | None:
    """Where the files of progress lie; None where nothing is to be written."""
    if chosen := os.environ.get("COURSE_PROGRESS"):
        return Path(chosen)
    return None if profile.current() == "ci" else Path.home() / ".cnn-course" / "progress"


def note(kind: str, of: str | None = None, **what) -> None:
    """Add one line to a lab's file: the time, the kind, and what belongs to it (plain data).

    Where the file cannot be written, the student is told so and loses nothing but the memory across restarts.
    """
    of = lab if of is None else of
    record = {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "kind": kind, **what}
    place = folder() if of else None
    if place is not None:
        try:
            place.mkdir(parents=True, exist_ok=True)
            _append(place / f"{of}.jsonl", json.dumps(record, ensure_ascii=False))
            return
        except OSError as error:
            if not _remembered[of]:
                _line("warning", f"Your progress is not kept beyond this session: {place}: {error.strerror}.")
    _remembered[of].append(record)


def events(of: str) -> list[dict]:
    """Everything noted of a lab, oldest first. Lines that cannot be read are passed over."""
    place = folder() if of else None
    file = place / f"{of}.jsonl" if place else None
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file and file.is_file() else []
    return [event for line in lines if (event := _event(line))] + _remembered[of]


def _append(file: Path, line: str) -> None:
    """In one write, at the end of what is there then; a line that was cut off is closed first."""
    with file.open("ab+") as stream:
        if stream.tell() and (stream.seek(-1, os.SEEK_END), stream.read(1))[1] != b"\n":
            line = f"\n{line}"
        stream.write(f"{line}\n".encode())


NEEDED = {
    "prediction": {"name", "answer", "sure"},
    "measurement": {"name", "value"},
    "outcome": {"exercise", "status"},
    "hint": {"exercise"},
    "recall": {"about", "right"},
}


def _event(line: str) -> dict | None:
    try:
        event = json.loads(line, object_hook=lambda pairs: {key: _tupled(value) for key, value in pairs.items()})
    except ValueError:
        return None
    known = isinstance(event, dict) and event.get("kind") in NEEDED and NEEDED[event["kind"]] <= set(event)
    return event if known else None


def _tupled(value):
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _prediction(kept: list[dict], name: str) -> tuple[dict | None, bool]:
    """The prediction that counts, the last before the first measurement; else the last one, and True: it came late."""
    before, after, is_measured = None, None, False
    for event in kept:
        if event.get("name") == name and event["kind"] == "measurement":
            is_measured = True
        elif event.get("name") == name and event["kind"] == "prediction":
            before, after = (before, event) if is_measured else (event, after)
    return (before, False) if before else (after, after is not None)


def _measurement(kept: list[dict], name: str) -> dict | None:
    """The latest measurement of this name."""
    found = [event for event in kept if event["kind"] == "measurement" and event["name"] == name]
    return found[-1] if found else None


# ---- answers ------------------------------------------------------------------------------------------------


def _is_empty(answer) -> bool:
    return answer is ... or isinstance(answer, tuple | list) and any(one is ... for one in answer)


def _plain(answer):
    """The answer as a number, a text, True, False, None, or a tuple of these. Raises NoAnswer for anything else."""
    if hasattr(answer, "numpy"):
        answer = answer.numpy()
    if hasattr(answer, "tolist"):  # NumPy's scalars and arrays
        answer = answer.tolist()
    match answer:
        case None | bool() | str():
            return answer
        case Integral():
            return int(answer)
        case Real() if math.isfinite(answer):
            return float(answer)
        case tuple() | list():
            return tuple(map(_plain, answer))
    what = repr(answer) if isinstance(answer, Real) else f"something of the type {type(answer).__name__}"
    raise NoAnswer(f"A number, a tuple of numbers or one of the choices is wanted, not {what}.")


def _chosen(answer, choices: list | None):
    """The choice that was meant: capitals and blanks around a text do not matter. Raises NoAnswer."""
    if choices is None:
        if isinstance(answer, str):
            raise NoAnswer("A number is wanted, without quotation marks.")
        if answer is None:
            raise NoAnswer("A number is wanted, not None.")
        return answer

    def key(one):
        return one.strip().casefold() if isinstance(one, str) else one

    for choice in choices:
        if key(choice) == key(answer):
            return choice
    raise NoAnswer(f"{_shown(answer)} is none of the choices: {_listed(choices)}.")


def _percent(sure) -> float | None:
    if sure is None or sure is ...:
        return None
    if not _is_number(sure) or not 0 <= sure <= 100:
        raise NoAnswer("How sure you are is a number from 0 to 100, in percent.")
    return sure


def _is_number(value) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _scale(answer: float, value: float) -> float:
    """What a difference is compared with."""
    return 1 if 0 <= answer <= 1 and 0 <= value <= 1 else abs(value) or 1


# ---- words --------------------------------------------------------------------------------------------------


def _line(kind: str, text: str) -> None:
    Message(kind, "", text).show()


def _titled(name: str) -> str:
    return name.replace("_", " ")


def _shown(value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))}{',' * (len(value) == 1)})"
    if isinstance(value, bool | str | None):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= EXACT_UP_TO else f"{value:.3g}"


def _listed(choices: list) -> str:
    *most, last = map(_shown, choices)
    return f"{', '.join(most)} or {last}" if most else last


def _said(prediction: dict) -> str:
    sure = f", {prediction['sure']:g} % sure" if prediction["sure"] is not None else ""
    return f"You said {_shown(prediction['answer'])}{sure}"
