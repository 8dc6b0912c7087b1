"""The site in a real browser: accessible in light and dark, by keyboard, asking nobody; every link leads somewhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from grader import site
from tests.browser.conftest import PICTURES

pytest.importorskip("sphinx", reason="Sphinx is not installed: make test-browser installs it")


@pytest.fixture(scope="session")
def sites(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sites")
    for edition in site.EDITIONS:
        build = f"site.build({edition!r}, Path({str(folder / edition)!r}))"
        code = f"from pathlib import Path; from grader import site; {build}"
        subprocess.run([sys.executable, "-c", code], check=True)
    return folder


class Page(HTMLParser):
    """The links and the anchors of a page, and its images without a description."""

    def __init__(self, file: Path):
        super().__init__()
        self.links, self.anchors, self.mute = [], set(), []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        self.links += [found[name] for name in ("href", "src") if found.get(name)]
        if tag == "img" and "alt" not in found:
            self.mute.append(found.get("src"))


@pytest.mark.parametrize("edition", site.EDITIONS)
def test_every_link_leads_somewhere_and_every_image_is_described(sites, edition):
    pages = {file.name: Page(file) for file in (sites / edition).glob("*.html")}
    assert len(pages) == {"student": 14, "instructor": 25}[edition]
    for name, page in pages.items():
        assert page.mute == [], name
        for link in page.links:
            target = urlsplit(link)
            if target.scheme == "":
                file = unquote(target.path) or name
                assert (sites / edition / file).exists(), f"{name}: {link}"
                if target.fragment and file in pages:
                    assert unquote(target.fragment) in pages[file].anchors, f"{name}: {link}"


LOOKED_AT = [
    ("student", "index"),
    ("student", "01_convolution_basics"),
    ("student", "10_speed_run"),
    ("student", "results"),
    ("instructor", "09_feature_journey"),
    ("instructor", "01_convolution_basics_in_class"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edition", "name"), LOOKED_AT)
def test_everybody_can_read_it_and_no_other_host_is_asked(sites, browser, edition, name, theme):
    from tests.browser import axe

    asked = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto((sites / edition / f"{name}.html").as_uri())
    page.wait_for_load_state("networkidle")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"site_{edition}_{name}_{theme}.png")
    found = axe.faults(page, without=("region",))  # the theme's sidebar begins outside of its navigation
    page.set_viewport_size({"width": 800, "height": 900})
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.close()
    assert found == []
    assert wider <= 0, "the page is cut off at 800 pixels"
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_search_works_by_keyboard_without_a_server(sites, browser):
    page = browser.new_page()
    page.goto((sites / "student" / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("whitening")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The speed run", timeout=20_000)
    page.close()


def test_the_first_tab_leads_past_the_menu_and_the_menu_is_reached(sites, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((sites / "student" / "index.html").as_uri())
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
    page.close()
    assert "Skip to main content" in seen[0]
    assert any("00 · Getting started" in one for one in seen)
