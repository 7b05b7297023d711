"""The future of the machine as plans see it: how many units are free from when until when."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import (
    BUSY,
    FAR,
    FREE,
    NOW,
    OUTAGES,
    POINTS,
    Ints,
    Outages,
    Profile,
    Running,
)


@kernel_apart
def build(profile: Profile, running: Running, outages: Outages, counters: Ints) -> None:
    """Make the profile from the running jobs and the outages that are known.

    A job that holds units at NOW holds them until NOW + 1 at least, whatever its walltime said.
    """
    now = counters[NOW]
    profile.time[0] = now
    profile.free[0] = counters[FREE]
    points = 1
    for entry in range(counters[BUSY]):
        when = max(running.planned[entry], now + 1)
        gpus = running.planned_gpus[entry]
        if when == profile.time[points - 1]:
            profile.free[points - 1] += gpus
        else:
            profile.time[points] = when
            profile.free[points] = profile.free[points - 1] + gpus
            points += 1
    counters[POINTS] = points
    for entry in range(counters[OUTAGES]):
        if outages.start[entry] <= now:
            # They are gone already and not in FREE; plans may count on their return.
            if outages.end[entry] < FAR:
                change(
                    profile, counters, max(outages.end[entry], now + 1), FAR, outages.units[entry]
                )
        else:
            change(
                profile, counters, outages.start[entry], outages.end[entry], -outages.units[entry]
            )


@kernel
def _point(profile: Profile, counters: Ints, when: int) -> int:
    """The index of the point at ``when``, made if missing; ``when`` is not before the first."""
    points = counters[POINTS]
    low, high = 0, points
    while low < high:
        middle = (low + high) >> 1
        if profile.time[middle] < when:
            low = middle + 1
        else:
            high = middle
    if low < points and profile.time[low] == when:
        return low
    for index in range(points, low, -1):
        profile.time[index] = profile.time[index - 1]
        profile.free[index] = profile.free[index - 1]
    profile.time[low] = when
    profile.free[low] = profile.free[low - 1]
    counters[POINTS] = points + 1
    return low


@kernel_apart
def change(profile: Profile, counters: Ints, start: int, end: int, units: int) -> None:
    """Add ``units`` (negative: take them) from ``start`` until ``end``; FAR is for ever."""
    if start >= end:
        return
    first = _point(profile, counters, start)
    last = _point(profile, counters, end) if end < FAR else counters[POINTS]
    for index in range(first, last):
        profile.free[index] += units


@kernel
def fits_now(profile: Profile, counters: Ints, gpus: int, walltime: int) -> bool:
    """Whether so many units are free from the profile's first time for so long."""
    end = profile.time[0] + max(walltime, 1)
    index = 0
    while index < counters[POINTS] and profile.time[index] < end:
        if profile.free[index] < gpus:
            return False
        index += 1
    return True


@kernel_apart
def earliest(profile: Profile, counters: Ints, gpus: int, walltime: int) -> int:
    """The earliest time at which so many units are free for so long; FAR if they never are."""
    points = counters[POINTS]
    length = max(walltime, 1)
    start = 0
    while start < points:
        if profile.free[start] < gpus:
            start += 1
            continue
        end = profile.time[start] + length
        index = start + 1
        while index < points and profile.time[index] < end and profile.free[index] >= gpus:
            index += 1
        if index == points or profile.time[index] >= end:
            return profile.time[start]
        start = index + 1
    return FAR


@kernel_apart
def forget_past(profile: Profile, counters: Ints) -> None:
    """Let the profile begin at NOW."""
    now, points = counters[NOW], counters[POINTS]
    first = 0
    while first + 1 < points and profile.time[first + 1] <= now:
        first += 1
    profile.time[0], profile.free[0] = now, profile.free[first]
    kept = 0
    for index in range(first + 1, points):
        if profile.free[index] != profile.free[kept]:
            kept += 1
            profile.time[kept] = profile.time[index]
            profile.free[kept] = profile.free[index]
    counters[POINTS] = kept + 1
