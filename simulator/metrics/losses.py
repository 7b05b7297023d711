"""Work that was lost, by what took it."""

from __future__ import annotations

from collections.abc import Callable

from simulator.metrics.base import HELD, Metric, Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.occupancy import POOL

LOST_TO = "lost_gpu_hours_"
"""How the names of these metrics begin."""
NODES = Undefined("units are lost of a pool alone; nodes fail")
_CAUSES = {
    "maintenance": ("maintenance", "that a maintenance window cut short"),
    "loss": ("losses of units", "whose units were lost"),
    "failure": ("failures of nodes", "whose node failed"),
    "preemption": ("preemption", "that made room for another job, and of jobs while suspended"),
    "user": ("users", "that their users took back"),
    "itself": ("faults of the jobs", "that failed by themselves"),
    "idle": ("idle GPUs taken back", "that were stopped for leaving GPUs idle"),
}


def _lost_to(cause: str) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        if cause == "failure" and measured.nodes is None:
            return POOL
        if cause == "loss" and measured.nodes is not None:
            return NODES
        return measured.lost_hours.get(cause, 0.0)

    return compute


METRICS = tuple(
    Metric(
        f"{LOST_TO}{cause}",
        f"GPU-hours lost to {title}",
        f"Σ lost GPU-hours of attempts {which}",
        "GPU-h",
        "lower",
        "machine",
        "",
        HELD,
        True,
        _lost_to(cause),
    )
    for cause, (title, which) in _CAUSES.items()
)
"""Over the whole run; the sum of those that are defined is ``lost_gpu_hours``."""
ON_NODES = tuple(f"{LOST_TO}{cause}" for cause in _CAUSES if cause != "loss")
"""Names of those that are defined on nodes."""
