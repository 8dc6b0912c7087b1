"""The mutants of a cell: every change of one token inside its functions and classes, default arguments included."""

import ast
import copy
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

COMPARISONS = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATORS = {
    ast.Add: [ast.Sub, ast.Mult],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Add, ast.Div, ast.Pow],
    ast.Div: [ast.Mult, ast.FloorDiv],
    ast.FloorDiv: [ast.Div, ast.Mult],
    ast.Mod: [ast.FloorDiv, ast.Mult],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
TEXTS = {  # any other text gets a "_" at its end
    "relu": ["linear", "tanh"],
    "sigmoid": ["linear", "softmax"],
    "softmax": ["linear", "sigmoid"],
    "same": ["valid"],
    "valid": ["same"],
    "float32": ["float64", "int32"],
    "uint8": ["int8", "float32"],
    "int32": ["int64", "float32"],
    "accuracy": ["mae"],
    "adam": ["sgd"],
    "categorical_crossentropy": ["sparse_categorical_crossentropy", "mse"],
    "sparse_categorical_crossentropy": ["categorical_crossentropy", "mse"],
    "he_normal": ["zeros"],
    "horizontal": ["vertical"],
    "reflect": ["constant"],
    "nearest": ["bilinear"],
}
BUILTINS = {
    "all": ["any"],
    "any": ["all"],
    "int": ["round"],
    "max": ["min"],
    "min": ["max"],
    "sorted": ["list"],
    "sum": ["max"],
    "ValueError": ["TypeError"],
}
ATTRIBUTES = {
    "all": ["any"],
    "any": ["all"],
    "argmax": ["argmin"],
    "argmin": ["argmax"],
    "exp": ["exp2"],
    "ljust": ["rjust"],
    "max": ["min"],
    "maximum": ["minimum"],
    "mean": ["sum", "max"],
    "min": ["max"],
    "minimum": ["maximum"],
    "outer": ["add"],
    "reduce_mean": ["reduce_sum", "reduce_max"],
    "reduce_sum": ["reduce_mean", "reduce_max"],
    "sqrt": ["abs"],
    "std": ["var"],
    "sum": ["mean", "max"],
    "zeros": ["ones"],
    # layers
    "Add": ["Concatenate", "Multiply"],
    "Concatenate": ["Add"],
    "BatchNormalization": ["LayerNormalization"],
    "Conv2D": ["SeparableConv2D"],
    "GlobalAveragePooling2D": ["GlobalMaxPooling2D"],
    "MaxPooling2D": ["AveragePooling2D"],
    "ReLU": ["LeakyReLU"],
}
SURROUNDINGS = 30  # characters of what is shown around a changed constant
LONGEST = 90  # characters that are shown of anything


@dataclass(frozen=True)
class Mutant:
    """A cell with one change, which line and change name for a person, whatever the number of the line is.

    line: the line of the source that is changed, without indentation. change: "old → new"; a second one in this line
    that reads the same is "old → new (2)". code: the changed cell's functions and classes.
    """

    line: str
    change: str
    code: str


class Change(NamedTuple):
    """What stands in place of a node of the syntax tree; the line of its name, and its words, where they are others."""

    node: ast.AST
    line: int | None = None
    words: str = ""


