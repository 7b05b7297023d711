"""Owners take back what is theirs, and ranks count too: who is stopped by which right.

A job stops by its rank whom it outranks, unless that one holds what is another member's own; and an
owner takes back what is its own whatever the rank. Who has started by that is stopped by nobody
during that attempt, by rank neither. So there is no loop: with each round there are more attempts
that nobody stops; or as many, and the other running jobs, counted rank by rank from the highest,
grow in the order of dictionaries.
"""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE
from simulator.kernels.rights import NO_RANK, NOT_RECLAIMED, TAKEN_BACK
from simulator.kernels.state import (
    BUSY,
    EITHER,
    FAR,
    HEAD,
    NOW,
    RECLAIM,
    RUNNING,
    STARTED,
    TAIL,
    Program,
    State,
)
from simulator.kernels.time_run import began
from simulator.rules.limits.held_back_kernel import holding
from simulator.rules.limits.owners_kernel import has_right_by_rank, member_of, within_its_own
from simulator.rules.preemption.reclaim_kernel import is_borrowed_from, kept_by_its_owner

NOBODYS, OWNERS, RANKS = 0, 1, 2
"""The right by which a job may be stopped."""
RANKS_LAST = 1 << 61
"""What is added to the key of who is stopped by rank: borrowers go first."""


@kernel
def _is_protected(state: State, position: int) -> bool:
    """Whether the attempt that runs began by reclaiming."""
    return bool(state.rights.reclaimed[position] == state.progress.sequence[position])


@kernel
def _is_on_its_own(state: State, position: int) -> bool:
    """Whether a waiting job is within its member's own."""
    member = member_of(state, position)
    return member != NONE and within_its_own(state, member, state.columns.gpus[position])


@kernel_apart
def right_over(state: State, position: int, stopper: int) -> int:
    """By which right the waiting ``stopper`` may stop a running job, as quotas count now."""
    if _is_protected(state, position):
        return NOBODYS
    if _is_on_its_own(state, stopper) and is_borrowed_from(state, position, stopper):
        return OWNERS
    rank = state.rights.rank
    outranked = rank[stopper] != NO_RANK and rank[position] > rank[stopper]
    if outranked and not kept_by_its_owner(state, position, member_of(state, stopper)):
        return RANKS
    return NOBODYS


@kernel
def goes_later(state: State, program: Program, position: int, stopper: int) -> int:
    """What is added to a possible victim's key: those whom owners stop go before the others."""
    if program.preemption == EITHER and right_over(state, position, stopper) == RANKS:
        return RANKS_LAST
    return 0


@kernel_apart
def note_reclaiming(state: State, program: Program, position: int, victims: int) -> None:
    """If the job stops any of its victims as an owner the attempt that it begins next has reclaimed
    what it holds; of each victim it is noted by which right it was. Quotas count all of them."""
    rights = state.rights
    if program.preemption == RECLAIM:
        rights.reclaimed[position] = state.counters[STARTED]
    elif program.preemption == EITHER:
        reclaims = False
        for entry in range(victims):
            other = rights.victims[entry]
            owned = right_over(state, other, position) == OWNERS
            reclaims = reclaims or owned
            rights.reclaimed[other] = TAKEN_BACK if owned else NOT_RECLAIMED
        if reclaims:
            rights.reclaimed[position] = state.counters[STARTED]


@kernel
def _may_try(state: State, position: int) -> bool:
    """Whether a waiting job has a right to stop others, and nothing but quotas holds it back."""
    able = has_right_by_rank(state, position) or _is_on_its_own(state, position)
    return able and holding(state, position) == NONE


@kernel
def _tries(state: State, program: Program, position: int) -> int:
    """When a waiting job will have waited long enough, NOW if it has; FAR if it has no right."""
    if not _may_try(state, position):
        return FAR
    return max(state.progress.eligible[position] + program.after, state.counters[NOW])


@kernel_apart
def _next_held(state: State, program: Program, group: int, wake: int) -> tuple[bool, int]:
    """As ``_somebody_tries``, of those whom a group holds back."""
    limits, there = state.limits, False
    position = limits.first[group]
    while position != NONE:
        if limits.by[position] == group:
            when = _tries(state, program, position)
            there = there or when < FAR
            wake = min(wake, when if when > state.counters[NOW] else FAR)
        position = limits.next[position]
    return there, wake


@kernel_apart
def _somebody_tries(state: State, program: Program) -> tuple[bool, int]:
    """Whether anybody waits, in the queue or held back by quotas, who may stop others; and when the
    next of them will have waited long enough, after NOW, or FAR."""
    counters, cohorts, there, wake = state.counters, state.limits.cohorts, False, FAR
    for place in range(counters[HEAD], counters[TAIL]):
        when = _tries(state, program, state.queue.position[place])
        there = there or when < FAR
        wake = min(wake, when if when > counters[NOW] else FAR)
    for group in range(len(cohorts.cohort)):
        if cohorts.cohort[group] != NONE:
            for holder in (group, cohorts.cohort[group]):
                found, wake = _next_held(state, program, holder, wake)
                there = there or found
    return there, wake


@kernel_apart
def somebody_may_try(state: State, program: Program) -> bool:
    """Whether anybody waits who may stop others by either right, should there be any to stop."""
    return _somebody_tries(state, program)[0]


@kernel_apart
def next_either(state: State, program: Program) -> int:
    """When time alone next lets somebody stop others, or be stopped; FAR if it never does."""
    if program.after == 0 and program.exempt == 0:
        return FAR
    counters = state.counters
    there, wake = _somebody_tries(state, program)
    for entry in range(counters[BUSY] if there and program.exempt > 0 else 0):
        position = state.running.planned_position[entry]
        when = began(state, position) + program.exempt
        runs = state.progress.phase[position] == RUNNING
        if runs and when > counters[NOW] and not _is_protected(state, position):
            wake = min(wake, when)
    return wake
