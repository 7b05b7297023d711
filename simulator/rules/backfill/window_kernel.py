"""Where a job fits into the plan: the first rows from which enough nodes have its share throughout.

Most rows are passed by their numbers of GPUs alone, a set of nodes at a time; nodes one by one are
looked at only where jobs ask for more than whole GPUs.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import PLENTY, ROWS, Grid
from simulator.kernels.plan import most_taken, too_little
from simulator.kernels.state import Program
from simulator.kernels.words import ones, zeros_below
from simulator.rules.placement.places_kernel import choose_gpu_over, choose_over


@kernel
def _all_members(grid: Grid, position: int) -> None:
    """Let ``Scratch.common`` be the nodes that the job may use."""
    allowed = grid.requests.allowed[position]
    for word in range(len(grid.scratch.common)):
        grid.scratch.common[word] = grid.members[allowed, word]


@kernel
def _narrow(grid: Grid, position: int, row: int) -> int:
    """Leave in ``Scratch.common`` those that have the job's GPUs in this row; returns how many."""
    common, slot, gpus = grid.scratch.common, grid.plan.slot[row], grid.requests.gpus[position]
    found = 0
    for word in range(len(common)):
        common[word] &= grid.plan.at_least[slot, gpus, word]
        found += ones(common[word])
    return found


@kernel_apart
def _short_row(grid: Grid, position: int, first: int, end: int) -> int:
    """Narrow ``Scratch.common`` down to the nodes that have the job's GPUs in all rows from
    ``first`` on that begin before ``end``; returns the row in which they become too few, or −1."""
    plan, rows, wanted = grid.plan, grid.totals[ROWS], grid.requests.nodes[position]
    _all_members(grid, position)
    row = first
    while row < rows and plan.time[row] < end:
        if _narrow(grid, position, row) < wanted:
            return row
        row += 1
    return -1


@kernel_apart
def _next_start(grid: Grid, position: int, first: int, short: int) -> int:
    """The first row behind ``first`` from which enough nodes have the job's GPUs until the row
    ``short``, in which too few of those that had them from ``first`` on still do."""
    wanted = grid.requests.nodes[position]
    _all_members(grid, position)
    row = short + 1
    while row > first + 1 and _narrow(grid, position, row - 1) >= wanted:
        row -= 1
    return row


@kernel
def _suits(grid: Grid, position: int, first: int, end: int, node: int) -> bool:
    """Whether a node with enough GPUs has the rest of the job's share as long."""
    plan, row = grid.plan, first
    while row < grid.totals[ROWS] and plan.time[row] < end:
        if too_little(grid, row, node, position):
            return False
        row += 1
    if grid.requests.slices[position] == 0:
        return True
    for gpu in range(grid.site.gpus[node]):
        if most_taken(grid, first, end, node, gpu, position) >= 0:
            return True
    return False


@kernel_apart
def _leave_suiting(grid: Grid, position: int, first: int, end: int) -> int:
    """Leave in ``Scratch.common`` the nodes that suit the job; returns how many."""
    common, found = grid.scratch.common, 0
    for word in range(len(common)):
        some = common[word]
        while some != 0:
            node = (word << 6) + zeros_below(some)
            some &= some - 1
            if _suits(grid, position, first, end, node):
                found += 1
            else:
                common[word] ^= 1 << (node & 63)
    return found


@kernel_apart
def fits_plan(grid: Grid, position: int, walltime: int) -> bool:
    """Whether the job fits from the plan's first row on."""
    end = grid.plan.time[0] + max(walltime, 1)
    if _short_row(grid, position, 0, end) >= 0:
        return False
    return (
        grid.totals[PLENTY] == 1
        or _leave_suiting(grid, position, 0, end) >= grid.requests.nodes[position]
    )


@kernel_apart
def find_place(grid: Grid, program: Program, position: int, walltime: int) -> int:
    """The first row of the job's place, its nodes chosen; −1 if it has none."""
    plan, length, row = grid.plan, max(walltime, 1), 0
    while row < grid.totals[ROWS]:
        end = plan.time[row] + length
        short = _short_row(grid, position, row, end)
        if short >= 0:
            row = _next_start(grid, position, row, short)
        elif (
            grid.totals[PLENTY] == 0
            and _leave_suiting(grid, position, row, end) < grid.requests.nodes[position]
        ):
            row += 1
        else:
            if grid.requests.slices[position] > 0 and grid.requests.exclusive[position] == 0:
                choose_gpu_over(grid, program, position, row, end)
            else:
                choose_over(grid, program, position, row, end)
            return row
    return -1
