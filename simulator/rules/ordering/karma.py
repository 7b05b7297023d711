"""Karma: credits for what one lends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from simulator.fields import Duration, Fraction01
from simulator.rules.ordering.serving import Serving
from simulator.rules.ordering.target import below_target

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Karma(Serving):
    """Whoever asks for less than their guaranteed part lends the rest for credits; who asks for
    more pays with credits.

    Every quantum a target is set for each: the guaranteed part, (machine − public part) × entitled
    part, or as much of it as is held and waited for; and what is borrowed beyond. First everybody
    gets their part of as many credits as there are public slices; a slice is one GPU for one
    quantum. Lenders earn 1 for each slice lent, borrowers pay 1 and borrow no more than they can
    pay. If there is enough for all, the poorest lend first and public slices go last; else all is
    lent, and the richest borrow first, slice by slice. Newcomers get the mean of all credits. The
    account of the public pays the credits that are given and earns those for its slices: all
    accounts together are always 0. Whoever is furthest below the target goes next: lowest GPUs
    held/target.

    Example: 18 slices, half of them public, three users with 6 credits each. A asks for 6, B for 6,
    C for nothing: each gets 3 credits, A and B borrow 3 each, of which C lends 3: 6, 6 and 12. Then
    A asks for 12 and the others for nothing: A borrows 9, B and C lend 3 each: 0, 12 and 18.
    Source: Vuppalapati et al., "Karma", OSDI 2023; resource-disaggregation/karma,
    karma_allocator.cpp.
    """

    looks_at_usage: ClassVar[bool] = False
    at_first: ClassVar[float] = math.nan
    """No credits before the first job."""

    kind: Literal["karma"] = "karma"
    quantum: Annotated[Duration, Field(gt=0)] = 3600
    """Time between two settings of targets."""
    public: Fraction01 = 0.5
    """Part of the machine that is guaranteed to nobody."""
    credits: Annotated[int, Field(ge=0, le=1_000_000_000)] = 1_000_000
    """Credits of the first who come."""

    def between_ticks(self) -> int:
        """A quantum, s."""
        return self.quantum

    def numbers(self) -> tuple[float, ...]:
        """Public fraction, first credits."""
        return self.public, float(self.credits)

    def slices(
        self, own: Reals, demand: Ints, entitled: Reals, capacity: int
    ) -> tuple[Reals, Reals]:
        """One quantum in plain NumPy, slice by slice: (targets, credits), in row 0 those of all.

        ``own``: credits before, NaN for who has not come yet. ``demand``: slices held and waited
        for.
        """
        import numpy as np

        own, demand = own.copy(), demand.copy()
        for newcomer in np.flatnonzero(np.isnan(own) & (demand > 0)):
            there = own[1:][~np.isnan(own[1:])]
            own[newcomer] = there.mean() if len(there) else float(self.credits)
            own[0] -= own[newcomer]
        here = [entity for entity in range(1, len(own)) if not math.isnan(own[entity])]
        target, total = np.zeros(len(own)), sum(float(entitled[entity]) for entity in here)
        if total == 0:
            return target, own
        shared = capacity - int(self.public * capacity)
        guaranteed = {entity: int(shared * entitled[entity] / total + 1e-9) for entity in here}
        public = capacity - sum(guaranteed.values())
        for entity in here:
            own[entity] += public * entitled[entity] / total
            own[0] -= public * entitled[entity] / total
            target[entity] = min(demand[entity], guaranteed[entity])
        lends = {entity: guaranteed[entity] - int(target[entity]) for entity in here}
        wants = {
            entity: min(int(demand[entity] - target[entity]), int(own[entity])) for entity in here
        }
        amount = min(sum(wants.values()), sum(lends.values()) + public)
        # Who earns and who borrows depend on the other side in number alone.
        lent = dict.fromkeys(here, 0)
        for _ in range(min(amount, sum(lends.values()))):
            poorest = min(
                (entity for entity in here if lends[entity] > lent[entity]),
                key=lambda entity: (own[entity] + lent[entity], entity),
            )
            lent[poorest] += 1
        got = dict.fromkeys(here, 0)
        for _ in range(amount):
            richest = max(
                (entity for entity in here if wants[entity] > got[entity]),
                key=lambda entity: (own[entity] - got[entity], -entity),
            )
            got[richest] += 1
        for entity in here:
            own[entity] += lent[entity] - got[entity]
            target[entity] += got[entity]
        own[0] += amount - sum(lent.values())
        return target, own

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        return below_target(view, entity, more)
