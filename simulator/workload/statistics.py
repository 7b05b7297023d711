"""What a trace is like: the numbers and the arrays behind ``adil trace info`` and its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.units import format_duration
from simulator.workload.calendar import DAY, HOUR, hours_and_weekdays, local_seconds

if TYPE_CHECKING:
    from simulator.workload.columns import Codes, Ints, Jobs

EDGES = (1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025)
"""Size classes start here: 1, 2, 3–4, 5–8, 9–16, … , above 1,024."""


@dataclass(frozen=True, slots=True)
class SizeClass:
    """The jobs of one range of sizes."""

    label: str
    jobs: int
    job_share: float
    work_share: float
    """Share of all GPU-seconds."""
    median_run_time: float


@dataclass(frozen=True, slots=True)
class TraceStatistics:
    """A trace in numbers; n jobs, d days."""

    submit: Ints
    """(n,) seconds from the epoch."""
    run_time: Ints
    """(n,) seconds."""
    walltime: Ints
    """(n,) seconds asked for."""
    gpus: Ints
    """(n,) units of the machine."""
    by_hour: Ints
    """(24,) jobs submitted, by local hour of day."""
    by_weekday: Ints
    """(7,) jobs submitted, by local weekday, Monday first."""
    by_day: Ints
    """(d,) GPU-seconds demanded by the submissions of each local day, from the first one."""
    sizes: tuple[SizeClass, ...]
    capacity: int | None
    epoch: int
    time_zone: str
    rows: list[tuple[str, str]]
    """Label and value of each line of the table."""


def describe(jobs: Jobs, capacity: int | None, epoch: int, time_zone: str) -> TraceStatistics:
    """Measure a trace of at least one job; ``capacity`` is the machine's size, if known."""
    work = jobs.gpus * jobs.run_time
    hours, weekdays = hours_and_weekdays(jobs.submit, epoch, time_zone)
    days = local_seconds(jobs.submit, epoch, time_zone) // DAY
    by_day = np.zeros(int(days.max() - days.min()) + 1, np.int64)
    np.add.at(by_day, days - days.min(), work)
    by_hour = np.bincount(hours, minlength=24)
    by_weekday = np.bincount(weekdays, minlength=7)
    return TraceStatistics(
        submit=jobs.submit,
        run_time=jobs.run_time,
        walltime=jobs.walltime,
        gpus=jobs.gpus,
        by_hour=by_hour,
        by_weekday=by_weekday,
        by_day=by_day,
        sizes=_size_classes(jobs, work),
        capacity=capacity,
        epoch=epoch,
        time_zone=time_zone,
        rows=[
            *_extent(jobs, capacity, work),
            *_shape(jobs),
            *_cycle(by_hour, by_weekday),
            *_sharing("user", work, jobs.user, len(jobs.users)),
            *_sharing("account", work, jobs.account, len(jobs.accounts)),
        ],
    )


def offered_load(jobs: Jobs, capacity: int) -> float:
    """GPU-time demanded over the GPU-time there is between first and last submission, else NaN."""
    span = int(jobs.submit.max() - jobs.submit.min())
    return float((jobs.gpus * jobs.run_time).sum() / (capacity * span)) if span else float("nan")


def _extent(jobs: Jobs, capacity: int | None, work: Ints) -> list[tuple[str, str]]:
    rows = [
        ("jobs", f"{len(jobs):,}"),
        ("users", f"{len(np.unique(jobs.user)):,}"),
        ("accounts", f"{len(np.unique(jobs.account)):,}"),
        ("classes", ", ".join(jobs.classes)),
        ("span of submissions", format_duration(int(jobs.submit.max() - jobs.submit.min()))),
        ("work demanded", f"{work.sum() / HOUR:,.0f} GPU-h"),
        ("mean work of a job", f"{work.mean() / HOUR:,.2f} GPU-h"),
    ]
    if capacity is None:
        return [*rows, ("machine size", "not stated by the log")]
    load = offered_load(jobs, capacity)
    return [
        *rows,
        ("machine size", f"{capacity:,}"),
        ("offered load", "undefined: one instant" if np.isnan(load) else f"{load:.3f}"),
        ("jobs larger than the machine", f"{np.count_nonzero(jobs.gpus > capacity):,}"),
    ]


