"""What jobs hold of nodes until their victims have gone, as plans see it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.grid import PLENTY, Grid
from simulator.kernels.holds_nodes import lacks
from simulator.kernels.plan import give_gpus, row_at, share, take_gpus
from simulator.kernels.state import BUSY, HOLDING, NOW, State


@kernel_apart
def _in_plan(
    state: State, grid: Grid, slot: int, holder: int, node: int, first: int, sign: int
) -> None:
    """Give what the holder has of the node back to a slot of the plan (1), or take it (−1)."""
    plan = grid.plan
    gpus, cpus, memory, tenants = lacks(state, grid, holder, node, first)
    if gpus < 0:
        return
    if sign > 0:
        give_gpus(grid, slot, node >> 6, 1 << (node & 63), gpus)
    else:
        take_gpus(grid, slot, node >> 6, 1 << (node & 63), gpus)
    if not grid.totals[PLENTY]:
        plan.cpus[slot, node] += sign * cpus
        plan.memory[slot, node] += sign * memory
        plan.tenants[slot, node] -= sign * tenants


@kernel_apart
def plan_leave(state: State, grid: Grid, row: int, entry: int) -> None:
    """Let a job that holds, or that somebody waits for, have left in a row of the plan."""
    position, slot = state.running.planned_position[entry], grid.plan.slot[row]
    holds = state.progress.phase[position] == HOLDING
    holder = position if holds else state.notices.holder[position]
    start = grid.kept.first[holder]
    last = start + grid.requests.nodes[holder]
    for place in range(start, last):
        _in_plan(state, grid, slot, holder, grid.kept.node[place], entry, 1)
    if holds:
        return
    first = grid.held.first[position]
    for held in range(first, first + grid.requests.nodes[position]):
        share(grid, row, position, held, 1)
    for place in range(start, last):
        _in_plan(state, grid, slot, holder, grid.kept.node[place], entry + 1, -1)


@kernel_apart
def plan_hold(state: State, grid: Grid, holder: int) -> None:
    """Let the plan, in which its victims go when they are stopped, know what the job holds."""
    start, now = grid.kept.first[holder], state.counters[NOW]
    last, first = row_at(grid, state.progress.planned[holder]), 0
    for row in range(last):
        time = grid.plan.time[row]
        while first < state.counters[BUSY] and max(state.running.planned[first], now + 1) <= time:
            first += 1
        for place in range(start, start + grid.requests.nodes[holder]):
            _in_plan(state, grid, grid.plan.slot[row], holder, grid.kept.node[place], first, -1)
