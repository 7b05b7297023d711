"""Budgets: grants, releases, what is taken back and what expires, as SimPy processes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from itertools import count, pairwise, takewhile
from math import ceil
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from simpy.events import Event

from simulator.engine.charges import Calendar, next_reset
from simulator.engine.clock import Clock
from simulator.engine.reservations import Reserved, windows_of
from simulator.engine.verbs_kernel import groups_changed, settle_meters
from simulator.engine.walltimes import walltime_left
from simulator.fields import part_of
from simulator.kernels.limits import (
    MORE,
    NOBODY,
    UNLIMITED,
    Balances,
    Limits,
    Meters,
    Overtime,
    Overuse,
)
from simulator.kernels.state import BUSY, FAR, NOW, State
from simulator.results.schema import CAUSES
from simulator.rules.applications.models import NAME as APPLICATIONS
from simulator.rules.limits.budget_models import Budget, PullBack, Term
from simulator.rules.limits.groups import limits_of
from simulator.rules.models import Rule
from simulator.rules.qos.of_jobs import qos_of
from simulator.workload.columns import Ints, Jobs

IDLE = 100
"""Periods in which nothing has happened: who waits still will never be paid for."""


class Book(NamedTuple):
    """One budget in mid-run; a row belongs to a holder. Thousandths of unit-seconds."""

    name: str
    budget: Budget
    holders: slice
    """Their groups in the limits."""
    grant: Ints
    """Of a whole period."""
    granted: Ints
    """Released so far in this one, with what was carried over and without what was taken back."""

    def overdraft(self, scale: int) -> int:
        """How much may be spent beyond."""
        return self.budget.overdraft * scale


class Dated(NamedTuple):
    """What of a rule's limits changes with time."""

    books: list[Book]
    reserved: list[Reserved]


class Happening(NamedTuple):
    """What happens to a budget at an instant."""

    time: int
    kind: str
    """renew, release, pull_back, fade or expire."""
    part: int = 0
    pull_backs: tuple[PullBack, ...] = ()


def limits_and_books(
    jobs: Jobs, rule: Rule, units: int, gpus: int, calendar: Calendar, *, outruns: bool
) -> tuple[Limits | None, Dated]:
    """What the kernels count, and what of it changes with time.

    ``units``: of one GPU. ``gpus``: of the machine. ``outruns``: jobs may run for longer than they
    asked for, by this rule or by one before it.
    """
    factors = [*(qos.usage_factor for qos in rule.qos.values()), 1.0]
    factor = np.floor(np.array(factors) * 1000 + 0.5).astype(np.int64)[qos_of(jobs, rule.qos)]
    windows = windows_of(rule, jobs, calendar, gpus * units)
    limits, holders = limits_of(jobs, rule, units, gpus, factor, windows)
    books, scale = [], units * 1000
    names = {"user": jobs.users, "account": jobs.accounts, "class": jobs.classes, "all": ("all",)}
    for name, budget in rule.budgets.items():
        grant = np.array([budget.granted(each, gpus) for each in names[budget.per]], np.int64)
        books.append(Book(name, budget, holders[name], grant * scale, np.zeros(len(grant), int)))
        if limits is not None:
            limits.balances.most[holders[name]] = NOBODY
            limits.balances.refunds[holders[name]] = sum(
                1 << CAUSES.index(cause) for cause in budget.refunded
            )
    if limits is not None and any(budget.overuse for budget in rule.budgets.values()):
        limits = limits._replace(overuse=_overuse(books, limits))
        limits.balances.when_spent[limits.overuse.first < limits.overuse.last] += MORE
    if limits is not None and not all(budget.safe for budget in rule.budgets.values()):
        runs, rate, settled = np.zeros((3, len(limits.jobs)), np.int64)
        for name, budget in rule.budgets.items():
            runs[holders[name]] = not budget.safe
        limits = limits._replace(meters=Meters(runs, rate, settled))
        limits.balances.when_spent[runs == 1] += MORE
    beforehand = [name for name, budget in rule.budgets.items() if budget.safe]
    if rule.applications is not None:
        beforehand.append(APPLICATIONS)
    if limits is not None and outruns and beforehand:
        overtime = _overtime([holders[name] for name in beforehand], len(limits.jobs))
        limits = limits._replace(overtime=overtime)
    reserved = [
        Reserved(name, part_of(each.gpus, gpus) * units, *windows[name], holders[name])
        for name, each in rule.reservations.items()
    ]
    return limits, Dated(books, reserved)


def _overtime(beforehand: Sequence[slice], groups: int) -> Overtime:
    """Of those among so many groups that pay for walltimes beforehand."""
    pays, settled, rate, used, seen = np.zeros((5, groups), np.int64)
    for each in beforehand:
        pays[each] = 1
    return Overtime(pays, settled, rate, used, seen)


