"""Passes of the main scheduler, from its own log: ``SlurmSchedLogFile``.

Source of what the lines mean: ``_schedule()``, job_scheduler.c, Slurm 22.05.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import Place
from simulator.slurm.logs.ids import JOB, nodes_of, number_of
from simulator.slurm.logs.stream import log_lines
from simulator.slurm.recording.rows import BLOCKED, SKIPPED, STARTED

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.logs.shapes import Shapes
    from simulator.slurm.logs.stamps import Stamps

FULL, DEFAULT = "full", "default"
_RUN = re.compile(r"Running job scheduler for (full queue|default depth)\.")
_ALLOCATE = re.compile(
    rf"Allocate {JOB} NodeList=(?P<nodes>\S+) #CPUs=\d+ Partition=(?P<partition>\S+)"
)
_CLOSED = re.compile(
    rf"{JOB}\.? unable to schedule in Partition=(?P<partition>\S+) .*Priority=(?P<priority>\d+)\."
)
_STATE = re.compile(
    rf"{JOB}\. State=\w+\. Reason=(?P<reason>.+?)[.,] Priority=(?P<priority>\d+)"
    r"(\. Partition=(?P<partition>[^\s]+?))?\.?( .*)?"
)
_ASIDE = re.compile(rf"(schedule: )?{JOB} (delayed for accounting policy|non-runnable: .*)")
LIMITS = (
    (re.compile(r"already tested \d+ jobs, breaking out"), "depth"),
    (re.compile(r"loop taking too long, breaking out"), "time"),
    (re.compile(r"sched_max_job_start reached, breaking out"), "max_job_start"),
)
_KNOWN = re.compile(
    r"JobId=\S+ initiated|JobId=\S+ allocated resources: NodeList=|_slurm_rpc_|"
    r"slurmctld (starting|terminating)|Backfill scheduler plugin|schedule\(\) returning|"
    r"SchedulerParameters="
)


@dataclass(slots=True)
class MainRow:
    """A job that a main pass looked at."""

    job: int
    priority: int | None
    partition: str
    outcome: str
    nodes: tuple[str, ...]
    line: int


@dataclass(slots=True)
class MainPass:
    """A pass of the main scheduler; ``end_ms``: its last line."""

    begin_ms: int
    depth: str
    line: int
    end_ms: int = 0
    limit: str = ""
    rows: list[MainRow] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Jobs of the rows."""


@dataclass(slots=True)
class SchedulerLog:
    """All main passes of a log, in time."""

    path: Path
    passes: list[MainPass] = field(default_factory=list)
    lines: int = 0
    first_ms: int = 0

    def place(self, line: int) -> Place:
        """Where a line stands."""
        return Place(self.path, line)


def read_scheduler_log(path: Path, stamps: Stamps, unknown: Shapes) -> SchedulerLog:
    """The passes of the main scheduler; lines that say nothing known are counted.

    Raises InputError, with file and line, for a log that cannot be read.
    """
    found = SchedulerLog(path)
    for number, time, text in log_lines(path, stamps):
        found.lines = number
        found.first_ms = found.first_ms or time or 0
        run = _RUN.match(text) if time is not None else None
        if time is not None and run is not None:
            depth = FULL if run[1] == "full queue" else DEFAULT
            found.passes.append(MainPass(time, depth, number, end_ms=time))
        elif time is None or not _read(text, time, number, found.passes):
            unknown.add(text, number)
    return found


def _read(text: str, time: int, number: int, passes: list[MainPass]) -> bool:
    """Take a line into the pass that it belongs to; whether it is known."""
    row = _row(text, number)
    if row is None:
        for said, limit in LIMITS:
            if passes and said.match(text):
                passes[-1].limit, passes[-1].end_ms = limit, time
                return True
        return _KNOWN.match(text) is not None
    if passes and row.priority != 0 and row.job not in passes[-1].seen:
        passes[-1].seen.add(row.job)
        passes[-1].rows.append(row)
        passes[-1].end_ms = time
    return True


def _row(text: str, line: int) -> MainRow | None:
    """What a line says of a job.

    A job that finds no nodes closes its partition; a line without a partition is of a job that is
    passed over alone: it waits for a licence, a reservation or its account.
    """
    said = _CLOSED.fullmatch(text)
    if said is not None:
        job, priority = number_of(said["job"]), int(said["priority"])
        return MainRow(job, priority, said["partition"], SKIPPED, (), line)
    said = _ALLOCATE.fullmatch(text)
    if said is not None:
        nodes = nodes_of(said["nodes"])
        return MainRow(number_of(said["job"]), None, said["partition"], STARTED, nodes, line)
    said = _STATE.fullmatch(text)
    if said is not None:
        partition = said["partition"] or ""
        outcome = BLOCKED if partition else SKIPPED
        return MainRow(number_of(said["job"]), int(said["priority"]), partition, outcome, (), line)
    said = _ASIDE.fullmatch(text)
    if said is not None:
        return MainRow(number_of(said["job"]), None, "", SKIPPED, (), line)
    return None
