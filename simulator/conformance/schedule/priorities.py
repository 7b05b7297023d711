"""Each priority that a recorded Slurm computed, computed once more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from simulator.conformance.schedule.columns import Known, known_of
from simulator.conformance.schedule.moment import REQUEUE_DELAY
from simulator.conformance.schedule.passes import Count
from simulator.conformance.schedule.shares import Factors, factors_of
from simulator.conformance.schedule.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Priority, Run

ALLOWED = 0.02
"""Priorities are logged to two digits."""
CALCULATING_MS = 1000
"""A calculation logs its priorities within so long."""


def compare_priorities(recording: Recording) -> Count:
    """How many recorded priorities are the same within 0.02.

    They are computed from the recording's own starts and ends, usage beginning at nothing.
    """
    found = Count()
    if recording.priorities:
        for row, value in reckoned(recording):
            found.add(abs(row.priority - value) <= ALLOWED, 1)
    return found


def reckoned(recording: Recording) -> Iterator[tuple[Priority, float]]:
    """Recorded priorities, in time, each with ours."""
    known = known_of(recording)
    clock = _Clock(recording, known)
    ends = sorted(
        (run for run in recording.runs if run.end_ms is not None), key=lambda run: run.end_ms or 0
    )
    steps: list[tuple[int, int, int]] = [
        *((run.end_ms or 0, 0, number) for number, run in enumerate(ends)),
        *((event.time_ms, 1, 0) for event in recording.events if event.what == "priority_calc"),
        *((time_ms, 2, 0) for time_ms in recording.shown_ms),
        *((row.time_ms, 3, number) for number, row in enumerate(recording.priorities)),
    ]
    calculated = clock.rows_by_calculation()
    logged = {number for rows in calculated.values() for number in rows}
    for time_ms, what, number in sorted(steps):
        if what == 0:
            clock.usage.end(ends[number])
        elif what == 1:
            rows = [recording.priorities[number] for number in calculated[time_ms]]
            yield from clock.calculate(time_ms, rows)
        elif what == 2:
            clock.show()
        elif number not in logged:
            row = recording.priorities[number]
            yield row, clock.at_submission(row)


class _Clock:
    """The priorities of a recording as time goes on."""

    def __init__(self, recording: Recording, known: Known) -> None:
        self._recording, self._known = recording, known
        self._row = {job: row for row, job in enumerate(sorted(recording.jobs))}
        calculations = [e.time_ms for e in recording.events if e.what == "priority_calc"]
        period = known.order.period
        first = calculations[0] // 1000 - period if calculations else 0
        self._calculations = calculations
        self.usage = Usage(recording, known, first)
        self._factors: Factors = factors_of(known, self.usage)

    def rows_by_calculation(self) -> dict[int, list[int]]:
        """Numbers of the rows that each calculation logged; the others are of submissions."""
        times, found = np.array(self._calculations), defaultdict[int, list[int]](list)
        for number, row in enumerate(self._recording.priorities):
            index = int(np.searchsorted(times, row.time_ms, side="right")) - 1
            if index >= 0 and row.time_ms < times[index] + CALCULATING_MS:
                begun = int(times[index])
                if self._recording.jobs[row.job].submit_ms <= begun:
                    found[begun].append(number)
        return found

    def calculate(self, time_ms: int, rows: list[Priority]) -> Iterator[tuple[Priority, float]]:
        """A calculation: usage of running jobs, factors, priorities of waiting jobs."""
        now, usage = time_ms // 1000, self.usage
        waiting = defaultdict[int, list["Priority"]](list)
        for row in rows:
            waiting[row.job].append(row)
        running = {run.job: run for run in self._recording.runs if _runs(run, time_ms)}
        self._factors.begin()
        usage.decay(now)
        if self._factors.all_at_once:
            for run in running.values():
                self._book(run, now)
            self._factors.rank()
        for job in sorted({*waiting, *running}):
            if job in running and not self._factors.all_at_once:
                self._book(running[job], now)
            for row in waiting.get(job, ()):
                yield row, self._priority(job, self._age(job, now, time_ms))
        usage.last = now

    def show(self) -> None:
        """Somebody calls sshare."""
        self._factors.show()

    def at_submission(self, row: Priority) -> float:
        """The priority of a job as it is submitted: no age, the fair share of now."""
        return self._priority(row.job, 0.0)

    def _book(self, run: Run, now: int) -> None:
        self.usage.book(run, now)

    def _priority(self, job: int, age: float) -> float:
        weights = self._known.order.weights
        share = self._factors.of(self.usage.entity(job))
        total = weights.age * age + weights.fair_share * share
        return max(total + float(self._known.fixed[self._row[job]]), 1.0)

    def _age(self, job: int, now: int, time_ms: int) -> float:
        order, record = self._known.order, self._recording.jobs[job]
        since = record.submit_ms // 1000 if order.age_from == "submit" else record.eligible
        if order.age_from == "eligible":
            requeues = [
                (run.end_ms or 0) // 1000
                for run in self._recording.runs
                if run.job == job and run.how_ended == "preempted" and (run.end_ms or 0) <= time_ms
            ]
            if requeues:
                since = requeues[-1] + REQUEUE_DELAY
            elif record.eligible > now:
                since = record.submit_ms // 1000
        return min(max(now - since, 0) / order.max_age, 1.0)


def _runs(run: Run, time_ms: int) -> bool:
    return run.start_ms < time_ms and (run.end_ms is None or run.end_ms > time_ms)
