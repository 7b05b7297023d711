"""Another rule takes over in mid-run: who runs and who waits is counted and ordered by it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.floods import note_all_submitted
from simulator.kernels.limit_book import book_limits, count_waiting
from simulator.kernels.queue import insert
from simulator.kernels.state import (
    CHANGED,
    DUE,
    FALLEN,
    FAR,
    FIRST_NEW,
    HEAD,
    HEAD_JOB,
    JUDGED,
    MACHINE,
    NEXT_PLACE,
    NOW,
    POINTS,
    RELIEF,
    SHADOW,
    SPENT,
    STOPPED,
    TAIL,
    UNKNOWN,
    WAKE,
    Ints,
    Program,
    State,
)
from simulator.kernels.usage import hold
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.reorder_kernel import begin_ticks


@kernel_entry
def take_over(
    state: State, program: Program, now: int, waiting: Ints, running: Ints, anew: bool
) -> None:
    """Let the rule of ``program`` go on with these jobs; nobody is counted in ``state`` yet.

    ``anew``: its accounts are empty, and count from now on.
    """
    counters, rights = state.counters, state.rights
    counters[NOW], counters[DUE], counters[CHANGED] = now, 1, MACHINE
    counters[HEAD_JOB], counters[SHADOW], counters[POINTS] = -1, UNKNOWN, 0
    counters[JUDGED], counters[FALLEN], counters[STOPPED] = -1, 0, 0
    counters[FIRST_NEW] = counters[RELIEF] = counters[WAKE] = counters[NEXT_PLACE] = FAR
    counters[SPENT] = FAR
    for position in running:
        rights.running[rights.rank[position] + 1] += 1
        if program.limited:
            count_waiting(state, position, 1)
            book_limits(state, position, 1)
        if anew and program.accounting:
            hold(state, program, position, 1)
    counters[HEAD] = counters[TAIL] = 0
    if anew and program.period:
        begin_ticks(state, program)
    for position in waiting:
        rights.waiting[rights.rank[position] + 1] += 1
        if program.limited:
            count_waiting(state, position, 1)
        insert(state, position, priority(state, program, position))
    if program.limited and len(state.limits.floods.most) > 0:
        note_all_submitted(state)
