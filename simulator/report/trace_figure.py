"""What a trace is like, in one picture."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from simulator.report.distribution import cumulative
from simulator.report.sheet import sheet
from simulator.report.style import BAR, COLOURS, GREY, dress, percent, undefined
from simulator.report.timescale import calendar, durations_from_zero

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

MOST_DAYS = 400
"""Beyond these, demand is drawn as the mean of each week."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EACH = StrMethodFormatter("{x:,.0f}")


class SizeClass(Protocol):
    """The jobs of one range of sizes."""

    @property
    def label(self) -> str:
        """The range, in words."""

    @property
    def job_share(self) -> float:
        """Share of the jobs."""

    @property
    def work_share(self) -> float:
        """Share of the GPU-seconds."""


class Trace(Protocol):
    """A trace in numbers; ``simulator.workload.statistics.TraceStatistics`` is one."""

    @property
    def submit(self) -> Ints:
        """(n,) s from the epoch."""

    @property
    def run_time(self) -> Ints:
        """(n,) s."""

    @property
    def walltime(self) -> Ints:
        """(n,) s asked for; 0 or less where unknown."""

    @property
    def by_hour(self) -> Ints:
        """(24,) jobs submitted by local hour."""

    @property
    def by_weekday(self) -> Ints:
        """(7,) jobs submitted by local weekday, Monday first."""

    @property
    def by_day(self) -> Ints:
        """(d,) GPU-seconds demanded by each local day's submissions."""

    @property
    def sizes(self) -> Sequence[SizeClass]:
        """Size classes, small to large."""

    @property
    def capacity(self) -> int | None:
        """Units of the machine, if known."""

    @property
    def epoch(self) -> int:
        """Unix time of instant 0."""

    @property
    def time_zone(self) -> str:
        """Of the calendar."""


def plot_trace(
    statistics: Trace, ax: Axes | Sequence[Axes] | None = None, *, title: str = "The trace"
) -> Figure:
    """Draw a trace of at least one job: when jobs come, how much they ask for, how long they run.

    ``ax``: six axes, or none for a new figure. Raises InputError for another number of axes.
    """
    page = sheet(2, 3, ax, size=(12, 7))
    for axes, draw in zip(
        page.axes, (_hours, _weekdays, _demand, _sizes, _run_times, _accuracy), strict=True
    ):
        draw(axes, statistics)
    count = len(statistics.submit)
    page.headline(
        f"{title}: {count:,} {'job' if count == 1 else 'jobs'}; times of {statistics.time_zone}"
    )
    return page.figure


def _hours(axes: Axes, trace: Trace) -> None:
    dress(axes, "Submissions by hour of day", x="local hour", y="jobs")
    axes.bar(np.arange(24) + 0.5, trace.by_hour, width=0.9, color=BAR)
    axes.set(xlim=(0, 24), xticks=range(0, 25, 4))
    _counts(axes)


def _weekdays(axes: Axes, trace: Trace) -> None:
    dress(axes, "Submissions by weekday", y="jobs")
    axes.bar(range(7), trace.by_weekday, width=0.8, color=BAR)
    axes.set_xticks(range(7), _DAYS)
    _counts(axes)


def _counts(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(_EACH)


def _demand(axes: Axes, trace: Trace) -> None:
    """Demand of each day, or of each week's mean day, beside what the machine can give."""
    step = 1 if len(trace.by_day) <= MOST_DAYS else 7
    of = "each day" if step == 1 else "a day, mean of each week"
    dress(axes, f"Work submitted {of}", y="GPU-h a day")
    begins = np.arange(0, len(trace.by_day), step)
    lengths = np.diff(np.append(begins, len(trace.by_day)))
    hours = np.add.reduceat(trace.by_day, begins) / lengths / 3600
    zone = ZoneInfo(trace.time_zone)
    first = datetime.fromtimestamp(trace.epoch + int(trace.submit.min()), zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + timedelta(days=int(day)) for day in (*begins, len(trace.by_day))]
    heights = np.append(hours, hours[-1])
    axes.fill_between(
        days, heights, step="post", color=BAR, linewidth=0,  # type: ignore[arg-type]
        label="work submitted",
    )  # fmt: skip
    if trace.capacity is not None:
        axes.axhline(
            24 * trace.capacity, color=COLOURS[0], linewidth=1.2, linestyle=(0, (5, 1.5)),
            label=f"{trace.capacity:,} units, all day",
        )  # fmt: skip
        axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=2)
    axes.set_ylim(0, 1.25 * max(float(hours.max()), 24.0 * (trace.capacity or 0)) or 1)
    axes.margins(x=0)
    axes.yaxis.set_major_formatter(_EACH)
    calendar(axes, trace.time_zone)


def _sizes(axes: Axes, trace: Trace) -> None:
    dress(axes, "Sizes of jobs", x="units of one job", y="share, %")
    at = np.arange(len(trace.sizes))
    jobs, work = [size.job_share for size in trace.sizes], [size.work_share for size in trace.sizes]
    edge: dict[str, Any] = {"width": 0.4, "edgecolor": GREY, "linewidth": 0.5}
    axes.bar(at - 0.2, jobs, color=BAR, label="of the jobs", **edge)
    axes.bar(at + 0.2, work, color="white", hatch="//////", label="of the work", **edge)
    axes.set_xticks(
        at, [size.label for size in trace.sizes], rotation=45, ha="right", rotation_mode="anchor"
    )
    axes.set_xlim(-0.6, max(len(at), 4) - 0.4)
    percent(axes)
    axes.set_ylim(0, 1.25 * max(jobs + work))
    axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=2)


def _run_times(axes: Axes, trace: Trace) -> None:
    dress(axes, "Run times", x="ran this long or less", y="jobs, %")
    at, share = cumulative(trace.run_time, len(trace.run_time))
    axes.plot(at, share, drawstyle="steps-post", color=COLOURS[0], linewidth=1.6, label="run time")
    axes.set_ylim(0, 1.03)
    percent(axes)
    durations_from_zero(axes, float(trace.run_time.max()))


def _accuracy(axes: Axes, trace: Trace) -> None:
    """Part of the walltime that was used, in steps of 5 %, and beyond it."""
    dress(axes, "Used of the walltime asked for", x="run time / walltime, %", y="jobs, %")
    asked = trace.walltime > 0
    if not asked.any():
        undefined(axes, "the trace states no walltimes")
        return
    ratio = trace.run_time[asked] / trace.walltime[asked]
    place = np.clip(np.ceil(ratio * 20) - 1, 0, 20).astype(np.int64)
    share = np.bincount(place, minlength=21) / len(ratio)
    bars = axes.bar([*(np.arange(20) + 0.5), 23], share, width=0.9, color=BAR)
    bars[-1].set(hatch="//////", facecolor="white", edgecolor=GREY, linewidth=0.5)
    axes.set_xticks([0, 5, 10, 15, 20, 23], ["0", "25", "50", "75", "100", "more"])
    percent(axes)
