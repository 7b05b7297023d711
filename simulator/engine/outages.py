"""Outages: what becomes of the machine when they begin and end, and those with a timetable."""

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
        units = int(machine.gpus[nodes].sum()) * machine.slices
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
        FAR if window.on_start == "requeue" else 0,
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
        requeues = FAR if loss.on_start == "requeue" else 0
        outages.append(Outage("loss", loss.at, end, loss.units, FAR, loss.repair_known, requeues))
    return outages


@dataclass(slots=True)
class Happenings:
    """What befalls the machine: each outage becomes known, begins, and ends."""

    clock: Clock
    entries: list[Entry] = field(default_factory=list)
    """What happened, for the events table."""
    _taken: dict[int, int] = field(default_factory=dict)
    _owners: int = 0

    def new_owner(self) -> int:
        """A number for one more outage."""
        self._owners += 1
        return self._owners

    def known(self, owner: int, outage: Outage) -> None:
        """Plans learn of an outage to come."""
        self.clock.world.announce(int(self.clock.now), owner, outage, outage.start)
        self._note("announced", outage, f"from {outage.start} until {outage.end} s")

    def gone(self, owner: int, outage: Outage) -> None:
        """An outage begins."""
        world, now = self.clock.world, int(self.clock.now)
        world.withdraw(now, owner)
        self._taken[owner] = units = world.take(now, outage)
        if outage.end_known:
            # Plans may count on the units that went, which may be fewer than were to go.
            world.announce(now, owner, replace(outage, units=units), now)
        kind = "maintenance_start" if outage.kind == "maintenance" else outage.kind
        short = f"; {outage.units - units} more were away already" if units < outage.units else ""
        until = "for good" if outage.end == FAR else f"until {outage.end} s"
        self._note(kind, outage, until + short, units)

    def back(self, owner: int, outage: Outage) -> None:
        """An outage ends."""
        now, units = int(self.clock.now), self._taken.pop(owner)
        self.clock.world.withdraw(now, owner)
        self.clock.world.give_back(now, outage, units)
        kind = "maintenance_end" if outage.kind == "maintenance" else "repair"
        self._note(kind, outage, "", units)

    def _note(self, kind: str, outage: Outage, detail: str, units: int | None = None) -> None:
        capacity = int(self.clock.world.state.counters[CAPACITY])
        units = outage.units if units is None else units
        nodes = outage.nodes.tolist() or None
        self.entries.append(Entry(int(self.clock.now), kind, units, capacity, detail, nodes))


def timetable(happenings: Happenings, outages: Sequence[Outage]) -> Generator[Event, Any, None]:
    """The process of all outages whose times are given."""
    clock, table = happenings.clock, []
    for outage in outages:
        owner = happenings.new_owner()
        if outage.known_from < outage.start:
            table.append((outage.known_from, _KNOWN, owner, outage))
        table.append((outage.start, _GONE, owner, outage))
        if outage.end < FAR:
            table.append((outage.end, _BACK, owner, outage))
    handlers = {_BACK: happenings.back, _KNOWN: happenings.known, _GONE: happenings.gone}
    for when, what, owner, outage in sorted(table, key=lambda entry: entry[:3]):
        if when > clock.now:
            yield clock.timeout(when - int(clock.now))
        handlers[what](owner, outage)
