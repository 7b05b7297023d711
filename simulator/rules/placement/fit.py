"""By how full the nodes are."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class BestFit(Model):
    """The nodes with the fewest GPUs free that still suffice; ties go to the lowest node."""

    kind: Literal["best"] = "best"


class WorstFit(Model):
    """The nodes with the most GPUs free; ties go to the lowest node."""

    kind: Literal["worst"] = "worst"


class FirstFit(Model):
    """The nodes of the lowest numbers."""

    kind: Literal["first"] = "first"
