"""What jobs ask for, and what one limit says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from twin.branches import concerns

if TYPE_CHECKING:
    from collections.abc import Iterable


WHO = {"user": "user", "class": "job_class", "array": "array"}
"""What jobs that count together have in common."""


@dataclass(frozen=True, slots=True)
class Asks:
    """What of a job matters to limits."""

    user: int
    job_class: str
    units: int
    walltime: int
    submit: int
    known_for: int = 0
    """Seconds since its user's first job came; see ``aged``."""
    array: int = -1
    """The job array that it is of; −1: of none."""
    partition: str = ""
    """That it names; none if empty."""

    def who(self, per: str) -> tuple[Any]:
        """Whom it counts with."""
        if per == "account":
            return (self.user // 2,)
        return (0,) if per == "all" else (getattr(self, WHO[per]),)


def aged(jobs: Iterable[Asks]) -> list[Asks]:
    """The same, in the order of their submission, knowing how long their users have been there."""
    first: dict[int, int] = {}
    return [
        replace(job, known_for=job.submit - first.setdefault(job.user, job.submit)) for job in jobs
    ]


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit; None where it limits nothing. GPUs are units here."""

    name: str
    per: str = "all"
    classes: tuple[str, ...] = ()
    jobs: int | None = None
    gpus: int | None = None
    work: int | None = None
    queued: int | None = None
    walltime: int | None = None
    job_gpus: int | None = None
    newcomers: int | None = None
    established: int | None = None
    accounts: tuple[str, ...] = ()
    users: tuple[int, ...] = ()
    qos: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    eligible: int | None = None
    submitted: tuple[int, int] | None = None
    """How many, within how long."""
    array_size: int | None = None

    def key(self, job: Asks) -> Any:
        """Whom the job counts with; None where the limit does not touch it."""
        if self.newcomers is not None and job.known_for >= self.newcomers:
            return None
        if self.established is not None and job.known_for < self.established:
            return None
        if self.per == "array" and job.array < 0:
            return None
        if self.partitions and job.partition not in self.partitions:
            return None
        touched = concerns(job, self.classes, self.accounts, self.users, self.qos)
        return job.who(self.per) if touched else None

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it, in seconds; ``units``: of a GPU."""
        said: dict[str, Any] = {"per": self.per, "classes": self.classes, "accounts": self.accounts}
        said |= {"qos": self.qos, "partitions": self.partitions}
        said["users"] = tuple(f"user{each}" for each in self.users)
        for name in ("jobs", "queued", "eligible", "array_size"):
            said[name] = getattr(self, name)
        if self.submitted is not None:
            said["submitted"] = {"jobs": self.submitted[0], "within": f"{self.submitted[1]}s"}
        for name in ("gpus", "job_gpus"):
            value = getattr(self, name)
            said[name] = None if value is None else value // units
        for name in ("walltime", "newcomers", "established"):
            value = getattr(self, name)
            said[name] = None if value is None else f"{value}s"
        said["work"] = None if self.work is None else f"{self.work // units} GPU-s"
        return {name: value for name, value in said.items() if value not in (None, ())}
