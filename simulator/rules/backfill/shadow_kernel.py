"""The head's shadow time on nodes: when enough of them are free, and what is free on each then."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import HEAD_NODES, PLENTY, SOUGHT, Grid
from simulator.kernels.holds_nodes import then_leave, waits
from simulator.kernels.notices import NOBODY
from simulator.kernels.occupancy import enough, fill, foresee, give_share, mask_for, take_share
from simulator.kernels.state import (
    BUSY,
    FAR,
    HEAD,
    HOLDS,
    NOW,
    OUTAGES,
    SHADOW,
    State,
)
from simulator.kernels.words import has, ones, zeros_below


@kernel
def clear_of_outages(state: State, grid: Grid, node: int, start: int, end: int) -> bool:
    """Whether no outage that plans know of takes the node within [start, end)."""
    outages = state.outages
    for entry in range(state.counters[OUTAGES]):
        if (
            outages.start[entry] < end
            and outages.end[entry] > start
            and has(grid.away, entry, node)
        ):
            return False
    return True


@kernel
def head_can_use(state: State, grid: Grid, head: int, node: int) -> bool:
    """Whether the head finds its share of this node at its shadow time, for its walltime."""
    foresee(grid, node)
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
def _ready_now(grid: Grid, head: int) -> int:
    """Set ``Scratch.ready`` to the nodes that suit the head now; returns how many."""
    requests, ready, found = grid.requests, grid.scratch.ready, 0
    allowed = requests.allowed[head]
    for word in range(len(ready)):
        some = 0
        for free in range(requests.gpus[head], grid.by_free.shape[1]):
            some |= grid.by_free[allowed, free, word]
        ready[word] = some
        while some != 0:
            node = (word << 6) + zeros_below(some)
            some &= some - 1
            if enough(grid, grid.now, head, node):
                found += 1
            else:
                ready[word] ^= 1 << (node & 63)
    return found


@kernel
def _becomes_ready(grid: Grid, head: int, node: int) -> bool:
    """Whether the node, of which more is free in ``Grid.then`` now, suits the head at last."""
    word, bit = node >> 6, 1 << (node & 63)
    if (
        grid.scratch.ready[word] & bit
        or not grid.site.allowed[grid.requests.allowed[head], node]
        or not enough(grid, grid.then, head, node)
    ):
        return False
    grid.scratch.ready[word] |= bit
    return True


@kernel_apart
def _returned(state: State, grid: Grid, head: int, when: int) -> int:
    """Open, in the head's future, the nodes that plans expect back at ``when``; returns how many of
    them suit the head."""
    outages, back_at, found = state.outages, grid.scratch.back_at, 0
    now = state.counters[NOW]
    for entry in range(state.counters[OUTAGES]):
        if outages.start[entry] > now or max(outages.end[entry], now + 1) != when:
            continue
        for node in range(len(back_at)):
            if has(grid.away, entry, node) and max(back_at[node], now + 1) == when:
                foresee(grid, node)
                fill(grid, grid.then, node)
                found += _becomes_ready(grid, head, node)
    return found


@kernel_apart
def _kept_away(state: State, grid: Grid, start: int, end: int) -> int:
    """How many nodes that suit the head known outages take within [start, end)."""
    outages, away, found = state.outages, grid.away, 0
    for word in range(len(grid.scratch.ready)):
        taken = 0
        for entry in range(state.counters[OUTAGES]):
            if outages.start[entry] < end and outages.end[entry] > start:
                taken |= away[entry, word]
        found += ones(taken & grid.scratch.ready[word])
    return found


@kernel_apart
def _waited_for(state: State, grid: Grid, head: int, position: int) -> int:
    """Of the nodes that a job has left which held, or that another waits for, how many more suit
    the head."""
    found, holder = 0, state.notices.holder[position]
    if holder != NOBODY:
        first = grid.held.first[position]
        for held in range(first, first + grid.requests.nodes[position]):
            found += _becomes_ready(grid, head, grid.held.node[held])
    else:
        holder = position
    first = grid.kept.first[holder]
    for place in range(first, first + grid.requests.nodes[holder]):
        found += _becomes_ready(grid, head, grid.kept.node[place])
    return found


@kernel
def _release(state: State, grid: Grid, head: int, entry: int) -> int:
    """Let a running job have ended in the head's future; returns how many more nodes suit it."""
    position, found = state.running.planned_position[entry], 0
    if state.counters[HOLDS] > 0 and waits(state, position):
        then_leave(state, grid, entry)
        return _waited_for(state, grid, head, position)
    first = grid.held.first[position]
    for held in range(first, first + grid.requests.nodes[position]):
        node = grid.held.node[held]
        foresee(grid, node)
        give_share(grid, grid.then, position, node, grid.held.mask[held])
        found += _becomes_ready(grid, head, node)
    return found


