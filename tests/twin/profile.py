"""How many units will be free, and when: rebuilt from scratch at each pass."""

from __future__ import annotations

from bisect import insort
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREVER = 2**62


class Profile:
    """The free units from now on, as a sorted list of (time, change)."""

    def __init__(self, now: int, free: int) -> None:
        self.now = now
        self.free = free
        self.changes: list[tuple[int, int]] = []

    def copy(self) -> Profile:
        other = Profile(self.now, self.free)
        other.changes = list(self.changes)
        return other

    def give_back(self, time: int, units: int) -> None:
        """Units held now come back then."""
        insort(self.changes, (time, units))

    def hold(self, start: int, end: int, units: int) -> None:
        """Units are held in [start, end)."""
        insort(self.changes, (start, -units))
        insort(self.changes, (end, units))

    def let_go(self, start: int, end: int, units: int) -> None:
        """Undo ``hold``."""
        self.changes.remove((start, -units))
        self.changes.remove((end, units))

    def segments(self) -> Iterator[tuple[int, int, int]]:
        """(since, until, free units) from now to forever."""
        since, level = self.now, self.free
        for time, changes in groupby(self.changes, key=itemgetter(0)):
            if time > since:
                yield since, time, level
            since, level = time, level + sum(change for _, change in changes)
        yield since, FOREVER, level

    def earliest(self, units: int, length: int) -> int | None:
        """The first start of ``length`` seconds with ``units`` free throughout, if there is one."""
        start = None
        for since, until, level in self.segments():
            if level < units:
                start = None
                continue
            start = since if start is None else start
            if until >= start + length:
                return start
        return None
