"""What a job costs whom, and how usage fades."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.fields import Duration, Model, refusal
from simulator.rules.accounting.prices import Charge, OffPeak

Span = Annotated[Duration, Field(gt=0)]


class Never(Model):
    """Usage counts for ever.

    Example: 10 GPU-h of a year ago count as 10 GPU-h.
    """

    kind: Literal["none"] = "none"


class HalfLife(Model):
    """Usage counts half after each half-life, exactly and at every moment.

    u ← u·2^(−Δ/h) + r·(h/ln 2)·(1 − 2^(−Δ/h)) while the charge is r a second.

    Example: with `half_life: 7d` 10 GPU-h count as 5 after a week and as 2.5 after two.
    """

    kind: Literal["half_life"] = "half_life"
    half_life: Span = 604_800
    """After how long half of it counts."""


class Sliding(Model):
    """Usage of the last so many days counts in full, older usage not at all.

    Example: with `window: 30d` 10 GPU-h count as 10 for 30 days, and then as nothing.
    """

    kind: Literal["sliding"] = "sliding"
    window: Span = 2_592_000
    """How long it counts."""


class Tumbling(Model):
    """Usage counts in full until the window ends; then all of it is forgotten at once.

    Windows follow one another from the beginning of the run.

    Example: with `window: 30d` 10 GPU-h of the 29th day count for a day, those of the 31st for 29.
    """

    kind: Literal["tumbling"] = "tumbling"
    window: Span = 2_592_000
    """Length of a window."""


class Steps(Model):
    """Usage falls to a part of it at each step, all at once, as OpenPBS's fairshare does it.

    At each whole multiple of the period u ← max(u · left, least). Usage begins at `least`.

    Example: 10 GPU-h, 36,000 s, count as 18,000 s after the first midnight, as 9,000 s after the
    second; what is below 2 s falls to 1 s and stays there.
    Source: openpbs/openpbs, fairshare.cpp and pbs_sched_config: 0.5 every 24 h, and 1 at least.
    """

    kind: Literal["steps"] = "steps"
    period: Span = 86_400
    """Time between two steps (fairshare_decay_time)."""
    left: Annotated[float, Field(ge=0, le=1)] = 0.5
    """What part a step leaves (fairshare_decay_factor)."""
    least: Annotated[float, Field(ge=0, le=1e9)] = 1.0
    """In charge-seconds."""


class SlurmDecay(Model):
    """As Slurm fades it at each of its ticks: by 1 − 0.693/half-life for each second.

    For orders that are made anew at ticks. u ← u·d^Δ with Δ since the last tick; a running job adds
    Δ·d^Δ·charge.

    Example: half-life 7 d, so d = 1 − 0.693/604,800. 1,000 s of a GPU, booked at a tick, count as
    1,000·d^300 = 999.656 s at the next one 5 min later.
    Source: SchedMD/slurm, src/plugins/priority/multifactor/priority_multifactor.c.
    """

    kind: Literal["slurm"] = "slurm"
    half_life: Span = 604_800
    """PriorityDecayHalfLife."""


Fade = Annotated[
    Never | HalfLife | Sliding | Tumbling | Steps | SlurmDecay, Field(discriminator="kind")
]
Reset = Literal["never", "daily", "weekly", "monthly", "quarterly", "yearly"]


class Accounting(Model):
    """What a job costs whom, and how usage fades."""

    charge: Charge = Field(default_factory=Charge)
    """What a second of a job costs."""
    basis: Literal["held", "requested"] = "held"
    """held: seconds that a job holds its GPUs, as they pass. requested: the walltime asked for, at
    each start, whether it is used or not."""
    class_factors: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    """What jobs of a class are charged is multiplied by this; thousandths count."""
    off_peak: tuple[OffPeak, ...] = Field(default=(), strict=False)
    """Hours that cost less, or more. The first that holds counts."""
    fade: Fade = Field(default_factory=HalfLife)
    """How what was used in the past counts."""
    reset: Reset = "never"
    """When all usage is forgotten, at midnight of the local clock; weeks begin on Sunday, as in
    Slurm."""

    @field_validator("fade", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        kind = self.fade.kind
        if kind in ("sliding", "tumbling") and self.reset != "never":
            raise refusal(
                f"a {kind} window forgets by itself", right="leave reset out", at=("reset",)
            )
        if kind == "sliding" and self.basis == "requested":
            raise refusal(
                "what is charged at a start cannot leave a sliding window little by little",
                right="say basis: held, or fade: half_life",
                at=("basis",),
            )
        if kind == "slurm" and (self.off_peak or self.basis == "requested"):
            raise refusal(
                "Slurm's decay knows neither hours of another price nor charges by request",
                right="say fade: half_life",
                at=("fade",),
            )
        return self
