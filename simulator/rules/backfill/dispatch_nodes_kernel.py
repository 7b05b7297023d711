"""Which backfill an opcode means on nodes; the opcodes are those of a pool."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import NEXT_AWAY, Grid
from simulator.kernels.state import (
    CHANGED,
    FAR,
    FIRST_NEW,
    MACHINE,
    NOTHING,
    NOW,
    OUTAGES,
    PASSES,
    Program,
    State,
)
from simulator.kernels.words import has
from simulator.rules.backfill.dispatch_kernel import (
    CONSERVATIVE,
    EASY,
    HELD,
    NONE,
    somebody_fits,
)
from simulator.rules.backfill.held_nodes_kernel import held_nodes_pass
from simulator.rules.backfill.nodes_kernel import easy_nodes_pass, start_heads
from simulator.rules.backfill.places_kernel import places_pass
from simulator.rules.ordering.memory_kernel import remember
from simulator.rules.ordering.reorder_kernel import reorder


@kernel_apart
def note_outages(state: State, grid: Grid) -> None:
    """Set, for each node, when the next known outage begins, and when it is back from the present.

    It is back when the last of its outages ends, if plans know the ends of all of them.
    """
    away_from, back_at = grid.scratch.away_from, grid.scratch.back_at
    outages, now = state.outages, state.counters[NOW]
    grid.totals[NEXT_AWAY] = FAR
    for node in range(len(away_from)):
        away_from[node], back_at[node] = FAR, FAR
        known, back = 0, 0
        for entry in range(state.counters[OUTAGES]):
            if has(grid.away, entry, node):
                if outages.start[entry] > now:
                    away_from[node] = min(away_from[node], outages.start[entry])
                else:
                    known += 1
                    back = max(back, outages.end[entry])
        if known > 0 and known == grid.closings[node]:
            back_at[node] = back
        grid.totals[NEXT_AWAY] = min(grid.totals[NEXT_AWAY], away_from[node])


@kernel
def scheduling_nodes_pass(state: State, grid: Grid, program: Program) -> None:
    """Phase 4 on nodes: one pass over a queue that is not empty."""
    counters = state.counters
    counters[PASSES] += 1
    if program.moving:
        if program.remembers:
            remember(state, program)
        if program.backfill != HELD and not somebody_fits(state):
            return
        reorder(state, program)
    # Whatever an outage does to these notes is a change of the machine.
    if counters[CHANGED] == MACHINE:
        note_outages(state, grid)
    if program.backfill == NONE:
        start_heads(state, grid, program)
    elif program.backfill == EASY:
        easy_nodes_pass(state, grid, program)
    elif program.backfill == CONSERVATIVE:
        places_pass(state, grid, program, FAR)
    elif program.backfill == HELD:
        held_nodes_pass(state, grid, program)
    else:
        places_pass(state, grid, program, program.reservations)
    if program.backfill != HELD:
        counters[CHANGED] = NOTHING
    counters[FIRST_NEW] = FAR
