"""GPUs that jobs hold and leave idle, where the workload tells what they use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.base import HELD, Metric, Undefined, Value

if TYPE_CHECKING:
    from simulator.metrics.arrays import Floats
    from simulator.metrics.measured import Measured

UNKNOWN = Undefined("the workload does not tell how much jobs use their GPUs")
NOTHING = Undefined("no job whose use is known held GPUs")


def _held(measured: Measured) -> tuple[Floats, Floats] | Undefined:
    """GPU-seconds that each attempt held, of jobs whose use is known, and the part in use."""
    if "gpu_use" not in measured.jobs.columns:
        return UNKNOWN
    use = measured.jobs["gpu_use"].fill_null(-1).to_numpy()
    ran = measured.spells.ran
    held = (measured.gpus[ran.job] * (ran.end - ran.start)).astype(np.float64)
    known = use[ran.job] >= 0
    return held[known], use[ran.job][known] / 1000


def idle_gpu_hours(measured: Measured) -> Value:
    """GPU-hours that were held and left idle, over the whole run."""
    found = _held(measured)
    if isinstance(found, Undefined):
        return found
    held, use = found
    return float((held * (1 - use)).sum()) / measured.gpu_hour


def use_of_held_gpus(measured: Measured) -> Value:
    """The part of the GPU-time held that was in use, over the whole run."""
    found = _held(measured)
    if isinstance(found, Undefined):
        return found
    held, use = found
    return float((held * use).sum() / held.sum()) if held.sum() else NOTHING


METRICS = (
    Metric(
        "idle_gpu_hours",
        "GPU-hours held idle",
        "Σ GPU-hours held × (1 − use), of jobs whose use is known",
        "GPU-h",
        "lower",
        "machine",
        "",
        HELD,
        True,
        idle_gpu_hours,
    ),
    Metric(
        "use_of_held_gpus",
        "use of held GPUs",
        "Σ GPU-hours held × use/Σ GPU-hours held, of jobs whose use is known",
        "share",
        "higher",
        "machine",
        "",
        HELD,
        True,
        use_of_held_gpus,
    ),
)
"""Over the whole run."""
NAMES = tuple(each.name for each in METRICS)
