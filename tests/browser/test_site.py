"""The built site: no answer in the students' edition, every link leads somewhere, axe-core finds no fault, the keyboard
reaches everything, no page asks another host.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlparse

import pytest
from bs4 import BeautifulSoup

from grader import source
from grader.site import EDITIONS
from grader.source import ROOT
from tests.browser import axe
from tests.browser.conftest import PICTURES
from tests.test_pipeline import answers

LAB = "01_convolution_basics"
# The element that has the focus, and whether it, or the card that it opens, stands in the window with a line around it.
FOCUS = """() => {
    document.getAnimations().forEach(one => one.finish());
    const one = document.activeElement, shown = one.closest('.sd-card') ?? one, place = shown.getBoundingClientRect();
    return {tag: one.tagName, text: one.innerText.trim(), href: one.getAttribute('href'),
            seen: place.bottom > 0 && place.top < innerHeight,
            marked: getComputedStyle(shown).outlineStyle !== 'none'
                || shown === one && getComputedStyle(one).boxShadow !== 'none'};
}"""


@pytest.fixture(scope="module")
def built() -> dict[str, Path]:
    """The folder of each edition, built anew."""
    pytest.importorskip("sphinx_book_theme", reason="make test-browser installs what the site is built with")
    subprocess.run([sys.executable, "-m", "grader.site"], cwd=ROOT, check=True)
    return {edition: ROOT / "dist" / folder for edition, folder in EDITIONS.items()}


@pytest.fixture(scope="module")
def pages(built) -> dict[Path, BeautifulSoup]:
    """Every page of both editions."""
    files = [file for folder in built.values() for file in sorted(folder.glob("*.html"))]
    return {file: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") for file in files}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *what):
        pass


@pytest.fixture(scope="module")
def address(built) -> Iterator[str]:
    """Where a web server shows dist/."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=ROOT / "dist")) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(browser, address):
    """`visit(edition, page)` opens a page; afterwards no page may have asked another host for anything, or failed."""
    opened, faults = [], []

    def go(edition: str, name: str, scheme="light", width=1280):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.on("request", lambda asked: asked.url.startswith((address, "data:")) or faults.append(asked.url))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(f"{address}{EDITIONS[edition]}/{name}.html", wait_until="networkidle")
        return page

    yield go
    for page in opened:
        page.close()
    assert faults == []


def words(text: str) -> str:
    """A text without the differences that a page makes: white space and marks of Markdown."""
    return re.sub(r"[\s`*$]+", " ", text)


@pytest.mark.parametrize("lab", source.labs())
def test_a_lab_holds_no_answer_for_students_and_all_for_instructors(built, pages, lab):
    given, solved = (words(pages[folder / f"{lab}.html"].get_text()) for folder in built.values())
    hidden = [words(answer).strip() for answer in answers(lab)]
    assert [answer for answer in hidden if answer in given] == []
    assert sum(answer in solved for answer in hidden) > len(hidden) / 2  # the rest are hidden tests


def test_students_have_no_page_of_the_instructors(built, pages):
    shown = "".join(page.get_text() for file, page in pages.items() if file.parent == built["student"])
    assert "Model answer" not in shown and "Usual mistakes" not in shown
    assert not list(built["student"].rglob("*in_class*"))
    assert "in_class" not in (built["student"] / "searchindex.js").read_text(encoding="utf-8")
    assert len(list(built["instructor"].glob("*in_class.html"))) == len(source.labs())


def test_every_link_and_picture_leads_somewhere(pages):
    names = {file: {tag.get("id") or tag.get("name") for tag in page.find_all(True)} for file, page in pages.items()}
    dead, seen = [], 0
    for file, page in pages.items():
        for tag in page.find_all(["a", "link", "script", "img"]):
            address = tag.get("href") or tag.get("src")
            if not address or address.startswith("data:image/"):
                continue
            parts, seen = urlparse(address), seen + 1
            if parts.scheme or parts.netloc:  # another host: only a link, and of a good form
                good = tag.name == "a" and parts.scheme == "https" and "." in parts.netloc
            else:
                there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
                anchors = names.get(there, set())
                good = there.is_file() and (not parts.fragment or unquote(parts.fragment) in anchors)
            if not good:
                dead.append(f"{file.name}: {address}")
    assert dead == []
    assert seen > 1000


def test_every_picture_has_an_alt_text(pages):
    pictures = [(file.name, tag) for file, page in pages.items() for tag in page.find_all("img")]
    assert [name for name, tag in pictures if len(tag.get("alt", "")) < 5] == []
    assert len(pictures) > 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(visit, pages, built, scheme):
    faults = []
    for file in pages:
        edition = "student" if file.parent == built["student"] else "instructor"
        if edition == "student" and file.stem in source.labs()[1:]:
            continue  # the instructors' page holds the same, and the solutions
        page = visit(edition, file.stem, scheme)
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        faults += [f"{file.name}: {fault}" for fault in axe.faults(page)]
        page.close()
    assert faults == []


def test_axe_would_find_a_fault(visit):
    page = visit("student", "index")
    page.evaluate("document.querySelector('article p').style.color = '#ddd'")
    page.evaluate("document.querySelector('article img').removeAttribute('alt')")
    assert {fault.partition(":")[0] for fault in axe.faults(page)} == {"color-contrast", "image-alt"}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (800, "light"), (800, "dark")])
def test_a_page_fits_its_window(visit, width, scheme):
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in ["index", LAB] if scheme == "dark" else ["index", "results", *source.labs()]:
        page = visit("student", name, scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.screenshot(path=PICTURES / f"site_{name}_{scheme}_{width}.png")
        page.close()


def test_tab_goes_from_the_text_to_search_to_every_lab(visit):
    page = visit("student", "index")
    stops = []
    while not stops or stops[-1]["tag"] != "BODY":
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
        assert len(stops) < 100, "the keyboard is caught"
    stops.pop()
    assert stops[0]["href"] == "#main-content"
    assert [stop for stop in stops if not (stop["seen"] and stop["marked"])] == []
    assert any(stop["text"].startswith("Search") for stop in stops)
    links = [stop["href"] for stop in stops]
    for lab in source.labs():
        assert links.count(f"{lab}.html") >= 2  # in the list of labs, and its card


def test_search_finds_a_lab_by_keyboard(visit):
    page = visit("student", "index")
    page.keyboard.press("Control+k")
    page.keyboard.type("pooling")
    page.keyboard.press("Enter")
    found = page.locator(f"#search-results a[href*='{LAB}.html']").first
    found.wait_for()
    assert axe.faults(page) == []
    found.press("Enter")
    page.wait_for_url(f"**/{LAB}.html*")


def test_search_works_from_a_disk_too(browser, built):
    page = browser.new_page()
    page.goto((built["student"] / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("whitening")
    page.keyboard.press("Enter")
    page.locator("#search-results a[href*='10_speed_run.html']").first.wait_for()
    page.close()


def test_list_of_labs_opens_by_keyboard_in_a_narrow_window(visit):
    page = visit("student", LAB, width=800)
    link = page.locator("nav.bd-docs-nav a[href='02_slash_cnn_vs_classic_ml.html']").first
    assert not link.is_visible()
    page.locator("button.primary-toggle:visible").press("Enter")
    link.wait_for()
    assert axe.faults(page) == []
    link.press("Enter")
    page.wait_for_url("**/02_slash_cnn_vs_classic_ml.html")
