"""Which limits hold jobs back at the end of a run under Slurm's own passes."""

from __future__ import annotations

import numpy as np

from simulator.kernels.limits import NONE
from simulator.kernels.state import HEAD, NOW, RUNNING, TAIL, Ints, State


def _work_left(state: State, column: int) -> Ints:
    """(groups,) GPU-time that running jobs still ask for; who is past its walltime, none."""
    limits, now, progress = state.limits, int(state.counters[NOW]), state.progress
    left = limits.reach - limits.units * now
    running = np.flatnonzero(progress.phase == RUNNING)
    late = running[progress.planned[running] < now]
    late = late[limits.group[late, column] != NONE]
    too_little = state.columns.gpus[late] * (now - progress.planned[late])
    np.add.at(left, limits.group[late, column], too_little)
    return left


def note_who_is_held(state: State) -> None:
    """Say in ``Limits.by`` what holds each waiting job back now: it stands in the queue here.

    To be called when the run is over.
    """
    limits, columns = state.limits, state.columns
    waiting = state.queue.position[state.counters[HEAD] : state.counters[TAIL]]
    units, walltime = columns.gpus[waiting], columns.walltime[waiting]
    for column in reversed(range(limits.group.shape[1])):
        group = limits.group[waiting, column]
        left = _work_left(state, column)
        too_many = limits.jobs[group] >= limits.most_jobs[group]
        too_much = limits.units[group] + units > limits.most_units[group]
        too_long = left[group] + units * walltime > limits.most_work[group]
        held = (group != NONE) & (too_many | too_much | too_long)
        limits.by[waiting[held]] = group[held]
