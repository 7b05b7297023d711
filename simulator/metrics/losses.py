"""Work that was lost, by what took it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from simulator.metrics.base import HELD, Metric, Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.occupancy import POOL

HOUR = 3600
LOST_TO = "lost_gpu_hours_"
"""How the names of these metrics begin."""
NODES = Undefined("units are lost of a pool alone; nodes fail")
_CAUSES = {
    "maintenance": ("maintenance", "that a maintenance window cut short"),
    "loss": ("losses of units", "whose units were lost"),
    "failure": ("failures of nodes", "whose node failed"),
    "preemption": ("preemption", "that made room for another job"),
    "user": ("users", "that their users took back"),
    "itself": ("faults of the jobs", "that failed by themselves"),
}


def lost_by_cause(measured: Measured) -> pl.DataFrame:
    """What was lost over the whole run: a row a cause that cost anything, the dearest first.

    Columns: cause, attempts (cut short at a loss), gpu_hours (lost).
    """
    return (
        measured.attempts.filter(pl.col("lost_gpu_seconds") > 0)
        .group_by(pl.col("cause").cast(pl.String))
        .agg(
            attempts=pl.len().cast(pl.Int64),
            gpu_hours=pl.col("lost_gpu_seconds").sum() / HOUR,
        )
        .sort(["gpu_hours", "cause"], descending=[True, False])
    )


def _lost_to(cause: str) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        if cause == "failure" and measured.nodes is None:
            return POOL
        if cause == "loss" and measured.nodes is not None:
            return NODES
        return float(sum(lost_by_cause(measured).filter(cause=cause)["gpu_hours"]))

    return compute


METRICS = tuple(
    Metric(
        f"{LOST_TO}{cause}",
        f"GPU-hours lost to {title}",
        f"Σ lost GPU-hours of attempts {which}",
        "GPU-h",
        "lower",
        "machine",
        "",
        HELD,
        True,
        _lost_to(cause),
    )
    for cause, (title, which) in _CAUSES.items()
)
"""Over the whole run; the sum of those that are defined is ``lost_gpu_hours``."""
ON_NODES = tuple(f"{LOST_TO}{cause}" for cause in _CAUSES if cause != "loss")
"""Names of those that are defined on nodes."""
