"""Who may preempt whom in Slurm's own passes: qualities of service as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.rules.models import Rule
from simulator.rules.qos.of_jobs import qos_of
from simulator.rules.slurm import build
from simulator.workload.columns import Ints, Jobs


@dataclass(frozen=True, slots=True)
class Qualities:
    """Qualities of service of a run; behind them one for jobs that have none."""

    of_job: Ints
    may_stop: Ints
    """[qos, qos]: 1 where the first may preempt the second."""
    rank: Ints
    """Priority by qos."""
    exempt: Ints
    """Seconds that jobs run untouched, by qos."""

    @property
    def preempt(self) -> bool:
        """Whether anybody may preempt anybody."""
        return bool(self.may_stop.any())


def qualities_of(jobs: Jobs, rule: Rule) -> Qualities:
    """Those of a scenario's rule; jobs without one neither preempt nor are preempted.

    Raises InputError for one that jobs name and the rule does not know.
    """
    stage, names = rule.preemption, list(rule.qos)
    if stage is None:
        return Qualities(build.ints(len(jobs)), build.ints(1, 1), build.ints(1), build.ints(1))
    count = len(names) + 1
    may_stop, rank, exempt = build.ints(count, count), build.ints(count), build.ints(count)
    for place, qos in enumerate(rule.qos.values()):
        for other in qos.preempts:
            may_stop[place, names.index(other)] = 1
        rank[place] = qos.priority
        exempt[place] = stage.exempt if qos.exempt is None else qos.exempt
    found = qos_of(jobs, rule.qos)
    return Qualities(np.where(found < 0, count - 1, found), may_stop, rank, exempt)
