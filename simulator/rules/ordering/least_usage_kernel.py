"""Who has had the least for their share goes first."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def weigh_least_usage(state: State) -> None:
    """−usage / entitled part; −∞ for who is entitled to nothing."""
    tree, had = state.accounts.tree, state.accounts.had
    for entity in range(len(tree.parent)):
        if tree.entitled[entity] > 0.0:
            had.value[entity] = -had.usage[entity] / tree.entitled[entity]
        else:
            had.value[entity] = -math.inf


@kernel
def least_usage(state: State, position: int) -> float:
    """The value of the job's entity."""
    return state.accounts.had.value[state.accounts.of_job[position]]
