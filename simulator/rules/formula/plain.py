"""A formula worked out over arrays, straight from its tree: what the kernel is checked against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.rules.formula.tree import Term

Reals = NDArray[np.float64]


def _one_by_one(work: Callable[..., float], takes: int = 1) -> Callable[..., Reals]:
    """``work`` for each element by Python's own mathematics; not a number where it has none."""

    def tried(*values: float) -> float:
        try:
            return work(*values)
        except (ValueError, OverflowError):
            return math.nan

    function: Any = np.frompyfunc(tried, takes, 1)
    return lambda *arrays: np.asarray(function(*arrays), np.float64)


_WORK: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "min": np.minimum,
    "max": np.maximum,
    "abs": np.abs,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "less": np.less,
    "at_most": np.less_equal,
    "equal": np.equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "choose": np.where,
    "pow": _one_by_one(math.pow, 2),
    **{name: _one_by_one(getattr(math, name)) for name in ("log", "log10", "exp")},
}


def worked_out(term: Term, variables: Mapping[str, Reals]) -> Reals:
    """The formula for each element of the variables."""
    if term.operation == "number":
        return np.asarray(term.value, np.float64)
    if term.operation == "name":
        return variables[term.name]
    with np.errstate(all="ignore"):
        parts = [worked_out(part, variables) for part in term.parts]
        if term.operation in ("and", "or", "not"):
            parts = [part != 0.0 for part in parts]
        if term.operation == "choose":
            parts[0] = parts[0] != 0.0
        return np.asarray(_WORK[term.operation](*parts), np.float64)
