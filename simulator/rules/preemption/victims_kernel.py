"""Who may preempt, whom, and in which order: what pools and nodes have in common."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import insert
from simulator.kernels.running import enqueue
from simulator.kernels.state import (
    BEFORE,
    BUSY,
    CHANGED,
    DUE,
    EITHER,
    ENDS,
    FAR,
    FIRST_NEW,
    HEAD,
    HEAD_JOB,
    NOW,
    PASSES,
    POINTS,
    RECLAIM,
    RUNNING,
    STARTED,
    STOPPED,
    TAIL,
    WAKE,
    WANTED,
    Program,
    State,
)
from simulator.kernels.time_run import began
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.memory_kernel import remember
from simulator.rules.ordering.reorder_kernel import reorder
from simulator.rules.preemption.either_kernel import (
    NOBODYS,
    goes_later,
    next_either,
    right_over,
    somebody_may_try,
)
from simulator.rules.preemption.idle_kernel import (
    idle_gpus_to_be_had,
    is_idle,
    next_wanted,
    wants_gpus,
)
from simulator.rules.preemption.order_kernel import victim_key
from simulator.rules.preemption.reclaim_kernel import (
    finds_borrowers,
    is_borrowed_from,
    next_reclaim,
    somebody_may_reclaim,
)


@kernel
def outranked(state: State) -> bool:
    """Whether a waiting job is of a higher rank than a running one."""
    waiting, running = state.rights.waiting, state.rights.running
    highest, lowest = 1, len(waiting) - 1
    while highest < len(waiting) and waiting[highest] == 0:
        highest += 1
    while lowest > 0 and running[lowest] == 0:
        lowest -= 1
    return highest < lowest


@kernel
def somebody_may_be_stopped(state: State, program: Program) -> bool:
    """Whether a pass is one in which jobs may stop others."""
    if program.preemption in (RECLAIM, EITHER):
        return True
    if program.preemption == WANTED:
        return idle_gpus_to_be_had(state, program)
    return outranked(state)


@kernel
def may_preempt(state: State, program: Program, position: int) -> bool:
    """Whether the waiting job, which limits let start, has the right, has waited long enough, and
    anybody is below it, or has borrowed what is its own, or leaves idle what it wants."""
    rights = state.rights
    if state.counters[NOW] - state.progress.eligible[position] < program.after:
        return False
    if program.preemption == RECLAIM:
        return finds_borrowers(state, position)
    if program.preemption == WANTED:
        return wants_gpus(state, position)
    if program.preemption == EITHER and finds_borrowers(state, position):
        return True
    rank = rights.rank[position]
    if rank < 0:
        return False
    for lower in range(rank + 2, len(rights.running)):
        if rights.running[lower] > 0:
            return True
    return False


@kernel
def may_be_stopped(state: State, program: Program, position: int, stopper: int) -> bool:
    """Whether a running job can be a victim of the waiting ``stopper``, which may preempt.

    Those that this pass started cannot, nor those that have been told to stop already.
    """
    progress, rights, counters = state.progress, state.rights, state.counters
    if program.preemption == RECLAIM:
        below = is_borrowed_from(state, position, stopper)
    elif program.preemption == WANTED:
        below = is_idle(state, position)
    elif program.preemption == EITHER:
        below = right_over(state, position, stopper) != NOBODYS
    else:
        below = rights.rank[position] > rights.rank[stopper]
    return (
        below
        and progress.phase[position] == RUNNING
        and progress.sequence[position] < counters[BEFORE]
        and counters[NOW] - began(state, position) >= program.exempt
        and rights.times[position] < program.at_most
    )


@kernel
def stay_of(state: State, program: Program, position: int) -> int:
    """How long a job for which others stop must find room: a grace and its walltime."""
    return max(state.columns.walltime[position], 1) + program.grace


@kernel
def key_of(state: State, program: Program, position: int, kept: int, stopper: int) -> int:
    """What orders a possible victim of ``stopper`` whose saved work is ``kept``."""
    start = began(state, position)
    ran = state.counters[NOW] - start
    gpus, served = state.columns.gpus[position], state.rights.served[position]
    rank = int(state.rights.rank[position])
    key = victim_key(program.victims, start, ran, served, gpus, kept, rank)
    return key + goes_later(state, program, position, stopper)


@kernel
def _sooner(state: State, entry: int, other: int) -> bool:
    victims, keys = state.rights.victims, state.rights.keys
    if keys[entry] != keys[other]:
        return keys[entry] < keys[other]
    one, two = victims[entry], victims[other]
    start, later = began(state, one), began(state, two)
    return start > later or (start == later and one > two)


@kernel_apart
def next_victim(state: State, chosen: int, candidates: int) -> int:
    """Move the first of the candidates behind those chosen to their end; returns it."""
    victims, keys = state.rights.victims, state.rights.keys
    first = chosen
    for entry in range(chosen + 1, candidates):
        if _sooner(state, entry, first):
            first = entry
    victims[chosen], victims[first] = victims[first], victims[chosen]
    keys[chosen], keys[first] = keys[first], keys[chosen]
    return victims[chosen]


@kernel
def spare(state: State, entry: int, chosen: int) -> int:
    """Take a victim out of those chosen; returns how many are left."""
    victims = state.rights.victims
    for place in range(entry, chosen - 1):
        victims[place] = victims[place + 1]
    return chosen - 1


@kernel
def note_stopped(state: State, position: int) -> None:
    """Remember that the victim goes back to the queue when the pass has ended."""
    state.rights.stopped[state.counters[STOPPED]] = position
    state.counters[STOPPED] += 1


@kernel_apart
def begin_pass(state: State, program: Program) -> None:
    """What every pass with preemption begins with; it goes on with no earlier pass's notes."""
    counters = state.counters
    counters[PASSES] += 1
    counters[STOPPED] = 0
    if program.moving:
        if program.remembers:
            remember(state, program)
        reorder(state, program)


