"""The machine of a scenario: one pool of interchangeable units, and when some of it is away."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Model, PositiveInt, refusal


class MaintenanceWindow(Model):
    """Units taken out for planned work, known beforehand."""

    start: Duration
    """When it starts, from the scenario's epoch."""
    duration: Annotated[Duration, Field(gt=0)]
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
        if self.every is not None and self.every <= self.duration:
            raise refusal(
                "a window that is repeated before it ends never ends",
                right="'every' must be longer than 'duration'",
                at=("every",),
            )
        return self

    @model_validator(mode="after")
    def _drains_what_is_known(self) -> Self:
        if self.drain and self.announced == 0:
            raise refusal(
                "a window announced at its start cannot be planned around",
                right="say drain: false, or announce it earlier",
                at=("announced",),
            )
        return self


class CapacityLoss(Model):
    """Units that fail, known to nobody before."""

    at: Duration
    """When they fail, from the scenario's epoch."""
    units: PositiveInt
    """How many."""
    duration: Annotated[Duration, Field(gt=0)] | None = None
    """How long until they are back; for good if not given."""
    repair_known: bool = False
    """Once they have failed, plans know when they will be back."""
    on_start: Literal["requeue", "lost"] = "requeue"
    """What becomes of the jobs that are killed: those started last, until the rest fits."""

    @model_validator(mode="after")
    def _repair_has_a_time(self) -> Self:
        if self.repair_known and self.duration is None:
            raise refusal(
                "the repair of a loss for good cannot be known",
                right="add how long it lasts, like duration: 12h",
                at=("repair_known",),
            )
        return self


class Pool(Model):
    """A machine of interchangeable units, such as the processors of a classic log."""

    kind: Literal["pool"] = "pool"
    capacity: PositiveInt | None = None
    """Units; if not given, the machine size that the log's header states (MaxProcs)."""
    maintenance: tuple[MaintenanceWindow, ...] = Field(default=(), strict=False)
    """When some of it is away for planned work."""
    losses: tuple[CapacityLoss, ...] = Field(default=(), strict=False)
    """When some of it fails."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        taken = {
            ("maintenance", i, "units"): window.units for i, window in enumerate(self.maintenance)
        } | {("losses", i, "units"): loss.units for i, loss in enumerate(self.losses)}
        for place, units in taken.items():
            if self.capacity and units and units > self.capacity:
                raise refusal(
                    f"{units} units cannot be taken from a machine of {self.capacity}",
                    right=f"at most {self.capacity}",
                    at=place,
                )
        return self
