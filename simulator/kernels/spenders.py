"""Jobs that are killed when they have used up a budget that is charged while they run."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.limits import NONE
from simulator.kernels.meters import find_spent, next_spender
from simulator.kernels.occupancy import vacate
from simulator.kernels.overtime import find_overdue
from simulator.kernels.running import interrupt
from simulator.kernels.standing_still import go_on
from simulator.kernels.state import (
    BUDGET,
    BUSY,
    JUDGED,
    KILLED,
    NOW,
    SUSPENDED,
    Program,
    State,
)


@kernel_apart
def _kill_next(state: State, program: Program, now: int) -> int:
    """Returns its position, or NONE."""
    state.counters[NOW] = now
    position = next_spender(state)
    if position != NONE:
        if state.progress.phase[position] == SUSPENDED:
            go_on(state, position)
        interrupt(state, program, position, KILLED, BUDGET, 0)
        # Whoever waits for the same budget leaves the queue before the order is made.
        state.counters[JUDGED] = -1
    return position


@kernel
def _look_ahead(state: State) -> None:
    find_spent(state)
    if len(state.limits.overtime.pays) > 0:
        find_overdue(state)


@kernel_apart
def stop_spenders(state: State, program: Program, now: int) -> int:
    """Phase 1, behind the ends: kill all whose budget is used up, by position; returns how many."""
    killed = 0
    # Each that runs is killed once at most: else a fault would never come to light.
    for _ in range(state.counters[BUSY]):
        if _kill_next(state, program, now) == NONE:
            break
        killed += 1
    _look_ahead(state)
    return killed


@kernel_apart
def stop_spenders_on_nodes(state: State, grid: Grid, program: Program, now: int) -> int:
    """The same on nodes."""
    killed = 0
    for _ in range(state.counters[BUSY]):
        position = _kill_next(state, program, now)
        if position == NONE:
            break
        vacate(state, grid, position)
        killed += 1
    _look_ahead(state)
    return killed
