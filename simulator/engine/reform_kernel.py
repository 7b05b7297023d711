"""Another rule takes over in mid-run: who runs and who waits is counted and ordered by it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.floods import note_all_submitted
from simulator.kernels.grid import Grid
from simulator.kernels.limit_book import book_limits, count_waiting
from simulator.kernels.meters import meter
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
    OVERDUE,
    POINTS,
    RELIEF,
    SHADOW,
    SPENT,
    STOPPED,
    SUSPENDED,
    TAIL,
    TOLD,
    UNKNOWN,
    WAKE,
    Ints,
    Program,
    State,
)
from simulator.kernels.usage import hold
from simulator.rules.ordering.dispatch_kernel import priority
from simulator.rules.ordering.memory_kernel import (
    begin_to_remember,
    remember,
    remember_refused,
)
from simulator.rules.ordering.reorder_kernel import begin_ticks
from simulator.rules.preemption.grace_kernel import give_up_holds
from simulator.rules.preemption.grace_nodes_kernel import give_up_all_holds


@kernel_entry
def note_the_past(state: State, program: Program) -> None:
    """Let an order that remembers take note of all that has happened so far, before another rule
    with the same order takes over."""
    if program.remembers:
        remember(state, program)


@kernel_entry
def let_go_of_units(state: State, program: Program) -> None:
    """Before another rule takes over: who holds units until others stop waits again; the others
    stop all the same."""
    give_up_holds(state, program)


@kernel_entry
def let_go_of_nodes(state: State, grid: Grid, program: Program) -> None:
    """The same on nodes."""
    give_up_all_holds(state, grid, program)


@kernel_entry
def take_over(
    state: State,
    program: Program,
    now: int,
    waiting: Ints,
    running: Ints,
    refused: Ints,
    anew: bool,
) -> None:
    """Let the rule of ``program`` go on with these jobs; nobody is counted in ``state`` yet.

    ``refused``: who waited and does so no more. ``anew``: its accounts are empty, and count from
    now on.
    """
    counters, rights = state.counters, state.rights
    counters[NOW], counters[DUE], counters[CHANGED] = now, 1, MACHINE
    counters[HEAD_JOB], counters[SHADOW], counters[POINTS] = -1, UNKNOWN, 0
    counters[JUDGED], counters[FALLEN], counters[STOPPED] = -1, 0, 0
    counters[FIRST_NEW] = counters[RELIEF] = counters[WAKE] = counters[NEXT_PLACE] = FAR
    counters[SPENT] = counters[OVERDUE] = FAR
    for position in running:
        if state.progress.phase[position] != TOLD:
            rights.running[rights.rank[position] + 1] += 1
        if program.limited:
            count_waiting(state, position, 1)
            book_limits(state, position, 1)
            if len(state.limits.meters.runs) > 0 and state.progress.phase[position] != SUSPENDED:
                meter(state, position, 1)
        if anew and program.accounting:
            hold(state, program, position, 1)
    counters[HEAD] = counters[TAIL] = 0
    begins = anew and program.period > 0
    for position in waiting:
        rights.waiting[rights.rank[position] + 1] += 1
        if program.limited:
            count_waiting(state, position, 1)
        insert(state, position, 0.0 if begins else priority(state, program, position))
    if program.limited and len(state.limits.floods.most) > 0:
        note_all_submitted(state)
    if begins:
        # It looks at who waits, too, and then gives them their keys.
        begin_ticks(state, program)
    if program.remembers and anew:
        begin_to_remember(state, program, waiting, running)
    elif program.remembers:
        remember_refused(state, program, refused)
