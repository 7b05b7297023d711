"""Who leaves GPUs idle: stopped by those who want them, or once their time is over, whoever waits.

Nobody comes back from being stopped so more often than the rule allows, and there is time between
the start of an attempt and its end: so there is no loop.
"""

from __future__ import annotations

from simulator.kernels.checkpoints import keep_work
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.limits import NONE
from simulator.kernels.occupancy import vacate
from simulator.kernels.queue import insert
from simulator.kernels.rights import NOT_IDLE
from simulator.kernels.running import enqueue, interrupt
from simulator.kernels.state import (
    BUSY,
    FAILED,
    FAR,
    HEAD,
    IDLENESS,
    NOW,
    PREEMPTED,
    PREEMPTION,
    RUNNING,
    TAIL,
    WANTED,
    Program,
    State,
)
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.preemption.how_kernel import CANCEL, CHECKPOINT


@kernel
def cause_of(program: Program) -> int:
    """Why victims of waiting jobs end."""
    return IDLENESS if program.preemption == WANTED else PREEMPTION


# Stopped by those who want their GPUs.


@kernel
def is_idle(state: State, position: int) -> bool:
    """Whether a job that runs leaves GPUs idle."""
    return state.rights.idle[position] != NOT_IDLE


@kernel
def wants_gpus(state: State, position: int) -> bool:
    """Whether a waiting job may stop those that leave GPUs idle."""
    return state.columns.gpus[position] > 0


@kernel
def _can_be_stopped(state: State, program: Program, position: int) -> bool:
    """Whether a running job can be stopped now or at some time of this attempt."""
    return (
        is_idle(state, position)
        and state.progress.phase[position] == RUNNING
        and state.rights.times[position] < program.at_most
    )


@kernel_apart
def idle_gpus_to_be_had(state: State, program: Program) -> bool:
    """Whether anybody runs now who can be stopped for leaving GPUs idle."""
    counters = state.counters
    for entry in range(counters[BUSY]):
        position = state.running.planned_position[entry]
        ran = counters[NOW] - state.progress.start[position]
        if ran >= program.exempt and _can_be_stopped(state, program, position):
            return True
    return False


@kernel_apart
def next_wanted(state: State, program: Program) -> int:
    """When time alone next lets a waiting job stop others, or others be stopped; FAR if it never
    does."""
    counters, now = state.counters, state.counters[NOW]
    wake, freed, patient = FAR, FAR, FAR
    waits = idle = False
    for place in range(counters[HEAD], counters[TAIL]):
        position = state.queue.position[place]
        if wants_gpus(state, position):
            waits = True
            when = state.progress.eligible[position] + program.after
            patient = min(patient, when if when > now else FAR)
    for entry in range(counters[BUSY] if waits else 0):
        position = state.running.planned_position[entry]
        if _can_be_stopped(state, program, position):
            idle = True
            when = state.progress.start[position] + program.exempt
            freed = min(freed, when if when > now else FAR)
    if idle:
        wake = min(patient, freed)
    return wake


# Stopped whoever waits.


@kernel
def _end_of_patience(state: State, program: Program, position: int) -> int:
    """When a running job is stopped for leaving GPUs idle; FAR if it is not."""
    rights = state.rights
    if (
        not is_idle(state, position)
        or state.progress.phase[position] != RUNNING
        or rights.reaped[position] >= program.reaped_at_most
    ):
        return FAR
    return state.progress.start[position] + program.reaped_after


@kernel_apart
def next_reaped(state: State, program: Program) -> int:
    """When the next job is stopped, NOW at the earliest; FAR if none is."""
    when = FAR
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        when = min(when, _end_of_patience(state, program, position))
    return max(when, state.counters[NOW])


@kernel
def _next_due(state: State, program: Program, now: int) -> int:
    """The first job, by position, whose time is over; NONE if there is none."""
    found = NONE
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        earlier = found == NONE or position < found
        if earlier and _end_of_patience(state, program, position) <= now:
            found = position
    return found


@kernel_apart
def _reap(state: State, program: Program, position: int, kept: int) -> None:
    """End the attempt of a job; it is not queued again yet."""
    lost = state.rights.idle[position] == CANCEL
    state.rights.reaped[position] += 1
    interrupt(state, program, position, FAILED if lost else PREEMPTED, IDLENESS, kept)


@kernel_apart
def _queue_again(state: State, program: Program, position: int) -> None:
    if state.rights.idle[position] != CANCEL:
        enqueue(state, position)
        insert(state, position, priority(state, program, position))


@kernel_apart
def reap(state: State, program: Program, now: int) -> int:
    """Phase 1, behind the ends: stop all whose time is over, by position; returns how many."""
    state.counters[NOW] = now
    stopped, position = 0, _next_due(state, program, now)
    while position != NONE:
        _reap(state, program, position, 0)
        _queue_again(state, program, position)
        stopped += 1
        position = _next_due(state, program, now)
    return stopped


@kernel_apart
def reap_on_nodes(state: State, grid: Grid, program: Program, now: int) -> int:
    """The same on nodes."""
    state.counters[NOW] = now
    stopped, position = 0, _next_due(state, program, now)
    while position != NONE:
        how = state.rights.idle[position]
        kept = keep_work(state, grid, position) if how == CHECKPOINT else 0
        _reap(state, program, position, kept)
        vacate(state, grid, position)
        if how != CANCEL:
            grid.totals[BOOKED] += grid.requests.nodes[position]
        _queue_again(state, program, position)
        stopped += 1
        position = _next_due(state, program, now)
    return stopped
