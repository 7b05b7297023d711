"""Preemption with grace: jobs are told to stop, and who needs their units holds them meanwhile.

A job that holds stands among the running ones as if it ran from when its last victim goes: so plans
see what it will take, and for how long. It holds, of what is free, only what its victims will not
leave behind. What a victim leaves that the holder does not need is free at once.
"""

from __future__ import annotations

from simulator.kernels import heap
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.ends import enter, forget
from simulator.kernels.notices import NOBODY
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    FAR,
    FREE,
    HOLDING,
    HOLDS,
    IDLENESS,
    MACHINE,
    NOW,
    PREEMPTION,
    TOLD,
    WANTED,
    Program,
    State,
)


@kernel_apart
def tell(state: State, program: Program, position: int, holder: int) -> None:
    """Tell a running job to stop when the grace is over; it ends before if it would anyway.

    Plans then expect it to end at its walltime or when it is stopped.
    """
    running, rights, counters = state.running, state.rights, state.counters
    stop, entry = counters[NOW] + program.grace, 0
    while running.end_position[entry] != position:
        entry += 1
    if stop < running.end[entry]:
        heap.remove(running.end, running.end_position, counters[BUSY], position)
        heap.push(running.end, running.end_position, counters[BUSY] - 1, stop, position)
        state.notices.stop[position] = stop
        state.notices.how[position] = rights.how[position]
        wanted = program.preemption == WANTED
        state.notices.cause[position] = IDLENESS if wanted else PREEMPTION
    planned = min(state.progress.planned[position], stop)
    forget(state, position)
    enter(state, position, planned, state.columns.gpus[position])
    state.notices.holder[position] = holder
    state.progress.phase[position] = TOLD
    rights.running[rights.rank[position] + 1] -= 1


@kernel_apart
def begin_hold(state: State, program: Program, position: int, victims: int) -> None:
    """Let a job that has left the queue wait for so many victims; what it holds is yet to come.

    Plans expect it to start when the grace is over.
    """
    running, rights, counters = state.running, state.rights, state.counters
    heap.push(running.end, running.end_position, counters[BUSY], FAR, position)
    end = counters[NOW] + program.grace + max(state.columns.walltime[position], 1)
    enter(state, position, end, state.columns.gpus[position])
    rights.waiting[rights.rank[position] + 1] -= 1
    state.progress.phase[position] = HOLDING
    state.notices.missing[position] = victims
    state.notices.held[position] = 0
    counters[HOLDS] += 1


@kernel_apart
def plan_start(state: State, program: Program, holder: int) -> None:
    """Let plans expect the holder to start when the last of its victims goes at the latest.

    Where nothing stops jobs at their walltime that is when the grace is over, as from the first.
    """
    if program.overrun and state.notices.missing[holder] > 0:
        return
    running, start = state.running, state.counters[NOW]
    for entry in range(state.counters[BUSY]):
        if state.notices.holder[running.planned_position[entry]] == holder:
            start = max(start, running.planned[entry])
    forget(state, holder)
    end = start + max(state.columns.walltime[holder], 1)
    enter(state, holder, end, state.columns.gpus[holder])


@kernel
def count_off(state: State, position: int) -> int:
    """A job has gone: returns who holds units that it left, or NOBODY."""
    notices = state.notices
    holder = notices.holder[position]
    notices.stop[position] = notices.holder[position] = NOBODY
    if holder != NOBODY:
        notices.missing[holder] -= 1
    return holder


@kernel_apart
def end_hold(state: State, position: int) -> None:
    """Let the job hold nothing any more; those told to stop still do, for nobody."""
    running, notices, counters = state.running, state.notices, state.counters
    heap.remove(running.end, running.end_position, counters[BUSY], position)
    forget(state, position)
    counters[FREE] += notices.held[position]
    counters[HOLDS] -= 1
    counters[CHANGED] = MACHINE
    for entry in range(counters[BUSY]):
        other = running.planned_position[entry]
        if notices.holder[other] == position:
            notices.holder[other] = NOBODY
            running.planned_gpus[entry] = state.columns.gpus[other]


# On a pool.


@kernel_apart
def settle_on_pool(state: State, program: Program, holder: int) -> None:
    """Let the job hold what its victims will not leave, and plans know what others get of that."""
    running, notices, columns = state.running, state.notices, state.columns
    busy, needed, coming = state.counters[BUSY], columns.gpus[holder], 0
    for entry in range(busy):
        if notices.holder[running.planned_position[entry]] == holder:
            coming += columns.gpus[running.planned_position[entry]]
    held = max(needed - coming, 0)
    state.counters[FREE] += notices.held[holder] - held
    notices.held[holder] = held
    for entry in range(busy):
        position = running.planned_position[entry]
        if notices.holder[position] == holder:
            coming -= columns.gpus[position]
            before, held = held, max(needed - coming, 0)
            running.planned_gpus[entry] = columns.gpus[position] - (held - before)
    plan_start(state, program, holder)


@kernel_apart
def gone_from_pool(state: State, program: Program, position: int) -> None:
    """A job has gone and its units are free: its holder, if there is one, takes what it needs."""
    holder = count_off(state, position)
    if holder != NOBODY:
        settle_on_pool(state, program, holder)
