"""`make grade`: grade submitted/<student>/<lab>/<lab>.ipynb with nbgrader, write feedback/ and grades.csv.

`LAB=01_convolution_basics` grades one lab. What is graded already and has not changed is left alone.
"""

import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback

from grader import source
from grader.release import PipelineError, convert, generate
from grader.source import ROOT

COLUMNS = ["student", "lab", "score", "max_score", "code_score", "max_code_score", "by_hand", "problem"]


def main() -> None:
    grades = grade(ROOT, os.environ.get("LAB") or None)
    grades.to_csv(ROOT / "grades.csv", index=False)
    print(grades.to_string(index=False) if len(grades) else "Nothing to grade in submitted/<student>/<lab>/.")
    print("Written: grades.csv; feedback/<student>/<lab>/ for the students.")


def grade(course: Path, lab: str | None = None) -> pd.DataFrame:
    """Grade what lies in `course`/submitted; one row for each submission.

    `code_score` counts the cells that checks grade; `by_hand` says that a written answer waits for a grader
    (`nbgrader formgrader`), `problem` why a submission could not be graded. The gradebook is
    `course`/gradebook.db; nbgrader restores locked cells and hidden tests from it before it runs anything.
    """
    chosen = [lab] if lab else source.labs(course)
    submissions = sorted(course.glob("submitted/*/*/*.ipynb"), key=lambda path: (path.parent.name, path.parts[-3]))
    submissions = [path for path in submissions if path.parent.name in chosen and path.stem == path.parent.name]
    database = f"sqlite:///{(course / 'gradebook.db').resolve()}"
    with tempfile.TemporaryDirectory() as release:  # only to note the cells in the gradebook
        generate(course, sorted({path.stem for path in submissions}), Path(release), database)
    rows = [_grade_one(course, path.parts[-3], path, database) for path in submissions]
    return pd.DataFrame(rows, columns=COLUMNS)


def _grade_one(course: Path, student: str, submitted: Path, database: str) -> dict:
    lab, problem = submitted.stem, ""
    graded = course / "autograded" / student / lab / submitted.name
    newest = max(submitted.stat().st_mtime, source.path(lab, ".py", course).stat().st_mtime)
    try:
        if not graded.exists() or graded.stat().st_mtime < newest:
            print(f"grading {student}: {lab} ...", flush=True)
            convert(Autograde, course, lab, database, student_id=student)
            convert(GenerateFeedback, course, lab, database, student_id=student)
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
