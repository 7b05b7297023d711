"""By how full the nodes are."""

from __future__ import annotations

from typing import Literal

from simulator.rules.placement.packing import Packing


class BestFit(Packing):
    """The nodes with the fewest GPUs free that still suffice; ties go to the lowest node."""

    kind: Literal["best"] = "best"


class WorstFit(Packing):
    """The nodes with the most GPUs free; ties go to the lowest node."""

    kind: Literal["worst"] = "worst"


class FirstFit(Packing):
    """The nodes of the lowest numbers."""

    kind: Literal["first"] = "first"
