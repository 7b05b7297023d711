"""Demand that a rule did not serve: what it refused, held back, cut short, or drove away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from simulator.metrics.arrays import Mask
    from simulator.metrics.measured import Measured

NEVER_FITS = "never fits"
TAKEN_BACK = "taken back, waiting"
UNFINISHED = "unfinished"
USED_UP = "killed, budget used up"
IDLE = "stopped, GPUs idle"


def unserved(measured: Measured) -> pl.DataFrame:
    """Jobs that were not served over the whole run: a row a class and cause, by name.

    Columns: job_class, cause, jobs, gpu_hours (GPUs × what they would have run, their walltimes
    at most). Causes: ``refused: NAME`` and ``held back: NAME`` of what limits jobs; never fits, of
    jobs larger than the machine; taken back, waiting, of jobs whose users gave them up before they
    had ever started; killed, budget used up, of jobs that had not run to their end by then, with
    what was left of them; stopped, GPUs idle, of jobs that were lost so, likewise; unfinished, of
    all others that had not come to their end when the run had.
    """
    used_up = _ended_by(measured, "budget", "killed")
    idle = _ended_by(measured, "idle", "failed")
    ran = np.where(used_up | idle, measured.spells.last_length, 0)
    state, by = pl.col("state").cast(pl.String), pl.col("refused_by").cast(pl.String)
    started = pl.col("start").is_not_null()
    cause = (
        pl.when((state == "refused") & (by == "machine"))
        .then(pl.lit(NEVER_FITS))
        .when(state == "refused")
        .then(pl.lit("refused: ") + by)
        .when((state == "unfinished") & (by != ""))
        .then(pl.lit("held back: ") + by)
        .when(state == "unfinished")
        .then(pl.lit(UNFINISHED))
        .when((state == "cancelled") & ~started)
        .then(pl.lit(TAKEN_BACK))
        .when(pl.Series(used_up))
        .then(pl.lit(USED_UP))
        .when(pl.Series(idle))
        .then(pl.lit(IDLE))
    )
    wanted = pl.col("gpus") * (pl.min_horizontal("run_time", "walltime") - pl.Series(ran))
    return (
        measured.jobs.select(
            pl.col("job_class").cast(pl.String), cause=cause, hours=wanted / measured.gpu_hour
        )
        .filter(pl.col("cause").is_not_null())
        .group_by("job_class", "cause")
        .agg(jobs=pl.len().cast(pl.Int64), gpu_hours=pl.col("hours").sum())
        .sort("job_class", "cause")
    )


def _ended_by(measured: Measured, cause: str, reason: str) -> Mask:
    """Jobs of which an attempt ended so for good."""
    found = np.zeros(len(measured.jobs), np.bool_)
    words = pl.col("cause", "reason").cast(pl.String)
    ended = measured.attempts.with_columns(words).filter(cause=cause, reason=reason)
    found[ended["position"].to_numpy()] = True
    return found
