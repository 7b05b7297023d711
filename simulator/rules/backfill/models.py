"""Who may overtake, as a scenario names it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.fields import Model, PositiveInt


class NoBackfill(Model):
    """Nobody overtakes: the head starts when it fits."""

    kind: Literal["none"] = "none"


class Easy(Model):
    """One reservation, for the head; whoever does not delay it may overtake.

    Source: Mu'alem & Feitelson, IEEE TPDS 12(6), 2001.
    """

    kind: Literal["easy"] = "easy"


class Reservations(Model):
    """The first k jobs that cannot start now hold a place; whoever fits beside them may overtake."""

    kind: Literal["reservations"] = "reservations"
    k: PositiveInt = 4
    """How many jobs hold a place."""


class Conservative(Model):
    """Every waiting job holds a place; whoever delays nobody may overtake."""

    kind: Literal["conservative"] = "conservative"
    replan: Literal["all", "earlier"] = "all"
    """all: the plan is rebuilt at each pass. earlier: places are kept, and at each early end a job,
    in queue order, moves only to an earlier one."""


Backfill = Annotated[
    NoBackfill | Easy | Reservations | Conservative, Field(discriminator="kind")
]
