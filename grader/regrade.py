"""`python -m grader regrade`: judge the kept records again, after a check was mended. No student's code runs."""

from grader import book, judging, late, store
from grader.grade import Handed, Settings, Writer, gradable, one_writer
from grader.work import GradingError

COLUMNS = ["student", "lab", "exercise", "before", "after", "says"]


def regrade(
    labs: list[str], exercise: str | None, settings: Settings, dry: bool = False
) -> tuple[list[dict], list[str]]:
    """Judge again. Returns the table of differences, and sentences about what could not be judged again.

    dry: change nothing. Raises GradingError for an exercise that there is not.
    """
    course = settings.course
    found = sorted(
        (f.parent.name, f.name.removesuffix(".records.json"), f) for f in course.glob("graded/*/*.records.json")
    )
    differences, stale = [], []
    with one_writer(course), book.opened(course) as gradebook:
        secret = judging.secret(course)
        loaded, left = gradable(course, gradebook, sorted({lab for _, lab, _ in found if lab in labs}))
        if exercise and not left and not any(exercise in lab.exercises for lab in loaded.values()):
            raise GradingError(f"No submission has an exercise '{exercise}'.")
        writer = Writer(course, gradebook, secret, loaded)
        for student, name, file in found:
            summary = store.read(store.summary_file(course, student, name))
            kept = store.read(file)
            if name not in loaded or summary is None or kept is None or kept["ran"] != summary["ran"]:
                continue
            lab = loaded[name]
            if kept["cases"] != judging.cases(secret, name, lab.exercises):
                stale.append(f"{student}, {name}")
                continue
            outcomes = judging.judged(secret, lab, kept["records"])
            if exercise:
                outcomes = (
                    summary["outcomes"] | {exercise: outcomes[exercise]}
                    if exercise in outcomes
                    else summary["outcomes"]
                )
            new = [one for one in outcomes if outcomes[one] != summary["outcomes"][one]]
            for one in new:
                before, after = summary["outcomes"][one], outcomes[one]
                row = (student, name, one, before["points"], after["points"], after["reason"])
                differences.append(dict(zip(COLUMNS, row, strict=True)))
            if new and not dry:
                judged = "" if exercise else None  # the other exercises are still to be judged
                folder = course / "submitted" / student / name
                writer.write(Handed(student, name, folder), kept | {"outcomes": outcomes}, judged)
        late.settle(course, gradebook)
    said = [f"The cases have changed since these were graded, `grade` runs them again: {'; '.join(stale)}."]
    return differences, said * bool(stale) + [f"Not judged again: {why}" for why in left.values()]
