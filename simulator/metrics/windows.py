"""Shares judged window by window: who got what they were entitled to, of what they asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.metrics.arrays import Floats
from simulator.metrics.base import Metric, Undefined, Value
from simulator.metrics.inequality import hoover, jain
from simulator.metrics.measured import Measured


def _mean_over_windows(
    judge: Callable[[Floats, Floats], Value],
) -> Callable[[Measured], Value]:
    """The mean over windows of a number of (served, entitled), one a group with any demand."""

    def compute(measured: Measured) -> Value:
        found = measured.shares
        if isinstance(found, Undefined):
            return found
        values = []
        for served, entitled in zip(found.served, found.entitled, strict=True):
            asked = entitled > 0
            value = judge(served[asked], entitled[asked])
            if not isinstance(value, Undefined):
                values.append(value)
        if not values:
            return Undefined("no window has two groups with demand, and any served")
        return float(np.mean(values))

    return compute


def _jain(served: Floats, entitled: Floats) -> Value:
    return jain(served / entitled)


_SOURCE = "weighted max-min: Bertsekas & Gallager 1992, Data Networks"
_UNFINISHED = "asks for the run time that it needs"
_WINDOWS = "windows without two groups with demand are left out"

METRICS = (
    Metric(
        "share_error",
        "share error by window",
        "mean over windows of ½Σ|usage share − share of the demand-capped entitlement|; "
        f"{_WINDOWS}",
        "",
        "lower",
        "user",
        _SOURCE,
        _UNFINISHED,
        True,
        _mean_over_windows(hoover),
    ),
    Metric(
        "equal_shares",
        "equal shares by window",
        "mean over windows of the Jain index of served/min(entitlement, demanded); "
        f"groups without demand and {_WINDOWS}",
        "",
        "higher",
        "user",
        _SOURCE,
        _UNFINISHED,
        True,
        _mean_over_windows(_jain),
    ),
)
