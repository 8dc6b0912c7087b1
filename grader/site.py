"""`make site`: the labs as pages to be read, in dist/site/ for students, in dist/site-instructor/ for instructors.

A lab's page is the notebook as students get it, with what the stored run shows under each cell that both have.
Instructors see the solutions, and beside each lab what is useful in class. Sphinx builds both: nothing is executed,
and no page asks another host for anything.
"""

import ast
import base64
import importlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from checks.core import Check, hints
from grader import figures, source
from grader.reproduce import README
from grader.source import ROOT

EDITIONS = {"student": "site", "instructor": "site-instructor"}
TITLE = "Convolutional networks, hands on"
BADGE = re.compile(r"\[!\[(?P<says>[^]]*)\]\([^)]*\)\]")
PICTURE = re.compile(r"<img alt='(?P<alt>[^']*)' src='data:image/(?P<kind>\w+);base64,(?P<bytes>[^']*)'")
COLOURED = re.compile(r"<span style=\"[^\"]*\">(?P<says>[^<]*)</span>")
# The picture of a lab on the front page: how its alt text begins.
COVERS = {
    "00_getting_started": "The 64 weights as 8×8 squares",
    "01_convolution_basics": "Four kernels whose weights sum to 1",
    "02_slash_cnn_vs_classic_ml": "A stroke, rotated",
    "03_cifar_progression": "Training and validation accuracy",
    "04_configurable_cnn": "Validation cross-entropy",
    "05_augmentation": "One training image eighteen times",
    "06_rnn_subtraction": "Encoder: seven boxes",
    "07_mnist_callback": "Test digits that the network gets wrong",
    "08_pretrained_resnet": "Photographs and their most probable classes",
    "09_feature_journey": "Images made for four filters",
    "10_speed_run": "The board again",
}
STYLE = """\
.bd-main .bd-content .bd-article-container { max-width: 66em; }  /* 100 characters of code in a line */
div.cell div.cell_input pre { white-space: pre-wrap; }
.sd-card-img-top { height: 9em; object-fit: contain; background: white; padding: 0.5em; }
.bd-header { display: none; }  /* it holds nothing here */
"""
PITCH = f"""\
---
html_theme.sidebar_secondary.remove: true
---

# {TITLE}

Ordered Jupyter labs in TensorFlow/Keras. You slide a kernel over a photograph by hand, put a network of a thousand
weights against six classic methods, and train your way up. Every exercise answers at once, in a sentence. Here you can
read each lab, with what it shows when it runs; to solve it, open it in JupyterLab or Colab.

The figures were [measured](results.md) with the labs' own code, most of them with three seeds or more.
"""
FOR_INSTRUCTORS = """\
Here the exercises are solved. Beside each lab, *In class* has pacing, points, what is often wrong, and the hints.
"""
FRONT = {"student": PITCH, "instructor": PITCH + "\n" + FOR_INSTRUCTORS}
SETTINGS = {
    "project": TITLE,
    "copyright": "MIT licence",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_use_index": False,
    "extensions": ["myst_nb", "sphinx_design", "grader.formulas"],
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "myst_enable_extensions": ["dollarmath", "colon_fence"],
    "myst_heading_anchors": 3,
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {"use_download_button": False, "use_fullscreen_button": False, "navbar_persistent": []},
    "html_static_path": ["_static"],
    "html_css_files": ["course.css"],
    "nb_code_prompt_show": "Show this cell, which is the same in every lab",
    "nb_code_prompt_hide": "Hide it again",
    "html_math_renderer": "mathml",
    "suppress_warnings": ["myst.header"],  # a lab's answers may begin with a small heading
}


def main(editions: list[str]) -> None:
    if len(editions) > 1:  # Sphinx keeps what one edition has set up, and complains of it in the next
        for edition in editions:
            subprocess.run([sys.executable, "-m", "grader.site", edition], check=True)
        return
    target = ROOT / "dist" / EDITIONS[editions[0]]
    print(f"{target.relative_to(ROOT)}: {build(editions[0], target)} pages; begin with index.html")


