"""Budgets that are charged while jobs run: what has been used, and when nothing will be left."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE
from simulator.kernels.overtime import is_overdue
from simulator.kernels.state import BUSY, FAR, NOW, SPENT, State


@kernel
def is_metered(state: State, group: int) -> bool:
    """Whether a group is charged while its jobs run."""
    runs = state.limits.meters.runs
    return len(runs) > 0 and runs[group] > 0


@kernel
def used_up(state: State, group: int) -> bool:
    """Whether a group has used all that it may by NOW."""
    balances, meters = state.limits.balances, state.limits.meters
    since = state.counters[NOW] - meters.settled[group]
    return balances.spent[group] + meters.rate[group] * since >= balances.most[group]


@kernel_apart
def settle_meter(state: State, group: int) -> None:
    """Charge what its running jobs have used since it was last settled."""
    balances, meters, now = state.limits.balances, state.limits.meters, state.counters[NOW]
    balances.spent[group] += meters.rate[group] * (now - meters.settled[group])
    meters.settled[group] = now


@kernel_apart
def find_spent(state: State) -> None:
    """Set SPENT: the first whole second by which some group will have used all that it may."""
    balances, meters, least = state.limits.balances, state.limits.meters, FAR
    for group in range(len(meters.runs)):
        if meters.runs[group] == 0 or state.limits.jobs[group] == 0:
            continue
        left = max(balances.most[group] - balances.spent[group], 0)
        # Where nothing is left, jobs that cost nothing have to go, too.
        if left == 0 or meters.rate[group] > 0:
            seconds = -(-left // max(meters.rate[group], 1))
            least = min(least, max(meters.settled[group] + seconds, state.counters[NOW]))
    state.counters[SPENT] = least


@kernel_apart
def meter(state: State, position: int, sign: int) -> None:
    """A job starts or goes on (1), or stops running or stands still (−1)."""
    groups, meters = state.limits.group, state.limits.meters
    for column in range(groups.shape[1]):
        group = groups[position, column]
        if group != NONE and meters.runs[group]:
            settle_meter(state, group)
            meters.rate[group] += sign * state.limits.balances.rate[position]
    find_spent(state)


@kernel_apart
def next_spender(state: State) -> int:
    """The first running job, by position, of a group that has used all it may; NONE if none is.

    Where walltimes are paid for beforehand, of those alone that have outrun theirs.
    """
    groups, found = state.limits.group, NONE
    for entry in range(state.counters[BUSY]):
        position = state.running.planned_position[entry]
        if found != NONE and position > found:
            continue
        if is_overdue(state, entry):
            found = position
        for column in range(groups.shape[1]):
            group = groups[position, column]
            if group != NONE and is_metered(state, group) and used_up(state, group):
                found = position
    return found
