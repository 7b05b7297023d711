"""Terms of a priority that the log prints as whole numbers only, reckoned to their digits.

Slurm prints each term once more in a line of its own. Where these lines are left out of a log, age
and resources follow from the settings, and must add up to the sum that is printed. Source:
``set_priority_factors()`` and ``_get_tres_factors()``, priority_multifactor.c, Slurm 22.05.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from simulator.slurm.amounts import weights, whole

if TYPE_CHECKING:
    from simulator.slurm.logs.accounted import Accounted
    from simulator.slurm.logs.priority_lines import PriorityRow
    from simulator.slurm.recording.cluster import Cluster

RESOURCES = {"tres:cpu": "cpu", "tres:mem": "mem", "tres:gres/gpu": "gres/gpu"}
ROUNDED = 0.51
"""How far a term may be from its whole number."""
WEEK = 7 * 24 * 3600
"""PriorityMaxAge unless set, seconds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Weights of a cluster, and what each of its partitions has."""

    age: int
    longest: int
    tres: dict[str, float]
    has: dict[str, dict[str, int]]
    """By partition."""
    normal: bool
    """Resources count as parts of what a partition has."""

    def of(self, row: PriorityRow, job: Accounted) -> dict[str, str]:
        """The terms in the log's form; none where they do not add up to what is printed."""
        if row.terms:
            return row.terms
        has = self.has.get(job.partition)
        if has is None or not self.normal:
            return {}
        asked = {"cpu": job.cpus, "mem": job.memory, "gres/gpu": job.gpus}
        tres = {
            name: self.tres.get(kind, 0.0) * asked[kind] / has[kind] if has[kind] else 0.0
            for name, kind in RESOURCES.items()
        }
        fixed = ("site", "assoc", "fairshare", "jobsize", "partition", "qos")
        others = sum(float(row.sum[name]) for name in fixed) - float(row.sum["nice"])
        age = self._age(float(row.priority) - others - sum(tres.values()))
        apart = max(
            abs(sum(tres.values()) - float(row.sum["tres"])), abs(age - float(row.sum["age"]))
        )
        if apart > ROUNDED:
            return {}
        return {name: f"{value:.2f}" for name, value in {"age": age, **tres}.items()}

    def _age(self, about: float) -> float:
        """The term of the whole number of seconds that is nearest."""
        if not self.age or not self.longest:
            return 0.0
        seconds = min(max(round(about * self.longest / self.age), 0), self.longest)
        return self.age * seconds / self.longest


def terms_of(cluster: Cluster) -> Terms:
    """What slurm.conf says of it."""
    conf = cluster.conf
    flags = conf.text("PriorityFlags", "").upper()
    none: dict[str, Fraction] = {}
    found = conf.read("PriorityWeightTRES", weights, none)
    return Terms(
        age=conf.read("PriorityWeightAge", whole, 0),
        longest=conf.period("PriorityMaxAge", WEEK),
        tres={name: float(weight) for name, weight in found.items()},
        has={
            part.name: {
                "cpu": sum(cluster.nodes[node].cpus for node in part.nodes),
                "mem": sum(cluster.nodes[node].memory for node in part.nodes),
                "gres/gpu": sum(cluster.nodes[node].gpus for node in part.nodes),
            }
            for part in cluster.partitions.values()
        },
        normal="NO_NORMAL_ALL" not in flags and "NO_NORMAL_TRES" not in flags,
    )
