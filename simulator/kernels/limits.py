"""Who counts in which limit, how much each limit allows, and how much of it is used now.

A limit has one group, or one for each user, account or class; a job counts in at most one of them.
Quotas, budgets and reservations are limits too: members of a cohort, holders of a grant, and all
for whom nothing is reserved, are groups.
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
NOBODY = -UNLIMITED
"""What may be spent where not even a job that costs nothing may start."""
STOPS, LAST, GOES_ON = 0, 1, 2
"""What becomes of a job that its holder cannot pay for: it is held back; it stands behind those
that can be paid for, and is paid for all the same; nothing."""
MORE = 4
"""Added to these where a group has a meter or levels of overuse: one look tells the plain ones."""


@shared
class Cohorts(NamedTuple):
    """Groups that lend each other what they do not use; no rows where none do."""

    cohort: Ints
    """(groups,): the group of all members together, or NONE."""
    kept: Ints
    """Units of its own that a member does not lend: only what it holds beyond counts in its
    cohort."""
    own: Ints
    """Units that are a member's own, UNLIMITED for other groups; no rows unless owners reclaim."""


@shared
class Balances(NamedTuple):
    """What groups may spend, thousandths of unit-seconds; no rows where there are no budgets."""

    rate: Ints
    """(jobs,): what a second of each job costs."""
    most: Ints
    """(groups,): what may be spent, with what may be overdrawn; UNLIMITED without a budget."""
    spent: Ints
    """What has been: of running jobs, their whole walltimes."""
    since: Ints
    """Jobs that started before this instant were paid from another period's grant."""
    paid: Ints
    """(jobs, columns of ``Limits.group``): what a second of the running attempt has been paid for
    as it started; 0 where it was not, or is charged while it runs."""
    refunds: Ints
    """Bits of the causes for which lost work is given back."""
    when_spent: Ints
    """(groups,): what becomes of jobs that cost more than is left: STOPS, LAST or GOES_ON;
    plus MORE."""
    behind: Ints
    """(jobs,): 1 for those of the queue that stand behind all others, since they cost more than was
    left when the round began; no rows where every budget stops them."""
    moved: Ints
    """(1,): 1 if what is left has changed since all were last told what that means for them."""


@shared
class Meters(NamedTuple):
    """Budgets that are charged while jobs run; no rows where none are. Of theirs ``Balances.spent``
    is what had been used when they were last settled."""

    runs: Ints
    """(groups,): 1 for those."""
    rate: Ints
    """What a second of all their running jobs costs, thousandths of unit-seconds."""
    settled: Ints
    """When they were last settled."""


@shared
class Overtime(NamedTuple):
    """Budgets that pay for walltimes beforehand, of which jobs may outrun theirs: what they run
    beyond is charged while they run it; no rows where nobody does."""

    pays: Ints
    """(groups,): 1 for those."""
    settled: Ints
    """When they were last charged."""
    rate: Ints
    """What a second costs of those that will have outrun their walltimes at an instant that is
    looked ahead to; it means nothing in between, as do the next two."""
    used: Ints
    """What will have been used then."""
    seen: Ints
    """That instant."""


@shared
class Overuse(NamedTuple):
    """What follows for holders who have spent a part of their grant; no rows where nothing does."""

    first: Ints
    """(groups,): the first level of the group."""
    last: Ints
    """One behind the last."""
    used: Ints
    """(levels,): from so much on, thousandths of unit-seconds; ascending within a group."""
    later: Ints
    """Seconds by which its jobs count as submitted later."""
    jobs: Ints
    """How many of them may run at once."""
    by: Ints
    """(jobs,): seconds by which each job's key in the queue counts it as submitted later."""


