"""Another world: the same run, with one clause lifted for one job from its submission on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from simulator.engine.clock import Watch
from simulator.engine.probe.lifts import (
    LIMIT,
    ORDER,
    PLAN,
    STANDING,
    World,
    exempt,
    stand_as_others,
)
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.trial import (
    Look,
    freeze,
    go_alone_at_its_turn,
    line,
    put_first,
    starts,
)
from simulator.engine.probe.turns_kernel import into_order, next_event
from simulator.engine.probe.watch import inspected
from simulator.engine.world import World as AnyWorld
from simulator.kernels.limits import NONE, Limits
from simulator.kernels.state import (
    CHANGED,
    DONE,
    DUE,
    ENDS,
    FAR,
    FREE,
    HEAD,
    HEAD_JOB,
    PENDING,
    PLACED,
    POINTS,
    QUEUED,
    REFUSED,
    TAIL,
    WITHDRAWN,
)

LIFTED_FROM_THE_FIRST = (LIMIT, STANDING, PLAN, ORDER)
"""Clauses that can be lifted for one job alone, for as long as it waits."""


def otherwise(clause: str, position: int, units: int) -> Watch:
    """A hand in a replay that lifts the clause for the job: one of ``LIFTED_FROM_THE_FIRST``."""
    if clause == LIMIT:
        return _Exempt(position)
    hands: dict[str, Callable[[int, int], Watch]] = {
        ORDER: _First,
        STANDING: _PutBackByNone,
        PLAN: _AsSoonAsItFits,
    }
    return hands[clause](position, units)


_OVER = (DONE, REFUSED, WITHDRAWN)
"""Phases that a job never leaves."""


class _Hand(Watch, ABC):
    """Steps through the instants at which the job waits, however often it does."""

    def __init__(self, position: int, units: int) -> None:
        self.position = position
        self.units = units

    def advance(self, world: AnyWorld, horizon: int, rounds: int) -> bool:
        """Advance ``world``, with ``at`` in the place of each instant while the job waits."""
        machine = inspected(world)
        submit = int(machine.state.columns.submit[self.position])
        while machine.state.progress.phase[self.position] not in _OVER:
            when = max(submit, int(next_event(machine.state_at, machine.program)))
            if when >= horizon:
                break
            if not machine.advance(when, rounds):
                return False
            if self._waits(machine):
                self.at(machine, when)
            else:
                while not machine.advance(when + 1, rounds):
                    pass
        return machine.advance(horizon, rounds)

    def _waits(self, world: World) -> bool:
        return world.state.progress.phase[self.position] in (PENDING, QUEUED)

    @abstractmethod
    def at(self, world: World, when: int) -> None:
        """Make the instant happen, whose phase 1 has been."""


class _Exempt(Watch):
    """No limit concerns the job from the first, nor any that a reform brings."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._begun = False

    def advance(self, world: AnyWorld, horizon: int, rounds: int) -> bool:
        """As ``world`` advances."""
        if not self._begun:
            self._begun = True
            exempt(inspected(world), self._position)
        return world.advance(horizon, rounds)

    def take_over(self, limits: Limits) -> None:
        """They neither hold the job back nor refuse it."""
        limits.group[self._position] = limits.refused_by[self._position] = NONE


class _Elsewhere(_Hand):
    """The job has another place in the order of every pass."""

    @abstractmethod
    def move(self, world: World) -> None:
        """Let it have that place, in a queue that is in order and has it."""

    def at(self, world: World, when: int) -> None:
        """Make the instant's rounds one by one, the job put elsewhere before each pass."""
        while next_event(world.state_at, world.program) == when and self._waits(world):
            program = world.program
            into_order(world.state_at, program, when)
            world.program = freeze(program)
            if self.position in line(world):
                self.move(world)
            counters = world.state.counters
            counters[DUE], counters[CHANGED] = 1, max(counters[CHANGED], ENDS)
            world.advance(FAR, 1)
            world.program = program


class _First(_Elsewhere):
    """The job is first in the order of every pass."""

    def move(self, world: World) -> None:
        """Put it first."""
        put_first(world, self.position)


class _PutBackByNone(_Elsewhere):
    """No budget lets the job stand behind others, or count as submitted later."""

    def move(self, world: World) -> None:
        """Put it where it stands without them, if the rule in force has any."""
        if len(world.state.limits.group):
            stand_as_others(world, self.position)


class _AsSoonAsItFits(_Hand):
    """At its turn the job starts if it fits, whomever that delays."""

    def __init__(self, position: int, units: int) -> None:
        super().__init__(position, units)
        self._scratch = Scratch()

    def at(self, world: World, when: int) -> None:
        """Make the instant's rounds as they are, up to one in which the job fits at its turn."""
        while next_event(world.state_at, world.program) == when and self._waits(world):
            fits = world.state.columns.gpus[self.position] <= world.state.counters[FREE]
            if not (fits and self._let_in(world, when)):
                world.advance(when + 1, 1)

    def _let_in(self, world: World, when: int) -> bool:
        """Let those ahead have their turns, then the job; false, and nothing done, if it does not
        fit, which is tried beforehand. The others have theirs when time goes on."""
        look = Look(world, when, self.position, self.units, self._scratch)
        if not starts(look, {PLAN}):
            return False
        program = world.program
        into_order(world.state_at, program, when)
        world.program = freeze(program)
        before = _queue_of(world)
        go_alone_at_its_turn(world, look)
        world.program = program
        _queue_the_others(world, before)
        return True


def _queue_of(world: World) -> dict[int, float]:
    """The jobs in the queue and their keys."""
    counters = world.state.counters
    keys = world.state.queue.key[counters[HEAD] : counters[TAIL]]
    return dict(zip(line(world).tolist(), keys.tolist(), strict=True))


def _queue_the_others(world: World, before: dict[int, float]) -> None:
    """Put those who stood in the queue ``before`` and still wait back into it."""
    state, counters = world.state, world.state.counters
    by, phase = state.limits.by, state.progress.phase
    waiting = {
        position: key
        for position, key in before.items()
        if phase[position] == QUEUED and not (len(by) and by[position] != NONE)
    } | _queue_of(world)
    behind = state.limits.balances.behind
    stands = behind if len(behind) else np.zeros(len(phase), np.int64)
    place = {each: (stands[each], -waiting[each], each) for each in waiting}
    order = np.array(sorted(waiting, key=place.__getitem__), np.int64)
    queue, columns, count = state.queue, state.columns, len(order)
    counters[HEAD], counters[TAIL] = 0, count
    queue.position[:count] = order
    queue.gpus[:count] = columns.gpus[order]
    queue.walltime[:count] = columns.walltime[order]
    queue.key[:count] = [waiting[each] for each in order.tolist()]
    counters[DUE], counters[CHANGED], counters[HEAD_JOB] = 1, ENDS, -1
    counters[[PLACED, POINTS]] = 0
