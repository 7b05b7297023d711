"""Orders that give each entity a value when entities are weighed; a job's key follows from it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Program, State
from simulator.rules.ordering.least_usage_kernel import least_usage, weigh_least_usage
from simulator.rules.ordering.multifactor_kernel import multifactor, weigh_by, weigh_multifactor

SHARE_ORDERS = (
    "least_usage",
    "fair_tree",
    "classic_fair_share",
    "depth_oblivious",
    "multifactor",
)

LEAST_USAGE, FAIR_TREE, CLASSIC, DEPTH_OBLIVIOUS, MULTIFACTOR = range(len(SHARE_ORDERS))


@kernel_apart
def weigh(state: State, program: Program, order: int) -> None:
    """Give each entity its value; usage has been made up, or booked at this tick."""
    if order == LEAST_USAGE:
        weigh_least_usage(state)
    elif order == MULTIFACTOR:
        weigh_multifactor(state, program)
    else:
        weigh_by(state, program, order - FAIR_TREE)


@kernel
def share_priority(state: State, order: int, position: int) -> float:
    """The key of a waiting job: larger goes first."""
    if order == MULTIFACTOR:
        return multifactor(state, position)
    return least_usage(state, position)
