"""From limits, quotas, budgets and jobs to the groups that kernels count in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulator.errors import InputError, nearest
from simulator.fields import part_of
from simulator.kernels.limits import (
    GOES_ON,
    LAST,
    NO_BALANCES,
    NO_BOOKINGS,
    NO_COHORTS,
    NONE,
    STOPS,
    UNLIMITED,
    Balances,
    Bookings,
    Cohorts,
    Limits,
    limits_at_start,
)
from simulator.rules.applications.models import NAME
from simulator.rules.applications.projects import beyond_all_grants, projects_of
from simulator.rules.limits.concern import (
    in_accounts,
    of_classes,
    of_partitions,
    of_qos,
    of_users,
)
from simulator.rules.limits.flood import array_sizes, floods_of, lines_of
from simulator.rules.limits.models import NO_ARRAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.rules.accounts.models import Accounts
    from simulator.rules.applications.models import Applications
    from simulator.rules.limits.budget_models import Budget
    from simulator.rules.limits.models import Limit
    from simulator.rules.limits.quota_models import Cohort
    from simulator.rules.limits.reservation_models import Reservation
    from simulator.rules.models import Rule
    from simulator.rules.qos.models import Qos
    from simulator.workload.columns import Ints, Jobs, Mask

    Windows = tuple[Ints, Ints]

NOTHING_HELD = (UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED)
"""Most jobs, units, work and waiting jobs of a group that limits none of them."""
WHEN_SPENT = {"stop": STOPS, "last": LAST, "go_on": GOES_ON}


class Booked(NamedTuple):
    """When units are kept free of a group, or for it alone."""

    windows: Windows
    most: int
    """Units that it may hold meanwhile."""
    inside: bool = False


@dataclass
class Groups:
    """Groups as they are laid down, limit by limit."""

    jobs: Jobs
    units: int
    """Of one GPU."""
    gpus: int
    """Of the machine."""
    tree: Accounts
    """Of which accounts may be part of others."""
    columns: list[Ints] = field(default_factory=list)
    over: list[Mask] = field(default_factory=list)
    """Of each column, the jobs that are refused for what they ask by themselves."""
    most: list[tuple[int, int, int, int]] = field(default_factory=list)
    cohort: dict[int, int] = field(default_factory=dict)
    """The cohort of each group that has one."""
    kept: dict[int, int] = field(default_factory=dict)
    own: dict[int, int] = field(default_factory=dict)
    """Units of members' own, where owners reclaim them."""
    booked: dict[int, Booked] = field(default_factory=dict)
    """What is reserved that concerns a group."""
    eligible: dict[int, int] = field(default_factory=dict)
    """How many waiting jobs of some groups are looked at."""
    submitted: dict[int, tuple[int, int]] = field(default_factory=dict)
    """How many jobs some groups may submit, and within how many seconds."""

    def add(self, which: Ints, most: Sequence[tuple[int, int, int, int]], over: Mask) -> int:
        """A column of groups, of which ``which`` is each job's, or NONE; returns the first one."""
        first = len(self.most)
        self.columns.append(np.where(which == NONE, NONE, which + first))
        self.over.append(over & (which != NONE))
        self.most += most
        return first

    def add_cohort(self, members: Sequence[int], units: int) -> None:
        """A group of these groups together, which no job counts in by itself."""
        self.cohort |= dict.fromkeys(members, len(self.most))
        self.most.append((UNLIMITED, units, UNLIMITED, UNLIMITED))

    def _cohorts(self) -> Cohorts:
        if not self.cohort:
            return NO_COHORTS
        every = range(len(self.most))
        return Cohorts(
            np.array([self.cohort.get(group, NONE) for group in every], np.int64),
            np.array([self.kept.get(group, 0) for group in every], np.int64),
            np.array([self.own.get(group, UNLIMITED) for group in every if self.own], np.int64),
        )

    def _bookings(self) -> Bookings:
        if not self.booked:
            return NO_BOOKINGS
        empty = Booked((np.empty(0, np.int64), np.empty(0, np.int64)), UNLIMITED)
        each = [self.booked.get(group, empty) for group in range(len(self.most))]
        counts = np.array([len(booked.windows[0]) for booked in each], np.int64)
        last = np.cumsum(counts)
        most = np.repeat(np.array([booked.most for booked in each], np.int64), counts)
        return Bookings(
            last - counts,
            last,
            np.array([booked.inside for booked in each], np.int64),
            np.concatenate([booked.windows[0] for booked in each]),
            np.concatenate([booked.windows[1] for booked in each]),
            most,
            np.zeros_like(most),
        )

    def limits(self, balances: Balances) -> Limits:
        """All of them, for the kernels."""
        most = np.array(self.most, np.int64).reshape(-1, 4).T
        group = np.ascontiguousarray(np.stack(self.columns, axis=1))
        lines = lines_of(self.columns, len(self.most), self.eligible)
        floods = floods_of(self.columns, len(self.most), self.submitted)
        parts = self._cohorts(), balances, self._bookings(), lines, floods
        found = limits_at_start(group, most, *parts)
        for column, over in enumerate(self.over):
            found.refused_by[over & (found.refused_by == NONE)] = column
        return found

    def concerned(self, where: str, what: Limit | Budget, qos: Mapping[str, Qos]) -> Mask:
        """Jobs that it concerns; ``qos``: all that the rule knows."""
        jobs, tree = self.jobs, self.tree
        return (
            of_classes(jobs, where, what.classes)
            & in_accounts(jobs, where, what.accounts, tree)
            & of_users(jobs, where, what.users, tree)
            & of_qos(jobs, what.qos, qos)
            & of_partitions(jobs, where, what.partitions)
        )

    def known_for(self) -> Ints:
        """(jobs,) how long after their user's first job they come, s."""
        first = np.full(len(self.jobs.users), UNLIMITED, np.int64)
        np.minimum.at(first, self.jobs.user, self.jobs.submit)
        return self.jobs.submit - first[self.jobs.user]

    def together(self, per: str) -> tuple[Ints, Sequence[str]]:
        """(jobs,) who counts together, as places in their names."""
        jobs = self.jobs
        match per:
            case "user":
                return jobs.user.astype(np.int64), jobs.users
            case "account":
                return jobs.account.astype(np.int64), jobs.accounts
            case "class":
                return jobs.job_class.astype(np.int64), jobs.classes
            case "array":
                numbers, which = np.unique(jobs.array, return_inverse=True)
                return np.where(jobs.array < 0, NONE, which), [f"{each}" for each in numbers]
        return np.zeros(len(jobs), np.int64), ("all",)


