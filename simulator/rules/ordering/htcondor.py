"""HTCondor's fair share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from simulator.fields import Duration, Positive
from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View
    from simulator.rules.ordering.serving import Served

FLOOR = 0.5


class Htcondor(Serving):
    """Whoever has held few GPUs lately has a good priority, and is offered that much more of the
    machine.

    Real priority π follows the GPUs ρ that are held: π ← βπ + (1 − β)ρ over δ seconds, β =
    ½^(δ/half life), never below 0.5, where it starts; effective priority EUP = π·factor. Each pass
    is a negotiation: everybody who waits has a slice of the machine in proportion to 1/EUP, less
    what they hold. First the lowest EUP is served, as far as its slice, then the next. What is
    left goes to whoever holds the least for their slice: lowest GPUs·EUP first.

    Example: A has held 4 GPUs for one half-life: π = ½·0.5 + ½·4 = 2.25, that of B is 0.5. Of 4
    GPUs the slices are 0.73 and 3.27: B is served first, with 3 jobs of 1 GPU; of the rest A has
    0·2.25 and B 3·0.5, so the fourth goes to A.
    Source: HTCondor manual, User Priorities and Negotiation; condor_negotiator.V6/matchmaker.cpp.
    """

    looks_at_usage: ClassVar[bool] = False
    remembers: ClassVar[bool] = True
    at_first: ClassVar[float] = FLOOR
    by_names: ClassVar[tuple[str, ...]] = ("factor",)

    kind: Literal["htcondor"] = "htcondor"
    half_life: Annotated[Duration, Field(gt=0)] = 86_400
    """PRIORITY_HALFLIFE. (Usage as the accounting counts it does not matter here.)"""
    factor: dict[str, Positive] = Field(default_factory=dict)
    """Priority factors by name; who is not named has 1000."""

    def numbers(self) -> tuple[float, ...]:
        """Half-life, s."""
        return (float(self.half_life),)

    def terms(self, served: Served) -> Reals:
        """Of each entity: priority factor, and units of a GPU."""
        import numpy as np

        factor = served.by_name(self.factor, np.full(len(served.names), 1000.0), "factor")
        return np.stack([factor, np.full(len(factor), float(served.gpu))], axis=1)

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        import numpy as np

        effective = view.own * view.terms[:, 0]
        slice_ = view.capacity[0] / effective[entity] / np.sum(1 / effective[view.waits])
        taken = float(view.held[entity, 0] + more[0])
        within = taken + float(view.asks[position, 0]) <= slice_ * (1 + 1e-9)
        level = -1 / effective[entity] if within else taken * effective[entity]
        return float(np.float32(level))
