"""The rank of each job, from those of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.rights import NO_RANK, NOT_IDLE, Ranks
from simulator.rules.preemption.how import Requeue
from simulator.rules.preemption.how_kernel import HOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.rules.preemption.models import Preemption
    from simulator.rules.preemption.registry import How
    from simulator.workload.columns import Jobs


def ranks_of(stage: Preemption | None, jobs: Jobs) -> Ranks | None:
    """Rank and fate of each job; None where nobody is preempted.

    A class that no job is of has no say. Where owners alone reclaim, or idle jobs alone are
    stopped, nobody has a rank.
    """
    if stage is None:
        return None
    rank = np.full(len(jobs.classes), NO_RANK, np.int8)
    how = _hows([stage.how_of(name) for name in jobs.classes])
    for number, names in enumerate(stage.ranks):
        for name in names:
            if name in jobs.classes:
                rank[jobs.classes.index(name)] = number
    idle = np.full(len(jobs), NOT_IDLE, np.int8)
    if stage.idle is not None:
        of_idle = _hows([stage.idle.how_of(name) for name in jobs.classes])
        if stage.idle.when == "wanted":
            how = of_idle
        use = jobs.gpu_use
        there = (use >= 0) & (use < stage.idle.thousandths) & (jobs.gpus > 0)
        idle[there] = of_idle[jobs.job_class[there]]
    return Ranks(rank[jobs.job_class], how[jobs.job_class], len(stage.ranks), idle)


def _hows(hows: Sequence[How]) -> NDArray[np.int8]:
    return np.array([HOWS.index(each.kind) for each in hows], np.int8)


def queues_of(
    stage: Preemption | None,
    queues: int,
    classes: tuple[str, ...],
    job_class: NDArray[np.int32],
) -> Ranks:
    """All jobs in the first of so many queues, of which an order makes the ranks."""
    how = _hows([Requeue() if stage is None else stage.how_of(name) for name in classes])
    return Ranks(np.zeros(len(job_class), np.int8), how[job_class], queues)
