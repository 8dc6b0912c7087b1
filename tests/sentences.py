"""Which sentences of the judges no answer provokes: neither one of the bank, nor a wrong function that a check knows.

    .venv/bin/python -m tests.sentences 03_cifar_progression
    .venv/bin/python -m tests.sentences networks

Sentences are read off the syntax tree of a module of judges: every text that is long enough to be one, and no
docstring. What is filled in later, `{...}`, may be anything.
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Iterator

from grader import source
from tests import answer_bank

SHARED = ("images", "networks", "reports")  # modules of judges that several labs use
SHORTEST = 25  # characters of a sentence
HOLE = re.compile(r"\{[^{}]*\}")  # of str.format


def sentences(module: str) -> list[str]:
    """The sentences in checks/<module>.py, with `{}` for what is filled in."""
    return found_in((source.ROOT / "checks" / f"{module}.py").read_text(encoding="utf-8"))


def found_in(judges: str) -> list[str]:
    """The sentences in the text of a module of judges."""
    tree = ast.parse(judges)
    passed_over = {id(text) for node in ast.walk(tree) for text in _no_sentences(node)}
    found = (_text(node) for node in ast.walk(tree) if id(node) not in passed_over)
    return list(dict.fromkeys(text for text in found if text and len(text) >= SHORTEST and " " in text.strip()))


def unprovoked(module: str, labs: Iterable[str]) -> list[str]:
    """The sentences of checks/<module>.py that no answer of these labs provokes."""
    left = sentences(module)
    for lab in labs if left else ():
        left = not_in(left, reasons(lab))
    return left


def not_in(texts: list[str], said: Iterable[str]) -> list[str]:
    """The sentences that nothing of what was said holds."""
    left = {text: _pattern(text) for text in texts}
    for reason in said if left else ():
        left = {text: pattern for text, pattern in left.items() if not pattern.search(reason)}
    return list(left)


def reasons(lab: str) -> Iterator[str]:
    """What the lab's checks say of all answers that we have."""
    yield from of_the_example(lab)
    for exercise in answer_bank.checks(lab):
        yield from (said.reason for said in answer_bank.outcomes_of_solution(lab, exercise))
        yield from (said.reason for every in answer_bank.outcomes(lab, exercise) for said in every)
        yield from (said.reason for _, said in answer_bank.outcomes_of_mistakes(lab, exercise))


def of_the_example(lab: str) -> Iterator[str]:
    """What the check says with which a lab shows how checks talk, if it has one; it is no exercise."""
    judges = importlib.import_module(f"checks.{lab.partition('_')[2]}")
    if hasattr(judges, "example"):
        check = judges.example()
        yield from (check.verdict(check.collect(wrong)).reason for wrong in check.mistakes.values())


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return HOLE.sub("{}", node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _no_sentences(node: ast.AST) -> list[ast.AST]:
    """The texts under this node that are none: docstrings, and the parts of what is a text as a whole."""
    if isinstance(node, ast.Expr):
        return [node.value]
    return node.values if isinstance(node, ast.JoinedStr) else []


def _pattern(text: str) -> re.Pattern:
    """Finds the text in a reason; a name that is filled in first may make the next letter a capital one."""
    return re.compile(".*".join(re.escape(part) for part in text.strip().split("{}")), re.DOTALL | re.IGNORECASE)


def main() -> None:
    for name in sys.argv[1:] or source.labs():
        module, labs = (name, source.labs()) if name in SHARED else (name.partition("_")[2], [name])
        left = unprovoked(module, labs)
        print(f"checks/{module}.py: {len(sentences(module))} sentences, {len(left)} that no answer provokes")
        for text in left:
            print("  -", text)


if __name__ == "__main__":
    main()
