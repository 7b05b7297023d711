"""What each association of a recording had used, as Slurm books it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels.usage import SLURM_LN_2
from simulator.rules.accounting.models import SlurmDecay

if TYPE_CHECKING:
    from simulator.conformance.schedule.columns import Known
    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Run


class Usage:
    """Usage by entity in billing-seconds, decayed as Slurm does; nothing at the first instant.

    u ← u·d^Δ at each calculation, d = 1 − 0.693/half-life; a job adds Δ·d^Δ·billing·UsageFactor,
    with the uncut billing. Source: ``_apply_new_usage()``, priority_multifactor.c.
    """

    def __init__(self, recording: Recording, known: Known, first: int) -> None:
        self._recording, self._parent = recording, known.entities.parent
        ids = sorted(recording.jobs)
        self._entity = {job: int(known.entities.of_job[row]) for row, job in enumerate(ids)}
        fade = known.rule.accounting.fade
        self._d = 1 - SLURM_LN_2 / fade.half_life if isinstance(fade, SlurmDecay) else 1.0
        self._billing = {job: _billing(recording, job) for job in ids}
        self._last_run = {run.job: run for run in recording.runs}
        self.last = first
        """The last calculation, seconds."""
        self.used = np.zeros(len(self._parent))

    def entity(self, job: int) -> int:
        """Whose a job is."""
        return self._entity[job]

    def decay(self, now: int) -> None:
        """A calculation begins."""
        self.used *= self._d ** (now - self.last)

    def end(self, run: Run) -> None:
        """A run has ended: by Slurm's own clock, where that is known."""
        job, end = self._recording.jobs[run.job], (run.end_ms or 0) // 1000
        if job.end is not None and run is self._last_run[run.job]:
            end = job.end
        self.book(run, end)

    def book(self, run: Run, until: int) -> None:
        """Add what a run has used since the last calculation."""
        job, start = self._recording.jobs[run.job], run.start_ms // 1000
        if job.start is not None and run is self._last_run[run.job]:
            start = job.start
        seconds = until - max(start, self.last)
        if seconds <= 0:
            return
        added = seconds * self._d**seconds * self._billing[run.job]
        entity = self._entity[run.job]
        while entity >= 0:
            self.used[entity] += added
            entity = int(self._parent[entity])


def _billing(recording: Recording, number: int) -> float:
    """What a second of a job costs: Σ weight·held of its partition, times its QOS's factor."""
    job = recording.jobs[number]
    lines = {line.name: line for line in recording.cluster.conf.partitions}
    weights = lines[job.partition].billing
    held = {
        "cpu": job.cpus,
        "mem": job.memory,
        "node": job.nodes,
        "gres/gpu": job.gpus_per_node * job.nodes,
    }
    cost = float(job.cpus)
    if weights is not None:
        cost = float(sum(weight * held.get(name, 0) for name, weight in weights.items()))
    return cost * recording.cluster.qualities[job.qos].usage_factor
