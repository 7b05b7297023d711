"""When jobs stood still, attempt by attempt."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.kernels.state import FAR, SUSPENDED, State
from simulator.kernels.suspensions import ENDED
from simulator.results.schema import ATTEMPTS

Ints = NDArray[np.int64]


class Stretches:
    """Each time for which a job was suspended, by attempt, then by time.

    ``position``, ``start`` and ``sequence`` are columns of the attempts.
    """

    def __init__(
        self, state: State, position: Ints, start: Ints, sequence: Ints, finish: int
    ) -> None:
        old, over = state.suspensions, int(state.suspensions.counts[ENDED])
        still = np.flatnonzero(state.progress.phase == SUSPENDED)
        jobs = np.r_[old.position[:over], still]
        since = np.r_[old.start[:over], old.since[still]]
        until = np.r_[old.end[:over], np.full(len(still), FAR)]
        row = _attempt_of(jobs, since, position, start, sequence)
        order = np.lexsort((since, row))
        self.attempts = len(position)
        self.row, self.since = row[order], since[order]
        self.until = np.minimum(until[order], finish)

    def seconds(self) -> Ints:
        """How long each attempt stood still."""
        seconds = np.zeros(self.attempts, np.int64)
        np.add.at(seconds, self.row, self.until - self.since)
        return seconds

    def columns(self) -> tuple[pa.Array, pa.Array]:
        """When each attempt was suspended and when it went on, as lists."""
        counts = np.bincount(self.row, minlength=self.attempts)
        offsets = pa.array(np.r_[0, np.cumsum(counts)], pa.int32())
        kind = ATTEMPTS.field("suspended").type.value_type
        suspended, resumed = (
            pa.ListArray.from_arrays(offsets, pa.array(column, kind))
            for column in (self.since, self.until)
        )
        return suspended, resumed


def _attempt_of(jobs: Ints, since: Ints, position: Ints, start: Ints, sequence: Ints) -> Ints:
    """The row of the attempt of each job that had begun last by then."""
    if not len(jobs):
        return jobs
    rows, many = len(position), len(jobs)
    order = np.lexsort(
        (
            np.r_[sequence, np.zeros(many, np.int64)],
            np.r_[np.zeros(rows, np.int64), np.ones(many, np.int64)],
            np.r_[start, since],
            np.r_[position, jobs],
        )
    )
    # Each stretch follows its attempt.
    latest = np.maximum.accumulate(np.where(order < rows, np.arange(rows + many), 0))
    found = np.empty(many, np.int64)
    stretch = order >= rows
    found[order[stretch] - rows] = order[latest[stretch]]
    return found
