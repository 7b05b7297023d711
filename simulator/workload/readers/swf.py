"""Logs in the Standard Workload Format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import InputError, Place
from simulator.files import read_bytes
from simulator.workload.columns import Jobs
from simulator.workload.readers.swf_cleaning import Size, clean, remarks
from simulator.workload.readers.swf_header import Header, split
from simulator.workload.readers.swf_table import Table, place_of, read_table
from simulator.workload.recorded import Recorded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from simulator.workload.columns import Codes, Ints
    from simulator.workload.readers.swf_outcomes import Outcomes

NO_JOBS = "a log has one line of 18 numbers for each job"


def read(
    path: Path,
    *,
    size: Size = "allocated",
    missing_walltime: int | None = None,
    outcomes: Outcomes = "ignore",
) -> Recorded:
    """The jobs of an SWF log, plain or compressed, cleaned.

    ``size`` says which size counts where both are known; ``missing_walltime`` is what a job without
    a walltime asked for, in seconds (None: what it ran); with ``outcomes`` replayed jobs fail and
    are cancelled as recorded. Raises InputError, with line and column, for anything that is not a
    log.
    """
    return read_text(
        *read_bytes(path),
        path,
        size=size,
        missing_walltime=missing_walltime,
        outcomes=outcomes,
    )


def read_text(
    text: bytes,
    digest: str,
    path: Path,
    *,
    size: Size,
    missing_walltime: int | None,
    outcomes: Outcomes = "ignore",
) -> Recorded:
    """The same of the log's unpacked text; ``digest`` is the SHA-256 of the file."""
    if b"\0" in text:
        raise InputError(
            "not a log: it holds bytes that are not text", right=NO_JOBS, place=Place(path)
        )
    header, body = split(text, str(path))
    table = read_table(body, str(path))
    rows = len(table["job_id"])
    if not rows:
        raise InputError("an empty log: it holds no jobs", right=NO_JOBS, place=Place(path))
    _refuse_negative_times(table, body, str(path))
    table, steps = clean(table, size, missing_walltime, outcomes)
    if not len(table["job_id"]):
        what = "; ".join(f"{step.count:,} {step.what}" for step in steps)
        raise InputError(f"no job is left of {rows:,}: {what}", place=Place(path))
    queue, queues = _labels(table["queue"], header.queues)
    partition, partitions = _labels(table["partition"], header.partitions)
    return Recorded(
        jobs=_jobs(table, header),
        queue=queue,
        queues=queues,
        partition=partition,
        partitions=partitions,
        capacity=header.capacity,
        epoch=header.numbers.get("UnixStartTime"),
        time_zone=header.time_zone,
        steps=(*steps, *remarks(table, rows, header)),
        digest=digest,
    )


def _refuse_negative_times(table: Table, body: bytes, file: str) -> None:
    submit, run_time = table["submit"], table["run_time"]
    for name, bad, right in (
        (
            "submit",
            (submit < 0) & ~((submit == -1) & (run_time == -1)),
            "a submit time is 0 or later",
        ),
        (
            "run_time",
            (run_time < 0) & (run_time != -1),
            "a run time is 0 or more; -1 stands for unknown",
        ),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            value = f"{table[name][row]:g}"
            what = f"job {table['job_id'][row]} has the negative {name.replace('_', ' ')} {value}"
            raise InputError(what, right=right, place=place_of(body, file, row, name))


def _jobs(table: Table, header: Header) -> Jobs:
    user, users = _labels(table["user"], header.users)
    account, accounts = _labels(table["account"], header.groups)
    depends = bool((table["preceding"] > 0).any())
    none = np.empty(0, np.int64)
    return Jobs(
        job_id=_ints(table["job_id"]),
        submit=_ints(table["submit"]),
        run_time=_ints(table["run_time"]),
        walltime=_ints(table["walltime"]),
        gpus=_ints(table["gpus"]),
        user=user,
        account=account,
        job_class=np.zeros(len(user), np.int32),
        users=users,
        accounts=accounts,
        classes=("all",),
        preceding=_ints(table["preceding"]) if depends else none,
        think_time=_ints(table["think_time"]) if depends else none,
        fails_after=_if_any(table.get("fails_after", none)),
        cancelled_at=_if_any(table.get("cancelled_at", none)),
    )


def _ints(column: NDArray[Any]) -> Ints:
    return np.ascontiguousarray(column, np.int64)


def _if_any(column: NDArray[Any]) -> Ints:
    """The column; empty where it says nothing of any job."""
    return _ints(column if (column >= 0).any() else column[:0])


def _labels(numbers: NDArray[Any], names: dict[int, str]) -> tuple[Codes, tuple[str, ...]]:
    """Codes, and each code's name: the header's if no other has the same, else the number."""
    known, codes = _distinct(np.maximum(numbers, -1))
    called = [names.get(int(number), "") for number in known]
    labels = tuple(
        "unknown" if number < 0 else name if name and called.count(name) == 1 else str(number)
        for number, name in zip(known.tolist(), called, strict=True)
    )
    return codes, labels


def _distinct(numbers: Ints) -> tuple[Ints, Codes]:
    """The distinct numbers (≥ −1), ascending, and for each entry which of them it is."""
    if numbers.max() > 10 * len(numbers) + 1000:
        known, codes = np.unique(numbers, return_inverse=True)
        return known, codes.astype(np.int32)
    present = np.bincount(numbers + 1) > 0
    rank = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(present) - 1, rank[numbers + 1]
