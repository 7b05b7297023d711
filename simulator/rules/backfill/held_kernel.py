"""Conservative backfilling that keeps its places and moves a job only to an earlier one."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.running import start
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    ENDS,
    FAR,
    HEAD,
    LOGGED,
    MACHINE,
    NEXT_PLACE,
    NOTHING,
    NOW,
    PLACE,
    SEEN,
    TAIL,
    Program,
    State,
)
from simulator.rules.limits.held_back_kernel import GOES, verdict


@kernel
def _shift(state: State, entry: int, units: int) -> None:
    """Add ``units`` over the place of the job at ``entry`` of the queue."""
    position = state.queue.position[entry]
    when = state.progress.place[position]
    if when < FAR:
        length = max(state.queue.walltime[entry], 1)
        profile.change(state.profile, state.counters, when, when + length, units)


@kernel_apart
def give_place(state: State, entry: int) -> None:
    """Give the job at ``entry`` of the queue the earliest place, leaving all others theirs."""
    gpus, walltime = state.queue.gpus[entry], state.queue.walltime[entry]
    _shift(state, entry, gpus)
    position = state.queue.position[entry]
    state.progress.place[position] = profile.earliest(state.profile, state.counters, gpus, walltime)
    _shift(state, entry, -gpus)


@kernel_apart
def see_ends(state: State) -> bool:
    """Give back to the profile what early ends left of their places; whether there were any."""
    log, counters = state.log, state.counters
    now, early = counters[NOW], False
    for entry in range(counters[SEEN], counters[LOGGED]):
        position = log.position[entry]
        planned = log.start[entry] + max(state.columns.walltime[position], 1)
        if planned > now:
            profile.change(
                state.profile, state.counters, now, planned, state.columns.gpus[position]
            )
            early = True
    counters[SEEN] = counters[LOGGED]
    return early


@kernel_apart
def _rebuild(state: State) -> None:
    """Plan from scratch, in queue order: the machine has changed, and places may be void."""
    counters = state.counters
    profile.build(state.profile, state.running, state.outages, counters)
    counters[SEEN] = counters[LOGGED]
    for entry in range(counters[HEAD], counters[TAIL]):
        state.progress.place[state.queue.position[entry]] = FAR
    for entry in range(counters[HEAD], counters[TAIL]):
        give_place(state, entry)


@kernel_apart
def start_due(state: State, program: Program) -> None:
    """Start every job whose place has come, and note when the next one will."""
    queue, progress, counters = state.queue, state.progress, state.counters
    counters[NEXT_PLACE] = FAR
    kept = counters[HEAD]
    for place in range(counters[HEAD], counters[TAIL]):
        position = queue.position[place]
        when = progress.place[position]
        if when <= counters[NOW] and verdict(state, program, position) != GOES:
            # It has given up its place.
            continue
        if when <= counters[NOW]:
            # Its units stay in the profile until its planned end, now as a running job's.
            progress.place[position] = FAR
            start(state, program, position)
        else:
            counters[NEXT_PLACE] = min(counters[NEXT_PLACE], when)
            keep(state, kept, place)
            kept += 1
    close_gap(state, kept, counters[TAIL])


@kernel_apart
def held_pass(state: State, program: Program) -> None:
    """Move jobs up where places came free, place new ones, start those that are due."""
    counters, progress = state.counters, state.progress
    overrun = counters[BUSY] > 0 and state.running.planned[0] <= counters[NOW]
    if counters[CHANGED] == MACHINE or overrun:
        _rebuild(state)
    else:
        profile.forget_past(state.profile, counters)
        early = counters[CHANGED] >= ENDS and see_ends(state)
        early = early or counters[CHANGED] == PLACE
        for entry in range(counters[HEAD], counters[TAIL]):
            if early or progress.place[state.queue.position[entry]] == FAR:
                give_place(state, entry)
    # Whoever is held back at its turn gives up its place, which changes it again.
    counters[CHANGED] = NOTHING
    start_due(state, program)
