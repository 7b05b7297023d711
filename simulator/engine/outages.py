"""Maintenance windows and losses of capacity: one SimPy process with a timetable."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from simpy.events import Event

from simulator.cluster.machine import Machine
from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from simulator.cluster.nodes.models import NodeWindow
from simulator.engine.clock import Clock
from simulator.engine.world import Outage
from simulator.kernels.state import CAPACITY, FAR

# What is due at one instant: units come back before others go, and what is known is told between.
_BACK, _KNOWN, _GONE = 0, 1, 2


class Entry(NamedTuple):
    """A row of the events table."""

    time: int
    kind: str
    units: int
    capacity: int
    detail: str
    nodes: list[int] | None


def _of_window(
    window: MaintenanceWindow | NodeWindow, machine: int | Machine, start: int
) -> Outage:
    """One occurrence of a window."""
    known = 0 if window.announced is None else max(0, start - window.announced)
    nodes = np.empty(0, np.int64)
    if isinstance(window, NodeWindow) and isinstance(machine, Machine):
        nodes = machine.numbers(window)
        units = int(machine.gpus[nodes].sum())
    elif isinstance(window, MaintenanceWindow) and isinstance(machine, int):
        units = window.units or machine
    else:
        raise TypeError(f"{type(window).__name__} is of another kind of machine")
    return Outage(
        "maintenance",
        start,
        start + window.duration,
        units,
        known if window.drain else FAR,
        True,
        window.on_start == "requeue",
        nodes,
    )


def outages_of(
    maintenance: Sequence[MaintenanceWindow | NodeWindow],
    losses: Sequence[CapacityLoss],
    machine: int | Machine,
    last_submit: int,
) -> list[Outage]:
    """Every planned absence of a run, windows first, repeated ones until the last arrival."""
    outages = []
    for window in maintenance:
        starts: Iterable[int] = (window.start,)
        if window.every:
            starts = range(window.start, max(last_submit, window.start) + 1, window.every)
        outages += [_of_window(window, machine, start) for start in starts]
    for loss in losses:
        end = FAR if loss.duration is None else loss.at + loss.duration
        requeue = loss.on_start == "requeue"
        outages.append(Outage("loss", loss.at, end, loss.units, FAR, loss.repair_known, requeue))
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
        self.clock.world.announce(now, owner, outage, outage.start)
        self._note(now, "announced", outage, f"from {outage.start} until {outage.end} s")

    def _gone(self, now: int, owner: int) -> None:
        outage, world = self.outages[owner], self.clock.world
        world.withdraw(now, owner)
        self._taken[owner] = units = world.take(now, outage)
        if outage.end_known:
            # Plans may count on the units that went, which may be fewer than were to go.
            world.announce(now, owner, replace(outage, units=units), now)
        kind = "maintenance_start" if outage.kind == "maintenance" else outage.kind
        short = f"; {outage.units - units} more were away already" if units < outage.units else ""
        until = "for good" if outage.end == FAR else f"until {outage.end} s"
        self._note(now, kind, outage, until + short, units)

    def _back(self, now: int, owner: int) -> None:
        outage, units = self.outages[owner], self._taken[owner]
        self.clock.world.withdraw(now, owner)
        self.clock.world.give_back(now, outage, units)
        kind = "maintenance_end" if outage.kind == "maintenance" else "repair"
        self._note(now, kind, outage, "", units)

    def _note(
        self, now: int, kind: str, outage: Outage, detail: str, units: int | None = None
    ) -> None:
        capacity = int(self.clock.world.state.counters[CAPACITY])
        units = outage.units if units is None else units
        self.entries.append(
            Entry(now, kind, units, capacity, detail, outage.nodes.tolist() or None)
        )
