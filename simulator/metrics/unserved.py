"""Demand that a rule did not serve: refused, held back, cut short, too late, or driven away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from simulator.metrics.arrays import among

if TYPE_CHECKING:
    from simulator.metrics.arrays import Mask
    from simulator.metrics.measured import Measured

NEVER_FITS = "never fits"
TAKEN_BACK = "taken back, waiting"
UNFINISHED = "unfinished"
USED_UP = "killed, budget used up"
IDLE = "stopped, GPUs idle"
TOO_LATE = "later than needed"
GRANT_CUT = "grant cut: "
GRANT_REFUSED = "grant refused: "


def unserved(measured: Measured) -> pl.DataFrame:
    """What was not served over the whole run: a row a class and cause, by name.

    Columns: job_class, cause, jobs, gpu_hours (GPUs × what they would have run, their walltimes
    at most). A job counts under the first of these causes that holds: ``refused: NAME`` of what
    limits jobs; never fits, of jobs larger than the machine; ``held back: NAME``, of jobs that a
    limit held back to the end; taken back, waiting, of jobs whose users gave them up before they
    had ever started; killed, budget used up, of jobs that had not run to their end by then, with
    what was left of them; stopped, GPUs idle, of jobs that were lost so, likewise; later than
    needed, of jobs that had not come to their own end when they were of use; unfinished, of all
    others that had not come to their end when the run had.

    Applications, those for more included, have rows of their own, ``grant cut: TIER`` and ``grant
    refused: TIER``, with no jobs and the GPU-hours × usage factor that were asked for and not
    given. The jobs that were to use them wait for other grants or are refused, and count there
    too: these hours are no part of a sum with those of jobs.
    """
    used_up = _ended_by(measured, "budget", "killed")
    idle = _ended_by(measured, "idle", "failed")
    late = measured.late
    never_ended = measured.in_state("refused", "unfinished", "cancelled")
    # Most jobs were served.
    some = np.flatnonzero(used_up | idle | late | never_ended)
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
        .when((state == "cancelled") & ~started)
        .then(pl.lit(TAKEN_BACK))
        .when(pl.Series(used_up[some]))
        .then(pl.lit(USED_UP))
        .when(pl.Series(idle[some]))
        .then(pl.lit(IDLE))
        .when(pl.Series(late[some]))
        .then(pl.lit(TOO_LATE))
        .when(state == "unfinished")
        .then(pl.lit(UNFINISHED))
    )
    wanted = pl.col("gpus") * (pl.min_horizontal("run_time", "walltime") - pl.Series(ran[some]))
    jobs = (
        measured.jobs[some]
        .select(pl.col("job_class").cast(pl.String), cause=cause, hours=wanted / measured.gpu_hour)
        .filter(pl.col("cause").is_not_null())
        .group_by("job_class", "cause")
        .agg(jobs=pl.len().cast(pl.Int64), gpu_hours=pl.col("hours").sum())
    )
    return pl.concat([jobs, _not_granted(measured)]).sort("job_class", "cause")


def _not_granted(measured: Measured) -> pl.DataFrame:
    """What projects asked for and were not given, in the same columns."""
    outcome, tier = pl.col("outcome").cast(pl.String), pl.col("tier").cast(pl.String)
    cause = (
        pl.when(outcome == "cut")
        .then(pl.lit(GRANT_CUT) + tier)
        .when(outcome == "refused")
        .then(pl.lit(GRANT_REFUSED) + tier)
    )
    return (
        measured.applications.select(
            pl.col("job_class").cast(pl.String),
            cause=cause,
            hours=(pl.col("asked") - pl.col("granted")) / 3600,
        )
        .filter(pl.col("cause").is_not_null())
        .group_by("job_class", "cause")
        .agg(jobs=pl.lit(0, pl.Int64), gpu_hours=pl.col("hours").sum())
    )


def _ended_by(measured: Measured, cause: str, reason: str) -> Mask:
    """Jobs of which an attempt ended so for good."""
    return measured.with_attempt(among(measured.cause, [cause]) & among(measured.reason, [reason]))
