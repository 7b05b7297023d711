"""HTCondor's priorities: GPUs held, smoothed, times a factor.

``Had.own`` is an entity's real priority at ``Had.since``; from then on it has held ``Had.noted``.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.compiling import kernel
from simulator.kernels.state import HEAD, NOW, TAIL, State

HALF_LIFE = 0
"""Place in ``Accounts.numbers``."""
# Columns of ``Accounts.terms``.
FACTOR, GPU = range(2)
FLOOR = 0.5
WITHIN = 1.0 + 1e-9
"""A slice that is missed by a rounding error is not missed."""


@kernel
def smooth(state: State, entity: int, when: int) -> None:
    """Bring an entity's priority to ``when``: π ← ρ + (π − ρ)·½^(Δ/half-life), at least 0.5."""
    accounts = state.accounts
    had = accounts.had
    seconds = when - had.since[entity]
    if seconds > 0:
        holds = had.noted[entity] / accounts.terms[entity, GPU]
        left = 2.0 ** (-seconds / accounts.numbers[HALF_LIFE])
        had.own[entity] = max(FLOOR, holds + (had.own[entity] - holds) * left)
        had.since[entity] = when


@kernel
def htcondor_changed(state: State, position: int, when: int, sign: int) -> None:
    """A job has started or ended."""
    entity = state.accounts.of_job[position]
    smooth(state, entity, when)
    state.accounts.had.noted[entity] += sign * state.columns.gpus[position]


@kernel
def _effective(state: State, entity: int) -> float:
    accounts = state.accounts
    return accounts.had.own[entity] * accounts.terms[entity, FACTOR]


@kernel
def prepare_htcondor(state: State) -> None:
    """Cut the machine into slices, one for each entity that waits, into ``Had.value``."""
    accounts, counters = state.accounts, state.counters
    had, room = accounts.had, accounts.room
    for entity in range(len(had.own)):
        had.value[entity] = 0.0
    for place in range(counters[HEAD], counters[TAIL]):
        had.value[accounts.of_job[state.queue.position[place]]] = 1.0
    total = 0.0
    for entity in range(len(had.own)):
        if had.value[entity] > 0.0:
            smooth(state, entity, counters[NOW])
            room.heap_key[entity] = 1.0 / _effective(state, entity)
            total += room.heap_key[entity]
    for entity in range(len(had.own)):
        if had.value[entity] > 0.0:
            had.value[entity] = accounts.capacity[0] * room.heap_key[entity] / total


@kernel
def htcondor(state: State, entity: int, position: int) -> float:
    """−1/EUP within the slice, units × EUP beyond it: the first is always lower."""
    accounts = state.accounts
    taken = accounts.had.held[entity, 0] + accounts.room.more[entity, 0]
    effective = _effective(state, entity)
    if taken + accounts.asks[position, 0] <= accounts.had.value[entity] * WITHIN:
        level = -1.0 / effective
    else:
        level = taken * effective
    # In single precision: what differs by rounding errors alone is equal.
    return np.float64(np.float32(level))
