"""Maintenance windows and losses of capacity: one SimPy process with a timetable."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simpy.events import Event

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from simulator.engine.clock import Clock
from simulator.engine.verbs_kernel import announce, give_back, take, withdraw
from simulator.kernels.state import CAPACITY, FAR

# What is due at one instant: units come back before others go, and what is known is told between.
_BACK, _KNOWN, _GONE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outage:
    """One absence of units."""

    kind: str
    """maintenance or loss."""
    start: int
    end: int
    """FAR: for good."""
    units: int
    known_from: int
    """When plans learn of it; FAR: not before it starts."""
    end_known: bool
    """Once it has started, plans know when the units come back."""
    requeue: bool


class Entry(NamedTuple):
    """A row of the events table."""

    time: int
    kind: str
    units: int
    capacity: int
    detail: str


def outages_of(
    maintenance: Sequence[MaintenanceWindow],
    losses: Sequence[CapacityLoss],
    capacity: int,
    last_submit: int,
) -> list[Outage]:
    """Every absence of a run, windows first, repeated ones until the last arrival."""
    outages = []
    for window in maintenance:
        start = window.start
        while start == window.start or (window.every and start <= last_submit):
            known = 0 if window.announced is None else max(0, start - window.announced)
            outages.append(
                Outage(
                    "maintenance",
                    start,
                    start + window.duration,
                    window.units or capacity,
                    known if window.drain else FAR,
                    True,
                    window.on_start == "requeue",
                )
            )
            if not window.every:
                break
            start += window.every
    for loss in losses:
        end = FAR if loss.duration is None else loss.at + loss.duration
        outages.append(
            Outage(
                "loss", loss.at, end, loss.units, FAR, loss.repair_known, loss.on_start == "requeue"
            )
        )
    return outages


@dataclass(slots=True)
class Outages:
    """The process that takes units away and brings them back."""

    clock: Clock
    outages: list[Outage]
    entries: list[Entry] = field(default_factory=list)
    """What happened, for the events table."""
    _taken: dict[int, int] = field(default_factory=dict)

    def _timetable(self) -> list[tuple[int, int, int]]:
        table = []
        for owner, outage in enumerate(self.outages):
            if outage.known_from < outage.start:
                table.append((outage.known_from, _KNOWN, owner))
            table.append((outage.start, _GONE, owner))
            if outage.end < FAR:
                table.append((outage.end, _BACK, owner))
        return sorted(table)

    def process(self) -> Generator[Event, Any, None]:
        """Walk through the timetable."""
        handlers = {_BACK: self._back, _KNOWN: self._known, _GONE: self._gone}
        for when, what, owner in self._timetable():
            if when > self.clock.now:
                yield self.clock.timeout(when - int(self.clock.now))
            handlers[what](when, owner)

    def _known(self, now: int, owner: int) -> None:
        outage = self.outages[owner]
        announce(self.clock.state, now, owner, outage.start, outage.end, outage.units)
        self._note(now, "announced", outage.units, f"from {outage.start} until {outage.end} s")

    def _gone(self, now: int, owner: int) -> None:
        outage, state = self.outages[owner], self.clock.state
        withdraw(state, now, owner)
        units = int(take(state, self.clock.program, now, outage.units, outage.requeue))
        self._taken[owner] = units
        if outage.end_known:
            announce(state, now, owner, now, outage.end, units)
        kind = "maintenance_start" if outage.kind == "maintenance" else "loss"
        short = f"; {outage.units - units} more were away already" if units < outage.units else ""
        until = "for good" if outage.end == FAR else f"until {outage.end} s"
        self._note(now, kind, units, until + short)

    def _back(self, now: int, owner: int) -> None:
        withdraw(self.clock.state, now, owner)
        give_back(self.clock.state, now, self._taken[owner])
        kind = "maintenance_end" if self.outages[owner].kind == "maintenance" else "repair"
        self._note(now, kind, self._taken[owner], "")

    def _note(self, now: int, kind: str, units: int, detail: str) -> None:
        capacity = int(self.clock.state.counters[CAPACITY])
        self.entries.append(Entry(now, kind, units, capacity, detail))
