"""Owners of quota: who is within its own, who borrows, and what a cohort has left to lend."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limit_book import beyond, note_fallen
from simulator.kernels.limits import NONE
from simulator.kernels.state import State


@kernel
def full_cohort(state: State, group: int, gpus: int) -> int:
    """The cohort of a group that has no more to lend to it; NONE if it has."""
    limits = state.limits
    if len(limits.cohorts.cohort) > 0:
        cohort = limits.cohorts.cohort[group]
        if (
            cohort != NONE
            and limits.units[cohort] + beyond(state, group, gpus) > limits.most_units[cohort]
        ):
            return cohort
    return NONE


@kernel
def within_its_own(state: State, group: int, gpus: int) -> bool:
    """Whether owners reclaim and the group, a member, holds no more than its own with so many more.

    Quotas count GPUs: a job that has none is nobody's quota.
    """
    own = state.limits.cohorts.own
    return len(own) > 0 and gpus > 0 and state.limits.units[group] + gpus <= own[group]


@kernel
def has_right_by_rank(state: State, position: int) -> bool:
    """Whether there is a rank below the job's."""
    rank = state.rights.rank[position]
    return rank >= 0 and rank + 2 < len(state.rights.running)


@kernel
def tries_by_rank(state: State, group: int, position: int) -> bool:
    """Whether owners reclaim beside ranks, and the job, of the group, a member, may stop others by
    its rank: then its member's quota does not keep it from its turn."""
    cohorts = state.limits.cohorts
    return (
        len(cohorts.own) > 0
        and cohorts.cohort[group] != NONE
        and has_right_by_rank(state, position)
    )


@kernel
def borrows(state: State, group: int) -> bool:
    """Whether a member holds more than its own; only where owners reclaim."""
    return state.limits.units[group] > state.limits.cohorts.own[group]


@kernel
def member_of(state: State, position: int) -> int:
    """The member of a cohort whom the job belongs to, of which there is one at most where owners
    reclaim; NONE if there is none."""
    limits = state.limits
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE and limits.cohorts.cohort[group] != NONE:
            return group
    return NONE


@kernel
def lacking(state: State, position: int) -> int:
    """The cohort that has lent to others what the job would need of it, or its member, which holds
    all that it may; NONE if there is none."""
    limits, gpus, group = state.limits, state.columns.gpus[position], member_of(state, position)
    if group == NONE or limits.units[group] + gpus > limits.most_units[group]:
        return group
    return full_cohort(state, group, gpus)


@kernel
def count_out(state: State, position: int, sign: int) -> None:
    """For a trial, let quotas count as if the running job were gone (1), or not any more (−1)."""
    limits, group = state.limits, member_of(state, position)
    if group == NONE:
        return
    gpus = -sign * state.columns.gpus[position]
    limits.units[limits.cohorts.cohort[group]] += beyond(state, group, gpus)
    limits.units[group] += gpus


@kernel_apart
def let_owners_try(state: State) -> None:
    """Let those whom cohorts hold back be looked at again: they may reclaim in every pass; so are
    those whom members hold back, where there are ranks beside."""
    cohorts, ranked = state.limits.cohorts, len(state.rights.running) > 1
    for group in range(len(cohorts.cohort)):
        cohort = cohorts.cohort[group]
        if cohort != NONE and state.limits.first[cohort] != NONE:
            note_fallen(state, cohort)
        if ranked and cohort != NONE and state.limits.first[group] != NONE:
            note_fallen(state, group)
