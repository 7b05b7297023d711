"""Where a scenario's jobs come from: a log, or the synthetic generator."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from simulator.errors import nearest
from simulator.fields import Duration, Model, Name, Positive, PositiveInt, Speedups, refusal
from simulator.workload.recorded import Attribute
from simulator.workload.synthetic.models import Synthetic


def _number_as_label(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label = Annotated[
    str, BeforeValidator(_number_as_label), WithJsonSchema({"type": ["string", "integer"]})
]
Labels = Annotated[tuple[Label, ...], Field(min_length=1, strict=False)]


class Filter(Model):
    """A description of jobs; a job fits it if every part that is given fits."""

    users: Labels | None = None
    """Users by the log's number or name."""
    accounts: Labels | None = None
    """Accounts (SWF groups) by number or name."""
    queues: Labels | None = None
    """Queues by name, as the log's header has it, or by number where it has none."""
    partitions: Labels | None = None
    """Partitions, likewise."""
    min_size: PositiveInt | None = None
    """Units of the machine, at least."""
    max_size: PositiveInt | None = None
    """Units of the machine, at most."""
    min_run_time: Duration | None = None
    max_run_time: Duration | None = None

    @model_validator(mode="after")
    def _describes(self) -> Self:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("it describes no jobs; give users, queues, min_size or the like")
        for low, high in (("min_size", "max_size"), ("min_run_time", "max_run_time")):
            smallest, largest = getattr(self, low), getattr(self, high)
            if smallest is not None and largest is not None and smallest > largest:
                raise ValueError(f"{low} {smallest} exceeds {high} {largest}: no job fits")
        return self


class Window(Model):
    """A piece of the log's time."""

    start: Duration = 0
    """Where it starts, from the log's first submission."""
    duration: Annotated[Duration, Field(gt=0)]
    """How long it lasts."""


class Scale(Model):
    """More or less load, without touching the times between a user's submissions."""

    by: Literal["users", "machine"]
    """users: copies of users, shifted by whole weeks. machine: another machine size."""
    load: Positive
    """The offered load is multiplied by this."""


class Classes(Model):
    """Which class of applicants a job belongs to."""

    by: Attribute
    """What decides it."""
    members: dict[Name, Labels] = Field(default_factory=dict)
    """Class → its users (accounts, queues, partitions); if empty, each is a class of its own."""
    others: Name = "others"
    """The class of all that are not named."""
    speedups: dict[Name, Speedups] = Field(default_factory=dict)
    """Class → how fast its jobs are on some types of GPU; the machine's ``speeds`` on others."""

    @model_validator(mode="after")
    def _one_class_each(self) -> Self:
        seen: dict[str, str] = {}
        for name, labels in self.members.items():
            for label in labels:
                if label in seen:
                    raise ValueError(f"{self.by} {label} is in {seen[label]!r} and in {name!r}")
                seen[label] = name
        return self

    @model_validator(mode="after")
    def _fast_classes_exist(self) -> Self:
        known = (*self.members, self.others)
        for name in self.speedups:
            if self.members and name not in known:
                right = nearest(name, known)
                raise refusal(f"there is no class {name!r}", right=right, at=("speedups", name))
        return self


class Log(Model):
    """Jobs of a recorded log."""

    kind: Literal["log"]
    trace: Annotated[str, Field(min_length=1)]
    """A name of the catalogue, such as kth_sp2, or a file, relative to the scenario's: in the
    Standard Workload Format, or what ``sacct -P`` prints."""
    size: Literal["allocated", "requested"] = "allocated"
    """Which size counts; the other one where it is missing."""
    missing_walltime: Literal["run_time"] | Annotated[Duration, Field(gt=0)] = "run_time"
    """What a job without a walltime asked for: what it ran, or a fixed time."""
    outcomes: Literal["ignore", "replay"] = "ignore"
    """ignore: every job runs for its run time. replay: jobs fail, and are taken back by their users
    before they start, as the log's status says; see ``fails_after`` in the semantics."""
    keep: Filter | None = None
    """Only these jobs."""
    drop: Filter | None = None
    """Not these jobs."""
    window: Window | None = None
    """Only this piece of time."""
    scale: Scale | None = None
    """More or less load."""
    classes: Classes | None = None
    """Classes of applicants; one class, all, if not given."""


Workload = Annotated[Log | Synthetic, Field(discriminator="kind")]
