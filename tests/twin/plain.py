"""A textbook scheduler in plain Python, as one would write it without a framework.

First come, first served on a pool, jobs killed at their walltime, nothing ever fails. It is what
the benchmarks compare the kernels with, so it is written to be reasonably fast: running jobs in a
heap by end and in a sorted list by planned end, the queue a list, the future two sorted lists.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.model import TwinJob


class Machine:
    """The units, the jobs that hold them, and the jobs that wait."""

    def __init__(self, jobs: Sequence[TwinJob], capacity: int) -> None:
        self.walltime = [job.walltime for job in jobs]
        self.size = [job.size for job in jobs]
        self.length = [min(job.run_time, job.walltime) for job in jobs]
        self.free = capacity
        self.now = 0
        self.ends: list[tuple[int, int]] = []
        self.planned: list[tuple[int, int]] = []
        self.queue: list[int] = []
        self.starts: list[int | None] = [None] * len(jobs)

    def start(self, job: int) -> None:
        """Give the job its units now."""
        self.starts[job] = self.now
        self.free -= self.size[job]
        heappush(self.ends, (self.now + self.length[job], job))
        insort(self.planned, (self.now + self.walltime[job], job))

    def end(self) -> None:
        """Take back the units of the job that ends first."""
        _, job = heappop(self.ends)
        self.free += self.size[job]
        planned = (self.starts[job] or 0) + self.walltime[job], job
        del self.planned[bisect_left(self.planned, planned)]

    def start_heads(self) -> None:
        """While the queue's head fits, start it."""
        started = 0
        for job in self.queue:
            if self.size[job] > self.free:
                break
            self.start(job)
            started += 1
        del self.queue[:started]


def easy(machine: Machine) -> None:
    """Start the heads; then whoever does not delay the first that must wait."""
    machine.start_heads()
    queue, size, walltime, now = machine.queue, machine.size, machine.walltime, machine.now
    if len(queue) < 2 or machine.free == 0:
        return
    shadow, extra = now, machine.free
    for planned, job in machine.planned:
        if extra >= size[queue[0]] and planned != shadow:
            break
        shadow, extra = planned, extra + size[job]
    extra -= size[queue[0]]
    started = set()
    for job in queue[1:]:
        if size[job] > machine.free:
            continue
        if now + walltime[job] > shadow:
            if size[job] > extra:
                continue
            extra -= size[job]
        machine.start(job)
        started.add(job)
        if machine.free == 0:
            break
    if started:
        machine.queue = [job for job in queue if job not in started]


class Future:
    """Units free from each time until the next one."""

    def __init__(self, machine: Machine) -> None:
        self.times, self.free = [machine.now], [machine.free]
        for planned, job in machine.planned:
            if planned == self.times[-1]:
                self.free[-1] += machine.size[job]
            else:
                self.times.append(planned)
                self.free.append(self.free[-1] + machine.size[job])

    def earliest(self, size: int, length: int) -> int:
        """When so many units are first free for so long."""
        times, free = self.times, self.free
        index, last = 0, len(times)
        while free[index] < size:
            index += 1
        start, index = index, index + 1
        while index < last and times[index] < times[start] + length:
            if free[index] < size:
                while free[index] < size:
                    index += 1
                start = index
            index += 1
        return times[start]

    def take(self, size: int, start: int, end: int) -> None:
        """Hold the units from start to end."""
        first, last = self.point(start), self.point(end)
        for index in range(first, last):
            self.free[index] -= size

    def point(self, time: int) -> int:
        """The index of this time, put in where it is missing."""
        index = bisect_left(self.times, time)
        if index == len(self.times) or self.times[index] != time:
            self.times.insert(index, time)
            self.free.insert(index, self.free[index - 1])
        return index


def reservations(machine: Machine, places: float) -> None:
    """The first ``places`` jobs that must wait get a place; others start if they fit beside."""
    machine.start_heads()
    if not machine.queue or machine.free == 0:
        return
    future, waiting = Future(machine), []
    for index, job in enumerate(machine.queue):
        size, length = machine.size[job], machine.walltime[job]
        if machine.free == 0:
            waiting += machine.queue[index:]
            break
        if len(waiting) >= places and size > machine.free:
            waiting.append(job)
            continue
        start = future.earliest(size, length)
        if start == machine.now:
            machine.start(job)
        if start == machine.now or len(waiting) < places:
            future.take(size, start, start + length)
        if start > machine.now:
            waiting.append(job)
    machine.queue = waiting


PASSES: dict[str, Callable[[Machine, float], None]] = {
    "none": lambda machine, _: machine.start_heads(),
    "easy": lambda machine, _: easy(machine),
    "reservations": reservations,
    "conservative": lambda machine, _: reservations(machine, float("inf")),
}


def starts(jobs: Sequence[TwinJob], capacity: int, backfill: str, k: int = 4) -> list[int | None]:
    """The start of each job, by position; None for a job larger than the machine.

    ``jobs`` are sorted by submit, with walltimes of at least 1 s.
    """
    machine, make_pass = Machine(jobs, capacity), PASSES[backfill]
    arrived = 0
    while arrived < len(jobs) or machine.ends:
        now = machine.ends[0][0] if machine.ends else jobs[arrived].submit
        if arrived < len(jobs):
            now = min(now, jobs[arrived].submit)
        machine.now = now
        while machine.ends and machine.ends[0][0] == now:
            machine.end()
        while arrived < len(jobs) and jobs[arrived].submit == now:
            if machine.size[arrived] <= capacity:
                machine.queue.append(arrived)
            arrived += 1
        make_pass(machine, k)
    return machine.starts
