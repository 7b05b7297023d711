"""Which backfill an opcode means on nodes; the opcodes are those of a pool."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.grid import Grid
from simulator.kernels.state import (
    CHANGED,
    FAR,
    FIRST_NEW,
    NOTHING,
    NOW,
    OUTAGES,
    PASSES,
    Program,
    State,
)
from simulator.rules.backfill.dispatch_kernel import (
    CONSERVATIVE,
    EASY,
    NONE,
    reorder,
    somebody_fits,
)
from simulator.rules.backfill.nodes_kernel import easy_nodes_pass, start_heads
from simulator.rules.backfill.places_kernel import places_pass


@kernel
def _note_outages(state: State, grid: Grid) -> None:
    """Set, for each node, when the next known outage begins."""
    away_from, outages = grid.scratch.away_from, state.outages
    away_from[:] = FAR
    for entry in range(state.counters[OUTAGES]):
        if outages.start[entry] > state.counters[NOW]:
            for node in range(len(away_from)):
                if grid.away[entry, node]:
                    away_from[node] = min(away_from[node], outages.start[entry])


@kernel
def scheduling_nodes_pass(state: State, grid: Grid, program: Program) -> None:
    """Phase 4 on nodes: one pass over a queue that is not empty."""
    counters = state.counters
    counters[PASSES] += 1
    if program.moving:
        if not somebody_fits(state):
            return
        reorder(state, program)
    if counters[OUTAGES] > 0:
        _note_outages(state, grid)
    if program.backfill == NONE:
        start_heads(state, grid, program)
    elif program.backfill == EASY:
        easy_nodes_pass(state, grid, program)
    elif program.backfill == CONSERVATIVE:
        places_pass(state, grid, program, FAR)
    else:
        places_pass(state, grid, program, program.reservations)
    counters[CHANGED] = NOTHING
    counters[FIRST_NEW] = FAR
