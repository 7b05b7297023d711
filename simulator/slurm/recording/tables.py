"""The tables of a recording as typed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from simulator.errors import InputError, Place
from simulator.slurm.amounts import whole
from simulator.slurm.recording import fields
from simulator.slurm.recording.rows import (
    BEYOND,
    BLOCKED,
    FAILED,
    NONE,
    PLANNED,
    SKIPPED,
    STARTED,
    USER_LIMIT,
    Event,
    Job,
    Looked,
    Pass,
    Planned,
    Priority,
    Run,
)
from simulator.slurm.table import Form, Row, rows
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
MADE = "what made the recording's other tables"


def read_jobs(path: Path) -> list[Job]:
    """``jobs.csv``. Raises InputError, with file and line, like all of these."""
    form = _form(
        "job_id submit eligible start end user account qos partition nodes gpus_per_node cpus"
        " mem_mb timelimit_s submit_ms",
        "name gpus sleep_s state node_list restarts scheduler submit_planned_ms start_ms end_ms",
    )
    return _read(path, form, _job)


def read_runs(path: Path) -> list[Run]:
    """``runs.csv``."""
    form = _form(
        "job_id run start end free how_ended pass_id nodes preempted_for", "scheduler partition"
    )
    return _read(path, form, _run)


def read_passes(path: Path) -> list[Pass]:
    """``passes.csv``."""
    form = _form("pass_id kind depth begin limit jobs_started", "end tested planned")
    return _read(path, form, _pass)


def read_looked(path: Path) -> list[Looked]:
    """``main_queue.csv``."""
    form = _form("pass_id pos job_id priority outcome nodes", "partition")
    return _read(path, form, _looked)


def read_planned(path: Path) -> list[Planned]:
    """``backfill_plan.csv``."""
    form = _form(
        "pass_id pos job_id priority outcome planned_start planned_end nodes tries", "partition"
    )
    return _read(path, form, _planned)


def read_priorities(path: Path) -> list[Priority]:
    """``priority.csv``."""
    form = _form(
        "time job_id priority",
        "age fairshare jobsize partition qos assoc nice site tres_cpu tres_mem tres_gpu tres_node"
        " tres_billing",
    )
    return _read(path, form, _priority)


def read_events(path: Path) -> list[Event]:
    """``events.csv``."""
    return _read(path, _form("time what job_id", "detail"), _event)


def read_times(path: Path) -> list[int]:
    """Milliseconds of a list of times, one a line; none where there is no file."""
    if not path.is_file():
        return []
    found = []
    for number, text in enumerate(lines_of(path), start=1):
        try:
            found.append(fields.milliseconds(text.strip()))
        except InputError as error:
            raise error.at(Place(path, number)) from None
    return found


def _form(needed: str, known: str) -> Form:
    return Form(MADE, tuple(needed.split()), tuple(known.split()), separator=",")


def _read(path: Path, form: Form, parse: Callable[[Row], T]) -> list[T]:
    return [parse(row) for row in rows(path, form)]


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            known = ", ".join(word or "blank" for word in words)
            raise InputError(f"{text!r} is not known", right=f"known: {known}")
        return text

    return parse


def _job(row: Row) -> Job:
    return Job(
        job=row.read("job_id", fields.positive),
        submit=row.read("submit", whole),
        submit_ms=row.read("submit_ms", fields.milliseconds),
        eligible=row.read("eligible", whole),
        start=row.read("start", fields.blank_or_whole),
        end=row.read("end", fields.blank_or_whole),
        user=row.text("user"),
        account=row.text("account"),
        qos=row.text("qos"),
        partition=row.text("partition"),
        nodes=row.read("nodes", fields.positive),
        gpus_per_node=row.read("gpus_per_node", whole),
        cpus=row.read("cpus", fields.positive),
        memory=row.read("mem_mb", whole),
        limit=row.read("timelimit_s", fields.positive),
        work=row.read("sleep_s", fields.blank_or_whole),
        place=row.place,
    )


def _run(row: Row) -> Run:
    return Run(
        job=row.read("job_id", fields.positive),
        run=row.read("run", fields.positive),
        start_ms=row.read("start", fields.milliseconds),
        end_ms=row.read("end", fields.blank_or_milliseconds),
        free_ms=row.read("free", fields.blank_or_milliseconds),
        how_ended=row.read(
            "how_ended", _one_of("", "completed", "timeout", "preempted", "cancelled")
        ),
        pass_id=row.read("pass_id", fields.blank_or_whole) or 0,
        nodes=row.read("nodes", fields.names),
        preempted_for=row.read("preempted_for", fields.blank_or_whole),
        place=row.place,
    )


def _pass(row: Row) -> Pass:
    return Pass(
        number=row.read("pass_id", fields.positive),
        kind=row.read("kind", _one_of("main", "backfill")),
        depth=row.read("depth", _one_of("", "full", "default")),
        begin_ms=row.read("begin", fields.milliseconds),
        limit=row.text("limit"),
        started=row.read("jobs_started", fields.numbers),
        place=row.place,
    )


def _looked(row: Row) -> Looked:
    return Looked(
        pass_id=row.read("pass_id", fields.positive),
        job=row.read("job_id", fields.positive),
        priority=row.read("priority", fields.blank_or_whole),
        outcome=row.read("outcome", _one_of(STARTED, BLOCKED, SKIPPED)),
        nodes=row.read("nodes", fields.names),
        place=row.place,
    )


def _planned(row: Row) -> Planned:
    return Planned(
        pass_id=row.read("pass_id", fields.positive),
        job=row.read("job_id", fields.positive),
        priority=row.read("priority", whole),
        outcome=row.read("outcome", _one_of(STARTED, PLANNED, FAILED, USER_LIMIT, BEYOND, NONE)),
        start_ms=row.read("planned_start", fields.blank_or_milliseconds),
        end=row.read("planned_end", fields.blank_or_whole),
        nodes=row.read("nodes", fields.names),
        tries=row.read("tries", fields.positive),
        place=row.place,
    )


def _priority(row: Row) -> Priority:
    return Priority(
        time_ms=row.read("time", fields.milliseconds),
        job=row.read("job_id", fields.positive),
        priority=row.read("priority", fields.real),
        place=row.place,
    )


def _event(row: Row) -> Event:
    return Event(
        time_ms=row.read("time", fields.milliseconds),
        what=row.text("what"),
        job=row.read("job_id", fields.blank_or_whole),
        place=row.place,
    )
