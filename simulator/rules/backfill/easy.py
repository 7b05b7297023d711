"""EASY: one reservation."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Easy(Model):
    """One reservation, for the head; whoever does not delay it may overtake.

    Source: Mu'alem & Feitelson, IEEE TPDS 12(6), 2001.
    """

    kind: Literal["easy"] = "easy"