def _add_limit(groups: Groups, name: str, limit: Limit, qos: Mapping[str, Qos]) -> None:
    jobs, units = groups.jobs, groups.units
    if (limit.per == "array" or limit.array_size is not None) and not len(jobs.array):
        raise InputError(f"limits.{name}: {NO_ARRAYS[0]}", right=NO_ARRAYS[1])
    which, names = groups.together(limit.per)
    concerned = groups.concerned(f"limits.{name}", limit, qos)
    if limit.newcomers is not None:
        concerned &= groups.known_for() < limit.newcomers
    if limit.established is not None:
        concerned &= groups.known_for() >= limit.established
    which = np.where(concerned, which, NONE)
    over = np.zeros(len(jobs), bool)
    if limit.walltime is not None:
        over |= jobs.walltime > limit.walltime
    for said in (limit.job_gpus, limit.gpus):
        if said is not None:
            over |= jobs.gpus > part_of(said, groups.gpus) * units
    if limit.work is not None:
        over |= jobs.gpus * jobs.walltime > limit.work * units
    if limit.array_size is not None:
        over |= array_sizes(jobs.array) > limit.array_size
    allowed = (
        UNLIMITED if limit.jobs is None else limit.jobs,
        UNLIMITED if limit.gpus is None else part_of(limit.gpus, groups.gpus) * units,
        UNLIMITED if limit.work is None else limit.work * units,
        UNLIMITED if limit.queued is None else limit.queued,
    )
    first = groups.add(which, [allowed] * len(names), over)
    every = range(first, first + len(names))
    if limit.eligible is not None:
        groups.eligible |= dict.fromkeys(every, limit.eligible)
    if limit.submitted is not None:
        lately = limit.submitted.jobs, limit.submitted.within
        groups.submitted |= dict.fromkeys(every, lately)


