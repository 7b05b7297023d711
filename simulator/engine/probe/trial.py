"""A pass made once more on a copy, with some clauses lifted for one job: does it start in it?"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from simulator.engine.probe.budgets import standing_of
from simulator.engine.probe.least import least
from simulator.engine.probe.lifts import (
    ASIDE,
    CLAUSES,
    CPUS,
    HELD,
    LIMIT,
    MEMORY,
    NODES,
    ORDER,
    OUTAGE,
    PLAN,
    RIGHTS,
    STANDING,
    World,
    anywhere,
    bring_back,
    claim_nothing,
    empty,
    free_to_preempt,
    has_rights,
    hold_no_more,
    stand_as_others,
    suspended,
    without,
)
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.turns_kernel import next_event
from simulator.engine.world import Nodes
from simulator.kernels.limits import NONE
from simulator.kernels.state import (
    CAPACITY,
    CHANGED,
    DUE,
    EITHER,
    ENDS,
    FALLEN,
    FAR,
    FIRST_NEW,
    HEAD,
    HEAD_JOB,
    HOLDING,
    MACHINE,
    OUTAGES,
    PLACED,
    POINTS,
    QUEUED,
    RECLAIM,
    TAIL,
    Ints,
    Program,
)
from simulator.rules.backfill.dispatch_kernel import HELD as KEPT_PLACES

NOBODY_STARTED = -1


@dataclass(frozen=True, slots=True)
class Look:
    """A machine at an instant, after its phase 1 and before its arrivals and its pass, and a job
    that waits or comes then."""

    world: World
    """Never changed."""
    when: int
    position: int
    units: int
    """Of the whole machine."""
    scratch: Scratch = field(default_factory=Scratch)
    """On which trials are made, one after the other: a world that one of these functions returns
    is of no use any more once another has been called."""

    def __post_init__(self) -> None:
        self.scratch.follow(self.world, self.when, self.position)


def line(world: World) -> Ints:
    """Positions of the jobs in the queue, first to last."""
    counters = world.state.counters
    return world.state.queue.position[counters[HEAD] : counters[TAIL]]


def last_round(look: Look) -> Look:
    """The look before the last round of the instant that the job sits through.

    Where few of those who wait are looked at, others come to be in further rounds.
    """
    while True:
        world = look.scratch.raw()
        world.advance(FAR, 1)
        waits = world.state.progress.phase[look.position] == QUEUED
        if not waits or next_event(world.state_at, world.program) != look.when:
            return look
        world.advance(look.when, 1)
        look = Look(world, look.when, look.position, look.units)


def ordered(look: Look) -> World:
    """The machine with its queue in the order of the pass, in which nothing orders it anew."""
    world = look.scratch.in_order()
    world.program = freeze(world.program)
    return world


@cache
def freeze(program: Program) -> Program:
    """The same rule, under which no pass makes the order anew."""
    return program._replace(moving=0, remembers=0, period=0)


def go(world: World, look: Look) -> bool:
    """Make the pass of the instant in ``world``; whether the job starts, or holds units until those
    that it stopped have gone."""
    state = world.state
    state.progress.sequence[look.position] = NOBODY_STARTED
    state.counters[DUE] = 1
    state.counters[CHANGED] = max(state.counters[CHANGED], ENDS)
    # One round, and nothing of what comes later.
    world.advance(FAR, 1)
    return has_started(world, look.position)


def has_started(world: World, position: int) -> bool:
    """Whether the job has started in the pass that ``go`` made."""
    progress = world.state.progress
    return bool(
        progress.sequence[position] != NOBODY_STARTED or progress.phase[position] == HOLDING
    )


def starts(look: Look, lifted: Set[str]) -> bool:
    """Whether the job starts in the pass with these clauses lifted for it."""
    world = lifted_world(look, lifted)
    if look.position not in line(world):
        return False
    if ORDER in lifted:
        put_first(world, look.position)
    if PLAN in lifted:
        go_alone_at_its_turn(world, look)
        return has_started(world, look.position)
    return go(world, look)


def lifted_world(look: Look, lifted: Set[str]) -> World:
    """The machine just before the pass, in its order, with all but the job's turn lifted."""
    world, position = look.scratch.in_order(), look.position
    if LIMIT in lifted:
        # Once it has come, so that it counts for those who come after it as it does.
        hold_no_more(world, position)
    if STANDING in lifted and position in line(world):
        stand_as_others(world, position)
    world.program = freeze(world.program)
    if RIGHTS in lifted:
        free_to_preempt(world, position)
    if OUTAGE in lifted:
        bring_back(world, look.units)
    if isinstance(world, Nodes):
        if NODES in lifted:
            anywhere(world, position)
        if ASIDE in lifted:
            claim_nothing(world)
        for resource in (CPUS, MEMORY):
            if resource in lifted:
                without(world, position, resource)
    if HELD in lifted:
        empty(world)
    return world


