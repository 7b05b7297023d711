"""Budgets, counted anew from all attempts each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile
from math import inf
from typing import TYPE_CHECKING, Any

from twin.branches import concerns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twin.asks import Asks

FOREVER = 2**62
THOUSANDTHS = 1000


@dataclass
class Attempt:
    """An attempt of a job, which has ended or not."""

    position: int
    start: int
    end: int | None = None
    cause: str = ""
    kept: int = 0
    """Seconds of it that a further one need not do again."""

    def cost(self, rate: int, walltime: int, at: int, refund: tuple[str, ...]) -> int:
        """What is paid for it as seen at an instant; ``rate``: a second."""
        if self.end is None or self.end > at:
            return rate * walltime
        ran = self.end - self.start
        return rate * (self.kept if self.cause in refund else ran)


def used_between(since: int, until: int, paid: Iterable[tuple[Attempt, int, int]]) -> int:
    """What these attempts, with their costs a second, have used meanwhile."""
    found = 0
    for attempt, rate, _ in paid:
        end = until if attempt.end is None else min(attempt.end, until)
        found += rate * max(0, end - max(attempt.start, since))
    return found


@dataclass(frozen=True, slots=True)
class Grant:
    """One budget; amounts are unit-seconds, times seconds."""

    name: str
    per: str
    grant: int
    classes: tuple[str, ...] = ()
    start: int = 0
    end: int | None = None
    period: int | None = None
    parts: int = 1
    carry_over: float = 0.0
    overdraft: int = 0
    debt: float = 1.0
    pull_back: tuple[tuple[int, float, float], ...] = ()
    """(after, used, takes) of each."""
    refund: tuple[str, ...] = ("maintenance", "loss", "failure", "preemption")
    when_spent: str = "stop"
    debt_at_most: float | None = None
    overuse: tuple[tuple[float, int, int | None], ...] = ()
    """(used, later, jobs) of each."""
    safe: bool = True
    half_life: int | None = None
    every: int = 300
    accounts: tuple[str, ...] = ()
    users: tuple[int, ...] = ()

    def touches(self, job: Asks) -> bool:
        """Whether the job is paid for from it."""
        return concerns(job, self.classes, self.accounts, self.users)

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it; ``units``: of a GPU."""
        said: dict[str, Any] = {
            "per": self.per,
            "classes": self.classes,
            "accounts": self.accounts,
            "users": tuple(f"user{each}" for each in self.users),
            "grant": f"{self.grant // units} GPU-s",
            "start": f"{self.start}s",
            "parts": self.parts,
            "refund": self.refund,
            "when_spent": self.when_spent,
        }
        if self.end is not None:
            said["end"] = f"{self.end}s"
        if self.period is not None:
            said |= {"period": f"{self.period}s", "carry_over": self.carry_over}
            if self.overdraft or self.when_spent == "last" or not self.safe:
                said |= {"debt": self.debt, "debt_at_most": self.debt_at_most}
        if self.when_spent == "go_on":
            for name in ("parts", "carry_over", "debt", "debt_at_most"):
                said.pop(name, None)
        if not self.safe:
            said |= {"safe": False}
            said.pop("refund")
        if self.half_life is not None:
            for name in ("parts", "refund"):
                said.pop(name, None)
            said["fade"] = {"half_life": f"{self.half_life}s", "every": f"{self.every}s"}
        if self.overuse:
            said["overuse"] = [
                {"used": used, "later": f"{later}s", "jobs": jobs}
                for used, later, jobs in self.overuse
            ]
        if self.overdraft:
            said["overdraft"] = f"{self.overdraft // units} GPU-s"
        if self.pull_back:
            said["pull_back"] = [
                {"after": f"{after}s", "used": used, "takes": takes}
                for after, used, takes in self.pull_back
            ]
        return said

    def can_ever_pay(self, cost: int) -> bool:
        """Whether a holder can come to have so much; ``cost`` in thousandths."""
        kept = 1 - self.carry_over
        return kept == 0 or cost <= (self.grant / kept + self.overdraft) * THOUSANDTHS

    def periods(self) -> Iterator[tuple[int, int]]:
        """Their begins and ends."""
        begin, last = self.start, FOREVER if self.end is None else self.end
        if self.period is None:
            yield begin, last
            return
        while begin < last:
            yield begin, begin + self.period
            begin += self.period

    def events(self, begin: int, end: int) -> list[tuple[int, int, bool]]:
        """(time, amount released, whether it is looked at for pulling back), in order."""
        return _events(self, begin, end)

    def times(self) -> Iterator[int]:
        """When anything happens to it."""
        if self.half_life is not None:
            last = FOREVER if self.end is None else self.end
            yield from takewhile(lambda time: time < last, count(self.start, self.every))
        else:
            for begin, end in self.periods():
                yield from (event[0] for event in self.events(begin, end))
        if self.end is not None:
            yield self.end

    def faded(self, now: int, paid: Sequence[tuple[Attempt, int, int]]) -> int:
        """What has been used and has not faded, and what running jobs may use yet, thousandths."""
        assert self.half_life is not None

        mine = [each for each in paid if each[0].start >= self.start]
        used, at = 0, self.start
        while at + self.every <= now:
            if used == 0 and all(each.end is not None and each.end <= at for each, _, _ in mine):
                at = now
                break
            used += used_between(at, at + self.every, mine)
            used = int(used * (1 - 0.693 / self.half_life) ** self.every)
            at += self.every
        ahead = sum(
            rate * (each.start + walltime - now)
            for each, rate, walltime in mine
            if self.safe and (each.end is None or each.end > now)
        )
        return used + used_between(at, now, mine) + ahead

    def follows(self, now: int, paid: Sequence[tuple[Attempt, int, int]]) -> tuple[int, float]:
        """By how much a holder's jobs are later now, and how many of them may run; as ``left``."""
        if now < self.start or (self.end is not None and now >= self.end):
            return 0, inf
        [begin] = [begin for begin, end in self.periods_until(now) if begin <= now < end]
        spent = sum(
            attempt.cost(rate, walltime, now, self.refund)
            for attempt, rate, walltime in paid
            if attempt.start >= begin
        )
        found: tuple[int, float] = 0, inf
        for used, later, jobs in self.overuse:
            if spent >= used * self.grant * THOUSANDTHS:
                found = later, inf if jobs is None else jobs
        return found

    def periods_until(self, now: int) -> Iterator[tuple[int, int]]:
        return takewhile(lambda period: period[0] <= now, self.periods())

    def left(self, now: int, paid: Sequence[tuple[Attempt, int, int]]) -> int | None:
        """What a holder may spend now, thousandths; None if nobody can pay.

        ``paid``: the holder's attempts, with their costs a second and walltimes.
        """
        if now < self.start or (self.end is not None and now >= self.end):
            return None
        if self.half_life is not None:
            return (self.grant + self.overdraft) * THOUSANDTHS - self.faded(now, paid)

        def spent(since: int, at: int, *, before: bool) -> int:
            if not self.safe:
                return used_between(since, at, paid)
            return sum(
                attempt.cost(rate, walltime, at, self.refund)
                for attempt, rate, walltime in paid
                if since <= attempt.start and (attempt.start < at or not before)
            )

        carried = 0
        for begin, end in self.periods():
            granted = carried
            for time, more, looked_at in self.events(begin, end):
                if time > now:
                    break
                granted += more
                if looked_at:
                    until_now = spent(begin, time, before=True)
                    takes = max(
                        taken
                        for after, used, taken in (*self.pull_back, (time - begin, inf, 0.0))
                        if begin + after == time and until_now < used * self.grant * THOUSANDTHS
                    )
                    granted -= int(max(granted - until_now, 0) * takes)
            if end > now:
                return granted + self.overdraft * THOUSANDTHS - spent(begin, now, before=False)
            rest = granted - spent(begin, end, before=True)
            owed = int(max(-rest, 0) * self.debt)
            if self.debt_at_most is not None:
                owed = min(owed, int(self.grant * THOUSANDTHS * self.debt_at_most))
            carried = int(max(rest, 0) * self.carry_over) - owed
        return None


@cache
def _events(grant: Grant, begin: int, end: int) -> list[tuple[int, int, bool]]:
    """Made once for each period: a job's turn asks for those of all periods until then."""
    whole, last = grant.grant * THOUSANDTHS, FOREVER if grant.end is None else grant.end
    found: list[tuple[int, int, bool]] = []
    for part in range(grant.parts):
        more = whole * (part + 1) // grant.parts - whole * part // grant.parts
        found.append((begin + (end - begin) * part // grant.parts, more, False))
    found += [(begin + after, 0, True) for after in {each[0] for each in grant.pull_back}]
    return sorted((each for each in found if each[0] < min(end, last)), key=lambda e: e[0])
