"""Which pass is made on nodes."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.state import (
    CHANGED,
    DUE,
    ENDS,
    MACHINE,
    STARTED,
    WAKE,
    WANTED,
    Program,
    State,
)
from simulator.rules.backfill.dispatch_kernel import EASY, NONE, places_of
from simulator.rules.backfill.dispatch_nodes_kernel import note_outages, scheduling_nodes_pass
from simulator.rules.preemption.idle_kernel import next_wanted
from simulator.rules.preemption.nodes_kernel import preempting_nodes_pass
from simulator.rules.preemption.places_kernel import preempting_places_pass
from simulator.rules.preemption.victims_kernel import outranked, somebody_may_be_stopped


@kernel_apart
def _preempting(state: State, grid: Grid, program: Program) -> None:
    if state.counters[CHANGED] == MACHINE:
        note_outages(state, grid)
    if program.backfill in (NONE, EASY):
        preempting_nodes_pass(state, grid, program)
    else:
        preempting_places_pass(state, grid, program, places_of(program))


@kernel
def pass_on_nodes(state: State, grid: Grid, program: Program) -> None:
    """Phase 4 over a queue that is not empty."""
    if program.preemption and somebody_may_be_stopped(state, program):
        _preempting(state, grid, program)
        return
    started = state.counters[STARTED]
    scheduling_nodes_pass(state, grid, program)
    if program.preemption == WANTED:
        state.counters[WAKE] = next_wanted(state, program)
    elif program.preemption and state.counters[STARTED] > started and outranked(state):
        # Who has just started can be stopped: by those, too, who were refused before.
        state.counters[DUE], state.counters[CHANGED] = 1, ENDS
