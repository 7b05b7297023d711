"""Jobs and nodes as lines of the log name them."""

from __future__ import annotations

import re

from simulator.errors import InputError
from simulator.slurm.hostlist import MOST_NODES, expand_list

JOB = r"JobId=(?P<job>\d+(?:[_+][\d*]+)?(?:\(\d+\))?)"
"""A job, a task of an array ``100_3(103)``, the rest of one ``100_*``, a part ``55+1(56)``."""
_RAW = re.compile(r"\((\d+)\)")


def number_of(job: str) -> int:
    """The number of its own that every job has: that in brackets, where there is one."""
    raw = _RAW.search(job)
    return int(raw[1] if raw else re.split(r"[_+]", job)[0])


def in_parts(job: str) -> bool:
    """Whether it is of a job array, or of a job in several parts."""
    return "_" in job or "+" in job


def nodes_of(text: str) -> tuple[str, ...]:
    """Names that a list of Slurm stands for; none of what is no list."""
    if text in ("", "(null)", "None assigned"):
        return ()
    try:
        return tuple(expand_list(text, MOST_NODES))
    except InputError:
        return ()
