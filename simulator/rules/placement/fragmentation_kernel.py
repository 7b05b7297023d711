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
from simulator.kernels.occupancy import cpus_suffice
from simulator.kernels.state import FAR
from simulator.rules.placement.choice_kernel import lean, offer


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
def _note_usable(grid: Grid, room: Room, node: int) -> int:
    """Set, for each type, the units of the node that it can use; returns those that are idle."""
    kinds, usable = grid.mix.kinds, grid.mix.usable
    for kind in range(len(kinds)):
        usable[kind] = 0
        if (
            grid.site.allowed[kinds[kind, ALLOWED], node] == 0
            or not cpus_suffice(room, node, kinds[kind, CPUS])
            or room.memory[node] < kinds[kind, MEMORY]
            or (kinds[kind, EXCLUSIVE] == 1 and room.tenants[node] != 0)
        ):
            continue
        if kinds[kind, SLICES] > 0:
            wanted = kinds[kind, SLICES] * grid.site.slice_units[node]
            usable[kind] = _units(grid, room, node, wanted)
        elif room.free[node] >= kinds[kind, GPUS]:
            usable[kind] = room.free[node] * grid.totals[UNITS]
    return _units(grid, room, node, 1)


@kernel
def _left(grid: Grid, room: Room, position: int, node: int, gpu: int, kind: int) -> int:
    """Units that the type can use beside the job, of those that it could use before."""
    requests, kinds, before = grid.requests, grid.mix.kinds, grid.mix.usable[kind]
    if (
        requests.exclusive[position] == 1
        or kinds[kind, EXCLUSIVE] == 1
        or max(room.cpus[node] - requests.cpus[position], 0) < kinds[kind, CPUS]
        or room.memory[node] - requests.memory[position] < kinds[kind, MEMORY]
    ):
        return 0
    whole, free = grid.totals[UNITS], room.free[node] - requests.gpus[position]
    if requests.slices[position] == 0:
        if kinds[kind, SLICES] > 0:
            return before - requests.gpus[position] * whole
        return free * whole if free >= kinds[kind, GPUS] else 0
    units, per_slice = room.units[node, gpu], grid.site.slice_units[node]
    if kinds[kind, SLICES] > 0:
        wanted = kinds[kind, SLICES] * per_slice
        rest = units - requests.slices[position] * per_slice
        return before - (units if units >= wanted else 0) + (rest if rest >= wanted else 0)
    free -= units == whole
    return free * whole if free >= kinds[kind, GPUS] else 0


@kernel_apart
def _growth(grid: Grid, room: Room, position: int, node: int, gpu: int, idle: int) -> int:
    """By how much jobs × units that they cannot use grow with the job on the node, where so many
    units are idle and ``Mix.usable`` holds; ``gpu`` is the one that gives slices."""
    requests, kinds, usable = grid.requests, grid.mix.kinds, grid.mix.usable
    taken = requests.gpus[position] * grid.totals[UNITS]
    taken += requests.slices[position] * grid.site.slice_units[node]
    if requests.exclusive[position] == 1:
        taken = idle
    growth = 0
    for kind in range(len(kinds)):
        lost = usable[kind]
        if lost > 0:
            lost -= _left(grid, room, position, node, gpu, kind)
        growth += kinds[kind, JOBS] * (lost - taken)
    return growth


@kernel_apart
def choose_by_growth(grid: Grid, room: Room, position: int) -> None:
    """Choose among the nodes marked usable, by all that the types ask for."""
    scratch, wanted, chosen = grid.scratch, grid.requests.nodes[position], 0
    for node in range(len(scratch.usable)):
        if scratch.usable[node]:
            idle = _note_usable(grid, room, node)
            score = lean(grid, node, _growth(grid, room, position, node, -1, idle))
            chosen = offer(grid, chosen, wanted, node, score)


@kernel_apart
def choose_gpu_by_growth(grid: Grid, room: Room, position: int) -> None:
    """Choose one of the nodes marked usable and a GPU on it for a job of slices."""
    scratch, whole, least = grid.scratch, grid.totals[UNITS], FAR
    for node in range(len(scratch.usable)):
        if not scratch.usable[node]:
            continue
        wanted = grid.requests.slices[position] * grid.site.slice_units[node]
        idle, broken = _note_usable(grid, room, node), False
        for gpu in range(grid.site.gpus[node]):
            free = room.units[node, gpu]
            # Whole GPUs of a node are all alike: the lowest stands for them.
            if free < wanted or (free == whole and broken):
                continue
            broken = broken or free == whole
            score = lean(grid, node, _growth(grid, room, position, node, gpu, idle))
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