def _shape(jobs: Jobs) -> list[tuple[str, str]]:
    powers = np.mean(jobs.gpus & (jobs.gpus - 1) == 0)
    run = {q: format_duration(float(np.percentile(jobs.run_time, q))) for q in (50, 90, 99)}
    asked = jobs.walltime > 0
    rows = [
        ("size, mean", f"{jobs.gpus.mean():.2f}"),
        ("size, median", f"{np.median(jobs.gpus):g}"),
        ("size, largest", f"{jobs.gpus.max():,}"),
        ("sizes that are powers of two", f"{powers:.1%}"),
        ("run time, mean", format_duration(float(jobs.run_time.mean()))),
        ("run time, median / 90 % / 99 %", " / ".join(run.values())),
        ("run time, longest", format_duration(int(jobs.run_time.max()))),
    ]
    if not asked.any():
        return rows
    accuracy = np.minimum(jobs.run_time[asked] / jobs.walltime[asked], 1)
    return [
        *rows,
        ("walltime, median", format_duration(float(np.median(jobs.walltime)))),
        ("used of the walltime, mean", f"{accuracy.mean():.1%}"),
        ("used of the walltime, median", f"{np.median(accuracy):.1%}"),
        ("jobs that overrun their walltime", f"{np.mean(jobs.run_time > jobs.walltime):.1%}"),
    ]


def _cycle(by_hour: Ints, by_weekday: Ints) -> list[tuple[str, str]]:
    busiest, quietest = int(by_hour.argmax()), int(by_hour.argmin())
    working, weekend = by_weekday[:5].mean(), by_weekday[5:].mean()
    return [
        ("busiest / quietest hour", f"{busiest:02d}:00 / {quietest:02d}:00"),
        ("weekend day against working day", f"{weekend / working:.2f}" if working else "–"),
    ]


def _sharing(level: str, work: Ints, code: Codes, count: int) -> list[tuple[str, str]]:
    usage = np.bincount(code, weights=work, minlength=count)[np.unique(code)].astype(np.float64)
    if len(usage) < 2 or not usage.any():
        return []
    top = np.sort(usage)[::-1][: max(1, round(len(usage) / 10))].sum() / usage.sum()
    return [
        (f"work of the busiest tenth of {level}s", f"{top:.1%}"),
        (f"Gini of work over {level}s", f"{gini(usage):.3f}"),
        (f"Jain index of work over {level}s", f"{jain(usage):.3f}"),
    ]


def gini(values: NDArray[np.float64]) -> float:
    """Gini coefficient of values ≥ 0 that are not all 0: 0 all equal, towards 1 all with one."""
    ordered = np.sort(values)
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ ordered / (len(values) * ordered.sum()))


def jain(values: NDArray[np.float64]) -> float:
    """Jain's index (Σx)² / (n Σx²) of values that are not all 0: 1 all equal, 1/n all with one."""
    return float(values.sum() ** 2 / (len(values) * (values**2).sum()))


def _size_classes(jobs: Jobs, work: Ints) -> tuple[SizeClass, ...]:
    which = np.searchsorted(EDGES, jobs.gpus, side="right") - 1
    total = max(int(work.sum()), 1)
    return tuple(
        SizeClass(
            label=_label(index),
            jobs=int(mine.sum()),
            job_share=float(mine.mean()),
            work_share=float(work[mine].sum() / total),
            median_run_time=float(np.median(jobs.run_time[mine])),
        )
        for index in range(len(EDGES))
        if (mine := which == index).any()
    )


def _label(index: int) -> str:
    low = EDGES[index]
    if index + 1 == len(EDGES):
        return f"> {low - 1}"
    high = EDGES[index + 1] - 1
    return str(low) if low == high else f"{low}–{high}"
