"""Slurm's classic and depth-oblivious fair share: 2^(−(UE/S)/d), from an effective usage UE.

``Room.heap_key`` holds effective usage. Source: SchedMD/slurm, ``priority_multifactor.c``.
"""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import State

SHARPNESS = 5.0
"""How much a parent that is far from its share counts, in the depth-oblivious form."""


@kernel
def _used(state: State, entity: int) -> float:
    """UA: its part of all usage."""
    usage = state.accounts.had.usage
    return min(usage[entity] / usage[0], 1.0) if usage[0] > 0.0 else 0.0


@kernel
def _give_factors(state: State, dampening: float) -> None:
    """The factor of each user; one of share ``parent`` has its account's."""
    tree, had, effective = state.accounts.tree, state.accounts.had, state.accounts.room.heap_key
    for entity in range(len(tree.parent)):
        if tree.user[entity] == 0:
            continue
        own = tree.parent[entity] if tree.share[entity] < 0.0 else entity
        share = tree.entitled[own]
        had.value[entity] = (
            2.0 ** (-(effective[entity] / share) / dampening) if share > 0.0 else 0.0
        )


@kernel_apart
def weigh_classic(state: State, dampening: float) -> None:
    """UE = UA + (UE of the parent − UA)·(share among siblings); UE = UA at the top."""
    tree, effective = state.accounts.tree, state.accounts.room.heap_key
    effective[0] = 1.0
    for entity in range(1, len(tree.parent)):
        above, used = tree.parent[entity], _used(state, entity)
        if tree.share[entity] < 0.0:
            effective[entity] = effective[above]
        elif above == 0:
            effective[entity] = used
        else:
            effective[entity] = used + (effective[above] - used) * tree.part[entity]
    _give_factors(state, dampening)


@kernel
def _oblivious(state: State, entity: int, siblings: float) -> float:
    """UE of an entity whose siblings have used so much in all."""
    tree, effective = state.accounts.tree, state.accounts.room.heap_key
    above, used = tree.parent[entity], _used(state, entity)
    share, share_above = tree.entitled[entity], tree.entitled[above]
    if tree.share[entity] < 0.0:
        return effective[above]
    if above == 0 or min(share, share_above, effective[above], used) <= 0.0:
        return used
    ratio = effective[above] / share_above
    own = (used / share) / (siblings / share_above)
    k = 1.0
    if math.log(ratio) * math.log(own) < 0.0:
        k = 1.0 / (1.0 + (SHARPNESS * math.log(ratio)) ** 2)
    return ratio * own**k * share


@kernel_apart
def weigh_depth_oblivious(state: State, dampening: float) -> None:
    """UE = R·S; R of the parent, and how far the entity is from its siblings, make R."""
    tree, effective = state.accounts.tree, state.accounts.room.heap_key
    effective[0] = 1.0
    for account in range(len(tree.parent)):
        begin, end = tree.first[account], tree.first[account] + tree.children[account]
        siblings = 0.0
        for member in range(begin, end):
            if tree.share[member] >= 0.0:
                siblings += _used(state, member)
        for member in range(begin, end):
            effective[member] = _oblivious(state, member, siblings)
    _give_factors(state, dampening)
