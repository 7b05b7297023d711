"""Suspended jobs: they keep all that they hold but their CPUs, and their clocks stand still."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.shared import shared

Ints = NDArray[np.int64]


# Places in ``Suspensions.counts``.
ASIDE = 0
"""Jobs that are suspended."""
ENDED = 1
"""Suspensions that are over."""
LENT = 2
"""Suspended jobs, those included that would be, whose CPUs the job may have that is tried."""
COUNTS = 3


@shared
class Suspensions(NamedTuple):
    """Rows of the first columns are positions; there are none where nobody is preempted."""

    left: Ints
    """Of a suspended job: seconds until it ends once it goes on."""
    rest: Ints
    """Of a suspended job: seconds of its walltime that are left; it may have outrun it."""
    since: Ints
    """When it was suspended."""
    times: Ints
    """How often it has been, whatever rule was in force."""
    line: Ints
    """The suspended jobs in the order in which they go on: by rank, then the earliest first."""
    position: Ints
    """Suspensions that are over, in the order of their ends."""
    start: Ints
    end: Ints
    counts: Ints


def no_suspensions(jobs: int) -> Suspensions:
    """Nobody of so many jobs is or has been suspended."""

    def ints(length: int) -> Ints:
        return np.empty(length, np.int64)

    by_job = ints(jobs), ints(jobs), ints(jobs), np.zeros(jobs, np.int64), ints(jobs)
    return Suspensions(*by_job, ints(jobs), ints(jobs), ints(jobs), np.zeros(COUNTS, np.int64))


def longer_stretches(old: Suspensions) -> Suspensions:
    """The same with room for twice as many suspensions that are over."""
    room = np.empty(len(old.end), np.int64)
    return old._replace(
        position=np.concatenate([old.position, room]),
        start=np.concatenate([old.start, room]),
        end=np.concatenate([old.end, room]),
    )
