"""Whether it is worth trying victims on nodes: a cheap look that never says no where they would do.

What GPUs there are is looked at alone, with all victims gone. Trying one victim after the other
costs far more, and is most often in vain.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import SOUGHT, Grid
from simulator.kernels.state import FAR, HEAD, NOW, SHADOW, Ints, Program, State
from simulator.kernels.suspensions import ASIDE
from simulator.rules.preemption.victims_kernel import stay_of


@kernel
def _leaves_on_nodes(grid: Grid, gain: Ints, position: int) -> None:
    """Count the GPUs that a victim has on each node, at least."""
    requests, first = grid.requests, grid.held.first[position]
    for entry in range(first, first + requests.nodes[position]):
        node = grid.held.node[entry]
        gpus = requests.gpus[position] + (1 if requests.slices[position] > 0 else 0)
        gain[node] += grid.site.gpus[node] if requests.exclusive[position] else gpus


@kernel_apart
def count_gain(state: State, grid: Grid, candidates: int) -> None:
    """Count the GPUs that possible victims have on each node."""
    gain = grid.scratch.gain
    for node in range(len(gain)):
        gain[node] = 0
    for entry in range(candidates):
        _leaves_on_nodes(grid, gain, state.rights.victims[entry])


@kernel_apart
def count_later(state: State, grid: Grid, candidates: int) -> None:
    """And those that they would have at the head's time."""
    counters, victims, later = state.counters, state.rights.victims, grid.scratch.later
    for node in range(len(later)):
        later[node] = 0
    for entry in range(candidates):
        other = victims[entry]
        if max(state.progress.planned[other], counters[NOW] + 1) > counters[SHADOW]:
            _leaves_on_nodes(grid, later, other)


@kernel
def _head_might_keep(state: State, grid: Grid, position: int) -> bool:
    """Whether the head might keep its time beside the job with all victims gone: too hopeful.

    The job is on nodes that the head could not use anyway, or can use beside it, as far as there
    are such; on each other it takes one from the head.
    """
    requests, head = grid.requests, state.queue.position[state.counters[HEAD]]
    usable, harmless = 0, 0
    for node in range(len(grid.scratch.later)):
        known = grid.scratch.seen[node] == grid.totals[SOUGHT]
        free = grid.then.free[node] if known else grid.now.free[node]
        free += grid.scratch.later[node]
        needed = requests.gpus[head]
        of_head = grid.site.allowed[requests.allowed[head], node] and free >= needed
        usable += of_head
        room = grid.now.free[node] + grid.scratch.gain[node] >= requests.gpus[position]
        if room and grid.site.allowed[requests.allowed[position], node]:
            harmless += not of_head or free - requests.gpus[position] >= needed
    taken = max(requests.nodes[position] - harmless, 0)
    return usable - taken >= requests.nodes[head]


@kernel_apart
def all_would_be_enough(
    state: State, grid: Grid, program: Program, position: int, behind: bool
) -> bool:
    """Whether enough allowed nodes have the GPUs with all victims gone, who have been counted.

    ``behind``: and the head might keep its time.
    """
    requests, gain = grid.requests, grid.scratch.gain
    nodes, needed = 0, requests.gpus[position]
    allowed = grid.site.allowed[requests.allowed[position]]
    for node in range(len(gain)):
        if allowed[node] and grid.now.free[node] + gain[node] >= needed:
            nodes += 1
    if nodes < requests.nodes[position]:
        return False
    shadow = state.counters[SHADOW]
    stays = state.counters[NOW] + stay_of(state, program, position) > shadow
    if behind and stays and shadow < FAR and state.suspensions.counts[ASIDE] == 0:
        return _head_might_keep(state, grid, position)
    return True
