"""Distributions as curves of few points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 1000
"""Most points of a curve: between two of them the share moves by about a thousandth."""


def cumulative(
    values: NDArray[np.int64], total: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Points (v, share of ``total`` whose value is ≤ v) of an empirical distribution, from v = 0.

    ``values`` ≥ 0 in any order; ``total`` ≥ their number. The share is exact at each point. No
    values, no points.
    """
    if not len(values):
        return np.empty(0, np.int64), np.empty(0, np.float64)
    ordered = np.sort(values)
    places = np.linspace(0, len(ordered) - 1, min(POINTS, len(ordered))).round().astype(np.int64)
    at = np.unique(np.concatenate(([0], ordered[places])))
    return at, np.searchsorted(ordered, at, side="right") / total
