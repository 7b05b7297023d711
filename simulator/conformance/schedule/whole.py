"""A whole recording run anew, from its submissions on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.conformance.schedule.clocks import (
    backfills_of,
    by_slurm,
    calcs_of,
    settings_of,
    turns_of,
)
from simulator.conformance.schedule.columns import known_of
from simulator.conformance.schedule.decide import asks_of, site_of
from simulator.conformance.schedule.moment import ANSWER_MS, Moments
from simulator.conformance.schedule.passes import Count
from simulator.engine.run import replay_recorded
from simulator.engine.slurm import Recorded
from simulator.rules.backfill.slurm import SlurmPasses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.kernels.state import Ints
    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Run

NEVER = 2**55
"""Milliseconds that no job works."""
SECOND_MS = 1000
DEFERRING = ("defer", "defer_batch", "requeue_delay")
"""Parameters that say when passes come, and are not minded here."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When and where each job ran last, by ascending id; milliseconds since 1970."""

    submit: Ints
    start: Ints
    end: Ints
    nodes: list[tuple[int, ...]]
    order: Ints
    """How many starts were decided before each."""

    @property
    def mean_wait(self) -> float:
        """Seconds from the first submission to the last start."""
        return float((self.start - self.submit).mean()) / SECOND_MS


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run of ours beside the recorded one."""

    ours: Schedule
    theirs: Schedule

    @property
    def within_1s(self) -> Count:
        """Jobs that start within a second of their recorded start."""
        apart = np.abs(self.ours.start - self.theirs.start)
        return Count(int((apart <= SECOND_MS).sum()), len(apart))

    @property
    def same_nodes(self) -> Count:
        """Jobs that run on the recorded nodes."""
        pairs = zip(self.ours.nodes, self.theirs.nodes, strict=True)
        return Count(sum(mine == recorded for mine, recorded in pairs), len(self.ours.nodes))

    @property
    def kendall_tau(self) -> float:
        """Of the order of starts: pairs in the same order less those in the other, over all."""
        mine, recorded = self.ours.order, self.theirs.order
        before = np.sign(mine[:, None] - mine) * np.sign(recorded[:, None] - recorded)
        pairs = len(mine) * (len(mine) - 1)
        return float(before.sum()) / pairs if pairs else 1.0


def why_not_whole(recording: Recording) -> str | None:
    """Why a recording cannot be run as a whole; None if it can."""
    return _not_from_end_to_end(recording) or _no_clocks(recording) or _not_covered(recording)


def _not_from_end_to_end(recording: Recording) -> str | None:
    """A job that did not come, run and end as a run of ours would have it."""
    for run in recording.runs:
        if not run.pass_id:
            return f"no recorded pass started job {run.job}"
        if run.how_ended == "cancelled":
            return f"job {run.job} was cancelled while it ran, and no run of ours cancels jobs"
        if run.end_ms is None:
            return f"the recording stops in the middle: job {run.job} still runs"
    waiting = set(recording.jobs) - {run.job for run in recording.runs}
    for job in sorted(waiting):
        record = recording.jobs[job]
        if record.end is not None and record.start in (None, record.end):
            return f"job {job} was cancelled while it waited, and no run of ours cancels jobs"
        return f"the recording stops in the middle: job {job} still waits"
    return None


def _no_clocks(recording: Recording) -> str | None:
    submits = [recording.jobs[job].submit_ms for job in sorted(recording.jobs)]
    if submits != sorted(submits):
        return "jobs were not submitted in the order of their ids"
    for what in ("time_limit_check", "priority_calc"):
        if not any(event.what == what for event in recording.events):
            return f"events.csv has no {what}, so that nobody knows when Slurm's clocks struck"
    if not any(each.depth == "full" for each in recording.passes):
        return "passes.csv has no full pass, so that nobody knows when the loop turned"
    return None


def _not_covered(recording: Recording) -> str | None:
    cluster = recording.cluster
    if "epilog" in cluster.conf.settings:
        return "an Epilog holds the nodes after each job, which is not covered there"
    if cluster.preempts and cluster.preempt_mode != "requeue":
        return f"PreemptMode={cluster.preempt_mode} is not covered there, REQUEUE is"
    for word in cluster.conf.words("SchedulerParameters"):
        if word.text.partition("=")[0].lower() in DEFERRING:
            return f"SchedulerParameters {word.text} is not covered there"
    return None


def run_whole(recording: Recording) -> WholeRun:
    """Run a recording from its submissions, with the recorded durations, latencies and clocks."""
    ours = Rerun(recording).run(recorded_times(recording))
    return WholeRun(ours, recorded_schedule(recording))


class Rerun:
    """Runs a recording anew, with ``settings`` of the clocks in the place of the cluster's."""

    def __init__(self, recording: Recording, settings: Mapping[str, Any] | None = None) -> None:
        self._known, self._cluster = known_of(recording), recording.cluster
        self._rows = [recording.jobs[job] for job in sorted(recording.jobs)]
        names = [node.name for node in self._cluster.nodes]
        self._machine = self._known.machine.in_order(names)
        self._said = {**settings_of(recording), **(settings or {})}
        self._passes = SlurmPasses.model_validate(self._said)

    def run(self, times: Recorded) -> Schedule:
        """With these times, in milliseconds."""
        return self._run(times, self._passes)

    def run_in_seconds(self, submit: Ints, work: Ints) -> Schedule:
        """As a scenario runs: by whole seconds, without latencies, all clocks from one instant."""
        first, none = f"{submit.min()}s", np.zeros(len(submit), np.int64)
        phases = dict.fromkeys(("sched_interval", "limit_check", "backfill"), first)
        said = {**self._said, "clock": "s", "phases": {**phases, "priorities": first}}
        passes = SlurmPasses.model_validate(said)
        ran = self._run(Recorded(submit, work, none, none, none), passes)
        start, end = ran.start * SECOND_MS, ran.end * SECOND_MS
        return Schedule(submit * SECOND_MS, start, end, ran.nodes, ran.order)

    def _run(self, times: Recorded, passes: SlurmPasses) -> Schedule:
        asks, _ = asks_of(self._rows, self._cluster)
        asks.submit[:] = times.submit // passes.ticks
        asks.preempted[:] = -NEVER
        jobs = replace(self._known.jobs, submit=asks.submit.copy())
        site = site_of(self._cluster)
        rule = self._known.rule
        world = replay_recorded(jobs, self._machine, rule, passes, site, asks, times)
        grid, ran, nodes = world.grid, world.slurm.times, []
        for position in range(len(times.submit)):
            first, count = grid.held.first[position], grid.requests.nodes[position]
            nodes.append(tuple(sorted(grid.held.node[first : first + count].tolist())))
        order = world.state.progress.sequence
        return Schedule(times.submit, ran.began, ran.ended, nodes, order)


