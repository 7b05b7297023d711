"""The future by nodes: rows in the order of time, each with what is free on every node from then.

A row's data lie in a slot that it keeps when rows are put in before it. What is free are sets of
nodes, as bits: for each number of GPUs, those with at least so many. Rows together leave the nodes
that are in all of their sets, 64 of them in one step of the processor.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, SLICED, UNITS, Grid
from simulator.kernels.occupancy import gpu_of


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
