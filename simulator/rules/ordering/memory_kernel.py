"""Orders that remember: at each pass they take note of what has happened since the last one.

In this order: starts of the last pass, ends since then, jobs that their users have taken out of the
queue, jobs that go back to it, arrivals.
At a pass all of it is told by the logs of the run, so starts and ends themselves cost nothing
more.
"""

from __future__ import annotations

from simulator.kernels.accounts import MET_ARRIVALS, MET_ENDS, MET_STARTS, MET_WITHDRAWALS
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import (
    ARRIVED,
    LOGGED,
    NOW,
    PREEMPTED,
    REFUSED,
    REQUEUED,
    STARTED,
    TAKEN_BACK,
    WITHDRAWN,
    Ints,
    Program,
    State,
)
from simulator.rules.ordering.dispatch_kernel import FIRST_TURNS
from simulator.rules.ordering.htcondor_kernel import htcondor_changed
from simulator.rules.ordering.lottery_kernel import lottery_came, lottery_started
from simulator.rules.ordering.standing_kernel import HTCONDOR, LOTTERY, STRIDE
from simulator.rules.ordering.stride_kernel import stride_came, stride_ended, stride_started


@kernel
def _count_active(state: State) -> None:
    """Add up what those who wait are entitled to."""
    tree, had = state.accounts.tree, state.accounts.had
    total = 0.0
    for entity in range(len(had.waiting)):
        if had.waiting[entity] > 0:
            total += tree.entitled[entity]
    had.active[0] = total


@kernel
def _has_left(state: State, order: int, position: int, in_turn: bool) -> None:
    """A job has started."""
    accounts = state.accounts
    entity = accounts.of_job[position]
    if order == STRIDE:
        stride_started(state, entity, position)
    elif order == LOTTERY:
        lottery_started(state, entity, position, in_turn)
    accounts.had.waiting[entity] -= 1
    if accounts.had.waiting[entity] == 0:
        _count_active(state)


@kernel
def _is_withdrawn(state: State, order: int, position: int) -> None:
    """A waiting job has been taken back."""
    accounts = state.accounts
    entity = accounts.of_job[position]
    if order == LOTTERY:
        lottery_started(state, entity, position, False)
    accounts.had.waiting[entity] -= 1
    if accounts.had.waiting[entity] == 0:
        _count_active(state)


@kernel
def _has_come(state: State, order: int, position: int) -> None:
    """A job has been submitted, or goes back to the queue."""
    accounts = state.accounts
    entity = accounts.of_job[position]
    accounts.had.waiting[entity] += 1
    if accounts.had.waiting[entity] == 1:
        if order == STRIDE:
            stride_came(state, entity)
        elif order == LOTTERY:
            lottery_came(state, entity)
        _count_active(state)


@kernel_apart
def remember(state: State, program: Program) -> None:
    """Take note of what has happened since the last pass."""
    counters, clock, log = state.counters, state.accounts.clock, state.log
    order, line = program.ordering - FIRST_TURNS, state.accounts.room.line
    turn, in_turn = 0, True
    while clock[MET_STARTS] < counters[STARTED]:
        position = log.began[clock[MET_STARTS]]
        in_turn = in_turn and line[turn] == position
        if order == HTCONDOR:
            htcondor_changed(state, position, log.began_at[clock[MET_STARTS]], 1)
        _has_left(state, order, position, in_turn)
        turn += 1
        clock[MET_STARTS] += 1
    for entry in range(clock[MET_ENDS], counters[LOGGED]):
        position = log.position[entry]
        if order == STRIDE:
            seconds = log.end[entry] - log.start[entry]
            stride_ended(state, state.accounts.of_job[position], position, seconds)
        elif order == HTCONDOR:
            htcondor_changed(state, position, log.end[entry], -1)
    while clock[MET_WITHDRAWALS] < counters[TAKEN_BACK]:
        position = state.withdrawals.position[clock[MET_WITHDRAWALS]]
        if state.progress.phase[position] == WITHDRAWN:
            _is_withdrawn(state, order, position)
        clock[MET_WITHDRAWALS] += 1
    for entry in range(clock[MET_ENDS], counters[LOGGED]):
        if log.reason[entry] in (REQUEUED, PREEMPTED):
            _has_come(state, order, log.position[entry])
    clock[MET_ENDS] = counters[LOGGED]
    while clock[MET_ARRIVALS] < counters[ARRIVED]:
        if state.progress.phase[clock[MET_ARRIVALS]] not in (REFUSED, WITHDRAWN):
            _has_come(state, order, clock[MET_ARRIVALS])
        clock[MET_ARRIVALS] += 1


@kernel
def _has_met_all(state: State) -> None:
    counters, clock = state.counters, state.accounts.clock
    clock[MET_STARTS], clock[MET_ENDS] = counters[STARTED], counters[LOGGED]
    clock[MET_ARRIVALS], clock[MET_WITHDRAWALS] = counters[ARRIVED], counters[TAKEN_BACK]


@kernel_apart
def begin_to_remember(state: State, program: Program, waiting: Ints, running: Ints) -> None:
    """An order comes in mid-run: as if all came at NOW, and then those who run started, each with
    what is left of its walltime."""
    columns, accounts, now = state.columns, state.accounts, state.counters[NOW]
    order = program.ordering - FIRST_TURNS
    for position in waiting:
        _has_come(state, order, position)
    for position in running:
        _has_come(state, order, position)
    for position in running:
        _has_left(state, order, position, False)
        if order == STRIDE:
            ran = now - state.progress.start[position]
            left = columns.walltime[position] - ran
            stride_ended(state, accounts.of_job[position], position, left)
        elif order == HTCONDOR:
            htcondor_changed(state, position, now, 1)
    _has_met_all(state)


@kernel_apart
def remember_refused(state: State, program: Program, refused: Ints) -> None:
    """Another rule, with the same order, has refused these of those who waited.

    All that happened before it is noted already.
    """
    for position in refused:
        _is_withdrawn(state, program.ordering - FIRST_TURNS, position)
    _has_met_all(state)
