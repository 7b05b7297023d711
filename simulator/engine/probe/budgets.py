"""What budgets do to a waiting or running job, budget by budget; of a world to try things in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simulator.engine.probe.lifts import World
from simulator.engine.probe.turns_kernel import is_behind, seconds_late
from simulator.kernels.limits import MORE, NOBODY, NONE, STOPS

COSTS, USED_UP, FEWER, CLOSED = "costs", "used up", "fewer", "closed"
"""Why a budget holds a job back: it costs more than is left; nothing is left of one that is charged
while jobs run; as many jobs run as may of whoever has spent so much; nobody can pay from it, since
it has not begun or has ended."""


class Standing(NamedTuple):
    """What budgets, by their place in ``Rule.holding``, do to a job's place in line."""

    behind: tuple[int, ...]
    """Those each of which lets it stand behind all others."""
    late: tuple[tuple[int, int], ...]
    """Those that count it as submitted later, with by how many seconds."""

    def __bool__(self) -> bool:
        return bool(self.behind or self.late)


def standing_of(world: World, position: int) -> Standing:
    """As of now, of a job that waits."""
    limits = world.state.limits
    if not len(limits.balances.behind) and not len(limits.overuse.by):
        return Standing((), ())
    behind, late = list[int](), list[tuple[int, int]]()
    for column in by_column(world, position):
        if len(limits.balances.behind) and is_behind(world.state_at, position):
            behind.append(column)
        if len(limits.overuse.by) and (seconds := int(seconds_late(world.state_at, position))):
            late.append((column, seconds))
    return Standing(tuple(behind), tuple(late))


def by_column(world: World, position: int) -> Iterator[int]:
    """Each limit that concerns the job; until the next is asked for, no other does."""
    groups = world.state.limits.group[position]
    every = groups.copy()
    for column in np.flatnonzero(every != NONE).tolist():
        groups[:] = NONE
        groups[column] = every[column]
        yield column
        groups[:] = every


def why_held(world: World, position: int, column: int) -> str:
    """Why a budget, by its place in ``Rule.holding``, holds the job back now that it does."""
    limits = world.state.limits
    group, balances, overuse = limits.group[position, column], limits.balances, limits.overuse
    if balances.most[group] == NOBODY:
        return CLOSED
    if len(limits.meters.runs) and limits.meters.runs[group]:
        return USED_UP
    if len(overuse.first):
        levels = slice(overuse.first[group], overuse.last[group])
        reached = balances.spent[group] >= overuse.used[levels]
        if reached.any() and limits.jobs[group] >= overuse.jobs[levels][reached][-1]:
            return FEWER
    return COSTS


def used_up(world: World, position: int, when: int) -> tuple[int, ...]:
    """Budgets charged while the job runs, be it beyond its walltime, by their place in
    ``Rule.holding``, of which nothing is left at the instant."""
    limits, found = world.state.limits, []
    meters, overtime, balances = limits.meters, limits.overtime, limits.balances
    for column in np.flatnonzero(limits.group[position] != NONE).tolist():
        group = limits.group[position, column]
        used, kills = balances.spent[group], False
        if len(meters.runs) and meters.runs[group]:
            used, kills = used + meters.rate[group] * (when - meters.settled[group]), True
        elif len(overtime.pays) and overtime.pays[group]:
            kills = balances.when_spent[group] % MORE == STOPS
        if kills and used >= balances.most[group]:
            found.append(column)
    return tuple(found)
