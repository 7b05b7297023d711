"""Attempts of jobs, and what of them matters to who pays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.asks import Asks


@dataclass
class Attempt:
    """An attempt of a job, which has ended or not."""

    position: int
    start: int
    end: int | None = None
    cause: str = ""
    kept: int = 0
    """Seconds of it that a further one need not do again."""
    pauses: list[tuple[int, int | None]] = field(default_factory=list)
    """From when until when it stood still; None: it still does."""

    def lasts_until(self, time: int) -> bool:
        """Whether it has not ended before."""
        return self.end is None or self.end >= time

    @property
    def stands_still(self) -> bool:
        """Whether it is suspended."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def pause(self, now: int) -> None:
        """It is suspended."""
        self.pauses.append((now, None))

    def go_on(self, now: int) -> None:
        """It is suspended no longer."""
        self.pauses[-1] = self.pauses[-1][0], now

    def ran(self, since: int, until: int) -> int:
        """Seconds that it really ran meanwhile."""
        last = until if self.end is None else min(self.end, until)
        first = max(self.start, since)
        still = 0
        for begin, end in self.pauses:
            stop = last if end is None else min(end, last)
            still += max(0, stop - max(begin, first))
        return max(0, last - first) - still

    def beyond(self, walltime: int, since: int, until: int) -> int:
        """Seconds that it ran beyond its walltime meanwhile."""
        return max(self.ran(0, until) - walltime, 0) - max(self.ran(0, since) - walltime, 0)

    def cost(self, rate: int, walltime: int, at: int, refund: tuple[str, ...]) -> int:
        """What is paid for it as seen at an instant; ``rate``: a second."""
        if self.end is None or self.end > at:
            return rate * max(walltime, self.ran(0, at))
        return rate * (self.kept if self.cause in refund else self.ran(0, self.end))


class Payment(NamedTuple):
    """An attempt and what matters of it to the holder of a budget."""

    attempt: Attempt
    job: Asks
    rate: int
    """Thousandths of unit-seconds a second."""

    def ran(self, since: int, until: int) -> int:
        """What it has used meanwhile."""
        return self.rate * self.attempt.ran(since, until)

    def beyond(self, since: int, until: int) -> int:
        """What of that was beyond its walltime."""
        return self.rate * self.attempt.beyond(self.job.walltime, since, until)

    def cost(self, at: int, refund: tuple[str, ...]) -> int:
        """What is paid for it as seen at an instant."""
        return self.attempt.cost(self.rate, self.job.walltime, at, refund)

    def ahead(self, at: int) -> int:
        """What of that it has still to use."""
        end = self.attempt.end
        there = self.attempt.start <= at and (end is None or end > at)
        left = max(self.job.walltime - self.attempt.ran(0, at), 0)
        return self.rate * left if there else 0


def used_between(since: int, until: int, paid: Iterable[Payment]) -> int:
    """What these attempts have used meanwhile."""
    return sum(each.ran(since, until) for each in paid)
