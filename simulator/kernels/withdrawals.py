"""Jobs that their users take back: out of the queue, or in the middle of an attempt."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.limit_book import forget
from simulator.kernels.occupancy import vacate
from simulator.kernels.queue import take_out
from simulator.kernels.running import interrupt
from simulator.kernels.state import (
    CANCELLED,
    CHANGED,
    ENDS,
    FAR,
    HEAD,
    NEXT_PLACE,
    NOW,
    PLACE,
    POINTS,
    RUNNING,
    TAIL,
    TAKEN_BACK,
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
        if state.progress.phase[withdrawals.position[entry]] <= RUNNING:
            return withdrawals.time[entry]
        counters[TAKEN_BACK] = entry + 1
    return FAR


@kernel
def _leave_queue(state: State, position: int) -> None:
    """Let a waiting job go, and its place with it where a plan keeps one for it.

    On nodes, and on a pool that has changed, there is no profile that holds the place.
    """
    counters, progress, columns = state.counters, state.progress, state.columns
    if len(state.limits.group) > 0 and forget(state, position):
        progress.phase[position] = WITHDRAWN
        return
    what, when = ENDS, progress.place[position]
    if when < FAR:
        if counters[POINTS] > 0:
            length = max(columns.walltime[position], 1)
            profile.forget_past(state.profile, counters)
            profile.change(state.profile, counters, when, when + length, columns.gpus[position])
        progress.place[position] = FAR
        what = PLACE
    take_out(state, position)
    state.rights.waiting[state.rights.rank[position] + 1] -= 1
    if counters[HEAD] == counters[TAIL]:
        # No pass is made for an empty queue, and none is due at a place that nobody has.
        counters[NEXT_PLACE] = FAR
    counters[CHANGED] = max(counters[CHANGED], what)
    progress.phase[position] = WITHDRAWN


@kernel
def _take_back(state: State, program: Program, now: int) -> int:
    """Take the next job back that is due; returns its position if it was running, else −1."""
    counters = state.counters
    position = state.withdrawals.position[counters[TAKEN_BACK]]
    counters[NOW] = now
    if state.progress.phase[position] == RUNNING:
        interrupt(state, program, position, CANCELLED, USER, 0)
        return position
    _leave_queue(state, position)
    return -1


@kernel_apart
def take_back(state: State, program: Program, now: int) -> int:
    """Phase 1, behind the ends: take back every job whose time has come; returns how many."""
    taken = 0
    while next_withdrawal(state) <= now:
        _take_back(state, program, now)
        taken += 1
    return taken


@kernel_apart
def take_back_on_nodes(state: State, grid: Grid, program: Program, now: int) -> int:
    """The same on nodes."""
    taken = 0
    while next_withdrawal(state) <= now:
        position = _take_back(state, program, now)
        if position >= 0:
            vacate(state, grid, position)
        taken += 1
    return taken
