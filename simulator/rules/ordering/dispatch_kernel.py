"""Which order an opcode means. An opcode is a place in ``ORDERS``."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.limit_book import note_lateness
from simulator.kernels.state import NOW, Program, State
from simulator.rules.ordering.fcfs_kernel import fcfs
from simulator.rules.ordering.learned_kernel import f1, f2, f3, f4
from simulator.rules.ordering.shares_kernel import SHARE_ORDERS, share_priority
from simulator.rules.ordering.size_kernel import largest, smallest
from simulator.rules.ordering.standing_kernel import TURN_ORDERS
from simulator.rules.ordering.walltime_kernel import ljf, sjf
from simulator.rules.ordering.wfp3_kernel import wfp3

JOB_ORDERS = ("fcfs", "sjf", "ljf", "smallest", "largest", "wfp3", "f1", "f2", "f3", "f4")
"""Orders that look at a job alone."""
ORDERS = (*JOB_ORDERS, *SHARE_ORDERS, *TURN_ORDERS)
MOVING = ("wfp3",)
"""Orders of a job alone that depend on the clock and are made anew at every pass."""

FCFS, SJF, LJF, SMALLEST, LARGEST, WFP3, F1, F2, F3, F4 = range(len(JOB_ORDERS))
FIRST_SHARES = len(JOB_ORDERS)
FIRST_TURNS = len(JOB_ORDERS) + len(SHARE_ORDERS)


@kernel
def priority(state: State, program: Program, position: int) -> float:
    """The key of a waiting job at NOW: larger goes first."""
    return key_of(state, program, position, note_lateness(state, position))


@kernel
def key_of(state: State, program: Program, position: int, late: int) -> float:
    """The key of a job that counts as having come so many seconds ``late``."""
    columns, ordering = state.columns, program.ordering
    gpus, walltime = columns.gpus[position], columns.walltime[position]
    if ordering == FCFS:
        return fcfs(state, position, late)
    if ordering == SJF:
        return sjf(walltime)
    if ordering == LJF:
        return ljf(walltime)
    if ordering == SMALLEST:
        return smallest(gpus)
    if ordering == LARGEST:
        return largest(gpus)
    if ordering == WFP3:
        wait = state.counters[NOW] - state.progress.eligible[position]
        return wfp3(max(wait - late, 0) if late > 0 else wait, walltime, gpus)
    if ordering <= F4:
        since = columns.submit[position] - columns.submit[0] + 1 + late
        if ordering == F1:
            return f1(gpus, walltime, since)
        if ordering == F2:
            return f2(gpus, walltime, since)
        if ordering == F3:
            return f3(gpus, walltime, since)
        return f4(gpus, walltime, since)
    if ordering >= FIRST_TURNS:
        # Last, until turns are taken.
        return -math.inf
    return share_priority(state, ordering - FIRST_SHARES, position, late)
