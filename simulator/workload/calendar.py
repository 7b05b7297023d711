"""Hours and weekdays where the machine stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from simulator.workload.columns import Ints

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
QUARTER = 900
THURSDAY = 3
"""Weekday of 1 January 1970, counted from Monday = 0."""


def local_seconds(instants: Ints, epoch: int, time_zone: str) -> Ints:
    """Seconds since 1970-01-01 00:00 of the local clock, for each instant (seconds from epoch).

    Offsets of a zone are looked up once a day, and once a quarter of an hour on days on which they
    change: none changes in between.
    """
    unix = instants + epoch
    days, which = np.unique(unix // DAY, return_inverse=True)
    offset = _offsets(days * DAY, time_zone)
    changes = offset != _offsets((days + 1) * DAY, time_zone)
    seconds = offset[which]
    on_them = changes[which]
    if on_them.any():
        quarters, which = np.unique(unix[on_them] // QUARTER, return_inverse=True)
        seconds[on_them] = _offsets(quarters * QUARTER, time_zone)[which]
    return np.asarray(unix + seconds, np.int64)


def _offsets(unix: Ints, time_zone: str) -> Ints:
    """Seconds that the local clock is ahead at each Unix time."""
    zone = ZoneInfo(time_zone)
    moments = (datetime.fromtimestamp(int(moment), zone) for moment in unix)
    offsets = (moment.utcoffset() or timedelta(0) for moment in moments)
    return np.array([int(offset.total_seconds()) for offset in offsets], np.int64)


def hours_and_weekdays(instants: Ints, epoch: int, time_zone: str) -> tuple[Ints, Ints]:
    """Local hour of day (0–23) and weekday (0–6, Monday first) of each instant."""
    local = local_seconds(instants, epoch, time_zone)
    return local // HOUR % 24, (local // DAY + THURSDAY) % 7


def unix_time(local: datetime, time_zone: str) -> int:
    """Unix time of a local date and time."""
    return int(local.replace(tzinfo=ZoneInfo(time_zone)).timestamp())
