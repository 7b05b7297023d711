"""The state of a cluster as one recorded pass found it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.slurm.recording.rows import STARTED

if TYPE_CHECKING:
    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Job, Looked, Pass, Planned, Run

REQUEUE_DELAY = 121
"""Seconds until a requeued job may start: its credential's life and one, batch_requeue_fini()."""
LAG_MS = 4
"""Milliseconds by which the kernel's coarse clock, which time() reads, may be behind."""
ANSWER_MS = 2
"""Milliseconds in which a node answers that a job which ended by itself is gone: fact 7."""


@dataclass(frozen=True, slots=True)
class Held:
    """A job that runs, its nodes by number, until ``end`` as planned."""

    job: Job
    start: int
    end: int
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in the queue."""

    job: Job
    priority: int
    submit: int
    preempted: int | None
    """When it last began to preempt; None: not yet."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a pass begins with; times in whole seconds, nodes by number."""

    number: int
    kind: str
    now: int
    depth: int
    """Jobs that a main pass looks at; 0: all."""
    running: list[Held]
    """By job."""
    completing: frozenset[int]
    queue: list[Waiting]
    """By job, the order of Slurm's list of jobs."""
    reservations: list[tuple[int, int, frozenset[int]]]
    """Start, end, nodes."""


class Moments:
    """Rebuilds the state at any pass of a recording.

    Running: what started before the pass began, by another pass, and ended after. The queue: the
    jobs that the pass looked at, and where it was cut short those that it did not come to.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._number = recording.cluster.numbers
        # With a script to run after each job its nodes answer only when that is done:
        # _rpc_terminate_job(), slurmd's req.c.
        self._epilog = "epilog" in recording.cluster.conf.settings
        self._computed: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for row in sorted(recording.priorities, key=lambda each: each.time_ms):
            times, values = self._computed[row.job]
            times.append(row.time_ms)
            values.append(row.priority)
        self._seen = _seen(recording)
        self._runs: dict[int, list[Run]] = defaultdict(list)
        self._preempted: dict[int, list[int]] = defaultdict(list)
        for run in sorted(recording.runs, key=lambda each: each.start_ms):
            self._runs[run.job].append(run)
            if run.preempted_for is not None and run.end_ms is not None:
                self._preempted[run.preempted_for].append(run.end_ms)

    def nodes(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of nodes, ascending."""
        return tuple(sorted(self._number[name] for name in names))

    def at(self, each: Pass) -> Moment:
        """The state as a pass found it."""
        begin = each.begin_ms
        full = each.depth == "full" or each.kind == "backfill"
        depth = self._recording.cluster.parameters["default_queue_depth"]
        return Moment(
            number=each.number,
            kind=each.kind,
            now=self._now(each),
            depth=0 if full else depth + 1,
            running=self._running(each),
            completing=self._completing(begin),
            queue=self._queue(each),
            reservations=[
                (made.start, made.end, frozenset(self.nodes(made.nodes)))
                for made in self._recording.reservations
                if made.made_ms <= begin and made.end > begin // 1000
            ],
        )

    def _now(self, each: Pass) -> int:
        """Slurm's time() as the pass began: up to 4 ms behind the log's clock.

        Just after a full second it may still be the second before; the jobs that the pass started
        tell.
        """
        now = each.begin_ms // 1000
        if each.begin_ms % 1000 < LAG_MS:
            for number in each.started:
                start, last = self._recording.jobs[number].start, self._runs[number][-1]
                if start is not None and last.pass_id == each.number:
                    return min(now, start)
        return now

    def _running(self, each: Pass) -> list[Held]:
        held = []
        for run in self._recording.runs:
            ended = run.end_ms is not None and run.end_ms <= each.begin_ms
            if run.start_ms < each.begin_ms and not ended and run.pass_id != each.number:
                held.append(self._held(run))
        return sorted(held, key=lambda one: one.job.job)

    def _held(self, run: Run) -> Held:
        job, start = self._recording.jobs[run.job], run.start_ms // 1000
        # The log's milliseconds come from another clock than Slurm's time(), which lags: its own
        # start, known of the last run alone, is the one that plans are made with.
        if job.start is not None and run is self._runs[run.job][-1]:
            start = job.start
        return Held(job, start, start + job.limit, self.nodes(run.nodes))

    def _completing(self, begin: int) -> frozenset[int]:
        nodes: set[int] = set()
        for run in self._recording.runs:
            if run.end_ms is None or run.free_ms is None or not run.end_ms <= begin < run.free_ms:
                continue
            if run.how_ended != "completed" or self._epilog or begin <= run.end_ms + ANSWER_MS:
                nodes.update(self.nodes(run.nodes))
        return frozenset(nodes)

    def _queue(self, each: Pass) -> list[Waiting]:
        rows: list[Looked] | list[Planned]
        if each.kind == "main":
            rows = self._recording.looked.get(each.number, [])
        else:
            rows = self._recording.planned.get(each.number, [])
        begin, waiting = each.begin_ms, {}
        for row in rows:
            priority = row.priority
            if priority is None or (each.kind == "main" and row.outcome == STARTED):
                priority = self._priority(row.job, begin)
            waiting[row.job] = self._waiting(row.job, priority, begin)
        if rows and each.limit:
            for job in self._recording.jobs:
                if job not in waiting and self._may_wait(job, begin):
                    waiting[job] = self._waiting(job, self._priority(job, begin), begin)
        return [waiting[job] for job in sorted(waiting)]

    def _waiting(self, job: int, priority: int, begin: int) -> Waiting:
        begun = [time // 1000 for time in self._preempted[job] if time < begin]
        return Waiting(
            job=self._recording.jobs[job],
            priority=priority,
            submit=self._submit(job, begin),
            preempted=begun[-1] if begun else None,
        )

    def _priority(self, job: int, begin: int) -> int:
        """The last one computed; where that was before the recording, the last one seen."""
        for times, values in (self._computed[job], self._seen[job]):
            index = bisect_right(times, begin)
            if index:
                return int(values[index - 1])
        return 0

    def _submit(self, job: int, begin: int) -> int:
        """When it was submitted last: a requeue is a new submission."""
        requeues = self._requeues(job, begin)
        if requeues:
            return requeues[-1]
        record = self._recording.jobs[job]
        again = any(run.how_ended == "preempted" for run in self._runs[job])
        return record.submit_ms // 1000 if again else record.submit

    def _requeues(self, job: int, begin: int) -> list[int]:
        return [
            run.end_ms // 1000
            for run in self._runs[job]
            if run.how_ended == "preempted" and run.end_ms is not None and run.end_ms <= begin
        ]

    def _may_wait(self, job: int, begin: int) -> bool:
        record = self._recording.jobs[job]
        gone = record.end is not None and not self._runs[job] and record.end <= begin // 1000
        if record.submit_ms > begin or gone:
            return False
        for run in self._runs[job]:
            gone = run.how_ended == "preempted" and run.end_ms is not None and run.end_ms <= begin
            if run.start_ms < begin and not gone:
                return False
        requeues = self._requeues(job, begin)
        return not requeues or requeues[-1] + REQUEUE_DELAY <= begin // 1000


def _seen(recording: Recording) -> dict[int, tuple[list[int], list[float]]]:
    """When passes looked at each job, and the priorities that they found."""
    found: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for each in recording.passes:
        rows: list[Looked] | list[Planned]
        rows = recording.looked.get(each.number, []) or recording.planned.get(each.number, [])
        for row in rows:
            if row.priority is not None:
                times, values = found[row.job]
                times.append(each.begin_ms)
                values.append(row.priority)
    return found