def mutants(code: str) -> list[Mutant]:
    """The mutants of a cell, in the order of its lines; what means the same to Python is there once."""
    tree = ast.parse(code)
    tree.body = [one for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    lines = code.splitlines()
    seen = {ast.unparse(tree)}
    named = Counter()
    found = []
    for parts, key, parents in places(tree):
        node = parts[key]
        surroundings = shown(node, parents)
        old = short(surroundings or node)
        for change in changes(node):
            parts[key] = change.node
            mutated = ast.unparse(tree)
            words = change.words or f"{old} → {short(surroundings or change.node)}"
            parts[key] = node
            if mutated in seen:
                continue
            seen.add(mutated)
            line = lines[(change.line or node.lineno) - 1].strip()
            named[line, words] += 1
            number = named[line, words]
            found.append(Mutant(line, words if number == 1 else f"{words} ({number})", mutated))
    return found


def places(node: ast.AST, parents: tuple = ()) -> Iterator[tuple]:
    """Where the parts of a tree stand, in the order of the source: (list, index) or (fields, name); and under what."""
    parents = (*parents, node)
    for field, value in ast.iter_fields(node):
        parts, keys = (value, range(len(value))) if isinstance(value, list) else (vars(node), [field])
        for key in keys:
            if isinstance(parts[key], ast.AST) and not left_alone(node, field, parts[key]):
                yield parts, key, parents
                yield from places(parts[key], parents)


def shown(node: ast.AST, parents: tuple) -> ast.AST | None:
    """What says best where a constant, or a minus, stands: the largest expression around it that is still short."""
    widest = None
    if isinstance(node, ast.Constant | ast.UnaryOp):
        for parent in reversed(parents):
            if not isinstance(parent, ast.expr | ast.keyword) or len(ast.unparse(parent)) > SURROUNDINGS:
                break
            widest = parent
    return widest


def left_alone(parent: ast.AST, field: str, node: ast.AST) -> bool:
    """True for what no check can look at, or no student writes."""
    match parent, field, node:
        case _, _, ast.Expr(value=ast.Constant(value=str())):  # a docstring
            return True
        case _, ("annotation" | "returns" | "decorator_list" | "bases"), _:
            return True
        case ast.Call(func=ast.Name(id="zip")), "keywords", ast.keyword(arg="strict"):  # never matters if all is right
            return True
        case ast.Call(func=ast.Name(id=name)), "args", _ if name.endswith("Error"):  # the words of a message
            return True
    return False


def changes(node: ast.AST) -> Iterator[Change]:
    """What may stand in place of this node. Words that name a change are only given where the nodes do not."""
    match node:
        case ast.Compare():
            for k, operator in enumerate(node.ops):
                for other in COMPARISONS[type(operator)]:
                    yield Change(altered(node, ops=exchanged(node.ops, k, other())))
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():
            for other in OPERATORS.get(type(node.op), []):
                yield Change(altered(node, op=other()))
        case ast.UnaryOp():  # a dropped minus or not
            yield Change(node.operand)
        case ast.Constant():
            for value in other_values(node.value):
                yield Change(ast.Constant(value))
        case ast.Name():
            for name in BUILTINS.get(node.id, []):
                yield Change(altered(node, id=name))
        case ast.Attribute():
            for name in ATTRIBUTES.get(node.attr, []):
                yield Change(altered(node, attr=name))
        case ast.Subscript():
            for index in other_indices(node.slice):
                yield Change(altered(node, slice=index))
        case ast.Tuple():
            yield from swaps(node, "elts")
        case ast.List():
            for k, one in enumerate(node.elts):
                without = altered(node, elts=node.elts[:k] + node.elts[k + 1 :])
                yield Change(without, one.lineno, f"{short(one)} → nothing")
        case ast.Call():
            if not any(left_alone(node, "args", one) for one in node.args):
                yield from swaps(node, "args")
            for k, keyword in enumerate(node.keywords):
                if not left_alone(node, "keywords", keyword):
                    without = altered(node, keywords=node.keywords[:k] + node.keywords[k + 1 :])
                    yield Change(without, keyword.lineno, f"{short(keyword)} → nothing")
        case ast.If() | ast.IfExp() | ast.While() if isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
            words = f"{short(node.test)} → not {short(node.test)}"
            yield Change(altered(node, test=ast.UnaryOp(ast.Not(), node.test)), words=words)
    match node:
        case ast.Return():
            yield Change(ast.Return(ast.Constant(None)))
        case ast.FunctionDef() | ast.ClassDef():
            pass
        case ast.stmt():
            yield Change(ast.Pass())


def other_values(value) -> list:
    """What a number, a truth value or a text is changed to."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case float():
            return [2 * value, 0.0] if value else [1.0]
        case str():
            return TEXTS.get(value, [f"{value}_"])
    return []


def other_indices(index: ast.expr) -> Iterator[ast.expr]:
    """An index or the bounds of a slice, one more and one less; bounds are dropped, too. Constants change anyway."""
    match index:
        case ast.Tuple():
            for k, one in enumerate(index.elts):
                for other in other_indices(one):
                    yield altered(index, elts=exchanged(index.elts, k, other))
        case ast.Slice():
            for bound in ("lower", "upper"):
                if old := getattr(index, bound):
                    for new in (*other_indices(old), None):
                        yield altered(index, **{bound: new})
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()) | ast.Attribute(attr="newaxis"):
            return
        case _:
            yield ast.BinOp(index, ast.Add(), ast.Constant(1))
            yield ast.BinOp(index, ast.Sub(), ast.Constant(1))


def swaps(node: ast.Call | ast.Tuple, field: str) -> Iterator[Change]:
    """Two neighbours in each other's place."""
    parts = getattr(node, field)
    for k, (left, right) in enumerate(zip(parts, parts[1:], strict=False)):
        swapped = altered(node, **{field: [*parts[:k], right, left, *parts[k + 2 :]]})
        yield Change(swapped, left.lineno, f"{short(left)}, {short(right)} → {short(right)}, {short(left)}")


def altered(node: ast.AST, **fields) -> ast.AST:
    """A copy of the node with other parts."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def exchanged(parts: list, k: int, new) -> list:
    """A copy of the list with another part k."""
    return [*parts[:k], new, *parts[k + 1 :]]


def short(node: ast.AST) -> str:
    """The node's source in one line that is not too long."""
    return textwrap.shorten(ast.unparse(node), LONGEST, placeholder=" …")
