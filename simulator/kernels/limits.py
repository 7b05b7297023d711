"""Who counts in which limit, how much each limit allows, and how much of it is used now.

A limit has one group, or one for each user, account or class; a job counts in at most one of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.shared import shared

Ints = NDArray[np.int64]

NONE = -1
"""No group."""
UNLIMITED = 2**62
"""More than there can be of anything."""


@shared
class Limits(NamedTuple):
    """Rows are jobs by position, or groups; both have none where a rule limits nobody."""

    group: Ints
    """(jobs, limits): the group in which each job counts; NONE where a limit does not touch it."""
    most_jobs: Ints
    """(groups,): jobs that may run at once."""
    most_units: Ints
    """Units that they may hold."""
    most_work: Ints
    """Unit-seconds that they may still ask for, up to their planned ends."""
    most_waiting: Ints
    """Jobs that may wait or run."""
    jobs: Ints
    """(groups,): jobs that run."""
    units: Ints
    """Units that they hold."""
    reach: Ints
    """Sum of their units × planned ends: the work left at an instant is this less units × it."""
    waiting: Ints
    """Jobs that wait, held back or not."""
    first: Ints
    """(groups,): the first job that is held back by it, or NONE."""
    next: Ints
    """(jobs,): the next one."""
    by: Ints
    """(jobs,): the group that holds it back, or NONE."""
    fallen: Ints
    """(groups,): those of which less is used than when they were last looked at."""
    has_fallen: Ints
    """(groups,): 1 for those."""
    timed: Ints
    """Groups that limit work, of which time alone leaves less."""
    refused_by: Ints
    """(jobs,): the limit, a column of ``group``, that refused it at its submission, or NONE."""


def no_limits() -> Limits:
    """Of a rule that limits nobody."""
    none = np.empty(0, np.int64)
    return Limits(np.empty((0, 0), np.int64), *(none for _ in Limits._fields[1:]))


def limits_at_start(group: Ints, most: Ints) -> Limits:
    """Before the first instant; ``most``: (4, groups) jobs, units, work and waiting jobs."""
    jobs, groups = len(group), most.shape[1]

    def zeros() -> Ints:
        return np.zeros(groups, np.int64)

    def none(length: int) -> Ints:
        return np.full(length, NONE, np.int64)

    most_jobs, most_units, most_work, most_waiting = np.ascontiguousarray(most)
    return Limits(
        group,
        most_jobs,
        most_units,
        most_work,
        most_waiting,
        jobs=zeros(),
        units=zeros(),
        reach=zeros(),
        waiting=zeros(),
        first=none(groups),
        next=none(jobs),
        by=none(jobs),
        fallen=zeros(),
        has_fallen=zeros(),
        timed=np.flatnonzero(most_work < UNLIMITED),
        refused_by=none(jobs),
    )


def held_back(limits: Limits) -> Ints:
    """Positions of the jobs that wait outside the queue."""
    return np.flatnonzero(limits.by != NONE)
