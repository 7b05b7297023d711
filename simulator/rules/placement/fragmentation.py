"""By what the rest of a node is good for."""

from __future__ import annotations

from typing import Literal

from simulator.fields import PositiveInt
from simulator.rules.placement.packing import Heeding


class Fragmentation(Heeding):
    """The nodes where F grows least: the idle GPUs that a typical job could not use.

    F = Σ over types of request of jobs of the type × idle GPUs of the node that it cannot use.
    Slices go to the GPU where F grows least. Ties go to the lowest node and GPU.

    Example: half of all jobs want 1 GPU, half want 4 of a node. On a node with 4 GPUs free one more
    job of 1 GPU leaves 3 that the second half cannot use: F grows by 0.5 · 3. On a node with 2 free
    it leaves 1 of 2 that it could not use before: F falls by 0.5 · 1. It goes there.
    Source: fragmentation gradient descent, Weng et al., "Beware of Fragmentation", USENIX ATC 2023.
    """

    kind: Literal["fragmentation"] = "fragmentation"
    types: PositiveInt = 16
    """How many types of request count: the most frequent ones of the whole workload."""
