"""How much of the machine a job would find free, and which limits stand against it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.engine.probe.budgets import by_column
from simulator.engine.probe.lifts import World, suspended
from simulator.engine.probe.turns_kernel import held_by_limits
from simulator.engine.world import Nodes
from simulator.kernels.grid import UNITS
from simulator.kernels.limits import NONE, UNLIMITED
from simulator.kernels.state import FREE


class Room(NamedTuple):
    """What is free for one job, in units."""

    free: int
    """On the whole machine."""
    usable: int
    """On nodes that it may use, by partition and GPU type; on a pool, the same."""
    needed: int
    nodes: int | None
    """Nodes that have its share free; None on a pool."""
    nodes_needed: int | None
    aside: int = 0
    """What suspended jobs hold."""

    @property
    def missing(self) -> int:
        """How many units too few are free for it."""
        return max(0, self.needed - self.usable)

    @property
    def scattered(self) -> bool:
        """Enough GPUs are free, but not side by side as it needs them."""
        return (
            self.nodes is not None
            and self.nodes_needed is not None
            and self.missing == 0
            and self.nodes < self.nodes_needed
        )


def room_for(world: World, position: int) -> Room:
    """What is free for the job at this moment."""
    free = int(world.state.counters[FREE])
    needed = int(world.state.columns.gpus[position])
    if not isinstance(world, Nodes):
        return Room(free, free, needed, None, None)
    grid, asks, now = world.grid, world.grid.requests, world.grid.now
    units = int(grid.totals[UNITS])
    may = (grid.site.allowed[asks.allowed[position]] == 1) & (now.tenants >= 0)
    slices = int(asks.slices[position])
    if slices > 0:
        wanted = slices * grid.site.slice_units
        has = (now.units >= wanted[:, np.newaxis]).any(axis=1)
        usable = int(now.units[may].sum())
    else:
        has = now.free >= asks.gpus[position]
        usable = int(now.free[may].sum()) * units
    has &= (now.cpus >= asks.cpus[position]) & (now.memory >= asks.memory[position])
    if asks.exclusive[position]:
        has &= now.tenants == 0
    aside = int(world.state.columns.gpus[suspended(world)].sum())
    return Room(free, usable, needed, int((has & may).sum()), int(asks.nodes[position]), aside)


def not_looked_at(world: World, position: int) -> list[int]:
    """The limits by which only the first of those who wait are looked at, and not the job."""
    lines = world.state.limits.lines
    if not len(lines.most):
        return []
    groups = world.state.limits.group[position]
    few = (groups != NONE) & (lines.most[groups] < UNLIMITED)
    found: list[int] = np.flatnonzero(few & (position > lines.through[groups])).tolist()
    return found


def limits_against(world: World, position: int) -> list[int]:
    """The limits, quotas and budgets, by their place in ``Rule.holding``, each of which by itself
    would keep the job from starting now."""
    if not len(world.state.limits.group):
        return []
    return [
        column for column in by_column(world, position) if held_by_limits(world.state_at, position)
    ]
