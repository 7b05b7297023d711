"""Node names as Slurm writes them: ``h200-[00-07,12]``, ``rack[0-3]n[1-4]``, ``a1,b[2-5]``."""

from __future__ import annotations

import re

from simulator.errors import InputError

MOST_NODES = 100_000
"""Nodes of a machine, hence names that a list may stand for."""
_PIECE = re.compile(r"(?P<text>[\w.-]+)|\[(?P<ranges>[^\[\]]*)\]")
_RANGE = re.compile(r"(?P<low>\d{1,9})(-(?P<high>\d{1,9}))?", re.ASCII)
_RIGHT = "write it like h200-03 or h200-[00-07,12]"


def expand(entry: str, most: int) -> list[str]:
    """The names that an entry stands for, in order; numbers keep their leading zeros.

    Raises InputError for what is no name and for more than ``most`` of them.
    """
    names, end = [""], 0
    while end < len(entry):
        piece = _PIECE.match(entry, end)
        if piece is None:
            raise InputError(f"{entry!r} names no nodes", right=_RIGHT)
        if piece["text"]:
            names = [name + piece["text"] for name in names]
        else:
            numbers = _numbers(piece["ranges"], entry, most)
            if len(numbers) * len(names) > most:
                raise InputError(f"{entry!r} names too many nodes", right=f"at most {most:,}")
            names = [name + number for name in names for number in numbers]
        end = piece.end()
    if not entry:
        raise InputError("'' names no nodes", right=_RIGHT)
    return names


def expand_list(text: str, most: int) -> list[str]:
    """The names of a list of entries, ``a1,b[2-5,7]``, in order."""
    names: list[str] = []
    for entry in re.split(r",(?![^\[]*\])", text):
        names += expand(entry.strip(), most - len(names))
    return names


def _numbers(ranges: str, entry: str, most: int) -> list[str]:
    numbers: list[str] = []
    for part in ranges.split(","):
        bounds = _RANGE.fullmatch(part.strip())
        if bounds is None:
            raise InputError(f"{part!r} in {entry!r} is no range", right=_RIGHT)
        low, high = bounds["low"], bounds["high"] or bounds["low"]
        if int(high) < int(low):
            raise InputError(f"the range {part!r} runs backwards", right=f"write {high}-{low}")
        if len(numbers) + int(high) - int(low) >= most:
            raise InputError(f"{entry!r} names too many nodes", right=f"at most {most:,}")
        numbers += [f"{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
    return numbers
