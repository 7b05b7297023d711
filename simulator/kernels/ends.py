"""The running jobs in the order of their planned ends."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import BUSY, State


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
    for entry in range(counters[BUSY], low, -1):
        running.planned[entry] = running.planned[entry - 1]
        running.planned_gpus[entry] = running.planned_gpus[entry - 1]
        running.planned_position[entry] = running.planned_position[entry - 1]
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
    for entry in range(low, counters[BUSY]):
        running.planned[entry] = running.planned[entry + 1]
        running.planned_gpus[entry] = running.planned_gpus[entry + 1]
        running.planned_position[entry] = running.planned_position[entry + 1]
