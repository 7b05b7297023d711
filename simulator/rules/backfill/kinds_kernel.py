"""Which kinds of requests are worth a choice of nodes: a walk down the queue asks each job once.

Jobs that ask for as many GPUs of as many nodes of the same set are of one kind. Where they do not
fit nobody of them does; and where one was refused for the head's sake, so is each that does not end
by the head's shadow time, as long as nobody starts. And where all others of lower ranks would stop
in vain for one, so they would for each of its rank that stays as long.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.grid import NEXT_AWAY, PLENTY, STALE, Grid
from simulator.kernels.occupancy import may_fit
from simulator.kernels.state import FAR, LONGEST, NOW, SHADOW, State

_NEVER = -1


@kernel
def forget_kinds(grid: Grid) -> None:
    """Somebody has started or left, or the head's shadow time holds no longer."""
    grid.totals[STALE] += 1


@kernel
def _alike(state: State, grid: Grid) -> bool:
    """Whether jobs of one kind are offered the same nodes, however long they are."""
    until = state.counters[NOW] + max(state.counters[LONGEST], 1)
    return grid.totals[PLENTY] == 1 and until <= grid.totals[NEXT_AWAY]


@kernel
def begin_walk(state: State, grid: Grid) -> None:
    """Time passes: jobs that were offered the same nodes may not be any more."""
    if not _alike(state, grid):
        forget_kinds(grid)


@kernel
def latest_end(grid: Grid, position: int) -> int:
    """By when the job must end to be worth a choice of nodes."""
    scratch, kind = grid.scratch, grid.kinds[position]
    if scratch.noted[kind] != grid.totals[STALE]:
        scratch.noted[kind] = grid.totals[STALE]
        scratch.latest[kind] = FAR if may_fit(grid, position) else _NEVER
    return scratch.latest[kind]


@kernel
def note_refusal(state: State, grid: Grid, position: int) -> None:
    """The job was refused for the head's sake."""
    if _alike(state, grid):
        grid.scratch.latest[grid.kinds[position]] = state.counters[SHADOW]


@kernel
def is_in_vain(state: State, grid: Grid, position: int, stay: int) -> bool:
    """Whether others would stop in vain for the job, as for one before it in this walk."""
    noted = grid.scratch.in_vain[grid.kinds[position]]
    return (
        noted[0] == grid.totals[STALE]
        and noted[1] == state.rights.rank[position]
        and noted[2] <= stay
    )


@kernel
def note_in_vain(state: State, grid: Grid, position: int, stay: int) -> None:
    """All others of lower ranks would stop in vain for the job."""
    if state.counters[NOW] + stay <= grid.totals[NEXT_AWAY] and _alike(state, grid):
        noted = grid.scratch.in_vain[grid.kinds[position]]
        noted[0], noted[1], noted[2] = grid.totals[STALE], state.rights.rank[position], stay
