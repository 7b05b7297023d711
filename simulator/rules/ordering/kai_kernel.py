"""KAI's fair shares: deserved quotas, then what is left by weights and past usage.

Until turns are taken ``Room.heap_key`` holds what each entity requests, ``Room.rank`` those that
want more than they deserve, and ``Had.own`` the portion that each of them has in a round.
"""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import HEAD, TAIL, Program, State
from simulator.kernels.usage import counted_seconds

K = 0
"""Place in ``Accounts.numbers``."""
# Columns of ``Accounts.terms``.
DESERVED, WEIGHT, TIER = range(3)


@kernel
def _next_tier(state: State, wanting: int, below: float) -> float:
    """The highest tier below this one of those who want more; −1 for none."""
    accounts = state.accounts
    found = -1.0
    for place in range(wanting):
        entity = accounts.room.rank[place]
        tier = accounts.terms[entity, TIER]
        if found < tier < below and accounts.had.value[entity] < accounts.room.heap_key[entity]:
            found = tier
    return found


@kernel
def _portion(state: State, entity: int, weights: float, could_give: float) -> float:
    """P: weight among those who want more, less what has been used beyond it."""
    accounts = state.accounts
    part = accounts.terms[entity, WEIGHT] / weights
    used = accounts.had.usage[entity] / could_give if could_give > 0.0 else 0.0
    return max(0.0, part + accounts.numbers[K] * (part - used))


@kernel_apart
def _divide(
    state: State, wanting: int, tier: float, left: float, could_give: float
) -> tuple[float, bool]:
    """One round: offer what is left to those of the tier who want more, of so many in the list.

    Returns what is left then, and whether anybody is satisfied now: else no round gives more.
    """
    accounts, line = state.accounts, state.accounts.room.rank
    fair, requested, terms = accounts.had.value, accounts.room.heap_key, accounts.terms
    portion = accounts.had.own
    weights = portions = given = 0.0
    for place in range(wanting):
        entity = line[place]
        if terms[entity, TIER] == tier and fair[entity] < requested[entity]:
            weights += terms[entity, WEIGHT]
    if weights == 0.0:
        return left, False
    for place in range(wanting):
        entity = line[place]
        if terms[entity, TIER] == tier and fair[entity] < requested[entity]:
            portion[entity] = _portion(state, entity, weights, could_give)
            portions += portion[entity]
    if portions == 0.0:
        return left, False
    satisfied = False
    for place in range(wanting):
        entity = line[place]
        if terms[entity, TIER] == tier and fair[entity] < requested[entity]:
            offered = left * portion[entity] / portions
            if requested[entity] - fair[entity] <= offered:
                given += requested[entity] - fair[entity]
                fair[entity] = requested[entity]
                satisfied = True
            else:
                given += offered
                fair[entity] += offered
    return max(0.0, left - given), satisfied


@kernel_apart
def prepare_kai(state: State, program: Program) -> None:
    """Work out everybody's fair share into ``Had.value``."""
    accounts, counters = state.accounts, state.counters
    fair, requested = accounts.had.value, accounts.room.heap_key
    for entity in range(len(fair)):
        requested[entity] = (
            accounts.had.held[entity, 0] if accounts.tree.children[entity] == 0 else 0
        )
    for place in range(counters[HEAD], counters[TAIL]):
        entity = accounts.of_job[state.queue.position[place]]
        requested[entity] += state.queue.gpus[place]
    left, wanting = float(accounts.capacity[0]), 0
    for entity in range(len(fair)):
        fair[entity] = min(accounts.terms[entity, DESERVED], requested[entity])
        left -= fair[entity]
        if fair[entity] < requested[entity]:
            accounts.room.rank[wanting] = entity
            wanting += 1
    could_give = accounts.capacity[0] * counted_seconds(state, program) * 1e6
    tier = math.inf
    while left > 0.0:
        tier = _next_tier(state, wanting, tier)
        if tier < 0.0:
            return
        again = True
        while again and left > 0.0:
            left, again = _divide(state, wanting, tier, left, could_give)


@kernel
def kai(state: State, entity: int, position: int) -> float:
    """Over the share, over the quota, the tier, and the part of the share, as one number."""
    accounts = state.accounts
    fair = accounts.had.value[entity]
    taken = accounts.had.held[entity, 0] + accounts.room.more[entity, 0]
    after = taken + accounts.asks[position, 0]
    rank = 10.0 * (99.0 - accounts.terms[entity, TIER])
    if taken > fair:
        rank += 4000.0
    if after > accounts.terms[entity, DESERVED]:
        rank += 2000.0
    # Below 1, and the larger the more of the share is used; 2 without any.
    return rank + (after / (after + fair) if fair > 0.0 else 2.0)
