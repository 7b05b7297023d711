"""Passes on a pool in which jobs may stop others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from twin.either import by_owners, by_rank, owned_by_others
from twin.machine import Pool
from twin.model import Hold
from twin.preemption import (
    Candidate,
    any_outranked,
    may_be_stopped,
    next_wake,
    outranks,
    victims,
)
from twin.scheduler import Plan

if TYPE_CHECKING:
    from twin.clock import Ran
    from twin.line import Line
    from twin.profile import Profile


class Preempting(Pool):
    """Who gives way to whom in a pass, and when the next one is due for it."""

    places: float

    def preempting(
        self, line: Line, started: list[int], stopped: list[int], come: list[int]
    ) -> Plan:
        """As ``scheduler.reservations``, but who cannot start at its turn may stop others, except
        those that have just ``come`` to their start."""
        now, profile, waiting = int(self.env.now), self.profile(), 0
        plan = Plan()
        grace = self.preemption.grace if self.preemption else 0
        for position in line:
            job = self.jobs[position]
            length = max(job.walltime, 1)
            place, lacks = profile.earliest(job.size, length), line.lacks(position)
            if place != now or lacks:
                chosen = self.victims(position, profile, [*stopped, *come], line)
                if lacks and not chosen:
                    line.pass_over(position)
                    continue
                if chosen and grace:
                    profile = self.hold_for(position, profile, chosen)
                    self.told_somebody = True
                    continue
                if chosen:
                    profile, place = self.without(profile, chosen), now
                    owned = {*chosen} & self.borrowers(position, line.running())
                    self.standings[position].reclaimed = bool(owned)
                    stopped += chosen
            if place == now:
                started.append(position)
            elif waiting < self.places:
                waiting += 1
            elif self.places == 0:
                break
            else:
                continue
            plan[position] = place
            if place is not None:
                profile.hold(place, place + length, job.size)
        return plan

    def without(self, profile: Profile, gone: list[int]) -> Profile:
        """The future if these running jobs stopped now."""
        other = profile.copy()
        for position in gone:
            held = self.running[position]
            other.hold(profile.now, held.planned_end(profile.now), -held.size)
        return other

    def hold_for(self, position: int, profile: Profile, chosen: list[int]) -> Profile:
        """Tell these to stop when the grace is over, and let the job wait for them."""
        now, rule = profile.now, self.preemption
        assert rule is not None
        after = self.without(profile, chosen)
        for each in chosen:
            self.running[each] = replace(self.running[each], stop=now + rule.grace)
            self.processes[each].interrupt("told")
            self.told[each] = rule, rule.fate(self.standings[each].rank)
        self.queue.remove(position)
        latest = now + rule.grace if self.overrun == "allow" else None
        self.holds[position] = Hold(self.jobs[position], chosen, latest)
        for since, until, units in self.holds[position].levels(now, self.running):
            after.hold(since, until, units)
        return after

    def borrowers(self, position: int, ran: Ran) -> set[int]:
        """Who may be stopped for the job, beside those who run, so that it has what is its own."""
        if self.bounds is None or self.preemption is None or not self.preemption.reclaim:
            return set()
        return by_owners(self.bounds, position, ran, self.standings)

    def victims(self, position: int, profile: Profile, spared: list[int], line: Line) -> list[int]:
        rule, now, job = self.preemption, profile.now, self.jobs[position]
        waited = now - (self.outcomes[position].eligible or 0)
        if rule is None or waited < rule.after:
            return []
        below = self.outranked(position)
        last = set[int]()
        if rule.reclaim:
            below = self.borrowers(position, line.running())
        if rule.beside and self.bounds:
            ranked = by_rank(self.bounds, position, line.running(), self.standings)
            below, last = below | ranked, ranked - below
        if rule.wanted:
            below = {other for other in self.running if self.leaves_idle(rule, other)}

        def beside(gone: list[int]) -> Ran:
            return [each for each in line.running() if each[0] not in gone]

        candidates = [
            Candidate(other, held.start, held.size, now - held.start)
            for other, held in self.running.items()
            if other not in spared
            and held.stop is None
            and other in below
            and may_be_stopped(rule, self.standings[other], now - held.start)
        ]

        def fits_without(gone: list[int]) -> bool:
            length = max(job.walltime, 1) + rule.grace
            if rule.reclaim and self.bounds and self.bounds.lacks(position, beside(gone)):
                return False
            return self.without(profile, gone).earliest(job.size, length) == now

        def still(other: int, gone: list[int]) -> bool:
            if rule.beside and self.bounds:
                return other not in owned_by_others(self.bounds, position, beside(gone))
            return not rule.reclaim or other in self.borrowers(position, beside(gone))

        return victims(rule, now, candidates, self.standings, fits_without, still, last)

    def outranked(self, position: int) -> set[int]:
        """Those who run and are of a lower rank than the job."""
        mine = self.standings[position].rank
        return {other for other in self.running if outranks(mine, self.standings[other].rank)}

    def after_preempting(self, started: bool, stopped: list[int]) -> None:
        rule, now = self.preemption, int(self.env.now)
        assert rule is not None
        for position in stopped:
            self.stop(position, "idle" if rule.wanted else "preemption")
            self.standings[position].note_stopped(rule)
            cancelled = rule.fate(self.standings[position].rank) == "cancel"
            self.processes[position].interrupt("failed" if cancelled else "preempted")
            if not cancelled:
                self.outcomes[position].eligible = self.eligible[position] = now
        back = [each for each in stopped if self.outcomes[each].eligible == now]
        if rule.reclaim:
            self.after_reclaiming(rule, started, [*self.queue, *back], bool(stopped))
            return
        if rule.wanted:
            self.after_stopping_idle(rule, back, bool(stopped) or self.told_somebody)
            self.told_somebody = False
            return
        waiting = [
            (self.standings[each].rank, self.outcomes[each].eligible or 0)
            for each in [*self.in_line(), *back]
        ]
        running = [
            (self.standings[each].rank, held.start)
            for each, held in self.running.items()
            if held.stop is None
        ]
        outranked = any_outranked((rank for rank, _ in waiting), (rank for rank, _ in running))
        if stopped or self.told_somebody or (started and outranked):
            self.ask_for_pass()
        self.told_somebody = False
        self.wake_at(next_wake(rule, now, waiting, running))
        self.want_crossing()
