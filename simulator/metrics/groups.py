"""Tables of one run: a row for each user, account or class."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from simulator.metrics.applications import times_to_first_gpu
from simulator.metrics.arrays import Floats, Ints, sum_by
from simulator.metrics.base import Undefined
from simulator.metrics.measured import Measured


def by_group(measured: Measured, by: Literal["user", "account", "job_class"]) -> pl.DataFrame:
    """One row a group with jobs submitted after the warm-up, sorted by name.

    Columns: group, jobs, gpu_hours (held by these jobs), mean_wait, median_wait, p95_wait (s),
    mean_bounded_slowdown, entitlement (its share of the machine by the study's reading, shared out
    over jobs where a reading's groups cut across these; null where the reading gives none),
    median_time_to_gpu (s, of its projects; null for users, and where nobody applies).
    Unfinished jobs count as in the metrics of the same names.
    """
    names, codes = getattr(measured, by)
    ran = measured.spells.ran
    held = sum_by(ran.job, measured.gpus[ran.job] * (ran.end - ran.start), len(measured.submit))
    table = pl.DataFrame(
        {
            "row": codes,
            "held": held / measured.gpu_hour,
            "wait": measured.wait,
            "slowdown": measured.slowdown,
        }
    )
    rows = (
        table.filter(pl.Series(measured.measured))
        .group_by("row")
        .agg(
            jobs=pl.len().cast(pl.Int64),
            gpu_hours=pl.col("held").sum(),
            mean_wait=pl.col("wait").mean(),
            median_wait=pl.col("wait").median(),
            p95_wait=pl.col("wait").quantile(0.95, "linear"),
            mean_bounded_slowdown=pl.col("slowdown").mean(),
        )
        .sort("row")
    )
    index = rows["row"].to_numpy()
    group = pl.Series("group", [names[row] for row in index], pl.String)
    share = _entitlement(measured, codes, len(names))
    values = [None] * len(index) if share is None else share[index]
    entitlement = pl.Series("entitlement", values, pl.Float64)
    waits = _times_to_gpu(measured, by)
    times = pl.Series("median_time_to_gpu", [waits.get(each) for each in group], pl.Float64)
    return rows.drop("row").insert_column(0, group).with_columns(entitlement, times)


def _times_to_gpu(measured: Measured, by: str) -> dict[str, float]:
    """Median time from application to first GPU, by the group's name."""
    if by == "user":
        return {}
    name = "project" if by == "account" else by
    return dict(
        times_to_first_gpu(measured).group_by(name).agg(pl.col("seconds").median()).iter_rows()
    )


def _entitlement(measured: Measured, codes: Ints, count: int) -> Floats | None:
    """Shares of ``count`` groups, each job carrying an equal part of its own group's share."""
    groups = measured.groups
    if isinstance(groups, Undefined):
        return None
    member = groups.member[measured.counted]
    part = groups.entitlement / np.bincount(member, minlength=len(groups.names))
    return sum_by(codes[measured.counted], part[member], count)
