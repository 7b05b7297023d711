"""What goes into the twin and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TwinJob:
    """A job; its position is its index in the list of jobs, which is sorted by submit."""

    submit: int
    run_time: int
    walltime: int
    size: int
    user: int = 0
    """Whose it is; user u belongs to account u // 2, and account a to class a // 2."""
    rank: int | None = None
    """0 the highest; None: it neither preempts nor is preempted."""
    fails_after: int | None = None
    """Work after which it fails by itself."""
    cancelled_at: int | None = None
    """When its user takes it back."""
    use: int = -1
    """Thousandths of its units' time that it uses; −1: nobody knows."""
    array: int = -1
    """The job array that it is an element of; −1: of none."""

    @property
    def work(self) -> tuple[int, str]:
        """Seconds of work until it ends by itself, and how it ends."""
        if self.fails_after is not None and self.fails_after <= self.run_time:
            return self.fails_after, "failed"
        return self.run_time, "completed"


@dataclass(slots=True)
class Outcome:
    """What became of a job."""

    start: int | None = None
    """The first start."""
    end: int | None = None
    """When it left for good; None if it never did."""
    eligible: int | None = None
    """When it last became free to start."""
    attempts: list[tuple[int, int, str]] = field(default_factory=list)
    """(start, end, reason) each; the reasons are those of ``simulator.results.schema.REASONS``."""
    state: str = "unfinished"
    lost: int = 0
    """Unit-seconds of attempts whose work was lost."""


@dataclass(frozen=True, slots=True)
class Running:
    """A job that holds its units."""

    position: int
    start: int
    size: int
    walltime: int
    stop: int | None = None
    """When it has been told to stop."""

    def planned_end(self, now: int) -> int:
        """When a scheduler that knows walltimes alone expects the units back: never before now."""
        end = max(self.start + self.walltime, now + 1)
        return end if self.stop is None else min(end, self.stop)


@dataclass(slots=True)
class Hold:
    """A job that waits until others have stopped for it."""

    job: TwinJob
    victims: list[int]
    """Those that have not gone yet."""
    latest: int | None
    """When it starts if they use up their grace; None if they are expected to end by then."""

    def levels(self, now: int, running: dict[int, Running]) -> list[tuple[int, int, int]]:
        """(since, until, units) that it and its victims have together, until it would have ended:
        those that the victims still hold, or those that it needs, whichever are more."""
        ends = {position: running[position].planned_end(now) for position in self.victims}
        found, since = [], now
        for until in sorted(set(ends.values())):
            still = sum(running[each].size for each, end in ends.items() if end >= until)
            found.append((since, until, max(self.job.size, still)))
            since = until
        start = since if self.latest is None or not self.victims else self.latest
        return [*found, (since, start + max(self.job.walltime, 1), self.job.size)]
