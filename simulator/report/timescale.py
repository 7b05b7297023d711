"""Axes of durations and of calendar dates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter
from matplotlib.ticker import FixedLocator, NullLocator

from simulator.units import SECONDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulator.results.reader import Study

_TICKS = {
    0: "0", 60: "1 min", 600: "10 min", 3600: "1 h", 21_600: "6 h", 86_400: "1 d",
    604_800: "1 w", 2_592_000: "30 d", 15_552_000: "180 d", 94_608_000: "3 y",
}  # fmt: skip


def last_of(longest: float) -> float:
    """Where a duration axis from 0 ends."""
    return max(longest * 1.1, 2 * SECONDS["h"])


def durations_from_zero(axes: Axes, longest: float) -> None:
    """A duration axis from 0: linear in its first minute, logarithmic beyond; seconds underneath.

    A plain logarithmic axis has no place for the jobs that do not wait at all.
    """
    right = last_of(longest)
    axes.set_xscale("symlog", linthresh=60, linscale=0.4)
    axes.set_xlim(0, right)
    ticks = {at: text for at, text in _TICKS.items() if at <= right}
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(
        list(ticks), list(ticks.values()), rotation=45, ha="right", rotation_mode="anchor"
    )


def durations(axes: Axes, shortest: float, longest: float) -> None:
    """A logarithmic duration axis; seconds underneath."""
    left, right = max(shortest * 0.9, 0.9), max(longest * 1.1, 2 * SECONDS["min"])
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    ticks = {
        at: text for at, text in ({1: "1 s", 10: "10 s"} | _TICKS).items() if left <= at <= right
    }
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(
        list(ticks), list(ticks.values()), rotation=45, ha="right", rotation_mode="anchor"
    )


def moment(study: Study, instant: int) -> datetime:
    """The study's local time at ``instant`` of the log's clock."""
    return datetime.fromtimestamp(
        study.manifest["epoch"] + instant, ZoneInfo(study.manifest["time_zone"])
    )


def local_offset(study: Study) -> int:
    """Seconds from a Monday's midnight to the local time of instant 0."""
    local = moment(study, 0).replace(tzinfo=None)
    return int((local - datetime(1970, 1, 5)).total_seconds())


def calendar(axes: Axes, time_zone: str) -> None:
    """Dates of ``time_zone`` on an axis of aware datetimes."""
    zone = ZoneInfo(time_zone)
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=zone)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)


def calendar_upwards(axes: Axes, time_zone: str) -> None:
    """Dates of ``time_zone`` on the vertical axis, in words that stand for themselves."""
    zone = ZoneInfo(time_zone)
    # With three ticks at least there is no interval for some spans, such as 50 hours.
    locator = AutoDateLocator(tz=zone, minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_major_formatter(DateFormatter("%d %b %H:%M", tz=zone))  # type: ignore[no-untyped-call]
