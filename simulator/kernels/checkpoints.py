"""Work and time: what an attempt needs, and what an interrupted one keeps.

Work is counted in seconds at speed 1,000; an attempt works as fast as the slowest of its nodes.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.grid import Grid
from simulator.kernels.state import FAR, NOW, State
from simulator.kernels.time_run import began

ONE = 1000
"""The speed that run times are given for."""


@kernel
def pace(grid: Grid, position: int) -> int:
    """How fast the job works on the nodes that it holds, in thousandths."""
    speeds, held = grid.speeds, grid.held
    if len(speeds.row) == 0:
        return ONE
    first, row, slowest = held.first[position], speeds.row[position], FAR
    for entry in range(first, first + grid.requests.nodes[position]):
        slowest = min(slowest, speeds.of_node[row, held.node[entry]])
    return slowest


@kernel
def seconds(work: int, speed: int) -> int:
    """How long so much work takes, rounded up."""
    return work if speed == ONE else (work * ONE + speed - 1) // speed


@kernel
def needed(state: State, grid: Grid, position: int) -> int:
    """Seconds that the job's attempt on the nodes that it holds takes, if nothing cuts it.

    The work left, a checkpoint after each period of it but the last, and reading the state that an
    earlier attempt saved.
    """
    saves = grid.saves
    work = state.columns.run_time[position] - saves.saved[position]
    length = seconds(work, pace(grid, position))
    if saves.period[position] == FAR:
        return length
    writes = max(0, (work - 1) // saves.period[position])
    restart = saves.restart[position] if saves.saved[position] > 0 else 0
    return restart + length + writes * saves.write[position]


@kernel
def saved_by_checkpoints(state: State, grid: Grid, position: int) -> int:
    """What the running attempt's whole checkpoints hold, as work.

    The k-th is whole once ⌈k·period/speed⌉ + k·write seconds have passed behind the restart: k is
    the largest number of at most elapsed·speed/(period + write·speed).
    """
    saves, speed = grid.saves, pace(grid, position)
    period = saves.period[position]
    if period == FAR:
        return 0
    elapsed = state.counters[NOW] - began(state, position)
    if saves.saved[position] > 0:
        elapsed -= saves.restart[position]
    whole = max(0, elapsed) * speed // (period * ONE + saves.write[position] * speed)
    work = state.columns.run_time[position] - saves.saved[position]
    # No checkpoint is taken behind the last piece of work.
    return min(whole, max(0, (work - 1) // period)) * period


@kernel
def seconds_saved(state: State, grid: Grid, position: int) -> int:
    """How much of the running attempt's time went into work that is saved."""
    return seconds(saved_by_checkpoints(state, grid, position), pace(grid, position))


@kernel
def keep_work(state: State, grid: Grid, position: int) -> int:
    """Save what the running attempt's whole checkpoints hold; returns the seconds that it took."""
    kept = saved_by_checkpoints(state, grid, position)
    grid.saves.saved[position] += kept
    return seconds(kept, pace(grid, position))
