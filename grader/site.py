"""`make site`: the course to be read without running it, in dist/site/, and for instructors in dist/site-instructor/.

A lab's page is the notebook as students get it, with what the stored run shows under each cell that both have.
Instructors see the solutions, and beside each lab what is useful in class. Sphinx builds the pages; nothing is
executed, and no page asks another host for anything.
"""

import base64
import html
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_output

from grader import figures, in_class, source, times
from grader.preprocessors import repository
from grader.reproduce import README
from grader.source import ROOT

HERE = Path(__file__).parent
EDITIONS = {"student": "site", "instructor": "site-instructor"}
TITLE = "Convolutional networks, hands on"
BADGE = re.compile(r"\[!\[(?P<says>[^]]*)\]\([^)]*\)\]")
PICTURE = re.compile(r"<img alt='(?P<alt>[^']*)' src='data:image/(?P<kind>\w+);base64,(?P<bytes>[^']*)'")
CONTROLS = re.compile(r"\w+\(children=")  # how widgets call themselves where they cannot be drawn
FAINT = re.compile(r' style="color: [^"]*"')  # in Keras's summaries: green on white
SILENT = (source.SUMMARY, source.RECALL, source.HAND_IN)  # cells whose outputs are of the person who ran them
SAYS = {
    "student": "Here you can read every lab, with what it shows when it runs. To solve it, "
    "[get the course]({repository}), or open a lab in Colab.",
    "instructor": "**For instructors.** Here the exercises are solved. *In class*, a page for each lab, has the pacing "
    "for two hours, the usual mistakes, the hints, and the rubrics with model answers.",
}
SETTINGS = {
    "project": TITLE,
    "extensions": ["myst_nb", "sphinx_design", "grader.formulas"],
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_code_prompt_show": "Show this cell, which is the same in every lab",
    "nb_code_prompt_hide": "Hide this cell",
    "myst_enable_extensions": ["dollarmath", "colon_fence"],
    "myst_heading_anchors": 3,
    "suppress_warnings": ["myst.header"],  # a model answer may begin with a small heading
    "html_theme": "sphinx_book_theme",
    "html_theme_options": {
        "home_page_in_toc": True,
        "use_download_button": False,
        "use_fullscreen_button": False,
        "navbar_persistent": [],  # or else a second search
        "footer_content_items": ["extra-footer.html"],
        "extra_footer": "Text and code are under the MIT licence.",
    },
    "html_context": {"default_mode": "auto"},
    "html_sidebars": {"**": ["search-button-field.html", "sbt-sidebar-nav.html"]},
    "html_static_path": ["_static"],
    "html_css_files": ["site.css"],
    "html_math_renderer": "mathml",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_use_index": False,
}


def main(editions: list[str]) -> None:
    if len(editions) > 1:  # Sphinx keeps what one edition has set up, and complains of it in the next
        for edition in editions:
            subprocess.run([sys.executable, "-m", "grader.site", edition], check=True)
        return
    target = ROOT / "dist" / EDITIONS[editions[0]]
    print(f"{target.relative_to(ROOT)}/index.html: the first of {build(editions[0], target)} pages")


def build(edition: str, target: Path) -> int:
    """Write an edition's pages into `target`, which is emptied before; returns their number.

    Raises PipelineError for what Sphinx would only warn of.
    """
    from sphinx.application import Sphinx

    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        pages, made, doctrees = (Path(folder) / name for name in ("pages", "html", "doctrees"))
        write_pages(edition, pages)
        settings = SETTINGS | {"html_title": TITLE + (", for instructors" if edition == "instructor" else "")}
        sphinx = Sphinx(pages, None, made, doctrees, "html", settings, status=None, warningiserror=True)
        sphinx.build()
        if sphinx.statuscode:
            raise source.PipelineError("The site has faults: see Sphinx's warnings above.")
        shutil.copytree(made, target, ignore=shutil.ignore_patterns("_sources", ".buildinfo", "objects.inv"))
    return len(list(target.glob("*.html")))


def write_pages(edition: str, folder: Path) -> None:
    """Write what an edition's pages are made of: notebooks, Markdown, pictures."""
    (folder / "_static").mkdir(parents=True)
    shutil.copy(HERE / "site.css", folder / "_static")
    shutil.copy(ROOT / "data" / "lab_01.png", folder)
    for lab in source.labs():
        nbformat.write(page(lab, edition), folder / f"{lab}.ipynb")
        picture = cover(lab)
        (folder / picture["file"]).write_bytes(base64.b64decode(picture["bytes"]))
        if edition == "instructor":
            (folder / f"{lab}_in_class.md").write_text(in_class.page(lab), encoding="utf-8")
    (folder / "results.md").write_text(results(), encoding="utf-8")
    (folder / "index.md").write_text(front(edition), encoding="utf-8")


