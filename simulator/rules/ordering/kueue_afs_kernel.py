"""Kueue's admission fair sharing: a moving average of what is held, sampled at ticks."""

from __future__ import annotations

import math

from simulator.kernels.accounts import LAST_TICK, TICK_STARTS, Accounts
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import BUSY, HOLDING, STARTED, State

HALF_LIFE, PENALTY = 0, 1


@kernel
def _add(accounts: Accounts, position: int) -> None:
    """What a job counts for, onto its branch."""
    entity = accounts.of_job[position]
    while entity >= 0:
        accounts.seen.held[entity] += accounts.fixed[position]
        entity = accounts.tree.parent[entity]


@kernel_apart
def sum_entered(state: State) -> None:
    """Sum up in ``Seen.held`` the jobs that have started since the last tick."""
    accounts = state.accounts
    for entity in range(len(accounts.had.own)):
        accounts.seen.held[entity] = 0.0
    for entry in range(accounts.clock[TICK_STARTS], state.counters[STARTED]):
        _add(accounts, state.log.began[entry])


@kernel_apart
def sample_kueue_afs(state: State, when: int) -> None:
    """u ← (1 − A)·u + A·now + the entry penalties since the last tick."""
    accounts = state.accounts
    own, seen, numbers = accounts.had.own, accounts.seen, accounts.numbers
    gain = 1.0 - 0.5 ** ((when - accounts.clock[LAST_TICK]) / numbers[HALF_LIFE])
    sum_entered(state)
    for entity in range(len(own)):
        seen.usage[entity] = numbers[PENALTY] * seen.held[entity]
        seen.held[entity] = 0.0
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if state.progress.phase[position] != HOLDING:
            _add(accounts, position)
    for entity in range(len(own)):
        held = gain * seen.held[entity]
        own[entity] = (1.0 - gain) * own[entity] + held + seen.usage[entity]
    accounts.clock[TICK_STARTS] = state.counters[STARTED]


@kernel_apart
def weigh_kueue_afs(state: State) -> None:
    """−(u + entry penalties) / entitled part; −∞ for who is entitled to nothing."""
    accounts = state.accounts
    tree, had = accounts.tree, accounts.had
    sum_entered(state)
    for entity in range(len(had.own)):
        value = had.own[entity] + accounts.numbers[PENALTY] * accounts.seen.held[entity]
        entitled = tree.entitled[entity]
        had.value[entity] = -value / entitled if entitled > 0.0 else -math.inf
