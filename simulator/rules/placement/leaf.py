"""By leaf switches."""

from __future__ import annotations

from typing import Literal

from simulator.rules.placement.packing import Packing


class Leaf(Packing):
    """Nodes on the fewest leaf switches.

    The leaf with the fewest nodes that suit, of those that have enough of them; if none has, all of
    the leaf with the most, and so on with the rest. On a leaf, and for jobs of one node everywhere,
    best fit. Ties go to the lowest leaf and node. The idea is that of Slurm's ``topology/tree``,
    which looks for the smallest switch that holds a job and goes by best fit below it.

    Example: three leaves with 5, 3 and 2 nodes that suit. A job of 3 nodes goes to the second leaf;
    one of 6 takes the 5 of the first, and one of the third.
    """

    kind: Literal["leaf"] = "leaf"
