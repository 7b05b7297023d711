"""One job from its submission on: when it waited, and when and where it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from simulator.errors import InputError
from simulator.metrics.measured import Measured
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.results.reader import Study

_LISTED = 8
"""Attempts that are told in words."""
_ENDS = {
    "completed": "ran to its end",
    "killed": "reached its walltime",
    "unfinished": "still running when the run ended",
}
_CUTS = {
    "maintenance": "cut short by maintenance",
    "loss": "cut short by a loss of units",
    "failure": "a node failed",
    "preemption": "made room for another job",
    "user": "taken back by its user",
    "itself": "failed by itself",
    "budget": "killed when its budget was used up",
    "idle": "stopped for leaving its GPUs idle",
}


def job_row(study: Study, job_id: int, rule: str, replication: int = 0) -> dict[str, Any]:
    """The job's row of jobs.parquet, with its ``position``.

    Raises InputError for a job that the run has not, or has more than once.
    """
    jobs = study.run(rule, replication).jobs.with_row_index("position")
    found = jobs.filter(pl.col("job_id") == job_id)
    if found.height == 1:
        return found.row(0, named=True)
    if found.is_empty():
        numbers = jobs["job_id"].to_list()
        right = f"numbers go from {min(numbers)} to {max(numbers)}" if numbers else "it has no jobs"
        raise InputError(f"there is no job {job_id}", right=right)
    raise InputError(
        f"{found.height} jobs have the number {job_id}", right="choose one that is there once"
    )


def job_life(study: Study, job_id: int, rule: str, replication: int = 0) -> pl.DataFrame:
    """What happened to one job, in the order of time.

    Columns: kind (waiting, running), attempt (from 0; of a wait, the one that it leads to), start
    and end (s), reason and cause (how an attempt ended; empty for a wait), nodes (held), suspended
    and resumed (s; from when until when, each time that it was suspended), lost_gpu_seconds. These
    three lists are null on a pool and for a wait. What goes on when the results end, ends there. A
    job that was refused has no rows. Raises InputError as ``job_row`` does.
    """
    job = job_row(study, job_id, rule, replication)
    run = study.run(rule, replication)
    ran = (
        run.attempts.filter(pl.col("position") == job["position"])
        .sort("attempt")
        .with_columns(pl.col("reason", "cause").cast(pl.String))
    )
    view = Measured(run, study.manifest)
    spells = view.spells.waited
    mine = spells.job == job["position"]
    waits = pl.DataFrame({"start": spells.start[mine], "end": spells.end[mine]}).sort("start")
    table = pl.concat(
        [
            waits.with_row_index("attempt").select(
                pl.lit("waiting").alias("kind"), pl.col("attempt").cast(pl.Int64), "start", "end",
                pl.lit("").alias("reason"), pl.lit("").alias("cause"),
                pl.lit(None, pl.List(pl.Int32)).alias("nodes"),
                pl.lit(None, pl.List(pl.Int64)).alias("suspended"),
                pl.lit(None, pl.List(pl.Int64)).alias("resumed"),
                pl.lit(0, pl.Int64).alias("lost_gpu_seconds"),
            ),
            ran.select(
                pl.lit("running").alias("kind"), "attempt", "start",
                pl.col("end").fill_null(view.horizon), "reason", "cause", "nodes",
                "suspended", "resumed", "lost_gpu_seconds",
            ),
        ]
    )  # fmt: skip
    return table.filter((pl.col("end") > pl.col("start")) | (pl.col("kind") == "running")).sort(
        "attempt", pl.col("kind") == "running"
    )


def told(job: dict[str, Any], life: pl.DataFrame) -> list[str]:
    """What happened, in sentences: of the job as a whole, then attempt by attempt."""
    nodes = f" on {job['nodes']} {'node' if job['nodes'] == 1 else 'nodes'}" if job["nodes"] else ""
    ran = life.filter(kind="running").rows(named=True)
    waited = format_duration(job["queued"])
    lines = [
        f"{job['gpus']:,} {'GPU' if job['gpus'] == 1 else 'GPUs'}{nodes} for {job['user']}; "
        f"asked for {format_duration(job['walltime'])}, waited {waited} in all; {job['state']}."
    ]
    for row in ran[:_LISTED]:
        how = _CUTS.get(row["cause"]) or _ENDS.get(row["reason"], row["reason"])
        again = row["reason"] in ("requeued", "preempted") or row["attempt"] + 1 < len(ran)
        lost = (
            f", {row['lost_gpu_seconds'] / 3600:,.3g} GPU-h lost" if row["lost_gpu_seconds"] else ""
        )
        lines.append(
            f"{row['attempt'] + 1}: {format_duration(row['end'] - row['start'])}, {how}"
            f"{', queued again' if again else ''}{_suspended(row)}{lost}."
        )
    if len(ran) > _LISTED:
        lines.append(f"{len(ran) - _LISTED} more attempts.")
    return lines


def stood_still(row: dict[str, Any]) -> int:
    """Seconds of an attempt during which the job was suspended; ``row``: of ``job_life``."""
    return sum(row["resumed"] or ()) - sum(row["suspended"] or ())


def _suspended(row: dict[str, Any]) -> str:
    times = len(row["suspended"] or ())
    how_often = "once" if times == 1 else f"{times} times"
    return f", suspended {how_often} for {format_duration(stood_still(row))}" if times else ""
