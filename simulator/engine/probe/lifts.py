"""The clauses that can keep a job waiting, and how each is lifted for one job in a copied world."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.engine.probe.turns_kernel import empty_nodes, let_in, order_anew
from simulator.engine.verbs_nodes_kernel import give_node_back
from simulator.engine.world import Nodes, Pool
from simulator.kernels.grid import SETTLED
from simulator.kernels.limits import NONE, UNLIMITED
from simulator.kernels.rights import NOT_IDLE
from simulator.kernels.state import (
    BUSY,
    CAPACITY,
    CHANGED,
    EITHER,
    FAR,
    FREE,
    HOLDS,
    MACHINE,
    NOW,
    OUTAGES,
    RECLAIM,
    WANTED,
    Ints,
)
from simulator.kernels.suspensions import ASIDE as SUSPENDED

World = Pool | Nodes

LIMIT = "limit"
"""A limit of the rule on who may have how much at once, or pay. Lifted: none holds the job back."""
STANDING = "standing"
"""A budget lets it stand behind all others, or count as submitted later. Lifted: none does."""
PLAN = "plan"
"""It fits at its turn, and is kept from starting for the sake of others: nobody overtakes, or not
who would delay the head or a place. Lifted: at its turn it starts if it fits."""
ORDER = "order"
"""Others come first and take what is free. Lifted: it is first in the order."""
RIGHTS = "rights"
"""It may preempt, but not yet, or not those that run. Lifted: its wait before it may, and what
protects those that run, count for nothing."""
OUTAGE = "outage"
"""Part of the machine is away, or will be before the job would end. Lifted: nothing is or will."""
NODES = "nodes"
"""It may use certain nodes alone, by partition and GPU type. Lifted: any that some job may use."""
ASIDE = "aside"
"""Nodes have CPUs idle, but suspended jobs are to go on with them. Lifted: none is in line for its
CPUs, or goes on."""
CPUS = "cpus"
"""Nodes have too few CPUs free. Lifted: it asks for none."""
MEMORY = "memory"
"""They have too little memory free. Lifted: it asks for none."""
HELD = "held"
"""Others hold too much. Lifted: nobody holds anything."""

CLAUSES = (LIMIT, STANDING, PLAN, ORDER, RIGHTS, OUTAGE, NODES, ASIDE, CPUS, MEMORY, HELD)
"""In the order in which a pass comes to them."""


def exempt(world: World, position: int) -> None:
    """No limit concerns the job any more; if one held it back it is in the queue again.

    If it waits already it goes on to count as waiting for limits on how many may.
    """
    state = world.state
    if not len(state.limits.group):
        return
    group = state.limits.group.copy()
    group[position] = NONE
    world.state = state._replace(limits=state.limits._replace(group=group))
    _back_in_line(world, position)


def hold_no_more(world: World, position: int) -> None:
    """No limit holds the job back in the pass to come, whose order the queue is in; it stands in
    line as budgets let it."""
    if _back_in_line(world, position):
        order_anew(world.state_at, world.program, position, 0)
    world.state.limits.group[position] = NONE


def stand_as_others(world: World, position: int) -> None:
    """No budget lets the job of the queue, which is in order, stand behind or count as later."""
    behind, by = world.state.limits.balances.behind, world.state.limits.overuse.by
    late = int(by[position]) if len(by) else 0
    if len(behind):
        behind[position] = 0
    groups = world.state.limits.group[position]
    every = groups.copy()
    groups[:] = NONE
    order_anew(world.state_at, world.program, position, late)
    groups[:] = every


def _back_in_line(world: World, position: int) -> bool:
    """Put the job into the queue again if a limit held it back; whether one did."""
    state = world.state
    if state.limits.by[position] == NONE:
        return False
    state.limits.by[position] = NONE
    state.rights.waiting[state.rights.rank[position] + 1] += 1
    let_in(world.state_at, world.program, position)
    return True


def has_rights(world: World, position: int) -> bool:
    """Whether the job is of a rank, of a member that may reclaim, or may stop idle jobs."""
    state = world.state
    if world.program.preemption in (RECLAIM, EITHER):
        groups = state.limits.group[position]
        owns = (state.limits.cohorts.own[groups[groups != NONE]] < UNLIMITED).any()
        ranked = world.program.preemption == EITHER and state.rights.rank[position] >= 0
        return bool(owns or ranked)
    if world.program.preemption == WANTED:
        return bool(state.columns.gpus[position] > 0 and (state.rights.idle != NOT_IDLE).any())
    return bool(world.program.preemption and state.rights.rank[position] >= 0)


def free_to_preempt(world: World, position: int) -> None:
    """It has waited long enough to preempt, and nothing protects those that it may stop."""
    now = world.state.counters[NOW]
    world.state.progress.eligible[position] = now - world.program.after
    world.program = world.program._replace(exempt=0, at_most=FAR)


def bring_back(world: World, units: int) -> None:
    """Nothing of the machine, of so many units, is away or expected to be."""
    counters = world.state.counters
    if isinstance(world, Nodes):
        now = int(counters[NOW])
        for node in np.flatnonzero(world.grid.closings):
            while world.grid.closings[node]:
                give_node_back(world.state_at, world.grid_at, now, int(node))
    else:
        counters[FREE] += units - counters[CAPACITY]
        counters[CAPACITY] = units
    counters[OUTAGES] = 0
    counters[CHANGED] = MACHINE


def anywhere(world: Nodes, position: int) -> None:
    """The job may use every node that some job may."""
    grid, scratch = world.grid, world.grid.scratch
    requests, site = grid.requests, grid.site
    requests.allowed[position] = row = len(site.allowed)
    grid.looks[position] = requests.nodes[position] << 32 | row << 16 | requests.gpus[position]
    grid.kinds[position] = len(scratch.latest)
    by_free = _with_union(grid.by_free)
    exactly = np.bitwise_count(by_free[-1].view(np.uint64)).sum(axis=1, dtype=np.int64)
    world.grid = grid._replace(
        site=site._replace(allowed=_with_union(site.allowed)),
        members=_with_union(grid.members),
        by_free=by_free,
        at_least=np.vstack([grid.at_least, np.cumsum(exactly[::-1])[::-1]]),
        scratch=scratch._replace(
            latest=np.r_[scratch.latest, 0],
            noted=np.r_[scratch.noted, -1].astype(np.int64),
            in_vain=np.vstack([scratch.in_vain, np.full((1, 3), -1)]).astype(np.int64),
        ),
    )


def _with_union(rows: Any) -> Any:
    """Sets of nodes and one more: what is in any of them."""
    return np.concatenate([rows, np.bitwise_or.reduce(rows, axis=0)[np.newaxis]])


def claim_nothing(world: Nodes) -> None:
    """No suspended job is in line for its CPUs."""
    suspensions, grid = world.state.suspensions, world.grid
    for position in suspended(world):
        grid.now.cpus[nodes_of(world, position)] += grid.requests.cpus[position]
    suspensions.counts[SUSPENDED] = 0
    grid.totals[SETTLED] = 0
    world.state.counters[CHANGED] = MACHINE


def suspended(world: World) -> Ints:
    """Positions of the suspended jobs in the order in which they go on."""
    suspensions = world.state.suspensions
    return suspensions.line[: suspensions.counts[SUSPENDED]]


def nodes_of(world: Nodes, position: int) -> Ints:
    """The nodes of a job that runs, or stands still."""
    first = world.grid.held.first[position]
    return world.grid.held.node[first : first + world.grid.requests.nodes[position]]


def without(world: Nodes, position: int, resource: str) -> None:
    """The job asks for no CPUs, or no memory."""
    getattr(world.grid.requests, resource)[position] = 0


def empty(world: World) -> None:
    """Nobody holds anything of what is up."""
    state = world.state
    state.rights.running[:] = 0
    state.suspensions.counts[SUSPENDED] = 0
    if isinstance(world, Nodes):
        empty_nodes(world.state_at, world.grid_at)
        world.grid.totals[SETTLED] = 0
        return
    state.counters[[BUSY, HOLDS]] = 0
    state.counters[FREE] = state.counters[CAPACITY]
