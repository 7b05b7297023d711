"""No backfilling."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class NoBackfill(Model):
    """Nobody overtakes: the head starts when it fits.

    Example: 4 GPUs, 3 of them held until 10 s. The head wants 2 and waits until 10 s; a job of 1
    GPU and 1 s behind it waits too.
    """

    kind: Literal["none"] = "none"