@kernel
def _are_enough(state: State, grid: Grid, head: int, found: int, when: int) -> bool:
    """Whether so many nodes that suit the head from ``when`` on, less those that known outages take
    during its walltime, are enough; if so they are noted."""
    wanted, kept_away = grid.requests.nodes[head], 0
    if found < wanted:
        return False
    if state.counters[OUTAGES] > 0:
        end = when + max(state.columns.walltime[head], 1)
        kept_away = _kept_away(state, grid, when, end)
    grid.totals[HEAD_NODES] = found - kept_away
    return found - kept_away >= wanted


@kernel_apart
def find_shadow(state: State, grid: Grid) -> None:
    """Set SHADOW and HEAD_NODES of the head; SHADOW is FAR if it never fits.

    Instants that count are now (it may fit since somebody behind it stopped others), planned ends
    and the edges of known outages. ``Grid.then`` is left as the nodes will be at that time.
    """
    counters, running = state.counters, state.running
    head = state.queue.position[counters[HEAD]]
    soonest, entry, busy = counters[NOW] + 1, 0, counters[BUSY]
    outages, edge, when = counters[OUTAGES] > 0, FAR, counters[NOW]
    if outages:
        edge = _next_outage_edge(state, when)
    grid.totals[SOUGHT] += 1
    found = _ready_now(grid, head)
    while not _are_enough(state, grid, head, found, when):
        when = edge
        if entry < busy:
            when = min(when, max(running.planned[entry], soonest))
        if when == FAR:
            break
        while entry < busy and max(running.planned[entry], soonest) == when:
            found += _release(state, grid, head, entry)
            entry += 1
        if outages and when in (edge, soonest):
            found += _returned(state, grid, head, when)
            edge = _next_outage_edge(state, when)
    counters[SHADOW] = when


@kernel
def _spoils(state: State, grid: Grid, head: int, position: int, node: int) -> bool:
    """Whether the head can use the node at its shadow time, but not beside this job."""
    if not head_can_use(state, grid, head, node):
        return False
    requests, then = grid.requests, grid.then
    if grid.totals[PLENTY]:
        return then.free[node] - requests.gpus[position] < requests.gpus[head]
    mask = mask_for(grid, position, node)
    take_share(grid, then, position, node, mask)
    spoilt = not enough(grid, then, head, node)
    give_share(grid, then, position, node, mask)
    return spoilt


@kernel
def leaves_the_head_enough(state: State, grid: Grid, position: int) -> bool:
    """Whether the head keeps its nodes at its shadow time beside this job on its chosen nodes.

    If so the job's share is taken out of ``Grid.then``.
    """
    head = state.queue.position[state.counters[HEAD]]
    requests = grid.requests
    allowed = grid.site.allowed[requests.allowed[head]]
    lost = 0
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        if allowed[node] and _spoils(state, grid, head, position, node):
            lost += 1
    if grid.totals[HEAD_NODES] - lost < requests.nodes[head]:
        return False
    grid.totals[HEAD_NODES] -= lost
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        foresee(grid, node)
        take_share(grid, grid.then, position, node, mask_for(grid, position, node))
    return True
