"""First come, first served: equal keys, so that positions decide, where nobody counts as later."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def fcfs(state: State, position: int, late: int) -> float:
    """The same for every job; where some may count as so much ``late``, when it came."""
    if len(state.limits.overuse.by) == 0:
        return 0.0
    return -float(state.columns.submit[position] + late)