@kernel_apart
def end_pass(state: State, program: Program, preempted: bool) -> None:
    """Queue the victims again; ask for a further round if what happened may let others go on."""
    counters, rights = state.counters, state.rights
    for entry in range(counters[STOPPED]):
        position = rights.stopped[entry]
        enqueue(state, position)
        insert(state, position, priority(state, program, position))
    counters[HEAD_JOB], counters[POINTS] = -1, 0
    counters[CHANGED], counters[FIRST_NEW] = ENDS, FAR
    if preempted or counters[STARTED] > counters[BEFORE]:
        counters[DUE] = int(preempted or _somebody_may_stop_others(state, program))
    if program.preemption == RECLAIM:
        counters[WAKE] = next_reclaim(state, program)
    elif program.preemption == EITHER:
        counters[WAKE] = next_either(state, program)
    elif program.preemption == WANTED:
        counters[WAKE] = next_wanted(state, program)
    else:
        _note_wake(state, program)


@kernel
def _somebody_may_stop_others(state: State, program: Program) -> bool:
    if program.preemption == RECLAIM:
        return somebody_may_reclaim(state, program)
    if program.preemption == EITHER:
        return somebody_may_try(state, program)
    if program.preemption == WANTED:
        # Who has just started runs undisturbed for a time.
        return False
    return outranked(state)


@kernel
def _note_wake(state: State, program: Program) -> None:
    """Set WAKE to when the next waiting job may preempt, or the next running one be preempted."""
    counters, progress, rights = state.counters, state.progress, state.rights
    if not outranked(state):
        return
    now, wake = counters[NOW], FAR
    highest, lowest = 1, len(rights.running) - 1
    while rights.waiting[highest] == 0:
        highest += 1
    while rights.running[lowest] == 0:
        lowest -= 1
    for place in range(counters[HEAD], counters[TAIL] if program.after > 0 else 0):
        position = state.queue.position[place]
        when = progress.eligible[position] + program.after
        if when > now and 0 <= rights.rank[position] < lowest - 1:
            wake = min(wake, when)
    for entry in range(counters[BUSY] if program.exempt > 0 else 0):
        position = state.running.planned_position[entry]
        when = began(state, position) + program.exempt
        runs = progress.phase[position] == RUNNING
        if runs and when > now and rights.rank[position] > highest - 1:
            wake = min(wake, when)
    counters[WAKE] = wake
