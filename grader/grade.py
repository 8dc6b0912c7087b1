"""`make grade`: grade submitted/<student>/<lab>/<lab>.ipynb with nbgrader, write feedback/ and grades.csv.

`LAB=01_convolution_basics` grades one lab. What is graded already and has not changed is left alone.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pandas as pd
from nbformat.reader import NotJSONError
from nbformat.validator import ValidationError
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback

from grader import source
from grader.release import PipelineError, convert, generate
from grader.source import ROOT

COLUMNS = ["student", "lab", "score", "max_score", "code_score", "max_code_score", "by_hand", "problem"]


def main() -> None:
    lab = os.environ.get("LAB") or None
    if lab and lab not in source.labs():
        raise PipelineError(f"There is no lab '{lab}'; the labs are: {', '.join(source.labs())}.")
    grades = grade(ROOT, lab)
    if grades.empty:
        print("Nothing to grade in submitted/<student>/<lab>/<lab>.ipynb.")
        return
    table = ROOT / "grades.csv"
    if lab and table.exists():  # keep what is known of the other labs
        others = pd.read_csv(table)
        grades = pd.concat([others[others["lab"] != lab], grades], ignore_index=True)
    grades.to_csv(table, index=False)
    print(grades.drop(columns="problem").to_string(index=False))
    for _, row in grades[grades["problem"].astype(bool) & grades["problem"].notna()].iterrows():
        print(f"{row.student}, {row.lab}: {row.problem}")
    print("Written: grades.csv; feedback/<student>/<lab>/ for the students.")


def grade(course: Path, lab: str | None = None) -> pd.DataFrame:
    """Grade what lies in `course`/submitted; one row for each notebook.

    `code_score` counts the cells that checks grade; `by_hand` says that a written answer waits for a grader,
    `problem` why a submission could not be graded. The gradebook is `course`/gradebook.db; nbgrader restores locked
    cells and hidden tests from it before it runs anything.
    """
    chosen = [lab] if lab else source.labs(course)
    found = sorted(course.glob("submitted/**/*.ipynb"), key=lambda path: (path.parent.name, path.parts))
    inside = [path.relative_to(course / "submitted").parts for path in found]
    placed = {
        path: len(parts) == 3 and parts[1] in source.labs(course) and parts[2] == f"{parts[1]}.ipynb"
        for path, parts in zip(found, inside, strict=True)
    }
    submissions = [path for path, well in placed.items() if well and path.stem in chosen]
    database = f"sqlite:///{(course / 'gradebook.db').resolve()}"
    with tempfile.TemporaryDirectory() as release:  # only to note the cells in the gradebook
        generate(course, sorted({path.stem for path in submissions}), Path(release), database)
    rows = [_grade_one(course, path.parts[-3], path, database) for path in submissions]
    for path, parts in zip(found, inside, strict=True):
        if not placed[path]:
            problem = f"not graded: {'/'.join(parts)} is not called <student>/<lab>/<lab>.ipynb"
            rows.append({"student": parts[0], "lab": parts[1] if len(parts) == 3 else "", "problem": problem})
    return pd.DataFrame(rows, columns=COLUMNS)


def _grade_one(course: Path, student: str, submitted: Path, database: str) -> dict:
    lab, problem = submitted.stem, ""
    graded = course / "autograded" / student / lab / submitted.name
    newest = max(submitted.stat().st_mtime, source.path(lab, ".py", course).stat().st_mtime)
    try:
        nbformat.read(submitted, as_version=4)
    except (NotJSONError, ValidationError, UnicodeDecodeError):
        return {"student": student, "lab": lab, "problem": f"not graded: {submitted.name} is no notebook (broken file)"}
    try:
        if not graded.exists() or graded.stat().st_mtime < newest:
            print(f"grading {student}: {lab} ...", flush=True)
            convert(Autograde, course, lab, database, student_id=student)
        convert(GenerateFeedback, course, lab, database, student_id=student)  # with what was graded by hand since
    except PipelineError as failure:  # one broken submission must not stop a class
        problem = str(failure)
    row = {"student": student, "lab": lab, "problem": problem}
    with Gradebook(database, "cnn-course") as gradebook:
        try:
            found = gradebook.find_submission(lab, student)
        except MissingEntry:
            return row
        row |= {"score": found.score, "max_score": found.max_score}
        row |= {"code_score": found.code_score, "max_code_score": found.max_code_score}
        return row | {"by_hand": found.needs_manual_grade}


if __name__ == "__main__":
    try:
        main()
    except PipelineError as failure:
        sys.exit(str(failure))
