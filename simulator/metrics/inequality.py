"""How unequally an amount is spread: pure functions of arrays.

Each takes amounts x ≥ 0, one a group, and gives a number or says why there is none. Raises
ValueError for a negative or non-finite amount, which no run can produce.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from simulator.metrics.arrays import Floats
from simulator.metrics.base import Undefined, Value


def _amounts(x: ArrayLike) -> Floats | Undefined:
    """x divided by its mean, if there is anything to compare."""
    amounts = np.asarray(x, np.float64)
    if not np.isfinite(amounts).all() or (amounts < 0).any():
        raise ValueError("amounts must be finite and not negative")
    if len(amounts) == 0:
        return Undefined("there is nobody to compare")
    if len(amounts) == 1:
        return Undefined("there is one alone, and nobody to compare with")
    if amounts.max() == 0:
        return Undefined("all amounts are zero")
    amounts = amounts / amounts.max()
    return np.asarray(amounts / amounts.mean())


def jain(x: ArrayLike, weight: ArrayLike | None = None) -> Value:
    """(Σx)²/(nΣx²), in [1/n, 1]: Jain, Chiu & Hawe 1984, restated in arXiv 0906.0557.

    With weights (Σwx)²/(ΣwΣwx²): the same over units of weight instead of groups.
    """
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    w = np.ones(len(amounts)) if weight is None else np.asarray(weight, np.float64)
    total = float((w * amounts).sum())
    if total == 0:
        return Undefined("all amounts that have a weight are zero")
    return total**2 / float(w.sum() * (w * amounts**2).sum())


def gini(x: ArrayLike) -> Value:
    """Σ|xᵢ−xⱼ|/(2n²μ), by ranks: Σ(2i−n−1)x₍ᵢ₎/(n²μ)."""
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    n = len(amounts)
    ranks = 2.0 * np.arange(1, n + 1) - n - 1
    return max(0.0, float((ranks * np.sort(amounts)).sum()) / n**2)


def lorenz(x: ArrayLike) -> tuple[Floats, Floats] | Undefined:
    """The Lorenz curve: shares of the groups, poorest first, and their shares of the amount.

    Both start at 0 and end at 1; n + 1 points.
    """
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    running = np.concatenate([[0.0], np.cumsum(np.sort(amounts))])
    return np.linspace(0.0, 1.0, len(running)), running / running[-1]


def _mean_log(amounts: Floats, ratio: Floats) -> float:
    """mean[amount·ln ratio], with 0·ln 0 = 0; what rounding leaves below zero is zero."""
    held = amounts > 0
    return max(0.0, float((amounts[held] * np.log(ratio[held])).sum()) / len(amounts))


@dataclass(frozen=True, slots=True)
class Theil:
    """Theil's T and its two parts; total = between + within exactly."""

    total: float
    between: float
    within: float


def theil(x: ArrayLike, group: ArrayLike | None = None) -> Theil | Undefined:
    """mean[(x/μ)ln(x/μ)], split between and within groups (codes from 0): Theil 1967.

    Between: Σ_g s_g ln(s_g n/n_g), s_g a group's share of the amount and n_g its number of members;
    within: Σ_g s_g T_g. Without groups all inequality is within one.
    """
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    codes = np.zeros(len(amounts), np.int64) if group is None else np.asarray(group)
    members = np.maximum(1, np.bincount(codes))
    mean = (np.bincount(codes, weights=amounts) / members)[codes]
    return Theil(
        total=_mean_log(amounts, amounts),
        between=_mean_log(amounts, mean),
        within=_mean_log(amounts, amounts / np.where(mean > 0, mean, 1.0)),
    )


def atkinson(x: ArrayLike, epsilon: float = 1.0) -> Value:
    """1 − (mean x^(1−ε))^(1/(1−ε))/μ, at ε = 1: 1 − geometric mean/μ: Atkinson 1970.

    1 when ε ≥ 1 and some x is 0. Raises ValueError for ε ≤ 0.
    """
    if epsilon <= 0:
        raise ValueError("Atkinson's aversion to inequality must be above 0")
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    if epsilon >= 1 and amounts.min() == 0:
        return 1.0
    if epsilon == 1:
        level = float(np.exp(np.log(amounts).mean()))
    else:
        with np.errstate(over="ignore"):
            level = float(np.power(np.mean(amounts ** (1 - epsilon)), 1 / (1 - epsilon)))
    return min(1.0, max(0.0, 1 - level))


def hoover(usage: ArrayLike, entitlement: ArrayLike) -> Value:
    """½Σ|usage share − entitlement share|: the part that would have to change hands."""
    used, due = _amounts(usage), _amounts(entitlement)
    if isinstance(used, Undefined):
        return used
    if isinstance(due, Undefined):
        return due
    return 0.5 * float(np.abs(used / used.sum() - due / due.sum()).sum())


def max_min_ratio(x: ArrayLike) -> Value:
    """min x/max x, in [0, 1]."""
    amounts = _amounts(x)
    if isinstance(amounts, Undefined):
        return amounts
    return float(amounts.min() / amounts.max())
