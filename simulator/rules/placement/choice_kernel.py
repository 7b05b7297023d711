"""Opcodes of the placements, and the choice of the nodes with the lowest scores."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.grid import HEEDED, Grid
from simulator.rules.placement.fit_kernel import best, first, worst

# Opcodes are places in these.
PLACEMENTS = ("best", "worst", "first", "leaf", "fragmentation", "slurm")
"""The last chooses within Slurm's own passes alone (``rules/slurm``)."""
BEST, WORST, FIRST, LEAF, FRAGMENTATION, SLURM = range(len(PLACEMENTS))
PACKINGS = ("pack_gpu", "pack_node")
PACK_GPU, PACK_NODE = range(len(PACKINGS))


@kernel
def fullness(placement: int, free: int) -> int:
    """How a node with so many GPUs free ranks by them alone; the lower, the sooner."""
    if placement == WORST:
        return worst(free)
    if placement == FIRST:
        return first()
    return best(free)


@kernel
def lean(grid: Grid, node: int, score: int) -> int:
    """The score, ties broken towards nodes that the head would not get, if it is to be heeded."""
    return 2 * score + int(grid.scratch.head[node]) if grid.totals[HEEDED] else score


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
