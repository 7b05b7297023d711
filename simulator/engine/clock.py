"""SimPy's clock with the kernels beneath it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import simpy
from simpy.core import EmptySchedule
from simpy.events import Event, EventPriority

from simulator.engine.world import World
from simulator.errors import AdilError
from simulator.kernels.limits import Limits, held_back
from simulator.kernels.state import ARRIVED, BUSY, FALLEN, FAR, HEAD, NOW, STARTED, TAIL

SLICE = 100_000
"""Rounds between two looks at the keyboard, a fraction of a second; and events or rounds of one
instant, beside those that there is a reason for, after which nothing is expected to come of it."""


class StandstillError(AdilError):
    """Time does not go on: a fault of the engine's, or of a process that acts without end."""


class Watch(Protocol):
    """Somebody who looks on, or has a hand in what happens, between two events of SimPy."""

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """Let ``world`` advance as its own method would, in as many steps as one likes."""

    def take_over(self, limits: Limits) -> None:
        """A reform brings these limits, in which nobody is counted yet. Most take no note."""
        return None


class Clock(simpy.Environment):
    """A ``simpy.Environment`` whose time is handled by kernels up to SimPy's next event.

    SimPy owns what is rare: maintenance, losses, snapshots. The kernels own arrivals, completions
    and passes. At an instant that both have, completions come first, then all of SimPy's events of
    that instant, in SimPy's order, then arrivals and the pass. It ends when no job is left, or when
    those that are left can never start, or at ``until``.
    """

    def __init__(
        self,
        world: World,
        *,
        until: int = FAR,
        on_progress: Callable[[int], None] | None = None,
        watch: Watch | None = None,
    ) -> None:
        super().__init__(initial_time=0)
        self.world = world
        self.renewals = 0
        """Budgets that will still be granted anew or have not begun, reservations and reforms to
        come, and projects that may still be granted something."""
        self._until = until
        self._events_left = SLICE
        """Of this instant, before it is a fault."""
        self._on_progress = on_progress
        self._watch = watch

    def step(self) -> None:
        """Let the kernels work up to SimPy's next event, then handle that event."""
        event_at = self.peek()
        # SimPy's empty queue is at infinity, which no integer is.
        horizon = FAR if event_at == float("inf") else int(event_at)
        if horizon not in (FAR, event_at):
            raise ValueError(f"an event at {event_at}: times are whole units of the clock")
        self._run_kernels(min(horizon, self._until))
        if horizon >= self._until or self._nothing_left():
            raise EmptySchedule
        self._count_event(event_at)
        super().step()

    def _count_event(self, time: float) -> None:
        """Raise StandstillError if the coming event is one too many of its instant."""
        if time > self.now:
            self._events_left = SLICE + len(self._queue)
        self._events_left -= 1
        if self._events_left < 0:
            event = self._queue[0][-1]
            raise StandstillError(f"second {self.now} does not end: the next event is {event}")

    def _run_kernels(self, horizon: int) -> None:
        counters, arrived, rounds = self.world.state.counters, False, 0
        # Each job may end, and may be stopped, in a round of its own.
        most = SLICE + 2 * len(self.world.state.columns.submit)
        while not arrived:
            before = counters[NOW]
            if self._watch is None:
                arrived = self.world.advance(horizon, SLICE)
            else:
                arrived = self._watch.advance(self.world, horizon, SLICE)
            rounds = 0 if counters[NOW] > before else rounds + SLICE
            if rounds > most:
                raise StandstillError(f"second {before} does not end: {rounds} rounds of it")
            if self._on_progress is not None:
                self._on_progress(int(counters[ARRIVED]))

    def show(self, limits: Limits) -> None:
        """Show limits that a reform brings to whoever looks on."""
        if self._watch is not None:
            self._watch.take_over(limits)

    def is_empty(self) -> bool:
        """Whether nothing runs, and nothing is to be submitted any more."""
        counters = self.world.state.counters
        arrived = counters[ARRIVED] == len(self.world.state.columns.submit)
        return bool(arrived and counters[BUSY] == 0 and self.world.to_come_back == 0)

    def is_still(self) -> bool:
        """Whether nothing runs or is to come, and no event beside this one is to be handled."""
        return self.is_empty() and self.peek() == float("inf")

    def started(self) -> int:
        """Attempts started until now."""
        return int(self.world.state.counters[STARTED])

    def _nothing_left(self) -> bool:
        state, counters = self.world.state, self.world.state.counters
        if not self.is_empty() or counters[HEAD] != counters[TAIL]:
            return False
        # Whom limits hold back is let go before the next pass, but for those who cannot pay or are
        # kept out: they wait for another grant, for the end of a reservation, or until their users
        # take them back.
        held = held_back(state.limits)
        if not len(held) or self.renewals or counters[FALLEN]:
            return not len(held)
        taken_back = state.columns.cancelled_at
        return not len(taken_back) or not (taken_back[held] > counters[NOW]).any()


def until_interrupted(process: Generator[Event, Any, None]) -> Generator[Event, Any, None]:
    """The process of a rule that may be reformed."""
    try:
        yield from process
    except simpy.Interrupt:
        return


class At(Event):
    """An event at a given time and place within its instant; like ``simpy.Timeout``, which knows no
    places."""

    def __init__(self, clock: Clock, time: int, place: int) -> None:
        super().__init__(clock)
        self._ok, self._value = True, None
        clock.schedule(self, EventPriority(place), time - int(clock.now))
