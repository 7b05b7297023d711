"""Fields of a recording's tables: times to the millisecond, lists, blanks."""

from __future__ import annotations

import math
import re

from simulator.errors import InputError
from simulator.slurm.amounts import whole

_TIME = re.compile(r"(?P<seconds>\d{1,12})(\.(?P<part>\d{3}))?", re.ASCII)


def milliseconds(text: str) -> int:
    """Milliseconds since 1970 of a time in seconds such as ``1795516505.869``."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is no time", right="seconds since 1970, like 1795516505.869")
    return int(match["seconds"]) * 1000 + int(match["part"] or 0)


def blank_or_milliseconds(text: str) -> int | None:
    """As ``milliseconds``; None where the field is blank: not yet."""
    return milliseconds(text) if text else None


def blank_or_whole(text: str) -> int | None:
    """A whole number; None where the field is blank."""
    return whole(text) if text else None


def real(text: str) -> float:
    """A number, neither infinite nor none."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{text!r} is no number", right="a number like 3516.25")
    return number


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = whole(text)
    if not number:
        raise InputError("0 cannot be used", right="a whole number from 1 on")
    return number


def names(text: str) -> tuple[str, ...]:
    """Names with blanks between them."""
    return tuple(text.split())


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with blanks between them."""
    return tuple(whole(part) for part in text.split())
