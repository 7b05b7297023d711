"""What was lost, cause by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured


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
