"""The placements that a scenario may name; the set of names is the set of implementations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.rules.placement.fit import BestFit, FirstFit, WorstFit

Placement = Annotated[BestFit | WorstFit | FirstFit, Field(discriminator="kind")]
