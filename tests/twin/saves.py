"""Checkpoints, as the course of an attempt: what is saved when, and when it ends."""

from __future__ import annotations

from typing import NamedTuple


class Saves(NamedTuple):
    """What checkpoints cost, s; the first ``period`` of work, then ``write``, and so on."""

    period: int
    write: int = 0
    restart: int = 0


NO_SAVES: dict[int | None, Saves] = {}


class Course:
    """An attempt at ``work`` seconds, of which ``saved`` need not be done again."""

    def __init__(self, work: int, saved: int, saves: Saves | None) -> None:
        self.marks: list[tuple[int, int]] = []
        """(seconds from the start, seconds of work that are saved from then on)."""
        time, done, left = 0, 0, work - saved
        if saves is not None:
            time = saves.restart if saved else 0
            while left - done > saves.period:
                time += saves.period + saves.write
                done += saves.period
                self.marks.append((time, done))
        self.length = time + left - done
        """Seconds that it takes if nobody cuts it."""

    def kept(self, ran: int) -> int:
        """Work that is saved after so many seconds."""
        return max((done for time, done in self.marks if time <= ran), default=0)
