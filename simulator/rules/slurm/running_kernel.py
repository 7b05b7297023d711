"""Jobs begin, end and are stopped; futures in which some are gone."""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.kernels.state import Ints
from simulator.kernels.words import Words, copy, join, zeros_below
from simulator.rules.slurm.state_kernel import CHANGES, CPUS, GPUS, MEMORY, Asks, Live

_ONE = np.int64(1)


@kernel
def hand_over(asks: Asks, job: int, free: Ints, nodes: Words, row: int, sign: int) -> None:
    """Add what a job holds on its nodes to what is free (sign 1), or take it away (−1)."""
    for word in range(nodes.shape[1]):
        left = np.int64(nodes[row, word])
        while left != 0:
            bit = zeros_below(left)
            node = word * 64 + bit
            left &= ~(_ONE << bit)
            free[CPUS, node] += sign * asks.cpus[job]
            free[MEMORY, node] += sign * asks.memory[job]
            free[GPUS, node] += sign * asks.gpus[job]


@kernel
def _ends_first(live: Live, slot: int, other: int) -> bool:
    if live.end[slot] != live.end[other]:
        return live.end[slot] < live.end[other]
    return live.row[slot] < live.row[other]


@kernel_apart
def begin(asks: Asks, live: Live, job: int, start: int, end: int, nodes: Words, row: int) -> None:
    """A job begins on a set of nodes."""
    slot = live.counts[0]
    live.row[slot] = job
    live.begun[slot] = start
    live.end[slot] = end
    copy(live.nodes, slot, nodes, row)
    live.counts[0] = slot + 1
    live.counts[CHANGES] += 1
    place = slot
    while place > 0 and _ends_first(live, slot, live.order[place - 1]):
        live.order[place] = live.order[place - 1]
        place -= 1
    live.order[place] = slot
    hand_over(asks, job, live.free, nodes, row, -1)


@kernel_entry
def begin_entry(
    asks: Asks, live: Live, job: int, start: int, end: int, nodes: Words, row: int
) -> None:
    """``begin``, for Python."""
    begin(asks, live, job, start, end, nodes, row)


@kernel_apart
def stop(asks: Asks, live: Live, slot: int) -> None:
    """A running job is stopped: what it held is free at once, its nodes are completing."""
    hand_over(asks, live.row[slot], live.free, live.nodes, slot, 1)
    join(live.completing, 0, live.nodes, slot)
    last = live.counts[0] - 1
    place = 0
    for index in range(last + 1):
        other = live.order[index]
        if other != slot:
            # The last slot takes the place of the one that is given up.
            live.order[place] = slot if other == last else other
            place += 1
    live.row[slot] = live.row[last]
    live.begun[slot] = live.begun[last]
    live.end[slot] = live.end[last]
    copy(live.nodes, slot, live.nodes, last)
    live.counts[0] = last
    live.counts[CHANGES] += 1


@kernel
def copy_free(live: Live, free: Ints) -> None:
    """A future begins as things are."""
    for kind in range(3):
        for node in range(free.shape[1]):
            free[kind, node] = live.free[kind, node]
