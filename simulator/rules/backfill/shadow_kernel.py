"""The head's shadow time on nodes: when enough of them are free, and what is free on each then."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import HEAD_NODES, Grid
from simulator.kernels.occupancy import enough, fill, give_share, mask_for, take_share
from simulator.kernels.state import (
    BUSY,
    FAR,
    HEAD,
    NOW,
    OUTAGES,
    SHADOW,
    State,
)


@kernel
def clear_of_outages(state: State, grid: Grid, node: int, start: int, end: int) -> bool:
    """Whether no outage that plans know of takes the node within [start, end)."""
    outages = state.outages
    for entry in range(state.counters[OUTAGES]):
        if grid.away[entry, node] and outages.start[entry] < end and outages.end[entry] > start:
            return False
    return True


@kernel
def head_can_use(state: State, grid: Grid, head: int, node: int) -> bool:
    """Whether the head finds its share of this node at its shadow time, for its walltime."""
    if not enough(grid, grid.then, head, node):
        return False
    start = state.counters[SHADOW]
    end = start + max(state.columns.walltime[head], 1)
    return state.counters[OUTAGES] == 0 or clear_of_outages(state, grid, node, start, end)


@kernel
def count_head_nodes(state: State, grid: Grid, head: int) -> int:
    """How many nodes the head finds its share on at its shadow time."""
    allowed = grid.site.allowed[grid.requests.allowed[head]]
    found = 0
    for node in range(len(allowed)):
        if allowed[node] and head_can_use(state, grid, head, node):
            found += 1
    return found


@kernel
def _next_outage_edge(state: State, after: int) -> int:
    """The first start or end of a known outage behind ``after``; FAR if there is none."""
    outages, edge = state.outages, FAR
    for entry in range(state.counters[OUTAGES]):
        for when in (outages.start[entry], outages.end[entry]):
            if after < when < edge:
                edge = when
    return edge


@kernel
def _return_nodes(state: State, grid: Grid, when: int) -> None:
    """Open, in the head's future, the nodes that are expected back at ``when``."""
    soonest, back_at = state.counters[NOW] + 1, grid.scratch.back_at
    for node in range(len(back_at)):
        if max(back_at[node], soonest) == when:
            fill(grid, grid.then, node)


@kernel_apart
def find_shadow(state: State, grid: Grid) -> None:
    """Set SHADOW and HEAD_NODES of the head, which does not fit now; FAR if it never does.

    Instants that count are planned ends and the edges of known outages. ``Grid.then`` is left as
    the nodes will be at that time.
    """
    counters, running = state.counters, state.running
    head = state.queue.position[counters[HEAD]]
    now_room, then = grid.now, grid.then
    for node in range(len(now_room.free)):
        then.free[node], then.cpus[node] = now_room.free[node], now_room.cpus[node]
        then.memory[node], then.tenants[node] = now_room.memory[node], now_room.tenants[node]
    for node in range(len(then.units)):
        for gpu in range(then.units.shape[1]):
            then.units[node, gpu] = now_room.units[node, gpu]
        then.sliced[node] = now_room.sliced[node]
    wanted = grid.requests.nodes[head]
    allowed = grid.site.allowed[grid.requests.allowed[head]]
    soonest, entry, busy = counters[NOW] + 1, 0, counters[BUSY]
    outages = counters[OUTAGES] > 0
    counters[SHADOW] = counters[NOW]
    found = count_head_nodes(state, grid, head)
    while True:
        when = max(running.planned[entry], soonest) if entry < busy else FAR
        if outages:
            when = min(when, _next_outage_edge(state, counters[SHADOW]))
        counters[SHADOW] = when
        if when == FAR:
            break
        while entry < busy and max(running.planned[entry], soonest) == when:
            position = running.planned_position[entry]
            entry += 1
            first = grid.held.first[position]
            for held in range(first, first + grid.requests.nodes[position]):
                node = grid.held.node[held]
                before = allowed[node] and enough(grid, then, head, node)
                give_share(grid, then, position, node, grid.held.mask[held])
                if not before and allowed[node] and enough(grid, then, head, node):
                    found += 1
        if outages:
            _return_nodes(state, grid, when)
            found = count_head_nodes(state, grid, head)
        if found >= wanted:
            break
    grid.totals[HEAD_NODES] = found


@kernel
def leaves_the_head_enough(state: State, grid: Grid, position: int) -> bool:
    """Whether the head keeps its nodes at its shadow time beside this job on its chosen nodes.

    If so the job's share is taken out of ``Grid.then``.
    """
    head = state.queue.position[state.counters[HEAD]]
    requests, then = grid.requests, grid.then
    allowed = grid.site.allowed[requests.allowed[head]]
    lost = 0
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        before = allowed[node] and head_can_use(state, grid, head, node)
        take_share(grid, then, position, node, mask_for(grid, position, node))
        if before and not head_can_use(state, grid, head, node):
            lost += 1
    if grid.totals[HEAD_NODES] - lost >= requests.nodes[head]:
        grid.totals[HEAD_NODES] -= lost
        return True
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        give_share(grid, then, position, node, mask_for(grid, position, node))
    return False
