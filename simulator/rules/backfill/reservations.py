"""EASY with k reservations."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model, PositiveInt


class Reservations(Model):
    """The first k jobs that cannot start now hold a place; who fits beside them may overtake.

    Example: 4 GPUs, 3 of them held until 10 s, `k: 2`. A wants 4 for 5 s and gets its place at
    10 s, B wants 3 and gets one at 15 s. C wants 1 for 20 s, would hold it at 10 s
    still, and waits without a place; a D of 1 GPU and 10 s starts now.
    """

    kind: Literal["reservations"] = "reservations"
    k: PositiveInt = 4
    """How many jobs hold a place."""
