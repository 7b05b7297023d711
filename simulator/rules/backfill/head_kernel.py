"""Which nodes the head would get at its shadow time, for candidates that keep clear of them."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.grid import HEEDED, Grid
from simulator.kernels.state import FAR, HEAD, SHADOW, UNKNOWN, Program, State
from simulator.rules.backfill.shadow_kernel import find_shadow, head_can_use
from simulator.rules.placement.dispatch_kernel import choose_in


@kernel_apart
def heed_head(state: State, grid: Grid, program: Program) -> None:
    """Mark the nodes that the placement would choose for the head at its shadow time.

    None if it has no shadow time. ``Grid.then`` holds who has been let in beside it.
    """
    scratch, counters = grid.scratch, state.counters
    if counters[SHADOW] == UNKNOWN:
        find_shadow(state, grid)
    for node in range(len(scratch.head)):
        scratch.head[node] = 0
    if counters[SHADOW] < FAR:
        head = state.queue.position[counters[HEAD]]
        allowed = grid.site.allowed[grid.requests.allowed[head]]
        for node in range(len(allowed)):
            scratch.usable[node] = (
                1 if allowed[node] and head_can_use(state, grid, head, node) else 0
            )
        choose_in(grid, program, grid.then, head)
        for place in range(grid.requests.nodes[head]):
            scratch.head[scratch.choice[place]] = 1
    grid.totals[HEEDED] = 1
