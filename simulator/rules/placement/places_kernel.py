"""The choice for a place: by the least that is free on each node while the place lasts."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import CHOSEN_GPU, ROWS, Grid
from simulator.kernels.plan import most_taken
from simulator.kernels.state import FAR, Program
from simulator.kernels.words import zeros_below
from simulator.rules.placement.choice_kernel import FIRST, FRAGMENTATION, LEAF, WORST, fullness
from simulator.rules.placement.dispatch_kernel import choose_usable


@kernel
def _level(grid: Grid, gpus: int, word: int, first: int, end: int) -> int:
    """Those of a word of ``Scratch.common`` that have so many GPUs free in all of the rows."""
    plan, row = grid.plan, first
    some = grid.scratch.common[word]
    while some != 0 and row < grid.totals[ROWS] and plan.time[row] < end:
        some &= plan.at_least[plan.slot[row], gpus, word]
        row += 1
    return some


@kernel
def _note_levels(grid: Grid, position: int, first: int, end: int) -> None:
    """Set ``Scratch.levels`` from the job's GPUs on; all of ``Scratch.common`` have as many."""
    levels, common = grid.scratch.levels, grid.scratch.common
    gpus = grid.requests.gpus[position]
    for word in range(len(common)):
        levels[gpus, word] = common[word]
        for level in range(gpus + 1, len(levels) - 1):
            levels[level, word] = 0
            if levels[level - 1, word] != 0:
                levels[level, word] = _level(grid, level, word, first, end)


@kernel
def _choose_level(grid: Grid, low: int, high: int, chosen: int, wanted: int) -> int:
    """Choose nodes with at least ``low`` GPUs free, but fewer than ``high``, by number."""
    levels, choice = grid.scratch.levels, grid.scratch.choice
    for word in range(levels.shape[1]):
        some = levels[low, word] & ~levels[high, word]
        while some != 0 and chosen < wanted:
            choice[chosen] = (word << 6) + zeros_below(some)
            some &= some - 1
            chosen += 1
    return chosen


@kernel
def _note_usable(grid: Grid, gpus: int) -> None:
    """Write ``Scratch.levels`` down node by node."""
    scratch = grid.scratch
    for node in range(len(scratch.usable)):
        word, shift, least = node >> 6, node & 63, gpus - 1
        while scratch.levels[least + 1, word] >> shift & 1:
            least += 1
        scratch.least[node] = least
        scratch.usable[node] = 1 if least >= gpus else 0


@kernel_apart
def choose_over(grid: Grid, program: Program, position: int, first: int, end: int) -> None:
    """Choose among the nodes in ``Scratch.common``, which suit the job in all the rows from
    ``first`` on that begin before ``end``."""
    wanted, gpus = grid.requests.nodes[position], grid.requests.gpus[position]
    _note_levels(grid, position, first, end)
    top, chosen = len(grid.scratch.levels) - 1, 0
    if program.placement == FRAGMENTATION or (program.placement == LEAF and wanted > 1):
        _note_usable(grid, gpus)
        choose_usable(grid, program, position)
    elif program.placement == FIRST:
        _choose_level(grid, gpus, top, chosen, wanted)
    else:
        for step in range(top - gpus):
            level = top - 1 - step if program.placement == WORST else gpus + step
            chosen = _choose_level(grid, level, level + 1, chosen, wanted)


@kernel_apart
def choose_gpu_over(grid: Grid, program: Program, position: int, first: int, end: int) -> None:
    """Choose a GPU for slices: of those cut meanwhile the one of which the least is free, else one
    that is broken, where the placement would put a job of one GPU."""
    scratch, fullest, least = grid.scratch, 0, FAR
    _note_levels(grid, position, first, end)
    _note_usable(grid, 0)
    for node in range(len(scratch.usable)):
        if not scratch.usable[node]:
            continue
        for gpu in range(grid.site.gpus[node]):
            taken = most_taken(grid, first, end, node, gpu, position)
            score = fullness(program.placement, scratch.least[node])
            if taken > fullest or (taken == 0 and fullest == 0 and score < least):
                fullest, least = taken, score
                scratch.choice[0], grid.totals[CHOSEN_GPU] = node, gpu
