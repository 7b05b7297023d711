"""What the machine does: how much of it is used, how much could have been."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.metrics.base import HELD, NEEDING, Direction, Metric, Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.steps import Steps


def _available(measured: Measured) -> int | Undefined:
    """GPU-seconds up from the end of warm-up to the last arrival."""
    if measured.last_arrival <= measured.begin:
        return Undefined("the warm-up ends no earlier than the last job arrives")
    available = measured.capacity.area(measured.begin, measured.last_arrival)
    return available if available > 0 else Undefined("no part of the machine was up")


def _share_of_available(
    amount: Callable[[Measured], float],
) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        available = _available(measured)
        return available if isinstance(available, Undefined) else amount(measured) / available

    return compute


def _used(measured: Measured) -> float:
    return measured.running.area(measured.begin, measured.last_arrival)


def _useful(measured: Measured) -> float:
    """GPU-seconds used, less the lost part of each attempt, spread evenly over the attempt."""
    ran = measured.spells.ran
    inside = np.minimum(ran.end, measured.last_arrival) - np.maximum(ran.start, measured.begin)
    length = np.maximum(1, ran.end - ran.start)
    return _used(measured) - float((measured.spells.lost * np.maximum(0, inside) / length).sum())


def _offered(measured: Measured) -> float:
    area = measured.gpus * measured.need
    return float(area[measured.measured].sum())


def _wasted(measured: Measured) -> float:
    """GPU-seconds idle while jobs asked for them: ∫ min(waiting demand, idle) dt."""
    times, values = Steps.aligned(measured.running, measured.queued, measured.capacity)
    running, queued, capacity = values
    idle = np.maximum(0, capacity - running)
    return Steps(times, np.minimum(queued, idle)).area(measured.begin, measured.last_arrival)


def makespan(measured: Measured) -> Value:
    """Last end − first submission, s, over the whole run."""
    if not len(measured.spells.ran.end):
        return Undefined("no job ran")
    return float(measured.spells.ran.end.max() - measured.submit[measured.counted].min())


def mean_queue(measured: Measured) -> Value:
    """Time average of the number of waiting jobs, from the end of warm-up to the last arrival."""
    begin, end = measured.begin, measured.last_arrival
    if end <= begin:
        return Undefined("the warm-up ends no earlier than the last job arrives")
    waited = measured.spells.waited
    inside = np.minimum(waited.end, end) - np.maximum(waited.start, begin)
    return float(np.maximum(0, inside).sum()) / (end - begin)


def lost_gpu_hours(measured: Measured) -> Value:
    """GPU-hours of attempts whose work was lost, or that stood still, over the whole run."""
    return float(measured.spells.lost.sum()) / measured.gpu_hour


def _metric(
    name: str,
    title: str,
    formula: str,
    compute: Callable[[Measured], Value],
    *,
    unit: str = "",
    direction: Direction = "lower",
    source: str = "",
    unfinished: str = HELD,
) -> Metric:
    judges = direction != "none"
    return Metric(
        name, title, formula, unit, direction, "machine", source, unfinished, judges, compute
    )


_SPAN = "from the end of warm-up to the last arrival"

METRICS = (
    _metric(
        "utilisation",
        "utilisation",
        f"GPU-hours used/GPU-hours up, {_SPAN}",
        _share_of_available(_used),
        unit="share",
        direction="higher",
        source="Dutot et al. 2016, Batsim",
    ),
    _metric(
        "goodput",
        "goodput",
        f"(GPU-hours used − lost)/GPU-hours up, {_SPAN}",
        _share_of_available(_useful),
        unit="share",
        direction="higher",
    ),
    _metric(
        "lost_gpu_hours",
        "GPU-hours lost",
        "Σ GPU-hours of attempts whose work was lost, and of suspended jobs",
        lost_gpu_hours,
        unit="GPU-h",
    ),
    _metric(
        "offered_load",
        "offered load",
        f"Σ GPUs × run time of the jobs that arrive/GPU-hours up, {_SPAN}",
        _share_of_available(_offered),
        unit="share",
        direction="none",
        unfinished=NEEDING,
    ),
    _metric(
        "makespan",
        "makespan",
        "last end − first submission",
        makespan,
        unit="s",
        unfinished="a job still running ends with the run; one still waiting is left out",
    ),
    _metric(
        "mean_queue",
        "mean queue length",
        f"∫ waiting jobs dt/T, {_SPAN}",
        mean_queue,
        unit="jobs",
        unfinished="counted while it waits",
    ),
    _metric(
        "loss_of_capacity",
        "loss of capacity",
        f"∫ min(GPUs asked for by waiting jobs, idle GPUs) dt/GPU-hours up, {_SPAN}",
        _share_of_available(_wasted),
        unit="share",
        source="Leung, Sabin & Sadayappan 2010, Parallel job scheduling policies "
        "to improve fairness",
        unfinished="counted while it waits",
    ),
)
