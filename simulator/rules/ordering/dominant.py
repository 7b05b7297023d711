"""Max-min fairness."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


class MaxMin(Serving):
    """Whoever holds the fewest GPUs for their weight goes next, job by job.

    GPUs held / weight, lowest first; the weight is the entitled part of the machine.
    """

    looks_at_usage: ClassVar[bool] = False
    kind: Literal["max_min"] = "max_min"

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        weight = float(view.entitled[entity])
        held = (view.held[entity, 0] + more[0]) / view.capacity[0]
        return float(held) / weight if weight > 0 else math.inf


class Drf(Serving):
    """Dominant resource fairness: whoever's largest part of any resource is smallest goes next.

    max over GPUs, CPUs and memory of (held / all) / weight, lowest first.
    Source: Ghodsi et al., "Dominant resource fairness", NSDI 2011.
    """

    looks_at_usage: ClassVar[bool] = False
    kind: Literal["drf"] = "drf"

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        weight = float(view.entitled[entity])
        there = view.capacity > 0
        parts = (view.held[entity] + more)[there] / view.capacity[there]
        return float(parts.max(initial=0.0)) / weight if weight > 0 else math.inf
