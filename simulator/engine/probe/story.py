"""What is noted of a job's wait, look by look, while its run is replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simulator.engine.probe.aside import Still, still
from simulator.engine.probe.budgets import standing_of, used_up, why_held
from simulator.engine.probe.factors import factors
from simulator.engine.probe.lifts import LIMIT, STANDING, World
from simulator.engine.probe.promise import promised
from simulator.engine.probe.room import Room, limits_against, not_looked_at, room_for
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.starters import rights
from simulator.engine.probe.stopped import stopper, suspender
from simulator.engine.probe.trial import Look, blocking, go, last_round, line, ordered
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import DONE, HEAD, HOLDING, PENDING, QUEUED, SUSPENDED
from simulator.rules.limits.held_back_kernel import BLOCK
from simulator.rules.models import Rule

GRACE = "grace"
"""It has stopped others and holds units until they have gone: it has its turn behind it."""


class InForce(NamedTuple):
    """A rule, and of its order's parts those that never change."""

    rule: Rule
    parts: Mapping[str, float]
    """As ``factors`` takes them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One pass that the job sat through."""

    when: int
    era: int
    """How many reforms had taken effect."""
    blocked_by: tuple[str, ...]
    """Clauses of ``lifts.CLAUSES``, or ``GRACE``."""
    limits: tuple[str, ...]
    """Those that held it back, by name."""
    why: tuple[str, ...]
    """Of each of these that is a budget, why it did: a word of ``budgets``; else empty."""
    not_looked_at: tuple[str, ...]
    """Those of them by which only the first of its group that wait are looked at, and not it."""
    behind: tuple[str, ...]
    """Budgets that let it stand behind all others, if that blocked it."""
    late: tuple[tuple[str, int], ...]
    """Budgets that counted it as submitted later, if that blocked it, with by how many seconds."""
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
    by_pass: str = ""
    """MAIN, WHOLE_LINE or BACKFILL of ``slurm_story``, of Slurm's passes; else empty."""


