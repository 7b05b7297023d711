"""The future by nodes: rows in the order of time, each with what is free on every node from then.

A row's data lie in a slot that it keeps when rows are put in before it. Beside them stands, for
each number of GPUs, how many nodes have so many free: a search looks at nodes only where enough do.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, Grid
from simulator.kernels.state import BUSY, FAR, NOW, OUTAGES, State


@kernel
def _copy(grid: Grid, to: int, origin: int) -> None:
    """Copy one slot to another."""
    plan = grid.plan
    for node in range(plan.free.shape[1]):
        plan.free[to, node] = plan.free[origin, node]
    for gpus in range(plan.at_least.shape[1]):
        plan.at_least[to, gpus] = plan.at_least[origin, gpus]
    if not grid.totals[PLENTY]:
        for node in range(plan.free.shape[1]):
            plan.cpus[to, node] = plan.cpus[origin, node]
            plan.memory[to, node] = plan.memory[origin, node]
            plan.tenants[to, node] = plan.tenants[origin, node]


@kernel
def _set_free(grid: Grid, slot: int, node: int, free: int) -> None:
    """Set the GPUs free on a node in one slot; −1 where it is away."""
    plan = grid.plan
    before = plan.free[slot, node]
    for gpus in range(before + 1, free + 1):
        plan.at_least[slot, gpus] += 1
    for gpus in range(free + 1, before + 1):
        plan.at_least[slot, gpus] -= 1
    plan.free[slot, node] = free


@kernel_apart
def row_at(grid: Grid, when: int) -> int:
    """The row of ``when``, made if it is not there; ``when`` is not before the first."""
    plan, rows = grid.plan, grid.totals[ROWS]
    low, high = 0, rows
    while low < high:
        middle = (low + high) >> 1
        if plan.time[middle] < when:
            low = middle + 1
        else:
            high = middle
    if low < rows and plan.time[low] == when:
        return low
    for row in range(rows, low, -1):
        plan.time[row] = plan.time[row - 1]
        plan.slot[row] = plan.slot[row - 1]
    plan.time[low], plan.slot[low] = when, rows
    _copy(grid, rows, plan.slot[low - 1])
    grid.totals[ROWS] = rows + 1
    return low


@kernel
def share(grid: Grid, row: int, node: int, position: int, sign: int) -> None:
    """Give the job's share of a node back to a row (sign 1) or take it (−1)."""
    plan, requests, site = grid.plan, grid.requests, grid.site
    slot = plan.slot[row]
    if requests.exclusive[position]:
        free = sign > 0
        _set_free(grid, slot, node, site.gpus[node] if free else 0)
        plan.cpus[slot, node] = site.cpus[node] if free else 0
        plan.memory[slot, node] = site.memory[node] if free else 0
        plan.tenants[slot, node] = 0 if free else -1
        return
    _set_free(grid, slot, node, plan.free[slot, node] + sign * requests.gpus[position])
    if not grid.totals[PLENTY]:
        plan.cpus[slot, node] += sign * requests.cpus[position]
        plan.memory[slot, node] += sign * requests.memory[position]
        plan.tenants[slot, node] -= sign


@kernel
def _close(grid: Grid, first: int, last: int, node: int) -> None:
    """Nothing is free on the node in rows [first, last)."""
    plan = grid.plan
    for row in range(first, last):
        # Below 0, so that a job which asks for no GPU does not fit either.
        _set_free(grid, plan.slot[row], node, -1)
        if not grid.totals[PLENTY]:
            plan.tenants[plan.slot[row], node] = -1


@kernel
def _open(grid: Grid, first: int, node: int) -> None:
    """All of the node is free from row ``first`` on."""
    plan, site = grid.plan, grid.site
    for row in range(first, grid.totals[ROWS]):
        slot = plan.slot[row]
        _set_free(grid, slot, node, site.gpus[node])
        if not grid.totals[PLENTY]:
            plan.cpus[slot, node], plan.memory[slot, node] = site.cpus[node], site.memory[node]
            plan.tenants[slot, node] = 0


@kernel
def _first_row(state: State, grid: Grid) -> None:
    plan, room = grid.plan, grid.now
    plan.time[0], plan.slot[0] = state.counters[NOW], 0
    for gpus in range(plan.at_least.shape[1]):
        plan.at_least[0, gpus] = 0
    for node in range(plan.free.shape[1]):
        plan.free[0, node] = -1
        _set_free(grid, 0, node, -1 if grid.closings[node] > 0 else room.free[node])
        if not grid.totals[PLENTY]:
            plan.cpus[0, node], plan.memory[0, node] = room.cpus[node], room.memory[node]
            plan.tenants[0, node] = room.tenants[node]
    grid.totals[ROWS] = 1


@kernel_apart
def build_plan(state: State, grid: Grid) -> None:
    """Rows for the planned ends of running jobs and the edges of known outages."""
    counters, running, outages = state.counters, state.running, state.outages
    now = counters[NOW]
    _first_row(state, grid)
    for entry in range(counters[BUSY]):
        position = running.planned_position[entry]
        row = row_at(grid, max(running.planned[entry], now + 1))
        first = grid.held.first[position]
        for held in range(first, first + grid.requests.nodes[position]):
            share(grid, row, grid.held.node[held], position, 1)
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
            for node in range(grid.away.shape[1]):
                if grid.away[entry, node]:
                    _close(grid, first, last, node)


@kernel
def too_little(grid: Grid, row: int, node: int, position: int) -> bool:
    """Whether the node lacks the job's share in this row."""
    plan, requests = grid.plan, grid.requests
    slot = plan.slot[row]
    if plan.free[slot, node] < requests.gpus[position]:
        return True
    if grid.totals[PLENTY]:
        return False
    return (
        plan.tenants[slot, node] < 0
        or plan.cpus[slot, node] < requests.cpus[position]
        or plan.memory[slot, node] < requests.memory[position]
        or (requests.exclusive[position] == 1 and plan.tenants[slot, node] != 0)
    )
