"""By size."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Smallest(Model):
    """Fewest GPUs first."""

    kind: Literal["smallest"] = "smallest"


class Largest(Model):
    """Most GPUs first."""

    kind: Literal["largest"] = "largest"
