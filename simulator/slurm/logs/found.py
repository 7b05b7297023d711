"""What slurmctld.log tells, while it is read and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import Place
from simulator.slurm.logs.backfill_passes import BackfillPass, Backfills
from simulator.slurm.logs.priority_lines import Priorities
from simulator.slurm.logs.runs import Runs

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.logs.main_passes import MainPass, SchedulerLog


@dataclass(slots=True)
class Event:
    """Something that happened beside passes."""

    time_ms: int
    what: str
    job: int | None
    detail: str


@dataclass(slots=True)
class Reserved:
    """An advance reservation, as it was made."""

    name: str
    made_ms: int
    start: int
    end: int
    nodes: tuple[str, ...]


@dataclass(slots=True)
class Found:
    """What slurmctld.log tells, beside the scheduler's own log."""

    path: Path
    scheduler: SchedulerLog
    runs: Runs
    backfills: Backfills
    priorities: Priorities = field(default_factory=Priorities)
    passes: list[MainPass | BackfillPass] = field(default_factory=list)
    """In the order of their beginnings: a pass's number is its place here, from 1."""
    events: list[Event] = field(default_factory=list)
    submitted: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Job → when it was first submitted, line."""
    shown_ms: list[int] = field(default_factory=list)
    """When somebody called sshare."""
    reserved: list[Reserved] = field(default_factory=list)
    version: str = ""
    answers: int = 0
    """Lines that only debug2 writes."""
    lines: int = 0
    begin_ms: int = 0
    """From when on both logs tell."""
    last_ms: int = 0
    remarks: dict[str, list[int]] = field(default_factory=dict)
    """What the tables cannot tell → how often, line of the first."""
    stopped: int | None = None
    """Line where the scheduler's own log had ended."""
    main: int = 0
    """Passes of the scheduler's own log that have come here already."""
    main_id: int = 0
    """Number of the main pass that is under way, or was last."""
    backfill_id: int = 0

    def place(self, line: int) -> Place:
        """Where a line stands."""
        return Place(self.path, line)

    def event(self, time: int, what: str, job: int | None, detail: str) -> None:
        """Something has happened."""
        self.events.append(Event(time, what, job, detail))

    def remark(self, what: str, line: int) -> None:
        """Count something that the tables cannot tell."""
        entry = self.remarks.setdefault(what, [0, line])
        entry[0] += 1
