"""From limits and jobs to the groups that kernels count in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import InputError, nearest
from simulator.kernels.limits import NONE, UNLIMITED, Limits, limits_at_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.rules.limits.models import Limit
    from simulator.workload.columns import Ints, Jobs, Mask


def _concerned(jobs: Jobs, name: str, limit: Limit) -> Mask:
    for each in limit.classes:
        if each not in jobs.classes:
            right = nearest(each, jobs.classes)
            raise InputError(f"limits.{name}: jobs are of no class {each!r}", right=right)
    if not limit.classes:
        return np.ones(len(jobs), bool)
    codes = [code for code, each in enumerate(jobs.classes) if each in limit.classes]
    return np.isin(jobs.job_class, codes)


def _together(jobs: Jobs, limit: Limit) -> Ints:
    codes = {"user": jobs.user, "account": jobs.account, "class": jobs.job_class}
    return codes.get(limit.per, np.zeros(len(jobs), np.int32)).astype(np.int64)


def limits_of(jobs: Jobs, limits: Mapping[str, Limit], units: int) -> Limits | None:
    """The groups of all limits; None where there are no limits. ``units``: of one GPU.

    ``Limits.refused_by`` says already which jobs are refused for what they ask by themselves.
    Raises InputError for a class that no job is of.
    """
    if not limits:
        return None
    columns: list[Ints] = []
    most: list[tuple[int, int, int, int]] = []
    for name, limit in limits.items():
        distinct, which = np.unique(_together(jobs, limit), return_inverse=True)
        columns.append(np.where(_concerned(jobs, name, limit), which + len(most), NONE))
        allowed = (
            UNLIMITED if limit.jobs is None else limit.jobs,
            UNLIMITED if limit.gpus is None else limit.gpus * units,
            UNLIMITED if limit.work is None else limit.work * units,
            UNLIMITED if limit.queued is None else limit.queued,
        )
        most += [allowed] * len(distinct)
    found = limits_at_start(
        np.ascontiguousarray(np.stack(columns, axis=1)), np.array(most, np.int64).reshape(-1, 4).T
    )
    for column, limit in enumerate(limits.values()):
        over = np.zeros(len(jobs), bool)
        if limit.walltime is not None:
            over |= jobs.walltime > limit.walltime
        for gpus in (limit.job_gpus, limit.gpus):
            if gpus is not None:
                over |= jobs.gpus > gpus * units
        if limit.work is not None:
            over |= jobs.gpus * jobs.walltime > limit.work * units
        over &= (columns[column] != NONE) & (found.refused_by == NONE)
        found.refused_by[over] = column
    return found
