"""A scenario: everything that a study needs to know, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from simulator.cluster.models import Pool
from simulator.fields import Duration, Model, Name, Positive, PositiveInt
from simulator.rules.models import Rule
from simulator.workload.models import Workload


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
    window: Duration = 604_800
    """Length of the windows over which shares are judged."""

    @model_validator(mode="after")
    def _need_is_stated(self) -> Self:
        if self.reading == "need" and not self.entitlement:
            raise ValueError("reading 'need' wants 'entitlement': each class with its approved need")
        if self.window == 0:
            raise ValueError("a window of no length; give one above 0, like 7d")
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
    epoch: datetime | None = Field(default=None, strict=False)
    """Instant 0 in local time; a log's own (UnixStartTime), or 2027-01-04 00:00, if not given."""
    time_zone: str | None = None
    """Of the calendar; a log's own (TimeZoneString), or Asia/Almaty, if not given."""
    cluster: Pool = Field(default_factory=Pool)
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
                raise ValueError(
                    f"no time zone is named {value!r}; write it like Asia/Almaty"
                ) from None
        return value

    @field_validator("epoch")
    @classmethod
    def _local(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("the epoch is a local time, without an offset; the zone is 'time_zone'")
        return value

    @model_validator(mode="after")
    def _baseline_is_a_rule(self) -> Self:
        if self.comparison.baseline is not None and self.comparison.baseline not in self.rules:
            raise ValueError(
                f"the baseline {self.comparison.baseline!r} is none of the rules: "
                + ", ".join(self.rules)
            )
        return self

    def canonical(self) -> dict[str, Any]:
        """Every setting, defaults included, in plain JSON types: what the identity is a hash of."""
        return self.model_dump(mode="json")
