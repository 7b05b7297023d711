"""No backfilling."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class NoBackfill(Model):
    """Nobody overtakes: the head starts when it fits."""

    kind: Literal["none"] = "none"
