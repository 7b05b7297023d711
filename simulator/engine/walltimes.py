"""How long jobs in mid-run have really run, and how much of their walltimes is left."""

from __future__ import annotations

import numpy as np

from simulator.kernels.state import SUSPENDED, State
from simulator.workload.columns import Ints


def time_run(state: State, positions: Ints, now: int) -> Ints:
    """(positions,): s of the running attempts of these jobs; time that they stood still counts for
    nothing."""
    progress = state.progress
    ran = now - progress.start[positions] - progress.suspended[positions]
    still = progress.phase[positions] == SUSPENDED
    if still.any():
        ran[still] -= now - state.suspensions.since[positions[still]]
    return ran


def walltime_left(state: State, positions: Ints, now: int) -> Ints:
    """(positions,): s that they may still run; negative where they have outrun their walltimes."""
    return np.asarray(state.columns.walltime[positions], np.int64) - time_run(state, positions, now)
