"""Weights of resources, and hours of another price."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Model, refusal
from simulator.rules.accounting.hours import Hours

Weight = Annotated[float, Field(ge=0, le=1_000_000)]


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


class OffPeak(Hours):
    """Hours in which time has another price."""

    factor: Annotated[float, Field(ge=0, le=1000)]
    """What is charged is multiplied by this; thousandths count."""
