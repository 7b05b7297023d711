"""A reform from one rule with Slurm's own passes to another: what passes know is made anew.

Who runs, which nodes are completing, and who was stopped and may not start again yet stay. All
clocks begin anew, as they do when slurmctld is started again with other settings.
"""

from __future__ import annotations

import numpy as np

from simulator.cluster.machine import Machine
from simulator.engine.slurm import Recorded, SlurmNodes, clock_of, site_of, stubborn
from simulator.engine.slurm_qos import qualities_of
from simulator.kernels.limits import NONE, Limits
from simulator.kernels.state import NOW
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.models import Rule
from simulator.rules.preemption.by_qos import WHOLE
from simulator.rules.slurm import build
from simulator.rules.slurm.run_kernel import (
    AWAY,
    CHANGED,
    FIRST,
    IN_FULL,
    LAST_CHECK,
    LAST_FULL,
    LIMIT_CHECK,
    NEXT_BACKFILL,
    ONE_BY_ONE,
    SCHED_INTERVAL,
    SECOND,
    STUCK,
    TICK,
    TIERED,
    VAIN_BACKFILL,
    VAIN_MAIN,
    Clock,
)
from simulator.workload.columns import Ints, Jobs, Mask

_OF_THE_RUN = [IN_FULL, FIRST, ONE_BY_ONE]
"""Settings of a clock that no rule says."""


def away_of(world: SlurmNodes) -> Ints:
    """Positions of the jobs that were stopped and may not start again yet."""
    found: Ints = world.slurm.waits.away_job[: world.slurm.clock.now[AWAY]].copy()
    return found


def keep_away(world: SlurmNodes, away: Ints, stay: Mask, limits: Limits | None) -> None:
    """Let those of them who are refused never come back, and count the others as waiting."""
    waits, now = world.slurm.waits, world.slurm.clock.now
    order = np.lexsort((away[stay], waits.away_time[: len(away)][stay]))
    count = len(order)
    # What is in order is a heap.
    waits.away_time[:count] = waits.away_time[: len(away)][stay][order]
    waits.away_job[:count] = away[stay][order]
    now[AWAY] = count
    if limits is None:
        return
    for groups in limits.group[away[stay]]:
        limits.waiting[groups[groups != NONE]] += 1


def pass_by(
    world: SlurmNodes, before: SlurmPasses, rule: Rule, jobs: Jobs, machine: Machine
) -> None:
    """Let passes go by the rule; ``world`` has its limits already, and the time of the reform."""
    passes, slurm = rule.backfill, world.slurm
    assert isinstance(passes, SlurmPasses)
    qualities = qualities_of(jobs, rule)
    site = site_of(machine, passes, qualities, world.grid)._replace(limits=world.state.limits)
    asks = slurm.asks._replace(qos=qualities.of_job)
    second = passes.ticks
    slurm.times.epilog[:] += second * (
        stubborn(jobs, passes) * passes.kill_wait - stubborn(jobs, before) * before.kill_wait
    )
    kept = slurm.clock.setting[_OF_THE_RUN]
    none = build.ints(0)
    nothing = Recorded(none, none, none, none, none)
    slurm.clock.setting[:] = clock_of(passes, site, nothing).setting
    slurm.clock.setting[_OF_THE_RUN] = kept
    if rule.ordering.kind in WHOLE and (asks.submit != world.state.columns.submit).any():
        # Who was stopped stands by its new submission where priorities tie, as the queue does not.
        slurm.clock.setting[TIERED] = 1
    _begin_again(slurm.clock, int(world.state.counters[NOW]))
    scratch = slurm.scratch._replace(kept=build.kept(asks))
    world.slurm = slurm._replace(site=site, asks=asks, scratch=scratch)


def _begin_again(clock: Clock, second: int) -> None:
    """A full pass and a look at walltimes are due at the next turn of the loop, backfill now."""
    now, setting = clock.now, clock.setting
    now[TICK] = now[NEXT_BACKFILL] = second * setting[SECOND]
    now[LAST_FULL] = second - setting[SCHED_INTERVAL]
    now[LAST_CHECK] = second - setting[LIMIT_CHECK]
    now[STUCK], now[CHANGED] = 0, 1
    now[[VAIN_MAIN, VAIN_BACKFILL]] = -1
