"""Places on nodes for the first k jobs that cannot start now: each holds its nodes.

The future is a table of rows (times) by nodes. A job's place is the earliest row from which enough
nodes have its share free during its whole walltime; the placement chooses among them by the least
number of GPUs free over that time.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, Grid
from simulator.kernels.occupancy import may_fit
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


@kernel_apart
def _copy_row(grid: Grid, to: int, origin: int) -> None:
    plan = grid.plan
    for node in range(plan.free.shape[1]):
        plan.free[to, node] = plan.free[origin, node]
    if not grid.totals[PLENTY]:
        for node in range(plan.free.shape[1]):
            plan.cpus[to, node] = plan.cpus[origin, node]
            plan.memory[to, node] = plan.memory[origin, node]
            plan.tenants[to, node] = plan.tenants[origin, node]


@kernel_apart
def _row(grid: Grid, when: int) -> int:
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
        _copy_row(grid, row, row - 1)
    plan.time[low] = when
    _copy_row(grid, low, low - 1)
    grid.totals[ROWS] = rows + 1
    return low


@kernel
def _share(grid: Grid, row: int, node: int, position: int, sign: int) -> None:
    """Give the job's share of a node back to a row (sign 1) or take it (−1)."""
    plan, requests, site = grid.plan, grid.requests, grid.site
    if requests.exclusive[position]:
        free = sign > 0
        plan.free[row, node] = site.gpus[node] if free else 0
        plan.cpus[row, node] = site.cpus[node] if free else 0
        plan.memory[row, node] = site.memory[node] if free else 0
        plan.tenants[row, node] = 0 if free else -1
        return
    plan.free[row, node] += sign * requests.gpus[position]
    if not grid.totals[PLENTY]:
        plan.cpus[row, node] += sign * requests.cpus[position]
        plan.memory[row, node] += sign * requests.memory[position]
        plan.tenants[row, node] += sign


@kernel
def _close(grid: Grid, first: int, last: int, node: int) -> None:
    """Nothing is free on the node in rows [first, last)."""
    plan = grid.plan
    for row in range(first, last):
        # Below 0, so that a job which asks for no GPU does not fit either.
        plan.free[row, node] = -1
        if not grid.totals[PLENTY]:
            plan.tenants[row, node] = -1


@kernel
def _open(grid: Grid, first: int, node: int) -> None:
    """All of the node is free from row ``first`` on."""
    plan, site = grid.plan, grid.site
    for row in range(first, grid.totals[ROWS]):
        plan.free[row, node] = site.gpus[node]
        if not grid.totals[PLENTY]:
            plan.cpus[row, node], plan.memory[row, node] = site.cpus[node], site.memory[node]
            plan.tenants[row, node] = 0


@kernel
def _first_row(state: State, grid: Grid) -> None:
    plan, room = grid.plan, grid.now
    plan.time[0] = state.counters[NOW]
    for node in range(plan.free.shape[1]):
        down = room.tenants[node] < 0 and room.free[node] == 0
        plan.free[0, node] = -1 if down else room.free[node]
        if not grid.totals[PLENTY]:
            plan.cpus[0, node], plan.memory[0, node] = room.cpus[node], room.memory[node]
            plan.tenants[0, node] = room.tenants[node]
    grid.totals[ROWS] = 1


@kernel_apart
def _build(state: State, grid: Grid) -> None:
    """Rows for the planned ends of running jobs and the edges of known outages."""
    counters, running, outages = state.counters, state.running, state.outages
    now = counters[NOW]
    _first_row(state, grid)
    for entry in range(counters[BUSY]):
        position = running.planned_position[entry]
        row = grid.totals[ROWS] - 1
        when = max(running.planned[entry], now + 1)
        if grid.plan.time[row] != when:
            row += 1
            grid.plan.time[row] = when
            _copy_row(grid, row, row - 1)
            grid.totals[ROWS] = row + 1
        first = grid.held.first[position]
        for held in range(first, first + grid.requests.nodes[position]):
            _share(grid, row, grid.held.node[held], position, 1)
    back_at = grid.scratch.back_at
    for node in range(len(back_at) if counters[OUTAGES] > 0 else 0):
        if back_at[node] < FAR:
            _open(grid, _row(grid, max(back_at[node], now + 1)), node)
    for entry in range(counters[OUTAGES]):
        if outages.start[entry] > now:
            first = _row(grid, outages.start[entry])
            last = _row(grid, outages.end[entry]) if outages.end[entry] < FAR else grid.totals[ROWS]
            for node in range(grid.away.shape[1]):
                if grid.away[entry, node]:
                    _close(grid, first, last, node)


