"""Which jobs limits let start: ``acct_policy_job_runnable_pre_select()`` and ``_post_select()``.

How many jobs run is looked at before a job is; what it would hold, once enough nodes are found for
it. ``select_nodes()`` calls both policy whatever else keeps the job from starting, so that a job
at a limit closes no partition and stops nobody. Sources: ``acct_policy.c``, ``node_scheduler.c``.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE, UNLIMITED
from simulator.rules.slurm.state_kernel import UNITS_A_GPU, Asks, Live, Site

WITHIN, TOO_MANY, TOO_MUCH = 0, 1, 2
"""No limit keeps a job from starting; too many jobs run already; it would hold too much."""


@kernel
def _units(site: Site, asks: Asks, job: int) -> int:
    return asks.nodes[job] * asks.gpus[job] * site.rules[UNITS_A_GPU]


@kernel_apart
def _work_left(
    site: Site, asks: Asks, live: Live, column: int, group: int, work: int, now: int
) -> bool:
    """Whether running jobs leave so much work to a group.

    Who is past its limit has none left to do, though it runs until somebody looks at walltimes.
    """
    limits = site.limits
    asked = limits.reach[group] - limits.units[group] * now
    for place in range(live.counts[0]):
        slot = live.order[place]
        if live.end[slot] >= now:
            break
        if limits.group[live.row[slot], column] == group:
            asked += _units(site, asks, live.row[slot]) * (now - live.end[slot])
    return asked + work <= limits.most_work[group]


@kernel_apart
def _look(site: Site, asks: Asks, live: Live, job: int, now: int) -> int:
    limits, units, found = site.limits, _units(site, asks, job), WITHIN
    for column in range(limits.group.shape[1]):
        group = limits.group[job, column]
        if group == NONE:
            continue
        if limits.jobs[group] >= limits.most_jobs[group]:
            return TOO_MANY
        if limits.units[group] + units > limits.most_units[group]:
            found = TOO_MUCH
        if limits.most_work[group] < UNLIMITED:
            work = units * asks.limit[job]
            if not _work_left(site, asks, live, column, group, work, now):
                found = TOO_MUCH
    return found


@kernel
def at_limit(site: Site, asks: Asks, live: Live, job: int, now: int) -> int:
    """What would be too much if the job started now: WITHIN, TOO_MANY or TOO_MUCH."""
    return _look(site, asks, live, job, now) if site.limits.group.shape[1] > 0 else WITHIN


@kernel_apart
def count_in(site: Site, asks: Asks, job: int, until: int, sign: int) -> None:
    """Count a job that a pass starts (1), or stops for another (−1), which plans to run ``until``.

    What the pass decides is booked for good when it is carried out, and this taken back then.
    """
    limits, units = site.limits, _units(site, asks, job)
    for column in range(limits.group.shape[1]):
        group = limits.group[job, column]
        if group != NONE:
            limits.jobs[group] += sign
            limits.units[group] += sign * units
            limits.reach[group] += sign * units * until


@kernel
def time_alone_lets_start(site: Site) -> bool:
    """Whether there are limits on work, of which less is left from second to second."""
    return len(site.limits.timed) > 0
