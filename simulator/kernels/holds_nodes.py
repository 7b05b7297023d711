"""What jobs hold of nodes until their victims have gone.

Of each of its nodes a job holds the GPUs, CPUs and memory that it needs and that the victims which
are still there will not leave. GPUs are counted; which ones they are is settled when it starts.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import BOOKED, UNITS, Grid, Room
from simulator.kernels.holds import begin_hold, count_off, end_hold, plan_start, tell
from simulator.kernels.notices import NOBODY
from simulator.kernels.occupancy import foresee, give_share, list_anew
from simulator.kernels.state import BUSY, FREE, HOLDING, TOLD, Program, State

_SHUT = 1 << 40
"""More tenants than any node has: taken from them, it lets nobody in."""


@kernel
def _is_on(grid: Grid, position: int, node: int) -> bool:
    """Whether a running job has a share of the node."""
    first = grid.held.first[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        if grid.held.node[entry] == node:
            return True
    return False


@kernel_apart
def lacks(
    state: State, grid: Grid, holder: int, node: int, first: int
) -> tuple[int, int, int, int]:
    """GPUs, CPUs, memory and tenants that the holder has of the node while no victims are left but
    those from the entry ``first`` on, in the order of planned ends.

    A node that an exclusive victim has is that one's: −1 GPUs.
    """
    requests, site = grid.requests, grid.site
    gpus, cpus, memory = requests.gpus[holder], requests.cpus[holder], requests.memory[holder]
    tenants = 1
    if requests.exclusive[holder]:
        gpus, cpus, memory, tenants = site.gpus[node], site.cpus[node], site.memory[node], -_SHUT
    for entry in range(first, state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if state.notices.holder[position] != holder or not _is_on(grid, position, node):
            continue
        if requests.exclusive[position]:
            return -1, 0, 0, 0
        gpus -= requests.gpus[position]
        cpus -= requests.cpus[position]
        memory -= requests.memory[position]
    return max(gpus, 0), max(cpus, 0), max(memory, 0), tenants


@kernel_apart
def _in_room(
    state: State, grid: Grid, room: Room, holder: int, node: int, first: int, sign: int
) -> int:
    """Give what the holder has of the node back to a room (1), or take it (−1); returns GPUs."""
    gpus, cpus, memory, tenants = lacks(state, grid, holder, node, first)
    if gpus < 0:
        return 0
    room.free[node] += sign * gpus
    room.cpus[node] += sign * cpus
    room.memory[node] += sign * memory
    room.tenants[node] -= sign * tenants
    return gpus


@kernel_apart
def hold_nodes(state: State, grid: Grid, holder: int, sign: int) -> None:
    """Let the job hold (−1) or not hold (1) what its victims will not leave of its nodes."""
    start = grid.kept.first[holder]
    for place in range(start, start + grid.requests.nodes[holder]):
        node = grid.kept.node[place]
        foresee(grid, node)
        before = grid.now.free[node]
        gpus = _in_room(state, grid, grid.now, holder, node, 0, sign)
        list_anew(grid, node, before)
        state.counters[FREE] += sign * gpus * grid.totals[UNITS]


@kernel_apart
def lift_hold(state: State, grid: Grid, position: int) -> None:
    """A job is about to go: let who waits for it, if anybody does, hold nothing meanwhile."""
    if state.notices.holder[position] != NOBODY:
        hold_nodes(state, grid, state.notices.holder[position], 1)


@kernel_apart
def gone_from_nodes(state: State, grid: Grid, program: Program, position: int) -> None:
    """It has gone: who waits for it holds again, and more."""
    holder = count_off(state, position)
    if holder != NOBODY:
        hold_nodes(state, grid, holder, -1)
        plan_start(state, program, holder)


@kernel
def keep_choice(grid: Grid, position: int) -> None:
    """Let the nodes in ``Scratch.choice`` be those that the job waits for."""
    for place in range(grid.requests.nodes[position]):
        grid.kept.node[grid.kept.first[position] + place] = grid.scratch.choice[place]


@kernel
def choose_kept(grid: Grid, position: int) -> None:
    """Let them be those in ``Scratch.choice`` again."""
    for place in range(grid.requests.nodes[position]):
        grid.scratch.choice[place] = grid.kept.node[grid.kept.first[position] + place]


@kernel_apart
def tell_on_nodes(state: State, grid: Grid, program: Program, position: int, victims: int) -> None:
    """Tell those chosen to stop, and let the job, which leaves the queue, hold its kept nodes."""
    for entry in range(victims):
        tell(state, program, state.rights.victims[entry], position)
        # It may start again in the second in which it stops, before there is room made for more.
        grid.totals[BOOKED] += grid.requests.nodes[state.rights.victims[entry]]
    begin_hold(state, program, position, victims)
    hold_nodes(state, grid, position, -1)
    plan_start(state, program, position)


@kernel_apart
def give_up_nodes(state: State, grid: Grid, position: int) -> None:
    """Let the job hold nothing any more."""
    hold_nodes(state, grid, position, 1)
    end_hold(state, position)


@kernel
def holds_node(grid: Grid, holder: int, node: int) -> bool:
    """Whether the node is one of those that the job waits for."""
    first = grid.kept.first[holder]
    for place in range(first, first + grid.requests.nodes[holder]):
        if grid.kept.node[place] == node:
            return True
    return False


# In the future.


@kernel
def waits(state: State, position: int) -> bool:
    """Whether an entry of the running jobs is of one that holds, or that somebody waits for."""
    phase = state.progress.phase[position]
    return phase == HOLDING or (phase == TOLD and state.notices.holder[position] != NOBODY)


@kernel_apart
def then_leave(state: State, grid: Grid, entry: int) -> None:
    """Let such a job have left ``Grid.then``."""
    position = state.running.planned_position[entry]
    holds = state.progress.phase[position] == HOLDING
    holder = position if holds else state.notices.holder[position]
    start = grid.kept.first[holder]
    last = start + grid.requests.nodes[holder]
    for place in range(start, last):
        foresee(grid, grid.kept.node[place])
        _in_room(state, grid, grid.then, holder, grid.kept.node[place], entry, 1)
    if holds:
        return
    first = grid.held.first[position]
    for held in range(first, first + grid.requests.nodes[position]):
        node = grid.held.node[held]
        foresee(grid, node)
        give_share(grid, grid.then, position, node, grid.held.mask[held])
    for place in range(start, last):
        _in_room(state, grid, grid.then, holder, grid.kept.node[place], entry + 1, -1)
