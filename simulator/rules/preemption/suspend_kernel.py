"""Preemption by suspension on nodes: a trial in which others have the CPUs of suspended jobs.

Who is suspended stands aside for all who outrank it, and goes on later than it would have. Behind a
head nobody is let in by that unless the head has enough at its time with all suspended jobs still
there: so its time never grows.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.going_on import lend
from simulator.kernels.grid import HEAD_NODES, Grid
from simulator.kernels.occupancy import give_share, mask_for, take_share
from simulator.kernels.standing_still import stand_still
from simulator.kernels.state import FAR, HEAD, NOW, SHADOW, State
from simulator.kernels.suspensions import ASIDE, LENT
from simulator.rules.backfill.shadow_kernel import count_head_nodes, leaves_the_head_enough
from simulator.rules.preemption.how_kernel import SUSPEND


@kernel
def is_suspended_by(state: State, position: int) -> bool:
    """Whether preemption suspends the job."""
    return state.rights.how[position] == SUSPEND


@kernel_apart
def _stay(state: State, grid: Grid, position: int, sign: int) -> None:
    """Let a job that will have left by the head's time be there then (1), or not (−1)."""
    if max(state.progress.planned[position], state.counters[NOW] + 1) > state.counters[SHADOW]:
        return
    first = grid.held.first[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        node, mask = grid.held.node[entry], grid.held.mask[entry]
        if sign > 0:
            take_share(grid, grid.then, position, node, mask)
        else:
            give_share(grid, grid.then, position, node, mask)


@kernel_apart
def stand_aside(state: State, grid: Grid, position: int, behind: bool, sign: int) -> None:
    """For a trial, let a job that would be suspended be so (1), or run again (−1)."""
    lend(grid, position, sign)
    state.suspensions.counts[LENT] += sign
    if behind:
        _stay(state, grid, position, sign)


@kernel_apart
def let_stand_aside(state: State, grid: Grid, position: int, sign: int) -> None:
    """Let the job have the CPUs of the suspended jobs that it outranks (1), or no more (−1)."""
    suspensions, rank = state.suspensions, state.rights.rank
    for place in range(suspensions.counts[ASIDE]):
        other = suspensions.line[place]
        if rank[other] > rank[position]:
            lend(grid, other, sign)
            suspensions.counts[LENT] += sign


@kernel
def _all_stay(state: State, grid: Grid, sign: int) -> None:
    for place in range(state.suspensions.counts[ASIDE]):
        _stay(state, grid, state.suspensions.line[place], sign)


@kernel
def recount_head(state: State, grid: Grid) -> None:
    """Count the nodes that the head could use at its time anew."""
    head = state.queue.position[state.counters[HEAD]]
    grid.totals[HEAD_NODES] = count_head_nodes(state, grid, head)


@kernel
def _beside(state: State, grid: Grid, position: int) -> bool:
    """Whether the head has enough beside the job on its chosen nodes."""
    if not leaves_the_head_enough(state, grid, position):
        return False
    for place in range(grid.requests.nodes[position]):
        node = grid.scratch.choice[place]
        give_share(grid, grid.then, position, node, mask_for(grid, position, node))
    return True


@kernel_apart
def head_keeps(state: State, grid: Grid, position: int, stay: int) -> bool:
    """Whether the job on its chosen nodes leaves the head its shadow time."""
    counters = state.counters
    lent, gone = state.suspensions.counts[LENT] > 0, counters[NOW] + stay <= counters[SHADOW]
    if counters[SHADOW] == FAR or (gone and not lent):
        return True
    if lent:
        _all_stay(state, grid, 1)
    recount_head(state, grid)
    head = state.queue.position[counters[HEAD]]
    enough = grid.totals[HEAD_NODES] >= grid.requests.nodes[head]
    if not gone:
        enough = _beside(state, grid, position)
    if lent:
        _all_stay(state, grid, -1)
    return enough


@kernel_apart
def suspend_on_nodes(state: State, grid: Grid, position: int) -> None:
    """Suspend a victim, which lends its CPUs no more: who stops it will have them."""
    stand_aside(state, grid, position, False, -1)
    state.rights.times[position] += 1
    state.suspensions.times[position] += 1
    stand_still(state, position)
