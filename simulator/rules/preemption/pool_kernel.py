"""A pass with preemption on a pool: as one with places, of which EASY has one and none has none."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import close_gap, keep
from simulator.kernels.running import interrupt, start
from simulator.kernels.state import (
    BUSY,
    FAILED,
    FREE,
    HEAD,
    NOW,
    PREEMPTED,
    TAIL,
    Program,
    State,
)
from simulator.rules.backfill.dispatch_kernel import places_of
from simulator.rules.backfill.reservations_kernel import hold
from simulator.rules.limits.held_back_kernel import (
    GOES,
    LEFT,
    STOP,
    TRIES,
    reclaims_in_vain,
    verdict,
)
from simulator.rules.preemption.either_kernel import note_reclaiming
from simulator.rules.preemption.grace_kernel import hold_on_pool
from simulator.rules.preemption.how_kernel import CANCEL
from simulator.rules.preemption.idle_kernel import cause_of
from simulator.rules.preemption.reclaim_kernel import (
    quota_lets,
    still_candidates,
    take_off,
)
from simulator.rules.preemption.victims_kernel import (
    begin_pass,
    end_pass,
    key_of,
    may_be_stopped,
    may_preempt,
    next_victim,
    note_stopped,
    spare,
    stay_of,
)


@kernel
def _gather(state: State, program: Program, position: int) -> int:
    """List the possible victims; returns how many, 0 if even all are not enough."""
    rights, counters = state.rights, state.counters
    found, units = 0, counters[FREE]
    for entry in range(counters[BUSY]):
        other = state.running.planned_position[entry]
        if may_be_stopped(state, program, other, position):
            rights.victims[found] = other
            rights.keys[found] = key_of(state, program, other, 0, position)
            units += state.columns.gpus[other]
            found += 1
    return found if units >= state.columns.gpus[position] else 0


@kernel
def _without(state: State, program: Program, position: int, sign: int) -> None:
    """Let the future be without the running job (sign 1), or with it again (−1)."""
    take_off(state, program, position, sign)
    now = state.counters[NOW]
    until = max(state.progress.planned[position], now + 1)
    profile.change(state.profile, state.counters, now, until, sign * state.columns.gpus[position])


@kernel
def _would_start(state: State, program: Program, position: int) -> bool:
    """Whether the job could start as the trial stands, and stay."""
    gpus, stay = state.columns.gpus[position], stay_of(state, program, position)
    return quota_lets(state, program, position) and profile.fits_now(
        state.profile, state.counters, gpus, stay
    )


@kernel_apart
def _choose(state: State, program: Program, position: int) -> int:
    """Choose victims without whom the job fits beside all places, and quotas let it start; returns
    how many, 0 for none.

    With grace it must fit as long as if the last of them went at its end.
    The profile is left without them.
    """
    victims, candidates, chosen = state.rights.victims, _gather(state, program, position), 0
    while not _would_start(state, program, position):
        candidates = still_candidates(state, program, position, chosen, candidates)
        if chosen == candidates:
            for entry in range(chosen):
                _without(state, program, victims[entry], -1)
            return 0
        _without(state, program, next_victim(state, chosen, candidates), 1)
        chosen += 1
    for entry in range(chosen - 1, -1, -1):
        other = victims[entry]
        _without(state, program, other, -1)
        if _would_start(state, program, position):
            chosen = spare(state, entry, chosen)
        else:
            _without(state, program, other, 1)
    for entry in range(chosen):
        take_off(state, program, victims[entry], -1)
    return chosen


@kernel
def _stop(state: State, program: Program, position: int) -> None:
    """Stop a victim at NOW."""
    rights = state.rights
    rights.times[position] += 1
    lost = rights.how[position] == CANCEL
    interrupt(state, program, position, FAILED if lost else PREEMPTED, cause_of(program), 0)
    if not lost:
        note_stopped(state, position)


@kernel_apart
def _make_room(state: State, program: Program, position: int) -> bool:
    """Stop victims so that the job can start, or nobody.

    With grace they are told to stop, and the job holds its units: it has left the queue.
    """
    victims = _choose(state, program, position)
    if victims == 0:
        return False
    if program.grace:
        hold_on_pool(state, program, position, victims)
        return True
    note_reclaiming(state, program, position, victims)
    for entry in range(victims):
        _stop(state, program, state.rights.victims[entry])
    return True


@kernel_apart
def preempting_pass(state: State, program: Program) -> None:
    """Go down the queue: start who fits, or can be made to fit; give places as the backfill does.

    A job tries to preempt at its turn, beside the places of those before it.
    """
    queue, counters = state.queue, state.counters
    now, places, placed, preempted = counters[NOW], places_of(program), 0, False
    begin_pass(state, program)
    profile.build(state.profile, state.running, state.outages, counters)
    place = kept = counters[HEAD]
    while place < counters[TAIL]:
        position = queue.position[place]
        gpus, walltime = queue.gpus[place], queue.walltime[place]
        says = verdict(state, program, position)
        if says == STOP:
            break
        if says == LEFT:
            place += 1
            continue
        goes = says == GOES and profile.fits_now(state.profile, counters, gpus, walltime)
        if not goes and may_preempt(state, program, position):
            goes = _make_room(state, program, position)
            preempted = preempted or goes
            if goes and program.grace:
                place += 1
                continue
        if goes:
            profile.change(state.profile, counters, now, now + max(walltime, 1), -gpus)
            start(state, program, position)
        elif says == TRIES:
            if reclaims_in_vain(state, program, position) == STOP:
                break
        elif places == 0:
            break
        else:
            if placed < places:
                hold(state, place)
                placed += 1
            keep(state, kept, place)
            kept += 1
        place += 1
    close_gap(state, kept, place)
    end_pass(state, program, preempted)
