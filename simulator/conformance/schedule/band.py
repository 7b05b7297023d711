"""How far two real runs differ by chance: a recording run anew with other latencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.conformance.schedule.whole import (
    NEVER,
    SECOND_MS,
    Rerun,
    Schedule,
    WholeRun,
    recorded_schedule,
    recorded_times,
)
from simulator.errors import InputError
from simulator.streams import Streams

if TYPE_CHECKING:
    from simulator.engine.slurm import Recorded
    from simulator.kernels.state import Floats, Ints
    from simulator.slurm.recording.recording import Recording

LOW, HIGH = 0.025, 0.975
"""Of the runs 95 % lie between."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity over the seeds, and as recorded."""

    values: Floats
    recorded: float

    @property
    def low(self) -> float:
        """Lower end of the band in which 95 % of runs lie."""
        return float(np.quantile(self.values, LOW))

    @property
    def high(self) -> float:
        """Its upper end."""
        return float(np.quantile(self.values, HIGH))

    @property
    def inside(self) -> bool:
        """Whether the recorded value lies in the band."""
        return self.low <= self.recorded <= self.high


@dataclass(frozen=True, slots=True)
class Band:
    """Runs that differ in latencies alone, beside the recorded one."""

    mean_wait: Spread
    utilisation: Spread
    within_1s: Floats
    """Share of starts within a second of the recorded ones, by seed."""
    kendall_tau: Floats
    whole_seconds: float
    """Mean wait, s, where events come by whole seconds and nothing takes time but work."""


def band_of(recording: Recording, seeds: int) -> Band:
    """Run a recording so often, each time with every job's latencies drawn anew.

    They are drawn from all recorded ones. Raises InputError where nobody wrote down how long jobs
    would have worked without them.
    """
    theirs, rerun = recorded_schedule(recording), Rerun(recording)
    times = recorded_times(recording)
    runs = [rerun.run(drawn_times(recording, times, Streams(seed, 0))) for seed in range(seeds)]
    gpus = np.array([job.nodes * job.gpus_per_node for _, job in sorted(recording.jobs.items())])
    there = sum(node.gpus for node in recording.cluster.nodes)
    compared = [WholeRun(run, theirs) for run in runs]
    return Band(
        Spread(np.array([run.mean_wait for run in runs]), theirs.mean_wait),
        Spread(
            np.array([utilisation(run, gpus, there) for run in runs]),
            utilisation(theirs, gpus, there),
        ),
        np.array([each.within_1s.equal / each.within_1s.total for each in compared]),
        np.array([each.kendall_tau for each in compared]),
        rerun.run_in_seconds(times.submit // SECOND_MS, _work(recording)).mean_wait,
    )


def utilisation(schedule: Schedule, gpus: Ints, there: int) -> float:
    """Part of all GPUs that the last runs of jobs hold, from the first submission to the last."""
    first, last = int(schedule.submit.min()), int(schedule.submit.max())
    start, end = np.clip(schedule.start, first, last), np.clip(schedule.end, first, last)
    return float((gpus * (end - start)).sum()) / (there * max(last - first, 1))


def drawn_times(recording: Recording, times: Recorded, streams: Streams) -> Recorded:
    """The recorded times with latencies drawn anew."""
    worked = _work(recording) * SECOND_MS
    known = (times.more - worked)[times.more < NEVER]

    def draw(name: str, values: Ints) -> Ints:
        which = streams.take("slurm_latency", name).integers(len(values), size=len(worked))
        return np.asarray(values[which])

    heard = draw("answer", times.heard)
    return replace(
        times,
        more=worked + draw("run", known),
        heard=heard,
        answer=np.minimum(heard, times.answer.max()),
        epilog=draw("epilog", times.epilog),
    )


def _work(recording: Recording) -> Ints:
    """Seconds that each job works, by ascending id."""
    work = []
    for _, job in sorted(recording.jobs.items()):
        if job.work is None:
            raise InputError(
                f"job {job.job} does not say how long it would have worked without latencies",
                right="give jobs.csv a column sleep_s, or leave --seeds out",
                place=job.place,
            )
        work.append(job.work)
    return np.array(work, np.int64)
