"""What happenings may do to nodes: take one away with all that runs on it, bring it back."""

from __future__ import annotations

from simulator.engine.verbs_kernel import mark
from simulator.kernels.checkpoints import keep_work
from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.holds_nodes import gone_from_nodes, lift_hold
from simulator.kernels.occupancy import close_node, open_node, vacate
from simulator.kernels.queue import insert
from simulator.kernels.running import enqueue, interrupt
from simulator.kernels.standing_still import go_on
from simulator.kernels.state import (
    BUSY,
    FAILED,
    HOLDING,
    HOLDS,
    REQUEUED,
    SUSPENDED,
    Program,
    State,
)
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.preemption.grace_nodes_kernel import give_up_holds_of, reconsider_holds_of


@kernel_apart
def tenant(state: State, grid: Grid, node: int) -> int:
    """The running job of the highest position on a node; −1 if there is none."""
    running, held, requests = state.running, grid.held, grid.requests
    found = -1
    for entry in range(state.counters[BUSY]):
        position = running.planned_position[entry]
        if state.progress.phase[position] == HOLDING:
            continue
        first = held.first[position]
        for place in range(first, first + requests.nodes[position]):
            if held.node[place] == node:
                found = max(found, position)
    return found


@kernel
def _kill(
    state: State, grid: Grid, program: Program, position: int, requeues: int, cause: int
) -> None:
    """End a running job before its time; it returns to the queue unless it has so often enough."""
    if state.progress.phase[position] == SUSPENDED:
        go_on(state, position)
    again = state.progress.requeues[position] < requeues
    kept = keep_work(state, grid, position) if again else 0
    if program.told:
        lift_hold(state, grid, position)
    interrupt(state, program, position, REQUEUED if again else FAILED, cause, kept)
    vacate(state, grid, position)
    if program.told:
        gone_from_nodes(state, grid, program, position)
    if again:
        grid.totals[BOOKED] += grid.requests.nodes[position]
        state.progress.requeues[position] += 1
        enqueue(state, position)
        insert(state, position, priority(state, program, position))


@kernel_entry
def take_node(
    state: State, grid: Grid, program: Program, now: int, node: int, requeues: int, cause: int
) -> None:
    """Take a node away; its jobs are killed, and who holds any of it gives up.

    They go back to the queue with their submit and position, or are lost if they have gone back
    ``requeues`` times.
    """
    mark(state, now)
    if state.counters[HOLDS] > 0:
        give_up_holds_of(state, grid, program, node)
    while grid.closings[node] == 0:
        position = tenant(state, grid, node)
        if position < 0:
            break
        _kill(state, grid, program, position, requeues, cause)
    close_node(state, grid, node)
    mark(state, now)


@kernel_entry
def reconsider_nodes(state: State, grid: Grid, program: Program, entry: int) -> None:
    """Let jobs that hold nodes give up if they would run into this entry of the outages."""
    reconsider_holds_of(state, grid, program, entry)


@kernel_entry
def give_node_back(state: State, grid: Grid, now: int, node: int) -> None:
    """End one of a node's outages."""
    mark(state, now)
    open_node(state, grid, node)
