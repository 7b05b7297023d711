"""The 18 fields of the Standard Workload Format, version 2.2.

Definition: Feitelson's Parallel Workloads Archive, https://www.cs.huji.ac.il/labs/parallel/workload/swf.html
"""

from __future__ import annotations

FIELDS = (
    "job_id",
    "submit",
    "wait",
    "run_time",
    "allocated",
    "average_cpu",
    "memory",
    "requested",
    "walltime",
    "requested_memory",
    "status",
    "user",
    "account",
    "executable",
    "queue",
    "partition",
    "preceding",
    "think_time",
)
"""Names of the columns, in order; −1 is unknown. Times in seconds, memory in KB per processor."""

FRACTIONAL = frozenset(
    (
        "submit",
        "wait",
        "run_time",
        "average_cpu",
        "memory",
        "walltime",
        "requested_memory",
        "think_time",
    )
)
"""Columns that may hold fractions; all others are whole numbers."""
