"""Looking on at a replay at chosen instants, without changing anything in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from simulator.engine.clock import Watch
from simulator.engine.probe.turns_kernel import next_event
from simulator.engine.world import Nodes, Pool, World
from simulator.kernels.state import FAR

Seen = Callable[[int, Pool | Nodes], None]
"""Told of an instant: when, and the machine before its arrivals and its pass, not to be changed."""

Ended = Callable[[int, Pool | Nodes], bool]
"""Told of an instant whose phase 1 has been, and again after each event of SimPy at it until it has
seen what it waits for; returns whether it has."""


def inspected(world: World) -> Pool | Nodes:
    """The world, which is of one of the two kinds."""
    if not isinstance(world, (Pool, Nodes)):
        raise TypeError(f"a {type(world).__name__} cannot be looked into")
    return world


def _nobody(when: int, world: Pool | Nodes) -> bool:
    """Take no note."""
    return True


class Onlooker(Watch):
    """A watch that stops before the passes of chosen instants, or behind their phase 1."""

    def __init__(
        self,
        instants: Iterable[int],
        seen: Seen,
        ends: Iterable[int] = (),
        ended: Ended = _nobody,
    ) -> None:
        self._instants = deque(sorted(set(instants)))
        self._seen = seen
        self._ends = deque(sorted(set(ends)))
        self._ended = ended

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """Advance as ``world`` does, and tell of each chosen instant at which something happens.

        Phase 1 of the instant, and SimPy's events at it, have been by then.
        """
        machine = inspected(world)
        while (look := self._next(self._instants)) < horizon or self._next(self._ends) <= horizon:
            when = min(look, self._next(self._ends))
            if not machine.advance(when, rounds):
                return False
            if self._next(self._ends) == when:
                if not self._ended(when, machine) and when == horizon:
                    break
                self._ends.popleft()
            elif self._instants.popleft() == next_event(machine.state_at, machine.program):
                self._seen(when, machine)
        return machine.advance(horizon, rounds)

    def _next(self, instants: deque[int]) -> int:
        return instants[0] if instants else FAR + 1
