"""When a job waited, by the tables of its run, and at which instants to look at that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from simulator.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.results.reader import Run

    Ints = NDArray[np.int64]

_NEAREST = 3


class Wait(NamedTuple):
    """One time that a job spent waiting."""

    start: int
    end: int
    """When it started, was taken back, was refused by a reform, or the results end."""
    since: str
    """Why it began: submitted, or how the attempt before ended."""
    started: bool = True
    """It ended with a start."""


def numbered(run: Run, job_id: int) -> dict[str, Any]:
    """The job's row of jobs.parquet, with its ``position``.

    Raises InputError for a job that the run has not, with the nearest numbers, or has twice.
    """
    jobs = run.jobs.with_row_index("position")
    found = jobs.filter(pl.col("job_id") == job_id)
    if found.height == 1:
        return found.row(0, named=True)
    if found.height:
        raise InputError(
            f"{found.height} jobs have the number {job_id}", right="choose one that is there once"
        )
    near = jobs.sort((pl.col("job_id") - job_id).abs(), "job_id")["job_id"].head(_NEAREST)
    right = "the nearest are " + ", ".join(map(str, sorted(near.to_list())))
    raise InputError(f"there is no job {job_id}", right=right if len(near) else "it has no jobs")


def longest(run: Run) -> list[int]:
    """Of each class of applicants, by name, the position of the job that waited longest in all; a
    class in which nobody waited has none."""
    jobs = run.jobs.with_row_index("position").with_columns(pl.col("job_class").cast(pl.String))
    first = (
        jobs.filter(pl.col("queued") > 0)
        .sort("job_class", "queued", "position", descending=[False, True, False])
        .group_by("job_class", maintain_order=True)
        .first()
    )
    found: list[int] = first["position"].to_list()
    return found


def waits_of(run: Run, job: dict[str, Any], refused: int | None = None) -> list[Wait]:
    """All times of at least a second that the job waited, in the order of time; ``refused``: when a
    reform refused it while it waited."""
    attempts = run.attempts.filter(pl.col("position") == job["position"]).sort("attempt")
    since, begin, found = "submitted", job["submit"], []
    for row in attempts.rows(named=True):
        found.append(Wait(begin, row["start"], since))
        since, begin = str(row["reason"]), row["end"]
    if refused is not None:
        found.append(Wait(begin, refused, since, started=False))
    elif since in ("submitted", "requeued", "preempted") and str(job["state"]) != "refused":
        end = job["end"] if job["end"] is not None else last_of(run)
        found.append(Wait(begin, end, since, started=False))
    return [wait for wait in found if wait.end > wait.start]


def stretches_of(run: Run, job: dict[str, Any]) -> list[Wait]:
    """All times of at least a second that the job was suspended, in the order of time."""
    attempts = run.attempts.filter(pl.col("position") == job["position"]).sort("attempt")
    rows = attempts.select("suspended", "resumed").explode("suspended", "resumed").drop_nulls()
    found = [Wait(start, end, "suspended") for start, end in rows.iter_rows()]
    return [each for each in found if each.end > each.start]


def last_of(run: Run) -> int:
    """The last instant that the tables know of."""
    columns = run.attempts["start"], run.attempts["end"], run.jobs["submit"]
    times = np.concatenate([each.drop_nulls().to_numpy() for each in columns])
    return int(times.max())


def within(instants: Ints, waits: list[Wait]) -> Ints:
    """Those of the instants, once each, at which the job waits."""
    inside = np.zeros(len(instants), bool)
    for wait in waits:
        inside |= (instants >= wait.start) & (instants < wait.end)
    return np.unique(instants[inside])


def thinned(instants: Ints, most: int) -> Ints:
    """At most so many of the ascending instants, evenly by number, the first and the last kept."""
    if len(instants) <= most:
        return instants
    return instants[np.unique(np.linspace(0, len(instants) - 1, most).round().astype(np.int64))]


def spread(instants: Ints, most: int) -> Ints:
    """At most so many of the ascending instants, evenly over time, the first and the last kept."""
    if len(instants) <= most:
        return instants
    grid = np.linspace(instants[0], instants[-1], most)
    return instants[np.unique(np.searchsorted(instants, grid))]
