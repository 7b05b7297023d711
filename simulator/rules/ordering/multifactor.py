"""Slurm's priority: a weighted sum of factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from simulator.fields import Duration, Model
from simulator.rules.ordering.slurm_shares import (
    SHARE_RULES,
    FairTreeShares,
    ShareRule,
    SlurmOrder,
)

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View

Weight = Annotated[int, Field(ge=0, le=2**32 - 1)]
Amount = Annotated[float, Field(ge=0, le=2**32 - 1)]
LARGEST = 2**32 - 1
"""Priorities are whole numbers from 1 to this."""


class TresWeights(Model):
    """PriorityWeightTRES: what a job counts for that asks for all that its partition has."""

    cpu: Amount = 0.0
    """CPUs."""
    memory: Amount = 0.0
    """Memory; without normalisation in MiB."""
    node: Amount = 0.0
    """Nodes."""
    gpu: Amount = 0.0
    """GPUs of any type."""
    gpu_types: dict[str, Amount] = Field(default_factory=dict)
    """GPUs of a type, for jobs that ask for it by name."""


class Weights(Model):
    """What each factor is multiplied by."""

    age: Weight = 0
    """PriorityWeightAge: for a job that has waited ``max_age``."""
    fair_share: Weight = 0
    """PriorityWeightFairshare."""
    job_size: Weight = 0
    """PriorityWeightJobSize: for a job as large as the machine."""
    partition: Weight = 0
    """PriorityWeightPartition: for a job of the partition with the largest factor."""
    qos: Weight = 0
    """PriorityWeightQOS: for a job of the quality of service with the highest priority."""
    assoc: Weight = 0
    """PriorityWeightAssoc: for a job of the association with the highest priority."""
    tres: TresWeights = Field(default_factory=TresWeights)
    """PriorityWeightTRES."""


class Multifactor(SlurmOrder):
    """Slurm's multifactor priority: a weighted sum of factors, at ticks, as a whole number.

    W_age·age + W_fs·fs + W_js·size + W_part·part + W_qos·qos + W_assoc·assoc +
    Σ W_t·asked_t/partition's_t − nice, at least 1, cut to a whole number, at most 2^32 − 1; the
    highest goes first. age = min(1, waited/``max_age``). fs: the factor of ``share_rule``. part,
    qos, assoc: the job's over the largest of all. size = (nodes/N + CPUs/C)/2 of the machine's N
    nodes and C CPUs; nodes/N where no CPUs are counted or asked for; units/all units on a pool.
    With all weights 0, as in Slurm by default, jobs go by submit.

    Example: `weights: {age: 1000, fair_share: 2000}`. A job that has waited 3.5 d of a `max_age` of
    7 d, of a user whose factor is 0.25, has 500 + 500 = 1,000.
    Source: SchedMD/slurm, src/plugins/priority/multifactor/priority_multifactor.c.
    """

    kind: Literal["multifactor"] = "multifactor"
    weights: Weights = Field(default_factory=Weights)
    """How much each factor counts."""
    share_rule: ShareRule = Field(default_factory=FairTreeShares)
    """How the fair-share factor is made; PriorityFlags NO_FAIR_TREE and DEPTH_OBLIVIOUS."""
    max_age: Annotated[Duration, Field(gt=0)] = 604_800
    """PriorityMaxAge: who has waited so long gets no more for age."""
    age_from: Literal["eligible", "submit"] = "eligible"
    """Whether a job that goes back to the queue begins to wait anew (eligible), or its age goes on
    (submit); PriorityFlags ACCRUE_ALWAYS."""
    favor_small: bool = False
    """PriorityFavorSmall: the complement of the size counts."""
    size_by_time: bool = False
    """PriorityFlags SMALL_RELATIVE_TO_TIME: size = max(nodes·C/N, CPUs)/walltime in minutes/C."""
    partitions: dict[str, Annotated[int, Field(ge=0, le=65_533)]] = Field(default_factory=dict)
    """PriorityJobFactor of partitions; 1 for others and for jobs that name none."""
    nice: dict[str, Annotated[int, Field(ge=-(2**31), lt=2**31)]] = Field(default_factory=dict)
    """By class of applicants: what is taken off its jobs' priority; a site factor is its
    negative."""
    raw: tuple[Literal["assoc", "partition", "qos", "tres"], ...] = Field(default=(), strict=False)
    """Factors that are not brought to 0 … 1; PriorityFlags NO_NORMAL_ASSOC, _PART, _QOS, _TRES."""

    @field_validator("share_rule", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @property
    def books(self) -> bool:
        """Whether shares count, and with them what was used."""
        return self.weights.fair_share > 0

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return (
            *self.share_rule.numbers(),
            float(SHARE_RULES.index(self.share_rule.kind)),
            float(self.weights.age),
            float(self.weights.fair_share),
            float(self.max_age),
            float(self.age_from == "submit"),
        )

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        since = (view.submit if self.age_from == "submit" else view.eligible)[waiting]
        age = np.minimum(np.maximum(view.now - since, 0) / self.max_age, 1.0)
        factor = self.share_rule.factors(view)[view.of_job[waiting]]
        total = self.weights.age * age + self.weights.fair_share * factor + view.fixed[waiting]
        return np.clip(np.floor(np.maximum(total, 1.0)), 1.0, LARGEST)