def _place(world: World, position: int) -> int:
    """How many stand before a job of the queue."""
    return int((line(world) == position).argmax())


def put_first(world: World, position: int) -> None:
    """Let a job of the queue stand first in it; the queue must not be ordered anew."""
    queue, counters = world.state.queue, world.state.counters
    head = int(counters[HEAD])
    place = head + _place(world, position)
    for column in queue:
        mine = column[place]
        column[head + 1 : place + 1] = column[head:place]
        column[head] = mine
    queue.key[head] = np.inf
    counters[FIRST_NEW] = 0


def go_alone_at_its_turn(world: World, look: Look) -> None:
    """Let those ahead of the job have their turns, and then the job as if nobody else waited."""
    ahead = _place(world, look.position)
    if ahead > 0:
        counters = world.state.counters
        counters[TAIL] = counters[HEAD] + ahead
        go(world, look)
    state, counters = world.state, world.state.counters
    columns, queue = state.columns, state.queue
    counters[HEAD], counters[TAIL] = 0, 1
    # Nor is anybody to come back whom limits have held back, nor others to be looked at.
    state.limits.first[:] = NONE
    state.limits.has_fallen[:], counters[FALLEN] = 0, 0
    queue.position[0], queue.key[0] = look.position, 0.0
    queue.gpus[0] = columns.gpus[look.position]
    queue.walltime[0] = columns.walltime[look.position]
    state.progress.place[look.position] = FAR
    counters[FIRST_NEW] = counters[PLACED] = counters[POINTS] = 0
    counters[HEAD_JOB], counters[CHANGED] = -1, MACHINE
    go(world, look)


def _applicable(look: Look) -> list[str]:
    """The clauses that can matter to this job at this instant, in the order of ``CLAUSES``; but an
    owner's right to reclaim first: with limits lifted it is no member any more."""
    world, position = ordered(look), look.position
    program, state = world.program, world.state
    places = np.flatnonzero(line(world) == position)
    behind = not len(places) or places[0] > 0
    nodes = world if isinstance(world, Nodes) else None
    away = state.counters[CAPACITY] < look.units or state.counters[OUTAGES] > 0
    if nodes is not None:
        away = away or bool(nodes.grid.closings.any())
    requests = nodes.grid.requests if nodes else None
    can = {
        LIMIT: program.limited and (state.limits.group[position] != NONE).any(),
        STANDING: bool(standing_of(world, position)),
        PLAN: behind or program.backfill == KEPT_PLACES,
        ORDER: behind,
        RIGHTS: has_rights(world, position),
        OUTAGE: away,
        NODES: nodes and not nodes.grid.site.allowed[nodes.grid.requests.allowed[position]].all(),
        ASIDE: requests and requests.cpus[position] > 0 and len(suspended(world)) > 0,
        CPUS: requests and requests.cpus[position] > 0,
        MEMORY: requests and requests.memory[position] > 0,
        HELD: True,
    }
    found = [clause for clause in CLAUSES if can[clause]]
    if program.preemption in (RECLAIM, EITHER):
        found.sort(key=lambda clause: clause != RIGHTS)
    return found


def blocking(look: Look) -> tuple[str, ...]:
    """The clauses that keep the job waiting in this pass, in the order of ``CLAUSES``.

    Lifted together for this job in this pass they let it start; lifted all but any one of them they
    do not. Of several such sets it is the one that reaches least far down a pass, and of what was
    not needed what budgets say of its place in line is put back last: first in the order it has no
    such place. Empty if no lifting helps, which happens only to a job that is taken back.
    """
    found = least(_applicable(look), lambda lifted: starts(look, lifted), STANDING)
    return tuple(sorted(found, key=CLAUSES.index))
