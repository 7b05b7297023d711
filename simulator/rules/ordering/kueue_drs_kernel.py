"""Kueue's dominant resource share: what is borrowed over what can be lent, over weight."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State

# Columns of ``Accounts.terms``.
QUOTA, WEIGHT, LENDABLE = range(3)


@kernel
def kueue_drs(state: State, entity: int, position: int) -> float:
    """The share that the entity would have with its next job."""
    accounts = state.accounts
    terms = accounts.terms
    asked = accounts.had.held[entity, 0] + accounts.room.more[entity, 0]
    borrowed = asked + accounts.asks[position, 0] - terms[entity, QUOTA]
    if borrowed <= 0.0:
        return 0.0
    if terms[entity, WEIGHT] == 0.0:
        return math.inf
    if terms[entity, LENDABLE] == 0.0:
        return 0.0
    return 1000.0 * borrowed / terms[entity, LENDABLE] / terms[entity, WEIGHT]
