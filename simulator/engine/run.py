"""One run: jobs, a machine and a rule in; tables out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from simulator.engine.clock import Clock
from simulator.engine.outages import Outages, outages_of
from simulator.engine.snapshots import Snapshots
from simulator.engine.tables import (
    Attempts,
    attempts_table,
    events_table,
    jobs_table,
    usage_table,
)
from simulator.errors import InputError
from simulator.kernels.state import FAR, INSTANTS, NOW, PASSES, Columns, at_start
from simulator.rules.models import Rule
from simulator.rules.program import program_of
from simulator.workload.columns import Jobs


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tables of a run, in the columns of ``simulator.results.schema``, and how it went."""

    jobs: pa.Table
    attempts: pa.Table
    usage: pa.Table
    events: pa.Table
    finish: int
    """The last instant that was handled, s."""
    seconds: float
    """Wall time of the replay alone: reading, compiling and making tables left out."""
    instants: int
    passes: int

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names of their files."""
        return {
            "jobs": self.jobs,
            "attempts": self.attempts,
            "usage": self.usage,
            "events": self.events,
        }


def _columns(jobs: Jobs, *, least_run: int) -> Columns:
    contiguous = np.ascontiguousarray
    return Columns(
        contiguous(jobs.submit, np.int64),
        np.maximum(contiguous(jobs.run_time, np.int64), least_run),
        contiguous(jobs.walltime, np.int64),
        contiguous(jobs.gpus, np.int64),
    )


def _refuse_outages_under_pyss(rule: Rule, outages: Sequence[object], end: str) -> None:
    if rule.conformance == "pyss" and (outages or end == "cut"):
        raise InputError(
            "conformance pyss knows neither maintenance nor losses nor a cut at the last arrival",
            right="leave them out, or drop 'conformance: pyss'",
        )


def replay(
    jobs: Jobs,
    capacity: int,
    rule: Rule,
    *,
    maintenance: Sequence[MaintenanceWindow] = (),
    losses: Sequence[CapacityLoss] = (),
    snapshots: int = 0,
    end: str = "drain",
    on_progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Run ``jobs`` on a pool of ``capacity`` units under ``rule``.

    ``snapshots``: seconds between two records of usage, 0 for none. ``end``: ``drain`` runs until
    the last job has ended, ``cut`` stops after the instant of the last arrival. ``on_progress`` is
    called now and then with the number of jobs that have arrived. Raises InputError for an outage
    under ``conformance: pyss``.
    """
    jobs = jobs.ordered()
    last_submit = int(jobs.submit[-1]) if len(jobs) else 0
    absences = outages_of(maintenance, losses, capacity, last_submit)
    _refuse_outages_under_pyss(rule, absences, end)
    pyss = rule.conformance == "pyss"
    state = at_start(_columns(jobs, least_run=int(pyss)), capacity, len(absences))
    until = last_submit + 1 if end == "cut" else FAR
    clock = Clock(state, program_of(rule), pyss=pyss, until=until, on_progress=on_progress)
    outages = Outages(clock, absences)
    if absences:
        clock.process(outages.process())
    recorder = None
    if snapshots:
        recorder = Snapshots(clock, jobs.account, len(jobs.accounts), snapshots)
        clock.process(recorder.process())
    began = time.perf_counter()
    clock.run()
    seconds = time.perf_counter() - began
    counters = clock.state.counters
    finish = min(int(counters[NOW]), until)
    attempts = Attempts(clock.state)
    return Outcome(
        jobs_table(jobs, clock.state, attempts, finish),
        attempts_table(jobs, attempts, finish),
        usage_table(jobs.accounts, recorder),
        events_table(capacity, outages.entries),
        finish,
        seconds,
        int(counters[INSTANTS]),
        int(counters[PASSES]),
    )
