"""Lottery scheduling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View
    from simulator.streams import Streams


class Lottery(Serving):
    """Each time somebody is to be next, a lottery among all who wait decides; their tickets are
    what they are entitled to.

    P(next) = entitled part/entitled part of all who wait. One uniform number u is drawn for each
    job before the run. −ln(u)/tickets is how long the job takes to win once it is its entity's
    first; the shortest wins, and all others keep what they have waited. Such times have no memory,
    so each drawing has the law above, and those of one moment that of drawing without replacement.
    A win is a job, however large.

    Example: two users with tickets 1 and 3 and numbers u of 0.5 and 0.2: −ln(0.5)/1 = 0.69 and
    −ln(0.2)/3 = 0.54. The second goes first.
    Source: Waldspurger & Weihl, "Lottery scheduling", OSDI 1994.
    """

    looks_at_usage: ClassVar[bool] = False
    remembers: ClassVar[bool] = True

    kind: Literal["lottery"] = "lottery"

    def drawn(self, jobs: int, streams: Streams) -> Reals:
        """−ln(u) of each job."""
        import numpy as np

        # 1 − u, since u may be 0.
        return np.asarray(-np.log1p(-streams.take("lottery").random(jobs)))

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        if view.entitled[entity] <= 0:
            return math.inf
        before = float(view.own[entity] + view.ahead[entity])
        return before + self.step(view, entity, position)

    def step(self, view: View, entity: int, position: int) -> float:
        """How long the job takes to win."""
        if view.entitled[entity] <= 0:
            return 0.0
        return float(view.fixed[position] / view.entitled[entity])
