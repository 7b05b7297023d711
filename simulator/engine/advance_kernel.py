"""The passing of time: every instant before SimPy's next event."""

from __future__ import annotations

from simulator.kernels.attained import next_crossing, sink_all
from simulator.kernels.compiling import kernel, kernel_entry
from simulator.kernels.overtime import look_at_overtime, pays_overtime
from simulator.kernels.running import complete
from simulator.kernels.spenders import stop_spenders
from simulator.kernels.state import (
    ARRIVED,
    AT_HORIZON,
    BEFORE,
    BUSY,
    DUE,
    FAR,
    HEAD,
    HOLDS,
    INSTANTS,
    LOG_FULL,
    LOGGED,
    NEXT_PLACE,
    NOW,
    OVERDUE,
    PENDING,
    RELIEF,
    SLICE_USED,
    SPENT,
    STARTED,
    TAIL,
    WAKE,
    Program,
    State,
)
from simulator.kernels.withdrawals import next_withdrawal, take_back
from simulator.rules.limits.held_back_kernel import judge, settle, submit
from simulator.rules.ordering.reorder_kernel import catch_up, next_tick, tick
from simulator.rules.preemption.dispatch_kernel import pass_on_pool
from simulator.rules.preemption.grace_kernel import complete_in_grace, start_holders
from simulator.rules.preemption.idle_kernel import next_reaped, reap


@kernel
def next_instant(state: State, program: Program) -> int:
    """When something happens next that the kernels handle; FAR if nothing will."""
    counters = state.counters
    when = min(counters[NEXT_PLACE], counters[WAKE], counters[RELIEF])
    when = min(when, counters[SPENT], counters[OVERDUE])
    if counters[ARRIVED] < len(state.columns.submit):
        when = min(when, state.columns.submit[counters[ARRIVED]])
    if counters[BUSY] > 0:
        when = min(when, state.running.end[0])
    if len(state.withdrawals.time) > 0:
        when = min(when, next_withdrawal(state))
    if counters[DUE]:
        when = min(when, counters[NOW])
    if program.period:
        when = min(when, next_tick(state, program))
    if program.reaped_after:
        when = min(when, next_reaped(state, program))
    if program.levels and program.preemption and counters[HEAD] < counters[TAIL]:
        when = min(when, next_crossing(state, program))
    return when


@kernel
def leave(state: State, program: Program, now: int) -> int:
    """Phase 1: jobs end, and jobs are taken back; returns how many."""
    if pays_overtime(state):
        look_at_overtime(state, now)
    gone = complete_in_grace(state, program, now) if program.told else complete(state, program, now)
    if min(state.counters[SPENT], state.counters[OVERDUE]) <= now:
        gone += stop_spenders(state, program, now)
    if program.reaped_after:
        gone += reap(state, program, now)
    if len(state.withdrawals.time) > 0:
        gone += take_back(state, program, now)
    return gone


@kernel
def arrive(state: State, program: Program) -> None:
    """Phase 2: queue all that have been submitted by NOW."""
    if program.period:
        catch_up(state, program)
    counters, columns = state.counters, state.columns
    while (
        counters[ARRIVED] < len(columns.submit)
        and columns.submit[counters[ARRIVED]] <= counters[NOW]
    ):
        position = counters[ARRIVED]
        if state.progress.phase[position] == PENDING:
            submit(state, program, position)
        counters[ARRIVED] = position + 1


@kernel
def make_ready(state: State, program: Program) -> None:
    """Phase 3: who is owed what, who stops whom, and whom limits let start, as of NOW."""
    if program.period:
        tick(state, program)
    if program.levels:
        sink_all(state, program)
    if program.limited:
        judge(state, program)


@kernel
def round_of(state: State, program: Program, when: int) -> None:
    """One round of an instant: phases 1 to 4. What ends at once ends in the next round."""
    counters = state.counters
    counters[NOW] = when
    leave(state, program, when)
    arrive(state, program)
    make_ready(state, program)
    counters[DUE], counters[WAKE], counters[BEFORE] = 0, FAR, counters[STARTED]
    if counters[HOLDS] > 0:
        start_holders(state, program)
    if counters[HEAD] < counters[TAIL]:
        pass_on_pool(state, program)
    settle(state, program)


@kernel_entry
def advance(state: State, program: Program, horizon: int, rounds: int) -> int:
    """Handle every instant before ``horizon``, and of ``horizon`` phase 1 alone.

    Returns why it came back: AT_HORIZON; SLICE_USED after so many rounds, so that the caller can
    show progress or be interrupted; LOG_FULL when the log of attempts needs room first.
    """
    counters = state.counters
    before = counters[NOW] - 1
    while True:
        if counters[LOGGED] + counters[BUSY] > len(state.log.position):
            return LOG_FULL
        when = next_instant(state, program)
        if when > horizon or when == FAR:
            return AT_HORIZON
        if when == horizon:
            if leave(state, program, when) > 0:
                counters[DUE] = 1
            return AT_HORIZON
        if rounds == 0:
            return SLICE_USED
        rounds -= 1
        if when > before:
            counters[INSTANTS] += 1
            before = when
        round_of(state, program, when)
