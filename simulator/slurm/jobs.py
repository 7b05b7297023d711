"""Jobs, as ``sacct`` and ``squeue`` print them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.slurm.amounts import minutes, resources, seconds, whole
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path

    from simulator.errors import Place

SACCT = (
    *("JobID", "User", "Account", "Partition", "QOS", "State", "Submit", "Eligible", "Start"),
    *("End", "ElapsedRaw", "Timelimit", "NCPUS", "ReqTRES", "AllocTRES", "NodeList", "Priority"),
)
"""Columns of a table of sacct without a first line of names."""
SACCT_FORM = Form(
    "sacct -a -X -P -o " + ",".join(SACCT),
    ("JobID", "User", "Account", "State", "Submit", "Start", "End", "ReqTRES", "AllocTRES"),
    (
        *("Partition", "QOS", "Eligible", "ElapsedRaw", "Elapsed", "Timelimit", "TimelimitRaw"),
        *("NCPUS", "AllocCPUS", "ReqCPUS", "NNodes", "AllocNodes", "NodeList", "Priority"),
        *("JobName", "JobIDRaw", "ExitCode", "Reserved", "Planned", "Flags", "SubmitLine"),
        *("Cluster", "Reason", "UID", "GID", "Group", "Restarts", "Reservation", "WorkDir"),
        *("Suspended", "ReqMem", "ReqNodes", "AssocID", "Constraints", "QOSRAW"),
    ),
)
SQUEUE = (
    *("JOBID", "USER", "ACCOUNT", "PARTITION", "QOS", "ST", "CPUS", "NODES", "MIN_MEMORY"),
    *("TRES_PER_NODE", "START_TIME", "SUBMIT_TIME", "END_TIME", "TIME_LIMIT", "PRIORITY"),
    *("PRIORITY_NORM", "REASON", "NODELIST"),
)
"""Columns of a table of squeue without a first line of names."""
SQUEUE_FORM = Form(
    "squeue -a -h -o '%i|%u|%a|%P|%q|%t|%C|%D|%m|%b|%S|%V|%e|%l|%Q|%p|%r|%R'", SQUEUE, ()
)


@dataclass(frozen=True, slots=True)
class Accounted:
    """A job of sacct. Times are seconds since 1970; None where there is none yet."""

    job: int
    user: str
    account: str
    partition: str
    qos: str
    state: str
    submit: int | None
    eligible: int | None
    start: int | None
    end: int | None
    limit: int | None
    """Seconds; None: no limit."""
    asked: dict[str, Fraction]
    """ReqTRES; memory in MiB."""
    held: dict[str, Fraction]
    """AllocTRES; memory in MiB."""
    nodes: str
    place: Place


@dataclass(frozen=True, slots=True)
class Queued:
    """A job of squeue."""

    job: int
    user: str
    account: str
    partition: str
    qos: str
    state: str
    cpus: int
    nodes: int
    submit: int | None
    limit: int | None
    priority: int
    place: Place


def read_sacct(
    path: Path, columns: Sequence[str] | None = None, zone: tzinfo = UTC
) -> list[Accounted]:
    """Jobs in the table's order, without their steps; ``zone``: of times without one.

    Raises InputError, with file and line, for a table that is none.
    """
    found = rows(path, SACCT_FORM, columns)
    return [_accounted(row, zone) for row in found if "." not in row.text("JobID")]


def read_squeue(path: Path, columns: Sequence[str] = SQUEUE, zone: tzinfo = UTC) -> list[Queued]:
    """Jobs in the table's order. Raises InputError, with file and line, for what is no table."""
    return [_queued(row, zone) for row in rows(path, SQUEUE_FORM, columns)]


def _accounted(row: Row, zone: tzinfo) -> Accounted:
    def time(column: str) -> int | None:
        return row.read(column, lambda text: _instant(text, zone))

    raw = "TimelimitRaw" if "TimelimitRaw" in row.fields else "Timelimit"
    return Accounted(
        job=row.read("JobIDRaw" if "JobIDRaw" in row.fields else "JobID", whole),
        user=row.text("User"),
        account=row.text("Account"),
        partition=row.text("Partition"),
        qos=row.text("QOS"),
        state=row.text("State"),
        submit=time("Submit"),
        eligible=time("Eligible"),
        start=time("Start"),
        end=time("End"),
        limit=row.read(raw, minutes) if row.text(raw) else None,
        asked=row.read("ReqTRES", resources) if row.text("ReqTRES") else {},
        held=row.read("AllocTRES", resources) if row.text("AllocTRES") else {},
        nodes=row.text("NodeList"),
        place=row.place,
    )


def _queued(row: Row, zone: tzinfo) -> Queued:
    return Queued(
        job=row.read("JOBID", whole),
        user=row.text("USER"),
        account=row.text("ACCOUNT"),
        partition=row.text("PARTITION"),
        qos=row.text("QOS"),
        state=row.text("ST"),
        cpus=row.read("CPUS", whole),
        nodes=row.read("NODES", whole),
        submit=row.read("SUBMIT_TIME", lambda text: _instant(text, zone)),
        limit=row.read("TIME_LIMIT", minutes),
        priority=row.read("PRIORITY", whole),
        place=row.place,
    )


def _instant(text: str, zone: tzinfo) -> int | None:
    if text in ("", "Unknown", "None", "N/A"):
        return None
    if text.isascii() and text.isdigit():
        return seconds(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is no time", right="write it like 2026-11-24T10:35:05, or as seconds"
        ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=zone)).timestamp())
