"""What each group got, window by window, and what it was entitled to of what it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.metrics.arrays import Floats, Ints, sum_by
from simulator.metrics.base import Undefined
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.metrics.measured import Measured


@dataclass(frozen=True, slots=True)
class Shares:
    """Windows × groups, GPU-seconds."""

    served: Floats
    demanded: Floats
    """What a group could have used: of each job the work left when the window opens, or as much of
    it as fits between its submission and the window's end."""
    entitled: Floats
    """Its weighted max-min share of what was up, capped at its demand."""


def max_min_share(demand: Floats, weight: Floats, capacity: float) -> Floats:
    """Weighted max-min share of ``capacity``: min(demand, λ·weight), λ as high as it goes.

    Who asks for less than the share of their weight gets it all; the rest share what they leave.
    """
    if demand.sum() <= capacity:
        return demand
    order = np.argsort(demand / weight)
    asked, weighs = demand[order], weight[order]
    left = capacity - np.concatenate([[0.0], np.cumsum(asked)[:-1]])
    level = left / np.cumsum(weighs[::-1])[::-1]
    lam = float(level[np.argmax(asked / weighs > level)])
    return np.minimum(demand, lam * weight)


def shares(measured: Measured) -> Shares | Undefined:
    """Shares in the whole windows between the end of warm-up and the last arrival."""
    length = measured.settings.window
    groups = measured.groups
    if isinstance(groups, Undefined):
        return groups
    count = max(0, measured.last_arrival - measured.begin) // length
    if count == 0:
        return Undefined(f"the measured time holds no whole window of {format_duration(length)}")
    cells = _cells(measured, count)
    size, shape = measured.gpus[cells.job], (count, len(groups.names))
    place = cells.window * shape[1] + groups.member[cells.job]

    def summed(seconds: Ints) -> Floats:
        return sum_by(place, size * seconds, shape[0] * shape[1]).reshape(shape)

    served, demanded = summed(cells.served), summed(cells.demanded)
    edges = measured.begin + length * np.arange(count + 1, dtype=np.int64)
    up = np.diff(measured.capacity.area_until(edges))
    rows = [max_min_share(d, groups.entitlement, c) for d, c in zip(demanded, up, strict=True)]
    return Shares(served, demanded, np.array(rows))


@dataclass(frozen=True, slots=True)
class _Cells:
    """A cell for each window in which a job was in the system; seconds, not GPU-seconds."""

    job: Ints
    window: Ints
    served: Ints
    demanded: Ints


def _cells(measured: Measured, count: int) -> _Cells:
    length, begin, spells = measured.settings.window, measured.begin, measured.spells
    # Windows are counted from the end of warm-up; those before it are negative.
    first = (measured.submit - begin) // length
    last = np.maximum(first, (spells.last_start + measured.need - begin) // length)
    held = spells.ran
    np.maximum.at(last, held.job, (held.end - begin) // length)
    sizes = np.where(measured.counted, last - first + 1, 0)
    start_of = np.cumsum(sizes) - sizes
    job = np.repeat(np.arange(len(sizes)), sizes)
    window = np.arange(len(job)) - start_of[job] + first[job]

    spans = (held.end - begin) // length - (held.start - begin) // length + 1
    part = np.repeat(np.arange(len(spans)), spans)
    inner = np.arange(len(part)) - (np.cumsum(spans) - spans)[part]
    where = (held.start[part] - begin) // length + inner
    opens = begin + where * length
    overlap = np.minimum(held.end[part], opens + length) - np.maximum(held.start[part], opens)
    cell = start_of[held.job[part]] + where - first[held.job[part]]
    served = sum_by(cell, overlap, len(job)).astype(np.int64)

    total = sum_by(held.job, held.end - held.start, len(sizes)).astype(np.int64)
    still_needed = np.where(measured.in_state("unfinished"), measured.need, 0)
    before = np.cumsum(served) - served
    before -= np.append(before, 0)[start_of][job]
    left = np.maximum(total, still_needed)[job] - before
    opens = begin + window * length
    room = opens + length - np.maximum(measured.submit[job], opens)
    inside = (window >= 0) & (window < count)
    demanded = np.minimum(left, room)
    return _Cells(job[inside], window[inside], served[inside], demanded[inside])
