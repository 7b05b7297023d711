"""Which placement an opcode means, and the choice of nodes; opcodes are places in PLACEMENTS."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.occupancy import enough
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
def choose_now(state: State, grid: Grid, placement: int, position: int, walltime: int) -> bool:
    """Choose nodes among what is free now until the walltime; false if there are too few."""
    requests, scratch = grid.requests, grid.scratch
    wanted, gpus = requests.nodes[position], requests.gpus[position]
    end = state.counters[NOW] + max(walltime, 1)
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
