"""One pass on nodes in which jobs may stop others: the future is made anew at each trial."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from twin.preemption import Candidate, may_be_stopped, outranks, victims

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.limits import Line
    from twin.nodes.future import Future
    from twin.nodes.model import NodeJob, Share
    from twin.nodes.scheduler import Plan, Started
    from twin.nodes.twin import Twin


class Preempting:
    """What the pass has decided so far."""

    def __init__(self, twin: Twin, come: list[int]) -> None:
        self.twin, self.jobs, self.come = twin, twin.jobs, come
        self.grace = twin.rule.preemption.grace if twin.rule.preemption else 0
        self.told_somebody = False
        self.now = int(twin.env.now)
        self.started: Started = {}
        self.plan: Plan = {}
        self.stopped: list[int] = []

    def future(self, without: list[int]) -> Future:
        """Who runs and goes on, who has started in this pass, and who holds a place."""
        future = self.twin.future([*self.stopped, *without])
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

    def make_room(self, position: int, fits: Callable[[Future], list[Share] | None]) -> list[int]:
        """Whom the job stops so that it fits; nobody if it still would not."""
        rule, twin = self.twin.rule.preemption, self.twin
        assert rule is not None
        if self.now - twin.eligible[position] < rule.after:
            return []
        candidates = [
            Candidate(other, start, twin.size[other], ran - twin.courses[other].seconds_kept(ran))
            for other, (start, _) in twin.running.items()
            for ran in [self.now - start]
            if other not in self.stopped
            and other not in self.come
            and other not in twin.told
            and outranks(twin.standings[position].rank, twin.standings[other].rank)
            and may_be_stopped(rule, twin.standings[other], ran)
        ]

        def fits_without(gone: list[int]) -> bool:
            return fits(self.future(gone)) is not None

        return victims(rule, self.now, candidates, twin.standings, fits_without)

    def start(
        self,
        position: int,
        fits: Callable[[Future], list[Share] | None],
        clear: Callable[[Future], list[Share] | None] | None = None,
    ) -> bool:
        """Start the job if it fits, or can be made to fit; ``clear`` first, where nobody stops.

        ``fits`` is for a job for which others stop. With grace it may only wait for them.
        """
        shares = (clear or fits)(self.future([]))
        if shares is None:
            chosen = self.make_room(position, fits)
            shares = fits(self.future(chosen)) if chosen else None
            if shares is not None and self.grace:
                self.twin.tell(position, [share.node for share in shares], chosen)
                self.told_somebody = True
                return True
            self.stopped += chosen
        if shares is None:
            return False
        self.started[position] = shares
        self.plan[position] = self.now, shares
        return True

    def decide(self, line: Line) -> Plan:
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

    def at_once(
        self, job: NodeJob
    ) -> tuple[Callable[[Future], list[Share] | None], Callable[[Future], list[Share] | None]]:
        """For a job for which others stop, and for one that starts as it is."""
        longer = self.longer(job)
        return lambda future: future.choice(longer, self.now), lambda future: future.choice(
            job, self.now
        )

    def overtake(self, first: int, position: int, shadow: int | None) -> int | None:
        """Start the job beside the head if that leaves it its shadow time, which is returned."""
        head, job = self.jobs[first], self.jobs[position]
        before, longer = (len(self.stopped), len(self.twin.holds)), self.longer(job)

        def beside_head(
            future: Future, avoid: frozenset[int] = frozenset(), job: NodeJob = longer
        ) -> list[Share] | None:
            shares = future.choice(job, self.now, avoid)
            if shares is None or shadow is None or self.now + job.length <= shadow:
                return shares
            beside = future.with_held(job, shares)
            return shares if len(beside.usable(head, shadow)) >= head.nodes else None

        def clear_of_head(future: Future) -> list[Share] | None:
            if shadow is None or not self.twin.rule.avoid_head:
                return beside_head(future, job=job)
            shares = future.choice(head, shadow) or ()
            return beside_head(future, frozenset(share.node for share in shares), job)

        self.start(position, beside_head, clear_of_head)
        if (len(self.stopped), len(self.twin.holds)) == before:
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
