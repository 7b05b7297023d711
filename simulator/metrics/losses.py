"""Work that was lost, by what took it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from simulator.metrics.base import HELD, Metric, Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.occupancy import POOL

LOST_TO = "lost_gpu_hours_"
"""How the names of these metrics begin."""
NODES = Undefined("units are lost of a pool alone; nodes fail")
_CAUSES = {
    "maintenance": ("maintenance", "that a maintenance window cut short"),
    "loss": ("losses of units", "whose units were lost"),
    "failure": ("failures of nodes", "whose node failed"),
    "preemption": ("preemption", "that made room for another job, and of jobs while suspended"),
    "user": ("users", "that their users took back"),
    "itself": ("faults of the jobs", "that failed by themselves"),
}


def lost_by_cause(measured: Measured) -> pl.DataFrame:
    """What was lost over the whole run: a row a cause that cost anything, the dearest first.

    Columns: cause, attempts (cut short at a loss, or suspended), gpu_hours (lost). What a job held
    while it was suspended is lost to preemption, however its attempt ended.
    """
    seconds = pl.col("resumed").list.sum() - pl.col("suspended").list.sum()
    gpus = measured.jobs["gpus"].gather(measured.attempts["position"])
    attempts = measured.attempts.select(
        pl.col("cause").cast(pl.String),
        "lost_gpu_seconds",
        stood_still=gpus * measured.attempts.select(seconds.fill_null(0)).to_series(),
    )
    parts = (
        attempts.select("cause", lost=pl.col("lost_gpu_seconds") - pl.col("stood_still")),
        attempts.select(cause=pl.lit("preemption"), lost="stood_still"),
    )
    return (
        pl.concat(parts)
        .filter(pl.col("lost") > 0)
        .group_by("cause")
        .agg(attempts=pl.len().cast(pl.Int64), gpu_hours=pl.col("lost").sum() / measured.gpu_hour)
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
