"""What a formula may hold: variables, functions, and how large they get."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

SECONDS = 1e12
COUNT = 1e9
LARGEST = 1e300
"""No step of a formula may get larger than this, whatever the variables are."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: what it means, and what it can be."""

    of: str
    """job, account or machine."""
    meaning: str
    most: float
    """It is never above this, and never below 0."""
    whole: bool = True
    """It is a whole number."""


VARIABLES: dict[str, Variable] = {
    "wait": Variable("job", "time since it was submitted, s", SECONDS),
    "age": Variable("job", "time since it last came to the queue, s", SECONDS),
    "submit": Variable("job", "when it was submitted, s after the first job of all", SECONDS),
    "walltime": Variable("job", "requested walltime, s", SECONDS),
    "gpus": Variable("job", "GPUs that it holds when it runs", COUNT, whole=False),
    "nodes": Variable("job", "nodes that it asks for; 1 on a pool", COUNT),
    "usage": Variable(
        "account", "charged so far, as the accounting counts it, charge-hours", 1e18, whole=False
    ),
    "held": Variable("account", "GPUs held now", COUNT, whole=False),
    "running": Variable("account", "its jobs that run", COUNT),
    "waiting": Variable("account", "its jobs that wait", COUNT),
    "share": Variable("account", "its part of its siblings' shares, 0 to 1", 1.0, whole=False),
    "entitled": Variable("account", "its part of the whole machine, 0 to 1", 1.0, whole=False),
    "capacity": Variable("machine", "GPUs that are up", COUNT, whole=False),
    "free": Variable("machine", "GPUs that are up and held by nobody", COUNT, whole=False),
    "load": Variable("machine", "held part of what is up, 0 to 1", 1.0, whole=False),
    "busy": Variable("machine", "jobs that run", COUNT),
    "queued": Variable("machine", "jobs that wait", COUNT),
    "now": Variable("machine", "the time, s after the first job was submitted", SECONDS),
}
"""Every variable; those ``of`` an account are of the one that the job is booked on."""

FUNCTIONS: dict[str, tuple[int, float, str]] = {
    "min": (2, inf, "the smallest of two or more"),
    "max": (2, inf, "the largest of two or more"),
    "abs": (1, 1, "without its sign"),
    "floor": (1, 1, "the whole number at or below"),
    "sqrt": (1, 1, "square root"),
    "log": (1, 1, "natural logarithm"),
    "log10": (1, 1, "logarithm to base 10"),
    "exp": (1, 1, "e to the power of it"),
    "pow": (2, 2, "the first to the power of the second, as `**`"),
}
"""Functions: the least and the most arguments, and the meaning."""
