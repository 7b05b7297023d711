"""Kueue's admission fair sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Model, refusal
from simulator.rules.ordering.serving import Ticking

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View

Weight = Annotated[float, Field(ge=0, le=1e6)]


class ResourceWeights(Model):
    """How much of each resource counts."""

    gpus: Weight = 1.0
    """A GPU."""
    cpus: Weight = 0.0
    """A CPU."""
    memory: Weight = 0.0
    """A GiB."""

    @model_validator(mode="after")
    def _something_counts(self) -> Self:
        if self.gpus == self.cpus == self.memory == 0:
            raise refusal("nothing counts", right="give a weight above 0", at=("gpus",))
        return self


class KueueAfs(Ticking):
    """As Kueue's admission fair sharing: jobs of whoever has held the least lately go first.

    usage / entitled part of the machine, lowest first, at every pass. At each sampling
    u ← (1 − A)·u + A·now with A = 1 − ½^(Δ/half-life), Δ since the last one and `now` what is held,
    Σ weight · amount. A job that starts adds its entry penalty A·request at once, with Δ the
    period; it stays in u and fades with it. Who is entitled to nothing goes last.

    Example: half-life 10 min, sampled every 5 min: A = 1 − ½^0.5 = 0.2929. Somebody who has had
    nothing starts a job of 4 GPUs: 0.2929·4 = 1.1716 at once; at the next sampling, with the 4
    held, 0 + 1.1716 + 1.1716 = 2.3431; at the one after that, 0.7071·2.3431 + 1.1716 = 2.8284.
    Source: kubernetes-sigs/kueue, KEP-4136 and pkg/util/admissionfairsharing.
    """

    looks_at_usage: ClassVar[bool] = False
    kind: Literal["kueue_afs"] = "kueue_afs"
    period: Annotated[Duration, Field(gt=0)] = 300
    """Time between two samplings (usageSamplingInterval)."""
    half_life: Annotated[Duration, Field(gt=0)] = 604_800
    """After how long what was held counts half (usageHalfLifeTime; Kueue has no default, its
    documentation's example says 168h)."""
    weights: ResourceWeights = Field(default_factory=ResourceWeights)
    """How much of each resource counts. Kueue counts every unit of every resource as 1."""

    @property
    def moving(self) -> bool:
        """It is sampled at ticks and made anew at every pass."""
        return True

    def numbers(self) -> tuple[float, ...]:
        """Half-life, s, and what a starting job adds of its request."""
        return float(self.half_life), self.gain(self.period)

    def gain(self, seconds: float) -> float:
        """A."""
        return 1.0 - 0.5 ** (seconds / self.half_life)

    def counted(self, gpus: Reals, cpus: Ints, memory: Ints) -> Reals:
        """What a job counts for when it runs; memory in bytes."""
        weights = self.weights
        return gpus * weights.gpus + cpus * weights.cpus + memory / 2**30 * weights.memory

    def sampled(self, view: View, seconds: int) -> Reals:
        """What everybody is taken to have had, ``seconds`` after the last sampling."""
        gain = self.gain(seconds)
        return (1.0 - gain) * view.own + gain * view.summed(view.active) + self._entered(view)

    def _entered(self, view: View) -> Reals:
        return self.gain(self.period) * view.summed(view.entered)

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        had = view.own + self._entered(view)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(view.entitled > 0, -had / view.entitled, -np.inf)
        return np.asarray(value[view.of_job[waiting]])
