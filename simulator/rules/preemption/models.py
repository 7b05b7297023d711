"""Settings of the stage: who preempts whom, when, how, and how often."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from simulator.errors import nearest
from simulator.fields import Duration, Model, Name, PositiveInt, refusal
from simulator.rules.preemption.how import Requeue
from simulator.rules.preemption.idle_models import Idle
from simulator.rules.preemption.registry import HowWord


def _alone(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Rank = Annotated[
    tuple[Name, ...],
    BeforeValidator(_alone),
    Field(min_length=1, strict=False),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""Classes of one rank; one alone may be written as a word."""


class Preemption(Model):
    """Jobs that stop others, so that they can start at once: those of lower rank, or with
    ``reclaim`` those that hold what is another's, or those that leave their GPUs ``idle``."""

    ranks: Annotated[tuple[Rank, ...], Field(min_length=2, strict=False)] = ()
    """Classes of applicants, the highest rank first. A job preempts jobs of lower ranks alone; one
    of a class that is not listed neither preempts nor is preempted. Beside ``reclaim`` what is a
    member's own is safe from the ranks of others. To be left out with the order ``las``, whose
    queues are the ranks, and under ``backfill: slurm``, where ``qos`` says who may stop whom."""
    reclaim: bool = False
    """Owners take back what their cohort has lent to others. A job with which its member holds no
    more than the member's own GPUs, and which all else lets start, stops jobs of members that hold
    more than theirs. Of each such member jobs are stopped only while it does: it falls below its
    own by less than the last of them. Who has started so is not stopped so, nor by rank. Beside
    ``ranks`` borrowers are stopped first, whatever their rank, then those of lower ranks. Needs
    ``quotas``. (Kueue: reclaimWithinCohort: Any, and with ``ranks`` withinClusterQueue and
    borrowWithinCohort: LowerPriority.)"""
    idle: Idle | None = None
    """Jobs that leave their GPUs idle have to give them back; nobody if not given. The workload
    must tell what jobs use (``gpu_use``). With ``when: always`` it may stand beside ``ranks`` or
    ``reclaim``; else the settings below but ``order``, ``after`` and ``grace`` stand under it."""
    how: HowWord = Field(default_factory=Requeue)
    """What becomes of the jobs that are preempted."""
    classes: dict[Name, HowWord] = Field(default_factory=dict)
    """Classes whose jobs fare otherwise."""
    order: Literal[
        "youngest", "oldest", "longest_served", "cheapest", "smallest", "largest", "lowest_rank"
    ] = "youngest"
    """Who is preempted first: started last; started first; run longest over all attempts; the least
    GPU-seconds to do again; the fewest units; the most; of the lowest rank. Ties go to who started
    last, then to the higher position."""
    after: Duration = 0
    """A job preempts only once it has waited so long."""
    exempt: Duration = 0
    """Nobody is preempted before an attempt has run so long."""
    grace: Duration = 0
    """How long who is preempted runs on once it has been told to stop. Meanwhile who preempts it
    holds what is free of the units that it needs, and starts when the last one has gone."""
    at_most: PositiveInt | None = None
    """How often a job can be preempted; no limit if not given."""

    @model_validator(mode="after")
    def _each_class_has_one_rank(self) -> Self:
        seen: dict[str, int] = {}
        for number, names in enumerate(self.ranks):
            for name in names:
                if name in seen:
                    again = "twice in one rank" if seen[name] == number else "in two ranks"
                    raise refusal(
                        f"class {name!r} stands {again}",
                        right="rights are a strict order: name each class once",
                        at=("ranks", number),
                    )
                seen[name] = number
        return self

    @model_validator(mode="after")
    def _who_fares_otherwise_can_be_preempted(self) -> Self:
        lower = [name for names in self.ranks[1:] for name in names]
        for name in self.classes:
            if self.ranks and not self.reclaim and name not in lower:
                raise refusal(
                    f"nobody preempts jobs of class {name!r}",
                    right=nearest(name, lower) or "leave it out",
                    at=("classes", name),
                )
        return self

    def how_of(self, name: str) -> HowWord:
        """What becomes of the jobs of a class."""
        return self.classes.get(name, self.how)
