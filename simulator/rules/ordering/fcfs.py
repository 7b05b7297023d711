"""First come, first served."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Fcfs(Model):
    """First come, first served: by submit time."""

    kind: Literal["fcfs"] = "fcfs"
