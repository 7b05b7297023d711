"""Nodes taken and left by jobs."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import CHOSEN_GPU, ENTRIES, PLENTY, SLICED, SOUGHT, UNITS, Grid, Room
from simulator.kernels.state import CAPACITY, FREE, State


@kernel_apart
def tightest_gpu(grid: Grid, room: Room, position: int, node: int) -> int:
    """The GPU of the node with the fewest units free that hold the job's slices; −1 if none."""
    wanted = grid.requests.slices[position] * grid.site.slice_units[node]
    found = -1
    for gpu in range(grid.site.gpus[node]):
        free = room.units[node, gpu]
        if free >= wanted and (found < 0 or free < room.units[node, found]):
            found = gpu
    return found


@kernel
def cpus_suffice(room: Room, node: int, wanted: int) -> bool:
    """Whether so many CPUs are free; less than none may be, where suspended jobs wait for them."""
    return max(room.cpus[node], 0) >= wanted


@kernel
def enough(grid: Grid, room: Room, position: int, node: int) -> bool:
    """Whether the job's share of one node is free there in ``room``."""
    requests = grid.requests
    if room.free[node] < requests.gpus[position]:
        return False
    if grid.totals[PLENTY]:
        return room.tenants[node] >= 0
    return (
        room.tenants[node] >= 0
        and cpus_suffice(room, node, requests.cpus[position])
        and room.memory[node] >= requests.memory[position]
        and (requests.exclusive[position] == 0 or room.tenants[node] == 0)
        and (requests.slices[position] == 0 or tightest_gpu(grid, room, position, node) >= 0)
    )


@kernel
def may_fit(grid: Grid, position: int) -> bool:
    """Whether enough allowed nodes have the GPUs free now: a cheap look before a careful one."""
    look = grid.looks[position]
    return grid.at_least[look >> 16 & 0xFFFF, look & 0xFFFF] >= look >> 32


@kernel
def foresee(grid: Grid, node: int) -> None:
    """Let ``Grid.then`` hold the node, as it is now where it does not yet.

    So a shadow time costs what the nodes do that change until then, and not all nodes.
    """
    seen, now, then = grid.scratch.seen, grid.now, grid.then
    if seen[node] == grid.totals[SOUGHT]:
        return
    seen[node] = grid.totals[SOUGHT]
    then.free[node], then.tenants[node] = now.free[node], now.tenants[node]
    if grid.totals[PLENTY]:
        return
    then.cpus[node], then.memory[node] = now.cpus[node], now.memory[node]
    if grid.totals[SLICED]:
        for gpu in range(now.units.shape[1]):
            then.units[node, gpu] = now.units[node, gpu]
        then.sliced[node] = now.sliced[node]


@kernel
def list_anew(grid: Grid, node: int, before: int) -> None:
    """Enter a node in the lists by free GPUs that had so many free before it changed."""
    free, word, bit = grid.now.free[node], node >> 6, 1 << (node & 63)
    if free == before:
        return
    change = 1 if free > before else -1
    for allowed in range(len(grid.at_least)):
        if grid.site.allowed[allowed, node]:
            for gpus in range(min(before, free) + 1, max(before, free) + 1):
                grid.at_least[allowed, gpus] += change
            grid.by_free[allowed, before, word] ^= bit
            grid.by_free[allowed, free, word] ^= bit


@kernel
def _mark_units(room: Room, node: int, mask: int, units: int) -> None:
    """Set the units free on the GPUs in ``mask``."""
    gpu = 0
    while mask > 0:
        if mask & 1:
            room.units[node, gpu] = units
        mask >>= 1
        gpu += 1


@kernel
def gpu_of(mask: int) -> int:
    """The GPU that a mask of one bit means; the highest of several."""
    gpu = 0
    while mask > 1:
        mask >>= 1
        gpu += 1
    return gpu


@kernel
def take_share(grid: Grid, room: Room, position: int, node: int, mask: int) -> None:
    """Let the job have its share of the node in ``room``, on the GPUs in ``mask``."""
    requests = grid.requests
    if grid.totals[PLENTY]:
        room.free[node] -= requests.gpus[position]
        room.tenants[node] += 1
        return
    if requests.exclusive[position]:
        room.free[node] = room.cpus[node] = room.memory[node] = 0
        room.tenants[node] = -1
        if grid.totals[SLICED]:
            _mark_units(room, node, mask, 0)
        return
    room.free[node] -= requests.gpus[position]
    room.cpus[node] -= requests.cpus[position]
    room.memory[node] -= requests.memory[position]
    room.tenants[node] += 1
    if not grid.totals[SLICED]:
        return
    if requests.slices[position] > 0:
        gpu = gpu_of(mask)
        if room.units[node, gpu] == grid.totals[UNITS]:
            room.free[node] -= 1
        room.units[node, gpu] -= requests.slices[position] * grid.site.slice_units[node]
        room.sliced[node] += 1
    else:
        _mark_units(room, node, mask, 0)


@kernel
def give_share(grid: Grid, room: Room, position: int, node: int, mask: int) -> None:
    """Take the job's share of the node back in ``room``, from the GPUs in ``mask``."""
    requests, units = grid.requests, grid.totals[UNITS]
    if grid.totals[PLENTY]:
        room.free[node] += requests.gpus[position]
        room.tenants[node] -= 1
        return
    if requests.exclusive[position]:
        fill(grid, room, node)
        return
    room.free[node] += requests.gpus[position]
    room.cpus[node] += requests.cpus[position]
    room.memory[node] += requests.memory[position]
    room.tenants[node] -= 1
    if not grid.totals[SLICED]:
        return
    if requests.slices[position] > 0:
        gpu = gpu_of(mask)
        room.units[node, gpu] += requests.slices[position] * grid.site.slice_units[node]
        room.sliced[node] -= 1
        if room.units[node, gpu] == units:
            room.free[node] += 1
    else:
        _mark_units(room, node, mask, units)


