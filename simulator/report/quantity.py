"""The unit in which some numbers of a metric are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.units import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable


def suited_unit(unit: str, numbers: Iterable[float]) -> tuple[str, float]:
    """The unit that suits differences of a metric, and its size in the metric's own ``unit``.

    Seconds become the largest unit of which the largest number has two or more; shares become
    percentage points; all else stays.
    """
    if unit == "share":
        return "percentage points", 0.01
    if unit != "s":
        return unit, 1
    largest = max((abs(number) for number in numbers), default=0)
    fits = [name for name, size in SECONDS.items() if name != "w" and largest >= 2 * size]
    name = fits[-1] if fits else "s"
    return name, SECONDS[name]
