"""Bins of time: wide enough for a picture, with whole hours and midnights as edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.metrics.steps import Steps

WIDTHS = (600, 3600, 21_600, 86_400, 604_800)
"""Bins to choose from: 10 minutes, an hour, 6 hours, a day, a week."""
MOST = 400
"""As many bins as a panel has room for; only weeks may be more."""


def width_for(span: int) -> int:
    """Width of the bins of a time of ``span`` s."""
    return next((width for width in WIDTHS if span <= MOST * width), WIDTHS[-1])


def edges(first: int, last: int, offset: int) -> NDArray[np.int64]:
    """Edges from ``first`` to ``last`` (at least a second later), the inner ones at whole hours.

    ``offset``: local time of instant 0, in seconds after some Monday's midnight.
    """
    last = max(last, first + 1)
    width = width_for(last - first)
    inner = np.arange((first + offset) // width * width - offset, last, width)
    return np.concatenate(([first], inner[inner > first], [last])).astype(np.int64)


def means(steps: Steps, bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of a step function over each bin, exactly."""
    return np.asarray(np.diff(steps.area_until(bins)) / np.diff(bins))
