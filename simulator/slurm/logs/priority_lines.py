"""Priorities with their terms, from the lines that ``DebugFlags=Priority`` writes.

Source of what the lines mean: ``_get_priority_internal()``, priority_multifactor.c, Slurm 22.05.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_JOB = re.compile(
    r"Job (?P<job>\d+) priority: (?P<site>-?\d+) \+ +(?P<age>[\d.]+) \+ (?P<assoc>[\d.]+) \+ "
    r"(?P<fairshare>[\d.]+) \+ (?P<jobsize>[\d.]+) \+ (?P<partition>[\d.]+) \+ (?P<qos>[\d.]+)"
    r" \+ +(?P<tres>[\d.]+) - (?P<nice>-?\d+) = (?P<priority>[\d.]+)"
)
_TERM = re.compile(
    r"Weighted (?P<what>[\w:/]+)(?: priority)? is [\d.]+ \* [\d.]+ = (?P<value>[\d.]+)"
)
_SITE = re.compile(r"Site priority is -?\d+")


@dataclass(slots=True)
class PriorityRow:
    """A priority that Slurm computed; terms as printed.

    ``age`` and ``tres`` in the sum are printed as whole numbers: their digits stand in lines of
    their own before it, and are in ``terms`` where the log has these.
    """

    time_ms: int
    job: int
    priority: str
    line: int
    sum: dict[str, str]
    terms: dict[str, str]


@dataclass(slots=True)
class Priorities:
    """Reads the lines of priorities, one after another."""

    rows: list[PriorityRow] = field(default_factory=list)
    _terms: dict[str, str] = field(default_factory=dict)

    def read(self, said: str, time: int, line: int) -> bool:
        """Take a line; whether it is known. ``said``: without the name of the function."""
        job = _JOB.match(said)
        if job is not None:
            sums = {name: job[name] for name in _SUM}
            self.rows.append(
                PriorityRow(time, int(job["job"]), job["priority"], line, sums, self._terms)
            )
            self._terms = {}
            return True
        term = _TERM.match(said)
        if term is not None:
            self._terms[term["what"].lower()] = term["value"]
            return True
        return _SITE.match(said) is not None


_SUM = ("site", "age", "assoc", "fairshare", "jobsize", "partition", "qos", "tres", "nice")