def build(edition: str, target: Path) -> int:
    """Write an edition's HTML into `target`, which is emptied before; returns the number of its pages."""
    from sphinx.application import Sphinx

    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        write_pages(edition, pages)
        settings = SETTINGS | {"html_title": TITLE + (", for instructors" if edition == "instructor" else "")}
        html, doctrees = Path(folder) / "html", Path(folder) / "doctrees"
        Sphinx(pages, None, html, doctrees, "html", settings, status=None, warningiserror=True).build()
        shutil.copytree(html, target, ignore=shutil.ignore_patterns("_sources", ".buildinfo", "objects.inv"))
    return len(list(target.glob("*.html")))


def write_pages(edition: str, folder: Path) -> None:
    """Write what an edition's pages are made of: notebooks and Markdown."""
    folder.mkdir(parents=True)
    for lab in source.labs():
        nb = page(lab, edition)
        nbformat.write(nb, folder / f"{lab}.ipynb")
        (folder / f"{lab}.{cover(lab)['kind']}").write_bytes(base64.b64decode(cover(lab)["bytes"]))
        if edition == "instructor":
            (folder / f"{lab}_in_class.md").write_text(in_class(lab), encoding="utf-8")
    (folder / "_static").mkdir()
    (folder / "_static" / "course.css").write_text(STYLE, encoding="utf-8")
    (folder / "results.md").write_text(results(), encoding="utf-8")
    (folder / "index.md").write_text(front(edition), encoding="utf-8")


