"""Why a suspended job does not go on yet: others have its CPUs, or are to go on before it."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import numpy as np

from simulator.engine.probe.lifts import World, nodes_of, suspended
from simulator.engine.probe.trial import Look
from simulator.engine.world import Nodes
from simulator.kernels.state import FAR, Ints
from simulator.kernels.suspensions import ENDED

EARLIER = "earlier"
"""Other suspended jobs are before it, and have its CPUs first. Lifted: it is the first of them."""
TAKEN = "taken"
"""Who runs has its CPUs. Lifted: nobody who runs has any on its nodes."""


class Still(NamedTuple):
    """One pass that a suspended job stood still through."""

    when: int
    era: int
    """How many reforms had taken effect."""
    blocked_by: tuple[str, ...]
    """Of EARLIER and TAKEN."""
    ahead: int
    """Suspended jobs that are before it."""
    expected: int | None
    """When plans expect it to go on, as of the pass."""


def still(look: Look, era: int) -> Still | None:
    """What keeps a suspended job from going on in the round to come; None if it goes on."""
    if goes_on(look, frozenset()):
        return None
    before = _place(look.world, look.position)
    expected = _expected(look)
    return Still(look.when, era, waits_for(look), before, expected)


def waits_for(look: Look) -> tuple[str, ...]:
    """What a suspended job waits for: lifted together in this round they let it go on, lifted all
    but any one of them they do not."""
    for few in ((EARLIER,), (TAKEN,)):
        if goes_on(look, frozenset(few)):
            return few
    return EARLIER, TAKEN


def goes_on(look: Look, lifted: Set[str]) -> bool:
    """Whether a suspended job goes on in the round to come with these lifted for it."""
    world = look.scratch.raw()
    if EARLIER in lifted:
        line, mine = suspended(world), _place(world, look.position)
        line[: mine + 1] = np.roll(line[: mine + 1], 1)
    if TAKEN in lifted and isinstance(world, Nodes):
        _let_nobody_have_cpus(world, nodes_of(world, look.position))
    before = int(world.state.suspensions.counts[ENDED])
    world.advance(FAR, 1)
    suspensions = world.state.suspensions
    return look.position in suspensions.position[before : suspensions.counts[ENDED]].tolist()


def _let_nobody_have_cpus(world: Nodes, nodes: Ints) -> None:
    """Who runs has none on these nodes; suspended jobs count as having theirs."""
    grid = world.grid
    idle = grid.site.cpus.copy()
    for position in suspended(world):
        idle[nodes_of(world, position)] -= grid.requests.cpus[position]
    grid.now.cpus[nodes] = idle[nodes]


def _place(world: World, position: int) -> int:
    """How many suspended jobs are before it."""
    return int((suspended(world) == position).argmax())


def _expected(look: Look) -> int | None:
    world = look.scratch.raw()
    world.advance(FAR, 1)
    planned = int(world.state.progress.planned[look.position])
    left = max(int(world.state.suspensions.rest[look.position]), 1)
    return None if planned == FAR else planned - left
