"""The logs and the accounting put together: the rows of a recording, free of contradictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.logs.accounted import Accounted, refuse
from simulator.slurm.logs.main_passes import MainPass
from simulator.slurm.logs.runs import CANCELLED, COMPLETED, TIMEOUT, RunFound

if TYPE_CHECKING:
    from simulator.slurm.logs.backfill_passes import BackfillPass
    from simulator.slurm.logs.found import Found

NEAR = 1
"""Seconds by which the times of the log and of sacct may lie apart."""
BY_STATE = {"COMPLETED": COMPLETED, "FAILED": COMPLETED, "OUT_OF_MEMORY": COMPLETED} | {
    "TIMEOUT": TIMEOUT
}
SACCT_ENDS = "ends of jobs that only sacct tells, to the whole second"
UNKNOWN_JOBS = "priorities of jobs that sacct does not know: they were refused when submitted"
AGAIN = "print sacct.psv again, after the logs were copied, from before their beginning on"


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the files tell together."""

    found: Found
    jobs: dict[int, Accounted]
    """By ascending number: those that the logs speak of or that ran then."""
    runs: list[RunFound]


def before_the_log(accounted: dict[int, Accounted], found: Found) -> None:
    """Let run from the beginning what sacct says had started before: no pass of the log did it."""
    first = found.begin_ms
    started = [
        (job.start, job)
        for job in accounted.values()
        if job.start is not None
        and job.start * 1000 + 999 < first
        and (job.end is None or job.end * 1000 >= first)
    ]
    for start, job in sorted(started, key=lambda each: (each[0], each[1].job)):
        found.runs.start(
            job.job,
            start * 1000,
            0,
            scheduler="",
            pass_id=0,
            partition=job.partition,
            nodes=job.node_list,
        )


def gather(accounted: dict[int, Accounted], found: Found) -> Gathered:
    """Put together what the logs and sacct tell.

    Raises InputError, with file and line, where they contradict one another.
    """
    _know_jobs(accounted, found)
    last = {run.job: run for run in found.runs.found}
    for job in accounted.values():
        _agree(job, last.get(job.job), found)
    wanted = _named(found) & accounted.keys()
    jobs = {number: _as_of_then(accounted[number], found) for number in sorted(wanted)}
    return Gathered(found, jobs, found.runs.found)


def _as_of_then(job: Accounted, found: Found) -> Accounted:
    """A job as it was when the logs end: sacct was printed later."""
    last = found.last_ms // 1000
    submit, _ = found.submitted.get(job.job, (job.submit * 1000, 0))
    again = job.submit > last
    return replace(
        job,
        submit=submit // 1000 if again else job.submit,
        eligible=submit // 1000 if again else job.eligible,
        start=None if again or (job.start or 0) > last else job.start,
        end=None if again or (job.end or 0) > last else job.end,
    )


def _named(found: Found) -> set[int]:
    rows = {row.job for each in found.passes for row in each.rows}
    rows |= {row.job for row in found.priorities.rows}
    return rows | found.submitted.keys() | {run.job for run in found.runs.found}


def _know_jobs(accounted: dict[int, Accounted], found: Found) -> None:
    lines = {run.job: run.line for run in found.runs.found}
    lines |= {job: line for job, (_, line) in found.submitted.items()}
    for job, line in lines.items():
        if job not in accounted:
            raise InputError(f"sacct.psv has no job {job}", right=AGAIN, place=found.place(line))
    for each in found.passes:
        for row in each.rows:
            if row.job not in accounted:
                raise InputError(
                    f"sacct.psv has no job {row.job}, which waits here",
                    right=AGAIN,
                    place=pass_place(found, each, row.line),
                )
    for priority in found.priorities.rows:
        if priority.job not in accounted:
            found.remark(UNKNOWN_JOBS, priority.line)
    found.priorities.rows = [row for row in found.priorities.rows if row.job in accounted]


def pass_place(found: Found, each: MainPass | BackfillPass, line: int) -> Place:
    """Where a row of a pass stands: main passes are told by the scheduler's own log."""
    return found.scheduler.place(line) if isinstance(each, MainPass) else found.place(line)


def _agree(job: Accounted, run: RunFound | None, found: Found) -> None:
    """The last run is as sacct has it."""
    first, last = found.begin_ms // 1000, found.last_ms // 1000
    if run is None:
        if job.start is not None and first + NEAR < job.start < last - NEAR:
            raise refuse(job, f"job {job.job} started at {job.start}, which no log tells")
        return
    if job.submit > run.start_ms // 1000 + NEAR:
        return  # it was submitted once more: sacct tells of its last submission alone
    if run.line:
        _same_start(job, run, found)
    if run.end_ms is None and job.end is not None and job.end <= last:
        run.end_ms, run.how_ended = job.end * 1000, BY_STATE.get(job.state, CANCELLED)
        run.heard = dict.fromkeys(run.nodes, run.end_ms)
        found.remark(SACCT_ENDS, run.line)
    elif run.end_ms is not None and not _near(run.end_ms, job.end):
        said = "no end" if job.end is None else f"the end {job.end}"
        raise _contradicts(job, f"ends at {run.end_ms // 1000}", said, found, run.end_line)


def _same_start(job: Accounted, run: RunFound, found: Found) -> None:
    if not _near(run.start_ms, job.start):
        said = "no start" if job.start is None else f"the start {job.start}"
        raise _contradicts(job, f"starts at {run.start_ms // 1000}", said, found, run.line)
    if job.node_list and set(job.node_list) != set(run.nodes):
        nodes = " ".join(job.node_list)
        raise _contradicts(
            job, f"starts on {' '.join(run.nodes)}", f"it on {nodes}", found, run.line
        )


def _near(time_ms: int, second: int | None) -> bool:
    return second is not None and abs(time_ms // 1000 - second) <= NEAR


def _contradicts(job: Accounted, log: str, sacct: str, found: Found, line: int) -> InputError:
    return InputError(
        f"job {job.job} {log}, and {job.place} has {sacct}", right=AGAIN, place=found.place(line)
    )
