"""slurmctld.log, read once from its first line to its last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.slurm.logs.backfill_passes import Backfills
from simulator.slurm.logs.found import Found
from simulator.slurm.logs.gather import before_the_log
from simulator.slurm.logs.informative import read_line
from simulator.slurm.logs.runs import Runs
from simulator.slurm.logs.stream import first_time, log_lines
from simulator.slurm.logs.uninformative import says_nothing

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.logs.accounted import Accounted
    from simulator.slurm.logs.main_passes import SchedulerLog
    from simulator.slurm.logs.shapes import Shapes
    from simulator.slurm.logs.stamps import Stamps

_LEVEL = re.compile(r"(?:debug\d?|verbose|info|error|fatal):\s+")


def read_controller(
    path: Path,
    scheduler: SchedulerLog,
    accounted: dict[int, Accounted],
    stamps: Stamps,
    unknown: Shapes,
) -> Found:
    """What slurmctld.log tells of the time that the scheduler's own log covers as well.

    Raises InputError, with file and line, for a log that cannot be read and for one that
    contradicts the scheduler's own.
    """
    found = Found(path, scheduler, Runs(path), Backfills(stamps))
    found.begin_ms = max(scheduler.first_ms, first_time(path, stamps))
    before_the_log(accounted, found)
    for number, time, text in log_lines(path, stamps):
        level = _LEVEL.match(text)
        said = text[level.end() :] if level else text
        if time is None:
            unknown.add(said, number)
            continue
        known = read_line(found, said, level[0].rstrip() if level else "", time, number)
        if found.stopped is not None:
            break
        found.last_ms, found.lines = time, number
        if not known and not says_nothing(said):
            unknown.add(said, number)
    return found
