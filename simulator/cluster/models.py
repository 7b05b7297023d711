"""The machine of a scenario: one pool of interchangeable units, and when some of it is away."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Model, PositiveInt


class MaintenanceWindow(Model):
    """Units taken out for planned work, known beforehand."""

    start: Duration
    """When it starts, from the scenario's epoch."""
    duration: Duration
    """How long it lasts."""
    units: PositiveInt | None = None
    """How many units it takes; the whole machine if not given."""
    every: Duration | None = None
    """Repeat with this period, until the last arrival."""
    announced: Duration | None = None
    """How long before its start it becomes known; always known if not given."""
    drain: bool = True
    """Plan around it: no job starts that would reach into it by its walltime."""
    on_start: Literal["requeue", "lost"] = "requeue"
    """What becomes of a job that still runs when it starts."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.duration == 0:
            raise ValueError("a maintenance window of no duration; give one above 0, like 8h")
        if self.every is not None and self.every <= self.duration:
            raise ValueError("a window repeated before it ends never ends; 'every' must exceed 'duration'")
        return self


class CapacityLoss(Model):
    """Units that fail, known to nobody before."""

    at: Duration
    """When they fail, from the scenario's epoch."""
    units: PositiveInt
    duration: Duration | None = None
    """How long until they are back; for good if not given."""
    repair_known: bool = False
    """Once they have failed, plans know when they will be back."""
    on_start: Literal["requeue", "lost"] = "requeue"
    """What becomes of the jobs that are killed: those started last, until the rest fits."""

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.duration == 0:
            raise ValueError("a loss of no duration; leave 'duration' out for a loss for good")
        if self.repair_known and self.duration is None:
            raise ValueError("'repair_known' needs a 'duration'")
        return self


class Pool(Model):
    """A machine of interchangeable units, such as the processors of a classic log."""

    kind: Literal["pool"] = "pool"
    capacity: PositiveInt | None = None
    """Units; if not given, the machine size that the log's header states (MaxProcs)."""
    maintenance: tuple[MaintenanceWindow, ...] = Field(default=(), strict=False)
    losses: tuple[CapacityLoss, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.capacity is None:
            return self
        for part in (*self.maintenance, *self.losses):
            if part.units is not None and part.units > self.capacity:
                raise ValueError(f"{part.units} units taken from a machine of {self.capacity}")
        return self
