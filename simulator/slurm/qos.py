"""Qualities of service, as ``sacctmgr show qos -P`` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.slurm.amounts import number, seconds, whole
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.errors import Place

LIMITS = (
    *("UsageThres", "GrpTRES", "GrpTRESMins", "GrpTRESRunMins", "GrpJobs", "GrpJobsAccrue"),
    *("GrpSubmit", "GrpSubmitJobs", "GrpWall", "MaxTRES", "MaxTRESPerNode", "MaxTRESMins"),
    *("MaxWall", "MaxTRESPU", "MaxJobsPU", "MaxJobsAccruePU", "MaxSubmitPU", "MaxTRESPA"),
    *("MaxJobsPA", "MaxJobsAccruePA", "MaxSubmitPA", "MinTRES", "MinPrioThresh", "LimitFactor"),
    *("MaxTRESRunMinsPA", "MaxTRESRunMinsPU"),
)
FORM = Form(
    "sacctmgr show qos -P",
    ("Name", "Priority", "UsageFactor"),
    (
        *("ID", "Description", "GraceTime", "Preempt", "PreemptExemptTime", "PreemptMode"),
        *("Flags", *LIMITS),
    ),
)


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality of service."""

    name: str
    priority: int
    usage_factor: float
    preempts: tuple[str, ...]
    """Those whose jobs its jobs may stop."""
    exempt: int | None
    """Seconds that its jobs run untouched; None: the cluster's."""
    grace: int
    """Seconds that its jobs get to end."""
    mode: str
    """PreemptMode in lower case; ``cluster``: the cluster's."""
    flags: tuple[str, ...]
    limits: dict[str, str]
    """Limits that are set, by column."""
    place: Place


def read_qos(path: Path) -> dict[str, Quality]:
    """The qualities of service by name, in the table's order.

    Raises InputError, with file and line, for a table that is none and a name that stands there
    twice.
    """
    found: dict[str, Quality] = {}
    for row in rows(path, FORM):
        each = _quality(row)
        if not each.name or each.name in found:
            what = f"{each.name!r} stands there twice" if each.name else "a row without a name"
            raise row.wrong(what, "print it again, whole: sacctmgr show qos -P")
        found[each.name] = each
    return found


def _quality(row: Row) -> Quality:
    exempt, grace = row.text("PreemptExemptTime"), row.text("GraceTime")
    return Quality(
        name=row.text("Name"),
        priority=row.read("Priority", whole),
        usage_factor=row.read("UsageFactor", number),
        preempts=tuple(name for name in row.text("Preempt").split(",") if name),
        exempt=row.read("PreemptExemptTime", seconds) if exempt else None,
        grace=(row.read("GraceTime", seconds) or 0) if grace else 0,
        mode=row.text("PreemptMode").lower() or "cluster",
        flags=tuple(flag for flag in row.text("Flags").split(",") if flag),
        limits={name: row.text(name) for name in LIMITS if row.text(name)},
        place=row.place,
    )
