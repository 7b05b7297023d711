"""Finish-time fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class FinishTime(Serving):
    """Whose job would finish latest, compared with a machine of their own, goes first.

    ρ = (time since submission + walltime) / (time alone on 1/N of the machine), largest first,
    at every pass. N counts those of `serve` who have jobs that run or wait. Alone, a job of n GPUs
    on the c/N GPUs of its part takes its walltime, times n·N/c where it is larger than the part. ρ
    of a waiting job rises for as long as it waits, and the faster, the shorter it is: of equal
    jobs the one that came first goes first, and one k times as long has its turn before those that
    come after 1 − 1/k of its wait. Nobody is stopped for another: leases, of which the paper
    makes its turns, need jobs that can be preempted.

    Example: 16 GPUs and four users, so 4 GPUs each. A job of 8 GPUs and 1 h, alone on 4 GPUs 2 h,
    has after 1 h of waiting ρ = (1 + 1)/2 = 1. One of 2 GPUs and 1 h has ρ = (1 + 1)/1 = 2 and goes
    first.
    Source: Mahajan et al., "Themis: fair and efficient GPU cluster scheduling", NSDI 2020.
    """

    looks_at_usage: ClassVar[bool] = False
    kind: Literal["finish_time"] = "finish_time"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        leaf = ~np.isin(np.arange(len(view.parent)), view.parent)
        active = int(((view.running + view.waiting > 0) & leaf).sum())
        walltime = np.maximum(view.walltime[waiting], 1)
        larger = np.maximum(view.gpus[waiting] * active / view.capacity[0], 1.0)
        return np.asarray((view.now - view.submit[waiting] + walltime) / (walltime * larger))
