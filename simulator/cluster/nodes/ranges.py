"""Ranges of node names as Slurm writes them: ``h200-[00-07,12]``."""

from __future__ import annotations

import re

from simulator.errors import InputError

_ENTRY = re.compile(r"(?P<before>[\w.-]*)(\[(?P<ranges>[^\[\]]*)\](?P<after>[\w.-]*))?")
_RANGE = re.compile(r"(?P<low>\d{1,9})(-(?P<high>\d{1,9}))?")
_RIGHT = "write it like h200-03 or h200-[00-07,12]"


def expand(entry: str, most: int) -> list[str]:
    """The names that an entry stands for, in order; numbers keep their leading zeros.

    Raises InputError for what is no name and for more than ``most`` of them.
    """
    match = _ENTRY.fullmatch(entry)
    if match is None or not entry:
        raise InputError(f"{entry!r} names no nodes", right=_RIGHT)
    if match["ranges"] is None:
        return [entry]
    names: list[str] = []
    for part in match["ranges"].split(","):
        bounds = _RANGE.fullmatch(part.strip())
        if bounds is None:
            raise InputError(f"{part!r} in {entry!r} is no range", right=_RIGHT)
        low, high = bounds["low"], bounds["high"] or bounds["low"]
        if int(high) < int(low):
            raise InputError(f"the range {part!r} runs backwards", right=f"write {high}-{low}")
        if len(names) + int(high) - int(low) >= most:
            raise InputError(f"{entry!r} names too many nodes", right=f"at most {most:,}")
        names += [
            f"{match['before']}{number:0{len(low)}d}{match['after']}"
            for number in range(int(low), int(high) + 1)
        ]
    return names
