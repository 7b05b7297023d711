"""Owners take back what is theirs: who may, from whom, and when somebody may next.

A member that is within its own with a job may stop jobs of members of its cohort that hold more
than theirs, one after the other until the job can start. Whoever starts so is not stopped so in its
turn during that attempt. All such attempts of a member together never hold more than its own: so
there is always enough left to reclaim from a member that borrows, and no two stop each other in
turns.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE
from simulator.kernels.state import (
    BUSY,
    EITHER,
    FAR,
    HEAD,
    NOW,
    RECLAIM,
    RUNNING,
    TAIL,
    Program,
    State,
)
from simulator.kernels.time_run import began
from simulator.rules.limits.held_back_kernel import holding
from simulator.rules.limits.owners_kernel import (
    borrows,
    count_out,
    lacking,
    member_of,
    within_its_own,
)


@kernel
def _is_borrowed_from(state: State, cohort: int) -> bool:
    """Whether a member of the cohort holds more than its own."""
    cohorts = state.limits.cohorts
    for group in range(len(cohorts.cohort)):
        if cohorts.cohort[group] == cohort and borrows(state, group):
            return True
    return False


@kernel
def finds_borrowers(state: State, position: int) -> bool:
    """Whether the job is within its member's own, and anybody borrows from its cohort."""
    member = member_of(state, position)
    return (
        member != NONE
        and within_its_own(state, member, state.columns.gpus[position])
        and _is_borrowed_from(state, state.limits.cohorts.cohort[member])
    )


@kernel
def is_borrowed_from(state: State, position: int, owner: int) -> bool:
    """Whether a running job is of a member that borrows in the cohort of the waiting ``owner``, and
    did not reclaim what it holds."""
    member, mine = member_of(state, position), member_of(state, owner)
    cohorts = state.limits.cohorts
    return (
        member != NONE
        and cohorts.cohort[member] == cohorts.cohort[mine]
        and borrows(state, member)
        and state.columns.gpus[position] > 0
        and state.rights.reclaimed[position] != state.progress.sequence[position]
    )


@kernel
def quotas_count(program: Program) -> bool:
    """Whether victims are chosen so that quotas, too, let the job start."""
    return program.preemption in (RECLAIM, EITHER)


@kernel
def kept_by_its_owner(state: State, position: int, mine: int) -> bool:
    """Whether what a running job holds is its member's own, as the trial stands, and the job that
    would stop it is not of that member but of ``mine``."""
    member = member_of(state, position)
    return (
        member not in (NONE, mine)
        and state.columns.gpus[position] > 0
        and not borrows(state, member)
    )


@kernel
def take_off(state: State, program: Program, position: int, sign: int) -> None:
    """For a trial, take a possible victim off what quotas count (1), or put it back (−1)."""
    if quotas_count(program):
        count_out(state, position, sign)


@kernel
def quota_lets(state: State, program: Program, position: int) -> bool:
    """Whether the cohort has what the job needs of it, as the trial stands."""
    return not quotas_count(program) or lacking(state, position) == NONE


@kernel
def still_candidates(
    state: State, program: Program, position: int, chosen: int, candidates: int
) -> int:
    """Drop those of the candidates behind the chosen ones whose members borrow no more, as the
    trial stands; returns how many there are."""
    if not quotas_count(program):
        return candidates
    victims, keys, mine = state.rights.victims, state.rights.keys, member_of(state, position)
    entry = chosen
    while entry < candidates:
        if not kept_by_its_owner(state, victims[entry], mine):
            entry += 1
        else:
            candidates -= 1
            victims[entry], keys[entry] = victims[candidates], keys[candidates]
    return candidates


@kernel
def _when(state: State, program: Program, position: int, cohort: int) -> int:
    """From when on a waiting job may reclaim in the cohort, NOW if it may already; FAR if it may
    not."""
    member, now = member_of(state, position), state.counters[NOW]
    if (
        member == NONE
        or state.limits.cohorts.cohort[member] != cohort
        or not within_its_own(state, member, state.columns.gpus[position])
        or holding(state, position) != NONE
    ):
        return FAR
    return max(state.progress.eligible[position] + program.after, now)


@kernel_apart
def _owners_wait(state: State, program: Program, cohort: int) -> tuple[bool, int]:
    """Whether anybody waits, in the queue or held back by the cohort, who may reclaim in it; and
    when the next of them will have waited long enough, after NOW, or FAR."""
    limits, counters, there, wake = state.limits, state.counters, False, FAR
    for place in range(counters[HEAD], counters[TAIL]):
        when = _when(state, program, state.queue.position[place], cohort)
        there = there or when < FAR
        wake = min(wake, when if when > counters[NOW] else FAR)
    position = limits.first[cohort]
    while position != NONE:
        if limits.by[position] == cohort:
            when = _when(state, program, position, cohort)
            there = there or when < FAR
            wake = min(wake, when if when > counters[NOW] else FAR)
        position = limits.next[position]
    return there, wake


@kernel
def _exemption_ends(state: State, program: Program, member: int) -> int:
    """When the next job of a member that borrows can be stopped, after NOW; FAR if none will."""
    counters, wake = state.counters, FAR
    for entry in range(counters[BUSY] if program.exempt > 0 else 0):
        position = state.running.planned_position[entry]
        when = began(state, position) + program.exempt
        if (
            when > counters[NOW]
            and member_of(state, position) == member
            and state.progress.phase[position] == RUNNING
            and is_borrowed_from(state, position, position)
        ):
            wake = min(wake, when)
    return wake


@kernel_apart
def somebody_may_reclaim(state: State, program: Program) -> bool:
    """Whether anybody waits who may reclaim from a member that borrows."""
    cohorts = state.limits.cohorts
    for group in range(len(cohorts.cohort)):
        if borrows(state, group) and _owners_wait(state, program, cohorts.cohort[group])[0]:
            return True
    return False


@kernel_apart
def next_reclaim(state: State, program: Program) -> int:
    """When time alone next lets somebody reclaim, or be reclaimed from; FAR if it never does."""
    cohorts, wake = state.limits.cohorts, FAR
    if program.after == 0 and program.exempt == 0:
        return wake
    for group in range(len(cohorts.cohort)):
        if borrows(state, group):
            there, when = _owners_wait(state, program, cohorts.cohort[group])
            if there:
                wake = min(wake, when, _exemption_ends(state, program, group))
    return wake
