"""Orders that give each entity a value when entities are weighed; a job's key follows from it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import State
from simulator.rules.ordering.least_usage_kernel import least_usage, weigh_least_usage

SHARE_ORDERS = ("least_usage",)

(LEAST_USAGE,) = range(len(SHARE_ORDERS))


@kernel_apart
def weigh(state: State, order: int) -> None:
    """Give each entity its value; usage has been made up, or booked at this tick."""
    if order == LEAST_USAGE:
        weigh_least_usage(state)


@kernel
def share_priority(state: State, order: int, position: int) -> float:
    """The key of a waiting job: larger goes first."""
    return least_usage(state, position)
