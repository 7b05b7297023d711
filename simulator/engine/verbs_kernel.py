"""What happenings may do to the machine: tell of an absence of units, take them, give them back."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_entry
from simulator.kernels.holds import count_off
from simulator.kernels.limit_book import note_fallen
from simulator.kernels.meters import find_spent, settle_meter
from simulator.kernels.overtime import pays_overtime, settle_overtime
from simulator.kernels.queue import insert
from simulator.kernels.running import enqueue, interrupt, latest_started
from simulator.kernels.state import (
    CAPACITY,
    CHANGED,
    DUE,
    ENDS,
    FAILED,
    FREE,
    HOLDS,
    JUDGED,
    MACHINE,
    NOW,
    OUTAGES,
    REQUEUED,
    Floats,
    Program,
    State,
)
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.preemption.grace_kernel import give_up_holds, reconsider_holds


@kernel
def mark(state: State, now: int) -> None:
    """The pass is phase 4, never inside a verb: mark it as due."""
    counters = state.counters
    counters[NOW] = now
    counters[DUE] = 1
    counters[CHANGED] = MACHINE
    if pays_overtime(state):
        settle_overtime(state, now)


@kernel_entry
def announce(state: State, now: int, owner: int, start: int, end: int, units: int) -> None:
    """Let plans know that so many units will be away from ``start`` until ``end``."""
    outages, counters = state.outages, state.counters
    entry = counters[OUTAGES]
    outages.start[entry] = start
    outages.end[entry] = end
    outages.units[entry] = units
    outages.owner[entry] = owner
    counters[OUTAGES] = entry + 1
    mark(state, now)


@kernel_entry
def reconsider(state: State, program: Program, start: int) -> None:
    """Let jobs that hold units give them up if they would run into an outage from ``start`` on."""
    reconsider_holds(state, program, start)


@kernel_entry
def set_targets(state: State, now: int, targets: Floats) -> None:
    """Set how many units each entity should hold, for the orders that serve by that."""
    counters = state.counters
    counters[NOW] = now
    counters[DUE] = 1
    # Another order is as if somebody had left: the whole queue must be looked at.
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    for entity in range(len(targets)):
        state.accounts.had.value[entity] = targets[entity]


@kernel_entry
def settle_meters(state: State, now: int, first: int, last: int) -> None:
    """Charge the groups from ``first`` up to ``last`` for what their running jobs have used, and
    all groups for what jobs have run beyond walltimes that were paid for."""
    state.counters[NOW] = now
    if len(state.limits.meters.runs) > 0:
        for group in range(first, last):
            settle_meter(state, group)
    if pays_overtime(state):
        settle_overtime(state, now)


@kernel_entry
def groups_changed(state: State, now: int, first: int, last: int) -> None:
    """Limits of the groups from ``first`` up to ``last`` are others now: judge everybody anew."""
    counters = state.counters
    counters[NOW] = now
    counters[DUE] = 1
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    counters[JUDGED] = -1
    for group in range(first, last):
        note_fallen(state, group)
    if len(state.limits.meters.runs) > 0:
        find_spent(state)
    if pays_overtime(state):
        settle_overtime(state, now)


@kernel_entry
def withdraw(state: State, now: int, owner: int) -> None:
    """Let plans forget what this owner announced, if it did."""
    outages, counters = state.outages, state.counters
    kept = 0
    for entry in range(counters[OUTAGES]):
        if outages.owner[entry] != owner:
            outages.start[kept] = outages.start[entry]
            outages.end[kept] = outages.end[entry]
            outages.units[kept] = outages.units[entry]
            outages.owner[kept] = outages.owner[entry]
            kept += 1
    counters[OUTAGES] = kept
    mark(state, now)


@kernel_entry
def take(state: State, program: Program, now: int, units: int, requeue: bool, cause: int) -> int:
    """Take up to so many units away and return how many went.

    If too few are free nobody holds any for the end of a grace. While too few are the job that
    started last is killed, the higher position on a tie; it goes back to the queue with its submit
    and position, or is lost.
    """
    mark(state, now)
    counters = state.counters
    units = min(units, counters[CAPACITY])
    if counters[FREE] < units and counters[HOLDS] > 0:
        give_up_holds(state, program)
    while counters[FREE] < units:
        position = latest_started(state)
        interrupt(state, program, position, REQUEUED if requeue else FAILED, cause, 0)
        if program.told:
            count_off(state, position)
        if requeue:
            enqueue(state, position)
            insert(state, position, priority(state, program, position))
    counters[FREE] -= units
    counters[CAPACITY] -= units
    counters[CHANGED] = MACHINE
    return units


@kernel_entry
def give_back(state: State, now: int, units: int) -> None:
    """Bring so many units back."""
    mark(state, now)
    state.counters[FREE] += units
    state.counters[CAPACITY] += units
