"""Which GPU a job of slices gets."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import CHOSEN_GPU, UNITS, Grid, Room
from simulator.kernels.occupancy import tightest_gpu
from simulator.kernels.state import FAR, Program
from simulator.rules.placement.choice_kernel import PACK_NODE, fullness, lean

_LATER = 2**40
"""More than any score: what adds it to its score comes behind what does not."""


@kernel
def _by_gpu(grid: Grid, program: Program, room: Room, node: int, gpu: int) -> int:
    """Fill up GPUs in use, and break whole ones where the placement would put a job of one."""
    if room.units[node, gpu] < grid.totals[UNITS]:
        return lean(grid, node, room.units[node, gpu])
    return _LATER + lean(grid, node, fullness(program.placement, room.free[node]))


@kernel
def _by_node(grid: Grid, program: Program, room: Room, node: int) -> int:
    """Fill up nodes with slices, then break GPUs of nodes in use, then those of empty nodes."""
    if room.sliced[node] > 0:
        units = 0
        for gpu in range(grid.site.gpus[node]):
            units += room.units[node, gpu]
        return lean(grid, node, units)
    later = _LATER if room.tenants[node] > 0 else 2 * _LATER
    return later + lean(grid, node, fullness(program.placement, room.free[node]))


@kernel_apart
def choose_gpu(grid: Grid, program: Program, room: Room, position: int) -> None:
    """Choose one of the nodes marked usable, and on it the tightest GPU."""
    scratch, least = grid.scratch, FAR
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            gpu = tightest_gpu(grid, room, position, node)
            if program.packing == PACK_NODE:
                score = _by_node(grid, program, room, node)
            else:
                score = _by_gpu(grid, program, room, node, gpu)
            if score < least:
                least = score
                scratch.choice[0], grid.totals[CHOSEN_GPU] = node, gpu
