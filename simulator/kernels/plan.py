"""The future by nodes: rows in the order of time, each with what is free on every node from then.

A row's data lie in a slot that it keeps when rows are put in before it. What is free are sets of
nodes, as bits: for each number of GPUs, those with at least so many. Rows together leave the nodes
that are in all of their sets, 64 of them in one step of the processor.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, SLICED, UNITS, Grid
from simulator.kernels.occupancy import gpu_of
from simulator.kernels.state import BUSY, FAR, NOW, OUTAGES, State
from simulator.kernels.words import has


@kernel_apart
def _copy(grid: Grid, to: int, origin: int) -> None:
    """Copy one slot to another."""
    plan = grid.plan
    for gpus in range(plan.at_least.shape[1]):
        for word in range(plan.at_least.shape[2]):
            plan.at_least[to, gpus, word] = plan.at_least[origin, gpus, word]
    if grid.totals[PLENTY]:
        return
    for node in range(plan.cpus.shape[1]):
        plan.cpus[to, node] = plan.cpus[origin, node]
        plan.memory[to, node] = plan.memory[origin, node]
        plan.tenants[to, node] = plan.tenants[origin, node]
    if grid.totals[SLICED]:
        for node in range(plan.taken.shape[1]):
            for gpu in range(plan.taken.shape[2]):
                plan.taken[to, node, gpu] = plan.taken[origin, node, gpu]


@kernel
def set_free(grid: Grid, slot: int, node: int, free: int) -> None:
    """Set the GPUs free on a node in one slot; −1 where it is away."""
    levels, word, bit = grid.plan.at_least, node >> 6, 1 << (node & 63)
    for gpus in range(levels.shape[1]):
        if gpus <= free:
            levels[slot, gpus, word] |= bit
        else:
            levels[slot, gpus, word] &= ~bit


@kernel
def take_gpus(grid: Grid, slot: int, word: int, some: int, gpus: int) -> None:
    """Take so many GPUs of each of some nodes of a word, which have them."""
    levels = grid.plan.at_least
    most = levels.shape[1] - 1
    for level in range(1, most + 1):
        left = levels[slot, level + gpus, word] if level + gpus <= most else 0
        levels[slot, level, word] = (levels[slot, level, word] & ~some) | (left & some)


@kernel
def give_gpus(grid: Grid, slot: int, word: int, some: int, gpus: int) -> None:
    """Give so many GPUs back to each of some nodes of a word."""
    levels = grid.plan.at_least
    for level in range(levels.shape[1] - 1, 0, -1):
        had = levels[slot, max(level - gpus, 0), word]
        levels[slot, level, word] = (levels[slot, level, word] & ~some) | (had & some)


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


@kernel_apart
def _share_slices(grid: Grid, slot: int, node: int, position: int, gpu: int, sign: int) -> None:
    """Give a job's slices of a GPU back (1), or take them (−1); it is free while none is taken."""
    taken, word, bit = grid.plan.taken, node >> 6, 1 << (node & 63)
    if taken[slot, node, gpu] == 0:
        take_gpus(grid, slot, word, bit, 1)
    taken[slot, node, gpu] -= sign * grid.requests.slices[position] * grid.site.slice_units[node]
    if taken[slot, node, gpu] == 0:
        give_gpus(grid, slot, word, bit, 1)


@kernel_apart
def share_rest(grid: Grid, slot: int, node: int, position: int, gpu: int, sign: int) -> None:
    """Give a job's share of a node back to a slot (1), or take it (−1), but for whole GPUs."""
    plan, requests, site = grid.plan, grid.requests, grid.site
    if requests.exclusive[position]:
        free = sign > 0
        set_free(grid, slot, node, site.gpus[node] if free else 0)
        plan.cpus[slot, node] = site.cpus[node] if free else 0
        plan.memory[slot, node] = site.memory[node] if free else 0
        plan.tenants[slot, node] = 0 if free else -1
        return
    plan.cpus[slot, node] += sign * requests.cpus[position]
    plan.memory[slot, node] += sign * requests.memory[position]
    plan.tenants[slot, node] -= sign
    if requests.slices[position] > 0:
        _share_slices(grid, slot, node, position, gpu, sign)


@kernel
def share(grid: Grid, row: int, position: int, entry: int, sign: int) -> None:
    """Give a running job's share of one node, an entry of ``Held``, back to a row (1), or take it
    again (−1)."""
    slot, node, requests = grid.plan.slot[row], grid.held.node[entry], grid.requests
    gpus = 0 if requests.exclusive[position] else requests.gpus[position]
    if sign > 0:
        give_gpus(grid, slot, node >> 6, 1 << (node & 63), gpus)
    else:
        take_gpus(grid, slot, node >> 6, 1 << (node & 63), gpus)
    if not grid.totals[PLENTY]:
        share_rest(grid, slot, node, position, gpu_of(grid.held.mask[entry]), sign)


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


@kernel
def too_little(grid: Grid, row: int, node: int, position: int) -> bool:
    """Whether the node lacks the job's share in this row, GPUs and slices of them left aside."""
    plan, requests, slot = grid.plan, grid.requests, grid.plan.slot[row]
    return (
        plan.tenants[slot, node] < 0
        or plan.cpus[slot, node] < requests.cpus[position]
        or plan.memory[slot, node] < requests.memory[position]
        or (requests.exclusive[position] == 1 and plan.tenants[slot, node] != 0)
    )


@kernel
def most_taken(grid: Grid, first: int, end: int, node: int, gpu: int, position: int) -> int:
    """The most units that slices take of a GPU in the rows from ``first`` on that begin before
    ``end``; −1 where the job's slices do not fit there all the time.

    A GPU that gives no slices in a row is one of those that are free then, if any is.
    """
    plan, word, bit, most = grid.plan, node >> 6, 1 << (node & 63), 0
    room = grid.totals[UNITS] - grid.requests.slices[position] * grid.site.slice_units[node]
    row = first
    while row < grid.totals[ROWS] and plan.time[row] < end:
        slot = plan.slot[row]
        taken = plan.taken[slot, node, gpu]
        if taken > room:
            return -1
        if taken == 0:
            # Of the present it is known which GPUs these are.
            free = plan.at_least[slot, 1, word] & bit
            if free == 0 or (row == 0 and not grid.gpu_mask[node] >> gpu & 1):
                return -1
        most = max(most, taken)
        row += 1
    return most
