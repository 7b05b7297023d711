"""The backfills that a scenario may name; the set of names is the set of implementations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.rules.backfill.conservative import Conservative
from simulator.rules.backfill.easy import Easy
from simulator.rules.backfill.none import NoBackfill
from simulator.rules.backfill.reservations import Reservations
from simulator.rules.backfill.slurm import SlurmPasses

Backfill = Annotated[
    NoBackfill | Easy | Reservations | Conservative | SlurmPasses, Field(discriminator="kind")
]