def page(lab: str, edition: str) -> nbformat.NotebookNode:
    """A lab as students get it, with the outputs of the stored run; for instructors with the solutions."""
    nb = nbformat.read(ROOT / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    solved = {cell.id: cell for cell in nbformat.read(source.path(lab, ".ipynb"), as_version=4).cells}
    for cell in nb.cells:
        twin, graded = solved.get(cell.id), cell.metadata.get("nbgrader", {})
        cell.metadata = nbformat.from_dict({"tags": ["hide-input"] if "setup" in source.tags(cell) else []})
        if twin and graded.get("solution") and edition == "instructor":
            cell.source = source.WRITTEN.sub("", figures.without_marks(twin.source))
        elif twin and cell.cell_type == "code" and not graded:
            cell.outputs = [shown(output) for output in twin.outputs]
        if cell.cell_type == "markdown":
            cell.source = BADGE.sub(r"[\g<says>]", source.WRITTEN.sub("", figures.without_marks(cell.source)))
    return nb


def shown(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output for a page: its boxes announce nothing, since nothing is new there; Keras' colours are too pale."""
    if html := output.get("data", {}).get("text/html"):
        html = html.replace(" role='status'", "")
        output.data["text/html"] = COLOURED.sub(r"\g<says>", html) if html.startswith("<pre") else html
    return output


def cover(lab: str) -> dict[str, str]:
    """The picture that stands for a lab: its 'alt' text, its 'kind' and its 'bytes', base64."""
    for cell in nbformat.read(source.path(lab, ".ipynb"), as_version=4).cells:
        for output in cell.get("outputs", []):
            for found in PICTURE.finditer(output.get("data", {}).get("text/html", "")):
                if found["alt"].startswith(COVERS[lab]):
                    return found.groupdict()
    raise source.PipelineError(f"{lab}: no stored output is a picture whose alt text begins '{COVERS[lab]}'.")


def head(lab: str) -> dict[str, str]:
    """What a lab's first cell says: its 'title' and its paragraphs 'what', 'You need' and 'Time', if it has them."""
    nb = nbformat.read(ROOT / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    title, what, *others = (" ".join(one.split()) for one in figures.without_marks(nb.cells[0].source).split("\n\n"))
    found = (re.match(r"\*\*(You need|Time):?\*\* (.*)", one) for one in others)
    return {"title": title.lstrip("# "), "what": what} | {one[1]: one[2] for one in found if one}


def front(edition: str) -> str:
    """The front page: a card for each lab."""
    cards = []
    for lab in source.labs():
        says, points = head(lab), sum(one["points"] for one in source.overview(source.notebook(lab)).values())
        needed = ", ".join(re.findall(r"lab \d\d", says.get("You need", "")))
        footer = f"{says['Time'].partition(' of work')[0]} · {points} points for code"
        cards += [
            f"::::{{grid-item-card}} {says['title']}",
            f":link: {lab}",
            ":link-type: doc",
            f":img-top: {lab}.{cover(lab)['kind']}",
            f":img-alt: {cover(lab)['alt']}",
            "",
            says["what"],
            ":::{card-footer}",
            footer + (f" · after {needed}" if needed else ""),
            ":::",
            "::::",
        ]
    contents = {"The labs": [*source.labs(), "results"]}
    if edition == "instructor":
        contents["In class"] = [f"{lab}_in_class" for lab in source.labs()]
    trees = [
        "\n".join(["```{toctree}", f":caption: {caption}", ":hidden:", "", *pages, "```", ""])
        for caption, pages in contents.items()
    ]
    return "\n".join([FRONT[edition], ":::::{grid} 1 2 2 3", ":gutter: 3", "", *cards, ":::::", "", *trees, ""])


def results() -> str:
    """README's section of results."""
    text = README.read_text(encoding="utf-8")
    section = re.search(r"^## Results\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)[1]
    return "# Results\n" + re.sub(r"\[([^]]*)\]\((?!http)[^)]*\)", r"`\1`", section)


def in_class(lab: str) -> str:
    """For instructors: how the time goes, what there is to solve, what goes wrong, and what helps."""
    nb = source.notebook(lab)
    number = lab[:2]
    lines = [f"# {number} in class", "", f"Lab [{head(lab)['title']}]({lab}.ipynb).", "", "## Pacing", ""]
    lines += ["| from minute | section |", "| --- | --- |"]
    begun, headings = 0, "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    for title, minutes in re.findall(r"^## (.*) \((\d+) minutes\)$", headings, re.MULTILINE):
        lines.append(f"| {begun} | {title} |")
        begun += int(minutes)
    lines += ["", f"{begun} minutes for who solves everything: one session of two hours.", "", "## Exercises", ""]
    known, tried, judges = hints(lab[3:]), mistakes(lab), importlib.import_module(f"checks.{lab[3:]}")
    checks = {one.exercise: one for one in vars(judges).values() if isinstance(one, Check)}
    for name, one in source.overview(nb).items():
        lines += [
            f"### {name} ({one['points']} {'point' if one['points'] == 1 else 'points'})",
            "",
            f"In section {one['section']}.",
            "",
        ]
        lines += ["What is often wrong, and what the check says of it:", ""]
        lines += [f"- {said}" for said in checks[name].mistakes]
        lines += [f"- {what}: “{says}”" for what, says in tried.get(name, [])]
        if name in known:
            lines += ["", *(f"{k}. Hint: {text.strip()}" for k, text in enumerate(known[name]["hints"], 1))]
            lines += ["", f"Another right way: {known[name]['others'].strip()}"]
        lines.append("")
    return source.LAB.sub(source.numbered, "\n".join(lines))


def mistakes(lab: str) -> dict[str, list[tuple[str, str]]]:
    """Exercise -> its wrong answers in the bank: in words, and what the check says of each."""
    tree = ast.parse((ROOT / "tests" / "answers" / f"{lab}.py").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = {}
    for function in ast.walk(tree):
        for mark in getattr(function, "decorator_list", []):
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "wrong":
                says = next(one.value for one in mark.keywords if one.arg == "says")
                found.setdefault(ast.literal_eval(mark.args[0]), []).append(
                    (function.name.replace("_", " "), ast.literal_eval(says))
                )
    return found


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or [*EDITIONS])
    except ImportError as missing:
        sys.exit(f"{missing.name} is missing: `make site` installs what the site is built with.")
