"""Limits, counted anew from all jobs each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Asks:
    """What of a job matters to limits."""

    user: int
    job_class: str
    units: int
    walltime: int


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

    def key(self, job: Asks) -> Any:
        """Whom the job counts with; None where the limit does not touch it."""
        if self.classes and job.job_class not in self.classes:
            return None
        who = {"user": job.user, "account": job.user // 2, "class": job.job_class, "all": 0}
        return ("key", who[self.per])

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it, in seconds; ``units``: of a GPU."""
        said: dict[str, Any] = {"per": self.per, "classes": self.classes}
        for name in ("jobs", "queued"):
            said[name] = getattr(self, name)
        for name in ("gpus", "job_gpus"):
            value = getattr(self, name)
            said[name] = None if value is None else value // units
        said["walltime"] = None if self.walltime is None else f"{self.walltime}s"
        said["work"] = None if self.work is None else f"{self.work // units} GPU-s"
        return {name: value for name, value in said.items() if value not in (None, ())}


@dataclass(frozen=True, slots=True)
class Bounds:
    """All limits of a rule."""

    bounds: tuple[Bound, ...]
    jobs: list[Asks]
    holds: str = "job"

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it."""
        limits = {each.name: each.settings(units) for each in self.bounds}
        return {"limits": limits, "holds": self.holds}

    def refused(self, position: int) -> bool:
        """Whether what the job asks for goes beyond a limit by itself."""
        job = self.jobs[position]
        for bound in self.bounds:
            if bound.key(job) is None:
                continue
            for most, asked in (
                (bound.walltime, job.walltime),
                (bound.job_gpus, job.units),
                (bound.gpus, job.units),
                (bound.work, job.units * job.walltime),
            ):
                if most is not None and asked > most:
                    return True
        return False

    def too_many(self, position: int, there: Iterable[int]) -> bool:
        """Whether the job comes when too many of ``there`` wait or run."""
        others = [self.jobs[other] for other in there]
        return any(
            bound.queued is not None
            and (key := bound.key(self.jobs[position])) is not None
            and sum(bound.key(other) == key for other in others) >= bound.queued
            for bound in self.bounds
        )

    def holds_back(self, position: int, running: Iterable[tuple[int, int]], now: int) -> bool:
        """Whether a limit forbids the job to start now; ``running``: positions and starts."""
        job, ran = self.jobs[position], list(running)
        for bound in self.bounds:
            key = bound.key(job)
            if key is None:
                continue
            same = [(self.jobs[each], start) for each, start in ran]
            same = [(each, start) for each, start in same if bound.key(each) == key]
            left = sum(each.units * (start + each.walltime - now) for each, start in same)
            if bound.jobs is not None and len(same) + 1 > bound.jobs:
                return True
            if bound.gpus is not None and sum(e.units for e, _ in same) + job.units > bound.gpus:
                return True
            if bound.work is not None and left + job.units * job.walltime > bound.work:
                return True
        return False

    def relief(self, held: Iterable[int], running: list[tuple[int, int]], now: int) -> int | None:
        """When time alone next brings a limit on work down to what one of these asks for."""
        found = []
        for position in held:
            job = self.jobs[position]
            for bound in self.bounds:
                key = bound.key(job)
                same = [
                    (self.jobs[each], start)
                    for each, start in running
                    if key is not None and bound.key(self.jobs[each]) == key
                ]
                units = sum(each.units for each, _ in same)
                left = sum(each.units * (start + each.walltime - now) for each, start in same)
                if bound.work is not None and units:
                    over = left + job.units * job.walltime - bound.work
                    if over > 0:
                        found.append(now + ceil(Fraction(over, units)))
        return min(found, default=None)


@dataclass
class Line:
    """The queue of a pass, gone down once: whoever limits hold back at its turn is passed over, or
    ends it."""

    queue: list[int]
    bounds: Bounds | None
    running: Callable[[], list[tuple[int, int]]]
    """Who runs, those included whom the pass has started, without those whom it has stopped."""
    now: int
    passed: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[int]:
        for position in self.queue:
            if self.bounds and self.bounds.holds_back(position, self.running(), self.now):
                if self.bounds.holds == "queue":
                    return
                self.passed.append(position)
            else:
                yield position
