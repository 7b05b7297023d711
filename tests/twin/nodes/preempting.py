"""One pass on nodes in which jobs may stop others: the future is made anew at each trial."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from twin.either import by_rank, owned_by_others
from twin.preemption import Candidate, may_be_stopped, outranks, victims
from twin.profile import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.clock import Ran
    from twin.line import Line
    from twin.nodes.future import Future
    from twin.nodes.model import NodeJob, Share
    from twin.nodes.scheduler import Plan, Started
    from twin.nodes.twin import Twin

    Fits = Callable[[Future, list[int]], list[Share] | None]


class Preempting:
    """What the pass has decided so far."""

    def __init__(self, twin: Twin, come: list[int]) -> None:
        self.twin, self.jobs, self.come = twin, twin.jobs, come
        self.grace = twin.rule.preemption.grace if twin.rule.preemption else 0
        self.now = int(twin.env.now)
        self.started: Started = {}
        self.plan: Plan = {}
        self.stopped: list[int] = []
        self.suspended: list[int] = []
        self.rooms_made = 0
        self.line: Line | None = None

    def stands_still(self, position: int) -> bool:
        """Whether preemption suspends the job."""
        rule = self.twin.rule.preemption
        assert rule is not None
        return rule.fate(self.twin.standings[position].rank) == "suspend"

    def ends(self, gone: list[int]) -> dict[int, int]:
        """Planned ends of who has its nodes; of ``gone``, those who stop have none."""
        ends = self.twin.planned_ends(self.stopped, self.started, self.suspended)
        return {
            position: end
            for position, end in ends.items()
            if position not in gone or self.stands_still(position)
        }

    def lending(self, position: int | None, gone: list[int]) -> list[int]:
        """Who has no CPUs for the job: suspended ones that it outranks, and those it suspends."""
        standings = self.twin.standings
        aside = [
            other
            for other in (*self.twin.suspended, *self.suspended)
            if position is not None and outranks(standings[position].rank, standings[other].rank)
        ]
        return [*aside, *(each for each in gone if self.stands_still(each))]

    def future(self, gone: list[int], position: int | None = None) -> Future:
        """Who runs and goes on, who has started in this pass, and who holds a place; as the job
        sees it that stops who is ``gone``, if one does."""
        return self.beside(self.twin.future(self.ends(gone), self.lending(position, gone)))

    def future_of_head(self, gone: list[int]) -> Future:
        """The same with all suspended jobs, those included that would be, there for ever."""
        still = [*self.twin.suspended, *self.suspended]
        still += [each for each in gone if self.stands_still(each)]
        return self.beside(self.twin.future(self.ends(gone) | dict.fromkeys(still, FOREVER)))

    def beside(self, future: Future) -> Future:
        for position, shares in self.started.items():
            job = self.jobs[position]
            future.hold(job, shares, self.now, self.now + job.length)
        for position, place in self.plan.items():
            if place is not None and position not in self.started:
                job = self.jobs[position]
                future.hold(job, place[1], place[0], place[0] + job.length)
        return future

    def longer(self, job: NodeJob) -> NodeJob:
        """A job for which others stop must find room for their grace too."""
        return replace(job, walltime=job.length + self.grace)

    def at_risk(self, position: int, ran: int) -> int:
        """Seconds that the job would have to run again."""
        if self.stands_still(position):
            return 0
        return ran - self.twin.courses[position].seconds_kept(ran)

    def make_room(self, position: int, fits: Fits) -> list[int] | None:
        """Whom the job stops so that it fits; None if it still would not."""
        rule, twin = self.twin.rule.preemption, self.twin
        assert rule is not None
        if self.now - twin.eligible[position] < rule.after:
            return None
        below, last = self.below(position, []), set[int]()
        if rule.beside and twin.bounds:
            ranked = by_rank(twin.bounds, position, self.ran_without([]), twin.standings)
            below, last = below | ranked, ranked - below
        candidates = [
            Candidate(other, twin.began(other), twin.size[other], self.at_risk(other, ran))
            for other in twin.running
            for ran in [self.now - twin.began(other)]
            if other not in self.stopped
            and other not in twin.suspended
            and other not in self.suspended
            and not (self.stands_still(other) and self.jobs[other].exclusive)
            and other not in self.come
            and other not in twin.told
            and other in below
            and may_be_stopped(rule, twin.standings[other], ran)
        ]

        def fits_without(gone: list[int]) -> bool:
            if rule.reclaim and self.lacks(position, gone):
                return False
            return fits(self.future(gone, position), gone) is not None

        def still(other: int, gone: list[int]) -> bool:
            if rule.beside and twin.bounds:
                return other not in owned_by_others(twin.bounds, position, self.ran_without(gone))
            return not rule.reclaim or other in self.below(position, gone)

        if self.lending(position, []) and fits_without([]):
            return []
        standings = twin.standings
        return victims(rule, self.now, candidates, standings, fits_without, still, last) or None

    def ran_without(self, gone: list[int]) -> Ran:
        """Who runs if these have gone, as the pass has decided so far."""
        return [each for each in self.twin.ran(self.started, self.stopped) if each[0] not in gone]

    def lacks(self, position: int, gone: list[int]) -> bool:
        """Whether the job's cohort lends too much to others, even if these have gone."""
        bounds = self.twin.bounds
        return bounds is not None and bounds.lacks(position, self.ran_without(gone))

    def below(self, position: int, gone: list[int]) -> set[int]:
        """Who may be stopped for the job, when these have been: those of lower ranks, or of members
        that hold what is not theirs."""
        rule, bounds, standings = self.twin.rule.preemption, self.twin.bounds, self.twin.standings
        if rule is not None and rule.wanted:
            wants, running = self.twin.size[position] > 0, self.twin.running
            return {each for each in running if wants and self.twin.leaves_idle(rule, each)}
        if rule is None or not rule.reclaim or bounds is None:
            mine = standings[position].rank
            return {each for each in self.twin.running if outranks(mine, standings[each].rank)}
        found = bounds.borrowers(position, self.ran_without(gone))
        return {each for each in found if not standings[each].reclaimed}

    def start(
        self,
        position: int,
        fits: Fits,
        clear: Callable[[Future], list[Share] | None] | None = None,
    ) -> bool:
        """Start the job if it fits, or can be made to fit; ``clear`` first, where nobody stops.

        ``fits`` is for a job for which others stop. With grace it may only wait for them. False if
        it is to wait in its place; one that does not get back what is its own is passed over.
        """
        assert self.line is not None
        shares, lacks = None, self.line.lacks(position)
        if not lacks:
            shares = clear(self.future([])) if clear else fits(self.future([]), [])
        if shares is None:
            chosen = self.make_room(position, fits)
            if chosen is None:
                if lacks:
                    self.line.pass_over(position)
                return lacks
            self.rooms_made += 1
            shares = fits(self.future(chosen, position), chosen)
            assert shares is not None
            if self.grace:
                self.twin.tell(position, [share.node for share in shares], chosen)
                return True
            rule = self.twin.rule.preemption
            owned = rule is not None and rule.reclaim and {*chosen} & self.below(position, [])
            self.twin.standings[position].reclaimed = bool(owned)
            self.suspended += [each for each in chosen if self.stands_still(each)]
            self.stopped += [each for each in chosen if not self.stands_still(each)]
        self.started[position] = shares
        self.plan[position] = self.now, shares
        return True

    def decide(self, line: Line) -> Plan:
        self.line = line
        if self.twin.rule.backfill in ("none", "easy"):
            self.heads_first(line)
            return self.plan
        backfill = self.twin.rule.backfill
        left: float = self.twin.rule.k if backfill == "reservations" else inf
        for position in line:
            if not self.start(position, *self.at_once(self.jobs[position])) and left > 0:
                left -= 1
                self.plan[position] = self.future([]).earliest(self.jobs[position])
        return self.plan

    def heads_first(self, line: Line) -> None:
        """Start heads; under EASY others may overtake the first that cannot start."""
        head: int | None = None
        shadow: int | None = None
        for position in line:
            if head is not None:
                shadow = self.overtake(head, position, shadow)
            elif not self.start(position, *self.at_once(self.jobs[position])):
                if self.twin.rule.backfill == "none":
                    return
                head, shadow = position, self.shadow(self.jobs[position])
                self.plan[head] = None if shadow is None else (shadow, [])

    def at_once(self, job: NodeJob) -> tuple[Fits, Callable[[Future], list[Share] | None]]:
        """For a job for which others stop, and for one that starts as it is."""
        longer = self.longer(job)
        return lambda future, _: future.choice(longer, self.now), lambda future: future.choice(
            job, self.now
        )

    def overtake(self, first: int, position: int, shadow: int | None) -> int | None:
        """Start the job beside the head if that leaves it its shadow time, which is returned."""
        head, job = self.jobs[first], self.jobs[position]
        before, longer = self.rooms_made, self.longer(job)

        def beside_head(
            future: Future, avoid: frozenset[int] = frozenset(), job: NodeJob = longer
        ) -> list[Share] | None:
            shares = future.choice(job, self.now, avoid)
            if shares is None or shadow is None or self.now + job.length <= shadow:
                return shares
            beside = future.with_held(job, shares)
            return shares if len(beside.usable(head, shadow)) >= head.nodes else None

        def made_to_fit(future: Future, gone: list[int]) -> list[Share] | None:
            if not self.lending(position, gone):
                return beside_head(future)
            shares = future.choice(longer, self.now)
            if shares is None or shadow is None:
                return shares
            then = self.future_of_head(gone).with_held(longer, shares)
            return shares if len(then.usable(head, shadow)) >= head.nodes else None

        def clear_of_head(future: Future) -> list[Share] | None:
            if shadow is None or not self.twin.rule.avoid_head:
                return beside_head(future, job=job)
            shares = future.choice(head, shadow) or ()
            return beside_head(future, frozenset(share.node for share in shares), job)

        self.start(position, made_to_fit, clear_of_head)
        if self.rooms_made == before:
            return shadow
        found = self.shadow(head)
        self.plan[first] = None if found is None else (found, [])
        return found

    def shadow(self, head: NodeJob) -> int | None:
        """When the head can start, as the future is now."""
        future = self.future([])
        return next(
            (time for time in future.instants() if len(future.usable(head, time)) >= head.nodes),
            None,
        )
