"""By how full the nodes are."""

from __future__ import annotations

from typing import Literal

from simulator.rules.placement.packing import Packing


class BestFit(Packing):
    """The nodes with the fewest GPUs free that still suffice; ties go to the lowest node.

    Example: nodes with 3, 1 and 2 GPUs free. A job of 2 GPUs gets the third.
    """

    kind: Literal["best"] = "best"


class WorstFit(Packing):
    """The nodes with the most GPUs free; ties go to the lowest node.

    Example: nodes with 1, 3 and 2 GPUs free. A job of 1 GPU gets the second.
    """

    kind: Literal["worst"] = "worst"


class FirstFit(Packing):
    """The nodes of the lowest numbers.

    Example: nodes with 1, 3 and 2 GPUs free. A job of 2 GPUs gets the second.
    """

    kind: Literal["first"] = "first"
