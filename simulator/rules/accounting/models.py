"""How usage is counted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from simulator.fields import Duration, Model

Span = Annotated[Duration, Field(gt=0)]


class Never(Model):
    """Usage counts for ever."""

    kind: Literal["none"] = "none"


class HalfLife(Model):
    """Usage counts half after each half-life, exactly and at every moment."""

    kind: Literal["half_life"] = "half_life"
    half_life: Span = 604_800
    """After how long half of it counts."""


class Sliding(Model):
    """Usage of the last so many days counts in full, older usage not at all."""

    kind: Literal["sliding"] = "sliding"
    window: Span = 2_592_000
    """How long it counts."""


class SlurmDecay(Model):
    """As Slurm fades it at each of its ticks: by 1 − 0.693/half-life for each second.

    Source: SchedMD/slurm, src/plugins/priority/multifactor/priority_multifactor.c.
    """

    kind: Literal["slurm"] = "slurm"
    half_life: Span = 604_800
    """PriorityDecayHalfLife."""


Fade = Annotated[Never | HalfLife | Sliding | SlurmDecay, Field(discriminator="kind")]


class Accounting(Model):
    """What a job costs whom, and how usage fades."""

    fade: Fade = Field(default_factory=HalfLife)
    """How what was used in the past counts."""

    @field_validator("fade", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value
