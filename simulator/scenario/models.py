"""A scenario: everything that a study needs to know, typed."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from simulator.cluster.models import Cluster, Nodes, Pool
from simulator.errors import nearest
from simulator.fields import Duration, LocalTime, Model, Name, Positive, PositiveInt, refusal
from simulator.rules.models import Rule
from simulator.scenario.machine_checks import refuse_strangers
from simulator.scenario.rule_checks import refuse_requests_on_pool, refuse_unfit_rules
from simulator.workload.models import Log, Workload
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterable


class Comparison(Model):
    """How the rules are judged."""

    baseline: Name | None = None
    """The rule that the others are compared with; the first one if not given."""
    metrics: tuple[str, ...] = Field(default=(), strict=False)
    """Metrics shown beside the three demands."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence of every interval."""
    reading: Literal["person", "organisation", "need"] = "person"
    """Equal access for whom: each user, each account, or each account by its approved need."""
    entitlement: dict[str, Positive] = Field(default_factory=dict)
    """Approved need of each class of applicants, in any unit; its accounts share it equally."""
    priority_classes: tuple[str, ...] = Field(default=(), strict=False)
    """Classes of applicants that are to come first."""
    warm_up: Literal["mser5"] | Duration = "mser5"
    """What is left out at the beginning: chosen by MSER-5, or a fixed time."""
    window: Annotated[Duration, Field(gt=0)] = 604_800
    """Length of the windows over which shares are judged."""

    @model_validator(mode="after")
    def _need_is_stated(self) -> Self:
        if self.reading == "need" and not self.entitlement:
            raise refusal(
                "reading 'need' wants the approved need of each class",
                right="add entitlement: {a_class: 1, another: 2}",
                at=("reading",),
            )
        return self


class Scenario(Model):
    """A machine, a workload, the candidate rules, and how to compare them."""

    name: Name
    """Name of the study, and of its folder of results."""
    title: str = ""
    """What people call it; the name if empty."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of every random stream."""
    replications: PositiveInt = 1
    """How often each rule is run, each time with other random draws, the same for every rule."""
    epoch: LocalTime | None = None
    """Instant 0 in local time; a log's own (UnixStartTime), or 2027-01-04 00:00, if not given."""
    time_zone: str | None = None
    """Of the calendar; a log's own (TimeZoneString), or Asia/Almaty, if not given."""
    cluster: Cluster = Field(default_factory=Pool)
    """The machine."""
    workload: Workload
    """The jobs."""
    rules: Annotated[dict[Name, Rule], Field(min_length=1)]
    """The candidates by name."""
    comparison: Comparison = Field(default_factory=Comparison)
    """How they are judged."""
    snapshots: Duration = 86_400
    """How often usage is recorded; 0 for never."""
    end: Literal["drain", "cut"] = "drain"
    """drain: run until the last job has ended. cut: stop at the last arrival."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise refusal(
                    f"no time zone is named {value!r}", right="write it like Asia/Almaty"
                ) from None
        return value

    @model_validator(mode="after")
    def _the_clock_shows_the_epoch(self) -> Self:
        if self.epoch is not None and self.time_zone is not None:
            local = self.epoch.replace(tzinfo=ZoneInfo(self.time_zone))
            back = local.astimezone(UTC).astimezone(local.tzinfo)
            if back.replace(tzinfo=None) != self.epoch:
                raise refusal(
                    f"the clocks of {self.time_zone} never show {self.epoch}: they are put forward",
                    right=f"write it like {back:%Y-%m-%d %H:%M}",
                    at=("epoch",),
                )
        return self

    @model_validator(mode="after")
    def _baseline_is_a_rule(self) -> Self:
        if self.baseline not in self.rules:
            raise refusal(
                f"{self.baseline!r} is none of the rules",
                right=nearest(self.baseline, self.rules),
                at=("comparison", "baseline"),
            )
        return self

    @model_validator(mode="after")
    def _replications_differ(self) -> Self:
        if self.replications > 1 and isinstance(self.workload, Log):
            scale = self.workload.scale
            if scale is None or scale.by != "users":
                raise refusal(
                    f"{self.replications} replications of a log replayed unchanged are "
                    f"{self.replications} times the same run",
                    right="write replications: 1, or scale the workload by users",
                    at=("replications",),
                )
        return self

    @model_validator(mode="after")
    def _applicants_have_a_machine(self) -> Self:
        pool = self.cluster if isinstance(self.cluster, Pool) else None
        if isinstance(self.workload, Synthetic) and pool and pool.capacity is None:
            raise refusal(
                "a synthetic workload is made to the size of the machine, which is missing",
                right="add capacity: 512",
                at=("cluster", "capacity"),
            )
        return self

    @model_validator(mode="after")
    def _machine_and_workload_agree(self) -> Self:
        if isinstance(self.cluster, Nodes):
            refuse_strangers(self.cluster, self.workload)
        refuse_requests_on_pool(self.cluster, self.workload)
        refuse_unfit_rules(self)
        return self

    @model_validator(mode="after")
    def _judged_classes_exist(self) -> Self:
        if isinstance(self.workload, Synthetic):
            known = self.workload.classes
            for i, name in enumerate(self.comparison.priority_classes):
                if name not in known:
                    raise _no_class(name, known, "priority_classes", i)
            for name in self.comparison.entitlement:
                if name not in known:
                    raise _no_class(name, known, "entitlement", name)
            absent = [name for name in known if name not in self.comparison.entitlement]
            if self.comparison.reading == "need" and absent:
                raise refusal(
                    f"the class {absent[0]!r} has no approved need",
                    right=f"add {absent[0]}: 1",
                    at=("comparison", "entitlement"),
                )
        return self

    @property
    def baseline(self) -> str:
        """The rule that the others are compared with: the first one, if none is named."""
        return self.comparison.baseline or next(iter(self.rules))

    def canonical(self) -> dict[str, Any]:
        """Every setting, defaults included, in plain JSON types: what the identity is a hash of.

        Durations are seconds. The baseline is named even where the file leaves it to the order of
        the rules.
        """
        settings = self.model_dump(mode="json")
        settings["comparison"]["baseline"] = self.baseline
        return settings


def _no_class(name: str, known: Iterable[str], *at: str | int) -> Exception:
    return refusal(
        f"the workload has no class {name!r}", right=nearest(name, known), at=("comparison", *at)
    )
