"""Times, memory, resources and weights as Slurm writes them.

Times become whole seconds, memory whole MiB (Slurm's own unit).
"""

from __future__ import annotations

import re
from fractions import Fraction

from simulator.errors import InputError

UNLIMITED = ("unlimited", "infinite", "n/a", "none", "partition_limit", "-1")
MIB = {"K": Fraction(1, 1024), "M": Fraction(1), "G": Fraction(1024)} | {
    "T": Fraction(1024**2),
    "P": Fraction(1024**3),
}
_TIME = re.compile(
    r"((?P<days>\d{1,7})-(?P<h>\d{1,7})(:(?P<m>\d{1,7})(:(?P<s>\d{1,7}))?)?)"
    r"|((?P<hours>\d{1,7}):)?(?P<minutes>\d{1,9})(:(?P<seconds>\d{1,7}))?",
    re.ASCII,
)
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)


def minutes(text: str) -> int | None:
    """Seconds of a time where a bare number is minutes; None: no limit.

    ``30``, ``1:30`` (minutes and seconds), ``1:00:00``, ``7-0``, ``1-12:30``, ``1-00:00:00``.
    """
    if text.strip().lower() in UNLIMITED:
        return None
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is no time", right="write it like 30, 1:00:00 or 7-0")
    if match["days"] is not None:
        parts = [int(match[name] or 0) for name in ("days", "h", "m", "s")]
        return ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3]
    if match["hours"] is not None and match["seconds"] is None:
        # Two numbers are minutes and seconds; the pattern reads them as hours and minutes.
        return int(match["hours"]) * 60 + int(match["minutes"])
    hours, mins, seconds = (int(match[name] or 0) for name in ("hours", "minutes", "seconds"))
    return (hours * 60 + mins) * 60 + seconds


def seconds(text: str) -> int | None:
    """Seconds of a time where a bare number is seconds; None: no limit."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() else minutes(text)


def number(text: str) -> float:
    """A number ≥ 0."""
    if not _NUMBER.fullmatch(text.strip()) or len(text) > 40:
        raise InputError(f"{text!r} is no number", right="a number from 0 on, like 1.5")
    return float(text)


def whole(text: str, most: int = 2**53) -> int:
    """A whole number ≥ 0."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit()) or int(plain[:20]) > most:
        raise InputError(f"{text!r} cannot be used", right=f"a whole number from 0 to {most:,}")
    return int(plain)


def memory(text: str, *, unit: str = "M") -> Fraction:
    """MiB of an amount such as ``64G`` or ``60000M``; a bare number is in ``unit``."""
    plain = text.strip().upper().removesuffix("B")
    suffix = plain[-1:] if plain[-1:] in MIB else ""
    amount = plain.removesuffix(suffix) if suffix else plain
    if not _NUMBER.fullmatch(amount) or len(amount) > 40:
        raise InputError(f"{text!r} is no amount of memory", right="write it like 64G")
    return Fraction(amount) * MIB[suffix or unit]


def resources(text: str) -> dict[str, Fraction]:
    """Amounts of a TRES string such as ``cpu=8,mem=64G,node=1,gres/gpu=2``; memory in MiB.

    Names are in lower case. Raises InputError for a part that is no name=amount.
    """
    amounts: dict[str, Fraction] = {}
    for name, amount in _pairs(text):
        amounts[name] = memory(amount) if name in ("mem", "vmem") else Fraction(number(amount))
    return amounts


def weights(text: str) -> dict[str, Fraction]:
    """Weights of a TRES string such as ``CPU=1.0,Mem=0.25G,GRES/gpu=16``.

    ``Mem=0.25G`` is 0.25 for each GiB. Given back for one unit of each: a CPU, a GPU, a node, and a
    MiB of memory. Names are in lower case. Source: slurm.conf(5), TRESBillingWeights.
    """
    found: dict[str, Fraction] = {}
    for name, weight in _pairs(text):
        suffix = weight[-1:].upper() if weight[-1:].upper() in MIB else ""
        if suffix and name not in ("mem", "vmem"):
            raise InputError(
                f"the weight {weight!r} of {name} has a unit",
                right="only memory has one: Mem=0.25G",
            )
        amount = weight[:-1] if suffix else weight
        number(amount)
        found[name] = Fraction(amount) / MIB[suffix or "M"]
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        name, sign, amount = part.strip().partition("=")
        if not sign or not name or not amount.strip():
            raise InputError(
                f"{part!r} is no resource", right="write them like cpu=8,mem=64G,gres/gpu=2"
            )
        pairs.append((name.strip().lower(), amount.strip()))
    return pairs
