"""Passes on nodes without places: nobody overtakes, or only who leaves the head its shadow time."""

from __future__ import annotations

from simulator.kernels import running
from simulator.kernels.checkpoints import needed
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import HEEDED, SETTLED, Grid
from simulator.kernels.occupancy import may_fit, note_type, occupy
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import (
    CHANGED,
    FIRST_NEW,
    FREE,
    HEAD,
    HEAD_JOB,
    NOTHING,
    NOW,
    OUTAGES,
    SHADOW,
    TAIL,
    UNKNOWN,
    Program,
    State,
)
from simulator.rules.backfill.head_kernel import heed_head
from simulator.rules.backfill.kinds_kernel import (
    begin_walk,
    forget_kinds,
    latest_end,
    note_refusal,
)
from simulator.rules.backfill.shadow_kernel import (
    find_shadow,
    leaves_the_head_enough,
)
from simulator.rules.limits.held_back_kernel import GOES, STOP, verdict
from simulator.rules.placement.dispatch_kernel import choose_now


@kernel
def start_on_nodes(state: State, grid: Grid, program: Program, position: int) -> None:
    """Start a job on the nodes in ``Scratch.choice``."""
    if program.accounting:
        note_type(state, grid, position)
    occupy(state, grid, position)
    running.start_for(state, program, position, needed(state, grid, position))


@kernel
def may_start(state: State, grid: Grid, place: int) -> bool:
    """A cheap look at whether the job at ``place`` of the queue can start now."""
    return state.queue.gpus[place] <= state.counters[FREE] and may_fit(
        grid, state.queue.position[place]
    )


@kernel
def fits_now(state: State, grid: Grid, program: Program, place: int) -> bool:
    """Whether the job at ``place`` of the queue can start now; its nodes are chosen then."""
    return may_start(state, grid, place) and choose_now(
        state, grid, program, state.queue.position[place], state.queue.walltime[place]
    )


@kernel
def worth_a_choice(state: State, grid: Grid, place: int) -> bool:
    """A cheap look at whether a job behind the head can start now and leave the head its time."""
    end = state.counters[NOW] + state.queue.walltime[place]
    return (
        end <= latest_end(grid, state.queue.position[place])
        and state.queue.gpus[place] <= state.counters[FREE]
    )


@kernel
def may_go(state: State, grid: Grid, program: Program, place: int) -> bool:
    """Whether a job behind the head fits now; its nodes are chosen then. ``begin_walk`` first."""
    if not worth_a_choice(state, grid, place):
        return False
    if program.avoid_head and grid.totals[HEEDED] == 0:
        heed_head(state, grid, program)
    position, walltime = state.queue.position[place], state.queue.walltime[place]
    return choose_now(state, grid, program, position, walltime)


@kernel_apart
def start_heads(state: State, grid: Grid, program: Program) -> bool:
    """Start heads while they fit; false if limits stop the queue at one."""
    queue, counters = state.queue, state.counters
    while counters[HEAD] < counters[TAIL]:
        head = counters[HEAD]
        says = verdict(state, program, queue.position[head])
        if says == STOP:
            return False
        if says == GOES:
            if not fits_now(state, grid, program, head):
                return True
            start_on_nodes(state, grid, program, queue.position[head])
        counters[HEAD] = head + 1
    return True


@kernel
def _overtake(state: State, grid: Grid, program: Program, first: int) -> None:
    """Walk down the queue from ``first`` once and start whoever does not delay the head."""
    queue, counters, totals = state.queue, state.counters, grid.totals
    now, tail = counters[NOW], counters[TAIL]
    kept = place = first
    begin_walk(state, grid)
    while place < tail:
        position, goes = queue.position[place], False
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says == GOES and may_go(state, grid, program, place):
            if counters[SHADOW] == UNKNOWN:
                find_shadow(state, grid)
            goes = now + queue.walltime[place] <= counters[SHADOW]
            if not goes:
                goes = leaves_the_head_enough(state, grid, position)
                if not goes:
                    # 2 stays 2: a job refused earlier in this walk is still to be asked again.
                    totals[SETTLED] = max(totals[SETTLED], 1)
                    note_refusal(state, grid, position)
        if goes:
            start_on_nodes(state, grid, program, position)
            forget_kinds(grid)
            totals[HEEDED] = 0
            # Whoever was refused for the head's sake may now be offered other nodes.
            if totals[SETTLED] == 1:
                totals[SETTLED] = 2
        elif says == GOES:
            keep(state, kept, place)
            kept += 1
        place += 1
    totals[HEEDED] = 0
    if kept != place:
        close_gap(state, kept, place)


@kernel_apart
def easy_nodes_pass(state: State, grid: Grid, program: Program) -> None:
    """EASY on nodes: a candidate is placed among what is free now, and only its first choice tried.

    It starts if it ends by the shadow time, or if the head still has a placement then. Where only
    arrivals came since the last pass and the head is the same, only they are looked at, unless a
    job refused for the head's sake was followed by a start: that may have changed its first choice.
    So may time alone, where nodes are to be drained.
    """
    queue, counters, totals = state.queue, state.counters, grid.totals
    same_head = (
        counters[CHANGED] == NOTHING
        and totals[SETTLED] != 2
        and counters[HEAD_JOB] == queue.position[counters[HEAD]]
        and (counters[SHADOW] > counters[NOW] or counters[SHADOW] == UNKNOWN)
    )
    first = counters[HEAD] + 1
    if same_head:
        if not program.moving and (totals[SETTLED] == 0 or counters[OUTAGES] == 0):
            first = min(max(first, counters[HEAD] + counters[FIRST_NEW]), counters[TAIL])
    else:
        totals[SETTLED] = 0
        if not start_heads(state, grid, program):
            counters[HEAD_JOB] = -1
            return
        forget_kinds(grid)
        if counters[HEAD] == counters[TAIL]:
            return
        counters[HEAD_JOB], counters[SHADOW] = queue.position[counters[HEAD]], UNKNOWN
        first = counters[HEAD] + 1
    _overtake(state, grid, program, first)