@kernel
def _too_little(grid: Grid, row: int, node: int, position: int) -> bool:
    plan, requests = grid.plan, grid.requests
    if plan.free[row, node] < requests.gpus[position]:
        return True
    if grid.totals[PLENTY]:
        return False
    return (
        plan.tenants[row, node] < 0
        or plan.cpus[row, node] < requests.cpus[position]
        or plan.memory[row, node] < requests.memory[position]
        or (requests.exclusive[position] == 1 and plan.tenants[row, node] != 0)
    )


@kernel_apart
def _look_until(grid: Grid, position: int, row: int, end: int) -> int:
    """Note in ``last_bad`` who has too little in the rows from ``row`` that begin before ``end``.

    Returns the first row not looked at.
    """
    plan, last_bad, rows = grid.plan, grid.scratch.last_bad, grid.totals[ROWS]
    while row < rows and plan.time[row] < end:
        for node in range(len(last_bad)):
            if _too_little(grid, row, node, position):
                last_bad[node] = row
        row += 1
    return row


@kernel_apart
def _usable_from(grid: Grid, position: int, row: int) -> int:
    """Mark the allowed nodes that had enough in all rows from ``row``; returns how many."""
    scratch = grid.scratch
    allowed = grid.site.allowed[grid.requests.allowed[position]]
    found = 0
    for node in range(len(allowed)):
        scratch.usable[node] = allowed[node] and scratch.last_bad[node] < row
        found += scratch.usable[node]
    return found


@kernel
def _choose(grid: Grid, program: Program, position: int, first: int, last: int) -> None:
    """Choose among the usable nodes by the fewest GPUs free over rows [first, last)."""
    scratch, free = grid.scratch, grid.plan.free
    for node in range(len(scratch.usable)):
        least = free[first, node]
        for row in range(first + 1, last):
            least = min(least, free[row, node])
        scratch.least[node] = least
    choose_usable(grid, program.placement, position)


@kernel_apart
def _find(grid: Grid, program: Program, position: int, walltime: int, only_now: bool) -> int:
    """The first row of the job's place, its nodes chosen; −1 if it has none (from now)."""
    plan, rows, length = grid.plan, grid.totals[ROWS], max(walltime, 1)
    wanted = grid.requests.nodes[position]
    grid.scratch.last_bad[:] = -1
    looked = 0
    for row in range(1 if only_now else rows):
        looked = _look_until(grid, position, max(looked, row), plan.time[row] + length)
        if _usable_from(grid, position, row) >= wanted:
            _choose(grid, program, position, row, looked)
            return row
    return -1


@kernel
def _reserve(grid: Grid, position: int, start: int, walltime: int) -> None:
    """Take the job's share of the chosen nodes out of the plan."""
    end = start + max(walltime, 1)
    first, last = _row(grid, start), _row(grid, end)
    for row in range(first, last):
        for place in range(grid.requests.nodes[position]):
            _share(grid, row, grid.scratch.choice[place], position, -1)


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


@kernel
def _fits_now(state: State, grid: Grid, program: Program, place: int) -> bool:
    position, walltime = state.queue.position[place], state.queue.walltime[place]
    return may_fit(grid, position) and _find(grid, program, position, walltime, True) == 0


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
        _build(state, grid)
        counters[PLACED] = 0
    place = kept = counters[HEAD] + counters[PLACED]
    lowest = min(counters[HEAD] + lowest, counters[TAIL])
    placed, last = counters[PLACED], counters[TAIL] - 1
    while place < counters[TAIL]:
        bottom = max(place, lowest)
        while last >= bottom and not _fits_now(state, grid, program, last):
            last -= 1
        if last < bottom:
            break
        position, walltime = queue.position[place], queue.walltime[place]
        if place >= lowest and _fits_now(state, grid, program, place):
            _reserve(grid, position, now, walltime)
            start_on_nodes(state, grid, program, position)
        else:
            if placed < reservations:
                row = _find(grid, program, position, walltime, False)
                if row >= 0:
                    _reserve(grid, position, grid.plan.time[row], walltime)
                placed += 1
            keep(state, kept, place)
            kept += 1
        place += 1
    close_gap(state, kept, place)
    counters[PLACED] = placed


@kernel
def rows_needed(state: State) -> int:
    """More rows than a pass over the present queue can need."""
    counters = state.counters
    waiting = counters[TAIL] - counters[HEAD]
    return 4 + counters[BUSY] + 2 * counters[OUTAGES] + 2 * waiting
