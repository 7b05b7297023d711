"""Reservations, counted anew from all who run each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.asks import Asks


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units that are kept free for some; ``left``: what others may hold meanwhile."""

    name: str
    units: int
    left: int
    start: int
    duration: int
    every: int | None = None
    end: int | None = None
    classes: tuple[str, ...] = ()
    accounts: tuple[int, ...] = ()
    at_least: int | None = None
    confined: bool = False

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it; ``units``: of a GPU."""
        said: dict[str, Any] = {
            "gpus": self.units // units,
            "start": f"{self.start}s",
            "duration": f"{self.duration}s",
            "classes": self.classes,
            "accounts": [f"account{number}" for number in self.accounts],
            "confined": self.confined,
        }
        if self.at_least is not None:
            said["at_least"] = self.at_least // units
        for name in ("every", "end"):
            if getattr(self, name) is not None:
                said[name] = f"{getattr(self, name)}s"
        return said

    def is_for(self, job: Asks) -> bool:
        """Whether the job may use what is kept free."""
        return (
            (not self.classes or job.job_class in self.classes)
            and (not self.accounts or job.user // 2 in self.accounts)
            and (self.at_least is None or job.units >= self.at_least)
        )

    def windows(self) -> Iterator[tuple[int, int]]:
        """When it begins and ends, each time; maybe without end."""
        begin = self.start
        while begin == self.start or self.end is None or begin < self.end:
            yield begin, begin + self.duration
            if self.every is None:
                return
            begin += self.every

    def allows(self, job: Asks, ran: list[tuple[Asks, int]], now: int) -> bool:
        """Whether the job may start now; ``ran``: who runs, and until when by walltime."""
        until = now + job.walltime
        near = list(takewhile(lambda window: window[0] <= until, self.windows()))
        if self.is_for(job):
            inside = any(begin <= now < end and until <= end for begin, end in near)
            return inside or not self.confined
        for begin, end in near:
            if begin < until and end > now:
                there = max(begin, now)
                others = [who for who, ends in ran if ends > there and not self.is_for(who)]
                if sum(who.units for who in others) + job.units > self.left:
                    return False
        return True

    def can_ever_be(self, job: Asks) -> bool:
        """Whether the job could start at some time if it were alone."""
        # Where it is repeated for ever, two of its periods tell of all.
        last = max(job.submit, self.start, self.end or 0) + 2 * (self.every or 0)
        there = takewhile(lambda window: window[0] <= last, self.windows())
        edges = {edge for window in there for edge in window}
        times = [job.submit, *(edge for edge in edges if edge >= job.submit)]
        return any(self.allows(job, [], time) for time in times)
