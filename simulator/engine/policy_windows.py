"""Policy windows: the machine is divided anew among those who ask for it, as a SimPy process."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.cluster.machine import Machine
from simulator.engine.clock import Clock
from simulator.engine.verbs_kernel import set_targets
from simulator.engine.world import Nodes, World
from simulator.errors import InputError, nearest
from simulator.kernels.state import BUSY, HEAD, TAIL
from simulator.rules.ordering.alpha_fair import AlphaFair
from simulator.rules.ordering.division import Division
from simulator.rules.ordering.division_cones import divide

Reals = NDArray[np.float64]


class Types(NamedTuple):
    """What there is of each GPU type, and who can use it."""

    capacity: Reals
    """Units."""
    speed: Reals
    """What a unit is worth."""
    suits: NDArray[np.bool_]
    """(sets, types): which types jobs of a set may use."""
    which: NDArray[np.int64]
    """Set of each job."""


def types_of(ordering: AlphaFair, machine: int | Machine, world: World) -> Types:
    """The GPU types of a machine; a pool has one.

    Raises InputError for the speed of a type that is not there.
    """
    names = () if isinstance(machine, int) else machine.gpu_types
    for name in ordering.speed:
        if name not in names:
            right = nearest(name, names) or "a pool has no types: leave speed out"
            raise InputError(f"speed: the machine has no GPUs of type {name!r}", right=right)
    if isinstance(machine, int) or not isinstance(world, Nodes):
        jobs = len(world.state.columns.submit)
        units = machine if isinstance(machine, int) else machine.units
        whole = np.array([units], np.float64)
        return Types(whole, np.ones(1), np.ones((1, 1), bool), np.zeros(jobs, np.int64))
    grid, has = world.grid, machine.gpus > 0
    # GPUs without a type are alike.
    kinds = np.unique(machine.gpu_type[has])
    of_type = machine.gpu_type[has, np.newaxis] == kinds
    capacity = (machine.gpus[has] * machine.slices) @ of_type
    suits = (grid.site.allowed[:, has] @ of_type.astype(np.int64)) > 0
    speed = [1.0 if kind < 0 else ordering.speed.get(names[kind], 1.0) for kind in kinds]
    return Types(capacity.astype(np.float64), np.array(speed), suits, grid.requests.allowed)


def targets_of(alpha: float | str, types: Types, demand: Reals, entitled: Reals) -> Reals:
    """What each entity should hold, units; ``demand``: (entities, sets), held and waited for."""
    # What no type suits, such as jobs without GPUs, is divided among nobody.
    demand = demand * types.suits.any(axis=1)
    asks = (demand.sum(axis=1) > 0) & (entitled > 0)
    targets = np.zeros(len(entitled))
    if not asks.any():
        return targets
    division = Division(types.capacity, demand[asks], types.suits, types.speed, entitled[asks])
    worth = divide(division, np.inf if alpha == "infinity" else float(alpha))
    # The same worth can be given in many ways: as so many units of the machine's mean speed.
    targets[asks] = worth / division.mean_speed()
    return targets


def policy_windows(
    clock: Clock, ordering: AlphaFair, machine: int | Machine, *, at_once: bool = False
) -> Generator[Event, Any, None]:
    """The process: divide the machine at each multiple of the window, before the pass of its
    instant; and ``at_once``, where it begins in mid-run.

    It ends when those who wait could not start at a window, and nothing can happen any more.
    """
    types, still = types_of(ordering, machine, clock.world), False
    if at_once:
        _divide_now(clock, ordering, types)
    while True:
        yield clock.timeout(ordering.window - int(clock.now) % ordering.window)
        before, still = still, clock.is_still()
        if before and still:
            return
        _divide_now(clock, ordering, types)


def _divide_now(clock: Clock, ordering: AlphaFair, types: Types) -> None:
    """Set the targets of the window that begins."""
    state = clock.world.state
    tree, counters = state.accounts.tree, state.counters
    running = state.running.planned_position[: counters[BUSY]]
    jobs = np.r_[running, state.queue.position[counters[HEAD] : counters[TAIL]]]
    demand = np.zeros((len(tree.parent), len(types.suits)))
    row = state.accounts.of_job[jobs], types.which[jobs]
    np.add.at(demand, row, state.columns.gpus[jobs])
    targets = targets_of(ordering.alpha, types, demand, tree.entitled)
    set_targets(state, int(clock.now), targets)