def _add_cohort(groups: Groups, name: str, cohort: Cohort, *, reclaim: bool) -> None:
    jobs, units = groups.jobs, groups.units
    which, names = groups.together(cohort.per)
    for each in cohort.members:
        if each not in names:
            right = nearest(each, names)
            raise InputError(f"quotas.{name}: jobs are of no {cohort.per} {each!r}", right=right)
    ceiling = np.full(len(names), UNLIMITED, np.int64)
    if cohort.others is not None:
        ceiling[:] = part_of(cohort.others, groups.gpus) * units
    kept, lent = dict[int, int](), 0
    for each, quota in cohort.members.items():
        place = list(names).index(each)
        most = quota.ceiling(groups.gpus)
        ceiling[place] = UNLIMITED if most is None else most * units
        kept[place] = quota.floor(groups.gpus) * units
        lent += quota.lends(groups.gpus) * units
    over = jobs.gpus > ceiling[which]
    for place, own in kept.items():
        over |= (which == place) & (jobs.gpus - own > lent)
    ceilings = [(UNLIMITED, int(units), UNLIMITED, UNLIMITED) for units in ceiling]
    first = groups.add(which, ceilings, over)
    groups.kept |= {first + place: own for place, own in kept.items()}
    if reclaim:
        owned = zip(kept, cohort.members.values(), strict=True)
        groups.own |= {first + place: quota.own(groups.gpus) * units for place, quota in owned}
    groups.add_cohort([first + place for place in kept], lent)


def _add_budget(
    groups: Groups, name: str, budget: Budget, qos: Mapping[str, Qos], costs: Ints
) -> slice:
    """``costs``: (jobs,) of whole walltimes, thousandths of unit-seconds. Returns its groups."""
    which, names = groups.together(budget.per)
    for each in budget.grants:
        if each not in names:
            right = nearest(each, names)
            raise InputError(f"budgets.{name}: jobs are of no {budget.per} {each!r}", right=right)
    concerned = groups.concerned(f"budgets.{name}", budget, qos)
    which = np.where(concerned, which, NONE)
    reach = (
        np.array([budget.reach(each, groups.gpus) for each in names])[which] * groups.units * 1000
    )
    over = (costs > reach) & (budget.when_spent == "stop" and budget.safe)
    first = groups.add(which, [NOTHING_HELD] * len(names), over)
    return slice(first, first + len(names))


def _is_for(groups: Groups, name: str, reservation: Reservation) -> Mask:
    """Jobs that a reservation is for."""
    jobs, where = groups.jobs, f"reservations.{name}"
    found = of_classes(jobs, where, reservation.classes)
    for named, names, which, what in (
        (reservation.accounts, jobs.accounts, jobs.account, "account"),
        (reservation.users, jobs.users, jobs.user, "user"),
    ):
        for each in named:
            if each not in names:
                right = nearest(each, names)
                raise InputError(f"{where}: jobs are of no {what} {each!r}", right=right)
        if named:
            found &= np.isin(which, [code for code, each in enumerate(names) if each in named])
    if reservation.at_least is not None:
        found &= jobs.gpus >= part_of(reservation.at_least, groups.gpus) * groups.units
    return found


def longest_from(begin: Ints, end: Ints, since: Ints) -> Ints:
    """The longest time that spans from ``begin`` to ``end``, ascending, leave at or after each
    instant of ``since``; 0 where none does."""
    longest = np.r_[np.maximum.accumulate((end - begin)[::-1])[::-1], 0]
    place = np.searchsorted(end, since, side="right")
    rest = np.r_[end, 0][place] - np.maximum(np.r_[begin, 0][place], since)
    return np.maximum(rest, np.r_[longest, 0][place + 1])


