"""nbgrader's settings: the source of an assignment is solutions/, its release is notebooks/."""

import sys
from pathlib import Path

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds

sys.path.insert(0, str(Path(__file__).resolve().parent))  # nbgrader may be started from anywhere
from grader.preprocessors import (  # noqa: E402
    CommentBank,
    FillIn,
    HandOver,
    MarkDependents,
    NameCells,
    RestoreExercises,
    StripAuthoring,
)

c = get_config()  # noqa: F821 - traitlets puts it here

c.CourseDirectory.course_id = "cnn-course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# The text twins hold every solution: they must never be copied along.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", "*.py", "feedback", "checkpoints"]

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
c.ClearSolutions.begin_solution_delimeter = "### BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "### END SOLUTION"

steps_of_release = GenerateAssignment.preprocessors.default()
steps_of_release.insert(steps_of_release.index(ClearSolutions) + 1, HandOver)
# Ours first, so that the gradebook knows the cells as students get them; the marks last, on what is left then.
c.GenerateAssignment.preprocessors = [
    StripAuthoring,
    FillIn,
    *steps_of_release,
    MarkDependents,
    NameCells,
]

c.Execute.timeout = 120  # seconds for one cell; nbgrader's 30 are few for the first import of TensorFlow
c.Execute.iopub_timeout = 60  # for what a cell prints; on a busy machine four are few, and the whole class would stop
c.OverwriteCells.add_missing_cells = True  # a deleted test cell comes back

steps = Autograde.sanitize_preprocessors.default()
after = steps.index(DeduplicateIds) + 1
c.Autograde.sanitize_preprocessors = [*steps[:after], RestoreExercises, *steps[after:]]

c.HTMLExporter.preprocessors = [CommentBank]
