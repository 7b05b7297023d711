"""Slurm's fair-share factors once more, in plain NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


def level_fair_share(view: View) -> Reals:
    """S/U of each entity on its level."""
    found = np.full(len(view.parent), math.nan)
    for entity in range(1, len(found)):
        whole = view.usage[view.parent[entity]]
        used = view.usage[entity] / whole if whole > 0 else 0.0
        if view.share[entity] < 0:
            found[entity] = math.inf
        elif view.part[entity] == 0:
            found[entity] = 0.0
        else:
            found[entity] = view.part[entity] / used if used > 0 else math.inf
    return found


def fair_tree(view: View, *, merge: bool) -> Reals:
    """Rank of each user over the number of users; ``merge``: members of tied accounts together."""
    level = level_fair_share(view)
    users = int(view.user.sum())
    factor = np.zeros(len(level))
    left, best = users, users

    def members(account: int) -> list[int]:
        return [int(each) for each in np.flatnonzero(view.parent == account)]

    def rank(siblings: list[int], tied_above: bool) -> None:
        nonlocal left, best
        siblings = sorted(siblings, key=lambda each: (-level[each], not view.user[each], each))
        before = None
        while siblings:
            first = siblings.pop(0)
            tied = tied_above if before is None else level[before] == level[first]
            if view.user[first]:
                best = best if tied else left
                factor[first] = best / users
                left -= 1
            else:
                below = members(first)
                while merge and siblings and level[siblings[0]] == level[first]:
                    below += members(siblings.pop(0))
                rank(below, tied)
            before = first

    rank(members(0), False)
    return factor


def _normal(view: View) -> tuple[Reals, Reals]:
    """UA and S of each entity; a ``parent`` user has the S of its account."""
    whole = view.usage[0]
    used = np.minimum(view.usage / whole, 1.0) if whole > 0 else np.zeros(len(view.usage))
    share = np.where(view.share < 0, view.entitled[view.parent], view.entitled)
    return used, share


def _factor(effective: Reals, share: Reals, dampening: float) -> Reals:
    factor = np.zeros(len(share))
    for entity in np.flatnonzero(share > 0).tolist():
        factor[entity] = math.exp2(-(effective[entity] / share[entity]) / dampening)
    return factor


def classic(view: View, dampening: float) -> Reals:
    """2^(−(UE/S)/d) of each entity."""
    used, share = _normal(view)
    effective = np.ones(len(used))
    for entity in range(1, len(used)):
        above = int(view.parent[entity])
        if view.share[entity] < 0:
            effective[entity] = effective[above]
        elif above == 0:
            effective[entity] = used[entity]
        else:
            rest = effective[above] - used[entity]
            effective[entity] = used[entity] + rest * view.part[entity]
    return _factor(effective, share, dampening)


def depth_oblivious(view: View, dampening: float) -> Reals:
    """2^(−(UE/S)/d) of each entity, with the effective usage that forgets depth."""
    used, share = _normal(view)
    effective = np.ones(len(used))
    for entity in range(1, len(used)):
        above = int(view.parent[entity])
        siblings = (view.parent == above) & (view.share >= 0)
        if view.share[entity] < 0:
            effective[entity] = effective[above]
        elif above and min(share[entity], used[entity], share[above], effective[above]) > 0:
            ratio = effective[above] / share[above]
            own = (used[entity] / share[entity]) / (used[siblings].sum() / share[above])
            k = 1.0
            if math.log(ratio) * math.log(own) < 0:
                k = 1 / (1 + (5 * math.log(ratio)) ** 2)
            effective[entity] = ratio * own**k * share[entity]
        else:
            effective[entity] = used[entity]
    return _factor(effective, share, dampening)
