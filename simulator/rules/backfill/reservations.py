"""EASY with k reservations."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model, PositiveInt


class Reservations(Model):
    """The first k jobs that cannot start now hold a place; who fits beside them may overtake."""

    kind: Literal["reservations"] = "reservations"
    k: PositiveInt = 4
    """How many jobs hold a place."""
