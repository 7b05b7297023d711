"""Jobs that their users take back: out of the queue, or in the middle of an attempt."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.holds import end_hold, gone_from_pool
from simulator.kernels.holds_nodes import gone_from_nodes, hold_nodes, lift_hold
from simulator.kernels.kept_places import leave_place
from simulator.kernels.limit_book import take_back_held
from simulator.kernels.occupancy import vacate
from simulator.kernels.queue import take_out
from simulator.kernels.running import interrupt
from simulator.kernels.standing_still import go_on
from simulator.kernels.state import (
    CANCELLED,
    CHANGED,
    ENDS,
    FAR,
    HEAD,
    HOLDING,
    NEXT_PLACE,
    NOW,
    RUNNING,
    SUSPENDED,
    TAIL,
    TAKEN_BACK,
    TOLD,
    USER,
    WITHDRAWN,
    Program,
    State,
)


@kernel
def next_withdrawal(state: State) -> int:
    """When the next job is taken back that has not gone before; FAR if none is."""
    withdrawals, counters = state.withdrawals, state.counters
    while counters[TAKEN_BACK] < len(withdrawals.time):
        entry = counters[TAKEN_BACK]
        phase = state.progress.phase[withdrawals.position[entry]]
        if phase <= RUNNING or phase >= TOLD:
            return withdrawals.time[entry]
        counters[TAKEN_BACK] = entry + 1
    return FAR


@kernel
def _leave_queue(state: State, position: int) -> None:
    """Let a waiting job go, and its place with it where a plan keeps one for it."""
    counters, progress = state.counters, state.progress
    if len(state.limits.group) > 0 and take_back_held(state, position):
        progress.phase[position] = WITHDRAWN
        return
    if progress.place[position] < FAR:
        leave_place(state, position)
    take_out(state, position)
    state.rights.waiting[state.rights.rank[position] + 1] -= 1
    if counters[HEAD] == counters[TAIL]:
        # No pass is made for an empty queue, and none is due at a place that nobody has.
        counters[NEXT_PLACE] = FAR
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    progress.phase[position] = WITHDRAWN


@kernel
def _take_back(state: State, program: Program, now: int) -> int:
    """Take the next job back that is due; returns its position if it was running, else −1."""
    counters = state.counters
    position = state.withdrawals.position[counters[TAKEN_BACK]]
    counters[NOW] = now
    if state.progress.phase[position] == SUSPENDED:
        go_on(state, position)
    phase = state.progress.phase[position]
    if phase in (RUNNING, TOLD):
        interrupt(state, program, position, CANCELLED, USER, 0)
        return position
    if phase == HOLDING:
        end_hold(state, position)
        state.progress.phase[position] = WITHDRAWN
    else:
        _leave_queue(state, position)
    return -1


@kernel_apart
def take_back(state: State, program: Program, now: int) -> int:
    """Phase 1, behind the ends: take back every job whose time has come; returns how many."""
    taken = 0
    while next_withdrawal(state) <= now:
        position = _take_back(state, program, now)
        if program.told and position >= 0:
            gone_from_pool(state, program, position)
        taken += 1
    return taken


@kernel
def _lift(state: State, grid: Grid) -> None:
    """The next job is taken back: let it, or who waits for it, hold no nodes meanwhile."""
    position = state.withdrawals.position[state.counters[TAKEN_BACK]]
    if state.progress.phase[position] == HOLDING:
        hold_nodes(state, grid, position, 1)
    else:
        lift_hold(state, grid, position)


@kernel_apart
def take_back_on_nodes(state: State, grid: Grid, program: Program, now: int) -> int:
    """The same on nodes."""
    taken = 0
    while next_withdrawal(state) <= now:
        if program.told:
            _lift(state, grid)
        position = _take_back(state, program, now)
        if position >= 0:
            vacate(state, grid, position)
            if program.told:
                gone_from_nodes(state, grid, program, position)
        taken += 1
    return taken
