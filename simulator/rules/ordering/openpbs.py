"""OpenPBS's fairshare."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class OpenPbs(Serving):
    """As OpenPBS's fairshare: two jobs are compared where their branches of the tree part.

    There usage / entitled part of the machine decides, the lower first; if that is equal, the next
    level down does. Who has no share goes behind all who have one. Usage is the accounting's:
    `fade: steps` halves it once a day, as OpenPBS does, and never lets it fall below 1. Jobs that
    start in a pass count from the next one on; OpenPBS charges their whole request at once.

    Example: two groups of share 60 and 40. The first has used 300 in all, so 300/0.6 = 500; the
    second 100, so 100/0.4 = 250: all jobs of the second go first, also those of its user who has
    used 90 and has half of its shares (90/0.2 = 450) before the first group's user who has used
    nothing.
    Source: openpbs/openpbs, src/scheduler/fairshare.cpp (compare_path, decay_fairshare_tree).
    """

    kind: Literal["openpbs"] = "openpbs"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        who = sorted({int(each) for each in view.of_job[waiting]})

        def compared(one: int, other: int) -> int:
            return _compared(view, one, other)

        in_order = sorted(who, key=cmp_to_key(compared))
        rank = dict.fromkeys(who, 0)
        for before, after in pairwise(in_order):
            rank[after] = rank[before] + (_compared(view, before, after) != 0)
        return np.array([-float(rank[int(each)]) for each in view.of_job[waiting]])


def _path(view: View, entity: int) -> list[int]:
    """From the whole down to the entity."""
    path = [entity]
    while view.parent[path[0]] >= 0:
        path.insert(0, int(view.parent[path[0]]))
    return path


def _compared(view: View, one: int, other: int) -> int:
    for left, right in zip(_path(view, one), _path(view, other), strict=False):
        if left == right:
            continue
        shares = view.entitled[left], view.entitled[right]
        if min(shares) <= 0:
            return int(shares[0] <= 0) - int(shares[1] <= 0)
        used = view.usage[left] / shares[0], view.usage[right] / shares[1]
        if used[0] != used[1]:
            return -1 if used[0] < used[1] else 1
    return 0
