"""A plugin for nbval's process: keep what the cells put out, in executed.ipynb."""

import nbformat
import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    for item in session.items:
        item.cell.outputs = item.test_outputs or []
    nbformat.write(session.items[0].parent.nb, "executed.ipynb")
