"""The passing of time on nodes; in everything but the nodes as on a pool."""

from __future__ import annotations

from simulator.engine.advance_kernel import arrive, make_ready, next_instant
from simulator.kernels.checkpoints import needed
from simulator.kernels.compiling import kernel, kernel_entry
from simulator.kernels.going_on import let_go_on
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.occupancy import vacate
from simulator.kernels.overtime import look_at_overtime, pays_overtime
from simulator.kernels.running import end, next_to_end
from simulator.kernels.spenders import stop_spenders_on_nodes
from simulator.kernels.state import (
    AT_HORIZON,
    BEFORE,
    BUSY,
    CHANGED,
    DUE,
    ENDS,
    FAR,
    HEAD,
    HELD_FULL,
    HOLDS,
    INSTANTS,
    LOG_FULL,
    LOGGED,
    NOW,
    OVERDUE,
    PLAN_FULL,
    SLICE_USED,
    SPENT,
    STARTED,
    TAIL,
    WAKE,
    Program,
    State,
)
from simulator.kernels.suspensions import ASIDE, ENDED
from simulator.kernels.withdrawals import take_back_on_nodes
from simulator.rules.backfill.dispatch_kernel import CONSERVATIVE, HELD, RESERVATIONS
from simulator.rules.backfill.places_kernel import rows_needed
from simulator.rules.limits.held_back_kernel import settle
from simulator.rules.preemption.dispatch_nodes_kernel import pass_on_nodes
from simulator.rules.preemption.grace_nodes_kernel import (
    leave_in_grace,
    start_holders_on_nodes,
)
from simulator.rules.preemption.idle_kernel import reap_on_nodes


@kernel
def _leave(state: State, grid: Grid, program: Program, now: int) -> int:
    """Phase 1."""
    if pays_overtime(state):
        look_at_overtime(state, now)
    ended = 0
    while state.counters[BUSY] > 0 and state.running.end[0] <= now:
        position = next_to_end(state, now)
        if program.told:
            leave_in_grace(state, grid, program, position)
        else:
            end(state, program, position, needed(state, grid, position))
            vacate(state, grid, position)
        ended += 1
    if min(state.counters[SPENT], state.counters[OVERDUE]) <= now:
        ended += stop_spenders_on_nodes(state, grid, program, now)
    if program.reaped_after:
        ended += reap_on_nodes(state, grid, program, now)
    if len(state.withdrawals.time) > 0:
        ended += take_back_on_nodes(state, grid, program, now)
    return ended


@kernel
def _short_of_rows(state: State, grid: Grid, program: Program) -> bool:
    plans = program.backfill in (RESERVATIONS, CONSERVATIVE, HELD)
    return plans and rows_needed(state) > len(grid.plan.time)


@kernel
def _short_of_log(state: State) -> bool:
    """Whether this round could end more attempts or suspensions than there is room for."""
    counters, suspensions = state.counters, state.suspensions
    stretches = suspensions.counts[ENDED] + suspensions.counts[ASIDE]
    attempts = counters[LOGGED] + counters[BUSY]
    return attempts > len(state.log.position) or stretches > len(suspensions.end)


@kernel
def _decide(state: State, grid: Grid, program: Program) -> None:
    """Phase 4."""
    counters = state.counters
    if counters[WAKE] <= counters[NOW]:
        # Somebody may stop others from now on, or be stopped.
        counters[CHANGED] = max(counters[CHANGED], ENDS)
    counters[DUE], counters[WAKE], counters[BEFORE] = 0, FAR, counters[STARTED]
    if state.suspensions.counts[ASIDE] > 0:
        let_go_on(state, grid)
    if counters[HOLDS] > 0:
        start_holders_on_nodes(state, grid, program)
    if counters[HEAD] < counters[TAIL]:
        pass_on_nodes(state, grid, program)
    settle(state, program)


@kernel_entry
def advance_nodes(state: State, grid: Grid, program: Program, horizon: int, rounds: int) -> int:
    """As ``advance``, but there is more to run out of room.

    Also returns HELD_FULL when more attempts are to come than ``Held`` has room for, and PLAN_FULL
    when the plan needs more rows first, both in mid-round too.
    """
    counters = state.counters
    before = counters[NOW] - 1
    while True:
        if _short_of_log(state):
            return LOG_FULL
        if grid.totals[BOOKED] > len(grid.held.node):
            return HELD_FULL
        when = next_instant(state, program)
        if when > horizon or when == FAR:
            return AT_HORIZON
        if when == horizon:
            if _leave(state, grid, program, when) > 0:
                counters[DUE] = 1
            return AT_HORIZON
        if rounds == 0:
            return SLICE_USED
        rounds -= 1
        if when > before:
            counters[INSTANTS] += 1
            before = when
        counters[NOW] = when
        _leave(state, grid, program, when)
        arrive(state, program)
        make_ready(state, program)
        if _short_of_rows(state, grid, program):
            counters[DUE] = 1
            return PLAN_FULL
        if grid.totals[BOOKED] > len(grid.held.node):
            # Who was stopped for idleness in this round may start again in it.
            counters[DUE] = 1
            return HELD_FULL
        _decide(state, grid, program)
