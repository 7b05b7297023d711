"""Work that is saved while a job runs: what an attempt needs, and what an interrupted one keeps."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.grid import Grid
from simulator.kernels.state import FAR, NOW, State


@kernel
def needed(state: State, grid: Grid, position: int) -> int:
    """Seconds that the job's next or present attempt takes, if nothing cuts it.

    The work left, a checkpoint after each period of it but the last, and reading the state that an
    earlier attempt saved.
    """
    saves = grid.saves
    work = state.columns.run_time[position] - saves.saved[position]
    if saves.period[position] == FAR:
        return work
    writes = max(0, (work - 1) // saves.period[position])
    restart = saves.restart[position] if saves.saved[position] > 0 else 0
    return restart + work + writes * saves.write[position]


@kernel
def saved_by_checkpoints(state: State, grid: Grid, position: int) -> int:
    """What the running attempt's whole checkpoints hold, in seconds of work."""
    saves = grid.saves
    period = saves.period[position]
    if period == FAR:
        return 0
    elapsed = state.counters[NOW] - state.progress.start[position]
    if saves.saved[position] > 0:
        elapsed -= saves.restart[position]
    whole = max(0, elapsed) // (period + saves.write[position])
    work = state.columns.run_time[position] - saves.saved[position]
    # No checkpoint is taken behind the last piece of work.
    return min(whole, max(0, (work - 1) // period)) * period


@kernel
def keep_work(state: State, grid: Grid, position: int) -> int:
    """Save what the running attempt's whole checkpoints hold, and return it, in seconds of work."""
    kept = saved_by_checkpoints(state, grid, position)
    grid.saves.saved[position] += kept
    return kept
