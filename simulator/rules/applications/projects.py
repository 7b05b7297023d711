"""Projects: whose jobs they are, and what of them no grant could ever pay for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.fields import part_of
from simulator.kernels.limits import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.rules.applications.models import Applications
    from simulator.workload.columns import Ints, Jobs, Mask

THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class Projects:
    """The projects of a workload, in the order of their first jobs."""

    of_job: Ints
    """(jobs,): the project of each, or NONE."""
    job_class: tuple[int, ...]
    account: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.account)


def projects_of(jobs: Jobs, classes: Sequence[str]) -> Projects:
    """The jobs of one account in one of these classes are a project."""
    concerned = np.isin(
        jobs.job_class, [code for code, name in enumerate(jobs.classes) if name in classes]
    )
    pair = jobs.job_class.astype(np.int64) * len(jobs.accounts) + jobs.account
    known, first, place = np.unique(pair[concerned], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(known), np.int64)
    rank[order] = np.arange(len(known))
    of_job = np.full(len(jobs), NONE, np.int64)
    of_job[concerned] = rank[place]
    owner = divmod(known[order], len(jobs.accounts))
    return Projects(of_job, *(tuple(each.tolist()) for each in owner))


def largest(applications: Applications, job_class: str, gpus: int) -> int:
    """The most that a project of this class can be granted at once, GPU-s."""
    tiers = [applications.tiers[name] for name in applications.of_class(job_class)]
    return max((part_of(tier.up_to, gpus * tier.term) for tier in tiers), default=0)


def beyond_all_grants(
    jobs: Jobs, applications: Applications, costs: Ints, units: int, gpus: int
) -> Mask:
    """(jobs,) which cost more than any grant of their project could be, if they have one.

    ``costs``: of whole walltimes, thousandths of unit-seconds. ``units``: of one GPU. ``gpus``: of
    the machine.
    """
    reach = np.array([largest(applications, name, gpus) for name in jobs.classes], np.float64)
    return np.asarray(costs > reach[jobs.job_class] * units * THOUSANDTHS)
