"""What users feel: how long their jobs wait, and how much longer they take for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from simulator.metrics.arrays import Floats, Ints
from simulator.metrics.base import NEEDING, WAITING, Metric, Undefined, Value
from simulator.metrics.measured import SHORTEST_RUN, Measured

FEITELSON = "Feitelson & Rudolph 1998, Metrics and benchmarking for parallel job scheduling"
NO_JOBS = Undefined("no job that could run was submitted after the warm-up")
DAY = 86_400

Column = Callable[[Measured], Ints | Floats]


def _over_jobs(
    column: Column, reduce: Callable[[Ints | Floats], float]
) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        values = column(measured)[measured.measured]
        return float(reduce(values)) if len(values) else NO_JOBS

    return compute


def _percentile_95(values: Ints | Floats) -> float:
    return float(np.percentile(values, 95))


def _wait(measured: Measured) -> Ints:
    return measured.wait


def _slowdown(measured: Measured) -> Floats:
    return measured.slowdown


def per_processor(measured: Measured) -> Floats:
    """Bounded slowdown per processor of each job: max(1, turnaround/(p·max(run, 10 s)))."""
    shortest = measured.gpus * np.maximum(measured.need, SHORTEST_RUN)
    return np.maximum(1.0, measured.turnaround / shortest)


def _turnaround(measured: Measured) -> Ints:
    return measured.turnaround


def awrt(measured: Measured) -> Value:
    """Average weighted response time: Σ area·turnaround/Σ area, area = GPUs × run time; s."""
    area = (measured.gpus * measured.need)[measured.measured].astype(np.float64)
    if not len(area):
        return NO_JOBS
    if area.sum() == 0:
        return Undefined("no job ran for any time")
    return float((area * measured.turnaround[measured.measured]).sum() / area.sum())


def _waiting_over(days: int) -> Callable[[Measured], Value]:
    def compute(measured: Measured) -> Value:
        return float(np.count_nonzero(measured.wait[measured.measured] > days * DAY))

    return compute


def _refused(measured: Measured) -> Value:
    return float(np.count_nonzero(measured.in_state("refused")))


def _unfinished(measured: Measured) -> Value:
    return float(np.count_nonzero(measured.in_state("unfinished")))


def _metric(
    name: str,
    title: str,
    formula: str,
    compute: Callable[[Measured], Value],
    *,
    unit: str = "s",
    source: str = "",
    unfinished: str = WAITING,
    scale: Literal["linear", "log"] = "linear",
) -> Metric:
    return Metric(
        name, title, formula, unit, "lower", "job", source, unfinished, True, compute, scale
    )


_SLOWDOWN = "max(1, (wait + run)/max(run, 10 s))"
_ALL = "every one, finished or not"

METRICS = (
    _metric("mean_wait", "mean wait", "mean(start − submit)", _over_jobs(_wait, np.mean)),
    _metric("median_wait", "median wait", "median(start − submit)", _over_jobs(_wait, np.median)),
    _metric(
        "p95_wait",
        "95th percentile of wait",
        "95th percentile of start − submit, interpolated",
        _over_jobs(_wait, _percentile_95),
    ),
    _metric("max_wait", "longest wait", "max(start − submit)", _over_jobs(_wait, np.max)),
    _metric(
        "mean_bounded_slowdown",
        "mean bounded slowdown",
        f"mean {_SLOWDOWN}",
        _over_jobs(_slowdown, np.mean),
        unit="",
        source=FEITELSON,
        unfinished=NEEDING,
        scale="log",
    ),
    _metric(
        "median_bounded_slowdown",
        "median bounded slowdown",
        f"median {_SLOWDOWN}",
        _over_jobs(_slowdown, np.median),
        unit="",
        source=FEITELSON,
        unfinished=NEEDING,
        scale="log",
    ),
    _metric(
        "mean_bounded_slowdown_per_processor",
        "mean bounded slowdown per processor",
        "mean max(1, (wait + run)/(p·max(run, 10 s)))",
        _over_jobs(per_processor, np.mean),
        unit="",
        source="Zotkin & Keleher 1999, Job-length estimation and performance "
        "in backfilling schedulers",
        unfinished=NEEDING,
        scale="log",
    ),
    _metric(
        "mean_turnaround",
        "mean turnaround",
        "mean(end − submit)",
        _over_jobs(_turnaround, np.mean),
        unfinished=NEEDING,
    ),
    _metric(
        "awrt",
        "average weighted response time",
        "Σ area·turnaround/Σ area, area = GPUs × run time",
        awrt,
        source="Schwiegelshohn & Yahyapour 2000, Fairness in parallel job scheduling",
        unfinished=NEEDING,
    ),
    _metric(
        "waiting_over_1d",
        "jobs that waited over a day",
        "number of jobs with start − submit > 1 d",
        _waiting_over(1),
        unit="jobs",
    ),
    _metric(
        "waiting_over_7d",
        "jobs that waited over a week",
        "number of jobs with start − submit > 7 d",
        _waiting_over(7),
        unit="jobs",
    ),
    _metric(
        "refused_jobs",
        "refused jobs",
        "number of jobs that can never fit or that a limit refused, over the whole run",
        _refused,
        unit="jobs",
        unfinished=_ALL,
    ),
    _metric(
        "unfinished_jobs",
        "unfinished jobs",
        "number of jobs that wait or run when the run ends",
        _unfinished,
        unit="jobs",
        unfinished=_ALL,
    ),
)
"""Of the jobs submitted after the warm-up, unless said otherwise."""
