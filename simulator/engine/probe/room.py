"""How much of the machine a job would find free, and which limits stand against it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.engine.probe.lifts import World
from simulator.engine.world import Nodes
from simulator.kernels.grid import UNITS
from simulator.kernels.limits import NONE
from simulator.kernels.state import FREE, NOW


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
    return Room(free, usable, needed, int((has & may).sum()), int(asks.nodes[position]))


def limits_against(world: World, position: int) -> list[int]:
    """The limits, by their place in the rule, that the job would break by starting now."""
    limits, columns = world.state.limits, world.state.columns
    gpus, walltime = int(columns.gpus[position]), int(columns.walltime[position])
    now, found = int(world.state.counters[NOW]), []
    for column, group in enumerate(limits.group[position] if len(limits.group) else ()):
        if group == NONE:
            continue
        work = limits.reach[group] - limits.units[group] * now + gpus * walltime
        if (
            limits.jobs[group] >= limits.most_jobs[group]
            or limits.units[group] + gpus > limits.most_units[group]
            or work > limits.most_work[group]
        ):
            found.append(column)
    return found
