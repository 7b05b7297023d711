"""The plan at the beginning of a pass: who runs, who holds, and the outages that are known."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, SLICED, Grid
from simulator.kernels.holds_nodes import waits
from simulator.kernels.holds_plan import plan_leave
from simulator.kernels.occupancy import gpu_of
from simulator.kernels.plan import row_at, set_free, share
from simulator.kernels.state import BUSY, FAR, HOLDS, NOW, OUTAGES, State
from simulator.kernels.words import has


@kernel
def _close(grid: Grid, first: int, last: int, node: int) -> None:
    """Nothing is free on the node in rows [first, last)."""
    plan = grid.plan
    for row in range(first, last):
        # Below 0, so that a job which asks for no GPU does not fit either.
        set_free(grid, plan.slot[row], node, -1)
        if not grid.totals[PLENTY]:
            plan.tenants[plan.slot[row], node] = -1


@kernel
def _open(grid: Grid, first: int, node: int) -> None:
    """All of the node is free from row ``first`` on."""
    plan, site = grid.plan, grid.site
    for row in range(first, grid.totals[ROWS]):
        slot = plan.slot[row]
        set_free(grid, slot, node, site.gpus[node])
        if not grid.totals[PLENTY]:
            plan.cpus[slot, node], plan.memory[slot, node] = site.cpus[node], site.memory[node]
            plan.tenants[slot, node] = 0


@kernel
def _slices_now(state: State, grid: Grid) -> None:
    """Note in the first slot what running jobs of slices take of each GPU."""
    taken, requests, held = grid.plan.taken, grid.requests, grid.held
    for node in range(taken.shape[1]):
        for gpu in range(taken.shape[2]):
            taken[0, node, gpu] = 0
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if requests.slices[position] > 0 and not requests.exclusive[position]:
            node, mask = held.node[held.first[position]], held.mask[held.first[position]]
            units = requests.slices[position] * grid.site.slice_units[node]
            taken[0, node, gpu_of(mask)] += units


@kernel
def _first_row(state: State, grid: Grid) -> None:
    plan, room = grid.plan, grid.now
    plan.time[0], plan.slot[0] = state.counters[NOW], 0
    for node in range(len(room.free)):
        set_free(grid, 0, node, -1 if grid.closings[node] > 0 else room.free[node])
        if not grid.totals[PLENTY]:
            plan.cpus[0, node], plan.memory[0, node] = room.cpus[node], room.memory[node]
            plan.tenants[0, node] = room.tenants[node]
    if grid.totals[SLICED]:
        _slices_now(state, grid)
    grid.totals[ROWS] = 1


@kernel_apart
def build_plan(state: State, grid: Grid) -> None:
    """Rows for the planned ends of running jobs and the edges of known outages."""
    counters, running, outages = state.counters, state.running, state.outages
    now = counters[NOW]
    _first_row(state, grid)
    for entry in range(counters[BUSY]):
        row = row_at(grid, max(running.planned[entry], now + 1))
        position = running.planned_position[entry]
        if counters[HOLDS] > 0 and waits(state, position):
            plan_leave(state, grid, row, entry)
            continue
        first = grid.held.first[position]
        for held in range(first, first + grid.requests.nodes[position]):
            share(grid, row, position, held, 1)
    back_at = grid.scratch.back_at
    for node in range(len(back_at) if counters[OUTAGES] > 0 else 0):
        if back_at[node] < FAR:
            _open(grid, row_at(grid, max(back_at[node], now + 1)), node)
    for entry in range(counters[OUTAGES]):
        if outages.start[entry] > now:
            first = row_at(grid, outages.start[entry])
            last = grid.totals[ROWS]
            if outages.end[entry] < FAR:
                last = row_at(grid, outages.end[entry])
            for node in range(len(grid.closings)):
                if has(grid.away, entry, node):
                    _close(grid, first, last, node)
