"""By what right others start while a job waits."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.engine.probe.lifts import World, suspended
from simulator.engine.probe.trial import NOBODY_STARTED, Look, line, ordered
from simulator.engine.probe.turns_kernel import next_event
from simulator.kernels.limits import NONE
from simulator.kernels.state import (
    CHANGED,
    DUE,
    EITHER,
    ENDS,
    FAR,
    HOLDING,
    RECLAIM,
    WANTED,
)
from simulator.rules.backfill.dispatch_kernel import HELD
from simulator.rules.preemption.how_kernel import SUSPEND

HIGHER = "higher in the order"
OVERTOOK = "overtook by backfilling"
PASSED = "passed while a limit held it back"
PLACE = "kept place"
STOPPED = "stopped others to start"
SUSPENDED = "suspended others to start"
EITHER_WAY = "stopped or suspended others to start"
LENT = "took CPUs that suspended jobs wait for"
RECLAIMED = "stopped borrowers to start on GPUs of its quota"
FREED = "stopped jobs that left their GPUs idle"
AGAIN = "queued again and started within the instant"
LET_GO = "let go by a limit and started within the instant"

RIGHTS = (
    HIGHER, OVERTOOK, PASSED, PLACE, STOPPED, SUSPENDED, EITHER_WAY, LENT, RECLAIMED, FREED, AGAIN,
    LET_GO,
)  # fmt: skip


def rights(look: Look, starters: Sequence[int], *, stopped: bool) -> dict[int, str]:
    """One of ``RIGHTS`` for each job that starts at the instant; ``stopped``: jobs are preempted
    at it, and it is found out who would not have started without."""
    aside = len(suspended(look.world)) > 0
    needed = _who_needs(look, starters, preemption=0) if stopped or aside else frozenset()
    # Nobody has run for long enough to be stopped.
    lent = needed - _who_needs(look, starters, exempt=FAR) if aside and needed else frozenset()
    either = look.world.program.preemption == EITHER
    reclaimed = _who_reclaims(look, starters) if either else frozenset()
    world = ordered(look)
    queue = line(world).tolist()
    places = {position: place for place, position in enumerate(queue)}
    mine = places.get(look.position)
    held = look.world.state.progress
    found = {}
    for position in starters:
        if position in reclaimed:
            found[position] = RECLAIMED
        elif position in lent:
            found[position] = LENT
        elif position in needed or held.phase[position] == HOLDING:
            found[position] = {RECLAIM: RECLAIMED, WANTED: FREED}.get(
                world.program.preemption, _by_rank(world)
            )
        elif position not in places:
            by = world.state.limits.by
            found[position] = LET_GO if len(by) and by[position] != NONE else AGAIN
        elif mine is None:
            found[position] = PASSED
        elif places[position] < mine:
            found[position] = HIGHER
        elif world.program.backfill == HELD and held.place[position] < FAR:
            found[position] = PLACE
        else:
            found[position] = OVERTOOK
    return found


def _by_rank(world: World) -> str:
    """How those of lower ranks give way under the rule."""
    rank, how = world.state.rights.rank, world.state.rights.how
    suspends = how[rank > 0] == SUSPEND
    if not suspends.any():
        return STOPPED
    return SUSPENDED if suspends.all() else EITHER_WAY


def _who_needs(look: Look, starters: Sequence[int], **otherwise: int) -> frozenset[int]:
    """Who does not start in the pass if the program says otherwise."""
    world: World = ordered(look)
    world.program = world.program._replace(**otherwise)
    state = world.state
    state.progress.sequence[list(starters)] = NOBODY_STARTED
    state.counters[DUE] = 1
    state.counters[CHANGED] = max(state.counters[CHANGED], ENDS)
    world.advance(FAR, 1)
    sequence = world.state.progress.sequence
    return frozenset(each for each in starters if sequence[each] == NOBODY_STARTED)


def _who_reclaims(look: Look, starters: Sequence[int]) -> frozenset[int]:
    """Who starts in a round of the instant by stopping borrowers, where ranks count too."""
    world, found, some = look.scratch.raw(), frozenset[int](), list(starters)
    world.state.progress.sequence[some] = NOBODY_STARTED
    while next_event(world.state_at, world.program) == look.when:
        world.advance(FAR, 1)
        began = world.state.progress.sequence
        took = world.state.rights.reclaimed
        found |= {p for p in some if began[p] != NOBODY_STARTED and began[p] == took[p]}
    return found
