"""What a probe asks of a machine between two passes: the order, a plan, an empty machine."""

from __future__ import annotations

from simulator.engine.advance_kernel import arrive, make_ready, next_instant
from simulator.kernels import profile
from simulator.kernels.compiling import kernel_entry
from simulator.kernels.future import build_plan
from simulator.kernels.grid import Grid
from simulator.kernels.limit_book import lateness, stands_behind
from simulator.kernels.limits import NONE
from simulator.kernels.occupancy import fill, list_anew
from simulator.kernels.queue import insert, sort
from simulator.kernels.state import (
    BUSY,
    CAPACITY,
    FIRST_NEW,
    FREE,
    HEAD,
    HOLDS,
    NOW,
    SHADOW,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.places_kernel import hold_place, rows_needed
from simulator.rules.backfill.reservations_kernel import hold
from simulator.rules.backfill.shadow_kernel import find_shadow
from simulator.rules.backfill.window_kernel import find_place
from simulator.rules.limits.held_back_kernel import holding
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.memory_kernel import remember
from simulator.rules.ordering.reorder_kernel import reorder

NO_PLACE = -1


@kernel_entry
def next_event(state: State, program: Program) -> int:
    """When something happens next that the kernels handle; FAR if nothing will."""
    return next_instant(state, program)


@kernel_entry
def into_order(state: State, program: Program, now: int) -> None:
    """Phases 2 and 3 at ``now``, whose phase 1 is done, and the order that its pass goes by."""
    counters = state.counters
    counters[NOW] = now
    arrive(state, program)
    make_ready(state, program)
    if program.moving and counters[HEAD] < counters[TAIL]:
        if program.remembers:
            remember(state, program)
        reorder(state, program)


@kernel_entry
def held_by_limits(state: State, position: int) -> bool:
    """Whether the job would break a limit by starting now."""
    return holding(state, position) != NONE


@kernel_entry
def let_in(state: State, program: Program, position: int) -> None:
    """Put a waiting job that is not in the queue into it."""
    insert(state, position, priority(state, program, position))


@kernel_entry
def is_behind(state: State, position: int) -> bool:
    """Whether a budget lets the job stand behind all others; only where one may."""
    return stands_behind(state, position) == 1


@kernel_entry
def seconds_late(state: State, position: int) -> int:
    """By how much budgets count the job as submitted later; only where one may."""
    return lateness(state, position)


@kernel_entry
def order_anew(state: State, program: Program, position: int, late: int) -> None:
    """The order once more, in which a job of the queue stands elsewhere; ``late``: seconds by which
    it counted as submitted later, and does no more."""
    queue, counters = state.queue, state.counters
    if program.moving:
        reorder(state, program)
    else:
        for place in range(counters[HEAD], counters[TAIL] if late > 0 else 0):
            if queue.position[place] == position:
                queue.key[place] = priority(state, program, position)
        sort(state)
    counters[FIRST_NEW] = 0


@kernel_entry
def empty_nodes(state: State, grid: Grid) -> None:
    """Let nobody hold anything on the nodes that are up."""
    for node in range(len(grid.closings)):
        if grid.closings[node] == 0:
            before = grid.now.free[node]
            fill(grid, grid.now, node)
            grid.now.sliced[node] = 0
            grid.gpu_mask[node] = (1 << grid.site.gpus[node]) - 1
            list_anew(grid, node, before)
    counters = state.counters
    counters[BUSY] = counters[HOLDS] = 0
    counters[FREE] = counters[CAPACITY]


@kernel_entry
def place_on_pool(state: State, ahead: int) -> int:
    """The planned start of the job behind the first ``ahead`` of the queue, who hold places; FAR if
    there is none."""
    queue, counters = state.queue, state.counters
    profile.build(state.profile, state.running, state.outages, counters)
    mine = counters[HEAD] + ahead
    for place in range(counters[HEAD], mine):
        hold(state, place)
    return profile.earliest(state.profile, counters, queue.gpus[mine], queue.walltime[mine])


@kernel_entry
def shadow_time(state: State, grid: Grid) -> int:
    """When the head of the queue can be placed at the latest; FAR if never."""
    find_shadow(state, grid)
    return state.counters[SHADOW]


@kernel_entry
def rows_of_plan(state: State) -> int:
    """More rows than the plan of a pass over the present queue can need."""
    return rows_needed(state)


@kernel_entry
def place_on_nodes(state: State, grid: Grid, program: Program, ahead: int) -> int:
    """As ``place_on_pool``, on nodes; NO_PLACE if there is none."""
    queue, mine = state.queue, state.counters[HEAD] + ahead
    build_plan(state, grid)
    for place in range(state.counters[HEAD], mine):
        hold_place(grid, program, queue.position[place], queue.walltime[place])
    row = find_place(grid, program, queue.position[mine], queue.walltime[mine])
    return grid.plan.time[row] if row >= 0 else NO_PLACE
