"""When suspended jobs go on on their nodes: as soon as nobody who runs has their CPUs.

A suspended job counts as holding its CPUs still, on top of who has them meanwhile: so a node may
have less than none free, and nobody gets what suspended jobs wait for but who outranks them.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.ends import enter, forget
from simulator.kernels.grid import PLENTY, Grid
from simulator.kernels.occupancy import foresee
from simulator.kernels.standing_still import go_on
from simulator.kernels.state import BUSY, CHANGED, ENDS, FAR, NOW, State
from simulator.kernels.suspensions import ASIDE


@kernel_apart
def lend(grid: Grid, position: int, sign: int) -> None:
    """Let others have the job's CPUs (1), or no more (−1)."""
    if grid.totals[PLENTY]:
        return
    first, cpus = grid.held.first[position], grid.requests.cpus[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        foresee(grid, grid.held.node[entry])
        grid.now.cpus[grid.held.node[entry]] += sign * cpus


@kernel
def _count_idle(state: State, grid: Grid) -> None:
    """Set ``Scratch.idle`` to the CPUs of each node that no running job has."""
    idle, suspensions = grid.scratch.idle, state.suspensions
    for node in range(len(idle)):
        idle[node] = grid.now.cpus[node]
    for place in range(suspensions.counts[ASIDE]):
        _leave_idle(grid, suspensions.line[place], 1)


@kernel
def _leave_idle(grid: Grid, position: int, sign: int) -> None:
    first, cpus = grid.held.first[position], grid.requests.cpus[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        grid.scratch.idle[grid.held.node[entry]] += sign * cpus


@kernel
def _may_go_on(grid: Grid, position: int) -> bool:
    """Whether its CPUs are idle on all of its nodes."""
    first, cpus = grid.held.first[position], grid.requests.cpus[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        if grid.scratch.idle[grid.held.node[entry]] < cpus:
            return False
    return True


@kernel_apart
def let_go_on(state: State, grid: Grid) -> None:
    """Before the pass: in their order, let those go on whose CPUs are idle."""
    suspensions, place = state.suspensions, 0
    _count_idle(state, grid)
    while place < suspensions.counts[ASIDE]:
        position = suspensions.line[place]
        if _may_go_on(grid, position):
            _leave_idle(grid, position, -1)
            go_on(state, position)
        else:
            place += 1
    expect_to_go_on(state, grid)


@kernel
def _expect(state: State, grid: Grid, when: int) -> int:
    """Let plans expect those to go on at ``when`` who can then, but not before: they have no
    planned end yet. Returns how many."""
    suspensions, found = state.suspensions, 0
    for place in range(suspensions.counts[ASIDE]):
        position = suspensions.line[place]
        if state.progress.planned[position] == FAR and _may_go_on(grid, position):
            _leave_idle(grid, position, -1)
            end = when + max(suspensions.rest[position], 1)
            enter(state, position, end, state.columns.gpus[position])
            found += 1
    return found


@kernel_apart
def expect_to_go_on(state: State, grid: Grid) -> None:
    """Let plans know when suspended jobs will end: they go on as who runs leaves, as planned.

    That comes true if nothing but planned ends happens, since nobody takes CPUs that a suspended
    job waits for but by preemption.
    """
    running, counters, suspensions = state.running, state.counters, state.suspensions
    waiting, entry, soonest = suspensions.counts[ASIDE], 0, counters[NOW] + 1
    if waiting == 0:
        return
    counters[CHANGED] = max(counters[CHANGED], ENDS)
    _count_idle(state, grid)
    for place in range(waiting):
        forget(state, suspensions.line[place])
        state.progress.planned[suspensions.line[place]] = FAR
    waiting -= _expect(state, grid, counters[NOW])
    while waiting > 0 and entry < counters[BUSY]:
        when = max(running.planned[entry], soonest)
        while entry < counters[BUSY] and max(running.planned[entry], soonest) == when:
            _leave_idle(grid, running.planned_position[entry], 1)
            entry += 1
        waiting -= _expect(state, grid, when)
