"""From the text of a formula to its tree: a strict list of what may stand there, and no more.

Python's ``ast`` reads the text; nothing is ever evaluated. Whatever is not listed here is refused.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from math import isfinite

from simulator.errors import nearest
from simulator.fields import refusal
from simulator.rules.formula.names import FUNCTIONS, LARGEST, VARIABLES
from simulator.rules.formula.tree import Term

LONGEST, MOST_TERMS, DEEPEST = 2_000, 400, 40
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "pow",
}
_COMPARED: dict[type[ast.cmpop], tuple[str, bool, bool]] = {
    ast.Lt: ("less", False, False),
    ast.LtE: ("at_most", False, False),
    ast.Gt: ("less", True, False),
    ast.GtE: ("at_most", True, False),
    ast.Eq: ("equal", False, False),
    ast.NotEq: ("equal", False, True),
}
"""Operation; whether the sides change places; whether the answer is turned round."""
_ALLOWED = "numbers, names, + - * / **, comparisons, and or not, a if c else b, and functions"


def parse(text: str) -> Term:
    """The tree of a formula. Raises a refusal that names what may not stand there, and where."""
    if len(text) > LONGEST:
        raise refusal(f"the formula has {len(text):,} characters", right=f"at most {LONGEST:,}")
    if "#" in text:
        raise refusal("'#' may not stand in a formula", right="write remarks beside it")
    line = "".join(" " if sign in "\r\n\t" else sign for sign in text)
    begin = len(line) - len(line.lstrip())
    try:
        body = ast.parse(line.strip(), mode="eval").body
    except SyntaxError as error:
        at = begin + (error.offset or 1)
        raise refusal(f"the formula cannot be read at character {at}", right=_ALLOWED) from None
    except (ValueError, MemoryError, RecursionError):
        raise refusal("the formula cannot be read", right=_ALLOWED) from None
    reader = _Reader(line.strip(), begin)
    return reader.term(body, 0)


class _Reader:
    def __init__(self, text: str, begin: int) -> None:
        self._bytes = text.encode()
        self._begin = begin
        self._terms = 0

    def _at(self, node: ast.expr) -> int:
        return self._begin + len(self._bytes[: node.col_offset].decode(errors="ignore")) + 1

    def _written(self, node: ast.expr) -> str:
        return self._bytes[node.col_offset : node.end_col_offset].decode(errors="ignore")

    def _refuse(self, node: ast.expr, what: str, right: str) -> Exception:
        return refusal(f"{what} at character {self._at(node)} of the formula", right=right)

    def _make(self, node: ast.expr, operation: str, *parts: Term) -> Term:
        return Term(operation, self._at(node), self._written(node), parts=parts)

    def term(self, node: ast.expr, depth: int) -> Term:
        """The term that a node of Python's tree means."""
        self._terms += 1
        if self._terms > MOST_TERMS or depth > DEEPEST:
            raise refusal(
                "the formula is too large",
                right=f"at most {MOST_TERMS} terms, {DEEPEST} deep",
            )
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Compare):
            return self._compared(node, depth)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        return self._operation(node, depth)

    def _operation(self, node: ast.expr, depth: int) -> Term:
        match node:
            case ast.BinOp() if type(node.op) in _BINARY:
                word, sides = _BINARY[type(node.op)], [node.left, node.right]
            case ast.UnaryOp(op=ast.USub()):
                word, sides = "negative", [node.operand]
            case ast.UnaryOp(op=ast.Not()):
                word, sides = "not", [node.operand]
            case ast.UnaryOp(op=ast.UAdd()):
                return self.term(node.operand, depth + 1)
            case ast.BoolOp():
                word, sides = "and" if isinstance(node.op, ast.And) else "or", node.values
            case ast.IfExp():
                word, sides = "choose", [node.test, node.body, node.orelse]
            case _:
                written = self._written(node)
                short = written if len(written) <= 30 else f"{written[:29]}…"
                raise self._refuse(node, f"{short!r} may not stand in a formula", _ALLOWED)
        parts = [self.term(each, depth + 1) for each in sides]
        if isinstance(node, ast.BoolOp):
            return self._fold(node, word, parts)
        return self._make(node, word, *parts)

    def _number(self, node: ast.Constant) -> Term:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._refuse(node, f"{self._written(node)} is no number", "write it like 0.5")
        try:
            value = float(node.value)
        except OverflowError:
            value = float("inf")
        if not isfinite(value) or abs(value) > LARGEST:
            raise self._refuse(node, "a number is too large", f"at most {LARGEST:g}")
        return Term("number", self._at(node), self._written(node), value=value)

    def _name(self, node: ast.Name) -> Term:
        if node.id not in VARIABLES:
            written = self._written(node)
            if node.id in FUNCTIONS:
                raise self._refuse(node, f"{written!r} is a function", f"{node.id}(…)")
            raise self._refuse(node, f"there is no variable {written!r}", nearest(written, _NAMES))
        return Term("name", self._at(node), self._written(node), name=node.id)

    def _fold(self, node: ast.expr, operation: str, parts: list[Term]) -> Term:
        """Two by two, from the left."""
        whole, *others = parts
        for part in others:
            whole = self._make(node, operation, whole, part)
        return whole

    def _compared(self, node: ast.Compare, depth: int) -> Term:
        sides = [self.term(each, depth + 1) for each in (node.left, *node.comparators)]
        answers = []
        for operator, (left, right) in zip(node.ops, pairwise(sides), strict=True):
            if type(operator) not in _COMPARED:
                raise self._refuse(node, "this comparison is not known", "< <= > >= == !=")
            word, swapped, turned = _COMPARED[type(operator)]
            answer = self._make(node, word, *((right, left) if swapped else (left, right)))
            answers.append(self._make(node, "not", answer) if turned else answer)
        return self._fold(node, "and", answers)

    def _called(self, node: ast.Call, depth: int) -> Term:
        function = node.func
        if not isinstance(function, ast.Name) or function.id not in FUNCTIONS:
            written = self._written(function)
            right = nearest(written, FUNCTIONS) if isinstance(function, ast.Name) else _ALLOWED
            raise self._refuse(node, f"there is no function {written!r}", right)
        least, most, _ = FUNCTIONS[function.id]
        if node.keywords or not least <= len(node.args) <= most:
            wanted = f"{least}" if most == least else f"{least} or more"
            raise self._refuse(
                node, f"{function.id} has {len(node.args)} arguments", f"it takes {wanted}"
            )
        parts = [self.term(each, depth + 1) for each in node.args]
        if function.id in ("min", "max"):
            return self._fold(node, function.id, parts)
        return self._make(node, function.id, *parts)


_NAMES = tuple(VARIABLES)
