"""How many jobs groups have submitted lately."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE, UNLIMITED
from simulator.kernels.state import ARRIVED, NOW, PENDING, REFUSED, WITHDRAWN, State


@kernel
def too_many_lately(state: State, group: int) -> bool:
    """Whether the group may submit no further job now."""
    floods = state.limits.floods
    if len(floods.most) == 0 or floods.most[group] == UNLIMITED:
        return False
    oldest, newest, now = floods.oldest[group], floods.newest[group], state.counters[NOW]
    while oldest < newest and floods.times[oldest] <= now - floods.within[group]:
        oldest += 1
    floods.oldest[group] = oldest
    return bool(newest - oldest >= floods.most[group])


@kernel_apart
def note_submitted(state: State, position: int) -> None:
    """A job has come and was not refused."""
    limits = state.limits
    floods = limits.floods
    for column in range(limits.group.shape[1]):
        group = limits.group[position, column]
        if group != NONE and floods.most[group] < UNLIMITED:
            floods.times[floods.newest[group]] = state.columns.submit[position]
            floods.newest[group] += 1


@kernel_apart
def note_all_submitted(state: State) -> None:
    """Count those who came before the rule did and were not refused."""
    phase, columns = state.progress.phase, state.columns
    for position in range(state.counters[ARRIVED]):
        never = phase[position] in (PENDING, REFUSED)
        if phase[position] == WITHDRAWN:
            never = columns.cancelled_at[position] <= columns.submit[position]
        if not never:
            note_submitted(state, position)
