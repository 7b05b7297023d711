"""From the fields of an SWF log to jobs that can be run: each repair has a name and a count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from simulator.units import format_duration
from simulator.workload.readers.swf_outcomes import COLUMNS, with_outcomes
from simulator.workload.steps import Step, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.workload.readers.swf_header import Header
    from simulator.workload.readers.swf_outcomes import Outcomes
    from simulator.workload.readers.swf_table import Table

Size = Literal["allocated", "requested"]
USED = (
    *("job_id", "submit", "run_time", "walltime", "user", "account", "queue", "partition"),
    *("preceding", "think_time"),
)
"""Columns that are carried on; the others have been checked and are let go."""
PARTIAL = (2, 3, 4)
"""Status of a piece of a job that was swapped or checkpointed; the whole job has its own row."""


def clean(
    table: Table, size: Size, missing_walltime: int | None, outcomes: Outcomes = "ignore"
) -> tuple[Table, tuple[Step, ...]]:
    """Rows that can be run, in submit order, with a column ``gpus``, and what was done.

    ``missing_walltime`` is what a job without one asked for, in seconds; None: what it ran. With
    ``outcomes`` replayed there are columns ``fails_after`` and ``cancelled_at`` too.
    """
    ends: list[Step] = []
    if outcomes == "replay":
        table, ends = with_outcomes(table, missing_walltime)
    table, dropped = _drop(table, size)
    steps = [*ends, *dropped, *_whole_seconds(table), _fill_walltime(table, missing_walltime)]
    early = _count(np.diff(table["submit"]) < 0)
    if early:
        order = np.argsort(table["submit"], kind="stable")
        table = {name: column[order] for name, column in table.items()}
    steps.append(
        Step("out_of_order", early, "jobs stood after a later submission: sorted by submit")
    )
    return table, counted(*steps)


def _drop(table: Table, size: Size) -> tuple[Table, list[Step]]:
    other = "requested" if size == "allocated" else "allocated"
    gpus = np.where(table[size] > 0, table[size], table[other])
    whole = np.isin(table["status"], PARTIAL, invert=True)
    piece = ~whole & np.isin(table["job_id"], table["job_id"][whole])
    never = ~piece & (table["run_time"] == -1)
    sizeless = ~piece & ~never & (gpus <= 0)
    kept = ~(piece | never | sizeless)
    swapped = _count(kept & (table[size] <= 0))
    used = (*USED, *(name for name in COLUMNS if name in table))
    table = {name: table[name] for name in used} | {"gpus": gpus}
    if not kept.all():
        table = {name: column[kept] for name, column in table.items()}
    return table, [
        Step("pieces_of_jobs", _count(piece), "pieces of jobs that have a whole row too: dropped"),
        Step("missing_run_time", _count(never), "jobs that never ran (run time -1): dropped"),
        Step("missing_size", _count(sizeless), "jobs of no known size: dropped"),
        Step(f"{other}_size", swapped, f"jobs without {size} size: the {other} size is taken"),
    ]


def _whole_seconds(table: Table) -> list[Step]:
    steps = []
    for name, cut, what in (
        ("submit", np.floor, "submit times with a fraction of a second: cut"),
        ("run_time", np.ceil, "run times with a fraction of a second: rounded up"),
        ("walltime", np.ceil, "walltimes with a fraction of a second: rounded up"),
        ("think_time", np.floor, "think times with a fraction of a second: cut"),
    ):
        whole: NDArray[np.int64] = cut(table[name]).astype(np.int64)
        steps.append(Step(f"fractional_{name}", _count(whole != table[name]), what))
        table[name] = whole
    return steps


def _fill_walltime(table: Table, missing_walltime: int | None) -> Step:
    missing = table["walltime"] <= 0
    fill = table["run_time"] if missing_walltime is None else missing_walltime
    what = "the run time" if missing_walltime is None else format_duration(missing_walltime)
    table["walltime"] = np.where(missing, fill, table["walltime"])
    return Step("missing_walltime", _count(missing), f"jobs without a walltime: {what} is assumed")


def remarks(table: Table, rows: int, header: Header) -> tuple[Step, ...]:
    """What is odd about the jobs that are left, and kept as it is; ``rows`` were in the file."""
    ids, run_time = table["job_id"], table["run_time"]
    stated = header.numbers.get("MaxRecords", header.numbers.get("MaxJobs", rows))
    capacity = header.capacity or int(table["gpus"].max(initial=0))
    named = header.texts.get("Preemption", "No").lower() not in ("no", "none")
    return counted(
        Step(
            "rows_not_as_stated",
            abs(stated - rows),
            f"the header states {stated:,} jobs, the file has {rows:,}",
        ),
        Step(
            "repeated_job_numbers",
            _repeated(ids),
            "job numbers that occurred before: kept, positions tell them apart",
        ),
        Step(
            "larger_than_machine",
            _count(table["gpus"] > capacity),
            f"jobs larger than the {capacity:,} processors that the header states: kept",
        ),
        Step(
            "overrun",
            _count(run_time > table["walltime"]),
            "jobs that ran longer than they asked for: the rule decides what becomes of them",
        ),
        Step("zero_run_time", _count(run_time == 0), "jobs of run time 0: kept"),
        Step(
            "dependencies",
            _count(table["preceding"] > 0),
            "jobs that name a preceding job: kept in the columns, submitted at their recorded time",
        ),
        Step(
            "preemption",
            len(ids) * named,
            "the recorded machine preempted jobs: run times may hold pauses",
        ),
    )


def _count(mask: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))


def _repeated(ids: NDArray[np.int64]) -> int:
    if np.all(ids[1:] > ids[:-1]):
        return 0
    return len(ids) - len(np.unique(ids))
