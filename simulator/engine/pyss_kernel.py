"""Time as pyss lets it pass: a scheduling pass after every single event.

At equal times arrivals come before completions, then starts; completions by the order in which the
jobs started. A running job whose requested end is now counts as free though its end has not been
handled. Conservative plans a job at its arrival; at each end, each job that waits is taken out and
put back at its earliest place, in submit order, while the others' plans stay. Zero run times last
1 s. Source: observed behaviour of the scheduler simulator of Feitelson's group, 2007.
"""

from __future__ import annotations

from simulator.engine.advance_kernel import next_instant
from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart, kernel_entry
from simulator.kernels.queue import insert
from simulator.kernels.running import enqueue, interrupt
from simulator.kernels.state import (
    ARRIVED,
    AT_HORIZON,
    BUSY,
    CAPACITY,
    CHANGED,
    COMPLETED,
    FAR,
    FREE,
    HEAD,
    INSTANTS,
    KILLED,
    LOG_FULL,
    LOGGED,
    MACHINE,
    NO_CAUSE,
    NOW,
    PENDING,
    POINTS,
    SLICE_USED,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.dispatch_kernel import HELD, scheduling_pass
from simulator.rules.backfill.held_kernel import give_place, see_ends, start_due


@kernel_apart
def _plan_pass(state: State, program: Program) -> None:
    """A pass that counts the units of jobs whose requested end is now as free."""
    running, counters = state.running, state.counters
    if counters[HEAD] == counters[TAIL]:
        return
    over = 0
    # Those whose end is due stand first; they are given to the pass and taken back behind it.
    while over < counters[BUSY] and running.planned[over] <= counters[NOW]:
        over += 1
    lent = 0
    for entry in range(over):
        lent += running.planned_gpus[entry]
        running.planned_gpus[entry] = 0
    counters[FREE] += lent
    counters[CHANGED] = MACHINE
    scheduling_pass(state, program)
    counters[FREE] -= lent
    for entry in range(counters[BUSY]):
        if running.planned_gpus[entry] == 0:
            position = running.planned_position[entry]
            running.planned_gpus[entry] = state.columns.gpus[position]


@kernel
def _first_event(state: State) -> None:
    """Make the held plan's profile: the machine, empty."""
    counters = state.counters
    if counters[POINTS] == 0:
        state.profile.time[0] = counters[NOW]
        state.profile.free[0] = counters[CAPACITY]
        counters[POINTS] = 1


@kernel
def _arrivals(state: State, program: Program) -> None:
    """Each arrival of NOW by itself, and a pass or a place for it."""
    counters, columns = state.counters, state.columns
    while (
        counters[ARRIVED] < len(columns.submit)
        and columns.submit[counters[ARRIVED]] <= counters[NOW]
    ):
        position = counters[ARRIVED]
        counters[ARRIVED] = position + 1
        if state.progress.phase[position] != PENDING:
            continue
        enqueue(state, position)
        insert(state, position, 0.0)
        if program.backfill == HELD:
            profile.forget_past(state.profile, counters)
            give_place(state, counters[TAIL] - 1)
        else:
            _plan_pass(state, program)


@kernel
def _next_to_end(state: State) -> int:
    """Of the jobs that end at NOW, the one whose start was decided first; −1 if there is none."""
    running, progress, counters = state.running, state.progress, state.counters
    first = -1
    for entry in range(counters[BUSY]):
        position = running.end_position[entry]
        if running.end[entry] <= counters[NOW] and (
            first < 0 or progress.sequence[position] < progress.sequence[first]
        ):
            first = position
    return first


@kernel
def _ends(state: State, program: Program) -> None:
    """Each completion of NOW by itself, and what follows from it."""
    counters, queue = state.counters, state.queue
    while counters[BUSY] > 0 and state.running.end[0] <= counters[NOW]:
        position = _next_to_end(state)
        cut = state.columns.run_time[position] > state.columns.walltime[position]
        interrupt(state, program, position, KILLED if cut else COMPLETED, NO_CAUSE, 0)
        if program.backfill == HELD:
            profile.forget_past(state.profile, counters)
            see_ends(state)
            for entry in range(counters[HEAD], counters[TAIL]):
                if state.progress.place[queue.position[entry]] > counters[NOW]:
                    give_place(state, entry)
        else:
            _plan_pass(state, program)


@kernel_entry
def advance_pyss(state: State, program: Program, horizon: int, rounds: int) -> int:
    """As ``advance``, in pyss's order of events."""
    counters = state.counters
    while True:
        when = next_instant(state, program)
        if when >= horizon or when == FAR:
            return AT_HORIZON
        if counters[LOGGED] + counters[BUSY] > len(state.log.position):
            return LOG_FULL
        if rounds == 0:
            return SLICE_USED
        rounds -= 1
        counters[INSTANTS] += 1
        counters[NOW] = when
        if program.backfill == HELD:
            _first_event(state)
        _arrivals(state, program)
        _ends(state, program)
        if program.backfill == HELD:
            start_due(state, program)
