"""Max-min fairness: whoever holds the least for its weight goes next."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def _part(state: State, entity: int, resource: int) -> float:
    """Its part of one resource, held now and in the turns taken so far."""
    accounts = state.accounts
    held = accounts.had.held[entity, resource] + accounts.room.more[entity, resource]
    return held / accounts.capacity[resource] if accounts.capacity[resource] > 0 else 0.0


@kernel
def max_min(state: State, entity: int) -> float:
    """Units held over weight; ∞ for who is entitled to nothing."""
    weight = state.accounts.tree.entitled[entity]
    return _part(state, entity, 0) / weight if weight > 0.0 else math.inf


@kernel
def drf(state: State, entity: int) -> float:
    """Dominant share, the largest part of any resource, over weight."""
    weight = state.accounts.tree.entitled[entity]
    if weight <= 0.0:
        return math.inf
    dominant = 0.0
    for resource in range(len(state.accounts.capacity)):
        dominant = max(dominant, _part(state, entity, resource))
    return dominant / weight