def _overuse(books: Sequence[Book], limits: Limits) -> Overuse:
    """What follows for whom from having spent how much."""
    levels: list[list[tuple[int, int, int]]] = [[] for _ in limits.jobs]
    for book in books:
        for holder, grant in enumerate(book.grant):
            levels[book.holders.start + holder] = [
                (ceil(each.used * int(grant)), each.later, each.jobs or UNLIMITED)
                for each in book.budget.overuse
            ]
    last = np.cumsum([len(each) for each in levels])
    rows = np.array([level for each in levels for level in each], np.int64).reshape(-1, 3)
    used, later, most = np.ascontiguousarray(rows.T)
    by = np.zeros(len(limits.group), np.int64)
    return Overuse(np.r_[0, last[:-1]], last, used, later, most, by)


def begins(start: int, period: Term | int, calendar: Calendar) -> Iterator[int]:
    """When periods begin, without end; the first at ``start``."""
    yield start
    if isinstance(period, int):
        time = start
        while True:
            time += period
            yield time
    zone = ZoneInfo(calendar.time_zone)
    day = datetime.fromtimestamp(calendar.epoch + start, zone).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=None
    )
    while True:
        day = next_reset(day, period)
        yield int(day.replace(tzinfo=zone).timestamp()) - calendar.epoch