@shared
class Bookings(NamedTuple):
    """When units are kept free; no rows where none are. Some rows belong to groups: of those for
    whom nothing is kept free, or of those who may run while it is and else not."""

    first: Ints
    """(groups,): the first occurrence that concerns the group and has not ended."""
    last: Ints
    """One behind the last."""
    inside: Ints
    """1 for groups of which a job must run within an occurrence."""
    start: Ints
    """(occurrences,): by group, in the order of time; s."""
    end: Ints
    most: Ints
    """Units that the group may hold during it."""
    claimed: Ints
    """Units of its running jobs that will be held during it by their walltimes, or are."""


@shared
class Lines(NamedTuple):
    """Groups of which only the first waiting jobs are looked at; no rows where all are."""

    most: Ints
    """(groups,): how many are; UNLIMITED where all are."""
    begin: Ints
    """Where the group's jobs begin in ``members``."""
    end: Ints
    """One behind their end."""
    members: Ints
    """Positions of the jobs of each group, ascending; of those groups alone that look at few."""
    edge: Ints
    """(groups,): one behind the last job of ``members`` that is looked at if it waits."""
    through: Ints
    """The position of that job; NONE if there is none yet."""
    counted: Ints
    """How many jobs up to it wait."""


@shared
class Floods(NamedTuple):
    """Groups that may submit so many jobs within a time; no rows where none are limited so."""

    most: Ints
    """(groups,): how many may come; UNLIMITED where any number may."""
    within: Ints
    """Seconds."""
    times: Ints
    """When jobs came, in the order of time; each group has room for all of its own."""
    oldest: Ints
    """(groups,): the first entry of ``times`` that counts still."""
    newest: Ints
    """One behind the last."""


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
    cohorts: Cohorts
    balances: Balances
    bookings: Bookings
    overuse: Overuse
    meters: Meters
    overtime: Overtime
    lines: Lines
    floods: Floods


NO_COHORTS = Cohorts(*(np.empty(0, np.int64) for _ in Cohorts._fields))
NO_BALANCES = Balances(*(np.empty(0, np.int64) for _ in Balances._fields))._replace(
    paid=np.empty((0, 0), np.int64)
)
NO_METERS = Meters(*(np.empty(0, np.int64) for _ in Meters._fields))
NO_OVERTIME = Overtime(*(np.empty(0, np.int64) for _ in Overtime._fields))
NO_OVERUSE = Overuse(*(np.empty(0, np.int64) for _ in Overuse._fields))
NO_LINES = Lines(*(np.empty(0, np.int64) for _ in Lines._fields))
NO_FLOODS = Floods(*(np.empty(0, np.int64) for _ in Floods._fields))
NO_BOOKINGS = Bookings(*(np.empty(0, np.int64) for _ in Bookings._fields))


def no_limits() -> Limits:
    """Of a rule that limits nobody."""
    return limits_at_start(np.empty((0, 0), np.int64), np.empty((4, 0), np.int64))


def limits_at_start(
    group: Ints,
    most: Ints,
    cohorts: Cohorts = NO_COHORTS,
    balances: Balances = NO_BALANCES,
    bookings: Bookings = NO_BOOKINGS,
    lines: Lines = NO_LINES,
    floods: Floods = NO_FLOODS,
) -> Limits:
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
        cohorts=cohorts,
        balances=balances,
        bookings=bookings,
        overuse=NO_OVERUSE,
        meters=NO_METERS,
        overtime=NO_OVERTIME,
        lines=lines,
        floods=floods,
    )


def held_back(limits: Limits) -> Ints:
    """Positions of the jobs that wait outside the queue."""
    return np.flatnonzero(limits.by != NONE)


def held_by(limits: Limits, positions: Ints) -> Ints:
    """The limit, a column of ``group``, that holds each of these jobs back."""
    by, group = limits.by[positions], limits.group[positions]
    if len(limits.cohorts.cohort):
        # A cohort is no column of its own: its member's is.
        cohort = np.where(group == NONE, NONE, limits.cohorts.cohort[group])
        found = (group == by[:, np.newaxis]) | (cohort == by[:, np.newaxis])
    else:
        found = group == by[:, np.newaxis]
    return np.argmax(found, axis=1)
