"""When each job started, ended, and when its nodes were free of it: from slurmctld.log.

Sources of what the lines mean: ``_job_complete()``, ``job_time_limit()`` and ``job_signal()``,
job_mgr.c; ``slurm_job_preempt()``, preempt.c; ``_notify_slurmctld_nodes()``, agent.c;
``_slurm_rpc_epilog_complete()``, proc_req.c; Slurm 22.05.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place

if TYPE_CHECKING:
    from pathlib import Path

COMPLETED, TIMEOUT, PREEMPTED, CANCELLED = "completed", "timeout", "preempted", "cancelled"


@dataclass(slots=True)
class RunFound:
    """Once that a job ran; ``pass_id`` 0: no pass of the log started it."""

    job: int
    run: int
    start_ms: int
    scheduler: str
    pass_id: int
    partition: str
    nodes: tuple[str, ...]
    line: int
    end_ms: int | None = None
    end_line: int = 0
    how_ended: str = ""
    preempted_for: int | None = None
    heard: dict[str, int] = field(default_factory=dict)
    """Node → when it answered that the job is gone."""

    @property
    def free_ms(self) -> int | None:
        """When the last of its nodes was free; None: not all of them yet."""
        if self.end_ms is None or len(self.heard) < len(self.nodes):
            return None
        return max(self.heard.values())


@dataclass(slots=True)
class Runs:
    """Runs in the order of their starts."""

    path: Path
    found: list[RunFound] = field(default_factory=list)
    _last: dict[int, RunFound] = field(default_factory=dict)
    _awaited: defaultdict[str, list[RunFound]] = field(default_factory=lambda: defaultdict(list))

    def start(
        self,
        job: int,
        time: int,
        line: int,
        *,
        scheduler: str,
        pass_id: int,
        partition: str,
        nodes: tuple[str, ...],
    ) -> None:
        """A job starts. Raises InputError, with file and line, for one that runs already."""
        before = self._last.get(job)
        if before is not None and before.end_ms is None:
            raise InputError(
                f"job {job} starts while it runs: it starts twice, first at line {before.line}",
                right="give the lines of one slurmctld in the order written, none twice",
                place=Place(self.path, line),
            )
        number = 1 if before is None else before.run + 1
        run = RunFound(job, number, time, scheduler, pass_id, partition, nodes, line)
        self.found.append(run)
        self._last[job] = run

    def running(self, job: int) -> bool:
        """Whether a job runs now."""
        run = self._last.get(job)
        return run is not None and run.end_ms is None

    def end(self, job: int, time: int, line: int, how: str, victim_of: int | None = None) -> bool:
        """A job ends; whether it ran."""
        run = self._last.get(job)
        if run is None:
            return False
        if run.end_ms is not None:
            # A requeue for another job: the line that names that job comes after the end itself.
            if how == PREEMPTED and run.how_ended != PREEMPTED and run.end_ms >= time - 1000:
                run.how_ended, run.preempted_for = how, victim_of
            return True
        run.end_ms, run.end_line, run.how_ended, run.preempted_for = time, line, how, victim_of
        for node in run.nodes:
            self._awaited[node].append(run)
        return True

    def answer(self, node: str, time: int) -> None:
        """A node has answered: whatever has ended on it is gone."""
        for run in self._awaited.pop(node, ()):
            run.heard.setdefault(node, time)

    def epilog(self, job: int, node: str, time: int) -> None:
        """A node says itself that a job is gone: that counts, not an answer before it."""
        run = self._last.get(job)
        if run is not None and run.end_ms is not None and node in run.nodes:
            run.heard[node] = time
