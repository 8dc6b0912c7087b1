"""Probes for exercises whose answer is what a function returns."""

from checks.plain import Unusable
from checks.probes import running


def call(student, case: dict) -> dict:
    """The student's function, with the case's values as its arguments by position: {'kind': type name, 'value'}."""
    value = student(*case.values())
    return {"kind": type(value).__name__, "value": value}


def attempt(student, case: dict) -> dict:
    """The same where an error may be the right answer; see `running.call`."""
    return running.call(student, *case.values())


def table(student, case: dict) -> dict:
    """The same for a pandas DataFrame: {'kind', 'columns': {name: list}, 'rows': names}; of other things the kind.

    Raises Unusable where two columns have the same name.
    """
    import pandas as pd

    found = student(*case.values())
    if not isinstance(found, pd.DataFrame):
        return {"kind": type(found).__name__, "columns": {}, "rows": []}
    if not found.columns.is_unique:
        raise Unusable("Several columns of your table have the same name.")
    simple = int | float | str | None
    columns = {
        str(name): [value if isinstance(value, simple) else str(value) for value in found[name].tolist()]
        for name in found.columns
    }
    return {"kind": type(found).__name__, "columns": columns, "rows": [str(name) for name in found.index]}
