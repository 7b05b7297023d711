"""Limits, counted anew from all jobs each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from twin.applications import Files
from twin.attempts import Attempt, Payment, used_between
from twin.branches import QOS, TREE
from twin.budgets import THOUSANDTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.applications import Paper, Scheme
    from twin.asks import Asks, Bound
    from twin.budgets import Grant
    from twin.quotas import Cohort
    from twin.reserved import Reservation


@dataclass(frozen=True, slots=True)
class Bounds:
    """All limits, quotas, budgets and reservations of a rule."""

    bounds: tuple[Bound, ...]
    jobs: list[Asks]
    holds: str = "job"
    cohorts: tuple[Cohort, ...] = ()
    grants: tuple[Grant, ...] = ()
    reserved: tuple[Reservation, ...] = ()
    attempts: list[Attempt] = field(default_factory=list)
    """All until now, of the run that counts."""
    kept: Callable[[int], int] = lambda _: 0
    """What of a running job a checkpoint would keep if it were preempted now."""
    scheme: Scheme | None = None
    papers: list[Paper] = field(default_factory=list)
    """What has been applied for until now, in the run that counts."""
    files: Files | None = None
    reclaims: bool = False
    """Whether who is on its own GPUs need not wait until its cohort has some left to lend."""
    come: list[int] = field(default_factory=list)
    """Who has come and was not refused."""
    looked_at: set[tuple[str, int]] = field(default_factory=set)
    """Limits with the waiting jobs that the pass looks at by them."""
    ranked: Callable[[int], bool] = lambda _: False
    """Whether a job may stop others by rank where members reclaim: quotas do not keep it from
    trying."""

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it."""
        limits = {each.name: each.settings(units) for each in self.bounds}
        quotas = {each.name: each.settings(units) for each in self.cohorts}
        budgets = {each.name: each.settings(units) for each in self.grants}
        reserved = {each.name: each.settings(units) for each in self.reserved}
        named = {"limits": limits, "quotas": quotas, "budgets": budgets, "reservations": reserved}
        said = {**named, "holds": self.holds}
        if any(each.accounts for each in (*self.bounds, *self.grants)):
            tree = {name: {"parent": parent} for name, parent in TREE.items()}
            said["accounts"] = {"tree": {"top": {}, **tree}, "others": 1}
        if any(each.qos for each in (*self.bounds, *self.grants)):
            said["qos"] = {name: {"classes": classes} for name, classes in QOS.items()}
        return said | ({"applications": self.scheme.settings()} if self.scheme else {})

    def of_run(
        self,
        kept: Callable[[int], int],
        come: list[int],
        *,
        reclaims: bool = False,
        ranked: Callable[[int], bool] = lambda _: False,
    ) -> Bounds:
        """The same for a run that begins now, or goes on with those who have come."""
        self.papers.clear()
        files = Files(self.scheme, self.papers) if self.scheme else None
        told = {"kept": kept, "come": come, "files": files}
        told |= {"reclaims": reclaims, "ranked": ranked}
        return replace(self, attempts=[], looked_at=set(), **told)

    def go_on(self, before: Bounds | None, now: int, *, keep: bool) -> Bounds:
        """The same where they take over in mid-run, with what has run; ``keep``: of budgets."""
        if before is None:
            return replace(self, grants=tuple(each.goes_on(None, now) for each in self.grants))
        others = {(each.name, each.per): each for each in before.grants if keep}
        grants = tuple(each.goes_on(others.get((each.name, each.per)), now) for each in self.grants)
        return replace(self, grants=grants, attempts=before.attempts)

    def refused(self, position: int) -> bool:
        """Whether what the job asks for goes beyond a limit by itself."""
        job = self.jobs[position]
        if self.scheme and self.scheme.refused(job):
            return True
        for bound in self.bounds:
            if bound.key(job) is None:
                continue
            for most, asked in (
                (bound.walltime, job.walltime),
                (bound.job_gpus, job.units),
                (bound.gpus, job.units),
                (bound.work, job.units * job.walltime),
                (bound.array_size, self._array_of(job)),
            ):
                if most is not None and asked > most:
                    return True
        return not all(
            grant.can_ever_pay(job.units * job.walltime * THOUSANDTHS)
            for grant in self.grants
            if grant.when_spent == "stop" and grant.safe and grant.touches(job)
        ) or not (
            all(each.allows(*job.who(each.per), job.units, {}) for each in self.cohorts)
            and all(each.can_ever_be(job) for each in self.reserved)
        )

    def _array_of(self, job: Asks) -> int:
        """How many jobs the array has that the job is of."""
        return 0 if job.array < 0 else sum(other.array == job.array for other in self.jobs)

    def too_many(self, position: int, there: Iterable[int]) -> bool:
        """Whether the job comes when too many of ``there`` wait or run, or too many have come."""
        job, others = self.jobs[position], [self.jobs[other] for other in there]
        for bound in self.bounds:
            key = bound.key(job)
            if key is None:
                continue
            if bound.queued and sum(bound.key(other) == key for other in others) >= bound.queued:
                return True
            if bound.submitted:
                most, within = bound.submitted
                lately = [self.jobs[each] for each in self.come]
                lately = [other for other in lately if other.submit > job.submit - within]
                if sum(bound.key(other) == key for other in lately) >= most:
                    return True
        return False

    def first_of(self, waiting: Iterable[int]) -> set[tuple[str, int]]:
        """Limits with the first jobs of each group, of those who wait."""
        found = set()
        for bound in self.bounds:
            if bound.eligible is None:
                continue
            groups: dict[Any, list[int]] = {}
            for position in sorted(waiting):
                if (key := bound.key(self.jobs[position])) is not None:
                    groups.setdefault(key, []).append(position)
            for group in groups.values():
                found |= {(bound.name, position) for position in group[: bound.eligible]}
        return found

    def look_at(self, waiting: Iterable[int]) -> None:
        """A pass begins: who of those who wait is looked at in it."""
        self.looked_at.clear()
        self.looked_at.update(self.first_of(waiting))

    def would_look_at_more(self, waiting: Iterable[int]) -> bool:
        """Whether the next pass, made at once, would look at somebody whom this one did not."""
        return not self.first_of(waiting) <= self.looked_at

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
            if bound.eligible is not None and (bound.name, position) not in self.looked_at:
                return True
            if bound.jobs is not None and len(same) + 1 > bound.jobs:
                return True
            if bound.gpus is not None and sum(e.units for e, _ in same) + job.units > bound.gpus:
                return True
            if bound.work is not None and left + job.units * job.walltime > bound.work:
                return True
        until = [(self.jobs[each], start + self.jobs[each].walltime) for each, start in ran]
        return (
            self._too_much_held(position, ran)
            or self._cannot_pay(job, ran, now)
            or self._too_many_beyond(job, ran, now)
            or not all(each.allows(job, until, now) for each in self.reserved)
        )

    def _too_much_held(self, position: int, ran: list[tuple[int, int]]) -> bool:
        job = self.jobs[position]
        for cohort in self.cohorts:
            held, [key] = self.held(cohort, ran), job.who(cohort.per)
            if key in cohort.members and self.ranked(position):
                continue
            if self.reclaims and cohort.owns(key, job.units, held):
                continue
            if not cohort.allows(key, job.units, held):
                return True
        return False

    def held(self, cohort: Cohort, ran: Iterable[tuple[int, int]]) -> dict[Any, int]:
        """Units by member or other."""
        held: dict[Any, int] = {}
        for other, _ in ran:
            [key] = self.jobs[other].who(cohort.per)
            held[key] = held.get(key, 0) + self.jobs[other].units
        return held

    def lacks(self, position: int, ran: Iterable[tuple[int, int]]) -> bool:
        """Whether a cohort has lent to others what the job would need of it."""
        job, there = self.jobs[position], list(ran)
        return not all(
            cohort.allows(*job.who(cohort.per), job.units, self.held(cohort, there))
            for cohort in self.cohorts
        )

    def borrowers(self, position: int, ran: Iterable[tuple[int, int]]) -> set[int]:
        """Who runs on GPUs that the job may reclaim, if it may: all jobs of those who borrow."""
        job, there, found = self.jobs[position], list(ran), set[int]()
        for cohort in self.cohorts:
            held, [key] = self.held(cohort, there), job.who(cohort.per)
            if cohort.owns(key, job.units, held):
                who = cohort.borrowers(held)
                found |= {
                    other
                    for other, _ in there
                    if self.jobs[other].who(cohort.per)[0] in who and self.jobs[other].units
                }
        return found

    def pairs(
        self, waiting: Iterable[int], ran: Iterable[tuple[int, int]], now: int
    ) -> list[tuple[int, set[int]]]:
        """Who waits and may reclaim, and from whom; nobody else need wait for it."""
        there = list(ran)
        found = [
            (position, self.borrowers(position, there))
            for position in waiting
            if not self.holds_back(position, there, now)
        ]
        return [(position, others) for position, others in found if others]

    def _costs_too_much(
        self, job: Asks, ran: list[tuple[int, int]], now: int, when_spent: str
    ) -> bool:
        """Whether a budget of that kind has less left than the job costs."""
        for grant in self.grants:
            if grant.when_spent != when_spent or not grant.touches(job):
                continue
            left = grant.left(now, self.paid(grant, job, ran, now))
            cost = job.units * job.walltime * THOUSANDTHS if grant.safe else 1
            if left is None or cost > left:
                return True
        return False

    def has_used_up(
        self, position: int, ran: list[tuple[int, int]], now: int, *, granted: bool
    ) -> bool:
        """Whether a running job's holder has nothing left of a budget charged meanwhile.

        ``granted``: as what happens to budgets now leaves it; else as it was before that.
        """
        job = self.jobs[position]
        for grant in self.grants:
            if grant.safe or not grant.touches(job):
                continue
            paid = self.paid(grant, job, ran, now)
            left = grant.left(now if granted else now - 1, paid)
            last = 0 if granted else used_between(now - 1, now, grant.touched(paid))
            if left is None or left - last <= 0:
                return True
        return False

    def used_up_at(self, ran: list[tuple[int, int]], now: int) -> list[int]:
        """When holders of running jobs will have nothing left if those run on."""
        found = []
        for position, _ in ran:
            job = self.jobs[position]
            for grant in self.grants:
                if grant.safe or not grant.touches(job):
                    continue
                left = grant.left(now, self.paid(grant, job, ran, now))
                with_it = [self.jobs[each] for each, _ in ran if not self.stands_still(each)]
                rate = sum(o.units for o in with_it if self._with(grant, job, o)) * THOUSANDTHS
                if left is not None and rate:
                    found.append(now + ceil(Fraction(max(left, 0), rate)))
        return found

    def _with(self, grant: Grant, job: Asks, other: Asks) -> bool:
        """Whether both are paid for by the same holder."""
        return grant.touches(other) and other.who(grant.per) == job.who(grant.per)

    def paid(self, grant: Grant, job: Asks, ran: list[tuple[int, int]], now: int) -> list[Payment]:
        """All attempts of those who have the job's holder."""
        return [
            Payment(attempt, other, other.units * THOUSANDTHS)
            for attempt in self.as_decided(ran, now)
            if (other := self.jobs[attempt.position]).who(grant.per) == job.who(grant.per)
        ]

    def late(self, position: int, ran: list[tuple[int, int]], now: int) -> int:
        """By how much the job counts as submitted later."""
        job = self.jobs[position]
        return max(
            (
                grant.follows(now, self.paid(grant, job, ran, now))[0]
                for grant in self.grants
                if grant.overuse and grant.touches(job)
            ),
            default=0,
        )

    def _too_many_beyond(self, job: Asks, ran: list[tuple[int, int]], now: int) -> bool:
        """Whether its holder has spent so much that no further job of it may run."""
        for grant in self.grants:
            if not grant.overuse or not grant.touches(job):
                continue
            _, most = grant.follows(now, self.paid(grant, job, ran, now))
            if sum(self._with(grant, job, self.jobs[each]) for each, _ in ran) >= most:
                return True
        return False

    def those_behind(self, queue: Iterable[int], ran: list[tuple[int, int]], now: int) -> set[int]:
        """Whose budgets have less left than they cost, so that they stand behind the others."""
        if all(grant.when_spent == "stop" for grant in self.grants):
            return set()
        return {each for each in queue if self._costs_too_much(self.jobs[each], ran, now, "last")}

    def _cannot_pay(self, job: Asks, ran: list[tuple[int, int]], now: int) -> bool:
        if self._costs_too_much(job, ran, now, "stop"):
            return True
        if self.files is None:
            return False
        all_paid = [(each, self.jobs[each.position]) for each in self.as_decided(ran, now)]
        return self.files.cannot_pay(job, all_paid, now)

    def as_decided(self, ran: list[tuple[int, int]], now: int) -> list[Attempt]:
        """All attempts as a pass has decided so far: whom it has stopped and started."""
        running, found = {position for position, _ in ran}, []
        there = {each.position for each in self.attempts if each.end is None}
        for each in self.attempts:
            if each.end is None and each.position not in running:
                kept = self.kept(each.position)
                found.append(Attempt(each.position, each.start, now, "preemption", kept))
            else:
                found.append(each)
        return found + [Attempt(*each) for each in ran if each[0] not in there]

    def begin(self, position: int, now: int) -> None:
        """A job starts."""
        self.attempts.append(Attempt(position, now))

    def attempt_of(self, position: int) -> Attempt:
        """Of a job that runs."""
        return next(
            each for each in self.attempts if each.position == position and each.end is None
        )

    def stands_still(self, position: int) -> bool:
        """Whether a job that runs is suspended."""
        return self.attempt_of(position).stands_still

    def end(self, position: int, now: int, cause: str, kept: int) -> None:
        """Its attempt ends."""
        attempt = self.attempt_of(position)
        attempt.end, attempt.cause, attempt.kept = now, cause, kept

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
