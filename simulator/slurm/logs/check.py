"""Whether the logs tell enough, and in the zone given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.logs.settings import SWITCH_ON

if TYPE_CHECKING:
    from simulator.slurm.logs.found import Found


def refuse_silent(found: Found) -> None:
    """Raise InputError for logs without the lines that the debug settings write."""
    file, own = Place(found.path), Place(found.scheduler.path)
    for there, what, place in (
        (found.scheduler.passes, "no pass of the main scheduler (SlurmSchedLogLevel=1)", own),
        (found.main_id, "no pass of the main scheduler (SlurmctldDebug=debug2)", file),
        (found.backfill_id, "no pass of backfill (DebugFlags=Backfill)", file),
        (found.priorities.rows, "no priority (DebugFlags=Priority)", file),
        (found.answers, "no answer of a node (SlurmctldDebug=debug2)", file),
    ):
        if not there:
            raise InputError(f"the log has {what}", right=SWITCH_ON, place=place)


def refuse_other_zone(found: Found, window: int) -> None:
    """Raise InputError where seconds since 1970 in the log show that its zone is another.

    Backfill says when it tries a job again: from now on, to the end of its window.
    """
    ahead = found.backfills.apart
    if ahead is not None and not -1 <= ahead <= window:
        raise InputError(
            f"jobs are tried again {ahead / 3600:+.1f} h from the time of their lines",
            right="say in which zone the log's times are: --time-zone Asia/Almaty",
            place=Place(found.path),
        )
