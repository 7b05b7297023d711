"""How much of a run's beginning to leave out, because the machine starts empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured

BATCH = 5
HOUR = 3600


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What a run leaves out."""

    end: int
    """The instant from which it is measured, s."""
    length: int
    """s from the first submission."""
    how: str
    """The choice, in words."""
    at_edge: bool = False
    """MSER-5 ended at the edge of its search: the run is too short, or its load keeps growing."""


def mser5(series: NDArray[np.float64]) -> tuple[int, bool]:
    """Observations to leave out, a multiple of five, and whether that is the edge of the search.

    White (1997), "An effective truncation heuristic for bias reduction in simulation output":
    argmin over d of Σ_{i>d}(Yᵢ−Ȳ)²/(n−d)² where Y are the n means of batches of five, and Ȳ is the
    mean of those kept; here over d ≤ n/2 only, the least d where several are best. What fills no
    batch at the end is not looked at.
    """
    count = len(series) // BATCH
    if count < 2:
        return 0, False
    batches = series[: count * BATCH].reshape(count, BATCH).mean(axis=1)
    # Sums over the tails of the batches about their mean, which keeps cancellation small.
    tail = (batches - batches.mean())[::-1]
    kept = np.arange(1, count + 1)
    squares = np.maximum(0.0, np.cumsum(tail**2) - np.cumsum(tail) ** 2 / kept)
    errors = (squares / kept.astype(np.float64) ** 2)[::-1][: count // 2 + 1]
    # Sums that differ by rounding alone are equal.
    best = int(np.argmax(errors <= errors.min() + 1e-12 * np.mean(tail**2)))
    return best * BATCH, best == count // 2


def warm_up(measured: Measured) -> WarmUp:
    """The warm-up of a run, by the study's settings: a fixed time, or MSER-5.

    MSER-5 looks at the load of the system, hour by hour from the first submission to the last: the
    mean number of GPUs that jobs hold or wait for. It starts at zero, settles last, and is almost
    the same under every rule, since the demand is.
    """
    submit = measured.submit[measured.counted]
    first = int(submit.min()) if len(submit) else 0
    chosen = measured.settings.warm_up
    if chosen != "mser5":
        return WarmUp(first + chosen, chosen, "a fixed time")
    hours = max(0, measured.last_arrival - first) // HOUR
    edges = first + HOUR * np.arange(hours + 1, dtype=np.int64)
    load = measured.running.area_until(edges) + measured.queued.area_until(edges)
    left_out, at_edge = mser5(np.diff(load) / HOUR)
    return WarmUp(first + left_out * HOUR, left_out * HOUR, "MSER-5 on the hourly load", at_edge)
