"""Lines of slurmctld.log on the life of a job: submitted, ended, killed, gone from its nodes.

Sources of what they mean, besides those of the modules that take them: ``_slurm_rpc_…()``,
proc_req.c; Slurm 22.05.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.slurm.logs.ids import JOB, in_parts, number_of
from simulator.slurm.logs.runs import CANCELLED, COMPLETED, PREEMPTED, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.slurm.logs.found import Found

ARRAYS = "jobs of arrays or in several parts, which the tables take for jobs of their own"
NODES = "nodes that were drained, failed or came back, which the tables do not tell"
CHANGES = "jobs that were changed after they had been submitted: the tables have sacct's last word"

_SUBMIT = re.compile(rf"_slurm_rpc_submit_batch_job: {JOB} InitPrio=(?P<priority>\d+)")
_DONE = re.compile(rf"_job_complete: {JOB} done")
_LIMIT = re.compile(rf"(Time limit exhausted|Reservation ended) for {JOB}")
_KILLED = re.compile(rf"\w+: 9 of (running|suspended) {JOB} successful")
_FAILED = re.compile(rf"(?:Killing|requeue job|requeue) {JOB} (?:on failed|due to failure of) node")
_VICTIM = re.compile(
    rf"preempted {JOB} has been (?:requeued|killed) to reclaim resources for"
    rf" {JOB.replace('<job>', '<by>')}"
)
_EPILOG = re.compile(rf"_slurm_rpc_epilog_complete: {JOB} Node=(?P<node>\S+)")
_CHANGED = re.compile(rf"\w+: set\w* .*for {JOB}")


def _submit(found: Found, said: str, level: str, time: int, line: int) -> bool:
    submit = _SUBMIT.match(said)
    if submit is not None:
        submitted(found, job_of(found, submit["job"], line), submit["priority"], time, line)
    return submit is not None


def submitted(found: Found, job: int, priority: str, time: int, line: int) -> None:
    """A job is submitted; the first time counts."""
    found.submitted.setdefault(job, (time, line))
    found.event(time, "submit", job, priority)


def _done(found: Found, said: str, level: str, time: int, line: int) -> bool:
    done = _DONE.match(said)
    return done is not None and _end(found, done["job"], time, line, "done", COMPLETED)


def _limit(found: Found, said: str, level: str, time: int, line: int) -> bool:
    over = _LIMIT.match(said)
    return over is not None and _end(found, over["job"], time, line, "timeout", TIMEOUT)


def _killed(found: Found, said: str, level: str, time: int, line: int) -> bool:
    killed = _KILLED.match(said)
    if killed is None:
        return ": 9 of pending " in said
    return _end(found, killed["job"], time, line, "cancel", CANCELLED)


def _failed(found: Found, said: str, level: str, time: int, line: int) -> bool:
    failed = _FAILED.match(said)
    if failed is None:
        return False
    found.remark(NODES, line)
    return _end(found, failed["job"], time, line, "node_fail", CANCELLED)


def _end(found: Found, text: str, time: int, line: int, what: str, how: str) -> bool:
    job = job_of(found, text, line)
    if found.runs.running(job):
        found.event(time, what, job, "")
        found.runs.end(job, time, line, how)
    return True


def _victim(found: Found, said: str, level: str, time: int, line: int) -> bool:
    victim = _VICTIM.match(said)
    if victim is None:
        return False
    job, by = job_of(found, victim["job"], line), job_of(found, victim["by"], line)
    found.event(time, "preempt", job, str(by))
    found.runs.end(job, time, line, PREEMPTED, by)
    return True


def _epilog(found: Found, said: str, level: str, time: int, line: int) -> bool:
    epilog = _EPILOG.match(said)
    if epilog is not None:
        job = job_of(found, epilog["job"], line)
        found.event(time, "epilog", job, epilog["node"])
        found.runs.epilog(job, epilog["node"], time)
    return epilog is not None


def _answer(found: Found, said: str, level: str, time: int, line: int) -> bool:
    found.answers += 1
    found.runs.answer(said.rpartition(" ")[2], time)
    return True


def _changed(found: Found, said: str, level: str, time: int, line: int) -> bool:
    changed = _CHANGED.match(said)
    if changed is not None:
        found.remark(CHANGES, line)
    return changed is not None


def job_of(found: Found, text: str, line: int) -> int:
    """The number of a job."""
    if in_parts(text):
        found.remark(ARRAYS, line)
    return number_of(text)


JOB_LINES: dict[str, Callable[[Found, str, str, int, int], bool]] = {
    "_slurm_rpc_submit_batch_job:": _submit,
    "_job_complete:": _done,
    "Time": _limit,
    "Reservation": _limit,
    "_job_signal:": _killed,
    "job_signal:": _killed,
    "Killing": _failed,
    "requeue": _failed,
    "preempted": _victim,
    "_slurm_rpc_epilog_complete:": _epilog,
    "node_did_resp": _answer,
    "_update_job:": _changed,
}
"""First word of a line → what takes it."""
