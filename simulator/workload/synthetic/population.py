"""Who submits: classes of applicants, their organisations, their users and how busy each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from simulator.errors import InputError
from simulator.workload.synthetic import run_times
from simulator.workload.synthetic.models import (
    Arrays,
    Deadlines,
    Endings,
    GpuUse,
    Requests,
    arrays_by_class,
)

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Applicants, RunTime, Synthetic

WIDEST = 1e6
"""Run times are stretched by at most this, and shrunk by as much, to meet a mean."""


@dataclass(frozen=True, slots=True)
class Group:
    """A class of applicants with everything inherited filled in."""

    name: str
    applicants: Applicants
    gpus: Ints
    """Sizes of its jobs (k,), ascending."""
    chance: Reals
    """Probability of each size (k,)."""
    run_time: RunTime
    requests: Requests | None
    """What its jobs ask for beside GPUs; None if no job of any class asks for anything."""
    endings: Endings | None
    """Which of its jobs fail or are taken back; None if no job of any class does."""
    gpu_use: GpuUse | None
    """How much its jobs use their GPUs; None if nobody knows."""
    deadlines: Deadlines | None
    """Which of its jobs are needed by a time; None if no job of any class is."""
    arrays: Arrays | None
    """Which of its submissions are job arrays; None if none of any class is."""
    demand: float
    """Its part of all work, 0 to 1."""

    @property
    def people(self) -> list[tuple[str, str]]:
        """(organisation, user) of each of its submitters, the busiest first."""
        return self.applicants.people(self.name)

    def mean_work(self, stretch: float, longest: int) -> float:
        """Expected GPU-seconds of one of its jobs."""
        seconds = run_times.mean(self.run_time, self.gpus, stretch, longest)
        return float((self.chance * self.gpus) @ seconds)

    def activity(self) -> Reals:
        """Part of the class's jobs that each user submits, by rank, after Zipf's law."""
        ranks = np.arange(1, len(self.people) + 1, dtype=np.float64)
        weight: Reals = ranks**-self.applicants.zipf
        return np.asarray(weight / weight.sum())


def groups(workload: Synthetic) -> list[Group]:
    """The classes by name: the order in which a file lists them changes no job."""
    total = sum(applicants.demand for applicants in workload.classes.values())
    asked = (workload.requests, *(each.requests for each in workload.classes.values()))
    default = Requests() if any(asked) else None
    early = (workload.endings, *(each.endings for each in workload.classes.values()))
    whole = Endings() if any(early) else None
    timed = (workload.deadlines, *(each.deadlines for each in workload.classes.values()))
    never = Deadlines(share=0.0) if any(timed) else None
    arrays = arrays_by_class(workload)
    single = Arrays(share=0.0)
    some = any((each or single).share for each in arrays.values())
    found = []
    for name, applicants in sorted(workload.classes.items()):
        sizes = applicants.sizes or workload.sizes
        gpus = np.array(sorted(sizes), np.int64)
        weight = np.array([sizes[int(size)] for size in gpus])
        found.append(
            Group(
                name=name,
                applicants=applicants,
                gpus=gpus,
                chance=weight / weight.sum(),
                run_time=applicants.run_time or workload.run_time,
                requests=applicants.requests or workload.requests or default,
                endings=applicants.endings or workload.endings or whole,
                gpu_use=applicants.gpu_use or workload.gpu_use,
                deadlines=applicants.deadlines or workload.deadlines or never,
                arrays=(arrays[name] or single) if some else None,
                demand=applicants.demand / total,
            )
        )
    return found


def stretch(workload: Synthetic, classes: list[Group]) -> float:
    """What run times are multiplied by so that a job's mean work is ``mean_work``; 1 without it.

    A class of demand d and mean work m submits in proportion to d/m, so the mean over all jobs is
    1/Σ(d/m). Raises InputError if no run time up to the longest reaches it.
    """
    wanted, longest = workload.mean_work, workload.walltime.longest
    if wanted is None:
        return 1.0

    def excess(logarithm: float) -> float:
        works = [(group.demand, group.mean_work(np.exp(logarithm), longest)) for group in classes]
        return float(np.log(wanted * sum(demand / work for demand, work in works)))

    low, high = -np.log(WIDEST), np.log(WIDEST)
    if excess(low) < 0 or excess(high) > 0:
        bound = max(float(group.chance @ group.gpus) for group in classes) * longest
        raise InputError(
            f"no run times give a mean of {wanted / 3600:g} GPU-h a job",
            right=f"these sizes and the longest walltime allow {bound / 3600:,.0f} GPU-h",
        )
    return float(np.exp(brentq(excess, low, high, xtol=1e-9)))
