"""Nodes taken and left by jobs."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import ENTRIES, PLENTY, Grid, Requests, Room
from simulator.kernels.state import CAPACITY, FREE, State


@kernel
def enough(grid: Grid, room: Room, position: int, node: int) -> bool:
    """Whether the job's share of one node is free there in ``room``."""
    requests = grid.requests
    if room.free[node] < requests.gpus[position]:
        return False
    if grid.totals[PLENTY]:
        return room.tenants[node] >= 0
    return (
        room.tenants[node] >= 0
        and room.cpus[node] >= requests.cpus[position]
        and room.memory[node] >= requests.memory[position]
        and (requests.exclusive[position] == 0 or room.tenants[node] == 0)
    )


@kernel
def may_fit(grid: Grid, position: int) -> bool:
    """Whether enough allowed nodes have the GPUs free now: a cheap look before a careful one."""
    requests = grid.requests
    counts = grid.counts[requests.allowed[position]]
    wanted, found = requests.nodes[position], 0
    for free in range(len(counts) - 1, requests.gpus[position] - 1, -1):
        found += counts[free]
        if found >= wanted:
            return True
    return False


@kernel
def _count(grid: Grid, node: int, change: int) -> None:
    """Enter the node in the counts, or take it out, by its free GPUs."""
    free = grid.now.free[node]
    for allowed in range(len(grid.counts)):
        if grid.site.allowed[allowed, node]:
            grid.counts[allowed, free] += change


@kernel
def take_share(room: Room, requests: Requests, position: int, node: int) -> None:
    """Let the job have its share of the node in ``room``."""
    if requests.exclusive[position]:
        room.free[node] = room.cpus[node] = room.memory[node] = 0
        room.tenants[node] = -1
        return
    room.free[node] -= requests.gpus[position]
    room.cpus[node] -= requests.cpus[position]
    room.memory[node] -= requests.memory[position]
    room.tenants[node] += 1


@kernel
def give_share(grid: Grid, room: Room, position: int, node: int) -> None:
    """Take the job's share of the node back in ``room``."""
    requests, site = grid.requests, grid.site
    if requests.exclusive[position]:
        room.free[node] = site.gpus[node]
        room.cpus[node], room.memory[node] = site.cpus[node], site.memory[node]
        room.tenants[node] = 0
        return
    room.free[node] += requests.gpus[position]
    room.cpus[node] += requests.cpus[position]
    room.memory[node] += requests.memory[position]
    room.tenants[node] -= 1


@kernel
def _lowest(mask: int, count: int) -> int:
    """The ``count`` lowest set bits of ``mask``."""
    taken = 0
    for _ in range(count):
        bit = mask & -mask
        taken |= bit
        mask ^= bit
    return taken


@kernel
def occupy(state: State, grid: Grid, position: int) -> None:
    """Give the job the nodes in ``Scratch.choice``, on each the GPUs of the lowest numbers."""
    requests, held, totals = grid.requests, grid.held, grid.totals
    held.first[position] = totals[ENTRIES]
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        gpus = requests.gpus[position]
        if requests.exclusive[position]:
            state.counters[FREE] -= grid.now.free[node] - gpus
            gpus = grid.now.free[node]
        mask = _lowest(grid.gpu_mask[node], gpus)
        _count(grid, node, -1)
        take_share(grid.now, requests, position, node)
        _count(grid, node, 1)
        grid.gpu_mask[node] ^= mask
        held.node[totals[ENTRIES]] = node
        held.mask[totals[ENTRIES]] = mask
        totals[ENTRIES] += 1


@kernel
def vacate(state: State, grid: Grid, position: int) -> None:
    """Take back the nodes of a job that has ended."""
    requests, held = grid.requests, grid.held
    for entry in range(held.first[position], held.first[position] + requests.nodes[position]):
        node = held.node[entry]
        _count(grid, node, -1)
        give_share(grid, grid.now, position, node)
        _count(grid, node, 1)
        grid.gpu_mask[node] |= held.mask[entry]
        if requests.exclusive[position]:
            state.counters[FREE] += grid.site.gpus[node] - requests.gpus[position]


@kernel_apart
def close_node(state: State, grid: Grid, node: int) -> None:
    """Take an empty node away; one that is away already is away once more."""
    grid.closings[node] += 1
    if grid.closings[node] > 1:
        return
    room = grid.now
    _count(grid, node, -1)
    state.counters[FREE] -= room.free[node]
    state.counters[CAPACITY] -= grid.site.gpus[node]
    room.free[node] = room.cpus[node] = room.memory[node] = 0
    room.tenants[node] = -1
    grid.gpu_mask[node] = 0
    _count(grid, node, 1)


@kernel_apart
def open_node(state: State, grid: Grid, node: int) -> None:
    """End one of a node's outages; with the last it is back, empty."""
    grid.closings[node] -= 1
    if grid.closings[node] > 0:
        return
    _count(grid, node, -1)
    fill(grid, grid.now, node)
    grid.gpu_mask[node] = (1 << grid.site.gpus[node]) - 1
    _count(grid, node, 1)
    state.counters[FREE] += grid.site.gpus[node]
    state.counters[CAPACITY] += grid.site.gpus[node]


@kernel
def fill(grid: Grid, room: Room, node: int) -> None:
    """Let the whole node be free in ``room``."""
    site = grid.site
    room.free[node], room.cpus[node] = site.gpus[node], site.cpus[node]
    room.memory[node], room.tenants[node] = site.memory[node], 0
