"""For whom a running job is stopped: by an owner that takes back its own GPUs, or by rank."""

from __future__ import annotations

from typing import NamedTuple

from simulator.engine.probe.lifts import World
from simulator.engine.probe.trial import Look, line, ordered
from simulator.engine.probe.turns_kernel import next_event
from simulator.kernels.rights import TAKEN_BACK
from simulator.kernels.state import CHANGED, DUE, EITHER, ENDS, FAR, HEAD, LOGGED, TAIL
from simulator.results.schema import CAUSES

_STOPPED = CAUSES.index("preemption")


class Stop(NamedTuple):
    """For whom a job is stopped."""

    by: int
    """The position of the waiting job at whose turn it is."""
    owner: bool
    """Whether that takes back what is its member's own; else it is of a higher rank."""


def stopper(look: Look) -> Stop | None:
    """For whom the look's job is stopped in a pass of the instant; None if it is not.

    A pass goes down the queue, and what stands behind changes nothing of a turn: it is the last of
    the shortest part of the queue with which the job is stopped.
    """
    here = look
    while next_event(here.world.state_at, here.world.program) == look.when:
        queue = line(ordered(here)).copy()
        if is_stopped(here, len(queue)):
            few = _fewest(here, len(queue))
            return Stop(int(queue[few - 1]), _by_an_owner(here, few))
        here = Look(_after_its_round(here), look.when, look.position, look.units)
    return None


def is_stopped(look: Look, first: int) -> bool:
    """Whether the job is stopped for another in the next round if only the ``first`` wait; it may
    have started again before the round is over."""
    before = look.world.state.counters[LOGGED]
    world = _with_the_first(look, first)
    log, new = world.state.log, slice(before, world.state.counters[LOGGED])
    return bool(((log.position[new] == look.position) & (log.cause[new] == _STOPPED)).any())


def _with_the_first(look: Look, first: int) -> World:
    """After the next round, if only the ``first`` of the queue wait."""
    world = ordered(look)
    counters = world.state.counters
    counters[TAIL] = min(counters[TAIL], counters[HEAD] + first)
    counters[DUE], counters[CHANGED] = 1, max(counters[CHANGED], ENDS)
    world.advance(FAR, 1)
    return world


def _by_an_owner(look: Look, first: int) -> bool:
    """Whether it is an owner's right by which the job is stopped so."""
    world = _with_the_first(look, first)
    noted = world.state.rights.reclaimed[look.position]
    return bool(world.program.preemption != EITHER or noted == TAKEN_BACK)


def _fewest(look: Look, enough: int) -> int:
    few = 0
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if is_stopped(look, middle) else (middle, enough)
    return enough


def _after_its_round(look: Look) -> World:
    world = look.scratch.raw()
    world.advance(FAR, 1)
    return world
