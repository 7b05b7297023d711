"""Who is next: each order as a function of a job, lowest first; ties go by position."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an order may look at."""

    size: int
    walltime: int
    wait: int
    """Seconds since the job became eligible."""
    since_first: int
    """Seconds from the first submit of the log to this job's."""


def _wfp3(job: Asked) -> float:
    ratio = job.wait / max(job.walltime, 1)
    return -(ratio * ratio * ratio * job.size)


def _late(job: Asked) -> float:
    return log10(job.since_first + 1)


ORDERS: dict[str, Callable[[Asked], float]] = {
    "fcfs": lambda job: job.since_first,
    "sjf": lambda job: job.walltime,
    "ljf": lambda job: -job.walltime,
    "smallest": lambda job: job.size,
    "largest": lambda job: -job.size,
    "wfp3": _wfp3,
    "f1": lambda job: job.size * log10(max(job.walltime, 1)) + 870.0 * _late(job),
    "f2": lambda job: job.size * sqrt(max(job.walltime, 1)) + 25_600.0 * _late(job),
    "f3": lambda job: job.size * max(job.walltime, 1) + 6_860_000.0 * _late(job),
    "f4": lambda job: max(job.walltime, 1) * sqrt(job.size) + 530_000.0 * _late(job),
}
