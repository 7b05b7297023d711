"""Logs and recorded schedules, read by a few lines of their own."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from typing import TYPE_CHECKING

from twin.model import TwinJob

if TYPE_CHECKING:
    from pathlib import Path

CAPACITY = {"kth": 100, "sdsc5k": 128, "lublin256": 256, "hpc2n": 240, "blue": 1152}
"""Processors of the machine of each log of ``traces/norm``, by the first word of its name."""


def capacity_of(trace: str) -> int:
    return CAPACITY[trace.split("-", maxsplit=1)[0]]


@cache
def read_log(path: Path, limit: int | None = None) -> tuple[TwinJob, ...]:
    """The jobs of a clean SWF log, sorted by submit (stable): fields 2, 4, 9 and 5."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        rows = [line.split() for line in lines if not line.startswith(";")][:limit]
    jobs = [TwinJob(int(row[1]), int(row[3]), int(row[8]), int(row[4])) for row in rows]
    return tuple(sorted(jobs, key=lambda job: job.submit))


def read_starts(path: Path) -> list[int]:
    """The recorded start of each job, by position."""
    with gzip.open(path, "rt", encoding="ascii", newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: int(row["submit"]))
    return [int(row["start"]) for row in rows]
