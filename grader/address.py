"""`make address URL=https://github.com/you/your-course`: where the course lies, in badges, setup cells and README."""

import sys
from urllib.parse import quote, urlparse

from grader import release
from grader.preprocessors import repository
from grader.source import ROOT


def main() -> None:
    """Set the address in `sys.argv` and release; raises PipelineError if it is none that Colab can open."""
    url = (sys.argv[1:] or [""])[0].rstrip("/").removesuffix(".git")
    parts = urlparse(url)
    if parts.scheme != "https" or parts.netloc != "github.com" or len(parts.path.split("/")) != 3:
        raise release.PipelineError("Say where the course lies: make address URL=https://github.com/you/your-course")
    before = repository()
    for path in (ROOT / "pyproject.toml", ROOT / "README.md"):
        path.write_text(moved(path.read_text(encoding="utf-8"), before, url), encoding="utf-8")
    release.main()


def moved(text: str, before: str, after: str) -> str:
    """The text with the course's address, and the links of other places that lead to it, changed."""
    old, new = urlparse(before).path, urlparse(after).path
    text = text.replace(before, after).replace(quote(before, safe=""), quote(after, safe=""))
    for place in ("research.google.com/github", "mybinder.org/v2/gh"):
        text = text.replace(f"{place}{old}/", f"{place}{new}/")
    return text


if __name__ == "__main__":
    try:
        main()
    except release.PipelineError as failure:
        sys.exit(str(failure))
