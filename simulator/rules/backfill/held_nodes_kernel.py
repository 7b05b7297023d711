"""Conservative backfilling on nodes that keeps its places, with their nodes.

A job moves only to an earlier place. The plan is made of the running jobs and the places anew at
each pass; what is kept are the promises.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.future import build_plan
from simulator.kernels.grid import Grid
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    FAR,
    HEAD,
    LOGGED,
    MACHINE,
    NEXT_PLACE,
    NOTHING,
    NOW,
    PLACE,
    SEEN,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.nodes_kernel import start_on_nodes
from simulator.rules.backfill.places_kernel import give_up, reserve
from simulator.rules.backfill.window_kernel import find_place
from simulator.rules.limits.held_back_kernel import GOES, verdict


@kernel
def _choose_kept(grid: Grid, position: int) -> None:
    """Choose the nodes of the job's place."""
    first = grid.kept.first[position]
    for place in range(grid.requests.nodes[position]):
        grid.scratch.choice[place] = grid.kept.node[first + place]


@kernel
def _keep_chosen(grid: Grid, position: int) -> None:
    """Let the chosen nodes be those of the job's place."""
    first = grid.kept.first[position]
    for place in range(grid.requests.nodes[position]):
        grid.kept.node[first + place] = grid.scratch.choice[place]


@kernel_apart
def _improve(state: State, grid: Grid, program: Program, position: int) -> None:
    """Give the job the earliest place beside all others, if it is earlier than the one it has."""
    walltime, before = state.columns.walltime[position], state.progress.place[position]
    if before < FAR:
        _choose_kept(grid, position)
        give_up(grid, position, before, walltime)
    row = find_place(grid, program, position, walltime)
    if row >= 0 and grid.plan.time[row] < before:
        state.progress.place[position] = grid.plan.time[row]
        _keep_chosen(grid, position)
    if state.progress.place[position] < FAR:
        _choose_kept(grid, position)
        reserve(grid, position, state.progress.place[position], walltime)


@kernel_apart
def _somebody_ended_early(state: State) -> bool:
    """Whether an attempt has ended before its planned end since the last pass."""
    log, counters, early = state.log, state.counters, False
    for entry in range(counters[SEEN], counters[LOGGED]):
        length = max(state.columns.walltime[log.position[entry]], 1)
        early = early or log.start[entry] + length > counters[NOW]
    counters[SEEN] = counters[LOGGED]
    return early


@kernel_apart
def _start_due(state: State, grid: Grid, program: Program) -> None:
    """Start every job whose place has come, and note when the next one will."""
    queue, progress, counters = state.queue, state.progress, state.counters
    counters[NEXT_PLACE] = FAR
    kept = counters[HEAD]
    for place in range(counters[HEAD], counters[TAIL]):
        position = queue.position[place]
        when = progress.place[position]
        if when <= counters[NOW] and verdict(state, program, position) != GOES:
            # It has given up its place.
            continue
        if when <= counters[NOW]:
            progress.place[position] = FAR
            _choose_kept(grid, position)
            start_on_nodes(state, grid, program, position)
        else:
            counters[NEXT_PLACE] = min(counters[NEXT_PLACE], when)
            keep(state, kept, place)
            kept += 1
    close_gap(state, kept, counters[TAIL])


@kernel_apart
def held_nodes_pass(state: State, grid: Grid, program: Program) -> None:
    """Move jobs up where places came free, place new ones, start those that are due.

    Where the machine has changed, or a job has outrun its walltime, places may be void: then none
    is kept.
    """
    queue, progress, counters = state.queue, state.progress, state.counters
    overrun = counters[BUSY] > 0 and state.running.planned[0] <= counters[NOW]
    void = counters[CHANGED] == MACHINE or overrun
    early = _somebody_ended_early(state) or counters[CHANGED] == PLACE
    build_plan(state, grid)
    for entry in range(counters[HEAD], counters[TAIL]):
        position = queue.position[entry]
        if void:
            progress.place[position] = FAR
        if progress.place[position] < FAR:
            _choose_kept(grid, position)
            reserve(grid, position, progress.place[position], queue.walltime[entry])
    for entry in range(counters[HEAD], counters[TAIL]):
        position = queue.position[entry]
        if early or progress.place[position] == FAR:
            _improve(state, grid, program, position)
    counters[CHANGED] = NOTHING
    _start_due(state, grid, program)
