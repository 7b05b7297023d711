"""Weights of resources, and hours of another price."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Model, refusal

Weight = Annotated[float, Field(ge=0, le=1_000_000)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Charge(Model):
    """What a job is charged for each second: weights of resources, put together.

    Weights count to the thousandth, and the charge of a job is rounded half up to it.
    """

    gpu: Weight = 1.0
    """A GPU; a slice counts for its part of one."""
    gpu_types: dict[str, Weight] = Field(default_factory=dict)
    """A GPU of this type instead: of the type that the job got."""
    cpu: Weight = 0.0
    """A CPU asked for."""
    memory: Weight = 0.0
    """A GiB asked for."""
    node: Weight = 0.0
    """A node."""
    form: Literal["sum", "max", "gpu_plus_max"] = "sum"
    """sum of all; max: the largest of them; gpu_plus_max: GPUs and the largest of the others."""
    whole: bool = False
    """Each is rounded up to a whole number before they are put together."""
    times: Weight = 1.0
    """The result is multiplied by this."""

    @model_validator(mode="after")
    def _something_costs(self) -> Self:
        weights = (self.gpu, self.cpu, self.memory, self.node, *self.gpu_types.values())
        if not any(weights) or not self.times:
            raise refusal("every weight is 0: nothing would ever count", right="say gpu: 1")
        return self


class OffPeak(Model):
    """Hours in which time has another price."""

    days: Annotated[tuple[Day, ...], Field(min_length=1, strict=False)] = DAYS
    """On which days of the week."""
    start: Annotated[int, Field(ge=0, le=23)] = 0
    """From this hour of the local clock on."""
    end: Annotated[int, Field(ge=1, le=24)] = 24
    """Until this hour; if it is not after the start, until that hour of the next day."""
    factor: Annotated[float, Field(ge=0, le=1000)]
    """What is charged is multiplied by this; thousandths count."""

    def holds(self, weekday: int, hour: int) -> bool:
        """Whether an hour (0–23) of a weekday (0 Monday) of the local clock is one of these."""
        if self.start < self.end:
            return DAYS[weekday] in self.days and self.start <= hour < self.end
        if hour >= self.start:
            return DAYS[weekday] in self.days
        return hour < self.end and DAYS[(weekday - 1) % 7] in self.days
