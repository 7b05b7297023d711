"""By what the rest of a node is good for."""

from __future__ import annotations

from typing import Literal

from simulator.fields import PositiveInt
from simulator.rules.placement.packing import Heeding


class Fragmentation(Heeding):
    """The nodes where F grows least: the idle GPUs that a typical job could not use.

    F = Σ over types of request of jobs of the type × idle GPUs of the node that it cannot use.
    Slices go to the GPU where F grows least. Ties go to the lowest node and GPU. Fragmentation
    gradient descent: Weng et al., "Beware of Fragmentation", USENIX ATC 2023.
    """

    kind: Literal["fragmentation"] = "fragmentation"
    types: PositiveInt = 16
    """How many types of request count: the most frequent ones of the whole workload."""
