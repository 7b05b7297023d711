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

    Example: 16 GPUs, two users with shares 1 and 3 who hold 2 and 4: (2/16)/0.25 = 0.5 and
    (4/16)/0.75 = 0.33. The second goes next.
    Source: progressive filling, Bertsekas & Gallager, "Data Networks", 2nd edition, 1992, 6.5.2.
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

    Example: 9 CPUs and 18 GB; jobs of A take 1 CPU and 4 GB, those of B 3 CPUs and 1 GB. The first
    five turns give A three jobs and B two: A holds 12/18 of the memory, B 6/9 of the CPUs.
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
