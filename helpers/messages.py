"""How the course talks to its reader: one box with a title and plain sentences, and errors in one sentence."""

import html
import re
import sys
from collections.abc import Sequence

# Of the bar beside a box; its text has the theme's own colours. Contrast > 3 on white and on black.
COLOURS = {"info": "#2A87C4", "good": "#1A8F6E", "warning": "#C46A14", "bad": "#CC4B57"}


# Where JupyterLab shows a box that says it all, the error output under it (which nbgrader needs) is not shown as well.
INSTEAD_OF_ERROR = (
    "<style>.jp-OutputArea-child:has(.says-it-all) + .jp-OutputArea-child:has("
    "[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']) "
    "{display: none}</style>"
)


class CourseError(Exception):
    """An error whose message says all there is to say: notebooks show it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines in place of the traceback."""
        return [str(self)]


class DataError(CourseError):
    """Data that cannot be had or used; says in one sentence which, why, and what helps."""


class Message:
    """A box of text that notebooks show as HTML, and terminals, CI and screen readers as plain sentences.

    `kind` is one of 'info', 'good', 'warning', 'bad'. Without a title it is a quiet line. `rows` become a table above
    the text; the first one is its head. `picture` is HTML (an <img>) placed under the text; the text must be complete
    without it. `says_it_all`: the error that follows need not be shown as well.
    """

    def __init__(
        self,
        kind: str,
        title: str,
        text: str = "",
        picture: str = "",
        rows: Sequence[Sequence[str]] = (),
        says_it_all: bool = False,
    ):
        self.kind, self.title, self.text, self.picture, self.rows = kind, title, text, picture, rows
        self.says_it_all = says_it_all

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        cells = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in self.rows]
        return "\n".join(filter(None, [self.title, *("  ".join(row).rstrip() for row in cells), self.text]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        title = f"<strong>{html.escape(self.title)}</strong>" if self.title else ""
        paragraphs = "".join(f"<p style='margin:4px 0'>{marked_up(line)}</p>" for line in self.text.splitlines())
        style = f"border-left:5px solid {COLOURS[self.kind]};padding:{'6px' if title else '0'} 12px;margin:4px 0"
        marks = (INSTEAD_OF_ERROR, " class='says-it-all'") if self.says_it_all else ("", "")
        return (
            f"<div role='status' style='{style}'{marks[1]}>"
            f"{marks[0]}{title}{self._table()}{paragraphs}{self.picture}</div>"
        )

    def _table(self) -> str:
        lines = []
        for row in self.rows:
            tag = "td" if lines else "th scope='col'"
            cells = "".join(f"<{tag} style='text-align:left'>{marked_up(cell)}</{tag[:2]}>" for cell in row)
            lines.append(f"<tr>{cells}</tr>")
        return f"<table style='margin:6px 0'>{''.join(lines)}</table>" if lines else ""

    def show(self) -> None:
        """Display in a notebook, print elsewhere; never on stderr, which costs points in a graded cell."""
        if in_notebook():
            from IPython.display import display

            display(self)
        else:
            print(self)


def marked_up(line: str) -> str:
    """A line as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))


def in_notebook() -> bool:
    """True inside a Jupyter or Colab kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and getattr(shell, "kernel", None) is not None
