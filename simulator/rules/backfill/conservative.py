"""Conservative backfilling: a place for everybody."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Conservative(Model):
    """Every waiting job holds a place; whoever delays nobody may overtake."""

    kind: Literal["conservative"] = "conservative"
    replan: Literal["all", "earlier"] = "all"
    """all: the plan is rebuilt at each pass. earlier: places are kept, and at each early end a job,
    in queue order, moves only to an earlier one."""
