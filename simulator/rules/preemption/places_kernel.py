"""A pass with preemption on nodes where waiting jobs hold places: victims are tried in the plan."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.future import build_plan
from simulator.kernels.grid import Grid
from simulator.kernels.holds_nodes import keep_choice, tell_on_nodes
from simulator.kernels.holds_plan import plan_hold
from simulator.kernels.occupancy import may_fit, vacate
from simulator.kernels.plan import row_at, share
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.state import HEAD, NOW, TAIL, Program, State
from simulator.rules.backfill.nodes_kernel import start_on_nodes
from simulator.rules.backfill.places_kernel import hold_place, reserve
from simulator.rules.backfill.window_kernel import find_place, fits_plan
from simulator.rules.limits.held_back_kernel import (
    GOES,
    LEFT,
    STOP,
    TRIES,
    reclaims_in_vain,
    verdict,
)
from simulator.rules.preemption.candidates_kernel import gather_on_nodes, note_keys
from simulator.rules.preemption.either_kernel import note_reclaiming
from simulator.rules.preemption.reclaim_kernel import (
    quota_lets,
    still_candidates,
    take_off,
)
from simulator.rules.preemption.stop_nodes_kernel import stop_on_nodes
from simulator.rules.preemption.victims_kernel import (
    begin_pass,
    end_pass,
    may_preempt,
    next_victim,
    spare,
    stay_of,
)


@kernel_apart
def _without(state: State, grid: Grid, program: Program, position: int, sign: int) -> None:
    """Let the plan be without the running job (sign 1), or with it again (−1)."""
    take_off(state, program, position, sign)
    last = row_at(grid, max(state.progress.planned[position], state.counters[NOW] + 1))
    _share_between(grid, position, 0, last, sign)


@kernel_apart
def _share_between(grid: Grid, position: int, since: int, last: int, sign: int) -> None:
    """Give what a running job has back to the rows [since, last) (1), or take it again (−1)."""
    first = grid.held.first[position]
    for entry in range(first, first + grid.requests.nodes[position]):
        word, bit = grid.held.node[entry] >> 6, 1 << (grid.held.node[entry] & 63)
        for row in range(since, last):
            # In a window that it will not live to see, the node is nobody's.
            if grid.plan.at_least[grid.plan.slot[row], 0, word] & bit:
                share(grid, row, position, entry, sign)


@kernel_apart
def _hold_from_now(state: State, grid: Grid, program: Program, position: int, victims: int) -> None:
    """Tell the victims, without whom the plan is, to stop, and let the job hold its nodes."""
    find_place(grid, program, position, stay_of(state, program, position))
    keep_choice(grid, position)
    now, keys = state.counters[NOW], state.rights.keys
    for entry in range(victims):
        other = state.rights.victims[entry]
        _without(state, grid, program, other, -1)
        keys[entry] = max(state.progress.planned[other], now + 1)
    tell_on_nodes(state, grid, program, position, victims)
    for entry in range(victims):
        other = state.rights.victims[entry]
        since = row_at(grid, max(state.progress.planned[other], now + 1))
        _share_between(grid, other, since, row_at(grid, keys[entry]), 1)
    plan_hold(state, grid, position)


@kernel_apart
def _make_room(state: State, grid: Grid, program: Program, position: int) -> bool:
    """Stop victims so that the job fits now beside all places, or nobody.

    With grace they are told to stop, and the job holds its nodes: it has left the queue.
    """
    victims, stay = state.rights.victims, stay_of(state, program, position)
    candidates, chosen = gather_on_nodes(state, grid, program, position), 0
    note_keys(state, grid, program, position, candidates)
    while chosen == 0 or not (
        quota_lets(state, program, position) and fits_plan(grid, position, stay)
    ):
        candidates = still_candidates(state, program, position, chosen, candidates)
        if chosen == candidates:
            for entry in range(chosen):
                _without(state, grid, program, victims[entry], -1)
            return False
        _without(state, grid, program, next_victim(state, chosen, candidates), 1)
        chosen += 1
    for entry in range(chosen - 1, -1, -1):
        other = victims[entry]
        _without(state, grid, program, other, -1)
        if quota_lets(state, program, position) and fits_plan(grid, position, stay):
            chosen = spare(state, entry, chosen)
        else:
            _without(state, grid, program, other, 1)
    if program.grace:
        _hold_from_now(state, grid, program, position, chosen)
        return True
    for entry in range(chosen):
        take_off(state, program, victims[entry], -1)
    note_reclaiming(state, program, position, chosen)
    for entry in range(chosen):
        vacate(state, grid, victims[entry])
        stop_on_nodes(state, grid, program, victims[entry])
    return True


@kernel_apart
def preempting_places_pass(state: State, grid: Grid, program: Program, reservations: int) -> None:
    """Go down the queue: start who fits, or can be made to fit; give a place to the first k others.

    A job tries to preempt at its turn, beside the places of those before it.
    """
    queue, counters, preempted = state.queue, state.counters, False
    now, placed = counters[NOW], 0
    begin_pass(state, program)
    build_plan(state, grid)
    kept = place = counters[HEAD]
    while place < counters[TAIL]:
        position, walltime = queue.position[place], queue.walltime[place]
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says == LEFT:
            place += 1
            continue
        goes = says == GOES and may_fit(grid, position) and fits_plan(grid, position, walltime)
        if not goes and may_preempt(state, program, position):
            goes = _make_room(state, grid, program, position)
            preempted = preempted or goes
            if goes and program.grace:
                place += 1
                continue
        if goes:
            find_place(grid, program, position, walltime)
            reserve(grid, position, now, walltime)
            start_on_nodes(state, grid, program, position)
            place += 1
            continue
        if says == TRIES:
            if reclaims_in_vain(state, program, position) == STOP:
                break
            place += 1
            continue
        if placed < reservations:
            hold_place(grid, program, position, walltime)
            placed += 1
        keep(state, kept, place)
        kept += 1
        place += 1
    close_gap(state, kept, place)
    end_pass(state, program, preempted)
