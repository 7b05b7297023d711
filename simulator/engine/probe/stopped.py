"""For whom a running job is stopped: by an owner that takes back its own GPUs, or by rank; or for
whom it is suspended."""

from __future__ import annotations

from collections.abc import Callable
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
    """For whom the look's job is stopped in a pass of the instant; None if it is not."""
    found = _turn(look, is_stopped)
    if found is None:
        return None
    by, here, few = found
    return Stop(by, _by_an_owner(here, few))


def suspender(look: Look) -> int | None:
    """The position of the waiting job at whose turn the look's job is suspended in a pass of the
    instant; None if it is not."""
    found = _turn(look, is_suspended)
    return None if found is None else found[0]


def _turn(look: Look, ends: Callable[[Look, int], bool]) -> tuple[int, Look, int] | None:
    """At whose turn, in which round and at which place of its queue.

    A pass goes down the queue, and what stands behind changes nothing of a turn: it is the last of
    the shortest part of the queue with which the job's run ends so.
    """
    here = look
    while next_event(here.world.state_at, here.world.program) == look.when:
        queue = line(ordered(here)).copy()
        if ends(here, len(queue)):
            few = _fewest(here, len(queue), ends)
            return int(queue[few - 1]), here, few
        here = Look(_after_its_round(here), look.when, look.position, look.units)
    return None


def is_stopped(look: Look, first: int) -> bool:
    """Whether the job is stopped for another in the next round if only the ``first`` wait; it may
    have started again before the round is over."""
    before = look.world.state.counters[LOGGED]
    world = _with_the_first(look, first)
    log, new = world.state.log, slice(before, world.state.counters[LOGGED])
    return bool(((log.position[new] == look.position) & (log.cause[new] == _STOPPED)).any())


def is_suspended(look: Look, first: int) -> bool:
    """Whether the job is suspended for another in the next round if only the ``first`` wait."""
    before = look.world.state.suspensions.times[look.position]
    return bool(_with_the_first(look, first).state.suspensions.times[look.position] > before)


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


def _fewest(look: Look, enough: int, ends: Callable[[Look, int], bool]) -> int:
    few = 0
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if ends(look, middle) else (middle, enough)
    return enough


def _after_its_round(look: Look) -> World:
    world = look.scratch.raw()
    world.advance(FAR, 1)
    return world
