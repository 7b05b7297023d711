"""Places on nodes for the first k jobs that cannot start now: each holds its nodes.

A job's place is the earliest row of the plan from which enough nodes have its share free during its
whole walltime; the placement chooses among them by the least number of GPUs free over that time.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import ROWS, Grid
from simulator.kernels.occupancy import may_fit
from simulator.kernels.plan import build_plan, row_at, share, too_little
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    FAR,
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
from simulator.rules.placement.dispatch_kernel import choose_usable


@kernel
def _short_row(grid: Grid, position: int, row: int, end: int) -> int:
    """The first row from ``row`` on, before ``end``, with too few nodes of enough GPUs; or −1."""
    plan, requests = grid.plan, grid.requests
    gpus, wanted = requests.gpus[position], requests.nodes[position]
    while row < grid.totals[ROWS] and plan.time[row] < end:
        if plan.at_least[plan.slot[row], gpus] < wanted:
            return row
        row += 1
    return -1


@kernel_apart
def _usable(grid: Grid, position: int, first: int, end: int, enough: int) -> int:
    """Mark the nodes that have the job's share in all rows from ``first`` on that begin before
    ``end``, with the least number of GPUs free; returns how many, at most ``enough``.

    Node by node, since most that cannot be used say so in their first rows.
    """
    plan, scratch, rows = grid.plan, grid.scratch, grid.totals[ROWS]
    allowed = grid.site.allowed[grid.requests.allowed[position]]
    found = 0
    for node in range(len(allowed)):
        scratch.usable[node] = 0
        if not allowed[node]:
            continue
        row, least = first, FAR
        while row < rows and plan.time[row] < end and not too_little(grid, row, node, position):
            least = min(least, plan.free[plan.slot[row], node])
            row += 1
        if row == rows or plan.time[row] >= end:
            scratch.usable[node], scratch.least[node] = 1, least
            found += 1
            if found == enough:
                break
    return found


@kernel_apart
def find_place(grid: Grid, program: Program, position: int, walltime: int) -> int:
    """The first row of the job's place, its nodes chosen; −1 if it has none."""
    plan, rows, length = grid.plan, grid.totals[ROWS], max(walltime, 1)
    row = 0
    while row < rows:
        end = plan.time[row] + length
        short = _short_row(grid, position, row, end)
        if short >= 0:
            row = short + 1
            continue
        if _usable(grid, position, row, end, FAR) >= grid.requests.nodes[position]:
            choose_usable(grid, program, position)
            return row
        row += 1
    return -1


@kernel
def reserve(grid: Grid, position: int, start: int, walltime: int) -> None:
    """Take the job's share of the chosen nodes out of the plan."""
    end = start + max(walltime, 1)
    first, last = row_at(grid, start), row_at(grid, end)
    for row in range(first, last):
        for place in range(grid.requests.nodes[position]):
            share(grid, row, grid.scratch.choice[place], position, -1)


@kernel
def _fits_now(state: State, grid: Grid, place: int) -> bool:
    position = state.queue.position[place]
    return may_fit(grid, position) and fits_plan(grid, position, state.queue.walltime[place])


@kernel_apart
def fits_plan(grid: Grid, position: int, walltime: int) -> bool:
    """Whether the job fits from the plan's first row on beside all that holds a place."""
    end = grid.plan.time[0] + max(walltime, 1)
    if _short_row(grid, position, 0, end) >= 0:
        return False
    wanted = grid.requests.nodes[position]
    return _usable(grid, position, 0, end, wanted) == wanted


@kernel
def _still_holds(state: State, grid: Grid, program: Program) -> bool:
    """Whether the last plan can be gone on with: only arrivals came, behind all places."""
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
    placed, last = counters[PLACED], counters[TAIL] - 1
    while place < counters[TAIL]:
        bottom = max(place, lowest)
        while last >= bottom and not _fits_now(state, grid, last):
            last -= 1
        if last < bottom:
            break
        position, walltime = queue.position[place], queue.walltime[place]
        if place >= lowest and _fits_now(state, grid, place):
            find_place(grid, program, position, walltime)
            reserve(grid, position, now, walltime)
            start_on_nodes(state, grid, program, position)
        else:
            if placed < reservations:
                row = find_place(grid, program, position, walltime)
                if row >= 0:
                    reserve(grid, position, grid.plan.time[row], walltime)
                placed += 1
            keep(state, kept, place)
            kept += 1
        place += 1
    if kept != place:
        close_gap(state, kept, place)
    counters[PLACED] = placed


@kernel
def rows_needed(state: State) -> int:
    """More rows than a pass over the present queue can need."""
    counters = state.counters
    waiting = counters[TAIL] - counters[HEAD]
    return 4 + counters[BUSY] + 2 * counters[OUTAGES] + 2 * waiting