def _within(budget: Budget, begin: int, end: int) -> Iterator[Happening]:
    """What happens within a period."""
    yield Happening(begin, "renew")
    later = [
        Happening(begin + (end - begin) * part // budget.parts, "release", part)
        for part in range(1, budget.parts)
    ]
    for after in sorted({each.after for each in budget.pull_back}):
        rules = tuple(each for each in budget.pull_back if each.after == after)
        later.append(Happening(begin + after, "pull_back", pull_backs=rules))
    yield from sorted(
        (each for each in later if each.time < end), key=lambda happening: happening.time
    )


def happenings(budget: Budget, calendar: Calendar) -> Iterator[Happening]:
    """What happens to a budget, in the order of time; without end if nothing ends it."""
    last = FAR if budget.end is None else budget.end
    if budget.fade is not None:
        yield Happening(budget.start, "renew")
        ticks = count(budget.start + budget.fade.every, budget.fade.every)
        yield from (Happening(time, "fade") for time in takewhile(lambda t: t < last, ticks))
    elif budget.period is None:
        yield from _within(budget, budget.start, last)
    else:
        for begin, end in pairwise(begins(budget.start, budget.period, calendar)):
            if begin >= last:
                break
            yield from (each for each in _within(budget, begin, end) if each.time < last)
    if budget.end is not None:
        yield Happening(budget.end, "expire")


def _renew(book: Book, balances: Balances, now: int) -> None:
    budget, spent = book.budget, balances.spent[book.holders]
    # What ran before the budget began, behind all others, is not owed.
    left = book.granted - spent if now > budget.start else np.zeros(len(spent), np.int64)
    carried = np.floor(np.maximum(left, 0) * budget.carry_over).astype(np.int64)
    owed = np.floor(np.maximum(-left, 0) * budget.debt).astype(np.int64)
    if budget.debt_at_most is not None:
        owed = np.minimum(owed, np.floor(book.grant * budget.debt_at_most).astype(np.int64))
    book.granted[:] = book.grant // budget.parts + carried - owed
    spent[:] = 0
    balances.since[book.holders] = now


def _release(book: Book, part: int) -> None:
    parts = book.budget.parts
    book.granted[:] += book.grant * (part + 1) // parts - book.grant * part // parts


def _pull_back(book: Book, balances: Balances, rules: Sequence[PullBack]) -> None:
    """Each holder loses what the strictest of those rules takes that concern it."""
    spent = balances.spent[book.holders]
    takes = np.zeros(len(spent))
    for rule in rules:
        takes = np.where(spent < rule.used * book.grant, np.maximum(takes, rule.takes), takes)
    left = np.maximum(book.granted - spent, 0)
    book.granted[:] -= np.floor(left * takes).astype(np.int64)


def _running(state: State) -> Ints:
    """Positions of the running jobs."""
    return state.running.planned_position[: state.counters[BUSY]]


def _not_used_yet(book: Book, state: State, now: int) -> Ints:
    """By holder: what running jobs have been paid for and have still to use."""
    if not book.budget.safe:
        return np.zeros(len(book.grant), np.int64)
    limits, running = state.limits, _running(state)
    balances, groups = limits.balances, limits.group[running]
    mine = (groups >= book.holders.start) & (groups < book.holders.stop)
    job, column = np.nonzero(mine)
    holder, position = groups[job, column], running[job]
    paid = state.progress.start[position] >= balances.since[holder]
    ahead_of_it = np.maximum(walltime_left(state, position, now), 0)
    left = balances.paid[position, column] * ahead_of_it
    ahead = np.zeros(len(book.grant), np.int64)
    np.add.at(ahead, (holder - book.holders.start)[paid], left[paid])
    return ahead


def _fade(book: Book, state: State, now: int) -> None:
    """A tick: what has been used fades, in whole thousandths rounded down."""
    assert book.budget.fade is not None
    spent = state.limits.balances.spent[book.holders]
    ahead = _not_used_yet(book, state, now)
    spent[:] = ahead + np.floor((spent - ahead) * book.budget.fade.left).astype(np.int64)


def _happens(book: Book, balances: Balances, what: Happening, scale: int) -> None:
    """Let it happen to the balances of all holders."""
    balances.moved[:] = 1
    if what.kind == "expire":
        balances.most[book.holders] = NOBODY
        return
    if what.kind == "renew":
        _renew(book, balances, what.time)
    elif what.kind == "release":
        _release(book, what.part)
    else:
        _pull_back(book, balances, what.pull_backs)
    balances.most[book.holders] = book.granted + book.overdraft(scale)


def like(book: Book, others: Sequence[Book]) -> Book | None:
    """The budget of the same name, held by the same, of the rule before."""
    for other in others:
        same = other.budget.per == book.budget.per and len(other.grant) == len(book.grant)
        if same and other.name == book.name:
            return other
    return None


def begin_again(
    book: Book, kept: Book | None, state: State, limits: Limits, calendar: Calendar, scale: int
) -> None:
    """Let a budget of LIMITS begin in mid-run, now: anew, or from what is ``kept`` of one of
    the rule before, which STATE still knows.

    Anew, what the period under way has released so far is there, and nothing has been spent.
    """
    balances, now = limits.balances, int(state.counters[NOW])
    if kept is not None and book.budget.start <= now and _is_open(kept, state):
        _go_on(book, kept, state, limits, now, calendar)
    else:
        for what in _last_period(book, now, calendar):
            _happens(book, balances, what, scale)
        balances.since[book.holders] = now
    if book.budget.start <= now:
        balances.most[book.holders] = book.granted + book.overdraft(scale)
    if book.budget.end is not None and book.budget.end <= now:
        balances.most[book.holders] = NOBODY


def _is_open(book: Book, state: State) -> bool:
    """Whether anybody can pay from it."""
    return bool((state.limits.balances.most[book.holders] != NOBODY).any())


def _last_period(book: Book, now: int, calendar: Calendar) -> list[Happening]:
    """What the period under way has released so far."""
    found: list[Happening] = []
    for what in takewhile(lambda each: each.time <= now, happenings(book.budget, calendar)):
        if what.kind == "renew":
            found = [what]
        elif what.kind == "release":
            found.append(what)
    return found


def _released(book: Book, now: int, calendar: Calendar) -> Ints:
    """By holder: what the period under way has released of its grant so far."""
    there = len(_last_period(book, now, calendar))
    return np.asarray(book.grant * there // book.budget.parts)


def _go_on(
    book: Book, kept: Book, state: State, limits: Limits, now: int, calendar: Calendar
) -> None:
    """Take over what has been granted and spent, and who gets back what.

    Of one without periods the new grant counts at once, in the place of the old one.
    """
    old, balances = state.limits.balances, limits.balances
    settle_meters(state, now, kept.holders.start, kept.holders.stop)
    book.granted[:] = kept.granted
    if book.budget.fade is not None:
        book.granted[:] = book.grant
    elif book.budget.period is None:
        book.granted[:] += _released(book, now, calendar) - _released(kept, now, calendar)
    balances.since[book.holders] = old.since[kept.holders]
    balances.spent[book.holders] = old.spent[kept.holders]
    if not book.budget.safe:
        balances.spent[book.holders] -= _not_used_yet(kept, state, now)
        return
    running = _running(state)
    there, here = (
        (groups[running] >= each.holders.start) & (groups[running] < each.holders.stop)
        for groups, each in ((state.limits.group, kept), (limits.group, book))
    )
    paid = (old.paid[running] * there).sum(axis=1)
    job, column = np.nonzero(here)
    balances.paid[running[job], column] = paid[job]


def budget_process(
    clock: Clock, book: Book, calendar: Calendar, units: int, since: int
) -> Generator[Event, Any, None]:
    """The process of one budget; ``units``: of one GPU. What happens until ``since`` has happened,
    but at the beginning of the run.

    It ends with the budget, or when nothing has happened for so long that nothing will.
    """
    idle, started = 0, -1
    for what in happenings(book.budget, calendar):
        if what.time <= since and since > 0:
            continue
        yield clock.timeout(what.time - int(clock.now))
        now, holders, state = int(clock.now), book.holders, clock.world.state
        settle_meters(state, now, holders.start, holders.stop)
        if what.kind == "fade":
            _fade(book, state, now)
        else:
            _happens(book, state.limits.balances, what, units * 1000)
        groups_changed(state, now, holders.start, holders.stop)
        if what.kind in ("renew", "fade"):
            before, started = started, clock.started()
            fading = what.kind == "fade" and state.limits.balances.spent[holders].any()
            idle = idle + 1 if clock.is_empty() and before == started and not fading else 0
        if idle > IDLE:
            break
    clock.renewals -= 1
