"""The rows of a recording's tables, each with its place.

Times with ``ms`` in their name are milliseconds since 1970, all others whole seconds, as Slurm's
own ``time()`` has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.errors import Place

STARTED, BLOCKED, SKIPPED = "started", "blocked", "skipped"
PLANNED, FAILED, BEYOND = "planned", "failed", "beyond_window"
USER_LIMIT, NONE = "user_limit", "none"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as Slurm has it: its last run, or still none."""

    job: int
    submit: int
    """The last submission: a requeue is one."""
    submit_ms: int
    """The first."""
    eligible: int
    start: int | None
    end: int | None
    """Of the last run, like ``start``."""
    user: str
    account: str
    qos: str
    partition: str
    nodes: int
    gpus_per_node: int
    cpus: int
    memory: int
    """MiB, like ``cpus`` of all nodes."""
    limit: int
    """Walltime, seconds."""
    work: int | None
    """Seconds that it works, latencies left out; None: nobody wrote it down."""
    place: Place


@dataclass(frozen=True, slots=True)
class Run:
    """Once that a job ran, or still runs."""

    job: int
    run: int
    start_ms: int
    end_ms: int | None
    free_ms: int | None
    """When its nodes were reported free of it."""
    how_ended: str
    pass_id: int
    """0: no recorded pass began it: it ran before, or was not started by a pass."""
    nodes: tuple[str, ...]
    preempted_for: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of the main scheduler or of backfill."""

    number: int
    kind: str
    depth: str
    """Of a main pass ``full`` or ``default``."""
    begin_ms: int
    limit: str
    """What cut it short; empty: nothing."""
    started: tuple[int, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Looked:
    """A job that a main pass looked at."""

    pass_id: int
    job: int
    priority: int | None
    outcome: str
    nodes: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Planned:
    """A job that a backfill pass looked at."""

    pass_id: int
    job: int
    priority: int
    outcome: str
    start_ms: int | None
    end: int | None
    nodes: tuple[str, ...]
    tries: int
    place: Place


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority that Slurm computed, with its terms."""

    time_ms: int
    job: int
    priority: float
    place: Place


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened beside passes."""

    time_ms: int
    what: str
    job: int | None
    place: Place
