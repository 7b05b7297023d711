"""Conservative backfilling: a place for everybody."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Conservative(Model):
    """Every waiting job holds a place; whoever delays nobody may overtake.

    Example: 4 GPUs, 3 of them held until 10 s. A wants 4 for 5 s: 10 s. B wants 3 for 5 s: 15 s. C
    wants 1 for 20 s: it holds a place from 15 s, beside B. D wants 1 for 10 s: it starts now.
    """

    kind: Literal["conservative"] = "conservative"
    replan: Literal["all", "earlier"] = "all"
    """all: the plan is rebuilt at each pass. earlier: places are kept, and at each early end a job,
    in queue order, moves only to an earlier one."""
