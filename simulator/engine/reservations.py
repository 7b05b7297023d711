"""When units are kept free for some, and what becomes of it as time goes, as a SimPy process."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

import numpy as np
from simpy.events import Event

from simulator.engine.charges import Calendar, calendar_end
from simulator.engine.clock import Clock
from simulator.engine.outages import Entry
from simulator.engine.verbs_kernel import groups_changed
from simulator.errors import InputError
from simulator.kernels.state import CAPACITY
from simulator.rules.limits.reservation_models import Reservation
from simulator.rules.models import Rule
from simulator.workload.calendar import QUARTER, WEEK, hours_and_weekdays
from simulator.workload.columns import Ints, Jobs

IDLE = 100
"""Occurrences in which nothing has happened: who waits still will never start."""


class Reserved(NamedTuple):
    """One reservation in mid-run."""

    name: str
    units: int
    """That it keeps free."""
    begin: Ints
    """(occurrences,) ascending, s."""
    end: Ints
    groups: slice
    """Its groups in the limits."""


def occurrences(reservation: Reservation, calendar: Calendar, until: int) -> tuple[Ints, Ints]:
    """When it begins and ends, each time, of all that begin before ``until``."""
    last = until if reservation.end is None else min(until, reservation.end)
    if reservation.hours is not None:
        return _of_hours(reservation, calendar, last)
    if reservation.every is None:
        begin = np.array([reservation.start], np.int64)
    else:
        begin = np.arange(reservation.start, last, reservation.every, dtype=np.int64)
    return begin, begin + (reservation.duration or 0)


def _of_hours(reservation: Reservation, calendar: Calendar, last: int) -> tuple[Ints, Ints]:
    hours = reservation.hours
    assert hours is not None
    # Hours of the local clock begin at whole quarters of an hour of any zone. Those of one week
    # more tell when the last one ends.
    first = reservation.start + -(calendar.epoch + reservation.start) % QUARTER
    edges = np.r_[reservation.start, np.arange(first, last + 2 * WEEK, QUARTER, dtype=np.int64)]
    edges = edges[np.r_[True, np.diff(edges) > 0]]
    clock, weekdays = hours_and_weekdays(edges, *calendar)
    held = np.array([[hours.holds(day, hour) for hour in range(24)] for day in range(7)])
    change = np.diff(np.r_[False, held[weekdays, clock]].astype(np.int8))
    begin, end = edges[change == 1], edges[change == -1]
    begins = begin < last
    return begin[begins], end[: len(begin)][begins[: len(end)]]


def windows_of(
    rule: Rule, jobs: Jobs, calendar: Calendar, machine: int
) -> dict[str, tuple[Ints, Ints]]:
    """When each reservation of a rule begins and ends, on a machine of so many units.

    They are laid down until far behind the end of a run that gets on.
    Raises InputError for two that overlap: each is kept free of all others' jobs.
    """
    until = calendar_end(jobs, machine)
    windows = {name: occurrences(each, calendar, until) for name, each in rule.reservations.items()}
    _refuse_overlaps(windows)
    return windows


def _refuse_overlaps(reserved: Mapping[str, tuple[Ints, Ints]]) -> None:
    """Raise InputError for two reservations that fall together: what would be left for whom?"""
    names = [name for name, (begin, _) in reserved.items() for _ in begin]
    if not names:
        return
    begin = np.concatenate([each[0] for each in reserved.values()])
    end = np.concatenate([each[1] for each in reserved.values()])
    order = np.argsort(begin, kind="stable")
    clash = np.flatnonzero(begin[order][1:] < end[order][:-1])
    if len(clash):
        one, other = order[clash[0]], order[clash[0] + 1]
        raise InputError(
            f"reservations.{names[other]} begins at {begin[other]} s, and "
            f"reservations.{names[one]} lasts until {end[one]} s: who would have what?",
            right="let one end before the other begins, or make them one",
        )


def reservation_process(
    clock: Clock, reserved: Reserved, entries: list[Entry]
) -> Generator[Event, Any, None]:
    """The process of one reservation: whom it holds back is looked at again when it ends.

    What has ended by now is left out.

    It ends with the last occurrence, or when nothing has happened for so long that nothing will.
    """
    idle, started = 0, -1
    gone = int(np.searchsorted(reserved.end, int(clock.now), side="right"))
    each = zip(reserved.begin[gone:].tolist(), reserved.end[gone:].tolist(), strict=True)
    for begin, end in each:
        if begin > clock.now:
            yield clock.timeout(begin - int(clock.now))
        _note(clock, reserved, entries, "reserved", f"for {reserved.name} until {end} s")
        _change(clock, reserved)
        yield clock.timeout(end - int(clock.now))
        bookings = clock.world.state.limits.bookings
        bookings.first[reserved.groups] += 1
        _note(clock, reserved, entries, "reservation_end", f"for {reserved.name}")
        _change(clock, reserved)
        before, started = started, clock.started()
        idle = idle + 1 if clock.is_empty() and before == started else 0
        if idle > IDLE:
            break
    clock.renewals -= 1


def _change(clock: Clock, reserved: Reserved) -> None:
    groups = reserved.groups
    groups_changed(clock.world.state, int(clock.now), groups.start, groups.stop)


def _note(clock: Clock, reserved: Reserved, entries: list[Entry], kind: str, detail: str) -> None:
    capacity = int(clock.world.state.counters[CAPACITY])
    entries.append(Entry(int(clock.now), kind, reserved.units, capacity, detail, None))
