"""Checkpoints, as the course of an attempt: what is saved when, and when it ends."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import NamedTuple


class Saves(NamedTuple):
    """What checkpoints cost, s; the first ``period`` of work, then ``write``, and so on."""

    period: int
    write: int = 0
    restart: int = 0


NO_SAVES: dict[int | None, Saves] = {}


class Course:
    """An attempt at so much ``work``, of which ``saved`` need not be done again, at some pace."""

    def __init__(
        self, work: int, saved: int, saves: Saves | None, pace: Fraction = Fraction(1)
    ) -> None:
        self.pace = pace
        """Work a second."""
        self.marks: list[tuple[int, int]] = []
        """(seconds from the start, work that is saved from then on)."""
        other, done, left = 0, 0, work - saved
        if saves is not None:
            other = saves.restart if saved else 0
            while left - done > saves.period:
                other += saves.write
                done += saves.period
                self.marks.append((other + self.seconds(done), done))
        self.length = other + self.seconds(left)
        """Seconds that it takes if nobody cuts it."""

    def seconds(self, work: int) -> int:
        """How long so much work takes."""
        return ceil(work / self.pace)

    def kept(self, ran: int) -> int:
        """Work that is saved after so many seconds."""
        return max((done for time, done in self.marks if time <= ran), default=0)

    def seconds_kept(self, ran: int) -> int:
        """How many of so many seconds went into work that is saved."""
        return self.seconds(self.kept(ran))
