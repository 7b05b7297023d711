"""The rank of each job, from those of the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.rights import NO_RANK, Ranks
from simulator.rules.preemption.how_kernel import HOWS
from simulator.rules.preemption.models import Preemption


def ranks_of(
    stage: Preemption | None, classes: tuple[str, ...], job_class: NDArray[np.int32]
) -> Ranks | None:
    """Rank and fate of each job; None where nobody is preempted.

    ``job_class`` has a row of ``classes`` for each job. A class that no job is of has no say. Where
    owners reclaim nobody has a rank.
    """
    if stage is None:
        return None
    rank = np.full(len(classes), NO_RANK, np.int8)
    how = np.array([HOWS.index(stage.how_of(name).kind) for name in classes], np.int8)
    for number, names in enumerate(stage.ranks):
        for name in names:
            if name in classes:
                code = classes.index(name)
                rank[code] = number
    return Ranks(rank[job_class], how[job_class], len(stage.ranks))


def queues_of(
    stage: Preemption | None,
    queues: int,
    classes: tuple[str, ...],
    job_class: NDArray[np.int32],
) -> Ranks:
    """All jobs in the first of so many queues, of which an order makes the ranks."""
    hows = ["requeue" if stage is None else stage.how_of(name).kind for name in classes]
    how = np.array([HOWS.index(each) for each in hows], np.int8)
    return Ranks(np.zeros(len(job_class), np.int8), how[job_class], queues)
