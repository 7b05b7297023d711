"""Orders by turns: the entity of the lowest standing goes next, which changes its standing."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import State
from simulator.rules.ordering.dominant_kernel import drf, max_min

TURN_ORDERS = ("max_min", "drf")

MAX_MIN, DRF = range(len(TURN_ORDERS))


@kernel_apart
def prepare(state: State, order: int) -> None:
    """What an order works out once a pass, before turns are taken."""


@kernel
def standing(state: State, order: int, entity: int, position: int) -> float:
    """How well served an entity is, turns taken so far counted; ``position``: its next job."""
    if order == MAX_MIN:
        return max_min(state, entity)
    return drf(state, entity)