@dataclass(slots=True)
class Story:
    """The wait of one job: give ``watch`` to a replay, and read what it noted."""

    position: int
    units: int
    """Of the whole machine."""
    eras: Sequence[InForce]
    """The run's rules, one after the other."""
    looks: frozenset[int]
    """Instants at which it is asked what blocks the job."""
    starts: Mapping[int, Sequence[int]]
    """Instants → who starts then, at which it is asked by what right."""
    preemptions: frozenset[int]
    """Instants at which jobs are preempted."""
    kills: frozenset[int] = frozenset()
    """Instants at which it was killed, as nothing was left of a budget."""
    reclaims: frozenset[int] = frozenset()
    """Instants at which it was stopped for an owner of GPUs, or where ranks count too, by rank."""
    suspensions: frozenset[int] = frozenset()
    """Instants at which it was suspended."""
    stills: frozenset[int] = frozenset()
    """Instants at which it is asked why it stands still."""
    moments: list[Moment] = field(default_factory=list)
    started: dict[tuple[int, int], str] = field(default_factory=dict)
    """(instant, position) → by what right that job started."""
    killed: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Of each of ``kills``, the budgets."""
    reclaimed: dict[int, int] = field(default_factory=dict)
    """Of each of ``reclaims``, the position of the job for which it was stopped: an owner's."""
    outranked: dict[int, int] = field(default_factory=dict)
    """The same, where it was by rank."""
    suspended: dict[int, int] = field(default_factory=dict)
    """Of each of ``suspensions``, the position of the job for which it was suspended."""
    stood_still: list[Still] = field(default_factory=list)
    began: dict[int, str] = field(default_factory=dict)
    """What ``SlurmStory`` tells of Slurm's passes; empty here, as the next."""
    stopped: dict[int, int] = field(default_factory=dict)
    _scratch: Scratch = field(default_factory=Scratch, repr=False)

    @property
    def ends(self) -> frozenset[int]:
        """Instants at which it is asked why it was stopped, suspended or killed."""
        return self.kills | self.reclaims | self.suspensions

    def watch(self) -> Onlooker:
        """Who looks on at all of these instants."""
        seen = {*self.looks, *self.starts, *self.ends, *self.stills}
        return Onlooker(seen, self._see, self.kills, self._ended)

    def _ended(self, when: int, world: World) -> bool:
        """Note the kill if it has been, before budgets are granted anything more."""
        if world.state.progress.phase[self.position] != DONE:
            return False
        columns = used_up(world, self.position, when)
        names = self.eras[world.era].rule.holding
        self.killed[when] = tuple(names[column] for column in columns)
        return True

    def _see(self, when: int, world: World) -> None:
        phase = world.state.progress.phase[self.position]
        if when in self.reclaims:
            found = stopper(Look(world, when, self.position, self.units, self._scratch))
            if found is not None:
                (self.reclaimed if found.owner else self.outranked)[when] = found.by
        if when in self.suspensions or (when in self.stills and phase == SUSPENDED):
            self._see_suspended(Look(world, when, self.position, self.units, self._scratch), world)
        comes = phase == PENDING and world.state.columns.submit[self.position] == when
        if not (comes or phase in (QUEUED, HOLDING)):
            return
        look = Look(world, when, self.position, self.units, self._scratch)
        if when in self.starts:
            others = [each for each in self.starts[when] if each != self.position]
            told = rights(look, others, stopped=when in self.preemptions)
            self.started.update({(when, each): right for each, right in told.items()})
        if when in self.looks:
            few = len(world.state.limits.lines.most) > 0
            last = last_round(look) if few else look
            self._note(last, world.era, holds=phase == HOLDING)

    def _see_suspended(self, look: Look, world: World) -> None:
        """Note for whom it is suspended, and why it does not go on."""
        if look.when in self.suspensions and (by := suspender(look)) is not None:
            self.suspended[look.when] = by
        stands_still = world.state.progress.phase[self.position] == SUSPENDED
        if look.when in self.stills and stands_still and (found := still(look, world.era)):
            self.stood_still.append(found)

    def _note(self, look: Look, era: int, *, holds: bool) -> None:
        """Note the moment, unless the job starts in it."""
        world, (rule, parts) = ordered(look), self.eras[era]
        queue = line(world)
        found = np.flatnonzero(queue == self.position)
        place = int(found[0]) if len(found) else None
        key = np.nan if place is None else world.state.queue.key[world.state.counters[HEAD] + place]
        made_of = factors(world, self.position, rule, parts)
        before, waiting = room_for(world, self.position), len(queue)
        standing, (against, unseen) = standing_of(world, self.position), self._against(world, rule)
        if go(world, look) and not holds:
            return
        # Whom nothing stood against before the pass may be held by what started in it.
        if not against:
            against, unseen = self._against(world, rule)
        after, plan = room_for(world, self.position), self._plan(world, rule)
        clauses = (GRACE,) if holds else blocking(look)
        names, put_back = rule.holding, STANDING in clauses
        against = against if LIMIT in clauses else []
        self.moments.append(
            Moment(
                look.when,
                era,
                clauses,
                tuple(name for name, _ in against),
                tuple(why for _, why in against),
                unseen if LIMIT in clauses else (),
                tuple(names[column] for column in standing.behind if put_back),
                tuple((names[column], late) for column, late in standing.late if put_back),
                place,
                waiting,
                float(key) if np.isfinite(key) else None,
                made_of,
                before,
                after,
                *plan,
            )
        )

    def _against(self, world: World, rule: Rule) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """Limits that hold it back now, each by itself, and of budgets why; and those of them by
        which it is not looked at."""
        names, found = rule.holding, list[tuple[str, str]]()
        for column in limits_against(world, self.position):
            why, name = "", names[column]
            if name in rule.budgets:
                why = why_held(world, self.position, column)
            found.append((name, why))
        unseen = not_looked_at(world, self.position)
        return found, tuple(names[column] for column in unseen)

    def _plan(
        self, world: World, rule: Rule
    ) -> tuple[int | None, int | None, int | None, tuple[str, ...]]:
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
        names = rule.holding
        return mine, head, theirs, tuple(names[column] for column in held)
