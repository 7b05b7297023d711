"""A pool of units: who holds them now, and until when by plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.clock import Clock
from twin.model import Hold, Outcome, Running, TwinJob
from twin.preemption import Standing
from twin.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    import simpy

    from twin.clock import Ran
    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.outages import Absence
    from twin.preemption import Preemption
    from twin.scheduler import Plan


class Pool(Clock):
    """Who waits and who runs, on how many units."""

    def __init__(
        self,
        jobs: Sequence[TwinJob],
        capacity: int,
        ledger: Ledger | None,
        bounds: Bounds | None,
        *,
        overrun: str,
        preemption: Preemption | None,
    ) -> None:
        super().__init__(ledger, bounds, [job.submit for job in jobs], preemption)
        self.jobs, self.capacity = list(jobs), capacity
        if ledger:
            self.attach(ledger)
        self.overrun, self.preemption = overrun, preemption
        ranks = [0 if self.queues else self.rank_of(position) for position in range(len(jobs))]
        self.standings = [Standing(rank) for rank in ranks]
        self.outcomes = [Outcome() for _ in jobs]
        self.starts: dict[int, simpy.Event] = {}
        self.running: dict[int, Running] = {}
        self.holds: dict[int, Hold] = {}
        self.told: dict[int, tuple[Preemption, str]] = {}
        """By whose rule jobs have been told to stop, and what becomes of them then."""
        self.absences: list[Absence] = []
        self.taken: dict[Absence, int] = {}
        """Units that each absence under way has taken: no more than were up when it began."""
        self.away = 0
        self.plan: Plan
        self.told_somebody = False

    def attach(self, ledger: Ledger) -> None:
        """Let the ledger see the machine."""
        ledger.machine = lambda: (self.capacity - self.away, self.free())

    def rank_of(self, position: int) -> int | None:
        rank = self.jobs[position].rank
        return self.preemption.rank_of(rank) if self.preemption else rank

    def began(self, position: int) -> int:
        return self.running[position].start

    def uses(self, position: int) -> int:
        return self.jobs[position].use

    def units_of(self, position: int) -> int:
        return self.jobs[position].size

    def untold(self) -> list[tuple[int, int, int]]:
        return [
            (position, held.size, held.start)
            for position, held in self.running.items()
            if held.stop is None
        ]

    def ran(self, started: Sequence[int] = (), stopped: Sequence[int] = ()) -> Ran:
        """Who runs and since when, as a pass has decided so far."""
        ran = [
            (position, held.start)
            for position, held in self.running.items()
            if position not in stopped
        ]
        return [*ran, *((position, int(self.env.now)) for position in started)]

    def begin(self, position: int) -> None:
        job, now = self.jobs[position], int(self.env.now)
        self.running[position] = Running(position, now, job.size, job.walltime)
        self.starts.pop(position).succeed()
        if self.ledger:
            self.ledger.started(position, now)
        if self.bounds:
            self.bounds.begin(position, now)
        self.watch_idle(self.preemption, position)

    def stop(self, position: int, cause: str = "") -> None:
        if self.bounds:
            self.bounds.end(position, int(self.env.now), cause, 0)
        for hold in self.holds.values():
            hold.victims = [each for each in hold.victims if each != position]
        held, standing = self.running.pop(position), self.standings[position]
        standing.served += int(self.env.now) - held.start
        standing.reclaimed = False
        if self.queues:
            self.queues.settle(standing, held.size, standing.served)
        if self.ledger:
            self.ledger.ended(position, int(self.env.now))

    def free(self) -> int:
        now = int(self.env.now)
        return (
            self.capacity
            - self.away
            - sum(held.size for held in self.for_nobody())
            - sum(hold.levels(now, self.running)[0][2] for hold in self.holds.values())
        )

    def for_nobody(self) -> list[Running]:
        """Those who run, but for those whose units somebody waits for."""
        awaited = {each for hold in self.holds.values() for each in hold.victims}
        return [held for position, held in self.running.items() if position not in awaited]

    def profile(self) -> Profile:
        now = int(self.env.now)
        profile = Profile(now, self.capacity - self.away)
        for held in self.for_nobody():
            profile.hold(now, held.planned_end(now), held.size)
        for hold in self.holds.values():
            for since, until, units in hold.levels(now, self.running):
                profile.hold(since, until, units)
        for absence in self.absences:
            if absence in self.taken and absence.return_known:
                profile.give_back(absence.end, self.taken[absence])
            elif absence.known_from <= now < absence.start:
                profile.hold(absence.start, absence.end, absence.units)
        return profile

    def give_up(self, position: int) -> None:
        """A job that holds units is queued again; its victims stop all the same."""
        del self.holds[position]
        self.queue.append(position)
        if self.ledger:
            self.ledger.key(position, int(self.env.now), self.eligible)

    def machine_changed(self) -> None:
        self.plan_broken = True
        self.ask_for_pass()
