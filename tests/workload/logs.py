"""Small logs, written as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.workload.columns import Jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIELDS = {
    "job_id": 1,
    "submit": 0,
    "wait": -1,
    "run_time": 100,
    "allocated": 4,
    "cpu": -1,
    "memory": -1,
    "requested": 4,
    "walltime": 200,
    "requested_memory": -1,
    "status": 1,
    "user": 1,
    "account": 1,
    "executable": -1,
    "queue": 1,
    "partition": -1,
    "preceding": -1,
    "think_time": -1,
}
"""The fields of a usual line, in order."""


def row(**fields: object) -> str:
    """One line of a log, with these fields instead of the usual ones."""
    return " ".join(str(value) for value in (FIELDS | fields).values())


def write(folder: Path, *lines: str, name: str = "log.swf") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def make_jobs(
    submit: Sequence[int],
    *,
    run_time: int = 3600,
    gpus: int = 1,
    user: Sequence[int] = (),
    users: tuple[str, ...] = ("u",),
) -> Jobs:
    """Jobs alike but for their instants and users."""
    n = len(submit)
    code = np.array(user or [0] * n, np.int32)
    return Jobs(
        job_id=np.arange(1, n + 1),
        submit=np.array(submit, np.int64),
        run_time=np.full(n, run_time),
        walltime=np.full(n, 2 * run_time),
        gpus=np.full(n, gpus),
        user=code,
        account=np.zeros(n, np.int32),
        job_class=np.zeros(n, np.int32),
        users=users,
        accounts=("a",),
        classes=("all",),
    )
