"""Least attained service: the queue that a job is in is its rank."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def las(state: State, position: int) -> float:
    """Jobs of the first queue first."""
    return -float(state.rights.rank[position])
