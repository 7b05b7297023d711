"""Budgets, counted anew from all attempts each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import count, takewhile
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.attempts import Payment, used_between
from twin.branches import concerns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twin.asks import Asks

FOREVER = 2**62
THOUSANDTHS = 1000


class Begun(NamedTuple):
    """A rule took over in mid-run."""

    at: int
    before: Grant | None
    """The budget that goes on; None where it begins anew."""


class Balance(NamedTuple):
    """Of a holder, thousandths: what has been granted in the period under way and what spent."""

    granted: int
    spent: int
    since: int
    """Attempts that started before this have been paid from another period's grant."""


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
    qos: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    begun: Begun | None = None
    """When it took over from another rule's."""

    def __hash__(self) -> int:
        """All fields would take longer."""
        return hash((self.name, self.per, self.grant, self.start, self.end, self.period))

    @property
    def happenings(self) -> int:
        """How many there are in a period; of what fades, so many that in all periods in which
        nothing happens it has faded before."""
        return 5 if self.half_life is not None else self.parts + len(self.pull_back)

    def touches(self, job: Asks) -> bool:
        """Whether the job is paid for from it."""
        if self.partitions and job.partition not in self.partitions:
            return False
        return concerns(job, self.classes, self.accounts, self.users, self.qos)

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it; ``units``: of a GPU."""
        said: dict[str, Any] = {
            "per": self.per,
            "classes": self.classes,
            "accounts": self.accounts,
            "users": tuple(f"user{each}" for each in self.users),
            "qos": self.qos,
            "partitions": self.partitions,
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

    def is_open(self, now: int) -> bool:
        """Whether anybody can pay from it."""
        return self.start <= now and (self.end is None or now < self.end)

    def goes_on(self, before: Grant | None, at: int) -> Grant:
        """The same where it takes over from another one then, or begins anew in mid-run."""
        kept = before is not None and self.start <= at and before.is_open(at)
        return replace(self, begun=Begun(at, before if kept else None))

    def touched(self, paid: Iterable[Payment]) -> list[Payment]:
        """Those that concern it."""
        return [each for each in paid if self.touches(each.job)]

    def pays_for(self, payment: Payment) -> bool:
        """Whether the attempt was paid for as a whole: it gets back what it does not use."""
        if not self.safe or not self.touches(payment.job):
            return False
        if self.begun is None or payment.attempt.start >= self.begun.at:
            return True
        return self.begun.before is not None and self.begun.before.pays_for(payment)

    def first_balance(self, paid: Sequence[Payment]) -> Balance:
        """What there is before anything has happened to it under this rule."""
        if self.begun is None:
            return Balance(0, 0, self.start)
        at, before = self.begun
        if before is None:
            return Balance(self.released(at), 0, at)
        until_then = [each for each in paid if each.attempt.start < at]
        balance = before.balance(at, until_then)
        if self.period is None and self.half_life is None:
            # No period is to come in which another grant could count.
            more = self.released(at) - before.released(at)
            balance = balance._replace(granted=balance.granted + more)
        if before.safe and not self.safe:
            ahead = self.ahead(before, at, until_then, balance.since)
            return balance._replace(spent=balance.spent - ahead)
        return balance

    def released(self, at: int) -> int:
        """What the period under way has released so far."""
        events = [self.events(*each) for each in self.periods_until(at)][-1:]
        return sum(more for each in events for time, more, _ in each if time <= at)

    def ahead(self, payer: Grant, at: int, paid: Iterable[Payment], since: int) -> int:
        """What running jobs that one has paid for have still to use."""
        ran = [each for each in paid if since <= each.attempt.start < at]
        return sum(each.ahead(at) for each in ran if payer.pays_for(each))

    def balance(self, now: int, paid: Sequence[Payment], *, before: bool = False) -> Balance:
        """All that has happened to it until now; ``before``: but for what happens now."""
        first = self.first_balance(paid)
        if self.half_life is not None:
            spent = self.faded(now, paid, first)
            return Balance(self.grant * THOUSANDTHS, spent, first.since)
        granted, since, from_first = first.granted, first.since, True
        mine = self.touched(paid)

        def spent(at: int, *, before: bool) -> int:
            return self.spent(at, mine, since, first if from_first else None, before=before)

        for begin, end in self.periods_until(now):
            for number, (time, more, looked_at) in enumerate(self.events(begin, end)):
                if time > now or (self.begun and time <= self.begun.at) or (before and time == now):
                    continue
                if number == 0:
                    # What ran before it all began, behind all others, is not owed.
                    rest = granted - spent(time, before=True) if begin > self.start else 0
                    granted = more + self.carried(rest)
                    since, from_first = time, False
                    # What has ended was paid from the grants of periods that are over.
                    mine = [each for each in mine if each.attempt.lasts_until(time)]
                elif looked_at:
                    until_now = spent(time, before=True)
                    takes = max(
                        taken
                        for after, used, taken in (*self.pull_back, (time - begin, inf, 0.0))
                        if begin + after == time and until_now < used * self.grant * THOUSANDTHS
                    )
                    granted -= int(max(granted - until_now, 0) * takes)
                else:
                    granted += more
        return Balance(granted, spent(now, before=False), since)

    def carried(self, rest: int) -> int:
        """What of the rest of a period, or of what is owed, the next one begins with."""
        if rest >= 0:
            return int(rest * self.carry_over)
        owed = int(-rest * self.debt)
        if self.debt_at_most is not None:
            owed = min(owed, int(self.grant * THOUSANDTHS * self.debt_at_most))
        return -owed

    def spent(
        self, at: int, mine: Iterable[Payment], since: int, first: Balance | None, *, before: bool
    ) -> int:
        """In a period that began at ``since``, or, with what there was at ``first``, was under way
        when the rule began; ``before``: before anything starts at the instant. ``mine``: what
        concerns it."""
        begun = since if self.begun is None else max(since, self.begun.at)
        found = first.spent if first else 0
        if not self.safe:
            return found + used_between(begun, at, mine)
        for each in mine:
            start = each.attempt.start
            if start >= begun and (start < at or not before):
                found += each.cost(at, self.refund)
            elif first and self.is_paid_back(each, since):
                found += each.cost(at, self.refund) - each.rate * each.job.walltime
                found -= each.beyond(0, begun)
            elif self.pays_for(each):
                # Paid from the grant of an earlier period, but for what it runs beyond.
                found += each.beyond(begun, at)
        return found

    def is_paid_back(self, payment: Payment, since: int) -> bool:
        """Whether the attempt ran when this rule began, and was paid for in the same period."""
        start, end = payment.attempt.start, payment.attempt.end
        if self.begun is None or not since <= start < self.begun.at:
            return False
        return (end is None or end > self.begun.at) and self.pays_for(payment)

    def faded(self, now: int, paid: Sequence[Payment], first: Balance) -> int:
        """What has been used and has not faded, and what running jobs may use yet, thousandths."""
        assert self.half_life is not None
        at, used = self.start, first.spent
        mine = [each for each in self.touched(paid) if each.attempt.start >= self.start]
        if self.begun is not None:
            at = max(self.begun.at, self.start)
            if self.begun.before is not None and self.safe and self.begun.before.safe:
                used -= self.ahead(self.begun.before, at, paid, first.since)
            if self.safe:
                mine = [
                    each
                    for each in self.touched(paid)
                    if each.attempt.start >= at or self.is_paid_back(each, first.since)
                ]
            else:
                mine = self.touched(paid)
        while (tick := self.start + ((at - self.start) // self.every + 1) * self.every) <= now:
            if used == 0 and all(
                each.attempt.end is not None and each.attempt.end <= at for each in mine
            ):
                at = now
                break
            used += used_between(at, tick, mine)
            used = int(used * (1 - 0.693 / self.half_life) ** self.every)
            at = tick
        ahead = sum(each.ahead(now) for each in mine) if self.safe else 0
        return used + used_between(at, now, mine) + ahead

    def follows(self, now: int, paid: Sequence[Payment]) -> tuple[int, float]:
        """By how much a holder's jobs are later now, and how many of them may run; as ``left``."""
        if not self.is_open(now):
            return 0, inf
        spent = self.balance(now, paid).spent
        found: tuple[int, float] = 0, inf
        for used, later, jobs in self.overuse:
            if spent >= used * self.grant * THOUSANDTHS:
                found = later, inf if jobs is None else jobs
        return found

    def periods_until(self, now: int) -> Iterator[tuple[int, int]]:
        return takewhile(lambda period: period[0] <= now, self.periods())

    def left(self, now: int, paid: Sequence[Payment], *, before: bool = False) -> int | None:
        """What a holder may spend now, thousandths; None if nobody can pay.

        ``paid``: all attempts of the holder's jobs. ``before``: before what happens to it now.
        """
        if not self.is_open(now - before):
            return None
        balance = self.balance(now, paid, before=before)
        return balance.granted + self.overdraft * THOUSANDTHS - balance.spent


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
