"""Preemption with grace on nodes."""

from __future__ import annotations

from simulator.kernels.checkpoints import keep_work, needed
from simulator.kernels.compiling import kernel_apart
from simulator.kernels.grid import Grid
from simulator.kernels.holds_nodes import (
    choose_kept,
    give_up_nodes,
    gone_from_nodes,
    hold_nodes,
    holds_node,
    lift_hold,
)
from simulator.kernels.occupancy import vacate
from simulator.kernels.running import end
from simulator.kernels.state import BUSY, HOLDING, HOLDS, Program, State
from simulator.kernels.words import has
from simulator.rules.backfill.nodes_kernel import start_on_nodes
from simulator.rules.preemption.grace_kernel import (
    end_told,
    is_stopped,
    leave_hold,
    next_holder,
    queue_holder,
)
from simulator.rules.preemption.how_kernel import CHECKPOINT


@kernel_apart
def leave_in_grace(state: State, grid: Grid, program: Program, position: int) -> None:
    """The end of a job has come: its own, or that of its grace."""
    lift_hold(state, grid, position)
    if is_stopped(state, position):
        how = state.notices.how[position]
        kept = keep_work(state, grid, position) if how == CHECKPOINT else 0
        end_told(state, program, position, kept)
    else:
        end(state, program, position, needed(state, grid, position))
    vacate(state, grid, position)
    gone_from_nodes(state, grid, program, position)


@kernel_apart
def start_holders_on_nodes(state: State, grid: Grid, program: Program) -> None:
    """Start, before the pass, whoever has waited for victims that have all gone."""
    position = next_holder(state, True)
    while position >= 0:
        hold_nodes(state, grid, position, 1)
        leave_hold(state, position)
        choose_kept(grid, position)
        start_on_nodes(state, grid, program, position)
        position = next_holder(state, True)


@kernel_apart
def give_up_holds_of(state: State, grid: Grid, program: Program, node: int) -> None:
    """A node goes: whoever holds any of it is considered again."""
    entry = 0
    while entry < state.counters[BUSY]:
        position = state.running.planned_position[entry]
        if state.progress.phase[position] == HOLDING and holds_node(grid, position, node):
            give_up_nodes(state, grid, position)
            queue_holder(state, program, position)
            entry = -1
        entry += 1


@kernel_apart
def give_up_all_holds(state: State, grid: Grid, program: Program) -> None:
    """Nobody holds anything any more, and those who did are considered again."""
    while state.counters[HOLDS] > 0:
        position = next_holder(state, False)
        give_up_nodes(state, grid, position)
        queue_holder(state, program, position)


@kernel_apart
def reconsider_holds_of(state: State, grid: Grid, program: Program, outage: int) -> None:
    """An outage has become known: who would run into it is considered again."""
    for node in range(len(grid.closings)):
        if not has(grid.away, outage, node):
            continue
        entry, start = 0, state.outages.start[outage]
        while entry < state.counters[BUSY]:
            position = state.running.planned_position[entry]
            if (
                state.progress.phase[position] == HOLDING
                and state.running.planned[entry] > start
                and holds_node(grid, position, node)
            ):
                give_up_nodes(state, grid, position)
                queue_holder(state, program, position)
                entry = -1
            entry += 1
