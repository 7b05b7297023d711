"""The placements that a scenario may name; the set of names is the set of implementations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.rules.placement.fit import BestFit, FirstFit, WorstFit
from simulator.rules.placement.fragmentation import Fragmentation
from simulator.rules.placement.leaf import Leaf
from simulator.rules.placement.slurm import SlurmChoice

Placement = Annotated[
    BestFit | WorstFit | FirstFit | Leaf | Fragmentation | SlurmChoice, Field(discriminator="kind")
]
