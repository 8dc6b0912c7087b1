"""`make release`: bring each lab's twins in step, then generate notebooks/ with nbgrader.

solutions/NN/NN.py  <->  solutions/NN/NN.ipynb  ->  notebooks/NN/NN.ipynb
"""

import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbformat.reader import NotJSONError
from nbformat.warnings import MissingIDFieldWarning
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from grader import checksums, figures, preprocessors, source, times
from grader.lint import problems
from grader.source import ROOT, PipelineError

PLACEHOLDER = "https://github.com/cnn-course/cnn-course"  # until `make address` sets the real one
DATA = ROOT / "data"


def main(labs: list[str] | None = None, course: Path = ROOT) -> None:
    labs = labs or source.labs(course)
    for lab in labs:
        if taken := sync(lab, course):
            print(f"solutions/{lab}: twins brought in step, {taken}")
    for name, content in about_labs().items():
        if course == ROOT and (DATA / name).read_text(encoding="utf-8") != content:
            (DATA / name).write_text(content, encoding="utf-8")
            checksums.write(name)
            print(f"data/{name}: written")
    with tempfile.TemporaryDirectory() as folder:
        generate(course, labs, Path(folder))
        for fresh in sorted(Path(folder).rglob("*")):
            target = course / "notebooks" / fresh.relative_to(folder)
            if fresh.is_file() and not (target.exists() and target.read_bytes() == fresh.read_bytes()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fresh, target)
                print(f"{target.relative_to(course)}: written")
    for stale in sorted({path.name for path in course.glob("notebooks/[0-9]*")} - set(source.labs(course))):
        print(f"notebooks/{stale} has no source in solutions/ any more: remove it.")
    print(f"Labs released: {len(labs)}.")
    if preprocessors.repository() == PLACEHOLDER:
        print(f"Their address is still {PLACEHOLDER}, where nobody finds them: make address URL=... sets yours.")


def about_labs() -> dict[str, str]:
    """What a student's tools need to know of all labs: the contents of files in data/, by their names."""
    notebooks = {lab: source.notebook(lab) for lab in source.labs()}
    found = {"exercises.json": source.overview, "written.json": source.written_questions}
    return {
        name: json.dumps({lab: of(nb) for lab, nb in notebooks.items()}, indent=1) + "\n" for name, of in found.items()
    }


def sync(lab: str, root: Path = ROOT) -> str:
    """Bring `.py` and `.ipynb` in step: the younger one's inputs win, outputs stay.

    A date may lie, and both may have been edited: what the other one said is kept beside them. Returns which file was
    taken, and where the other's text is, or nothing if nothing changed. Raises PipelineError if one of them cannot be
    read.
    """
    text, twin = source.path(lab, ".py", root), source.path(lab, ".ipynb", root)
    written = source.notebook(lab, root)
    taken = ""
    if twin.exists():
        try:
            executed = nbformat.read(twin, as_version=4)
        except NotJSONError:
            raise PipelineError(f"{twin.name} is no notebook: delete it, `make release` makes it anew.") from None
        if source.inputs(written) != source.inputs(executed):
            said = {text.name: text.read_text(encoding="utf-8"), twin.name: source.text(executed)}
            taken, left = text.name, twin.name
            if twin.stat().st_mtime > text.stat().st_mtime:  # somebody edited it without jupytext
                taken, left = left, taken
            kept = text.parent / ".ipynb_checkpoints" / f"{lab}-before.py"  # a folder that git and nbgrader pass over
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(said[left], encoding="utf-8")
            if taken == twin.name:
                text.write_text(said[taken], encoding="utf-8")
                written = source.notebook(lab, root)
            taken = f"{taken} was taken; what {left} said is kept in {kept.relative_to(root)}"
    try:
        tidy = figures.fresh(
            source.text(times.timed(written, lab)), lab
        )  # with jupytext's header and blank lines, which nobody types
    except figures.NoSuchFigure as problem:
        raise PipelineError(str(problem)) from None
    if text.read_text(encoding="utf-8") != tidy:
        text.write_text(tidy, encoding="utf-8")
        written = source.notebook(lab, root)
    if twin.exists():
        combined = combine_inputs_with_outputs(source.notebook(lab, root), executed, fmt="py:percent")
        for cell, authored in zip(combined.cells, written.cells, strict=True):
            cell.metadata = authored.metadata
    else:
        combined = written
    content = serialised(combined)
    if not twin.exists() or twin.read_text(encoding="utf-8") != content:
        twin.write_text(content, encoding="utf-8")
        taken = taken or f"{text.name} was taken"
    return taken


def serialised(nb: nbformat.NotebookNode) -> str:
    """The bytes of a twin: canonical, so that the same notebook is always the same file."""
    return nbformat.writes(source.canonical(nb)) + "\n"


def generate(course: Path, labs: list[str], destination: Path, database: str | None = None) -> None:
    """Generate the students' notebooks of `labs` into `destination`, with nbgrader.

    nbgrader notes the cells, hidden tests included, in `database` (an SQLAlchemy URL) for the grading to come;
    without one it keeps no gradebook.
    """
    for lab in labs:
        found = problems(source.notebook(lab, course))
        if found:
            raise PipelineError("\n".join(f"{lab}: {sentence}" for sentence in found))
    for lab in labs:
        convert(GenerateAssignment, course, lab, database, release_directory=str(destination))


def convert(converter: type[BaseConverter], course: Path, lab: str, database: str | None, **settings: str) -> None:
    """Run one of nbgrader's converters on a lab with the settings of nbgrader_config.py.

    `settings` are those of nbgrader's CourseDirectory. Raises PipelineError with nbgrader's reason.
    """
    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.update(Config(assignment_id=lab, **settings))
    if database:
        config.CourseDirectory.db_url = database
    else:
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        _nbgrader_environment(),
        _logged_errors() as errors,
        warnings.catch_warnings(),
    ):
        root = Path(elsewhere) / "course"  # nbgrader takes brackets in a folder's name for a pattern
        root.symlink_to(course.resolve())
        config.CourseDirectory.root = str(root)
        for remark in (SAWarning, MissingIDFieldWarning):  # on nbgrader's own code
            warnings.simplefilter("ignore", remark)
        try:
            converter(coursedir=CourseDirectory(config=config), config=config, force=True).start()
        except NbGraderException as failure:
            reasons = [line for message in errors for line in message.splitlines() if "Error" in line]
            raise PipelineError(f"{lab}: nbgrader stopped: {reasons[-1] if reasons else failure}") from failure


@contextlib.contextmanager
def _nbgrader_environment() -> Iterator[None]:
    """nbgrader calls `alembic` from PATH; graded kernels import our helpers and run as in CI unless told not to."""
    before = dict(os.environ)
    for name, folder in (("PATH", Path(sys.executable).parent), ("PYTHONPATH", ROOT)):
        os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
    os.environ.setdefault("COURSE_PROFILE", "ci")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """What nbgrader logs as an error: its exception only says 'see the traceback above'."""
    messages: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("traitlets")
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


if __name__ == "__main__":
    try:
        main()
    except PipelineError as failure:
        sys.exit(str(failure))
