"""What takes time beside the jobs' own work, by job."""

from __future__ import annotations

import numpy as np

from simulator.errors import InputError, nearest
from simulator.rules.backfill.slurm import MILLISECONDS, Latency, Own, SlurmPasses
from simulator.streams import Streams
from simulator.workload.columns import Ints, Jobs


def latency_of(
    name: str, latency: Latency, jobs: Jobs, passes: SlurmPasses, streams: Streams
) -> Ints:
    """(jobs,) ticks of one of the latencies.

    Raises InputError for a column that the jobs do not have, or that the clock cannot count.
    """
    if not isinstance(latency, Own):
        found: Ints = np.full(len(jobs), latency, np.int64)
    elif latency.column is not None:
        found = _told(name, latency.column, jobs, passes)
    else:
        values = np.array(latency.drawn, np.int64)
        which = streams.take("slurm_latency", name).integers(len(values), size=len(jobs))
        found = values[which]
    return np.asarray(found * passes.ticks // MILLISECONDS)


def _told(name: str, column: str, jobs: Jobs, passes: SlurmPasses) -> Ints:
    if column not in jobs.latencies:
        raise InputError(
            f"latencies.{name}: the jobs have no column {column!r}",
            right=nearest(column, jobs.latencies) or "give a time, or a table that has the column",
        )
    found: Ints = jobs.latency[:, jobs.latencies.index(column)]
    parts = np.flatnonzero(found % MILLISECONDS)
    if passes.clock == "s" and len(parts):
        raise InputError(
            f"latencies.{name}: the clock counts whole seconds, and {found[parts[0]]} ms of job"
            f" {jobs.job_id[parts[0]]} are none",
            right="say clock: ms",
        )
    return found
