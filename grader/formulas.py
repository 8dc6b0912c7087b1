"""For `make site`, an extension of Sphinx: formulas as MathML, which browsers draw and screen readers read."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

SIGNS = str.maketrans({"·": r"\cdot ", "×": r"\times "})  # as TeX spells them


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True}


def inline(writer, node: nodes.math) -> None:
    writer.body.append(tex2mathml(node.astext().translate(SIGNS)))
    raise nodes.SkipNode


def display(writer, node: nodes.math_block) -> None:
    writer.body.append(tex2mathml(node.astext().translate(SIGNS), as_block=True))
    raise nodes.SkipNode
