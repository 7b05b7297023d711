"""What pyss decides, once more, in plain Python: the semantics of ``conformance: pyss``.

Facts, checked against its recorded schedules: a pass follows every single event. At equal times
arrivals come before completions, and those before starts; ties go by creation. A pass trusts
requested times: units of a job whose requested end is now count as free, though its completion may
not have been handled yet. Conservative plans a job at its arrival and keeps the plan; at each
completion every job that has not started is taken out and put back at its earliest place, in submit
order, while the plans of the others stay.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from twin.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.model import TwinJob

ARRIVAL, COMPLETION, START = range(3)


class _Pyss:
    def __init__(self, jobs: Sequence[TwinJob], capacity: int, backfill: str) -> None:
        self.jobs, self.capacity, self.backfill = jobs, capacity, backfill
        self.events: list[tuple[int, int, int, int]] = []
        self.created = 0
        self.waiting: list[int] = []
        self.held: dict[int, int] = {}
        """The start of each job that holds units in the plan: decided, promised or running."""
        self.starts: dict[int, int] = {}

    def create(self, time: int, kind: int, job: int) -> None:
        heappush(self.events, (time, kind, self.created, job))
        self.created += 1

    def run(self) -> list[int | None]:
        for job, row in enumerate(self.jobs):
            if row.size <= self.capacity:
                self.create(row.submit, ARRIVAL, job)
        while self.events:
            now, kind, _, job = heappop(self.events)
            if kind == START:
                self.start(now, job)
            elif self.backfill == "conservative":
                self.keep_plan(now, kind, job)
            else:
                self.make_pass(now, kind, job)
        return [self.starts.get(job) for job in range(len(self.jobs))]

    def start(self, now: int, job: int) -> None:
        # A start that was planned before and has moved since is no longer meant.
        if job not in self.starts and self.held[job] == now:
            self.starts[job] = now
            row = self.jobs[job]
            self.create(now + min(row.run_time, row.walltime), COMPLETION, job)

    def profile(self, now: int) -> Profile:
        profile = Profile(now, self.capacity)
        for job, start in self.held.items():
            end = start + self.jobs[job].walltime
            if end > now:
                profile.hold(max(start, now), end, self.jobs[job].size)
        return profile

    def make_pass(self, now: int, kind: int, job: int) -> None:
        if kind == ARRIVAL:
            self.waiting.append(job)
        else:
            del self.held[job]
        profile, left = self.profile(now), []
        for waiting in self.waiting:
            row = self.jobs[waiting]
            if left and self.backfill == "none":
                left.append(waiting)
                continue
            place = profile.earliest(row.size, row.walltime)
            assert place is not None
            if place == now:
                self.held[waiting] = now
                self.create(now, START, waiting)
            if place == now or not left:
                profile.hold(place, place + row.walltime, row.size)
            if place > now:
                left.append(waiting)
        self.waiting = left

    def keep_plan(self, now: int, kind: int, job: int) -> None:
        moving = [job]
        if kind == COMPLETION:
            del self.held[job]
            moving = sorted(other for other, start in self.held.items() if start > now)
        profile = self.profile(now)
        for other in moving:
            row, before = self.jobs[other], self.held.get(other)
            if before is not None:
                profile.let_go(before, before + row.walltime, row.size)
            place = profile.earliest(row.size, row.walltime)
            assert place is not None
            profile.hold(place, place + row.walltime, row.size)
            self.held[other] = place
            if place != before:
                self.create(place, START, other)


def starts(jobs: Sequence[TwinJob], capacity: int, backfill: str) -> list[int | None]:
    """The start of each job, by position; ``backfill`` is none, easy or conservative."""
    return _Pyss(jobs, capacity, backfill).run()
