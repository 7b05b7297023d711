"""EASY on a pool of which no outage is known: one reservation, as a shadow time and extra units."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.running import start
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    EXTRA,
    FAR,
    FIRST_NEW,
    FREE,
    HEAD,
    HEAD_JOB,
    NOTHING,
    NOW,
    SHADOW,
    TAIL,
    UNKNOWN,
    Program,
    State,
)
from simulator.rules.limits.held_back_kernel import GOES, STOP, verdict


@kernel
def _find_shadow(state: State) -> None:
    """Set SHADOW and EXTRA of the head, which does not fit now; SHADOW is FAR if it never will."""
    running, counters = state.running, state.counters
    head = counters[HEAD]
    needed = state.queue.gpus[head]
    counters[SHADOW], counters[EXTRA] = FAR, counters[FREE]
    soonest = counters[NOW] + 1
    free, entry, busy = counters[FREE], 0, counters[BUSY]
    while entry < busy:
        when = max(running.planned[entry], soonest)
        while entry < busy and max(running.planned[entry], soonest) == when:
            free += running.planned_gpus[entry]
            entry += 1
        if free >= needed:
            counters[SHADOW] = when
            counters[EXTRA] = free - needed
            return


@kernel
def _overtake(state: State, program: Program, first: int) -> None:
    """Walk down the queue from ``first`` once and start whoever does not delay the head."""
    queue, counters = state.queue, state.counters
    now, tail = counters[NOW], counters[TAIL]
    kept = place = first
    while place < tail and counters[FREE] > 0:
        gpus = queue.gpus[place]
        says = verdict(state, program, queue.position[place])
        if says == STOP:
            break
        goes = False
        if says == GOES and gpus <= counters[FREE]:
            if counters[SHADOW] == UNKNOWN:
                _find_shadow(state)
            ends_before = now + queue.walltime[place] <= counters[SHADOW]
            goes = ends_before or gpus <= counters[EXTRA]
            if goes and not ends_before:
                counters[EXTRA] -= gpus
        if goes:
            start(state, program, queue.position[place])
        elif says == GOES:
            keep(state, kept, place)
            kept += 1
        place += 1
    if kept != place:
        close_gap(state, kept, place)


@kernel
def easy_pass(state: State, program: Program) -> None:
    """Start heads while they fit, then whoever may overtake the first that does not.

    Where only arrivals came since the last pass and the head is the same, those who could not start
    then cannot now: less is free than at their turn, and they would end later. So only the new ones
    are looked at.
    """
    queue, counters = state.queue, state.counters
    same_head = (
        counters[CHANGED] == NOTHING
        and counters[HEAD_JOB] == queue.position[counters[HEAD]]
        and (counters[SHADOW] > counters[NOW] or counters[SHADOW] == UNKNOWN)
    )
    first = counters[HEAD] + 1
    if same_head:
        if not program.moving:
            first = min(max(first, counters[HEAD] + counters[FIRST_NEW]), counters[TAIL])
    else:
        while counters[HEAD] < counters[TAIL]:
            head = counters[HEAD]
            says = verdict(state, program, queue.position[head])
            if says == STOP:
                counters[HEAD_JOB] = -1
                return
            if says == GOES:
                if queue.gpus[head] > counters[FREE]:
                    break
                start(state, program, queue.position[head])
            counters[HEAD] = head + 1
        if counters[HEAD] == counters[TAIL]:
            return
        counters[HEAD_JOB], counters[SHADOW] = queue.position[counters[HEAD]], UNKNOWN
        first = counters[HEAD] + 1
    _overtake(state, program, first)
