"""Jobs as a log in the Standard Workload Format."""

from __future__ import annotations

import gzip
import io
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv

from simulator.workload.readers.swf_fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.workload.columns import Codes, Ints, Jobs


def write_swf(
    jobs: Jobs,
    path: Path,
    *,
    capacity: int | None = None,
    epoch: int = 0,
    time_zone: str = "UTC",
    computer: str = "",
) -> None:
    """Write the jobs; packed if the name ends in ``.gz``; under a name beside, renamed when whole.

    Every column of Jobs comes back when the log is read again, but those for which the format has
    no place: shapes, speeds, failures, cancellations. Users and accounts are numbered;
    names that are no numbers are told in the header (``User: 1 name``, ``Group: 1 name``), and so
    are the classes, which become queues.
    """
    users, accounts = _numbers(jobs.users), _numbers(jobs.accounts)
    text = io.BytesIO()
    for line in (
        "Version: 2.2",
        *([f"Computer: {computer}"] if computer else []),
        *_machine(len(jobs), capacity, epoch, time_zone),
        *_names(jobs, users, accounts),
    ):
        text.write(f"; {line}\n".encode())
    rows = pa.table(_columns(jobs, users, accounts))
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
    pyarrow.csv.write_csv(rows, text, options)
    content = text.getvalue()
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _numbers(names: tuple[str, ...]) -> list[int]:
    """A number for each name: its own where all are numbers of the format, else 1, 2, 3 …"""
    own = [-1 if name == "unknown" else int(name) if name.isdecimal() else None for name in names]
    numbers = [number for number in own if number is not None]
    if len(set(numbers)) == len(names) and all(
        number < 0 or str(number) == name for number, name in zip(numbers, names, strict=True)
    ):
        return numbers
    return list(range(1, len(names) + 1))


def _machine(jobs: int, capacity: int | None, epoch: int, time_zone: str) -> Iterator[str]:
    start = datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(time_zone))
    yield f"MaxJobs: {jobs}"
    yield f"MaxRecords: {jobs}"
    yield f"UnixStartTime: {epoch}"
    yield f"TimeZoneString: {time_zone}"
    yield f"StartTime: {start:%a %b %d %H:%M:%S %Z %Y}"
    if capacity is not None:
        yield f"MaxNodes: {capacity}"
        yield f"MaxProcs: {capacity}"


def _names(jobs: Jobs, users: list[int], accounts: list[int]) -> Iterator[str]:
    yield f"MaxQueues: {len(jobs.classes)}"
    for key, numbers, names in (
        ("Queue", range(1, len(jobs.classes) + 1), jobs.classes),
        ("User", users, jobs.users),
        ("Group", accounts, jobs.accounts),
    ):
        for number, name in zip(numbers, names, strict=True):
            if number >= 0 and str(number) != name:
                yield f"{key}: {number} {name}"


def _columns(jobs: Jobs, users: list[int], accounts: list[int]) -> dict[str, pa.Array]:
    unknown = np.full(len(jobs), -1, np.int64)
    known = {
        "job_id": jobs.job_id,
        "submit": jobs.submit,
        "run_time": jobs.run_time,
        "allocated": jobs.gpus,
        "requested": jobs.gpus,
        "walltime": jobs.walltime,
        "user": _looked_up(users, jobs.user),
        "account": _looked_up(accounts, jobs.account),
        "queue": jobs.job_class + 1,
    }
    if len(jobs.preceding):
        known |= {"preceding": jobs.preceding, "think_time": jobs.think_time}
    return {name: pa.array(known.get(name, unknown)) for name in FIELDS}


def _looked_up(numbers: list[int], codes: Codes) -> Ints:
    return np.array(numbers, np.int64)[codes]
