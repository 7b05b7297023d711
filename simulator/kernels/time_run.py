"""How long a running job has really run."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def began(state: State, position: int) -> int:
    """When a job that runs would have started had it never been suspended."""
    return state.progress.start[position] + state.progress.suspended[position]
