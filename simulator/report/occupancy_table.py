"""Which job holds which GPUs of which node, and when: the numbers of the occupancy figure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from simulator.errors import InputError
from simulator.metrics.measured import Measured
from simulator.report.node_bars import outages
from simulator.report.timescale import local_offset
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.results.reader import Study

WEEK = 604_800
DAY = 86_400


def occupancy_bars(
    study: Study,
    rule: str,
    replication: int = 0,
    *,
    start: int | datetime | None = None,
    duration: int = WEEK,
) -> pl.DataFrame:
    """What stands on each row of the figure within [start, start + duration).

    Columns: kind (job, preempted, maintenance, failure), node, gpu (the first of some side by side;
    0 for a whole node), gpus (how many), start and end (s, cut to the window), job_id and job_class
    (null where a node is down). A row preempted is an instant, start and end alike, at which the
    job had to give way to another. ``start`` and ``duration`` are as ``window`` takes them. Raises
    InputError on a pool, and for a window that the run does not reach.
    """
    run = study.run(rule, replication)
    if study.nodes is None:
        raise InputError("a pool has no nodes to draw", right="draw its timeline instead")
    begin, until = window(study, rule, replication, start=start, duration=duration)
    horizon = Measured(run, study.manifest).horizon
    held = (
        run.attempts.select("position", "job_id", "start", "end", "nodes", "gpu_masks", "cause")
        .with_columns(
            pl.col("end").fill_null(horizon),
            job_class=run.jobs["job_class"].cast(pl.String).gather(run.attempts["position"]),
        )
        .explode("nodes", "gpu_masks")
    )
    down = outages(run.events, until).join(
        study.nodes.select("node", pl.col("gpus").cast(pl.Int64)), on="node"
    )
    blocks = held.join(_blocks(held["gpu_masks"]), on="gpu_masks")
    gave_way = blocks.filter(
        pl.col("cause").cast(pl.String) == "preemption", pl.col("end").is_between(begin, until)
    )
    table = pl.concat(
        [
            blocks.select(
                pl.lit("job").alias("kind"), pl.col("nodes").alias("node"), "gpu", "gpus", "start",
                "end", "job_id", "job_class",
            ),
            gave_way.select(
                pl.lit("preempted").alias("kind"), pl.col("nodes").alias("node"), "gpu", "gpus",
                pl.col("end").alias("start"), "end", "job_id", "job_class",
            ),
            down.select(
                "kind", "node", pl.lit(0, pl.Int64).alias("gpu"), "gpus", "start", "end",
                pl.lit(None, pl.Int64).alias("job_id"), pl.lit(None, pl.String).alias("job_class"),
            ),
        ]
    )  # fmt: skip
    cut = table.with_columns(
        pl.col("start").clip(lower_bound=begin), pl.col("end").clip(upper_bound=until)
    )
    there = (pl.col("start") < pl.col("end")) | (pl.col("kind") == "preempted")
    return cut.filter(there).sort("node", "gpu", "start", "kind")


def window(
    study: Study,
    rule: str,
    replication: int = 0,
    *,
    start: int | datetime | None = None,
    duration: int = WEEK,
) -> tuple[int, int]:
    """The beginning and the end of ``duration`` s of a run, instants of the log's clock.

    ``start`` is an instant of that clock or a time, of the study's zone if it names none; by
    default it is the local midnight, or the run's first instant, from which most GPU-time is in
    use; a shorter run is shown whole. Raises InputError for a window that the run does not reach.
    """
    view = Measured(study.run(rule, replication), study.manifest)
    first, last = int(view.events["time"][0]), view.horizon
    if duration < 1:
        raise InputError(f"a window of {duration} s", right="give at least 1 s, like 604800")
    if isinstance(start, datetime):
        zone = ZoneInfo(study.manifest["time_zone"])
        aware = start if start.tzinfo else start.replace(tzinfo=zone)
        start = int(aware.timestamp()) - int(study.manifest["epoch"])
    if start is None:
        duration = min(duration, max(1, last - first))
        start = _busiest(view, first, last, duration, local_offset(study))
    elif start >= last or start + duration <= first:
        raise InputError(
            f"nothing is known of the {format_duration(duration)} from {start} s on",
            right=f"the run goes from {first} s to {last} s",
        )
    return start, start + duration


def _blocks(masks: pl.Series) -> pl.DataFrame:
    """GPUs side by side in each mask that occurs: gpu_masks, gpu (the first), gpus."""
    rows = []
    for mask in masks.unique().drop_nulls().to_list():
        bits = np.array([0, *(mask >> bit & 1 for bit in range(64)), 0])
        edges = np.flatnonzero(np.diff(bits))
        rows += [(mask, int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    schema = {"gpu_masks": pl.Int64, "gpu": pl.Int64, "gpus": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _busiest(view: Measured, first: int, last: int, duration: int, offset: int) -> int:
    """The first instant, or the local midnight, from which most GPU-time is used."""
    midnights = np.arange(-((first + offset) // -DAY) * DAY - offset, last - duration + 1, DAY)
    starts = np.append(first, midnights[midnights > first])
    used = view.running.area_until(starts + duration) - view.running.area_until(starts)
    return int(starts[np.argmax(used)])
