"""By requested walltime."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Sjf(Model):
    """Shortest requested walltime first."""

    kind: Literal["sjf"] = "sjf"


class Ljf(Model):
    """Longest requested walltime first."""

    kind: Literal["ljf"] = "ljf"
