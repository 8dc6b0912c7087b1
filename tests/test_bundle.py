"""The student edition: complete, without answers, and able to stand alone."""

import re
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient

from grader import source
from grader.bundle import bundle
from tests import mini_course
from tests.test_pipeline import answers


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The student edition in an empty folder outside the repository, beside its archive."""
    folder = tmp_path_factory.mktemp("student")
    archive = bundle(folder)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return archive.with_suffix("")


def test_bundle_holds_what_a_student_needs(unpacked):
    top = {path.name for path in unpacked.iterdir()}
    assert top == {
        "README.md",
        "LICENSE",
        "environment.yml",
        "requirements.txt",
        "notebooks",
        "helpers",
        "checks",
        "data",
    }
    assert [path.name for path in sorted((unpacked / "notebooks").iterdir())] == source.labs()
    readme = (unpacked / "README.md").read_text(encoding="utf-8")
    assert all(f"`{lab}`" in readme for lab in source.labs())
    assert not re.search(r"\{\w+\}", readme)
    assert "&&" not in readme and "Hand in" in readme
    wanted = (unpacked / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in wanted.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 50 and all("==" in line for line in lines)


def test_bundle_holds_no_answers(unpacked):
    secrets = {"BEGIN SOLUTION", "BEGIN HIDDEN TESTS"}
    for lab in source.labs():
        secrets |= {answer for answer in answers(lab) if answer.startswith("seed=")}
    for path in unpacked.rglob("*"):
        assert not {"solutions", "grader", "tests", "answers", "__pycache__"} & set(path.relative_to(unpacked).parts)
        if path.suffix in (".py", ".ipynb", ".md", ".json", ".yml", ".txt"):
            content = path.read_text(encoding="utf-8")
            assert [secret for secret in secrets if secret in content] == [], path
    assert list(unpacked.glob("data/*.png")) and not list(unpacked.glob("data/*.py"))  # they build what labs ask for


def test_bundle_is_the_same_file_each_time(unpacked, tmp_path):
    assert bundle(tmp_path).read_bytes() == unpacked.with_name(f"{unpacked.name}.zip").read_bytes()


@pytest.mark.parametrize("lab", source.labs()[:1])
def test_lab_runs_in_the_bundle_with_its_own_helpers(unpacked, lab):
    nb = nbformat.read(unpacked / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    nb.cells.append(nbformat.v4.new_code_cell("import helpers; print(helpers.__file__)"))
    folder = str(unpacked / "notebooks" / lab)
    client = NotebookClient(nb, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}})
    client.execute(env=mini_course.environment(PYTHONPATH=""))  # raises where an untagged cell does
    assert nb.cells[-1].outputs[0].text.strip() == str(unpacked / "helpers" / "__init__.py")
