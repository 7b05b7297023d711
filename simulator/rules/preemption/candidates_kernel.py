"""Who may have to stop for a job on nodes, all of them, and what orders them."""

from __future__ import annotations

from simulator.kernels.checkpoints import seconds_saved
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import (
    COUNTED_LATER,
    FOR_RANK,
    GATHERED,
    OF_VICTIMS,
    STALE,
    VICTIMS,
    Grid,
)
from simulator.kernels.occupancy import uncharged
from simulator.kernels.state import BUSY, FREE, NOW, Program, State
from simulator.kernels.time_run import began
from simulator.rules.backfill.kinds_kernel import forget_kinds
from simulator.rules.preemption.hope_kernel import count_gain, count_later
from simulator.rules.preemption.order_kernel import CHEAPEST
from simulator.rules.preemption.reclaim_kernel import quotas_count
from simulator.rules.preemption.suspend_kernel import is_suspended_by
from simulator.rules.preemption.victims_kernel import key_of, may_be_stopped

_NEVER = -1


@kernel
def forget_victims(grid: Grid) -> None:
    """Time has passed, or somebody has been stopped: they have to be listed anew."""
    grid.totals[GATHERED] = _NEVER


@kernel_apart
def _gather(state: State, grid: Grid, program: Program, position: int) -> None:
    """List the possible victims, and what units they have."""
    rights, totals, found, units = state.rights, grid.totals, 0, 0
    for entry in range(state.counters[BUSY]):
        other = state.running.planned_position[entry]
        if may_be_stopped(state, program, other, position):
            if is_suspended_by(state, other) and grid.requests.exclusive[other]:
                continue
            rights.victims[found] = other
            units += state.columns.gpus[other]
            if grid.requests.exclusive[other]:
                units += uncharged(state, grid, other)
            found += 1
    totals[GATHERED] = totals[COUNTED_LATER] = _NEVER
    totals[VICTIMS], totals[OF_VICTIMS] = found, units


@kernel
def have_too_little(state: State, grid: Grid, position: int) -> bool:
    """Whether even all who are listed and what is free are not enough for the job."""
    return state.counters[FREE] + grid.totals[OF_VICTIMS] < state.columns.gpus[position]


@kernel
def gather_on_nodes(state: State, grid: Grid, program: Program, position: int) -> int:
    """List the possible victims; returns how many, 0 if even all have too few units."""
    _gather(state, grid, program, position)
    return 0 if have_too_little(state, grid, position) else grid.totals[VICTIMS]


@kernel
def gather_and_count(
    state: State, grid: Grid, program: Program, position: int, behind: bool
) -> int:
    """List the possible victims and count what they have on each node; returns how many.

    ``behind``: and what they would have there at the head's time. Where all jobs of a rank may stop
    the same ones that is done once for them, as long as nobody stops and the pass lasts.
    """
    totals, rank = grid.totals, state.rights.rank[position]
    known = totals[GATHERED] == totals[STALE] and totals[FOR_RANK] == rank
    if not known or quotas_count(program):
        _gather(state, grid, program, position)
        count_gain(state, grid, totals[VICTIMS])
        totals[GATHERED], totals[FOR_RANK] = totals[STALE], rank
    if behind and totals[COUNTED_LATER] != totals[STALE]:
        count_later(state, grid, totals[VICTIMS])
        totals[COUNTED_LATER] = totals[STALE]
    return totals[VICTIMS]


@kernel
def forget_kinds_alone(grid: Grid) -> None:
    """As ``forget_kinds``, but whoever could be stopped still can be, with the same nodes."""
    known = grid.totals[GATHERED] == grid.totals[STALE]
    forget_kinds(grid)
    if known:
        grid.totals[GATHERED] = grid.totals[STALE]


@kernel
def _kept(state: State, grid: Grid, program: Program, position: int) -> int:
    """How much of its running attempt's time a victim would not have to spend again, if asked."""
    if program.victims != CHEAPEST:
        return 0
    if is_suspended_by(state, position):
        return state.counters[NOW] - began(state, position)
    return seconds_saved(state, grid, position)


@kernel_apart
def note_keys(state: State, grid: Grid, program: Program, position: int, candidates: int) -> None:
    """What orders the possible victims of a job."""
    victims, keys = state.rights.victims, state.rights.keys
    for entry in range(candidates):
        kept = _kept(state, grid, program, victims[entry])
        keys[entry] = key_of(state, program, victims[entry], kept, position)
