"""Oldest first, where large jobs count as older than they are."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def size_bins(state: State, position: int, late: int) -> float:
    """The boost of the job's bin, less when it came: in the order of age + boost at any instant.

    ``late``: seconds by which it counts as having come later.
    """
    numbers, boost = state.accounts.numbers, 0.0
    units = numbers[-1]
    for number in range(0, len(numbers) - 1, 2):
        if state.columns.gpus[position] >= numbers[number] * units:
            boost = numbers[number + 1]
    return boost - state.progress.eligible[position] - late
