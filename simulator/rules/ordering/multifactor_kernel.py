"""Slurm's multifactor priority: age and fair share move, the rest is ``Accounts.fixed``."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import NOW, Program, State
from simulator.rules.ordering.effective_usage_kernel import weigh_classic, weigh_depth_oblivious
from simulator.rules.ordering.fair_tree_kernel import rank_siblings, weigh_fair_tree

# Places in ``Accounts.numbers``.
SHARE_PARAMETER = 0
"""Fair Tree: 1 for members of tied accounts together; else the dampening factor."""
SHARE_RULE = 1
WEIGHT_AGE = 2
WEIGHT_SHARE = 3
MAX_AGE = 4
FROM_SUBMIT = 5

FAIR_TREE, CLASSIC, DEPTH_OBLIVIOUS = range(3)
LARGEST = 4294967295.0


@kernel
def weigh_by(state: State, program: Program, rule: int) -> None:
    """Give each user the factor of this rule of fair share."""
    parameter = state.accounts.numbers[SHARE_PARAMETER]
    if rule == FAIR_TREE:
        weigh_fair_tree(state, program, int(parameter))
    elif rule == CLASSIC:
        weigh_classic(state, parameter)
    else:
        weigh_depth_oblivious(state, parameter)


@kernel
def weigh_multifactor(state: State, program: Program) -> None:
    """Nothing, where nobody's share counts."""
    numbers = state.accounts.numbers
    if numbers[WEIGHT_SHARE] > 0.0:
        weigh_by(state, program, int(numbers[SHARE_RULE]))


@kernel
def multifactor(state: State, position: int, late: int) -> float:
    """The sum of the factors, at least 1, cut to a whole number of 32 bits.

    ``late``: seconds by which it counts as having come later; its age is 0 until then.
    """
    accounts, progress = state.accounts, state.progress
    numbers = accounts.numbers
    since = progress.eligible[position]
    if numbers[FROM_SUBMIT] == 1.0:
        since = state.columns.submit[position]
    age = min(max(state.counters[NOW] - since - late, 0) / numbers[MAX_AGE], 1.0)
    entity = accounts.of_job[position]
    rank_siblings(state, entity)
    share = accounts.had.value[entity]
    total = numbers[WEIGHT_AGE] * age + numbers[WEIGHT_SHARE] * share + accounts.fixed[position]
    return min(math.floor(max(total, 1.0)), LARGEST)
