"""Stride scheduling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


class Stride(Serving):
    """Everybody advances by what they are given, the slower the more they are entitled to; whoever
    is furthest behind goes next.

    pass += GPU-seconds/entitled part, lowest pass first. A start books the job's walltime, its end
    gives back what was not used. Whoever had nothing waiting and comes back starts no lower than
    the global pass, which advances by GPU-seconds booked/entitled part of all who wait: being away
    saves nothing up.

    Example: three users with 3, 2 and 1 tickets have many jobs of one GPU-second. With strides 2, 3
    and 6 all are at 0: A, B, C; then A at 2, B at 3, A at 4; all are at 6 then, and it begins anew.
    Source: Waldspurger & Weihl, "Stride scheduling", MIT/LCS/TM-528, 1995.
    """

    looks_at_usage: ClassVar[bool] = False
    remembers: ClassVar[bool] = True

    kind: Literal["stride"] = "stride"

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        if view.entitled[entity] <= 0:
            return math.inf
        return float(view.own[entity] + view.ahead[entity])

    def step(self, view: View, entity: int, position: int) -> float:
        """The walltime that its start books."""
        if view.entitled[entity] <= 0:
            return 0.0
        return float(view.gpus[position] * view.walltime[position] / view.entitled[entity])
