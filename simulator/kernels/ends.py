"""The running jobs in the order of their planned ends."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, shift
from simulator.kernels.state import BUSY, State


@kernel
def _shift(state: State, to: int, origin: int, count: int) -> None:
    running = state.running
    shift(running.planned, to, origin, count)
    shift(running.planned_gpus, to, origin, count)
    shift(running.planned_position, to, origin, count)


@kernel
def enter(state: State, position: int, planned: int, gpus: int) -> None:
    """Let plans expect so many units back from a job then; it counts as one more that runs."""
    running, counters = state.running, state.counters
    low, high = 0, counters[BUSY]
    while low < high:
        middle = (low + high) >> 1
        if running.planned[middle] <= planned:
            low = middle + 1
        else:
            high = middle
    _shift(state, low + 1, low, counters[BUSY] - low)
    running.planned[low] = planned
    running.planned_gpus[low] = gpus
    running.planned_position[low] = position
    state.progress.planned[position] = planned
    counters[BUSY] += 1


@kernel
def forget(state: State, position: int) -> None:
    """Undo ``enter``."""
    running, counters = state.running, state.counters
    planned = state.progress.planned[position]
    low, high = 0, counters[BUSY]
    while low < high:
        middle = (low + high) >> 1
        if running.planned[middle] < planned:
            low = middle + 1
        else:
            high = middle
    while running.planned_position[low] != position:
        low += 1
    counters[BUSY] -= 1
    _shift(state, low, low + 1, counters[BUSY] - low)
