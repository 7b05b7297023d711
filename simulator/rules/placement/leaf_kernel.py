"""The fewest leaf switches."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import HEEDED, Grid
from simulator.rules.placement.choice_kernel import lean, offer
from simulator.rules.placement.fit_kernel import best

_NODE = 2**32
"""What a usable node counts for in ``Scratch.by_leaf``; one that the head would get counts 1 more.

So of leaves with as many usable nodes the number is lowest where the head would get fewest."""
_WHOLE, _LAST = -1, -2
"""In its place, for a leaf of which all usable nodes are taken, or the best ones."""


@kernel
def _count(grid: Grid) -> None:
    """Count the usable nodes of each leaf."""
    scratch = grid.scratch
    for leaf in range(len(scratch.by_leaf)):
        scratch.by_leaf[leaf] = 0
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            heads = int(scratch.head[node]) if grid.totals[HEEDED] else 0
            scratch.by_leaf[grid.site.leaf[node]] += _NODE + heads


@kernel
def _take_leaves(grid: Grid, wanted: int) -> None:
    """Mark the leaves: the largest one whole, until one suffices for the rest; of those that do,
    the smallest."""
    by_leaf = grid.scratch.by_leaf
    while True:
        last, largest = -1, -1
        for leaf in range(len(by_leaf)):
            count = by_leaf[leaf]
            if count < 0:
                continue
            if count >= wanted * _NODE:
                if last < 0 or count < by_leaf[last]:
                    last = leaf
            elif (
                largest < 0
                or count // _NODE > by_leaf[largest] // _NODE
                or (count // _NODE == by_leaf[largest] // _NODE and count < by_leaf[largest])
            ):
                largest = leaf
        if last >= 0:
            by_leaf[last] = _LAST
            return
        wanted -= by_leaf[largest] // _NODE
        by_leaf[largest] = _WHOLE


@kernel_apart
def choose_by_leaf(grid: Grid, wanted: int) -> None:
    """Choose among the nodes marked usable, of which there are enough.

    The largest leaves first needs the fewest of them: j leaves hold no more nodes than the j
    largest do.
    """
    scratch, chosen = grid.scratch, 0
    _count(grid)
    _take_leaves(grid, wanted)
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            taken = scratch.by_leaf[grid.site.leaf[node]]
            if taken == _WHOLE:
                chosen = offer(grid, chosen, wanted, node, -1)
            elif taken == _LAST:
                score = lean(grid, node, best(scratch.least[node]))
                chosen = offer(grid, chosen, wanted, node, score)
