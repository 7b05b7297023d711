"""A recording read from its folder, whole and free of contradictions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.recording import tables
from simulator.slurm.recording.checks import refuse_contradictions
from simulator.slurm.recording.cluster import Cluster, read_cluster
from simulator.slurm.recording.reservations import Reservation, read_reservations

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.recording.rows import Event, Job, Looked, Pass, Planned, Priority, Run


@dataclass(frozen=True, slots=True)
class Recording:
    """What a real Slurm was given, and what it did."""

    folder: Path
    cluster: Cluster
    reservations: list[Reservation]
    jobs: dict[int, Job]
    runs: list[Run]
    passes: list[Pass]
    looked: dict[int, list[Looked]]
    """By main pass, in the order looked at."""
    planned: dict[int, list[Planned]]
    """By backfill pass, in the order looked at."""
    priorities: list[Priority]
    events: list[Event]
    shown_ms: list[int]
    """When somebody called sshare, which classic shares depend on: ``snap_times.txt``, if there."""


def read_recording(folder: Path) -> Recording:
    """The recording in a folder. A recording that stops in the middle is one: blank ends.

    Raises InputError, naming file and line, for a folder without one of the tables, for tables
    that cannot be read, and for tables that contradict one another.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {str(folder)!r}", right="give a recording's folder")
    cluster = read_cluster(folder)
    jobs: dict[int, Job] = {}
    for job in tables.read_jobs(table(folder, "jobs")):
        if job.job in jobs:
            raise InputError(
                f"job {job.job} stands there twice", right="a row a job", place=job.place
            )
        jobs[job.job] = job
    looked: dict[int, list[Looked]] = defaultdict(list)
    for row in tables.read_looked(table(folder, "main_queue")):
        looked[row.pass_id].append(row)
    planned: dict[int, list[Planned]] = defaultdict(list)
    for plan in tables.read_planned(table(folder, "backfill_plan")):
        planned[plan.pass_id].append(plan)
    recording = Recording(
        folder=folder,
        cluster=cluster,
        reservations=read_reservations(folder / "reservation.json"),
        jobs=jobs,
        runs=tables.read_runs(table(folder, "runs")),
        passes=tables.read_passes(table(folder, "passes")),
        looked=dict(looked),
        planned=dict(planned),
        priorities=tables.read_priorities(table(folder, "priority")),
        events=tables.read_events(table(folder, "events")),
        shown_ms=tables.read_times(folder / "snap_times.txt"),
    )
    refuse_contradictions(recording)
    return recording


def table(folder: Path, name: str) -> Path:
    """The file of a table, plain or packed. Raises InputError where there is none."""
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            return path
    raise InputError(
        f"there is no table {name}.csv",
        right="a recording has jobs, runs, passes, main_queue, backfill_plan, priority, events",
        place=Place(folder),
    )