@kernel
def fill(grid: Grid, room: Room, node: int) -> None:
    """Let the whole node be free in ``room``."""
    site = grid.site
    room.free[node], room.cpus[node] = site.gpus[node], site.cpus[node]
    room.memory[node], room.tenants[node] = site.memory[node], 0
    if grid.totals[SLICED]:
        for gpu in range(site.gpus[node]):
            room.units[node, gpu] = grid.totals[UNITS]


@kernel
def _lowest(mask: int, count: int) -> int:
    """The ``count`` lowest set bits of ``mask``."""
    taken = 0
    for _ in range(count):
        bit = mask & -mask
        taken |= bit
        mask ^= bit
    return taken


@kernel
def mask_for(grid: Grid, position: int, node: int) -> int:
    """The GPUs of a chosen node that the job would get now, those of the lowest numbers."""
    requests = grid.requests
    if requests.exclusive[position]:
        return grid.gpu_mask[node]
    if requests.slices[position] > 0:
        return 1 << grid.totals[CHOSEN_GPU]
    return _lowest(grid.gpu_mask[node], requests.gpus[position])


@kernel
def uncharged(state: State, grid: Grid, position: int) -> int:
    """Units that a running exclusive job holds beyond its size: its nodes may have more GPUs."""
    first, units = grid.held.first[position], 0
    for entry in range(first, first + grid.requests.nodes[position]):
        units += grid.site.gpus[grid.held.node[entry]] * grid.totals[UNITS]
    return units - state.columns.gpus[position]


@kernel
def note_type(state: State, grid: Grid, position: int) -> None:
    """Let the job pay for the type of GPUs of the first node in ``Scratch.choice``."""
    accounts = state.accounts
    if accounts.charge.shape[1] > 1:
        accounts.kind[position] = max(grid.site.gpu_type[grid.scratch.choice[0]], 0)


@kernel
def occupy(state: State, grid: Grid, position: int) -> None:
    """Give the job the nodes in ``Scratch.choice``."""
    requests, held, totals, room = grid.requests, grid.held, grid.totals, grid.now
    held.first[position] = totals[ENTRIES]
    for place in range(requests.nodes[position]):
        node = grid.scratch.choice[place]
        mask = mask_for(grid, position, node)
        foresee(grid, node)
        before = room.free[node]
        take_share(grid, room, position, node, mask)
        list_anew(grid, node, before)
        # A GPU that is cut into slices is not wholly free until the last has gone.
        grid.gpu_mask[node] &= ~mask
        held.node[totals[ENTRIES]] = node
        held.mask[totals[ENTRIES]] = mask
        totals[ENTRIES] += 1
    if requests.exclusive[position]:
        state.counters[FREE] -= uncharged(state, grid, position)


@kernel
def vacate(state: State, grid: Grid, position: int) -> None:
    """Take back the nodes of a job that has ended."""
    requests, held, room, units = grid.requests, grid.held, grid.now, grid.totals[UNITS]
    for entry in range(held.first[position], held.first[position] + requests.nodes[position]):
        node, mask = held.node[entry], held.mask[entry]
        foresee(grid, node)
        before = room.free[node]
        give_share(grid, room, position, node, mask)
        list_anew(grid, node, before)
        if requests.slices[position] == 0 or room.units[node, gpu_of(mask)] == units:
            grid.gpu_mask[node] |= mask
    if requests.exclusive[position]:
        state.counters[FREE] += uncharged(state, grid, position)


@kernel_apart
def reoccupy(state: State, grid: Grid, position: int) -> None:
    """Undo ``vacate``: the job has its nodes and GPUs again, which nobody took meanwhile."""
    requests, held = grid.requests, grid.held
    for entry in range(held.first[position], held.first[position] + requests.nodes[position]):
        node, mask = held.node[entry], held.mask[entry]
        foresee(grid, node)
        before = grid.now.free[node]
        take_share(grid, grid.now, position, node, mask)
        list_anew(grid, node, before)
        grid.gpu_mask[node] &= ~mask
    if requests.exclusive[position]:
        state.counters[FREE] -= uncharged(state, grid, position)


@kernel_apart
def close_node(state: State, grid: Grid, node: int) -> None:
    """Take an empty node away; one that is away already is away once more."""
    grid.closings[node] += 1
    if grid.closings[node] > 1:
        return
    room = grid.now
    before = room.free[node]
    state.counters[FREE] -= room.free[node] * grid.totals[UNITS]
    state.counters[CAPACITY] -= grid.site.gpus[node] * grid.totals[UNITS]
    room.free[node] = room.cpus[node] = room.memory[node] = 0
    room.tenants[node] = -1
    if grid.totals[SLICED]:
        _mark_units(room, node, grid.gpu_mask[node], 0)
    grid.gpu_mask[node] = 0
    list_anew(grid, node, before)


@kernel_apart
def open_node(state: State, grid: Grid, node: int) -> None:
    """End one of a node's outages; with the last it is back, empty."""
    grid.closings[node] -= 1
    if grid.closings[node] > 0:
        return
    before = grid.now.free[node]
    fill(grid, grid.now, node)
    grid.gpu_mask[node] = (1 << grid.site.gpus[node]) - 1
    list_anew(grid, node, before)
    state.counters[FREE] += grid.site.gpus[node] * grid.totals[UNITS]
    state.counters[CAPACITY] += grid.site.gpus[node] * grid.totals[UNITS]
