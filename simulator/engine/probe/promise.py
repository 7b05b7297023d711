"""When a plan expects a waiting job to start, as of the pass just made."""

from __future__ import annotations

from simulator.engine.probe.lifts import World
from simulator.engine.probe.turns_kernel import (
    NO_PLACE,
    place_on_nodes,
    place_on_pool,
    rows_of_plan,
    shadow_time,
)
from simulator.engine.world import Nodes
from simulator.kernels.grid import longer_plan
from simulator.kernels.state import FAR
from simulator.rules.backfill.dispatch_kernel import CONSERVATIVE, EASY, HELD, NONE


def promised(world: World, position: int, ahead: int) -> int | None:
    """The planned start of the job behind the first ``ahead`` of the queue; None if it has none.

    EASY promises its head alone a time, k reservations the first k that cannot start, conservative
    backfilling all of them. ``world`` is a copy just after its pass, its queue in the order of the
    pass, and is used up.
    """
    program = world.program
    if program.backfill == HELD:
        when = int(world.state.progress.place[position])
        return when if when < FAR else None
    holders = {NONE: 0, EASY: 1, CONSERVATIVE: FAR}.get(program.backfill, program.reservations)
    if ahead >= holders:
        return None
    if not isinstance(world, Nodes):
        when = int(place_on_pool(world.state_at, ahead))
    elif program.backfill == EASY:
        when = int(shadow_time(world.state_at, world.grid_at))
    else:
        while rows_of_plan(world.state_at) > len(world.grid.plan.time):
            world.grid = longer_plan(world.grid)
        when = int(place_on_nodes(world.state_at, world.grid_at, program, ahead))
    return when if when not in (FAR, NO_PLACE) else None
