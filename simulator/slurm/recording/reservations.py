"""Advance reservations of a recording: ``reservation.json``, if there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError, Place
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

LATEST = 2**40
"""After any time in seconds that a recording has."""
RIGHT = (
    'a list like [{"name": "m1", "made": 1795516993.6, "start": 1795517293, "end": 1795517473,'
    ' "nodes": ["n7"], "flags": "MAINT"}]'
)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Nodes kept free from ``start`` to ``end`` (seconds); known from ``made_ms`` on."""

    name: str
    made_ms: int
    start: int
    end: int
    nodes: tuple[str, ...]


def read_reservations(path: Path) -> list[Reservation]:
    """The reservations in a file; none where there is no file.

    Raises InputError for what is no such list.
    """
    if not path.is_file():
        return []
    try:
        found = json.loads("\n".join(lines_of(path)))
    except json.JSONDecodeError as error:
        raise InputError(
            f"no JSON: {error.msg}", right=RIGHT, place=Place(path, error.lineno, error.colno)
        ) from None
    if not isinstance(found, list):
        raise InputError("no list of reservations", right=RIGHT, place=Place(path))
    return [_reservation(each, path) for each in found]


def _reservation(each: Any, path: Path) -> Reservation:
    try:
        made = Reservation(
            name=str(each["name"]),
            made_ms=round(float(each["made"]) * 1000),
            start=int(each["start"]),
            end=int(each["end"]),
            nodes=tuple(str(name) for name in each["nodes"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"a reservation that cannot be read: {error}", right=RIGHT, place=Place(path)
        ) from None
    if not 0 <= made.start < made.end < LATEST:
        raise InputError(
            f"the reservation {made.name!r} ends before it starts, or never",
            right=RIGHT,
            place=Place(path),
        )
    return made