def page(lab: str, edition: str, root: Path = ROOT) -> nbformat.NotebookNode:
    """A lab as students get it, with the outputs of the stored run; for instructors with the solutions."""
    nb = nbformat.read(root / "notebooks" / lab / f"{lab}.ipynb", as_version=4)
    solved = {cell.id: cell for cell in nbformat.read(source.path(lab, ".ipynb", root), as_version=4).cells}
    for cell in nb.cells:
        twin, graded = solved.get(cell.id), cell.metadata.get("nbgrader", {})
        tags = (
            ["hide-input"] if "setup" in source.tags(cell) else ["exercise"] if source.MARKER.match(cell.source) else []
        )
        cell.metadata = nbformat.from_dict({"tags": tags})
        if edition == "instructor" and graded.get("solution"):
            cell.source = figures.without_marks(twin.source)
        elif cell.cell_type == "code" and twin and not graded and cell.source not in SILENT:
            cell.outputs = [_readable(output) for output in twin.outputs]
        if cell.cell_type == "markdown":
            cell.source = BADGE.sub(r"[\g<says>]", source.WRITTEN.sub("", source.LAB.sub(source.numbered, cell.source)))
    if edition == "instructor":
        nb.cells.insert(1, new_markdown_cell(f"[In class: pacing, usual mistakes, hints, rubrics]({lab}_in_class.md)"))
    return nb


def _readable(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output as a page shows it: no widget's name, no box that announces itself as new, no faint colours."""
    if CONTROLS.match(output.get("data", {}).get("text/plain", "")):
        return new_output("display_data", {"text/markdown": "*In the notebook there are controls here.*"})
    if "text/html" in output.get("data", {}):
        output.data["text/html"] = FAINT.sub("", output.data["text/html"].replace(" role='status'", ""))
    return output


def about(lab: str) -> dict[str, str]:
    """What site.toml says of a lab. Raises PipelineError."""
    found = tomllib.loads((HERE / "site.toml").read_text(encoding="utf-8"))
    if lab[3:] not in found:
        raise source.PipelineError(f"grader/site.toml says nothing of {lab[3:]}: its picture, and what came out of it.")
    return found[lab[3:]]


def cover(lab: str) -> dict[str, str]:
    """The picture that stands for a lab: its 'alt' text, its 'bytes' in base64, its 'file'. Raises PipelineError."""
    begins = about(lab)["cover"]
    for cell in nbformat.read(source.path(lab, ".ipynb"), as_version=4).cells:
        for output in cell.get("outputs", []):
            for found in PICTURE.finditer(output.get("data", {}).get("text/html", "")):
                alt = " ".join(html.unescape(found["alt"]).split())
                if alt.startswith(begins):
                    return {"alt": alt, "bytes": found["bytes"], "file": f"{lab}.{found['kind']}"}
    raise source.PipelineError(f"{lab}: no stored output is a picture whose alt text begins '{begins}'.")


def front(edition: str) -> str:
    """The front page: a card for each lab."""
    labs = source.labs()
    text = figures.without_marks(figures.fresh((HERE / "site_front.md").read_text(encoding="utf-8"), ""))
    return text.format(
        labs=len(labs),
        hours=round(sum(sum(times.minutes(source.notebook(lab), lab).values()) for lab in labs) / 60),
        edition=SAYS[edition].format(repository=repository()),
        first=labs[0],
        cards="\n".join(map(card, labs)),
        pages="\n".join(labs),
        in_class=in_class.contents(labs) if edition == "instructor" else "",
    )


def card(lab: str) -> str:
    """A lab on the front page: picture, title, what it is about, what came out; time, points, the labs before it."""
    nb, picture = nbformat.read(ROOT / "notebooks" / lab / f"{lab}.ipynb", as_version=4), cover(lab)
    title, what, *others = (" ".join(one.split()) for one in nb.cells[0].source.split("\n\n"))
    needs = next((one for one in others if one.startswith("**You need**")), "")
    before = sorted(set(re.findall(r"lab (\d\d)", needs)))
    points = sum(in_class.points(source.notebook(lab)).values())
    facts = [f"{sum(times.minutes(source.notebook(lab), lab).values())} minutes", f"{points:g} points"]
    facts += (
        [f"after\N{NO-BREAK SPACE}lab{'s' * (len(before) > 1)}\N{NO-BREAK SPACE}{', '.join(before)}"] if before else []
    )
    return f"""\
::::{{grid-item-card}} {title.lstrip("# ")}
:link: {lab}
:link-type: doc
:img-top: {picture["file"]}
:img-alt: {picture["alt"]}

{what}

*{figures.without_marks(figures.fresh(about(lab)["result"], lab))}*
:::{{card-footer}}
{" · ".join(facts)}
:::
::::
"""


def results() -> str:
    """README's section of results."""
    text = README.read_text(encoding="utf-8")
    section = re.search(r"^## Results\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)[1]
    return "# Results\n" + re.sub(r"\[([^]]*)\]\((?!http)[^)]*\)", r"`\1`", section)


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or [*EDITIONS])
    except (source.PipelineError, figures.NoSuchFigure) as failure:
        sys.exit(str(failure))
    except subprocess.CalledProcessError:
        sys.exit(1)  # it has said why
