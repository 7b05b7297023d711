"""Which nodes, and which GPU for slices, a rule's placement chooses."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import HEEDED, PLENTY, Grid, Room
from simulator.kernels.occupancy import enough
from simulator.kernels.state import NOW, Program, State
from simulator.rules.placement.choice_kernel import (
    FIRST,
    FRAGMENTATION,
    LEAF,
    WORST,
    fullness,
    lean,
    offer,
)
from simulator.rules.placement.fragmentation_kernel import (
    choose_by_growth,
    choose_gpu_by_growth,
    growth_of_least,
)
from simulator.rules.placement.index_kernel import choose_by_fullness, choose_by_number
from simulator.rules.placement.leaf_kernel import choose_by_leaf
from simulator.rules.placement.pack_kernel import choose_gpu


@kernel_apart
def choose_usable(grid: Grid, program: Program, position: int) -> None:
    """Choose among the nodes marked usable, whose least numbers of free GPUs are in ``least``."""
    scratch, wanted, chosen = grid.scratch, grid.requests.nodes[position], 0
    if program.placement == LEAF and wanted > 1:
        choose_by_leaf(grid, wanted)
        return
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            if program.placement == FRAGMENTATION:
                score = growth_of_least(grid, position, node)
            else:
                score = fullness(program.placement, scratch.least[node])
            chosen = offer(grid, chosen, wanted, node, lean(grid, node, score))


@kernel_apart
def choose_in(grid: Grid, program: Program, room: Room, position: int) -> None:
    """Choose among the nodes marked usable by all that is free on them in ``room``."""
    requests = grid.requests
    if requests.slices[position] > 0 and requests.exclusive[position] == 0:
        if program.placement == FRAGMENTATION:
            choose_gpu_by_growth(grid, room, position)
        else:
            choose_gpu(grid, program, room, position)
        return
    if program.placement == FRAGMENTATION and not grid.totals[PLENTY]:
        choose_by_growth(grid, room, position)
        return
    for node in range(len(grid.scratch.usable)):
        grid.scratch.least[node] = room.free[node]
    choose_usable(grid, program, position)


@kernel
def _has_room(grid: Grid, position: int, node: int, end: int) -> bool:
    """Whether the job finds its share of an allowed node now and until ``end``."""
    return enough(grid, grid.now, position, node) and end <= grid.scratch.away_from[node]


@kernel_apart
def _choose_with_care(grid: Grid, program: Program, position: int, end: int) -> bool:
    """Look at all nodes that suit, before one is chosen."""
    requests, found = grid.requests, 0
    allowed = grid.site.allowed[requests.allowed[position]]
    for node in range(len(allowed)):
        grid.scratch.usable[node] = (
            1 if allowed[node] and _has_room(grid, position, node, end) else 0
        )
        found += grid.scratch.usable[node]
    if found < requests.nodes[position]:
        return False
    choose_in(grid, program, grid.now, position)
    return True


@kernel_apart
def choose_now(state: State, grid: Grid, program: Program, position: int, walltime: int) -> bool:
    """Choose nodes among what is free now until the walltime; false if there are too few."""
    requests = grid.requests
    end = state.counters[NOW] + max(walltime, 1)
    if (
        requests.slices[position] > 0
        or program.placement == FRAGMENTATION
        or (program.placement == LEAF and requests.nodes[position] > 1)
        or grid.totals[HEEDED]
    ):
        return _choose_with_care(grid, program, position, end)
    if program.placement == FIRST:
        return choose_by_number(grid, position, end)
    return choose_by_fullness(grid, position, end, program.placement != WORST)
