"""Between which numbers each term of a formula lies: what could go wrong is refused beforehand.

A divisor that can be 0, a root or a logarithm of what it has none of, and whatever could get larger
than ``names.LARGEST`` are refused, so that a formula always gives a number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from simulator.fields import refusal
from simulator.rules.formula.names import LARGEST, VARIABLES

if TYPE_CHECKING:
    from simulator.rules.formula.tree import Term

Span = tuple[float, float]
Known = dict[str, Span]
"""What conditions have told of variables."""
SMALLEST = 1e-30
"""What a fraction that is above 0 is taken to be at least."""


def check(term: Term) -> Span:
    """The least and the greatest that a formula can be. Raises a refusal for what may go wrong."""
    return _span(term, {name: (0.0, each.most) for name, each in VARIABLES.items()})


def _span(term: Term, known: Known) -> Span:
    if term.operation == "number":
        return term.value, term.value
    if term.operation == "name":
        return known[term.name]
    if term.operation == "choose":
        return _chosen(term, known)
    spans = [_span(part, known) for part in term.parts]
    try:
        low, high = _SPANS[term.operation](term, *spans)
    except OverflowError:
        low, high = -math.inf, math.inf
    if not (-LARGEST <= low <= high <= LARGEST):
        raise _refused(term, "could get larger than any number", f"keep it below {LARGEST:g}")
    return low, high


def _refused(term: Term, what: str, right: str) -> Exception:
    shown = term.text if len(term.text) <= 40 else f"{term.text[:39]}…"
    return refusal(f"{shown!r} at character {term.at} of the formula {what}", right=right)


def _corners(term: Term, one: Span, other: Span) -> Span:
    """Of an operation whose extremes lie at the ends of both spans."""
    work = _AT_CORNERS[term.operation]
    found = [work(a, b) for a, b in product(one, other)]
    return min(found), max(found)


_AT_CORNERS: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "min": min,
    "max": max,
}


def _divide(term: Term, one: Span, other: Span) -> Span:
    if other[0] <= 0 <= other[1]:
        divisor = term.parts[1].text
        raise _refused(term, f"divides by {divisor!r}, which can be 0", f"max({divisor}, 1)")
    return _corners(term, one, other)


def _power(term: Term, base: Span, exponent: Span) -> Span:
    constant = exponent[0] == exponent[1]
    if base[0] < 0 and not (constant and exponent[0].is_integer()):
        raise _refused(term, "is a power of what can be negative", "a whole exponent")
    if base[0] <= 0 <= base[1] and exponent[0] < 0:
        raise _refused(term, "divides by what can be 0", f"max({term.parts[0].text}, 1)")
    found = [math.pow(a, b) for a, b in product(base, exponent)]
    if base[0] < 0 < base[1]:
        found.append(0.0)
    return min(found), max(found)


def _rising(
    least: float, work: Callable[[float], float], *, open_at_least: bool = False
) -> Callable[..., Span]:
    """The span of a function that rises from ``least`` on, where it begins."""

    def span(term: Term, one: Span) -> Span:
        if one[0] < least or (open_at_least and one[0] == least):
            part = term.parts[0].text
            sign = "0 or negative" if open_at_least else "negative"
            right = f"max({part}, {1 if open_at_least else 0})"
            raise _refused(term, f"takes {term.operation} of what can be {sign}", right)
        return work(one[0]), work(one[1])

    return span


def _abs(term: Term, one: Span) -> Span:
    ends = abs(one[0]), abs(one[1])
    return 0.0 if one[0] <= 0 <= one[1] else min(ends), max(ends)


def _exp(term: Term, one: Span) -> Span:
    if one[1] > math.log(LARGEST):
        part = term.parts[0].text
        raise _refused(term, "could get larger than any number", f"exp(min({part}, 600))")
    return math.exp(one[0]), math.exp(one[1])


def _answer(term: Term, *spans: Span) -> Span:
    return 0.0, 1.0


def _chosen(term: Term, known: Known) -> Span:
    """Either answer; what the condition tells of variables holds there."""
    condition, yes, no = term.parts
    _span(condition, known)
    spans = [_span(yes, _told(condition, known, holds=True))]
    spans.append(_span(no, _told(condition, known, holds=False)))
    return min(low for low, _ in spans), max(high for _, high in spans)


def _told(condition: Term, known: Known, *, holds: bool) -> Known:
    """The spans of variables where the condition holds, or where it does not."""
    if condition.operation == "not":
        return _told(condition.parts[0], known, holds=not holds)
    if condition.operation == ("and" if holds else "or"):
        for part in condition.parts:
            known = _told(part, known, holds=holds)
        return known
    if condition.operation not in ("less", "at_most", "equal"):
        return known
    left, right = condition.parts
    if left.operation == "name" and right.operation == "number":
        return _narrowed(left.name, condition.operation, right.value, known, True, holds)
    if right.operation == "name" and left.operation == "number":
        return _narrowed(right.name, condition.operation, left.value, known, False, holds)
    return known


def _narrowed(
    name: str, operation: str, value: float, known: Known, left: bool, holds: bool
) -> Known:
    """``name`` on the ``left`` of the comparison with ``value``, or on its right."""
    low, high = known[name]
    if operation == "equal":
        if holds:
            low = high = value
        elif value == low:
            low = _above(name, value)
    elif left == holds:  # name < value, or not value < name
        high = min(high, value)
    elif (operation == "less") == holds:  # value < name, or not name <= value
        low = max(low, _above(name, value))
    else:
        low = max(low, value)
    return {**known, name: (low, max(low, high))}


def _above(name: str, value: float) -> float:
    return math.floor(value) + 1.0 if VARIABLES[name].whole else value + SMALLEST


_SPANS: dict[str, Callable[..., Span]] = {
    **dict.fromkeys(("add", "subtract", "multiply", "min", "max"), _corners),
    "divide": _divide,
    "pow": _power,
    "negative": lambda term, one: (-one[1], -one[0]),
    "abs": _abs,
    "floor": lambda term, one: (float(math.floor(one[0])), float(math.floor(one[1]))),
    "sqrt": _rising(0.0, math.sqrt),
    "log": _rising(0.0, math.log, open_at_least=True),
    "log10": _rising(0.0, math.log10, open_at_least=True),
    "exp": _exp,
    **dict.fromkeys(("less", "at_most", "equal", "and", "or", "not"), _answer),
}
