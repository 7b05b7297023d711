"""For whom a running job is stopped by an owner that takes back its own GPUs."""

from __future__ import annotations

from simulator.engine.probe.copies import copied
from simulator.engine.probe.lifts import World
from simulator.engine.probe.trial import Look, line, ordered
from simulator.engine.probe.turns_kernel import next_event
from simulator.kernels.state import CHANGED, DUE, ENDS, FAR, HEAD, LOGGED, TAIL
from simulator.results.schema import CAUSES

_STOPPED = CAUSES.index("preemption")


def stopper(look: Look) -> int | None:
    """The waiting job at whose turn the look's job is stopped in a pass of the instant; None if it
    is not.

    A pass goes down the queue, and what stands behind changes nothing of a turn: it is the last of
    the shortest part of the queue with which the job is stopped.
    """
    world = copied(look.world)
    while next_event(world.state, world.program) == look.when:
        here = Look(world, look.when, look.position, look.units)
        queue = line(ordered(here))
        if is_stopped(here, len(queue)):
            return int(queue[_fewest(here, len(queue)) - 1])
        world = _after_its_round(here)
    return None


def is_stopped(look: Look, first: int) -> bool:
    """Whether the job is stopped for another in the next round if only the ``first`` wait; it may
    have started again before the round is over."""
    world = ordered(look)
    counters = world.state.counters
    before = counters[LOGGED]
    counters[TAIL] = min(counters[TAIL], counters[HEAD] + first)
    counters[DUE], counters[CHANGED] = 1, max(counters[CHANGED], ENDS)
    world.advance(FAR, 1)
    log, new = world.state.log, slice(before, counters[LOGGED])
    return bool(((log.position[new] == look.position) & (log.cause[new] == _STOPPED)).any())


def _fewest(look: Look, enough: int) -> int:
    few = 0
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if is_stopped(look, middle) else (middle, enough)
    return enough


def _after_its_round(look: Look) -> World:
    world = copied(look.world)
    world.advance(FAR, 1)
    return world
