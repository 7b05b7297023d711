"""A log of whatever format: which one it is, its content says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.files import read_bytes
from simulator.workload.readers import sacct, swf, thetagpu

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.workload.readers.swf_cleaning import Size
    from simulator.workload.readers.swf_outcomes import Outcomes
    from simulator.workload.recorded import Recorded


def read(
    path: Path,
    *,
    size: Size = "allocated",
    missing_walltime: int | None = None,
    outcomes: Outcomes = "ignore",
) -> Recorded:
    """The jobs of a log, plain or compressed, cleaned.

    ``size`` says which size of an SWF job counts where both are known; ``missing_walltime`` is what
    a job without a walltime asked for, in seconds (None: what it ran); with ``outcomes`` replayed
    its jobs fail and are cancelled as recorded. Raises InputError, with line and column, for
    anything that is not a log, and for one that does not say how its jobs ended.
    """
    text, digest = read_bytes(path)
    if thetagpu.recognised(text):
        if outcomes == "replay":
            raise InputError(
                "this log does not tell jobs that failed from those that reached their walltime",
                right="leave outcomes out",
                place=Place(path),
            )
        return thetagpu.read_text(text, digest, str(path), missing_walltime)
    if sacct.recognised(text):
        if outcomes == "replay":
            raise InputError(
                "a table of sacct does not tell when jobs would have failed under another rule",
                right="leave outcomes out",
                place=Place(path),
            )
        return sacct.read(path, digest)
    return swf.read_text(
        text, digest, path, size=size, missing_walltime=missing_walltime, outcomes=outcomes
    )
