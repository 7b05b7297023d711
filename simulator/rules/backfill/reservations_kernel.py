"""Places in the profile for the first k jobs that cannot start now; k = FAR is conservative."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.running import start
from simulator.kernels.state import (
    CHANGED,
    FAR,
    FIRST_NEW,
    HEAD,
    NOTHING,
    NOW,
    PLACED,
    POINTS,
    TAIL,
    Program,
    State,
)
from simulator.rules.limits.held_back_kernel import GOES, STOP, verdict


@kernel
def _still_holds(state: State, program: Program) -> bool:
    """Whether the last pass's profile can be gone on with: only arrivals came, behind places."""
    counters = state.counters
    return (
        counters[CHANGED] == NOTHING
        and not program.moving
        and counters[FIRST_NEW] >= counters[PLACED]
        and (
            counters[POINTS] == 1
            or (counters[POINTS] > 1 and state.profile.time[1] > counters[NOW])
        )
    )


@kernel
def _last_that_fits(state: State, lowest: int, last: int) -> int:
    """The last place of [lowest, last] whose job fits now; ``lowest − 1`` if none does."""
    queue = state.queue
    while last >= lowest and not profile.fits_now(
        state.profile, state.counters, queue.gpus[last], queue.walltime[last]
    ):
        last -= 1
    return last


@kernel
def hold(state: State, place: int) -> None:
    """Put the job at ``place`` of the queue into the profile, as early as it fits."""
    queue = state.queue
    gpus, walltime = queue.gpus[place], queue.walltime[place]
    when = profile.earliest(state.profile, state.counters, gpus, walltime)
    if when < FAR:
        profile.change(state.profile, state.counters, when, when + max(walltime, 1), -gpus)


@kernel_apart
def reservations_pass(state: State, program: Program, reservations: int) -> None:
    """Go down the queue: start who fits, give a place to the first k who do not.

    The walk ends behind the last job that fits now: the profile only fills up during a pass, so
    nobody further down can start, and places that hinder nobody need not be found.
    """
    queue, counters = state.queue, state.counters
    now = counters[NOW]
    lowest = 0
    if _still_holds(state, program):
        state.profile.time[0] = now
        lowest = counters[FIRST_NEW]
    else:
        profile.build(state.profile, state.running, state.outages, counters)
        counters[PLACED] = 0
    place = kept = counters[HEAD] + counters[PLACED]
    lowest = min(counters[HEAD] + lowest, counters[TAIL])
    placed, last = counters[PLACED], counters[TAIL] - 1
    while place < counters[TAIL]:
        last = _last_that_fits(state, max(place, lowest), last)
        if last < max(place, lowest):
            break
        gpus, walltime = queue.gpus[place], queue.walltime[place]
        says = verdict(state, program, queue.position[place])
        if says == STOP:
            break
        if says != GOES:
            place += 1
            continue
        if place >= lowest and profile.fits_now(state.profile, state.counters, gpus, walltime):
            profile.change(state.profile, state.counters, now, now + max(walltime, 1), -gpus)
            start(state, program, queue.position[place])
        else:
            if placed < reservations:
                hold(state, place)
                placed += 1
            keep(state, kept, place)
            kept += 1
        place += 1
    if kept != place:
        close_gap(state, kept, place)
    counters[PLACED] = placed
