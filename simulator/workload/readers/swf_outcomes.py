"""What an SWF log says of how its jobs ended, as columns that a run can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from simulator.workload.steps import Step

if TYPE_CHECKING:
    from simulator.workload.readers.swf_table import Table

Outcomes = Literal["ignore", "replay"]
COLUMNS = ("fails_after", "cancelled_at")
FAILED, CANCELLED = 0, 5
"""Of the field ``status``."""


def with_outcomes(table: Table, missing_walltime: int | None) -> tuple[Table, list[Step]]:
    """The rows with columns ``fails_after`` and ``cancelled_at``, −1 where neither is.

    A job that failed fails when it has run as long as recorded; so does one that its user stopped
    in mid-run, who saw then what he had to see. A job cancelled before its start is taken back as
    long after its submission as recorded, and would have run for all of its walltime; where either
    is unknown its run time is too (−1), and it will be dropped.
    """
    status, run_time, wait = table["status"], table["run_time"], table["wait"]
    ran = run_time > 0
    failed = (status == FAILED) & (run_time >= 0)
    stopped = (status == CANCELLED) & ran
    left = (status == CANCELLED) & ~ran
    asked = table["walltime"]
    if missing_walltime is not None:
        asked = np.where(asked > 0, asked, missing_walltime)
    known = left & (wait >= 0) & (asked > 0)
    whole = np.ceil(run_time).astype(np.int64)
    instant = (np.floor(table["submit"]) + np.ceil(wait)).astype(np.int64)
    columns = {
        "run_time": np.where(known, asked, np.where(left, -1.0, run_time)),
        "fails_after": np.where(failed | stopped, whole, -1),
        "cancelled_at": np.where(known, instant, -1),
    }
    return table | columns, [
        Step("failed", int(failed.sum()), "jobs that failed: they do so again, as far into a run"),
        Step(
            "stopped",
            int(stopped.sum()),
            "jobs that their users stopped in mid-run: taken to fail as far into a run",
        ),
        Step(
            "cancelled",
            int(known.sum()),
            "jobs taken back before they started: so they are again, after as long a wait; "
            "the run time that they would have had is taken to be their walltime",
        ),
    ]
