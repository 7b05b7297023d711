"""Places on nodes for the first k jobs that cannot start now: each holds its nodes.

A job's place is the earliest row of the plan from which enough nodes have its share free during its
whole walltime; the placement chooses among them by the least number of GPUs free over that time.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.future import build_plan
from simulator.kernels.grid import CHOSEN_GPU, PLENTY, ROWS, Grid
from simulator.kernels.occupancy import may_fit
from simulator.kernels.plan import give_gpus, row_at, share_rest, take_gpus
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    FIRST_NEW,
    HEAD,
    NOTHING,
    NOW,
    OUTAGES,
    PLACED,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.nodes_kernel import start_on_nodes
from simulator.rules.backfill.window_kernel import find_place, fits_plan
from simulator.rules.limits.held_back_kernel import GOES, STOP, verdict


@kernel
def _change(grid: Grid, position: int, first: int, last: int, sign: int) -> None:
    """Give the job's share of the chosen nodes back to rows [first, last) (1), or take it (−1)."""
    requests, plan = grid.requests, grid.plan
    gpus = 0 if requests.exclusive[position] else requests.gpus[position]
    place = 0
    while place < requests.nodes[position]:
        # Nodes of one word that follow each other go together.
        word, some = grid.scratch.choice[place] >> 6, 0
        while place < requests.nodes[position] and grid.scratch.choice[place] >> 6 == word:
            some |= 1 << (grid.scratch.choice[place] & 63)
            place += 1
        for row in range(first, last if gpus > 0 else first):
            if sign > 0:
                give_gpus(grid, plan.slot[row], word, some, gpus)
            else:
                take_gpus(grid, plan.slot[row], word, some, gpus)
    if grid.totals[PLENTY]:
        return
    for row in range(first, last):
        for place in range(requests.nodes[position]):
            node, gpu = grid.scratch.choice[place], grid.totals[CHOSEN_GPU]
            share_rest(grid, plan.slot[row], node, position, gpu, sign)


@kernel_apart
def reserve(grid: Grid, position: int, start: int, walltime: int) -> None:
    """Take the job's share of the chosen nodes out of the plan."""
    first = row_at(grid, start)
    last = row_at(grid, start + max(walltime, 1))
    _change(grid, position, first, last, -1)


@kernel
def hold_place(grid: Grid, program: Program, position: int, walltime: int) -> None:
    """Take the job's share out of the plan, as early as it fits; it may never."""
    row = find_place(grid, program, position, walltime)
    if row >= 0:
        reserve(grid, position, grid.plan.time[row], walltime)


@kernel_apart
def give_up(grid: Grid, position: int, start: int, walltime: int) -> None:
    """Undo ``reserve``."""
    first = row_at(grid, start)
    last = row_at(grid, start + max(walltime, 1))
    _change(grid, position, first, last, 1)


@kernel
def _fits_now(state: State, grid: Grid, place: int) -> bool:
    position = state.queue.position[place]
    return may_fit(grid, position) and fits_plan(grid, position, state.queue.walltime[place])


@kernel
def _still_holds(state: State, grid: Grid, program: Program) -> bool:
    """Whether the last plan can be gone on with: only arrivals came, behind all places.

    Where somebody started behind places the plan is left without rows.
    """
    counters, rows = state.counters, grid.totals[ROWS]
    return (
        counters[CHANGED] == NOTHING
        and not program.moving
        and counters[FIRST_NEW] >= counters[PLACED]
        and (rows == 1 or (rows > 1 and grid.plan.time[1] > counters[NOW]))
    )


@kernel_apart
def places_pass(state: State, grid: Grid, program: Program, reservations: int) -> None:
    """Go down the queue: start who fits, give a place to the first k who do not.

    As on a pool the walk ends behind the last job that fits now.
    """
    queue, counters = state.queue, state.counters
    now, lowest = counters[NOW], 0
    if _still_holds(state, grid, program):
        grid.plan.time[0] = now
        lowest = counters[FIRST_NEW]
    else:
        build_plan(state, grid)
        counters[PLACED] = 0
    place = kept = counters[HEAD] + counters[PLACED]
    lowest = min(counters[HEAD] + lowest, counters[TAIL])
    placed, last, moved = counters[PLACED], counters[TAIL] - 1, False
    while place < counters[TAIL]:
        bottom = max(place, lowest)
        while last >= bottom and not _fits_now(state, grid, last):
            last -= 1
        if last < bottom:
            break
        position, walltime = queue.position[place], queue.walltime[place]
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says != GOES:
            place += 1
            continue
        if place >= lowest and _fits_now(state, grid, place):
            find_place(grid, program, position, walltime)
            reserve(grid, position, now, walltime)
            start_on_nodes(state, grid, program, position)
            moved |= placed > 0
        else:
            if placed < reservations:
                hold_place(grid, program, position, walltime)
                placed += 1
            keep(state, kept, place)
            kept += 1
        place += 1
    if kept != place:
        close_gap(state, kept, place)
    counters[PLACED] = placed
    if moved:
        # With what started, the nodes of the places before it might be chosen otherwise: plan anew.
        grid.totals[ROWS] = 0


@kernel
def rows_needed(state: State) -> int:
    """More rows than a pass over the present queue can need."""
    counters = state.counters
    waiting = counters[TAIL] - counters[HEAD]
    # A kept place begins and ends, and so may an earlier one in its stead; a grace ends.
    return 5 + counters[BUSY] + 2 * counters[OUTAGES] + 4 * waiting
