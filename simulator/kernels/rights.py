"""Who may preempt whom, and who has been: what a run knows beside the jobs themselves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.shared import shared

Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]

NO_RANK = -1
"""Of a job that neither preempts nor is preempted."""
NOT_RECLAIMED, TAKEN_BACK = -1, -2
"""Of a job that did not reclaim what it holds; or that was last stopped by an owner, where ranks
count too."""
NOT_IDLE = -1
"""Of a job that is not known to leave its GPUs idle."""


_NOBODY = np.empty(0, np.int8)


@shared
class Rights(NamedTuple):
    """Rows of the first columns are positions; without preemption ``rank`` alone has any."""

    rank: Bytes
    """0 the highest. A job preempts only those of larger numbers."""
    how: Bytes
    """A place in ``rules.preemption.dispatch_kernel.HOWS``: what becomes of it as a victim."""
    times: Ints
    """How often it has been preempted."""
    served: Ints
    """Seconds that its earlier attempts ran, however they ended."""
    waiting: Ints
    """By rank + 1: jobs in the queue."""
    running: Ints
    """By rank + 1: jobs running."""
    victims: Ints
    """Room to choose in: those chosen, in their order, then the other candidates."""
    keys: Ints
    """What orders them."""
    stopped: Ints
    """Victims of this pass that go back to the queue once it has ended."""
    reclaimed: Ints
    """(jobs,): the ``Progress.sequence`` of the last attempt that began by reclaiming, −1, or
    TAKEN_BACK."""
    idle: Bytes
    """(jobs,): what becomes of a job that is stopped for leaving its GPUs idle, NOT_IDLE if it does
    not; no rows where nobody is."""
    reaped: Ints
    """How often it has been stopped so, whoever waited."""
    crossing: Ints
    """(2,): when the next running job leaves its queue of attained service, FAR if none will, 0 if
    that is to be found anew; and which. It holds as long as that job runs and is in that queue."""


@shared
class Ranks(NamedTuple):
    """Of each job, by position: its rank, and what becomes of it as a victim; see ``Rights``."""

    rank: Bytes
    how: Bytes
    ranks: int
    """How many ranks there are."""
    idle: Bytes = _NOBODY


def rights_at_start(jobs: int, given: Ranks | None, most_running: int) -> Rights:
    """Before the first instant; no ranks are ``given`` where the rule preempts nobody."""
    if given is None:
        given, jobs, most_running = Ranks(np.full(jobs, NO_RANK, np.int8), _NOBODY, 0), 0, 0

    def ints(length: int) -> Ints:
        return np.zeros(length, np.int64)

    room, ranks = most_running, given.ranks + 1
    columns = ints(jobs), ints(jobs), ints(ranks), ints(ranks), ints(room), ints(room), ints(room)
    return Rights(
        given.rank,
        given.how,
        *columns,
        np.full(jobs, -1, np.int64),
        given.idle,
        ints(jobs),
        crossing=ints(2),
    )
