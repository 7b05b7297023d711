"""Jobs as the accounting has them: ``sacct -P``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.amounts import minutes, number, resources, whole
from simulator.slurm.jobs import SACCT_FORM
from simulator.slurm.logs.ids import nodes_of
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from simulator.slurm.logs.stamps import Stamps

COLUMNS = (
    *("JobIDRaw", "JobID", "JobName", "User", "Account", "QOS", "Partition", "Submit", "Eligible"),
    *("Start", "End", "TimelimitRaw", "State", "NNodes", "ReqTRES", "AllocTRES", "NodeList"),
)
COMMAND = "sacct -a -X -P -S TIME -o " + ",".join(COLUMNS)
LATENCIES = ("LaunchMs", "CompletionMs", "AnswerMs", "EpilogMs")
"""Columns that nobody prints, and that may be added: milliseconds."""
GPU_USE = "GpuUse"
"""Another one: per cent of the time of its GPUs that a job used, the mean over its run."""
PEAKS = ("TRESUsageInAve", "TRESUsageInMax", "TRESUsageInTot")
"""Columns in which Slurm tells of a step the highest use (gres/gpuutil) that each of its tasks ever
reached, and no mean: the manual of sacct speaks of the highest watermarks over all ranks."""
NEVER = ("", "Unknown", "None", "N/A")
YEAR = 365 * 24 * 3600
"""What backfill reckons with for a walltime without an end, seconds: ``_attempt_backfill()``."""
_FORM = Form(
    COMMAND,
    (
        *("JobID", "User", "Account", "QOS", "Partition", "Submit", "Eligible", "Start", "End"),
        *("State", "ReqTRES", "AllocTRES", "NodeList"),
    ),
    tuple({*SACCT_FORM.known, *COLUMNS, *LATENCIES, GPU_USE, *PEAKS}),
)


@dataclass(frozen=True, slots=True)
class Accounted:
    """A job; times in seconds since 1970, None: not yet."""

    job: int
    name: str
    user: str
    account: str
    qos: str
    partition: str
    submit: int
    eligible: int
    start: int | None
    end: int | None
    limit: int
    state: str
    nodes: int
    gpus: int
    cpus: int
    memory: int
    """MiB, like cpus and GPUs of all nodes."""
    gpu_type: str
    """What it asked for; empty: any."""
    node_list: tuple[str, ...]
    restarts: int | None
    array: int | None
    """The first number of the job array that it is a task of."""
    latency: dict[str, int]
    """Milliseconds by column, of those that are given."""
    gpu_use: int | None
    """Thousandths of the time of its GPUs, the mean over its run; None: nobody knows."""
    place: Place


def read_accounted(path: Path, stamps: Stamps) -> dict[int, Accounted]:
    """The jobs by number; of one that stands there more than once, its last submission.

    Raises InputError, with file and line, for a table that cannot be read.
    """
    found: dict[int, Accounted] = {}
    for row in rows(path, _FORM):
        _refuse_peaks(row)
        if "." in row.text("JobID"):
            continue
        job = _job(row, stamps)
        before = found.get(job.job)
        if before is None or before.submit <= job.submit:
            found[job.job] = job
    return found


def _refuse_peaks(row: Row) -> None:
    for column in PEAKS:
        if column in row.fields:
            raise InputError(
                f"{column} tells the highest use of GPUs, not the mean: who was busy once would "
                "never be idle",
                right=f"leave it out; {GPU_USE} may tell the mean, in per cent",
                place=Place(row.place.file, 1),
            )


def _job(row: Row, stamps: Stamps) -> Accounted:
    def time(column: str) -> int | None:
        text = row.text(column)
        if text in NEVER:
            return None
        since = stamps.second(text)
        if since is None:
            raise row.wrong(f"{column}: {text!r} is no time", "like 2026-11-24T10:35:05")
        return since

    in_array = "_" in row.text("JobID")
    if in_array and not row.text("JobIDRaw"):
        raise row.wrong("a task of an array has no JobIDRaw", f"print the table with {COMMAND}")
    submit = time("Submit")
    if submit is None:
        raise row.wrong("a job without a submission", f"print the table with {COMMAND}")
    start = time("Start")
    held = row.read("AllocTRES" if row.text("AllocTRES") else "ReqTRES", _resources)
    return Accounted(
        job=row.read("JobIDRaw" if row.text("JobIDRaw") else "JobID", _number),
        name=row.text("JobName"),
        user=row.text("User"),
        account=row.text("Account"),
        qos=row.text("QOS"),
        partition=row.text("Partition"),
        submit=submit,
        eligible=time("Eligible") or submit,
        start=start,
        end=time("End"),
        limit=_limit(row),
        state=row.text("State").split(" ")[0],
        nodes=_count(held, "node") or row.read("NNodes", _whole_or_one),
        gpus=_gpus(held),
        cpus=_count(held, "cpu"),
        memory=_count(held, "mem"),
        gpu_type=_gpu_type(row.read("ReqTRES", _resources)),
        node_list=nodes_of(row.text("NodeList")),
        restarts=row.read("Restarts", whole) if row.text("Restarts") else None,
        array=row.read("JobID", _number) if in_array else None,
        latency={name: row.read(name, whole) for name in LATENCIES if row.text(name)},
        gpu_use=None if row.text(GPU_USE) in NEVER else row.read(GPU_USE, _thousandths),
        place=row.place,
    )


def _number(text: str) -> int:
    """Of a job or of a task of an array; of the rest of an array its first number."""
    return whole(re.split(r"[_+]", text, maxsplit=1)[0])


def _thousandths(text: str) -> int:
    part = number(text)
    if part > 100:
        raise InputError(f"{text!r} is more than all", right="per cent from 0 to 100, like 3.5")
    return round(part * 10)


def _whole_or_one(text: str) -> int:
    return whole(text) if text else 1


def _resources(text: str) -> dict[str, Fraction]:
    return resources(text) if text else {}


def _limit(row: Row) -> int:
    column = "TimelimitRaw" if row.text("TimelimitRaw") else "Timelimit"
    if not row.text(column):
        raise row.wrong("a job without a walltime", f"print the table with {COMMAND}")
    return row.read(column, minutes) or YEAR


def _count(held: dict[str, Fraction], name: str) -> int:
    return int(held.get(name, 0))


def _gpus(held: dict[str, Fraction]) -> int:
    """``gres/gpu``; where only types are counted, their sum."""
    if "gres/gpu" in held:
        return _count(held, "gres/gpu")
    return sum(int(count) for name, count in held.items() if name.startswith("gres/gpu:"))


def _gpu_type(asked: dict[str, Fraction]) -> str:
    types = [name.partition(":")[2] for name in asked if name.startswith("gres/gpu:")]
    return types[0] if len(types) == 1 else ""


def refuse(job: Accounted, what: str) -> InputError:
    """An error of a job's line."""
    return InputError(what, right=f"print the table with {COMMAND}", place=job.place)
