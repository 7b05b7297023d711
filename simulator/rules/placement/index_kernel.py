"""The first nodes by how full they are, out of the lists by free GPUs: no other node is looked at.

Within a list nodes come by number, so that ties go to the lower one.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.occupancy import enough
from simulator.kernels.words import ones, zeros_below


@kernel
def _take(grid: Grid, position: int, end: int, word: int, some: int, chosen: int) -> int:
    """Choose those of some nodes of a word that suit the job until ``end``; returns how many are
    chosen then, at most as many as it wants."""
    wanted = grid.requests.nodes[position]
    while some != 0 and chosen < wanted:
        node = (word << 6) + zeros_below(some)
        some &= some - 1
        if end <= grid.scratch.away_from[node] and enough(grid, grid.now, position, node):
            grid.scratch.choice[chosen] = node
            chosen += 1
    return chosen


@kernel_apart
def choose_by_fullness(grid: Grid, position: int, end: int, fullest: bool) -> bool:
    """Choose the fullest nodes of those that suit the job until ``end``, or the emptiest; false if
    there are too few."""
    requests = grid.requests
    wanted, gpus, allowed = (
        requests.nodes[position],
        requests.gpus[position],
        requests.allowed[position],
    )
    most, words, chosen = grid.by_free.shape[1] - 1, grid.by_free.shape[2], 0
    for step in range(most - gpus + 1):
        free = gpus + step if fullest else most - step
        left = grid.at_least[allowed, free]
        if free < most:
            left -= grid.at_least[allowed, free + 1]
        for word in range(words):
            if left == 0 or chosen == wanted:
                break
            some = grid.by_free[allowed, free, word]
            if some != 0:
                left -= ones(some)
                chosen = _take(grid, position, end, word, some, chosen)
        if chosen == wanted:
            return True
    return False


@kernel_apart
def choose_by_number(grid: Grid, position: int, end: int) -> bool:
    """Choose the lowest nodes of those that suit the job until ``end``; false if there are too
    few."""
    requests, chosen = grid.requests, 0
    allowed = requests.allowed[position]
    for word in range(grid.by_free.shape[2]):
        some = 0
        for free in range(requests.gpus[position], grid.by_free.shape[1]):
            some |= grid.by_free[allowed, free, word]
        chosen = _take(grid, position, end, word, some, chosen)
        if chosen == requests.nodes[position]:
            return True
    return False
