"""Quantities as people write them: ``7d``, ``12h``, ``512 GPU-h``, ``2TiB``.

Inside the package durations are whole seconds, GPU-time whole GPU-seconds, memory whole bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from simulator.errors import InputError, nearest

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
MILLISECONDS = {"ms": 1} | {unit: 1000 * seconds for unit, seconds in SECONDS.items()}
BYTES = {"B": 1} | {
    f"{prefix}{suffix}": base**power
    for suffix, base in (("iB", 1024), ("B", 1000))
    for power, prefix in enumerate(("k" if base == 1000 else "K", "M", "G", "T", "P"), start=1)
}
GPU_SECONDS = {f"GPU-{unit}": seconds for unit, seconds in SECONDS.items()}

LARGEST = 2**53
"""No quantity is larger: up to here floating-point numbers hold every whole one."""
CENTURY = 36_500 * 86_400
"""No duration is longer."""

_QUANTITY = re.compile(
    r"\s*(?P<number>[0-9]+(?:[_ ][0-9]{3})*(?:\.[0-9]+)?)"
    r"\s*(?P<unit>[^\W\d_]+(?:-[^\W\d_]+)*)?\s*"
)


def parse_quantity(
    text: str, units: Mapping[str, int], example: str, largest: int = LARGEST
) -> int:
    """``text`` in the base unit, exactly.

    Units may be chained (``1d 12h``). Raises InputError for anything else, a missing unit, and a
    value that is no whole number of the base unit or larger than ``largest``.
    """
    right = f"write it like {example}"
    if len(text) > 60:
        raise InputError(f"{text[:20] + '…'!r} is not a quantity", right=right)
    total, rest = Fraction(0), text
    while rest or not text:
        match = _QUANTITY.match(rest)
        if match is None:
            raise InputError(f"{text!r} is not a quantity", right=right)
        unit = match["unit"]
        if unit is None:
            raise InputError(f"{text!r} has no unit", right=right)
        if unit not in units:
            raise InputError(f"{text!r} has an unknown unit {unit!r}", right=nearest(unit, units))
        total += Fraction(match["number"].replace("_", "").replace(" ", "")) * units[unit]
        rest = rest[match.end() :]
    base = next(unit for unit, size in units.items() if size == 1)
    if total.denominator != 1:
        raise InputError(f"{text!r} is not a whole number of {base}", right=right)
    if total > largest:
        raise InputError(f"{text!r} is too large", right=f"at most {largest:,} {base}")
    return int(total)


def parse_duration(text: str) -> int:
    """Seconds of a duration such as ``90min``, ``12h``, ``7d`` or ``1d 12h``."""
    return parse_quantity(text, SECONDS, "90min, 12h, 7d or 1d 12h", CENTURY)


def parse_milliseconds(text: str) -> int:
    """Milliseconds of a duration such as ``28ms``, ``1s 500ms`` or ``30s``."""
    return parse_quantity(text, MILLISECONDS, "28ms, 1s 500ms or 30s", 1000 * CENTURY)


def parse_gpu_time(text: str) -> int:
    """GPU-seconds of an amount of GPU-time such as ``512 GPU-h``."""
    return parse_quantity(text, GPU_SECONDS, "512 GPU-h or 20 GPU-d")


def parse_memory(text: str) -> int:
    """Bytes of an amount of memory such as ``2TiB`` or ``512 GB``."""
    return parse_quantity(text, BYTES, "512GiB or 2TiB")


def format_duration(seconds: float, units: int = 2) -> str:
    """A duration as people read it, to so many units: ``1d 4h``, ``35min``, ``12s``."""
    whole = round(seconds)
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    parts = []
    for unit in ("d", "h", "min", "s"):
        count, whole = divmod(whole, SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return sign + (" ".join(parts[:units]) or "0s")