def _add_reservation(
    groups: Groups, name: str, reservation: Reservation, windows: Windows
) -> slice:
    """Returns its groups: of those it is not for, and, if they are confined, of those it is."""
    jobs, (begin, end) = groups.jobs, windows
    is_for = _is_for(groups, name, reservation)
    left = (groups.gpus - part_of(reservation.gpus, groups.gpus)) * groups.units
    again = reservation.every is not None or reservation.hours is not None
    after = end[-1:] if again and reservation.end is None else np.array([UNLIMITED])
    between = np.r_[0, end], np.r_[begin, after if len(end) else UNLIMITED]
    walltime = np.maximum(jobs.walltime, 1)
    over = ~is_for & (jobs.gpus > left) & (walltime > longest_from(*between, jobs.submit))
    which = np.where(is_for, NONE, 0)
    if reservation.confined:
        which = np.where(is_for, 1, 0)
        over |= is_for & (walltime > longest_from(begin, end, jobs.submit))
    first = groups.add(which, [NOTHING_HELD] * (1 + reservation.confined), over)
    groups.booked[first] = Booked(windows, left)
    if reservation.confined:
        groups.booked[first + 1] = Booked(windows, UNLIMITED, inside=True)
    return slice(first, first + 1 + reservation.confined)


def _add_applications(groups: Groups, applications: Applications, costs: Ints) -> slice:
    """``costs``: as of ``_add_budget``. Returns the groups of all projects."""
    jobs = groups.jobs
    of_classes(jobs, NAME, applications.classes)
    projects = projects_of(jobs, applications.classes)
    over = beyond_all_grants(jobs, applications, costs, groups.units, groups.gpus)
    first = groups.add(projects.of_job, [NOTHING_HELD] * len(projects), over)
    return slice(first, first + len(projects))


def limits_of(
    jobs: Jobs,
    rule: Rule,
    units: int,
    gpus: int,
    factor: Ints,
    windows: Mapping[str, Windows],
) -> tuple[Limits | None, dict[str, slice]]:
    """The groups of all that ``Rule.holding`` names, in its order; None where it names nothing.

    ``units``: of one GPU. ``gpus``: of the machine. ``factor``: (jobs,) what a unit-second is
    charged, thousandths. ``windows``: begins and ends of each reservation. Also returns the groups
    of each budget, in the order of their holders' names, of each reservation, and of all projects,
    in theirs; nothing is granted yet.
    ``Limits.refused_by`` says already which jobs are refused for what they ask by themselves.
    Raises InputError for classes, accounts and users that no job is of.
    """
    groups, held = Groups(jobs, units, gpus, rule.accounts), dict[str, slice]()
    reclaim = rule.preemption is not None and rule.preemption.reclaim
    for name, limit in rule.limits.items():
        _add_limit(groups, name, limit, rule.qos)
    for name, cohort in rule.quotas.items():
        _add_cohort(groups, name, cohort, reclaim=reclaim)
    rate = jobs.gpus * factor
    for name, budget in rule.budgets.items():
        held[name] = _add_budget(groups, name, budget, rule.qos, rate * jobs.walltime)
    for name, reservation in rule.reservations.items():
        held[name] = _add_reservation(groups, name, reservation, windows[name])
    if rule.applications is not None:
        held[NAME] = _add_applications(groups, rule.applications, rate * jobs.walltime)
    if not groups.columns:
        return None, held
    if not rule.budgets and rule.applications is None:
        return groups.limits(NO_BALANCES), held
    return groups.limits(_balances(groups, rule, held, np.ascontiguousarray(rate))), held


def _balances(groups: Groups, rule: Rule, held: Mapping[str, slice], rate: Ints) -> Balances:
    """Nothing is granted yet, and nothing has been spent."""
    most = np.full(len(groups.most), UNLIMITED, np.int64)
    spent, since, refunds, when_spent = np.zeros((4, len(most)), np.int64)
    for name, budget in rule.budgets.items():
        when_spent[held[name]] = WHEN_SPENT[budget.when_spent]
    behind = np.zeros(len(rate) if (when_spent == LAST).any() else 0, np.int64)
    moved = np.ones(1, np.int64)
    paid = np.zeros((len(rate), len(groups.columns)), np.int64)
    return Balances(rate, most, spent, since, paid, refunds, when_spent, behind, moved)
