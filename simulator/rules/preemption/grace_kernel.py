"""Preemption with grace: what pools and nodes have in common, and a pool's own part."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.holds import begin_hold, end_hold, gone_from_pool, settle_on_pool, tell
from simulator.kernels.queue import insert
from simulator.kernels.running import end, enqueue, next_to_end, release, start
from simulator.kernels.state import (
    BUSY,
    FAILED,
    HOLDING,
    HOLDS,
    IDLENESS,
    NOW,
    PREEMPTED,
    QUEUED,
    Program,
    State,
)
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.preemption.how_kernel import CANCEL
from simulator.rules.preemption.idle_kernel import cause_of


@kernel_apart
def tell_victims(state: State, program: Program, position: int, victims: int) -> None:
    """Tell those chosen to stop, and let the job hold on their behalf; it has left the queue."""
    for entry in range(victims):
        tell(state, program, state.rights.victims[entry], position)
    begin_hold(state, program, position, victims)


@kernel
def is_stopped(state: State, position: int) -> bool:
    """Whether a job whose end has come has been told to stop now."""
    return state.notices.stop[position] == state.counters[NOW]


@kernel_apart
def end_told(state: State, program: Program, position: int, kept: int) -> None:
    """The grace of a job is over: it is lost, or goes back to the queue at once.

    Another rule than that which told it may count it otherwise, or not at all.
    """
    rights, notices = state.rights, state.notices
    cause = notices.cause[position]
    if len(rights.times) > 0 and cause == cause_of(program):
        rights.times[position] += 1
    elif len(rights.times) > 0 and cause == IDLENESS:
        rights.reaped[position] += 1
    if notices.how[position] == CANCEL:
        release(state, program, position, FAILED, cause, kept)
        return
    release(state, program, position, PREEMPTED, cause, kept)
    enqueue(state, position)
    insert(state, position, priority(state, program, position))


@kernel_apart
def queue_holder(state: State, program: Program, position: int) -> None:
    """Put a job that holds nothing any more back into the queue, as if it had never left it."""
    rights = state.rights
    rights.waiting[rights.rank[position] + 1] += 1
    state.progress.phase[position] = QUEUED
    insert(state, position, priority(state, program, position))


@kernel
def next_holder(state: State, ready: bool) -> int:
    """A job that holds units, the first in the log; −1 if there is none. ``ready``: one that
    waits for nobody any more."""
    found = -1
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if state.progress.phase[position] != HOLDING:
            continue
        if ready and state.notices.missing[position] > 0:
            continue
        if found < 0 or position < found:
            found = position
    return found


@kernel
def leave_hold(state: State, position: int) -> None:
    """Let a job that can start hold nothing, so that it can be started as from the queue."""
    end_hold(state, position)
    state.rights.waiting[state.rights.rank[position] + 1] += 1


# On a pool.


@kernel_apart
def complete_in_grace(state: State, program: Program, now: int) -> int:
    """As ``running.complete``, where jobs may have been told to stop."""
    ended = 0
    while state.counters[BUSY] > 0 and state.running.end[0] <= now:
        position = next_to_end(state, now)
        if is_stopped(state, position):
            end_told(state, program, position, 0)
        else:
            end(state, program, position, state.columns.run_time[position])
        gone_from_pool(state, program, position)
        ended += 1
    return ended


@kernel_apart
def start_holders(state: State, program: Program) -> None:
    """Start, before the pass, whoever has waited for victims that have all gone."""
    position = next_holder(state, True)
    while position >= 0:
        leave_hold(state, position)
        start(state, program, position)
        position = next_holder(state, True)


@kernel_apart
def give_up_holds(state: State, program: Program) -> None:
    """Units go that are not free: nobody holds any, and those who did are considered again."""
    while state.counters[HOLDS] > 0:
        position = next_holder(state, False)
        end_hold(state, position)
        queue_holder(state, program, position)


@kernel_apart
def reconsider_holds(state: State, program: Program, start: int) -> None:
    """An outage from ``start`` on has become known: who would run into it is considered again."""
    entry = 0
    while entry < state.counters[BUSY]:
        position = state.running.planned_position[entry]
        if state.progress.phase[position] == HOLDING and state.running.planned[entry] > start:
            end_hold(state, position)
            queue_holder(state, program, position)
            entry = -1
        entry += 1


@kernel_apart
def hold_on_pool(state: State, program: Program, position: int, victims: int) -> None:
    """Tell the victims, without whom the profile is, and let the job hold.

    At each time until the last has gone, they and the job together have what those who have not
    gone hold, or what the job needs, whichever is more.
    """
    running, columns, counters = state.running, state.columns, state.counters
    needed, coming, now = columns.gpus[position], 0, counters[NOW]
    since = now
    tell_victims(state, program, position, victims)
    for entry in range(victims):
        coming += columns.gpus[state.rights.victims[entry]]
    for entry in range(counters[BUSY]):
        other, until = running.planned_position[entry], max(running.planned[entry], now + 1)
        if state.notices.holder[other] != position:
            continue
        if coming > needed:
            profile.change(state.profile, counters, since, until, needed - coming)
        coming, since = coming - columns.gpus[other], until
    settle_on_pool(state, program, position)
    end = state.progress.planned[position]
    profile.change(state.profile, counters, now, end, -needed)