def recorded_schedule(recording: Recording) -> Schedule:
    """What Slurm did."""
    moments, last = Moments(recording), _last(recording)
    runs = [last[job] for job in sorted(recording.jobs)]
    started = {
        (each.number, job): place
        for each in recording.passes
        for place, job in enumerate(each.started)
    }
    order = sorted(runs, key=lambda run: (run.start_ms, started.get((run.pass_id, run.job), 0)))
    return Schedule(
        np.array([recording.jobs[run.job].submit_ms for run in runs], np.int64),
        np.array([run.start_ms for run in runs], np.int64),
        np.array([run.end_ms for run in runs], np.int64),
        [moments.nodes(run.nodes) for run in runs],
        np.array([order.index(run) for run in runs], np.int64),
    )


def recorded_times(recording: Recording) -> Recorded:
    """Its submissions, durations, latencies and clocks, by Slurm's own time.

    A duration is counted from the beginning of the pass that started the job: the log says of each
    start how far the pass had come, and passes of ours take no time.
    """
    begins = {each.number: by_slurm(each.begin_ms) for each in recording.passes}
    last, more, answer, heard, epilog = _last(recording), [], [], [], []
    killed = [_answered(run) for run in recording.runs if run.how_ended != "completed"]
    usual = int(np.median(killed)) if killed else 0
    for job in sorted(recording.jobs):
        run = last[job]
        begin, end = begins.get(run.pass_id, run.start_ms), _ended(recording, run)
        more.append(end - begin if run.how_ended == "completed" else NEVER)
        quick = run.how_ended == "completed"
        answer.append(min(_answered(run), ANSWER_MS) if quick else ANSWER_MS)
        heard.append(_answered(run))
        epilog.append(usual if quick else _answered(run))
    return Recorded(
        submit=_submits(recording),
        more=np.array(more, np.int64),
        answer=np.array(answer, np.int64),
        heard=np.array(heard, np.int64),
        epilog=np.array(epilog, np.int64),
        turns=turns_of(recording),
        backfills=backfills_of(recording),
        calcs=calcs_of(recording),
        shows=np.array(recording.shown_ms, np.int64),
        reserved=_reserved(recording),
    )


def _reserved(recording: Recording) -> list[tuple[int, int, int, frozenset[int]]]:
    number = recording.cluster.numbers
    return [
        (made.made_ms, made.start, made.end, frozenset(number[name] for name in made.nodes))
        for made in recording.reservations
    ]


def _last(recording: Recording) -> dict[int, Run]:
    """The last run of each job."""
    return {run.job: run for run in sorted(recording.runs, key=lambda each: each.start_ms)}


def _answered(run: Run) -> int:
    """Milliseconds from a run's end until its nodes were free of it."""
    return 0 if run.end_ms is None or run.free_ms is None else run.free_ms - run.end_ms


def _ended(recording: Recording, run: Run) -> int:
    """The tick of a run's end, in the second in which Slurm saw it."""
    end, second = run.end_ms or 0, recording.jobs[run.job].end
    return end if second is None else min(end, second * SECOND_MS + SECOND_MS - 1)


def _submits(recording: Recording) -> Ints:
    """Ticks of the first submissions, in the seconds in which Slurm saw them."""
    again = {run.job for run in recording.runs if run.how_ended == "preempted"}
    ticks = []
    for job in sorted(recording.jobs):
        record = recording.jobs[job]
        tick = record.submit_ms
        if job not in again:
            tick = min(tick, record.submit * SECOND_MS + SECOND_MS - 1)
        ticks.append(tick)
    return np.array(ticks, np.int64)
