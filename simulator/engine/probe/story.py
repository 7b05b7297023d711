"""What is noted of a job's wait, look by look, while its run is replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.engine.probe.factors import factors
from simulator.engine.probe.lifts import LIMIT, World
from simulator.engine.probe.promise import promised
from simulator.engine.probe.room import Room, limits_against, not_looked_at, room_for
from simulator.engine.probe.starters import rights
from simulator.engine.probe.trial import Look, blocking, go, last_round, line, ordered
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import HEAD, HOLDING, PENDING, QUEUED
from simulator.rules.limits.held_back_kernel import BLOCK
from simulator.rules.models import Rule

GRACE = "grace"
"""It has stopped others and holds units until they have gone: it has its turn behind it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One pass that the job sat through."""

    when: int
    blocked_by: tuple[str, ...]
    """Clauses of ``lifts.CLAUSES``, or ``GRACE``."""
    limits: tuple[str, ...]
    """Those that held it back, by name."""
    not_looked_at: tuple[str, ...]
    """Those of them by which only the first of its group that wait are looked at, and not it."""
    ahead: int | None
    """Jobs before it in the order of the pass; None if a limit held it back."""
    queued: int
    """Jobs in the queue, itself included."""
    key: float | None
    """What the order gives it: the largest goes first."""
    factors: Mapping[str, float]
    before: Room
    """What was free for it before the pass."""
    after: Room
    """And after it."""
    promised: int | None
    """Its planned start by this pass."""
    head: int | None
    """The position of the first job that could not start; None if that is itself, or a limit's."""
    head_promised: int | None
    """That job's planned start."""
    head_limits: tuple[str, ...]
    """Limits that hold that job, and with it the queue, back."""


@dataclass(slots=True)
class Story:
    """The wait of one job: give ``watch`` to a replay, and read what it noted."""

    position: int
    units: int
    """Of the whole machine."""
    rule: Rule
    parts: Mapping[str, float]
    """As ``factors`` takes them."""
    looks: frozenset[int]
    """Instants at which it is asked what blocks the job."""
    starts: Mapping[int, Sequence[int]]
    """Instants → who starts then, at which it is asked by what right."""
    preemptions: frozenset[int]
    """Instants at which jobs are preempted."""
    moments: list[Moment] = field(default_factory=list)
    started: dict[tuple[int, int], str] = field(default_factory=dict)
    """(instant, position) → by what right that job started."""

    def watch(self) -> Onlooker:
        """Who looks on at all of these instants."""
        return Onlooker({*self.looks, *self.starts}, self._see)

    def _see(self, when: int, world: World) -> None:
        phase = world.state.progress.phase[self.position]
        comes = phase == PENDING and world.state.columns.submit[self.position] == when
        if not (comes or phase in (QUEUED, HOLDING)):
            return
        look = Look(world, when, self.position, self.units)
        if when in self.starts:
            others = [each for each in self.starts[when] if each != self.position]
            told = rights(look, others, stopped=when in self.preemptions)
            self.started.update({(when, each): right for each, right in told.items()})
        if when in self.looks:
            few = len(world.state.limits.lines.most) > 0
            self._note(last_round(look) if few else look, holds=phase == HOLDING)

    def _note(self, look: Look, *, holds: bool) -> None:
        """Note the moment, unless the job starts in it."""
        world = ordered(look)
        queue = line(world)
        found = np.flatnonzero(queue == self.position)
        place = int(found[0]) if len(found) else None
        key = np.nan if place is None else world.state.queue.key[world.state.counters[HEAD] + place]
        made_of = factors(world, self.position, self.rule, self.parts)
        before, waiting = room_for(world, self.position), len(queue)
        against, unseen = self._against(world)
        if go(world, look) and not holds:
            return
        # Whom nothing stood against before the pass may be held by what started in it.
        if not against:
            against, unseen = self._against(world)
        clauses = (GRACE,) if holds else blocking(look)
        names = self.rule.holding
        self.moments.append(
            Moment(
                look.when,
                clauses,
                tuple(names[column] for column in against) if LIMIT in clauses else (),
                tuple(names[column] for column in unseen) if LIMIT in clauses else (),
                place,
                waiting,
                float(key) if np.isfinite(key) else None,
                made_of,
                before,
                room_for(world, self.position),
                *self._plan(world),
            )
        )

    def _against(self, world: World) -> tuple[list[int], list[int]]:
        """The limits against the job, and those of them by which it is not looked at."""
        return limits_against(world, self.position), not_looked_at(world, self.position)

    def _plan(self, world: World) -> tuple[int | None, int | None, int | None, tuple[str, ...]]:
        """The job's planned start, the head, its planned start and the limits that hold it;
        ``world`` is used up."""
        queue = line(world).tolist()
        head = queue[0] if queue and queue[0] != self.position else None
        theirs, held = None, list[int]()
        if head is not None:
            held = limits_against(world, head) if world.program.limited == BLOCK else held
            theirs = None if held else promised(world, head, 0)
        mine = None
        if self.position in queue:
            mine = promised(world, self.position, queue.index(self.position))
        names = self.rule.holding
        return mine, head, theirs, tuple(names[column] for column in held)
