"""EASY: one reservation."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Easy(Model):
    """One reservation, for the head; whoever does not delay it may overtake.

    Example: 4 GPUs, 3 of them held until 10 s. The head wants 2: its shadow time is 10 s, with 2
    GPUs to spare then. Behind it a job of 1 GPU starts now, whatever its walltime.
    Source: Mu'alem & Feitelson, IEEE TPDS 12(6), 2001.
    """

    kind: Literal["easy"] = "easy"
