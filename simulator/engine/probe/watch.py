"""Looking on at a replay at chosen instants, without changing anything in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from simulator.engine.probe.turns_kernel import next_event
from simulator.engine.world import Nodes, Pool, World

Seen = Callable[[int, Pool | Nodes], None]
"""Told of an instant: when, and the machine before its arrivals and its pass, not to be changed."""


def inspected(world: World) -> Pool | Nodes:
    """The world, which is of one of the two kinds."""
    if not isinstance(world, (Pool, Nodes)):
        raise TypeError(f"a {type(world).__name__} cannot be looked into")
    return world


class Onlooker:
    """A ``Watch`` that stops before the passes of chosen instants."""

    def __init__(self, instants: Iterable[int], seen: Seen) -> None:
        self._instants = deque(sorted(set(instants)))
        self._seen = seen

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """Advance as ``world`` does, and tell of each chosen instant at which something happens.

        Phase 1 of the instant, and SimPy's events at it, have been by then.
        """
        machine = inspected(world)
        while self._instants and self._instants[0] < horizon:
            when = self._instants[0]
            if not machine.advance(when, rounds):
                return False
            self._instants.popleft()
            if next_event(machine.state, machine.program) == when:
                self._seen(when, machine)
        return machine.advance(horizon, rounds)
