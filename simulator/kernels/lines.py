"""Of each group the first waiting jobs are looked at, in the order of their submission."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.limits import NONE, UNLIMITED
from simulator.kernels.state import ARRIVED, FALLEN, QUEUED, State


@kernel
def is_beyond(state: State, group: int, position: int) -> bool:
    """Whether the job stands behind those of the group that are looked at."""
    lines = state.limits.lines
    if len(lines.most) == 0 or lines.most[group] == UNLIMITED:
        return False
    return bool(position > lines.through[group])


@kernel
def count_in_line(state: State, group: int, position: int, sign: int) -> bool:
    """A job comes to wait (1), or waits no more (−1); whether other jobs may be the first now."""
    lines = state.limits.lines
    if len(lines.most) == 0 or lines.most[group] == UNLIMITED:
        return False
    if position <= lines.through[group]:
        lines.counted[group] += sign
    return True


@kernel
def _waits_in(state: State, group: int, position: int) -> bool:
    if state.progress.phase[position] != QUEUED:
        return False
    for column in range(state.limits.group.shape[1]):
        if state.limits.group[position, column] == group:
            return True
    return False


@kernel_apart
def _move_edge(state: State, group: int) -> bool:
    """Look at the first jobs of the group that wait now; whether any is not looked at any more."""
    lines, come = state.limits.lines, state.counters[ARRIVED]
    most, edge, counted = lines.most[group], lines.edge[group], lines.counted[group]
    fewer = counted > most
    while counted > most:
        edge -= 1
        if _waits_in(state, group, lines.members[edge]):
            counted -= 1
    while counted < most and edge < lines.end[group] and lines.members[edge] < come:
        if _waits_in(state, group, lines.members[edge]):
            counted += 1
        edge += 1
    lines.edge[group], lines.counted[group] = edge, counted
    lines.through[group] = lines.members[edge - 1] if edge > lines.begin[group] else NONE
    return bool(fewer)


@kernel_apart
def move_edges(state: State) -> bool:
    """Before a pass: look at the first jobs of each group of which anything has changed; whether
    anybody is not looked at any more."""
    limits, fewer = state.limits, False
    for entry in range(state.counters[FALLEN]):
        group = limits.fallen[entry]
        if limits.lines.most[group] < UNLIMITED and _move_edge(state, group):
            fewer = True
    return fewer


@kernel_apart
def others_are_first(state: State) -> bool:
    """Whether a further pass would look at jobs that the last one did not."""
    limits, lines = state.limits, state.limits.lines
    for entry in range(state.counters[FALLEN]):
        group = limits.fallen[entry]
        most, counted = lines.most[group], lines.counted[group]
        if most < UNLIMITED and counted < most and counted < limits.waiting[group]:
            return True
    return False
