"""Where the idle GPUs that other jobs cannot use grow least."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import (
    ALLOWED,
    CHOSEN_GPU,
    CPUS,
    EXCLUSIVE,
    GPUS,
    JOBS,
    MEMORY,
    SLICED,
    SLICES,
    UNITS,
    Grid,
    Room,
)
from simulator.kernels.occupancy import give_share, take_share
from simulator.kernels.state import FAR
from simulator.rules.placement.choice_kernel import lean, offer


@kernel
def _closed_to(grid: Grid, room: Room, node: int, kind: int) -> bool:
    """Whether a type cannot use the node at all, its GPUs left aside."""
    kinds = grid.mix.kinds
    return (
        grid.site.allowed[kinds[kind, ALLOWED], node] == 0
        or room.cpus[node] < kinds[kind, CPUS]
        or room.memory[node] < kinds[kind, MEMORY]
        or (kinds[kind, EXCLUSIVE] == 1 and room.tenants[node] != 0)
    )


@kernel
def _units(grid: Grid, room: Room, node: int, least: int) -> int:
    """Units free on those GPUs of the node that have at least so many."""
    if not grid.totals[SLICED]:
        return room.free[node] * grid.totals[UNITS]
    units = 0
    for gpu in range(grid.site.gpus[node]):
        if room.units[node, gpu] >= least:
            units += room.units[node, gpu]
    return units


@kernel_apart
def _useless(grid: Grid, room: Room, node: int) -> int:
    """Σ over the types of jobs × units idle on the node that the type cannot use."""
    kinds, whole = grid.mix.kinds, grid.totals[UNITS]
    idle, useless = _units(grid, room, node, 1), 0
    for kind in range(len(kinds)):
        usable = 0
        if idle > 0 and not _closed_to(grid, room, node, kind):
            if kinds[kind, SLICES] > 0:
                wanted = kinds[kind, SLICES] * grid.site.slice_units[node]
                usable = _units(grid, room, node, wanted)
            elif room.free[node] >= kinds[kind, GPUS]:
                usable = room.free[node] * whole
        useless += kinds[kind, JOBS] * (idle - usable)
    return useless


@kernel
def _growth(grid: Grid, room: Room, position: int, node: int, mask: int, before: int) -> int:
    """By how much it grows with the job on GPUs in ``mask`` of the node."""
    take_share(grid, room, position, node, mask)
    after = _useless(grid, room, node)
    give_share(grid, room, position, node, mask)
    return after - before


@kernel
def _whole_gpus(grid: Grid, room: Room, node: int, count: int) -> int:
    """The lowest wholly free GPUs of the node; which they are matters only where some are cut."""
    mask, gpu = 0, 0
    while count > 0 and grid.totals[SLICED]:
        if room.units[node, gpu] == grid.totals[UNITS]:
            mask |= 1 << gpu
            count -= 1
        gpu += 1
    return mask


@kernel_apart
def choose_by_growth(grid: Grid, room: Room, position: int) -> None:
    """Choose among the nodes marked usable, by all that the types ask for."""
    scratch, chosen = grid.scratch, 0
    wanted, gpus = grid.requests.nodes[position], grid.requests.gpus[position]
    exclusive = grid.requests.exclusive[position] == 1
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            count = grid.site.gpus[node] if exclusive else gpus
            mask = _whole_gpus(grid, room, node, count)
            before = _useless(grid, room, node)
            score = lean(grid, node, _growth(grid, room, position, node, mask, before))
            chosen = offer(grid, chosen, wanted, node, score)


@kernel_apart
def choose_gpu_by_growth(grid: Grid, room: Room, position: int) -> None:
    """Choose one of the nodes marked usable and a GPU on it for a job of slices."""
    scratch, whole, least = grid.scratch, grid.totals[UNITS], FAR
    for node in range(len(scratch.usable)):
        if not scratch.usable[node]:
            continue
        wanted = grid.requests.slices[position] * grid.site.slice_units[node]
        before, broken = _useless(grid, room, node), False
        for gpu in range(grid.site.gpus[node]):
            free = room.units[node, gpu]
            # Whole GPUs of a node are all alike: the lowest stands for them.
            if free < wanted or (free == whole and broken):
                continue
            broken = broken or free == whole
            score = lean(grid, node, _growth(grid, room, position, node, 1 << gpu, before))
            if score < least:
                least = score
                scratch.choice[0], grid.totals[CHOSEN_GPU] = node, gpu


@kernel
def growth_of_least(grid: Grid, position: int, node: int) -> int:
    """By how much it grows in jobs × GPUs, the node's ``Scratch.least`` GPUs free and nothing else
    being looked at."""
    free, useless = grid.scratch.least[node], grid.mix.useless
    left = 0 if grid.requests.exclusive[position] else free - grid.requests.gpus[position]
    return left * useless[node, left] - free * useless[node, free]
