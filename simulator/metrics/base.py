"""What a metric is: a number of one run, with its meaning beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured

Direction = Literal["higher", "lower", "none"]
Level = Literal["job", "user", "account", "class", "machine"]
Scale = Literal["linear", "log"]

WAITING = "a job still waiting at the end counts with its wait so far, a lower bound"
NEEDING = "an unfinished job counts with its wait so far and the run time that it needs"
HELD = "GPU-time held until the end of the run counts"


@dataclass(frozen=True, slots=True)
class Undefined:
    """A number that does not exist, and why; never NaN."""

    reason: str

    def __str__(self) -> str:
        return f"undefined, because {self.reason}"


Value: TypeAlias = float | Undefined


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one run."""

    name: str
    title: str
    formula: str
    unit: str
    """s, GPU-h, GPUs, kWh, jobs, applications, share (of what was there, 1 being all); empty: a
    pure number."""
    direction: Direction
    """Which way is better; none: it describes."""
    level: Level
    source: str
    unfinished: str
    """What it does with jobs that had not ended when the run did."""
    judges: bool
    """May it be a verdict on a rule? Usage over a run that drains is demand, whatever the rule."""
    compute: Callable[[Measured], Value]
    scale: Scale = "linear"
    """log: means are geometric, and rules are compared by their ratio."""
