"""Places that a plan keeps, of jobs that leave the queue otherwise than by their start."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel_apart
from simulator.kernels.state import CHANGED, FAR, PLACE, POINTS, State


@kernel_apart
def leave_place(state: State, position: int) -> None:
    """Let the place of a job come free; others may move up in the next pass.

    On nodes, and on a pool that has changed, there is no profile that holds the place.
    """
    counters, progress, columns = state.counters, state.progress, state.columns
    when = progress.place[position]
    if counters[POINTS] > 0:
        length = max(columns.walltime[position], 1)
        profile.forget_past(state.profile, counters)
        profile.change(state.profile, counters, when, when + length, columns.gpus[position])
    progress.place[position] = FAR
    counters[CHANGED] = max(counters[CHANGED], PLACE)
