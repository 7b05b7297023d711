"""Settings of outages: planned windows, losses, failures of nodes, and what checkpoints save."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Model, Name, Positive, PositiveInt, refusal

Fate = Literal["requeue", "lost"]
Spread = Annotated[float, Field(ge=0, le=5)]


class Window(Model):
    """When some of the machine is taken out for planned work, known beforehand."""

    start: Duration
    """When it starts, from the scenario's epoch."""
    duration: Annotated[Duration, Field(gt=0)]
    """How long it lasts."""
    every: Duration | None = None
    """Repeat with this period, until the last arrival."""
    announced: Duration | None = None
    """How long before its start it becomes known; always known if not given."""
    drain: bool = True
    """Plan around it: no job starts that would reach into it by its walltime."""
    on_start: Fate = "requeue"
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


class MaintenanceWindow(Window):
    """Units of a pool taken out for planned work."""

    units: PositiveInt | None = None
    """How many units it takes; the whole machine if not given."""


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
    on_start: Fate = "requeue"
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


class Repair(Model):
    """How long repairs take: lognormal times."""

    median: Annotated[Duration, Field(gt=0)]
    """Half of all repairs take less."""
    sigma: Spread = 0.0
    """Standard deviation of ln(time); 0: every repair takes the median."""


class Failures(Model):
    """Nodes that fail, one by one or all of a leaf switch, known to nobody before."""

    mtbf: Annotated[Duration, Field(gt=0)] | None = None
    """Mean time from a node's repair to its next failure; nodes alone never fail if not given."""
    shape: Positive = 1.0
    """Shape of Weibull times: 1 exponential, below 1 more failures soon after a repair."""
    leaf_mtbf: Annotated[Duration, Field(gt=0)] | None = None
    """The same for a leaf switch, exponential: all of its nodes fail together."""
    repair: Repair
    """How long until they are back."""
    leaf_repair: Repair | None = None
    """How long until a leaf's nodes are back; as ``repair`` if not given."""
    repair_known: bool = False
    """Once they have failed, plans know when they will be back."""
    on_failure: Fate = "requeue"
    """What becomes of the jobs on them."""
    max_requeues: Annotated[int, Field(ge=0)] | None = None
    """A job that has been queued again so often is lost the next time; no limit if not given."""

    @model_validator(mode="after")
    def _something_fails(self) -> Self:
        if self.mtbf is None and self.leaf_mtbf is None:
            raise refusal(
                "failures of no mean time never happen",
                right="add mtbf: 60d or leaf_mtbf: 365d, or leave failures out",
            )
        if self.leaf_repair is not None and self.leaf_mtbf is None:
            raise refusal(
                "leaves that never fail need no repair",
                right="add leaf_mtbf: 365d",
                at=("leaf_repair",),
            )
        if self.max_requeues is not None and self.on_failure == "lost":
            raise refusal(
                "a job that is lost at once is never queued again",
                right="leave max_requeues out, or say on_failure: requeue",
                at=("max_requeues",),
            )
        return self


class Checkpoint(Model):
    """State that a job saves while it runs, to go on from there if it is interrupted."""

    period: Annotated[Duration, Field(gt=0)]
    """Work between the end of one and the start of the next."""
    write: Duration = 0
    """Time that writing one takes; the job does no work meanwhile."""
    restart: Duration = 0
    """Time that reading it takes when the job starts again."""


class Checkpoints(Model):
    """Whose jobs save their state."""

    everyone: Checkpoint | None = None
    """All jobs but those of the classes below; nobody if not given."""
    classes: dict[Name, Checkpoint | Literal["none"]] = Field(default_factory=dict)
    """Classes of applicants whose jobs do otherwise."""
