"""Which placement an opcode means, and the choice of nodes; opcodes are places in PLACEMENTS."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import CHOSEN_GPU, UNITS, Grid
from simulator.kernels.occupancy import enough, tightest_gpu
from simulator.kernels.state import NOW, State
from simulator.rules.placement.fit_kernel import best, first, worst

PLACEMENTS = ("best", "worst", "first")
BEST, WORST, FIRST = range(len(PLACEMENTS))


@kernel
def _score(placement: int, free: int) -> int:
    """The lower, the sooner; ``free`` is the GPUs free on the node for as long as it counts."""
    if placement == BEST:
        return best(free)
    if placement == WORST:
        return worst(free)
    return first()


@kernel
def _least_score(placement: int, gpus: int) -> int:
    """A score that no usable node can be below: the search may end when it is met."""
    if placement == BEST:
        return best(gpus)
    return -(2**62) if placement == WORST else first()


@kernel
def offer(grid: Grid, chosen: int, wanted: int, node: int, score: int) -> int:
    """Put a node into the choice by (score, node) if it is among the best ``wanted`` so far.

    Nodes must be offered by number. Returns how many are chosen.
    """
    choice, scores = grid.scratch.choice, grid.scratch.score
    if chosen == wanted:
        if score >= scores[chosen - 1]:
            return chosen
        chosen -= 1
    place = chosen
    while place > 0 and scores[place - 1] > score:
        choice[place], scores[place] = choice[place - 1], scores[place - 1]
        place -= 1
    choice[place], scores[place] = node, score
    return chosen + 1


@kernel_apart
def _choose_slices(state: State, grid: Grid, placement: int, position: int, end: int) -> bool:
    """For a job of slices: the GPU in use that they fill up best, else break a whole one.

    A GPU in use: the fewest units free that suffice, then the lowest node, then the lowest GPU. A
    whole one: on the node that the placement chooses for one GPU.
    """
    requests, room, scratch = grid.requests, grid.now, grid.scratch
    allowed = grid.site.allowed[requests.allowed[position]]
    fewest, chosen = grid.totals[UNITS], 0
    for node in range(len(allowed)):
        if not (
            allowed[node] and enough(grid, room, position, node) and end <= scratch.away_from[node]
        ):
            continue
        gpu = tightest_gpu(grid, room, position, node)
        if room.units[node, gpu] < fewest:
            fewest = room.units[node, gpu]
            scratch.choice[0], grid.totals[CHOSEN_GPU] = node, gpu
        elif fewest == grid.totals[UNITS] and room.free[node] > 0:
            chosen = offer(grid, chosen, 1, node, _score(placement, room.free[node]))
            grid.totals[CHOSEN_GPU] = -1
    return chosen == 1 or fewest < grid.totals[UNITS]


@kernel_apart
def choose_now(state: State, grid: Grid, placement: int, position: int, walltime: int) -> bool:
    """Choose nodes among what is free now until the walltime; false if there are too few."""
    requests, scratch = grid.requests, grid.scratch
    wanted, gpus = requests.nodes[position], requests.gpus[position]
    end = state.counters[NOW] + max(walltime, 1)
    if requests.slices[position] > 0:
        return _choose_slices(state, grid, placement, position, end)
    allowed = grid.site.allowed[requests.allowed[position]]
    least, chosen = _least_score(placement, gpus), 0
    for node in range(len(allowed)):
        if (
            allowed[node]
            and enough(grid, grid.now, position, node)
            and end <= scratch.away_from[node]
        ):
            score = _score(placement, grid.now.free[node])
            chosen = offer(grid, chosen, wanted, node, score)
            if chosen == wanted and scratch.score[chosen - 1] == least:
                return True
    return chosen == wanted


@kernel_apart
def choose_usable(grid: Grid, placement: int, position: int) -> None:
    """Choose among the nodes marked usable, whose least numbers of free GPUs are in ``least``."""
    scratch, wanted, chosen = grid.scratch, grid.requests.nodes[position], 0
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            score = _score(placement, scratch.least[node])
            chosen = offer(grid, chosen, wanted, node, score)
